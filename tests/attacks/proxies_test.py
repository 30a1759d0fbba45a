"""Proxies that lie."""

import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "blackbox"))

from support import certificates, programs, proxies  # noqa: E402
from support import scripted_case as case  # noqa: E402

TYPES = ("SOCKS4", "SOCKS5", "HTTP")
SOCKS5_CHOICE = b"\x05\0"


class Attack17(case.ScriptedTestCase):
    """What a proxy answers is bounded, in bytes and in time, and never trusted to be the server."""

    def against(self, kind, talk, general=None, **remote):
        proxy = proxies.ScriptedProxy(talk)
        proxy.__enter__()
        self.addCleanup(proxy.__exit__)
        self.serve({"INBOX": [case.message(1)]}, tls="implicit")
        self.configure(general=general, account={"proxy": f"{kind}:127.0.0.1:{proxy.port}"}, remote=remote)
        return proxy

    @staticmethod
    def saying(*answers):
        """A talk() that sends these, each after the client has said something, and waits for its end."""

        def talk(proxy, client):
            for answer in answers:
                client.recv(65536)
                client.sendall(answer)
            while client.recv(65536):
                pass

        return talk

    def assert_refuses_the_proxy(self, *patterns):
        self.assert_refuses(r"The \w+ proxy '127\.0\.0\.1:\d+' of repository 'Remote' does not connect: ", *patterns)
        self.assertEqual(0, self.server.connections)
        self.assert_nothing_made()

    def test_address_types_that_do_not_exist(self):
        for kind in (0, 2, 5, 0x7f, 0xff):
            with self.subTest(kind):
                self.against("SOCKS5", self.saying(SOCKS5_CHOICE, bytes([5, 0, 0, kind]) + bytes(300)))
                self.assert_refuses_the_proxy("address of unknown type")

    def test_an_address_that_is_shorter_than_it_says(self):
        def talk(proxy, client):
            self.saying_once(client, SOCKS5_CHOICE)
            self.saying_once(client, b"\x05\0\0\x03\xff" + b"short")  # and ends

        self.against("SOCKS5", talk)
        self.assert_refuses_the_proxy("it closed the connection")

    @staticmethod
    def saying_once(client, answer):
        client.recv(65536)
        client.sendall(answer)

    def test_a_header_of_a_megabyte(self):
        self.against("HTTP", self.saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n"))
        self.assert_refuses_the_proxy("too long a header")

    def test_a_thousand_headers(self):
        self.against("HTTP", self.saying(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n"))
        self.assert_refuses_the_proxy("too many header lines")

    def test_headers_without_end(self):
        for line in (b"X" * 65536, b"X: y\r\n" * 10000, b"\x05" * 65536):
            for kind in TYPES:
                with self.subTest(kind, line=line[:4]):
                    def talk(proxy, client, line=line):
                        try:
                            client.sendall(b"HTTP/1.1 200 OK\r\n")
                            while not proxy.ended.is_set():
                                client.sendall(line)
                        except OSError:
                            proxy.requests.append("the client went away")

                    proxy = self.against(kind, talk)
                    begin = time.monotonic()
                    self.assert_refuses_the_proxy()
                    self.assertLess(time.monotonic() - begin, 30)
                    limit = time.monotonic() + 60
                    while not proxy.requests and time.monotonic() < limit:
                        time.sleep(0.02)
                    self.assertEqual(["the client went away"] * proxy.connections, proxy.requests)

    def test_terminal_codes_in_the_answer(self):
        self.against("HTTP", self.saying(b"HTTP/1.1 500 \x1b]0;owned\x07\x1b[2J" + b"y" * 5000 + b"\r\n\r\n"))
        result = self.assert_refuses(r"it answered 'HTTP/1.1 500 \\x1b")
        self.assertNotIn("\x1b", result.output)
        self.assertNotIn("y" * 500, result.output)

    def test_one_that_leads_to_another_server(self):
        other = certificates.Authority(self.workspace.root / "other", "other")
        stranger = self.another_server({"INBOX": [case.message(9)]}, tls="implicit",
                                       certificate=other.issue("stranger", "localhost", "DNS:localhost"))
        self.against("SOCKS4", proxies.socks4(("127.0.0.1", stranger.port)))
        self.assert_refuses("certificate verify failed")
        self.assert_nothing_sensitive_sent(stranger)
        self.assertEqual([], stranger.names())
        self.assert_nothing_made()

    def test_one_that_plays_the_server_itself(self):
        for greeting in (b"* PREAUTH [CAPABILITY IMAP4rev1] welcome\r\n",
                         b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no TLS here\r\n"):
            with self.subTest(greeting):
                heard = []

                def talk(proxy, client, greeting=greeting, heard=heard):
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + greeting)
                    while data := client.recv(65536):
                        heard.append(data)
                        if b"CAPABILITY" in data:
                            client.sendall(data.split()[0] + b" OK done\r\n")

                # localhost, which without a proxy would be this machine and need no TLS
                self.against("HTTP", talk, ssl="no", starttls=None)
                self.assert_refuses("TLS")
                sent = b"".join(heard)
                for secret in case.forms_of(self.server.user, self.server.password):
                    self.assertNotIn(secret, sent)
                self.assertNotIn(b"LOGIN", sent)
                self.assert_nothing_made()

    def test_one_that_is_silent_is_given_up(self):
        for kind in TYPES:
            with self.subTest(kind):
                self.against(kind, self.saying(), general={"socktimeout": "1"})
                begin = time.monotonic()
                self.assert_refuses_the_proxy("it does not answer")
                self.assertLess(time.monotonic() - begin, 30)

    def test_one_that_dribbles_is_given_up(self):
        def talk(proxy, client):
            try:
                while not proxy.ended.wait(0.05):
                    client.sendall(b"H")
            except OSError:
                pass

        self.against("HTTP", talk, general={"socktimeout": "1"})
        begin = time.monotonic()
        self.assert_refuses_the_proxy("it does not answer")
        self.assertLess(time.monotonic() - begin, 30)

    def test_one_that_is_silent_does_not_hold_up_a_stop(self):
        for kind in TYPES:
            with self.subTest(kind):
                heard = []

                def talk(proxy, client, heard=heard):
                    heard.append(client.recv(65536))
                    while client.recv(65536):
                        pass

                self.against(kind, talk, general={"socktimeout": "300"})
                running = self.workspace.start()
                self.addCleanup(running.kill)
                limit = time.monotonic() + 60
                while not heard and time.monotonic() < limit:
                    time.sleep(0.02)
                begin = time.monotonic()
                running.signal(signal.SIGINT)
                running.finish()
                self.assertLess(time.monotonic() - begin, 20)


if __name__ == "__main__":
    case.main()
