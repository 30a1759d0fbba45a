"""The base of the test cases against a scripted server: a server, a user's home and an account `Test` for every test."""

import base64
import re
import unittest

from . import case
from .certificates import Authority
from .scripted_imap import ScriptedServer
from .workspace import Workspace

PASSWORD = "s3cret-Pa55phrase"

# Traces of a program that fell over instead of reporting.
CRASHES = ("terminate called", "Traceback (most recent call last)", "Segmentation fault", "AddressSanitizer",
           "ThreadSanitizer", "runtime error:")


class ScriptedTestCase(unittest.TestCase):
    maxDiff = 4000
    _authority = None
    _certificate = None

    @classmethod
    def authority(cls):
        """The CA that the account trusts."""
        if ScriptedTestCase._authority is None:
            ScriptedTestCase._authority = Authority(case.root_directory() / "certificates", "ca")
        return ScriptedTestCase._authority

    @classmethod
    def certificate(cls):
        """(certificate, key) for localhost."""
        if ScriptedTestCase._certificate is None:
            ScriptedTestCase._certificate = cls.authority().issue("localhost", "localhost", "DNS:localhost")
        return ScriptedTestCase._certificate

    def setUp(self):
        self.server = None
        self.workspace = Workspace(case.root_directory() / self.id().rpartition("__main__.")[2], None)
        self.tree = self.workspace.tree()

    def serve(self, mailboxes=None, tls=None, **options):
        """Starts the test's server and configures the account for it: TLS as the server has it; without any, passwords
        go in clear (`starttls = no`), since it listens on loopback."""
        server = self.another_server(mailboxes, tls, **options)
        self.server = server
        self.tls = tls
        self.configure()
        return server

    def another_server(self, mailboxes=None, tls=None, **options):
        if tls and "certificate" not in options:
            options["certificate"] = self.certificate()
        options.setdefault("password", PASSWORD)
        server = ScriptedServer(mailboxes, tls, **options)
        self.addCleanup(server.stop)
        return server

    def configure(self, general=None, account=None, local=None, remote=None):
        """The standard account with some options more; None takes one away."""
        security = {"implicit": {"ssl": "yes"}, "starttls": {"ssl": "no", "starttls": "yes"},
                    None: {"ssl": "no", "starttls": "no"}}[self.tls]
        sections = {
            "general": {"accounts": "Test", **(general or {})},
            "Account Test": {"localrepository": "Local", "remoterepository": "Remote", **(account or {})},
            "Repository Local": {"type": "Maildir", "localfolders": "~/Mail", **(local or {})},
            "Repository Remote": {"type": "IMAP", "remotehost": self.server.host, "remoteport": self.server.port,
                                  "ipv6": "no", "remoteuser": self.server.user, "remotepass": self.server.password,
                                  "sslcacertfile": self.authority().certificate, **security, **(remote or {})},
        }
        self.workspace.configure({section: {option: value for option, value in options.items() if value is not None}
                                  for section, options in sections.items()})

    # -- runs --

    def run_program(self, *arguments, code=None, **options):
        """A run that ends by itself, does not fall over, and shows no secret."""
        result = self.workspace.run(*arguments, **options)
        for crash in CRASHES:
            self.assertNotIn(crash, result.output)
        self.assertNotIn(self.server.password, result.output, "the password was shown")
        if code is not None:
            self.assertEqual(code, result.returncode, str(result))
        return result

    def assert_refuses(self, *patterns, arguments=()):
        """The run fails with an error that matches every pattern."""
        result = self.run_program(*arguments, code=1)
        errors = [line for line in result.lines if "ERROR" in line]
        self.assertTrue(errors, str(result))
        for pattern in patterns:
            self.assertRegex(result.output, pattern)
        return result

    # -- outcomes --

    def assert_nothing_sensitive_sent(self, server=None):
        """No login was begun, no folder asked for, no message sent."""
        server = server or self.server
        allowed = {"CAPABILITY", "STARTTLS", "LOGOUT", "NOOP"}
        self.assertLessEqual(set(server.names()), allowed)
        self.assert_password_never_sent(server)

    def assert_password_never_sent(self, server=None):
        server = server or self.server
        received = server.received()
        for secret in forms_of(server.user, server.password):
            self.assertNotIn(secret, received)

    def assert_nothing_made(self):
        """Nothing came to this side."""
        self.assertEqual([], self.tree.folders() if self.workspace.mail.exists() else [])

    def local_bodies(self, folder="INBOX"):
        return sorted(message.body for message in self.tree.messages(folder))


def forms_of(user, password):
    """The bytes by which a password might be known on the wire or in an output."""
    plain = f"\0{user}\0{password}".encode()
    return [password.encode(), base64.b64encode(plain), base64.b64encode(password.encode()),
            re.sub(r'(["\\])', r"\\\1", password).encode()]


def message(number=1, subject="A letter"):
    """A message in wire form."""
    return (f"From: a{number}@example.org\r\nTo: b@example.org\r\nSubject: {subject} {number}\r\n"
            f"Message-ID: <{number}@example.org>\r\nDate: Mon, 1 Jan 2024 12:00:00 +0000\r\n\r\n"
            f"Text of {number}.\r\n").encode()


main = case.main
