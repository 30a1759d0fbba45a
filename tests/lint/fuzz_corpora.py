#!/usr/bin/env python3
"""Checks that every fuzz target has seeds to start from and to replay, and every corpus a target.

    fuzz_corpora.py ROOT
"""

import sys
from pathlib import Path


def check(folder):
    targets = {path.name.removesuffix("_fuzz.cpp") for path in folder.glob("*_fuzz.cpp")}
    if not targets:
        yield "tests/fuzz has no target"
    for target in sorted(targets):
        if not any(path.is_file() for path in (folder / "corpus" / target).glob("*")):
            yield f"tests/fuzz/{target}_fuzz.cpp: tests/fuzz/corpus/{target}/ is missing or empty"
    for kind in ("corpus", "crashes"):
        for path in sorted((folder / kind).glob("*")):
            if path.is_dir() and path.name not in targets:
                yield f"tests/fuzz/{kind}/{path.name}: there is no tests/fuzz/{path.name}_fuzz.cpp"


def main():
    problems = list(check(Path(sys.argv[1]) / "tests" / "fuzz"))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
