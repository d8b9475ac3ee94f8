"""Who stands before a PostgreSQL server as a pooler does: the key of the session that a client gets is
not the server's.

    pg_pooler.py FOLDER PORT

FOLDER/port gets the port of 127.0.0.1 once it listens; PORT is the server's.
"""

import os
import re
import select
import socket
import struct
import sys

FOLDER, PORT = sys.argv[1:]
KEY = re.compile(rb"K" + re.escape(struct.pack(">I", 12)) + rb".{8}", re.DOTALL)


def serve(client, server):
    while True:
        for side in select.select([client, server], [], [])[0]:
            data = side.recv(65536)
            if not data:
                return
            if side is server:
                client.sendall(KEY.sub(b"K" + struct.pack(">III", 12, 7, 7), data))
            else:
                server.sendall(data)


listener = socket.create_server(("127.0.0.1", 0))
with open(os.path.join(FOLDER, "port.new"), "w") as port:
    port.write(str(listener.getsockname()[1]))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
while True:
    with listener.accept()[0] as client, socket.create_connection(("127.0.0.1", PORT)) as server:
        try:
            serve(client, server)
        except OSError:
            pass
