"""Folder names: how they stand on the wire, in the Maildir and in the metadata, and which ones cannot be had."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.dovecot import Dovecot  # noqa: E402
from support.workspace import Workspace  # noqa: E402

# As the server writes them, and as a person reads them.
BEYOND_ASCII = {"Entw&APw-rfe": "Entwürfe", "R&-D": "R&D", "&ZeVnLIqe-": "日本語", "&2D3eCQ-": "😉",
                "Work/&BBAEMQ-": "Work/Аб"}

# What a server that takes them for patterns, quotes or syntax would get wrong.
AWKWARD = ("per%cent", "st*r", 'double"quote', "back\\slash", '\\"both', "(paren)", "br{3}ace", "br{3+}ace", "brack]et",
           "two  blanks", " leading", "trailing ", "NIL", "semi;colon", "a&-b", "tilde~", "dollar$", "equal=sign",
           "# hash", "[section]", "per%(cent)s", "quo'te", "\"")


class NamesCase(case.SyncTestCase):
    def fill_server(self, *folders):
        """One message in each, `corpus.message(n)` for the n-th; the folders are made."""
        self.account.create(*(folder for folder in folders if folder != "INBOX"))
        for number, folder in enumerate(folders):
            self.account.append(folder, corpus.message(number))

    def state_names(self, *directory):
        return sorted(path.name for path in self.workspace.metadata.joinpath(*directory).iterdir())

    def assert_one_error_about(self, result, *texts):
        self.assertEqual(1, result.returncode, str(result))
        errors = [line for line in result.lines if all(text in line for text in texts)]
        self.assertTrue(errors, str(result))

    def assert_both_directions(self, translate):
        """Everything is in step; flags, deletions and new messages travel both ways in every folder."""
        self.assert_in_step(translate=translate)
        for number, folder in enumerate(self.account.folders()):
            local = translate(folder)
            kept = self.tree.messages(local)[0]
            self.tree.set_flags(kept, {*kept.flags, "F"})
            self.account.append(folder, corpus.message(number, seed=2), (r"\Seen",))
            self.tree.deliver(local, corpus.disk_message(number, seed=3), "S")
        self.workspace.sync()
        self.assert_in_step(translate=translate)
        for folder in self.account.folders():
            messages = self.account.messages(folder)
            self.assertEqual(3, len(messages), folder)
            self.assertIn(frozenset({r"\Flagged"}), [message.flags for message in messages.values()])
            self.account.expunge(folder, [max(messages)])
        self.workspace.sync()
        self.assert_in_step(translate=translate)
        self.assert_no_op()


class OnTheWire(NamesCase):
    def test_awkward_names_are_those_folders_and_no_others(self):
        self.configure(local={"sep": "/"})
        self.tree = self.workspace.tree("/")
        # Taken for a pattern, "per%cent" and "st*r" would name these as well.
        here, there = AWKWARD[::2], AWKWARD[1::2]
        self.fill_server("INBOX", *there, "perXcent", "stXXr")
        self.tree.make_folder("INBOX")
        for number, folder in enumerate(here):
            self.tree.make_folder(folder)
            self.tree.deliver(folder, corpus.disk_message(number, seed=4), "")
        self.workspace.sync()
        self.assertEqual(sorted({"INBOX", *AWKWARD, "perXcent", "stXXr"}), self.account.folders())
        self.assert_both_directions(lambda name: name)

    def test_awkward_names_can_be_asked_for_on_the_command_line(self):
        self.configure()
        self.fill_server("INBOX", "per%cent", "two  blanks", "Other")
        self.workspace.sync("-f", "per%cent,two  blanks")
        self.assertEqual(["per%cent", "two  blanks"], self.tree.folders())

    def test_modified_utf_7_is_kept_as_it_is(self):
        self.configure()
        self.fill_server("INBOX", "Work", *BEYOND_ASCII)
        self.workspace.sync()
        self.assertIn("Entw&APw-rfe", self.tree.folders())
        self.assertEqual(sorted(name.replace("/", ".") for name in self.account.folders()),
                         self.state_names("Account-Test", "LocalStatus-sqlite"))
        self.assert_both_directions(lambda name: name.replace("/", "."))

    def test_utf_8_is_spoken_on_this_side_only(self):
        self.configure(account={"utf8foldernames": "yes"},
                       remote={"folderfilter": "lambda name: name != 'Müll'",
                               "nametrans": "lambda name: name.replace('Entwürfe', 'Entwürfe ✎')"},
                       local={"nametrans": "lambda name: name.replace('Entwürfe ✎', 'Entwürfe')"})
        self.fill_server("INBOX", "Work", *BEYOND_ASCII)
        self.workspace.sync()
        names = {"INBOX": "INBOX", "Work": "Work", **BEYOND_ASCII}

        def translate(name):
            return names[name].replace("/", ".").replace("Entwürfe", "Entwürfe ✎")

        self.assertEqual(sorted(map(translate, names)), self.state_names("Account-Test", "LocalStatus-sqlite"))
        self.assertEqual(sorted(name.replace("/", ".") for name in names.values()),
                         self.state_names("Repository-Remote", "FolderValidity"))
        self.assert_both_directions(translate)
        self.account.create("M&APw-ll")
        self.tree.make_folder("Grüße")
        self.tree.deliver("Grüße", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertIn("Gr&APwA3w-e", self.account.folders())
        self.assertNotIn("Müll", self.tree.folders())

    def test_a_local_name_that_is_no_mailbox_name_is_reported_and_the_others_go_on(self):
        self.configure()
        self.fill()
        for folder in ("Grüße", "Work"):
            self.tree.make_folder(folder)
            self.tree.deliver(folder, corpus.disk_message(1), "S")
        result = self.workspace.run()
        self.assert_one_error_about(result, "ERROR: Creating folder 'Grüße'")
        self.assertEqual(["INBOX", "Work"], self.account.folders())
        self.assertEqual(1, len(self.account.messages("Work")))


class Decoded(NamesCase):
    """`decodefoldernames`, the older way to UTF-8."""

    def test_decoded_names_are_seen_here_and_come_back_encoded(self):
        self.configure(remote={"decodefoldernames": "yes", "folderfilter": "lambda name: name != 'M&APw-ll'"})
        self.fill_server("INBOX", "Work", "M&APw-ll", *BEYOND_ASCII)
        result = self.workspace.sync()
        self.assertRegex(result.output, "decodefoldernames.* is deprecated; use utf8foldernames")
        names = {"INBOX": "INBOX", "Work": "Work", **BEYOND_ASCII}
        self.assertEqual(sorted(name.replace("/", ".") for name in names.values()), self.tree.folders())
        # The filter and the server's own state see the names as they are sent.
        self.assertEqual(sorted(name.replace("/", ".") for name in names),
                         self.state_names("Repository-Remote", "FolderValidity"))
        self.assertEqual(self.tree.folders(), self.state_names("Account-Test", "LocalStatus-sqlite"))
        self.assertEqual(self.tree.folders(), self.state_names("Repository-Local", "FolderValidity"))
        self.tree.make_folder("Grüße")
        self.tree.make_folder("Q&A")
        self.account.delete("M&APw-ll")
        self.account.append("INBOX", corpus.message(1, seed=5))
        self.tree.deliver("Grüße", corpus.disk_message(1), "S")
        self.tree.deliver("Q&A", corpus.disk_message(2), "S")
        self.workspace.sync()
        names.update({"Gr&APwA3w-e": "Grüße", "Q&-A": "Q&A"})
        self.assertEqual(sorted(names), self.account.folders())
        self.assert_in_step(translate=lambda name: names[name].replace("/", "."))
        self.assert_no_op()

    def test_both_ways_at_once_are_refused_before_anything_is_done(self):
        self.configure(account={"utf8foldernames": "yes"}, remote={"decodefoldernames": "yes"})
        result = self.workspace.run()
        self.assert_one_error_about(result, "Configuration mismatch in account 'Test'", "decodefoldernames")
        self.assertFalse(self.workspace.mail.exists())


class Separators(NamesCase):
    _dot_server = None

    def use_server_with_dots(self):
        if Separators._dot_server is None:
            Separators._dot_server = Dovecot(self.workspace.root.parent / "dovecot-with-dots", separator=".").start()
            self.addClassCleanup(Separators._dot_server.stop)
        self.account = Separators._dot_server.account(self.user)
        self.workspace = Workspace(self.workspace.root / "dots", Separators._dot_server)

    def check(self, separator, names):
        self.tree = self.workspace.tree(separator)
        self.configure(local={"sep": separator})
        self.fill_server("INBOX", *names)
        self.workspace.sync()
        translate = {"INBOX": "INBOX", **names}
        self.assertEqual(sorted(translate.values()), self.tree.folders())
        # Whatever the two separators are, the state of a folder is that of its name with dots.
        self.assertEqual(sorted(re.sub("[/_]", ".", name) for name in translate.values()),
                         self.state_names("Account-Test", "LocalStatus-sqlite"))
        self.assert_both_directions(translate.__getitem__)

    def test_a_dot_on_both_sides(self):
        self.use_server_with_dots()
        self.check(".", {"Work": "Work", "Work.Sub": "Work.Sub", "Work.Sub.Er": "Work.Sub.Er"})

    def test_a_dot_on_the_server_and_a_slash_here(self):
        self.use_server_with_dots()
        self.check("/", {"Work": "Work", "Work.Sub": "Work/Sub", "Work.Sub.Er": "Work/Sub/Er"})

    def test_a_slash_on_the_server_and_another_character_here(self):
        self.check("_", {"Work": "Work", "Work/Sub": "Work_Sub", "Work/Sub/Er": "Work_Sub_Er"})

    def test_the_local_separator_in_a_name_keeps_it_out_and_says_so(self):
        self.configure()
        self.fill_server("INBOX", "dot.name")
        before = self.account.snapshot()
        for _ in range(2):
            result = self.workspace.sync()
            self.assertIn("Ignoring folder 'dot.name' due to unsupported '.' character serving as local separator.",
                          result.output)
            self.assertEqual(["INBOX"], self.tree.folders())
            self.assertEqual(before, self.account.snapshot())


class Impossible(NamesCase):
    def check_refusals(self, separator, refused, taken):
        """The names that are refused are given by nametrans: Dovecot's own Maildirs cannot have them either."""
        self.tree = self.workspace.tree(separator)
        self.configure(local={"sep": separator}, remote={"nametrans": "lambda name: name.replace('its ', '')",
                                                         "createfolders": "no"})
        self.fill_server("INBOX", *taken, *refused)
        before = self.account.snapshot()
        for _ in range(2):
            result = self.workspace.run()
            for name in refused:
                local = name.replace("its ", "").replace("/", separator)
                self.assert_one_error_about(result, f"ERROR: Folder '{name}'", "")
                self.assertIn(f"the local folder name '{local}' is what a Maildir's own directories are called",
                              result.output)
            self.assertEqual(sorted(["INBOX", *(name.replace("its ", "").replace("/", separator) for name in taken)]),
                             self.tree.folders())
            self.assertEqual([1] * len(self.tree.folders()),
                             [len(self.tree.messages(folder)) for folder in self.tree.folders()])
            self.assertEqual(before, self.account.snapshot())

    def test_names_of_a_maildirs_own_directories_when_folders_nest(self):
        self.check_refusals("/", ["its cur", "its tmp", "Work/its new"], ["Work", "Work/temporary", "current"])

    def test_names_of_a_maildirs_own_directories_side_by_side(self):
        self.check_refusals(".", ["its cur", "its tmp"], ["Work", "Work/its new", "newer"])

    def test_names_near_the_limit_of_the_file_system(self):
        self.configure()
        longest, too_long, too_long_here = "a" * 247, "b" * 248, "c" * 250
        self.fill_server("INBOX", longest, too_long)
        self.tree.make_folder(too_long_here)
        self.tree.deliver(too_long_here, corpus.disk_message(9), "S")
        before = self.account.snapshot()
        for _ in range(2):
            result = self.workspace.run()
            for name in (too_long, too_long_here):
                self.assert_one_error_about(result, f"ERROR: Folder '{name}' [account Test]")
                self.assertIn(f"no state can be kept for folder '{name}': its name is too long", result.output)
            self.assertEqual(sorted(["INBOX", longest, too_long_here]), self.tree.folders())
            self.assertEqual(before, self.account.snapshot())
        self.account.append(longest, corpus.message(5))
        self.tree.set_flags(self.tree.messages(longest)[0], "F")
        self.workspace.run()
        self.assertEqual(2, len(self.tree.messages(longest)))
        self.assertEqual({1: "F", 2: ""}, status.read_sqlite(self.workspace.sqlite_status(longest)))


