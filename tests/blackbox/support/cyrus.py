"""A private Cyrus IMAP on loopback. Debian's packages of Cyrus and Dovecot exclude each other, so this one runs from
where scripts/install-dependencies has unpacked it (CYRUS_ROOT)."""

import os
import pathlib
import re
import shutil
import socket
import struct
import threading

from . import programs
from .account import ServerAccount
from .daemon import PASSWORD, MailServer, mail_owner

_CONFIGURATION = """\
configdirectory: {root}/config
partition-default: {root}/spool
defaultpartition: default
cyrus_user: {owner}
admins: admin
altnamespace: yes
unixhierarchysep: yes
virtdomains: off
autocreate_quota: 0
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {root}/saslauthd
tls_server_cert: {certificate}
tls_server_key: {key}
munge8bit: {munge8bit}
popminpoll: 0
maxlogins_per_user: 0
skiplist_unsafe: yes
idlemethod: poll
# Else a deleted folder keeps a name with the second of its deletion, and another one of that second is refused.
delete_mode: immediate
"""

_FEWER_CAPABILITIES = "suppress_capabilities: UIDPLUS CONDSTORE QRESYNC ESEARCH LIST-EXTENDED LIST-STATUS MOVE\n"

_SERVICES = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {root}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {root}/imapd.conf" listen="127.0.0.1:{plain_port}" prefork=4
  imaps cmd="{programs}/imapd -s -C {root}/imapd.conf" listen="127.0.0.1:{tls_port}" prefork=4
  modest cmd="{programs}/imapd -s -C {root}/modest.conf" listen="127.0.0.2:{tls_port}" prefork=0
}}
EVENTS {{
}}
"""

_TELEMETRY = re.compile(rb"^<\d+<(.*)$")


class _PasswordDaemon:
    """What Cyrus asks whether a password is right (saslauthd's protocol): every user has PASSWORD."""

    def __init__(self, path):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o777)
        self._listener.listen(64)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            client, _ = self._listener.accept()
            with client, client.makefile("rb") as questions:
                fields = []  # user, password, service, realm: each with its length before it
                for _ in range(4):
                    length = questions.read(2)
                    fields.append(questions.read(struct.unpack(">H", length)[0]) if len(length) == 2 else b"")
                answer = b"OK" if fields[1] == PASSWORD.encode() else b"NO"
                client.sendall(struct.pack(">H", len(answer)) + answer)


class Cyrus(MailServer):
    separator = "/"
    # The same mail behind a server that does not offer UIDPLUS, CONDSTORE, ESEARCH, …
    modest_host = "127.0.0.2"

    def __init__(self, root, munge8bit=False):
        super().__init__(root)
        self._unpacked = pathlib.Path(programs.cyrus_root())
        self._munge8bit = munge8bit
        owner, uid, gid = mail_owner()
        self._owner = owner
        for directory in ("config", "config/socket", "config/db", "config/proc", "config/log", "spool"):
            (self.root / directory).mkdir()
            os.chown(self.root / directory, uid, gid)
        for path in self.root.glob("tls/server.*"):
            os.chown(path, uid, gid)
        _PasswordDaemon(self.root / "saslauthd")

    def _command(self):
        options = _CONFIGURATION.format(root=self.root, owner=self._owner, certificate=self.certificate, key=self._key,
                                        munge8bit="yes" if self._munge8bit else "no")
        (self.root / "imapd.conf").write_text(options)
        (self.root / "modest.conf").write_text(options + _FEWER_CAPABILITIES)
        binaries = self._unpacked / "usr/lib/cyrus/bin"
        (self.root / "cyrus.conf").write_text(_SERVICES.format(
            root=self.root, programs=binaries, plain_port=self.plain_port, tls_port=self.tls_port))
        return [str(binaries / "master"), "-C", str(self.root / "imapd.conf"), "-M", str(self.root / "cyrus.conf"),
                "-p", str(self.root / "master.pid"), "-D"]

    def _environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": str(self._unpacked / "usr/lib/x86_64-linux-gnu")}

    def log(self):
        return "(Cyrus writes to syslog only)"

    def takes(self, body):
        header = b"" if body.startswith(b"\r\n") else body.partition(b"\r\n\r\n")[0]
        return super().takes(body) and all(b":" in line or line.startswith((b" ", b"\t", b"From "))
                                           for line in header.removesuffix(b"\r\n").split(b"\r\n") if header)

    def rawlog(self, user):
        return self.root / "config" / "log" / user

    def account(self, user):
        rawlog = self.rawlog(user)
        rawlog.mkdir(exist_ok=True)
        _, uid, gid = mail_owner()
        os.chown(rawlog, uid, gid)
        return ServerAccount(self, user)

    def remove_account(self, user):
        """Its mail stays until the server goes."""
        shutil.rmtree(self.rawlog(user))

    def logins(self, user):
        return sum(file.read_bytes().count(b"\n---------- ") + file.read_bytes().startswith(b"---------- ")
                   for file in self.rawlog(user).iterdir())

    def sent_lines(self, user):
        """What clients sent, in the order of sessions."""
        for file in sorted(self.rawlog(user).iterdir()):
            for line in file.read_bytes().splitlines():
                if match := _TELEMETRY.match(line):
                    yield match.group(1)
