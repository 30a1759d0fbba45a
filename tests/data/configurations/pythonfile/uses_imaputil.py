from offlineimap import imaputil


def wanted(folder):
    name = imaputil.IMAP_utf8(folder)
    return name.isascii() and imaputil.utf8_IMAP(name) == folder and imaputil.dequote('"a b"') == "a b"
