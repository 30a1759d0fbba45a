"""Configurations as people write them (tests/data/configurations), read and evaluated by this program and by Debian's
OfflineIMAP 8.0.0 with 40 folders on the server: the same accounts and repositories, translated names, verdicts, order
and mbnames file. Where the original refuses without need, this program does not, and says how to mend it.

A case is a configuration, with the files of its name beside it. Its first line says what it is about; lines that begin
with "#:" say what is expected beyond equality with the original:

    original refuses TEXT   the original's answer has the text; then one of the next two follows
    like TABLE/CASE         the results equal the original's results for that case
    fails                   the run ends with an error, as the next lines say
    accepts ACCOUNT         although the run fails, this account's results equal the original's
    says TEXT               the program says this

In TEXT, FILE is the configuration's path and HELPER its pythonfile's. Every warning and error has to be announced so."""

import concurrent.futures
import configparser
import dataclasses
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "blackbox"))

from support import case, programs  # noqa: E402
from support.dovecot import PASSWORD  # noqa: E402
from support.workspace import Workspace  # noqa: E402

CASES = HERE.parent / "data" / "configurations"
USER = "configurations"

SERVER_FOLDERS = (
    "INBOX", "INBOX.Sent", "INBOX.Drafts", "INBOX.Archive.2019",
    "[Gmail]/All Mail", "[Gmail]/Chats", "[Gmail]/Drafts", "[Gmail]/Important", "[Gmail]/Sent Mail", "[Gmail]/Spam",
    "[Gmail]/Starred", "[Gmail]/Trash", "[Google Mail]/Bin", "[Google Mail]/Sent Mail", "[Google Mail]/Spam",
    "Sent", "Sent Items", "Drafts", "Trash", "Junk", "Spam", "Deleted Messages", "Conversation History",
    "Archive", "Archive/2019", "Archive/2020", "Archive/2020/Q1",
    "Lists/debian-devel", "Lists/debian-user", "Lists/mutt", "Work", "Work/Projects", "work-old",
    "Receipts 2024", "a.b@example.org", "Calendar/Birthdays", "R&-D",
    "Entw&APw-rfe", "Envoy&AOk-s", "&XfJT0ZAB-")

LOCAL_FOLDERS = (
    "INBOX", "inbox", "sent", "drafts", "trash", "spam", "archive", "flagged", "important", "Sent Items", "Junk",
    "Archive", "Archive/2019", "Archive/2020/Q1", "ml/debian-user", "ml/mutt", "Lists/debian-devel", "Work",
    "Work/Projects", "a_b@example.org", "jo-INBOX", "Entw&APw-rfe", "list-mutt")


@dataclasses.dataclass
class Case:
    name: str
    file: pathlib.Path
    refused_by_original: str = None
    like: str = None
    fails: bool = False
    accepts: list = dataclasses.field(default_factory=list)
    says: list = dataclasses.field(default_factory=list)


def read_case(file):
    found = Case(str(file.relative_to(CASES).with_suffix("")), file)
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#: "):
            continue
        word, _, text = line[3:].partition(" ")
        if word == "original":
            found.refused_by_original = text.removeprefix("refuses").strip()
        elif word == "fails":
            found.fails = True
        elif word == "like":
            found.like = text
        elif word == "accepts":
            found.accepts.append(text)
        elif word == "says":
            found.says.append(text)
        else:
            raise ValueError(f"{file}: {line}")
    return found


ALL_CASES = {found.name: found for found in map(read_case, sorted(CASES.glob("*/*.conf")))}