class KeptApart(NamesCase):
    def test_names_that_differ_in_case_only(self):
        self.configure()
        self.fill_server("INBOX", "Work", "work", "WORK/Sub", "WORK")
        self.workspace.sync()
        self.assertEqual(["INBOX", "WORK", "WORK.Sub", "Work", "work"], self.tree.folders())
        self.assert_both_directions(lambda name: name.replace("/", "."))

    def check_temporary_names(self, backend):
        """`A` and a folder that is called like a temporary file of `A`, synchronised in both orders."""
        options = {"status_backend": backend}
        backwards = {"foldersort": "lambda x, y: (x < y) - (x > y)"}
        self.tree = self.workspace.tree("/")
        self.configure(account=options, local={"sep": "/"}, remote=backwards)
        folders = ["A", "A.intents", "A.tmp", "INBOX"]
        self.fill_server(*folders)
        self.workspace.sync("-1")
        directory = {"plain": "LocalStatus", "sqlite": "LocalStatus-sqlite"}[backend]
        for _ in range(2):
            self.assert_in_step(translate=lambda name: name)
            self.assertEqual(folders, self.state_names("Account-Test", directory))
            for repository in ("Remote", "Local"):
                self.assertEqual(folders, self.state_names(f"Repository-{repository}", "FolderValidity"))
            for number, folder in enumerate(folders):
                self.account.append(folder, corpus.message(number, seed=6))
                self.tree.deliver(folder, corpus.disk_message(number, seed=7), "S")
            self.configure(account=options, local={"sep": "/"})
            result = self.workspace.sync("-1")
            self.assertNotIn("Creating new Local Status db", result.output)
        self.assert_no_op()

    def test_a_folder_called_like_a_temporary_file(self):
        self.check_temporary_names("sqlite")

    def test_a_folder_called_like_a_temporary_file_with_plain_text_state(self):
        self.check_temporary_names("plain")

    def test_a_folder_called_like_a_journal_is_refused_and_does_no_harm(self):
        self.configure()
        self.fill_server("INBOX", "Trip", "Trip-journal")
        for number in range(2):
            result = self.workspace.run()
            self.assert_one_error_about(result, "'Trip-journal' is not synced", "'Trip'", "nametrans")
            self.assertEqual(number + 1, len(self.tree.messages("Trip")))
            self.assertEqual(["INBOX", "Trip"], self.tree.folders())
            self.account.append("Trip", corpus.message(number, seed=8))

    def test_the_root_of_the_tree_and_a_folder_called_as_its_state(self):
        # The state of the root is called `dot`.
        self.configure(remote={"nametrans": "lambda name: '' if name == 'INBOX' else name", "createfolders": "no"})
        self.fill_server("INBOX", "dot", "Work")
        result = self.workspace.run()
        self.assert_one_error_about(result, "'INBOX'", "'dot'", "would share")
        self.assertEqual(["Work"], self.tree.folders())
        self.assertEqual(1, len(self.tree.messages("Work")))

    def test_a_new_folder_never_costs_another_one_its_state(self):
        self.tree = self.workspace.tree("/")
        self.configure(local={"sep": "/"})
        self.fill_server("INBOX", "a.b")
        self.workspace.sync()
        self.tree.remove(self.tree.messages("a.b")[0])
        state = self.workspace.sqlite_status("a.b").read_bytes()
        self.account.create("a/b")
        self.assert_one_error_about(self.workspace.run(), "'a.b'", "'a/b'", "would share")
        self.assertEqual(state, self.workspace.sqlite_status("a.b").read_bytes())
        self.assertNotIn("a/b", self.tree.folders())
        self.account.delete("a/b")
        self.workspace.sync()
        self.assertEqual({}, self.account.messages("a.b"), "the deletion was still known")

    def test_inbox_keeps_its_name_whatever_is_below_it(self):
        self.configure()
        self.fill_server("INBOX", "INBOX/Sub", "Inbox2", "inbox-old")
        self.workspace.sync()
        self.assertEqual(["INBOX", "INBOX.Sub", "Inbox2", "inbox-old"], self.tree.folders())
        self.assert_both_directions(lambda name: name.replace("/", "."))


if __name__ == "__main__":
    case.main()
