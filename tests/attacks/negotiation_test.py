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
        if self.tree.path("INBOX").exists():
            return
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


class Attack06(Negotiation):
    """Capabilities learnt before TLS are forgotten: whoever is on the line wrote them."""

    def test_a_mechanism_that_was_injected_is_not_used(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR AUTH=CRAM-MD5] ready\r\n")
        server.answer("CAPABILITY", b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=SCRAM-SHA-512\r\n%TAG% OK done\r\n")
        self.assert_aborts("LOGIN: IMAP LOGIN is disabled by server")
        self.assertEqual(["STARTTLS", "CAPABILITY"], server.names())

    def test_a_removed_logindisabled_is_back_behind_tls(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
        server.answer("CAPABILITY", b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n%TAG% OK done\r\n")
        self.assert_aborts("LOGIN: IMAP LOGIN is disabled by server")

    def test_every_other_capability_is_forgotten_too(self):
        server = self.serve_starttls(capabilities="IMAP4rev1")
        server.answer(GREETING, b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR ID LITERAL+ COMPRESS=DEFLATE] "
                                b"ready\r\n")
        self.configure(remote={"usecompression": "yes"})
        self.fill_local()
        self.run_program(code=0)
        self.assertEqual(["STARTTLS", "CAPABILITY", "AUTHENTICATE"], server.names()[:3])
        self.assertEqual([b"PLAIN"], server.arguments("AUTHENTICATE"), "SASL-IR was injected")
        self.assertNotIn("ID", server.names())
        self.assertNotIn("COMPRESS", server.names())
        self.assertIn(b"}", server.arguments("APPEND")[0])
        self.assertNotIn(b"+}", server.arguments("APPEND")[0], "LITERAL+ was injected")


class Attack07(Negotiation):
    """Data that nobody may send before the login, least of all before TLS."""

    POISON = (b'* LIST () "/" "Evil"\r\n* LSUB () "/" "Evil"\r\n* STATUS "INBOX" (MESSAGES 0 UIDNEXT 1)\r\n'
              b"* SEARCH\r\n* FLAGS ()\r\n* 0 EXISTS\r\n* 0 RECENT\r\n* 1 EXPUNGE\r\n* 2 EXPUNGE\r\n"
              b"* VANISHED 1:*\r\n* OK [UIDVALIDITY 1] x\r\n* OK [READ-ONLY] x\r\n"
              b"* 1 FETCH (UID 1 FLAGS (\\Deleted \\Seen))\r\n"
              b"* 1 FETCH (UID 2 BODY[] {6}\r\nevil\r\n)\r\n")

    def check(self, name, tls="starttls", **where):
        mailboxes = {"INBOX": [case.message(1), case.message(2)], "Work": [case.message(3)]}
        server = self.serve(mailboxes, tls=tls)
        self.run_program(code=0)
        before, on_server = self.tree.snapshot(), server.mailboxes[b"INBOX"].bodies()
        self.assertEqual(5, len(before) + 2)
        if name == GREETING:
            server.answer(GREETING, PROCEED, self.POISON)
        else:
            server.answer(name, self.POISON, PROCEED, **where)
        self.run_program(code=0)
        self.assertEqual(before, self.tree.snapshot())
        self.assertEqual(["INBOX", "Work"], self.tree.folders())
        self.assertEqual(on_server, server.mailboxes[b"INBOX"].bodies())
        for change in ("UID STORE", "EXPUNGE", "UID EXPUNGE", "CREATE", "APPEND", "DELETE"):
            self.assertNotIn(change, server.names())

    def test_behind_the_greeting_in_clear(self):
        self.check(GREETING)

    def test_with_the_answer_to_starttls(self):
        self.check("STARTTLS")

    def test_before_the_login_behind_tls(self):
        self.check(GREETING, tls="implicit")

    def test_while_the_login_is_answered(self):
        self.check("AUTHENTICATE")

    def test_list_injection_deletes_nothing(self):
        """A list of folders that came before the question is not its answer."""
        server = self.serve({"INBOX": [case.message(1)], "Work": [case.message(2)]}, tls="implicit")
        self.run_program(code=0)
        before = self.tree.snapshot()
        server.answer("AUTHENTICATE", PROCEED, b'* LIST () "/" "INBOX"\r\n* 1 EXPUNGE\r\n')
        server.answer("ID", b'* LIST () "/" "Gone"\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n', PROCEED)
        self.run_program(code=0)
        self.assertEqual(before, self.tree.snapshot())
        self.assertEqual(["INBOX", "Work"], self.tree.folders())
        self.assertEqual(1, len(server.mailboxes[b"Work"].messages))


class Attack08(Negotiation):
    """Referrals (RFC 2221, RFC 2193) lead to other servers, which get nothing."""

    def setUp(self):
        super().setUp()
        self.other = self.another_server({"INBOX": [case.message(9)]}, tls="starttls")
        self.url = f"imap://user;AUTH=*@localhost:{self.other.port}/INBOX".encode()

    def check_not_followed(self):
        self.assertEqual(0, self.other.connections)

    def test_in_the_greeting(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* OK [REFERRAL " + self.url + b"] go there\r\n")
        self.run_program(code=0)
        self.check_not_followed()
        self.assertIn("AUTHENTICATE", server.names())

    def test_in_a_bye(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* BYE [REFERRAL " + self.url + b"] go there\r\n", CLOSE)
        self.assert_aborts("closed the connection: go there")
        self.check_not_followed()

    def test_in_the_refusal_of_a_login(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", b"%TAG% NO [REFERRAL " + self.url + b"] go there\r\n")
        self.assert_refuses("go there")
        self.assertEqual(1, server.names().count("AUTHENTICATE"))
        self.check_not_followed()

    def test_in_the_answer_to_a_login(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", lambda session, command: (
            setattr(session, "logged_in", True),
            session.send(command.tag + b" OK [REFERRAL " + self.url + b"] better go there\r\n")))
        self.run_program(code=0)
        self.check_not_followed()

    def test_of_a_mailbox(self):
        server = self.serve_starttls(capabilities="IMAP4rev1 UIDPLUS MAILBOX-REFERRALS")
        self.fill_local()
        for name in ("SELECT", "EXAMINE", "APPEND"):
            server.answer(name, b"%TAG% NO [REFERRAL " + self.url + b"] it moved\r\n")
        self.assert_refuses("it moved")
        self.check_not_followed()
        self.assertNotIn("RLIST", server.names())
        self.assertNotIn("RLSUB", server.names())


class Attack09(Negotiation):
    """What a server says to a person: it is shown as the server's words, on one line, harmless, and not for ever."""

    ESCAPES = b"\x1b[2J\x1b]0;pwned\x07 you \x9b31mwin\xc2\x9b32m \x08\x7f \xff\xfe http://evil.example/\r"
    UIS = ("basic", "quiet", "ttyui", "machineui", "json", "syslog")

    def assert_harmless(self, text, longest=12_000):
        for line in text.split("\n"):
            self.assertLess(len(line), longest)
            for character in line:
                self.assertTrue(character >= " " or character == "\t", f"{character!r} in {line[:300]!r}")
                self.assertFalse("\x7f" <= character < "\xa0", f"{character!r} in {line[:300]!r}")

    def check(self, *patterns, arguments=(), uis=UIS, code=1):
        for ui in uis:
            with self.subTest(ui=ui):
                result = self.run_program(*arguments, "-l", "log", ui=ui, code=code)
                log = self.workspace.home / "log"
                # surrogateescape: a byte that is no UTF-8 counts as the C1 control that it may be to a terminal.
                written = log.read_bytes().decode("utf-8", "surrogateescape")
                self.assertFalse([c for c in written if "\udc80" <= c < "\udca0"])
                log.unlink()
                self.assert_harmless(result.output)
                self.assert_harmless(written)
                for pattern in patterns if ui != "quiet" or code else ():
                    self.assertRegex(result.output + written, pattern)

    def test_escapes_in_an_alert(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", PROCEED, b"* OK [ALERT] " + self.ESCAPES + b"\n")
        self.check(r"The server 'localhost' of repository 'Remote' says: \\?\\x1b", code=0)

    def test_escapes_in_a_refused_login(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", b"%TAG% NO " + self.ESCAPES + b"\n")
        self.check(r"PLAIN authentication failed: \\?\\x1b|PLAIN: \\?\\x1b")

    def test_escapes_in_a_bye(self):
        server = self.serve_starttls()
        server.answer(GREETING, b"* BYE " + self.ESCAPES + b"\n", CLOSE)
        self.check(r"closed the connection: \\?\\x1b")

    def test_escapes_where_a_folder_is_refused(self):
        server = self.serve_starttls()
        server.answer("EXAMINE", b"%TAG% NO " + self.ESCAPES + b"\n")
        self.check(r"\\x1b\[2J")

    def test_escapes_in_what_debugging_shows(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", PROCEED, b"* OK [ALERT] " + self.ESCAPES + b"\n")
        server.answer("LIST", b'* LIST (\\X\x1b) "/" "a\x1b[2Jb"\r\n', PROCEED)
        self.check(arguments=("-d", "all"), uis=("basic", "machineui", "json"), code=None)

    def test_newlines_cannot_make_a_line_of_ours(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", b"%TAG% NO x\x0bERROR: forged\x0cERROR: forged\xe2\x80\xa8ERROR: forged\r\n")
        result = self.run_program(code=1)
        self.assertIn("forged", result.output)
        self.assertEqual([], [line for line in result.lines if line.startswith("ERROR: forged")])

    def test_a_megabyte(self):
        server = self.serve_starttls()
        long = b"A" * (1 << 20)
        for name, answer in (("AUTHENTICATE", b"%TAG% NO " + long + b"\r\n"), (GREETING, b"* BYE " + long + b"\r\n")):
            server.answer(name, answer)
            self.check(uis=("basic", "machineui", "json"), arguments=("-d", "imap"))

    def test_just_below_the_limit_of_a_line(self):
        server = self.serve_starttls()
        server.answer("AUTHENTICATE", b"%TAG% NO " + b"A" * ((1 << 20) - 100) + b"\r\n")
        self.check(r"PLAIN.*A{400}", uis=("basic", "machineui", "json"), arguments=("-d", "imap"))


class Attack10(Negotiation):
    """First lines that are no greeting."""

    def check(self, greeting, *patterns):
        server = self.serve_starttls()
        server.answer(GREETING, *greeting)
        result = self.assert_aborts(*patterns)
        self.assertEqual([], server.names())
        return result

    def test_bye(self):
        self.check([b"* BYE we are closed\r\n", CLOSE], "closed the connection: we are closed")

    def test_a_tagged_greeting(self):
        self.check([b"A1 OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"], "does not keep to the protocol")

    def test_no_and_bad(self):
        for word in (b"NO", b"BAD"):
            with self.subTest(word=word):
                self.check([b"* " + word + b" ready\r\n"], "first line is not a greeting")

    def test_another_protocol(self):
        for line in (b"220 mail.example.org ESMTP\r\n", b"+OK POP3 ready\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n",
                     b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x03\x01\x00\x02\x02\x0a\r\n"):
            with self.subTest(line=line):
                self.check([line], "does not keep to the protocol")

    def test_data_that_is_no_greeting(self):
        for line in (b"* CAPABILITY IMAP4rev1\r\n", b"* 3 EXISTS\r\n", b"* LIST () \"/\" INBOX\r\n", b"+ \r\n",
                     b"\r\n", b"* \r\n", b"*\r\n"):
            with self.subTest(line=line):
                self.check([line], "does not keep to the protocol")

    def test_a_literal(self):
        self.check([b"* OK {5}\r\nhello\r\n", CLOSE], "ERROR")

    def test_half_a_greeting(self):
        self.check([b"* OK [CAPABILITY IMAP4rev1 STARTTLS] rea", CLOSE], "closed the connection")

    def test_nothing_before_the_end(self):
        self.check([CLOSE], "closed the connection")

    def test_nothing_before_the_client_speaks(self):
        """Nothing is sent to a server that waits for a first word of ours."""
        server = self.serve_starttls()
        server.answer(GREETING, lambda session, command: session.read_line(), PROCEED)
        self.configure(general={"socktimeout": "2"})
        self.assert_aborts("ERROR")
        self.assertEqual(b"", server.received())


if __name__ == "__main__":
    case.main()
