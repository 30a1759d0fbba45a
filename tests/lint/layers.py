#!/usr/bin/env python3
"""Checks every #include of src/ and include/ against the layers, and src/CMakeLists.txt against the same table.

    layers.py ROOT          check the tree
    layers.py --self-test   check that the check finds what it is there to find
"""

import re
import sys
import tempfile
from pathlib import Path

# docs/ARCHITECTURE.md explains this table. A layer may include itself, what stands here, and nothing else.
LAYERS = {
    "base": "",
    "config": "base",
    "mail": "base",
    "events": "mail base",
    "plan": "mail base",
    "imap": "base",
    "os": "base",
    "net": "os base",
    "config_file": "config os base",
    "python": "config base",
    "status": "mail os base",
    "maildir": "mail os base",
    "client": "imap net events mail config os base",
    "repository": "client maildir status python events mail config base",
    "sync": "repository plan events mail config os base",
    "ui": "events config os base",
    "app": "sync ui repository client maildir status python net config_file imap plan events mail config os base",
}

# No sockets, files, clocks, threads or environment.
PURE_LAYERS = "base config mail events plan imap"

# An outside library belongs to the layers that hide it, and to their .cpp files: no public header has it.
LIBRARIES = {
    r"boost/.*|asio(/.*|\.hpp)": "net",
    r"openssl/.*": "net os",
    r"zlib\.h": "net",
    r"pybind11/.*|Python\.h": "python",
    r"sqlite3\.h": "status",
    r"ini\.h|INIReader\.h": "config_file",
    r"nlohmann/.*": "client sync ui",
    r"curl/.*": "net",
    r"CLI/.*": "app",
    r"gsasl(-\w+)?\.h|gssapi(/.*|\.h)|krb5(/.*|\.h)": "client",
    r"n?curses\.h|ncursesw?/.*": "ui",
}

# Calls that only Linux has live in os, beside their POSIX fallback.
LINUX_ONLY = (r"linux/.*|sys/(inotify|epoll|eventfd|signalfd|timerfd|fanotify|syscall|sendfile|random|prctl)\.h")

IMPURE = (r"fstream|iostream|thread|mutex|shared_mutex|condition_variable|future|semaphore|random"
          r"|unistd\.h|fcntl\.h|poll\.h|netdb\.h|dirent\.h|pthread\.h|signal\.h|csignal|arpa/.*|netinet/.*|sys/.*")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
CMAKE_LAYER = re.compile(r"offlineimap_layer\((\w+)([^)]*)\)")


def allowed_layers(layer):
    return {layer, *LAYERS[layer].split()}


def project_include_problem(root, path, layer, included):
    """Says what is wrong with #include "included", or None."""
    if included.startswith("offlineimap/"):
        parts = included.split("/")
        if len(parts) < 3 or parts[1] not in LAYERS:
            return "names no layer"
        if parts[1] not in allowed_layers(layer):
            return f"{layer} may not include {parts[1]}"
        return None if (root / "include" / included).is_file() else "does not exist"
    if path.is_relative_to(root / "include"):
        return "a public header includes public headers only"
    if "/" in included or not (path.parent / included).is_file():
        return "a private header is included by its name, from its own folder"
    return None


def system_include_problem(root, path, layer, included):
    """Says what is wrong with #include <included>, or None."""
    if included.startswith("offlineimap/"):
        return "the project's own headers are included with quotes"
    for pattern, owners in LIBRARIES.items():
        if re.fullmatch(pattern, included):
            if layer not in owners.split():
                return f"belongs to {' and '.join(owners.split())} alone"
            if path.is_relative_to(root / "include"):
                return "stays out of public headers"
    if re.fullmatch(LINUX_ONLY, included) and layer != "os":
        return "only Linux has it: it belongs to os"
    if layer in PURE_LAYERS.split() and re.fullmatch(IMPURE, included):
        return f"{layer} is a pure layer"
    return None


def check_file(root, path, layer):
    text = path.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        quoted, bracketed = match.groups()
        problem = (project_include_problem(root, path, layer, quoted) if quoted
                   else system_include_problem(root, path, layer, bracketed))
        if problem:
            line = text.count("\n", 0, match.start()) + 1
            yield f"{path.relative_to(root)}:{line}: {match.group(0).strip()}: {problem}"


def check_sources(root):
    for tree in (root / "include" / "offlineimap", root / "src"):
        for path in sorted(tree.rglob("*")):
            if path.suffix not in (".hpp", ".cpp", ".h"):
                continue
            folders = path.relative_to(tree).parts
            if len(folders) != 2 or folders[0] not in LAYERS:
                yield f"{path.relative_to(root)}: is in no layer's folder"
                continue
            yield from check_file(root, path, folders[0])


