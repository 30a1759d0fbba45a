"""Logins with OAuth 2: a Dovecot that asks a token server of ours whether a token is good."""

import atexit
import base64
import contextlib
import http.client
import os
import pathlib
import re
import signal
import socket
import stat
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import case, corpus, programs  # noqa: E402
from support.proxies import MicroSocks, ScriptedProxy, socks4  # noqa: E402
from support.token_server import TokenServer  # noqa: E402

MECHANISMS = ("OAUTHBEARER", "XOAUTH2")
TOKEN_URL = "oauth2_request_url"
_tokens = None


def start_token_server(authority):
    """Its certificate is from the CA that the mail server's is from. Returns the address for Dovecot."""
    global _tokens
    _tokens = TokenServer(*authority.issue("tokens", "localhost", "DNS:localhost,IP:127.0.0.1"))
    atexit.register(_tokens.stop)
    return _tokens.url("/introspect", host="127.0.0.1")


class ConnectProxy:
    """An HTTP proxy that knows CONNECT; `asked` has the head of every request."""

    def __init__(self):
        self.asked = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        self.asked.append(head.decode())
        host, _, port = head.split()[1].decode().rpartition(":")
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 connected\r\n\r\n")
        back = threading.Thread(target=self._copy, args=(server, client), daemon=True)
        back.start()
        self._copy(client, server)
        back.join()
        server.close()
        client.close()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def stop(self):
        self._listener.close()


