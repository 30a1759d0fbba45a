"""Accounts, connections, interfaces, and the options that say what a run does and how often."""

import base64
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402
from support.certificates import fingerprint  # noqa: E402
from support.maildir import MaildirTree  # noqa: E402


class Runs(case.SyncTestCase):
    """Accounts, connections, and the options that say how often."""

    def several_accounts(self, names, general):
        sections = {"general": {"accounts": ", ".join(names), **general}}
        accounts = {}
        for name in names:
            user = f"{self.user}-{name.lower()}"
            accounts[name] = self.server.account(user)
            accounts[name].append("INBOX", corpus.message(1, subject=name))
            sections |= {
                f"Account {name}": {"localrepository": f"{name}-local", "remoterepository": f"{name}-remote"},
                f"Repository {name}-local": {"type": "Maildir", "localfolders": f"~/Mail/{name}"},
                f"Repository {name}-remote": self.workspace.remote(user),
            }
        return sections, accounts

    def check_accounts(self, accounts):
        for name, account in accounts.items():
            tree = MaildirTree(self.workspace.mail / name)
            self.assert_in_step(account=account, tree=tree)

    def test_accounts_are_synchronised_at_the_same_time(self):
        sections, accounts = self.several_accounts(["One", "Two", "Three"], {"maxsyncaccounts": 3})
        for name in accounts:
            # Each waits until all are there: that happens only if all three run at once.
            sections[f"Account {name}"]["presynchook"] = (
                f"touch ~/{name}.here; i=0; while [ $(ls ~/*.here | wc -l) -lt 3 ]; do sleep 0.1; i=$((i+1)); "
                "[ $i -gt 200 ] && { touch ~/alone; break; }; done")
        self.workspace.configure(sections)
        self.workspace.sync()
        self.assertFalse((self.workspace.home / "alone").exists())
        self.check_accounts(accounts)

    def test_single_threaded_accounts_come_one_after_the_other(self):
        sections, accounts = self.several_accounts(["One", "Two"], {"maxsyncaccounts": 2})
        self.workspace.configure(sections)
        result = self.workspace.sync("-1")
        self.check_accounts(accounts)
        steps = re.findall(r"^\*\*\* (Processing|Finished) account '?(\w+)", result.output, re.M)
        self.assertEqual([("Processing", "One"), ("Finished", "One"), ("Processing", "Two"), ("Finished", "Two")],
                         steps)

    def test_only_the_accounts_of_the_command_line(self):
        sections, accounts = self.several_accounts(["One", "Two", "Three"], {})
        self.workspace.configure(sections)
        self.workspace.sync("-a", "Three, One")
        self.assertEqual(["One", "Three"], sorted(path.name for path in self.workspace.mail.iterdir()))

    def test_one_account_that_fails_does_not_stop_the_others(self):
        sections, accounts = self.several_accounts(["One", "Two"], {})
        sections["Repository One-remote"]["remotepass"] = "wrong"
        self.workspace.configure(sections)
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.check_accounts({"Two": accounts["Two"]})

    def logins(self, sync):
        before = self.account.logins()
        sync()
        return self.account.logins() - before

    def test_never_more_connections_than_allowed(self):
        folders = ["INBOX", *(f"F{number}" for number in range(8))]
        self.account.create(*folders[1:])
        for folder in folders:
            self.account.append_all(folder, corpus.mailbox(seed=folder, count=10))
        self.configure(remote={"maxconnections": 1})
        self.assertEqual(1, self.logins(self.workspace.sync))
        self.assert_in_step()
        shutil.rmtree(self.workspace.mail)
        shutil.rmtree(self.workspace.metadata)
        self.configure(remote={"maxconnections": 3})
        self.assertIn(self.logins(self.workspace.sync), (2, 3))
        self.assert_in_step()

    def test_once_means_once_in_spite_of_autorefresh(self):
        self.configure(account={"autorefresh": "5"})
        result = self.workspace.sync("-o", timeout=20)
        self.assertEqual(1, result.output.count("*** Finished account"))

    def test_a_quick_sync_skips_what_did_not_change(self):
        self.configure()
        self.fill(("INBOX", "Work"))
        result = self.workspace.sync("-q")
        self.assertIn("Skipping INBOX (not changed)", result.output)
        self.assertIn("Skipping Work (not changed)", result.output)
        self.account.append("INBOX", corpus.message(1))
        self.tree.deliver("Work", corpus.disk_message(2), "S")
        result = self.workspace.sync("-q")
        self.assertNotIn("Skipping", result.output)
        self.assert_in_step()

    def test_quick_in_the_configuration(self):
        self.configure(account={"quick": "-1"})
        self.fill()
        self.assertIn("Skipping INBOX (not changed)", self.workspace.sync().output)

    def test_quiet_says_nothing_when_all_is_well(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync(ui="quiet")
        self.assertEqual("", result.output)
        self.assert_in_step()

    def test_tty_interface_writes_to_stderr(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync(ui="ttyui")
        self.assertEqual("", result.stdout)
        self.assertIn("Copy message UID 1 (1/1) Remote:INBOX -> Local:INBOX", result.stderr)

    def test_values_from_python(self):
        helper = self.workspace.home / "helper.py"
        helper.write_text("import re\n"
                          f"def host(): return {self.server.host!r}\n"
                          f"def password(): return {self.server.password!r}.encode()\n"
                          "def keep(name): return not re.match('Junk', name)\n")
        sections = self.workspace.sections(self.user)
        remote = sections["Repository Remote"]
        for option in ("remotehost", "remoteport", "remoteuser", "remotepass"):
            del remote[option]
        remote |= {"remotehosteval": "host()", "remoteporteval": f"{self.server.tls_port - 1} + 1",
                   "remoteusereval": f"'{self.user}'", "remotepasseval": "password()", "folderfilter": "keep"}
        sections["general"]["pythonfile"] = "~/helper.py"
        self.workspace.configure(sections)
        self.account.create("Junk", "Work")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Work"], self.tree.folders())

    def test_a_fingerprint_stands_for_the_authorities(self):
        sections = self.workspace.sections(self.user)
        remote = sections["Repository Remote"]
        del remote["sslcacertfile"]
        remote["cert_fingerprint"] = fingerprint(self.server.certificate)
        self.workspace.configure(sections)
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.assert_in_step()

    def test_an_override_of_the_command_line(self):
        self.configure()
        self.workspace.sync("-k", "Repository_Local:localfolders=~/Elsewhere")
        self.assertTrue((self.workspace.home / "Elsewhere" / "INBOX").is_dir())
        self.assertFalse(self.workspace.mail.exists())

    def test_a_log_file_has_what_was_shown(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync("-l", "log")
        log = (self.workspace.home / "log").read_text().splitlines()
        self.assertRegex(log[0], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO: OfflineImap .* starting\.\.\.$")
        self.assertRegex(log[1], r"^  Python: 3\.\d+\.\d+\S* Platform: linux$")
        self.assertEqual(1, len([line for line in log if re.search(
            r"^[-\d]+ [:\d]+ INFO: Copy message UID 1 \(1/1\) Remote:INBOX -> Local:INBOX$", line)]), log)

    def test_debugging_shows_the_protocol_and_no_password(self):
        self.configure()
        result = self.workspace.sync("-d", "all")
        secret = base64.b64encode(f"\0{self.user}\0{self.server.password}".encode()).decode()
        self.assertIn("[imap]: ", result.output)
        self.assertIn("LIST", result.output)
        for form in (self.server.password, self.server.password.replace('"', '\\"'), secret):
            self.assertNotIn(form, result.output)

    def test_version_and_help(self):
        for arguments, pattern in ((("--version",), r"^\d+\.\d+\.\d+\n$"), (("-V",), r"^offlineimap v\d+\.\d+\.\d+"),
                                   (("-h",), r"^Usage: offlineimap \[options\]\n"), (("--help",), r"\n *-a ")):
            result = self.workspace.sync(*arguments, ui=None)
            self.assertRegex(result.stdout, pattern)
            self.assertEqual("", result.stderr)

    def test_hooks_run_around_the_sync(self):
        self.configure(account={"presynchook": "echo before >> ~/hooks", "postsynchook": "echo after >> ~/hooks"})
        result = self.workspace.sync()
        self.assertEqual("before\nafter\n", (self.workspace.home / "hooks").read_text())
        self.assertIn("Calling hook: echo before >> ~/hooks", result.output)
        self.assertIn("Hook return code: 0", result.output)


if __name__ == "__main__":
    case.main()
