def fd_priority(names):
    def compare(x, y):
        if x in names and y in names:
            return cmp(names.index(x), names.index(y))
        if x in names or y in names:
            return -1 if x in names else 1
        return (x > y) - (x < y)
    return compare
