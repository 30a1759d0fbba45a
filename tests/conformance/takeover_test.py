"""Taking over from OfflineIMAP 8.0.0 and giving back: neither program transfers, renames or changes anything that
the other one has done already. Debian's offlineimap package is the oracle."""

import contextlib
import dataclasses
import pathlib
import random
import shutil
import sqlite3
import sys
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.account import ServerAccount  # noqa: E402
from support.maildir import MaildirTree, letters, tree_below  # noqa: E402

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
        self.assertEqual([], result.copied(), str(result))
        self.assert_only_asked(self.account)
        after = self.everything(folders) if keep_rows else self.both_sides()
        for what in before:
            self.assert_unchanged(before[what], after[what], what)
        return result

    def assert_only_asked(self, account):
        """Since forget_commands() nobody fetched a body or changed anything on the server."""
        sent = account.commands()
        self.assertEqual([], [line for line in sent if "BODY" in line.upper() or "RFC822" in line.upper()])
        words = [line.upper().removeprefix("UID ").split()[0] for line in sent]
        self.assertEqual([], [line for line, word in zip(sent, words) if word in CHANGING_COMMANDS])
        self.assertTrue(sent, "the run never asked the server anything")

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


@dataclasses.dataclass
class Shape:
    """One account of several in one configuration. `folders`: the server's name of each synchronised folder, and its
    Maildir; `kept_out`: folders that the server's filter leaves out. `new_there`, `new_here`: a folder that appears on
    the server or in the tree, as both sides write it, with the number of the round."""
    name: str
    account_options: dict
    local_options: dict
    remote_options: dict
    folders: dict
    kept_out: tuple = ()
    separator: str = "."
    new_there: tuple = ("Far {}", "Far {}")
    new_here: tuple = ("Near {}", "Near {}")
    filled: list = ()  # those of `folders` that have messages enough for changes
    account: typing.Optional[ServerAccount] = None
    tree: typing.Optional[MaildirTree] = None


def shapes():
    return [
        Shape("Nested", {},
              {"sep": "/", "nametrans": "lambda name: 'INBOX/' + name if name != 'INBOX' else name",
               "folderfilter": "lambda name: not name.startswith('Private')"},
              {"nametrans": "lambda name: re.sub('^INBOX/', '', name)",
               "folderfilter": "lambda name: 'Junk' not in name"},
              {"INBOX": "INBOX", "INBOX/Work": "Work", "INBOX/Work/2024": "Work/2024",
               "INBOX/Work/dot.ted": "Work/dot.ted"},
              kept_out=("INBOX/Junk", "INBOX/Work/Junk"), separator="/",
              new_there=("INBOX/Work/Far {}", "Work/Far {}"), new_here=("INBOX/Near {}", "Near {}")),
        Shape("Windows", {"maildir-windows-compatible": "yes"},
              {"customflag_w": "$Work", "customflag_l": "Later"}, {},
              {"INBOX": "INBOX", "Sent Items": "Sent Items", "Lists/announce": "Lists.announce", "Lists": "Lists"}),
        Shape("Utf8", {"utf8foldernames": "yes"},
              {"nametrans": "lambda name: '' if name == 'Müll' else ('INBOX' if name == '' else name.lstrip('.'))"},
              {"nametrans": "lambda name: '' if name == 'INBOX' else '.' + name",
               "folderfilter": "lambda name: name != 'Müll'"},
              {"INBOX": "", "Entw&APw-rfe": ".Entwürfe", "Gr&APwA3w-e": ".Grüße",
               "Gr&APwA3w-e/&ZeVnLA-": ".Grüße.日本"},
              kept_out=("M&APw-ll",),
              new_there=("F&APw-r {}", ".Für {}"), new_here=("N&AOQ-he {}", ".Nähe {}")),
    ]


