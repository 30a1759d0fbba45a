"""Where a password must not be found: in the memory of a process that crashed, with its children, in what it prints."""

import base64
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import programs  # noqa: E402
from support import scripted_case as case  # noqa: E402
from support.scripted_imap import CLOSE, GREETING, PROCEED  # noqa: E402


def memory_of(pid):
    """(where, bytes) of everything that can be read in a process."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        regions = [line.split() for line in maps]
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for addresses, permissions, *rest in regions:
            begin, end = (int(address, 16) for address in addresses.split("-"))
            if "r" not in permissions or rest[-1] in ("[vvar]", "[vsyscall]", "[vvar_vclock]") or end - begin > 1 << 30:
                continue  # (the last: a sanitizer's shadow)
            try:
                memory.seek(begin)
                yield rest[-1], memory.read(end - begin)
            except (OSError, OverflowError, ValueError):
                continue


class Secrets(case.ScriptedTestCase):
    def secrets(self):
        return case.forms_of(self.server.user, self.server.password)

    def assert_no_secret(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        for secret in self.secrets():
            self.assertNotIn(secret.lower(), data.lower())

    def program_for_all(self):
        """The program under test where every user may run it."""
        path = self.workspace.root / "program"
        shutil.copy2(programs.program_under_test(), path)
        path.chmod(0o755)
        return path


class Attack62(Secrets):
    """Core dumps, /proc, arguments, environments and descriptors."""

    def start_and_log_in(self, *arguments, before=None, program=None):
        """A run that waits for the answer to its first LIST."""
        self.serve({"INBOX": [case.message(1)]}, tls="implicit").answer("LIST", 600, CLOSE)
        process = subprocess.Popen([program or programs.program_under_test(), "-u", "basic", *arguments],
                                   env=self.workspace.environment(), cwd=self.workspace.home, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=before or programs.die_with_parent())
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.server.wait_for(lambda server: "LIST" in server.names())
        return process

    def test_no_core_is_written(self):
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        process = self.start_and_log_in(before=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)))
        limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="utf-8")
        self.assertRegex(limits, r"Max core file size +0 ")
        if programs.sanitized():
            return  # it catches the signal
        os.kill(process.pid, signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -signal.SIGSEGV
        self.assertEqual(signal.SIGSEGV, os.WTERMSIG(status))
        self.assertFalse(os.WCOREDUMP(status))

    def test_no_other_process_of_the_user_looks_into_its_memory(self):
        if os.getuid() != 0:
            process = self.start_and_log_in()
        else:
            nobody = pwd.getpwnam("nobody")
            self.serve({"INBOX": [case.message(1)]}, tls="implicit")
            for path in [self.workspace.root, *self.workspace.root.rglob("*")]:
                os.lchown(path, nobody.pw_uid, nobody.pw_gid)

            def become_nobody():
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)

            program = self.program_for_all()
            process = self.start_and_log_in(before=become_nobody, program=str(program), *("-c", self.own_copy(nobody)))
        # The kernel gives the files of a process that nobody may look into to root. LeakSanitizer has to look into it.
        owner = os.stat(f"/proc/{process.pid}").st_uid if programs.sanitized() else 0
        self.assertEqual(owner, os.stat(f"/proc/{process.pid}/mem").st_uid)
        self.assertEqual(owner, os.stat(f"/proc/{process.pid}/environ").st_uid)

    def own_copy(self, user):
        """start_and_log_in() configures anew: as a file that the user may read."""
        self.workspace.config.unlink()
        self.workspace.config.touch(0o600)
        os.chown(self.workspace.config, user.pw_uid, user.pw_gid)
        return str(self.workspace.config)

    def test_memory_holds_only_what_is_needed_to_log_in_again(self):
        """Of the configuration file, of the login's message and of what was on its way, nothing is left."""
        process = self.start_and_log_in()
        copies = in_file = 0
        password = self.server.password.encode()
        try:
            with open(f"/proc/{process.pid}/mem", "rb"):
                pass
        except PermissionError:
            self.assertFalse(programs.sanitized())
            return  # nobody but a root with CAP_SYS_PTRACE may look, which is the point
        for where, data in memory_of(process.pid):
            copies += data.count(password)
            # Registers that the dynamic linker saves on stacks may hold pieces of what was copied last.
            in_file += data.count(b"remotepass = " + password) if where == "[heap]" else 0
        self.assertGreater(copies, 0, "the test looks in the wrong place")
        if programs.sanitized():
            return  # they keep copies of stacks and of freed memory
        self.assertEqual(0, in_file)
        self.assertLessEqual(copies, 10)

    def test_children_get_neither_secrets_nor_descriptors(self):
        self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        look = ('for p in self $PPID; do cat /proc/$p/cmdline /proc/$p/environ; done > ~/%s.told 2>/dev/null; '
                'ls -l /proc/self/fd > ~/%s.fds')
        python = ("lambda: __import__('subprocess').call(['sh', '-c', '" + (look % ("mail", "mail")).replace("%", "%%")
                  + "'], close_fds=False)")
        self.configure(account={"presynchook": look % ("pre", "pre"), "postsynchook": look % ("post", "post")},
                       remote={"newmail_hook": python, "holdconnectionopen": "yes",
                               "remotepass": None, "remotepasseval": f"{self.server.password!r}"})
        self.run_program("-l", "log", code=0)
        for name in ("pre", "post", "mail"):
            told = (self.workspace.home / f"{name}.told").read_bytes()
            self.assertIn(b"offlineimap", told)
            self.assert_no_secret(told)
            lines = (self.workspace.home / f"{name}.fds").read_text().splitlines()[1:]
            ours = [line for line in lines if not re.search(r" [012] -> | \d+ -> /proc/\d+/fd$", line)]
            self.assertEqual([], ours, name)

    def test_a_tunnel_gets_neither_secrets_nor_descriptors(self):
        server = self.serve({"INBOX": [case.message(1)]})
        relay = self.workspace.home / "relay.py"
        relay.write_text("import os, select, socket, sys\n"
                         "print(os.listdir('/proc/self/fd'), dict(os.environ), sys.argv, file=open('told', 'w'))\n"
                         f"s = socket.create_connection(('localhost', {server.port}))\n"
                         "while True:\n"
                         "    for f in select.select([0, s], [], [])[0]:\n"
                         "        data = os.read(0, 65536) if f == 0 else s.recv(65536)\n"
                         "        if not data: sys.exit()\n"
                         "        s.sendall(data) if f == 0 else os.write(1, data)\n", encoding="utf-8")
        self.configure(remote={"transporttunnel": f"{sys.executable} {relay}"})
        self.run_program(code=0)
        told = (self.workspace.home / "told").read_text(encoding="utf-8")
        self.assert_no_secret(told)
        # 3 is the directory that listdir() reads or the file it prints to; a fifth would be ours.
        self.assertLessEqual(len(re.findall(r"'\d+'", told.partition("]")[0])), 5, told)
        self.assertEqual(1, len(self.local_bodies()))


