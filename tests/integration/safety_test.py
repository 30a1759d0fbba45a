"""What must not change does not: one-way synchronisation, dry runs, and sides that vanished."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.maildir import tree_below  # noqa: E402


class OneWay(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.configure()
        self.fill(("INBOX", "Work"))

    def change_both(self):
        self.account.append("INBOX", corpus.message(800))
        self.account.store("INBOX", [1], "+FLAGS", (r"\Flagged",))
        self.account.expunge("Work", [1])
        self.account.create("Server Only")
        inbox, work = self.tree.messages("INBOX"), self.tree.messages("Work")
        self.tree.deliver("INBOX", corpus.disk_message(801), "S")
        self.tree.set_flags([message for message in inbox if message.uid == 2][0], "RS")
        self.tree.remove([message for message in work if message.uid == 2][0])
        self.tree.make_folder("Local Only")

    def test_a_read_only_server_is_never_changed(self):
        self.change_both()
        self.configure(remote={"readonly": "yes"})
        before = self.account.snapshot()
        self.workspace.sync()
        self.assertEqual(before, self.account.snapshot())
        self.assertIn(corpus.disk_message(800), self.local_bodies("INBOX"))
        self.assertIn(corpus.disk_message(801), self.local_bodies("INBOX"))
        self.assertIn("Server Only", self.tree.folders())
        self.assertNotIn(1, [message.uid for message in self.tree.messages("Work")])
        self.workspace.sync()
        self.assertEqual(before, self.account.snapshot())

    def test_a_read_only_maildir_is_never_changed(self):
        self.change_both()
        self.configure(local={"readonly": "yes"})
        before = {folder: contents for folder, contents in self.tree.contents().items()}
        self.workspace.sync()
        self.assertEqual(before, self.tree.contents())
        self.assertIn(corpus.message(801), self.server_bodies("INBOX"))
        self.assertIn("Local Only", self.account.folders())
        self.assertNotIn(2, self.account.messages("Work"))
        self.workspace.sync()
        self.assertEqual(before, self.tree.contents())
        self.assertEqual(1, self.server_bodies("INBOX").count(corpus.message(801)), "uploaded once")

    def test_deletions_in_the_maildir_can_stay_there(self):
        self.configure(local={"sync_deletes": "no"})
        self.tree.remove(self.tree.messages("Work")[0])
        self.account.expunge("INBOX", [1])
        for _ in range(2):
            self.workspace.sync()
            self.assertEqual(3, len(self.account.messages("Work")))
            self.assertEqual(2, len(self.tree.messages("Work")), "and it is not copied back")
            self.assertEqual(2, len(self.tree.messages("INBOX")), "the other direction deletes")

    def test_deletions_on_the_server_can_stay_there(self):
        self.configure(remote={"sync_deletes": "no"})
        self.account.expunge("INBOX", [1])
        self.tree.remove(self.tree.messages("Work")[0])
        for _ in range(2):
            self.workspace.sync()
            self.assertEqual(3, len(self.tree.messages("INBOX")))
            self.assertEqual(2, len(self.account.messages("INBOX")), "and it is not copied back")
            self.assertEqual(2, len(self.account.messages("Work")), "the other direction deletes")

    def test_without_expunge_messages_are_only_marked(self):
        self.configure(remote={"expunge": "no"})
        message = self.tree.messages("Work")[0]
        self.tree.remove(message)
        self.workspace.sync()
        self.assertEqual({r"\Deleted"}, set(self.account.messages("Work")[message.uid].flags))
        self.assertIn("Skipping Work (not changed)", self.workspace.sync("-q").output)

    def test_a_dry_run_changes_nothing_and_says_what_it_would_do(self):
        self.change_both()
        before = {**self.both_sides(), "home": tree_below(self.workspace.home)}
        result = self.workspace.sync("--dry-run")
        after = {**self.both_sides(), "home": tree_below(self.workspace.home)}
        for what in before:
            self.assert_unchanged(before[what], after[what], what)
        for line in ("[DRYRUN] Creating folder Server Only[Local]", "[DRYRUN] Creating folder Local Only[Remote]",
                     "[DRYRUN] Copy 1 messages from INBOX[Remote] to Local",
                     "[DRYRUN] Copy 1 messages from INBOX[Local] to Remote",
                     "[DRYRUN] Deleting 1 messages (1) in Maildir[Work]",
                     "[DRYRUN] Deleting 1 messages (2) in IMAP[Work]",
                     "Adding flag F to 1 messages on INBOX", "Adding flag R to 1 messages on INBOX"):
            self.assertIn(line, result.output)
        self.workspace.sync()
        self.assert_in_step()

    def test_info_lists_folders_and_changes_nothing(self):
        self.configure(remote={"folderfilter": "lambda name: name != 'Hidden'",
                               "nametrans": "lambda name: name.replace('Sub', 'Deep')"})
        self.account.create("Hidden", "Work/Sub")
        before = {**self.both_sides(), "home": tree_below(self.workspace.home)}
        result = self.workspace.sync("--info", ui=None)
        after = {**self.both_sides(), "home": tree_below(self.workspace.home)}
        for what in before:
            self.assert_unchanged(before[what], after[what], what)
        for line in ("Remote repository 'Remote': type 'IMAP'",
                     f"Host: localhost Port: {self.server.tls_port} SSL: True",
                     "Local repository 'Local': type 'Maildir'", "folderfilter= lambda name: name != 'Hidden'",
                     " INBOX", " Work", " Work/Sub -> Work/Deep", " Hidden (disabled)"):
            self.assertIn(line, result.stderr.splitlines())


class Links(case.SyncTestCase):
    """Messages that are symbolic links."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.fill(("INBOX",))
        self.store = self.workspace.home / "store"
        self.store.mkdir()

    def link(self, name, target):
        path = self.tree.path("INBOX") / "cur" / name
        path.symlink_to(target)
        return path

    def test_a_link_to_a_file_is_a_message(self):
        target = self.store / "message"
        target.write_bytes(corpus.disk_message(900))
        self.link("1600000000.linked.reader:2,S", target)
        result = self.workspace.sync()
        self.assertEqual(1, len(result.copied()), str(result))
        self.assert_in_step()
        uid = max(self.account.messages("INBOX"))
        self.account.store("INBOX", [uid], "+FLAGS", (r"\Flagged",))
        self.workspace.sync()
        [message] = [message for message in self.tree.messages("INBOX") if message.uid == uid]
        self.assertTrue(message.path.is_symlink())
        self.assertEqual("FS", message.flags)
        self.assert_no_op()
        self.account.expunge("INBOX", [uid])
        self.workspace.sync()
        self.assert_in_step()
        self.assertEqual(corpus.disk_message(900), target.read_bytes(), "the link is removed, not the file")

    def test_a_link_that_breaks_deletes_nothing(self):
        message = self.tree.messages("INBOX")[0]
        target = self.store / "message"
        message.path.rename(target)
        message.path.symlink_to(target)
        self.assert_no_op()
        target.rename(self.store / "away")
        before = self.account.snapshot()
        for _ in range(2):
            self.workspace.sync()
        self.assertEqual(before, self.account.snapshot())
        self.assertTrue(message.path.is_symlink())
        (self.store / "away").rename(target)
        self.assert_no_op()

    def test_what_is_no_message_behind_a_link_is_left_alone(self):
        os.mkfifo(self.store / "fifo")
        (self.store / "directory").mkdir()
        for number, target in enumerate((self.store / "fifo", "/dev/zero", self.store / "directory", "nowhere")):
            self.link(f"16000000{number:02}.odd.reader:2,S", target)
        before = self.account.snapshot()
        result = self.workspace.sync()
        self.assertEqual([], result.copied(), str(result))
        self.assertEqual(before, self.account.snapshot())
        self.assertEqual(4, sum(path.is_symlink() for path in (self.tree.path("INBOX") / "cur").iterdir()))


