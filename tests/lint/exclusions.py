#!/usr/bin/env python3
"""Checks that the integration tests really run with every server: tests/matrix/CMakeLists.txt names each file that
tests/blackbox/support/exclusions.py does not leave out whole, what is left out exists, and each line has its reason.

    exclusions.py ROOT
"""

import ast
import re
import sys
from pathlib import Path

LISTED = re.compile(r"^set\((\w+)_tests ([^)]*)\)", re.MULTILINE)


def cases_of(path):
    """{class: {methods}} of a Python test program."""
    return {node.name: {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)}


def exists(root, name):
    file, _, test = name.partition(":")
    path = root / "tests/integration" / file
    if not path.exists():
        return False
    test_class, _, method = test.partition(".")
    cases = cases_of(path)
    return not test or (test_class in cases and (not method or method in cases[test_class]))


def check(root, exclusions):
    files = {path.name for path in (root / "tests/integration").glob("*_test.py")}
    lists = {server: {f"{name}_test.py" for name in names.split()}
             for server, names in LISTED.findall((root / "tests/matrix/CMakeLists.txt").read_text(encoding="utf-8"))}
    for server in sorted(lists.keys() ^ exclusions.keys()):
        yield f"{server}: has no tests in tests/matrix/CMakeLists.txt, or no exclusions"
    for name in sorted(set().union(*lists.values()) - files):
        yield f"tests/matrix/CMakeLists.txt: {name} is no integration test"
    for server, left_out in exclusions.items():
        listed = lists.get(server, set())
        for name, reason in left_out.items():
            if not exists(root, name):
                yield f"{server}: {name}: there is no such test"
            if not reason:
                yield f"{server}: {name}: says no reason"
        for name in sorted(files):
            if (name in listed) == (name in left_out):
                yield f"{server}: {name} is neither run nor left out, or both"


def main():
    root = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(root / "tests/blackbox"))
    from support.exclusions import EXCLUSIONS  # pylint: disable=import-outside-toplevel
    found = list(check(root, EXCLUSIONS))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
