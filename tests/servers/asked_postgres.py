"""A proxy in front of a PostgreSQL server that answers one question about its catalog otherwise.

    proxy = Proxy(SERVER-SOCKET, OWN-SOCKET)
    proxy.order(NUMBER, FAULT)     from now on; questions are counted over all connections, from 1
    proxy.asked                    those that came since: (who asks, statement)
    proxy.hit                      the one that got the fault; None: none

A question is a statement that reads from the catalog or asks for settings, the preparing of a statement
("PREPARE ...") and the description of its columns ("DESCRIBE ...").  That of the number (0: none) gets
the fault in place of its answer:

    SQLSTATE    that error; where it ends the session, it does
    empty       the server's own answer without its rows
    torn        some of its rows, and then an error (57014) in the place of their end
    cut         half of the answer, and the connection ends

The server's transaction has failed as the client was told: it gets a statement that fails.  There is no
TLS.  All else, and the same question asked again, gets what the server says.
"""

import re
import select
import socket
import threading

ENDS_SESSION = ("57P01", "57P02", "25P03")
CATALOG = re.compile(rb"(SELECT|WITH)\b.*((FROM|JOIN) pg_catalog\.|current_setting\()", re.S)
FAILS = b"SELECT 1/0"


def frame(letter, body):
    return letter + (len(body) + 4).to_bytes(4, "big") + body


def error(state):
    severity = b"FATAL" if state in ENDS_SESSION else b"ERROR"
    fields = {b"S": severity, b"V": severity, b"C": state.encode(), b"M": b"made up by a test"}
    return frame(b"E", b"".join(k + v + b"\0" for k, v in fields.items()) + b"\0")


def take_message(data, has_letter=True):
    """The first message of the data and what comes behind it; (None, data): it is not whole."""
    head = 5 if has_letter else 4
    size = int.from_bytes(data[head - 4 : head], "big") + head - 4
    if len(data) < head or len(data) < size:
        return None, data
    return (data[: head - 4], data[head:size]), data[size:]


class Proxy:
    def __init__(self, server_name, own_path):
        self.server_name, self.number, self.fault = server_name, 0, ""
        self.asked, self.hit, self.lock = [], None, threading.Lock()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(own_path)
        listener.listen(16)
        threading.Thread(target=self.listen, args=(listener,), daemon=True).start()

    def order(self, number, fault):
        with self.lock:
            self.number, self.fault, self.asked, self.hit = number, fault, [], None

    def listen(self, listener):
        while True:
            threading.Thread(target=self.serve, args=(listener.accept()[0],), daemon=True).start()

    def serve(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            try:
                server.connect(self.server_name)
                Session(self, client, server).talk()
            except (OSError, EOFError):
                pass

    def fault_of(self, who, text):
        """What is to happen to this question, and whether it is counted at all."""
        with self.lock:
            self.asked.append((who, text.decode("utf-8", "replace")))
            if len(self.asked) != self.number:
                return None
            self.hit = self.asked[-1]
            return self.fault


class Session:
    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.who, self.buffer, self.group, self.prepared = "", b"", [], b""

    def talk(self):
        began = False
        while True:
            ready, _, _ = select.select([self.client, self.server], [], [])
            if self.server in ready:
                self.client.sendall(self.receive(self.server))
            if self.client not in ready:
                continue
            self.buffer += self.receive(self.client)
            if not began:
                began = self.begin()
            while began and self.step():
                pass

    @staticmethod
    def receive(end):
        data = end.recv(1 << 16)
        if not data:
            raise EOFError
        return data

    def begin(self):
        """The first message of a client has no letter, and names the account."""
        first, self.buffer = take_message(self.buffer, False)
        if first is None:
            return False
        words = first[1][4:].split(b"\0")
        self.who = words[words.index(b"user") + 1].decode() if b"user" in words else ""
        self.server.sendall(frame(b"", first[1]))
        return True

    def step(self):
        """One message of the client; those of a statement together.  Whether there was one."""
        message, self.buffer = take_message(self.buffer)
        if message is None:
            return False
        self.group.append(message)
        if message[0] in (b"P", b"B", b"D", b"E"):
            return True
        group, self.group = self.group, []
        text = self.question(group)
        fault = self.proxy.fault_of(self.who, text) if text else None
        messages = b"".join(frame(*one) for one in group)
        if fault is None:
            self.server.sendall(messages)
        else:
            self.bend(fault, messages)
        return True

    def question(self, group):
        """What is asked, if that is a question; b"" if not."""
        letters = b"".join(letter for letter, _ in group)
        text = self.prepared if letters == b"DS" else b""
        for letter, body in group:
            if letter in (b"Q", b"P"):
                text = body.split(b"\0")[b"QP".index(letter)]
        self.prepared = text if letters in (b"PS", b"DS") else b""
        if self.prepared:
            return (b"PREPARE " if letters == b"PS" else b"DESCRIBE ") + text
        return text if CATALOG.match(text) else b""

    def ask(self, messages):
        """The server's whole answer.  No other one is on its way: it speaks when it is spoken to."""
        answer, data = [], b""
        self.server.sendall(messages)
        while not answer or answer[-1][0] != b"Z":
            message, data = take_message(data)
            if message is None:
                data += self.receive(self.server)
            else:
                answer.append(message)
        return answer

    def fail(self):
        """The state of the session after a statement that fails."""
        return frame(*self.ask(frame(b"Q", FAILS + b"\0"))[-1])

    def emptied(self, letter, body):
        """Nothing is told of what is described, and of rows the server counts none."""
        if letter == b"T" and self.prepared:
            return b"n", b""
        return letter, re.sub(rb" [0-9]+\0", b" 0\0", body) if letter == b"C" else body

    def bend(self, fault, messages):
        if fault in ENDS_SESSION:
            self.client.sendall(error(fault))
            raise EOFError
        if fault not in ("empty", "torn", "cut"):
            self.client.sendall(error(fault) + self.fail())
            return
        answer = self.ask(messages)
        if fault == "empty":
            answer = [self.emptied(*one) for one in answer if one[0] != b"D"]
        data = b"".join(frame(*one) for one in answer)
        if fault == "torn":
            rows = [frame(*one) for one in answer if one[0] not in (b"C", b"Z")]
            data = b"".join(rows[: (len(rows) + 1) // 2]) + error("57014") + self.fail()
        elif fault == "cut":
            self.client.sendall(data[: len(data) // 2])
            raise EOFError
        self.client.sendall(data)