def check_cmake(root):
    path = root / "src" / "CMakeLists.txt"
    found = {}
    for name, arguments in CMAKE_LAYER.findall(path.read_text(encoding="utf-8")):
        uses = re.search(r"USES\s+(.*?)(?:\bLIBRARIES\b|$)", arguments, re.DOTALL)
        found[name] = set(uses.group(1).split()) if uses else set()
    for layer in sorted(LAYERS.keys() | found.keys()):
        if layer not in found or layer not in LAYERS:
            yield f"src/CMakeLists.txt: layer {layer} is not in both tables"
        elif found[layer] != set(LAYERS[layer].split()):
            difference = sorted(found[layer] ^ set(LAYERS[layer].split()))
            yield f"src/CMakeLists.txt: layer {layer}: differs from the table in {', '.join(difference)}"


def check(root):
    return [*check_sources(root), *check_cmake(root)]


def write_clean_tree(root):
    for layer in LAYERS:
        header = root / "include" / "offlineimap" / layer / "thing.hpp"
        header.parent.mkdir(parents=True)
        header.write_text("#pragma once\n#include <string>\n")
        source = root / "src" / layer / "thing.cpp"
        source.parent.mkdir(parents=True)
        includes = [f'#include "offlineimap/{layer}/thing.hpp"', '#include "private.hpp"']
        includes += [f'#include "offlineimap/{used}/thing.hpp"' for used in LAYERS[layer].split()]
        source.write_text("\n".join(includes) + "\n")
        (source.parent / "private.hpp").write_text("#pragma once\n")
    (root / "src" / "CMakeLists.txt").write_text(
        "\n".join(f"offlineimap_layer({name} USES {uses} LIBRARIES Some::Library)" if uses
                  else f"offlineimap_layer({name})" for name, uses in LAYERS.items()))


# What each bad line is put into, and a part of the complaint that must follow. One for every rule above.
BAD_SAMPLES = [
    ("src/base/thing.cpp", '#include "offlineimap/mail/thing.hpp"', "base may not include mail"),
    ("src/plan/thing.cpp", '#  include  "offlineimap/imap/thing.hpp"', "plan may not include imap"),
    ("include/offlineimap/sync/thing.hpp", '#include "offlineimap/client/thing.hpp"', "sync may not include client"),
    ("src/app/thing.cpp", '#include "offlineimap/common/thing.hpp"', "names no layer"),
    ("src/app/thing.cpp", '#include "offlineimap/sync/other.hpp"', "does not exist"),
    ("src/app/thing.cpp", "#include <offlineimap/sync/thing.hpp>", "with quotes"),
    ("src/sync/thing.cpp", '#include "../client/private.hpp"', "from its own folder"),
    ("include/offlineimap/mail/thing.hpp", '#include "private.hpp"', "public headers only"),
    ("src/client/thing.cpp", "#include <boost/asio/ssl.hpp>", "belongs to net alone"),
    ("src/status/thing.cpp", "#include <pybind11/embed.h>", "belongs to python alone"),
    ("src/maildir/thing.cpp", "#include <sqlite3.h>", "belongs to status alone"),
    ("src/config/thing.cpp", "#include <ini.h>", "belongs to config_file alone"),
    ("src/net/thing.cpp", "#include <nlohmann/json.hpp>", "belongs to client and sync and ui alone"),
    ("src/ui/thing.cpp", "#include <CLI/CLI.hpp>", "belongs to app alone"),
    ("src/client/thing.cpp", "#include <openssl/evp.h>", "belongs to net and os alone"),
    ("include/offlineimap/net/thing.hpp", "#include <openssl/ssl.h>", "out of public headers"),
    ("src/maildir/thing.cpp", "#include <sys/inotify.h>", "only Linux has it"),
    ("src/mail/thing.cpp", "#include <fstream>", "mail is a pure layer"),
    ("src/imap/thing.cpp", "#include <sys/socket.h>", "imap is a pure layer"),
    ("src/CMakeLists.txt", "offlineimap_layer(base USES mail)", "layer base: differs"),
    ("src/CMakeLists.txt", "offlineimap_layer(common USES base)", "layer common is not in both"),
    ("src/loose.cpp", "", "is in no layer's folder"),
]


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write_clean_tree(root)
        failures += [f"complaint about a clean tree: {problem}" for problem in check(root)]
        for name, line, complaint in BAD_SAMPLES:
            path = root / name
            before = path.read_text() if path.exists() else None
            path.write_text(f"{before or ''}\n{line}\n")
            problems = check(root)
            if len(problems) != 1 or complaint not in problems[0]:
                failures.append(f"{name} with {line!r}: expected '{complaint}', got {problems}")
            if before is None:
                path.unlink()
            else:
                path.write_text(before)
    return failures


def main():
    problems = self_test() if sys.argv[1] == "--self-test" else check(Path(sys.argv[1]).resolve())
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
