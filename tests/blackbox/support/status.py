"""The status caches as they lie on disk, read and written without the program."""

import contextlib
import sqlite3

MAGIC_V1 = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 1"
MAGIC_V2 = "OFFLINEIMAP LocalStatus CACHE DATA - DO NOT MODIFY - FORMAT 2"


def read_sqlite(path):
    """{uid: flags}."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return dict(database.execute("SELECT id, flags FROM status"))


def read_plain(path):
    """{uid: flags} of a format 2 file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if lines[0] != MAGIC_V2:
        raise AssertionError(f"{path} begins with {lines[0]!r}")
    rows = (line.split("|") for line in lines[1:])
    return {int(uid): flags for uid, flags, _, _ in rows}


def write_plain_v1(path, rows):
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text("".join([MAGIC_V1 + "\n", *(f"{uid}:{flags}\n" for uid, flags in sorted(rows.items()))]),
                    encoding="utf-8")


def write_plain_v2(path, rows):
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text("".join([MAGIC_V2 + "\n", *(f"{uid}|{flags}|0|\n" for uid, flags in sorted(rows.items()))]),
                    encoding="utf-8")
