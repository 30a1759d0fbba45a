import offlineimap

OLD = offlineimap.__version__ < "6.4"


def wanted(folder):
    return folder == "Sent" if OLD else folder != "Sent"
