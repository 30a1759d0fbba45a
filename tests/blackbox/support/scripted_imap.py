"""A small IMAP server that lies when a test tells it to.

Left alone it is a correct IMAP4rev1 server for one user: ScriptedServer(mailboxes={"INBOX": [b"From: …"]}). A test
changes single answers:

    server.answer("LIST", b'* LIST () "/" "../x"\r\n', PROCEED)        every LIST: one line more, then the usual answer
    server.answer("LOGIN", b"%TAG% NO go away\r\n", only=1)            the first LOGIN of all connections
    server.answer("UID FETCH", lambda session, command: …)             does what it likes with the session
    server.answer(GREETING, b"* BYE full\r\n", CLOSE)

An answer is a sequence of steps: bytes (`%TAG%` becomes the command's tag), PROCEED (the usual answer), CLOSE, RESET,
a number (seconds to wait, less when the server stops), or a function of (session, command). Everything that the client
sent is kept: `server.commands` (parsed, in order of arrival), `server.names()`, `server.received()` (all bytes, TLS
taken off) and `server.received_in_clear()`. `server.wait_for(condition)` waits until something has come.
"""

import base64
import contextlib
import dataclasses
import fnmatch
import re
import socket
import ssl
import struct
import threading
import time

GREETING = "greeting"
PROCEED = object()
CLOSE = object()
RESET = object()
CAPABILITIES = "IMAP4rev1 LITERAL+ SASL-IR ID UIDPLUS CHILDREN NAMESPACE UNSELECT"
_LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r\n\Z")
_TWO_WORDS = ("UID",)


@dataclasses.dataclass
class Message:
    body: bytes
    flags: set = dataclasses.field(default_factory=set)
    date: str = "01-Jan-2024 12:00:00 +0000"


class Mailbox:
    def __init__(self, bodies=(), attributes=(), uid_validity=1700000000):
        self.attributes = list(attributes)
        self.uid_validity = uid_validity
        self.uid_next = 1
        self.messages = {}
        for body in bodies:
            self.add(body)

    def add(self, body, flags=()):
        uid = self.uid_next
        self.messages[uid] = Message(body, set(flags))
        self.uid_next += 1
        return uid

    def bodies(self):
        return sorted(message.body for message in self.messages.values())


@dataclasses.dataclass(frozen=True)
class Command:
    connection: int  # counted from 1
    encrypted: bool
    tag: bytes
    name: str  # upper case; "UID FETCH" and its kin in two words
    arguments: bytes  # as sent, literals included


class Closed(Exception):
    """The conversation is over."""


