"""Servers that speak IMAP4rev2 only, UTF-8 only, or as little as can be, and what NAMESPACE and UNSELECT are for."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import scripted_case as case  # noqa: E402
from support.maildir import files_below  # noqa: E402
from support.scripted_imap import Mailbox  # noqa: E402

REV1 = "IMAP4rev1 LITERAL+ SASL-IR ID UIDPLUS NAMESPACE UNSELECT ENABLE"
REV2 = "IMAP4rev2 SASL-IR ID"
UTF8_ONLY = "IMAP4rev1 LITERAL+ SASL-IR ID UIDPLUS NAMESPACE UNSELECT ENABLE UTF8=ONLY"

# As it is known here, and as a server says it in UTF-8.
NAMES = {"INBOX": "INBOX", "Entw&APw-rfe": "Entwürfe", "R&-D": "R&D", "&ZeVnLIqe-/&U,BTFw-": "日本語/台北", "Plain": "Plain"}


class Protocols(case.ScriptedTestCase):
    def serve_names(self, capabilities, mailboxes=None, enabled=None):
        """A server of these capabilities with a message in each mailbox, the same under either form of the names."""
        utf8 = capabilities != REV1
        if mailboxes is None:
            mailboxes = {name: Mailbox([case.message(number)]) for number, name in enumerate(NAMES)}
        server = self.serve({(NAMES[name] if utf8 else name): mailbox for name, mailbox in mailboxes.items()},
                            capabilities=capabilities)
        if utf8:
            what = b"IMAP4rev2" if capabilities == REV2 else b"UTF8=ACCEPT"
            server.answer("ENABLE", lambda session, command: (
                session.send(b"* ENABLED " + what + b"\r\n" if command.arguments.upper() == what.upper() else b""),
                session.ok(command)))
        if capabilities == REV2:
            server.answer("UID SEARCH", self.answer_with_esearch)
            server.answer("LSUB", b"%TAG% BAD there is no LSUB in IMAP4rev2\r\n")
        return server

    @staticmethod
    def answer_with_esearch(session, command):
        usual = session.send

        def send(data):
            if data.startswith(b"* SEARCH"):
                uids = b",".join(data.split()[2:])
                data = b'* ESEARCH (TAG "%s") UID%s\r\n' % (command.tag, b" ALL " + uids if uids else b"")
            usual(data)
        session.send = send
        try:
            session.usual(command)
        finally:
            session.send = usual

    def names_on_disk(self):
        """What is here: folders, files of messages, and what is remembered, by name."""
        state = sorted(str(path) for path in files_below(self.workspace.metadata))
        return {"mail": self.tree.snapshot(), "state": state}


class SameNames(Protocols):
    """Maildirs and state have the same names whatever is on the wire, so that a server may change its protocol."""

    OPTIONS = {
        "as they are": {},
        "nametrans": {"remote": {"nametrans": "lambda name: name.replace('&APw-', 'ue').replace('/', '_')"},
                      "local": {"nametrans": "lambda name: name.replace('_', '/').replace('ue', '&APw-')"}},
        "utf8foldernames": {"account": {"utf8foldernames": "yes"}},
    }

    def check(self, first, second, options):
        server = self.serve_names(first)
        self.configure(**options)
        self.run_program(code=0)
        before = self.names_on_disk()
        self.assertEqual(len(NAMES), len(self.tree.folders()))
        mailboxes = dict(zip(NAMES, server.mailboxes.values()))
        server.stop()
        other = self.serve_names(second, mailboxes)
        self.configure(**options)
        result = self.run_program(code=0)
        self.assertEqual([], result.copied(), str(result))
        self.assertEqual(before, self.names_on_disk())
        self.assertNotIn("CREATE", other.names())
        return other

    def check_all(self, first, second):
        for name, options in self.OPTIONS.items():
            with self.subTest(name):
                self.setUp_again(name)
                self.check(first, second, options)

    def setUp_again(self, name):
        identity = self.id
        self.id = lambda: f"{identity()}.{name.replace(' ', '_')}"
        try:
            self.setUp()
        finally:
            self.id = identity

    def test_from_rev1_to_rev2(self):
        self.check_all(REV1, REV2)

    def test_from_rev2_to_rev1(self):
        self.check_all(REV2, REV1)

    def test_from_rev1_to_utf8_only(self):
        self.check_all(REV1, UTF8_ONLY)

    def test_from_utf8_only_to_rev1(self):
        self.check_all(UTF8_ONLY, REV1)


class Rev2(Protocols):
    CAPABILITIES = REV2
    ENABLED = b"IMAP4rev2"

    def test_is_enabled_and_nothing_else(self):
        server = self.serve_names(self.CAPABILITIES)
        self.run_program(code=0)
        self.assertEqual({self.ENABLED}, set(server.arguments("ENABLE")))
        self.assertEqual(sorted(name.replace("/", ".") for name in NAMES), self.tree.folders())

    def test_gets_folders_and_messages_from_here(self):
        server = self.serve_names(self.CAPABILITIES)
        self.run_program(code=0)
        self.tree.make_folder("Neu&AOQ-&-.sub")
        body = b"Subject: new\n\nmine\n"
        self.tree.deliver("Neu&AOQ-&-.sub", body, "S")
        self.tree.deliver("Entw&APw-rfe", body, "F")
        self.run_program(code=0)
        wire = body.replace(b"\n", b"\r\n")
        self.assertIn(wire, server.mailboxes["Neuä&/sub".encode()].bodies())
        self.assertIn(wire, server.mailboxes["Entwürfe".encode()].bodies())
        self.assertEqual(1, len(self.tree.messages("Neu&AOQ-&-.sub")))
        self.assertEqual([], self.run_program(code=0).copied())

    def test_is_searched(self):
        server = self.serve_names(self.CAPABILITIES)
        self.configure(account={"maxage": "20000"})
        self.run_program(code=0)
        self.assertIn("UID SEARCH", server.names())
        self.assertEqual(len(NAMES), sum(len(self.tree.messages(folder)) for folder in self.tree.folders()))

    def test_changes_of_flags_and_deletions_go_there(self):
        server = self.serve_names(self.CAPABILITIES)
        self.run_program(code=0)
        [first] = self.tree.messages("Entw&APw-rfe")
        [second] = self.tree.messages("R&-D")
        self.tree.set_flags(first, "F")
        self.tree.remove(second)
        self.run_program(code=0)
        [message] = server.mailboxes["Entwürfe".encode()].messages.values()
        self.assertEqual({r"\Flagged"}, message.flags)
        self.assertEqual({}, server.mailboxes[b"R&D"].messages)
        self.assertIn("UID EXPUNGE", server.names())

    def test_a_folder_is_deleted_by_the_name_that_it_has_here(self):
        server = self.serve_names(self.CAPABILITIES)
        self.run_program(code=0)
        self.run_program("-a", "Test", "--delete-folder", "Entw&APw-rfe", code=0)
        self.assertNotIn("Entwürfe".encode(), server.mailboxes)
        self.assertEqual(len(NAMES) - 1, len(server.mailboxes))


class Utf8Only(Rev2):
    CAPABILITIES = UTF8_ONLY
    ENABLED = b"UTF8=ACCEPT"

    def test_headers_in_utf8_are_marked(self):
        server = self.serve_names(self.CAPABILITIES)
        self.run_program(code=0)
        self.tree.deliver("INBOX", "Subject: ä\n\nx\n".encode(), "S")
        self.tree.deliver("INBOX", "Subject: a\n\nä\n".encode(), "S")
        got = []
        server.answer("APPEND", lambda session, command: (
            got.append(command.arguments), session.ok(command, "[APPENDUID 1700000000 %d] done" % (len(got) + 1))))
        self.run_program()
        self.assertEqual(2, len(got))
        self.assertEqual([True, False], [b"UTF8 (~{" in each for each in sorted(got, key=lambda a: b"UTF8" not in a)])


class Subscriptions(Protocols):
    def test_are_asked_for_as_imap4rev2_has_them(self):
        server = self.serve_names(REV2)
        name = "Entwürfe".encode()
        server.answer("LIST", lambda session, command: (
            (session.send(b'* LIST (\\Subscribed) "/" {%d}\r\n%s\r\n' % (len(name), name)), session.ok(command))
            if command.arguments.startswith(b"(SUBSCRIBED)") else session.usual(command)))
        self.configure(remote={"subscribedonly": "yes"})
        self.run_program(code=0)
        self.assertEqual(["Entw&APw-rfe"], self.tree.folders())


class TinyServers(Protocols):
    """All that a server need say is that it speaks IMAP4."""

    def check(self, capabilities):
        server = self.serve({"INBOX": [case.message(1)], "Work": [case.message(2)]}, capabilities=capabilities)
        self.run_program(code=0)
        self.tree.deliver("INBOX", b"Subject: mine\n\nmine\n", "S")
        self.tree.make_folder("New")
        [message] = self.tree.messages("Work")
        self.tree.set_flags(message, "S")
        self.run_program(code=0)
        self.assertEqual(2, len(server.mailboxes[b"INBOX"].messages))
        self.assertIn(b"New", server.mailboxes)
        [message] = server.mailboxes[b"Work"].messages.values()
        self.assertEqual({r"\Seen"}, message.flags)
        [mine] = [message for message in self.tree.messages("Work")]
        self.tree.remove(mine)
        self.run_program(code=0)
        self.assertEqual({}, server.mailboxes[b"Work"].messages)
        self.assertLessEqual(set(server.names()), {
            "AUTHENTICATE", "LOGIN", "CAPABILITY", "LIST", "SELECT", "EXAMINE", "CREATE", "APPEND", "UID FETCH",
            "UID SEARCH", "UID STORE", "EXPUNGE", "LOGOUT", "NOOP"})
        self.assertEqual([], self.run_program(code=0).copied())

    def test_imap4rev1_alone(self):
        self.check("IMAP4rev1")

    def test_imap4_alone(self):
        self.check("IMAP4")


class Namespaces(Protocols):
    def test_tell_the_separator_where_the_list_does_not(self):
        server = self.serve({"INBOX": [case.message(1)], "a.b": [case.message(2)]}, delimiter=".")
        server.answer("LIST", lambda session, command: (
            session.ok(command) if command.arguments.endswith(b'""') else
            (session.send(b'* LIST () NIL "INBOX"\r\n* LIST () NIL "a.b"\r\n'), session.ok(command))))
        self.configure(local={"sep": "/"})
        self.run_program(code=0)
        self.assertEqual(["INBOX", "a/b"], self.tree.folders())
        self.assertEqual(1, server.names().count("NAMESPACE"))

    def test_are_asked_for_by_those_who_need_them(self):
        server = self.serve({"INBOX": [case.message(1)]})
        self.run_program(code=0)
        self.assertNotIn("NAMESPACE", server.names())

    def test_change_no_name(self):
        server = self.serve({"INBOX": [case.message(1)], "INBOX.a": [case.message(2)]}, delimiter=".")
        server.answer("NAMESPACE", b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n%TAG% OK done\r\n')
        server.answer("LIST", b"%TAG% OK done\r\n", only=1)
        self.run_program(code=0)
        self.assertIn("NAMESPACE", server.names())
        self.assertEqual(["INBOX", "INBOX.a"], self.tree.folders())

    def test_are_named_by_info(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("NAMESPACE", b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n%TAG% OK done\r\n')
        self.assertIn("Personal namespace: 'INBOX.' separator: '.'", self.run_program("--info", code=0).output)

    def test_a_refusal_is_no_matter(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("NAMESPACE", b"%TAG% NO not today\r\n")
        result = self.run_program("--info", code=0)
        self.assertNotIn("Personal namespace", result.output)


class LeavingAMailbox(Protocols):
    def delete(self, capabilities):
        """--delete-folder of a folder whose mailbox some earlier step has open."""
        server = self.serve({"INBOX": [case.message(1)], "Old": [case.message(2)]}, capabilities=capabilities)
        self.run_program("-a", "Test", "--delete-folder", "Old", code=0)
        self.assertNotIn(b"Old", server.mailboxes)
        return server

    def test_deletes_what_nobody_has_open(self):
        self.assertNotIn("CLOSE", self.delete(REV1).names())

    def test_never_closes_with_expunge(self):
        server = self.serve({"INBOX": [case.message(1), case.message(2)]}, capabilities="IMAP4rev1")
        self.configure(remote={"expunge": "no"})
        self.run_program(code=0)
        self.tree.remove(self.tree.messages("INBOX")[0])
        self.run_program(code=0)
        self.assertEqual(2, len(server.mailboxes[b"INBOX"].messages))
        self.assertNotIn("CLOSE", server.names())


class BackOff(Protocols):
    def test_a_server_that_asks_for_time_gets_it(self):
        server = self.serve({"INBOX": [case.message(1), case.message(2)]})
        for name in ("EXAMINE", "UID FETCH", "LIST"):
            server.answer(name, b"%TAG% BAD Request is throttled. Suggested Backoff Time: 20 milliseconds\r\n", only=1)
        result = self.run_program(code=0)
        self.assertEqual(2, len(self.local_bodies()))
        self.assertEqual(3, result.output.count("Suggested Backoff Time: 20 milliseconds; waiting 1 s"), str(result))

    def test_and_so_if_it_hangs_up_behind_it(self):
        server = self.serve({"INBOX": [case.message(1), case.message(2)]})
        server.answer("UID FETCH", b"%TAG% BAD Request is throttled. Suggested Backoff Time: 20 milliseconds\r\n"
                      b"* BYE Connection closed. 14\r\n", lambda session, command: session.close(), only=2)
        self.run_program(code=0)
        self.assertEqual(2, len(self.local_bodies()))

    def test_at_the_greeting_and_at_the_login(self):
        server = self.serve({"INBOX": [case.message(1)]})
        server.answer("greeting", b"* BYE [UNAVAILABLE] Suggested Backoff Time: 20 milliseconds\r\n",
                      lambda session, command: session.close(), only=1)
        server.answer("AUTHENTICATE", b"%TAG% NO [UNAVAILABLE] Suggested Backoff Time: 20 milliseconds\r\n", only=1)
        server.answer("LOGIN", b"%TAG% NO [UNAVAILABLE] Suggested Backoff Time: 20 milliseconds\r\n", only=1)
        result = self.run_program(code=0)
        self.assertEqual(1, len(self.local_bodies()))
        self.assertEqual(2, result.output.count("takes no connection now"), str(result))
        self.assertEqual(2, result.output.count("trying again in 1 s"), str(result))


if __name__ == "__main__":
    case.main()
