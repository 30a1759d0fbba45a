"""Logins with Kerberos tickets (GSSAPI): a KDC of the test's own and a Dovecot that knows no other key."""

import atexit
import contextlib
import os
import pathlib
import signal
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, certificates, corpus, kerberos, programs  # noqa: E402
from support.scripted_imap import CAPABILITIES, ScriptedServer  # noqa: E402

PASSWORD = "kerberos-secret"
kdc = None


class Kerberos(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.tickets = self.workspace.root / "tickets"
        self.environment = kdc.environment(self.tickets)
        kdc.add_user(self.user, PASSWORD)

    def kinit(self, **options):
        kdc.get_ticket(self.user, PASSWORD, self.tickets, **options)

    def configure_without(self, *options, **remote):
        """No auth_mechanisms, and none of these options of the server either."""
        sections = self.workspace.sections(self.user)
        for option in ("auth_mechanisms", *options):
            del sections["Repository Remote"][option]
        sections["Repository Remote"].update(remote)
        self.workspace.configure(sections)

    def run_program(self, *arguments):
        return self.workspace.run(*arguments, environment=self.environment)

    def run_well(self, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(0, result.returncode, str(result))
        return result

    @contextlib.contextmanager
    def deaf_kdc(self):
        """A KDC that takes what it is sent and says nothing; yields its UDP socket."""
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            port = kerberos.free_port()
            stream.bind(("127.0.0.1", port))
            stream.listen()
            datagram.bind(("127.0.0.1", port))
            configuration = self.workspace.root / "deaf.conf"
            configuration.write_text(kdc.configuration_for(port))
            self.environment["KRB5_CONFIG"] = str(configuration)
            yield datagram

    def test_a_ticket_is_tried_first_and_needs_no_password(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure_without("remotepass")
        self.kinit()
        result = self.run_well("-d", "imap")
        self.assertRegex(result.output, r"> \w+ AUTHENTICATE GSSAPI( \[hidden\])?\n")
        self.assertEqual(1, result.output.count(" AUTHENTICATE "))
        self.assert_in_step()

    def test_every_connection_logs_in(self):
        for number in range(4):
            self.account.create(f"folder{number}")
            self.account.append(f"folder{number}", corpus.message(number))
        self.configure_without("remotepass", auth_mechanisms="GSSAPI", maxconnections=3)
        self.kinit()
        self.run_well()
        self.assert_in_step()

    def test_who_has_no_ticket_is_told_so_once_and_logs_in_with_a_password(self):
        for configure in (self.configure_without,
                          lambda: self.configure(remote={"auth_mechanisms": "GSSAPI, PLAIN"})):
            configure()
            result = self.run_well("-d", "imap")
            self.assertEqual(1, result.output.count("GSSAPI is passed over: there is no Kerberos ticket (kinit gets one)"))
            self.assertIn("AUTHENTICATE PLAIN", result.output)

    def test_without_a_ticket_and_another_way_the_error_says_what_is_missing(self):
        self.configure(remote={"auth_mechanisms": "GSSAPI"})
        result = self.run_program()
        self.assertEqual(1, result.returncode)
        self.assertIn("GSSAPI: there is no Kerberos ticket (kinit gets one)", result.output)

    def test_without_the_library_others_are_tried(self):
        broken = self.workspace.root / "lib"
        broken.mkdir()
        for name in ("libgssapi_krb5.so.2", "libgssapi_krb5.so"):
            (broken / name).write_bytes(b"")
        self.environment["LD_LIBRARY_PATH"] = str(broken)
        if programs.sanitized():  # LeakSanitizer starts a program that needs the library
            self.environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        self.configure(remote={"auth_mechanisms": "GSSAPI, PLAIN"})
        self.assertIn("GSSAPI is passed over: this system has no Kerberos library", self.run_well().output)

    def test_an_expired_ticket_is_none(self):
        self.kinit(lifetime="2s")
        limit = time.monotonic() + 60
        while kdc.has_valid_ticket(self.tickets):
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.2)
        self.configure(remote={"auth_mechanisms": "GSSAPI, PLAIN"})
        self.assertRegex(self.run_well().output, "GSSAPI is passed over: the Kerberos ticket has expired")

    def test_a_service_that_the_kdc_does_not_know_is_passed_over(self):
        self.kinit()
        self.configure_unnamed_host()
        self.assertIn("GSSAPI is passed over: no ticket for imap@127.0.0.1: ", self.run_well().output)

    def test_what_the_kdc_could_not_give_is_asked_for_once(self):
        for number in range(4):
            self.account.create(f"folder{number}")
        self.kinit()
        asked = []
        for connections in (1, 3):
            self.configure_unnamed_host(maxconnections=connections)
            before = kdc.log().count("imap/127.0.0.1")
            self.run_well()
            asked.append(kdc.log().count("imap/127.0.0.1") - before)
        self.assertGreater(asked[0], 0)
        self.assertEqual(asked[0], asked[1])

    def configure_unnamed_host(self, **remote):
        """By an address for which there is no service in the realm, and with it in no certificate."""
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["sslcacertfile"]
        sections["Repository Remote"].update({
            "auth_mechanisms": "GSSAPI, PLAIN", "remotehost": self.server.unnamed_host,
            "cert_fingerprint": certificates.fingerprint(self.server.certificate), **remote})
        self.workspace.configure(sections)

    def test_somebody_elses_ticket_is_refused_and_nothing_weaker_follows(self):
        kdc.add_user("somebody_else", PASSWORD)
        kdc.get_ticket("somebody_else", PASSWORD, self.tickets)
        self.configure_without()
        result = self.run_program("-d", "imap")
        self.assertEqual(1, result.returncode)
        self.assertEqual(1, result.output.count(" AUTHENTICATE "))
        self.assertIn("GSSAPI authentication failed: ", result.output)
        self.assertIn("write 'auth_mechanisms = PLAIN, LOGIN' in [Repository Remote]", result.output)

    def test_a_server_without_the_key_is_not_believed(self):
        """Nor is it given a password."""
        self.kinit()
        rubbish = b"+ cnViYmlzaA==\r\n"
        accepted = b"%TAG% OK [CAPABILITY IMAP4rev1] in\r\n"
        for steps, why in (((accepted,), "the server did not show that the ticket was made for it"),
                           ((rubbish, lambda session, _: session.read_line(), accepted), "")):
            with self.subTest(why), ScriptedServer(capabilities=CAPABILITIES + " AUTH=GSSAPI") as server:
                server.answer("AUTHENTICATE", *steps)
                self.configure_without("sslcacertfile", ssl="no", starttls="no",
                                       remoteport=server.port)
                result = self.run_program()
                self.assertEqual(1, result.returncode, str(result))
                self.assertIn(f"GSSAPI authentication failed: {why}", result.output)
                self.assertNotIn("write 'auth_mechanisms", result.output)
                self.assertEqual(["AUTHENTICATE"], server.names())

    def test_a_stop_does_not_wait_for_the_kdc(self):
        self.kinit()
        self.configure_without()
        with self.deaf_kdc() as datagrams:
            datagrams.settimeout(120)
            running = self.workspace.start(environment=self.environment)
            datagrams.recvfrom(65536)
            running.signal(signal.SIGINT)
            # The library would wait for the stream alone for ten seconds.
            result = running.finish(timeout=60 if programs.sanitized() else 8)
            self.assertNotIn(-result.returncode, (signal.SIGSEGV, signal.SIGABRT), str(result))

    def test_a_kdc_that_says_nothing_is_given_up(self):
        self.kinit()
        self.configure(general={"socktimeout": 4}, remote={"auth_mechanisms": "GSSAPI, PLAIN"})
        with self.deaf_kdc():
            result = self.run_well()
        self.assertIn("GSSAPI is passed over: the KDC does not answer", result.output)


if __name__ == "__main__":
    kdc = kerberos.Kdc(case.root_directory() / "kerberos")
    atexit.register(kdc.stop)
    kdc.start()
    kdc.add_service("imap/localhost")
    case.main(mechanisms="gssapi plain login", more_settings=f"""
auth_krb5_keytab = {kdc.keytab}
auth_gssapi_hostname = localhost
import_environment = KRB5_CONFIG={kdc.client_configuration} KRB5RCACHENAME=none:
""")
