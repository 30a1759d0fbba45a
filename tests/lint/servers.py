#!/usr/bin/env python3
"""Checks docs/servers.md: each quirk of the parser stands in it with the sample of quirks.hpp, every row has a sample, and
the tests that it names exist.

    servers.py ROOT          check the tree
    servers.py --self-test   check that the check finds what it is there to find
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import compatibility  # noqa: E402

DOCUMENT = "docs/servers.md"
QUIRKS = "include/offlineimap/imap/quirks.hpp"
QUIRK = re.compile(r'QuirkInfo\{Quirk::(\w+), "[^"]*", "((?:[^"\\]|\\.)*)"')
NAMED = re.compile(r"^    (\w+),$", re.MULTILINE)
ATTACK = re.compile(r"offlineimap_attack\((\d\d) ([\w.]+)")
QUOTED = re.compile(r"`([^`]+)`")
ESCAPES = {r"\r\n": "", r"\"": '"', r"\\": "\\"}


def unescaped(literal):
    return re.sub(r'\\r\\n|\\"|\\\\', lambda match: ESCAPES[match.group()], literal)


def attacks(root):
    """The names of the attack tests, with their cases."""
    folder = root / "tests" / "attacks"
    listed = folder / "CMakeLists.txt"
    names = set()
    for number, file in ATTACK.findall(listed.read_text(encoding="utf-8")) if listed.is_file() else ():
        test = f"attack.{number}"
        names.add(test)
        for case, methods in compatibility.cases_of(folder / file).items():
            names.update({f"{test}:{case}", *(f"{test}:{case}.{method}" for method in methods)})
    return names


def rows_of(text):
    """(line number, cells) of every row of a table but for its head."""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("| ") and not line.startswith(("| Quirk |", "| Server |")):
            yield number, [cell.strip() for cell in line.strip("|").split(" | ")]


def check(root):
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    header = (root / QUIRKS).read_text(encoding="utf-8")
    samples = {name: unescaped(sample) for name, sample in QUIRK.findall(header)}
    for name in NAMED.findall(header):
        if name not in samples:
            yield f"{QUIRKS}: {name} has no sample"
    tests, attack_tests = compatibility.Tests(root), attacks(root)
    documented = set()
    for line, cells in rows_of(text):
        where = f"{DOCUMENT}:{line}"
        if len(cells) != 4:
            yield f"{where}: has {len(cells)} cells and should have 4"
            continue
        first = QUOTED.match(cells[0])
        wire = QUOTED.search(cells[1])
        if not wire:
            yield f"{where}: has no sample"
        if first and first.group(1) == cells[0].strip("`"):
            name = first.group(1)
            documented.add(name)
            if name not in samples:
                yield f"{where}: {QUIRKS} knows no {name}"
            elif wire and wire.group(1) != samples[name]:
                yield f"{where}: the sample of {name} is `{samples[name]}` in {QUIRKS}"
        named = QUOTED.findall(cells[3])
        if not named:
            yield f"{where}: names no test"
        for test in named:
            if test not in tests and test not in attack_tests:
                yield f"{where}: there is no test '{test}'"
    for name in sorted(samples.keys() - documented):
        yield f"{DOCUMENT}: {name} is missing"


def write_clean_tree(root):
    compatibility.write(root / QUIRKS, 'enum class Quirk {\n    bare,\n};\nQuirkInfo{Quirk::bare, "a", "x \\"y\\" \\r\\n", "z"}')
    compatibility.write(root / DOCUMENT, "| Quirk | x |\n|---|\n| `bare` | `x \"y\" ` | seen | `imap.Suite.Case` |\n"
                                         "| Server | x |\n|---|\n| Some `box` | `* X` | this | `attack.07:Attack07.test_it` |\n")
    compatibility.write(root / "tests/unit/imap/a_test.cpp", "TEST(Suite, Case) {}\n")
    compatibility.write(root / "tests/attacks/CMakeLists.txt", "offlineimap_attack(07 a_test.py)\n")
    compatibility.write(root / "tests/attacks/a_test.py", "class Attack07:\n    def test_it(self):\n        pass\n")


BAD_SAMPLES = [
    (DOCUMENT, "`bare`", "`bear`", "bare is missing"),
    (DOCUMENT, "`bare`", "`bear`", "knows no bear"),
    (DOCUMENT, '`x "y" `', '`x "y"`', "the sample of bare is"),
    (DOCUMENT, "`* X`", "* X", "has no sample"),
    (DOCUMENT, "`imap.Suite.Case`", "", "names no test"),
    (DOCUMENT, "| this |", "|", "has 3 cells"),
    (QUIRKS, "    bare,\n", "    bare,\n    other,\n", "other has no sample"),
    ("tests/unit/imap/a_test.cpp", "Case", "Other", "there is no test 'imap.Suite.Case'"),
    ("tests/attacks/a_test.py", "test_it", "test_that", "there is no test 'attack.07:Attack07.test_it'"),
]


if __name__ == "__main__":
    sys.exit(compatibility.run(check, write_clean_tree, BAD_SAMPLES))
