"""A slow line: a relay on loopback that lets only so many bytes a second through to the program."""

import select
import socket
import threading
import time


class SlowLine:
    """`port` leads to host:port of the server. A context manager."""

    _TICKS_PER_SECOND = 20

    def __init__(self, host, port, bytes_per_second):
        self._target = (host, port)
        self._portion = max(bytes_per_second // self._TICKS_PER_SECOND, 1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def _accept(self):
        self._listener.settimeout(0.2)
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._relay, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _relay(self, client):
        with client, socket.create_connection(self._target) as server:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            try:
                while not self._ended.is_set():
                    readable, _, _ = select.select([client, server], [], [], 0.2)
                    if client in readable:
                        data = client.recv(65536)
                        if not data:
                            return
                        server.sendall(data)
                    if server in readable:
                        data = server.recv(self._portion)
                        if not data:
                            return
                        client.sendall(data)
                        time.sleep(1 / self._TICKS_PER_SECOND)
            except OSError:
                pass  # either side went away
