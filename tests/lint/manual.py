#!/usr/bin/env python3
"""Checks the manual pages and systemd units against the program: each option of `-h` is in offlineimap(1), each interface in
offlineimapui(7), and neither names others; groff has nothing to complain about; the units use options that there are.

    manual.py ROOT PROGRAM
"""

import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path


def help_of(program):
    return subprocess.run([program, "-h"], check=True, capture_output=True, text=True).stdout


def options_of(text):
    """Of the help: {"-a", "--dry-run", …}."""
    found = set()
    for line in re.findall(r"^  (-\S.*)$", text, re.M):
        found.update(re.findall(r"(?:^|, )(--?[\w-]+)", re.split(r"\s{2,}", line)[0]))
    return found


def interfaces_of(text):
    return set(re.sub(r"\s+", " ", re.search(r"-u INTERFACE +use this user interface \((.*?)\)", text, re.S)[1]).split(", "))


def documented_options(page):
    found = set()
    for line in re.findall(r"^\.It (Fl .*)$", page, re.M):
        for word in re.match(r"Fl (\S+(?: , \S+)*)", line)[1].split(" , "):
            found.add("-" + word)
    return found


def documented_interfaces(page):
    return set(re.findall(r"^\.It Cm (\S+)$", page, re.M))


def complaints_of_groff(page):
    done = subprocess.run(["groff", "-mdoc", "-Tutf8", "-ww", "-z", str(page)], capture_output=True, text=True, check=False)
    return done.stderr.splitlines() + ([f"{page}: groff failed"] if done.returncode else [])


def complaints_about_unit(unit, options):
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str
    parser.read_string(unit.read_text(encoding="utf-8"))
    if unit.suffix == ".timer":
        if not unit.with_suffix(".service").exists():
            yield f"{unit.name}: there is no such service"
        return
    program, *arguments = shlex.split(parser["Service"]["ExecStart"])
    if program != "offlineimap":
        yield f"{unit.name}: starts {program}"
    for argument in arguments:
        if argument.startswith("-") and argument not in options:
            yield f"{unit.name}: offlineimap has no option {argument}"


def differences(what, there, documented):
    yield from (f"{what} {name} is not in the manual" for name in sorted(there - documented))
    yield from (f"the manual names {what} {name}, which does not exist" for name in sorted(documented - there))


def main():
    root, program = Path(sys.argv[1]), sys.argv[2]
    text = help_of(program)
    options = options_of(text)
    pages = {name: root / "docs" / "man" / name for name in ("offlineimap.1", "offlineimapui.7")}
    content = {name: page.read_text(encoding="utf-8") for name, page in pages.items()}
    found = [*differences("option", options, documented_options(content["offlineimap.1"])),
             *differences("interface", interfaces_of(text), documented_interfaces(content["offlineimapui.7"]))]
    for page in pages.values():
        found += complaints_of_groff(page)
    units = sorted((root / "docs" / "systemd").iterdir())
    for unit in units:
        found += complaints_about_unit(unit, options)
    print("\n".join(found) or f"{len(options)} options, {len(units)} units")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
