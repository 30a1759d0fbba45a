"""A server that wants the password in a weaker way than it was to go, or to be believed without knowing it."""

import base64
import hashlib
import hmac
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import scripted_case as case  # noqa: E402
from support.scripted_imap import CAPABILITIES  # noqa: E402

LOGINS = {"LOGIN", "AUTHENTICATE"}


class Logins(case.ScriptedTestCase):
    def attempts(self):
        """["PLAIN", …]: what was tried; LOGIN for the command of that name."""
        return [command.arguments.split(b" ")[0].decode() if command.name == "AUTHENTICATE" else command.name
                for command in self.server.commands if command.name in LOGINS]


class Attack14(Logins):
    """Weaker ways to log in than the configuration allows."""

    def test_passwords_in_clear_where_tls_was_asked_for(self):
        self.serve(capabilities=CAPABILITIES + " AUTH=LOGIN")
        self.configure(remote={"ssl": "no", "starttls": "yes"})
        self.assert_refuses("does not offer STARTTLS; nothing was sent")
        self.assert_nothing_sensitive_sent()

    def test_cram_md5_only_where_scram_was_asked_for(self):
        for tls in ("implicit", None):
            with self.subTest(tls=tls):
                self.serve(tls=tls, capabilities=CAPABILITIES + " AUTH=CRAM-MD5")
                self.configure(remote={"auth_mechanisms": "SCRAM-SHA-256, SCRAM-SHA-1"})
                self.assert_refuses(
                    "SCRAM-SHA-256 is passed over: the server does not offer it",
                    "no supported authentication mechanisms found; configured SCRAM-SHA-256, SCRAM-SHA-1, "
                    "server advertises CRAM-MD5, PLAIN")
                self.assertEqual([], self.attempts())
                self.assert_nothing_sensitive_sent()

    def test_an_unbound_login_where_only_a_bound_one_was_asked_for(self):
        self.serve(tls="implicit", capabilities=CAPABILITIES + " AUTH=SCRAM-SHA-256")
        self.configure(remote={"auth_mechanisms": "SCRAM-SHA-256-PLUS"})
        self.assert_refuses("SCRAM-SHA-256-PLUS is passed over: the server does not offer it")
        self.assertEqual([], self.attempts())

    def test_a_refusal_of_each_strong_mechanism(self):
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5"):
            with self.subTest(mechanism):
                self.serve(tls="implicit", capabilities=f"{CAPABILITIES} AUTH={mechanism}")
                self.server.answer("AUTHENTICATE", b"%TAG% NO [AUTHENTICATIONFAILED] no\r\n")
                self.assert_refuses(f"{mechanism} authentication failed: no",
                                    r"write 'auth_mechanisms = PLAIN' in \[Repository Remote\]")
                self.assertEqual([mechanism], self.attempts())
                self.assert_password_never_sent()


class ScramServer:
    """One that knows the password (RFC 5802 §3), but for what a test puts in place of its words."""

    def __init__(self, password, first=None, last=None, iterations=4096):
        self._password = password.encode()
        self._first = first
        self._last = last
        self._iterations = iterations
        self.client_first = None
        self.answers = []

    def __call__(self, session, command):
        _, _, initial = command.arguments.partition(b" ")
        self.client_first = base64.b64decode(initial).decode()
        bare = self.client_first.split(",", 2)[2]
        nonce = bare.partition(",r=")[2]
        first = (self._first or "r={nonce}server,s={salt},i={iterations}").format(
            nonce=nonce, other=nonce[1:], salt=base64.b64encode(b"salt").decode(), iterations=self._iterations)
        answer = self.ask(session, first)
        if answer == "*":
            return session.no(command, "as you like")
        self.ask(session, self._last or self._verifier(bare, first, answer))
        return session.ok(command, "[CAPABILITY IMAP4rev1] in")

    def ask(self, session, text):
        session.send(b"+ " + base64.b64encode(text.encode()) + b"\r\n")
        line = session.read_line().strip()
        answer = "*" if line == b"*" else base64.b64decode(line).decode()
        self.answers.append(answer)
        return answer

    def _verifier(self, bare, first, answer):
        salted = hashlib.pbkdf2_hmac("sha256", self._password, b"salt", self._iterations)
        message = f"{bare},{first},{answer.rpartition(',p=')[0]}".encode()
        key = hmac.digest(salted, b"Server Key", "sha256")
        return "v=" + base64.b64encode(hmac.digest(key, message, "sha256")).decode()


class Attack15(Logins):
    """SCRAM by a server that does not know the password, or wants to find it out."""

    def serve_scram(self, tls="implicit", **words):
        self.serve(tls=tls, capabilities=CAPABILITIES + " AUTH=SCRAM-SHA-256")
        scram = ScramServer(case.PASSWORD, **words)
        self.server.answer("AUTHENTICATE", scram)
        return scram

    def assert_given_up(self, reason):
        """With this mechanism, and nothing weaker after it; no advice to send the password in a weaker way."""
        result = self.assert_refuses(f"SCRAM-SHA-256 authentication failed: {reason}")
        self.assertNotIn("auth_mechanisms", result.output)
        self.assertEqual(["SCRAM-SHA-256"], self.attempts())
        self.assert_password_never_sent()
        self.assertNotIn("LIST", self.server.names())

    def test_the_server_of_these_tests_can_do_it_right(self):
        scram = self.serve_scram()
        self.run_program(code=0)
        self.assertIn("LIST", self.server.names())
        self.assertRegex(scram.answers[0], "^c=eSws,r=.*,p=")

    def test_a_wrong_signature(self):
        for last in ("v=" + base64.b64encode(bytes(32)).decode(), "v=", "x=y"):
            with self.subTest(last):
                self.serve_scram(last=last)
                self.assert_given_up("the server did not show that it knows the password")

    def test_no_signature(self):
        self.serve_scram()
        self.server.answer("AUTHENTICATE", b"%TAG% OK [CAPABILITY IMAP4rev1] in\r\n")
        self.assert_given_up("the server did not show that it knows the password")

    def test_iterations_that_are_too_few_or_too_many(self):
        for number in (0, 1, 4095, 2**31, 2**32 + 4096):
            with self.subTest(number=number):
                scram = self.serve_scram(iterations=number)
                self.assert_given_up(f"the server asks for {number} iterations")
                self.assertEqual(["*"], scram.answers)

    def test_a_nonce_that_is_not_ours(self):
        for nonce in ("{other}server", "", "{nonce}"):
            with self.subTest(nonce):
                scram = self.serve_scram(first="r=" + nonce + ",s={salt},i=4096")
                self.assert_given_up("the server's nonce does not continue ours")
                self.assertEqual(["*"], scram.answers)

    def test_an_extension_that_must_be_understood(self):
        scram = self.serve_scram(first="m=tell,r={nonce}server,s={salt},i=4096")
        self.assert_given_up("the server wants an extension")
        self.assertEqual(["*"], scram.answers)

    def test_an_offer_of_channel_binding_that_was_taken_out(self):
        """The server offers -PLUS; somebody between took it out. "y" tells the server, which ends the login."""
        scram = self.serve_scram(first="e=server-does-support-channel-binding")
        self.assert_given_up("server-does-support-channel-binding")
        self.assertTrue(scram.client_first.startswith("y,,n=user,r="), scram.client_first)


if __name__ == "__main__":
    case.main()
