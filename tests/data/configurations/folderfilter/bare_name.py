import re

UNWANTED = re.compile(r"^(Lists|Calendar)/|Spam|Junk")


def wanted(folder):
    return not UNWANTED.search(folder)
