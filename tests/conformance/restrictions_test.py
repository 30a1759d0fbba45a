"""`maxage` and `startdate` leave out the messages that OfflineIMAP 8.0.0 leaves out, and each program goes on where the
other began."""

import datetime
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402


def days_ago(days):
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days)


class Restrictions(case.SyncTestCase):
    def append(self, number, days=0):
        return self.account.append("INBOX", corpus.message(number), (r"\Seen",),
                                   days_ago(days).strftime("%d-%b-%Y %H:%M:%S +0000"))

    def uids(self):
        return sorted(message.uid for message in self.tree.messages("INBOX") if message.uid)

    def test_the_original_sees_the_same_young_messages(self):
        self.configure(account={"maxage": "30"})
        self.append(1, days=60)
        young = [self.append(2, days=10), self.append(3, days=60)]
        self.workspace.oracle()
        self.assertEqual(young, self.uids())
        self.assert_no_op()
        young.append(self.append(4))
        self.workspace.sync()
        here = self.tree.snapshot()
        self.workspace.oracle()
        self.assertEqual(here, self.tree.snapshot())
        self.assertEqual(young, self.uids())

    def test_the_original_finds_the_same_start(self):
        self.configure(remote={"startdate": days_ago(30).strftime("%Y-%m-%d")})
        self.append(1, days=60)
        young = [self.append(2, days=10)]
        self.workspace.oracle()
        start = self.workspace.metadata / "Repository-Remote" / "StartUID" / "INBOX"
        self.assertEqual(f"{young[0]}\n", start.read_text())
        self.assert_no_op()
        young.append(self.append(3))
        self.workspace.sync()
        self.assertEqual(young, self.uids())


if __name__ == "__main__":
    case.main()
