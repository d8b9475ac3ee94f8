#!/usr/bin/env python3
"""A proxy between two unix sockets that cuts a connection at one statement.

    cut.py SERVER-SOCKET OWN-SOCKET after|before TEXT

The first packet from the client that holds TEXT ends its connection: `before` it is passed on, or
`after` the server has answered it, an answer that the client does not get.  Other connections, and
later ones, are left alone.
"""

import os
import socket
import sys
import threading

server_path, own_path, when, text = sys.argv[1:5]
text = text.encode()
cut = threading.Event()


def pump(source, sink, dropped):
    while not dropped.is_set():
        data = source.recv(65536)
        if not data:
            break
        if dropped.is_set():
            return
        sink.sendall(data)
    sink.shutdown(socket.SHUT_WR)


def serve(client):
    server = socket.socket(socket.AF_UNIX)
    server.connect(server_path)
    dropped = threading.Event()
    back = threading.Thread(target=quietly, args=(pump, server, client, dropped), daemon=True)
    back.start()
    while True:
        data = client.recv(65536)
        if not data:
            server.shutdown(socket.SHUT_WR)
            return
        if text in data and not cut.is_set():
            cut.set()
            dropped.set()
            if when == "after":
                server.sendall(data)
                back.join()  # it has read the answer, and drops it
            client.shutdown(socket.SHUT_RDWR)
            server.shutdown(socket.SHUT_RDWR)
            return
        server.sendall(data)


def quietly(function, *arguments):
    try:
        function(*arguments)
    except OSError:
        pass


listener = socket.socket(socket.AF_UNIX)
listener.bind(own_path + ".new")
listener.listen(16)
os.rename(own_path + ".new", own_path)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=quietly, args=(serve, connection), daemon=True).start()
