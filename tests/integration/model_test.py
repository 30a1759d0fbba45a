"""Random histories against a model: after each sync both sides are what a three-way merge of the two sides and of
what they agreed on last makes of them, and a second sync has nothing to do.

OFFLINEIMAP_MODEL_SEED and OFFLINEIMAP_MODEL_ROUNDS play another or a longer history; a failure prints the seed.
"""

import collections
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, status  # noqa: E402
from support.account import digest, without_upload_mark  # noqa: E402
from support.maildir import IMAP_FLAGS, letters, to_disk  # noqa: E402

SEED = int(os.environ.get("OFFLINEIMAP_MODEL_SEED", "1"))
ROUNDS = int(os.environ.get("OFFLINEIMAP_MODEL_ROUNDS", "8"))

# A message as both sides know it: the digest of its content in disk form, and its flags as a set of letters.
Message = collections.namedtuple("Message", "digest flags")


def merge_flags(base, server, local):
    """What the server changed since the last sync is applied to what is here now."""
    return (local | (server - base)) - (base - server)


def merge(base, server, local, new):
    """One folder: base, server and local are {uid: Message}, `new` the local messages that have no UID yet. Returns
    what both sides must hold: a Counter of (digest, sorted letters)."""
    result = [Message(message.digest, message.flags) for message in new]
    for uid in {*server, *local}:
        if uid in server and uid in local:
            flags = merge_flags(base[uid].flags if uid in base else frozenset(), server[uid].flags, local[uid].flags)
            result.append(Message(server[uid].digest, flags))
        elif uid not in base:
            result.append(server.get(uid) or local.get(uid))
    return collections.Counter((message.digest, "".join(sorted(message.flags))) for message in result)


class History:
    """The actions of one random history, on both sides."""

    def __init__(self, test, source, odd, flag_letters):
        self.source = source
        self.account = test.account
        self.tree = test.tree
        self.log = []
        self._letters = flag_letters
        self._odd = list(corpus.odd_bodies().values()) if odd else []
        self._takes = test.server.takes
        self._serial = 0

    def body(self):
        self._serial += 1
        if self._odd and self.source.random() < 0.3:
            odd = self.source.choice(self._odd) + b"%d" % self._serial
            if self._takes(odd):
                return odd
        return corpus.message(self._serial, lines=self.source.randint(0, 40), seed=SEED)

    def flags(self):
        return frozenset(letter for letter in self._letters if self.source.random() < 0.25)

    def imap_flags(self):
        return tuple(IMAP_FLAGS[letter] for letter in self.flags())

    def note(self, *what):
        self.log.append(" ".join(map(str, what)))

    def act(self):
        actions = {
            self.server_new: 4, self.server_delete: 2, self.server_flags: 3, self.server_copy: 1, self.server_move: 1,
            self.server_new_folder: 1, self.local_new: 4, self.local_delete: 2, self.local_flags: 3,
            self.local_copy: 1, self.local_move: 1, self.local_new_folder: 1, self.local_lose_folder: 0.3,
            self.server_lose_folder: 0.3,
        }
        [action] = self.source.choices(list(actions), weights=list(actions.values()))
        action()

    # -- on the server --

    def server_folder(self):
        return self.source.choice(self.account.folders())

    def server_some(self):
        """(folder, uids) of up to three messages; no UID if the folder is empty."""
        folder = self.server_folder()
        uids = sorted(self.account.messages(folder))
        return folder, self.source.sample(uids, min(len(uids), self.source.randint(1, 3)))

    def server_new(self):
        folder = self.server_folder()
        messages = [(self.body(), self.imap_flags(), None) for _ in range(self.source.randint(1, 4))]
        self.note("server: append", len(messages), "to", folder)
        self.account.append_all(folder, messages)

    def server_delete(self):
        folder, uids = self.server_some()
        if uids:
            self.note("server: expunge", uids, "from", folder)
            self.account.expunge(folder, uids)

    def server_flags(self):
        folder, uids = self.server_some()
        flags = self.imap_flags()
        if uids:
            change = self.source.choice(("+FLAGS", "-FLAGS", "FLAGS"))
            self.note("server: store", uids, "in", folder, change, flags)
            self.account.store(folder, uids, change, flags)

    def server_copy(self):
        folder, uids = self.server_some()
        destination = self.server_folder()
        if uids:
            self.note("server: copy", uids, "from", folder, "to", destination)
            self.account.copy(folder, uids, destination)

    def server_move(self):
        folder, uids = self.server_some()
        destination = self.server_folder()
        if uids and destination != folder:
            self.note("server: move", uids, "from", folder, "to", destination)
            self.account.move(folder, uids, destination)

    def new_name(self):
        self._serial += 1
        return f"Folder {self._serial}"

    def server_new_folder(self):
        name = self.new_name()
        self.note("server: create", name)
        self.account.create(name)

    def server_lose_folder(self):
        folder = self.server_folder()
        if folder != "INBOX":
            self.note("server: delete folder", folder)
            self.account.delete(folder)

    # -- in the Maildir --

    def local_folder(self):
        return self.source.choice(self.tree.folders())

    def local_one(self):
        folder = self.local_folder()
        messages = self.tree.messages(folder)
        return folder, self.source.choice(messages) if messages else None

    def local_new(self):
        folder = self.local_folder()
        for _ in range(self.source.randint(1, 4)):
            flags = self.source.choice((None, self.flags()))
            path = self.tree.deliver(folder, to_disk(self.body()), flags)
            self.note("local: deliver", path.name, "to", folder)

    def local_delete(self):
        folder, message = self.local_one()
        if message:
            self.note("local: remove", message.name, "from", folder)
            self.tree.remove(message)

    def local_flags(self):
        folder, message = self.local_one()
        if message:
            flags = self.flags()
            self.note("local: flags of", message.name, "in", folder, "become", "".join(sorted(flags)))
            self.tree.set_flags(message, flags)

    def local_one_to_take_elsewhere(self):
        """(folder, message, destination). A message never comes back under its old name: two files with one UID
        would be another matter."""
        folder, message = self.local_one()
        destination = self.local_folder()
        if message and (destination == folder or case.folder_md5(destination) in message.name):
            message = None
        return folder, message, destination

    def local_copy(self):
        folder, message, destination = self.local_one_to_take_elsewhere()
        if message:
            self.note("local: copy", message.name, "from", folder, "to", destination)
            self.tree.copy(message, destination)

    def local_move(self):
        folder, message, destination = self.local_one_to_take_elsewhere()
        if message:
            self.note("local: move", message.name, "from", folder, "to", destination)
            message.path.rename(self.tree.path(destination) / "cur" / message.name)

    def local_new_folder(self):
        name = self.new_name()
        self.note("local: make folder", name)
        self.tree.make_folder(name)

    def local_lose_folder(self):
        folder = self.local_folder()
        if folder != "INBOX":
            self.note("local: lose folder", folder)
            self.tree.remove_folder(folder)


