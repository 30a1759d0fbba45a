MAPPING = {"Sent Items": "sent", "Spam": None, "Junk": None}


def exclude(mapping):
    unwanted = {name for name, renamed in mapping.items() if renamed is None}
    return lambda folder: folder not in unwanted
