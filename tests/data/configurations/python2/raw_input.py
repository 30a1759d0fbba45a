def ask():
    return raw_input("Password: ")
