#!/usr/bin/env python3
"""A MySQL server that answers up to a chosen step of a login, and then no more, or a byte a second.

    slow.py STEP stall|trickle

The first line that it prints is its port; each connection prints another one.  The steps:

    greeting  the server's first packet
    tls       its part of the handshake, after the client has asked for TLS
    login     the answer to the login
    setup     the answer to the first statement
"""

import socket
import struct
import sys
import threading
import time

STEPS = ("greeting", "tls", "login", "setup")
step, how = sys.argv[1:]
OK = b"\0\0\0\2\0\0\0"


class Server:
    def __init__(self, connection):
        self.connection, self.number = connection, 0

    def hang(self):
        """What never comes to its end: the first bytes of something long, or nothing."""
        begin = b"\x16\x03\x03\x40\x00" if step == "tls" else b"\xff\xff\x00" + bytes([self.number])
        for i in range(3600):
            if how == "trickle":
                self.connection.sendall(begin[i:i + 1] or b"\x0a")
            time.sleep(1)

    def reach(self, at):
        if step == at:
            self.hang()

    def send(self, at, packet):
        self.reach(at)
        self.connection.sendall(struct.pack("<I", len(packet))[:3] + bytes([self.number]) + packet)

    def receive(self):
        head = self.connection.recv(4, socket.MSG_WAITALL)
        if len(head) < 4:
            raise EOFError
        self.number = (head[3] + 1) & 255
        return self.connection.recv(int.from_bytes(head[:3], "little"), socket.MSG_WAITALL)

    def serve(self):
        can = 0x81BFF7DF & ~0x0800 & ~(1 << 24) | (0x0800 if step == "tls" else 0)
        self.send("greeting", b"".join([
            b"\x0a10.11.6-MariaDB\0", struct.pack("<I", 1), b"abcdefgh\0",
            struct.pack("<HBHH", can & 0xFFFF, 45, 2, can >> 16), b"\x15", b"\0" * 10,
            b"abcdefghijkl\0mysql_native_password\0"]))
        self.receive()
        self.reach("tls")
        self.send("login", OK)
        self.receive()
        self.send("setup", OK)


def run(connection):
    try:
        Server(connection).serve()
    except (EOFError, OSError):
        pass


assert step in STEPS and how in ("stall", "trickle")
with socket.create_server(("127.0.0.1", 0)) as listener:
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        print("connection", flush=True)
        threading.Thread(target=run, args=(client,), daemon=True).start()
