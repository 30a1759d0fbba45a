import subprocess

COMMAND = r"""printf '%s\n' 'pass"word'"""


def get_pass(account):
    return subprocess.check_output(COMMAND, shell=True).strip("\n")
