import gnomekeyring as gkey


def get_password(server):
    return gkey.find_network_password_sync(server=server)[0]["password"]
