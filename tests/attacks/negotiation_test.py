"""A server, or somebody between, that wants the password, the mail or our trust before TLS and the login stand."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import scripted_case as case  # noqa: E402
from support.scripted_imap import CLOSE, GREETING, PROCEED  # noqa: E402

REQUIRED = {"ssl": "no", "starttls": "yes"}


class Negotiation(case.ScriptedTestCase):
    def serve_starttls(self, **options):
        """A server that offers STARTTLS, with a message to get."""
        options.setdefault("mailboxes", {"INBOX": [case.message(1)], "Work": [case.message(2)]})
        return self.serve(tls="starttls", **options)

    def fill_local(self):
        """Something that an APPEND could give away."""
        self.tree.make_folder("INBOX")
        self.tree.deliver("INBOX", b"Subject: private\n\nmine\n", "S")

    def assert_aborts(self, *patterns):
        """The run fails, and the server learnt nothing."""
        self.fill_local()
        before = self.tree.snapshot()
        result = self.assert_refuses(*patterns)
        self.assert_nothing_sensitive_sent()
        self.assertEqual(before, self.tree.snapshot())
        return result


class Attack01(Negotiation):
    """STARTTLS is required and not offered."""

    def test_no_credentials_are_sent_and_the_error_says_tls(self):
        self.serve()
        self.configure(remote=REQUIRED)
        self.assert_aborts("does not offer STARTTLS; nothing was sent", r"starttls = no.*\[Repository Remote\]")

    def test_an_offer_that_went_missing_is_no_reason_to_go_on(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN XSTARTTLS STARTTLS2] ready\r\n")
        self.assert_aborts("does not offer STARTTLS; nothing was sent")


class Attack02(Negotiation):
    """STARTTLS is answered with a refusal, or with what is no answer."""

    def check(self, answer, *patterns):
        server = self.serve_starttls()
        server.answer("STARTTLS", answer, CLOSE)
        self.assert_aborts(*patterns)
        self.assertEqual([], server.failed_handshakes)
        self.assertEqual(["STARTTLS"], [name for name in server.names() if name != "CAPABILITY"])

    def test_no(self):
        self.check(b"%TAG% NO not today\r\n", "Failed to start TLS connection: not today")

    def test_bad(self):
        self.check(b"%TAG% BAD what?\r\n", "Failed to start TLS connection: what")

    def test_a_continuation_request(self):
        self.check(b"+ give me your password\r\n", "continuation request")

    def test_an_answer_to_another_command(self):
        self.check(b"A99 OK begin TLS\r\n", "an answer to no command")

    def test_an_end(self):
        self.check(b"* BYE go away\r\n", "closed the connection: go away")


class Attack03(Negotiation):
    """No capabilities, or ones of another protocol."""

    def check(self, capabilities, *patterns):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK ready\r\n")
        server.answer("CAPABILITY", *([b"* CAPABILITY " + capabilities + b"\r\n"] if capabilities is not None else []),
                      b"%TAG% OK done\r\n")
        self.assert_aborts(*patterns)

    def test_none_at_all(self):
        self.check(None, "does not offer STARTTLS; nothing was sent")

    def test_an_empty_list(self):
        self.check(b"", "does not offer STARTTLS; nothing was sent")

    def test_imap4_only(self):
        self.check(b"IMAP4", "does not offer STARTTLS; nothing was sent")

    def test_a_refused_capability_command(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK ready\r\n")
        server.answer("CAPABILITY", b"%TAG% BAD unknown\r\n")
        self.assert_aborts("does not offer STARTTLS; nothing was sent")

    def test_no_protocol_that_is_spoken_here_behind_tls(self):
        server = self.serve(tls="implicit")
        server.answer(GREETING, b"* OK ready\r\n")
        server.answer("CAPABILITY", b"* CAPABILITY POP3 AUTH=PLAIN\r\n%TAG% OK done\r\n")
        self.assert_aborts("is no IMAP4 server; its capabilities: POP3")


class Attack04(Negotiation):
    """PREAUTH on a connection without TLS (CVE-2020-14093, CVE-2020-12398)."""

    def check(self, capabilities, **remote):
        server = self.serve_starttls()
        code = b" [CAPABILITY " + capabilities + b"]" if capabilities else b""
        server.answer(GREETING, b"* PREAUTH" + code + b" welcome\r\n")
        self.configure(remote=remote)
        self.assert_aborts("says PREAUTH on a connection without TLS; nothing was sent")
        self.assertEqual([], server.names())

    def test_without_capabilities(self):
        self.check(b"")

    def test_with_starttls_offered(self):
        self.check(b"IMAP4rev1 STARTTLS")

    def test_without_starttls(self):
        self.check(b"IMAP4rev1")

    def test_with_logindisabled(self):
        self.check(b"IMAP4rev1 LOGINDISABLED")

    def test_with_starttls_and_logindisabled(self):
        self.check(b"IMAP4rev1 STARTTLS LOGINDISABLED")

    def test_where_starttls_is_left_at_its_default(self):
        self.check(b"IMAP4rev1 STARTTLS", starttls=None)

    def test_where_no_tls_was_asked_for(self):
        self.check(b"IMAP4rev1", starttls="no")

    def test_behind_tls_it_is_a_greeting_like_another(self):
        server = self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        server.answer(GREETING, b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n")
        self.run_program(code=0)
        self.assertEqual(1, len(self.local_bodies()))
        self.assert_password_never_sent()

    def test_no_second_greeting_takes_its_place(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n* PREAUTH welcome\r\n")
        self.assert_aborts("PREAUTH after the greeting")


class Attack05(Negotiation):
    """Bytes behind the answer to STARTTLS, in the same segment: they are not part of the TLS conversation."""

    def check(self, injected):
        server = self.serve_starttls()

        def inject(session, command):
            session.send(command.tag + b" OK begin TLS\r\n" + injected.replace(b"%TAG%", command.tag))
            session.start_tls()

        server.answer("STARTTLS", inject)
        self.assert_aborts("sent data before the TLS handshake that belong into it; nothing was sent")
        self.assertEqual(["STARTTLS"], [name for name in server.names() if name != "CAPABILITY"])

    def test_capabilities(self):
        self.check(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")

    def test_answers_to_commands_that_will_come(self):
        self.check(b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nA2 OK done\r\nA3 OK done\r\n")

    def test_a_mailbox(self):
        self.check(b"* 1 EXISTS\r\n* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n")

    def test_an_end(self):
        self.check(b"* BYE go away\r\n")

    def test_half_a_line(self):
        self.check(b"* CAPABILITY IMAP4rev1")

    def test_an_alert(self):
        self.check(b"* OK [ALERT] your password has expired, see http://evil.example\r\n")

    def test_nothing_injected_is_used_in_a_second_connection_either(self):
        server = self.serve_starttls(capabilities="IMAP4rev1 UIDPLUS")
        server.answer("STARTTLS", lambda session, command: (session.send(
            command.tag + b" OK begin TLS\r\n* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"), session.start_tls()), only=1)
        self.assert_aborts("sent data before the TLS handshake")
        server.answer("STARTTLS", PROCEED)
        self.run_program(code=0)
        self.assertIn("APPEND", server.names())


if __name__ == "__main__":
    case.main()
