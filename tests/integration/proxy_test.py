"""`proxy`: a sync through real proxies and through one that is scripted."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, certificates, corpus, proxies  # noqa: E402

LOGIN = ("someone", "hunt:er@2")


class ProxyCase(case.SyncTestCase):
    def directory(self):
        return self.workspace.root / "proxy"

    def through(self, value, *arguments, account=None, **remote):
        """A run with `proxy = value`."""
        self.configure(account={"proxy": value, **(account or {})}, remote=remote)
        result = self.workspace.run(*arguments)
        self.assertNotIn(LOGIN[1], result.output, "the proxy's password was shown")
        return result

    def assert_syncs_through(self, value, **remote):
        """Both directions, over one connection after the other."""
        self.account.append("INBOX", corpus.message(1))
        self.assertEqual(0, (result := self.through(value, **remote)).returncode, str(result))
        self.tree.deliver("INBOX", b"Subject: mine\n\nfrom here\n", "S")
        self.workspace.sync()
        self.assert_in_step()

    def assert_fails(self, result, *texts):
        self.assertEqual(1, result.returncode, str(result))
        for text in texts:
            self.assertIn(text, result.output)
        self.assertFalse(self.workspace.mail.exists() and self.tree.folders(), "something was synchronised")


class Socks5(ProxyCase):
    def test_carries_a_sync_and_resolves_the_name(self):
        with proxies.MicroSocks(self.directory()) as proxy:
            self.assert_syncs_through(f"SOCKS5:127.0.0.1:{proxy.port}")
            self.assertIn(f"connected to localhost:{self.server.tls_port}", proxy.log())

    def test_has_a_login(self):
        with proxies.MicroSocks(self.directory(), *LOGIN) as proxy:
            self.assert_syncs_through(f"socks5:{':'.join(LOGIN)}@localhost:{proxy.port}")

    def test_that_wants_a_login_or_another_one_is_named(self):
        with proxies.MicroSocks(self.directory(), "someone", "else") as proxy:
            result = self.through(f"SOCKS5:{':'.join(LOGIN)}@127.0.0.1:{proxy.port}")
            self.assert_fails(result, "SOCKS5 proxy", "of repository 'Remote'", "refused the user or the password")
            self.assert_fails(self.through(f"SOCKS5:127.0.0.1:{proxy.port}"), "asks for a login")

    def test_that_finds_nobody_is_named(self):
        with proxies.MicroSocks(self.directory()) as proxy:
            result = self.through(f"SOCKS5:127.0.0.1:{proxy.port}", remoteport=1)
            self.assert_fails(result, f"The SOCKS5 proxy '127.0.0.1:{proxy.port}' of repository 'Remote' does not")


class Socks4(ProxyCase):
    def test_resolves_a_name_that_only_the_proxy_knows(self):
        fingerprint = certificates.fingerprint(self.server.certificate)
        with proxies.ScriptedProxy(proxies.socks4(("127.0.0.1", self.server.tls_port))) as proxy:
            self.configure(remote={"remotehost": "imap.nowhere.invalid", "cert_fingerprint": fingerprint})
            sections = self.workspace.sections(self.user)
            del sections["Repository Remote"]["sslcacertfile"]
            sections["Account Test"]["proxy"] = f"Socks4:me@127.0.0.1:{proxy.port}"
            sections["Repository Remote"].update({"remotehost": "imap.nowhere.invalid",
                                                  "cert_fingerprint": fingerprint})
            self.workspace.configure(sections)
            self.account.append("INBOX", corpus.message(1))
            self.workspace.sync()
            self.assert_in_step()
            self.assertEqual({(b"\x04\x01", "imap.nowhere.invalid", self.server.tls_port, "me")},
                             set(proxy.requests))

    def test_gets_an_address_as_it_is(self):
        with proxies.ScriptedProxy(proxies.socks4(("127.0.0.1", self.server.tls_port))) as proxy:
            self.assert_syncs_through(f"SOCKS4:127.0.0.1:{proxy.port}", remotehost="127.0.0.2")
            self.assertEqual({(b"\x04\x01", "127.0.0.2", self.server.tls_port, "")}, set(proxy.requests))


class Http(ProxyCase):
    def test_carries_a_sync(self):
        with proxies.TinyProxy(self.directory(), self.server.tls_port) as proxy:
            self.assert_syncs_through(f"HTTP:127.0.0.1:{proxy.port}")
            self.assertIn(f"CONNECT localhost:{self.server.tls_port} HTTP/1.1", proxy.log())

    def test_has_a_login(self):
        with proxies.TinyProxy(self.directory(), self.server.tls_port, "someone", "hunter2") as proxy:
            self.assert_syncs_through(f"http:someone:hunter2@127.0.0.1:{proxy.port}")

    def test_that_wants_a_login_is_named(self):
        with proxies.TinyProxy(self.directory(), self.server.tls_port, "someone", "else") as proxy:
            result = self.through(f"HTTP:127.0.0.1:{proxy.port}")
            self.assert_fails(result, "HTTP proxy", "of repository 'Remote'")

    def test_that_forbids_the_port_is_quoted(self):
        with proxies.TinyProxy(self.directory(), 993) as proxy:
            self.assert_fails(self.through(f"HTTP:127.0.0.1:{proxy.port}"), "it answered 'HTTP/1.", " 403 ")


class Policy(ProxyCase):
    def test_localhost_behind_a_proxy_is_another_machine(self):
        with proxies.MicroSocks(self.directory()) as proxy:
            value = f"SOCKS5:127.0.0.1:{proxy.port}"
            plain = {"ssl": "no", "remoteport": self.server.plain_port}
            self.account.append("INBOX", corpus.message(1))
            result = self.through(value, "-d", "imap", **plain)
            self.assertEqual(0, result.returncode, str(result))
            self.assertIn("STARTTLS", result.output)
            self.assert_in_step()

    def test_a_proxy_that_is_not_there_ends_the_account(self):
        self.assert_fails(self.through("SOCKS5:127.0.0.1:1"), "of repository 'Remote' cannot be reached: ")

    def test_a_value_that_makes_no_sense_is_an_error_with_its_line(self):
        for value in ("nonsense", "SOCKS7:localhost:1", "HTTP:localhost:http", "SOCKS5:x:hunt:er:1"):
            with self.subTest(value):
                result = self.through(value)
                self.assert_fails(result)
                self.assertRegex(result.output, r"\.offlineimaprc:\d+: \[Account Test\] proxy: .*TYPE:host:port")

    def test_the_proxy_of_token_requests_is_none_for_the_server(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure(account={"authproxy": f"HTTP:127.0.0.1:{proxies.free_port()}"})
        self.workspace.sync()
        self.assert_in_step()

    def test_its_password_is_shown_nowhere(self):
        with proxies.MicroSocks(self.directory(), *LOGIN) as proxy:
            value = f"SOCKS5:{':'.join(LOGIN)}@127.0.0.1:{proxy.port}"
            for arguments in (("-d", "all"), ("--info",), ("-k", f"Account_Test:proxy={value}")):
                result = self.through(value, *arguments)
                self.assertEqual(0, result.returncode, str(result))


if __name__ == "__main__":
    case.main()
