#!/usr/bin/env python3
"""A line between a client and a server on this machine that carries so many bytes a second, and counts.

    line.py SERVER-PORT COUNT-FILE [BYTES-PER-SECOND]

The first line that it prints is its own port.  COUNT-FILE always holds two numbers: the bytes that
came from clients, and those that came from the server.  Both directions together share the rate;
without one, the line is as fast as it can be.
"""

import os
import socket
import sys
import threading
import time

server_port, count_path = int(sys.argv[1]), sys.argv[2]
rate = float(sys.argv[3]) if len(sys.argv) > 3 else 0
lock = threading.Lock()
counts = [0, 0]
free_at = time.monotonic()


def carry(direction, size):
    """Wait for as long as the line needs for so many bytes."""
    global free_at
    with lock:
        counts[direction] += size
        with open(count_path + ".new", "w", encoding="ascii") as file:
            file.write("%d %d\n" % tuple(counts))
        os.rename(count_path + ".new", count_path)
        now = time.monotonic()
        free_at = max(free_at, now) + (size / rate if rate else 0)
        wait = free_at - now
    if wait > 0:
        time.sleep(wait)


def pump(source, sink, direction):
    try:
        while data := source.recv(16384):
            carry(direction, len(data))
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client):
    server = socket.create_connection(("127.0.0.1", server_port))
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=pump, args=(server, client, 1), daemon=True)
    back.start()
    pump(client, server, 0)
    back.join()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
