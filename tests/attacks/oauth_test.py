"""A token server, or somebody in its place, that wants secrets or our time."""

import os
import pathlib
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import scripted_case as case  # noqa: E402
from support.token_server import Raw, TokenServer  # noqa: E402

REFRESH = "refresh-1.very.secret"
ACCESS = "access-1.very.secret"
CLIENT_SECRET = "client-secret-of-ours"


class Attack16(case.ScriptedTestCase):
    def setUp(self):
        super().setUp()
        self.tokens = self.token_server()
        os.environ["SSL_CERT_FILE"] = str(self.authority().certificate)
        self.serve({"INBOX": [case.message(1)]}, tls="implicit",
                   capabilities="IMAP4rev1 SASL-IR AUTH=OAUTHBEARER AUTH=PLAIN")
        self.set_up(oauth2_refresh_token=REFRESH)

    def token_server(self):
        server = TokenServer(*self.certificate())
        self.addCleanup(server.stop)
        return server

    def set_up(self, **more):
        self.configure(remote={"auth_mechanisms": "OAUTHBEARER, PLAIN", "oauth2_client_id": "id",
                               "oauth2_client_secret": CLIENT_SECRET, "oauth2_request_url": self.tokens.url(), **more})

    def answer(self, status, answer):
        self.tokens.answer("/token", lambda _request: (status, answer))

    def fails(self, *patterns):
        """No login, no password instead of the token, no secret in what is shown or logged; one request at most."""
        result = self.assert_refuses(*patterns, arguments=("-d", "imap", "-l", "log"))
        self.assert_password_never_sent()
        log = (self.workspace.home / "log").read_text()
        for secret in (REFRESH, ACCESS, CLIENT_SECRET):
            self.assertNotIn(secret, result.output)
            self.assertNotIn(secret, log)
        self.assertLessEqual(len(self.tokens.requests("/token")), 1)
        return result

    def test_status_200_with_an_error_is_an_error(self):
        self.answer(200, {"error": "invalid_grant", "error_description": f"{REFRESH} {CLIENT_SECRET} \x1b[2J",
                          "access_token": ACCESS})
        self.fails("xoauth2handler got: .*invalid_grant", re.escape(r"*** *** \x1b[2J"))
        self.assertNotIn("AUTHENTICATE", self.server.names())

    def test_a_redirect_is_not_followed(self):
        other = self.token_server()
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        listener.setblocking(False)
        plain = f"http://127.0.0.1:{listener.getsockname()[1]}/token?secret=1"
        for status in (301, 302, 303, 307, 308):
            for target in (plain, other.url("/token"), "file:///etc/passwd"):
                with self.subTest(status=status, target=target):
                    self.tokens.forget_requests()
                    self.answer(status, Raw(b"", Location=target))
                    self.fails("it redirects to|gave no token")
        self.assertEqual([], other.requests())
        with self.assertRaises(BlockingIOError, msg="somebody came"):
            listener.accept()

    def test_a_body_of_10_mb_is_not_read(self):
        self.answer(200, Raw(b'{"access_token": "' + b"x" * 10_000_000 + b'"}'))
        self.fails("its answer is larger than 64 KiB")

    def test_headers_without_end_are_not_read(self):
        self.answer(200, Raw(b"{}", **{f"X_{number}": "y" * 1000 for number in range(200)}))
        self.fails("its answer is larger than 64 KiB|failed:")

    def test_an_answer_that_never_ends_is_given_up(self):
        self.tokens.answer("/token", lambda _request: time.sleep(60) or (200, {}))
        self.configure(general={"socktimeout": "5"},
                       remote={"auth_mechanisms": "OAUTHBEARER, PLAIN", "oauth2_client_id": "id",
                               "oauth2_client_secret": CLIENT_SECRET, "oauth2_request_url": self.tokens.url(),
                               "oauth2_refresh_token": REFRESH})
        started = time.monotonic()
        self.fails("no answer within the time limit")
        self.assertLess(time.monotonic() - started, 30)

    def test_what_is_no_token_is_no_token(self):
        for answer in (Raw(b""), Raw(b"null"), Raw(b"[" * 60000), Raw(b'{"access_token": {"a": 1}}'),
                       Raw(b'{"access_token": ""}'), Raw(b"\xff\xfe"), Raw(b"<html>Please log in</html>")):
            with self.subTest(answer.body[:30]):
                self.tokens.forget_requests()
                self.answer(200, answer)
                self.fails("gave no token: HTTP status 200")

    def test_a_token_with_line_ends_never_reaches_the_mail_server(self):
        self.answer(200, {"access_token": "x\r\nA9 DELETE INBOX"})
        self.fails("holds characters that no token has")
        self.assertNotIn(b"DELETE", self.server.received())

    def test_a_token_that_is_always_refused_is_renewed_once(self):
        self.answer(200, {"access_token": ACCESS, "expires_in": 3600})
        for more, refused in (({"oauth2_refresh_token": REFRESH}, 1),
                              ({"oauth2_refresh_token": REFRESH, "oauth2_access_token": "old"}, 2)):
            with self.subTest(list(more)):
                self.tokens.forget_requests()
                self.set_up(**more)
                self.server.answer("AUTHENTICATE", b"%TAG% NO [AUTHENTICATIONFAILED] expired\r\n")
                before = self.server.names().count("AUTHENTICATE")
                self.fails("OAUTHBEARER authentication failed: expired")
                self.assertEqual(1, len(self.tokens.requests("/token")))
                self.assertEqual(refused, self.server.names().count("AUTHENTICATE") - before)

    def test_a_server_that_goes_on_asking_is_left(self):
        self.answer(200, {"access_token": ACCESS, "expires_in": 3600})
        challenge = b"+ eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=\r\n"

        def ask(session, command):
            for expected in (b"AQ==\r\n", b"*\r\n"):
                session.send(challenge)
                line = session.read_line()
                self.seen.append((expected, line))
            session.send(command.tag + b" NO no\r\n")

        self.seen = []
        self.server.answer("AUTHENTICATE", ask)
        self.fails("OAUTHBEARER authentication failed: no .status invalid_token")
        self.assertEqual([expected for expected, _ in self.seen], [line for _, line in self.seen])

    def test_a_certificate_of_nobody_gets_no_form(self):
        from support.certificates import Authority
        other = Authority(self.workspace.root / "other", "other")
        os.environ["SSL_CERT_FILE"] = str(other.certificate)
        self.fails("certificate")
        self.assertEqual([], self.tokens.requests())

    def test_without_tls_nothing_is_sent(self):
        self.set_up(oauth2_request_url="http://127.0.0.1:1/token")
        self.assert_refuses("is no https:// address")

    def test_left_alone_it_works(self):
        self.answer(200, {"access_token": ACCESS, "expires_in": 3600})
        self.server.answer("AUTHENTICATE", lambda session, command: (
            setattr(session, "logged_in", True), session.send(command.tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")))
        result = self.run_program("-d", "imap", code=0)
        self.assertNotIn(ACCESS, result.output)
        self.assertEqual(1, len(self.local_bodies()))


if __name__ == "__main__":
    case.main()
