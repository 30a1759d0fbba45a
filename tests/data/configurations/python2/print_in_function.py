def show(name):
    print "folder", name
