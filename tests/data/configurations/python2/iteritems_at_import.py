NAMES = {"sent": "Sent Items"}
REMOTE = dict((value, key) for key, value in NAMES.iteritems())