class OAuth2Case(case.SyncTestCase):
    def setUp(self):
        super().setUp()
        self.tokens = _tokens
        self.tokens.lifetime = 3600
        self.tokens.rotates = self.tokens.is_strict = False
        self.tokens.active = True
        self.tokens.forget_requests()
        os.environ["SSL_CERT_FILE"] = str(self.server.ca_file)
        self.file = self.workspace.home / ".config" / "tokens" / "refresh"

    def tearDown(self):
        for path in ("/token", "/device", "/introspect"):
            self.tokens.answer(path, None)

    def configure_tokens(self, account=None, general=None, **remote):
        """An account without a password; None takes an option away."""
        sections = self.workspace.sections(self.user)
        sections["general"].update(general or {})
        sections["Account Test"].update(account or {})
        options = sections["Repository Remote"]
        del options["remotepass"], options["auth_mechanisms"]
        options.update({"oauth2_client_id": self.tokens.client_id, "oauth2_client_secret": self.tokens.client_secret,
                        TOKEN_URL: self.tokens.url(), **remote})
        sections["Repository Remote"] = {name: value for name, value in options.items() if value is not None}
        self.workspace.configure(sections)

    def run_program(self, *arguments, code=0, **options):
        result = self.workspace.run(*arguments, **options)
        self.assertEqual(code, result.returncode, str(result))
        self.assert_shows_no_secret(result.output)
        return result

    def assert_shows_no_secret(self, output):
        for mark in ("access-", "refresh-", self.tokens.client_secret, "code-", "device-"):
            self.assertNotIn(mark, output)
            for shift in range(3):  # wherever it stands in what was encoded
                encoded = base64.b64encode(b"\0" * shift + mark.encode()).decode()
                self.assertNotIn(encoded[-(-8 * shift // 6):8 * (shift + len(mark)) // 6], output)

    def token_requests(self):
        return [request.form for request in self.tokens.requests("/token")]


class Mechanisms(OAuth2Case):
    def test_each_logs_in_with_an_access_token(self):
        self.account.append("INBOX", corpus.message(1))
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                self.configure_tokens(oauth2_access_token=self.tokens.access_token(self.user), auth_mechanisms=mechanism)
                result = self.run_program("-d", "imap", "-l", "log")
                self.assertIn(f"AUTHENTICATE {mechanism}", result.output)
                self.assert_shows_no_secret((self.workspace.home / "log").read_text())
        self.assertEqual([], self.token_requests())
        self.assert_in_step()

    def test_the_standard_one_comes_first_and_before_passwords(self):
        self.configure_tokens(oauth2_access_token=self.tokens.access_token(self.user), remotepass=self.server.password)
        result = self.run_program("-d", "imap")
        self.assertEqual(["OAUTHBEARER"], re.findall(r"AUTHENTICATE (\S+)", result.output))

    def test_without_tokens_a_password_does(self):
        for more in ({}, {"auth_mechanisms": "XOAUTH2, OAUTHBEARER, PLAIN"}):
            self.configure_tokens(oauth2_client_id=None, oauth2_client_secret=None, remotepass=self.server.password, **more)
            result = self.run_program("-d", "imap")
            self.assertEqual(["PLAIN"], re.findall(r"AUTHENTICATE (\S+)", result.output))
        self.assertEqual([], self.token_requests())

    def test_a_refusal_is_told_with_its_status_and_no_password_follows(self):
        for mechanism in MECHANISMS:
            with self.subTest(mechanism):
                self.configure_tokens(oauth2_access_token="access-0", remotepass=self.server.password,
                                      auth_mechanisms=f"{mechanism}, PLAIN")
                result = self.run_program("-d", "imap", code=1)
                self.assertRegex(result.output, rf"{mechanism} authentication failed: .*\(status (invalid_token|401)")
                self.assertEqual([mechanism], re.findall(r"AUTHENTICATE (\S+)", result.output))
                self.assertNotIn(self.server.password, result.output)

    def test_a_token_is_not_sent_in_clear_unless_that_is_wanted(self):
        token = self.tokens.access_token(self.user)
        plain = {"ssl": "no", "remoteport": self.server.plain_port, "sslcacertfile": None, "oauth2_access_token": token}
        self.configure_tokens(starttls="no", **plain)
        self.assertIn("AUTHENTICATE OAUTHBEARER", self.run_program("-d", "imap").output)
        self.configure_tokens(starttls="yes", **{**plain, "sslcacertfile": self.server.ca_file})
        output = self.run_program("-d", "imap").output
        self.assertLess(output.index("STARTTLS"), output.index("AUTHENTICATE OAUTHBEARER"))

    def test_a_token_that_could_end_its_field_is_not_sent(self):
        self.configure_tokens(oauth2_access_token_eval=r"'access-0\x01auth=Bearer x'")
        result = self.run_program("-d", "imap", code=1)
        self.assertIn("holds characters that no token has", result.output)
        self.assertEqual([], re.findall(r"> A\d+ AUTHENTICATE.*", result.output))


class Sources(OAuth2Case):
    def test_an_access_token_from_python_a_file_or_a_command(self):
        token = self.tokens.access_token(self.user)
        (self.workspace.home / "token").write_text(f"\n{token}\n")
        (self.workspace.home / "helper.py").write_text(f"def token():\n    return b'\\n{token}\\n'\n")
        for options in ({"oauth2_access_token_eval": "token()"}, {"oauth2_access_token_file": "~/token"},
                        {"oauth2_access_token_command": "sed -n 2p ~/token"}):
            with self.subTest(options):
                self.configure_tokens(general={"pythonfile": "~/helper.py"}, **options)
                self.run_program()
        self.assertEqual([], self.token_requests())

    def test_a_command_is_asked_again_when_its_token_is_refused(self):
        for name, token in (("1", "access-0.stale"), ("2", self.tokens.access_token(self.user))):
            (self.workspace.home / name).write_text(token)
        command = "echo x >> ~/calls; cat ~/`wc -l < ~/calls`"
        self.configure_tokens(oauth2_access_token_command=command)
        self.run_program()
        self.assertEqual("x\nx\n", (self.workspace.home / "calls").read_text())

    def test_a_command_that_fails_is_told(self):
        self.configure_tokens(oauth2_access_token_command="echo access-1; echo 'agent is locked' >&2; exit 2")
        result = self.run_program(code=1)
        self.assertIn("oauth2_access_token_command failed with status 2; it says: agent is locked", result.output)

    def test_a_refresh_token_gets_an_access_token(self):
        for options in ({"oauth2_refresh_token": self.tokens.refresh_token(self.user)},
                        {"oauth2_refresh_token_eval": repr("\n" + self.tokens.refresh_token(self.user) + "\n"),
                         "oauth2_client_id": None, "oauth2_client_id_eval": repr(self.tokens.client_id),
                         "oauth2_client_secret": None, "oauth2_client_secret_eval": repr(self.tokens.client_secret)}):
            with self.subTest(list(options)):
                self.tokens.forget_requests()
                self.configure_tokens(**options)
                self.run_program("-d", "imap")
                [form] = self.token_requests()
                self.assertEqual({"client_id", "client_secret", "refresh_token", "grant_type"}, set(form))
                self.assertEqual("refresh_token", form["grant_type"])

    def test_one_token_serves_all_connections_and_rounds(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user), maxconnections="4",
                              account={"autorefresh": "0.01"})
        self.account.create("Work", "Play", "More")
        running = self.workspace.start()
        self.addCleanup(running.kill)
        running.wait_for("*** Finished account 'Test'", 3)
        running.signal(signal.SIGUSR2)
        self.assertEqual(0, running.finish().returncode)
        self.assertEqual(1, len(self.token_requests()))

    def test_a_token_is_renewed_when_half_of_its_time_has_passed(self):
        self.tokens.lifetime = 2
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user), account={"autorefresh": "0.01"})
        running = self.workspace.start()
        self.addCleanup(running.kill)
        self.tokens.wait_for_request("/token", 3)
        running.signal(signal.SIGUSR2)
        self.assertEqual(0, running.finish().returncode)

    def test_a_configured_token_that_has_expired_is_renewed_once(self):
        self.configure_tokens(oauth2_access_token="access-0", oauth2_refresh_token=self.tokens.refresh_token(self.user))
        result = self.run_program("-d", "imap")
        self.assertEqual(2, len(re.findall(r"> A\d+ AUTHENTICATE", result.output)))
        self.assertEqual(1, len(self.token_requests()))

    def test_a_stop_ends_the_wait_for_the_token_server(self):
        def never(_request):
            time.sleep(30)
            return 200, {}

        self.tokens.answer("/token", never)
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user))
        running = self.workspace.start()
        self.addCleanup(running.kill)
        self.tokens.wait_for_request("/token")
        asked = time.monotonic()
        running.signal(signal.SIGINT)
        self.assertEqual(0, running.finish(timeout=20).returncode)
        self.assertLess(time.monotonic() - asked, 15)

    def test_a_server_that_does_not_answer_is_given_up(self):
        self.tokens.answer("/token", lambda _request: time.sleep(60) or (200, {}))
        self.configure_tokens(general={"socktimeout": "5"}, oauth2_refresh_token=self.tokens.refresh_token(self.user))
        result = self.run_program(code=1)
        self.assertRegex(result.output, r"Request to https://localhost:\d+/token failed: no answer within the time limit")

    def test_another_certificate_is_refused(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user))
        result = self.run_program(code=1, environment={"SSL_CERT_FILE": str(self.server.other_ca_file)})
        self.assertRegex(result.output, r"Request to https://localhost:\d+/token failed: .*certificate")
        self.configure_tokens(**{TOKEN_URL: self.tokens.url(host="127.0.0.2")},
                              oauth2_refresh_token=self.tokens.refresh_token(self.user))
        self.run_program(code=1)
        self.assertEqual([], self.token_requests())

    def test_requests_go_through_authproxy(self):
        self.configure_tokens(account={"authproxy": "HTTP:127.0.0.1:1"},
                              oauth2_refresh_token=self.tokens.refresh_token(self.user))
        result = self.run_program(code=1)
        self.assertRegex(result.output, r"Request to https://localhost:\d+/token failed: .*127.0.0.1")
        self.assertEqual([], self.token_requests())
        self.configure_tokens(account={"authproxy": ""}, oauth2_refresh_token=self.tokens.refresh_token(self.user))
        self.run_program(environment={"https_proxy": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1"})

    def test_a_proxy_with_a_login_sees_where_the_request_goes_and_nothing_of_it(self):
        proxy = ConnectProxy()
        self.addCleanup(proxy.stop)
        self.configure_tokens(account={"authproxy": f"HTTP:me:proxy-pass@127.0.0.1:{proxy.port}"},
                              oauth2_refresh_token=self.tokens.refresh_token(self.user))
        result = self.run_program("-d", "imap")
        self.assertNotIn("proxy-pass", result.output)
        [head] = proxy.asked
        self.assertTrue(head.startswith(f"CONNECT localhost:{self.tokens.port} "), head)
        self.assertIn("Basic " + base64.b64encode(b"me:proxy-pass").decode(), head)
        self.assert_shows_no_secret(head)
        self.assertEqual(1, len(self.token_requests()))

    def test_requests_go_through_proxies_of_other_kinds(self):
        with MicroSocks(self.workspace.root / "microsocks") as proxy:
            self.configure_tokens(account={"authproxy": f"SOCKS5:127.0.0.1:{proxy.port}"},
                                  oauth2_refresh_token=self.tokens.refresh_token(self.user))
            self.run_program()
            self.assertIn(f"connected to localhost:{self.tokens.port}", proxy.log())
        with ScriptedProxy(socks4(("127.0.0.1", self.tokens.port))) as proxy:
            self.configure_tokens(account={"authproxy": f"SOCKS4:127.0.0.1:{proxy.port}"},
                                  oauth2_refresh_token=self.tokens.refresh_token(self.user))
            # What the environment excepts is none of its business.
            self.run_program(environment={"no_proxy": "*", "NO_PROXY": "*"})
            self.assertEqual([("localhost", self.tokens.port)], [(host, port) for _, host, port, _ in proxy.requests])

    def test_no_child_finds_a_token_in_its_environment_or_in_our_arguments(self):
        self.configure_tokens(account={"presynchook": "env > ~/before; cat /proc/$PPID/cmdline /proc/$PPID/environ >> ~/before",
                                       "postsynchook": "env > ~/after"},
                              oauth2_access_token_command="env > ~/command",
                              oauth2_refresh_token=self.tokens.refresh_token(self.user))
        self.run_program()
        for name in ("before", "command", "after"):
            self.assert_shows_no_secret((self.workspace.home / name).read_text())

    def test_without_libcurl_only_requests_for_tokens_fail(self):
        broken = self.workspace.root / "broken"
        broken.mkdir()
        for name in ("libcurl.so.4", "libcurl-gnutls.so.4"):
            (broken / name).write_text("no library")
        environment = {"LD_LIBRARY_PATH": str(broken)}
        self.configure_tokens(oauth2_access_token=self.tokens.access_token(self.user))
        self.run_program(environment=environment)
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user))
        self.assertIn("OAuth 2 needs libcurl to fetch tokens (Debian: install libcurl4): libcurl.so.4 cannot be loaded",
                      self.run_program(code=1, environment=environment).output)

    def test_a_refusal_is_told_and_says_what_to_run(self):
        self.configure_tokens(oauth2_refresh_token="refresh-0")
        result = self.run_program(code=1)
        self.assertIn("xoauth2handler got: {'error': 'invalid_grant', 'error_description': '*** is not known'}",
                      result.output)
        self.assertIn("run 'offlineimap --oauth2-login Test'", result.output)

    def test_no_address_no_request(self):
        self.configure_tokens(**{TOKEN_URL: None}, oauth2_refresh_token="refresh-0")
        self.assertIn("No remote oauth2_request_url for repository 'Remote' specified.",
                      self.run_program(code=1).output)


