// The Python side of this layer, second part: the module "offlineimap" that pythonfiles import, with what
// they ask it for. What is not here is an AttributeError or ImportError that says so. Executed in the
// bootstrap module.
#pragma once

namespace offlineimap::python {

inline constexpr const char* kHelperModule = R"PYTHON(
import base64
import codecs
import re
import sys
import types


class OfflineImapError(Exception):
    class ERROR:
        MESSAGE, FOLDER_RETRY, FOLDER, REPO, CRITICAL = 0, 10, 15, 20, 30

    def __init__(self, reason, severity, errcode=None):
        super().__init__(reason)
        self.reason = reason
        self.severity = severity
        self.errcode = errcode


class HelperUI:
    """What getglobalui() gives: messages go to stderr; terminate() ends the evaluation, not the program."""

    def _say(self, *words, **others):
        print(*words, file=sys.stderr)

    info = warn = error = _say

    def debug(self, debugtype, msg):
        """Nobody asked for it: -d does not reach helpers."""

    def is_debugging(self, debugtype):
        return False

    def getpass(self, username, config, errmsg=None):
        import getpass
        return getpass.getpass("%sEnter password for user '%s': " % (errmsg and errmsg + "\n" or "", username))

    def terminate(self, exitstatus=0, errortitle=None, errormsg=None):
        raise SystemExit(errormsg or errortitle or exitstatus)


# --- offlineimap.imaputil -----------------------------------------------------------------------------------

def dequote(s):
    """The text of an IMAP quoted string; any other text as it is."""
    if len(s) > 1 and s[0] == s[-1] == '"':
        return re.sub(r"\\(.)", r"\1", s[1:-1])
    return s


def quote(s):
    return '"%s"' % s.replace("\\", "\\\\").replace('"', '\\"')


def flagsplit(s):
    if s[:1] != "(" or s[-1:] != ")":
        raise ValueError("Passed s '%s' is not a flag list" % s)
    return s[1:-1].split()


def IMAP_utf8(foldername):
    """RFC 3501 section 5.1.3: modified UTF-7 to what it means."""

    def decoded(match):
        shifted = match.group(1)
        if not shifted:
            return "&"
        return base64.b64decode(shifted.replace(",", "/") + "=" * (-len(shifted) % 4)).decode("utf-16-be")

    return re.sub("&([^-]*)-", decoded, foldername)


def utf8_IMAP(foldername):
    """... and back."""

    def encoded(match):
        if match.group() == "&":
            return "&-"
        shifted = base64.b64encode(match.group().encode("utf-16-be")).decode("ascii")
        return "&%s-" % shifted.rstrip("=").replace("/", ",")

    return re.sub("&|[^ -~]+", encoded, foldername)


def find_codec(name):
    """The codec of folder names, which configurations use by its name alone."""
    if name.replace("-", "_") != "imap4_utf_7":
        return None
    return codecs.CodecInfo(lambda text, errors="strict": (utf8_IMAP(text).encode("ascii"), len(text)),
                            lambda data, errors="strict": (IMAP_utf8(bytes(data).decode("ascii")), len(data)),
                            name="imap4-utf-7")


codecs.register(find_codec)


def install_helper_module(version):
    package = types.ModuleType("offlineimap", "Names of offlineimap that configurations import.")
    package.__path__ = []
    package.__version__ = version
    package.__productname__ = "OfflineIMAP"
    package.OfflineImapError = OfflineImapError
    the_ui = HelperUI()
    contents = {
        "ui": {"getglobalui": lambda: the_ui},
        "error": {"OfflineImapError": OfflineImapError},
        "imaputil": {function.__name__: function for function in (dequote, quote, flagsplit, IMAP_utf8, utf8_IMAP)},
    }
    sys.modules["offlineimap"] = package
    for name, names in contents.items():
        module = types.ModuleType("offlineimap." + name)
        vars(module).update(names)
        setattr(package, name, module)
        sys.modules[module.__name__] = module
)PYTHON";

}  // namespace offlineimap::python
