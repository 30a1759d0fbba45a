import subprocess


def get_pass(account):
    return subprocess.check_output(['false'])
