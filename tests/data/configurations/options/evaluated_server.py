from os import environ


def host():
    return environ["TEST_IMAP_HOST"].encode()


def port(service):
    return int(environ["TEST_IMAP_PORT"])


def user(name):
    return environ["TEST_IMAP_USER"]
