def cmp(x, y):
    return (x > y) - (x < y)


def wanted(folder):
    return cmp(len(folder), 8) + cmp(folder[0], "S") > 0
