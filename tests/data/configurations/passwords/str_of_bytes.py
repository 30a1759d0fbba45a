import subprocess


def get_pass(account):
    output = subprocess.check_output(["printf", 'pass"word'])
    return str(output)
