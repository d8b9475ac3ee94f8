"""Somebody who answers in the place of a PostgreSQL server, and how.

    pg_stranger.py FOLDER HOW

FOLDER/port gets the port of 127.0.0.1 once it listens; FOLDER/got the bytes that clients have sent,
decrypted where they came by TLS, in hexadecimal, a line each time.  FOLDER/tls holds certificates of
mariadb_make_certificates.  HOW is one of the words below.
"""

import os
import socket
import ssl
import struct
import sys

FOLDER, HOW = sys.argv[1:]
ERROR = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed\0\0"
CLEAR_TEXT = b"R" + struct.pack(">II", 8, 3)


def message(kind, body):
    return kind + struct.pack(">I", len(body) + 4) + body


def receive(connection):
    """What has come, told and given back; nothing at the end."""
    data = connection.recv(4096)
    with open(os.path.join(FOLDER, "got"), "a") as got:
        got.write(data.hex() + "\n")
    return data


def encrypt(connection, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{FOLDER}/tls/{name}.pem", f"{FOLDER}/tls/{name}.key")
    return context.wrap_socket(connection, server_side=True)


def answer(connection):
    receive(connection)  # the wish for TLS, or the start of a session without it
    if HOW == "no TLS":
        connection.sendall(b"N")
    elif HOW == "error before TLS":
        connection.sendall(message(b"E", ERROR))
    elif HOW == "words before TLS":
        connection.sendall(b"S" + CLEAR_TEXT)
        connection = encrypt(connection, "server")
    elif HOW == "another protocol":
        connection.sendall(b"HTTP/1.1 400\r\n\r\n")
    elif HOW == "clear text by TLS":
        connection.sendall(b"S")
        connection = encrypt(connection, "other-server")
        receive(connection)
        connection.sendall(CLEAR_TEXT)
    elif HOW == "closes":
        return
    while receive(connection):
        pass


server = socket.create_server(("127.0.0.1", 0))
with open(os.path.join(FOLDER, "port.new"), "w") as port:
    port.write(str(server.getsockname()[1]))
os.rename(os.path.join(FOLDER, "port.new"), os.path.join(FOLDER, "port"))
while True:
    client = server.accept()[0]
    try:
        answer(client)
    except OSError:
        pass
    client.close()