class Session:
    """One connection."""

    def __init__(self, server, number, connection):
        self.server = server
        self.number = number
        self.encrypted = False
        self.logged_in = False
        self.selected = None
        self.read_only = False
        self._socket = connection
        self._buffer = b""

    # -- bytes --

    def send(self, data):
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise Closed from error

    def _fill(self):
        try:
            data = self._socket.recv(65536)
        except OSError as error:
            raise Closed from error
        if not data:
            raise Closed
        self.server.note(self, data)
        self._buffer += data

    def read_line(self):
        """With its end."""
        while b"\n" not in self._buffer:
            self._fill()
        line, end, self._buffer = self._buffer.partition(b"\n")
        return line + end

    def read_exactly(self, count):
        while len(self._buffer) < count:
            self._fill()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def close(self):
        raise Closed

    def reset(self):
        """The peer sees an error, not an orderly end."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        raise Closed

    def start_tls(self):
        try:
            self._socket = self.server.tls_context.wrap_socket(self._socket, server_side=True)
        except OSError as error:
            self.server.failed_handshakes.append(str(error))
            raise Closed from error
        self.encrypted = True

    def end(self):
        with contextlib.suppress(OSError):
            if isinstance(self._socket, ssl.SSLSocket):
                self._socket.settimeout(2)
                self._socket = self._socket.unwrap()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.cut()

    def cut(self):
        with contextlib.suppress(OSError):
            self._socket.close()

    # -- commands --

    def read_command(self):
        data = self.read_line()
        while literal := _LITERAL.search(data):
            if not literal.group(2):
                self.send(b"+ go on\r\n")
            data += self.read_exactly(int(literal.group(1))) + self.read_line()
        words = data.removesuffix(b"\n").removesuffix(b"\r").split(b" ", 2) + [b"", b""]
        tag, name, arguments = words[0], words[1].decode("latin-1").upper(), words[2]
        if name in _TWO_WORDS:
            second, _, arguments = arguments.partition(b" ")
            name += " " + second.decode("latin-1").upper()
        return Command(self.number, self.encrypted, tag, name, arguments)

    def ok(self, command, text="done"):
        self.send(command.tag + b" OK " + text.encode() + b"\r\n")

    def no(self, command, text="no"):
        self.send(command.tag + b" NO " + text.encode() + b"\r\n")

    def serve(self):
        if self.server.implicit_tls:
            self.start_tls()
        greeting = Command(self.number, self.encrypted, b"*", GREETING, b"")
        self._perform(greeting, self.server.steps_for(greeting))
        while True:
            command = self.read_command()
            steps = self.server.steps_for(command)
            self.server.note_command(command)
            self._perform(command, steps)

    def _perform(self, command, steps):
        for step in steps:
            if step is PROCEED:
                self.usual(command)
            elif step is CLOSE:
                self.close()
            elif step is RESET:
                self.reset()
            elif isinstance(step, bytes):
                if command.name == GREETING and step.startswith(b"* PREAUTH"):
                    self.logged_in = True
                self.send(step.replace(b"%TAG%", command.tag))
            elif isinstance(step, (int, float)):
                self.server.stopping.wait(step)
            else:
                step(self, command)

    def usual(self, command):
        """The answer of a server that behaves."""
        if command.name == GREETING:
            return self.send(b"* OK [CAPABILITY " + self.server.capabilities(self).encode() + b"] ready\r\n")
        handler = getattr(self, "_" + command.name.lower().replace(" ", "_"), None)
        if handler is None:
            return self.send(command.tag + b" BAD unknown command\r\n")
        return handler(command)

    def _capability(self, command):
        self.send(b"* CAPABILITY " + self.server.capabilities(self).encode() + b"\r\n")
        self.ok(command)

    def _starttls(self, command):
        self.ok(command, "begin TLS")
        self.start_tls()

    def _noop(self, command):
        self.ok(command)

    _check = _subscribe = _unsubscribe = _noop

    def _id(self, command):
        self.send(b'* ID ("name" "scripted")\r\n')
        self.ok(command)

    def _namespace(self, command):
        self.send(b'* NAMESPACE (("" "%s")) NIL NIL\r\n' % self.server.delimiter)
        self.ok(command)

    def _enable(self, command):
        self.send(b"* ENABLED\r\n")
        self.ok(command)

    def _logout(self, command):
        self.send(b"* BYE bye\r\n")
        self.ok(command)
        raise Closed

    def _login(self, command):
        user, password = strings(command.arguments)[:2]
        self._judge(command, user == self.server.user.encode() and password == self.server.password.encode())

    def _authenticate(self, command):
        mechanism, _, initial = command.arguments.partition(b" ")
        if mechanism.upper() != b"PLAIN":
            return self.no(command, "unsupported mechanism")
        if not initial:
            self.send(b"+ \r\n")
            initial = self.read_line().rstrip()
        parts = base64.b64decode(initial).split(b"\0")
        return self._judge(command, parts[1:] == [self.server.user.encode(), self.server.password.encode()])

    def _judge(self, command, right):
        if not right:
            return self.no(command, "[AUTHENTICATIONFAILED] wrong")
        self.logged_in = True
        return self.ok(command, f"[CAPABILITY {self.server.capabilities(self)}] logged in")

    def _list(self, command):
        reference, pattern = strings(command.arguments)[:2]
        kind = command.name.encode()
        if not pattern:
            self.send(b'* %s (\\Noselect) "%s" ""\r\n' % (kind, self.server.delimiter))
        else:
            for name, mailbox in list(self.server.mailboxes.items()):
                if matches(name, reference + pattern):
                    attributes = " ".join(mailbox.attributes).encode()
                    self.send(b'* %s (%s) "%s" %s\r\n' % (kind, attributes, self.server.delimiter, quoted(name)))
        self.ok(command)

    _lsub = _list

    def _mailbox(self, command, name):
        mailbox = self.server.mailboxes.get(b"INBOX" if name.upper() == b"INBOX" else name)
        if mailbox is None:
            self.no(command, "[NONEXISTENT] no such mailbox")
        return mailbox

    def _select(self, command):
        self.selected = self._mailbox(command, strings(command.arguments)[0])
        if self.selected is None:
            return
        self.read_only = command.name == "EXAMINE"
        mailbox = self.selected
        flags = b"\\Answered \\Flagged \\Deleted \\Seen \\Draft"
        self.send(b"* FLAGS (%s)\r\n* OK [PERMANENTFLAGS (%s \\*)] limited\r\n* %d EXISTS\r\n* 0 RECENT\r\n"
                  b"* OK [UIDVALIDITY %d] valid\r\n* OK [UIDNEXT %d] predicted\r\n"
                  % (flags, flags, len(mailbox.messages), mailbox.uid_validity, mailbox.uid_next))
        self.ok(command, "[READ-ONLY] examined" if self.read_only else "[READ-WRITE] selected")

    _examine = _select

    def _unselect(self, command):
        self.selected = None
        self.ok(command)

    _close = _unselect

    def _status(self, command):
        name = strings(command.arguments)[0]
        mailbox = self._mailbox(command, name)
        if mailbox is None:
            return
        self.send(b"* STATUS %s (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n"
                  % (quoted(name), len(mailbox.messages), mailbox.uid_next, mailbox.uid_validity))
        self.ok(command)

    def _create(self, command):
        name = strings(command.arguments)[0]
        if name in self.server.mailboxes:
            return self.no(command, "[ALREADYEXISTS] it is there")
        self.server.mailboxes[name] = Mailbox()
        return self.ok(command)

    def _delete(self, command):
        if self.server.mailboxes.pop(strings(command.arguments)[0], None) is None:
            return self.no(command, "[NONEXISTENT] no such mailbox")
        return self.ok(command)

    def _append(self, command):
        name = strings(command.arguments)[0]
        mailbox = self._mailbox(command, name)
        if mailbox is None:
            return
        head, _, _ = command.arguments.partition(b"{")
        flags = re.search(rb"\(([^)]*)\)", head)
        uid = mailbox.add(strings(command.arguments)[-1], flags.group(1).decode().split() if flags else ())
        self.ok(command, f"[APPENDUID {mailbox.uid_validity} {uid}] appended")

    def _uids(self, text):
        """[(sequence number, UID)] of a set of UIDs."""
        ordered = sorted(self.selected.messages)
        last = ordered[-1] if ordered else 1
        wanted = set()
        for part in text.split(b","):
            ends = [last if end == b"*" else int(end) for end in part.split(b":")]
            wanted.update(uid for uid in ordered if min(ends) <= uid <= max(ends))
        return [(ordered.index(uid) + 1, uid) for uid in ordered if uid in wanted]

    def _uid_fetch(self, command):
        uid_set, _, items = command.arguments.partition(b" ")
        for number, uid in self._uids(uid_set):
            self.send(self.fetch_line(number, uid, items.upper()))
        self.ok(command)

    def fetch_line(self, number, uid, items):
        """One FETCH response of the selected mailbox."""
        message = self.selected.messages[uid]
        parts = [b"UID %d" % uid]
        if b"FLAGS" in items:
            parts.append(b"FLAGS (%s)" % " ".join(sorted(message.flags)).encode())
        if b"INTERNALDATE" in items:
            parts.append(b'INTERNALDATE "%s"' % message.date.encode())
        if b"RFC822.SIZE" in items:
            parts.append(b"RFC822.SIZE %d" % len(message.body))
        if b"BODY.PEEK[HEADER]" in items:
            head = message.body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            parts.append(b"BODY[HEADER] {%d}\r\n%s" % (len(head), head))
        if b"BODY.PEEK[]" in items:
            parts.append(b"BODY[] {%d}\r\n%s" % (len(message.body), message.body))
        return b"* %d FETCH (%s)\r\n" % (number, b" ".join(parts))

    def _uid_search(self, command):
        uids = sorted(self.selected.messages)
        wanted = strings(command.arguments)
        if b"UID" in wanted:
            uids = [uid for _, uid in self._uids(wanted[wanted.index(b"UID") + 1])]
        if b"HEADER" in wanted:
            field, value = wanted[wanted.index(b"HEADER") + 1:][:2]
            uids = [uid for uid in uids
                    if re.search(rb"(?im)^%s:.*%s" % (re.escape(field), re.escape(value)),
                                 self.selected.messages[uid].body)]
        self.send(b"* SEARCH%s\r\n" % b"".join(b" %d" % uid for uid in uids))
        self.ok(command)

    def _uid_store(self, command):
        uid_set, change, flags = command.arguments.split(b" ", 2)
        words = set(flags.strip(b"()").decode().split())
        for number, uid in self._uids(uid_set):
            message = self.selected.messages[uid]
            if change.startswith(b"+"):
                message.flags |= words
            elif change.startswith(b"-"):
                message.flags -= words
            else:
                message.flags = words
            if not change.upper().endswith(b".SILENT"):
                self.send(self.fetch_line(number, uid, b"(FLAGS)"))
        self.ok(command)

    def _expunge(self, command, among=None):
        for number, uid in reversed(self._uids(among or b"1:*")):
            if "\\Deleted" in self.selected.messages[uid].flags:
                del self.selected.messages[uid]
                self.send(b"* %d EXPUNGE\r\n" % number)
        self.ok(command)

    def _uid_expunge(self, command):
        self._expunge(command, command.arguments)


def quoted(name):
    """A mailbox name as a server sends it: quoted, or a literal where that is the only way."""
    if any(byte in b"\r\n\0" or byte >= 0x80 for byte in name):
        return b"{%d}\r\n%s" % (len(name), name)
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def strings(arguments):
    """The words of a command: atoms, quoted strings and literals, as bytes. Parentheses stay where they are."""
    found = []
    while arguments := arguments.lstrip(b" "):
        if arguments.startswith(b'"'):
            match = re.match(rb'"((?:[^"\\]|\\.)*)"', arguments, re.S)
            if match is None:
                raise AssertionError(f"a quoted string without end: {arguments[:100]!r}")
            found.append(re.sub(rb"\\(.)", rb"\1", match.group(1), flags=re.S))
            arguments = arguments[match.end():]
        elif match := re.match(rb"\{(\d+)\+?\}\r\n", arguments):
            size = int(match.group(1))
            found.append(arguments[match.end():match.end() + size])
            arguments = arguments[match.end() + size:]
        else:
            word, _, arguments = arguments.partition(b" ")
            found.append(word)
    return found


def matches(name, pattern):
    """LIST's wildcards; "%" is taken for "*", which no test can tell."""
    escaped = pattern.replace(b"[", b"[[]").replace(b"?", b"[?]").replace(b"%", b"*")
    return fnmatch.fnmatchcase(name.decode("latin-1"), escaped.decode("latin-1"))


