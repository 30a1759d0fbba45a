"""Networks that do not answer: name servers and addresses that swallow everything."""

import contextlib
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs, scripted_case, system_file  # noqa: E402
from support.maildir import MaildirTree  # noqa: E402

# In a network of its own, where nobody reads what is sent to the name server.
_ALONE = """\
#!{python}
import ctypes, fcntl, os, socket, struct, sys
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
    sys.exit("no network of its own")
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(server, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
server.bind(("127.0.0.1", 53))
server.set_inheritable(True)
os.execv({program!r}, [{program!r}, *sys.argv[1:]])
"""


class SilentNameServer(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.alone = self.workspace.root / "alone"
        self.alone.write_text(_ALONE.format(python=sys.executable, program=programs.program_under_test()))
        self.alone.chmod(0o755)
        self.resolver = self.workspace.root / "resolv.conf"
        self.resolver.write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")

    def test_is_given_up_after_the_socktimeout(self):
        self.configure(general={"socktimeout": "2"}, remote={"remotehost": "imap.example.org"})
        begin = time.monotonic()
        result = self.workspace.run_with_system_file("/etc/resolv.conf", self.resolver, program=str(self.alone))
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Could not resolve name 'imap.example.org' for repository 'Remote'", result.output)
        self.assertGreater(time.monotonic() - begin, 1.9, "nobody was asked")
        self.assertLess(time.monotonic() - begin, 28, "the name server's own limits counted")

    def test_does_not_hold_up_a_stop(self):
        self.configure(general={"socktimeout": "300"}, remote={"remotehost": "imap.example.org"})
        command = system_file.command_with("/etc/resolv.conf", self.resolver, self.workspace.root / "system",
                                           [str(self.alone), "-u", "basic"])
        with subprocess.Popen(command, env=self.workspace.environment(), cwd=self.workspace.home,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              preexec_fn=programs.die_with_parent()) as process:
            guard = threading.Timer(120, process.kill)
            guard.start()
            for line in process.stdout:
                if "Establishing connection" in line:
                    break
            time.sleep(0.3)  # it is, or soon will be, waiting for the name server; either way it must end
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            process.wait()
            guard.cancel()
        self.assertLess(time.monotonic() - begin, 20)


class InternationalNames(case.SyncTestCase):
    def test_need_a_library_that_is_named_where_it_is_missing(self):
        [library, *_] = [str(path) for place in ("/usr/lib", "/lib", "/usr/lib64")
                         for path in pathlib.Path(place).rglob("libidn2.so.0")]
        self.configure(remote={"remotehost": "bücher.example"})
        hidden = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                  'mount --bind /dev/null "$0" && exec "$@"', library]
        done = subprocess.run([*hidden, programs.program_under_test(), "-u", "basic"], cwd=self.workspace.home,
                              env=self.workspace.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(1, done.returncode, done.stdout)
        self.assertIn("The host name 'bücher.example' is not ASCII, and libidn2", done.stdout)
        self.assertIn("xn--", done.stdout)
        # Nobody else needs it.
        self.configure()
        subprocess.run([*hidden, programs.program_under_test(), "-u", "basic"], cwd=self.workspace.home,
                       env=self.workspace.environment(), stdin=subprocess.DEVNULL, timeout=60, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assert_in_step()


class SilentAddress(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.leave = contextlib.ExitStack()
        self.addCleanup(self.leave.close)

    def silent_at(self, family, address):
        """Somebody who listens at the server's port and lets nobody in, until `leave`; False where there is no such
        address."""
        listener = socket.socket(family)
        self.leave.callback(listener.close)
        try:
            listener.bind((address, self.server.tls_port))
        except OSError:
            return False
        listener.listen(0)
        for _ in range(4):  # the queue is full then
            filler = socket.socket(family)
            filler.setblocking(False)
            filler.connect_ex((address, self.server.tls_port))
            self.leave.callback(filler.close)
        return True

    def test_is_overtaken_by_the_next_one(self):
        self.account.append("INBOX", corpus.message(1))  # before: localhost may be ::1 for the test as well
        places = [(socket.AF_INET6, "::1"), (socket.AF_INET, "127.0.0.3")]
        silent = [address for family, address in places if self.silent_at(family, address)]
        self.assertTrue(silent)
        hosts = self.workspace.root / "hosts"
        hosts.write_text("".join(f"{address} localhost\n" for address in [*silent, "127.0.0.1"]))
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["ipv6"]
        sections["general"]["socktimeout"] = "100"
        self.workspace.configure(sections)
        begin = time.monotonic()
        result = self.workspace.run_with_system_file("/etc/hosts", hosts)
        self.assertEqual(0, result.returncode, str(result))
        self.assertLess(time.monotonic() - begin, 50)
        self.leave.close()
        self.assert_in_step()


class SlowServer(scripted_case.ScriptedTestCase):
    def test_is_waited_for_as_long_as_something_comes(self):
        """The message takes longer than the socktimeout, which counts lack of progress."""
        body = scripted_case.message(1) + b"0123456789" * 10
        pieces = 16

        def dribble(session, command):
            if b"BODY" not in command.arguments:
                return session.usual(command)
            answer = session.fetch_line(1, 1, command.arguments) + command.tag + b" OK done\r\n"
            size = len(answer) // pieces
            for begin in range(0, len(answer), size):
                session.send(answer[begin:begin + size])
                session.server.stopping.wait(0.5)
            return None

        for mode in ("implicit", None):
            server = self.serve({"INBOX": [body]}, tls=mode)
            server.answer("UID FETCH", dribble)
            self.configure(general={"socktimeout": "5"}, local={"localfolders": f"~/Mail-{mode}"})
            begin = time.monotonic()
            self.run_program(code=0)
            self.assertGreater(time.monotonic() - begin, 6)
            tree = MaildirTree(self.workspace.home / f"Mail-{mode}", ".")
            self.assertEqual([body.replace(b"\r\n", b"\n")],
                             [message.body for message in tree.messages("INBOX")])
            self.workspace.forget_mail()


if __name__ == "__main__":
    case.main()
