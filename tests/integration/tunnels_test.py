"""`preauthtunnel` and `transporttunnel`: commands that lead to the server."""

import pathlib
import shlex
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs, proxies  # noqa: E402


class TunnelCase(case.SyncTestCase):
    def configure_tunnel(self, account=None, **remote):
        """Nothing of the server but the tunnel, unless it is written."""
        sections = self.workspace.sections(self.user)
        sections["Account Test"].update(account or {})
        sections["Repository Remote"] = {"type": "IMAP", **remote}
        self.workspace.configure(sections)

    def login(self):
        return {"remoteuser": self.user, "remotepass": self.server.password, "auth_mechanisms": "PLAIN"}

    def assert_syncs(self):
        """Much in both directions."""
        self.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(30)])
        self.account.append("INBOX", b"Subject: large\r\n\r\n" + b"0123456789abcdef" * 4 * 1024 * 8 + b"\r\n")
        self.workspace.sync()
        for number in range(20):
            self.tree.deliver("INBOX", b"Subject: mine %d\n\n%s\n" % (number, b"0123456789" * 5000), "S")
        self.workspace.sync()
        self.assert_in_step()


class Preauthenticated(TunnelCase):
    def command(self):
        configuration = self.server.root / "dovecot.conf"
        return shlex.join([programs.dovecot_imap(), "-c", str(configuration), "-u", self.user])

    def test_dovecots_own_imap_needs_no_login(self):
        self.configure_tunnel(preauthtunnel=self.command())
        self.assert_syncs()

    def test_a_tunnel_goes_round_the_proxy(self):
        self.configure_tunnel({"proxy": f"SOCKS5:127.0.0.1:{proxies.free_port()}"}, preauthtunnel=self.command())
        self.assert_syncs()

    def test_a_server_that_wants_a_login_is_refused(self):
        self.configure_tunnel(preauthtunnel=f"{programs.socat()} STDIO TCP:127.0.0.1:{self.server.plain_port}")
        result = self.workspace.run()
        self.assertEqual(1, result.returncode)
        self.assertIn("asks for a login (no PREAUTH greeting)", result.output)


class Transport(TunnelCase):
    def test_socat_with_tls_inside(self):
        self.configure_tunnel(
            transporttunnel=f"{programs.socat()} STDIO TCP:127.0.0.1:{self.server.plain_port}",
            ssl="no", remotehost=self.server.host, sslcacertfile=self.server.ca_file, **self.login())
        self.assert_syncs()
        self.assertIn("STARTTLS", self.workspace.sync("-d", "imap").output)

    def test_the_certificate_counts_in_a_tunnel_too(self):
        self.configure_tunnel(
            transporttunnel=f"{programs.socat()} STDIO TCP:127.0.0.1:{self.server.plain_port}",
            ssl="no", remotehost="imap.example.org", sslcacertfile=self.server.ca_file, **self.login())
        result = self.workspace.run()
        self.assertEqual(1, result.returncode)
        self.assertIn("no matching domain name found in certificate for 'imap.example.org'", result.output)

    def test_socat_in_clear(self):
        self.configure_tunnel(
            transporttunnel=f"exec {programs.socat()} - TCP4:127.0.0.1:{self.server.plain_port}",
            ssl="no", starttls="no", **self.login())
        self.assert_syncs()

    def test_stunnel(self):
        configuration = self.workspace.root / "stunnel.conf"
        configuration.write_text(f"client = yes\nconnect = 127.0.0.1:{self.server.tls_port}\nsyslog = no\n"
                                 f"verifyChain = yes\nCAfile = {self.server.ca_file}\ncheckHost = localhost\n"
                                 f"debug = 3\noutput = {self.workspace.root}/stunnel.log\n")
        self.configure_tunnel(transporttunnel=f"{programs.stunnel()} {configuration}", **self.login())
        self.assert_syncs()

    def test_a_command_that_fails_is_an_error(self):
        for command in ("exit 3", "/nowhere/to/be/found", "echo hello; sleep 100"):
            with self.subTest(command):
                self.configure_tunnel(transporttunnel=command, **self.login())
                result = self.workspace.run()
                self.assertEqual(1, result.returncode, str(result))
                self.assertIn("ERROR", result.output)

    def test_two_tunnels_are_one_too_many(self):
        self.configure_tunnel(preauthtunnel="true", transporttunnel="true")
        result = self.workspace.run()
        self.assertEqual(1, result.returncode)
        self.assertIn("you must enable precisely one type of tunnel", result.output)


if __name__ == "__main__":
    case.main()
