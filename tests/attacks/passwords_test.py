"""Commands that are asked for a password and misbehave, and passwords that are kept for other servers."""

import fcntl
import json
import os
import pathlib
import shlex
import signal
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import programs  # noqa: E402
from support import scripted_case as case  # noqa: E402

LIMIT = {"socktimeout": "5"}


class Attack61(case.ScriptedTestCase):
    def setUp(self):
        super().setUp()
        self.serve({"INBOX": [case.message(1)]})
        (self.workspace.home / "password").write_text(self.server.password + "\n")

    def command(self, command, **general):
        self.configure(general=general, remote={"remotepass": None, "remotepasscmd": command})

    def fails(self, *patterns):
        started = time.monotonic()
        result = self.assert_refuses(*patterns)
        self.assertLess(time.monotonic() - started, 40)
        self.assert_nothing_sensitive_sent()
        self.assert_lock_is_free()
        return result

    def assert_lock_is_free(self):
        """The next run, with a command that works, is not kept from its work."""
        self.command("cat ~/password")
        self.run_program(code=0)
        self.assertEqual(1, len(self.local_bodies()))

    @staticmethod
    def is_alive(number):
        try:
            return "zombie" not in pathlib.Path(f"/proc/{number}/status").read_text()
        except OSError:  # there is none, or it ended while it was looked at
            return False

    def assert_gone(self, name):
        """The process whose number is in that file."""
        number = int((self.workspace.home / name).read_text())
        limit = time.monotonic() + 30
        while self.is_alive(number):
            self.assertLess(time.monotonic(), limit, f"process {number} is still there")
            time.sleep(0.05)

    def test_one_that_hangs_is_ended_with_what_it_has_started(self):
        self.command("sleep 1000 & echo $! > ~/child; cat ~/password; trap '' TERM; while :; do sleep 1; done", **LIMIT)
        self.fails("remotepasscmd was ended: it ran for more than 5 seconds")
        self.assert_gone("child")

    def test_one_that_leaves_somebody_behind_holds_nobody_up(self):
        self.command("sleep 1000 & echo $! > ~/child; cat ~/password")
        try:
            self.run_program(code=0)
        finally:
            os.kill(int((self.workspace.home / "child").read_text()), signal.SIGKILL)

    def test_one_that_prints_1_gb(self):
        self.command("head -c 1000000000 /dev/zero | tr '\\0' x")
        self.fails("remotepasscmd printed a line of more than 64 KiB")

    def test_1_gb_behind_the_first_line_is_dropped(self):
        self.command("cat ~/password; head -c 1000000000 /dev/zero")
        _, peak = self.workspace.sync_measuring_memory()
        if not programs.sanitized():
            self.assertLess(peak, 100)

    def test_one_that_never_stops_printing(self):
        self.command("yes password", **LIMIT)
        self.fails("remotepasscmd was ended: it ran for more than 5 seconds")

    def test_one_that_fails_is_told_with_its_complaint_escaped(self):
        self.command("cat ~/password; printf 'locked \\033[2J\\nreally' >&2; exit 9")
        self.fails(r"remotepasscmd failed with status 9; it says: locked \\x1b\[2J\\x0areally")

    def test_one_that_is_killed(self):
        self.command("cat ~/password; kill -9 $$")
        self.fails("remotepasscmd failed with status 137")

    def test_one_that_does_not_exist(self):
        self.command("/no/such/program")
        self.fails("remotepasscmd failed with status 127; it says: .*not found")

    def test_the_carriage_return_of_a_line_is_no_part_of_a_password(self):
        (self.workspace.home / "password").write_bytes(self.server.password.encode() + b"\r\nmore\r\n")
        self.command("cat ~/password")
        self.run_program(code=0)

    def test_its_input_is_empty(self):
        self.command("cat; cat ~/password")
        self.run_program(code=0)

    def test_one_that_reads_the_terminal_of_the_run_is_ended(self):
        """In the background of a terminal it is stopped by the system, not ended."""
        controller, terminal = os.openpty()

        def take_terminal():
            os.setsid()
            fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

        self.command("read answer < /dev/tty; echo $answer", **LIMIT)
        try:
            result = self.run_program(code=1, before=take_terminal)
        finally:
            os.close(terminal)
            os.close(controller)
        self.assertRegex(result.output, "remotepasscmd (was ended: it ran for more than 5 seconds|failed)")
        self.assert_nothing_sensitive_sent()
        self.assert_lock_is_free()

    def test_one_that_asks_for_a_terminal_where_there_is_none(self):
        self.command("read answer < /dev/tty && echo $answer")
        result = self.run_program(code=1, before=os.setsid)
        self.assertRegex(result.output, "remotepasscmd failed with status .*/dev/tty")

    def test_a_stop_is_obeyed_and_the_lock_is_held_until_then(self):
        self.command("echo $$ > ~/child; sleep 1000")
        running = self.workspace.start()
        self.addCleanup(running.kill)
        limit = time.monotonic() + 60
        while not (self.workspace.home / "child").exists():
            self.assertLess(time.monotonic(), limit, running.output())
            time.sleep(0.02)
        second = self.workspace.run()
        self.assertEqual(1, second.returncode, str(second))
        self.assertRegex(second.output, "(?i)lock|another process")
        stopped = time.monotonic()
        running.signal(signal.SIGINT)
        self.assertEqual(0, running.finish(timeout=30).returncode)
        self.assertLess(time.monotonic() - stopped, 15)
        self.assert_gone("child")
        self.assert_lock_is_free()

    def test_no_child_finds_a_secret_in_its_environment_or_arguments(self):
        self.configure(account={"postsynchook": "env > ~/hook; cat /proc/$PPID/cmdline /proc/$PPID/environ > ~/hook-arguments"},
                       remote={"remotepass": None, "remotepasscmd": "env > ~/command; cat ~/password"})
        self.run_program(code=0)
        for name in ("command", "hook", "hook-arguments"):
            self.assertNotIn(self.server.password, (self.workspace.home / name).read_text())