class RotationCase(OAuth2Case):
    def setUp(self):
        super().setUp()
        self.tokens.rotates = True

    def stored(self):
        return self.file.read_text().strip()


class Rotation(RotationCase):
    def test_a_new_refresh_token_is_stored_for_its_owner_and_used(self):
        first = self.tokens.refresh_token(self.user)
        self.configure_tokens(oauth2_refresh_token=first, oauth2_refresh_token_file=self.file)
        for _ in range(3):
            before = self.stored() if self.file.exists() else first
            self.run_program()
            self.assertEqual(before, self.token_requests()[-1]["refresh_token"])
            self.assertNotEqual(before, self.stored())
            self.assertTrue(self.tokens.is_good(self.stored()))
        self.assertEqual(0o600, stat.S_IMODE(self.file.stat().st_mode))
        self.assertEqual(0o700, stat.S_IMODE(self.file.parent.stat().st_mode))
        self.assertEqual([self.file.name], os.listdir(self.file.parent))

    def test_accounts_and_runs_share_one_file(self):
        """With a server that takes no refresh token twice."""
        self.tokens.is_strict = True
        first = self.tokens.refresh_token(self.user)
        self.configure_tokens(oauth2_refresh_token=first, oauth2_refresh_token_file=self.file)
        self.run_program()
        sections = self.workspace.sections(self.user)
        sections["Repository Remote"].update({
            "oauth2_client_id": self.tokens.client_id, "oauth2_client_secret": self.tokens.client_secret,
            TOKEN_URL: self.tokens.url(), "oauth2_refresh_token_file": self.file, "auth_mechanisms": "XOAUTH2"})
        del sections["Repository Remote"]["remotepass"]
        names = ["Test", "Second", "Third"]
        for name in names[1:]:
            sections[f"Account {name}"] = {"localrepository": f"{name}Local", "remoterepository": f"{name}Remote"}
            sections[f"Repository {name}Local"] = {"type": "Maildir", "localfolders": f"~/{name}"}
            sections[f"Repository {name}Remote"] = sections["Repository Remote"]
        sections["general"].update(accounts=", ".join(names), maxsyncaccounts="3")
        self.workspace.configure(sections)
        self.tokens.forget_requests()
        apart = [self.workspace.start("-a", name) for name in names]
        for running in apart:
            self.addCleanup(running.kill)
        for running in apart:
            result = running.finish()
            self.assertEqual(0, result.returncode, str(result))
        self.run_program()
        used = [form["refresh_token"] for form in self.token_requests()]
        self.assertEqual((6, 6), (len(used), len(set(used))))
        self.assertEqual([self.file.name], os.listdir(self.file.parent))

    def test_a_dry_run_stores_it_too_because_the_former_one_may_be_lost(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user), oauth2_refresh_token_file=self.file)
        self.run_program("--dry-run")
        self.assertTrue(self.tokens.is_good(self.stored()))

    def test_without_the_option_nothing_is_written_and_a_line_says_so(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user))
        before = sorted(self.workspace.home.rglob("*"))
        result = self.run_program()
        self.assertRegex(result.output, "the server has replaced the refresh token.*oauth2_refresh_token_file")
        new = {path.name for path in set(self.workspace.home.rglob("*")) - set(before)}
        self.assertFalse([name for name in new if "refresh" in name], new)

    def test_a_token_that_cannot_be_stored_is_an_error_and_the_sync_goes_on(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user),
                              oauth2_refresh_token_file="/proc/no/such/token")
        self.account.append("INBOX", corpus.message(1))
        result = self.run_program(code=1)
        self.assertIn("the new refresh token could not be stored", result.output)
        self.assert_in_step()


