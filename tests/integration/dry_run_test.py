"""A dry run tells the truth and leaves no trace: no byte, no name, no time and no mode changes on either side or in
the metadata, whatever state they are in."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402


def traces_below(root):
    """{path: everything that a run could change about it, but for when it was last read}."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in [".", *names, *files]:
            path = pathlib.Path(directory) / name
            about = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            found[str(path.relative_to(root))] = (about.st_ino, about.st_mode, about.st_nlink, about.st_mtime_ns,
                                                  about.st_ctime_ns, content and hashlib.sha256(content).hexdigest())
    return found


class DryRunCase(case.SyncTestCase):
    def dry_run(self, *arguments, code=0):
        """A dry run that ends with `code` and changes nothing at all."""
        server = self.account.snapshot(), self.account.status()
        home = traces_below(self.workspace.home)
        result = self.workspace.run("--dry-run", "-1", *arguments)
        self.assertEqual(code, result.returncode, str(result))
        self.assert_unchanged(home, traces_below(self.workspace.home), "something at home")
        self.assertEqual(server, (self.account.snapshot(), self.account.status()))
        return result

    @staticmethod
    def announcements(result):
        """What is announced, in order: lines about messages, folders, hooks and files."""
        return [line for line in result.lines if re.match(
            r"\[DRYRUN\] |(Adding|Deleting) flag |Deleting |Creating folder |mbnames would |Copy message ", line)]

    def assert_nothing_announced(self, *arguments):
        self.assertEqual([], self.announcements(self.dry_run(*arguments)))


