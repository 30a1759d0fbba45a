"""Servers with the wrong certificate, and TLS that is too old or ends in the middle."""

import contextlib
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import certificates, programs, proxies  # noqa: E402
from support import scripted_case as case  # noqa: E402
from support.scripted_imap import PROCEED  # noqa: E402

MODES = ("implicit", "starttls")


class CertificateCase(case.ScriptedTestCase):
    def directory(self):
        directory = self.workspace.root / "certificates"
        directory.mkdir(exist_ok=True)
        return directory

    def assert_refused(self, certificate, *patterns, **remote):
        """Neither way into TLS trusts it; the message says what a user needs, and the server learns nothing."""
        for mode in MODES:
            server = self.serve({"INBOX": [case.message(1)]}, tls=mode, certificate=certificate)
            self.configure(remote=remote)
            result = self.assert_refuses(
                *patterns, r"(?m)^subject: .", r"(?m)^issuer: .", r"(?m)^valid: .* to .",
                rf"(?m)^SHA-256 fingerprint to pin: {certificates.fingerprint(certificate[0])}$")
            self.assert_nothing_sensitive_sent(server)
            self.assertLessEqual(set(server.names()), {"CAPABILITY", "STARTTLS"})
            self.assert_nothing_made()
        return result

    def assert_accepted(self, certificate, **remote):
        for mode in MODES:
            self.serve({"INBOX": [case.message(1)]}, tls=mode, certificate=certificate)
            self.configure(remote=remote)
            self.run_program(code=0)
            self.assertEqual(1, len(self.local_bodies()))


class Attack11(CertificateCase):
    """Certificates that are not, or no longer, the server's."""

    def issue(self, alternative_names, **options):
        return self.authority().issue("wrong", "localhost", alternative_names, **options)

    def test_expired(self):
        self.assert_refused(self.issue("DNS:localhost", expired=True),
                            "CA Cert verifying failed:  certificate expired Feb  1 00:00:00 2020 GMT")

    def test_for_another_host(self):
        self.assert_refused(self.issue("DNS:imap.example.org,DNS:localhost.example.org"),
                            "no matching domain name found in certificate for 'localhost'")

    def test_self_signed(self):
        self.assert_refused(certificates.self_signed(self.directory(), "self", "localhost", "DNS:localhost"),
                            "certificate verify failed: self-signed certificate")

    def test_of_an_unknown_authority(self):
        other = certificates.Authority(self.directory(), "other")
        self.assert_refused(other.issue("foreign", "localhost", "DNS:localhost"),
                            "certificate verify failed: unable to get local issuer certificate")

    def test_made_for_something_else(self):
        self.assert_refused(self.issue("DNS:localhost", usage="clientAuth"),
                            "certificate verify failed: .*purpose")

    def test_address_that_is_only_a_name(self):
        for names in ("DNS:127.0.0.1", "DNS:localhost", "IP:127.0.0.2"):
            self.assert_refused(self.issue(names), "no matching domain name found in certificate for '127.0.0.1'",
                                remotehost="127.0.0.1")

    def test_address_among_the_addresses_is_right(self):
        self.assert_accepted(self.issue("IP:127.0.0.1"), remotehost="127.0.0.1")

    def test_common_name_alone(self):
        self.assert_refused(self.issue(None), "no matching domain name found in certificate for 'localhost'")

    def test_nul_inside_a_name(self):
        self.assert_refused(self.issue(certificates.raw_dns_name(b"localhost\0.evil.example")),
                            "no matching domain name found in certificate for 'localhost'")

    def test_wildcard_for_a_top_level(self):
        with proxies.ScriptedProxy(proxies.socks4(None)) as proxy:
            for mode in MODES:
                server = self.serve(tls=mode, certificate=self.issue("DNS:*.com"))
                proxy.lead_to(proxies.socks4(("127.0.0.1", server.port)))
                self.configure(account={"proxy": f"SOCKS4:127.0.0.1:{proxy.port}"},
                               remote={"remotehost": "example.com"})
                self.assert_refuses("no matching domain name found in certificate for 'example.com'")
                self.assert_nothing_sensitive_sent()
                self.assert_nothing_made()

    def test_international_name_by_its_letters_instead_of_its_a_labels(self):
        with proxies.ScriptedProxy(proxies.socks4(None)) as proxy:
            for names, code in ((certificates.raw_dns_name("bücher.example".encode()), 1),
                                ("DNS:xn--bcher-kva.example", 0)):
                server = self.serve(tls="implicit", certificate=self.issue(names))
                proxy.lead_to(proxies.socks4(("127.0.0.1", server.port)))
                self.configure(account={"proxy": f"SOCKS4:127.0.0.1:{proxy.port}"},
                               remote={"remotehost": "bücher.example"})
                self.run_program(code=code)
                if code == 1:
                    self.assert_nothing_sensitive_sent()

    def test_what_the_message_says_can_be_pinned(self):
        certificate = certificates.self_signed(self.directory(), "self", "x", "DNS:elsewhere.example")
        shown = self.assert_refused(certificate, "self-signed certificate").output
        pin = re.search("SHA-256 fingerprint to pin: ([0-9a-f]{64})", shown).group(1)
        self.assert_accepted(certificate, sslcacertfile=None, cert_fingerprint=pin)


