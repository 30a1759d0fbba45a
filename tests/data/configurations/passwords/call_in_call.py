COMMAND = r"""printf '%s\n' 'pass"word'"""


def show(entry):
    import subprocess
    return subprocess.check_output(COMMAND, shell=True)


def first_line(output):
    return output.splitlines()[0]
