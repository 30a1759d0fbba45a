"""What the program does besides syncing, and how the command line chooses it."""

import hashlib
import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402
from support.maildir import tree_below  # noqa: E402

# Stands in for Python's module "keyring" and writes down what it is asked.
_FAKE_KEYRING = """\
import json, os
import pathlib
_here = pathlib.Path(__file__).parent

class KeyringLocked(Exception): pass

def _note(*call):
    with open(_here / "calls", "a", encoding="utf-8") as file:
        print(json.dumps(call), file=file)

def get_password(service, user):
    _note("get", service, user)
    if (_here / "locked").exists():
        raise KeyringLocked("it is locked")
    return json.loads((_here / "passwords").read_text()).get(service + " " + user)

def set_password(service, user, password):
    _note("set", service, user, password)
"""


class DeleteFolder(case.SyncTestCase):
    def test_deletes_a_folder_of_the_server_and_nothing_else(self):
        self.configure()
        self.fill(("INBOX", "Old/2020", "Work"))
        before = tree_below(self.workspace.home)
        result = self.workspace.sync("--delete-folder", "Old/2020")
        self.assertIn("Folder 'Old/2020' deleted.", result.lines)
        self.assertEqual(["INBOX", "Work"], sorted(self.account.snapshot()))
        self.assertEqual(before, tree_below(self.workspace.home))

    def test_failure_is_told_with_the_servers_words_and_ends_with_status_1(self):
        self.configure()
        result = self.workspace.run("--delete-folder", "Nope")
        self.assertEqual(1, result.returncode, str(result))
        self.assertRegex(result.output, r"(?m)^ERROR: Folder 'Nope'\[Remote\] could not be deleted\. .*"
                                        r"Mailbox doesn't exist: Nope")

    def test_dry_run_deletes_nothing(self):
        self.configure()
        self.account.create("Work")
        result = self.workspace.sync("--delete-folder", "Work", "--dry-run")
        self.assertIn("would try to remove 'Work' on remote of 'Test' account", result.lines)
        self.assertEqual(["INBOX", "Work"], sorted(self.account.snapshot()))

    def test_name_is_modified_utf7_unless_folder_names_are_utf8(self):
        self.account.create("G&AOQ-ste", "L&APY-sch")
        self.configure()
        self.workspace.sync("--delete-folder", "G&AOQ-ste")
        self.assertEqual(["INBOX", "L&APY-sch"], sorted(self.account.snapshot()))
        self.configure(account={"utf8foldernames": "yes"})
        result = self.workspace.sync("--delete-folder", "Lösch")
        self.assertIn("Folder 'Lösch' deleted.", result.lines)
        self.assertEqual(["INBOX"], sorted(self.account.snapshot()))

    def test_wants_one_account(self):
        sections = self.workspace.sections(self.user)
        sections["general"]["accounts"] = "Test, Other"
        sections["Account Other"] = dict(sections["Account Test"])
        self.workspace.configure(sections)
        self.account.create("Work")
        result = self.workspace.run("--delete-folder", "Work")
        self.assertEqual(1, result.returncode)
        self.assertIn("ERROR: you must supply only one account with '-a'", result.lines)
        self.assertIn("Work", self.account.snapshot())
        self.workspace.sync("--delete-folder", "Work", "-a", "Other")
        self.assertNotIn("Work", self.account.snapshot())


