def get_pass(account):
    return 1234
