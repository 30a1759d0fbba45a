MAPPING = {"INBOX": "inbox", "Work": "work", "Sent": "sent"}


def folder_cmp(names):
    order = list(names)

    def rank(name):
        return (order.index(name) if name in order else len(order), name.lower())

    return lambda x, y: -1 if rank(x) < rank(y) else int(rank(x) > rank(y))
