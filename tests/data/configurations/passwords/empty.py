def get_pass(account):
    return ''
