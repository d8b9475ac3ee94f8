#!/usr/bin/env python3
"""A proxy in front of a server that answers one question about its catalog otherwise.

    asked.py SERVER OWN-SOCKET LOG ORDER

SERVER is a unix socket.  ORDER is a file of three words, looked at anew for each connection: a number, a
fault and a mark.  From each other order on, statements about information_schema and SHOW CREATE are
counted over all connections, and written to LOG, one a line.  That of the number (0: none) gets the
fault in place of an answer:

    a number     that error, with SQLSTATE HY000
    empty        the server's own answer without its rows
    torn         rows, and then an error in the place of their end
    cut          half of the answer, and the connection ends

Everything else, and the same question asked again, gets what the server says.  There is no TLS, and
the marks behind columns and rows are those of old, so that all clients are answered alike.
"""

import os
import select
import socket
import sys
import threading

server_name, own_path, log_path, order_path = sys.argv[1:5]
order, number, fault = [], 0, "0"
asked = 0
lock = threading.Lock()
CLIENT_SSL = 1 << 11
CLIENT_DEPRECATE_EOF = 1 << 24
MARIADB_CACHE_METADATA = 1 << 4


class Stream:
    """Packets from a socket."""

    def __init__(self, end):
        self.end = end

    def take(self, size):
        data = b""
        while len(data) < size:
            more = self.end.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def packet(self):
        head = self.take(4)
        return head[3], self.take(int.from_bytes(head[:3], "little"))


def frame(sequence, body):
    return len(body).to_bytes(3, "little") + bytes([sequence & 255]) + body


def greet(body):
    """The server's greeting without what this proxy does not do."""
    at = body.index(b"\0", 1) + 1 + 4 + 8 + 1
    low = int.from_bytes(body[at : at + 2], "little") & ~CLIENT_SSL
    high = int.from_bytes(body[at + 5 : at + 7], "little") & ~(CLIENT_DEPRECATE_EOF >> 16)
    body = bytearray(body)
    body[at : at + 2] = low.to_bytes(2, "little")
    body[at + 5 : at + 7] = high.to_bytes(2, "little")
    if not low & 1:  # MariaDB's own capabilities
        own = int.from_bytes(body[at + 14 : at + 18], "little") & ~MARIADB_CACHE_METADATA
        body[at + 14 : at + 18] = own.to_bytes(4, "little")
    return bytes(body)


def is_about_the_catalog(body):
    text = body[1:]
    return body[:1] == b"\3" and (b"information_schema." in text or text.startswith(b"SHOW CREATE"))


def look_at_order():
    global order, number, fault, asked
    with lock, open(order_path, encoding="ascii") as file:
        found = file.read().split()
        if found != order:
            order, number, fault, asked = found, int(found[0]), found[1], 0
            with open(log_path, "w", encoding="utf-8"):
                pass  # it is empty


def is_due(body):
    global asked
    if not is_about_the_catalog(body):
        return False
    with lock:
        asked += 1
        with open(log_path, "a", encoding="utf-8") as log:
            log.write(body[1:].decode("utf-8", "replace").replace("\n", " ") + "\n")
        return asked == number


def answer(stream):
    """The packets of one answer: (columns and their mark, rows, mark), or all in the first."""
    head, rows = [stream.packet()[1]], []
    if head[0][:1] in (b"\0", b"\xff"):
        return head, rows, []
    while True:
        head.append(stream.packet()[1])
        if head[-1][:1] == b"\xfe" and len(head[-1]) < 9:
            break
    while True:
        rows.append(stream.packet()[1])
        if rows[-1][:1] == b"\xff" or (rows[-1][:1] == b"\xfe" and len(rows[-1]) < 9):
            return head, rows[:-1], rows[-1:]


def bend(client, server, question):
    """No other answer is on its way: the server speaks when it is spoken to."""
    if fault.isdigit():
        text = b"\xff" + int(fault).to_bytes(2, "little") + b"#HY000made up by a test"
        client.sendall(frame(1, text))
        return
    server.sendall(frame(0, question))
    head, rows, mark = answer(Stream(server))
    if fault == "empty":
        rows = []
    elif fault == "torn":
        rows, mark = rows[:-1], [b"\xff" + (1317).to_bytes(2, "little") + b"#HY000made up by a test"]
    data = b"".join(frame(i + 1, body) for i, body in enumerate(head + rows + mark))
    if fault == "cut":
        client.sendall(data[: len(data) // 2])
        raise EOFError
    client.sendall(data)


def talk(client, server):
    sequence, greeting = Stream(server).packet()
    client.sendall(frame(sequence, greet(greeting)))
    buffer = b""
    while True:
        ready, _, _ = select.select([client, server], [], [])
        if server in ready:
            data = server.recv(65536)
            if not data:
                return
            client.sendall(data)
        if client not in ready:
            continue
        data = client.recv(65536)
        if not data:
            return
        buffer += data
        while len(buffer) >= 4 and len(buffer) >= 4 + int.from_bytes(buffer[:3], "little"):
            end = 4 + int.from_bytes(buffer[:3], "little")
            packet, buffer = buffer[:end], buffer[end:]
            if packet[3] == 0 and is_due(packet[4:]):
                bend(client, server, packet[4:])
            else:
                server.sendall(packet)


def serve(client):
    with client, socket.socket(socket.AF_UNIX) as server:
        try:
            server.connect(server_name)
            talk(client, server)
        except (OSError, EOFError):
            pass


os.umask(0o077)
listener = socket.socket(socket.AF_UNIX)
listener.bind(own_path + ".new")
listener.listen(64)
os.rename(own_path + ".new", own_path)
while True:
    connection, _ = listener.accept()
    look_at_order()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