class Killed(RotationCase):
    """A kill while the server replaces the refresh token: the file always has one that is good."""

    def test_at_every_step(self):
        steps = ("oauth2.tokens-received", "oauth2.refresh-token-stored")
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user), oauth2_refresh_token_file=self.file)
        self.run_program()
        for step in steps * 2:
            with self.subTest(step):
                killed = self.workspace.run(environment={"OFFLINEIMAP_STOP_AT": step})
                self.assertEqual(-signal.SIGKILL, killed.returncode, str(killed))
                self.assertTrue(self.tokens.is_good(self.stored()))
                self.run_program()

    @unittest.skipUnless(os.getuid() == 0 or programs.sanitized(),
                         "only root's strace learns which files a process has open that lets nobody look into it")
    def test_in_the_middle_of_the_replacement(self):
        self.configure_tokens(oauth2_refresh_token=self.tokens.refresh_token(self.user), oauth2_refresh_token_file=self.file)
        self.run_program()
        for calls in ("fsync,fdatasync", "rename,renameat,renameat2"):
            with self.subTest(calls):
                before = self.stored()
                command = ["strace", "-f", "-o", "/dev/null", "-P", f"{self.file}.tmp", "-e", f"trace={calls}",
                           "-e", f"inject={calls}:signal=KILL:when=1"]
                killed = self.workspace._run([*command, programs.program_under_test(), "-u", "basic"], None, 60)
                self.assertEqual(-signal.SIGKILL, killed.returncode, str(killed))
                self.assertTrue(self.tokens.is_good(self.stored()))
                self.assertNotEqual("", self.stored())
                self.run_program()
                self.assertNotEqual(before, self.stored())


