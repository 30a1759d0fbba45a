HEADER = "# made by offlineimap\nmailboxes"


def separator():
    return " "
