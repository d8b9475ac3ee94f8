"""A MySQL server over TLS that takes a token as Azure's does: it asks for it by mysql_clear_password.

    entra.py CERT KEY TOKEN     prints its port on 127.0.0.1; takes the account whose password is the
                                content of the file TOKEN, and then answers as hostile.py's honest one
    entra.py - - TOKEN          the same without TLS, which no client should take
    entra.py CERT KEY 9119 TEXT answers every login with this error

It serves until it is killed.  Standard error tells what each client sent: `login` and the account's
name, `token` with its length and SHA-256.  Nothing is told of a client that left before its login.
"""

import hashlib
import ssl
import struct
import sys

import hostile

CAN_TLS = 0x0800


def tell(*words):
    print(*words, file=sys.stderr, flush=True)


class Server(hostile.Server):
    def __init__(self, connection, tls, verdict):
        super().__init__(connection, {}, False)
        self.tls, self.verdict = tls, verdict

    def greet(self):
        can = 0x81BFF7DF & ~(1 << 24) & ~CAN_TLS | (CAN_TLS if self.tls else 0)
        self.send(b"".join([b"\x0a8.0.40-azure\0", struct.pack("<I", 1), b"abcdefgh\0",
                            struct.pack("<HBHH", can & 0xFFFF, 45, 2, can >> 16), b"\x15",
                            b"\0" * 10, b"abcdefghijkl\0caching_sha2_password\0"]))
        packet = self.receive()
        if self.tls:
            self.connection = self.tls.wrap_socket(self.connection, server_side=True)
            packet = self.receive()
        tell("login", packet[32:packet.index(0, 32)].decode())
        self.verdict(self)

    def refuse(self, code, words):
        self.send(b"\xff" + struct.pack("<H", code) + b"#HY000" + words.encode())
        raise EOFError

    def ask_token(self, wanted):
        self.send(hostile.AUTH_SWITCH + b"mysql_clear_password\0")
        token = self.receive()
        while len(token) == 0xFFFFFF:
            token += self.receive()
        tell("token", len(token) - 1, hashlib.sha256(token[:-1]).hexdigest())
        if token != wanted + b"\0":
            self.refuse(1045, "Access denied for user 'loader'@'127.0.0.1' (using password: YES)")
        self.send(hostile.OK)


def main():
    certificate, key, answer = sys.argv[1:4]
    tls = None
    if certificate != "-":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
    if answer.isdigit():
        def verdict(server):
            server.refuse(int(answer), sys.argv[4])
    else:
        def verdict(server):
            with open(answer, "rb") as file:
                server.ask_token(file.read())
    with hostile.socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            connection.settimeout(30)
            server = Server(connection, tls, verdict)
            try:
                server.serve()
            except (EOFError, OSError):
                pass
            server.connection.close()


main()