class FirstDryRun(case.SyncTestCase):
    def test_leaves_an_empty_home(self):
        self.configure()
        self.account.append("INBOX", corpus.message(1))
        before = tree_below(self.workspace.home)
        result = self.workspace.sync("--dry-run")
        self.assertIn("[DRYRUN] Copy 1 messages from INBOX[Remote] to Local", result.output)
        self.assertEqual(before, tree_below(self.workspace.home))


class Losses(case.SyncTestCase):
    """A side or a state that vanished is never taken for the user's wish to delete."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.fill(("INBOX", "Work"))
        self.server_before = self.account.snapshot()

    def test_a_lost_maildir_folder_is_downloaded_again(self):
        self.tree.remove_folder("Work")
        self.workspace.sync()
        self.assertEqual(self.server_before, self.account.snapshot())
        self.assert_in_step()
        self.assert_no_op()

    def test_a_lost_maildir_root_is_downloaded_again(self):
        shutil.rmtree(self.workspace.mail)
        self.workspace.sync()
        self.assertEqual(self.server_before, self.account.snapshot())
        self.assert_in_step()

    def test_an_empty_folder_in_place_of_the_synced_one_deletes_nothing(self):
        self.tree.path("Work").rename(self.tree.root.parent / "aside")
        self.tree.make_folder("Work")
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("is not the directory that was synced before and lacks 3 messages", result.output)
        self.assertEqual(self.server_before, self.account.snapshot())
        self.tree.remove_folder("Work")
        (self.tree.root.parent / "aside").rename(self.tree.path("Work"))
        self.assert_no_op()

    def test_a_folder_restored_by_half_deletes_nothing(self):
        kept = self.tree.messages("Work")[0]
        body, name = kept.body, kept.name
        self.tree.path("Work").rename(self.tree.root.parent / "aside")
        self.tree.make_folder("Work")
        (self.tree.path("Work") / "cur" / name).write_bytes(body)
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("lacks 2 messages", result.output)
        self.assertEqual(self.server_before, self.account.snapshot())

    def test_a_folder_emptied_message_by_message_is_emptied_on_the_server(self):
        for message in self.tree.messages("Work"):
            self.tree.remove(message)
        self.workspace.sync()
        self.assertEqual({}, self.account.messages("Work"))
        self.assert_no_op()

    def test_a_lost_status_is_rebuilt_without_transfer(self):
        rows = {folder: status.read_sqlite(self.workspace.sqlite_status(folder)) for folder in ("INBOX", "Work")}
        shutil.rmtree(self.workspace.metadata / "Account-Test")
        self.assert_no_op()
        self.assertEqual(rows, {folder: status.read_sqlite(self.workspace.sqlite_status(folder))
                                for folder in ("INBOX", "Work")})

    def test_lost_metadata_are_rebuilt_without_transfer(self):
        shutil.rmtree(self.workspace.metadata)
        self.assert_no_op()
        self.assertTrue(self.workspace.validity("Work").exists())

    def test_a_changed_uidvalidity_skips_the_folder(self):
        self.account.delete("Work")
        self.account.create("Work")
        self.account.append_all("Work", [(corpus.message(number), (r"\Flagged",), None) for number in range(900, 905)])
        self.account.append("INBOX", corpus.message(910))
        server, here = self.account.snapshot(), self.tree.snapshot()
        rows = status.read_sqlite(self.workspace.sqlite_status("Work"))
        saved = self.workspace.validity("Work").read_text().strip()
        result = self.workspace.run()
        self.assertEqual(2, result.returncode, str(result))
        current = self.account.status()["Work"]["UIDVALIDITY"]
        self.assertIn(f"UID validity problem for folder Work (repo Remote) (saved {saved}; got {current}); "
                      "skipping it.", result.output)
        self.assertEqual(server, self.account.snapshot())
        self.assertEqual({path: file for path, file in here.items() if path.startswith("Work/")},
                         {path: file for path, file in self.tree.snapshot().items() if path.startswith("Work/")})
        self.assertEqual(rows, status.read_sqlite(self.workspace.sqlite_status("Work")))
        self.assertEqual(saved, self.workspace.validity("Work").read_text().strip())
        self.assertIn(corpus.disk_message(910), self.local_bodies("INBOX"), "the other folder goes on")

    def test_a_full_quota_stops_the_account(self):
        self.tree.deliver("INBOX", corpus.disk_message(1, lines=800), "S")
        self.tree.deliver("Work", corpus.disk_message(2), "S")
        before, server = self.tree.contents(), self.account.snapshot()
        result = self.workspace.run("-1")
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Quota exceeded", result.output)
        self.assertEqual(before, self.tree.contents())
        self.assertEqual(server, self.account.snapshot(), "INBOX comes first; Work must not be reached")
        self.assertNotIn("Syncing Work", result.output)


if __name__ == "__main__":
    case.main(special_users={"test_a_full_quota_stops_the_account": {"quota_rule": "*:storage=20K"}})
