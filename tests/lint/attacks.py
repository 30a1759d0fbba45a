#!/usr/bin/env python3
"""Checks that every attack that docs/security.md lists has a registered test, named by its number, and a class of it.

    attacks.py ROOT
"""

import re
import sys
from pathlib import Path

NUMBERS = [*range(1, 28), *range(31, 40), *range(61, 65)]
FOLDER = "tests/attacks"
DOCUMENT = "docs/security.md"
REGISTERED = re.compile(r"^offlineimap_attack\((\d\d) (\w+\.py)(?:\s[^)]*)?\)$", re.MULTILINE)
ROW = re.compile(r"^\| (\d+)(?:–(\d+))? \|.*\| `(\w+\.py)` \|$", re.MULTILINE)


def complaints(root):
    tests = {int(number): file for number, file in REGISTERED.findall(
        (root / FOLDER / "CMakeLists.txt").read_text(encoding="utf-8"))}
    listed = {}
    for first, last, file in ROW.findall((root / DOCUMENT).read_text(encoding="utf-8")):
        listed.update(dict.fromkeys(range(int(first), int(last or first) + 1), file))
    for number in sorted({*NUMBERS, *tests, *listed}):
        if number not in tests:
            yield f"{FOLDER}/CMakeLists.txt: attack {number} has no test"
            continue
        path = root / FOLDER / tests[number]
        if not path.is_file():
            yield f"{FOLDER}/CMakeLists.txt: attack {number}: there is no {tests[number]}"
        elif f"\nclass Attack{number:02}(" not in path.read_text(encoding="utf-8"):
            yield f"{FOLDER}/{tests[number]}: there is no class Attack{number:02}: its test would try nothing"
        if listed.get(number) != tests[number]:
            yield f"{DOCUMENT}: attack {number} is not listed with {tests[number]}"


def main():
    found = list(complaints(Path(sys.argv[1]).resolve()))
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
