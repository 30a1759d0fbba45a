import string


def translate(folder):
    return folder.translate(string.maketrans("/", "-"))