class Home:
    """The place where a case is tried: its files, Maildirs with folders, and the server in the place of whatever server
    its configuration names."""

    def __init__(self, tried, server):
        self.case = tried
        self.server = server
        self.workspace = Workspace(server.root.parent / "cases" / tried.name.replace("/", "-"), server)
        self.directory = self.workspace.home
        self.original_directory = self.directory.parent / "original"
        for file in tried.file.parent.glob(tried.file.stem + ".*"):
            shutil.copy(file, self.directory)
        self.config = self.directory / tried.file.name
        self.config.chmod(0o600)
        self.parsed = self._parse()
        # A sync writes the mbnames file and makes folders on the server; a loop that must not begin would not end.
        self.syncs = self.parsed.has_section("mbnames") or self.parsed.has_option("general", "autorefresh")
        self.user = tried.name.replace("/", "-") if self.syncs else USER
        if self.syncs:
            server.copy_account(USER, self.user)
        else:
            self._make_local_folders()
        self.overrides = [[section, option, value] for section in self.parsed.sections() if section.startswith("Repository ")
                          for option, value in self._replacements(section).items()]
        self.has_ui = self.parsed.has_option("general", "ui")
        self.environment = {"TEST_IMAP_HOST": server.host, "TEST_IMAP_PORT": str(server.tls_port),
                            "TEST_IMAP_USER": self.user, "TEST_IMAP_CA": str(server.ca_file)}

    def _parse(self):
        parsed = configparser.ConfigParser(strict=False)
        try:
            parsed.read(self.config, encoding="utf-8")
        except configparser.Error:
            parsed = configparser.ConfigParser()  # nothing to replace: neither program goes on
        return parsed

    def _replacements(self, section):
        written = self.parsed[section]
        if written.get("type", "").strip() != "IMAP":
            return {}
        tls = written.get("ssl", "yes") != "no"
        chosen = {"ssl": "yes" if tls else "no", "ipv6": "no", "sslcacertfile": str(self.server.ca_file)}
        if "remotehosteval" not in written:
            chosen["remotehost"] = self.server.host
        if "remoteporteval" not in written:
            chosen["remoteport"] = str(self.server.tls_port if tls else self.server.plain_port)
        if "remoteusereval" not in written:
            chosen["remoteuser"] = self.user
        if "remotepasseval" not in written and "remotepassfile" not in written:
            chosen["remotepass"] = PASSWORD
        return chosen

    def _make_local_folders(self):
        for section in self.parsed.sections():
            if not section.startswith("Repository ") or "localfolders" not in self.parsed[section]:
                continue
            root = self.parsed[section]["localfolders"].replace("~", str(self.directory), 1)
            root = root.replace("$HOME", str(self.directory)).replace("${HOME}", str(self.directory))
            separator = self.parsed[section].get("sep", ".")
            ruled = any(rule in self.parsed[section] for rule in ("nametrans", "folderfilter"))
            for folder in LOCAL_FOLDERS if ruled else LOCAL_FOLDERS[:2]:
                for part in ("cur", "new", "tmp"):
                    (pathlib.Path(root) / folder.replace("/", separator) / part).mkdir(parents=True, exist_ok=True)

    def run(self, *arguments, ui="basic"):
        changes = [word for section, option, value in self.overrides for word in ("-k", f"{section}:{option}={value}")]
        return self.workspace.run("-c", str(self.config), *changes, *arguments, ui=ui, environment=self.environment)

    def job(self, server_folders):
        """For original.py; it has a home of its own with the same files. To be called before any run()."""
        copy = self.original_directory
        copy.mkdir()
        for entry in self.directory.iterdir():
            (copy / entry.name).symlink_to(entry)
        return {"config": str(copy / self.config.name), "home": str(copy), "environment": self.environment,
                "folders": server_folders, "overrides": self.overrides}

    def mbnames_file(self):
        if not self.parsed.has_section("mbnames"):
            return None
        return self.directory / self.parsed["mbnames"]["filename"].removeprefix("~/")


@dataclasses.dataclass
class Outcome:
    """What this program made of a case."""
    returncode: int
    lines: list
    ends: list
    accounts: str = None
    mbnames: str = None


def read_folder(line):
    selected = not line.endswith(" (disabled)")
    name, arrow, translated = line.removesuffix(" (disabled)").partition(" -> ")
    return [name, translated if arrow else name, selected]


def read_ends(lines):
    """The repositories and their folders in the output of --info, as original.py has them."""
    ends = []
    folders = None
    for line in lines:
        title = re.match(r"(Remote|Local) repository '(.*)': type ", line)
        if title:
            side, name = title.group(1).lower(), title.group(2)
            if side == "remote":
                ends.append({})
            ends[-1][side] = name
        elif line == "Folderlist:":
            folders = ends[-1].setdefault(side + "_folders", [])
        elif folders is not None and line.startswith(" "):
            folders.append(read_folder(line[1:]))
        else:
            folders = None
    for end in ends:
        end["local_folders"] = sorted(end.get("local_folders", []))
    return ends


def try_case(home):
    info = home.run("--info")
    outcome = Outcome(info.returncode, info.lines, read_ends(info.lines))
    if not home.case.fails:
        # No server is asked; the interface is the one of the configuration.
        unknown = home.run("-a", "no such account", ui=None if home.has_ui else "basic")
        outcome.lines += [line for line in unknown.lines if "interface" in line]
        outcome.accounts = "".join(line for line in unknown.lines if "Valid accounts are: " in line)
    if home.syncs:
        sync = home.run()
        outcome.returncode = outcome.returncode or sync.returncode
        outcome.lines += sync.lines
        if home.mbnames_file() and home.mbnames_file().exists():
            outcome.mbnames = home.mbnames_file().read_text(encoding="utf-8")
    return outcome


