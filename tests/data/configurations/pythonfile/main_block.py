import getpass
import sys


def wanted(folder):
    return "o" in folder


if __name__ == "__main__":
    print(getpass.getpass())
    sys.exit(1)
