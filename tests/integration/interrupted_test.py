"""Killed without warning, at every step and at any moment: the next run converges, nothing is lost, nothing is
doubled."""

import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402
from support.account import digest  # noqa: E402
from support.maildir import to_disk  # noqa: E402
from support.workspace import Workspace  # noqa: E402


TIMEOUT = 30


class Scenario:
    """A small sync with everything in it, prepared once and copied for each interruption (or prepared each
    time, where the server's mail cannot be copied): pulls and pushes (two of
    them alike, one without Message-ID), deletions and flags both ways, and a new folder on each side."""

    TEMPLATE = "template"

    def __init__(self, server, root):
        self.server = server
        self.root = root
        self.expected = {}
        self._prepare(self.TEMPLATE)

    def _prepare(self, name):
        account = self.server.account(name)
        workspace = Workspace(self.root / name, self.server)
        workspace.configure_standard(name)
        tree = workspace.tree()
        account.create("Work")
        account.append_all("INBOX", [(corpus.message(number), (), None) for number in range(6)])
        account.append_all("Work", [(corpus.message(number), (r"\Seen",), None) for number in range(10, 16)])
        workspace.sync()
        inbox = {number: "" for number in range(6)}
        work = {number: "S" for number in range(10, 16)}

        for number in range(20, 26):
            account.append("INBOX", corpus.message(number), (r"\Seen",) if number % 2 else ())
            inbox[number] = "S" if number % 2 else ""
        account.store("INBOX", [1, 2], "+FLAGS", (r"\Flagged",))
        account.expunge("INBOX", [3, 4])
        account.store("Work", [1], "-FLAGS", (r"\Seen",))
        account.create("New There")
        account.append_all("New There", [(corpus.message(number), (), None) for number in (30, 31)])
        inbox[0] = inbox[1] = "F"
        del inbox[2], inbox[3]
        work[10] = ""

        for number in range(40, 43):
            tree.deliver("Work", corpus.disk_message(number), "S" if number % 2 else None)
            work[number] = "S" if number % 2 else ""
        by_uid = {message.uid: message for message in tree.messages("Work")}
        tree.set_flags(by_uid[2], "RS")
        tree.set_flags(by_uid[3], "")
        tree.remove(by_uid[4])
        tree.remove(by_uid[5])
        work[11], work[12] = "RS", ""
        del work[13], work[14]
        tree.set_flags({message.uid: message for message in tree.messages("INBOX")}[6], "S")
        inbox[5] = "S"
        tree.make_folder("New Here")
        tree.deliver("New Here", corpus.disk_message(50), "F")

        self.expected = {
            folder: collections.Counter((digest(corpus.disk_message(number)), flags)
                                        for number, flags in messages.items())
            for folder, messages in (("INBOX", inbox), ("Work", work), ("New There", {30: "", 31: ""}),
                                     ("New Here", {50: "F"}))
        }
        for body, count in ((to_disk(b"Subject: alike\r\n\r\ntwice\r\n"), 2), (b"\nno header at all\n", 1)):
            for _ in range(count):
                tree.deliver("Work", body, "S")
            self.expected["Work"][(digest(body), "S")] = count
        return account, workspace

    def fresh(self, name, **remote):
        """(account, workspace) in the state before the sync."""
        account, workspace = self._copy(name) if hasattr(self.server, "copy_account") else self._prepare(name)
        sections = workspace.sections(name)
        sections["Repository Remote"].update(remote)
        workspace.configure(sections)
        return account, workspace

    def _copy(self, name):
        account = self.server.copy_account(self.TEMPLATE, name)
        workspace = Workspace(self.root / name, self.server)
        shutil.rmtree(workspace.home)
        subprocess.run(["cp", "-a", str(self.root / self.TEMPLATE / "home"), str(workspace.home)], check=True)
        # A copy is another directory, of which the program would want to know why it lacks messages.
        shutil.rmtree(workspace.metadata / "Repository-Local" / "FolderIdentity")
        return account, workspace

    def discard(self, account, workspace):
        self.server.remove_account(account.user)
        shutil.rmtree(workspace.root)


