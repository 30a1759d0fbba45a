"""What the program reads and writes in places that belong to the whole system."""

import contextlib
import pathlib
import socket
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, system_log  # noqa: E402

USER_INFO, USER_WARNING, USER_ERROR = 14, 12, 11  # RFC 3164: facility user, and the severity


class Netrc(case.SyncTestCase):
    def run_with(self, entry):
        netrc = self.workspace.root / "netrc"
        netrc.write_text(entry + "\n")
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        self.workspace.configure(sections)
        return self.workspace.run_with_system_file("/etc/netrc", netrc)

    def entry(self, password):
        quoted = password.replace('"', '\\"')
        return f'machine {self.server.host} login {self.user} password "{quoted}"'

    def test_the_systems_has_the_password_where_nothing_else_has(self):
        self.account.append("INBOX", corpus.message(1))
        result = self.run_with(self.entry(self.server.password))
        self.assertEqual(0, result.returncode, str(result))
        self.assert_in_step()

    def test_the_users_own_comes_first(self):
        own = self.workspace.home / ".netrc"
        own.write_text(self.entry(self.server.password) + "\n")
        own.chmod(0o600)
        result = self.run_with(self.entry("wrong"))
        self.assertEqual(0, result.returncode, str(result))

    def test_an_entry_for_another_machine_is_of_no_use(self):
        result = self.run_with(self.entry(self.server.password).replace(self.server.host, "elsewhere"))
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Prompting for a password is not supported in this UI backend.", result.output)


class SystemLog(case.SyncTestCase):
    def run_and_read_log(self, *arguments, **options):
        """(result, [(priority, text)])"""
        with system_log.daemon(self.workspace.root) as (path, messages):
            result = self.workspace.run_with_system_file("/dev/log", path, *arguments, **options)
        return result, system_log.parsed(messages)

    def test_the_interface_writes_there_and_nowhere_else(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        result, log = self.run_and_read_log(ui="syslog")
        self.assertEqual((0, ""), (result.returncode, result.output))
        for text in ("*** Processing account Test", "Copy message UID 1 (1/1) Remote:INBOX -> Local:INBOX"):
            self.assertIn((USER_INFO, text), log)
        self.assert_in_step()

    def test_a_copy_goes_there_line_by_line(self):
        self.configure()
        result, log = self.run_and_read_log("-s", "-1")
        self.assertEqual(0, result.returncode, str(result))
        shown = [line.strip() for line in result.lines if line.strip()]
        self.assertRegex(log[0][1], "^OpenSSL ")  # what comes before is the banner
        self.assertEqual(shown[shown.index(log[0][1]):], [text.strip() for _, text in log])
        self.assertEqual({USER_INFO}, {priority for priority, _ in log})

    def test_warnings_and_errors_have_their_severity(self):
        self.configure(account={"autorefreshh": "1"}, remote={"remotepass": "wrong"})
        for arguments, options in (((), {"ui": "syslog"}), (("-s",), {"ui": "quiet"})):
            result, log = self.run_and_read_log(*arguments, **options)
            self.assertEqual(1, result.returncode, str(result))
            by_priority = {priority: [text for p, text in log if p == priority] for priority, _ in log}
            self.assertTrue([text for text in by_priority[USER_WARNING] if "autorefreshh" in text], log)
            self.assertTrue([text for text in by_priority[USER_ERROR] if text.startswith("ERROR: ")], log)


class Authorities(case.SyncTestCase):
    """The system's, by either way to say so."""

    BUNDLE = "/etc/ssl/certs/ca-certificates.crt"

    def test_os_default_is_the_systems_file(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure(remote={"sslcacertfile": "OS-DEFAULT"})
        refused = self.workspace.run_with_system_file(self.BUNDLE, self.server.other_ca_file)
        self.assertEqual(1, refused.returncode, str(refused))
        self.assertIn("unable to get local issuer certificate", refused.output)
        taken = self.workspace.run_with_system_file(self.BUNDLE, self.server.ca_file)
        self.assertEqual(0, taken.returncode, str(taken))
        self.assert_in_step()

    def test_without_a_word_they_are_openssls(self):
        self.account.append("INBOX", corpus.message(1))
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["sslcacertfile"]
        self.workspace.configure(sections)
        refused = self.workspace.run(environment={"SSL_CERT_FILE": str(self.server.other_ca_file)})
        self.assertEqual(1, refused.returncode, str(refused))
        self.workspace.sync(environment={"SSL_CERT_FILE": str(self.server.ca_file)})
        self.assert_in_step()


class Addresses(case.SyncTestCase):
    """A host that has an IPv4 and an IPv6 address, with somebody at each who only counts connections."""

    def setUp(self):
        super().setUp()
        self.hosts = self.workspace.root / "hosts"
        self.hosts.write_text("127.0.0.1 localhost two.example\n::1 two.example\n")
        self.met = []
        self.listeners = {"IPv4": socket.create_server(("127.0.0.1", 0))}
        self.port = self.listeners["IPv4"].getsockname()[1]
        with contextlib.suppress(OSError):  # a system without IPv6: nobody can be met there
            self.listeners["IPv6"] = socket.create_server(("::1", self.port), family=socket.AF_INET6)
        for family, listener in self.listeners.items():
            self.addCleanup(listener.close)
            threading.Thread(target=self.accept, args=(family, listener), daemon=True).start()

    def accept(self, family, listener):
        with contextlib.suppress(OSError):  # until it is closed
            while True:
                client, _ = listener.accept()
                self.met.append(family)
                client.close()

    def families_met(self, **remote):
        self.met.clear()
        self.configure(remote={"remotehost": "two.example", "remoteport": self.port, **remote})
        result = self.workspace.run_with_system_file("/etc/hosts", self.hosts)
        self.assertEqual(1, result.returncode, str(result))
        return set(self.met)

    def test_the_family_is_the_one_of_the_option(self):
        self.assertEqual({"IPv4"}, self.families_met(ipv6="no"))
        self.assertEqual({"IPv6"} & set(self.listeners), self.families_met(ipv6="yes"))

    def test_where_nobody_listens_the_other_family_is_no_way_out(self):
        for family, option, other in (("IPv4", "no", "IPv6"), ("IPv6", "yes", "IPv4")):
            if family in self.listeners:
                self.listeners.pop(family).shutdown(socket.SHUT_RDWR)
            self.assertEqual(set(), self.families_met(ipv6=option), f"{other} was tried")


if __name__ == "__main__":
    case.main()
