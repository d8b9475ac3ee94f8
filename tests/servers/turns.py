#!/usr/bin/env python3
"""turns.py PORT PORT: prints the port where it listens; the first connection is led to the first
port, and all others to the second, as behind a name that several servers have."""

import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
port = int(sys.argv[1])
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", port))
    port = int(sys.argv[2])
    for pair in ((client, server), (server, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
