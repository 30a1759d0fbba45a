def forgetful(folder):
    folder.lower()
