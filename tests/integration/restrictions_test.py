"""`maxage`, `startdate` and `maxsize`: what they leave out is never lost, deleted or doubled."""

import datetime
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402
from support.maildir import to_wire  # noqa: E402


def days_ago(days):
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)


def internal_date(days):
    return days_ago(days).strftime("%d-%b-%Y %H:%M:%S +0000")


class Restricted(case.SyncTestCase):
    def append(self, number, days=0, lines=3, folder="INBOX"):
        return self.account.append(folder, corpus.message(number, lines=lines), (r"\Seen",), internal_date(days))

    def uids(self, folder="INBOX"):
        return sorted(message.uid for message in self.tree.messages(folder) if message.uid)


class MaxAge(Restricted):
    def test_in_days(self):
        self.configure(account={"maxage": "30"})
        self.append(1, days=60)
        young = [self.append(2, days=10), self.append(3, days=60), self.append(4)]
        self.workspace.sync()
        self.assertEqual(young, self.uids())
        self.assert_no_op()

    def test_as_a_day(self):
        self.configure(account={"maxage": days_ago(30).strftime("%Y-%m-%d")})
        self.append(1, days=60)
        young = [self.append(2, days=10)]
        self.workspace.sync()
        self.assertEqual(young, self.uids())

    def test_set_and_removed_again_on_existing_mail(self):
        self.configure()
        uids = [self.append(number, days=60 - number * 20) for number in range(4)]
        self.workspace.sync()
        server, here = self.account.snapshot(), self.tree.snapshot()
        self.configure(account={"maxage": "30"})
        self.assert_no_op()
        self.configure()
        result = self.workspace.sync()
        self.assertEqual([], result.copied(), str(result))
        self.assertEqual((server, here), (self.account.snapshot(), self.tree.snapshot()))
        self.assertEqual(uids, self.uids())

    def test_both_directions_work_inside_and_nothing_happens_outside(self):
        self.configure()
        uids = [self.append(number, days=days) for number, days in ((0, 60), (1, 50), (2, 5), (3, 4), (4, 3))]
        self.workspace.sync()
        self.configure(account={"maxage": "30"})
        by_uid = {message.uid: message for message in self.tree.messages("INBOX")}
        self.tree.remove(by_uid[uids[0]])
        self.tree.set_flags(by_uid[uids[1]], "FS")
        self.tree.remove(by_uid[uids[2]])
        self.account.expunge("INBOX", [uids[3]])
        self.tree.deliver("INBOX", corpus.disk_message(50), "S")
        self.workspace.sync()
        left = self.account.messages("INBOX")
        self.assertEqual([uids[0], uids[1], uids[4], uids[4] + 1], sorted(left))
        self.assertEqual(to_wire(corpus.disk_message(50)), left[uids[4] + 1].body)
        self.assertEqual(frozenset({r"\Seen"}), left[uids[1]].flags)
        self.assertEqual([uids[1], uids[4], uids[4] + 1], self.uids())
        self.assert_no_op()
        # Seen again, the old messages are what the user made of them.
        self.configure()
        self.workspace.sync()
        self.assertEqual([uids[1], uids[4], uids[4] + 1], sorted(self.account.messages("INBOX")))
        self.assertIn(r"\Flagged", self.account.messages("INBOX")[uids[1]].flags)
        self.assert_in_step()

    def test_nothing_young_on_the_server(self):
        self.configure(account={"maxage": "30"})
        self.append(1, days=60)
        self.workspace.sync()
        self.assertEqual([], self.tree.messages("INBOX"))
        self.assert_no_op()

    def test_the_server_sends_no_list_of_old_messages(self):
        self.configure(account={"maxage": "30"})
        for number in range(30):
            self.append(number, days=60)
        first = self.append(40)
        self.account.forget_commands()
        self.workspace.sync()
        fetches = [command for command in self.account.commands() if "FETCH" in command]
        self.assertTrue(fetches)
        self.assertEqual([], [command for command in fetches if "1:*" in command], fetches)
        self.assertEqual([first], self.uids())

    def test_bad_values(self):
        tomorrow = (datetime.date.today() + datetime.timedelta(days=3)).isoformat()
        for value, text in ((tomorrow, f"maxage led to future date {tomorrow}. Abort syncing."),
                            ("1850-01-01", "maxage led to year 1850. Abort syncing."),
                            ("0", "invalid maxage value '0'"), ("soon", "invalid maxage value 'soon'")):
            with self.subTest(value):
                self.configure(account={"maxage": value})
                result = self.workspace.run()
                self.assertEqual(1, result.returncode, str(result))
                self.assertIn(text, result.output)

    def test_quick_is_not_taken(self):
        self.configure(account={"maxage": "30"})
        uid = self.append(1)
        self.workspace.sync()
        self.account.store("INBOX", [uid], "+FLAGS", (r"\Flagged",))
        result = self.workspace.sync("-q")
        self.assertIn("Quick syncs (-q) not supported in conjunction with maxage or startdate; ignoring -q.",
                      result.output)
        self.assert_in_step()

    def test_together_with_startdate_is_refused(self):
        self.configure(account={"maxage": "30"}, remote={"startdate": "2020-01-01"})
        self.append(1)
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("set only one of maxage, startdate", result.output)


