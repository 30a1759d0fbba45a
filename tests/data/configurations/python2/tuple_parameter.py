class Keys(object):
    def set(self, (user, password)):
        self.user = user