_KEYRING = """\
import json, pathlib
_here = pathlib.Path(__file__).parent

def get_password(service, user):
    with open(_here / "asked", "a") as file:
        print(json.dumps([service, user]), file=file)
    return json.loads((_here / "passwords").read_text()).get(service + " " + user)
"""


class Attack64(case.ScriptedTestCase):
    """The server is localhost, the user is `user`; what is kept for anybody else is never sent to it."""

    def setUp(self):
        super().setUp()
        self.serve({"INBOX": [case.message(1)]})
        self.modules = self.workspace.home / "modules"
        self.modules.mkdir()
        (self.modules / "keyring.py").write_text(_KEYRING)
        self.keep({})

    def keep(self, passwords):
        (self.modules / "passwords").write_text(json.dumps(passwords))

    def netrc(self, text):
        path = self.workspace.home / ".netrc"
        path.write_text(text.replace("SECRET", self.server.password))
        path.chmod(0o600)

    def run_without_password(self, code, **remote):
        self.configure(remote={"remotepass": None, **remote})
        return self.run_program(code=code, environment={"PYTHONPATH": str(self.modules)})

    def assert_not_sent(self, **remote):
        self.run_without_password(1, **remote)
        self.assert_password_never_sent()

    def test_netrc_entries_of_other_hosts(self):
        port = self.server.port
        for host in ("127.0.0.1", "localhost.example", "xlocalhost", "local", "host", "localhost.", "LOCALHOST.evil",
                     f"localhost:{port}", "localhost:993", f"[localhost]:{port}", "imap://localhost", "*", '""',
                     '"localhost "', "localhos?"):
            with self.subTest(host):
                self.netrc(f"machine {host} login user password SECRET\n")
                self.assert_not_sent()

    def test_netrc_entries_of_other_users(self):
        for login in ("login other ", "login USER ", "login user2 ", ""):
            with self.subTest(login):
                self.netrc(f"machine localhost {login}password SECRET\n")
                self.assert_not_sent()

    def test_netrc_entries_that_a_password_could_open(self):
        self.netrc("machine elsewhere login user password \"x machine localhost login user password SECRET\"\n")
        self.assert_not_sent()
        self.netrc("# machine localhost login user password SECRET\n")
        self.assert_not_sent()
        self.netrc("machine elsewhere login user password x\nmacdef init\nmachine localhost login user password SECRET\n\n")
        self.assert_not_sent()

    def test_a_netrc_that_is_broken_is_told_without_what_it_holds(self):
        self.netrc("machine localhost login user passwort SECRET\n")
        result = self.run_without_password(1)
        self.assertRegex(result.output, r"\.netrc:1: ")
        self.assert_password_never_sent()

    def test_the_right_netrc_entry_counts_among_the_others(self):
        self.netrc("machine elsewhere login user password x\nmachine localhost login user password SECRET\n"
                   "default login user password y\n")
        self.run_without_password(0)

    def test_a_tunnel_has_no_entry(self):
        self.netrc("default login user password SECRET\nmachine localhost login user password SECRET\n")
        self.keep({f"{host} user": self.server.password for host in ("localhost", "", "None", "tunnel")})
        relay = ("import socket,sys,threading\n"
                 f"s=socket.create_connection((\"127.0.0.1\",{self.server.port}))\n"
                 "def up():\n"
                 "    while True:\n"
                 "        data=sys.stdin.buffer.raw.read(4096)\n"
                 "        if not data: return\n"
                 "        s.sendall(data)\n"
                 "threading.Thread(target=up,daemon=True).start()\n"
                 "while True:\n"
                 "    data=s.recv(4096)\n"
                 "    if not data: break\n"
                 "    sys.stdout.buffer.write(data); sys.stdout.buffer.flush()\n")
        (self.workspace.home / "relay.py").write_text(relay)
        tunnel = {"transporttunnel": f"{shlex.quote(sys.executable)} ~/relay.py", "remotehost": None, "remoteport": None}
        self.assert_not_sent(**tunnel)
        self.assertFalse((self.modules / "asked").exists())
        self.configure(remote=tunnel)
        self.run_program(code=0)  # the tunnel itself works

    def test_keyring_entries_of_others(self):
        self.keep({f"{service} {user}": self.server.password
                   for service, user in (("127.0.0.1", "user"), ("localhost.example", "user"), ("", "user"),
                                         ("localhost", "other"), ("localhost", ""), ("LOCALHOST", "user"),
                                         (f"localhost:{self.server.port}", "user"))})
        self.assert_not_sent()
        self.assertEqual([["localhost", "user"]],
                         [json.loads(line) for line in (self.modules / "asked").read_text().splitlines()])

    def test_the_right_keyring_entry_is_used(self):
        self.keep({"localhost user": self.server.password})
        self.run_without_password(0)

    def test_one_account_never_gets_what_another_has(self):
        """Two servers on one machine, of which only one has a password."""
        other = self.another_server({"INBOX": [case.message(2)]}, user="other", password="an0ther-Passw0rd")
        self.netrc("machine localhost login user password SECRET\n")
        sections = {
            "general": {"accounts": "Test, Other"},
            **{f"Account {name}": {"localrepository": f"{name}Local", "remoterepository": f"{name}Remote"}
               for name in ("Test", "Other")},
            **{f"Repository {name}Local": {"type": "Maildir", "localfolders": f"~/{name}"} for name in ("Test", "Other")},
            **{f"Repository {name}Remote": {"type": "IMAP", "remotehost": "localhost", "remoteport": server.port,
                                            "ipv6": "no", "ssl": "no", "starttls": "no", "remoteuser": server.user}
               for name, server in (("Test", self.server), ("Other", other))}}
        self.workspace.configure(sections)
        self.run_program(code=1, environment={"PYTHONPATH": str(self.modules)})
        self.assertIn("EXAMINE", self.server.names())
        self.assertEqual([], [name for name in other.names() if name not in ("CAPABILITY", "LOGOUT")])
        self.assertNotIn(self.server.password.encode(), other.received())
        self.assert_password_never_sent(other)


if __name__ == "__main__":
    case.main()
