import ConfigParser

settings = ConfigParser.SafeConfigParser()
settings.add_section("mail")
settings.set("mail", "wanted", "INBOX Archive [Gmail]/Drafts")


def wanted(folder):
    return folder in settings.get("mail", "wanted").split(" ") or folder == "[Gmail]/Drafts"
