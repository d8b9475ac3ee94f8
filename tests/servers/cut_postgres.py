#!/usr/bin/env python3
"""A proxy in front of a PostgreSQL server that cuts a connection off at one statement.

    cut_postgres.py SERVER-SOCKET OWN-SOCKET before|after TEXT

The first message of any connection that holds TEXT (=TEXT: that is nothing else; N*TEXT: the Nth of
them; #N: the Nth of all) is where it happens: `before`, the server does not get it; `after`, it does, and its answer is
lost. Then a line is printed, and that connection has ended on both sides. All others, and what
comes later, are left alone. Without TLS.
"""

import os
import re
import socket
import sys
import threading

server_path, own_path, mode, text = sys.argv[1:5]
text = text.encode()
counted = re.fullmatch(rb"([1-9][0-9]*)\*(.+)", text, re.DOTALL)
lock = threading.Lock()
happened = False


def take(source, size):
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def message(client, first):
    """One of the client's messages; the first of a connection has no letter before its length."""
    letter = b"" if first else take(client, 1)
    length = take(client, 4)
    return letter + length + take(client, int.from_bytes(length, "big") - 4)


def end(*sockets):
    for one in sockets:
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        one.close()


def answers(server, client, deaf, heard):
    try:
        while data := server.recv(65536):
            if deaf.is_set():
                heard.set()
                continue
            client.sendall(data)
    except OSError:
        pass
    heard.set()
    end(client)


seen = 0


def is_there(data):
    global seen
    if counted:
        seen += counted[2] in data
        return counted[2] in data and seen == int(counted[1])
    seen += 1
    if text.startswith(b"#"):
        return seen == int(text[1:])
    return data[5:].rstrip(b"\0") == text[1:] if text.startswith(b"=") else text in data


def serve(client):
    global happened
    server = socket.socket(socket.AF_UNIX)
    server.connect(server_path)
    deaf, heard = threading.Event(), threading.Event()
    threading.Thread(target=answers, args=(server, client, deaf, heard), daemon=True).start()
    first = True
    try:
        while True:
            data = message(client, first)
            first = False
            with lock:
                here = not happened and is_there(data)
                happened = happened or here
            if here and mode == "after":
                deaf.set()
                server.sendall(data)
                # The message that asks for the answer may come after the one with the statement.
                while not heard.wait(0.05):
                    client.settimeout(0.05)
                    try:
                        server.sendall(message(client, False))
                    except (TimeoutError, socket.timeout):
                        pass
            if here:
                print("cut at", text.decode(), flush=True)
                raise EOFError
            server.sendall(data)
    except (EOFError, OSError):
        end(client, server)


listener = socket.socket(socket.AF_UNIX)
if os.path.exists(own_path):
    os.unlink(own_path)
listener.bind(own_path)
listener.listen(16)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
