"""What the program does besides syncing, beside what OfflineIMAP 8.0.0 does."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case  # noqa: E402
from support.maildir import tree_below  # noqa: E402


class DeleteFolder(case.SyncTestCase):
    def test_says_what_the_original_says(self):
        self.configure()
        self.account.create("One", "Two")
        said = [line for line in self.workspace.sync("--delete-folder=One").lines if "deleted" in line]
        self.assertEqual([line.replace("Two", "One") for line in self.workspace.oracle("--delete-folder=Two").lines
                          if "deleted" in line], said)
        self.assertEqual(["INBOX"], sorted(self.account.snapshot()))


class PruneMbnames(case.SyncTestCase):
    def test_does_what_the_original_does(self):
        sections = self.workspace.sections(self.user)
        sections["mbnames"] = {"enabled": "yes", "filename": "~/mailboxes", "header": "'mailboxes '",
                               "peritem": '"+%(accountname)s/%(foldername)s"', "sep": "' '", "footer": "'\\n'"}
        self.workspace.configure(sections)
        caches = self.workspace.metadata / "mbnames"
        caches.mkdir(parents=True)
        outcomes = []
        for run in (self.workspace.sync, self.workspace.oracle):
            for account in ("Test", "Gone"):
                (caches / f"{account}.json").write_text(json.dumps(
                    [{"accountname": account, "foldername": "INBOX", "localfolders": "/m"}]))
            said = [line for line in run("--mbnames-prune").lines if "remove" in line]
            outcomes.append((said, tree_below(caches), (self.workspace.home / "mailboxes").read_text()))
        self.assertEqual(outcomes[1], outcomes[0])


class Mbnames(case.SyncTestCase):
    def test_lines_are_formatted_as_the_original_formats_them(self):
        self.account.create("Work", "Sent Items")
        sections = self.workspace.sections(self.user)
        files = []
        for peritem in ("%(accountname)-6s|%(foldername)8.3s|%(localfolders)s 5%%", "%(foldername)a",
                        '"%(foldername)r"'):
            sections["mbnames"] = {"enabled": "yes", "filename": "~/boxes", "header": "''", "sep": r"'\n'",
                                   "footer": "''", "peritem": peritem}
            self.workspace.configure(sections)
            for run in (self.workspace.sync, self.workspace.oracle):
                run()
                files.append((self.workspace.home / "boxes").read_text())
            self.assertEqual(files[-1], files[-2])
        self.assertEqual(6, len(files))


class Info(case.SyncTestCase):
    """The report of --info is the original's, but for versions, the order of local folders, and the namespace, of
    which the original knows nothing."""

    def setUp(self):
        super().setUp()
        self.account.create("Archive/2024", "Sent Items", "Junk")
        self.tree.make_folder("INBOX")
        self.tree.make_folder("Drafts")

    @staticmethod
    def report(run):
        lines = [line for line in run("--info").stderr.splitlines() if not line.startswith("Personal namespace: ")]
        start = next(number for number, line in enumerate(lines) if line.startswith("Remote repository"))
        lines = lines[start:]
        local = next(number for number, line in enumerate(lines) if line.startswith("Local repository"))
        return lines[:local], sorted(lines[local:])

    def test_says_what_the_original_says(self):
        for remote in ({}, {"nametrans": "lambda name: name.replace('/', '_')"},
                       {"folderfilter": "lambda name: name != 'Junk'", "folderincludes": "[]",
                        "nametrans": "lambda name: '' if name == 'INBOX' else '.' + name"},
                       {"folderfilter": "lambda name: name not in ['Junk', 'Sent Items']"}):
            with self.subTest(remote):
                self.configure(remote=remote)
                self.assertEqual(self.report(self.workspace.oracle), self.report(self.workspace.sync))


if __name__ == "__main__":
    case.main()
