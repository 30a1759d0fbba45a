"""What a dry run prints, beside OfflineIMAP 8.0.0's where that one works: it gives up when a local folder is missing.
The two look at copies of one home, because the original's dry run makes files."""

import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402
from support.workspace import Workspace  # noqa: E402


class DryRunLines(case.SyncTestCase):
    FOLDERS = ("INBOX", "Archive", "Work", "Work/Sub")

    def lines_of_both(self):
        copy = Workspace(self.workspace.root / "copy", self.server)
        shutil.rmtree(copy.home)
        shutil.copytree(self.workspace.home, copy.home)
        theirs = copy.oracle("--dry-run")
        ours = self.workspace.sync("--dry-run", "-1")
        return tuple([line for line in result.lines if re.match(
            r"\[DRYRUN\] |(Adding|Deleting) flag |Syncing |mbnames would |Copy message |Creating folder ", line)]
            for result in (theirs, ours))

    def change(self, folder, local):
        """New messages, flags and deletions on both sides; all that happens in one direction only."""
        uids = sorted(self.account.messages(folder))
        self.account.append_all(folder, [(corpus.message(number, seed=folder), (), None) for number in range(3)])
        self.account.store(folder, uids[0:3], "+FLAGS", (r"\Flagged",))  # of several, 8.0.0 takes any first
        self.account.expunge(folder, uids[3:5])
        messages = {message.uid: message for message in self.tree.messages(local)}
        for uid in uids[5:7]:
            self.tree.set_flags(messages[uid], {*messages[uid].flags, "R"})
        for uid in uids[7:9]:
            self.tree.remove(messages[uid])
        self.tree.deliver(local, corpus.disk_message(1, seed=local + "/"), "S")

    def test_are_those_of_the_original(self):
        sections = self.workspace.sections(self.user)
        sections["Account Test"].update({"presynchook": "touch ~/before", "postsynchook": "touch ~/after"})
        sections["mbnames"] = {"enabled": "yes", "filename": "~/mailboxes", "header": "'mailboxes '",
                               "peritem": "+%%(foldername)s", "sep": "' '", "footer": "'\\n'"}
        self.workspace.configure(sections)
        self.account.create(*self.FOLDERS[1:])
        for folder in self.FOLDERS:
            self.account.append_all(folder, [(corpus.message(number), (), None) for number in range(12)])
        self.workspace.sync()
        for folder in ("INBOX", "Work/Sub"):
            self.change(folder, folder.replace("/", "."))
        theirs, ours = self.lines_of_both()
        home = str(self.workspace.home)
        theirs = [line.replace(str(self.workspace.root / "copy" / "home"), home) for line in theirs]
        self.assertTrue([line for line in theirs if "[DRYRUN] Copy 3 messages" in line], theirs)
        self.assertEqual(theirs, ours)


if __name__ == "__main__":
    case.main()
