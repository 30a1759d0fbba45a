"""Blinkenlights in a terminal of its own: what its screen shows at named moments, its keys, and how it leaves."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs  # noqa: E402
from support.terminal import Terminal  # noqa: E402

BANNER = r"OfflineIMAP \S+ +Copyright 2002-2021 John Goerzen & contributors"
ASLEEP = r"1: \[ (60:00|59:\d\d)\] "
WAIT_FOR_GO = "while [ ! -e ~/go ]; do sleep 0.05; done"
# Few systems describe a terminal with just 16.
SIXTEEN_COLOURS = r"""xterm-with-16,
  colors#16, pairs#256, use=xterm,
  setaf=\E[%?%p1%{8}%<%t%p1%{30}%+%e%p1%{82}%+%;%dm, setab=\E[%?%p1%{8}%<%t%p1%{40}%+%e%p1%{92}%+%;%dm,
"""
SHUTDOWN = "Preparing to shutdown after sync"


class TerminalCase(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="offlineimap-tmux-")  # the path of a socket must be short
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.terminal = None
        self.take_terminal()

    def take_terminal(self, **size):
        """A new one in the place of what there was."""
        if self.terminal is not None:
            self.terminal.stop()
        self.terminal = Terminal(self.directory, **size)
        self.addCleanup(self.terminal.stop)

    def start(self, *arguments, **options):
        self.workspace.start_in(self.terminal, *arguments, **options)

    def start_and_sleep(self, *arguments, account=None, **options):
        """A program that finished its first sync and sleeps for an hour."""
        self.configure(account={"autorefresh": "60", **(account or {})})
        self.start(*arguments, **options)
        return self.wait_for_sleep()

    def wait_for_sleep(self, rounds=1):
        return self.terminal.wait_for(lambda screen: re.match(ASLEEP, screen.row(1)) and screen.text.count(
            "Next sync in 60:00") >= rounds, "the countdown")

    def start_and_wait(self, *arguments, **account):
        """A program in the middle of a sync: in a hook that waits for go()."""
        self.configure(account={"presynchook": WAIT_FOR_GO, **account})
        self.start(*arguments)
        return self.terminal.wait_for_text("Calling hook")

    def go(self):
        (self.workspace.home / "go").touch()

    def process(self):
        """The program's id."""
        # A child looks the same between fork and exec.
        return min(int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*") if self.is_ours(path))

    def is_ours(self, process):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            return (arguments[0] == programs.program_under_test().encode()
                    and os.readlink(process / "cwd") == str(self.workspace.home))
        except OSError:  # not ours, or gone
            return False

    def send(self, number):
        os.kill(self.process(), number)

    def wait_for_end(self):
        """The exit status; the terminal is what it was."""
        home = self.workspace.home
        limit = time.monotonic() + 60
        while not (home / "status").exists():
            self.assertLess(time.monotonic(), limit, f"it does not end:\n{self.terminal.screen().text}")
            time.sleep(0.05)
        self.assertEqual((home / "before").read_text(), (home / "after").read_text())
        self.assertFalse(self.terminal.shows_other_screen())
        self.assertTrue(self.terminal.shows_cursor())
        self.assertNotIn("Copyright", self.terminal.screen().text)
        return int((home / "status").read_text())


class Moments(TerminalCase):
    def test_during_a_sync(self):
        screen = self.start_and_wait()
        self.assertRegex(screen.lines[0], f"^{BANNER}$")
        self.assertEqual(99, len(screen.lines[0]))
        self.assertRegex(screen.lines[1], "^OfflineIMAP ")
        self.assertEqual(["  Licensed under the GNU GPL v2 or any later version (with an OpenSSL exception)"],
                         screen.lines[2:3])
        self.assertIn("*** Processing account Test", screen.lines)
        self.assertIn(f"Calling hook: {WAIT_FOR_GO}", screen.lines)
        self.assertEqual(["1: [active]         Test: @", "0: [active]     *Control: @"], screen.lines[22:])
        self.assertFalse(self.terminal.shows_cursor())
        self.go()
        self.assertEqual(0, self.wait_for_end())
        self.assert_in_step()

    def test_asleep(self):
        self.account.append_all("INBOX", [(corpus.message(nth), (), None) for nth in range(3)])
        screen = self.start_and_sleep()
        lines = screen.text
        self.assertIn("\nSyncing INBOX: IMAP -> Maildir\n", lines)
        self.assertIn("\nCopy message UID 3 (3/3) Remote:INBOX -> Local:INBOX\n", lines)
        self.assertRegex(lines, r"\n\*\*\* Finished account 'Test' in \d+:\d\d\nNext sync in 60:00\n")
        self.assertRegex(screen.lines[22], ASLEEP + r"        Test: @+$")
        earlier = screen.row(1)
        self.terminal.wait_for(lambda later: later.row(1) < earlier, "the countdown goes down")

    def test_a_sync_does_not_wait_for_the_terminal(self):
        self.account.append_all("INBOX", [(corpus.message(nth), (), None) for nth in range(100)])
        self.start_and_wait()
        self.terminal.press("C-s")  # nothing more is shown until C-q
        self.go()
        inbox = self.tree.path("INBOX")
        limit = time.monotonic() + 60
        while sum(1 for part in ("new", "cur") for _ in (inbox / part).glob("*")) < 100:
            self.assertLess(time.monotonic(), limit, "the sync waits")
            time.sleep(0.05)
        self.assertNotIn("Copy message UID 100", self.terminal.screen().text)
        self.terminal.press("C-q")
        self.assertEqual(0, self.wait_for_end())
        self.assert_in_step()

    def test_the_log_scrolls(self):
        self.account.append_all("INBOX", [(corpus.message(nth), (), None) for nth in range(60)])
        screen = self.start_and_sleep()
        self.assertEqual("Next sync in 60:00", screen.lines[21])
        self.assertRegex(screen.lines[0], BANNER)
        self.assertIn("Copy message UID 60 (60/60) Remote:INBOX -> Local:INBOX", screen.lines)

    def test_in_a_single_thread(self):
        screen = self.start_and_sleep("-1")
        self.assertRegex(screen.lines[22], ASLEEP + r"        Test: @$")
        self.assertEqual("0: [active]     *Control: @", screen.lines[23])

    def test_debug_lines_are_shown(self):
        self.configure(account={"autorefresh": "60"})
        self.start("-d", "imap")
        self.terminal.wait_for(lambda screen: "[imap]" in screen.text, "a debug line")


class Colours(TerminalCase):
    LINES = ("*** Processing account", "Syncing INBOX", "Copy message UID", "Deleting 1 messages", "Adding flag S",
             "Deleting flag F", "Next sync in")

    def styles(self, **options):
        """Of the lines of a sync that does everything, of the banner, and of the lights."""
        self.account.append_all("INBOX", [(corpus.message(1), (), None), (corpus.message(2), (r"\Flagged",), None),
                                          (corpus.message(3), (), None)])
        self.configure()
        self.workspace.sync()
        self.account.append("INBOX", corpus.message(4))
        self.account.store("INBOX", "1", "+FLAGS", [r"\Seen"])
        self.account.store("INBOX", "2", "-FLAGS", [r"\Flagged"])
        self.account.expunge("INBOX", "3")
        screen = self.start_and_sleep(**options)
        styles = [screen.style_of(line) for line in self.LINES]
        return ([(style.colour, *sorted(style.attributes)) for style in styles],
                (screen.style_of("OfflineIMAP").colour, screen.style_of("OfflineIMAP").background,
                 *sorted(screen.style_of("OfflineIMAP").attributes)),
                [(style.colour, *sorted(style.attributes)) for style in screen.lights(1)])

    def test_of_256(self):
        lines, banner, lights = self.styles()
        self.assertEqual([(134,), (44,), (208,), (160,), (226, "bold"), (213, "bold"), (160,)], lines)
        self.assertEqual((15, 4, "bold"), banner)
        self.assertEqual((160,), lights[0])
        self.assertEqual({(240,)}, set(lights[1:]) | {(240,)})

    def test_of_16(self):
        description = self.workspace.home / "16"
        description.write_text(SIXTEEN_COLOURS)
        subprocess.run(["tic", "-x", "-o", str(self.workspace.home / ".terminfo"), str(description)], check=True)
        lines, banner, _ = self.styles(kind="xterm-with-16")
        self.assertEqual([(5,), (6,), (3,), (1,), (11, "bold"), (13, "bold"), (1,)], lines)
        self.assertEqual((15, 4, "bold"), banner)

    def test_of_8(self):
        lines, banner, lights = self.styles(kind="xterm")
        self.assertEqual([(5,), (6,), (3,), (1,), (3, "bold"), (5, "bold"), (1,)], lines)
        self.assertEqual((7, 4, "bold"), banner)
        self.assertEqual((1,), lights[0])

    def test_without_any(self):
        lines, banner, _ = self.styles(kind="vt100")
        self.assertEqual([(None,), (None,), (None, "bold"), (None, "bold"), (None, "bold"), (None, "bold"), (None,)],
                         lines)
        self.assertEqual((None, None, "reverse"), banner)

    def test_not_where_they_are_not_wanted(self):
        _, banner, _ = self.styles(environment={"NO_COLOR": "1"})
        self.assertEqual((None, None, "reverse"), banner)


class Keys(TerminalCase):
    def test_a_digit_syncs_that_account_now(self):
        self.start_and_sleep()
        self.account.append("INBOX", corpus.message(1))
        self.terminal.press("1")
        self.terminal.wait_for_text("Requested synchronization for acc: Test")
        screen = self.wait_for_sleep(rounds=2)
        self.assertEqual(2, screen.text.count("*** Processing account Test"))
        self.assert_in_step()

    def test_a_digit_leaves_the_other_accounts_alone(self):
        sections = self.workspace.sections(self.user)
        sections["general"] = {"accounts": "Test, Other", "maxsyncaccounts": "2"}
        sections["Account Test"]["autorefresh"] = "60"
        sections["Account Other"] = {**sections["Account Test"], "localrepository": "OtherLocal",
                                     "remoterepository": "OtherRemote"}
        sections["Repository OtherLocal"] = {"type": "Maildir", "localfolders": "~/Other"}
        sections["Repository OtherRemote"] = sections["Repository Remote"]
        self.workspace.configure(sections)
        self.start()
        screen = self.terminal.wait_for(lambda shown: "[ 59:" in shown.row(1) and "[ 59:" in shown.row(2),
                                        "two that sleep")
        number = "1" if "Other" in screen.row(1) else "2"
        self.terminal.press(number)
        self.terminal.wait_for_text("*** Finished account 'Other'", 2)
        self.assertEqual(1, self.terminal.screen().text.count("*** Processing account Test"))

    def test_zero_and_strange_keys_do_nothing(self):
        self.start_and_sleep()
        self.terminal.press("0", "7", "x", "Up", "F5", "Escape", "Enter")
        self.terminal.press("1")
        screen = self.wait_for_sleep(rounds=2)
        self.assertEqual(1, screen.text.count("Requested"))

    def test_q_ends_it_as_a_signal_does(self):
        self.start_and_sleep()
        self.terminal.press("q")
        self.assertEqual(0, self.wait_for_end())
        self.assertEqual("", self.terminal.screen().text.strip())

    def test_q_during_a_sync(self):
        self.start_and_wait("-l", "log")
        self.terminal.press("q", "q", "q", "q")
        self.assertEqual(0, self.wait_for_end(), "four signals would have ended it at once")
        self.assertEqual(1, (self.workspace.home / "log").read_text().count(SHUTDOWN))

    def test_redraw(self):
        self.start_and_sleep()
        with open(f"/proc/{self.process()}/fd/1", "wb", buffering=0) as same_terminal:
            same_terminal.write(b"\x1b[HSomething else writes here")
        self.terminal.wait_for_text("Something else")
        self.terminal.press("C-l")
        self.terminal.wait_for(lambda screen: re.match(BANNER, screen.lines[0]), "the banner again")


class Passwords(TerminalCase):
    QUESTION = " *** Please enter password for user '{}': "

    def ask(self, *arguments):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        self.workspace.configure(sections)
        self.start(*arguments)
        return self.wait_for_question()

    def wait_for_question(self, count=1):
        return self.terminal.wait_for(
            lambda screen: screen.text.count("*** Please enter password") >= count and self.terminal.shows_cursor(),
            "the question")

    def test_are_typed_unseen(self):
        screen = self.ask()
        self.assertIn(" *** Input Required", screen.lines)
        self.assertIn(" *** Account 'Test', repository 'Remote' on localhost", screen.lines)
        self.assertIn(self.QUESTION.format(self.user).rstrip(), screen.lines)
        self.assertEqual((196, {"bold"}), (screen.style_of(" *** Please").colour,
                                           set(screen.style_of(" *** Please").attributes)))
        self.terminal.type("q1")  # no hot keys now
        self.terminal.press("C-u")
        self.terminal.type(self.server.password + "x")
        self.terminal.press("BSpace")
        self.assertNotIn(self.server.password, self.terminal.screen().text)
        self.terminal.press("Enter")
        self.assertEqual(0, self.wait_for_end())
        self.assert_in_step()

    def test_a_wrong_one_is_an_error(self):
        self.ask()
        self.terminal.type("wrong")
        self.terminal.press("Enter")
        self.assertEqual(1, self.wait_for_end())
        self.assertIn("PLAIN: Authentication failed.", self.terminal.screen().text)

    def test_escape_gives_up(self):
        self.ask()
        self.terminal.press("Escape")
        self.assertEqual(1, self.wait_for_end())
        self.assertIn("ERROR: Exceptions occurred during the run!", self.terminal.screen().lines)

    def test_an_interrupt_gives_up(self):
        self.ask()
        self.terminal.press("C-c")
        self.assertIn(self.wait_for_end(), (0, 1))

    def test_two_accounts_ask_one_after_the_other(self):
        sections = self.workspace.sections(self.user)
        sections["general"] = {"accounts": "Test, Other", "maxsyncaccounts": "2"}
        sections["Account Other"] = {"localrepository": "OtherLocal", "remoterepository": "OtherRemote"}
        sections["Repository OtherLocal"] = {"type": "Maildir", "localfolders": "~/Other"}
        sections["Repository OtherRemote"] = {**sections["Repository Remote"], "remotehost": "127.0.0.1",
                                              "remoteport": str(self.server.plain_port), "ssl": "no",
                                              "starttls": "no"}
        del sections["Repository Remote"]["remotepass"], sections["Repository OtherRemote"]["remotepass"]
        self.workspace.configure(sections)
        self.start()
        for nth in (1, 2):
            screen = self.wait_for_question(nth)
            self.assertEqual(nth, screen.text.count("*** Please enter password"))
            self.terminal.type(self.server.password)
            self.terminal.press("Enter")
        self.assertEqual(0, self.wait_for_end())
        self.assertEqual(["INBOX"], self.tree.folders())


class Sizes(TerminalCase):
    def test_tiny_and_back(self):
        self.start_and_sleep()
        for columns, rows in ((5, 2), (1, 1), (200, 3), (1, 60), (400, 120), (100, 24)):
            self.terminal.resize(columns, rows)
            self.terminal.press("1")
        screen = self.terminal.wait_for(lambda shown: shown.text.count("Next sync in") >= 2 and re.match(
            ASLEEP, shown.row(1)) and re.match(BANNER, shown.lines[0]), "the whole screen again")
        self.assertEqual(99, len(screen.lines[0]))
        self.assertRegex(screen.lines[23], r"0: \[active\]     \*Control: @")
        self.terminal.press("q")
        self.assertEqual(0, self.wait_for_end())

    def test_a_terminal_of_five_lines(self):
        self.take_terminal(columns=40, rows=5)
        screen = self.start_and_sleep()
        self.assertEqual(5, len(screen.lines))
        self.assertEqual("Next sync in 60:00", screen.lines[2])

    def test_more_accounts_than_lines(self):
        sections = self.workspace.sections(self.user)
        names = [f"A{number}" for number in range(9)]
        sections["general"] = {"accounts": ",".join(names), "maxsyncaccounts": "9"}
        for name in names:
            sections[f"Account {name}"] = {"localrepository": f"L{name}", "remoterepository": f"R{name}",
                                           "presynchook": WAIT_FOR_GO}
            sections[f"Repository R{name}"] = sections["Repository Remote"]
            sections[f"Repository L{name}"] = {"type": "Maildir", "localfolders": f"~/{name}"}
        del sections["Account Test"]
        self.workspace.configure(sections)
        self.take_terminal(rows=12)
        self.start()
        screen = self.terminal.wait_for_text("... 4 more rows")
        self.assertEqual(5, screen.lines.index("... 4 more rows"))
        self.assertRegex(screen.lines[6], r"^5: \[active\] +A\d: @")
        self.go()
        self.assertEqual(0, self.wait_for_end())

    def test_wide_long_and_strange_names(self):
        for name, shown in (("日本語のアカウント", "1: [active] 日本語のアカ: @"),
                            ("Überlänge-eines-Kontos", "1: [active] Überlänge-ei: @"),
                            ("e\u0301te\u0301", "1: [active]          e\u0301te\u0301: @")):
            with self.subTest(name):
                self.take_terminal()
                sections = self.workspace.sections(self.user)
                sections["general"]["accounts"] = name
                sections[f"Account {name}"] = {**sections.pop("Account Test"), "presynchook": WAIT_FOR_GO}
                self.workspace.configure(sections)
                self.start()
                screen = self.terminal.wait_for_text("Calling hook")
                self.assertEqual(shown, screen.lines[22])


class Endings(TerminalCase):
    def test_sigterm(self):
        self.start_and_sleep()
        self.send(signal.SIGTERM)
        self.assertEqual(0, self.wait_for_end())

    def test_the_terminal_goes_away(self):
        self.start_and_sleep()
        program = self.process()
        self.terminal.stop()
        limit = time.monotonic() + 30
        while self.is_ours(pathlib.Path(f"/proc/{program}")):
            self.assertLess(time.monotonic(), limit, "it stays without a terminal")
            time.sleep(0.05)
        self.assertFalse((self.workspace.metadata / "Test.lock").exists())

    def test_three_interrupts(self):
        self.configure(account={"presynchook": f"trap '' INT; {WAIT_FOR_GO}"})
        self.start()
        self.terminal.wait_for_text("Calling hook")
        program = self.process()
        for _ in range(3):
            with contextlib.suppress(ProcessLookupError):  # the first may have been enough
                os.kill(program, signal.SIGINT)
        self.assertIn(self.wait_for_end(), (0, 1))
        self.go()

    def test_three_interrupts_at_once(self):
        self.start_and_wait()
        os.kill(self.process(), signal.SIGSTOP)
        program = self.process()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCONT):
            os.kill(program, number)
        self.assertEqual(1, self.wait_for_end())
        self.assertIn("Signaled thrice. Aborting!", self.terminal.screen().text)

    def test_crashes(self):
        # A sanitizer has a use of its own for the other one.
        for number in (signal.SIGQUIT,) if programs.sanitized() else (signal.SIGQUIT, signal.SIGSEGV):
            with self.subTest(number):
                (self.workspace.home / "status").unlink(missing_ok=True)
                self.take_terminal()
                self.start_and_sleep()
                self.send(number)
                self.assertEqual(128 + number, self.wait_for_end())

    def test_errors_are_repeated_in_plain_text(self):
        self.configure(remote={"remoteport": "1"})
        self.start()
        self.assertEqual(1, self.wait_for_end())
        screen = self.terminal.screen()
        self.assertIn("ERROR: Exceptions occurred during the run!", screen.lines)
        self.assertNotIn("*Control", screen.text)

    def test_an_unknown_account(self):
        self.configure()
        self.start("-a", "Nobody")
        self.assertEqual(1, self.wait_for_end())
        self.assertIn("Valid accounts are: Test", self.terminal.screen().text)

    def test_stopped_and_continued_by_a_shell(self):
        self.configure(account={"autorefresh": "60"})
        program = programs.program_under_test()
        self.terminal.start(f"cd {self.workspace.home}; exec bash --norc -i",
                            {**os.environ, "HOME": str(self.workspace.home), "LC_ALL": "C.UTF-8", "PS1": "$ "})
        self.terminal.wait_for_text("$")
        self.terminal.type(f"{program} -u blinkenlights")
        self.terminal.press("Enter")
        self.wait_for_sleep()
        self.terminal.press("C-z")
        self.terminal.wait_for_text("Stopped")
        self.assertFalse(self.terminal.shows_other_screen())
        self.assertTrue(self.terminal.shows_cursor())
        self.terminal.type("fg")
        self.terminal.press("Enter")
        screen = self.wait_for_sleep()
        self.assertRegex(screen.lines[0], BANNER)
        self.terminal.press("q")
        self.terminal.wait_for(lambda shown: not self.terminal.shows_other_screen(), "the end")


class WithoutATerminal(TerminalCase):
    NOTICE = "UI 'blinkenlights' needs a terminal that it can draw on; using 'ttyui'"

    def test_a_job_without_one_syncs_all_the_same(self):
        self.account.append("INBOX", corpus.message(1))
        for arguments, general in ((("-u", "blinkenlights"), {}), ((), {"ui": "Blinkenlights"})):
            self.configure(general=general)
            result = self.workspace.sync(*arguments, ui=None)
            self.assertIn(self.NOTICE, result.stderr)
            self.assertEqual("", result.stdout)
        self.assert_in_step()

    def test_the_next_of_a_list_is_taken(self):
        self.configure(general={"ui": "blinkenlights, quiet"})
        self.assertEqual("", self.workspace.sync(ui=None).output)

    def test_a_terminal_that_cannot_be_drawn_on(self):
        self.configure()
        for kind in ("dumb", "no-such-terminal"):
            with self.subTest(kind):
                self.take_terminal()
                (self.workspace.home / "status").unlink(missing_ok=True)
                self.start(kind=kind)
                self.terminal.wait_for_text("*** Finished account 'Test'")
                self.assertIn(self.NOTICE, self.terminal.screen().text)


if __name__ == "__main__":
    case.main(mail_format="mdbox")
