"""What the black-box tests share: a private Dovecot, an independent view of both sides, and the program's runs.

Only Python's standard library is used, and nothing of the program's own code: what a test expects is computed
here a second time, from the bytes on disk and from what an ordinary IMAP client sees.
"""
