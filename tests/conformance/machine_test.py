"""MachineUI beside OfflineIMAP 8.0.0's: the same records in the same scenarios, so that programs written for the one work
with the other. The two sync users of their own with the same mail."""

import collections
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs  # noqa: E402
from support.side import Side  # noqa: E402

RECORD = re.compile(r"^(msg|warn|error|debug):([A-Za-z_]*):([^:]*):([^:]*)$")
# What names a version, and threads that copy single messages, which are not threads of their own here.
OF_A_VERSION = re.compile(r"^msg:initbanner:|^msg::MainThread:(imaplib2|OpenSSL)")
OF_A_COPY = re.compile(r"Copy\+message\+from")


class Recorder(Side):
    def records(self, *arguments):
        result = self.result(*arguments)
        banner, lines = result.stdout.splitlines()[:2], result.stdout.splitlines()[2:]
        assert re.match(r"OfflineIMAP \d", banner[0]) and banner[1].startswith("  Licensed"), result
        for line in lines:
            assert RECORD.match(line), f"no record: {line!r} in {result}"
        return [line for line in lines if not OF_A_VERSION.search(line) and not OF_A_COPY.search(line)]


def ours(workspace, *arguments):
    return workspace.run("-1", *arguments, ui="machineui")


def original(workspace, *arguments):
    return workspace.oracle("-u", "machineui", *arguments)


class MachineRecords(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.sides = [Recorder(self, "theirs", original), Recorder(self, "ours", ours)]

    def assert_same(self, *arguments):
        """Every record as often as the other program has it, and in the same order within a folder's sync. (Folders
        come in another order, status files are made at another moment, and of several flags 8.0.0 takes any first.)"""
        theirs, mine = (side.records(*arguments) for side in self.sides)
        missing, added = (list((collections.Counter(a) - collections.Counter(b)).elements())
                          for a, b in ((theirs, mine), (mine, theirs)))
        self.assertEqual(([], []), (missing, added), "(missing here, only here)")
        for order in ("protocol", "acct", "connecting", "syncfolders", "acctdone", "terminate"):
            self.assertEqual([line for line in theirs if f":{order}:" in line],
                             [line for line in mine if f":{order}:" in line])
        self.assertEqual(theirs[-1], mine[-1])
        self.assertEqual(self.folders(theirs), self.folders(mine))
        return mine

    @staticmethod
    def folders(records):
        """{folder: its records in order} of every folder's sync."""
        found = {}
        current = None
        for record in records:
            _, command, _, data = RECORD.match(record).groups()
            if command == "syncingfolder":
                current = urllib.parse.unquote_plus(data).split("\n")[1]
            elif command in ("registerthread", "acctdone"):
                current = None
            if current and command not in ("_display", "addingflags", "deletingflags"):
                found.setdefault(current, []).append(record)
        return found

    def test_of_a_first_sync(self):
        for side in self.sides:
            side.account.create("Archive", "Archive/2024", "G&AOQ-ste", "Sent Items")
            side.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(3)])
            side.account.append("Sent Items", corpus.message(9), (r"\Seen",))
        records = self.assert_same()
        self.assertIn("msg:copyingmessage:Account+sync+Test:1%0AIMAP%0AINBOX%0AMaildir%5BINBOX%5D", records)

    def test_of_changes_on_both_sides(self):
        for side in self.sides:
            side.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(6)])
            side.records()
            by_uid = {message.uid: message for message in side.tree.messages("INBOX")}
            side.account.expunge("INBOX", [1, 2])
            side.account.store("INBOX", [3], "+FLAGS", (r"\Flagged",))
            side.tree.remove(by_uid[4])
            side.tree.set_flags(by_uid[5], "R")
            side.tree.deliver("INBOX", corpus.disk_message(20), "S")
            side.account.append("INBOX", corpus.message(21))
        records = self.assert_same()
        self.assertIn("msg:deletingmessages:Account+sync+Test:4%0AIMAP%09INBOX", records)
        self.assertIn("msg:copyingmessage:Account+sync+Test:-1%0AMaildir%0AINBOX%0AIMAP%5BINBOX%5D", records)

    def test_of_a_quick_run_with_hooks(self):
        for side in self.sides:
            side.account.append("INBOX", corpus.message(1))
            sections = side.workspace.sections(side.account.user)
            sections["Account Test"].update({"presynchook": "echo pre; echo err >&2", "postsynchook": "exit 3"})
            side.workspace.configure(sections)
            side.records()
        records = self.assert_same("-q")
        self.assertIn("msg:callhook:Account+sync+Test:Hook+return+code%3A+3", records)
        self.assertIn("msg::Account+sync+Test:Skipping+INBOX+%28not+changed%29", records)


class Differences(case.SyncTestCase):
    def test_an_account_that_does_not_exist(self):
        self.configure()
        result = self.workspace.run("-a", "Nope", ui="machineui")
        self.assertEqual(1, result.returncode)
        lines = result.stdout.splitlines()
        self.assertIn("error::MainThread:ERROR%3A+The+account+%27Nope%27+does+not+exist", lines)
        self.assertEqual("msg:terminate:MainThread:1%0A%0AValid+accounts+are%3A+Test", lines[-1])

    def test_a_password_is_a_line_of_standard_input(self):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        self.workspace.configure(sections)
        self.account.append("INBOX", corpus.message(1))
        done = subprocess.run([programs.program_under_test(), "-u", "machineui"], input=f"{self.server.password}\n",
                              env={**os.environ, "HOME": str(self.workspace.home)}, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        self.assertIn(f"msg:getpass:Account+sync+Test:{self.user}", done.stdout.splitlines())
        self.assert_in_step()

    def test_failures_have_the_exit_status_of_the_other_interfaces(self):
        self.configure(remote={"remotepass": "wrong"})
        result = self.workspace.run(ui="machineui")
        self.assertEqual(1, result.returncode, "the original ends with 0")
        lines = result.stdout.splitlines()
        self.assertEqual("msg:terminate:MainThread:0%0A%0A", lines[-1])
        self.assertTrue([line for line in lines if line.startswith("error::Account+sync+Test:ERROR%3A+")], str(result))


if __name__ == "__main__":
    case.main()
