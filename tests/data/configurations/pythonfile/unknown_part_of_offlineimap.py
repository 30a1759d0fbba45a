from offlineimap.threadutil import ExitNotifyThread


def wanted(folder):
    return issubclass(ExitNotifyThread, object)
