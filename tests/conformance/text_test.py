"""TTYUI, Basic, Quiet, syslog and the log file beside OfflineIMAP 8.0.0's: the same lines in the same scenarios, times, addresses
and versions aside. The two sync users of their own with the same mail."""

import collections
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs, system_log  # noqa: E402
from support.side import Side  # noqa: E402

UIS = ("ttyui", "basic", "quiet")


def comparable(line):
    line = re.sub(r"in \d+:\d\d$", "in TIME", line)
    line = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ", "DATE ", line)
    return re.sub(r"^OfflineIMAP \S+$", "OfflineIMAP VERSION", line)


def is_of_a_version(line):
    """Names the components, or how the log of a run begins."""
    return re.match(r"(DATE INFO: )?(imaplib2|OpenSSL) |DATE INFO: OfflineImap \S+ starting|  (Args|Python|Platform):?",
                    line) is not None


class Talker(Side):
    def lines(self, ui, *arguments):
        """(standard output, standard error), as lines that can be compared."""
        result = self.result("-u", ui, *arguments)
        return tuple([line for line in map(comparable, stream.splitlines()) if not is_of_a_version(line)]
                     for stream in (result.stdout, result.stderr))

    def log(self):
        path = self.workspace.home / "log"
        lines = [comparable(line) for line in path.read_text(encoding="utf-8").splitlines()]
        path.unlink()
        return [line for line in lines if not is_of_a_version(line)]

    def begin_afresh(self):
        for path in (self.workspace.metadata, self.workspace.mail):
            shutil.rmtree(path, ignore_errors=True)

    def configure(self, section, options):
        sections = self.workspace.sections(self.account.user)
        sections[section].update(options)
        self.workspace.configure(sections)


def ours(workspace, *arguments):
    return workspace.run("-1", *arguments, ui=None)


def original(workspace, *arguments):
    return workspace.oracle(*arguments)


class Comparison(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.sides = [Talker(self, "theirs", original), Talker(self, "ours", ours)]

    def assert_same_lines(self, theirs, mine):
        """Each line as often as the other program has it, and in the same order where 8.0.0 always has one. (Folders come
        in another order, status files are made at another moment, and of several flags 8.0.0 takes any first.)"""
        missing, added = (list((collections.Counter(a) - collections.Counter(b)).elements())
                          for a, b in ((theirs, mine), (mine, theirs)))
        self.assertEqual(([], []), (missing, added), "(missing here, only here)")
        for pattern in (r"\*\*\* |Establishing", r"INBOX(?!\[)(?!:.*db)", r"ook"):
            in_order = [[line for line in lines if re.search(pattern, line) and "flag" not in line and " db " not in line]
                        for lines in (theirs, mine)]
            self.assertEqual(*in_order)


class Lines(Comparison):
    def assert_same(self, ui, *arguments):
        theirs, mine = (side.lines(ui, "-l", "log", *arguments) for side in self.sides)
        for stream in (0, 1):
            self.assert_same_lines(theirs[stream], mine[stream])
        self.assert_same_lines(*(side.log() for side in self.sides))
        return [*mine[0], *mine[1]]

    def test_of_a_first_sync(self):
        for ui in UIS:
            with self.subTest(ui=ui):
                for side in self.sides:
                    side.begin_afresh()
                    if ui == UIS[0]:
                        side.account.create("Archive", "Archive/2024", "Sent Items")
                        side.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(3)])
                        side.account.append("Sent Items", corpus.message(9), (r"\Seen",))
                lines = self.assert_same(ui)
                copied = "Copy message UID 1 (1/3) Remote:INBOX -> Local:INBOX"
                self.assertEqual(0 if ui == "quiet" else 1, len([line for line in lines if line.strip() == copied]))

    def test_of_changes_on_both_sides(self):
        for number, ui in enumerate(UIS):
            with self.subTest(ui=ui):
                for side in self.sides:
                    first = 100 * number
                    side.account.append_all("INBOX", [(corpus.message(first + nth), (), None) for nth in range(6)])
                    side.result()
                    by_body = {message.body: message for message in side.tree.messages("INBOX")}
                    mine = [by_body[corpus.disk_message(first + nth)] for nth in range(6)]
                    side.account.expunge("INBOX", [mine[0].uid, mine[1].uid])
                    side.account.store("INBOX", [mine[2].uid], "+FLAGS", (r"\Flagged",))
                    side.tree.remove(mine[3])
                    side.tree.set_flags(mine[4], "R")
                    side.tree.deliver("INBOX", corpus.disk_message(first + 20), "S")
                    side.account.append("INBOX", corpus.message(first + 21))
                self.assert_same(ui)

    def test_of_a_quick_run_with_hooks(self):
        for side in self.sides:
            side.account.append("INBOX", corpus.message(1))
            side.configure("Account Test", {"presynchook": "echo pre; echo err >&2", "postsynchook": "exit 3"})
            side.result()
        for ui in UIS:
            with self.subTest(ui=ui):
                self.assert_same(ui, "-q")

    def test_of_a_folder_that_may_not_be_written(self):
        for side in self.sides:
            side.account.append("INBOX", corpus.message(1))
            side.configure("Repository Remote", {"readonly": "yes"})
            side.result()
            side.tree.deliver("INBOX", corpus.disk_message(2), "S")
        for ui in UIS:
            with self.subTest(ui=ui):
                self.assert_same(ui)


class SystemLog(Comparison):
    """What goes to /dev/log: the text and the priority."""

    def assert_same_messages(self, *arguments):
        sent = []
        for side, program in zip(self.sides, (programs.oracle(), None)):
            with system_log.daemon(side.workspace.root) as (path, messages):
                side.workspace.run_with_system_file("/dev/log", path, "-1", *arguments, ui="syslog", program=program)
            sent.append([f"{priority} {comparable(line)}" for priority, text in system_log.parsed(messages)
                         for line in text.splitlines() if not is_of_a_version(line) and line != "OfflineIMAP VERSION"])
        self.assert_same_lines(*sent)
        return sent[1]

    def test_messages_of_a_first_sync(self):
        for side in self.sides:
            side.account.create("Archive")
            side.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(3)])
        self.assertIn("14 Copy message UID 1 (1/3) Remote:INBOX -> Local:INBOX", self.assert_same_messages())

    def test_messages_about_a_folder_that_may_not_be_written(self):
        for side in self.sides:
            side.account.append("INBOX", corpus.message(1))
            side.configure("Repository Remote", {"readonly": "yes"})
            side.result()
            side.tree.deliver("INBOX", corpus.disk_message(2), "S")
        self.assert_same_messages()


if __name__ == "__main__":
    case.main()
