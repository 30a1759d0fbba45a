"""What hooks are told of what changed in the Maildirs, and how long they may take."""

import collections
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402

KEEP = 'cp "$OIMAP_CHANGES" ~/changes'
DIE = "lambda: __import__('os').kill(__import__('os').getpid(), 9)"


class HookCase(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.list = self.workspace.metadata / "Test.changes"
        self.kept = self.workspace.home / "changes"

    def changes(self, file=None):
        """[(kind, path)] of the list that the hook kept."""
        fields = (file or self.kept).read_bytes().split(b"\0")
        self.assertEqual(b"", fields.pop(), "every string ends in NUL")
        self.assertEqual(0, len(fields) % 2, fields)
        changes = [(kind.decode(), pathlib.Path(path.decode())) for kind, path in zip(fields[::2], fields[1::2])]
        for (kind, _), (following, _) in zip(changes, [*changes[1:], ("", None)]):
            self.assertEqual(kind == "renamed-from", following == "renamed-to", changes)
        return changes

    def kinds(self):
        return collections.Counter(kind for kind, _ in self.changes())

    def files(self):
        return {message.path for folder in self.tree.folders() for message in self.tree.messages(folder)}

    def followed(self, index):
        """What an index of these files has become once it has looked at every path of the list, and at no other."""
        index = set(index)
        for kind, path in self.changes():
            if kind == "folder":
                continue
            if path.exists():
                index.add(path)
            else:
                index.discard(path)
        return index

    def change_everything(self):
        """New messages, deletions and flags on both sides, and a new folder on each. Needs INBOX and Work, filled."""
        self.account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(700, 704)])
        self.account.store("INBOX", [1], "+FLAGS", (r"\Flagged",))
        self.account.expunge("INBOX", [2])
        self.account.create("New There")
        self.account.append("New There", corpus.message(710), (r"\Seen",))
        self.tree.deliver("Work", corpus.disk_message(720), "S")
        self.tree.deliver("Work", corpus.disk_message(721))
        self.tree.remove([message for message in self.tree.messages("Work") if message.uid == 1][0])
        self.tree.make_folder("New Here")


class ListOfChanges(HookCase):
    def test_an_index_that_looks_where_the_list_points_misses_nothing(self):
        self.configure(account={"postsynchook": KEEP})
        self.fill(("INBOX", "Work"))
        self.assertEqual(6, self.kinds()["new"])
        self.assertEqual(self.files(), self.followed(set()))
        self.change_everything()
        index = self.files()
        self.workspace.sync()
        self.assert_in_step()
        self.assertEqual({"new": 5, "deleted": 1, "renamed-from": 3, "renamed-to": 3, "folder": 1}, self.kinds())
        self.assertIn(("folder", self.tree.path("New There")), self.changes())
        self.assertEqual(self.files(), self.followed(index))
        self.workspace.sync()
        self.assertEqual([], self.changes())
        self.assertFalse(self.list.exists(), "the hook has returned")

    def test_names_may_hold_anything(self):
        odd = r"'W\n\x27\x22\\ \u00fc'"
        self.configure(account={"postsynchook": KEEP},
                       remote={"nametrans": f"lambda name: name.replace('Work', {odd})"},
                       local={"nametrans": f"lambda name: name.replace({odd}, 'Work')"})
        self.account.create("Work")
        self.account.append("Work", corpus.message(1))
        self.workspace.sync()
        folder = self.tree.path("W\n'\"\\ \u00fc")
        self.assertIn(("folder", folder), self.changes())
        [path] = [path for kind, path in self.changes() if kind == "new"]
        self.assertEqual(folder / "new", path.parent)
        self.assertEqual(self.files(), {path})

    def test_adopting_new_uids_renames_every_file(self):
        self.configure(account={"postsynchook": KEEP})
        self.fill(("INBOX", "Work"), each=4)
        bodies = [message.body for message in self.account.messages("Work").values()]
        self.account.delete("Work")
        self.account.create("Work")
        self.account.append_all("Work", [(body, (), None) for body in reversed(bodies)])
        index = self.files()
        self.workspace.sync()
        self.assertEqual(4, self.kinds()["renamed-to"])
        self.assertEqual(self.files(), self.followed(index))

    def test_before_the_sync_it_is_there_and_empty(self):
        self.configure(account={"presynchook": 'wc -c < "$OIMAP_CHANGES" > ~/before', "postsynchook": "true"})
        self.fill()
        self.assertEqual("0", (self.workspace.home / "before").read_text().strip())

    def test_only_the_owner_may_read_it(self):
        self.configure(account={"postsynchook": 'stat -c "%%a %%n" "$OIMAP_CHANGES" > ~/mode'})
        self.workspace.sync()
        self.assertEqual(f"600 {self.list}", (self.workspace.home / "mode").read_text().strip())

    def test_nobody_who_asks_for_it_nothing_is_kept(self):
        self.configure(account={"presynchook": 'echo "${OIMAP_CHANGES-unset}" > ~/before'})
        self.fill()
        self.assertEqual("unset", (self.workspace.home / "before").read_text().strip())
        self.assertFalse(self.list.exists())

    def test_a_dry_run_calls_and_writes_nothing(self):
        self.configure(account={"presynchook": KEEP, "postsynchook": KEEP}, remote={"newmail_hook": DIE})
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync("--dry-run")
        self.assertFalse(self.kept.exists())
        self.assertFalse(self.list.exists())


