import subprocess


def get_pass():
    return subprocess.check_output(["true"])


if __name__ == "__main__":
    print get_pass()