class PruneMbnames(case.SyncTestCase):
    def configure_mbnames(self, **options):
        sections = self.workspace.sections(self.user)
        sections["mbnames"] = {"enabled": "yes", "filename": "~/mailboxes", "header": "'mailboxes '",
                               "peritem": '"+%(accountname)s/%(foldername)s"', "sep": "' '", "footer": "'\\n'",
                               **options}
        self.workspace.configure(sections)

    def cache(self, account):
        return self.workspace.metadata / "mbnames" / f"{account}.json"

    def leave(self, *accounts):
        self.cache("x").parent.mkdir(parents=True, exist_ok=True)
        for account in accounts:
            self.cache(account).write_text(json.dumps(
                [{"accountname": account, "foldername": "INBOX", "localfolders": "/m"}]))

    def list(self):
        return (self.workspace.home / "mailboxes").read_text()

    def test_forgets_accounts_that_are_gone(self):
        self.configure_mbnames()
        self.workspace.sync()
        self.leave("Gone", "Tes")  # the original would keep "Tes", which is a part of "Test"
        result = self.workspace.sync("--mbnames-prune", "-a", "Nobody")
        self.assertEqual([f"removed {self.cache(name)}" for name in ("Gone", "Tes")],
                         [line for line in result.lines if line.startswith("removed")])
        self.assertEqual('mailboxes "+Test/INBOX"\n', self.list())
        self.assertIn("no cache file to remove", self.workspace.sync("--mbnames-prune").lines)

    def test_incremental_list_is_left_to_the_next_sync(self):
        self.configure_mbnames(incremental="yes")
        self.leave("Gone")
        self.workspace.sync("--mbnames-prune")
        self.assertFalse(self.cache("Gone").exists())
        self.assertFalse((self.workspace.home / "mailboxes").exists())

    def test_without_mbnames_everything_is_forgotten(self):
        self.configure_mbnames(enabled="no")
        self.leave("Test", "Gone")
        self.workspace.sync("--mbnames-prune")
        self.assertFalse(self.cache("Test").exists() or self.cache("Gone").exists())
        self.assertFalse((self.workspace.home / "mailboxes").exists())

    def test_dry_run_removes_nothing(self):
        self.configure_mbnames()
        self.leave("Test", "Gone")
        before = tree_below(self.workspace.home)
        result = self.workspace.sync("--mbnames-prune", "--dry-run")
        self.assertIn(f"mbnames would remove {self.cache('Gone')}", result.lines)
        self.assertEqual(before, tree_below(self.workspace.home))


class MigrateFmd5(case.SyncTestCase):
    """A store as versions before 6.3.5 left it: FMD5 of the folder's own name, though nametrans changes it."""

    def setUp(self):
        super().setUp()
        self.configure(local={"nametrans": "lambda name: 'X.' + name"})

    def md5(self, name):
        return hashlib.md5(name.encode()).hexdigest()

    def put(self, name, md5):
        if not self.tree.path("Work").exists():
            self.tree.make_folder("Work")
        path = self.tree.path("Work") / "cur" / f"{name},U=3,FMD5={md5}:2,S"
        path.write_bytes(corpus.disk_message(1))
        return path

    def test_messages_get_the_hash_of_the_translated_name(self):
        old, new = self.md5("Work"), self.md5("X.Work")
        outdated, current = self.put("1_0.1.h", old), self.put("2_0.1.h", new)
        foreign = self.put("3_0.1.h", "a" * 32)
        result = self.workspace.sync("--migrate-fmd5-using-nametrans")
        self.assertIn(f"Migrating file `{outdated}' to FMD5 `{new}'", result.lines)
        self.assertIn(f"Inconsistent FMD5 for file `{foreign}': Neither `{old}' nor `{new}' found", result.lines)
        self.assertEqual(sorted([outdated.name.replace(old, new), current.name, foreign.name]),
                         sorted(path.name for path in (self.tree.path("Work") / "cur").iterdir()))
        self.assertEqual([], list(self.workspace.metadata.glob("*.lock")))
        again = self.workspace.sync("--migrate-fmd5-using-nametrans")
        self.assertNotIn("Migrating file", again.output)

    def test_dry_run_only_lists(self):
        outdated = self.put("1_0.1.h", self.md5("Work"))
        before = tree_below(self.workspace.home)
        result = self.workspace.sync("--migrate-fmd5-using-nametrans", "--dry-run")
        self.assertIn(f"Migrating file `{outdated}' to FMD5 `{self.md5('X.Work')}'", result.lines)
        self.assertEqual(before, tree_below(self.workspace.home))

    def test_refuses_while_another_run_has_the_account(self):
        outdated = self.put("1_0.1.h", self.md5("Work"))
        self.configure(local={"nametrans": "lambda name: 'X.' + name"}, account={"presynchook": "sleep 60"})
        running = self.workspace.start()
        self.addCleanup(running.kill)
        running.wait_for("Calling hook")
        result = self.workspace.run("--migrate-fmd5-using-nametrans")
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Could not lock account Test. Is another instance using this account?", result.output)
        self.assertTrue(outdated.exists())


