LABELS = {"Sent Items": "sent", "Junk": "spam"}


def rename(mapping):
    return lambda folder: mapping.get(folder, folder)
