MAILING = "Lists/"


def remote_name(folder):
    if folder.startswith(MAILING):
        return "ml." + folder[len(MAILING):]
    return folder.capitalize()
