"""What can be wrong around the program. Each case: one clear error, the documented exit code (docs/exit-codes.md),
and nothing lost on either side."""

import contextlib
import fcntl
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.certificates import fingerprint  # noqa: E402
from support.maildir import to_disk  # noqa: E402

# Traces of a program that fell over instead of reporting.
CRASHES = ("terminate called", "Traceback (most recent call last)", "what():", "Aborted", "Segmentation fault",
           "boost::", "std::", "pybind11")
END_REPORT = "Exceptions occurred during the run!"


def errors(result):
    """The distinct errors of a run: each is shown when it happens and again in the report at the end. Indented
    lines belong to the error above them."""
    found = []
    for line in result.lines:
        head = re.match(r"\s*ERROR:(?:root:)? *(.*)", line)
        if head:
            found.append(head.group(1))
        elif found and line.startswith((" ", "\t")):
            found[-1] += " " + line.strip()
    return list(dict.fromkeys(error for error in found if error != END_REPORT))


class BadInput(case.SyncTestCase):
    def fill_two_folders(self):
        """A synchronised account to lose something of."""
        self.configure()
        self.fill(("INBOX", "Work"))

    def check_report(self, result, patterns, code):
        self.assertEqual(code, result.returncode, str(result))
        for crash in CRASHES:
            self.assertNotIn(crash, result.output)
        self.assertNotIn(self.server.password, result.output)
        found = errors(result)
        self.assertEqual(1, len(found), str(result))
        for pattern in patterns:
            self.assertRegex(found[0], pattern)
        return result

    def assert_refuses(self, *patterns, arguments=(), code=1):
        """The run fails with one error that matches all patterns; neither side changes."""
        before = self.both_sides() if self.tree.root.is_dir() else {"server": self.account.snapshot()}
        result = self.check_report(self.workspace.run(*arguments), patterns, code)
        after = self.both_sides() if self.tree.root.is_dir() else {"server": self.account.snapshot()}
        for side in before:
            self.assert_unchanged(before[side], after[side], side)
        return result


class Configuration(BadInput):
    def setUp(self):
        super().setUp()
        self.fill_two_folders()

    def test_missing_configuration(self):
        self.assert_refuses(r"Config file '.*nowhere' does not exist", arguments=("-c", "nowhere"))

    def test_missing_default_configuration(self):
        self.workspace.config.unlink()
        self.assert_refuses(r"Config file '.*/\.offlineimaprc' does not exist")

    def append_to_configuration(self, text):
        with open(self.workspace.config, "a", encoding="utf-8") as file:
            file.write(text)
        return len(self.workspace.config.read_text().splitlines())

    def test_duplicate_option_takes_the_last_value_and_names_both_lines(self):
        line = self.append_to_configuration(f"remoteuser = {self.user}\n")
        result = self.workspace.run()
        self.assertEqual(0, result.returncode, str(result))
        self.assertRegex(result.output, rf"\.offlineimaprc:{line}: .*remoteuser was written in line \d+ already")

    def test_line_that_is_no_option_names_its_line(self):
        line = self.append_to_configuration("this is no option\n")
        self.assert_refuses(rf"\.offlineimaprc:{line}\b|\.offlineimaprc.*line {line}\b")

    def test_interpolation_of_what_does_not_exist(self):
        self.configure(remote={"remotehost": "%(nowhere)s"})
        self.assert_refuses("nowhere", "remotehost")

    def test_no_switch(self):
        self.configure(remote={"ssl": "maybe"})
        self.assert_refuses("ssl", "maybe")

    def test_no_number(self):
        self.configure(remote={"maxconnections": "many"})
        self.assert_refuses("maxconnections", "many")

    def test_no_minutes(self):
        self.configure(account={"autorefresh": "soon"})
        self.assert_refuses("autorefresh", "soon")

    def test_unknown_repository_type(self):
        self.configure(remote={"type": "POP3"})
        self.assert_refuses("'POP3' repository not supported for 'remote' repositories")

    def test_unknown_status_backend(self):
        self.configure(account={"status_backend": "oracle"})
        self.assert_refuses("status_backend", "oracle")

    def test_missing_repository_section(self):
        self.configure(account={"remoterepository": "Elsewhere"})
        self.assert_refuses("Could not find section 'Repository Elsewhere' in configuration. Required for account "
                            "'Test'")

    def test_unknown_user_interface(self):
        self.configure(general={"ui": "teletype"})
        result = self.workspace.run(ui=None)
        self.check_report(result, ["UI 'teletype' does not exist, choose one of"], 1)

    def test_unknown_account(self):
        result = self.assert_refuses("The account 'Foo' does not exist", arguments=("-a", "Foo,Test"))
        self.assertIn("Valid accounts are: Test", result.output)
        self.assertNotIn("*** Processing account", result.output, "nothing is synchronised")

    def test_unknown_command_line_option(self):
        before = self.both_sides()
        result = self.workspace.run("--no-such-option")
        self.assertEqual(2, result.returncode, str(result))
        self.assertIn("--no-such-option", result.stderr)
        self.assertIn("Usage:", result.output)
        self.assertEqual(before, self.both_sides())

    def test_override_of_a_section_that_does_not_exist(self):
        self.assert_refuses("Nowhere", arguments=("-k", "Nowhere:ssl=no"))


