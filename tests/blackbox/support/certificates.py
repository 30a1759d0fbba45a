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

    def issue(self, name, common_name, alternative_names, usage="serverAuth", expired=False):
        """Returns (certificate, key), both PEM files. `usage`: clientAuth for who logs in with it."""
        request, extensions, key = _request(self._directory, name, common_name, alternative_names, usage)
        certificate = self._directory / f"{name}.pem"
        if expired:
            self._issue_for_the_past(request, extensions, certificate)
        else:
            _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey", str(self._key),
                     "-CAcreateserial", "-days", "30", "-out", str(certificate), "-extfile", str(extensions))
        return certificate, key

    def _issue_for_the_past(self, request, extensions, certificate):
        """The x509 command knows no dates."""
        database = self._directory / "index"
        database.write_text("")
        configuration = self._directory / "ca.conf"
        configuration.write_text(f"[ca]\ndefault_ca=this\n[this]\ndatabase={database}\nrand_serial=yes\n"
                                 f"new_certs_dir={self._directory}\ndefault_md=sha256\npolicy=any\n"
                                 "[any]\ncommonName=optional\n")
        _openssl("ca", "-batch", "-notext", "-config", str(configuration), "-cert", str(self.certificate),
                 "-keyfile", str(self._key), "-in", str(request), "-out", str(certificate),
                 "-startdate", "20200101000000Z", "-enddate", "20200201000000Z", "-extfile", str(extensions))


def self_signed(directory, name, common_name, alternative_names):
    """A certificate that nobody but itself vouches for."""
    request, extensions, key = _request(directory, name, common_name, alternative_names, "serverAuth")
    certificate = directory / f"{name}.pem"
    _openssl("x509", "-req", "-in", str(request), "-signkey", str(key), "-days", "30", "-out", str(certificate),
             "-extfile", str(extensions))
    return certificate, key


def _request(directory, name, common_name, alternative_names, usage):
    key, request, extensions = (directory / f"{name}.{kind}" for kind in ("key", "csr", "ext"))
    names = f"subjectAltName={alternative_names}\n" if alternative_names else ""
    extensions.write_text(f"{names}basicConstraints=CA:FALSE\nextendedKeyUsage={usage}\n")
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", str(key), "-out", str(request), "-subj", f"/CN={common_name}")
    return request, extensions, key


def raw_dns_name(name):
    """An alternative name of any bytes, for issue()."""
    entry = bytes([0x82, len(name)]) + name
    return "DER:" + (bytes([0x30, len(entry)]) + entry).hex(":")


def fingerprint(certificate, algorithm="sha256"):
    """What `cert_fingerprint` takes: the hex digest of the DER form."""
    der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
    return hashlib.new(algorithm, der).hexdigest()
