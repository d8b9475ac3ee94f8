"""Somebody on the way between a client and a real server, without a key or a certificate.

    meddler.py ADDRESS REAL-ADDRESS REAL-PORT FOLDER

It prints its port on ADDRESS and serves until it is killed.

What comes before TLS goes through his hands.  What he does with it stands in FOLDER/deed, a line
each; a connection reads it when it is opened, and without that file he only listens:

    connection N           only to the Nth connection since the file is there; without it, to each
    record NAME            keep what the server says, in FOLDER/NAME.1, .2, ... by connection
    answer NAME            say behind the greeting, in the same segment, what was kept there, as a
                           server inside of TLS would number it; what the client says once TLS is
                           there does not reach the server
    append HEX             say this behind the greeting, in the same segment
    version TEXT           the greeting names this version
    hide                   the greeting does not offer TLS
    PLACE change AT HEX    PLACE is `greeting`, or `handshake` (the server's next words): other bytes
    PLACE insert AT HEX    more bytes
    PLACE cut AT           the rest is lost, and the connection ends
    PLACE replace HEX      these words in place of the server's, and the connection ends
    PLACE pieces           nothing is changed, but each byte comes alone

What clients have sent is in FOLDER/sent.
"""

import os
import socket
import sys
import threading


def packets(data):
    """The protocol's packets in `data`, each with its head."""
    found = []
    while len(data) >= 4:
        size = 4 + int.from_bytes(data[:3], "little")
        found.append(data[:size])
        data = data[size:]
    return found


def with_version(greeting, text):
    end = greeting.index(0, 5)
    body = greeting[4:5] + text.encode() + greeting[end:]
    return len(body).to_bytes(3, "little") + greeting[3:4] + body


def inside_tls(answers):
    """Up to the end of the login each packet has a number more there."""
    login, done = b"", False
    while answers and not done:
        packet = answers.pop(0)
        login += packet[:3] + bytes([packet[3] + 1]) + packet[4:]
        done = packet[4] == 0
    return login + b"".join(answers)


def without_tls(greeting):
    flags = greeting.index(0, 5) + 1 + 4 + 8 + 1
    return greeting[:flags + 1] + bytes([greeting[flags + 1] & ~8]) + greeting[flags + 2:]


class Deed:
    def __init__(self, lines):
        self.lines = [line.split(maxsplit=1) for line in lines if line.strip()]
        self.words = {line[0]: line[1] if len(line) > 1 else "" for line in self.lines}

    def at(self, place):
        return [rest for name, rest in self.words.items() if name == place]


class Meddler:
    def __init__(self, address, real, folder):
        self.real, self.folder = real, folder
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.seen, self.count = None, 0
        self.sent = open(os.path.join(folder, "sent"), "ab", buffering=0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def take_deed(self):
        """What is to be done with this connection, and its number."""
        with self.lock:
            try:
                with open(self.path("deed"), encoding="ascii") as file:
                    text, state = file.read(), os.fstat(file.fileno()).st_ino
            except FileNotFoundError:
                return Deed([]), 0
            if state != self.seen:
                self.seen, self.count = state, 0
            self.count += 1
            deed = Deed(text.splitlines())
            wanted = deed.words.get("connection")
            return (Deed([]) if wanted and int(wanted) != self.count else deed), self.count

    def say(self, client, place, data, deed):
        """Say the server's words of this place, as the deed has it; False: that was all."""
        for words in deed.at(place):
            what, _, rest = words.partition(" ")
            if what == "pieces":
                for byte in data:
                    client.sendall(bytes([byte]))
                return True
            if what == "replace":
                client.sendall(bytes.fromhex(rest))
                return False
            at, _, more = rest.partition(" ")
            at, more = int(at), bytes.fromhex(more)
            if what == "cut":
                client.sendall(data[:at])
                return False
            data = data[:at] + more + data[at + (len(more) if what == "change" else 0):]
        client.sendall(data)
        return True

    def greet(self, client, server, deed, number):
        data = b""
        while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:3], "little"):
            more = server.recv(4096)
            if not more:
                return False
            data += more
        self.keep(deed, number, data)
        if "version" in deed.words:
            data = with_version(data, deed.words["version"])
        if "hide" in deed.words:
            data = without_tls(data)
        if "append" in deed.words:
            data += bytes.fromhex(deed.words["append"])
        if "answer" in deed.words:
            with open(self.path(f"{deed.words['answer']}.{number}"), "rb") as kept:
                data += inside_tls(packets(kept.read())[1:])
        return self.say(client, "greeting", data, deed)

    def keep(self, deed, number, data):
        if "record" in deed.words:
            with open(self.path(f"{deed.words['record']}.{number}"), "ab") as kept:
                kept.write(data)

    def bring_back(self, client, server, deed, number):
        """What the server says, from the request for TLS on."""
        first = True
        while data := server.recv(65536):
            self.keep(deed, number, data)
            if first and not self.say(client, "handshake", data, deed):
                break
            if not first:
                client.sendall(data)
            first = False
        client.shutdown(socket.SHUT_WR)

    def send_handshake(self, client, server):
        """The request for TLS, and TLS records until the first that is enciphered."""
        data, request, enciphered = b"", True, False
        while more := client.recv(65536):
            self.sent.write(more)
            data += more
            while not enciphered and len(data) > 5:
                size = 4 + int.from_bytes(data[:3], "little") if request else 5 + int.from_bytes(data[3:5], "big")
                if len(data) < size:
                    break
                server.sendall(data[:size])
                enciphered = not request and data[0] == 23
                data, request = data[size:], False

    def serve(self, client):
        client.settimeout(20)
        deed, number = self.take_deed()
        with client, socket.create_connection(self.real) as server:
            if "record" in deed.words and os.path.exists(self.path(f"{deed.words['record']}.{number}")):
                os.unlink(self.path(f"{deed.words['record']}.{number}"))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self.greet(client, server, deed, number):
                return
            back = threading.Thread(target=quietly, args=(self.bring_back, client, server, deed, number),
                                    daemon=True)
            back.start()
            if "answer" in deed.words:
                self.send_handshake(client, server)
            while data := client.recv(65536):
                self.sent.write(data)
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)
            back.join()

    def listen(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=quietly, args=(self.serve, client), daemon=True).start()


def quietly(deed, *arguments):
    try:
        deed(*arguments)
    except OSError:
        pass


def main():
    meddler = Meddler(sys.argv[1], (sys.argv[2], int(sys.argv[3])), sys.argv[4])
    print(meddler.port, flush=True)
    meddler.listen()


if __name__ == "__main__":
    main()
