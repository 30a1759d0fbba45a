"""One user's mail on the server, seen and changed through Python's imaplib: the independent view."""

import contextlib
import dataclasses
import hashlib
import imaplib
import os
import re
import socket
import ssl
import time

# In any order (RFC 3501 §7.4.2), before the body.
_UID = re.compile(rb"\bUID (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]*)"')
_STATUS_ITEM = re.compile(rb"(\w+) (\d+)")
_LIST_LINE = re.compile(rb'\(([^)]*)\) (?:"[^"]*"|NIL) (.*)$')
_COMMAND = re.compile(
    rb"^[A-Za-z0-9.]+ ((?:APPEND|CAPABILITY|CHECK|CLOSE|COMPRESS|CREATE|DELETE|ENABLE|EXAMINE|EXPUNGE|FETCH|ID"
    rb"|LIST|LOGOUT|LSUB|MOVE|NOOP|SEARCH|SELECT|STATUS|STORE|UID|UNSELECT)\b.*)$")


@dataclasses.dataclass(frozen=True)
class ServerMessage:
    flags: frozenset
    digest: str
    date: str
    body: bytes = dataclasses.field(repr=False, compare=False)


_UPLOAD_MARK = re.compile(rb"^X-OfflineIMAP: [^\r\n]*\r\n", re.M)


def without_upload_mark(body):
    """What was uploaded: a server without UIDPLUS gets one header line more, by which the message is found."""
    return _UPLOAD_MARK.sub(b"", body, count=1)


def _full_date(date):
    """" 1-Jan-2024" and "01-Jan-2024" are both allowed (RFC 3501 §9: date-day-fixed)."""
    return "0" + date[1:] if date.startswith(" ") else date


def digest(data):
    return hashlib.sha256(data).hexdigest()


def quoted(name):
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Connection(imaplib.IMAP4_SSL):
    """Acknowledges at once what it reads: a server that writes an answer in two goes (Cyrus) would wait 40 ms for that
    each time."""

    def readline(self):
        self._acknowledge()
        return super().readline()

    def read(self, size):
        self._acknowledge()
        return super().read(size)

    def _acknowledge(self):
        if hasattr(socket, "TCP_QUICKACK"):
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class ServerAccount:
    def __init__(self, server, user):
        self._server = server
        self.user = user
        self._rawlog = server.rawlog(user)

    def _logged_in(self):
        """A connection. Dovecot's anvil may count one that has just ended for a moment longer."""
        context = ssl.create_default_context(cafile=str(self._server.ca_file))
        limit = time.monotonic() + 30
        while True:
            connection = _Connection("localhost", self._server.tls_port, ssl_context=context, timeout=60)
            try:
                connection.login(self.user, self._server.password)
                return connection
            except (OSError, imaplib.IMAP4.error) as error:
                with contextlib.suppress(OSError):
                    connection.shutdown()
                if "Maximum number of connections" not in str(error) or time.monotonic() > limit:
                    raise
            time.sleep(0.2)

    @contextlib.contextmanager
    def connection(self):
        connection = self._logged_in()
        try:
            yield connection
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                connection.logout()

    @staticmethod
    def _checked(answer):
        kind, data = answer
        if kind != "OK":
            raise AssertionError(f"the server answered {kind}: {data}")
        return data

    # -- changes, as another mail client makes them --

    def create(self, *folders):
        with self.connection() as connection:
            for folder in folders:
                self._checked(connection.create(quoted(folder)))

    def delete(self, folder):
        with self.connection() as connection:
            self._checked(connection.delete(quoted(folder)))

    def append(self, folder, body, flags=(), date=None):
        """The body goes out as it is (imaplib's own append() would change line ends). Returns the UID."""
        return self.append_all(folder, [(body, flags, date)])[0]

    def append_all(self, folder, messages):
        """`messages`: (body, flags, date) each; date in IMAP's quoted form or None."""
        uids = []
        with self.connection() as connection:
            for body, flags, date in messages:
                arguments = [quoted(folder), f"({' '.join(flags)})"]
                if date:
                    arguments.append(f'"{date}"')
                connection.literal = body
                answer = connection._simple_command("APPEND", *arguments)
                uids.append(int(re.search(rb"APPENDUID \d+ (\d+)", self._checked(answer)[0]).group(1)))
        return uids

    def plant_in_inbox(self, body, name="1700000000.M1P1.planted"):
        """Delivers behind the server's back, for what APPEND refuses (a message of no bytes)."""
        home = self._server.home(self.user)
        file = home / "Maildir" / "INBOX" / "new" / name
        file.write_bytes(body)
        owner = home.stat()
        os.chown(file, owner.st_uid, owner.st_gid)

    def store(self, folder, uids, change, flags):
        """`change` is "+FLAGS", "-FLAGS" or "FLAGS"."""
        with self.connection() as connection:
            self._checked(connection.select(quoted(folder)))
            self._checked(connection.uid("STORE", self._uid_set(uids), change, f"({' '.join(flags)})"))

    def expunge(self, folder, uids):
        with self.connection() as connection:
            self._checked(connection.select(quoted(folder)))
            self._checked(connection.uid("STORE", self._uid_set(uids), "+FLAGS", r"(\Deleted)"))
            self._checked(connection.uid("EXPUNGE", self._uid_set(uids)))

    def copy(self, folder, uids, destination):
        self._transfer("COPY", folder, uids, destination)

    def move(self, folder, uids, destination):
        self._transfer("MOVE", folder, uids, destination)

    def _transfer(self, verb, folder, uids, destination):
        with self.connection() as connection:
            self._checked(connection.select(quoted(folder)))
            self._checked(connection.uid(verb, self._uid_set(uids), quoted(destination)))

    @staticmethod
    def _uid_set(uids):
        return ",".join(str(uid) for uid in uids)

    # -- what is there --

    def folders(self):
        with self.connection() as connection:
            return self._folders(connection)

    def _folders(self, connection):
        names = []
        for line in self._checked(connection.list()):
            if line is None:
                continue
            if isinstance(line, tuple):
                attributes, name = _LIST_LINE.match(line[0]).group(1), line[1]
            else:
                attributes, name = _LIST_LINE.match(line).groups()
            if b"\\noselect" in attributes.lower() or b"\\nonexistent" in attributes.lower():
                continue
            text = name.decode("ascii")
            if text.startswith('"'):
                text = re.sub(r"\\(.)", r"\1", text[1:-1])
            names.append(text)
        return sorted(names)

    def messages(self, folder):
        with self.connection() as connection:
            return self._messages(connection, folder)

    def _messages(self, connection, folder):
        """{uid: ServerMessage}. \\Recent says who looked last and is left out."""
        self._checked(connection.select(quoted(folder), readonly=True))
        found = {}
        data = self._checked(connection.fetch("1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")) \
            if connection.untagged_responses.get("EXISTS") != [b"0"] else []
        for part in data:
            head, body = part if isinstance(part, tuple) else (part, b"")
            attributes = [pattern.search(head or b"") for pattern in (_UID, _FLAGS, _DATE)]
            if None in attributes:
                continue
            uid, flags, date = (match.group(1) for match in attributes)
            kept = frozenset(flag for flag in flags.decode().split() if flag != r"\Recent")
            found[int(uid)] = ServerMessage(kept, digest(body), _full_date(date.decode()), body)
        return found

    def snapshot(self):
        """{folder: {uid: ServerMessage}} of everything."""
        with self.connection() as connection:
            return {name: self._messages(connection, name) for name in self._folders(connection)}

    def status(self):
        """{folder: {"MESSAGES": …, "UIDNEXT": …, "UIDVALIDITY": …, "HIGHESTMODSEQ": …}}: tells every change."""
        with self.connection() as connection:
            result = {}
            for folder in self._folders(connection):
                data = self._checked(connection.status(
                    quoted(folder), "(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ)"))
                items = data[0].rpartition(b"(")[2]
                result[folder] = {key.decode(): int(value) for key, value in _STATUS_ITEM.findall(items)}
            return result

    # -- what clients did --

    def forget_commands(self):
        for file in self._rawlog.iterdir():
            file.unlink()

    def commands(self):
        """The command lines of every session since forget_commands(), without tags, in the order of sessions."""
        return [command.group(1).decode("utf-8", "replace")
                for line in self._server.sent_lines(self.user) if (command := _COMMAND.match(line))]

    def logins(self):
        """How many sessions there were."""
        return self._server.logins(self.user)
