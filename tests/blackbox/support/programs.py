"""Where the programs are that the tests run. CMake sets the environment; by hand, only OFFLINEIMAP_BINARY is needed."""

import ctypes
import os
import shutil
import signal
import subprocess

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def _required(variable):
    path = os.environ.get(variable)
    if not path:
        raise SystemExit(f"{variable} must name the program to test")
    return path


def _found(variable, name):
    search = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
    path = os.environ.get(variable) or shutil.which(name, path=search)
    if not path:
        raise SystemExit(f"{name} is needed and was not found")
    return path


def program_under_test():
    return _required("OFFLINEIMAP_BINARY")


def oracle():
    """Debian's offlineimap (the Python program whose place this one takes)."""
    return _found("OFFLINEIMAP_ORACLE", "offlineimap")


def dovecot():
    return _found("DOVECOT_BINARY", "dovecot")


def cyrus_root():
    """Where Cyrus's packages were unpacked."""
    return _required("CYRUS_ROOT")


def openssl():
    return _found("OPENSSL_BINARY", "openssl")


def kerberos(name):
    """One of MIT Kerberos' programs: krb5kdc, kdb5_util, kadmin.local, kinit, klist."""
    return _found(name.upper().replace(".", "_") + "_BINARY", name)


def tmux():
    return _found("TMUX_BINARY", "tmux")


def microsocks():
    return _found("MICROSOCKS_BINARY", "microsocks")


def tinyproxy():
    return _found("TINYPROXY_BINARY", "tinyproxy")


def socat():
    return _found("SOCAT_BINARY", "socat")


def stunnel():
    return _found("STUNNEL4_BINARY", "stunnel4")


def dovecot_imap():
    """Dovecot's imap itself, which speaks over standard input and output."""
    doveconf = _found("DOVECONF_BINARY", "doveconf")
    directory = subprocess.run([doveconf, "-d", "-h", "libexec_dir"], check=True, stdout=subprocess.PIPE, text=True,
                               timeout=60).stdout.strip()
    return f"{directory}/imap"


def sanitized():
    """Whether the program was built with a sanitizer: its memory and time say nothing then."""
    return bool(os.environ.get("OFFLINEIMAP_SANITIZE"))


def die_with_parent(sig=signal.SIGKILL):
    """For `preexec_fn`: a child never outlives a test that was killed."""

    def arrange():
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig), 0, 0, 0)

    return arrange
