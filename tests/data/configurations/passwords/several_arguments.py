from subprocess import PIPE, Popen

COMMAND = r"""printf '%s\n' 'pass"word'"""


def mailpasswd(user, host, port):
    process = Popen(COMMAND, stdout=PIPE, stderr=PIPE, shell=True, universal_newlines=True)
    out, _ = process.communicate()
    return out.splitlines()[0]
