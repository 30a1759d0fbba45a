"""A TCP proxy that delays every byte, as distance does, without limiting the rate:

    latency_proxy.py ROUND_TRIP_MS TARGET_PORT

Listens on a free loopback port, which it prints, until its standard input is closed.
"""

import asyncio
import collections
import socket
import sys

_AT_ONCE = 256 * 1024
_MOST_IN_FLIGHT = 64 * 1024 * 1024


class Line:
    """One direction of one connection: what was read at T is written at T + delay, in order."""

    def __init__(self, reader, writer, delay):
        self._reader, self._writer, self._delay = reader, writer, delay
        self._in_flight = collections.deque()
        self._bytes = 0
        self._changed = asyncio.Condition()

    async def run(self):
        await asyncio.gather(self._read(), self._write())

    async def _put(self, data):
        due = asyncio.get_running_loop().time() + self._delay
        async with self._changed:
            await self._changed.wait_for(lambda: self._bytes < _MOST_IN_FLIGHT)
            self._in_flight.append((due, data))
            self._bytes += len(data)
            self._changed.notify_all()

    async def _read(self):
        try:
            while data := await self._reader.read(_AT_ONCE):
                await self._put(data)
        except OSError:
            pass
        await self._put(b"")

    async def _write(self):
        loop = asyncio.get_running_loop()
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._in_flight)
                due, data = self._in_flight.popleft()
                self._bytes -= len(data)
                self._changed.notify_all()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            try:
                if data:
                    self._writer.write(data)
                    await self._writer.drain()
                elif self._writer.can_write_eof():
                    self._writer.write_eof()
            except OSError:
                pass
            if not data:
                return


def answer_at_once(writer):
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def serve(delay, target):
    async def connected(client_reader, client_writer):
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", target)
        for writer in (client_writer, server_writer):
            answer_at_once(writer)
        try:
            await asyncio.gather(Line(client_reader, server_writer, delay).run(),
                                 Line(server_reader, client_writer, delay).run())
        finally:
            client_writer.close()
            server_writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(serve(float(sys.argv[1]) / 2000, int(sys.argv[2])))
