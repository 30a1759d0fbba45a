"""Taking over from OfflineIMAP 8.0.0 and giving back: neither program transfers, renames or changes anything that
the other one has done already. Debian's offlineimap package is the oracle."""

import pathlib
import random
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.maildir import letters  # noqa: E402

# The server's name of each folder, its Maildir, and how many messages it gets.
FOLDERS = {
    "INBOX": ("INBOX", 150),
    "Archive": ("Archive", 80),
    "Sent Items": ("Sent Items", 60),
    "Work": ("Job", 60),
    "Work/Projects": ("Job.Projects", 60),
    "Work/Projects/2024": ("Job.Projects.2024", 40),
    "Entw&APw-rfe": ("Entw&APw-rfe", 30),
    "Lists/announce": ("Lists.announce", 20),
}
CHANGING_COMMANDS = ("APPEND", "STORE", "EXPUNGE", "CREATE", "DELETE", "RENAME", "COPY", "MOVE", "CLOSE")


def local_name(folder):
    return folder.replace("/", ".").replace("Work", "Job", 1)


class TakeoverCase(case.SyncTestCase):
    def status_rows(self, folders):
        return {folder: status.read_sqlite(self.workspace.sqlite_status(local_name(folder))) for folder in folders}

    def validities(self):
        directory = self.workspace.metadata / "Repository-Remote" / "FolderValidity"
        return {file.name: file.read_text() for file in directory.iterdir()}

    def everything(self, folders):
        return {**self.both_sides(), "rows": self.status_rows(folders), "validities": self.validities()}

    def assert_nothing_happens(self, sync, folders, keep_rows=True):
        """`sync` finds everything done: it asks for no body, sends no change, and leaves every file as it is."""
        before = self.everything(folders) if keep_rows else self.both_sides()
        self.account.forget_commands()
        result = sync()
        sent = self.account.commands()
        self.assertEqual([], result.copied(), str(result))
        self.assertEqual([], [line for line in sent if "BODY" in line.upper() or "RFC822" in line.upper()])
        words = [line.upper().removeprefix("UID ").split()[0] for line in sent]
        self.assertEqual([], [line for line, word in zip(sent, words) if word in CHANGING_COMMANDS])
        self.assertTrue(sent, "the run never asked the server anything")
        after = self.everything(folders) if keep_rows else self.both_sides()
        for what in before:
            self.assert_unchanged(before[what], after[what], what)
        return result

    def change_both_sides(self, round_number):
        """New messages, flags and deletions on each side, and a new folder on each."""
        source = random.Random(round_number)
        new = [(corpus.message(1000 * round_number + number, seed=9), corpus.flags(source), corpus.date(source))
               for number in range(4)]
        self.account.append_all("INBOX", new)
        inbox = sorted(self.account.messages("INBOX"))
        self.account.store("INBOX", inbox[:3], "+FLAGS", (r"\Flagged",))
        self.account.store("INBOX", inbox[3:6], "-FLAGS", (r"\Seen",))
        self.account.expunge("INBOX", inbox[6:9])
        self.account.create(f"Far/{round_number}")
        self.account.append(f"Far/{round_number}", corpus.message(round_number, seed=10))

        for number in range(3):
            self.tree.deliver("Job", corpus.disk_message(1000 * round_number + number, seed=11))
        self.tree.deliver("Job", corpus.eight_bit(round_number, seed=12).replace(b"\r\n", b"\n"), "FS")
        work = self.tree.messages("Job")
        known = [message for message in work if message.uid is not None]
        for message in known[:3]:
            self.tree.set_flags(message, set(message.flags) | {"R"})
        for message in known[3:6]:
            self.tree.remove(message)
        without_keyword = [message for message in known[6:] if "w" not in message.flags]
        self.tree.copy(without_keyword[0], "Archive")
        self.tree.make_folder(f"Near {round_number}")
        self.tree.deliver(f"Near {round_number}", corpus.disk_message(round_number, seed=13), "")


class RoundTrip(TakeoverCase):
    def test_both_programs_continue_each_others_work(self):
        source_folders = list(FOLDERS)
        self.account.create(*(folder for folder in source_folders if folder != "INBOX"))
        messages = iter(corpus.mailbox(seed=2026, count=sum(count for _, count in FOLDERS.values())))
        for folder, (_, count) in FOLDERS.items():
            self.account.append_all(folder, [next(messages) for _ in range(count)])
        sections = self.workspace.sections(self.user)
        sections["Repository Remote"].update({
            "nametrans": "lambda name: re.sub('^Work', 'Job', name)", "maxconnections": 3})
        sections["Repository Local"].update({
            "nametrans": "lambda name: re.sub('^Job', 'Work', name)", "customflag_w": "$Work"})
        self.workspace.configure(sections)

        self.workspace.oracle()
        self.assertEqual(sorted(local for local, _ in FOLDERS.values()), self.tree.folders())
        self.assertEqual(500, sum(len(self.tree.messages(folder)) for folder in self.tree.folders()))
        self.assertTrue(any("w" in message.flags for message in self.tree.messages("INBOX")))

        self.assert_nothing_happens(self.workspace.sync, source_folders)
        self.assert_nothing_happens(self.workspace.sync, source_folders)

        self.change_both_sides(1)
        self.workspace.sync()
        self.assert_synchronised()
        changed_folders = source_folders + ["Far/1", "Near 1"]
        self.assert_nothing_happens(self.workspace.oracle, changed_folders)

        self.change_both_sides(2)
        self.workspace.oracle()
        self.assert_synchronised()
        self.assert_nothing_happens(self.workspace.sync, changed_folders + ["Far/2", "Near 2"])

    def assert_synchronised(self):
        """Same messages and flags on both sides. Bodies are compared for what came through this program only: the
        original writes messages anew when it copies them."""
        server = self.account.snapshot()
        self.assertEqual(sorted(map(local_name, server)), self.tree.folders())
        for folder, messages in server.items():
            here = {message.uid: message.flags.replace("w", "") for message in self.tree.messages(local_name(folder))}
            there = {uid: letters(message.flags) for uid, message in messages.items()}
            self.assertEqual(there, here, folder)


