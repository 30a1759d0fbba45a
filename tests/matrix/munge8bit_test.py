"""Cyrus as most installations have it: bytes beyond ASCII in a header are stored as X. An upload that was interrupted
is recognised all the same."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case  # noqa: E402

ODD = b"Subject: Gr\xfc\xdfe\nMessage-ID: <8bit@example.org>\n\n\xfc\n"
STORED = b"Subject: GrXXe\r\nMessage-ID: <8bit@example.org>\r\n\r\n\xfc\r\n"


class Munged(case.SyncTestCase):
    def killed_after_the_answer(self, *bodies):
        self.configure()
        self.workspace.sync()
        for body in bodies:
            self.tree.deliver("INBOX", body, "S")
        result = self.workspace.run("-1", environment={"OFFLINEIMAP_STOP_AT": "push-after-append:1"})
        self.assertEqual(-signal.SIGKILL, result.returncode, str(result))
        self.workspace.sync()
        self.assert_no_op()

    def test_a_message_whose_answer_was_not_recorded_is_found_again(self):
        self.killed_after_the_answer(ODD)
        self.assertEqual([STORED], self.server_bodies("INBOX"))
        self.assertEqual([ODD], self.local_bodies("INBOX"), "the file stays as it is")

    def test_two_that_are_alike_are_both_found_again(self):
        self.killed_after_the_answer(ODD, ODD)
        self.assertEqual([STORED, STORED], self.server_bodies("INBOX"))
        self.assertEqual([ODD, ODD], self.local_bodies("INBOX"))


if __name__ == "__main__":
    case.main(munge8bit=True)