class Announced(DryRunCase):
    def test_a_first_sync(self):
        self.configure()
        self.account.create("Work", "Work/Sub")
        self.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(3)])
        self.account.append("Work/Sub", corpus.message(9))
        result = self.dry_run()
        self.assertEqual(["[DRYRUN] Creating folder INBOX[Local]",
                          "[DRYRUN] Creating folder Work[Local]",
                          "[DRYRUN] Creating folder Work.Sub[Local]",
                          "[DRYRUN] Copy 3 messages from INBOX[Remote] to Local",
                          "[DRYRUN] Copy 1 messages from Work/Sub[Remote] to Local"], self.announcements(result))
        self.assertEqual([".offlineimaprc"], os.listdir(self.workspace.home))

    def test_a_first_sync_from_here(self):
        self.configure()
        for folder in ("INBOX", "Work.Sub"):
            self.tree.make_folder(folder)
            self.tree.deliver(folder, corpus.disk_message(len(folder)), "S")
        self.assertEqual(["[DRYRUN] Creating folder Work[Remote]",
                          "[DRYRUN] Creating folder Work/Sub[Remote]",
                          "[DRYRUN] Copy 1 messages from INBOX[Local] to Remote",
                          "[DRYRUN] Copy 1 messages from Work.Sub[Local] to Remote"],
                         self.announcements(self.dry_run()))

    def change_both_sides(self):
        """In the folder INBOX, of six messages that both sides have."""
        self.account.append_all("INBOX", [(corpus.message(number, seed=1), (), None) for number in range(2)])
        self.account.store("INBOX", [1, 2], "+FLAGS", (r"\Flagged",))
        self.account.store("INBOX", [2], "+FLAGS", (r"\Seen",))
        self.account.expunge("INBOX", [3])
        self.tree.deliver("INBOX", corpus.disk_message(1, seed=2), "S")
        messages = {message.uid: message for message in self.tree.messages("INBOX")}
        self.tree.set_flags(messages[4], "RS")
        self.tree.remove(messages[5])
        self.tree.remove(messages[6])

    CHANGES = ["[DRYRUN] Copy 2 messages from INBOX[Remote] to Local",
               "[DRYRUN] Deleting 1 messages (3) in Maildir[INBOX]",
               "Adding flag F to 2 messages on INBOX",
               "Adding flag S to 1 messages on INBOX",
               "[DRYRUN] Copy 1 messages from INBOX[Local] to Remote",
               "[DRYRUN] Deleting 2 messages (5:6) in IMAP[INBOX]",
               "Adding flag R to 1 messages on INBOX",
               "Adding flag S to 1 messages on INBOX"]

    def test_changes_on_both_sides(self):
        self.configure()
        self.fill(each=6)
        self.change_both_sides()
        self.assertEqual(self.CHANGES, self.announcements(self.dry_run()))
        result = self.workspace.sync("-1")
        self.assertEqual(3, len(result.copied()))
        self.assertEqual([line.replace("[DRYRUN] ", "") for line in self.CHANGES if " Copy " not in line],
                         [line for line in self.announcements(result) if not line.startswith("Copy ")],
                         "the real run did something else")
        self.assert_in_step()
        self.assert_nothing_announced()

    def test_each_message_where_sync_messages_are_debugged(self):
        self.configure()
        self.fill(each=6)
        self.change_both_sides()
        result = self.dry_run("-d", "")
        self.assertEqual(self.CHANGES, self.announcements(result))
        listed = [line.partition(": [DRYRUN] ")[2] for line in result.lines
                  if line.startswith("[]: ") and "[DRYRUN] Copy message" in line]
        self.assertEqual(["Copy message UID 7 (1/2) Remote:INBOX -> Local:INBOX",
                          "Copy message UID 8 (2/2) Remote:INBOX -> Local:INBOX",
                          "Copy message UID -1 (1/1) Local:INBOX -> Remote:INBOX"], listed)

    def test_folders_that_one_side_lacks(self):
        self.configure()
        self.fill(("INBOX", "Gone there", "Gone here"))
        self.account.delete("Gone there")
        self.tree.remove_folder("Gone here")
        self.account.create("New there")
        self.tree.make_folder("New here")
        self.account.append("New there", corpus.message(1))
        self.tree.deliver("New here", corpus.disk_message(2), "S")
        result = self.dry_run()
        self.assertCountEqual(["[DRYRUN] Creating folder Gone here[Local]",
                               "[DRYRUN] Creating folder New there[Local]",
                               "[DRYRUN] Creating folder Gone there[Remote]",
                               "[DRYRUN] Creating folder New here[Remote]",
                               "[DRYRUN] Copy 3 messages from Gone here[Remote] to Local",
                               "[DRYRUN] Copy 1 messages from New there[Remote] to Local",
                               "[DRYRUN] Copy 3 messages from Gone there[Local] to Remote",
                               "[DRYRUN] Copy 1 messages from New here[Local] to Remote"],
                              self.announcements(result))

    def test_only_levels_that_are_missing_would_be_made(self):
        self.configure()
        self.account.create("Work")
        self.workspace.sync()
        for folder in ("Work.New", "Work.Old", "Home.A", "Home.B"):
            self.tree.make_folder(folder)
        self.assertCountEqual([f"[DRYRUN] Creating folder {folder}[Remote]"
                               for folder in ("Work/New", "Work/Old", "Home", "Home/A", "Home/B")],
                              self.announcements(self.dry_run()))
        result = self.workspace.sync()
        self.assertCountEqual([f"Creating folder {folder}[Remote]"
                               for folder in ("Work/New", "Work/Old", "Home", "Home/A", "Home/B")],
                              [line for line in result.lines if line.startswith("Creating folder")])

    def test_hooks_and_lists_for_mail_readers(self):
        sections = self.workspace.sections(self.user)
        sections["Account Test"].update({"presynchook": "touch ~/before", "postsynchook": "touch ~/after"})
        sections["Repository Remote"]["newmail_hook"] = "lambda: open('new-mail', 'w')"
        sections["mbnames"] = {"enabled": "yes", "filename": "~/mailboxes", "header": "'mailboxes '",
                               "peritem": "+%(foldername)s", "sep": "' '", "footer": "'\\n'"}
        self.workspace.configure(sections)
        self.account.append("INBOX", corpus.message(1))
        metadata = self.workspace.metadata
        expected = ["[DRYRUN] Calling hook: touch ~/before", "[DRYRUN] Creating folder INBOX[Local]",
                    "[DRYRUN] Copy 1 messages from INBOX[Remote] to Local",
                    f"mbnames would write {metadata}/mbnames/Test.json", "[DRYRUN] Calling hook: touch ~/after",
                    f"mbnames would write {self.workspace.home}/mailboxes"]
        self.assertEqual(expected, self.announcements(self.dry_run()))
        self.workspace.sync()
        self.account.append("INBOX", corpus.message(2))
        del expected[1]
        self.assertEqual(expected, self.announcements(self.dry_run()))

    def test_a_dry_run_of_the_configuration(self):
        self.configure(general={"dry-run": "yes"})
        self.account.append("INBOX", corpus.message(1))
        before = traces_below(self.workspace.home)
        result = self.workspace.sync()
        self.assertIn("[DRYRUN] Copy 1 messages from INBOX[Remote] to Local", result.lines)
        self.assertEqual(before, traces_below(self.workspace.home))