class AfterAnInterruption(HookCase):
    def test_a_killed_round_leaves_its_list_to_the_next(self):
        self.configure(account={"postsynchook": KEEP})
        self.fill(("INBOX", "Work"))
        self.change_everything()
        index = self.files()
        self.configure(account={"postsynchook": KEEP}, remote={"newmail_hook": DIE})
        killed = self.workspace.run()
        self.assertEqual(-signal.SIGKILL, killed.returncode, str(killed))
        self.assertIn("new", [kind for kind, _ in self.changes(self.list)])
        with self.list.open("ab") as torn:
            torn.write(b"renamed-from\0/cut o")
        self.configure(account={"presynchook": 'cp "$OIMAP_CHANGES" ~/before', "postsynchook": KEEP})
        self.workspace.sync()
        self.assertIn("new", [kind for kind, _ in self.changes(self.workspace.home / "before")])
        self.assert_in_step()
        self.assertEqual(self.files(), self.followed(index))
        self.assertFalse(self.list.exists())

    def test_a_round_that_failed_leaves_it_too(self):
        self.configure(account={"postsynchook": KEEP})
        self.fill()
        self.configure(account={"postsynchook": KEEP}, remote={"remotepass": "wrong"})
        self.list.write_bytes(b"deleted\0/gone\0")
        self.assertEqual(1, self.workspace.run().returncode)
        self.configure(account={"postsynchook": KEEP})
        self.workspace.sync()
        self.assertEqual([("deleted", pathlib.Path("/gone"))], self.changes())

    def test_a_hook_that_is_ended_sees_it_again(self):
        self.configure(account={"postsynchook": "sleep 60", "hooktimeout": "1"})
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("postsynchook of account Test was ended: it ran for more than 1 seconds (hooktimeout)",
                      result.output)
        self.configure(account={"postsynchook": KEEP, "hooktimeout": "0"})
        self.workspace.sync()
        self.assertEqual(self.files(), self.followed(set()))

    def test_a_hook_that_fails_has_seen_it(self):
        self.configure(account={"postsynchook": "exit 3"})
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.assertFalse(self.list.exists())


class NewMailHook(HookCase):
    def test_python_and_its_children_find_the_list(self):
        helper = self.workspace.home / "helper.py"
        helper.write_text("import os, shutil\n"
                          "def hook():\n"
                          "    shutil.copy(os.environ['OIMAP_CHANGES'], os.path.expanduser('~/changes'))\n"
                          "    os.system('cp \"$OIMAP_CHANGES\" ~/child')\n", encoding="utf-8")
        self.configure(general={"pythonfile": "~/helper.py"}, remote={"newmail_hook": "hook"})
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.assertEqual(self.files(), self.followed(set()))
        self.assertEqual(self.changes(), self.changes(self.workspace.home / "child"))
        self.assertFalse(self.list.exists(), "the round is over")

    def test_every_account_has_its_own(self):
        sections = self.workspace.sections(self.user)
        other_user = self.user + "_other"
        other = self.server.account(other_user)
        sections["general"].update(accounts="Test, Other", maxsyncaccounts="2")
        hook = "lambda: __import__('os').system('sleep 0.2; cp \"$OIMAP_CHANGES\" ~/`basename \"$OIMAP_CHANGES\"`')"
        sections["Repository Remote"]["newmail_hook"] = hook
        sections["Account Other"] = {**sections["Account Test"], "localrepository": "OtherLocal",
                                     "remoterepository": "OtherRemote"}
        sections["Repository OtherRemote"] = {**sections["Repository Remote"], "remoteuser": other_user}
        sections["Repository OtherLocal"] = {**sections["Repository Local"], "localfolders": "~/OtherMail"}
        self.workspace.configure(sections)
        for account in (self.account, other):
            account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        for name, root in (("Test", self.tree.root), ("Other", self.workspace.home / "OtherMail")):
            paths = [path for kind, path in self.changes(self.workspace.home / f"{name}.changes") if kind == "new"]
            self.assertEqual([root / "INBOX" / "new"], [path.parent for path in paths])

    def test_one_that_takes_too_long_is_told(self):
        self.configure(account={"hooktimeout": "1"}, remote={"newmail_hook": "lambda: __import__('time').sleep(2)"})
        self.account.append("INBOX", corpus.message(1))
        self.assertRegex(self.workspace.sync().output, r"newmail_hook of account Test took \d seconds; hooktimeout is 1")


class KilledAtEveryStep(HookCase):
    """A kill at every stop point that touches a local file, in a build that has them."""

    def change(self, number):
        """The same kinds of changes each time: a new message, a deletion, flags, an upload."""
        self.account.append("INBOX", corpus.message(800 + number))
        self.account.expunge("INBOX", [sorted(self.account.messages("INBOX"))[1]])
        for folder in ("INBOX", "Work"):
            self.account.store(folder, [1], "-FLAGS" if number % 2 else "+FLAGS", (r"\Flagged",))
        self.tree.deliver("Work", corpus.disk_message(900 + number), "S")
        return self.files()

    def steps(self):
        trace = self.workspace.root / "trace"
        self.workspace.run("-1", environment={"OFFLINEIMAP_STOP_TRACE": str(trace)})
        visits = collections.Counter()
        found = []
        for name in trace.read_text().split():
            visits[name] += 1
            if name.startswith("maildir"):
                found.append(f"{name}:{visits[name]}")
        return found

    def test_no_change_is_missing(self):
        self.configure(account={"postsynchook": KEEP})
        self.fill(("INBOX", "Work"))
        self.change(0)
        steps = self.steps()
        self.assertGreater(len(steps), 8, steps)
        for number, step in enumerate(steps, 1):
            with self.subTest(step):
                index = self.change(number)
                killed = self.workspace.run("-1", environment={"OFFLINEIMAP_STOP_AT": step})
                self.assertEqual(-signal.SIGKILL, killed.returncode, str(killed))
                self.workspace.sync("-1")
                self.assert_in_step()
                self.assertEqual(self.files(), self.followed(index))


if __name__ == "__main__":
    case.main()
