"""A program that stays: autorefresh, and what each signal does."""

import pathlib
import re
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus  # noqa: E402

FINISHED = "*** Finished account 'Test'"
SHUTDOWN = ("Preparing to shutdown after sync (this may take some time), press CTRL-C three times to shutdown "
            "immediately")


class SignalCase(case.SyncTestCase):
    def start(self, *arguments):
        running = self.workspace.start(*arguments)
        self.addCleanup(running.kill)
        return running

    def start_and_sleep(self):
        """A program that finished its first sync and sleeps for an hour."""
        self.configure(account={"autorefresh": "60"})
        running = self.start()
        running.wait_for(FINISHED)
        return running


class Autorefresh(SignalCase):
    def test_repeats_after_the_interval(self):
        self.configure(account={"autorefresh": "0.02"})
        running = self.start()
        running.wait_for(FINISHED)
        self.account.append("INBOX", corpus.message(1))
        running.wait_for("Copy message UID 1 (1/1) Remote:INBOX -> Local:INBOX")
        count = running.output().count(FINISHED)
        running.wait_for(FINISHED, count + 2)
        running.signal(signal.SIGUSR2)
        self.assertEqual(0, running.finish().returncode)
        self.assert_in_step()

    def test_quick_rounds_between_full_ones(self):
        self.configure(account={"autorefresh": "0.02", "quick": "2"})
        self.account.append("INBOX", corpus.message(1))
        running = self.start()
        running.wait_for(FINISHED)
        self.account.store("INBOX", [1], "+FLAGS", (r"\Flagged",))  # which no quick round can see
        running.wait_for(FINISHED, 5)
        running.signal(signal.SIGUSR2)
        rounds = running.finish().output.split("*** Processing account Test")[1:6]
        skipped = ["Skipping INBOX (not changed)" in each for each in rounds]
        self.assertEqual([False, True, True, False, True], skipped, rounds)
        self.assertEqual([False, False, False, True, False], ["Adding flag F" in each for each in rounds], rounds)
        self.assert_in_step()

    def test_the_lock_is_free_while_it_sleeps(self):
        self.start_and_sleep()
        limit = time.monotonic() + 5  # the lock goes just after the line that is waited for
        while (self.workspace.metadata / "Test.lock").exists():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.02)
        self.workspace.sync("-o")


class Signals(SignalCase):
    def test_usr1_ends_the_sleep_with_a_full_sync(self):
        running = self.start_and_sleep()
        self.account.append("INBOX", corpus.message(1))
        self.tree.deliver("INBOX", corpus.disk_message(2), "S")
        began = time.monotonic()
        running.signal(signal.SIGUSR1)
        running.wait_for(FINISHED, 2, timeout=20)
        self.assertLess(time.monotonic() - began, 15)
        self.assert_in_step()
        self.assertTrue(running.alive())

    def test_usr1_brings_what_no_quick_round_can_see(self):
        self.configure(account={"autorefresh": "60", "quick": "5"})
        self.account.append("INBOX", corpus.message(1))
        running = self.start()
        running.wait_for(FINISHED)
        self.account.store("INBOX", [1], "+FLAGS", (r"\Flagged",))
        running.signal(signal.SIGUSR1)
        running.wait_for(FINISHED, 2)
        self.assertNotIn("Skipping INBOX", running.output())
        self.assert_in_step()

    def test_usr2_lets_it_end(self):
        running = self.start_and_sleep()
        running.signal(signal.SIGUSR2)
        result = running.finish(timeout=20)
        self.assertIn("Terminating after this sync...", result.output)
        self.assertEqual(0, result.returncode, str(result))
        self.assertEqual(1, result.output.count(FINISHED))

    def check_stop(self, number):
        running = self.start_and_sleep()
        running.signal(number)
        result = running.finish(timeout=20)
        self.assertIn(SHUTDOWN, result.output)
        self.assertEqual(0, result.returncode, str(result))
        self.assertFalse((self.workspace.metadata / "Test.lock").exists())

    def test_term_stops_it(self):
        self.check_stop(signal.SIGTERM)

    def test_int_stops_it(self):
        self.check_stop(signal.SIGINT)

    def test_hup_stops_it(self):
        self.check_stop(signal.SIGHUP)

    def test_usr2_during_a_sync_finishes_that_sync(self):
        self.account.append_all("INBOX", corpus.mailbox(seed=1, count=300))
        self.configure(account={"autorefresh": "60"})
        running = self.start()
        running.wait_for("Syncing INBOX")
        running.signal(signal.SIGUSR2)
        self.assertEqual(0, running.finish().returncode)
        self.assert_in_step()

    def test_term_during_a_sync_leaves_a_state_to_go_on_from(self):
        self.account.append_all("INBOX", corpus.mailbox(seed=2, count=600))
        self.configure()
        running = self.start()
        running.wait_for("Copy message")
        running.signal(signal.SIGTERM)
        began = time.monotonic()
        result = running.finish()
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(0, result.returncode, str(result))
        self.assertEqual([], list((self.tree.path("INBOX") / "tmp").iterdir()), "no half message stays")
        taken = {message.uid for message in self.tree.messages("INBOX")}
        again = self.workspace.sync()
        self.assertEqual([], [uid for uid, _, _ in again.copied() if int(uid) in taken], "nothing is copied twice")
        self.assert_in_step()

    def test_a_hook_that_ignores_signals_does_not_hold_up_the_end(self):
        self.configure(account={"presynchook": "trap '' TERM INT HUP; echo ready >&2; touch ~/ready; sleep 30"})
        running = self.start()
        limit = time.monotonic() + 20
        while not (self.workspace.home / "ready").exists():
            self.assertLess(time.monotonic(), limit)
            time.sleep(0.02)
        began = time.monotonic()
        for _ in range(3):
            running.signal(signal.SIGINT)
            time.sleep(0.05)
        result = running.finish(timeout=20)
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn(result.returncode, (0, 1))
        self.assertRegex(result.output, re.escape(SHUTDOWN))


if __name__ == "__main__":
    case.main(mail_format="mdbox")