class Model(case.SyncTestCase):
    def play(self, general=None, account=None, local=None, remote=None, odd=True, flag_letters="DFRST"):
        self.configure(general, account, local, remote)
        self.plain = "status_backend" in (account or {})
        self.workspace.sync()
        history = History(self, random.Random(f"{SEED}/{self.user}"), odd, flag_letters)
        base = {"INBOX": {}}
        for number in range(ROUNDS):
            for _ in range(history.source.randint(1, 8)):
                history.act()
            try:
                base = self.check_round(base)
            except AssertionError as failure:
                actions = "\n".join(history.log)
                raise AssertionError(f"OFFLINEIMAP_MODEL_SEED={SEED}, round {number}: {failure}\n"
                                     f"What happened:\n{actions}") from failure
            history.note("-- sync --")

    def server_side(self):
        return {folder: {uid: Message(digest(to_disk(without_upload_mark(message.body))),
                                      frozenset(letters(message.flags))) for uid, message in messages.items()}
                for folder, messages in self.account.snapshot().items()}

    def local_side(self):
        """({folder: {uid: Message}}, {folder: [Message]}): what has a UID of this folder, and what is new."""
        known, new = {}, {}
        for folder in self.tree.folders():
            known[folder], new[folder] = {}, []
            mark = f",FMD5={case.folder_md5(folder)}"
            for message in self.tree.messages(folder):
                entry = Message(digest(message.body), frozenset(message.flags))
                if message.uid is not None and mark in message.name:
                    known[folder][message.uid] = entry
                else:
                    new[folder].append(entry)
        return known, new

    def check_round(self, base):
        server = self.server_side()
        local, new = self.local_side()
        expected = {}
        for folder in {*server, *local}:
            both = folder in server and folder in local  # a folder that one side lost is filled again by the other
            expected[folder] = merge(base.get(folder, {}) if both else {}, server.get(folder, {}),
                                     local.get(folder, {}), new.get(folder, []))
        result = self.workspace.sync()
        agreed = self.server_side()
        counted = {folder: collections.Counter((message.digest, "".join(sorted(message.flags)))
                                               for message in messages.values())
                   for folder, messages in agreed.items()}
        self.assertEqual(expected, counted, f"the server is not as the model has it, after\n{result}")
        here, unknown = self.local_side()
        self.assertEqual({folder: [] for folder in agreed}, unknown, f"messages without UID, after\n{result}")
        self.assertEqual(agreed, here, f"the Maildir is not as the server, after\n{result}")
        for folder, messages in agreed.items():
            rows = status.read_plain(self.workspace.plain_status(folder)) if self.plain \
                else status.read_sqlite(self.workspace.sqlite_status(folder))
            self.assertEqual({uid: "".join(sorted(message.flags)) for uid, message in messages.items()}, rows,
                             f"the status of {folder}, after\n{result}")
        self.assert_no_op()
        return agreed

    def test_as_people_have_it(self):
        self.play()

    def test_with_three_connections(self):
        self.play(remote={"maxconnections": 3})

    def test_without_fsync(self):
        self.play(general={"fsync": "no"})

    def test_with_plain_text_status(self):
        self.play(account={"status_backend": "plain"})

    def test_with_starttls(self):
        self.play(remote={"ssl": "no", "starttls": "yes", "remoteport": self.server.plain_port})

    def test_with_a_server_that_offers_no_extension(self):
        # Plain EXPUNGE takes every message marked \\Deleted with it. Uploads get a header line, which is no harm to
        # ordinary messages only.
        self.play(remote={"remotehost": self.server.modest_host}, odd=False, flag_letters="DFRS")

    def test_with_python_in_the_way(self):
        self.play(local={"nametrans": "lambda name: name", "folderfilter": "lambda name: True"},
                  remote={"nametrans": "lambda name: name", "folderfilter": "lambda name: True"})


if __name__ == "__main__":
    case.main()
