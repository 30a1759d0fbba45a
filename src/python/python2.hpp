// The Python side of this layer, first part: what configurations that were written for Python 2 may go on
// doing. They may only after they failed without, so that code for Python 3 meets nothing but Python 3.
// Executed in the bootstrap module.
#pragma once

namespace offlineimap::python {

inline constexpr const char* kPython2 = R"PYTHON(
import _thread
import builtins
import functools
import importlib.machinery
import io
import re
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
        # Not the line itself: helpers have passwords in them.
        notices.append((filename, number, text.replace("FILE", filename)))


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


def allow_cmp():
    builtins.cmp = cmp


def forbid_cmp():
    del builtins.cmp


class OldModules:
    """Finds modules of Python 2 that live on under another name. Asked last, so a real one comes first."""

    NAMES = ("commands", "ConfigParser")

    def find_spec(self, name, path=None, target=None):
        if name in self.NAMES:
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


old_modules = OldModules()


def allow_old_modules():
    sys.meta_path.append(old_modules)


def forbid_old_modules():
    sys.meta_path.remove(old_modules)
    for name in OldModules.NAMES:
        if getattr(sys.modules.get(name), "__loader__", None) is old_modules:
            del sys.modules[name]


# --- the output of commands ---------------------------------------------------------------------------------

class Output(bytes):
    """What a command printed. Python 2 gave it as text, and many helpers handle it so to this day: a str that meets
    it is taken as its UTF-8, with a sentence for the user. To code for Python 3 it is bytes like any."""

    __hash__ = bytes.__hash__

    def __reduce_ex__(self, protocol):
        return bytes, (bytes(self),)

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
        return as_output(method(self, *map(as_bytes, arguments),
                                **{name: as_bytes(value) for name, value in named.items()}))

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


strict_popen = {}


def allow_output_as_text():
    """check_output() and run() call communicate(), too. The module is there: a command has run."""
    popen = sys.modules["subprocess"].Popen
    strict_popen.update(__init__=popen.__init__, communicate=popen.communicate)

    @functools.wraps(popen.__init__)
    def initialise(self, *arguments, **named):
        strict_popen["__init__"](self, *arguments, **named)
        if type(self.stdout) is io.BufferedReader:
            self.stdout = OutputReader(self.stdout.detach())

    @functools.wraps(popen.communicate)
    def communicate(self, *arguments, **named):
        return as_output(strict_popen["communicate"](self, *arguments, **named))

    popen.__init__ = initialise
    popen.communicate = communicate


def forbid_output_as_text():
    for name, function in strict_popen.items():
        setattr(sys.modules["subprocess"].Popen, name, function)


# --- second chances -----------------------------------------------------------------------------------------

TEXT_FOR_BYTES = re.compile(r"not '?str\b|not \"bytes\"|str to bytes")

granted = {}  # how to allow something: how to forbid it again
granting = _thread.allocate_lock()


def cure_of(error):
    """What would let the code go on that ended with `error`."""
    if type(error) is NameError and "name 'cmp'" in str(error):
        return allow_cmp, forbid_cmp
    if isinstance(error, ModuleNotFoundError) and error.name in OldModules.NAMES:
        return allow_old_modules, forbid_old_modules
    if isinstance(error, TypeError) and TEXT_FOR_BYTES.search(str(error)) and "subprocess" in sys.modules:
        return allow_output_as_text, forbid_output_as_text
    return None, None


def allowed():
    return frozenset(granted)


def gets_second_chance(error, before):
    """Whether to run again what ended with `error`; `before` is what allowed() said when it began."""
    allow, forbid = cure_of(error)
    if allow is None or allow in before:
        return False
    with granting:
        if allow not in granted:
            allow()
            granted[allow] = forbid
    return True


def forget_everything():
    while granted:
        granted.popitem()[1]()
    noticed.clear()


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
