def rank(folder):
    return cmp(len(folder), 8) + cmp(folder[0], "S")


def wanted(folder):
    return rank(folder) > 0
