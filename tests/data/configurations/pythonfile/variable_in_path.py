def wanted(folder):
    return folder.count("/") == 1