class Python(BadInput):
    def setUp(self):
        super().setUp()
        self.fill_two_folders()

    def test_nametrans_that_is_no_python(self):
        self.configure(remote={"nametrans": "lambda name: name +"})
        self.assert_refuses("nametrans", "Repository Remote", "SyntaxError|invalid syntax")

    def test_nametrans_that_raises(self):
        self.configure(remote={"nametrans": "lambda name: 1 / 0"})
        self.assert_refuses("nametrans", "Repository Remote", "division by zero")

    def test_nametrans_that_returns_no_name(self):
        self.configure(remote={"nametrans": "lambda name: 42"})
        self.assert_refuses("nametrans", "Repository Remote")

    def test_folderfilter_with_an_unknown_name(self):
        self.configure(remote={"folderfilter": "lambda name: nmae == 'INBOX'"})
        self.assert_refuses("folderfilter", "Repository Remote", "name 'nmae' is not defined")

    def test_password_helper_that_raises(self):
        helper = self.workspace.home / "helper.py"
        helper.write_text("def password():\n    raise RuntimeError('the keyring is locked')\n")
        self.configure(general={"pythonfile": str(helper)}, remote={"remotepasseval": "password()"})
        self.assert_refuses("remotepasseval", "the keyring is locked", r"helper\.py")

    def test_pythonfile_that_is_no_python(self):
        helper = self.workspace.home / "helper.py"
        helper.write_text("import re\n\ndef broken(:\n    pass\n")
        self.configure(general={"pythonfile": str(helper)}, remote={"folderfilter": "lambda name: True"})
        self.assert_refuses("pythonfile", r"helper\.py.*\b3\b", "SyntaxError|invalid syntax")

    def test_missing_pythonfile(self):
        self.configure(general={"pythonfile": "~/nowhere.py"}, remote={"folderfilter": "lambda name: True"})
        self.assert_refuses(r"nowhere\.py", "No such file or directory")

    def test_pythonfile_that_ends_the_program(self):
        helper = self.workspace.home / "helper.py"
        helper.write_text("import sys\nsys.exit(0)\n")
        self.configure(general={"pythonfile": str(helper)}, remote={"folderfilter": "lambda name: True"})
        self.assert_refuses(r"helper\.py", "SystemExit")


