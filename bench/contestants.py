"""The programs that are compared: how each is configured for the same job, and how it is started.

All of them get one account, all folders both ways, deletions propagated, one connection (unless told otherwise), TLS
with a verified certificate, and the same durability.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

_INI = """\
[general]
accounts = bench
metadata = {home}/state
ui = quiet
fsync = {fsync}

[Account bench]
localrepository = local
remoterepository = remote

[Repository local]
type = Maildir
localfolders = {mail}

[Repository remote]
type = IMAP
ssl = yes
sslcacertfile = {ca}
remotehost = localhost
remoteport = {port}
remoteuser = {user}
remotepass = {password}
maxconnections = {connections}
"""

_MBSYNC = """\
FSync {fsync}

IMAPStore remote
Host localhost
Port {port}
User {user}
Pass "{quoted_password}"
SSLType IMAPS
SystemCertificates no
CertificateFile {ca}

MaildirStore local
Path {mail}/
Inbox {mail}/INBOX
SubFolders Verbatim

Channel bench
Far :remote:
Near :local:
Patterns *
Create Both
Expunge Both
SyncState *
"""


@dataclasses.dataclass
class Contestant:
    key: str
    name: str
    binary: str
    configuration: str

    def __post_init__(self):
        said = subprocess.run([self.binary, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=True, timeout=60).stdout
        self.version = re.search(r"\d+(\.\d+)+", said).group(0)

    @property
    def title(self):
        return f"{self.name} {self.version}"

    def prepare(self, home, settings):
        """Writes the configuration; returns the command of one sync."""
        (home / "mail").mkdir(parents=True)
        (home / "state").mkdir()
        path = home / "config"
        quoted = settings["password"].replace("\\", "\\\\").replace('"', '\\"')
        path.write_text(self.configuration.format(home=home, mail=home / "mail", quoted_password=quoted, **settings))
        path.chmod(0o600)
        if self.key == "mbsync":
            return [self.binary, "-q", "-q", "-c", str(path), "bench"]
        return [self.binary, "-c", str(path), "-o"]


def _found(binary, name):
    path = shutil.which(os.path.expanduser(binary))
    if path is None:
        raise SystemExit(f"bench: {binary} was not found ({name})")
    return str(pathlib.Path(path).resolve())


def contestants(selected, binaries):
    known = {"ours": ("offlineimap", _INI), "mbsync": ("mbsync", _MBSYNC), "python": ("offlineimap (Python)", _INI)}
    for key in selected:
        if key not in known:
            raise SystemExit(f"bench: there is no program '{key}', only {', '.join(known)}")
        name, configuration = known[key]
        yield Contestant(key, name, _found(binaries[key], name), configuration)
