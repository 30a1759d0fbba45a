"""Both sides of a sync as multisets of (content hash, flags) per folder, and the changes made to them between syncs."""

import collections
import hashlib
import itertools
import os
import re

_LETTERS = {"S": r"\Seen", "R": r"\Answered", "F": r"\Flagged", "T": r"\Deleted", "D": r"\Draft"}
_INFO = ":2,"
_ITEM = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")
# mbsync marks what it pushes with a header of its own.
_MBSYNC_MARK = re.compile(rb"^X-TUID: [^\n]*\n", re.MULTILINE)
_UIDS_AT_ONCE = 500


def content_hash(body):
    """Of the message with LF line ends, whoever stores it."""
    body = body.replace(b"\r\n", b"\n")
    head, separator, rest = body.partition(b"\n\n")
    return hashlib.sha256(_MBSYNC_MARK.sub(b"", head + separator[:1]) + separator[1:] + rest).hexdigest()


def difference(expected, found):
    """A sentence, or None if they are equal."""
    for folder in sorted(expected.keys() | found.keys()):
        want, have = expected.get(folder, collections.Counter()), found.get(folder, collections.Counter())
        if want != have:
            missing, surplus = want - have, have - want
            lost = collections.Counter(key for key, _ in missing.elements())
            lost -= collections.Counter(key for key, _ in surplus.elements())
            return (f"{folder}: {missing.total()} messages are not as they should be "
                    f"({lost.total()} by content, the others by flags), {surplus.total()} should not be there")
    return None


class LocalSide:
    def __init__(self, root):
        self._root = root

    def _files(self, folder):
        for part in ("cur", "new"):
            with os.scandir(self._root / folder / part) as entries:
                for entry in entries:
                    base, _, letters = entry.name.partition(_INFO)
                    yield entry.path, base, frozenset(_LETTERS[letter] for letter in letters if letter in _LETTERS)

    def view(self):
        result = {}
        for path in self._root.iterdir():
            if (path / "cur").is_dir():
                counter = result.setdefault(path.name, collections.Counter())
                for name, _, flags in self._files(path.name):
                    with open(name, "rb") as file:
                        counter[(content_hash(file.read()), flags)] += 1
        return result

    def toggle(self, folder, hashes, flag):
        """Renames as a mail reader does."""
        wanted = set(hashes)
        for name, base, flags in list(self._files(folder)):
            with open(name, "rb") as file:
                if content_hash(file.read()) not in wanted:
                    continue
            letters = "".join(sorted(letter for letter, meaning in _LETTERS.items() if meaning in flags ^ {flag}))
            os.rename(name, self._root / folder / "cur" / f"{base}{_INFO}{letters}")

    def save(self, messages):
        """New messages, as a mail reader files them: read already."""
        for number, message in enumerate(messages):
            name = f"{message.date}.P{os.getpid()}Q{number}.bench"
            temporary = self._root / message.folder / "tmp" / name
            temporary.write_bytes(message.body)
            os.utime(temporary, (message.date, message.date))
            os.rename(temporary, self._root / message.folder / "cur" / f"{name}{_INFO}S")


class ServerSide:
    """Bodies are fetched once for each UID: on a server they do not change."""

    def __init__(self, account):
        self._account = account
        self._hashes = {}

    def view(self):
        result = {}
        with self._account.connection() as connection:
            for folder in self._account.folders():
                entries = self._entries(connection, folder)
                counter = result.setdefault(folder, collections.Counter())
                for uid, flags in entries.items():
                    counter[(self._hashes[(folder, uid)], flags)] += 1
        return result

    def _entries(self, connection, folder):
        kind, count = connection.select(f'"{folder}"', readonly=True)
        if kind != "OK":
            raise RuntimeError(f"SELECT {folder}: {count}")
        if count == [b"0"]:
            return {}
        entries = {}
        for item in connection.fetch("1:*", "(UID FLAGS)")[1]:
            uid, flags = _ITEM.search(item).groups()
            entries[int(uid)] = frozenset(flag for flag in flags.decode().split() if flag != r"\Recent")
        self._fetch_bodies(connection, folder, [uid for uid in entries if (folder, uid) not in self._hashes])
        return entries

    def _fetch_bodies(self, connection, folder, uids):
        for start in range(0, len(uids), _UIDS_AT_ONCE):
            several = ",".join(map(str, uids[start:start + _UIDS_AT_ONCE]))
            for item in connection.uid("FETCH", several, "(BODY.PEEK[])")[1]:
                if isinstance(item, tuple):
                    uid = int(re.search(rb"UID (\d+)", item[0]).group(1))
                    self._hashes[(folder, uid)] = content_hash(item[1])

    def toggle(self, folder, hashes, flag):
        wanted = set(hashes)
        with self._account.connection() as connection:
            entries = self._entries(connection, folder)
            connection.select(f'"{folder}"')
            for change, has_it in (("+FLAGS", False), ("-FLAGS", True)):
                uids = [uid for uid, flags in entries.items()
                        if self._hashes[(folder, uid)] in wanted and (flag in flags) == has_it]
                if uids:
                    connection.uid("STORE", ",".join(map(str, uids)), f"{change}.SILENT", f"({flag})")

    def append(self, messages):
        by_folder = sorted(messages, key=lambda message: message.folder)
        for folder, several in itertools.groupby(by_folder, key=lambda message: message.folder):
            self._account.append_all(folder, [(message.body.replace(b"\n", b"\r\n"), sorted(message.flags),
                                               message.internal_date) for message in several])
