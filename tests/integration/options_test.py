"""Options that no other test program shows at work: what each changes, with the built program and a real server."""

import json
import os
import pathlib
import re
import shlex
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.account import quoted  # noqa: E402
from support.maildir import tree_below  # noqa: E402

FINISHED = "*** Finished account 'Test'"


class OptionCase(case.SyncTestCase):
    def helper(self, text):
        """Writes a pythonfile; returns what [general] needs to use it."""
        (self.workspace.home / "helper.py").write_text(text, encoding="utf-8")
        return {"pythonfile": "~/helper.py"}

    def run_rounds(self, count, between=None):
        """A run with autorefresh that ends itself after `count` rounds; `between` is called after the first."""
        running = self.workspace.start()
        self.addCleanup(running.kill)
        running.wait_for(FINISHED)
        if between:
            between()
        running.wait_for(FINISHED, count)
        running.signal(signal.SIGUSR2)
        result = running.finish()
        self.assertEqual(0, result.returncode, str(result))
        return result

    def logins(self, sync):
        before = self.account.logins()
        sync()
        return self.account.logins() - before

    def read(self, name):
        return (self.workspace.home / name).read_text(encoding="utf-8")


class WhichFolders(OptionCase):
    def test_only_subscribed_folders(self):
        self.configure(remote={"subscribedonly": "yes"})
        self.account.create("Work", "Hidden")
        with self.account.connection() as connection:
            for folder in ("INBOX", "Work"):
                connection.subscribe(quoted(folder))
        self.workspace.sync()
        self.assertEqual(["INBOX", "Work"], self.tree.folders())

    def test_a_reference_and_an_include_outside_of_it(self):
        self.configure(remote={"reference": "Mail", "folderincludes": "['Archive', 'Nowhere']"})
        self.account.create("Mail/A", "Archive", "Other")
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Invalid folderinclude:", result.output)
        self.assertEqual([], [line for line in result.lines if "Invalid" in line and "Archive" in line])
        self.assertEqual(["Archive", "Mail.A"], self.tree.folders())

    def test_a_new_folder_below_the_reference_is_made_there(self):
        self.configure(remote={"reference": "Mail"})
        self.account.create("Mail/A")
        self.workspace.sync()
        self.tree.make_folder("Mail.New")
        self.tree.deliver("Mail.New", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Mail", "Mail/A", "Mail/New"], self.account.folders())
        self.assertEqual([corpus.message(1)], self.server_bodies("Mail/New"))
        self.assert_no_op()

    def test_a_remote_folder_is_left_out_where_the_maildir_may_get_none(self):
        self.configure(local={"createfolders": "no"})
        self.tree.make_folder("INBOX")
        self.tree.make_folder("Here")
        self.account.create("There")
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync()
        self.assertIn("Folder 'There' is not synced", result.output)
        self.assertEqual(["Here", "INBOX"], self.tree.folders())
        self.assertEqual(["Here", "INBOX", "There"], self.account.folders())
        self.assertEqual([corpus.disk_message(1)], self.local_bodies("INBOX"))

    def test_a_local_folder_is_left_out_where_the_server_may_get_none(self):
        self.configure(remote={"createfolders": "no"})
        self.tree.make_folder("Here")
        self.account.create("There")
        result = self.workspace.sync()
        self.assertEqual(["Not synced, because the server does not have them and 'createfolders = no' of repository "
                          "'Remote' forbids to make them: 'Here'"],
                         [line for line in result.lines if "forbids" in line])
        self.assertEqual(["Here", "INBOX", "There"], self.tree.folders())
        self.assertEqual(["INBOX", "There"], self.account.folders())

    def filter_that_changes_its_mind(self, dynamic):
        general = self.helper("import os\n"
                              "def wanted(name):\n"
                              f"    return name != 'Work' or os.path.exists({str(self.workspace.home / 'open')!r})\n")
        self.configure(general=general, account={"autorefresh": "0.02"},
                       remote={"folderfilter": "wanted", "dynamic_folderfilter": dynamic})
        self.account.create("Work")
        self.run_rounds(3, between=(self.workspace.home / "open").touch)

    def test_a_dynamic_filter_is_asked_every_round(self):
        self.filter_that_changes_its_mind("yes")
        self.assertEqual(["INBOX", "Work"], self.tree.folders())

    def test_another_filter_is_asked_once_a_run(self):
        self.filter_that_changes_its_mind("no")
        self.assertEqual(["INBOX"], self.tree.folders())

    def test_the_order_of_an_old_comparator(self):
        self.configure(remote={"foldersort": "lambda x, y: -cmp(x, y)"})
        self.account.create("A", "B", "C")
        result = self.workspace.sync("-1")
        self.assertEqual(["INBOX", "C", "B", "A"], re.findall(r"^Syncing (\S+):", result.output, re.M))

    def test_another_separator_of_the_maildirs(self):
        self.configure(local={"sep": "_"})
        self.fill(("INBOX", "Work/Sub"))
        self.tree.make_folder("Work_New")
        self.tree.deliver("Work_New", corpus.disk_message(1), "S")
        self.workspace.sync()
        self.assertEqual(["INBOX", "Work/New", "Work/Sub"],
                         [name for name in self.account.folders() if name != "Work"])
        self.assertEqual(["INBOX", "Work_New", "Work_Sub"], [name for name in self.tree.folders() if name != "Work"])
        self.assert_no_op()

    def test_a_separator_of_the_server_is_ignored_and_said_so(self):
        self.configure(remote={"sep": "."})
        self.account.create("Work/Sub")
        result = self.workspace.sync()
        self.assertIn("The 'sep' setting is being ignored for IMAP repository 'Remote' (it's autodetected)",
                      result.output)
        self.assertIn("Work.Sub", self.tree.folders())

    def test_includes_that_are_no_list_are_refused(self):
        self.configure(remote={"folderincludes": "'Work'"})
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertRegex(result.output, r"\.offlineimaprc:\d+: \[Repository Remote\] folderincludes")
        self.assertFalse(self.workspace.mail.exists())


    def test_no_folder_at_all_is_an_error(self):
        self.configure(remote={"folderfilter": "lambda name: False"})
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("Account Test: no folder to sync (folderfilter issue?)", result.output)


class WhichConfiguration(OptionCase):
    def setUp(self):
        super().setUp()
        self.configure()

    def test_a_file_named_on_the_command_line(self):
        self.workspace.config.rename(self.workspace.home / "elsewhere")
        self.workspace.sync("-c", "~/elsewhere")
        self.assertEqual(["INBOX"], self.tree.folders())

    def test_the_places_where_it_is_looked_for(self):
        standard = self.workspace.config.read_text()
        for place, environment in ((".config", {}), (".config", {"XDG_CONFIG_HOME": ""}),
                                   ("xdg", {"XDG_CONFIG_HOME": str(self.workspace.home / "xdg")})):
            file = self.workspace.home / place / "offlineimap" / "config"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(standard.replace("~/Mail", f"~/Mail-{place}"))
            file.chmod(0o600)
            self.workspace.sync(environment=environment)
            self.assertTrue((self.workspace.home / f"Mail-{place}" / "INBOX").is_dir(), place)
            file.unlink()
        self.assertFalse(self.workspace.mail.exists(), "~/.offlineimaprc comes last")
        self.workspace.sync()
        self.assertTrue(self.workspace.mail.exists())

    def test_a_dry_run_by_configuration(self):
        self.configure(general={"dry-run": "yes"})
        self.account.append("INBOX", corpus.message(1))
        before = tree_below(self.workspace.home)
        result = self.workspace.sync()
        self.assertIn("[DRYRUN] Copy 1 messages from INBOX[Remote] to Local", result.output)
        self.assertEqual(before, tree_below(self.workspace.home))


class WhichMessages(OptionCase):
    def test_ignored_uids_are_never_downloaded_and_never_deleted(self):
        self.configure(remote={"copy_ignore_eval": "lambda folder: {'INBOX': [2, 3]}.get(folder)"})
        self.account.create("Work")
        for folder in ("INBOX", "Work"):
            self.account.append_all(folder, [(corpus.message(number), (), None) for number in range(4)])
        for _ in range(2):
            result = self.workspace.sync()
            self.assertIn("IGNORED: Copy message UID 2 Remote:INBOX -> Local", result.output)
            self.assertEqual([1, 4], sorted(message.uid for message in self.tree.messages("INBOX")))
            self.assertEqual(4, len(self.tree.messages("Work")))
            self.assertEqual([1, 2, 3, 4], sorted(self.account.messages("INBOX")))

    def test_an_ignore_function_that_fails_stops_the_download_of_its_folder_only(self):
        self.configure(remote={"copy_ignore_eval": "lambda folder: {'INBOX': [2]}[folder]"})
        self.account.create("A", "Work")
        for folder in ("INBOX", "A"):
            self.account.append_all(folder, [(corpus.message(number), (), None) for number in range(2)])
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertRegex(result.output, r"copy_ignore_eval.*KeyError: 'A'")
        self.assertEqual([1], [message.uid for message in self.tree.messages("INBOX")])
        self.assertEqual([], self.tree.messages("A"))

    def test_headers_are_left_out_of_uploads_only(self):
        self.configure(account={"filterheaders": "X-Secret, X-Tag"})
        self.workspace.sync()
        body = b"Subject: s\nX-Secret: one\n two\nx-tag: three\nTo: me\n\nX-Secret: text\n"
        self.tree.deliver("INBOX", body, "S")
        pulled = b"Subject: p\r\nX-Secret: stays\r\n\r\ntext\r\n"
        self.account.append("INBOX", pulled)
        self.workspace.sync()
        self.assertIn(b"Subject: s\r\nTo: me\r\n\r\nX-Secret: text\r\n", self.server_bodies("INBOX"))
        self.assertEqual(sorted([body, pulled.replace(b"\r\n", b"\n")]), self.local_bodies("INBOX"))
        self.assert_no_op()

    def test_a_quick_sync_leaves_the_servers_flags_to_a_full_one(self):
        self.configure()
        self.fill()
        self.account.store("INBOX", [1], "+FLAGS", (r"\Flagged",))
        self.assertIn("Skipping INBOX (not changed)", self.workspace.sync("-q").output)
        self.assertEqual("", self.tree.messages("INBOX")[0].flags)
        self.workspace.sync()
        self.assert_in_step()

    def test_what_was_marked_without_expunge_never_comes_back(self):
        self.configure(remote={"expunge": "no"})
        self.fill(each=4)
        gone = self.tree.messages("INBOX")[0]
        self.tree.remove(gone)
        self.workspace.sync()
        self.assertEqual({r"\Deleted"}, set(self.account.messages("INBOX")[gone.uid].flags))
        self.assert_no_op()
        self.account.append("INBOX", corpus.message(50))
        result = self.workspace.sync()
        self.assertEqual(["5"], [uid for uid, _, _ in result.copied()])
        self.assertEqual(5, len(self.account.messages("INBOX")))
        # Somebody expunges at last: the message is forgotten.
        self.account.expunge("INBOX", [gone.uid])
        self.assert_no_op()
        self.assertNotIn(gone.uid, status.read_sqlite(self.workspace.sqlite_status("INBOX")))
        self.assert_in_step()

    def test_keywords_without_a_letter_are_named_and_letters_stay_here(self):
        self.configure(local={"customflag_k": "$Work", "customflag_A": "Later"})
        self.account.append_all("INBOX", [(corpus.message(1), ("$Work", "$Forwarded"), None),
                                          (corpus.message(2), ("$Forwarded",), None)])
        result = self.workspace.sync()
        self.assertEqual(1, result.output.count("Unknown keywords skipped: ['$Forwarded']"), str(result))
        self.assertEqual(["k", ""], [message.flags for message in self.tree.messages("INBOX")])
        self.account.expunge("INBOX", [2])
        self.account.store("INBOX", [1], "FLAGS", ("Later",))
        self.workspace.sync()
        [message] = self.tree.messages("INBOX")
        self.assertEqual("a", message.flags)
        self.tree.set_flags(message, "ks")
        self.workspace.sync()
        self.assertEqual({"Later"}, set(self.account.messages("INBOX")[1].flags), "letters do not travel back")

    def read_only_folder(self, ignore):
        self.configure(general={"ignore-readonly": ignore})
        self.fill(("INBOX", "Work"))
        rights = self.server.home(self.user) / "Maildir" / "Work" / "dovecot-acl"
        rights.write_text("owner lr\n")
        before = self.account.messages("Work")
        kept, changed, removed = self.tree.messages("Work")
        self.tree.set_flags(changed, "FS")
        self.tree.remove(removed)
        self.tree.deliver("Work", corpus.disk_message(70), "S")
        result = self.workspace.sync()
        self.assertEqual(before, self.account.messages("Work"))
        rights.unlink()
        self.workspace.sync()
        self.assert_in_step()
        self.assertEqual(3, len(self.account.messages("Work")), "one new, one removed")
        return result.output

    def test_a_read_only_folder_is_warned_about(self):
        output = self.read_only_folder("no")
        for attempt in ("to synchronize message -1 to folder", "to modify flags for messages [",
                        "to delete messages ["):
            self.assertRegex(output, re.escape(f"Attempted {attempt}") + r".* but that folder is read-only\.")

    def test_the_warnings_of_a_read_only_folder_can_be_silenced(self):
        self.assertNotIn("read-only", self.read_only_folder("yes"))


class FilesAndTimes(OptionCase):
    def test_access_times_are_put_back(self):
        cur = self.tree.path("INBOX") / "cur"
        general = self.helper(f"import os\ndef touch(folder):\n    os.utime({str(cur)!r}, (5, 5))\n    return []\n")
        for wish, expected in (("yes", 1_000_000_000), ("no", 5)):
            self.configure(general=general, local={"restoreatime": wish}, remote={"copy_ignore_eval": "touch"})
            self.workspace.sync()
            os.utime(cur, (1_000_000_000, 1_000_000_000))
            self.workspace.sync()
            self.assertEqual(expected, int(cur.stat().st_atime), wish)

    def test_dates_of_messages_for_all_repositories_and_not_for_one(self):
        self.configure(general={"utime_from_header": "yes", "filename_use_mail_timestamp": "yes"})
        self.account.append("INBOX", b"Subject: dated\r\nDate: Sun, 9 Sep 2001 03:46:40 +0200\r\n\r\ntext\r\n")
        self.workspace.sync()
        [message] = self.tree.messages("INBOX")
        self.assertEqual(1_000_000_000, message.path.stat().st_mtime)
        self.assertTrue(message.name.startswith("1000000000_0."), message.name)
        self.configure(general={"utime_from_header": "yes", "filename_use_mail_timestamp": "yes"},
                       local={"utime_from_header": "no", "filename_use_mail_timestamp": "no"})
        self.account.append("INBOX", b"Subject: again\r\nDate: Sun, 9 Sep 2001 03:46:40 +0200\r\n\r\nmore\r\n")
        self.workspace.sync()
        [message] = [message for message in self.tree.messages("INBOX") if message.uid == 2]
        self.assertGreater(message.path.stat().st_mtime, 1_600_000_000)
        self.assertGreater(int(message.name.partition("_")[0]), 1_600_000_000)

    def test_a_date_that_is_none_is_told_and_the_file_keeps_its_time(self):
        self.configure(local={"utime_from_header": "yes"})
        self.account.append("INBOX", b"Subject: odd\r\nDate: some day\r\n\r\ntext\r\n")
        result = self.workspace.sync()
        self.assertIn("UID 1 has invalid date: some day\n", result.output)
        self.assertIn("Not changing file modification time", result.output)
        [message] = self.tree.messages("INBOX")
        self.assertGreater(message.path.stat().st_mtime, 1_600_000_000)

    def test_paths_with_tilde_and_variables(self):
        self.configure(general={"metadata": "$STATE/here"}, local={"localfolders": "${HOME}/in/$NOT_SET"})
        (self.workspace.home / "state").mkdir()
        self.workspace.sync(environment={"STATE": str(self.workspace.home / "state")})
        self.assertTrue((self.workspace.home / "in" / "$NOT_SET" / "INBOX" / "cur").is_dir())
        self.assertTrue((self.workspace.home / "state" / "here" / "Account-Test").is_dir())
        self.assertEqual(0o700, (self.workspace.home / "state" / "here").stat().st_mode & 0o777)


class Relay:
    """Stands between the program and the server's plain port, and may cut connections that ask for a message."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.downloads = 0  # how often messages were asked for
        self.cuts = 0       # how many of the next ones break
        self.limit = None   # so many bytes come after such a request; then it breaks, too
        self.poison = None  # a connection breaks where these bytes come by
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            asked = threading.Event()
            for way in ((self._requests(client, asked), client, server), (self._answers(server, asked), server, client)):
                threading.Thread(target=self._pass_on, args=way, daemon=True).start()

    def _requests(self, client, asked):
        while data := client.recv(65536):
            if b"BODY.PEEK[]" in data:
                self.downloads += 1
                if self.cuts > 0:
                    self.cuts -= 1
                    return
                asked.set()
            yield data

    def _answers(self, server, asked):
        sent = 0
        while data := server.recv(65536):
            if self.poison and self.poison in data:
                yield data[:data.index(self.poison)]
                return
            if self.limit and asked.is_set():
                yield data[:self.limit - sent]
                sent += len(data)
                if sent >= self.limit:
                    return
            else:
                yield data

    @staticmethod
    def _pass_on(data, source, sink):
        try:
            for piece in data:
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)  # the other direction's thread notices
            except OSError:
                pass
        source.close()

    def close(self):
        self._listener.close()


_PREAUTHENTICATED = """\
import socket, sys, threading
server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
lines = server.makefile("rb")
lines.readline()
server.sendall(b'x LOGIN {user} "{password}"\\r\\n')
while not lines.readline().startswith(b"x OK"):
    pass
sys.stdout.buffer.write(b"* PREAUTH [CAPABILITY IMAP4rev1 UIDPLUS LITERAL+] welcome\\r\\n")
sys.stdout.buffer.flush()

def send():
    while data := sys.stdin.buffer.raw.read(65536):
        server.sendall(data)
    server.shutdown(socket.SHUT_WR)

threading.Thread(target=send, daemon=True).start()
while data := lines.read1(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
"""


class Connections(OptionCase):
    def clear(self, port=None):
        """Options for a connection without TLS to a port of this machine."""
        return {"ssl": "no", "starttls": "no", "remotehost": "127.0.0.1",
                "remoteport": port or self.server.plain_port}

    def test_a_broken_download_is_tried_as_often_as_retrycount_says(self):
        relay = Relay(self.server.plain_port)
        self.addCleanup(relay.close)
        self.configure(remote={**self.clear(relay.port), "retrycount": 3})
        self.account.append("INBOX", corpus.message(1))
        relay.cuts = 2
        result = self.workspace.sync()
        self.assertEqual(3, relay.downloads, str(result))
        self.assert_in_step()
        self.account.append("INBOX", corpus.message(2))
        relay.cuts, relay.downloads = 100, 0
        result = self.workspace.run()
        self.assertEqual((1, 3), (result.returncode, relay.downloads), str(result))
        self.configure(remote={**self.clear(relay.port), "retrycount": 1})
        relay.cuts, relay.downloads = 100, 0
        result = self.workspace.run()
        self.assertEqual((1, 1), (result.returncode, relay.downloads), str(result))
        relay.cuts = 0
        self.workspace.sync()
        self.assert_in_step()

    def test_a_message_that_breaks_every_connection_holds_nobody_up(self):
        relay = Relay(self.server.plain_port)
        self.addCleanup(relay.close)
        self.configure(remote=self.clear(relay.port))
        bodies = [corpus.message(number) for number in range(5)]
        bodies[1] = b"Subject: poison\r\n\r\nnobody may read this\r\n"
        self.account.append_all("INBOX", [(body, (), None) for body in bodies])
        relay.poison = b"nobody may read this"
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("While fetching msg '2' in folder 'INBOX'. Max retry reached (2)", result.output)
        self.assertEqual([1, 3, 4, 5], sorted(message.uid for message in self.tree.messages("INBOX")))
        relay.poison = None
        self.workspace.sync()
        self.assert_in_step()

    def test_a_connection_that_breaks_again_and_again_still_finishes(self):
        relay = Relay(self.server.plain_port)
        self.addCleanup(relay.close)
        self.configure(remote={**self.clear(relay.port), "retrycount": 2})
        self.account.append_all("INBOX", [(corpus.message(number, lines=100), (), None) for number in range(12)])
        relay.limit = 2 * len(corpus.message(1, lines=100))
        result = self.workspace.sync()
        self.assertGreater(relay.downloads, 4, "it did break")
        self.assertEqual(list(range(1, 13)), [int(uid) for uid, _, _ in result.copied()], "each came once")
        self.assert_in_step()

    def test_a_folder_s_messages_come_over_one_connection_in_order(self):
        for wish in ("yes", "no"):
            self.configure(remote={"maxconnections": 3, "singlethreadperfolder": wish})
            self.account.append_all("INBOX", corpus.mailbox(seed=wish, count=40))
            result = self.workspace.sync()
            uids = [int(uid) for uid, _, _ in result.copied()]
            self.assertEqual((40, sorted(uids)), (len(uids), uids))

    def test_connections_are_held_between_rounds_if_wanted(self):
        for wish, expected in (("yes", (1,)), ("no", (3, 4))):
            self.configure(account={"autorefresh": "0.02"}, remote={"holdconnectionopen": wish})
            self.assertIn(self.logins(lambda: self.run_rounds(3)), expected, wish)

    def test_held_connections_are_kept_alive(self):
        self.configure(account={"autorefresh": "5"}, remote={"holdconnectionopen": "yes", "keepalive": "1"})
        running = self.workspace.start()
        self.addCleanup(running.kill)
        running.wait_for(FINISHED)
        limit = time.monotonic() + 20
        while self.account.commands().count("NOOP") < 2:
            self.assertLess(time.monotonic(), limit, running.output())
            time.sleep(0.05)
        running.signal(signal.SIGUSR2)
        self.assertEqual(0, running.finish().returncode)

    def test_the_password_from_a_file(self):
        (self.workspace.home / "password").write_text(self.server.password + "\nnot this\n")
        self.configure_without_password(remotepassfile="~/password")
        self.workspace.sync()
        self.assert_in_step()

    def configure_without_password(self, **more):
        sections = self.workspace.sections(self.user)
        del sections["Repository Remote"]["remotepass"]
        for option, value in more.items():
            sections["Repository Remote"][option] = value
            if value is None:
                del sections["Repository Remote"][option]
        self.workspace.configure(sections)

    def test_user_and_password_from_netrc(self):
        escaped = self.server.password.replace('"', '\\"')
        netrc = self.workspace.home / ".netrc"
        netrc.write_text(f'machine elsewhere login x password y\nmachine localhost login {self.user} '
                         f'password "{escaped}"\n')
        netrc.chmod(0o600)
        self.configure_without_password(remoteuser=None)
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.assert_in_step()

    def test_compression_where_the_server_has_it(self):
        self.configure(remote={"usecompression": "yes"})
        self.account.append_all("INBOX", corpus.mailbox(seed="z", count=30))
        self.account.forget_commands()
        self.workspace.sync()
        self.assert_in_step()
        self.tree.deliver("INBOX", corpus.disk_message(99), "S")
        self.workspace.sync()
        self.assert_in_step()
        self.assertIn("COMPRESS DEFLATE", self.account.commands())

    def test_a_tunnel_to_a_server_that_asks_for_a_password(self):
        command = " ".join(["openssl", "s_client", "-quiet", "-connect", f"localhost:{self.server.tls_port}",
                            "-CAfile", shlex.quote(str(self.server.ca_file)), "-verify_return_error", "2>/dev/null"])
        self.configure(remote={"transporttunnel": command})
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.tree.deliver("INBOX", corpus.disk_message(2), "S")
        self.workspace.sync()
        self.assert_in_step()

    def test_a_tunnel_that_has_logged_in_already(self):
        script = self.workspace.home / "tunnel.py"
        password = self.server.password.replace('"', '\\\\"')
        script.write_text(_PREAUTHENTICATED.replace("{user}", self.user).replace("{password}", password))
        command = f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {self.server.plain_port}"
        self.configure_without_password(remoteuser=None, remotehost=None, preauthtunnel=command)
        self.account.append("INBOX", corpus.message(1))
        self.workspace.sync()
        self.tree.deliver("INBOX", corpus.disk_message(2), "S")
        self.workspace.sync()
        self.assert_in_step()

    def test_two_tunnels_are_refused(self):
        self.configure(remote={"preauthtunnel": "cat", "transporttunnel": "cat"})
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("you must enable precisely one type of tunnel (preauth or transport), not both", result.output)


    def test_the_port_follows_from_ssl(self):
        for ssl, port in (("yes", 993), ("no", 143)):
            self.configure_without_password(remoteport=None, ssl=ssl, starttls="no", remotehost="127.77.77.77")
            result = self.workspace.run()
            self.assertEqual(1, result.returncode, str(result))
            self.assertIn(f"Establishing connection to 127.77.77.77:{port} (Remote)", result.output)

    def test_none_and_texts_for_values_from_python(self):
        self.configure_without_password(remotehost="127.77.77.77", remoteport="77", remoteporteval="None")
        self.assertIn("Establishing connection to 127.77.77.77:993 (Remote)", self.workspace.run().output)
        self.configure_without_password(remotehost="127.77.77.77", remoteporteval="str(77)")
        self.assertIn("Establishing connection to 127.77.77.77:77 (Remote)", self.workspace.run().output)
        for option, reason in (("remotehosteval", "No remote host for repository 'Remote' specified."),
                               ("remoteusereval", "gave None, but a user name is needed"),
                               ("remotepasseval", "gave None, but a password is needed")):
            self.configure(remote={option: "None"})
            result = self.workspace.run()
            self.assertEqual(1, result.returncode, str(result))
            self.assertIn(reason, result.output)

    def test_three_rounds_that_fail_one_after_the_other_end_it(self):
        self.configure(account={"autorefresh": "0.01"}, remote={"remotepass": "wrong"})
        result = self.workspace.run(timeout=30)
        self.assertEqual(1, result.returncode, str(result))
        self.assertEqual(3, result.output.count(FINISHED), str(result))


class Hooks(OptionCase):
    def test_hooks_are_told_what_all_versions_tell_them(self):
        show = "env | grep -E '^(OFFLINEIMAPSYNCMODE|OIMAP_)' | sort >> ~/hooks"
        self.configure(account={"presynchook": show, "postsynchook": show})
        self.workspace.sync()
        self.workspace.sync("-q")
        expected = [f"{variable}" for mode in ("full", "quick") for hook in ("presynchook", "postsynchook")
                    for variable in (f"OFFLINEIMAPSYNCMODE={mode}", "OIMAP_ACCOUNT_NAME=Test",
                                     f"OIMAP_CHANGES={self.workspace.metadata}/Test.changes",
                                     f"OIMAP_HOOK_NAME={hook}")]
        self.assertEqual(expected, self.read("hooks").splitlines())

    def test_output_and_failure_of_a_hook_are_shown_and_stop_nothing(self):
        self.configure(account={"presynchook": "echo out; echo err >&2; exit 3"})
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.sync()
        self.assertIn("Hook stdout: out\n", result.output)
        self.assertIn("Hook stderr:err\n", result.output)
        self.assertIn("Hook return code: 3", result.output)
        self.assert_in_step()

    def test_no_hook_after_a_round_that_failed(self):
        self.configure(account={"presynchook": "touch ~/before", "postsynchook": "touch ~/after"},
                       remote={"remotepass": "wrong"})
        self.assertEqual(1, self.workspace.run().returncode)
        self.assertTrue((self.workspace.home / "before").exists())
        self.assertFalse((self.workspace.home / "after").exists())

    def test_new_mail_calls_its_hook_once_a_round_and_for_the_inbox_only(self):
        called = self.workspace.home / "called"
        general = self.helper(f"def hook():\n    with open({str(called)!r}, 'a') as file:\n        file.write('x')\n")
        self.configure(general=general, remote={"newmail_hook": "hook"})
        self.account.create("Work")
        self.account.append("Work", corpus.message(1))
        self.account.append("INBOX", corpus.message(2), (r"\Seen",))
        self.workspace.sync()
        self.assertFalse(called.exists(), "seen, or not in INBOX")
        self.account.append_all("INBOX", [(corpus.message(number), (), None) for number in (3, 4)])
        self.workspace.sync()
        self.assertEqual("x", called.read_text())
        self.workspace.sync()
        self.assertEqual("x", called.read_text())

    def test_a_new_mail_hook_that_fails_is_told_and_stops_nothing(self):
        self.configure(remote={"newmail_hook": "lambda: 1 / 0"})
        self.account.create("Work")
        self.account.append("INBOX", corpus.message(1))
        self.account.append("Work", corpus.message(2))
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertRegex(result.output, r"newmail_hook.*division by zero")
        self.assert_in_step()
        self.assert_no_op()


def mutt_words(line):
    """The words of a line as mutt and neomutt read them; fails on what they would run or fill in."""
    words, word, in_quotes, at = [], None, False, 0
    while at < len(line):
        character = line[at]
        if character == "\\":
            at += 1
            word = (word or "") + line[at]
        elif character == '"':
            in_quotes = not in_quotes
            word = word or ""
        elif character in "`$":
            raise AssertionError(f"mutt would act on {character} in {line!r}")
        elif in_quotes or character not in " \t;#'":
            word = (word or "") + character
        elif character in ";#'":
            raise AssertionError(f"mutt would act on {character} in {line!r}")
        else:
            words.append(word)
            word = None
        at += 1
    if in_quotes:
        raise AssertionError(f"a quote stays open in {line!r}")
    return words + ([word] if word is not None else [])


class Mbnames(OptionCase):
    def configure_mbnames(self, remote=None, general=None, account=None, **options):
        sections = self.workspace.sections(self.user)
        sections["general"] |= general or {}
        sections["Account Test"] |= account or {}
        sections["Repository Remote"] |= remote or {}
        sections["mbnames"] = {"enabled": "yes", "filename": "~/boxes", "header": "'mailboxes '", "sep": "' '",
                               "footer": r"'\n'", "peritem": '"+%(accountname)s/%(foldername)s"', **options}
        self.workspace.configure(sections)

    def test_the_file_of_the_manual(self):
        self.configure_mbnames()
        self.account.create("Work", "Work/Sub", "a b")
        self.workspace.sync()
        self.assertEqual('mailboxes "+Test/INBOX" "+Test/Work" "+Test/Work.Sub" "+Test/a b"\n', self.read("boxes"))
        self.assertEqual(
            [{"accountname": "Test", "foldername": name, "localfolders": str(self.workspace.mail)}
             for name in ("a b", "INBOX", "Work", "Work.Sub")],
            json.loads((self.workspace.metadata / "mbnames" / "Test.json").read_text()))

    def test_every_option(self):
        general = self.helper("def head(): return '# folders\\n'\ndef short(name): return len(name)\n")
        self.configure_mbnames(general=general, header="head()", sep=r"'\n'", footer="'\\n# end' + '\\n'",
                               peritem="%(localfolders)s/%(foldername)s 100%%",
                               folderfilter="lambda account, folder: account == 'Test' and not re.match('Spam', folder)",
                               sort_keyfunc="lambda item: -short(item['foldername'])")
        self.account.create("Work", "Spam", "Longest")
        self.workspace.sync()
        mail = self.workspace.mail
        self.assertEqual(f"# folders\n{mail}/Longest 100%\n{mail}/INBOX 100%\n{mail}/Work 100%\n# end\n",
                         self.read("boxes"))

    def test_a_line_is_formatted_as_python_does_it(self):
        self.configure_mbnames(peritem="%(accountname)-6s|%(foldername)8.4s|%(foldername)r %(localfolders)s 5%%")
        self.workspace.sync()
        self.assertEqual(f"mailboxes Test  |    INBO|'INBOX' {self.workspace.mail} 5%\n", self.read("boxes"))

    def test_a_line_that_python_cannot_format_is_told(self):
        for peritem, reason in (("%(foldername)d", "TypeError: %d format: a real number is required, not str"),
                                ("%(name)s", "there is no 'name'")):
            self.configure_mbnames(peritem=peritem)
            result = self.workspace.run()
            self.assertEqual(1, result.returncode, str(result))
            self.assertIn(reason, result.output)

    def test_a_link_to_the_file_stays_a_link(self):
        target = self.workspace.home / "dotfiles" / "boxes"
        target.parent.mkdir()
        target.write_text("old")
        target.chmod(0o640)
        (self.workspace.home / "boxes").symlink_to("dotfiles/boxes")
        self.configure_mbnames()
        self.workspace.sync()
        self.assertEqual('mailboxes "+Test/INBOX"\n', target.read_text())
        self.assertTrue((self.workspace.home / "boxes").is_symlink())
        self.assertEqual(0o640, target.stat().st_mode & 0o777)
        self.assertEqual([target], list(target.parent.iterdir()))

    def two_accounts(self, incremental):
        other = self.server.account(self.user + "-b")
        sections = self.workspace.sections(self.user)
        sections["general"]["accounts"] = "Test, Other"
        sections["Account Other"] = {"localrepository": "OtherLocal", "remoterepository": "OtherRemote",
                                     "presynchook": "cp ~/boxes ~/early"}
        sections["Repository OtherLocal"] = {"type": "Maildir", "localfolders": "~/Other"}
        sections["Repository OtherRemote"] = self.workspace.remote(other.user)
        sections["mbnames"] = {"enabled": "yes", "filename": "~/boxes", "header": "''", "sep": r"'\n'",
                               "footer": "''", "peritem": "%(accountname)s/%(foldername)s",
                               "incremental": incremental}
        self.workspace.configure(sections)
        self.workspace.sync("-1")
        self.assertEqual("Other/INBOX\nTest/INBOX", self.read("boxes"))
        return self.workspace.home / "early"

    def test_incremental_writes_after_every_account(self):
        self.assertEqual("Test/INBOX", self.two_accounts("yes").read_text())

    def test_otherwise_the_file_is_written_at_the_end(self):
        self.assertFalse(self.two_accounts("no").exists())

    def test_accounts_that_were_not_synchronised_stay_listed(self):
        self.two_accounts("no")
        self.account.create("Work")
        self.workspace.sync("-a", "Test")
        self.assertEqual("Other/INBOX\nTest/INBOX\nTest/Work", self.read("boxes"))

    def test_nothing_is_written_unless_enabled(self):
        self.configure_mbnames(enabled="no")
        self.workspace.sync()
        self.assertFalse((self.workspace.home / "boxes").exists())
        self.assertFalse((self.workspace.metadata / "mbnames").exists())

    def test_an_option_that_is_missing_is_named(self):
        sections = self.workspace.sections(self.user)
        sections["mbnames"] = {"enabled": "yes", "filename": "~/boxes"}
        self.workspace.configure(sections)
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("No option 'peritem' in section: 'mbnames'", result.output)

    def test_a_file_that_cannot_be_written_is_told_and_stops_nothing(self):
        self.configure_mbnames(filename="~/nowhere/boxes")
        self.account.append("INBOX", corpus.message(1))
        result = self.workspace.run()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("nowhere/boxes", result.output)
        self.assert_in_step()

    HOSTILE = ("`touch pwned`", 'q"; source evil', "$HOME", "it's", "#hash", "semi;colon", "back\\slash")

    def test_names_with_signs_of_the_mail_reader_are_escaped_between_quotes(self):
        self.configure_mbnames(remote={"nametrans": "lambda name: name.replace('LF', chr(10))"},
                               account={"utf8foldernames": "yes"})
        self.account.create(*self.HOSTILE, "evilLFsource evil")
        result = self.workspace.sync("-k", "Repository_Local:nametrans=lambda name: name.replace(chr(10), 'LF')")
        [line] = self.read("boxes").splitlines()
        self.assertEqual(["mailboxes", *(f"+Test/{name}" for name in sorted(["INBOX", *self.HOSTILE]))],
                         mutt_words(line))
        self.assertIn(r"mbnames: folder 'evil\x0asource evil' of account Test is left out", result.output)

    def test_without_quotes_such_names_are_left_out(self):
        self.configure_mbnames(peritem="+%(accountname)s/%(foldername)s")
        self.account.create(*self.HOSTILE, "a b")
        result = self.workspace.sync()
        self.assertEqual("mailboxes +Test/INBOX +Test/a b\n", self.read("boxes"))
        self.assertEqual(len(self.HOSTILE), result.output.count("is left out: its name has characters"))


class LogsAndDebugging(OptionCase):
    def setUp(self):
        super().setUp()
        self.configure()
        self.account.append("INBOX", corpus.message(1))

    def debug_types_shown(self, *arguments):
        result = self.workspace.sync(*arguments)
        return {kind for kind in re.findall(r"^\s*\[(\w*)\]: ", result.output, re.M) if kind}, result.output

    def test_each_debug_type_shows_its_own_lines(self):
        for kind, announced in (("imap", "Now debugging for imap: IMAP protocol debugging"),
                                ("maildir", "Now debugging for maildir: Maildir repository debugging"),
                                ("thread", "Now debugging for thread: Threading debugging")):
            shown, output = self.debug_types_shown("-d", kind)
            self.assertEqual({kind}, shown, output)
            self.assertIn(announced, output)
            self.assertEqual(kind != "thread", "Debug mode: Forcing to singlethreaded." in output)

    def test_all_debug_types_and_one_that_does_not_exist(self):
        shown, output = self.debug_types_shown("-d", "all,foo")
        self.assertEqual({"imap", "maildir", "thread"}, shown, output)
        self.assertIn("Invalid debug type: foo", output)

    def test_a_log_gets_debug_lines_and_appends(self):
        self.workspace.sync("-l", "log", "-d", "maildir")
        self.workspace.sync("-l", "log", ui="quiet")
        log = self.read("log")
        self.assertRegex(log, r"(?m)^[-\d]+ [:\d]+ DEBUG: \[maildir\]: ")
        self.assertEqual(2, log.count("INFO: OfflineImap "))
        self.assertNotIn(self.server.password, log)


class NotYet(OptionCase):
    """What this version cannot do is refused in words that name the option; nothing is synchronised."""

    def assert_refused(self, *patterns, arguments=(), ui="basic"):
        result = self.workspace.run(*arguments, ui=ui)
        self.assertEqual(1, result.returncode, str(result))
        for pattern in patterns:
            self.assertRegex(result.output, pattern)
        self.assertNotIn("Syncing INBOX", result.output)
        self.assertFalse(self.workspace.mail.exists())

    def test_options_of_the_account(self):
        self.configure(account={"synclabels": "yes"})
        self.assert_refused(r"\.offlineimaprc:\d+: \[Account Test\] synclabels: this version cannot")

    def test_options_of_the_server(self):
        self.configure(remote={"idlefolders": "['INBOX']"})
        self.assert_refused(r"\.offlineimaprc:\d+: \[Repository Remote\] idlefolders: this version cannot")

    def test_types(self):
        for role, kind in (("Remote", "Gmail"), ("Local", "GmailMaildir"), ("Local", "IMAP")):
            with self.subTest(kind, role=role):
                self.configure(**{role.lower(): {"type": kind, "remotehost": "localhost"}})
                self.assert_refused(rf"\.offlineimaprc:\d+: \[Repository {role}\] type: this version ")


if __name__ == "__main__":
    acl = {"mail_plugins": "acl", "acl": "vfile"}
    case.main(special_users={"test_a_read_only_folder_is_warned_about": acl,
                             "test_the_warnings_of_a_read_only_folder_can_be_silenced": acl,
                             "test_compression_where_the_server_has_it": {"mail_plugins": "imap_zlib"}})
