"""The text interfaces on a terminal and off one: progress, summary, colours; the json interface; --ext-exit."""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs  # noqa: E402
from support.relay import SlowLine  # noqa: E402
from support.terminal import Terminal  # noqa: E402

MESSAGES = 16
RED = 1


class OnATerminal(case.SyncTestCase):
    @contextlib.contextmanager
    def terminal(self, *arguments, ui="ttyui", environment=None):
        """In which the program runs."""
        with tempfile.TemporaryDirectory(prefix="offlineimap-tmux-") as directory:  # the path of a socket must be short
            terminal = Terminal(pathlib.Path(directory), columns=100, rows=30)
            try:
                self.workspace.start_in(terminal, *arguments, ui=ui, environment=environment)
                yield terminal
            finally:
                terminal.stop()

    def exit_status(self, terminal):
        status = self.workspace.home / "status"
        terminal.wait_for(lambda _: status.exists(), "the program's end")
        code = int(status.read_text())
        status.unlink()
        return code

    def fill_server(self):
        self.account.append_all("INBOX", [(corpus.big(100_000, seed=nth), (), None) for nth in range(MESSAGES)])

    def test_long_work_has_a_line_of_progress_that_leaves_the_log_whole(self):
        self.fill_server()
        with SlowLine(self.server.host, self.server.tls_port, bytes_per_second=200_000) as line:
            self.configure(remote={"remoteport": line.port})
            with self.terminal() as terminal:
                pattern = r"^Test: (\d+) of 16 messages, [\d.]+ [kM]?B of [\d.]+ MB, [\d.]+ [kM]?B/s, \d+:\d\d left \(INBOX\)$"
                terminal.wait_for(lambda screen: re.search(pattern, screen.text, re.M), "a line of progress")
                counts = set()
                terminal.wait_for(lambda screen: counts.update(re.findall(pattern, screen.text, re.M)) or len(counts) > 1,
                                  "progress")
                self.assertEqual(0, self.exit_status(terminal))
                text = terminal.history().text
        self.assertNotRegex(text, r"(?m)^Test: ")
        self.assert_all_copies_are_logged(text)
        self.assert_in_step()

    def assert_all_copies_are_logged(self, text):
        copies = re.findall(r"^ Copy message UID (\d+) \(\d+/16\) Remote:INBOX -> Local:INBOX$", text, re.M)
        self.assertEqual([str(uid) for uid in range(1, MESSAGES + 1)], copies, text)

    def test_output_of_hooks_is_not_drawn_over(self):
        self.fill_server()
        with SlowLine(self.server.host, self.server.tls_port, bytes_per_second=400_000) as line:
            self.configure(remote={"remoteport": line.port,
                                   "newmail_hook": "lambda: __import__('os').system('echo from the hook; printf and_more')"})
            with self.terminal() as terminal:
                terminal.wait_for(lambda screen: "\nTest: " in screen.text, "a line of progress")
                self.assertEqual(0, self.exit_status(terminal))
                text = terminal.history().text
        self.assertRegex(text, r"(?m)^from the hook$")
        self.assertRegex(text, r"(?m)^and_more")
        self.assertNotIn("Test: ", text)

    def test_progress_survives_a_terminal_that_becomes_narrow(self):
        self.fill_server()
        with SlowLine(self.server.host, self.server.tls_port, bytes_per_second=200_000) as line:
            self.configure(remote={"remoteport": line.port})
            with self.terminal() as terminal:
                terminal.wait_for(lambda screen: "\nTest: " in screen.text, "a line of progress")
                terminal.resize(40, 10)
                terminal.wait_for(lambda screen: re.search(r"^Test: \d+ of 16 messages, .*…$", screen.text, re.M), "a cut line")
                self.assertEqual(0, self.exit_status(terminal))
                self.assert_all_copies_are_logged(terminal.history().text)
        self.assert_in_step()

    def test_a_round_ends_with_a_summary(self):
        self.configure()
        self.fill(("INBOX", "Sent"), each=2)
        self.account.append("Sent", corpus.message(7))
        [first, second] = sorted(self.account.messages("INBOX"))
        self.account.store("INBOX", [first], "+FLAGS", ("\\Flagged",))
        self.account.expunge("INBOX", [second])
        self.tree.deliver("INBOX", corpus.disk_message(8))
        with self.terminal() as terminal:
            self.assertEqual(0, self.exit_status(terminal))
            text = terminal.history().text
        self.assertRegex(text, r"(?m)^   INBOX  here 1 deleted, 1 flag change; on the server 1 new \(\d+ B\); \d+\.\d s$")
        self.assertRegex(text, r"(?m)^   Sent   here 1 new \(\d+ B\); \d+\.\d s$")
        self.assertRegex(text, r"(?m)^   2 folders: here 1 new \(\d+ B\), 1 deleted, 1 flag change; "
                               r"on the server 1 new \(\d+ B\); \d:\d\d$")

    def test_errors_are_coloured_unless_the_user_wants_none(self):
        self.configure(remote={"remotepass": "wrong"})
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
            for ui in ("ttyui", "basic", "quiet"):
                with self.subTest(environment=environment, ui=ui):
                    with self.terminal(ui=ui, environment=environment) as terminal:
                        self.assertEqual(1, self.exit_status(terminal))
                        screen = terminal.history()
                    self.assertEqual(RED if coloured else None, screen.style_of("ERROR: ").colour, screen.text)

    def test_off_a_terminal_there_is_nothing_but_the_original_lines(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure()
        result = self.workspace.sync(ui="ttyui", environment={"TERM": "xterm"})
        self.assertNotIn("\x1b", result.output)
        self.assertRegex(result.output, r" \*\*\* Finished account 'Test' in \d+:\d\d\n\Z")


class Json(case.SyncTestCase):
    def records(self, result):
        return [json.loads(line) for line in result.stdout.splitlines()]

    def documented(self):
        text = (pathlib.Path(__file__).parents[2] / "docs" / "json-interface.md").read_text(encoding="utf-8")
        return {name: set(re.findall(r"`(\w+)`", fields))
                for name, fields in re.findall(r"^\| `(\w+)` \| (.*?) \|", text, re.M)}

    def check_documented(self, records):
        documented = self.documented()
        for record in records:
            self.assertEqual(["time", "level", "thread", "event"], list(record)[:4])
            unknown = set(record) - {"time", "level", "thread", "event"} - documented[record["event"]]
            self.assertEqual(set(), unknown, record)

    def test_a_run_is_one_object_a_line_as_documented(self):
        self.account.append_all("INBOX", [(corpus.message(nth), (), None) for nth in range(12)])
        self.configure(account={"postsynchook": "echo done"})
        result = self.workspace.sync("-d", "all", ui="json")
        records = self.records(result)
        self.check_documented(records)
        self.assertEqual("", result.stderr)
        self.assertEqual("program_started", records[0]["event"])
        self.assertEqual(1, records[0]["schema"])
        self.assertEqual("program_ended", records[-1]["event"])
        [finished] = [record for record in records if record["event"] == "folder_finished"]
        self.assertEqual({"new": 12, "bytes": sum(len(body) for body in self.server_bodies("INBOX")), "deleted": 0,
                          "flag_changes": 0}, finished["to_local"])
        self.assertEqual({"new": 0, "bytes": 0, "deleted": 0, "flag_changes": 0}, finished["to_remote"])
        last = [record for record in records if record["event"] == "progress"][-1]
        self.assertEqual((12, 12, last["total_bytes"]), (last["messages"], last["total_messages"], last["bytes"]))
        [hook] = [record for record in records if record["event"] == "hook_finished"]
        self.assertEqual("done\n", hook["stdout"])

    def test_a_password_is_asked_for_and_answered_on_a_line(self):
        self.account.append("INBOX", corpus.message(1))
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        self.workspace.configure(sections)
        done = subprocess.run([programs.program_under_test(), "-u", "json"], env=self.workspace.environment(),
                              input=f"{self.server.password}\n", capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(0, done.returncode, done.stdout)
        records = [json.loads(line) for line in done.stdout.splitlines()]
        self.check_documented(records)
        [wanted] = [record for record in records if record["event"] == "password_wanted"]
        self.assertEqual(("Test", "Remote", self.user), (wanted["account"], wanted["repository"], wanted["user"]))
        self.assert_in_step()

    def test_failures_are_events_and_the_exit_code_is_that_of_all(self):
        self.configure(remote={"remotepass": "wrong"})
        result = self.workspace.run(ui="json")
        self.assertEqual(1, result.returncode)
        records = self.records(result)
        self.check_documented(records)
        self.assertIn("error", [record["level"] for record in records])


class ExtendedExitCode(case.SyncTestCase):
    def code(self, *arguments):
        return self.workspace.run("--ext-exit", *arguments).returncode

    def test_says_which_side_changed(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        self.assertEqual(0, self.code("--dry-run"))
        self.assertEqual(64, self.code())
        self.assertEqual(0, self.code())
        self.tree.deliver("INBOX", corpus.disk_message(2))
        self.assertEqual(32, self.code())
        self.account.append("INBOX", corpus.message(3))
        known = self.tree.by_body("INBOX", corpus.disk_message(2))
        self.tree.set_flags(known, "F")
        self.assertEqual(96, self.code())
        self.assertEqual(0, self.workspace.run().returncode)

    def test_is_added_to_the_code_of_failures(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        self.account.create("Bad")
        self.workspace.sync()
        self.account.append("INBOX", corpus.message(2))
        status = self.workspace.sqlite_status("Bad")
        status.write_bytes(b"no database")
        self.assertEqual(64 | 1, self.code())


if __name__ == "__main__":
    case.main()
