def name_of(folder):
    return getattr(folder, "visiblename", folder)


def by_name(x, y):
    return (name_of(x) < name_of(y)) - (name_of(x) > name_of(y))