class Server(BadInput):
    def setUp(self):
        super().setUp()
        self.fill_two_folders()
        self.known_logins = self.logins()

    def logins(self):
        return self.account.logins()

    def assert_refused_before_login(self, *patterns):
        result = self.workspace.run()
        self.check_report(result, patterns, 1)
        self.assertEqual(self.known_logins, self.logins())
        self.assert_in_step()
        return result

    def test_wrong_password(self):
        self.configure(remote={"remotepass": "not-it"})
        result = self.assert_refused_before_login("[Aa]uthentication", "PLAIN")
        self.assertNotIn("not-it", result.output)

    def test_no_password(self):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        self.workspace.configure(sections)
        self.assert_refused_before_login("[Pp]assword")

    def test_connection_refused(self):
        with socket.socket() as unused:  # bound, but nobody listens
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            self.configure(remote={"remoteport": port})
            self.assert_refused_before_login(
                f"Connection to host 'localhost:{port}' for repository 'Remote' was refused")

    def test_unknown_host(self):
        self.configure(remote={"remotehost": "nowhere.invalid"})
        self.assert_refused_before_login("Could not resolve name 'nowhere.invalid' for repository 'Remote'")

    def test_certificate_of_an_unknown_authority(self):
        self.configure(remote={"sslcacertfile": self.server.other_ca_file})
        self.assert_refused_before_login("(?i)certificate", "localhost")

    def test_certificate_that_the_system_does_not_know(self):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["sslcacertfile"]
        self.workspace.configure(sections)
        self.assert_refused_before_login("(?i)certificate", "localhost")

    def test_certificate_for_another_name(self):
        self.configure(remote={"remotehost": self.server.unnamed_host})
        self.assert_refused_before_login("(?i)certificate|host ?name", re.escape(self.server.unnamed_host))

    def test_certificate_with_another_fingerprint(self):
        self.configure(remote={"cert_fingerprint": "aa" * 32})
        result = self.assert_refused_before_login("does not match configured fingerprint", "aaaa")
        for algorithm in ("sha512", "sha384", "sha256", "sha224", "sha1"):
            self.assertIn(fingerprint(self.server.certificate, algorithm), result.output)

    def test_certificate_refused_after_starttls(self):
        self.configure(remote={"ssl": "no", "starttls": "yes", "remoteport": self.server.plain_port,
                               "sslcacertfile": self.server.other_ca_file})
        self.assert_refused_before_login("(?i)certificate")

    def test_certificate_file_that_does_not_exist(self):
        self.configure(remote={"sslcacertfile": "/nowhere/ca.pem"})
        self.assert_refused_before_login("/nowhere/ca.pem")

    def test_tls_to_a_port_without_tls(self):
        self.configure(remote={"remoteport": self.server.plain_port})
        self.assert_refused_before_login("(?i)ssl|tls", "localhost")

    def test_server_that_never_answers(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.configure(general={"socktimeout": "2"}, remote={"remoteport": silent.getsockname()[1]})
            self.assert_refused_before_login("localhost")


class MaildirTrouble(BadInput):
    def setUp(self):
        super().setUp()
        self.fill_two_folders()
        self.account.append("INBOX", corpus.message(900))
        self.account.append("Work", corpus.message(901))
        self.server_before = self.account.snapshot()

    def assert_heals(self):
        self.assertEqual(self.server_before, self.account.snapshot())
        self.workspace.sync()
        self.assertEqual(self.server_before, self.account.snapshot())
        self.assert_in_step()

    def test_file_in_place_of_the_root(self):
        shutil.rmtree(self.workspace.mail)
        self.workspace.mail.write_text("not a directory")
        self.assert_refuses("Mail")
        self.assertEqual("not a directory", self.workspace.mail.read_text())
        self.workspace.mail.unlink()
        self.assert_heals()

    def test_file_in_place_of_a_directory(self):
        tmp = self.tree.path("Work") / "tmp"
        tmp.rmdir()
        tmp.write_text("not a directory")
        result = self.workspace.run()
        self.check_report(result, ["Work"], 1)
        self.assertEqual(3, len(self.tree.messages("Work")))
        self.assertEqual(4, len(self.tree.messages("INBOX")), "the other folder goes on")
        tmp.unlink()
        tmp.mkdir()
        self.assert_heals()

    def without_privileges(self, directory, mode):
        directory.chmod(mode)
        self.addCleanup(directory.chmod, 0o700)
        result = self.workspace.run_without_privileges()
        self.check_report(result, ["Work", "Permission denied"], 1)
        directory.chmod(0o700)
        self.assertEqual(3, len(self.tree.messages("Work")))
        self.assertEqual(4, len(self.tree.messages("INBOX")), "the other folder goes on")
        self.assert_heals()

    def test_maildir_that_cannot_be_written(self):
        self.without_privileges(self.tree.path("Work") / "tmp", 0o500)

    def test_maildir_that_cannot_be_read(self):
        # An unreadable directory is not an empty one: nothing may be deleted on the server.
        self.without_privileges(self.tree.path("Work") / "cur", 0o000)

    def test_maildir_whose_new_messages_cannot_be_read(self):
        self.without_privileges(self.tree.path("Work") / "new", 0o000)


def _mounts_work():
    with tempfile.TemporaryDirectory() as directory:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", directory], check=False,
                                 stderr=subprocess.DEVNULL).returncode == 0
        if mounted:
            subprocess.run(["umount", directory], check=True)
        return mounted


