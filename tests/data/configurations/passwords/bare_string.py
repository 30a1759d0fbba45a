def user():
    import os
    return os.environ["TEST_IMAP_USER"][:3]