class States(DryRunCase):
    """Files that a real run would upgrade, migrate, repair or remove."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.fill(("INBOX", "Work"))
        self.file = self.workspace.sqlite_status("INBOX")

    @contextlib.contextmanager
    def database(self):
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            yield connection

    def delete_here(self):
        """What the state decides about: without it, the message would come back."""
        message = self.tree.messages("INBOX")[0]
        self.tree.remove(message)
        return message.uid

    def assert_the_deletion_is_announced_and_done(self):
        uid = self.delete_here()
        self.assertEqual([f"[DRYRUN] Deleting 1 messages ({uid}) in IMAP[INBOX]"], self.announcements(self.dry_run()))
        self.workspace.sync()
        self.assertNotIn(uid, self.account.messages("INBOX"))
        self.assert_in_step()

    def replace_by_text(self, write):
        for folder in ("INBOX", "Work"):
            write(self.workspace.plain_status(folder), status.read_sqlite(self.workspace.sqlite_status(folder)))
        shutil.rmtree(self.file.parent)

    def test_text_of_version_1_that_waits_for_its_migration(self):
        self.replace_by_text(status.write_plain_v1)
        self.assert_nothing_announced()
        self.assert_the_deletion_is_announced_and_done()

    def test_text_of_version_1_that_waits_for_its_upgrade(self):
        self.replace_by_text(status.write_plain_v1)
        self.configure(account={"status_backend": "plain"})
        self.assert_nothing_announced()
        self.assert_the_deletion_is_announced_and_done()

    def test_a_database_of_version_1(self):
        rows = status.read_sqlite(self.file)
        self.file.unlink()
        with self.database() as database:
            database.executescript("CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
                                   "INSERT INTO metadata VALUES('db_version', '1');"
                                   "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));")
            database.executemany("INSERT INTO status VALUES (?, ?)", rows.items())
            database.commit()
        self.assert_nothing_announced()
        self.assert_the_deletion_is_announced_and_done()

    def test_a_database_without_tables(self):
        self.file.write_bytes(b"")
        self.assert_nothing_announced()
        self.workspace.sync()
        self.assert_the_deletion_is_announced_and_done()

    def leave_a_hot_journal(self):
        """As a process does that is killed while it writes: pages changed already, and the journal that undoes it."""
        journal = pathlib.Path(f"{self.file}-journal")
        with self.database() as database:
            database.execute("PRAGMA cache_size=1")
            database.execute("BEGIN IMMEDIATE")
            database.execute("UPDATE status SET flags='T'")
            database.executemany("INSERT INTO status VALUES (?, 'FS', 0, '')", ((uid,) for uid in range(1000, 9000)))
            half_written, undo = self.file.read_bytes(), journal.read_bytes()
            database.rollback()
        self.assertNotEqual(half_written, self.file.read_bytes())
        self.file.write_bytes(half_written)
        journal.write_bytes(undo)

    def test_a_journal_that_a_killed_run_left(self):
        self.leave_a_hot_journal()
        self.assert_nothing_announced()
        self.assert_the_deletion_is_announced_and_done()
        self.assertFalse(pathlib.Path(f"{self.file}-journal").exists())

    def open_an_upload(self, body):
        """An upload of `body` that was begun and whose end was not recorded. Returns the server's next UID then."""
        folder = self.account.status()["INBOX"]
        file = self.tree.deliver("INBOX", body.replace(b"\r\n", b"\n"), "S")
        header = body[:body.index(b"\r\n\r\n") + 4]
        message_id = re.search(rb"^Message-ID: (\S+)", body, re.M).group(1).decode()
        with self.database() as database:
            database.execute("CREATE TABLE offlineimap_intents (local_name TEXT PRIMARY KEY, wire_size INTEGER NOT "
                             "NULL, sha256 TEXT NOT NULL, header_sha256 TEXT NOT NULL, message_id TEXT NOT NULL, "
                             "uid_next INTEGER, uid_validity INTEGER NOT NULL)")
            database.execute("INSERT INTO offlineimap_intents VALUES (?, ?, ?, ?, ?, ?, ?)", (
                file.name, len(body), hashlib.sha256(body).hexdigest(), hashlib.sha256(header).hexdigest(),
                message_id, folder["UIDNEXT"], folder["UIDVALIDITY"]))
            database.commit()

    def test_an_upload_that_arrived_before_the_run_was_killed(self):
        body = corpus.message(1, seed=3)
        self.open_an_upload(body)
        self.account.append("INBOX", body, (r"\Seen",))
        self.assert_nothing_announced()
        self.assertEqual([], self.workspace.sync().copied())
        self.assert_in_step()
        self.assert_no_op()

    def test_an_upload_that_did_not_arrive(self):
        self.open_an_upload(corpus.message(1, seed=3))
        self.assertEqual(["[DRYRUN] Copy 1 messages from INBOX[Local] to Remote"], self.announcements(self.dry_run()))
        self.workspace.sync()
        self.assert_in_step()

    def test_what_is_kept_for_each_folder_is_not_kept_yet(self):
        for repository in ("Local", "Remote"):
            shutil.rmtree(self.workspace.metadata / f"Repository-{repository}")
        self.assert_nothing_announced()
        self.workspace.sync()
        self.assertEqual("42\n", self.workspace.validity("INBOX", "Local").read_text())

    def test_a_folder_that_was_made_anew_on_the_server(self):
        bodies = self.server_bodies("Work")
        self.account.delete("Work")
        self.account.create("Work")
        self.account.append_all("Work", [(body, (), None) for body in reversed(bodies)])
        result = self.dry_run()
        self.assertFalse([line for line in self.announcements(result) if "Deleting" in line or "Copy" in line], result)

    def test_a_lock_file_that_nobody_holds(self):
        (self.workspace.metadata / "Test.lock").write_bytes(b"")
        self.assert_nothing_announced()

    def test_another_run_is_at_work(self):
        with open(self.workspace.metadata / "Test.lock", "wb") as lock:
            # A record lock would be gone as soon as this process has looked at the file.
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = self.dry_run(code=1)
        self.assertIn("Could not lock account Test. Is another instance using this account?", result.output)

    def test_left_over_files_of_a_delivery(self):
        old = self.tree.path("INBOX") / "tmp" / "1000000000_0.1.host,U=9,FMD5=0:2,"
        old.write_bytes(b"half a mess")
        os.utime(old, (1_000_000_000, 1_000_000_000))
        self.assert_nothing_announced()
        self.workspace.sync()
        self.assertTrue(old.exists(), "its inode changed just now, whatever time it was given")


if __name__ == "__main__":
    case.main()
