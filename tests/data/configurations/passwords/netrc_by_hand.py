import netrc
import os
import tempfile


def from_netrc(host):
    with tempfile.NamedTemporaryFile("w", dir=os.path.expanduser("~")) as file:
        file.write('machine %s login jo password pass"word\n' % host)
        file.flush()
        return netrc.netrc(file.name).authenticators(host)
