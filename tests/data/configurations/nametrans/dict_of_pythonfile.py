NAMES = dict(zip(["Sent Items", "Deleted Messages"], ["sent", "trash"]))
