def mycmp(x, y):
    for folder in ("INBOX", "Drafts", "Sent"):
        if x == folder:
            return -1
        if y == folder:
            return 1
    return cmp(x, y)
