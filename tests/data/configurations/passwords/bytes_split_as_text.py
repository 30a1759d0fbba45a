import subprocess

COMMAND = r"""printf '%s\n' 'user: jo' 'password: pass"word' 'url: imap.example.org'"""


def get_pass(account):
    output = subprocess.check_output(["sh", "-c", COMMAND])
    for line in output.split("\n"):
        if line.startswith("password: "):
            return line.replace("password: ", "")
