"""A certificate authority and server certificates, made afresh for each test program with the openssl command."""

import hashlib
import ssl
import subprocess

from . import programs


def _openssl(*arguments):
    subprocess.run([programs.openssl(), *arguments], check=True, stdout=subprocess.PIPE,
                   stderr=subprocess.STDOUT, timeout=60)


class Authority:
    """A CA of our own. `certificate` is its PEM file."""

    def __init__(self, directory, name):
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self.certificate = directory / f"{name}.pem"
        self._key = directory / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", str(self._key), "-out", str(self.certificate), "-days", "30",
                 "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def issue(self, name, common_name, alternative_names):
        """Returns (certificate, key), both PEM files."""
        key = self._directory / f"{name}.key"
        request = self._directory / f"{name}.csr"
        certificate = self._directory / f"{name}.pem"
        extensions = self._directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative_names}\nbasicConstraints=CA:FALSE\n"
                              "extendedKeyUsage=serverAuth\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", str(key), "-out", str(request), "-subj", f"/CN={common_name}")
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key),
                 "-CAcreateserial", "-days", "30", "-out", str(certificate), "-extfile", str(extensions))
        return certificate, key


def fingerprint(certificate, algorithm="sha256"):
    """What `cert_fingerprint` takes: the hex digest of the DER form."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return hashlib.new(algorithm, der).hexdigest()
