"""A server reached by ssh, as it were: the real one, with the log-in done."""

import os
import socket
import ssl
import threading

HOST = os.environ["TEST_IMAP_HOST"]
context = ssl.create_default_context(cafile=os.environ["TEST_IMAP_CA"])
server = context.wrap_socket(socket.create_connection((HOST, int(os.environ["TEST_IMAP_PORT"]))), server_hostname=HOST)


def read_until(start):
    text = b""
    while not any(line.startswith(start) for line in text.split(b"\r\n")[:-1]):
        text += server.recv(1)


def upwards():
    while data := os.read(0, 65536):
        server.sendall(data)
    os._exit(0)


read_until(b"* OK")
server.sendall(b'T LOGIN %s "pass\\"word"\r\n' % os.environ["TEST_IMAP_USER"].encode())
read_until(b"T OK")
os.write(1, b"* PREAUTH ready\r\n")
threading.Thread(target=upwards, daemon=True).start()
while data := server.recv(65536):
    os.write(1, data)
