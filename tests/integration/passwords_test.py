"""Where a password comes from: the whole order, the command, and what one wrong password costs."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402


class PasswordCase(case.SyncTestCase):
    def sections_without_password(self, **more):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        sections["Repository Remote"].update(more)
        return sections

    def configure_command(self, command, **more):
        self.workspace.configure(self.sections_without_password(remotepasscmd=command, **more))

    def write(self, name, text):
        path = self.workspace.home / name
        path.write_text(text)
        path.chmod(0o600)


class Order(PasswordCase):
    def test_the_first_source_that_has_one_counts(self):
        """Each source gives another password, of which only one is right: that of the source that has to win."""
        escaped = self.server.password.replace('"', '\\"')
        sources = [("remotepasseval", lambda right: {"remotepasseval": repr(right)}),
                   ("remotepass", lambda right: {"remotepass": right}),
                   ("remotepassfile", lambda right: self.write("file", right + "\n") or {"remotepassfile": "~/file"}),
                   ("remotepasscmd", lambda right: self.write("printed", right + "\n") or
                    {"remotepasscmd": "cat ~/printed"}),
                   ("netrc", lambda right: self.write(
                       ".netrc", f'machine {self.server.host} login {self.user} password "{escaped}"\n'
                       if right == self.server.password else
                       f"machine {self.server.host} login {self.user} password {right}\n") or {})]
        for winner, (name, _) in enumerate(sources):
            with self.subTest(name):
                options = {}
                for number, (_, source) in enumerate(sources[winner:]):
                    options.update(source(self.server.password if number == 0 else "wrong"))
                self.workspace.configure(self.sections_without_password(**options))
                self.workspace.sync()

    def test_a_source_before_the_right_one_spoils_it(self):
        self.write("printed", self.server.password)
        self.write("file", "wrong\n")
        self.configure_command("cat ~/printed", remotepassfile="~/file")
        self.assertEqual(1, self.workspace.run().returncode)

    def test_what_is_empty_is_passed_over(self):
        self.write("file", "\n")
        self.write("printed", self.server.password)
        self.configure_command("cat ~/printed", remotepass="", remotepassfile="~/file")
        self.workspace.sync()

    def test_where_nobody_can_be_asked_the_end_of_the_list_is_an_error(self):
        self.configure_command("true")
        result = self.workspace.run("--ignore-keyring")
        self.assertEqual(1, result.returncode)
        self.assertIn("Prompting for a password is not supported in this UI backend.", result.output)


class Command(PasswordCase):
    def test_the_first_line_counts_and_it_is_run_once(self):
        self.write("printed", self.server.password + "\r\nand more\n")
        self.configure_command("echo x >> ~/calls; cat ~/printed", maxconnections="3")
        self.account.create("Work", "Play")
        self.account.append("Work", corpus.message(1))
        result = self.workspace.sync("-d", "imap")
        self.assert_in_step()
        self.assertEqual("x\n", (self.workspace.home / "calls").read_text())
        self.assertNotIn(self.server.password, result.output)

    def test_a_failure_is_told_in_its_words_and_the_next_source_is_not_tried(self):
        self.write("printed", self.server.password)
        self.write(".netrc", f"machine {self.server.host} login {self.user} password x\n")
        self.configure_command("cat ~/printed; echo 'no agent' >&2; exit 7")
        result = self.workspace.run("-d", "imap")
        self.assertEqual(1, result.returncode)
        self.assertIn("Repository Remote: remotepasscmd failed with status 7; it says: no agent", result.output)
        self.assertNotIn(self.server.password, result.output)
        self.assertNotIn("AUTHENTICATE", result.output)

    def test_the_configurations_percent_signs_are_its_own(self):
        self.write("printed", self.server.password)
        self.configure_command("printf '%%s\\n' \"$(cat ~/printed)\"")
        self.workspace.sync()


class WrongOnes(PasswordCase):
    def test_a_wrong_password_stops_its_account_only(self):
        sections = self.workspace.sections(self.user)
        other_user = self.user + "_other"
        other = self.server.account(other_user)
        other.append("INBOX", corpus.message(1))
        sections["general"]["accounts"] = "Test, Other"
        sections["Account Other"] = {"localrepository": "OtherLocal", "remoterepository": "OtherRemote"}
        sections["Repository OtherLocal"] = {"type": "Maildir", "localfolders": "~/Other"}
        sections["Repository OtherRemote"] = {**sections["Repository Remote"], "remoteuser": other_user}
        sections["Repository Remote"]["remotepass"] = "wrong-one"
        for threads in ("1", "2"):
            with self.subTest(maxsyncaccounts=threads):
                sections["general"]["maxsyncaccounts"] = threads
                self.workspace.configure(sections)
                result = self.workspace.run()
                self.assertEqual(1, result.returncode)
                self.assertIn("PLAIN authentication failed", result.output)
                self.assertEqual(2, result.output.count("All authentication types failed"), "once, and in the report")
                self.assertIn("Finished account 'Other'", result.output)
                self.assertEqual(1, len(list((self.workspace.home / "Other" / "INBOX").glob("[cn]*/*"))))
                self.assertNotIn("wrong-one", result.output)


if __name__ == "__main__":
    case.main()
