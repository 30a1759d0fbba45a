def plain(folder):
    return folder.split("/")[-1].split(".")[-1].lower()
