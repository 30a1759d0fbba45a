"""Folders and their Maildirs: names, translation, filters, and the form in which messages lie there."""

import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402


class MaildirForms(case.SyncTestCase):
    def test_names_are_those_of_the_original(self):
        self.configure()
        self.account.append_all("INBOX", [(corpus.message(1), (r"\Seen", r"\Answered"), None),
                                          (corpus.message(2), (r"\Flagged",), None)])
        self.workspace.sync()
        unseen, seen = self.tree.messages("INBOX")
        pattern = r"\d+_\d+\.\d+\.[^,/]+,U=%d,FMD5=7e33429f656f1e6e9d79b29c3f82c57e:2,%s"
        self.assertEqual(("new", "cur"), (unseen.subdirectory, seen.subdirectory))
        self.assertRegex(seen.name, re.compile(pattern % (1, "RS") + "$"))
        self.assertRegex(unseen.name, re.compile(pattern % (2, "F") + "$"))
        self.assertEqual({1: "RS", 2: "F"}, status.read_sqlite(self.workspace.sqlite_status("INBOX")))
        self.assertEqual([0o700] * 4, [path.stat().st_mode & 0o777 for path in (
            self.tree.path("INBOX"), *(self.tree.path("INBOX") / name for name in ("cur", "new", "tmp")))])

    def test_folders_nest_with_a_slash_as_separator(self):
        self.tree = self.workspace.tree("/")
        self.configure(local={"sep": "/"})
        self.fill(("INBOX", "Work", "Work/Deep/Er", "dots.are.fine"))
        self.tree.make_folder("Work/Local")
        self.tree.deliver("Work/Local", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertIn("Work/Local", self.account.folders())
        self.assert_in_step(translate=lambda name: name)
        self.assert_no_op()

    def test_the_root_can_be_a_folder(self):
        self.configure(remote={"nametrans": "lambda name: '' if name == 'INBOX' else '.' + name"},
                       local={"nametrans": "lambda name: 'INBOX' if name == '' else name.lstrip('.')"})
        self.fill(("INBOX", "Work"))
        self.tree.deliver("", corpus.disk_message(1), "S")
        self.tree.make_folder(".Local")
        self.tree.deliver(".Local", corpus.disk_message(2), "S")
        self.workspace.sync()
        self.assert_in_step(translate=lambda name: "" if name == "INBOX" else "." + name)
        # FMD5 is taken of the name that the local nametrans gives.
        self.assertEqual({"7e33429f656f1e6e9d79b29c3f82c57e"},
                         {re.search("FMD5=(\\w+)", message.name).group(1) for message in self.tree.messages("")})
        self.assert_no_op()

    def test_windows_compatible_names(self):
        self.configure(account={"maildir-windows-compatible": "yes"})
        self.fill()
        self.account.store("INBOX", [1], "+FLAGS", (r"\Seen",))
        message = self.tree.messages("INBOX")[1]
        message.path.rename(self.tree.path("INBOX") / "cur" / (message.name.partition("!")[0] + "!2,FS"))
        self.workspace.sync()
        names = [message.name for message in self.tree.messages("INBOX")]
        self.assertEqual([], [name for name in names if ":" in name])
        self.assertEqual(3, len([name for name in names if "!2," in name]))
        self.assert_in_step()
        self.assert_no_op()

    def test_a_keyword_with_a_letter_is_pulled(self):
        self.configure(local={"customflag_k": "$Work"})
        self.account.append("INBOX", corpus.message(1), ("$Work", r"\Seen"))
        self.workspace.sync()
        self.assertEqual("Sk", self.tree.by_body("INBOX", corpus.disk_message(1)).flags)
        self.assert_no_op()


    def test_dates_of_the_header_for_files_and_names(self):
        self.configure(local={"utime_from_header": "yes", "filename_use_mail_timestamp": "yes"})
        self.account.append("INBOX", b"Subject: dated\r\nDate: Sun, 9 Sep 2001 03:46:40 +0200\r\n\r\ntext\r\n")
        self.workspace.sync()
        [message] = self.tree.messages("INBOX")
        self.assertEqual(1_000_000_000, message.path.stat().st_mtime)
        self.assertTrue(message.name.startswith("1000000000_0."), message.name)

    def test_permissions_follow_the_umask(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync(before=lambda: os.umask(0o077) and None)
        [message] = self.tree.messages("INBOX")
        self.assertEqual(0o600, message.path.stat().st_mode & 0o777)


class Folders(case.SyncTestCase):
    def test_nametrans_in_both_directions(self):
        self.configure(remote={"nametrans": "lambda name: re.sub('^Work', 'Job', name)"},
                       local={"nametrans": "lambda name: re.sub('^Job', 'Work', name)"})
        self.fill(("INBOX", "Work", "Work/Sub"))
        self.tree.make_folder("Job.New")
        self.tree.deliver("Job.New", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Work", "Work/New", "Work/Sub"], self.account.folders())
        self.assertEqual(["INBOX", "Job", "Job.New", "Job.Sub"], self.tree.folders())
        self.assert_in_step(translate=lambda name: name.replace("Work", "Job").replace("/", "."))
        self.assert_no_op()

    def test_a_nametrans_that_does_not_come_back_is_refused(self):
        self.configure(remote={"nametrans": "lambda name: name if name == 'INBOX' else 'X/' + name"})
        self.fill(("INBOX", "Work"))
        before = self.both_sides()
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("INFINITE FOLDER CREATION DETECTED! Folder 'X.Work' (repository 'Local') would be created as "
                      "folder 'X/Work' (repository 'Remote'). The latter becomes 'X.X.Work' in return, leading to "
                      "infinite folder creation cycles.", result.output)
        self.assert_unchanged(before, self.both_sides(), "a side")

    def test_folderfilter_on_either_side(self):
        self.configure(remote={"folderfilter": "lambda name: not name.startswith('Secret')"},
                       local={"folderfilter": "lambda name: name != 'Private'"})
        self.account.create("Secret", "Work")
        self.account.append("Secret", corpus.message(1))
        self.workspace.sync()
        self.tree.make_folder("Private")
        self.tree.deliver("Private", corpus.disk_message(2), "S")
        self.tree.make_folder("Shared")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Secret", "Shared", "Work"], self.account.folders())
        self.assertEqual(["INBOX", "Private", "Shared", "Work"], self.tree.folders())
        self.assertEqual(1, len(self.tree.messages("Private")))

    def test_folderincludes_adds_to_the_filter(self):
        self.configure(remote={"folderfilter": "lambda name: name == 'INBOX'", "folderincludes": "['Work/Sub']"})
        self.account.create("Work", "Work/Sub", "Other")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Work.Sub"], self.tree.folders())

    def test_foldersort_gives_the_order(self):
        self.configure(remote={"foldersort": "lambda x, y: (x < y) - (x > y)"})
        self.account.create("A", "B", "C")
        result = self.workspace.sync("-1")
        self.assertEqual(["INBOX", "C", "B", "A"], re.findall(r"^Syncing (\S+):", result.output, re.M))

    def test_only_the_folders_of_the_command_line(self):
        self.configure()
        self.account.create("A", "B")
        self.workspace.sync("-f", "INBOX,B")
        self.assertEqual(["B", "INBOX"], self.tree.folders())

    def test_names_beyond_ascii_as_the_server_writes_them(self):
        self.configure()
        self.fill(("INBOX", "Entw&APw-rfe", "with blank", "q'uote", 'double"quote', "back\\slash", "per%cent",
                   "br{3}ace", "(paren)"))
        self.assert_in_step()
        self.assert_no_op()

    def test_names_beyond_ascii_in_utf_8(self):
        self.configure(account={"utf8foldernames": "yes"})
        self.fill(("INBOX", "Entw&APw-rfe"))
        self.tree.make_folder("Gäste")
        self.tree.deliver("Gäste", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertEqual(["Entwürfe", "Gäste", "INBOX"], self.tree.folders())
        self.assertEqual(["Entw&APw-rfe", "G&AOQ-ste", "INBOX"], self.account.folders())
        self.assertEqual(1, len(self.account.messages("G&AOQ-ste")))
        self.assert_no_op()

    def test_createfolders_off_makes_no_folder(self):
        self.configure(local={"createfolders": "no"}, remote={"createfolders": "no"})
        self.tree.make_folder("INBOX")
        self.tree.make_folder("Here")
        self.account.create("There")
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.assertEqual(["Here", "INBOX"], self.tree.folders())
        self.assertEqual(["INBOX", "There"], self.account.folders())
        self.assertEqual(1, len(self.tree.messages("INBOX")))

    def test_a_folder_deleted_on_the_server_comes_back_with_its_messages(self):
        self.configure()
        self.fill(("INBOX", "Work"))
        bodies = self.server_bodies("Work")
        self.account.delete("Work")
        self.workspace.sync()
        self.assertEqual(bodies, self.server_bodies("Work"))
        self.assert_in_step()
        self.assert_no_op()

    def fill_twins(self, *folders):
        self.account.create(*folders, "Work")
        for number, folder in enumerate([*folders, "Work"]):
            self.account.append(folder, corpus.message(number))
        return self.account.snapshot()

    def assert_twins_are_refused(self, before, *twins):
        """One error names both; neither of them changes anywhere, and the other folders go on."""
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertTrue([line for line in result.lines if all(f"'{twin}'" in line for twin in twins)], str(result))
        self.assertEqual(before, self.account.snapshot())
        self.assertEqual([corpus.disk_message(2)], self.local_bodies("Work"))
        pulled = {body for folder in self.tree.folders() for body in self.local_bodies(folder)}
        self.assertEqual({corpus.disk_message(2)}, pulled)

    def test_two_folders_translated_to_one_maildir_are_refused(self):
        self.configure(remote={"nametrans": "lambda name: 'Same' if name in ('One', 'Two') else name",
                               "createfolders": "no"})
        self.assert_twins_are_refused(self.fill_twins("One", "Two"), "One", "Two")

    def test_two_folders_that_would_share_their_state_are_refused(self):
        # Both state files would be named `a.b`, although the Maildirs differ.
        self.configure(local={"sep": "/"})
        self.tree = self.workspace.tree("/")
        self.account.create("a")
        self.assert_twins_are_refused(self.fill_twins("a/b", "a.b"), "a/b", "a.b")

    def test_a_name_with_the_local_separator_never_mixes_with_the_one_that_translates_to_it(self):
        # `a.b` cannot come back from the Maildir under its own name; `a/b` can, and has the local folder.
        self.configure()
        self.account.create("a")
        before = self.fill_twins("a/b", "a.b")
        for _ in range(2):
            result = self.workspace.run()
            self.assertEqual(1, result.returncode, str(result))
            self.assertTrue([line for line in result.lines
                             if line.startswith("ERROR") and "'a/b'" in line and "'a.b'" in line], str(result))
            self.assertEqual(before, self.account.snapshot())
            self.assertEqual([corpus.disk_message(0)], self.local_bodies("a.b"), "this is a/b")
            self.assertEqual([corpus.disk_message(2)], self.local_bodies("Work"), "the other folders go on")


if __name__ == "__main__":
    case.main()
