#!/usr/bin/env python3
"""Checks that what the documents point to is there: relative links, and paths of the tree between backquotes.

    docs.py ROOT
"""

import re
import sys
from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
QUOTED_PATH = re.compile(r"`((?:src|include|tests|bench|scripts|docs|cmake)/[\w./*<>{},-]*|\./(?:check|demo))[^`]*`")


def documents(root):
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md")), *sorted((root / "bench").glob("*.md")),
            *sorted((root / "tests").glob("*.md"))]


def is_pattern(path):
    return any(character in path for character in "*<>{}")


def check(root):
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        for match in LINK.finditer(text):
            if not (document.parent / match.group(1)).exists():
                yield document, text, match
        for match in QUOTED_PATH.finditer(text):
            if not is_pattern(match.group(1)) and not (root / match.group(1)).exists():
                yield document, text, match


def main():
    root = Path(sys.argv[1]).resolve()
    found = list(check(root))
    for document, text, match in found:
        line = text.count("\n", 0, match.start()) + 1
        print(f"{document.relative_to(root)}:{line}: {match.group(1)}: there is no such file")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
