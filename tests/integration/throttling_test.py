"""A server that takes fewer connections than the account would like."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402

MOST = 2


class FewerConnections(case.SyncTestCase):
    def test_everything_is_synced_with_those_that_there_are(self):
        folders = ["INBOX", *(f"Folder{number}" for number in range(12))]
        self.account.create(*folders[1:])
        for number, folder in enumerate(folders):
            self.account.append_all(folder, [(corpus.message(20 * number + nth), (), None) for nth in range(20)])
        self.configure(remote={"maxconnections": 8})
        result = self.workspace.sync()
        self.assert_in_step()
        lines = [line for line in result.lines if "takes no more connections" in line]
        self.assertEqual(1, len(lines), str(result))
        self.assertRegex(lines[0], r"The server 'localhost' of repository 'Remote' takes no more connections: "
                                   r".*Maximum number of connections.*; going on with fewer$")
        self.assertIn("Maximum number of connections", self.server.log())

    def test_the_password_is_not_doubted(self):
        self.account.create("A", "B", "C", "D")
        self.configure(remote={"maxconnections": 5})
        result = self.workspace.sync()
        self.assertNotIn("authentication failed", result.output)
        self.assert_in_step()

    def test_who_finds_no_room_at_all_waits_for_it(self):
        self.account.append("INBOX", corpus.message(1))
        self.configure()
        with self.account.connection(), self.account.connection():
            run = self.workspace.start()
            run.wait_for("takes no more connections")
            run.wait_for("trying again in 5 s")
        result = run.finish(timeout=120)
        self.assertEqual(0, result.returncode, str(result))
        self.assert_in_step()

    def test_the_wait_ends_when_the_user_wants_it(self):
        self.configure()
        with self.account.connection(), self.account.connection():
            run = self.workspace.start()
            run.wait_for("trying again in 5 s")
            run.signal(15)
            result = run.finish(timeout=60)
        self.assertNotIn("authentication failed", result.output)


if __name__ == "__main__":
    case.main(most_connections=MOST)