class Profiles(case.SyncTestCase):
    def profile(self):
        [path] = (self.workspace.home / "profiles").glob("*.prof")
        return path

    def rows(self):
        """(head, {(phase, folder): (seconds, times)})"""
        head, _, table = self.profile().read_text().partition("\n\nseconds\ttimes\tphase\tfolder\n")
        rows = {}
        for line in table.splitlines():
            seconds, times, phase, folder = line.split("\t")
            rows[phase, folder] = float(seconds), int(times)
        return head, rows

    def test_one_file_for_each_account_says_where_the_time_went(self):
        self.configure(account={"presynchook": "sleep 1"})
        self.account.create("Work")
        self.account.append_all("Work", [(corpus.message(nth), (), None) for nth in range(5)])
        result = self.workspace.sync("-P", "profiles")
        for line in ("Profile mode: Forcing to singlethreaded.",
                     "Profile mode: Potentially large data will be created in 'profiles'"):
            self.assertIn(line, result.lines)
        self.assertNotIn("already exists", result.output)
        self.assertRegex(self.profile().name, r"^\d{14}_Test\.prof$")
        head, rows = self.rows()
        self.assertRegex(head, r"^offlineimap profile 1\naccount\tTest\nbegun\t[-0-9]+ [:0-9]+\nseconds\t\d+\.\d{6}$")
        self.assertAlmostEqual(float(head.rpartition("\t")[2]), sum(seconds for seconds, _ in rows.values()), delta=0.001)
        self.assertGreater(rows["hook", ""][0], 0.9)
        for row in (("connecting", ""), ("IMAP -> Maildir, copying", "Work"), ("listing IMAP", "INBOX"),
                    ("Maildir -> IMAP, planning", "Work")):
            self.assertIn(row, rows)
        self.assertNotIn(("IMAP -> Maildir, copying", "INBOX"), rows)
        self.assert_in_step()

    def test_a_directory_that_exists_is_told_and_used(self):
        (self.workspace.home / "profiles").mkdir()
        self.configure()
        result = self.workspace.sync("-1", "-P", "profiles")
        self.assertIn("Profile mode: Directory 'profiles' already exists!", result.lines)
        self.assertNotIn("Forcing", result.output)
        self.assertTrue(self.profile().exists())

    def test_no_directory_is_made_where_nothing_is_profiled(self):
        self.configure()
        for arguments in (("-u", "nonsense"), ("-a", "Nobody"), ("-k", "ui"), ("--info",), ("--mbnames-prune",)):
            with self.subTest(arguments):
                self.workspace.run("-P", "profiles", *arguments)
                self.assertFalse((self.workspace.home / "profiles").exists())
        self.assertIn("Profile mode: there is no sync to profile; -P has no effect",
                      self.workspace.run("-P", "profiles", "--info").output)

    def test_a_directory_without_a_name_is_a_mistake_of_the_command_line(self):
        self.configure()
        result = self.workspace.run("-P", "")
        self.assertEqual(2, result.returncode, str(result))
        self.assertIn("-P option requires a directory that has a name", result.output)

    def test_a_directory_that_cannot_be_made_ends_the_run(self):
        (self.workspace.home / "file").touch()
        self.configure()
        result = self.workspace.run("-P", "file/profiles")
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("ERROR: cannot create directory 'file': ", result.output)
        self.assertFalse(self.workspace.mail.exists())


