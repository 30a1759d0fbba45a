"""Names of folders that are paths, commands or each other, on the server and on the disk."""

import os
import pathlib
import re
import shutil
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import scripted_case as case  # noqa: E402
from support.maildir import tree_below  # noqa: E402
from support.scripted_imap import PROCEED, quoted, strings  # noqa: E402

CHANGES = ("CREATE", "DELETE", "RENAME", "APPEND", "UID STORE", "EXPUNGE", "UID EXPUNGE", "SUBSCRIBE")


class Names(case.ScriptedTestCase):
    def serve_names(self, *names, **options):
        """A server whose INBOX and these folders hold a message each."""
        mailboxes = {"INBOX": [case.message(0)]}
        mailboxes.update({name: [case.message(number)] for number, name in enumerate(names, 1)})
        return self.serve(mailboxes, tls="implicit", **options)

    def around(self):
        """Everything in the test's directory but the Maildirs and the program's state, which may change."""
        root = self.workspace.root
        allowed = (str(self.workspace.mail.relative_to(root)), str(self.workspace.metadata.relative_to(root)))
        return {path: digest for path, digest in tree_below(root).items()
                if not any(path == place or path.startswith(place + "/") for place in allowed)}

    def run_harmlessly(self, *arguments, code=None):
        """A run that writes nothing outside its directories and prints nothing that moves a terminal."""
        before = self.around()
        result = self.run_program(*arguments, code=code)
        self.assertEqual(before, self.around())
        for line in result.output.split("\n"):
            self.assertTrue(all(character >= " " or character == "\t" for character in line), repr(line))
            self.assertNotRegex(line, "[\x7f-\x9f]")
        return result

    def assert_unchanged_server(self):
        for change in CHANGES:
            self.assertNotIn(change, self.server.names())

    def assert_state_stays_inside(self):
        """No state file lies anywhere but in the directories of its kind."""
        for path in self.workspace.metadata.rglob("*"):
            self.assertLessEqual(len(path.relative_to(self.workspace.metadata).parts), 3, path)


class Attack31(Names):
    """Mailboxes that are paths out of the Maildir (CVE-2021-20247)."""

    HOSTILE = ("..", "../x", "a/../../x", "a/../x", "/etc", "//", "/", ".", "./x", "a//b", "a/", "/a/", "../../../x/",
               "a/..", "a/.", "", "..//..")

    def check(self, names, separator="/", **configuration):
        self.serve_names(*names)
        self.configure(local={"sep": separator}, **configuration)
        self.tree = self.workspace.tree(separator)
        for _ in range(2):
            result = self.run_harmlessly()
            self.assertEqual([], [name for name in self.tree.folders()
                                  if ".." in name.split("/") or name.startswith("/") or name in ("", ".")])
            self.assertEqual(1, len(self.local_bodies()), "the others go on")
            self.assertFalse((self.workspace.home / "x").exists())
            self.assert_state_stays_inside()
        self.assert_unchanged_server()
        return result

    def test_where_folders_nest(self):
        self.check(self.HOSTILE)

    def test_where_folders_lie_side_by_side(self):
        self.check(self.HOSTILE, separator=".")

    def test_each_is_reported(self):
        for name in ("..", "../x", "a/../../x", "/etc", "a//b"):
            with self.subTest(name=name):
                result = self.check([name])
                self.assertEqual(1, result.returncode, str(result))
                self.assertRegex(result.output, f"ERROR: .*'{re.escape(name)}'")

    def test_through_modified_utf_7(self):
        """&AC4ALg- decodes to "..", &AC8- to "/", which RFC 3501 §5.1.3 forbids to encode."""
        hostile = ("&AC4ALg-", "&AC4ALg-/x", "&AC4ALgAv-x", "a&AC8-..&AC8-..&AC8-x", "&AC8-etc", "&AC4-&AC4-/x", "&AAA-x")
        self.check(hostile, account={"utf8foldernames": "yes"})

    def test_through_decodefoldernames(self):
        self.check(("&AC4ALg-", "&AC4ALg-/x", "&AC4ALgAv-x", "&AC8-etc", "&AAA-x"), remote={"decodefoldernames": "yes"})

    def test_as_they_are_sent(self):
        self.check(("&AC4ALg-", "&AC4ALg-/x", "&AC8-etc"))

    def test_as_literals_and_atoms(self):
        self.serve_names()
        self.configure(local={"sep": "/"})
        self.tree = self.workspace.tree("/")
        self.server.answer("LIST", b'* LIST () "/" {4}\r\n../x\r\n* LIST () "/" ../y\r\n* LIST () "/" /z\r\n', PROCEED)
        self.run_harmlessly()
        self.assertEqual(["INBOX"], self.tree.folders())

    def test_with_a_reference(self):
        self.check(("Mail/../x", "Mail/../../x", "Mail//etc"), remote={"reference": "Mail", "folderincludes": "['INBOX']"})


