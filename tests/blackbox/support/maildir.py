"""A tree of Maildirs, read and changed as a mail reader does it."""

import collections
import dataclasses
import itertools
import os
import pathlib
import re
import shutil

from .account import digest

_UID = re.compile(r",U=(\d+)")
_INFO = re.compile(r"[:!]2,(\w*)")
_SUBDIRECTORIES = ("new", "cur")
IMAP_LETTERS = {r"\Seen": "S", r"\Answered": "R", r"\Flagged": "F", r"\Deleted": "T", r"\Draft": "D"}
IMAP_FLAGS = {letter: flag for flag, letter in IMAP_LETTERS.items()}


def to_disk(wire):
    """The form in which a message lies in a Maildir."""
    return wire.replace(b"\r\n", b"\n")


def to_wire(disk):
    return disk.replace(b"\n", b"\r\n")


def letters(imap_flags):
    """IMAP system flags as sorted Maildir letters; keywords have none."""
    return "".join(sorted(IMAP_LETTERS[flag] for flag in imap_flags if flag in IMAP_LETTERS))


@dataclasses.dataclass(frozen=True)
class LocalMessage:
    path: pathlib.Path
    flags: str
    uid: int | None

    @property
    def body(self):
        return self.path.read_bytes()

    @property
    def subdirectory(self):
        return self.path.parent.name

    @property
    def name(self):
        return self.path.name


class MaildirTree:
    """`separator` as in the configuration: "/" nests directories, anything else keeps folders side by side."""

    _serial = itertools.count(1)

    def __init__(self, root, separator="."):
        self.root = pathlib.Path(root)
        self.separator = separator

    def path(self, folder):
        return self.root / folder if folder else self.root

    # -- what is there --

    @staticmethod
    def _is_folder(path):
        return all((path / name).is_dir() for name in ("cur", "new", "tmp"))

    def folders(self):
        found = []
        for directory, names, _ in os.walk(self.root):
            names[:] = [name for name in names if name not in ("cur", "new", "tmp")]
            path = pathlib.Path(directory)
            if self._is_folder(path):
                found.append(str(path.relative_to(self.root)) if path != self.root else "")
        return sorted(found)

    def messages(self, folder):
        """In `new`, then `cur`, sorted by name."""
        found = []
        for subdirectory in _SUBDIRECTORIES:
            for path in sorted((self.path(folder) / subdirectory).iterdir()):
                info, uid = _INFO.search(path.name), _UID.search(path.name)
                found.append(LocalMessage(path, "".join(sorted(info.group(1))) if info else "",
                                          int(uid.group(1)) if uid else None))
        return found

    def by_body(self, folder, body):
        """The one message with this content (as it lies on disk)."""
        found = [message for message in self.messages(folder) if message.body == body]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} messages in {folder!r} have this content: {body[:80]!r}")
        return found[0]

    def contents(self):
        """{folder: Counter of (digest, flags)}."""
        return {folder: collections.Counter((digest(message.body), message.flags)
                                            for message in self.messages(folder))
                for folder in self.folders()}

    def snapshot(self):
        """{path below the root: (inode, digest)} of every file, `tmp` included: differs if anything was renamed,
        rewritten, added or removed."""
        return files_below(self.root)

    # -- changes, as a mail reader makes them --

    def make_folder(self, folder):
        for name in ("cur", "new", "tmp"):
            (self.path(folder) / name).mkdir(parents=True)

    def remove_folder(self, folder):
        shutil.rmtree(self.path(folder))

    def _unique(self):
        number = next(self._serial)
        return f"{1_600_000_000 + number}.M{number}P{os.getpid()}.reader"

    def deliver(self, folder, body, flags=None):
        """Without flags as a delivery agent does, into `new` with no info; with flags (also "") as a reader that
        stores a message it wrote, into `cur`."""
        place = "new" if flags is None else "cur"
        info = "" if flags is None else f":2,{''.join(sorted(flags))}"
        name = self._unique() + info
        temporary = self.path(folder) / "tmp" / name
        temporary.write_bytes(body)
        final = self.path(folder) / place / name
        temporary.rename(final)
        return final

    def set_flags(self, message, flags):
        """Moves to `cur` with the new info; the rest of the name stays."""
        base = _INFO.split(message.name)[0]
        final = message.path.parent.parent / "cur" / f"{base}:2,{''.join(sorted(flags))}"
        message.path.rename(final)
        return final

    def remove(self, message):
        message.path.unlink()

    def copy(self, message, folder):
        """A copy under the same name, `U=` and all, as readers make it."""
        final = self.path(folder) / "cur" / message.name
        shutil.copy2(message.path, final)
        return final


def files_below(root):
    """{relative path: (inode, digest)} of every regular file."""
    found = {}
    for directory, _, names in os.walk(root):
        for name in names:
            path = pathlib.Path(directory) / name
            found[str(path.relative_to(root))] = (path.stat().st_ino, digest(path.read_bytes()))
    return found


def tree_below(root):
    """{relative path: digest, or None for a directory}: what a run that must change nothing leaves alike."""
    found = {}
    for directory, directories, names in os.walk(root):
        base = pathlib.Path(directory)
        for name in directories:
            found[str((base / name).relative_to(root))] = None
        for name in names:
            found[str((base / name).relative_to(root))] = digest((base / name).read_bytes())
    return found
