NAMES = {"INBOX": "inbox"}


def wanted(folder):
    return NAMES.has_key(folder)