class Attack32(Names):
    """Delimiters."""

    def check_round_trip(self, delimiter, names, local_names, separator="."):
        self.serve_names(*names, delimiter=delimiter)
        self.configure(local={"sep": separator})
        self.tree = self.workspace.tree(separator)
        self.run_harmlessly(code=0)
        self.assertEqual(sorted(["INBOX", *local_names]), self.tree.folders())
        before = self.tree.snapshot()
        self.run_harmlessly(code=0)
        self.assertEqual(before, self.tree.snapshot())
        self.assert_unchanged_server()

    def test_a_dot(self):
        self.check_round_trip(".", ["Work", "Work.Sub"], ["Work", "Work/Sub"], separator="/")

    def test_a_backslash(self):
        self.check_round_trip("\\", ["Work", "Work\\Sub"], ["Work", "Work.Sub"])

    def test_a_quotation_mark(self):
        self.check_round_trip('"', ["Work", 'Work"Sub'], ["Work", "Work.Sub"])

    def test_a_backslash_where_folders_nest(self):
        self.check_round_trip("\\", ["Work", "Work\\Sub"], ["Work", "Work/Sub"], separator="/")

    def test_a_way_out_with_another_delimiter(self):
        self.serve_names("..\\x", "..\\..\\y", "a\\..\\..\\z", delimiter="\\")
        self.configure(local={"sep": "/"})
        self.tree = self.workspace.tree("/")
        self.run_harmlessly(code=1)
        self.assertEqual(["INBOX"], self.tree.folders())
        self.assert_unchanged_server()

    def test_slashes_that_are_no_delimiter(self):
        self.serve_names("../x", "/etc", "a/b", delimiter=".")
        result = self.run_harmlessly(code=1)
        self.assertEqual(["INBOX"], self.tree.folders())
        self.assertRegex(result.output, "'a/b'.*")
        self.assert_unchanged_server()

    def test_nil(self):
        """A server without hierarchy: the names are flat."""
        server = self.serve_names("Work")
        for name in ("LIST",):
            server.answer(name, lambda session, command: (
                [session.send(b"* LIST () NIL %s\r\n" % quoted(name)) for name in server.mailboxes],
                session.ok(command)))
        result = self.run_harmlessly()
        self.assertTrue(result.returncode == 0 or "ERROR" in result.output, str(result))
        self.assert_unchanged_server()

    def test_the_local_separator_in_a_name(self):
        self.serve_names("dot.name", "a.b/c")
        result = self.run_harmlessly(code=0)
        for name in ("dot.name", "a.b/c"):
            self.assertIn(f"Ignoring folder '{name}' due to unsupported '.' character serving as local separator.",
                          result.output)
        self.assertEqual(["INBOX"], self.tree.folders())
        self.assert_unchanged_server()

    def test_another_delimiter_in_the_next_run(self):
        """Names change their meaning: nothing may be deleted, on neither side, and nothing be made on the server."""
        server = self.serve_names("Work", "Work/Sub", "Other.Sub")
        self.run_harmlessly(code=0)
        bodies = {folder: self.local_bodies(folder) for folder in self.tree.folders()}
        server.delimiter = b"."
        self.configure(remote={"createfolders": "no"})
        self.run_harmlessly()
        for folder, held in bodies.items():
            self.assertEqual(held, self.local_bodies(folder))
        self.assertEqual(1, len(server.mailboxes[b"Work/Sub"].messages))
        for change in ("UID STORE", "UID EXPUNGE", "EXPUNGE", "DELETE"):
            self.assertNotIn(change, server.names())


