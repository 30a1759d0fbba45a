// The Python side of this layer, last part: loading, evaluation, and sentences about what went wrong. Python
// executes the three parts in one module when it has started. What is easier to say in Python is said there;
// everything else of the layer is C++.
#pragma once

namespace offlineimap::python {

inline constexpr const char* kBootstrap = R"PYTHON(
import atexit
import gc
import linecache
import re
import sys
import traceback
import types


# --- evaluation ---------------------------------------------------------------------------------------------

def load_pythonfile(path):
    # The name that the original gives it. Not __main__: such blocks must not run.
    module = types.ModuleType("<none>")
    module.__file__ = path
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    sys.modules[module.__name__] = module
    exec(code, vars(module))
    return module


def evaluate(text, name, module, with_re):
    names = {}
    if module is not None:
        names.update((key, getattr(module, key)) for key in dir(module))
    if with_re:
        names["re"] = re
    return eval(compile(text.lstrip(" \t"), name, "eval", dont_inherit=True), names)


def sorted_indices(key, items):
    keys = [key(item) for item in items]
    # None as a key meant "leave the order alone" in Python 2.
    if all(k is None for k in keys):
        return list(range(len(items)))
    return sorted(range(len(items)), key=keys.__getitem__)


# --- the end ------------------------------------------------------------------------------------------------

def finish(module):
    """What Python does at its end for the code of the user. `module` is the pythonfile, or None."""
    try:
        atexit._run_exitfuncs()
    finally:
        if module is not None:
            # One name after the other, before the collector comes: that may close a file before the text is in it.
            vars(module).clear()
            if sys.modules.get("<none>") is module:
                del sys.modules["<none>"]
        forget_everything()
        gc.collect()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()


# --- errors -------------------------------------------------------------------------------------------------

OLD_SYNTAX = re.compile(r"""
      ^\s*(print|exec)\s+[^\s(=,.]            # statements that became functions
    | ^\s*print\s*$ | ^\s*print\s*>>
    | \bexcept\s+[^:]*,\s*\w+\s*: | \braise\s+[\w.]+\s*,
    | \bdef\s+\w+\s*\([^)]*\( | \blambda\s*\( | \blambda\s[^:]*,\s*\(   # tuple parameters
    | ` | <> | \b0[0-7]+\b | \d[lL]\b | \b[uU][rR]["']
    """, re.VERBOSE)
OLD_NAMES = set("apply basestring buffer execfile file intern long raw_input reduce reload unichr unicode"
                " xrange StandardError".split())
OLD_ATTRIBUTES = set("has_key iteritems iterkeys itervalues maketrans letters lowercase uppercase"
                     " getcwdu joinfields atoi func_name im_func".split())
OLD_MODULES = set("gnomekeyring gtk gobject glib urllib2 urlparse httplib StringIO cStringIO cPickle Queue"
                  " Tkinter __builtin__ HTMLParser SocketServer BaseHTTPServer cookielib xmlrpclib md5 sha sets"
                  " popen2 exceptions thread".split())
TEXT_DECODED = "'str' object has no attribute 'decode'"
BYTES_ERRORS = re.compile(r"bytes-like object|must be bytes|to bytes|str to bytes|pattern on a")


def is_python2(error, line):
    if isinstance(error, SyntaxError):
        return "Missing parentheses in call" in str(error.msg) or bool(OLD_SYNTAX.search(line or ""))
    if isinstance(error, ImportError):
        return (error.name or "").split(".")[0] in OLD_MODULES
    if isinstance(error, NameError):
        return any("'%s'" % name in str(error) for name in OLD_NAMES)
    if isinstance(error, AttributeError):
        said = str(error)
        return TEXT_DECODED in said or (not said.startswith("'NoneType'") and
                                        any("attribute '%s'" % name in said for name in OLD_ATTRIBUTES))
    return False


def place_of(error, trace, name, pythonfile):
    """File, line number and function. The last frame of the user's own code says more than the last of all."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 0, ""
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if frame.filename in (name, pythonfile)] or frames
    return (own[-1].filename, own[-1].lineno, own[-1].name) if own else ("", 0, "")


def line_of(filename, number, name, text):
    if filename == name:
        lines = text.split("\n")
        return lines[number - 1].strip() if 0 < number <= len(lines) else ""
    linecache.checkcache(filename)
    return linecache.getline(filename, number).strip()


def advice(error, python2, line, filename, name):
    module = (error.name or "").split(".")[0] if isinstance(error, ImportError) else ""
    if module == "gnomekeyring":
        return "; this is Python 2: gnomekeyring has no successor for Python 3; use secret-tool or the keyring module: " + line
    if module == "offlineimap":
        return "; this program has __version__, OfflineImapError, ui and imaputil under that name"
    if python2:
        if isinstance(error, AttributeError) and TEXT_DECODED in str(error):
            return "; this is Python 2, text needs no .decode() in Python 3" + (line and ": " + line)
        if filename == name:
            return "; this is Python 2, write it for Python 3 (2to3 shows how)%s" % (line and ": " + line)
        return "; this is Python 2 (2to3 -w %s rewrites it for Python 3): %s" % (filename, line)
    if isinstance(error, TypeError) and BYTES_ERRORS.search(str(error)):
        return "; this mixes bytes and text as Python 2 could: give text=True to subprocess, or .decode() the bytes"
    return ""


def words_of(error):
    return error.msg if isinstance(error, SyntaxError) and error.msg else str(error)


def words_without_source(error):
    """For errors that quote the code: it may be a password whose quotes were forgotten."""
    if isinstance(error, NameError):
        return "names something that is not defined (a text needs quotes)"
    if isinstance(error, SyntaxError):
        return "is no expression (a text needs quotes)"
    if isinstance(error, (LookupError, ValueError)) and not isinstance(error, UnicodeError):
        return ""
    return words_of(error)


def describe(error, trace, name, text, pythonfile, secret):
    """One line about an exception. `text` is what was evaluated under `name`; a secret one is not shown."""
    filename, number, function = place_of(error, trace, name, pythonfile)
    line = line_of(filename, number, name, text)
    python2 = is_python2(error, line)
    what = words_without_source(error) if secret and filename == name else words_of(error)
    said = type(error).__name__ + (": " + " ".join(what.split()) if what else "")
    if filename == name:
        where = " (line %d of the value)" % number
    elif filename:
        where = " (%s, line %d%s)" % (filename, number, ", in " + function if function else "")
    else:
        where = ""
    shown = "" if secret and filename == name else line
    return said + where + advice(error, python2, shown, filename, name)
)PYTHON";

}  // namespace offlineimap::python
