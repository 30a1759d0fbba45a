#!/usr/bin/env python3
"""Checks what the project says about its compatibility: the table of features in docs/compatibility.md, the tests it
names, and the configuration options: each is in offlineimap.conf and read somewhere.

    compatibility.py ROOT          check the tree
    compatibility.py --self-test   check that the check finds what it is there to find

A row of the table is "| number | feature | verdict | tests | why |". Tests stand between backquotes, as ctest knows
them: `sync.FolderSyncTest.ObeysAStop`, `integration.runs`, and one case of such a program as
`integration.runs:Runs.test_version_and_help`.
"""

import ast
import re
import sys
import tempfile
from pathlib import Path

FEATURES = 241  # lines of the list of features that the table follows

DOCUMENT = "docs/compatibility.md"
SAMPLE = "offlineimap.conf"
KNOWN_OPTIONS = "src/config/known_options.cpp"
OPTION_LIST = "tests/data/options.txt"

VERDICTS = ("works", "better", "different", "later")
NEED_A_TEST = ("works", "better")
NEED_A_REASON = ("better", "different", "later")

ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
QUOTED = re.compile(r"`([^`]+)`")
UNIT_TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
BLACK_BOX_TEST = re.compile(r"offlineimap_black_box_test\(\s*([\w.]+)\s+([\w.]+)")
KNOWN_OPTION = re.compile(r'\{"([\w-]+)", Place::(\w+)\}')
SAMPLE_SECTION = re.compile(r"^\[(\w+)(?: (\w+))?\]$")
SAMPLE_OPTION = re.compile(r"^#?([a-z][\w-]*) =")

# Where the sample shows the options of each place: the account's name joins its three sections.
PLACES_OF_SECTION = {
    "general": ("general",),
    "mbnames": ("mbnames",),
    "Account Personal": ("account",),
    "Repository PersonalLocal": ("repository", "maildir_repository"),
    "Repository PersonalRemote": ("repository", "imap_repository"),
}


def rows_of(text):
    """(line number, feature number, [feature, verdict, tests, why]) of every row."""
    for match in ROW.finditer(text):
        cells = [cell.strip() for cell in match.group(2).split("|")]
        yield text.count("\n", 0, match.start()) + 1, int(match.group(1)), cells


def cases_of(path):
    """{class: {methods}} of a Python test program, with what a class inherits inside of it."""
    classes = {node.name: node for node in ast.parse(path.read_text(encoding="utf-8")).body
               if isinstance(node, ast.ClassDef)}

    def methods(node):
        own = {item.name for item in node.body if isinstance(item, ast.FunctionDef) and item.name.startswith("test")}
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in classes:
                own |= methods(classes[base.id])
        return own

    return {name: methods(node) for name, node in classes.items()}


class Tests:
    """Every test that the sources hold."""

    def __init__(self, root):
        self._names = set()
        for path in sorted((root / "tests" / "unit").glob("*/*.cpp")):
            for suite, name in UNIT_TEST.findall(path.read_text(encoding="utf-8")):
                self._names.add(f"{path.parent.name}.{suite}.{name}")
        for folder in ("integration", "conformance"):
            self._add_black_box_tests(root / "tests" / folder)
        for path in (root / "tests" / "lint").glob("*.py"):
            self._names.add(f"lint.{path.stem}")

    def _add_black_box_tests(self, folder):
        registered = folder / "CMakeLists.txt"
        if not registered.is_file():
            return
        for test, file in BLACK_BOX_TEST.findall(registered.read_text(encoding="utf-8")):
            if not (folder / file).is_file():
                continue
            self._names.add(test)
            for name, methods in cases_of(folder / file).items():
                self._names.update({f"{test}:{name}", *(f"{test}:{name}.{method}" for method in methods)})

    def __contains__(self, name):
        return name in self._names


def check_table(root):
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    tests = Tests(root)
    seen = set()
    for line, number, cells in rows_of(text):
        where = f"{DOCUMENT}:{line}: feature {number}"
        if number in seen:
            yield f"{where} stands in the table twice"
        if not 1 <= number <= FEATURES:
            yield f"{where}: there are {FEATURES} features"
        seen.add(number)
        if len(cells) != 4:
            yield f"{where}: has {len(cells) + 1} cells and should have 5"
            continue
        _, verdict, named, why = cells
        if verdict not in VERDICTS:
            yield f"{where}: '{verdict}' is none of {', '.join(VERDICTS)}"
        if verdict in NEED_A_TEST and not QUOTED.search(named):
            yield f"{where}: names no test"
        if verdict in NEED_A_REASON and not why:
            yield f"{where}: says {verdict}, but not why"
        for name in QUOTED.findall(named):
            if name not in tests:
                yield f"{where}: there is no test '{name}'"
    for number in sorted(set(range(1, FEATURES + 1)) - seen):
        yield f"{DOCUMENT}: feature {number} is missing"


def family(option):
    """The 26 options customflag_a to customflag_z are one."""
    return re.sub(r"^customflag_[a-z]$", "customflag_", option)


def sampled_options(text):
    """{(place, option)} that the sample shows, switched on or off."""
    found = set()
    places = ()
    for line in text.splitlines():
        section = SAMPLE_SECTION.match(line)
        if section:
            places = PLACES_OF_SECTION.get(" ".join(filter(None, section.groups())), ())
        option = SAMPLE_OPTION.match(line)
        if option:
            found |= {(place, family(option.group(1))) for place in places}
    return found


