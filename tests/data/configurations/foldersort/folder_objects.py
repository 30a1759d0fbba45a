def by_length(x, y):
    a, b = x.visiblename, y.getvisiblename()
    return (len(a), a) < (len(b), b) and -1 or 1
