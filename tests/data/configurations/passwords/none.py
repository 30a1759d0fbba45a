def get_pass(account):
    return {}.get(account)