class FullDisk(BadInput):
    def assert_whole(self, known):
        """Everything that was delivered is complete, and no half message waits in `tmp`."""
        for folder in self.tree.folders():
            for message in self.tree.messages(folder):
                self.assertIn(message.body, known)
            self.assertEqual([], list((self.tree.path(folder) / "tmp").iterdir()))

    def check_failed(self, result, pattern):
        self.assertEqual(1, result.returncode, str(result))
        for crash in CRASHES:
            self.assertNotIn(crash, result.output)
        found = errors(result)
        self.assertTrue(found, str(result))
        for error in found:
            self.assertRegex(error, pattern)

    def test_message_larger_than_a_file_may_be(self):
        self.fill_two_folders()
        huge = corpus.big(3 << 20)
        self.account.append("Work", huge)
        self.account.append("INBOX", corpus.message(1))
        before = self.account.snapshot()

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

        self.check_failed(self.workspace.run(before=limit), "File too large")
        self.assertEqual(before, self.account.snapshot())
        self.assert_whole({to_disk(message.body) for folder in before.values() for message in folder.values()})
        self.assertEqual(4, len(self.tree.messages("INBOX")), "the other folder goes on")
        self.workspace.sync()
        self.assertEqual(before, self.account.snapshot())
        self.assert_in_step()

    @contextlib.contextmanager
    def small_disk(self, directory, size):
        directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "none", str(directory)], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(directory)], check=True)

    @staticmethod
    def fill_disk(directory, leave):
        filler = directory / "filler"
        with open(filler, "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
        os.truncate(filler, max(0, filler.stat().st_size - leave))
        return filler

    @unittest.skipUnless(_mounts_work(), "mounting a small disk needs privileges")
    def test_no_room_for_messages(self):
        self.configure()
        with self.small_disk(self.workspace.mail, "4m"):
            self.account.append_all("INBOX", [(corpus.message(number, lines=100), (), None) for number in range(40)])
            filler = self.fill_disk(self.workspace.mail, 128 << 10)
            before = self.account.snapshot()
            self.check_failed(self.workspace.run(), "No space left on device")
            self.assertEqual(before, self.account.snapshot())
            self.assert_whole({to_disk(message.body) for message in before["INBOX"].values()})
            filler.unlink()
            self.workspace.sync()
            self.assertEqual(before, self.account.snapshot())
            self.assert_in_step()

    @unittest.skipUnless(_mounts_work(), "mounting a small disk needs privileges")
    def test_no_room_for_the_status(self):
        self.configure()
        self.workspace.sync()
        shutil.rmtree(self.workspace.metadata)
        shutil.rmtree(self.workspace.mail)
        with self.small_disk(self.workspace.metadata, "1m"):
            self.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(40)])
            before = self.account.snapshot()
            filler = self.fill_disk(self.workspace.metadata, 0)
            self.check_failed(self.workspace.run(), "(?i)no space left|disk is full|disk full")
            self.assertEqual(before, self.account.snapshot())
            filler.unlink()
            self.tree.make_folder("Later")
            self.tree.deliver("Later", corpus.disk_message(50), "S")
            self.workspace.sync()
            self.assertEqual(before["INBOX"], self.account.messages("INBOX"))
            self.assert_in_step()

    @unittest.skipUnless(_mounts_work(), "mounting a small disk needs privileges")
    def test_room_for_the_status_runs_out_while_pushing(self):
        self.configure()
        with self.small_disk(self.workspace.metadata, "1m"):
            self.workspace.sync()
            bodies = []
            for room in (0, 4 << 10, 8 << 10, 16 << 10, 32 << 10):
                new = [corpus.disk_message(len(bodies) + number) for number in range(60)]
                bodies += new
                for body in new:
                    self.tree.deliver("INBOX", body, "S")
                filler = self.fill_disk(self.workspace.metadata, room)
                result = self.workspace.run()
                if room == 0 or result.returncode != 0:
                    self.check_failed(result, "(?i)no space left|disk is full|disk full")
                self.assertEqual(sorted(bodies), sorted(message.body for message in self.tree.messages("INBOX")))
                filler.unlink()
                self.workspace.sync()
                self.assertEqual(len(bodies), len(self.account.messages("INBOX")), "nothing lost, nothing twice")
                self.assert_in_step()