class Attack33(Names):
    """Folders that become one here: neither is touched."""

    def check_collision(self, first, second, *patterns, others=("Work",), **configuration):
        server = self.serve_names(first, second, *others)
        self.configure(**configuration)
        self.tree = self.workspace.tree(configuration.get("local", {}).get("sep", "."))
        for _ in range(2):
            result = self.run_harmlessly(code=1)
            for pattern in (re.escape(f"'{first}'"), re.escape(f"'{second}'"), *patterns):
                self.assertRegex(result.output, "ERROR: .*" + pattern)
            self.assertEqual(sorted({"INBOX", *others} - {first, second}), self.tree.folders())
            for name in (first, second):
                self.assertNotIn(quoted(name.encode()), server.arguments("EXAMINE") + server.arguments("SELECT"))
        self.assert_unchanged_server()

    def test_a_slash_and_a_dot_where_folders_nest(self):
        self.check_collision("a/b", "a.b", "would share", local={"sep": "/"})

    def test_inbox_twice(self):
        for second in ("inbox", "Inbox"):
            with self.subTest(second=second):
                self.check_collision("INBOX", second, "would share|one mailbox")

    def test_nametrans_that_folds(self):
        self.check_collision("Work", "work", "would share the local folder 'work'", others=("Other",),
                             remote={"nametrans": "lambda name: name if name == 'INBOX' or name == 'Other' "
                                                  "else name.lower()"})

    def test_two_names_of_one_directory(self):
        """As on a file system that does not tell upper case from lower case, or two ways to write "ü"."""
        self.tree.make_folder("Work")
        self.tree.path("work").symlink_to("Work")
        self.tree.deliver("Work", b"Subject: mine\n\nmine\n", "S")
        before = self.tree.snapshot()
        server = self.serve_names("Work", "work", "Other")
        for _ in range(2):
            result = self.run_harmlessly(code=1)
            self.assertRegex(result.output, "ERROR: .*'Work' and 'work' would share the directory")
            self.assertEqual(before, {path: held for path, held in self.tree.snapshot().items() if "ork" in path})
            self.assertEqual(1, len(self.local_bodies("Other")))
        self.assertEqual([], [arguments for arguments in server.arguments("APPEND") if b"ork" in arguments])
        self.assert_unchanged_server()

    def test_twins_of_unicode_are_kept_apart_where_the_file_system_does(self):
        composed = unicodedata.normalize("NFC", "für")
        decomposed = unicodedata.normalize("NFD", composed)
        self.serve_names(composed, decomposed)
        self.run_harmlessly(code=0)
        self.assertEqual(sorted(["INBOX", composed, decomposed]), self.tree.folders())
        bodies = [self.local_bodies(name) for name in (composed, decomposed)]
        self.assertEqual([1, 1], [len(held) for held in bodies])
        self.assertNotEqual(*bodies)
        self.assert_unchanged_server()

    def test_names_alike_for_255_bytes(self):
        long = "n" * 255
        self.serve_names(long + "a", long + "b")
        result = self.run_harmlessly(code=1)
        self.assertEqual(["INBOX"], self.tree.folders())
        self.assertEqual(2, len(set(re.findall(r"ERROR: \S+ 'n{255}[ab]?\S*", result.output))), str(result))
        self.assert_unchanged_server()


class Attack34(Names):
    """Names that a Maildir, another server or our own state uses."""

    OURS = ".offlineimap-d41d8cd98f00b204e9800998ecf8427e.tmp"

    def check_own_directories(self, separator):
        self.serve_names("cur", "new", "tmp", "a/cur", "a/new/b")
        self.configure(local={"sep": separator})
        self.tree = self.workspace.tree(separator)
        result = self.run_harmlessly(code=1)
        for name in ("cur", "new", "tmp"):
            self.assertRegex(result.output, f"ERROR: .*'{name}'")
        self.assertEqual(1, len(self.local_bodies()))
        self.assertFalse((self.workspace.mail / "cur").exists())
        self.assert_unchanged_server()

    def test_a_maildirs_own_directories_side_by_side(self):
        self.check_own_directories(".")

    def test_a_maildirs_own_directories_where_folders_nest(self):
        self.check_own_directories("/")

    def test_what_servers_and_we_keep_beside_mail(self):
        names = (".hidden", "dovecot.index", "dovecot-uidlist", "maildirfolder", "subscriptions", ".nfs0001", "lost+found",
                 "dot", "Test.lock", "Epoch", self.OURS, "trailing ", "trailing.", " leading", "CON", "a:2,S", "LocalStatus")
        server = self.serve_names(*names)
        self.configure(local={"sep": "/"})
        self.tree = self.workspace.tree("/")
        result = self.run_harmlessly(code=1)
        self.assertRegex(result.output, f"ERROR: .*'{re.escape(self.OURS)}'")
        self.assertEqual(sorted({"INBOX", *names} - {self.OURS}), self.tree.folders())
        for number, name in enumerate(names, 1):
            if name != self.OURS:
                self.assertIn(b"Subject: A letter %d\n" % number, self.local_bodies(name)[0])
        before = self.tree.snapshot()
        self.run_harmlessly(code=1)
        self.assertEqual(before, self.tree.snapshot())
        self.assertEqual(1, len(server.mailboxes[b"dovecot.index"].messages))
        self.assert_unchanged_server()


