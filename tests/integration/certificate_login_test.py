"""Logins with a client certificate (EXTERNAL)."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, certificates, corpus  # noqa: E402


class ClientCertificate(case.SyncTestCase):
    def configure_with_certificate(self, name=None, without=("auth_mechanisms",), **remote):
        certificate, key = self.server.authority.issue(self.user, name or self.user, f"DNS:{self.user}", "clientAuth")
        sections = self.workspace.sections(self.user)
        for option in without:
            del sections["Repository Remote"][option]
        sections["Repository Remote"].update({"sslclientcert": certificate, "sslclientkey": key, **remote})
        self.workspace.configure(sections)

    def run_debugged(self):
        return self.workspace.run("-d", "imap")

    def test_is_enough_to_log_in(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure_with_certificate(without=("auth_mechanisms", "remotepass"))
        result = self.run_debugged()
        self.assertEqual(0, result.returncode, str(result))
        self.assertRegex(result.output, r"> \w+ AUTHENTICATE EXTERNAL( \[hidden\])?\n")
        self.assert_in_step()

    def test_is_enough_where_only_it_says_who_logs_in(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure_with_certificate(without=("auth_mechanisms", "remotepass", "remoteuser"))
        result = self.run_debugged()
        self.assertEqual(0, result.returncode, str(result))
        self.assert_in_step()

    def test_of_somebody_else_is_refused_and_nothing_weaker_follows(self):
        self.configure_with_certificate(name="somebody_else")
        result = self.run_debugged()
        self.assertEqual(1, result.returncode, str(result))
        self.assertEqual(1, result.output.count(" AUTHENTICATE "))
        self.assertIn("EXTERNAL authentication failed: ", result.output)
        self.assertRegex(result.output, r"write 'auth_mechanisms = .*PLAIN, LOGIN' in \[Repository Remote\]")

    def test_is_not_used_for_the_login_by_who_does_not_write_so(self):
        self.configure_with_certificate(without=(), auth_mechanisms="PLAIN")
        result = self.run_debugged()
        self.assertEqual(0, result.returncode, str(result))
        self.assertNotIn("AUTHENTICATE EXTERNAL", result.output)

    def test_that_is_not_there_is_passed_over(self):
        self.configure(remote={"auth_mechanisms": "EXTERNAL, PLAIN"})
        result = self.workspace.sync()
        self.assertIn("EXTERNAL is passed over: there is no client certificate (sslclientcert)", result.output)


if __name__ == "__main__":
    case.main(mechanisms="external plain login", more_settings="""
auth_ssl_username_from_cert = yes
ssl_verify_client_cert = yes
ssl_require_crl = no
ssl_ca = <{root}/tls/ca.pem
passdb {
  driver = static
  mechanisms = external
  args = nopassword
}
""")
