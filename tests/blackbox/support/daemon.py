"""What the private mail servers of the tests have in common: a process of their own on loopback, on ports that were
free, gone when the test is."""

import os
import pathlib
import pwd
import signal
import socket
import subprocess
import time

from . import certificates, programs

PASSWORD = 'pass"word'


def mail_owner():
    """(name, uid, gid) of all mail: neither Dovecot nor Cyrus works for root."""
    user = pwd.getpwuid(os.getuid()) if os.getuid() != 0 else pwd.getpwnam("nobody")
    return user.pw_name, user.pw_uid, user.pw_gid


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


class MailServer:
    """`host`, `tls_port` (implicit TLS), `plain_port` (clear and STARTTLS), `ca_file`; any user name logs in
    with `password` and has mail of its own, made at the first login."""

    host = "localhost"
    unnamed_host = "127.0.0.1"  # the same server under a name that its certificate does not have
    password = PASSWORD

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True)
        authority = self.authority = certificates.Authority(self.root / "tls", "ca")
        self.ca_file = authority.certificate
        self.other_ca_file = certificates.Authority(self.root / "tls", "other-ca").certificate
        self.certificate, self._key = authority.issue("server", "localhost", "DNS:localhost,IP:127.0.0.2")
        self._process = None

    def start(self):
        for _ in range(5):
            self.tls_port, self.plain_port = _free_ports(2)
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=self._environment(), start_new_session=True, preexec_fn=programs.die_with_parent(signal.SIGTERM))
            if self._answers():
                return self
            self.stop()
        raise RuntimeError(f"{type(self).__name__} did not start; its log says:\n{self.log()}")

    def _command(self):
        """Writes the configuration for the ports; returns the command that runs the server in the foreground."""
        raise NotImplementedError

    def _environment(self):
        return None

    def _answers(self):
        limit = time.monotonic() + 30
        while time.monotonic() < limit and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.plain_port), timeout=5) as probe:
                    if probe.recv(4) == b"* OK":
                        return True
            except OSError:
                pass
            time.sleep(0.02)
        return False

    def takes(self, body):
        """Whether a message can be appended and comes back as it is."""
        return bool(body)

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
