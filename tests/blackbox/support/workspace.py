"""A home directory for one user of the program: configuration, Maildir, metadata, and runs in it."""

import os
import pathlib
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time

from . import programs, system_file
from .maildir import MaildirTree

TIMEOUT = 60

# Runs a command as its child, so that its own peak memory (in KiB) can be told from the test's.
_MEASURE = """\
import os, sys
child = os.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as report:
    report.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Result:
    def __init__(self, arguments, returncode, stdout, stderr):
        self.arguments = arguments
        self.returncode = returncode
        self.stdout = stdout
        self.stderr = stderr

    @property
    def output(self):
        return self.stdout + self.stderr

    @property
    def lines(self):
        return self.output.splitlines()

    def copied(self):
        """[(uid, source, destination)] of every "Copy message" line."""
        return re.findall(r"^\s*Copy message UID (-?\d+) \(\d+/\d+\) (.*) -> (.*)$", self.output, re.M)

    def __str__(self):
        return f"{' '.join(self.arguments)}\nexit code {self.returncode}\n{self.output}"


class Running:
    """A run in the background."""

    def __init__(self, process, arguments):
        self._process = process
        self._arguments = arguments
        self._output = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            with self._changed:
                self._output.append(line)
                self._changed.notify_all()

    def output(self):
        with self._changed:
            return "".join(self._output)

    def wait_for(self, text, count=1, timeout=TIMEOUT):
        """Until `text` was printed `count` times."""
        limit = time.monotonic() + timeout
        with self._changed:
            while "".join(self._output).count(text) < count:
                left = limit - time.monotonic()
                if left <= 0 or (self._process.poll() is not None and not self._reader.is_alive()):
                    raise AssertionError(f"{text!r} was not printed {count} times; the output is:\n"
                                         + "".join(self._output))
                self._changed.wait(min(left, 0.2))

    def signal(self, number):
        self._process.send_signal(number)

    def alive(self):
        return self._process.poll() is None

    def finish(self, timeout=TIMEOUT):
        try:
            self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise AssertionError(f"still running after {timeout} s; the output is:\n{self.output()}") from late
        self._read_to_the_end()
        return Result(self._arguments, self._process.returncode, self.output(), "")

    def kill(self):
        if self.alive():
            self._process.kill()
        self._process.wait()
        self._read_to_the_end()

    def _read_to_the_end(self):
        # A child of the program (a hook) may hold the pipe open longer than the program lives.
        self._reader.join(timeout=10)
        if not self._reader.is_alive():
            self._process.stdout.close()


class Workspace:
    """`home`, with `config`, `mail` (localfolders) and `metadata` in it."""

    def __init__(self, root, server):
        self.root = pathlib.Path(root)
        self.home = self.root / "home"
        self.home.mkdir(parents=True)
        self.server = server
        self.config = self.home / ".offlineimaprc"
        self.mail = self.home / "Mail"
        self.metadata = self.home / ".offlineimap"

    def tree(self, separator="."):
        return MaildirTree(self.mail, separator)

    # -- configuration --

    def sections(self, user):
        """One account `Test` of `user` over implicit TLS, as {section: {option: value}} to change and pass to
        configure(). Nothing in it is refused by OfflineIMAP 8.0.0."""
        return {
            "general": {"accounts": "Test"},
            "Account Test": {"localrepository": "Local", "remoterepository": "Remote"},
            "Repository Local": {"type": "Maildir", "localfolders": "~/Mail"},
            "Repository Remote": self.remote(user),
        }

    def remote(self, user):
        return {"type": "IMAP", "remotehost": self.server.host, "remoteport": self.server.tls_port, "ssl": "yes",
                "ipv6": "no", "sslcacertfile": self.server.ca_file, "remoteuser": user,
                "remotepass": self.server.password, "auth_mechanisms": "PLAIN"}

    def configure(self, sections):
        lines = []
        for section, options in sections.items():
            lines.append(f"[{section}]")
            lines += [f"{option} = {value}" for option, value in options.items()]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.config.chmod(0o600)

    def configure_standard(self, user):
        self.configure(self.sections(user))

    def forget_mail(self):
        """As if the program had never run here."""
        for directory in (self.mail, self.metadata):
            shutil.rmtree(directory, ignore_errors=True)

    # -- runs --

    def environment(self, extra=None):
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("XDG_") and name not in ("PYTHONPATH", "PYTHONHOME")}
        environment.update({"HOME": str(self.home), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"})
        environment.update(extra or {})
        return environment

    def _run(self, arguments, environment, timeout, before=None):
        def prepare():
            if before:
                before()
            programs.die_with_parent()()

        try:
            done = subprocess.run(arguments, env=self.environment(environment), cwd=self.home, timeout=timeout,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=prepare, check=False)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"{' '.join(arguments)}: still running after {timeout} s\n"
                                 f"{(late.stdout or b'').decode('utf-8', 'replace')}"
                                 f"{(late.stderr or b'').decode('utf-8', 'replace')}") from late
        return Result(arguments, done.returncode, done.stdout.decode("utf-8", "replace"),
                      done.stderr.decode("utf-8", "replace"))

    def run(self, *arguments, ui="basic", environment=None, timeout=TIMEOUT, before=None):
        """The program under test. `before` runs in the child just before it starts."""
        interface = ["-u", ui] if ui else []
        return self._run([programs.program_under_test(), *interface, *arguments], environment, timeout, before)

    def run_with_system_file(self, path, file, *arguments, ui="basic", program=None):
        """A run (of another program, if one is given) for which `path`, one of the system's, is `file`."""
        command = [program or programs.program_under_test(), "-u", ui, *arguments]
        return self._run(system_file.command_with(path, file, self.root / "system", command), None, TIMEOUT)

    def sync(self, *arguments, **options):
        """A run that must succeed."""
        result = self.run(*arguments, **options)
        if result.returncode != 0:
            raise AssertionError(f"the sync failed: {result}")
        return result

    def oracle(self, *arguments):
        """Debian's offlineimap with the same home; must succeed. With threads it would hang at times."""
        result = self._run([programs.oracle(), "-1", "-u", "basic", *arguments], None, 300)
        if result.returncode != 0:
            raise AssertionError(f"the oracle failed: {result}")
        return result

    def run_without_privileges(self, *arguments):
        """As a user for whom permissions count: the tests may run as root. The home becomes that user's."""
        if os.getuid() != 0:
            return self.run(*arguments)
        nobody = pwd.getpwnam("nobody")
        for directory, names, files in os.walk(self.root):
            for path in [directory, *(os.path.join(directory, name) for name in names + files)]:
                os.lchown(path, nobody.pw_uid, nobody.pw_gid)
        program = self.root / "program"  # the build may lie where only root looks
        shutil.copy2(programs.program_under_test(), program)
        program.chmod(0o755)

        def become_nobody():
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)

        return self._run([str(program), "-u", "basic", *arguments], None, TIMEOUT, become_nobody)

    def start(self, *arguments, ui="basic", environment=None):
        command = [programs.program_under_test(), "-u", ui, *arguments]
        process = subprocess.Popen(command, env=self.environment(environment), cwd=self.home, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                   preexec_fn=programs.die_with_parent())
        return Running(process, command)

    def start_in(self, terminal, *arguments, ui="blinkenlights", environment=None, kind="screen-256color"):
        """In a Terminal. When the program has ended, its exit status is in `status` in the home, and what `stty -a`
        said of the terminal, in `before` and `after`."""
        command = " ".join(map(shlex.quote, [programs.program_under_test(), "-u", ui, *arguments]))
        script = (f"trap : INT QUIT\ncd {shlex.quote(str(self.home))}\nstty -a > before\n{command}\necho $? > status.new\n"
                  "stty -a > after\nmv status.new status\n")
        terminal.start(script, self.environment(environment), kind)

    def run_measuring_memory(self, *arguments, timeout=TIMEOUT):
        """(result, peak resident memory in MiB)."""
        report = self.root / "peak"
        command = [sys.executable, "-c", _MEASURE, str(report), programs.program_under_test(), "-u", "basic",
                   *arguments]
        result = self._run(command, None, timeout)
        return result, int(report.read_text()) / 1024

    def sync_measuring_memory(self, *arguments, timeout=TIMEOUT):
        """The same for a run that must succeed."""
        result, peak = self.run_measuring_memory(*arguments, timeout=timeout)
        if result.returncode != 0:
            raise AssertionError(f"the sync failed: {result}")
        return result, peak

    # -- state --

    def sqlite_status(self, folder, account="Test"):
        return self.metadata / f"Account-{account}" / "LocalStatus-sqlite" / folder

    def plain_status(self, folder, account="Test"):
        return self.metadata / f"Account-{account}" / "LocalStatus" / folder

    def validity(self, folder, repository="Remote"):
        return self.metadata / f"Repository-{repository}" / "FolderValidity" / folder
