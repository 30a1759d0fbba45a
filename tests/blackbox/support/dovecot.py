"""A private Dovecot on loopback: own ports, own certificates, own mail, gone when the test is."""

import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

from . import certificates, programs
from .account import ServerAccount

PASSWORD = 'pass"word'

_CONFIGURATION = """\
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
instance_name = {instance}
protocols = imap
listen = 127.0.0.1, 127.0.0.2
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
disable_plaintext_auth = no
auth_mechanisms = {mechanisms}
auth_failure_delay = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
first_valid_uid = 1
mail_fsync = never
mail_save_crlf = yes
mail_max_userip_connections = 100
mail_location = {mail_location}
mail_plugins = quota
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/special-users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/users/%u
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = 1
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service imap {{
  process_min_avail = 2
  process_limit = 200
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
plugin {{
  quota = maildir:User quota
}}
local 127.0.0.2 {{
  protocol imap {{
    imap_capability = IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE
  }}
}}
protocol imap {{
  rawlog_dir = {root}/rawlog/%u
}}
"""


def _mail_owner():
    """(uid, gid) of all mail: Dovecot refuses to work for root."""
    if os.getuid() != 0:
        return os.getuid(), os.getgid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _free_ports(count):
    """Ports that were free a moment ago; start() tries again with others if one is taken meanwhile."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Dovecot:
    """`host`, `tls_port` (implicit TLS), `plain_port` (clear and STARTTLS), `ca_file`; any user name logs in
    with PASSWORD and has a home of its own, made at the first login."""

    host = "localhost"
    unnamed_host = "127.0.0.1"  # the same server under a name that its certificate does not have
    password = PASSWORD

    # The same mail behind a server that does not offer UIDPLUS, CONDSTORE, ESEARCH, …
    modest_host = "127.0.0.2"

    def __init__(self, root, mail_format="maildir", separator="/", special_users=None, mechanisms="plain login"):
        """`special_users`: settings of Dovecot for one user, as {"full": {"quota_rule": "*:storage=20K"}}."""
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True)
        (self.root / "users").mkdir()
        (self.root / "rawlog").mkdir()
        self.log_file = self.root / "dovecot.log"
        self.separator = separator
        self._mechanisms = mechanisms
        self._mail_directory = {"maildir": "Maildir", "mdbox": "mdbox"}[mail_format]
        # With this layout a folder's name may hold dots.
        self._mail_location = f"{mail_format}:~/{self._mail_directory}:LAYOUT=fs:INBOX=~/{self._mail_directory}/INBOX"
        self._owner = _mail_owner()
        self._write_special_users(special_users or {})
        authority = certificates.Authority(self.root / "tls", "ca")
        self.ca_file = authority.certificate
        self.other_ca_file = certificates.Authority(self.root / "tls", "other-ca").certificate
        self.certificate, self._key = authority.issue("server", "localhost", 
                                                           "DNS:localhost,IP:127.0.0.2")
        self._process = None

    def _write_special_users(self, special_users):
        uid, gid = self._owner
        with open(self.root / "special-users", "w", encoding="utf-8") as file:
            for user, settings in special_users.items():
                extra = " ".join(f"userdb_{name}={value}" for name, value in settings.items())
                file.write(f"{user}::{uid}:{gid}::{self.home(user)}::{extra}\n")

    def start(self):
        for attempt in range(5):
            self.tls_port, self.plain_port = _free_ports(2)
            self._launch()
            if self._answers():
                return self
            self.stop()
        raise RuntimeError(f"dovecot did not start; its log says:\n{self.log()}")

    def _launch(self):
        root = os.getuid() == 0
        uid, gid = self._owner
        me = pwd.getpwuid(os.getuid()).pw_name
        my_group = grp.getgrgid(os.getgid()).gr_name
        configuration = self.root / "dovecot.conf"
        configuration.write_text(_CONFIGURATION.format(
            root=self.root, instance=f"test-{self.tls_port}", password=PASSWORD, uid=uid, gid=gid,
            internal_user="dovecot" if root else me, internal_group="dovecot" if root else my_group,
            login_user="dovenull" if root else me, certificate=self.certificate, key=self._key,
            mail_location=self._mail_location, separator=self.separator, plain_port=self.plain_port,
            tls_port=self.tls_port, mechanisms=self._mechanisms))
        self._process = subprocess.Popen(
            [programs.dovecot(), "-F", "-c", str(configuration)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=programs.die_with_parent(signal.SIGTERM))

    def _answers(self):
        limit = time.monotonic() + 10
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.plain_port), timeout=5) as probe:
                    if probe.recv(4) == b"* OK":
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def stop(self):
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=0.3)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process = None

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def home(self, user):
        return self.root / "users" / user

    def rawlog(self, user):
        return self.root / "rawlog" / user

    def account(self, user):
        """The user's mail as an ordinary client sees it. The home exists from now on, and what clients send is
        recorded."""
        for directory in (self.home(user), self.rawlog(user)):
            directory.mkdir(exist_ok=True)
            os.chown(directory, *self._owner)
        return ServerAccount(self, user)

    def copy_account(self, template, user):
        """A user whose mail is the template's, with the same UIDs, dates and UIDVALIDITY."""
        account = self.account(user)
        subprocess.run(["cp", "-a", str(self.home(template) / self._mail_directory), str(self.home(user))],
                       check=True, timeout=60)
        return account

    def remove_account(self, user):
        shutil.rmtree(self.home(user))
        shutil.rmtree(self.rawlog(user))
