from subprocess import check_output

COMMAND = r"""printf '%s\n' 'pass"word'"""


def get_pass(account):
    return check_output(COMMAND, shell=True).splitlines()[0]
