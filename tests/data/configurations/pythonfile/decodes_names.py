from offlineimap.imaputil import IMAP_utf8 as decode