class Attack63(Secrets):
    """Whatever is logged, printed or reported: no login, no token, and no echo of one."""

    UIS = ("basic", "quiet", "ttyui", "machineui", "json")

    def check(self, code, *arguments, uis=UIS, **remote):
        self.configure(remote=remote)
        for ui in uis:
            with self.subTest(ui=ui):
                result = self.run_program("-d", "imap,maildir,thread", "-l", "log", *arguments, ui=ui, code=code)
                log = self.workspace.home / "log"
                self.assert_no_secret(result.output)
                self.assert_no_secret(log.read_bytes())
                log.unlink()
        return result

    def echo(self, session, command):
        """All that the client said in confidence, sent back in every way that is shown to somebody."""
        password = self.server.password.encode()
        if command.name == "AUTHENTICATE" and b" " not in command.arguments:
            session.send(b"+ \r\n")
            said = session.read_line().rstrip()
        else:
            said = command.arguments
        plain = said.split(b" ")[-1]
        texts = [said, plain, password, password.upper(), base64.b64encode(password), b"x" + password + b"y",
                 b"(" + plain + b")"]
        for text in texts:
            session.send(b"* OK [ALERT] you said " + text + b"\r\n* NO " + text + b"\r\n* BAD " + text + b"\r\n")
        session.send(b"* CAPABILITY IMAP4rev1 AUTH=" + plain + b" X" + password + b"\r\n")
        return b" | ".join(texts)

    def test_a_login_that_is_refused_with_an_echo(self):
        for mechanism in ("PLAIN", "LOGIN"):
            for capabilities in ("IMAP4rev1 SASL-IR", "IMAP4rev1"):
                for word in (b"NO", b"BAD"):
                    with self.subTest(mechanism=mechanism, capabilities=capabilities, word=word):
                        server = self.serve(tls="implicit", capabilities=capabilities)
                        for name in ("AUTHENTICATE", "LOGIN"):
                            server.answer(name, lambda session, command, word=word: session.send(
                                command.tag + b" " + word + b" " + self.echo(session, command) + b"\r\n"))
                        result = self.check(1, uis=("basic", "json"), auth_mechanisms=mechanism)
                        self.assertIn("[hidden]", result.output)

    def test_a_login_that_ends_with_an_echo(self):
        server = self.serve(tls="implicit")
        server.answer("AUTHENTICATE", lambda session, command: (
            session.send(b"* BYE " + self.echo(session, command) + b"\r\n"), session.close()))
        self.check(1)

    def test_an_answer_that_is_none(self):
        """What breaks the protocol is shown, and may be the password."""
        server = self.serve(tls="implicit")
        for answer in (b"%s OK done\r\n", b"* %s\r\n%s NO\r\n", b"* FETCH (%s\r\n", b"%s\r\n", b"* 1 FETCH (FLAGS (\\%s {3}\r\n"):
            server.answer("AUTHENTICATE", lambda session, command, answer=answer: (
                session.send(answer.replace(b"%s", self.server.password.encode())), session.close()))
            self.check(1, uis=("basic", "json"))

    def test_an_echo_after_the_login(self):
        server = self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        password = self.server.password.encode()
        server.answer("AUTHENTICATE", PROCEED, b"* OK [ALERT] your password is " + password + b"\r\n")
        server.answer("EXAMINE", b"%TAG% NO not with " + password + b"\r\n")
        result = self.check(1)
        self.assertIn("your password is [hidden]", result.output)

    def test_capabilities_that_are_an_echo(self):
        server = self.serve(tls="implicit")
        server.answer("AUTHENTICATE", lambda session, command: session.send(
            b"* CAPABILITY X" + self.server.password.encode() + b"\r\n" + command.tag + b" OK done\r\n"))
        self.assertIn("is no IMAP4 server; its capabilities: X[hidden]", self.check(1, uis=("basic",)).output)

    def test_a_password_that_is_a_word_of_the_protocol(self):
        """Hiding it changes what is shown, and nothing else."""
        for password in ("imap4rev1", "UIDPLUS", "1700000000", "OK [READ-WRITE]"):
            with self.subTest(password=password):
                server = self.serve({"INBOX": [case.message(1)]}, tls="implicit", password=password)
                self.tree.make_folder(f"New {len(password)}")
                self.tree.deliver(f"New {len(password)}", b"Subject: x\n\ny\n", "S")
                result = self.workspace.run()
                self.assertEqual(0, result.returncode, str(result))
                self.assertEqual(1, len(server.mailboxes[b"INBOX"].messages))
                self.assertNotIn("UID SEARCH", server.names(), "the UID of what was uploaded was told")

    def test_a_greeting_of_the_second_connection_cannot_know_it(self):
        server = self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        server.answer(GREETING, b"* OK [ALERT] hello\r\n")
        self.check(0)

    def test_the_users_name_is_shown(self):
        """An error that names nobody helps nobody."""
        server = self.serve(tls="implicit", user="somebody@example.org")
        server.answer("AUTHENTICATE", b"%TAG% NO somebody@example.org is unknown here\r\n")
        self.assertIn("somebody@example.org is unknown here", self.check(1, uis=("basic",)).output)

    def test_a_line_of_the_configuration_that_is_refused(self):
        self.serve(tls="implicit")
        text = self.workspace.config.read_text()
        password = self.server.password
        for broken in (text.replace("remotepass = ", "remotepass "), text.replace("remotepass = ", "remotepass =\n"),
                       f"remotepass = {password}\n" + text, text + f"\n[general]\n{password}\n"):
            self.workspace.config.write_text(broken)
            self.assertNotEqual(text, broken)
            result = self.run_program(code=1)
            self.assertRegex(result.output, r"offlineimaprc:\d+: this line ")

    def test_a_password_that_cannot_be_read(self):
        self.serve(tls="implicit")
        password = self.server.password
        for value in (f"'{password}' + 1", f"'{password}", f"{{}}['{password}']", f"int('{password}')",
                      f"(_ for _ in ()).throw(ValueError('{password}'))"):
            with self.subTest(value=value):
                self.configure(remote={"remotepass": None, "remotepasseval": value})
                self.run_program("-d", "all", code=1)

    def test_info_and_dry_runs(self):
        self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        for arguments in (("--info",), ("--dry-run", "-d", "all"), ("-d", "all", "-1"), ("-P", "profile")):
            with self.subTest(arguments=arguments):
                self.run_program(*arguments, code=0)
        for path in self.workspace.home.rglob("*"):
            if path.is_file() and path != self.workspace.config:
                self.assert_no_secret(path.read_bytes())


if __name__ == "__main__":
    case.main()
