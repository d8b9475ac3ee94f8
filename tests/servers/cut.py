#!/usr/bin/env python3
"""A proxy in front of a server that stops working at one statement.

    cut.py SERVER OWN-SOCKET MODE TEXT [SINCE]

SERVER is a unix socket, or a port on this machine.  The first statement of any connection that holds
TEXT (after one of the same connection that holds SINCE) is where it happens:

    before       the server does not get it; its connection ends on both sides
    after        the server gets it and answers; the answer is lost and the connection ends
    before-all, after-all
                 the same, and all other connections end with it; no new one is taken
    before-hold, after-hold
                 the same as before and after, but nothing ends: the client waits for an answer
    before-wait, after-wait
                 the same, and the server learns of it when the client goes away

Then a line is printed.  Other connections, and later statements, are left alone.  Packets of the protocol are put together
first, so a statement is found wherever the network has cut it.
"""

import os
import socket
import sys
import threading

server_name, own_path, mode, text = sys.argv[1:5]
text = text.encode()
since = sys.argv[5].encode() if len(sys.argv) > 5 else b""
lock = threading.Lock()
happened = threading.Event()
away = threading.Event()
ends = []


def connect():
    if server_name.isdigit():
        return socket.create_connection(("127.0.0.1", int(server_name)))
    server = socket.socket(socket.AF_UNIX)
    server.connect(server_name)
    return server


def take(source, size):
    data = b""
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def answers(server, client, deaf, heard):
    try:
        while data := server.recv(65536):
            if deaf.is_set():
                heard.set()
                continue
            client.sendall(data)
        client.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def shut(sockets):
    for end in sockets:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def stop(client, server, packet, deaf, heard):
    deaf.set()
    if mode.startswith("after"):
        server.sendall(packet)
        heard.wait(30)
    print("there", flush=True)
    if mode.endswith("-all"):
        away.set()
        os.unlink(own_path)
        shut(ends)
    elif not mode.endswith(("-hold", "-wait")):
        shut([client, server])


def serve(client, server):
    with lock:
        ends.extend([client, server])
    deaf, heard, armed = threading.Event(), threading.Event(), not since
    threading.Thread(target=answers, args=(server, client, deaf, heard), daemon=True).start()
    while True:
        head = take(client, 4)
        body = take(client, int.from_bytes(head[:3], "little"))
        if armed and text in body and not happened.is_set():
            happened.set()
            stop(client, server, head + body, deaf, heard)
            if not mode.endswith(("-hold", "-wait")):
                return
            continue
        armed = armed or since in body
        if not deaf.is_set():
            server.sendall(head + body)


def quietly(client):
    try:
        server = connect()
    except OSError:
        shut([client])
        return
    try:
        serve(client, server)
    except (OSError, EOFError):
        pass
    if mode.endswith("-wait"):
        shut([server])
    if not (happened.is_set() and mode.endswith("-hold")):
        shut([client])


listener = socket.socket(socket.AF_UNIX)
listener.bind(own_path + ".new")
listener.listen(64)
os.rename(own_path + ".new", own_path)
while True:
    connection, _ = listener.accept()
    if away.is_set():
        connection.close()
        continue
    threading.Thread(target=quietly, args=(connection,), daemon=True).start()
