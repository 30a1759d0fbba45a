NAMES = {"sent": "Sent Items", "trash": "Deleted Messages"}
