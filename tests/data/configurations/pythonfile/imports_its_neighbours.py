import glob
import os
import sys

sys.path.insert(0, os.path.expanduser("~"))
HERE = os.path.dirname(os.path.abspath(os.path.expanduser(__file__)))
NEIGHBOURS = sorted(os.path.basename(path) for path in glob.glob(os.path.join(HERE, "*.py")))
CACHE = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
with open("/proc/%d/cmdline" % os.getppid(), "rb") as file:
    PARENT = file.read().split(b"\0")


def wanted(folder):
    return "imports_its_neighbours.py" in NEIGHBOURS and bool(PARENT) and bool(CACHE) and folder < "K"
