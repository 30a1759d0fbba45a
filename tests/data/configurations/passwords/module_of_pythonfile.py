import types

keyring = types.ModuleType("keyring")
keyring.get_password = lambda service, user: 'pass"word' if (service, user) == ("imap.example.org", "jo") else None
