WANTED = {"INBOX", "Receipts 2024"}
NAMES = {"Sent": "sent"}
