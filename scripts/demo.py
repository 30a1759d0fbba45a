"""The story that ./demo tells: a mailbox, a Maildir, changes on both sides. Every claim is checked while it is told."""

import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "blackbox"), str(ROOT / "bench")]

import sides  # noqa: E402
from support.dovecot import Dovecot  # noqa: E402

USER = "alice"

MAILBOX = {
    "INBOX": [("Lunch on Friday?", r"\Seen"), ("Your invoice 2026-117", r"\Seen \Flagged"), ("Re: holiday pictures", ""),
              ("Build 4711 is green", ""), ("Train tickets", r"\Flagged")],
    "Archive": [("Welcome", r"\Seen"), ("Contract", r"\Seen \Flagged"), ("Minutes of May", r"\Seen \Answered")],
    "Archive/2026": [("Tax return", r"\Seen"), ("Insurance", r"\Seen")],
    "Drafts": [("Dear Bob", r"\Draft \Seen")],
    "Sent": [("Re: Lunch on Friday?", r"\Seen"), ("Application", r"\Seen"), ("Happy birthday", r"\Seen")],
}

CONFIGURATION = """\
[general]
accounts = Demo
metadata = {home}/state

[Account Demo]
localrepository = Local
remoterepository = Remote

[Repository Local]
type = Maildir
localfolders = {home}/Mail

[Repository Remote]
type = IMAP
remotehost = localhost
remoteport = {port}
sslcacertfile = {ca}
remoteuser = {user}
remotepass = {password}
"""


def say(text):
    print(f"* {text}", flush=True)


def show(text):
    print(textwrap.indent(text.rstrip(), "    ") + "\n", flush=True)


def expect(truth, what):
    if not truth:
        sys.exit(f"demo: NOT AS IT SHOULD BE: {what}")


def message(subject):
    return (f"Date: Mon, 02 Nov 2026 09:00:00 +0000\nFrom: Carol <carol@example.org>\nTo: Alice <alice@example.org>\n"
            f"Subject: {subject}\nMessage-ID: <{zlib.crc32(subject.encode()):08x}@example.org>\n\nHello Alice,\n\nabout: {subject}\n"
            ).encode()


