import os
import re

# machine imap.example.org login jo port 993 password pass"word


def get_password_emacs(machine, login, port):
    s = "machine %s login %s port %s password ([^ ]*)\\n" % (machine, login, port)
    p = re.compile(s)
    authinfo = os.popen("cat ~/authinfo.py").read()
    return p.search(authinfo).group(1)
