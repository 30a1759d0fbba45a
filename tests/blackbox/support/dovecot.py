"""A private Dovecot on loopback: own ports, own certificates, own mail, gone when the test is."""

import grp
import os
import pwd
import shutil
import subprocess

from . import programs
from .account import ServerAccount
from .daemon import PASSWORD, MailServer, mail_owner

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
mail_max_userip_connections = {most_connections}
mail_location = {mail_location}
mail_plugins = quota
namespace inbox {{
  inbox = yes
  separator = {separator}
}}
{more_settings}
{oauth2}passdb {{
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


_OAUTH2 = """\
passdb {{
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = {root}/oauth2.conf
}}
"""

_OAUTH2_CONFIGURATION = """\
introspection_mode = post
introspection_url = {url}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
tls_ca_cert_file = {ca_file}
"""


class Dovecot(MailServer):
    # The same mail behind a server that does not offer UIDPLUS, CONDSTORE, ESEARCH, …
    modest_host = "127.0.0.2"

    def __init__(self, root, mail_format="maildir", separator="/", special_users=None, mechanisms="plain login",
                 more_settings="", most_connections=100, introspection=None):
        """`special_users`: settings of Dovecot for one user, as {"full": {"quota_rule": "*:storage=20K"}}.
        `more_settings`: lines for its configuration, put in front of the databases of users; {root} in them is `root`.
        `introspection(authority)` gives the address at which access tokens are checked."""
        super().__init__(root)
        (self.root / "users").mkdir()
        (self.root / "rawlog").mkdir()
        self.log_file = self.root / "dovecot.log"
        self.separator = separator
        self._mechanisms = mechanisms
        self._more_settings = more_settings.replace("{root}", str(self.root))
        self._most_connections = most_connections
        self._mail_directory = {"maildir": "Maildir", "mdbox": "mdbox"}[mail_format]
        # With this layout a folder's name may hold dots.
        self._mail_location = f"{mail_format}:~/{self._mail_directory}:LAYOUT=fs:INBOX=~/{self._mail_directory}/INBOX"
        _, *self._owner = mail_owner()
        self._write_special_users(special_users or {})
        self._introspection_url = introspection(self.authority) if introspection else None

    def _write_special_users(self, special_users):
        uid, gid = self._owner
        with open(self.root / "special-users", "w", encoding="utf-8") as file:
            for user, settings in special_users.items():
                extra = " ".join(f"userdb_{name}={value}" for name, value in settings.items())
                file.write(f"{user}::{uid}:{gid}::{self.home(user)}::{extra}\n")

    def _command(self):
        root = os.getuid() == 0
        uid, gid = self._owner
        me = pwd.getpwuid(os.getuid()).pw_name
        my_group = grp.getgrgid(os.getgid()).gr_name
        if self._introspection_url:
            (self.root / "oauth2.conf").write_text(_OAUTH2_CONFIGURATION.format(url=self._introspection_url,
                                                                                ca_file=self.ca_file))
        configuration = self.root / "dovecot.conf"
        configuration.write_text(_CONFIGURATION.format(
            root=self.root, instance=f"test-{self.tls_port}", password=PASSWORD, uid=uid, gid=gid,
            internal_user="dovecot" if root else me, internal_group="dovecot" if root else my_group,
            login_user="dovenull" if root else me, certificate=self.certificate, key=self._key,
            mail_location=self._mail_location, separator=self.separator, plain_port=self.plain_port,
            tls_port=self.tls_port, mechanisms=self._mechanisms, most_connections=self._most_connections,
            more_settings=self._more_settings,
            oauth2=_OAUTH2.format(root=self.root) if self._introspection_url else ""))
        return [programs.dovecot(), "-F", "-c", str(configuration)]

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def takes(self, body):
        # mdbox drops a CR at the very end.
        return super().takes(body) and not (self._mail_directory == "mdbox" and body.endswith(b"\r"))

    def home(self, user):
        return self.root / "users" / user

    def rawlog(self, user):
        return self.root / "rawlog" / user

    def logins(self, user):
        return self.log().count(f"Login: user=<{user}>")

    def sent_lines(self, user):
        """What clients sent, in the order of sessions."""
        for file in sorted(self.rawlog(user).glob("*.in")):
            for line in file.read_bytes().splitlines():
                yield line.partition(b" ")[2]  # the time stands before it

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