def is_read(option, sources):
    literal = '"' + option if option == "customflag_" else f'"{option}"'
    return any(literal in text for text in sources)


def check_options(root):
    known = {(place, family(option))
             for option, place in KNOWN_OPTION.findall((root / KNOWN_OPTIONS).read_text(encoding="utf-8"))}
    listed = {tuple(line.split()) for line in (root / OPTION_LIST).read_text(encoding="utf-8").splitlines()
              if line and not line.startswith("#")}
    sampled = sampled_options((root / SAMPLE).read_text(encoding="utf-8"))
    sources = [path.read_text(encoding="utf-8") for path in sorted((root / "src").rglob("*.cpp"))
               if path != root / KNOWN_OPTIONS]
    for place, option in sorted(listed - known):
        yield f"{KNOWN_OPTIONS}: {option} ({place}) is missing"
    for place, option in sorted(known - listed):
        yield f"{OPTION_LIST}: {option} ({place}) is missing"
    for place, option in sorted(known - sampled):
        yield f"{SAMPLE}: {option} ({place}) is missing"
    for option in sorted({option for _, option in known}):
        if not is_read(option, sources):
            yield f"{KNOWN_OPTIONS}: no other source reads {option}"


def check(root):
    return [*check_table(root), *check_options(root)]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_clean_tree(root):
    rows = [f"| {number} | a feature | works | `sync.Suite.Case`, `integration.x:Child.test_base` | |"
            for number in range(1, FEATURES)]
    rows.append(f"| {FEATURES} | another | later | | there is no time |")
    write(root / DOCUMENT, "# Table\n\n" + "\n".join(rows) + "\n")
    write(root / "tests/unit/sync/a_test.cpp", "TEST_F(Suite, Case) {}\n")
    write(root / "tests/integration/CMakeLists.txt", "offlineimap_black_box_test(integration.x x_test.py NEEDS y)\n")
    write(root / "tests/integration/x_test.py", "class Base:\n    def test_base(self):\n        pass\n\n\n"
                                                "class Child(Base):\n    pass\n")
    write(root / KNOWN_OPTIONS, '{"ui", Place::general},\n{"customflag_a", Place::maildir_repository},\n')
    write(root / OPTION_LIST, "# place option\ngeneral ui\nmaildir_repository customflag_\n")
    write(root / SAMPLE, "[general]\n#ui = basic\n[Repository PersonalLocal]\n#customflag_b = x\n")
    write(root / "src/config/general.cpp", 'text("ui"); text("customflag_" + letter);\n')


# A file, what is replaced in it by what, and a part of the complaint that must follow.
BAD_SAMPLES = [
    (DOCUMENT, "| 7 |", "| 8 |", "feature 8 stands in the table twice"),
    (DOCUMENT, "| 7 |", "| 8 |", "feature 7 is missing"),
    (DOCUMENT, "| 7 |", "| 242 |", "there are 241 features"),
    (DOCUMENT, "| 7 | a feature | works |", "| 7 | a feature | perhaps |", "'perhaps' is none of"),
    (DOCUMENT, "| 7 | a feature | works | `sync.Suite.Case`, `integration.x:Child.test_base` |",
     "| 7 | a feature | works | tried by hand |", "feature 7: names no test"),
    (DOCUMENT, "| 7 | a feature | works |", "| 7 | a feature | better |", "says better, but not why"),
    (DOCUMENT, "there is no time", "", "says later, but not why"),
    (DOCUMENT, "| 7 | a feature |", "| 7 | a | feature |", "has 6 cells"),
    ("tests/unit/sync/a_test.cpp", "Case", "Another", "there is no test 'sync.Suite.Case'"),
    ("tests/integration/x_test.py", "test_base", "test_other", "no test 'integration.x:Child.test_base'"),
    ("tests/integration/CMakeLists.txt", "integration.x", "integration.z", "no test 'integration.x:Child.test_base'"),
    (KNOWN_OPTIONS, '"ui"', '"accounts"', "known_options.cpp: ui (general) is missing"),
    (OPTION_LIST, "general ui\n", "", "options.txt: ui (general) is missing"),
    (SAMPLE, "#ui", "# ui", "offlineimap.conf: ui (general) is missing"),
    (SAMPLE, "[general]", "[mbnames]", "offlineimap.conf: ui (general) is missing"),
    (SAMPLE, "#customflag_b", "#customflags", "offlineimap.conf: customflag_ (maildir_repository) is missing"),
    ("src/config/general.cpp", '"ui"', '"UI"', "no other source reads ui"),
]


def complaints_about(checking, write_tree, bad_samples):
    """What a check does not find of (file, text, its replacement, the complaint it must cause), each in a tree that is
    clean without it."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write_tree(root)
        yield from (f"complaint about a clean tree: {problem}" for problem in checking(root))
        for name, before, after, complaint in bad_samples:
            path = root / name
            clean = path.read_text(encoding="utf-8")
            path.write_text(clean.replace(before, after), encoding="utf-8")
            problems = list(checking(root))
            if path.read_text(encoding="utf-8") == clean or not any(complaint in problem for problem in problems):
                yield f"{name} with {after!r}: expected '{complaint}', got {problems[:3]}"
            path.write_text(clean, encoding="utf-8")


def run(checking, write_tree, bad_samples):
    """The command line: `ROOT` or `--self-test`. Returns the exit status."""
    problems = list(complaints_about(checking, write_tree, bad_samples) if sys.argv[1] == "--self-test"
                    else checking(Path(sys.argv[1]).resolve()))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(run(check, write_clean_tree, BAD_SAMPLES))