class State(BadInput):
    def setUp(self):
        super().setUp()
        self.fill_two_folders()
        self.account.append("INBOX", corpus.message(900))
        self.account.expunge("Work", [1])
        self.tree.remove([message for message in self.tree.messages("Work") if message.uid == 2][0])

    def assert_work_is_left_alone(self, file, *patterns):
        """The run names the file, leaves it and the whole folder as they are, and goes on with the others."""
        damaged = file.read_bytes()
        work = self.account.messages("Work")
        here = {path: entry for path, entry in self.tree.snapshot().items() if path.startswith("Work/")}
        self.check_report(self.workspace.run(), [re.escape(str(file)), *patterns], 1)
        self.assertEqual(damaged, file.read_bytes())
        self.assertEqual(work, self.account.messages("Work"))
        self.assertEqual(here, {path: entry for path, entry in self.tree.snapshot().items()
                                if path.startswith("Work/")})
        self.assertEqual(4, len(self.tree.messages("INBOX")), "the other folder goes on")

    def test_status_that_is_no_database(self):
        file = self.workspace.sqlite_status("Work")
        file.write_bytes(b"This is not the database that you are looking for.\n" * 100)
        self.assert_work_is_left_alone(file)

    def test_status_cut_short(self):
        file = self.workspace.sqlite_status("Work")
        os.truncate(file, file.stat().st_size // 2)
        self.assert_work_is_left_alone(file)

    def test_status_with_a_damaged_page(self):
        file = self.workspace.sqlite_status("Work")
        data = bytearray(file.read_bytes())
        data[-4096:] = b"\xa5" * 4096
        file.write_bytes(data)
        self.assert_work_is_left_alone(file)

    def test_plain_status_with_a_damaged_line(self):
        rows = status.read_sqlite(self.workspace.sqlite_status("Work"))
        shutil.rmtree(self.workspace.sqlite_status("Work").parent)
        file = self.workspace.plain_status("Work")
        status.write_plain_v2(file, rows)
        with open(file, "a", encoding="utf-8") as lines:
            lines.write("4|S|no")
        self.configure(account={"status_backend": "plain"})
        self.assert_work_is_left_alone(file, r"4\|S\|no")

    def test_plain_status_of_an_unknown_format(self):
        shutil.rmtree(self.workspace.sqlite_status("Work").parent)
        file = self.workspace.plain_status("Work")
        status.write_plain_v2(file, {})
        file.write_text(file.read_text().replace("FORMAT 2", "FORMAT 3"))
        self.configure(account={"status_backend": "plain"})
        self.assert_work_is_left_alone(file)

    def test_saved_uidvalidity_that_is_no_number(self):
        file = self.workspace.validity("Work")
        file.write_text("garbage\n")
        self.assert_work_is_left_alone(file)

    def check_lock(self, lock):
        path = self.workspace.metadata / "Test.lock"
        with open(path, "w", encoding="ascii") as file:
            lock(file)
            self.assert_refuses("Could not lock account Test. Is another instance using this account?")
            self.assertTrue(path.exists(), "the lock of another process stays")
        self.workspace.sync()

    def test_account_locked_as_debian_s_offlineimap_does(self):
        self.check_lock(lambda file: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB))

    def test_account_locked_as_offlineimap_with_portalocker_does(self):
        self.check_lock(lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB))

    def test_lock_that_nobody_holds_is_no_obstacle(self):
        (self.workspace.metadata / "Test.lock").touch()
        self.workspace.sync()


if __name__ == "__main__":
    case.main()