class Demo:
    def __init__(self, server, home):
        self._server, self._home = server, home
        self._mail = home / "Mail"
        self._account = server.account(USER)
        self._config = home / "config"

    # -- the two sides --

    def _views(self):
        server = {name.replace("/", "."): counter for name, counter in sides.ServerSide(self._account).view().items()}
        return server, sides.LocalSide(self._mail).view()

    def expect_both_sides_equal(self, messages):
        server, local = self._views()
        wrong = sides.difference(server, local)
        expect(wrong is None, wrong)
        count = sum(counter.total() for counter in local.values())
        expect(count == messages, f"{count} messages instead of {messages}")
        say(f"Checked: the same {count} messages with the same flags in the same {len(local)} folders on both sides")

    def _file_of(self, folder, subject):
        for part in ("cur", "new"):
            for path in sorted((self._mail / folder / part).iterdir()):
                if f"Subject: {subject}\n".encode() in path.read_bytes():
                    return path
        return sys.exit(f"demo: NOT AS IT SHOULD BE: no '{subject}' in {folder}")

    def _uid_of(self, folder, subject):
        return next(uid for uid, found in self._account.messages(folder).items()
                    if f"Subject: {subject}\r\n".encode() in found.body)

    def show_maildir(self):
        lines = []
        for folder in sorted(self._mail.iterdir()):
            lines.append(f"{folder.name}/")
            lines += sorted(f"  {path.parent.name}/{path.name}" for part in ("cur", "new")
                            for path in (folder / part).iterdir())
        show("\n".join(lines))

    def sync(self, *options):
        command = [os.environ["OFFLINEIMAP_BINARY"], "-c", str(self._config), *options]
        say("$ " + " ".join(["offlineimap", *command[1:]]))
        began = time.monotonic()
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, errors="replace", timeout=120, env={**os.environ, "HOME": str(self._home)})
        if run.stdout.strip():
            show(run.stdout)
        expect(run.returncode == 0, f"offlineimap ended with exit code {run.returncode}")
        expect(self._mail.is_dir(), "there is no Maildir")
        return time.monotonic() - began

    # -- the story --

    def fill_server(self):
        self._account.create(*(name for name in MAILBOX if name != "INBOX"))
        for folder, messages in MAILBOX.items():
            self._account.append_all(folder, [(message(subject).replace(b"\n", b"\r\n"), flags.split(), None)
                                              for subject, flags in messages])

    def configure(self):
        text = CONFIGURATION.format(home=self._home, port=self._server.tls_port, ca=self._server.ca_file, user=USER,
                                    password=self._server.password)
        self._config.write_text(text)
        self._config.chmod(0o600)
        show(text)

    def change_locally(self):
        unread = self._file_of("INBOX", "Build 4711 is green")
        unread.rename(self._mail / "INBOX" / "cur" / f"{unread.name.partition(':2,')[0]}:2,S")
        self._file_of("Archive", "Welcome").unlink()
        new = self._mail / "Sent" / "tmp" / "1793610000.M1P1.demo"
        new.write_bytes(message("Written offline"))
        new.rename(self._mail / "Sent" / "cur" / f"{new.name}:2,S")

    def change_on_server(self):
        self._account.append("INBOX", message("Arrived meanwhile").replace(b"\n", b"\r\n"))
        self._account.store("INBOX", [self._uid_of("INBOX", "Lunch on Friday?")], "+FLAGS", [r"\Answered"])
        self._account.expunge("INBOX", [self._uid_of("INBOX", "Train tickets")])
        self._account.create("Projects")
        self._account.append("Projects", message("Kick-off").replace(b"\n", b"\r\n"))

    def names(self):
        return sorted(str(path.relative_to(self._mail)) for path in self._mail.rglob("*"))

    def tell(self):
        count = sum(map(len, MAILBOX.values()))
        say(f"Putting {count} messages into {len(MAILBOX)} folders on the server")
        self.fill_server()
        say("The configuration:")
        self.configure()

        say("The first sync")
        self.sync("-o", "-u", "basic")
        say("The Maildir now:")
        self.show_maildir()
        self.expect_both_sides_equal(count)

        say("As a mail reader would: one message read, one deleted, one written into Sent")
        self.change_locally()
        say("On the server meanwhile: one message arrives, one is answered, one is deleted, a new folder with one message")
        self.change_on_server()
        say("The second sync")
        self.sync("-o", "-u", "basic")
        self.expect_both_sides_equal(count + 1)
        server, _ = self._views()
        expect("Projects" in server, "the folder Projects is gone")
        for folder, subject, letters in (("INBOX", "Build 4711 is green", "S"), ("INBOX", "Lunch on Friday?", "RS"),
                                         ("INBOX", "Arrived meanwhile", ""), ("Sent", "Written offline", "S"),
                                         ("Projects", "Kick-off", "")):
            name = self._file_of(folder, subject).name
            expect(name.endswith(f":2,{letters}"), f"'{subject}' is {name}, which should end in :2,{letters}")
        say("The Maildir now:")
        self.show_maildir()

        say("A third sync, with nothing to do")
        names, status = self.names(), self._account.status()
        seconds = self.sync("-o", "-u", "quiet")
        expect(names == self.names(), "a sync with nothing to do changed the Maildir")
        expect(status == self._account.status(), "a sync with nothing to do changed the server")
        say(f"Checked: nothing was transferred, renamed or changed; it took {seconds:.2f} s")


def main():
    with tempfile.TemporaryDirectory(prefix="offlineimap-demo-") as directory:
        home = pathlib.Path(directory)
        home.chmod(0o755)  # the server reads its users' mail as another user
        say("Starting a private mail server (Dovecot, TLS, a certificate authority of its own)")
        server = Dovecot(home / "server").start()
        try:
            Demo(server, home).tell()
        finally:
            server.stop()
            say("The server is stopped and everything is removed")
    say("All is as it should be")


main()
