def same(folder):
    return folder