class Interrupted(case.SyncTestCase):
    _scenario = None

    def setUp(self):
        super().setUp()
        if Interrupted._scenario is None:
            Interrupted._scenario = Scenario(self.server, self.workspace.root.parent)
        self.scenario = Interrupted._scenario

    def assert_converges(self, account, workspace, what):
        """A run that nobody disturbs ends well with both sides as they should be; one more has nothing to do."""
        try:
            result = workspace.run("-1", timeout=TIMEOUT)
        except AssertionError as late:
            raise AssertionError(f"{what}: {late}") from late
        self.assertEqual(0, result.returncode, f"{what}: {result}")
        tree = workspace.tree()
        self.assertEqual(self.scenario.expected, case.in_disk_form(account.snapshot()), f"{what}: the server, after\n"
                         f"{result}")
        self.assertEqual(self.scenario.expected, tree.contents(), f"{what}: the Maildir, after\n{result}")
        before = tree.snapshot()
        again = workspace.run("-1")
        self.assertEqual((0, []), (again.returncode, again.copied()), f"{what}: {again}")
        self.assertEqual({path: entry for path, entry in before.items() if "/tmp/" not in path},
                         {path: entry for path, entry in tree.snapshot().items() if "/tmp/" not in path}, what)


class KilledAtEveryStep(Interrupted):
    """The program is built with named stop points: OFFLINEIMAP_STOP_AT=name:n kills it at the nth visit of one."""

    def steps(self, **remote):
        """[(name, nth)] of every stop point that an undisturbed run visits, in order."""
        account, workspace = self.scenario.fresh(f"{self.user}-trace", **remote)
        trace = workspace.root / "trace"
        result = workspace.run("-1", environment={"OFFLINEIMAP_STOP_TRACE": str(trace)})
        self.assertEqual(0, result.returncode, str(result))
        visits = collections.Counter()
        found = []
        for name in trace.read_text().split():
            visits[name] += 1
            found.append((name, visits[name]))
        self.assert_converges(account, workspace, "undisturbed")
        self.scenario.discard(account, workspace)
        return found

    def sweep(self, only="", **remote):
        """Kills at every step whose name has a part that `only` lists ("" is in all)."""
        steps = [step for step in self.steps(**remote) if any(part in step[0] for part in only.split("|"))]
        self.assertGreater(len(steps), 10, "a build with stop points visits many")
        for number, (name, nth) in enumerate(steps):
            stop_at = f"{name}:{nth}"
            account, workspace = self.scenario.fresh(f"{self.user}-{number}", **remote)
            result = workspace.run("-1", environment={"OFFLINEIMAP_STOP_AT": stop_at}, timeout=TIMEOUT)
            self.assertEqual(-signal.SIGKILL, result.returncode, f"{stop_at} was not reached: {result}")
            # The run that cleans up may be killed in turn.
            workspace.run("-1", environment={"OFFLINEIMAP_STOP_AT": f"{name}:1"}, timeout=TIMEOUT)
            self.assert_converges(account, workspace, f"killed at {stop_at}")
            self.scenario.discard(account, workspace)

    def test_with_uidplus(self):
        self.sweep()

    def test_without_uidplus(self):
        # Only what has to do with uploads depends on it.
        self.sweep("push|intent|assign", remotehost=self.server.modest_host)


class KilledAtAnyTime(Interrupted):
    ROUNDS = 25

    def test_at_random_moments(self):
        seed = int(os.environ.get("OFFLINEIMAP_KILL_SEED", "1"))
        source = random.Random(seed)
        account, workspace = self.scenario.fresh(f"{self.user}-timed", maxconnections=3)
        began = time.monotonic()
        result = workspace.run()
        self.assertEqual(0, result.returncode, str(result))
        duration = time.monotonic() - began
        self.assert_converges(account, workspace, "undisturbed")
        for number in range(self.ROUNDS):
            account, workspace = self.scenario.fresh(f"{self.user}-{number}", maxconnections=3)
            moments = [source.uniform(0, duration) for _ in range(source.randint(1, 3))]
            for moment in moments:
                running = workspace.start()
                time.sleep(moment)
                running.kill()
                running.finish()
            self.assert_converges(account, workspace, f"OFFLINEIMAP_KILL_SEED={seed}, round {number}, killed after "
                                  f"{moments} of {duration:.3f} s")
            self.scenario.discard(account, workspace)


if __name__ == "__main__":
    case.main()
