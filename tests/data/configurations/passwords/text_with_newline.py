import os

COMMAND = r"""printf '%s\n' 'pass"word'"""


def get_pass(account):
    return os.popen(COMMAND).read()