class PlainText(TakeoverCase):
    """The state of versions before 7: a text file a folder. The test writes it as those versions did."""

    FOLDERS = ("INBOX", "Work", "Work/Sub")

    def setUp(self):
        super().setUp()
        self.account.create("Work", "Work/Sub")
        messages = iter(corpus.mailbox(seed=5, count=30))
        for folder in self.FOLDERS:
            self.account.append_all(folder, [next(messages) for _ in range(10)])
        self.sections = self.workspace.sections(self.user)
        self.sections["Repository Remote"]["nametrans"] = "lambda name: name.replace('Work', 'Job', 1)"
        self.sections["Repository Local"]["nametrans"] = "lambda name: name.replace('Job', 'Work', 1)"
        self.workspace.configure(self.sections)
        self.workspace.oracle()

    def keep_state_as(self, write):
        """Replaces the SQLite status by the text that an older version would have left. Returns the rows."""
        rows = self.status_rows(self.FOLDERS)
        for folder in self.FOLDERS:
            write(self.workspace.plain_status(local_name(folder)), rows[folder])
        shutil.rmtree(self.workspace.sqlite_status("INBOX").parent)
        return rows

    def plain_files(self):
        directory = self.workspace.plain_status("INBOX").parent
        return {file.name: file.read_bytes() for file in directory.iterdir()}

    def check_migration(self, write, version):
        rows = self.keep_state_as(write)
        text = self.plain_files()
        result = self.assert_nothing_happens(self.workspace.sync, self.FOLDERS, keep_rows=False)
        for folder in self.FOLDERS:
            self.assertIn("Migrating LocalStatus cache from plain to sqlite status folder for "
                          f"Local:{local_name(folder)}", result.output)
        self.assertEqual(rows, self.status_rows(self.FOLDERS))
        kept = self.plain_files()
        self.assertEqual(set(text), set(kept), "the plain files stay")
        if version == 2:
            self.assertEqual(text, kept)
        self.assert_nothing_happens(self.workspace.oracle, self.FOLDERS)

    def test_migrates_format_1_to_sqlite_and_the_original_takes_that_over(self):
        self.check_migration(status.write_plain_v1, 1)

    def test_migrates_format_2_to_sqlite_and_the_original_takes_that_over(self):
        self.check_migration(status.write_plain_v2, 2)

    def test_a_deletion_since_the_last_plain_sync_is_carried_out(self):
        self.keep_state_as(status.write_plain_v2)
        gone = self.tree.messages("Job")[0]
        self.tree.remove(gone)
        [vanished] = self.drop_from_server("INBOX", 1)
        self.workspace.sync()
        self.assertNotIn(gone.uid, self.account.messages("Work"))
        self.assertNotIn(vanished, [message.uid for message in self.tree.messages("INBOX")])
        self.assert_no_op()

    def drop_from_server(self, folder, count):
        uids = sorted(self.account.messages(folder))[:count]
        self.account.expunge(folder, uids)
        return uids

    def check_stays_text(self, write):
        rows = self.keep_state_as(write)
        self.sections["Account Test"]["status_backend"] = "plain"
        self.workspace.configure(self.sections)
        result = self.assert_nothing_happens(self.workspace.sync, self.FOLDERS, keep_rows=False)
        self.assertRegex(result.output, r"status_backend.*8\.", "the run says that 8.x will not read plain text")
        self.assert_state_is_text(rows)

        self.account.append("INBOX", corpus.message(77))
        self.tree.deliver("Job", corpus.disk_message(78), "S")
        self.tree.remove(self.tree.messages("Job.Sub")[0])
        self.workspace.sync()
        self.assert_state_is_text({folder: {uid: letters(message.flags)
                                            for uid, message in self.account.messages(folder).items()}
                                   for folder in self.FOLDERS})
        self.assert_no_op()

    def assert_state_is_text(self, rows):
        self.assertFalse(list(self.workspace.metadata.glob("Account-Test/LocalStatus-sqlite/*")))
        for folder in self.FOLDERS:
            self.assertEqual(rows[folder], status.read_plain(self.workspace.plain_status(local_name(folder))), folder)

    def test_stays_text_from_format_1_where_that_is_configured(self):
        self.check_stays_text(status.write_plain_v1)

    def test_stays_text_from_format_2_where_that_is_configured(self):
        self.check_stays_text(status.write_plain_v2)


if __name__ == "__main__":
    case.main()
