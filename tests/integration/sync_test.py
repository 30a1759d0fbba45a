"""A whole sync in both directions: the built program against Dovecot over TLS."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs  # noqa: E402
from support.maildir import letters, to_disk, to_wire  # noqa: E402


MEMORY_LIMIT = 64  # MiB

class BothDirections(case.SyncTestCase):
    """Everything that can happen to messages and folders, on either side."""

    def exercise(self):
        self.account.create("Work", "Work/Sub")
        for folder in ("INBOX", "Work", "Work/Sub"):
            self.account.append_all(folder, corpus.mailbox(seed=folder, count=8))
        self.workspace.sync()
        self.assert_in_step()
        self.assert_no_op()

        uids = sorted(self.account.messages("INBOX"))
        self.account.append("INBOX", corpus.message(501), (r"\Answered",))
        self.account.store("INBOX", uids[:2], "FLAGS", (r"\Flagged", r"\Seen"))
        self.account.store("INBOX", uids[2:4], "FLAGS", ())
        self.account.expunge("INBOX", uids[4:6])
        self.account.create("From Server")
        self.account.append("From Server", corpus.message(502))
        work = self.tree.messages("Work")
        self.tree.deliver("Work", corpus.disk_message(503))
        self.tree.deliver("Work", corpus.disk_message(504), "FRS")
        self.tree.set_flags(work[0], "DFRS")
        self.tree.set_flags(work[1], "")
        self.tree.remove(work[2])
        self.tree.make_folder("From.Maildir")
        self.tree.deliver("From.Maildir", corpus.disk_message(505), "S")
        self.workspace.sync()
        # `From` came into being on the server as the parent of `From/Maildir`; it may take a second sync to get here.
        again = self.workspace.sync()
        self.assertEqual([], again.copied(), str(again))
        self.assert_in_step()
        self.assertEqual({"INBOX": 7, "Work": 9, "Work/Sub": 8, "From Server": 1, "From": 0, "From/Maildir": 1},
                         {folder: len(messages) for folder, messages in self.account.snapshot().items()})
        flags = {uid: letters(message.flags) for uid, message in self.account.messages("Work").items()}
        self.assertEqual(("DFRS", ""), (flags[work[0].uid], flags[work[1].uid]))
        self.assertNotIn(work[2].uid, flags)
        self.assert_no_op()

    def test_over_implicit_tls(self):
        self.configure()
        self.exercise()

    def test_over_starttls(self):
        self.configure(remote={"ssl": "no", "starttls": "yes", "remoteport": self.server.plain_port})
        self.exercise()

    def test_every_login_is_within_tls(self):
        for remote in ({}, {"ssl": "no", "starttls": "yes", "remoteport": self.server.plain_port}):
            self.configure(remote=remote)
            self.workspace.sync()
        logins = [line for line in self.server.log().splitlines() if f"Login: user=<{self.user}>" in line]
        self.assertEqual(2, len(logins))
        self.assertEqual([], [line for line in logins if ", TLS," not in line])

    def test_with_three_connections(self):
        self.configure(remote={"maxconnections": 3})
        self.exercise()

    def test_single_threaded(self):
        self.configure(remote={"maxconnections": 3})
        sync = self.workspace.sync
        self.workspace.sync = lambda *arguments: sync("-1", *arguments)
        self.exercise()

    def test_without_fsync(self):
        self.configure(general={"fsync": "no"})
        self.exercise()

    def test_with_a_server_that_offers_no_extension(self):
        self.configure(remote={"remotehost": self.server.modest_host})
        self.exercise_without_uidplus()

    def exercise_without_uidplus(self):
        self.fill(("INBOX", "Work"))
        self.tree.deliver("INBOX", corpus.disk_message(601), "S")
        self.tree.remove(self.tree.messages("Work")[0])
        self.account.append("Work", corpus.message(602))
        self.workspace.sync()
        self.assert_no_op()
        for folder, count in (("INBOX", 4), ("Work", 3)):
            self.assertEqual(count, len(self.account.messages(folder)))
            self.assertEqual(sorted(self.account.messages(folder)),
                             sorted(message.uid for message in self.tree.messages(folder)))
        self.assertIn(corpus.disk_message(601), self.local_bodies("INBOX"))


class Bodies(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.configure()

    def test_every_byte_is_pulled_unchanged(self):
        bodies = self.odd_bodies()
        self.account.append_all("INBOX", [(body, (), None) for body in bodies.values()])
        self.account.plant_in_inbox(b"")
        stored = {message.body for message in self.account.messages("INBOX").values()}
        self.assertEqual({*bodies.values(), b""}, stored, "the server itself changed a message")
        self.workspace.sync()
        pulled = [message.body for message in self.tree.messages("INBOX")]
        for what, body in [*bodies.items(), ("no byte", b"")]:
            with self.subTest(what):
                self.assertEqual(1, pulled.count(to_disk(body)))
        self.assertEqual(len(bodies) + 1, len(pulled))
        self.assert_no_op()

    def test_every_byte_is_pushed_unchanged(self):
        bodies = {what: to_disk(body) for what, body in self.odd_bodies().items()}
        self.workspace.sync()
        for body in bodies.values():
            self.tree.deliver("INBOX", body, "")
        self.workspace.sync()
        pushed = self.server_bodies("INBOX")
        for what, body in bodies.items():
            with self.subTest(what):
                self.assertEqual(1, pushed.count(to_wire(body)))
        self.assertEqual(len(bodies), len(pushed))
        self.assertEqual(sorted(bodies.values()), self.local_bodies("INBOX"))
        self.assert_no_op()

    def test_every_byte_survives_the_way_to_this_side_and_back(self):
        bodies = self.odd_bodies()
        self.account.create("Back")
        self.account.append_all("INBOX", [(body, (), None) for body in bodies.values()])
        self.workspace.sync()
        for message in self.tree.messages("INBOX"):
            self.tree.deliver("Back", message.body, "S")
        self.workspace.sync()
        self.assertEqual(sorted(bodies.values()), self.server_bodies("Back"))
        self.assertEqual(self.local_bodies("INBOX"), self.local_bodies("Back"))
        self.assert_no_op()

    def test_lone_line_feeds_on_the_server_come_as_it_sends_them(self):
        planted = b"Subject: lone LF\n\nlone\nwith CR\r\nbare\rCR\nno end"
        self.account.append("INBOX", corpus.message(1))
        self.account.plant_in_inbox(planted)
        [sent] = [body for body in self.server_bodies("INBOX") if body != corpus.message(1)]
        self.assertEqual(b"Subject: lone LF\r\n\r\nlone\r\nwith CR\r\nbare\rCR\r\nno end", sent)
        self.workspace.sync()
        self.assertEqual(sorted([to_disk(sent), corpus.disk_message(1)]), self.local_bodies("INBOX"))
        self.assert_no_op()

    def test_a_file_with_the_line_ends_of_the_wire_is_pushed_with_no_more_of_them(self):
        file = b"Subject: CRLF in a file\r\n\r\nfirst\r\nbare\rCR\r\nlone\nlast"
        self.workspace.sync()
        self.tree.deliver("INBOX", file, "S")
        self.workspace.sync()
        self.assertEqual([file.replace(b"lone\n", b"lone\r\n")], self.server_bodies("INBOX"))
        self.assertEqual([file], self.local_bodies("INBOX"), "the file stays as it is")
        self.assert_no_op()

    def check_memory(self, peak):
        if not programs.sanitized():
            self.assertLess(peak, MEMORY_LIMIT)

    def test_30_mib_are_pulled_in_bounded_memory(self):
        body = corpus.big(30 << 20)
        self.account.append("INBOX", body)
        _, peak = self.workspace.sync_measuring_memory()
        [message] = self.tree.messages("INBOX")
        self.assertTrue(message.body == to_disk(body), "the body differs")
        self.check_memory(peak)

    def test_30_mib_are_pushed_in_bounded_memory(self):
        body = corpus.big(30 << 20)
        self.workspace.sync()
        self.tree.deliver("INBOX", to_disk(body), "S")
        _, peak = self.workspace.sync_measuring_memory()
        [message] = self.account.messages("INBOX").values()
        self.assertTrue(message.body == body, "the body differs")
        self.check_memory(peak)

    def test_a_pushed_message_has_the_date_of_its_file(self):
        self.workspace.sync()
        path = self.tree.deliver("INBOX", corpus.disk_message(1), "S")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        self.workspace.sync()
        [message] = self.account.messages("INBOX").values()
        self.assertEqual("09-Sep-2001 01:46:40 +0000", message.date)


class MailReaders(case.SyncTestCase):
    """What readers do to a Maildir beyond new, gone and flags."""

    def setUp(self):
        super().setUp()
        self.configure()
        self.fill(("INBOX", "Work"))

    def test_a_copy_into_another_folder_is_uploaded_there(self):
        message = self.tree.messages("INBOX")[0]
        self.tree.copy(message, "Work")
        self.workspace.sync()
        self.assertIn(to_wire(message.body), self.server_bodies("Work"))
        self.assert_in_step()
        self.assert_no_op()

    def test_a_move_into_another_folder_arrives_there_and_leaves_here(self):
        message = self.tree.messages("INBOX")[0]
        body = message.body
        message.path.rename(self.tree.path("Work") / "cur" / f"{message.name.partition(':')[0]}:2,S")
        self.workspace.sync()
        self.assertIn(to_wire(body), self.server_bodies("Work"))
        self.assertNotIn(to_wire(body), self.server_bodies("INBOX"))
        self.assert_in_step()
        self.assert_no_op()

    def test_a_message_marked_as_trash_is_marked_deleted_and_nothing_more(self):
        message = self.tree.messages("INBOX")[0]
        body = message.body
        self.tree.set_flags(message, "ST")
        self.account.append("Work", corpus.message(700))
        self.workspace.sync()
        self.assertEqual({r"\Deleted", r"\Seen"}, self.server_flags("INBOX", to_wire(body)))
        self.assert_in_step()
        self.assert_no_op()

    def test_letters_that_imap_does_not_know_stay_on_disk(self):
        self.tree.deliver("INBOX", corpus.disk_message(701), "PS")
        self.workspace.sync()
        self.assert_no_op()
        self.assertEqual("PS", self.tree.by_body("INBOX", corpus.disk_message(701)).flags)
        self.assertEqual({r"\Seen"}, self.server_flags("INBOX", corpus.message(701)))

    def test_an_emptied_folder_is_emptied_on_the_server(self):
        for message in self.tree.messages("Work"):
            self.tree.remove(message)
        self.workspace.sync()
        self.assertEqual({}, self.account.messages("Work"))
        self.assertEqual(3, len(self.account.messages("INBOX")))

    def test_flags_changed_on_both_sides_are_merged(self):
        message = self.tree.messages("INBOX")[0]
        body = message.body
        self.account.store("INBOX", [message.uid], "+FLAGS", (r"\Answered",))
        self.tree.set_flags(message, "FS")
        self.workspace.sync()
        self.assertEqual("FRS", self.tree.by_body("INBOX", body).flags)
        self.assert_in_step()

    def test_a_message_deleted_on_both_sides_is_no_error(self):
        message = self.tree.messages("INBOX")[0]
        self.account.expunge("INBOX", [message.uid])
        self.tree.remove(message)
        self.workspace.sync()
        self.assert_in_step()
        self.assert_no_op()

    def test_a_message_deleted_here_and_flagged_there_is_deleted(self):
        message = self.tree.messages("INBOX")[0]
        self.account.store("INBOX", [message.uid], "+FLAGS", (r"\Flagged",))
        self.tree.remove(message)
        self.workspace.sync()
        self.assertNotIn(message.uid, self.account.messages("INBOX"))
        self.assert_in_step()


if __name__ == "__main__":
    case.main()