class Login(OAuth2Case):
    """--oauth2-login, with the test in front of the browser."""

    def configure_login(self, **more):
        self.configure_tokens(oauth2_refresh_token_file=self.file, oauth2_scope="mail offline",
                              oauth2_authorize_url=self.tokens.url("/authorize"), **more)

    def configure_device(self, **more):
        self.configure_tokens(oauth2_refresh_token_file=self.file, oauth2_device_url=self.tokens.url("/device"), **more)

    def begin(self):
        running = self.workspace.start("--oauth2-login", "Test", ui="quiet")
        self.addCleanup(running.kill)
        return running

    def page(self, running):
        """What the login page is asked for: {name: value}."""
        running.wait_for(self.tokens.url("/authorize"))
        running.wait_for("prompt=consent")
        [address] = re.findall(r"https://\S+/authorize\S+", running.output())
        self.assertNotIn("client_secret", address)
        self.assertNotIn("verifier", address)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))

    def browse(self, redirect, **parameters):
        """Goes to where the login page sends the browser; returns the text of the page."""
        place = urllib.parse.urlsplit(redirect)
        self.assertEqual("http", place.scheme)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        connection.request("GET", place.path + "?" + urllib.parse.urlencode(parameters))
        return connection.getresponse().read().decode()

    def log_in_at_the_page(self, page):
        """The code with which the page would send the browser back."""
        status, answer = self.tokens._authorize(page)
        self.assertEqual(302, status)
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.fields["Location"]).query))["code"]

    def assert_logged_in(self, running):
        result = running.finish()
        self.assertEqual(0, result.returncode, str(result))
        self.assertIn(f"the refresh token of repository 'Remote' is in '{self.file}'", result.output)
        token = self.file.read_text().strip()
        self.assertTrue(self.tokens.is_good(token))
        self.assertEqual(0o600, stat.S_IMODE(self.file.stat().st_mode))
        for secret in (token, self.tokens.client_secret, "access-"):
            self.assertNotIn(secret, result.output)
        self.account.append("INBOX", corpus.message(1))
        self.run_program()
        self.assert_in_step()

    def assert_no_login(self, running, text):
        result = running.finish()
        self.assertEqual(1, result.returncode, str(result))
        self.assertIn(text, result.output)
        self.assertFalse(self.file.exists())

    def test_in_a_browser(self):
        self.configure_login()
        running = self.begin()
        page = self.page(running)
        self.assertEqual({"response_type": "code", "client_id": self.tokens.client_id, "scope": "mail offline",
                          "login_hint": self.user, "code_challenge_method": "S256"},
                         {name: page[name] for name in ("response_type", "client_id", "scope", "login_hint",
                                                        "code_challenge_method")})
        self.assertRegex(page["redirect_uri"], r"^http://127\.0\.0\.1:\d+/$")
        text = self.browse(page["redirect_uri"], code=self.log_in_at_the_page(page), state=page["state"])
        self.assertIn("The login went well", text)
        self.assert_logged_in(running)

    def test_an_answer_with_another_state_is_nobodys(self):
        self.configure_login()
        running = self.begin()
        page = self.page(running)
        for parameters in ({"code": "code-evil", "state": "x" + page["state"][1:] if page["state"][0] != "x" else "y"},
                           {"code": "code-evil"}, {"error": "access_denied"}, {"state": page["state"]}):
            self.assertIn("not the answer", self.browse(page["redirect_uri"], **parameters))
        self.assertEqual([], self.token_requests())
        self.browse(page["redirect_uri"], code=self.log_in_at_the_page(page), state=page["state"])
        self.assert_logged_in(running)

    def test_a_browser_that_is_silent_or_talks_nonsense_holds_nobody_up(self):
        self.configure_login()
        running = self.begin()
        page = self.page(running)
        place = urllib.parse.urlsplit(page["redirect_uri"])
        silent = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        silent.connect()
        self.addCleanup(silent.close)
        silent.sock.sendall(b"GET /")
        loud = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        loud.connect()
        self.addCleanup(loud.close)
        loud.sock.sendall(b"\0" * 10000)
        self.browse(page["redirect_uri"], code=self.log_in_at_the_page(page), state=page["state"])
        self.assert_logged_in(running)

    def test_a_code_that_was_made_for_another_request_is_refused(self):
        self.configure_login()
        running = self.begin()
        page = self.page(running)
        code = self.log_in_at_the_page({**page, "code_challenge": "of-somebody-else"})
        self.browse(page["redirect_uri"], code=code, state=page["state"])
        self.assert_no_login(running, "the login was refused: 'invalid_grant'")

    def test_a_login_that_was_denied_in_the_browser(self):
        self.configure_login()
        running = self.begin()
        page = self.page(running)
        self.browse(page["redirect_uri"], error="access_denied", error_description="not you", state=page["state"])
        self.assert_no_login(running, "the login was refused: 'access_denied' (not you)")

    def test_by_device_code(self):
        self.configure_device()
        running = self.begin()
        running.wait_for("enter the code WDJB-MJHT")
        self.tokens.wait_for_request("/token", 2)
        self.tokens.settle(self.tokens.device_code(), [self.user])
        self.assert_logged_in(running)

    def test_a_device_code_that_is_denied_or_expires(self):
        for error, text in (("access_denied", "the login was refused: 'access_denied'"),
                            ("expired_token", "the code WDJB-MJHT has expired")):
            with self.subTest(error):
                self.configure_device()
                self.tokens.forget_requests()
                running = self.begin()
                running.wait_for("enter the code WDJB-MJHT")
                self.tokens.settle(self.tokens.device_code(), error)
                self.assert_no_login(running, text)

    def test_a_server_that_wants_it_slower_is_obeyed(self):
        def slow_down(_request):
            self.tokens.answer("/token", None)
            self.tokens.settle(self.tokens.device_code(), [self.user])
            return 400, {"error": "slow_down"}

        self.tokens.answer("/token", slow_down)
        self.configure_device()
        running = self.begin()
        self.tokens.wait_for_request("/token", 2)
        first, second = self.tokens.requests("/token")
        self.assertGreater(second.time - first.time, 5.5, "five seconds more than the one that there was")
        self.assert_logged_in(running)

    def test_a_stop_ends_the_wait(self):
        for configure in (self.configure_login, self.configure_device):
            configure()
            running = self.begin()
            running.wait_for("in a browser")
            asked = time.monotonic()
            running.signal(signal.SIGINT)
            self.assertEqual(0, running.finish(timeout=20).returncode)
            self.assertLess(time.monotonic() - asked, 15)
            self.assertFalse(self.file.exists())

    def test_what_is_missing_is_named_before_anybody_logs_in(self):
        whole = {"oauth2_refresh_token_file": self.file, "oauth2_device_url": self.tokens.url("/device")}
        for option, more in (("oauth2_client_id", {"oauth2_client_id": None}),
                             ("oauth2_refresh_token_file", {"oauth2_refresh_token_file": None}),
                             (TOKEN_URL, {TOKEN_URL: None}), ("oauth2_device_url", {"oauth2_device_url": None}),
                             ("oauth2_authorize_url", {"oauth2_flow": "browser"})):
            with self.subTest(option):
                self.configure_tokens(**{**whole, **more})
                result = self.run_program("--oauth2-login", "Test", code=1)
                self.assertIn(f"--oauth2-login needs {option}", result.output)
                self.assertIn("in [Repository Remote]", result.output)
        self.assertEqual([], self.tokens.requests())

    def test_a_dry_run_logs_nobody_in_and_an_unknown_account_is_named(self):
        self.configure_device()
        self.assertIn("would log in", self.run_program("--oauth2-login", "Test", "--dry-run").output)
        self.assertIn("Valid accounts are: Test", self.run_program("--oauth2-login", "Best", code=1).output)
        self.assertEqual([], self.tokens.requests())


if __name__ == "__main__":
    case.main(mechanisms="plain login xoauth2 oauthbearer", introspection=start_token_server)