class Attack35(Names):
    """Bytes that no name should have."""

    BYTES = (b"tab\there", b"del\x7f", b"esc\x1b[2J", b"\xff\xfe", b"lat\xefn1", b"\xc0\xae\xc0\xae", b"bell\x07", b"\xed\xa0\x80",
             b"c1\xc2\x9b31m", b"c1\x9b31m")
    MODIFIED_UTF_7 = (b"&", b"&AA", b"&AA-", b"&2AA-", b"&3AA-", b"&2D3cAA-", b"a&b", b"&-&-&", b"&AGE-", b"&####-",
                      b"&AAoADQ-")

    def check(self, *names, line_ends=False):
        """All are synchronised or reported, and stay on the server as they are."""
        server = self.serve_names(*names)
        for utf8 in ("no", "yes"):
            mail = self.workspace.home / f"Mail-{utf8}"
            self.workspace.mail, self.workspace.metadata = mail, self.workspace.home / f"metadata-{utf8}"
            self.tree = self.workspace.tree()
            self.configure(general={"metadata": self.workspace.metadata}, account={"utf8foldernames": utf8},
                           local={"localfolders": mail})
            for _ in range(2):
                result = self.run_harmlessly("-d", "imap")
                self.assertEqual(1, len(self.local_bodies()))
                made = {name.encode("utf-8", "surrogateescape") for name in self.tree.folders()}
                self.assertEqual([], [name for name in made if b"/" in name or b"\0" in name])
                if line_ends:
                    self.assertEqual({b"INBOX"}, made)
                    self.assertEqual(len(names), result.output.count("holds a line end or NUL") // 2, str(result))
                elif utf8 == "no":
                    fitting = {name for name in names if len(name) <= 240}
                    self.assertEqual({b"INBOX", *fitting}, made)
                    self.assertEqual(1 if len(fitting) < len(names) else 0, result.returncode)
            self.assert_unchanged_server()
        for name in names:
            self.assertEqual(1, len(server.mailboxes[name].messages))

    def test_control_characters_and_other_bytes(self):
        self.check(*self.BYTES)

    def test_what_other_commands_show(self):
        self.serve_names(*self.BYTES)
        for arguments in (("--info",), ("--dry-run",), ("-f", "esc\x1b[2J"), ("--delete-folder", "x\x1b[2J")):
            with self.subTest(arguments=arguments):
                self.run_harmlessly(*arguments)

    def test_line_ends(self):
        self.check(b"cr\rcr", b"lf\nlf", b"crlf\r\nA1 DELETE INBOX", b"x\r\nERROR: forged", line_ends=True)

    def test_what_is_no_modified_utf_7(self):
        self.check(*self.MODIFIED_UTF_7)

    def test_nul(self):
        server = self.serve_names()
        server.answer("LIST", b'* LIST () "/" {3}\r\na\0b\r\n', PROCEED)
        self.run_harmlessly()
        self.assert_unchanged_server()
        server.answer("LIST", b'* LIST () "/" "a\0b"\r\n', PROCEED)
        self.run_harmlessly()
        self.assertEqual([], [name for name in (self.tree.folders() if self.workspace.mail.exists() else [])
                              if name != "INBOX"])
        self.assert_unchanged_server()

    def test_four_kilobytes(self):
        self.check(b"n" * 4096, b"/".join([b"level"] * 800), b"\xc3\xbc" * 2048)

    def test_a_forged_line(self):
        self.serve_names(b"x\nERROR: forged", b"cur\nERROR: forged")
        self.assertEqual([], [line for line in self.run_harmlessly().lines if line.startswith("ERROR: forged")])


class Attack36(Names):
    """mbnames: names that a mail reader would take for commands."""

    HOSTILE = ('"; source evil', "`touch pwned`", "$(touch pwned)", "$HOME", "%(accountname)s", "tab\tx", "a\\", "a' +b",
               "x | touch pwned", "<enter>!touch pwned<enter>", "+evil !other")

    def muttrc(self):
        return (self.workspace.home / "mutt").read_text(encoding="utf-8")

    def serve_hostile(self, peritem):
        self.serve_names(*self.HOSTILE, "Harmless")
        sections = {"general": {"accounts": "Test"}, "mbnames": {
            "enabled": "yes", "filename": "~/mutt", "header": "'mailboxes '", "peritem": peritem, "sep": "' '",
            "footer": "'\\n'"}}
        self.configure()
        with open(self.workspace.config, "a", encoding="utf-8") as file:
            file.write("[mbnames]\n" + "".join(f"{key} = {value}\n" for key, value in sections["mbnames"].items()))

    def test_between_double_quotes(self):
        self.serve_hostile('"+%(accountname)s/%(foldername)s"')
        result = self.run_program()
        words = re.findall(r'"((?:[^"\\]|\\.)*)"', self.muttrc())
        self.assertEqual(f"mailboxes {' '.join(chr(34) + word + chr(34) for word in words)}\n", self.muttrc())
        for word in words:
            self.assertNotRegex(re.sub(r"\\.", "", word), r"[`$\\]")
        self.assertIn("+Test/Harmless", words)
        self.assertIn("is left out: its name has characters", result.output)

    def test_without_quotes(self):
        self.serve_hostile("+%(foldername)s")
        result = self.run_program()
        self.assertEqual(1, self.muttrc().count("\n"))
        self.assertNotRegex(self.muttrc(), r"[\"`\\$;#'|]")
        self.assertIn("+Harmless", self.muttrc())
        self.assertEqual(8, result.output.count("is left out"), str(result) + self.muttrc())

    def test_between_single_quotes(self):
        self.serve_hostile("'+%(foldername)s'")
        self.run_program()
        inside = self.muttrc().removeprefix("mailboxes ").removesuffix("\n")
        self.assertRegex(inside, r"^'\+[^'`$\\\n]*'( '\+[^'`$\\\n]*')*$")
        self.assertIn("'+Harmless'", inside)


class Attack37(Names):
    """What hooks are told: hostile names reach them as data, never as part of a command."""

    HOSTILE = ("$(touch pwned)", "`touch pwned`", "; touch pwned;", "' ; touch pwned; '", '" ; touch pwned; "', "a\ttouch pwned",
               "--help", "| touch pwned", "&& touch pwned", "\\", "*")

    def serve_hostile(self):
        mailboxes = {name: [b"Subject: $(touch pwned) `touch pwned`\r\nFrom: \"; touch pwned;\" <a@b>\r\n\r\n%d\r\n" % number]
                     for number, name in enumerate(("INBOX", *self.HOSTILE))}
        return self.serve(mailboxes, tls="implicit")

    def test_the_list_of_changes_is_separated_by_nul(self):
        self.serve_hostile()
        hook = 'cp "$OIMAP_CHANGES" ~/changes; env -0 > ~/environment; tr "\\\\0" "\\\\n" < /proc/$$/cmdline > ~/arguments'
        self.configure(account={"postsynchook": hook, "presynchook": "env -0 > ~/before"})
        self.run_program(code=0)
        self.assertEqual([], sorted(self.workspace.root.rglob("pwned")))
        fields = (self.workspace.home / "changes").read_bytes().split(b"\0")
        self.assertEqual(b"", fields.pop())
        folders = {path.decode() for kind, path in zip(fields[::2], fields[1::2]) if kind == b"folder"}
        self.assertEqual({str(self.tree.path(name)) for name in ("INBOX", *self.HOSTILE)}, folders)
        for name in ("environment", "before", "arguments"):
            told = (self.workspace.home / name).read_bytes()
            self.assertNotIn(b"touch pwned", told, "the hook gets a path, not names")

    def test_hooks_in_a_dry_run_are_not_called(self):
        self.serve_hostile()
        self.configure(account={"postsynchook": "touch ~/called", "presynchook": "touch ~/called"})
        self.run_program("--dry-run", code=0)
        self.assertFalse((self.workspace.home / "called").exists())

    def test_a_hostile_account(self):
        self.serve_hostile()
        text = self.workspace.config.read_text().replace("accounts = Test", "accounts = $(touch pwned)")
        text = text.replace("[Account Test]", "[Account $(touch pwned)]\npresynchook = echo \"$OIMAP_ACCOUNT_NAME\" > ~/name")
        self.workspace.config.write_text(text)
        self.run_program(code=0)
        self.assertEqual("$(touch pwned)\n", (self.workspace.home / "name").read_text())
        self.assertFalse((self.workspace.home / "pwned").exists())

    def test_newmail_hook(self):
        self.serve_hostile()
        self.configure(remote={"newmail_hook": "lambda: __import__('subprocess').call(['sh', '-c', "
                                               "'cp \"$OIMAP_CHANGES\" ~/changes'])"})
        self.run_program(code=0)
        self.assertEqual([], sorted(self.workspace.root.rglob("pwned")))
        self.assertTrue((self.workspace.home / "changes").exists())


class Attack38(Names):
    """nametrans whose result is a way out, or one for two."""

    def check(self, nametrans, *patterns, separator="/", refused=("Work",)):
        server = self.serve_names("Work", "Other")
        self.configure(remote={"nametrans": nametrans}, local={"sep": separator})
        self.tree = self.workspace.tree(separator)
        for _ in range(2):
            result = self.run_harmlessly(code=1)
            for pattern in patterns:
                self.assertRegex(result.output, "ERROR: (?:.*\n  )?.*" + pattern)
            self.assertEqual(sorted({"INBOX", "Work", "Other"} - set(refused)), self.tree.folders())
            self.assertFalse((self.workspace.home / "x").exists())
            for name in refused:
                self.assertNotIn(quoted(name.encode()), server.arguments("EXAMINE") + server.arguments("SELECT"))
                # Before any I/O: not even state was begun.
                self.assertEqual([], [path for path in self.workspace.metadata.rglob("*")
                                      if path.is_file() and name in path.name])
        self.assert_unchanged_server()

    def of(self, result):
        return f"lambda name: {result!r} if name == 'Work' else name"

    def test_a_level_up(self):
        self.check(self.of("../x"), r"'Work'|'\.\./x'", "would leave the Maildir")

    def test_two_levels_up(self):
        self.check(self.of("a/../../x"), "would leave the Maildir")

    def test_where_folders_lie_side_by_side_it_is_a_name_like_another(self):
        self.serve_names("Work")
        self.configure(remote={"nametrans": self.of("../x"), "createfolders": "no"})
        self.run_harmlessly(code=0)
        self.assertEqual(["...x", "INBOX"], self.tree.folders())
        self.assert_state_stays_inside()

    def test_what_is_remembered_of_a_folder_stays_when_it_is_refused(self):
        self.serve_names("Work")
        self.configure(local={"sep": "/"})
        self.run_harmlessly(code=0)
        before = tree_below(self.workspace.metadata)
        self.configure(local={"sep": "/"}, remote={"nametrans": self.of("../x"), "createfolders": "no"})
        self.run_harmlessly(code=1)
        self.assertEqual(before, tree_below(self.workspace.metadata))

    def test_an_absolute_path(self):
        self.check(self.of(str(self.workspace.home / "x")), "has an empty level")

    def test_a_maildirs_own_directory(self):
        self.check(self.of("tmp"), "is what a Maildir's own directories are called")

    def test_nul(self):
        self.check("lambda name: 'a\\x00b' if name == 'Work' else name", "NUL")

    def test_nothing_for_two_folders(self):
        self.check("lambda name: '' if name != 'INBOX' else name", "would share", refused=("Work", "Other"))

    def test_the_same_for_two_folders(self):
        self.check("lambda name: 'x' if name != 'INBOX' else name", "would share the local folder 'x'",
                   refused=("Work", "Other"))

    def test_no_text(self):
        server = self.serve_names("Work")
        for result in ("None", "7", "b'x'", "['x']", "1/0"):
            with self.subTest(result=result):
                self.configure(remote={"nametrans": f"lambda name: {result}"})
                self.assert_refuses("nametrans")
                self.assert_nothing_made()
        self.assertNotIn("EXAMINE", server.names())

    def test_on_the_way_to_the_server(self):
        """A local folder whose translated name is no other than another's."""
        server = self.serve_names()
        for name in ("One", "Two"):
            self.tree.make_folder(name)
            self.tree.deliver(name, b"Subject: mine\n\nmine\n", "S")
        self.configure(local={"nametrans": "lambda name: 'Same' if name != 'INBOX' else name"})
        result = self.run_harmlessly(code=1)
        self.assertRegex(result.output, "ERROR: ")
        self.assertNotIn("APPEND", server.names())
        self.assertNotIn("CREATE", server.names())


class Attack39(Names):
    """Local directories whose names are commands, patterns or no ASCII."""

    HOSTILE = ('x"\r\nA1 DELETE INBOX', "per%cent", "st*r", 'quo"te', "back\\slash", '"', "\\", "%", "*", "(paren", "{5}",
               "{5+}", "x\r\nA2 LOGOUT", "lf\nlf", "blank blank", " ", "ünï", "tab\there", "a]b[", "A1 DELETE INBOX", "nil", "NIL",
               "\x1b[2J", "~user", "#news")

    def check(self, capabilities, hostile=HOSTILE, **account):
        server = self.serve({"INBOX": [case.message(0)], "perXcent": [case.message(1)], "stXXr": [case.message(2)]},
                            tls="implicit", capabilities=capabilities)
        self.configure(account=account)
        self.tree.make_folder("INBOX")
        for name in hostile:
            self.tree.make_folder(name)
            self.tree.deliver(name, b"Subject: mine\n\nmine\n", "S")
        result = self.run_program()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn("holds a line end or NUL", result.output)
        self.assertLessEqual(set(server.names()), {"CAPABILITY", "AUTHENTICATE", "ID", "LIST", "CREATE", "EXAMINE", "SELECT",
                                                   "UID FETCH", "APPEND", "UID SEARCH", "LOGOUT", "NOOP"})
        made = [strings(arguments)[0] for arguments in server.arguments("CREATE")]
        self.assertEqual({b"INBOX", b"perXcent", b"stXXr", *made}, set(server.mailboxes))
        self.assertEqual(1, len(server.mailboxes[b"INBOX"].messages))
        self.assertEqual(1, len(server.mailboxes[b"perXcent"].messages))
        return server, made

    def test_are_quoted_or_literals(self):
        for capabilities in ("IMAP4rev1 UIDPLUS", "IMAP4rev1 UIDPLUS LITERAL+", "IMAP4rev1"):
            with self.subTest(capabilities=capabilities):
                server, made = self.check(capabilities)
                sent = [name.encode() for name in self.HOSTILE if not re.search("[\r\n]", name)]
                self.assertEqual(sorted(sent), sorted(made))
                for name in made:
                    self.assertEqual(1, len(server.mailboxes[name].messages), name)
                for name in self.HOSTILE:
                    self.assertEqual(1, len(self.tree.messages(name)), "what is refused stays as it is")
                shutil.rmtree(self.workspace.metadata)
                self.tree.root.rename(self.tree.root.with_name(f"Mail of {len(capabilities)}"))

    def test_are_modified_utf_7_where_names_are_utf_8_here(self):
        _, made = self.check("IMAP4rev1 UIDPLUS", utf8foldernames="yes")
        for name in made:
            self.assertTrue(all(0x20 <= byte < 0x7f for byte in name), name)

    def test_bytes_that_are_no_utf_8(self):
        server = self.serve_names()
        for name in (b"\xff\xfe", b"lat\xefn1"):
            for kind in (b"cur", b"new", b"tmp"):
                os.makedirs(os.path.join(os.fsencode(self.workspace.mail), name, kind))
        self.run_harmlessly()
        for name in server.mailboxes:
            self.assertIn(name, (b"INBOX", b"\xff\xfe", b"lat\xefn1"))
        self.assertNotIn("DELETE", server.names())


if __name__ == "__main__":
    case.main()
