def get_pass(host, user):
    return 'pass"word'
