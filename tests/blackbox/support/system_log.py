"""A log daemon's socket for one program (see system_file), and what arrives there."""

import contextlib
import re
import socket
import threading

# The time is the C library's; Python's handler sends none, and a NUL behind the text.
_MESSAGE = re.compile(r"<(\d+)>(?:\w{3} [ \d]\d [:\d]{8} )?offlineimap\[\d+\]: (.*?)\0?", re.S)


@contextlib.contextmanager
def daemon(directory):
    """The socket's path, and the list of what arrives there."""
    path = directory / "log"
    messages = []

    def read(listener):
        while message := listener.recv(65536):
            messages.append(message.decode())

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        reader = threading.Thread(target=read, args=(listener,), daemon=True)
        reader.start()
        try:
            yield path, messages
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(path))
            reader.join(timeout=10)
            path.unlink()


def parsed(messages):
    """[(priority, text)]"""
    found = [_MESSAGE.fullmatch(message) for message in messages]
    assert None not in found, messages
    return [(int(match[1]), match[2]) for match in found]