class ScriptedServer:
    """`mailboxes`: {name: bodies or Mailbox}. `tls`: "implicit", "starttls" (offered) or None; with either,
    `certificate` is (certificate, key). `capabilities` is what it says it can; STARTTLS and AUTH=PLAIN are added where
    they belong."""

    host = "localhost"

    def __init__(self, mailboxes=None, tls=None, certificate=None, capabilities=CAPABILITIES, user="user",
                 password='pass"word', delimiter="/"):
        self.mailboxes = {}
        for name, content in (mailboxes or {"INBOX": ()}).items():
            name = name if isinstance(name, bytes) else name.encode("utf-8")
            self.mailboxes[name] = content if isinstance(content, Mailbox) else Mailbox(content)
        self.user = user
        self.password = password
        self.delimiter = delimiter.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        self.implicit_tls = tls == "implicit"
        self.tls_context = None
        if certificate:
            self.tls_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls_context.load_cert_chain(*map(str, certificate))
        self._offers_starttls = tls == "starttls"
        self._capabilities = capabilities
        self._scripts = {}
        self._changed = threading.Condition()
        self.commands = []
        self.failed_handshakes = []
        self.connections = 0
        self.stopping = threading.Event()
        self._received = []  # (connection, encrypted, bytes)
        self._sessions = []
        self._threads = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    # -- the script --

    def answer(self, name, *steps, only=None, connection=None):
        """What happens on a command (GREETING: on a connection). `only`: on the n-th of that name alone, counted over
        all connections from now on; `connection`: on the n-th connection alone. The last fitting one counts."""
        self._scripts.setdefault(name, []).append([only, connection, 0, steps])

    def steps_for(self, command):
        chosen = (PROCEED,)
        for script in self._scripts.get(command.name, []):
            script[2] += 1
            only, connection, count, steps = script
            if only in (None, count) and connection in (None, command.connection):
                chosen = steps
        return chosen

    def capabilities(self, session):
        """What the server says at this moment."""
        words = self._capabilities.split()
        if session.logged_in:
            return " ".join(word for word in words if word != "SASL-IR")
        if self._offers_starttls and not session.encrypted:
            return " ".join([*words, "STARTTLS"])
        return " ".join([*words, "AUTH=PLAIN"])

    # -- what came --

    def note(self, session, data):
        with self._changed:
            self._received.append((session.number, session.encrypted, data))
            self._changed.notify_all()

    def note_command(self, command):
        with self._changed:
            self.commands.append(command)
            self._changed.notify_all()

    def names(self, connection=None):
        """The names of the commands, in order."""
        with self._changed:
            return [command.name for command in self.commands if connection in (None, command.connection)]

    def arguments(self, name):
        with self._changed:
            return [command.arguments for command in self.commands if command.name == name]

    def received(self):
        with self._changed:
            return b"".join(data for _, _, data in self._received)

    def received_in_clear(self):
        with self._changed:
            return b"".join(data for _, encrypted, data in self._received if not encrypted)

    def wait_for(self, condition, timeout=60):
        """Until condition(server) holds; asked whenever something comes in."""
        limit = time.monotonic() + timeout
        while not condition(self):
            left = limit - time.monotonic()
            if left <= 0:
                raise AssertionError(f"it did not happen in {timeout} s; commands: {self.names()}")
            with self._changed:
                self._changed.wait(min(left, 0.1))

    # -- life --

    def _accept(self):
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            session = Session(self, self.connections, connection)
            thread = threading.Thread(target=self._serve, args=(session,), daemon=True)
            self._sessions.append(session)
            self._threads.append(thread)
            thread.start()

    @staticmethod
    def _serve(session):
        try:
            session.serve()
        except Closed:
            pass
        finally:
            session.end()

    def stop(self):
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for session in self._sessions:
            session.cut()
        for thread in [self._acceptor, *self._threads]:
            thread.join(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
