import os

COMMAND = r"""printf '%s\n' 'pass"word'"""


def get_pass():
    return os.popen(COMMAND).read().strip()
