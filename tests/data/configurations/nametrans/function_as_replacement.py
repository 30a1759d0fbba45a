def label(match):
    return "labels/" + match.group(1).lower()
