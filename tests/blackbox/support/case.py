"""The base of the test cases: one mail server a test program, a user and a home of its own for every test."""

import atexit
import collections
import hashlib
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from . import corpus, exclusions, programs
from .account import digest, without_upload_mark
from .cyrus import Cyrus
from .dovecot import Dovecot
from .maildir import letters, to_disk
from .workspace import Workspace

_root = None
_server = None
_server_options = {}
# "mdbox" and "cyrus": the same tests with another server than Dovecot with Maildirs.
_SERVER_KIND = os.environ.get("OFFLINEIMAP_TEST_SERVER", "")


def root_directory():
    global _root
    if _root is None:
        _root = pathlib.Path(tempfile.mkdtemp(prefix="offlineimap-test-"))
        _root.chmod(0o755)  # Dovecot's processes have users of their own
    return _root


def _make_server(root):
    if _SERVER_KIND == "cyrus":
        return Cyrus(root, munge8bit=_server_options.get("munge8bit", False))
    if _SERVER_KIND == "mdbox":
        return Dovecot(root, **{**_server_options, "mail_format": "mdbox"})
    return Dovecot(root, **_server_options)


def start_server():
    """The test program's server; started once."""
    global _server
    if _server is None:
        _server = _make_server(root_directory() / "server")
        atexit.register(_server.stop)
        _server.start()
    return _server


def folder_md5(name):
    """FMD5 of a folder whose local name is not translated."""
    return hashlib.md5(name.encode("utf-8")).hexdigest()


def in_disk_form(snapshot):
    """A server's snapshot as MaildirTree.contents() would have it: {folder: Counter of (digest, letters)}."""
    return {folder: collections.Counter((digest(to_disk(without_upload_mark(message.body))), letters(message.flags))
                                        for message in messages.values())
            for folder, messages in snapshot.items()}


class SyncTestCase(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.server = start_server()
        self.user = self._testMethodName.lower()
        self.account = self.server.account(self.user)
        self.workspace = Workspace(root_directory() / self.id().rpartition("__main__.")[2], self.server)
        self.tree = self.workspace.tree()

    def configure(self, general=None, account=None, local=None, remote=None):
        """The workspace's standard account with some options more."""
        sections = self.workspace.sections(self.user)
        sections["general"].update(general or {})
        sections["Account Test"].update(account or {})
        sections["Repository Local"].update(local or {})
        sections["Repository Remote"].update(remote or {})
        self.workspace.configure(sections)

    def fill(self, folders=("INBOX",), each=3):
        """`each` messages in each folder on the server, synchronised with the configuration there is."""
        for number, folder in enumerate(folders):
            if folder != "INBOX":
                self.account.create(folder)
            self.account.append_all(folder, [(corpus.message(100 * number + nth), (), None) for nth in range(each)])
        self.workspace.sync()

    def odd_bodies(self):
        """{what is odd: body}: all that the server takes."""
        return {what: body for what, body in corpus.odd_bodies().items() if self.server.takes(body)}

    def server_bodies(self, folder):
        return sorted(message.body for message in self.account.messages(folder).values())

    def local_bodies(self, folder):
        return sorted(message.body for message in self.tree.messages(folder))

    def server_flags(self, folder, body):
        [flags] = [message.flags for message in self.account.messages(folder).values() if message.body == body]
        return flags

    def assert_in_step(self, translate=lambda name: name.replace("/", "."), account=None, tree=None):
        """Both sides hold the same folders, and in each the same messages with the same flags."""
        server = in_disk_form((account or self.account).snapshot())
        expected = {translate(folder): contents for folder, contents in server.items()}
        self.assertEqual(len(expected), len(server), "two folders have one local name")
        self.assertEqual(expected, (tree or self.tree).contents())

    def assert_unchanged(self, before, after, what):
        """`before` and `after` are dictionaries; a failure names only what differs."""
        differing = [key for key in {**before, **after} if before.get(key) != after.get(key)]
        self.assertEqual({key: before.get(key) for key in differing}, {key: after.get(key) for key in differing},
                         f"{what} changed")

    def both_sides(self):
        """Everything that a run which must change nothing may not change."""
        return {"server": self.account.snapshot(), "status": self.account.status(), "tree": self.tree.snapshot()}

    def assert_no_op(self, *arguments):
        """A further sync succeeds, transfers nothing, and leaves both sides as they are."""
        before = self.both_sides()
        result = self.workspace.sync(*arguments)
        self.assertEqual([], result.copied(), str(result))
        after = self.both_sides()
        for side in before:
            self.assert_unchanged(before[side], after[side], side)
        return result


class _Loader(unittest.TestLoader):
    """Leaves out what makes no sense with the server at hand."""

    def getTestCaseNames(self, test_case):
        file = pathlib.Path(sys.argv[0]).name
        return [name for name in super().getTestCaseNames(test_case)
                if not exclusions.leaves_out(_SERVER_KIND, file, test_case.__name__, name)]


def main(**server_options):
    """unittest's main, with options of Dovecot() for the server of this test program. What a failed test left on disk
    stays for a look."""
    programs.program_under_test()
    _server_options.update(server_options)
    program = unittest.main(exit=False, testLoader=_Loader())
    good = program.result.wasSuccessful()
    if program.result.testsRun == 0:
        print("No test ran", file=sys.stderr)
        good = False
    if _server is not None:
        _server.stop()
        if not good:
            print(f"The server's log ends with:\n{_server.log()[-3000:]}", file=sys.stderr)
    if _root is not None:
        if good and not os.environ.get("OFFLINEIMAP_KEEP_TEST_FILES"):
            shutil.rmtree(_root, ignore_errors=True)
        else:
            print(f"The files are in {_root}", file=sys.stderr)
    sys.exit(0 if good else 1)
