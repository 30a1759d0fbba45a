import re
import subprocess

COMMAND = r"""printf '%s\n' 'password: "pass\"word"'"""


def get_keychain_pass(account=None, server=None):
    params = {"account": account, "server": server}
    output = subprocess.run(COMMAND, shell=True, stdout=subprocess.PIPE, check=True, text=True).stdout
    found = [line for line in output.splitlines() if line.startswith("password: ")][0]
    return re.match(r'password: "(.*)"', found).group(1).replace("\\", "")