def ask_original(jobs):
    """{case: result} of original.py, of the jobs that it gets as {case: job}."""
    script = pathlib.Path(programs.oracle()).resolve()
    python = script.read_text().splitlines()[0].removeprefix("#!").strip()
    lines = "".join(json.dumps(job) + "\n" for job in jobs.values())
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([python, "-W", "ignore", str(HERE / "original.py"), str(script.parent)], input=lines, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True, timeout=250, env=environment,
                          preexec_fn=programs.die_with_parent())
    return {name: json.loads(line) for name, line in zip(jobs, done.stdout.splitlines(), strict=True)}


def listed_folders(account):
    """In the server's own order, in which folders of one translated name stay."""
    with account.connection() as connection:
        lines = [line for line in connection.list()[1] if b"\\Noselect" not in line]
    names = [line.rpartition(b' "/" ')[2].decode("ascii").strip('"') for line in lines]
    if sorted(names) != sorted(SERVER_FOLDERS):
        raise AssertionError(f"the server lists {names}")
    return names


@functools.cache
def everything():
    """({case: original's result}, {case: Outcome}, {case: Home}); all at once, because processes are what takes time."""
    server = case.start_server()
    server.account(USER).create(*(name for name in SERVER_FOLDERS if name != "INBOX"))
    folders = listed_folders(server.account(USER))
    homes = {name: Home(found, server) for name, found in ALL_CASES.items()}
    jobs = {name: home.job(folders) for name, home in homes.items()}
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        original = pool.submit(ask_original, jobs)
        outcomes = dict(zip(homes, pool.map(try_case, homes.values())))
        return original.result(), outcomes, homes


def refusals(result):
    return [text for text in [result["error"], *(end.get("error") for end in result["ends"])] if text]


def without_account(end):
    return {key: value for key, value in end.items() if key != "account"}


class Configurations(unittest.TestCase):
    maxDiff = 6000

    def check(self, name):
        original, outcomes, homes = everything()
        tried, outcome = ALL_CASES[name], outcomes[name]
        self.context = f"{tried.file}\n" + "\n".join(outcome.lines)
        self.check_original(tried, original[name])
        self.check_words(tried, outcome, homes[name])
        if tried.fails:
            self.assertNotEqual(0, outcome.returncode, self.context)
            self.check_accepted(tried, original[name], outcome)
        else:
            self.assertEqual(0, outcome.returncode, self.context)
            self.check_results(original[tried.like or name], outcome, homes[name])

    def check_original(self, tried, result):
        refused = refusals(result)
        if tried.refused_by_original is None:
            if not tried.fails:
                self.assertEqual([], refused)
        else:
            self.assertTrue(tried.like or tried.fails, "the case does not say what happens instead")
            self.assertTrue(any(tried.refused_by_original in text for text in refused), refused)

    def check_words(self, tried, outcome, home):
        """The program says what the case announces, and has nothing else to complain of."""
        helper = str(home.config.with_suffix(".py"))
        expected = [text.replace("FILE", str(home.config)).replace("HELPER", helper) for text in tried.says]
        for text in expected:
            self.assertTrue(any(text in line for line in outcome.lines), f"{text!r} is missing:\n{self.context}")
        for line in outcome.lines:
            if line.startswith("ERROR") or str(home.config) in line or helper in line:
                self.assertTrue(tried.fails or any(text in line for text in expected),
                                f"{line!r} is not expected:\n{self.context}")

    def check_results(self, result, outcome, home):
        self.assertEqual([without_account(end) for end in result["ends"]], outcome.ends, self.context)
        self.assertTrue(all(len(end["remote_folders"]) >= len(SERVER_FOLDERS) for end in outcome.ends), self.context)
        self.assertTrue(outcome.accounts.endswith("Valid accounts are: " + ", ".join(result["accounts"])), self.context)
        mbnames = result["mbnames"]
        self.assertEqual(mbnames and mbnames.replace(str(home.original_directory), str(home.directory)), outcome.mbnames,
                         self.context)

    def check_accepted(self, tried, result, outcome):
        for account in tried.accepts:
            [end] = [end for end in result["ends"] if end["account"] == account]
            self.assertIn(without_account(end), outcome.ends, self.context)


def _add_tests():
    for name in ALL_CASES:
        setattr(Configurations, "test_" + re.sub(r"\W", "_", name), lambda self, name=name: self.check(name))


_add_tests()

if __name__ == "__main__":
    case.main()
