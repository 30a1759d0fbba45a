#!/usr/bin/env python3
"""Finds what must not be committed: unfinished work, tests that cannot fail, paths of the machine it was written on.

    words.py ROOT          check the tree
    words.py --self-test   check that the check finds what it is there to find
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Where, what, and why not. This file and the test data (other people's bytes) are not looked at.
RULES = [
    (r"(src|include)/", r"\b(TODO|FIXME|XXX|HACK)\b", "unfinished work belongs into an issue"),
    (r"(src|include)/", r"(?i)\bnot (yet )?implemented\b|\bsimplified\b", "the code does what it says"),
    (r"tests/.*\.(cpp|hpp)$", r"\bGTEST_SKIP\b|\bDISABLED_|\bSUCCEED\(", "a test that cannot fail"),
    (r"tests/.*\.py$", r"\bskipTest\b|\bexpectedFailure\b|\bunittest\.skip\(|\bassertTrue\(True\)", "a test that cannot fail"),
    (r"(src|include)/", r"\bNOLINT\b(?!NEXTLINE)(?!\([a-z.-]+\).*\S)", "a suppression names its check and its reason"),
]

# Directories that many machines have say nothing about this one.
ORDINARY_PARENTS = {"/", "/tmp", "/var/tmp", "/home", "/root", "/usr/src", "/usr/local/src", "/opt", "/srv", "/src",
                    "/build", "/mnt", "/media"}


def machine_paths(root):
    """The paths that only the machine of this checkout has: the checkout, its parent, the home directory."""
    candidates = {str(root), os.path.expanduser("~")}
    parent = str(root.parent)
    if parent not in ORDINARY_PARENTS:
        candidates.add(parent)
    return sorted(path for path in candidates if path.startswith("/") and (path.count("/") > 1 or path == parent)
                  and path not in ORDINARY_PARENTS)


def project_files(root):
    """What git knows or would add; without git, everything outside build folders."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                check=True, capture_output=True).stdout
        names = [name.decode() for name in listed.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        names = [str(path.relative_to(root)) for path in root.rglob("*")
                 if path.relative_to(root).parts[0] not in (".git", "build")]
    return sorted(name for name in set(names) if (root / name).is_file() and not (root / name).is_symlink())


def check(root):
    rules = [*RULES, *((r"", rf"(?<![\w.$}}/-]){re.escape(path)}(?![\w-])", "a path of this machine")
                       for path in machine_paths(root))]
    for name in project_files(root):
        if name == "tests/lint/words.py" or name.startswith(("tests/data/", "tests/fuzz/corpus/", "tests/fuzz/crashes/")):
            continue
        if name.startswith("docs/images/") and name.endswith(".png"):
            continue
        try:
            text = (root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            yield f"{name}: is not text in UTF-8"
            continue
        for where, what, why in rules:
            if not re.match(where, name):
                continue
            for match in re.finditer(what, text):
                line = text.count("\n", 0, match.start()) + 1
                yield f"{name}:{line}: '{match.group(0)}': {why}"


def self_test():
    samples = [
        ("src/a.cpp", "// TODO: later\n", True),
        ("src/a.cpp", "char name[] = \"tmp.XXXXXX\";\n", False),
        ("include/a.hpp", "// A simplified form.\n", True),
        ("src/a.cpp", "throw Error(\"Not implemented\");\n", True),
        ("tests/unit/a_test.cpp", "GTEST_SKIP();\n", True),
        ("tests/conformance/a_test.py", "self.skipTest('no server')\n", True),
        ("tests/conformance/a_test.py", "@unittest.skip('later')\n", True),
        ("src/a.cpp", "int x;  // NOLINT\n", True),
        ("src/a.cpp", "int x;  // NOLINT(bugprone-branch-clone): both are the RFC's\n", False),
        ("docs/a.md", "TODO is a word here.\n", False),
        ("docs/a.md", "see {root}/src\n", True),
        ("docs/a.md", "see build/release/src\n", False),
    ]
    with tempfile.TemporaryDirectory() as directory:
        root = (Path(directory) / "some" / "checkout").resolve()
        for name, text, bad in samples:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format(root=root))
            problems = list(check(root))
            if bool(problems) != bad:
                yield f"{name} with {text!r}: got {problems}"
            path.unlink()


def main():
    problems = list(self_test() if sys.argv[1] == "--self-test" else check(Path(sys.argv[1]).resolve()))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