class Shapes(TakeoverCase):
    """What people configure, in three accounts of one file: each run is one of all of them."""

    def setUp(self):
        super().setUp()
        self.shapes = shapes()
        sections = {"general": {"accounts": ", ".join(shape.name for shape in self.shapes)}}
        for shape in self.shapes:
            user = f"{self.user}-{shape.name.lower()}"
            shape.account = self.server.account(user)
            shape.tree = MaildirTree(self.workspace.mail / shape.name, shape.separator)
            here, there = f"{shape.name} here", f"{shape.name} there"
            sections |= {
                f"Account {shape.name}": {"localrepository": here, "remoterepository": there, **shape.account_options},
                f"Repository {here}": {"type": "Maildir", "localfolders": shape.tree.root, **shape.local_options},
                f"Repository {there}": {**self.workspace.remote(user), **shape.remote_options},
            }
            self.fill_account(shape)
        self.workspace.configure(sections)

    @staticmethod
    def fill_account(shape):
        folders = [*shape.folders, *shape.kept_out]
        shape.filled = list(shape.folders.items())
        shape.account.create(*(folder for folder in folders if folder != "INBOX"))
        messages = iter(corpus.mailbox(seed=shape.name, count=12 * len(folders)))
        for folder in folders:
            shape.account.append_all(folder, [next(messages) for _ in range(12)])

    def everything_of_all(self):
        sides = {f"{shape.name}: {what}": found for shape in self.shapes for what, found in (
            ("server", shape.account.snapshot()), ("status", shape.account.status()), ("tree", shape.tree.snapshot()))}
        return {**sides, "metadata": self.shared_metadata()}

    def shared_metadata(self):
        """What both programs keep; files of one's own are no business of the other."""
        return {path: content for path, content in tree_below(self.workspace.metadata).items()
                if {"LocalStatus", "LocalStatus-sqlite", "FolderValidity"} & set(path.split("/"))}

    def assert_nothing_happens_in_any(self, sync):
        before = self.everything_of_all()
        for shape in self.shapes:
            shape.account.forget_commands()
        result = sync()
        self.assertEqual([], result.copied(), str(result))
        for shape in self.shapes:
            self.assert_only_asked(shape.account)
        after = self.everything_of_all()
        for what in before:
            self.assert_unchanged(before[what], after[what], what)

    def assert_all_synchronised(self):
        for shape in self.shapes:
            server = shape.account.snapshot()
            self.assertEqual(sorted([*shape.folders, *shape.kept_out]), sorted(server), shape.name)
            here = {folder for folder in shape.tree.folders() if not folder.startswith("Private")}
            self.assertEqual(set(shape.folders.values()), here, shape.name)
            for folder, local in shape.folders.items():
                there = {uid: letters(message.flags) for uid, message in server[folder].items()}
                found = {message.uid: "".join(letter for letter in message.flags if letter.isupper())
                         for message in shape.tree.messages(local)}
                self.assertEqual(there, found, f"{shape.name}: {folder}")

    def change_all(self, round_number):
        for shape in self.shapes:
            for number, (folder, local) in enumerate(shape.filled):
                self.change_folder(shape, folder, local, 1000 * round_number + number)
            there, here = ([name.format(round_number) for name in names] for names in (shape.new_there, shape.new_here))
            shape.account.create(there[0])
            shape.account.append(there[0], corpus.message(round_number, seed=20), (r"\Seen",))
            shape.tree.make_folder(here[1])
            shape.tree.deliver(here[1], corpus.disk_message(round_number, seed=21), "S")
            shape.folders |= {there[0]: there[1], here[0]: here[1]}

    @staticmethod
    def change_folder(shape, folder, local, seed):
        uids = sorted(shape.account.messages(folder))
        shape.account.append_all(folder, [(corpus.message(number, seed=seed), (r"\Seen",) * number, None)
                                          for number in range(2)])
        shape.account.store(folder, uids[0:2], "+FLAGS", (r"\Flagged",))
        shape.account.store(folder, uids[1:2], "-FLAGS", (r"\Seen",))
        shape.account.expunge(folder, uids[2:3])
        known = [message for message in shape.tree.messages(local) if message.uid in uids[3:]]
        mark = "!" if "maildir-windows-compatible" in shape.account_options else ":"
        # A mail reader changes what stands behind the mark and leaves the rest.
        for message in known[0:2]:
            name = message.name.rpartition(mark)[0]
            flags = "".join(sorted({*message.flags, "R", "S"}))
            message.path.rename(message.path.parent.parent / "cur" / f"{name}{mark}2,{flags}")
        shape.tree.remove(known[2])
        shape.tree.deliver(local, corpus.disk_message(seed, seed=22), "S" if mark == ":" else None)

    def test_both_programs_continue_each_others_work_whatever_the_names_are(self):
        self.workspace.oracle()
        self.shapes[0].tree.make_folder("Private")
        self.shapes[0].tree.deliver("Private", corpus.disk_message(1, seed=23), "S")
        self.assert_all_synchronised()
        windows = self.shapes[1]
        messages = [message for folder in windows.folders.values() for message in windows.tree.messages(folder)]
        self.assertTrue(all("!2," in message.name for message in messages))
        self.assertTrue(any(set("wl") & set(message.flags) for message in messages))
        self.assert_nothing_happens_in_any(self.workspace.sync)
        self.assert_nothing_happens_in_any(self.workspace.sync)
        self.change_all(1)
        self.workspace.sync()
        self.assert_all_synchronised()
        self.assert_nothing_happens_in_any(self.workspace.oracle)
        self.change_all(2)
        self.workspace.oracle()
        self.assert_all_synchronised()
        self.assert_nothing_happens_in_any(self.workspace.sync)


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

    def check_what_happened_meanwhile(self):
        """Deletions and flags since the state was written are carried out, in both directions, and nothing else."""
        here, there = self.tree.messages("Job"), sorted(self.account.messages("INBOX"))
        self.tree.remove(here[0])
        kept = here[1]
        self.tree.set_flags(kept, {*kept.flags, "F"} if "F" not in kept.flags else set(kept.flags) - {"F"})
        self.account.expunge("INBOX", there[:1])
        flags = self.account.messages("INBOX")[there[1]].flags
        self.account.store("INBOX", there[1:2], "-FLAGS" if r"\Answered" in flags else "+FLAGS", (r"\Answered",))
        result = self.workspace.sync()
        self.assertEqual([], result.copied(), str(result))
        self.assertNotIn(here[0].uid, self.account.messages("Work"))
        self.assertNotIn(there[0], [message.uid for message in self.tree.messages("INBOX")])
        self.assertNotEqual("F" in kept.flags, r"\Flagged" in self.account.messages("Work")[kept.uid].flags)
        [changed] = [message for message in self.tree.messages("INBOX") if message.uid == there[1]]
        self.assertNotEqual(r"\Answered" in flags, "R" in changed.flags)
        self.assert_no_op()

    def test_what_happened_since_format_1_was_written_is_carried_out(self):
        self.keep_state_as(status.write_plain_v1)
        self.check_what_happened_meanwhile()

    def test_what_happened_since_format_2_was_written_is_carried_out(self):
        self.keep_state_as(status.write_plain_v2)
        self.check_what_happened_meanwhile()

    def test_text_beside_an_empty_database_is_what_counts(self):
        # 7.x and 8.x begin the database before they look for text to migrate.
        self.keep_state_as(status.write_plain_v1)
        for folder in self.FOLDERS:
            file = self.workspace.sqlite_status(local_name(folder))
            file.parent.mkdir(exist_ok=True)
            file.touch()
        self.check_what_happened_meanwhile()

    def rewrite_databases(self, script, insert):
        """Replaces each database by one that `script` makes and whose rows `insert` puts there. Returns the rows."""
        rows = self.status_rows(self.FOLDERS)
        for folder in self.FOLDERS:
            file = self.workspace.sqlite_status(local_name(folder))
            file.unlink()
            with contextlib.closing(sqlite3.connect(file)) as database:
                database.executescript(script)
                if insert:
                    database.executemany(insert, rows[folder].items())
                database.commit()
        return rows

    METADATA = "CREATE TABLE metadata (key VARCHAR(50) PRIMARY KEY, value VARCHAR(128));"
    VERSION_1 = (METADATA + "INSERT INTO metadata VALUES('db_version', '1');"
                 "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50));",
                 "INSERT INTO status VALUES (?, ?)")
    VERSION_2 = (METADATA + "INSERT INTO metadata VALUES('db_version', '2');"
                 "CREATE TABLE status (id INTEGER PRIMARY KEY, flags VARCHAR(50), mtime INTEGER, labels VARCHAR(256));")
    NULLS = (VERSION_2, "INSERT INTO status (id, flags) VALUES (?, ?)")

    def test_takes_databases_of_version_1_over_and_the_original_takes_them_back(self):
        rows = self.rewrite_databases(*self.VERSION_1)
        result = self.assert_nothing_happens(self.workspace.sync, self.FOLDERS)
        for folder in self.FOLDERS:
            self.assertIn("Upgrading LocalStatus cache from version 1 to version 2 for "
                          f"Local:{local_name(folder)}", result.output)
        self.assertEqual(rows, self.status_rows(self.FOLDERS))
        self.assert_nothing_happens(self.workspace.oracle, self.FOLDERS)

    def test_what_happened_since_a_database_of_version_1_was_written_is_carried_out(self):
        self.rewrite_databases(*self.VERSION_1)
        self.check_what_happened_meanwhile()

    def test_takes_databases_without_labels_over(self):
        self.rewrite_databases(*self.NULLS)
        self.assert_nothing_happens(self.workspace.sync, self.FOLDERS)
        self.check_what_happened_meanwhile()

    def test_takes_databases_over_whose_creation_was_interrupted(self):
        # Nothing is remembered then; both sides have all messages, so none is transferred.
        rows = self.status_rows(self.FOLDERS)
        for script in ("", self.METADATA, self.METADATA + "INSERT INTO metadata VALUES('db_version', '2');"):
            self.rewrite_databases(script, None)
            self.assert_nothing_happens(self.workspace.sync, self.FOLDERS, keep_rows=False)
            self.assertEqual(rows, self.status_rows(self.FOLDERS))
        self.assert_nothing_happens(self.workspace.oracle, self.FOLDERS)

    def test_left_over_files_of_2012_mean_nothing(self):
        for name in ("lock", "pid"):
            (self.workspace.metadata / name).write_text("4711\n")
        self.assert_nothing_happens(self.workspace.sync, self.FOLDERS)
        self.assertEqual(["4711\n"] * 2, [(self.workspace.metadata / name).read_text() for name in ("lock", "pid")])

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