class Attack12(CertificateCase):
    """A pin alone decides; a pin and a CA must both be right."""

    WRONG = "00" * 32

    def test_a_matching_pin_of_any_kind_takes_the_place_of_the_chain(self):
        certificate = certificates.self_signed(self.directory(), "self", "x", "DNS:elsewhere.example")
        for algorithm in ("sha1", "sha224", "sha256", "sha384", "sha512"):
            with self.subTest(algorithm):
                pin = certificates.fingerprint(certificate[0], algorithm)
                self.assert_accepted(certificate, sslcacertfile=None, cert_fingerprint=f"{self.WRONG}, {pin}")
        colons = ":".join(re.findall("..", certificates.fingerprint(certificate[0]).upper()))
        self.assert_accepted(certificate, sslcacertfile=None, cert_fingerprint=colons)

    def test_a_pin_that_does_not_match_is_refused_whatever_the_chain(self):
        for authority in ({}, {"sslcacertfile": None}):
            self.assert_refused(self.certificate(), r"Server SSL fingerprint\(s\) .*openssl_sha512.*openssl_sha384.*"
                                r"openssl_sha256.*openssl_sha224.*openssl_sha1.* does not match",
                                cert_fingerprint=self.WRONG, **authority)

    def test_a_part_of_a_digest_is_no_pin(self):
        pin = certificates.fingerprint(self.certificate()[0])
        for part in (pin[:40], pin[:-2], pin + "00"):
            self.assert_refused(self.certificate(), "does not match", sslcacertfile=None, cert_fingerprint=part)

    def test_with_a_ca_file_a_matching_pin_is_not_enough(self):
        certificate = certificates.self_signed(self.directory(), "self", "localhost", "DNS:localhost")
        self.assert_refused(certificate, "self-signed certificate",
                            cert_fingerprint=certificates.fingerprint(certificate[0]))

    def test_both_right_is_right(self):
        self.assert_accepted(self.certificate(), cert_fingerprint=certificates.fingerprint(self.certificate()[0]))


class Attack13(CertificateCase):
    """TLS that is too old, begins anew, or is cut off."""

    def test_old_versions_only(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            for mode in MODES:
                with self.subTest(version, mode=mode), warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    server = self.serve({"INBOX": [case.message(1)]}, tls=mode)
                    server.tls_context.set_ciphers("DEFAULT:@SECLEVEL=0")
                    server.tls_context.minimum_version = ssl.TLSVersion.TLSv1
                    server.tls_context.maximum_version = version
                    self.assert_refuses("protocol version|unsupported protocol")
                    self.assert_nothing_sensitive_sent()
                    self.assert_nothing_made()
                    # Who asks for it by name has it.
                    name = {ssl.TLSVersion.TLSv1: "tls1", ssl.TLSVersion.TLSv1_1: "tls1_1"}[version]
                    self.configure(remote={"ssl_version": name})
                    self.run_program(code=0)
                    self.workspace.forget_mail()

    def test_renegotiation(self):
        certificate, key = self.certificate()
        port = proxies.free_port()
        server = subprocess.Popen([programs.openssl(), "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_2", "-naccept",
                                   "1", "-cert", str(certificate), "-key", str(key)], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  preexec_fn=programs.die_with_parent())
        for end in (server.stdin.close, server.stdout.close, server.wait, server.kill):  # the last one first
            self.addCleanup(end)
        output = []
        met = threading.Event()

        def read():
            for line in server.stdout:
                output.append(line)
                if b"ACCEPT" in line or b"BEGIN SSL SESSION" in line:
                    met.set()
                if b"Secure Renegotiation" in line:  # the last line about the connection
                    server.stdin.write(b"r\n")
                    server.stdin.flush()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        self.assertTrue(met.wait(60))
        self.serve(tls="implicit")
        self.configure(remote={"remoteport": port})
        self.assert_refuses("TLS failed while receiving")
        with contextlib.suppress(subprocess.TimeoutExpired):  # killed at once, it might not have said what it met
            server.wait(timeout=60)
        server.kill()
        reader.join(timeout=60)
        shown = b"".join(output)
        self.assertIn(b"no renegotiation", shown)
        for secret in case.forms_of(self.server.user, self.server.password):
            self.assertNotIn(secret, shown)
        self.assert_nothing_made()

    def cut_inside_the_literal(self, how):
        body = case.message(2) + b"x" * 5000

        def answer(session, command):
            session.send(b"* 1 FETCH (UID 1 BODY[] {%d}\r\n" % len(body) + body[:-100])
            how(session)
            session.close()

        for mode in MODES:
            server = self.serve({"INBOX": [body]}, tls=mode)
            server.answer("UID FETCH", PROCEED)
            server.answer("UID FETCH", lambda session, command: answer(session, command)
                          if b"BODY" in command.arguments else session.usual(command))
            result = self.run_program(code=1)
            self.assertIn("ERROR", result.output)
            self.assertEqual([], self.local_bodies() if self.tree.folders() else [])
            # Nothing of it is remembered either: a server that finishes is believed.
            server.answer("UID FETCH", PROCEED)
            self.run_program(code=0)
            self.assertEqual([body.replace(b"\r\n", b"\n")], self.local_bodies())
            self.workspace.forget_mail()

    def test_cut_off_inside_a_literal_without_a_goodbye(self):
        def cut(session):
            # Below TLS: no close_notify.
            session._socket = socket.socket(fileno=session._socket.detach())

        self.cut_inside_the_literal(cut)

    def test_ended_inside_a_literal_with_a_goodbye(self):
        self.cut_inside_the_literal(lambda session: None)


if __name__ == "__main__":
    case.main()
