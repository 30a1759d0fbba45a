"""Ways to log in, with a server that knows the password in the clear."""

import base64
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402

MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "DIGEST-MD5", "PLAIN", "LOGIN")


class Mechanisms(case.SyncTestCase):
    def debugged(self, **remote):
        self.configure(remote=remote)
        return self.workspace.run("-d", "imap")

    def test_each_logs_in(self):
        self.account.append("INBOX", corpus.message(1))
        for mechanism in MECHANISMS:
            with self.subTest(mechanism=mechanism):
                result = self.debugged(auth_mechanisms=mechanism)
                self.assertEqual(0, result.returncode, str(result))
                self.assertIn("> A1 LOGIN" if mechanism == "LOGIN" else f"AUTHENTICATE {mechanism}", result.output)
        self.assert_in_step()

    def test_the_strongest_is_the_default(self):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["auth_mechanisms"]
        self.workspace.configure(sections)
        result = self.workspace.sync("-d", "imap")
        self.assertIn("AUTHENTICATE SCRAM-SHA-256", result.output)
        self.assertNotIn("AUTHENTICATE PLAIN", result.output)

    def test_what_is_passed_over_gets_a_line_if_it_is_written(self):
        result = self.debugged(auth_mechanisms="GSSAPI, EXTERNAL, PLAIN")
        for mechanism in ("GSSAPI", "EXTERNAL"):
            line = f"Repository Remote: {mechanism} is passed over: the server does not offer it"
            self.assertEqual(1, result.output.count(line), str(result))
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["auth_mechanisms"]
        self.workspace.configure(sections)
        self.assertNotIn("passed over", self.workspace.sync().output)

    def test_a_wrong_password_is_tried_once(self):
        for mechanism in MECHANISMS[:4]:
            with self.subTest(mechanism=mechanism):
                result = self.debugged(auth_mechanisms=f"{mechanism}, PLAIN", remotepass="wrong")
                self.assertEqual(1, result.returncode)
                self.assertIn(f"{mechanism} authentication failed: ", result.output)
                self.assertEqual(1, result.output.count("> A1 AUTHENTICATE"))
                self.assertNotIn("A2 ", result.output)

    def test_no_secret_is_shown(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism=mechanism):
                result = self.debugged(auth_mechanisms=mechanism)
                plain = f"\0{self.user}\0{self.server.password}".encode()
                for secret in (self.server.password, base64.b64encode(plain).decode()):
                    self.assertNotIn(secret, result.output)

    def test_who_asks_for_another_identity_gets_no_other(self):
        result = self.debugged(auth_mechanisms="CRAM-MD5", remote_identity="boss")
        self.assertEqual(1, result.returncode)
        self.assertIn("CRAM-MD5 authentication failed: it cannot ask for another identity", result.output)
        for mechanism in ("SCRAM-SHA-256", "DIGEST-MD5", "PLAIN"):  # this server lets nobody be the boss
            with self.subTest(mechanism=mechanism):
                result = self.debugged(auth_mechanisms=mechanism, remote_identity="boss")
                self.assertEqual(1, result.returncode, str(result))


if __name__ == "__main__":
    case.main(mechanisms="plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256")
