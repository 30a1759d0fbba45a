from offlineimap.ui import getglobalui


def wanted(folder):
    ui = getglobalui()
    ui.debug("", "asked for %s" % folder)
    return len(folder) > 7