class CommandLine(case.SyncTestCase):
    def test_options_are_written_as_the_original_takes_them(self):
        self.configure(account={"autorefresh": "5"})
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync("INBOX", "-1oubasic", "--dry", "-kRepository_Local:localfolders=~/Other", "more",
                                     "--", "--foo", ui=None, timeout=30)
        self.assertIn("[DRYRUN] Copy 1 messages from INBOX[Remote] to Local", result.stdout.splitlines())
        self.assertFalse(self.workspace.mail.exists() or (self.workspace.home / "Other").exists())

    def test_a_usage_error_ends_with_status_2(self):
        self.configure()
        for arguments, said in ((("--foo",), "no such option: --foo"), (("--m",), "ambiguous option: --m "),
                                (("-a",), "-a option requires 1 argument")):
            result = self.workspace.run(*arguments, ui=None)
            self.assertEqual(2, result.returncode)
            self.assertRegex(result.stderr, r"^Usage: offlineimap \[options\]\n\nofflineimap: error: " + said)
            self.assertFalse(self.workspace.mail.exists())


class Interfaces(case.SyncTestCase):
    def test_syslog_says_nothing_on_the_terminal(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync(ui="syslog")
        self.assertEqual("", result.output)
        self.assert_in_step()

    def test_a_copy_to_syslog_leaves_the_interface_as_it_is(self):
        self.configure()
        self.workspace.sync()
        plain = self.workspace.sync().lines
        copied = self.workspace.sync("-s").lines
        self.assertEqual([line for line in plain if "Finished" not in line],
                         [line for line in copied if "Finished" not in line])
        self.assertNotEqual([], copied)

    def test_old_names_and_lists_are_understood_here_and_there(self):
        for ui, general in (("Curses.Blinkenlights, Noninteractive.Basic", {}),
                            (None, {"ui": "Curses.Blinkenlights, Noninteractive.Basic"})):
            self.configure(general=general)
            result = self.workspace.sync(ui=ui)
            self.assertIn("Using old interface name, consider using one of ttyui, basic, quiet", result.stdout)
            self.assertIn("*** Finished account 'Test'", result.stdout)

    def test_an_unknown_name_is_answered_with_the_choice(self):
        self.configure()
        for arguments in (("-u", "foo"), ("-k", "ui=foo")):
            result = self.workspace.run(*arguments, ui=None)
            self.assertEqual(1, result.returncode)
            self.assertIn("UI 'foo' does not exist, choose one of: ttyui, basic, quiet, syslog", result.stderr)

    def test_a_malformed_override_is_an_error(self):
        self.configure()
        for argument, said in (("foo", "'foo' has no '='"), ("Nobody:x=1", "no section [Nobody]")):
            result = self.workspace.run("-k", argument)
            self.assertEqual(1, result.returncode)
            self.assertIn(said, result.stderr)
            self.assertFalse(self.workspace.mail.exists())


class Keyring(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.modules = self.workspace.home / "modules"
        self.modules.mkdir()
        (self.modules / "keyring.py").write_text(_FAKE_KEYRING)
        self.keep({})

    def keep(self, passwords):
        (self.modules / "passwords").write_text(json.dumps(passwords))

    def key(self):
        return f"{self.server.host} {self.user}"

    def calls(self):
        path = self.modules / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def run_with(self, *arguments, general=None, password=None):
        sections = self.workspace.sections(self.user)
        sections["general"].update(general or {})
        del sections["Repository Remote"]["remotepass"]
        if password:
            sections["Repository Remote"]["remotepass"] = password
        self.workspace.configure(sections)
        return self.workspace.run(*arguments, environment={"PYTHONPATH": str(self.modules)})

    def test_gives_the_password(self):
        self.keep({self.key(): self.server.password})
        self.account.append("INBOX", corpus.message(1))
        result = self.run_with()
        self.assertEqual(0, result.returncode, str(result))
        self.assertEqual([["get", self.server.host, self.user]], self.calls())
        self.assert_in_step()

    def test_is_asked_after_the_configuration(self):
        result = self.run_with(password=self.server.password)
        self.assertEqual(0, result.returncode, str(result))
        self.assertEqual([], self.calls())

    def test_is_left_alone_when_told_so(self):
        self.keep({self.key(): self.server.password})
        for arguments, general in ((("--ignore-keyring",), {}), ((), {"ignore-keyring": "yes"})):
            result = self.run_with(*arguments, general=general)
            self.assertEqual(1, result.returncode, str(result))
            self.assertIn("Prompting for a password is not supported in this UI backend.", result.output)
            self.assertEqual([], self.calls())

    def test_without_the_module_it_is_passed_over(self):
        (self.modules / "keyring.py").write_text("raise ImportError('not here')\n")
        result = self.run_with()
        self.assertEqual(1, result.returncode)
        self.assertIn("Prompting for a password is not supported in this UI backend.", result.output)
        self.assertNotIn("keyring", result.output)

    def test_a_failing_one_is_told(self):
        (self.modules / "locked").touch()
        result = self.run_with()
        self.assertEqual(1, result.returncode)
        self.assertIn(f"The keyring gave no password for '{self.user}': KeyringLocked: it is locked", result.lines)

    def test_password_that_worked_is_stored(self):
        for arguments, general in ((("--update-keyring",), {}), ((), {"update-keyring": "yes"})):
            (self.modules / "calls").unlink(missing_ok=True)
            result = self.run_with(*arguments, general=general, password=self.server.password)
            self.assertEqual(0, result.returncode, str(result))
            self.assertEqual([["set", self.server.host, self.user, self.server.password]], self.calls())

    def test_dry_run_stores_no_password(self):
        result = self.run_with("--update-keyring", "--dry-run", password=self.server.password)
        self.assertEqual(0, result.returncode, str(result))
        self.assertEqual([], self.calls())

    def test_password_that_was_refused_is_not_stored(self):
        result = self.run_with("--update-keyring", password="wrong")
        self.assertEqual(1, result.returncode)
        self.assertEqual([], self.calls())


class Info(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.account.create("Archive/2024", "Sent Items", "Junk")
        self.tree.make_folder("INBOX")
        self.tree.make_folder("Drafts")

    def test_filter_of_the_command_line_is_shown(self):
        self.configure()
        lines = self.workspace.sync("--info", "-f", "INBOX,Junk").lines
        self.assertIn(" Junk", lines)
        self.assertIn(" Sent Items (disabled)", lines)

    def test_changes_nothing(self):
        self.configure()
        shutil.rmtree(self.workspace.mail)
        before = tree_below(self.workspace.home)
        self.workspace.sync("--info")
        self.assertEqual(before, tree_below(self.workspace.home))

    def test_host_from_python_is_shown(self):
        self.configure()
        result = self.workspace.sync("--info", "-k", "Repository_Remote:remotehosteval='local' + 'host'", "-k",
                                     f"Repository_Remote:remoteporteval={self.server.tls_port - 1} + 1")
        self.assertIn(f"Host: localhost Port: {self.server.tls_port} SSL: True", result.lines)

    def test_failed_connection_is_told_and_the_local_side_shown_all_the_same(self):
        self.configure(remote={"remotepass": "wrong", "folderfilter": "lambda name: True"})
        result = self.workspace.run("--info")
        self.assertEqual(1, result.returncode)
        self.assertIn("Failed to connect. Reason ", result.stderr)
        self.assertIn("folderfilter= lambda name: True", result.stderr.splitlines())
        self.assertIn("Local repository 'Local': type 'Maildir'\nFolderlist:\n Drafts\n INBOX\n", result.stderr)


if __name__ == "__main__":
    case.main()
