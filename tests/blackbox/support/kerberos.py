"""A private Kerberos realm on loopback: a KDC with its own database, principals, keytab and tickets."""

import os
import signal
import socket
import subprocess
import time

from . import programs

REALM = "TEST.EXAMPLE"

_CLIENT_CONFIGURATION = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  qualify_shortname = ""
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
"""

_KDC_CONFIGURATION = """\
[realms]
  {realm} = {{
    database_name = {root}/principal
    key_stash_file = {root}/stash
    acl_file = {root}/acl
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
    max_life = 1h
  }}
[logging]
  kdc = FILE:{root}/kdc.log
"""


def free_port():
    """For TCP and UDP, a moment ago."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", 0))
            try:
                datagram.bind(stream.getsockname())
            except OSError:
                continue
            return stream.getsockname()[1]


class Kdc:
    def __init__(self, root):
        self.root = root
        self.root.mkdir(parents=True)
        self.keytab = root / "keytab"
        self.client_configuration = root / "krb5.conf"
        self._process = None
        self._write_configuration(0)
        self._call("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
        self._write_configuration(free_port())

    def _write_configuration(self, port):
        self.port = port
        self.client_configuration.write_text(self.configuration_for(port))
        (self.root / "kdc.conf").write_text(_KDC_CONFIGURATION.format(realm=REALM, root=self.root, port=port))

    @staticmethod
    def configuration_for(port):
        """What a client reads whose KDC listens there."""
        return _CLIENT_CONFIGURATION.format(realm=REALM, port=port)

    def environment(self, tickets=None):
        """`tickets`: the credentials cache."""
        variables = {"KRB5_CONFIG": str(self.client_configuration), "KRB5_KDC_PROFILE": str(self.root / "kdc.conf"),
                     "KRB5RCACHENAME": "none:"}
        if tickets:
            variables["KRB5CCNAME"] = f"FILE:{tickets}"
        return variables

    def _call(self, program, *arguments, standard_input="", tickets=None):
        return subprocess.run([programs.kerberos(program), *arguments], input=standard_input, text=True, check=True,
                              env={**os.environ, **self.environment(tickets)}, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60).stdout

    def add_user(self, name, password):
        self._call("kadmin.local", "-r", REALM, "-q", f"addprinc -pw {password} {name}")

    def add_service(self, name):
        """Its key goes into the keytab."""
        self._call("kadmin.local", "-r", REALM, "-q", f"addprinc -randkey {name}")
        self._call("kadmin.local", "-r", REALM, "-q", f"ktadd -k {self.keytab} {name}")
        self.keytab.chmod(0o644)

    def get_ticket(self, user, password, tickets, lifetime="10m"):
        self._call("kinit", "-l", lifetime, user, standard_input=password + "\n", tickets=tickets)

    def has_valid_ticket(self, tickets):
        try:
            self._call("klist", "-s", tickets=tickets)
        except subprocess.CalledProcessError:
            return False
        return True

    def start(self):
        for _ in range(5):
            self._process = subprocess.Popen(
                [programs.kerberos("krb5kdc"), "-n", "-r", REALM, "-P", str(self.root / "pid")],
                env={**os.environ, **self.environment()}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, preexec_fn=programs.die_with_parent(signal.SIGTERM))
            if self._answers():
                return self
            self.stop()
            self._write_configuration(free_port())
        raise RuntimeError(f"krb5kdc did not start; its log says:\n{self.log()}")

    def _answers(self):
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def log(self):
        return (self.root / "kdc.log").read_text(errors="replace")

    def stop(self):
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._process = None
