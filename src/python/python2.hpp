// The Python side of this layer, first part: what configurations that were written for Python 2 may go on
// doing. Executed in the bootstrap module.
#pragma once

namespace offlineimap::python {

inline constexpr const char* kPython2 = R"PYTHON(
import builtins
import functools
import importlib.machinery
import io
import linecache
import sys


# --- sentences for the user ---------------------------------------------------------------------------------

notices = []
noticed = set()


def is_own(frame):
    return frame.f_globals is globals() or frame.f_code.co_filename.startswith("<frozen importlib")


def notice_about_caller(text):
    """Notes `text` with the file and line of the code outside of this module, once for each. FILE in it is the file."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_own(frame):
        frame = frame.f_back
    filename, number = frame.f_code.co_filename, frame.f_lineno
    if (filename, number, text) not in noticed:
        noticed.add((filename, number, text))
        linecache.checkcache(filename)
        line = linecache.getline(filename, number).strip()
        notices.append((filename, number, text.replace("FILE", filename) + (line and ": " + line)))


def take_notices(name, where):
    """What was noted since the last time. `where` says where the value stands that is evaluated under `name`."""
    taken = [(where if filename == name else "%s:%d" % (filename, number)) + ": " + text
             for filename, number, text in notices]
    notices.clear()
    return taken


# --- names that Python 3 dropped ----------------------------------------------------------------------------

def cmp(x, y):
    notice_about_caller("cmp() is gone from Python 3; write (x > y) - (x < y)")
    return (x > y) - (x < y)


if not hasattr(builtins, "cmp"):
    builtins.cmp = cmp


class OldModules:
    """Finds modules of Python 2 that live on under another name. Asked last, so a real one comes first."""

    def find_spec(self, name, path=None, target=None):
        if name in ("commands", "ConfigParser"):
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        notice_about_caller("'%s' is a module of Python 2; 2to3 -w FILE gives it its new name" % module.__name__)
        if module.__name__ == "commands":
            import subprocess
            module.getoutput = subprocess.getoutput
            module.getstatusoutput = subprocess.getstatusoutput
        else:
            import configparser
            vars(module).update((name, getattr(configparser, name)) for name in configparser.__all__)
            # Older names of it, which Python 3.12 dropped.
            module.SafeConfigParser = configparser.ConfigParser


sys.meta_path.append(OldModules())


# --- the output of commands ---------------------------------------------------------------------------------

class Output(bytes):
    """What a command printed. Python 2 gave it as text, and many helpers handle it so to this day: a str that meets
    it is taken as its UTF-8, with a sentence for the user. To code for Python 3 it is bytes like any."""

    __hash__ = bytes.__hash__

    def __radd__(self, other):
        return as_output(as_bytes(other) + bytes(self))


def as_bytes(value):
    if isinstance(value, str):
        notice_about_caller("bytes that a command printed are handled as text, which Python 3 refuses; give text=True"
                            " to subprocess, or .decode() the bytes")
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_bytes, value))
    return value


def as_output(value):
    if type(value) is bytes:
        return Output(value)
    if isinstance(value, (list, tuple)):
        return type(value)(map(as_output, value))
    return value


def tolerant(name):
    method = getattr(bytes, name)

    @functools.wraps(method)
    def call(self, *arguments, **named):
        return as_output(method(self, *map(as_bytes, arguments), **named))

    return call


for name in ("strip lstrip rstrip split rsplit splitlines partition rpartition startswith endswith find rfind index"
             " rindex count replace join lower upper __add__ __contains__ __eq__ __ne__ __getitem__").split():
    setattr(Output, name, tolerant(name))


class OutputReader(io.BufferedReader):
    def read(self, *size):
        return as_output(super().read(*size))

    def readline(self, *size):
        return as_output(super().readline(*size))

    def readlines(self, *hint):
        return as_output(super().readlines(*hint))


def make_tolerant(subprocess):
    """check_output() and run() call communicate(), too."""
    initialise = subprocess.Popen.__init__
    communicate = subprocess.Popen.communicate

    @functools.wraps(initialise)
    def tolerant_initialise(self, *arguments, **named):
        initialise(self, *arguments, **named)
        if type(self.stdout) is io.BufferedReader:
            self.stdout = OutputReader(self.stdout.detach())

    @functools.wraps(communicate)
    def tolerant_communicate(self, *arguments, **named):
        return as_output(communicate(self, *arguments, **named))

    subprocess.Popen.__init__ = tolerant_initialise
    subprocess.Popen.communicate = tolerant_communicate


class TolerantSubprocess:
    """Makes the module tolerant when it is imported, so that whoever needs no commands need not load it."""

    def find_spec(self, name, path=None, target=None):
        if name != "subprocess":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            make_tolerant(module)

        spec.loader.exec_module = exec_module
        return spec


if "subprocess" in sys.modules:
    make_tolerant(sys.modules["subprocess"])
else:
    sys.meta_path.insert(0, TolerantSubprocess())


# --- folders ------------------------------------------------------------------------------------------------

class FolderName(str):
    """What foldersort is called with: a name. Old versions gave folder objects, whose methods these are."""

    @property
    def name(self):
        return str(self)

    visiblename = name

    def getname(self):
        return str(self)

    getvisiblename = getname
)PYTHON";

}  // namespace offlineimap::python