class MaxSize(Restricted):
    LIMIT = 2000

    def test_large_messages_stay_where_they_are(self):
        self.configure(account={"maxsize": str(self.LIMIT)})
        small = self.append(1)
        self.append(2, lines=200)
        self.tree.make_folder("INBOX")
        self.tree.deliver("INBOX", corpus.disk_message(3), "S")
        large = self.tree.deliver("INBOX", corpus.disk_message(4, lines=200), "S")
        self.workspace.sync()
        self.assertEqual([small, small + 2], self.uids())
        self.assertTrue(large.exists())
        self.assertEqual(3, len(self.account.messages("INBOX")))
        self.assert_no_op()

    def test_between_the_sizes_on_disk_and_on_the_wire(self):
        """The original deletes here: the file is below the limit, the same message on the server above it."""
        body = corpus.message(1, lines=30)
        self.configure()
        uid = self.account.append("INBOX", body)
        self.workspace.sync()
        self.configure(account={"maxsize": str(len(body) - 5)})
        self.assertLess(len(self.tree.messages("INBOX")[0].body), len(body) - 5)
        self.assert_no_op()
        self.account.append("INBOX", corpus.message(2))
        self.workspace.sync()
        self.assertEqual([uid, uid + 1], self.uids())
        self.assertEqual([uid, uid + 1], sorted(self.account.messages("INBOX")))

    def test_a_large_message_gone_on_one_side_is_left_on_the_other(self):
        self.configure()
        uids = [self.append(number, lines=200) for number in range(2)]
        self.workspace.sync()
        self.configure(account={"maxsize": str(self.LIMIT)})
        self.account.expunge("INBOX", uids[:1])
        self.tree.remove([message for message in self.tree.messages("INBOX") if message.uid == uids[1]][0])
        self.workspace.sync()
        self.assertEqual(uids[:1], self.uids())
        self.assertEqual(uids[1:], sorted(self.account.messages("INBOX")))


class StartDate(Restricted):
    def start_uid(self, repository="Remote"):
        return (self.workspace.metadata / f"Repository-{repository}" / "StartUID" / "INBOX").read_text()

    def test_of_the_server(self):
        self.configure(remote={"startdate": days_ago(30).strftime("%Y-%m-%d")})
        self.append(1, days=60)
        young = [self.append(2, days=10), self.append(3, days=60)]
        self.workspace.sync()
        self.assertEqual(young, self.uids())
        self.assertEqual(f"{young[0]}\n", self.start_uid())
        self.assert_no_op()

    def test_of_the_maildir(self):
        self.configure(local={"startdate": days_ago(30).strftime("%Y-%m-%d")})
        self.tree.make_folder("INBOX")
        self.tree.deliver("INBOX", corpus.disk_message(1), "S")  # its name begins with a time in 2020
        young = self.tree.deliver("INBOX", corpus.disk_message(2), "S")
        young.rename(young.with_name(f"{int(time.time())}.M1P1.reader:2,S"))
        self.workspace.sync()
        self.assertEqual([to_wire(corpus.disk_message(2))], self.server_bodies("INBOX"))
        self.assert_no_op()

    def test_wants_the_other_side_empty(self):
        self.configure(remote={"startdate": days_ago(30).strftime("%Y-%m-%d")})
        self.append(1)
        self.tree.make_folder("INBOX")
        self.tree.deliver("INBOX", corpus.disk_message(2), "S")
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("To use startdate on Repository Remote, Repository Local must be empty", result.output)
        self.assertEqual(1, len(self.account.messages("INBOX")))


if __name__ == "__main__":
    case.main()
