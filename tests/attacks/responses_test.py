"""Answers of a logged-in server that are malformed, endless, impossible, or about things that nobody asked for."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import programs  # noqa: E402
from support import scripted_case as case  # noqa: E402
from support.maildir import to_disk  # noqa: E402
from support.scripted_imap import CLOSE, PROCEED, Mailbox  # noqa: E402

SELECTIONS = ("SELECT", "EXAMINE")
MOST_MEMORY = 150  # MiB; an ordinary run needs about 30


def is_listing(command):
    return b"BODY" not in command.arguments and b"FLAGS" in command.arguments


def is_body_fetch(command):
    return b"BODY.PEEK[]" in command.arguments


class Responses(case.ScriptedTestCase):
    def serve_synced(self, count=3, **options):
        """A server with messages that are here already."""
        server = self.serve({"INBOX": [case.message(number) for number in range(1, count + 1)]}, **options)
        self.run_program(code=0)
        self.assertEqual(count, len(self.local_bodies()))
        return server

    def add(self, number=9):
        body = case.message(number)
        self.server.mailboxes[b"INBOX"].add(body)
        return body

    def lie(self, name, answer, when=lambda command: True):
        """`answer(session, command)` in place of the usual one for commands that fit."""
        self.server.answer(name, lambda session, command: (
            answer(session, command) if when(command) else session.usual(command)))

    def lie_to_listings(self, lines):
        """FETCH of flags is answered with these lines."""
        def answer(session, command):
            session.send(lines.replace(b"%TAG%", command.tag))
            session.ok(command)
        self.lie("UID FETCH", answer, is_listing)

    def be_honest(self, *names):
        for name in names:
            self.server.answer(name, PROCEED)

    def run_in_little_memory(self, *arguments):
        result, peak = self.workspace.run_measuring_memory(*arguments, timeout=300)
        for crash in case.CRASHES:
            self.assertNotIn(crash, result.output)
        if not programs.sanitized():
            self.assertLess(peak, MOST_MEMORY)
        return result

    def assert_run_deletes_nothing(self, *arguments, code=None):
        """Whatever the server says: nothing here goes, nothing there goes."""
        before = self.local_bodies()
        on_server = self.server.mailboxes[b"INBOX"].bodies()
        result = self.run_in_little_memory(*arguments)
        if code is not None:
            self.assertEqual(code, result.returncode, str(result))
        after = self.local_bodies()
        self.assertEqual([], [body for body in before if body not in after], str(result))
        now = self.server.mailboxes[b"INBOX"].bodies()
        self.assertEqual([], [body for body in on_server if body not in now], str(result))
        return result

    def assert_recovers(self):
        """An honest run afterwards brings both sides together, once each."""
        self.run_program(code=0)
        expected = sorted(to_disk(body) for body in self.server.mailboxes[b"INBOX"].bodies())
        self.assertEqual(expected, self.local_bodies())


class Attack18(Responses):
    """Sizes of literals that cannot be, or that promise more than comes."""

    def body_of(self, literal, content=b"", *after):
        self.serve_synced()
        self.add()

        def answer(session, command):
            session.send(b"* 4 FETCH (UID 4 BODY[] " + literal + b"\r\n" + content)
            for step in after:
                session.close() if step is CLOSE else session.send(step.replace(b"%TAG%", command.tag))
        self.lie("UID FETCH", answer, is_body_fetch)
        return self.assert_run_deletes_nothing()

    def check_refused(self, literal, *patterns):
        result = self.body_of(literal, b"Subject: half\r\n\r\n", CLOSE)
        self.assertNotEqual(0, result.returncode)
        for pattern in patterns:
            self.assertRegex(result.output, pattern)
        self.assertEqual(3, len(self.local_bodies()))
        self.be_honest("UID FETCH")
        self.assert_recovers()

    def test_32_bits(self):
        self.check_refused(b"{4294967295}", "closed the connection")

    def test_31_bits(self):
        self.check_refused(b"{2147483648}", "closed the connection")

    def test_63_bits(self):
        self.check_refused(b"{9223372036854775807}", "closed the connection")

    def test_64_bits(self):
        self.check_refused(b"{18446744073709551615}", "a literal is larger than any can be")

    def test_more_digits_than_any_number_has(self):
        self.check_refused(b"{" + b"9" * 400 + b"}", "a literal is larger than any can be")

    def test_below_zero(self):
        self.check_refused(b"{-1}", "does not keep to the protocol")

    def test_no_number(self):
        self.check_refused(b"{}", "does not keep to the protocol")

    def test_zero_is_a_message_of_no_bytes(self):
        self.body_of(b"{0}", b")\r\n", b"%TAG% OK done\r\n")
        self.assertEqual(4, len(self.local_bodies()))
        self.assertIn(b"", self.local_bodies())

    def test_a_plus_changes_nothing(self):
        self.body_of(b"{5+}", b"a: b\r)\r\n", b"%TAG% OK done\r\n")
        self.assertIn(b"a: b\r", self.local_bodies())

    def test_a_name_of_four_gigabytes(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("LIST", b'* LIST () "/" {4294967295}\r\n' + b"x" * 100_000, CLOSE)
        self.assert_refuses("a literal is larger than the limit")

    def test_many_names_of_the_largest_size(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("LIST", b"* LIST (" + (b"{65536}\r\n" + b"x" * 65536 + b" ") * 40, CLOSE)
        self.assert_refuses("a response is larger than the limit")


class Attack19(Responses):
    """Lines, lists and nesting without end."""

    def check(self, name, answer, *patterns):
        """A server that says this in answer to `name` gets an error, in bounded memory."""
        self.serve_synced()
        self.server.answer(name, answer, CLOSE)
        result = self.assert_run_deletes_nothing()
        self.assertNotEqual(0, result.returncode, str(result))
        for pattern in patterns:
            self.assertRegex(result.output, pattern)
        self.be_honest(name)
        self.assert_recovers()

    def test_a_line_without_end(self):
        self.check("UID FETCH", b"* OK " + b"x" * 5_000_000, "a line is longer than the limit")

    def test_a_million_brackets(self):
        self.check("UID FETCH", b"* 1 FETCH (UID 1 X " + b"(" * 1_000_000 + b"\r\n", "fewer nested lists|longer than")

    def test_two_hundred_brackets(self):
        self.check("UID FETCH", b"* 1 FETCH (UID 1 X " + b"(" * 200 + b")" * 200 + b")\r\n", "fewer nested lists")

    def test_a_million_capabilities(self):
        self.check("ID", b"* CAPABILITY IMAP4rev1" + b" X" * 1_000_000 + b"\r\n", "a line is longer than the limit")

    def test_a_million_flags(self):
        self.check("UID FETCH", b"* 1 FETCH (UID 1 FLAGS (" + b"a " * 1_000_000 + b"b))\r\n",
                   "a line is longer than the limit")

    def test_lines_without_end_that_say_nothing(self):
        self.check("UID FETCH", b"* OK here\r\n" * 1_100_000, "goes on and on without answering")

    def test_messages_without_end(self):
        self.check("UID FETCH", b"* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n" * 150_000, "does not end")

    def test_mailboxes_without_end(self):
        self.check("LIST", b'* LIST () "/" a\r\n' * 210_000, "list of mailboxes does not end")

    def test_alerts_without_end(self):
        self.serve_synced()
        self.server.answer("UID FETCH", b"* OK [ALERT] look here\r\n" * 1000, PROCEED)
        result = self.run_program(code=0)
        self.assertLess(result.output.count("look here"), 50)

    def test_a_listing_in_the_order_that_costs_most(self):
        count = 60_000
        server = self.serve({"INBOX": ()})
        self.lie("EXAMINE", lambda session, command: (
            session.send(b"* %d EXISTS\r\n* OK [UIDVALIDITY 1700000000] v\r\n" % count),
            session.ok(command, "[READ-ONLY] examined")))
        lines = b"".join(b"* %d FETCH (UID %d FLAGS (k%d))\r\n" % (number, count - number + 1, number)
                         for number in range(1, count + 1))
        server.answer("UID FETCH", lines, b"%TAG% OK done\r\n")
        self.run_program("--dry-run", code=0, timeout=300)


class Attack20(Responses):
    """Messages of every shape arrive as they are, but for CRLF, which becomes LF."""

    BODIES = {
        "no header": b"just text\r\nand more\r\n",
        "a header only": b"Subject: x\r\n",
        "an empty body": b"Subject: x\r\n\r\n",
        "no byte at all": b"",
        "leading blank lines": b"\r\n\r\nSubject: late\r\n\r\nx\r\n",
        "one line end": b"\r\n",
        "lone carriage returns": b"Subject: x\r\n\r\na\rb\r\rc\r",
        "lone line feeds": b"Subject: x\n\na\nb\n",
        "both": b"Subject: x\r\n\r\na\n\r\nb\r\r\nc",
        "NUL": b"Subject: \0x\r\n\r\na\0b\0",
        "8-bit": b"Subject: \xff\xfe\x80\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
        "a continuation first": b" folded\r\nSubject: x\r\n\r\nx\r\n",
        "a field without a name": b": x\r\n\r\nx\r\n",
        "a literal's announcement": b"Subject: {100}\r\n\r\n{100}\r\n* BYE\r\nA1 OK done\r\n",
        "mbox lines": b"From x Mon Jan 1 00:00:00 2024\r\nSubject: x\r\n\r\nFrom here\r\n",
        "no line end": b"Subject: x\r\n\r\nthe end",
        "a defective MIME structure": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--b\r\n\r\n--a--\r\n--a\r\n",
        "a line of ten megabytes": b"Subject: x\r\n\r\n" + b"x" * 10_000_000 + b"\r\n",
        "a header of one megabyte": b"Subject: " + b"y" * 1_000_000 + b"\r\n\r\nz\r\n",
        "a hundred thousand fields": b"".join(b"X-%d: %d\r\n" % (n, n) for n in range(100_000)) + b"\r\nx\r\n",
    }

    def test_arrive(self):
        self.serve({"INBOX": list(self.BODIES.values())})
        self.run_program(code=0)
        expected = sorted(to_disk(body) for body in self.BODIES.values())
        self.assertEqual(len(expected), len(self.local_bodies()))
        for number, (got, wanted) in enumerate(zip(self.local_bodies(), expected)):
            self.assertTrue(got == wanted, f"number {number}: {got[:80]!r} for {wanted[:80]!r}")

    def test_go_back_as_they_came(self):
        """Uploaded to another server, each is what it was on the first, where the Maildir can tell."""
        self.serve({"INBOX": ()})
        self.run_program(code=0)
        bodies = [body for name, body in self.BODIES.items() if name not in ("NUL", "no byte at all")]
        for body in bodies:
            self.tree.deliver("INBOX", to_disk(body), "")
        self.run_program(code=0)
        expected = sorted(re.sub(rb"(?<!\r)\n", b"\r\n", to_disk(body)) for body in bodies)
        self.assertEqual(expected, self.server.mailboxes[b"INBOX"].bodies())

    def test_in_quotes_instead_of_a_literal(self):
        self.serve_synced()
        self.add()
        self.lie("UID FETCH", lambda session, command: (
            session.send(b'* 4 FETCH (UID 4 BODY[] "Subject: \\"x\\" \\\\y")\r\n'), session.ok(command)), is_body_fetch)
        self.run_program(code=0)
        self.assertIn(b'Subject: "x" \\y', self.local_bodies())


class Attack21(Responses):
    """APPENDUID and COPYUID that are not what they seem."""

    def check(self, code, warns=None, before=b""):
        """A message written here goes up once, whatever the code says, and stays."""
        self.serve_synced()

        def answer(session, command):
            usual = session.ok
            session.ok = lambda command, text="done": usual(command, code)
            session.send(before)
            try:
                session.usual(command)
            finally:
                session.ok = usual
        self.lie("APPEND", answer)
        self.tree.deliver("INBOX", b"Subject: mine\n\nmine\n", "S")
        result = self.assert_run_deletes_nothing(code=0)
        if warns:
            self.assertIn(warns, result.output)
        self.be_honest("APPEND")
        self.assert_run_deletes_nothing(code=0)
        self.assert_run_deletes_nothing(code=0)
        self.assertEqual(1, self.server.mailboxes[b"INBOX"].bodies().count(b"Subject: mine\r\n\r\nmine\r\n"))
        self.assertEqual(1, self.local_bodies().count(b"Subject: mine\n\nmine\n"))
        self.assertEqual([1, 2, 3, 4], sorted(message.uid for message in self.tree.messages("INBOX")))
        self.assertEqual(4, self.tree.by_body("INBOX", b"Subject: mine\n\nmine\n").uid)

    def test_a_uid_that_a_message_here_has(self):
        self.check("[APPENDUID 1700000000 2] done", "has UID 2, which is another message's")

    def test_a_uid_below_the_next_one(self):
        self.check("[APPENDUID 1700000000 1] done", "has UID 1, which is another message's")

    def test_of_another_epoch(self):
        self.check("[APPENDUID 1 4] done")

    def test_uid_zero(self):
        self.check("[APPENDUID 1700000000 0] done")

    def test_validity_zero(self):
        self.check("[APPENDUID 0 4] done")

    def test_a_set(self):
        self.check("[APPENDUID 1700000000 4:900] done")

    def test_a_huge_set(self):
        self.check("[APPENDUID 1700000000 1:4294967295] done")

    def test_more_than_32_bits(self):
        self.check("[APPENDUID 1700000000 4294967300] done")

    def test_more_than_64_bits(self):
        self.check("[APPENDUID 1700000000 99999999999999999999999] done")

    def test_no_number(self):
        self.check("[APPENDUID] done")

    def test_the_code_of_another_command(self):
        self.check("[COPYUID 1700000000 1:3 900:902] done")

    def test_in_an_untagged_answer(self):
        self.check("done", before=b"* OK [APPENDUID 1700000000 2] x\r\n* OK [COPYUID 1700000000 1 2] x\r\n")

    def test_in_answers_to_other_commands(self):
        self.serve_synced()
        for name in (*SELECTIONS, "UID FETCH"):
            self.server.answer(name, b"* OK [APPENDUID 1700000000 1] x\r\n", PROCEED)
        self.assert_run_deletes_nothing(code=0)
        self.be_honest(*SELECTIONS, "UID FETCH")
        self.assert_recovers()


class Attack22(Responses):
    """FETCH about other messages than those that were asked for."""

    def check(self, *lines, code=None):
        """`lines` come in place of the fourth message, whose text is `case.message(9)`."""
        self.serve_synced()
        wanted = self.add()

        def answer(session, command):
            for line in lines:
                session.send(line)
            session.ok(command)
        self.lie("UID FETCH", answer, is_body_fetch)
        self.assert_run_deletes_nothing(code=code)
        for message in self.tree.messages("INBOX"):
            self.assertNotIn(b"evil", message.body)
        self.be_honest("UID FETCH")
        self.assert_recovers()
        self.assertEqual(4, self.tree.by_body("INBOX", to_disk(wanted)).uid)

    @staticmethod
    def literal(text=b"Subject: evil\r\n\r\n"):
        return b"BODY[] {%d}\r\n%s" % (len(text), text)

    def test_a_uid_that_nobody_asked_for(self):
        self.check(b"* 4 FETCH (UID 77 " + self.literal() + b")\r\n")

    def test_a_uid_that_is_here_already(self):
        self.check(b"* 2 FETCH (UID 2 " + self.literal() + b")\r\n")

    def test_uid_zero(self):
        self.check(b"* 4 FETCH (UID 0 " + self.literal() + b")\r\n")

    def test_no_uid(self):
        self.check(b"* 4 FETCH (" + self.literal() + b")\r\n")

    def test_two_uids_in_one_answer(self):
        self.check(b"* 4 FETCH (UID 4 " + self.literal() + b" UID 5)\r\n")

    def test_two_bodies_in_one_answer(self):
        self.check(b"* 4 FETCH (UID 4 " + self.literal() + b" " + self.literal() + b")\r\n")

    def test_a_part_instead_of_the_whole(self):
        self.check(b"* 4 FETCH (UID 4 BODY[TEXT] {6}\r\nevil\r\n)\r\n")

    def test_a_partial_body(self):
        self.check(b"* 4 FETCH (UID 4 BODY[]<0> {6}\r\nevil\r\n)\r\n")

    def test_nil(self):
        self.check(b"* 4 FETCH (UID 4 BODY[] NIL)\r\n")

    def test_no_body(self):
        self.check(b"* 4 FETCH (UID 4 FLAGS ())\r\n")

    def test_nothing(self):
        self.check()

    def test_a_message_number_that_is_none(self):
        self.check(b"* 0 FETCH (UID 77 " + self.literal() + b")\r\n")

    def test_twice(self):
        """The first one counts; a second body under that UID is nobody's."""
        self.serve_synced()
        wanted = self.add()
        self.lie("UID FETCH", lambda session, command: (
            session.send(session.fetch_line(4, 4, b"BODY.PEEK[]")),
            session.send(b"* 4 FETCH (UID 4 " + self.literal() + b")\r\n"), session.ok(command)), is_body_fetch)
        self.run_program(code=0)
        self.assertIn(to_disk(wanted), self.local_bodies())
        self.assertEqual(4, len(self.local_bodies()))

    def test_bodies_while_flags_are_listed(self):
        self.serve_synced()
        self.server.answer("UID FETCH", b"* 1 FETCH (UID 1 " + self.literal() + b")\r\n", PROCEED)
        self.assert_run_deletes_nothing(code=0)
        self.assertEqual(3, len(self.local_bodies()))

    def test_a_list_without_uids(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* %d FETCH (FLAGS (\\Seen))\r\n" % number for number in (1, 2, 3)))
        result = self.assert_run_deletes_nothing()
        self.assertIn("listed only 0 of the 3 messages", result.output)
        self.assertNotEqual(0, result.returncode)

    def test_a_list_of_one_message_again_and_again(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* 1 FETCH (UID 1 FLAGS ())\r\n" for _ in range(3)))
        self.assertIn("listed only 1 of the 3 messages", self.assert_run_deletes_nothing().output)

    def test_a_list_of_one_uid_under_every_number(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* %d FETCH (UID 1 FLAGS ())\r\n" % number for number in (1, 2, 3)))
        self.assertIn("listed only 1 of the 3 messages", self.assert_run_deletes_nothing().output)

    def test_a_list_of_numbers_that_the_mailbox_does_not_have(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* %d FETCH (UID %d FLAGS ())\r\n" % (number, 10 * number)
                                      for number in (7, 8, 9)))
        self.assertIn("listed only 0 of the 3 messages", self.assert_run_deletes_nothing().output)

    def test_a_list_of_messages_that_cannot_be(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* %d FETCH (UID 0 FLAGS ())\r\n" % number for number in (1, 2, 3)))
        self.assertIn("listed only 0 of the 3 messages", self.assert_run_deletes_nothing().output)


class Attack23(Responses):
    """Numbers at the edges."""

    def select_says(self, *lines):
        def answer(session, command):
            usual = session.send
            session.send = lambda data: usual(self.changed(data, lines))
            try:
                session.usual(command)
            finally:
                session.send = usual
        for name in SELECTIONS:
            self.lie(name, answer)

    @staticmethod
    def changed(data, lines):
        for old, new in lines:
            data = data.replace(old, new)
        return data

    def test_large_uids_are_uids(self):
        server = self.serve({"INBOX": ()})
        for first in (2**31 - 1, 2**32 - 3):
            server.mailboxes[b"INBOX"].uid_next = first
            for number in range(2):
                server.mailboxes[b"INBOX"].add(case.message(first + number))
        server.mailboxes[b"INBOX"].uid_next = 2**32 - 1
        self.run_program(code=0)
        self.assertEqual([2**31 - 1, 2**31, 2**32 - 3, 2**32 - 2],
                         sorted(message.uid for message in self.tree.messages("INBOX")))
        self.assert_run_deletes_nothing(code=0)

    def test_a_large_validity_is_one(self):
        self.serve({"INBOX": Mailbox([case.message(1)], uid_validity=2**32 - 1)})
        self.run_program(code=0)
        self.assert_run_deletes_nothing(code=0)
        self.assertEqual(1, len(self.local_bodies()))

    def check_validity(self, line):
        self.serve_synced()
        self.select_says((b"* OK [UIDVALIDITY 1700000000] valid\r\n", line))
        self.assertNotEqual(0, self.assert_run_deletes_nothing().returncode)
        self.be_honest(*SELECTIONS)
        self.assert_recovers()

    def test_validity_zero(self):
        self.check_validity(b"* OK [UIDVALIDITY 0] valid\r\n")

    def test_validity_zero_from_the_beginning(self):
        self.serve({"INBOX": Mailbox([case.message(1)], uid_validity=0)})
        result = self.run_program()
        self.assertIn("tells no UIDVALIDITY above 0", result.output)
        self.assertNotEqual(0, result.returncode)

    def test_no_validity(self):
        self.check_validity(b"")

    def test_a_validity_of_more_than_32_bits(self):
        self.check_validity(b"* OK [UIDVALIDITY 4294967296] valid\r\n")

    def test_a_validity_that_is_no_number(self):
        self.check_validity(b"* OK [UIDVALIDITY one] valid\r\n")

    def test_a_validity_that_changes_under_way(self):
        self.serve_synced()
        self.server.answer("UID FETCH", b"* OK [UIDVALIDITY 5] other\r\n", PROCEED)
        self.assertIn("UIDVALIDITY changed while", self.assert_run_deletes_nothing().output)

    def test_a_next_uid_below_known_ones(self):
        self.serve_synced()
        self.select_says((b"[UIDNEXT 4]", b"[UIDNEXT 1]"))
        self.tree.deliver("INBOX", b"Subject: mine\n\nmine\n", "S")
        self.assert_run_deletes_nothing(code=0)
        self.assert_run_deletes_nothing(code=0)
        self.assertEqual(4, len(self.local_bodies()))
        self.assertEqual(4, len(self.server.mailboxes[b"INBOX"].messages))

    def test_next_uids_that_cannot_be(self):
        self.serve_synced()
        for number in (b"0", b"4294967296", b"-1", b"x", b"99999999999999999999"):
            with self.subTest(number=number):
                self.select_says((b"[UIDNEXT 4]", b"[UIDNEXT " + number + b"]"))
                self.assert_run_deletes_nothing(code=0)

    def test_mod_sequences(self):
        self.serve_synced()
        for number in (b"0", b"1", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616", b"-5"):
            with self.subTest(number=number):
                self.select_says((b"* OK [UIDNEXT", b"* OK [HIGHESTMODSEQ " + number + b"] m\r\n* OK [UIDNEXT"))
                self.assert_run_deletes_nothing(code=0)
        self.assertEqual(3, len(self.local_bodies()))

    def test_more_messages_than_there_can_be(self):
        self.serve_synced()
        for number in (b"4294967295", b"2147483648", b"50000001"):
            with self.subTest(number=number):
                self.select_says((b"* 3 EXISTS", b"* " + number + b" EXISTS"))
                result = self.assert_run_deletes_nothing()
                self.assertIn("messages in mailbox 'INBOX', which cannot be", result.output)
        
    def test_more_messages_than_it_lists(self):
        self.serve_synced()
        self.select_says((b"* 3 EXISTS", b"* 40000000 EXISTS"))
        result = self.assert_run_deletes_nothing()
        self.assertIn("listed only 3 of the 40000000 messages", result.output)


class Attack24(Responses):
    """Messages that are said to be gone."""

    def check(self, *lines, code=0):
        self.serve_synced()
        self.server.answer("UID FETCH", *lines, PROCEED)
        result = self.assert_run_deletes_nothing(code=code)
        self.be_honest("UID FETCH")
        self.assert_recovers()
        self.assertEqual(3, len(self.local_bodies()))
        return result

    def test_all_uids_vanished(self):
        self.check(b"* VANISHED 1:4294967295\r\n")

    def test_all_uids_vanished_earlier(self):
        self.check(b"* VANISHED (EARLIER) 1:4294967295\r\n")

    def test_an_unknown_number_is_expunged(self):
        self.check(b"* 4 EXPUNGE\r\n* 0 EXPUNGE\r\n* 4294967295 EXPUNGE\r\n")

    def test_expunges_in_place_of_a_list(self):
        """Nothing is listed, and as many messages are said to be gone as were there."""
        self.serve_synced()
        self.lie_to_listings(b"* 1 EXPUNGE\r\n" * 3)
        result = self.assert_run_deletes_nothing()
        self.assertNotEqual(0, result.returncode, str(result))

    def test_expunges_between_commands(self):
        self.serve_synced()
        for name in SELECTIONS:
            self.server.answer(name, PROCEED, b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n")
        self.assert_run_deletes_nothing()

    def test_a_mailbox_that_shrinks_without_them(self):
        self.serve_synced()
        for name in SELECTIONS:
            self.server.answer(name, PROCEED, b"* 0 EXISTS\r\n")
        self.assert_run_deletes_nothing()

    def test_expunges_before_a_list(self):
        self.serve_synced()
        self.lie_to_listings(b"* 1 EXPUNGE\r\n" * 2 + b"* 1 FETCH (UID 1 FLAGS ())\r\n")
        self.assertIn("being expunged while they are listed", self.assert_run_deletes_nothing().output)

    def test_expunges_once_are_asked_about_again(self):
        """As another client's deletion does it, in the middle of a list."""
        server = self.serve_synced()
        counted = []

        def answer(session, command):
            counted.append(command)
            if len(counted) == 1:
                del session.selected.messages[2]
                session.send(b"* 1 FETCH (UID 1 FLAGS ())\r\n* 2 EXPUNGE\r\n* 2 FETCH (UID 3 FLAGS ())\r\n")
                return session.ok(command)
            return session.usual(command)
        self.lie("UID FETCH", answer, is_listing)
        self.run_program(code=0)
        self.assertEqual(2, len(counted))
        self.assertEqual(sorted(to_disk(body) for body in server.mailboxes[b"INBOX"].bodies()), self.local_bodies())

    def test_a_burst_while_bodies_come(self):
        self.serve_synced()
        self.add()
        self.lie("UID FETCH", lambda session, command: (
            session.send(b"* 1 EXPUNGE\r\n" * 4), session.usual(command)), is_body_fetch)
        self.assert_run_deletes_nothing(code=0)
        self.be_honest("UID FETCH")
        self.assert_recovers()
        self.assertEqual(4, len(self.local_bodies()))

    def test_a_hundred_thousand_expunges(self):
        self.check(b"* 9 EXPUNGE\r\n" * 150_000)

    def test_before_the_mailbox_is_open(self):
        self.serve_synced()
        for name in SELECTIONS:
            self.server.answer(name, b"* 1 EXPUNGE\r\n* VANISHED 1:3\r\n", PROCEED)
        self.assert_run_deletes_nothing(code=0)


class Attack25(Responses):
    """Results of searches that nobody made, or that are no answer."""

    def serve_with_age(self):
        """`maxage` asks by search which messages are young enough; what it does not find must not go."""
        self.serve_synced()
        self.configure(account={"maxage": "3000"})
        self.run_program(code=0)
        self.assertIn("UID SEARCH", self.server.names())

    def check(self, *steps, code=None):
        self.serve_with_age()
        self.server.answer("UID SEARCH", *steps)
        result = self.assert_run_deletes_nothing(code=code)
        self.be_honest("UID SEARCH")
        self.assert_recovers()
        return result

    def test_no_answer(self):
        self.assertIn("without a result", self.check(b"%TAG% OK done\r\n").output)

    def test_an_answer_to_another_command(self):
        self.assertIn("without a result", self.check(b'* ESEARCH (TAG "A999") UID\r\n', b"%TAG% OK done\r\n").output)

    def test_an_answer_to_no_command(self):
        self.assertIn("without a result", self.check(b"* ESEARCH UID ALL 1\r\n", b"%TAG% OK done\r\n").output)

    def test_an_answer_with_nothing_in_it(self):
        self.assertIn("without a result", self.check(b"* ESEARCH\r\n", b"%TAG% OK done\r\n").output)

    def test_message_numbers_for_uids(self):
        self.assertIn("without a result",
                      self.check(b'* ESEARCH (TAG "%TAG%") ALL 1:3\r\n', b"%TAG% OK done\r\n").output)

    def test_every_uid_there_could_be(self):
        self.assertIn("finds more messages than the mailbox has",
                      self.check(b'* ESEARCH (TAG "%TAG%") UID ALL 1:4294967295\r\n', b"%TAG% OK done\r\n").output)

    def test_no_messages_at_all(self):
        """A lie that is well-formed leaves messages alone all the same: what is out of sight is not deleted."""
        self.check(b"* SEARCH\r\n", b"%TAG% OK done\r\n")

    def test_results_that_nobody_asked_for(self):
        self.serve_synced()
        for name in ("UID FETCH", *SELECTIONS, "LIST"):
            self.server.answer(name, b"* SEARCH\r\n* SEARCH 1 2 3\r\n* ESEARCH (TAG \"A1\") UID\r\n", PROCEED)
        self.assert_run_deletes_nothing(code=0)

    def test_numbers_that_cannot_be(self):
        for number in (b"0", b"4294967296", b"-1", b"x"):
            with self.subTest(number=number):
                self.check(b"* SEARCH " + number + b"\r\n", b"%TAG% OK done\r\n")

    def test_an_empty_answer_of_the_old_form_in_imap4rev2(self):
        self.serve_synced(capabilities="IMAP4rev2 LITERAL+ SASL-IR ID")
        self.configure(account={"maxage": "3000"})
        self.server.answer("UID SEARCH", b"* SEARCH\r\n", b"%TAG% OK done\r\n")
        self.assertIn("without a result", self.assert_run_deletes_nothing().output)


class Attack26(Responses):
    """Flags of every kind."""

    FLAGS = (b"[bracket]", b"a]b", b"\\Back\\slash", b"\\*", b"\\", b"%", b"a{3}b", b'"quoted flag"', b'"a\\"b"', b"\xff\xfe",
             b"$Junk", b"junk", b"JUNK", b"x" * 1000, b"\\Recent", b"NIL", b"(nested)")

    def test_are_read_and_lose_nothing(self):
        self.serve_synced()
        for flag in self.FLAGS[:-1]:
            with self.subTest(flag=flag[:20]):
                self.lie_to_listings(b"".join(b"* %d FETCH (UID %d FLAGS (%s \\Seen))\r\n" % (number, number, flag)
                                              for number in (1, 2, 3)))
                self.assert_run_deletes_nothing(code=0)
                self.assertEqual(["S"] * 3, [message.flags for message in self.tree.messages("INBOX")])

    def test_a_list_in_a_list_is_refused(self):
        self.serve_synced()
        self.lie_to_listings(b"* 1 FETCH (UID 1 FLAGS ((nested)))\r\n")
        self.assertNotEqual(0, self.assert_run_deletes_nothing().returncode)

    def test_system_flags_in_any_case(self):
        self.serve_synced()
        self.lie_to_listings(b"* 1 FETCH (UID 1 FLAGS (\\SEEN \\seen))\r\n* 2 FETCH (uid 2 flags (\\fLAGGED))\r\n"
                             b"* 3 FETCH (FLAGS (\\answered \\Answered) UID 3)\r\n")
        self.assert_run_deletes_nothing(code=0)
        self.assertEqual(["F", "R", "S"], sorted(message.flags for message in self.tree.messages("INBOX")))

    def test_are_never_sent_back(self):
        self.serve_synced()
        self.lie_to_listings(b"".join(b"* %d FETCH (UID %d FLAGS (\\* a]b x{3} \\Odd))\r\n" % (number, number)
                                      for number in (1, 2, 3)))
        self.run_program(code=0)
        for message in self.tree.messages("INBOX"):
            self.tree.set_flags(message, "F")
        self.run_program(code=0)
        for arguments in self.server.arguments("UID STORE"):
            self.assertRegex(arguments, rb"^[0-9,:]+ [+-]FLAGS\.SILENT \((\\[A-Z][a-z]+ ?)+\)$")

    def test_permanent_flags_that_are_none(self):
        self.serve_synced()
        for flags in (b"(\\*", b"()", b"(a]b \\X)", b'("x")', b"NIL", b""):
            with self.subTest(flags=flags):
                for name in SELECTIONS:
                    self.server.answer(name, b"* OK [PERMANENTFLAGS " + flags + b"] x\r\n", PROCEED)
                self.assert_run_deletes_nothing(code=0)


class Attack27(Responses):
    """Strings, blanks and answers that the grammar does not know."""

    def check_refused(self, line):
        """The folder is left alone, with an error; the next honest run goes on."""
        self.serve_synced()
        self.lie_to_listings(line)
        result = self.assert_run_deletes_nothing()
        self.assertNotEqual(0, result.returncode, str(result))
        self.assertRegex(result.output, "does not keep to the protocol")
        self.be_honest("UID FETCH")
        self.assert_recovers()

    def check_read(self, name, *lines):
        self.serve_synced()
        wanted = self.add()
        self.server.answer(name, *lines, PROCEED)
        self.assert_run_deletes_nothing(code=0)
        self.assertIn(to_disk(wanted), self.local_bodies())

    def test_a_line_end_inside_quotes(self):
        self.check_refused(b'* 1 FETCH (UID 1 FLAGS ("a\r\nb"))\r\n')

    def test_quotes_that_do_not_end(self):
        self.check_refused(b'* 1 FETCH (UID 1 FLAGS ("a))\r\n')

    def test_a_line_feed_alone(self):
        self.check_refused(b"* 1 FETCH (UID 1 FLAGS ())\n")

    def test_unescaped_quotes_in_what_nobody_asked_for(self):
        self.check_read("UID FETCH", b'* 1 FETCH (UID 1 ENVELOPE ("a "quoted" b") FLAGS ())\r\n')

    def test_a_name_with_a_line_end(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("LIST", b'* LIST () "/" "a\r\nb"\r\n', PROCEED)
        self.assert_refuses("does not keep to the protocol")

    def test_blanks_before_the_line_end(self):
        self.check_read("UID FETCH", b"* STATUS INBOX (MESSAGES 1) \r\n* 4 EXISTS \r\n* SEARCH \r\n* OK x \r\n")

    def test_an_empty_status(self):
        self.check_read("UID FETCH", b"* STATUS INBOX ()\r\n* STATUS INBOX\r\n* STATUS\r\n")

    def test_several_blanks(self):
        self.check_read("EXAMINE", b"*  4 EXISTS\r\n* 4  EXISTS\r\n*  OK  x\r\n")

    def test_a_continuation_request_without_a_blank(self):
        self.serve_synced(capabilities="IMAP4rev1 SASL-IR UIDPLUS")
        self.lie("APPEND", lambda session, command: session.usual(command))
        read = type(self.server._sessions[0]).read_command

        def read_command(session):
            send = session.send
            session.send = lambda data: send(b"+\r\n" if data == b"+ go on\r\n" else data)
            try:
                return read(session)
            finally:
                session.send = send
        type(self.server._sessions[0]).read_command = read_command
        self.addCleanup(setattr, type(self.server._sessions[0]), "read_command", read)
        self.tree.deliver("INBOX", b"Subject: mine\n\nmine\n", "S")
        self.run_program(code=0)
        self.assertEqual(4, len(self.server.mailboxes[b"INBOX"].messages))

    def test_status_without_text(self):
        self.check_read("EXAMINE", b"* OK\r\n* OK [HIGHESTMODSEQ 102784]\r\n* NO\r\n* OK [X\r\n* OK []\r\n")

    def test_garbage_is_refused(self):
        self.serve_synced()
        for line in (b"\r\n", b" \r\n", b"*\r\n", b"hello\r\n", b"A1\r\n", b"* 1\r\n", b"* 1 FETCH\r\n", b"\0\r\n"):
            with self.subTest(line=line):
                self.lie_to_listings(line)
                result = self.assert_run_deletes_nothing()
                self.assertNotEqual(0, result.returncode, str(result))
                self.assertRegex(result.output, "does not keep to the protocol")
        self.be_honest("UID FETCH")
        self.assert_recovers()


if __name__ == "__main__":
    case.main()
