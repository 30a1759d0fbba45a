def unfair_cmp(x, y):
    x = x if isinstance(x, str) else x.visiblename
    y = y if isinstance(y, str) else y.visiblename
    if x.startswith("Lists/") != y.startswith("Lists/"):
        return 1 if x.startswith("Lists/") else -1
    return (x > y) - (x < y)
