from subprocess import PIPE, Popen


def get_pass(account):
    process = Popen(["printf", "%s\\n", 'pass"word'], stdout=PIPE)
    (output, error) = process.communicate()
    return "" + output.rstrip("\n")
