"""A folder whose UIDVALIDITY changed: adopted by content where every message is found again, left alone otherwise."""

import collections
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.account import digest  # noqa: E402


class NewUidValidity(case.SyncTestCase):
    """`Work` is deleted on the server and made anew with the same messages, in another order."""

    BODIES = [corpus.message(number) for number in range(6)]

    def prepare(self, **options):
        self.configure(**options)
        self.account.create("Work")
        self.account.append_all("Work", [(body, (r"\Seen",), None) for body in self.BODIES])
        self.workspace.sync()

    def make_anew(self, bodies):
        self.account.delete("Work")
        self.account.create("Work")
        self.account.append_all("Work", [(body, (r"\Seen",), None) for body in bodies])

    def inodes(self):
        """{digest: inodes}: says whether files were only renamed."""
        found = collections.defaultdict(set)
        for message in self.tree.messages("Work"):
            found[digest(message.body)].add(message.path.stat().st_ino)
        return found

    def assert_adopted(self, result, inodes):
        self.assertEqual([], result.copied(), str(result))
        self.assertIn("all messages here are on the server under new UIDs", result.output)
        self.assertEqual(inodes, self.inodes(), "a message was written anew")
        self.assert_in_step()
        self.assertEqual(sorted(self.account.messages("Work")),
                         sorted(message.uid for message in self.tree.messages("Work")))
        self.assertEqual(str(self.account.status()["Work"]["UIDVALIDITY"]),
                         self.workspace.validity("Work").read_text().strip())
        self.assertFalse((self.workspace.metadata / "Account-Test" / "Renumbering" / "Work").exists())
        self.assert_no_op()


class Adoption(NewUidValidity):
    def test_every_message_is_found_again(self):
        self.prepare()
        inodes = self.inodes()
        self.make_anew(reversed(self.BODIES))
        self.assert_adopted(self.workspace.sync(), inodes)

    def test_with_plain_text_status(self):
        self.prepare(account={"status_backend": "plain"})
        inodes = self.inodes()
        self.make_anew(reversed(self.BODIES))
        self.assert_adopted(self.workspace.sync(), inodes)

    def test_changes_made_meanwhile_are_synchronised(self):
        self.prepare()
        first = self.tree.messages("Work")[0]
        body = first.body
        self.tree.set_flags(first, "FS")
        self.make_anew([*reversed(self.BODIES), corpus.message(50)])
        self.tree.deliver("Work", corpus.disk_message(51), "S")
        result = self.workspace.sync()
        self.assertEqual(2, len(result.copied()), str(result))
        self.assert_in_step()
        self.assertEqual("FS", self.tree.by_body("Work", body).flags)
        self.assert_no_op()

    def test_messages_alike_are_told_apart_or_taken_in_any_order(self):
        alike = corpus.message(7)
        self.BODIES = [alike, alike, corpus.message(8)]
        self.prepare()
        inodes = self.inodes()
        self.make_anew(reversed(self.BODIES))
        self.assert_adopted(self.workspace.sync(), inodes)

    def test_uploads_without_filtered_headers_are_found_again(self):
        self.prepare(account={"filterheaders": "X-Private"})
        self.tree.deliver("Work", b"X-Private: yes\nSubject: mine\n\nbody\n", "S")
        self.workspace.sync()
        bodies = [message.body for message in self.account.messages("Work").values()]
        self.assertIn(b"Subject: mine\r\n\r\nbody\r\n", bodies)
        self.make_anew(reversed(bodies))
        result = self.workspace.sync()
        self.assertEqual([], result.copied(), str(result))
        self.assertIn("under new UIDs", result.output)
        self.assert_no_op()

    def test_one_message_less_leaves_the_folder_alone(self):
        self.prepare()
        here, rows = self.tree.snapshot(), status.read_sqlite(self.workspace.sqlite_status("Work"))
        self.make_anew(self.BODIES[1:])
        server = self.account.snapshot()
        result = self.workspace.run()
        self.assertEqual(2, result.returncode, str(result))
        self.assertIn("UID validity problem for folder Work", result.output)
        self.assertEqual(here, self.tree.snapshot())
        self.assertEqual(server, self.account.snapshot())
        self.assertEqual(rows, status.read_sqlite(self.workspace.sqlite_status("Work")))
        self.account.forget_commands()
        self.assertIn("UID validity problem for folder Work", self.workspace.run().output)
        asked = [command for command in self.account.commands() if "SEARCH" in command or "BODY" in command]
        self.assertEqual([], asked, "what failed is not tried again as long as nothing changes")
        self.account.append("Work", self.BODIES[0])
        self.workspace.sync()
        self.assert_in_step()

    def test_a_dry_run_only_says_so(self):
        self.prepare()
        self.make_anew(reversed(self.BODIES))
        here, server = self.tree.snapshot(), self.account.snapshot()
        result = self.workspace.sync("--dry-run")
        self.assertIn("the local files would take them", result.output)
        self.assertEqual(here, self.tree.snapshot())
        self.assertEqual(server, self.account.snapshot())
        self.workspace.sync()
        self.assert_in_step()


class KilledWhileAdopting(NewUidValidity):
    """Every stop point of the adoption, in a build that has them."""

    def steps(self):
        trace = self.workspace.root / "trace"
        result = self.workspace.run("-1", environment={"OFFLINEIMAP_STOP_TRACE": str(trace)})
        self.assertEqual(0, result.returncode, str(result))
        visits = collections.Counter()
        found = []
        for name in trace.read_text().split():
            visits[name] += 1
            if "renumber" in name:
                found.append(f"{name}:{visits[name]}")
        return found

    def test_at_every_step(self):
        self.prepare()
        inodes = self.inodes()
        bodies = list(reversed(self.BODIES))
        self.make_anew(bodies)
        steps = self.steps()
        self.assertGreater(len(steps), 10, "files, status, epoch, end")
        for stop_at in steps:
            with self.subTest(stop_at):
                bodies.reverse()
                self.make_anew(bodies)
                killed = self.workspace.run("-1", environment={"OFFLINEIMAP_STOP_AT": stop_at})
                self.assertEqual(-signal.SIGKILL, killed.returncode, str(killed))
                result = self.workspace.sync("-1")
                self.assertEqual([], result.copied(), str(result))
                self.assertEqual(inodes, self.inodes())
                self.assert_in_step()
                self.assertEqual(sorted(self.account.messages("Work")),
                                 sorted(message.uid for message in self.tree.messages("Work")))
        self.assert_no_op()


if __name__ == "__main__":
    case.main()
