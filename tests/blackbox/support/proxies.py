"""Proxies on loopback: real ones, and one that a test can make talk as it likes. Context managers."""

import contextlib
import select
import socket
import subprocess
import threading
import time

from . import programs


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class _Program:
    """A proxy that is a program of its own; starts again on another port if somebody took the one it was given."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self._log = directory / "log"
        self._process = None
        self.port = None

    def command(self):
        raise NotImplementedError

    def __enter__(self):
        for _ in range(5):
            self.port = free_port()
            with open(self._log, "wb") as log:
                self._process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                 preexec_fn=programs.die_with_parent())
            if self._listens():
                return self
            self.__exit__()
        raise RuntimeError(f"{self.command()[0]} did not start: {self.log()}")

    def _listens(self):
        limit = time.monotonic() + 20
        while time.monotonic() < limit and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return True
            time.sleep(0.02)
        return False

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def log(self):
        return self._log.read_text(errors="replace")


class MicroSocks(_Program):
    """SOCKS5, with a login if there is a user."""

    def __init__(self, directory, user=None, password=None):
        super().__init__(directory)
        self._login = ["-u", user, "-P", password] if user else []

    def command(self):
        return [programs.microsocks(), "-i", "127.0.0.1", "-p", str(self.port), *self._login]


class TinyProxy(_Program):
    """HTTP with CONNECT to one port only."""

    def __init__(self, directory, connect_port, user=None, password=None):
        super().__init__(directory)
        self._configuration = directory / "tinyproxy.conf"
        self._connect_port = connect_port
        self._login = f"BasicAuth {user} {password}\n" if user else ""

    def command(self):
        self._configuration.write_text(
            f"Port {self.port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\nLogLevel Info\nMaxClients 50\n"
            f"ConnectPort {self._connect_port}\n{self._login}")
        return [programs.tinyproxy(), "-d", "-c", str(self._configuration)]


class ScriptedProxy:
    """Each connection is handed to talk(client), which returns the address to relay to, or None to end. `requests`
    holds what talk() noted."""

    def __init__(self, talk):
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.requests = []
        self.connections = 0
        self.ended = threading.Event()
        self._threads = []

    def lead_to(self, talk):
        """From now on."""
        self._talk = talk

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        self.ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=20)

    def _start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, client)

    def _serve(self, client):
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            target = self._talk(self, client)
            if target is not None:
                with socket.create_connection(target) as server:
                    self._relay(client, server)

    def _relay(self, client, server):
        while not self.ended.is_set():
            readable, _, _ = select.select([client, server], [], [], 0.2)
            for source, sink in ((client, server), (server, client)):
                if source in readable:
                    data = source.recv(65536)
                    if not data:
                        return
                    sink.sendall(data)


def receive_exactly(client, count):
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise OSError("the client has gone")
        data += more
    return data


def receive_until(client, end):
    data = b""
    while not data.endswith(end):
        data += receive_exactly(client, 1)
    return data


def socks4(target):
    """A talk() of SOCKS4 and 4a that leads everybody to `target`."""

    def talk(proxy, client):
        head = receive_exactly(client, 8)
        user = receive_until(client, b"\0")[:-1]
        host = socket.inet_ntoa(head[4:])
        if head[4:7] == b"\0\0\0" and head[7] != 0:
            host = receive_until(client, b"\0")[:-1].decode()
        proxy.requests.append((head[:2], host, int.from_bytes(head[2:4], "big"), user.decode()))
        client.sendall(b"\0\x5a" + bytes(6))
        return target

    return talk
