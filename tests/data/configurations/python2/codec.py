import codecs


def find(name):
    return None


codecs.register(find)
