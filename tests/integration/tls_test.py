"""TLS as a server sees it: names, client certificates, resumed sessions."""

import pathlib
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import proxies  # noqa: E402
from support import scripted_case as case  # noqa: E402
from support.scripted_imap import PROCEED  # noqa: E402

MODES = ("implicit", "starttls")


class ServerNames(case.ScriptedTestCase):
    def names_said(self, mode, certificate=None, **remote):
        """By SNI, over one run that succeeds."""
        said = []
        server = self.serve({"INBOX": [case.message(1)]}, tls=mode,
                            **({"certificate": certificate} if certificate else {}))
        server.tls_context.sni_callback = lambda _, name, __: said.append(name)
        self.configure(remote=remote)
        self.run_program(code=0)
        return said

    def test_the_host_is_said(self):
        for mode in MODES:
            self.assertEqual({"localhost"}, set(self.names_said(mode)), mode)

    def test_an_address_is_not(self):
        certificate = self.authority().issue("address", "x", "IP:127.0.0.1")
        for mode in MODES:
            self.assertEqual({None}, set(self.names_said(mode, certificate, remotehost="127.0.0.1")), mode)

    def test_an_international_name_is_said_by_its_a_labels(self):
        certificate = self.authority().issue("international", "x", "DNS:xn--bcher-kva.example")
        for mode in MODES:
            said = []
            server = self.serve({"INBOX": [case.message(1)]}, tls=mode, certificate=certificate)
            server.tls_context.sni_callback = lambda _, name, __, said=said: said.append(name)
            with proxies.ScriptedProxy(proxies.socks4(("127.0.0.1", server.port))) as proxy:
                self.configure(account={"proxy": f"SOCKS4:127.0.0.1:{proxy.port}"},
                               remote={"remotehost": "Bücher.example"})
                result = self.run_program(code=0)
                self.assertEqual({"xn--bcher-kva.example"}, {host for _, host, _, _ in proxy.requests})
            self.assertIn("Bücher.example", result.output)
            self.assertIn("xn--bcher-kva.example", said)


class ClientCertificates(case.ScriptedTestCase):
    def serve_demanding(self, mode):
        server = self.serve({"INBOX": [case.message(1)]}, tls=mode)
        server.tls_context.verify_mode = ssl.CERT_REQUIRED
        server.tls_context.load_verify_locations(self.authority().certificate)
        return server

    def issue(self):
        return self.authority().issue("client", "someone", None, usage="clientAuth")

    def test_is_shown_in_either_way_into_tls(self):
        certificate, key = self.issue()
        both = self.workspace.root / "both.pem"
        both.write_text(certificate.read_text() + key.read_text())
        for mode in MODES:
            for options in ({"sslclientcert": certificate, "sslclientkey": key}, {"sslclientcert": both}):
                shown = []
                server = self.serve_demanding(mode)
                server.answer("AUTHENTICATE", lambda session, _, shown=shown: shown.append(
                    session._socket.getpeercert()["subject"]), PROCEED)
                self.configure(remote=options)
                self.run_program(code=0)
                self.assertEqual({((("commonName", "someone"),),)}, set(shown))

    def test_that_is_missing_is_an_error_before_any_password(self):
        for mode in MODES:
            server = self.serve_demanding(mode)
            self.assert_refuses("TLS|SSL|closed")
            self.assert_password_never_sent(server)

    def test_that_cannot_be_read_is_named(self):
        certificate, _ = self.issue()
        for mode in MODES:
            server = self.serve_demanding(mode)
            for options, name in (({"sslclientcert": "/nowhere/client.pem"}, "/nowhere/client.pem"),
                                  ({"sslclientcert": certificate, "sslclientkey": "/nowhere/key"}, "/nowhere/key"),
                                  ({"sslclientcert": certificate}, str(certificate))):
                self.configure(remote=options)
                self.assert_refuses(f"The client certificate for repository 'Remote' cannot be loaded from '{name}'")
            self.assert_password_never_sent(server)


class Sessions(case.ScriptedTestCase):
    def resumed(self, server):
        """Whether each connection's handshake was a short one, from now on."""
        short = []
        server.answer("AUTHENTICATE", lambda session, _: short.append(session._socket.session_reused), PROCEED)
        return short

    def test_are_resumed_by_further_connections_of_a_run_and_by_no_other_run(self):
        for mode in MODES:
            for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
                with self.subTest(mode, version=version):
                    server = self.serve({f"F{number}": [case.message(number)] for number in range(12)}, tls=mode)
                    server.tls_context.maximum_version = version
                    self.configure(remote={"maxconnections": 3})
                    for _ in range(2):
                        short = self.resumed(server)
                        self.run_program(code=0)
                        self.assertFalse(short[0])
                        self.assertLessEqual(2, len(short))
                        self.assertIn(True, short[1:])
                    self.workspace.forget_mail()

    def test_are_not_shared_by_accounts_with_other_settings(self):
        server = self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        self.configure()
        copy = self.workspace.root / "ca-copy.pem"
        copy.write_bytes(self.authority().certificate.read_bytes())
        text = self.workspace.config.read_text().replace("accounts = Test", "accounts = Test, Other")
        other = text[text.index("[Account Test]"):].replace("Test]", "Other]").replace("~/Mail", "~/Other")
        other = other.replace("Repository Local]", "Repository Local2]").replace("= Local\n", "= Local2\n")
        other = other.replace("Repository Remote]", "Repository Remote2]").replace("= Remote\n", "= Remote2\n")
        self.workspace.config.write_text(text + other.replace(str(self.authority().certificate), str(copy)))
        short = self.resumed(server)
        self.run_program("-1", code=0)
        self.assertEqual([False, False], short)


if __name__ == "__main__":
    case.main()
