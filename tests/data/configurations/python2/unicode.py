def translate(folder):
    return unicode(folder)
