#!/usr/bin/env python3
"""A proxy in front of a MySQL server that answers at one moment with one error.

    error.py SERVER-SOCKET OWN-SOCKET ORDER

ORDER is a file of two words, read anew for each connection: a moment and an error number.

    login     in place of the answer to the login
    setup     to the first SET of the session
    prepare   to the preparing of a statement
    execute   to its execution
    fetch     in place of the second row of what was executed
    load      to LOAD DATA
    rename    to RENAME TABLE
    record    to the first statement of a connection that makes or widens _dbferry_sync
    commit    to COMMIT, once something was written to _dbferry_sync
    short     the answer to LOAD DATA tells of so many rows less (of 250 at most)
    count     the next SELECT COUNT(*) FROM `t` finds 8 of the 9 rows that are there
    ask       RENAME TABLE is answered with a request for a file; what the client sends is printed
    none      never

The server does not get what is answered so, but for `fetch`.  Where the error says that the
connection ends, it does.  Packets are put together first.
"""

import os
import socket
import struct
import sys
import threading

server_path, own_path, order_path = sys.argv[1:4]
ENDS = (1053, 1152, 1927, 3169, 4031)
STATEMENTS = {"setup": b"\x03SET SESSION", "prepare": b"\x16", "execute": b"\x17",
              "load": b"\x03LOAD DATA", "rename": b"\x03RENAME TABLE", "commit": b"\x03COMMIT",
              "record": (b"\x03CREATE TABLE IF NOT EXISTS _dbferry_sync", b"\x03ALTER TABLE _dbferry_sync")}


def take(source):
    data = b""
    size = 4
    while len(data) < size:
        more = source.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
        if len(data) == 4:
            size = 4 + int.from_bytes(data[:3], "little")
    return data


def error(number, sequence):
    body = b"\xff" + struct.pack("<H", number) + b"#HY000the answer of a test"
    return struct.pack("<I", len(body))[:3] + bytes([sequence & 255]) + body


def answers(server, client, state):
    """Hand on what the server says; of an execution that is to fail, all but the second row's rest."""
    try:
        while packet := take(server):
            if state["deaf"]:
                continue
            if state["short"] and packet[4:5] == b"\0":
                packet = packet[:5] + bytes([packet[5] - state["number"]]) + packet[6:]
                state["short"] = False
            if state["count"] and packet[4:] == b"\x019":
                packet = packet[:5] + b"8"
                state["count"] = False
            if state["rows"] is not None:
                ends = state["ends"] = state["ends"] + (packet[4:5] == b"\xfe" and len(packet) < 13)
                state["rows"] += ends == 1 and packet[4:5] == b"\0"
                if state["rows"] == 2:
                    state["deaf"] = True
                    packet = error(state["number"], packet[3])
            client.sendall(packet)
    except (OSError, EOFError):
        pass
    finally:
        client.shutdown(socket.SHUT_RDWR)


def serve(client):
    with open(order_path, encoding="ascii") as file:
        moment, number = file.read().split()
    number = int(number)
    server = socket.socket(socket.AF_UNIX)
    server.connect(server_path)
    state = {"deaf": False, "rows": None, "ends": 0, "number": number, "short": False, "count": False}
    threading.Thread(target=answers, args=(server, client, state), daemon=True).start()
    try:
        talk(client, server, state, moment, number)
    finally:
        server.shutdown(socket.SHUT_RDWR)


def talk(client, server, state, moment, number):
    login, written = take(client), False
    if moment == "login":
        client.sendall(error(number, login[3] + 1))
        client.shutdown(socket.SHUT_WR)
        return
    server.sendall(login)
    while True:
        packet = take(client)
        written = written or b"INTO _dbferry_sync" in packet or b"INTO `_dbferry_sync`" in packet
        if packet[4:].startswith(STATEMENTS.get(moment, b"\xff")) and (moment != "commit" or written):
            client.sendall(error(number, 1))
            if number in ENDS:
                return
            moment = "none" if moment == "record" else moment
            continue
        if moment == "ask" and packet[4:].startswith(STATEMENTS["rename"]):
            client.sendall(b"\x0c\0\0\1\xfb/etc/passwd")
            print("asked:", take(client)[4:].hex(), flush=True)
            return
        state["short"] = moment == "short" and packet[4:].startswith(STATEMENTS["load"]) or state["short"]
        state["count"] = moment == "count" and packet[4:].startswith(b"\x03SELECT COUNT(*) FROM `t`")
        if moment == "fetch" and packet[4] == 0x17:
            state["rows"] = 0
        server.sendall(packet)


def quietly(client):
    try:
        serve(client)
    except (OSError, EOFError):
        pass


listener = socket.socket(socket.AF_UNIX)
listener.bind(own_path + ".new")
listener.listen(64)
os.rename(own_path + ".new", own_path)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=quietly, args=(connection,), daemon=True).start()
