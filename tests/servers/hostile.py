"""A MySQL server that lies: it answers one client and breaks the protocol in one chosen way.

    hostile.py LIE [compressed]   prints its port on 127.0.0.1, then serves one connection; with
                                  `compressed` it offers compression, and uses it if it is taken
    hostile.py --list             prints the lies

What the client sent after the greeting is shown on standard error, a line for each packet.
"""

import socket
import struct
import sys
import zlib

INT, TEXT, DATETIME, TIME = 3, 253, 12, 11
FLOAT, DOUBLE, MEDIUMINT, YEAR, BIT, BIGINT = 4, 5, 9, 13, 16, 8
DECIMAL, STRING, GEOMETRY, VECTOR, NULL = 246, 254, 255, 242, 6
NOT_NULL, UNSIGNED = 1, 32
# Whether each column comes with the name of its type, as MariaDB sends it to a client that asks.
NAMES_TYPES = sys.argv[1:] and sys.argv[1].startswith(("value-uuid", "value-inet"))
OK = b"\0\0\0\x02\0\0\0"
END = b"\xfe\0\0\x02\0"
FILE_REQUEST = b"\xfb/etc/passwd"
AUTH_SWITCH = b"\xfe"


def length(n):
    if n < 251:
        return bytes([n])
    if n < 1 << 16:
        return b"\xfc" + struct.pack("<H", n)
    if n < 1 << 24:
        return b"\xfd" + struct.pack("<I", n)[:3]
    return b"\xfe" + struct.pack("<Q", n)


def text(data):
    return length(len(data)) + data


def column(name, kind):
    """`kind` is a number or a dictionary: kind, size, flags, decimals, database, named, name."""
    more = kind if isinstance(kind, dict) else {"kind": kind}
    kind, name = more["kind"], more.get("name", name)
    charset = 45 if kind in (TEXT, STRING) else 63
    named = text(b"\0" + text(more["named"])) if "named" in more else text(b"")
    return b"".join([text(b"def"), text(more.get("database", b"d")), text(b"t"), text(b"t"), text(name),
                     text(name), named if NAMES_TYPES else b"",
                     struct.pack("<BHIBHB", 12, charset, more.get("size", 40), kind,
                                 more.get("flags", 0), more.get("decimals", 6)), b"\0\0"])


def columns(*kinds):
    return [column(b"c%d" % i, kind) for i, kind in enumerate(kinds)]


def result(definitions, rows):
    return [length(len(definitions)), *definitions, END, *rows, END]


ROW = b"\0\0" + struct.pack("<i", 7) + text(b"hello")
PREFIX = b"\0\0" + struct.pack("<i", 7)


def texts(count, *rows):
    """A result of `count` texts; None is NULL."""
    return result(columns(*(TEXT,) * count),
                  [b"".join(b"\xfb" if v is None else text(v) for v in row) for row in rows])


FIELDS = 11  # of the question about columns
DEFINITIONS = [(b"c0", b"int(11)", None, None, None, b"", b"BASE TABLE", None, None, b"MUL", b""),
               (b"c1", b"varchar(10)", b"utf8mb4", b"utf8mb4_bin", None, b"", b"BASE TABLE", None, None, b"", b"")]
KEYS = [(b"by_c0", b"c0", b"1", None, b"A", b"BTREE", b"NO")]
ENDLESS = [(b"c%d" % i, b"enum('" + b"x" * i) + (b"", None, b"'", b"\\", b"VIEW", b"\0", None, b"", b"")
           for i in range(5)]
NO_MORE = None  # the connection is closed

# What is sent in place of the honest answer: by the moment, packets.
LIES = {
    "none": {},
    # values
    "text-of-2^63": {"rows": [ROW, PREFIX + b"\xfe" + b"\xff" * 7 + b"\x7fx"]},
    "text-longer-than-its-row": {"rows": [ROW + b"x" * 6000, PREFIX + b"\xfc\x88\x13x"]},
    "text-with-half-a-length": {"rows": [PREFIX + b"\xfd\xff"]},
    "text-null-as-length": {"rows": [PREFIX + b"\xfb"]},
    "row-of-one-byte": {"rows": [b"\0"]},
    "row-without-values": {"rows": [b"\0\0"]},
    "row-with-half-a-value": {"rows": [b"\0\0\1\0"]},
    "row-of-nothing": {"rows": [b""]},
    "moment-of-255-bytes": {"kinds": (DATETIME, TIME), "rows": [b"\0\0\xff" + b"\0" * 300]},
    "moment-of-5-bytes": {"kinds": (DATETIME, TIME), "rows": [b"\0\0\5" + b"\0" * 30]},
    "moment-that-is-none": {"kinds": (DATETIME, TIME), "rows": [b"\0\0\x0b" + b"\xff" * 30]},
    # results
    "columns-of-a-decimal-of-80-decimals": {"kinds": ({"kind": DECIMAL, "size": 12, "decimals": 80}, TEXT)},
    "columns-more-than-prepared": {"execute": result(columns(INT, TEXT, INT), [ROW])},
    "columns-fewer-than-prepared": {"execute": result(columns(INT), [ROW])},
    "columns-of-other-types": {"execute": result(columns(TEXT, INT), [ROW])},
    "columns-that-never-come": {"execute": [b"\xfd\xff\xff\xff", *columns(INT), END, NO_MORE]},
    "columns-of-65535": {"kinds": (INT,) * 65535, "rows": [b"\0" * (1 + 8193 + 4 * 65535)]},
    "column-malformed": {"prepare": [b"\x03def\xfe" + b"\xff" * 7 + b"\x7f", b"\xfc\xff", END]},
    "column-cut-short": {"prepare": [text(b"def"), b"", END]},
    "no-columns": {"prepare-count": 0, "prepare": []},
    "no-result": {"execute": [OK]},
    "no-end": {"execute": [length(2), *columns(INT, TEXT), END, ROW, NO_MORE]},
    "end-twice": {"execute": [length(2), *columns(INT, TEXT), END, ROW, END, END]},
    "error-in-mid-stream": {"execute": [length(2), *columns(INT, TEXT), END, ROW, b"\xff"]},
    "error-with-escapes": {"execute": [b"\xff\x25\x05#70100\x1b[31mEVIL\nLINE\xff"]},
    "prepared-half": {"prepare-all": [b"\0\1"]},
    "zone-of-one-column": {"zone": result(columns(TEXT), [text(b"UTC")])},
    "zone-without-result": {"zone": [OK]},
    "zone-longer-than-its-row": {"zone": result(columns(*(TEXT,) * 5), [b"\xfe" + b"\xff" * 8])},
    "zone-without-version": {"zone": texts(5, (b"+00:00", b"UTC", b"ten", b"1", b"1"))},
    "zone-of-null": {"zone": texts(5, (b"+00:00", b"UTC", None, b"1", b"1"))},
    "count-without-result": {"count": [OK]},
    "count-of-null": {"count": result(columns(TEXT), [b"\xfb"]), "warnings": [OK]},
    "warnings-without-result": {"count": result(columns(TEXT), [text(b"1")]), "warnings": [OK]},
    # the catalog
    "catalog-without-result": {"catalog": [OK]},
    "catalog-of-one-column": {"catalog": texts(1, [b"c0"])},
    "catalog-that-breaks-off": {"catalog": [length(FIELDS), *columns(*(TEXT,) * FIELDS), END, NO_MORE]},
    "catalog-longer-than-its-row": {"catalog": result(columns(*(TEXT,) * FIELDS), [b"\xfe" + b"\xff" * 8])},
    "catalog-kill": {"catalog": [b"\xff\x25\x05#70100Query execution was interrupted"]},
    "keys-without-result": {"keys": [OK]},
    "keys-that-break-off": {"keys": [length(7), *columns(*(TEXT,) * 7), END, NO_MORE]},
    "harmless-catalog-refused": {"catalog": [b"\xff\x76\x04#42000SELECT command denied"]},
    "untold-catalog-of-nulls": {"catalog": texts(FIELDS, (None,) * FIELDS)},
    "untold-catalog-of-others": {"catalog": texts(FIELDS, (b"c9", b"int(11)") + (None,) * (FIELDS - 2))},
    "harmless-catalog-of-odd-words": {"catalog": texts(FIELDS, *ENDLESS)},
    "untold-keys-of-nulls": {"keys": texts(7, (None,) * 7, (b"PRIMARY",) + (None,) * 6)},
    "untold-keys-of-others": {"keys": texts(7, (b"PRIMARY", b"c9") + KEYS[0][2:])},
    # compressed frames: what comes in place of the frame around the answer to the first statement
    "frame-not-deflated": {"frame": lambda data: (len(data), b"\xff" * len(data))},
    "frame-that-is-shorter": {"frame": lambda data: (9, zlib.compress(data * 50))},
    "harmless-frame-that-is-longer": {"frame": lambda data: (0xFFFFFF, zlib.compress(data))},
    "frame-of-half-a-stream": {"frame": lambda data: (len(data), zlib.compress(data)[:-6])},
    "frame-of-nothing": {"frame": lambda data: (0xFFFFFF, b"")},
    # not reached: the server is full, going, or gone before it was asked anything
    "away-1040": {"greeting": [b"\xff\x10\x04Too many connections", NO_MORE]},
    "away-1053": {"greeting": [b"\xff\x1d\x04Server shutdown in progress", NO_MORE]},
    "away-1129": {"greeting": [b"\xff\x69\x04Host is blocked because of many errors", NO_MORE]},
    "away-before-greeting": {"greeting": [NO_MORE]},
    "away-after-greeting": {"login": [NO_MORE]},
    "away-1053-at-login": {"login": [b"\xff\x1d\x04#08S01Server shutdown in progress", NO_MORE]},
    "away-in-session": {"zone": [NO_MORE]},
    "away-1053-in-session": {"zone": [b"\xff\x1d\x04#08S01Server shutdown in progress", NO_MORE]},
    "away-at-snapshot": {"snapshot": [NO_MORE]},
    # reached, and it says no
    "refused-1130": {"greeting": [b"\xff\x6a\x04Host is not allowed to connect", NO_MORE]},
    "refused-1045-before-tls": {"greeting": [b"\xff\x15\x04#28000Access denied", NO_MORE]},
    "refused-1045": {"login": [b"\xff\x15\x04#28000Access denied", NO_MORE]},
    "lost-after-describe": {"execute": [NO_MORE]},
    # the password, and files of this machine
    "ask-clear-password": {"login": [AUTH_SWITCH + b"mysql_clear_password\0", "asked"]},
    "ask-part-of-a-name": {"login": [AUTH_SWITCH + b"native\0", "asked"]},
    "ask-no-name": {"login": [AUTH_SWITCH + b"\0", "asked"]},
    "ask-dialog": {"login": [AUTH_SWITCH + b"dialog\0\x04Password: ", "asked"]},
    "ask-file-at-login": {"login": [FILE_REQUEST, "asked"]},
    "ask-file-for-zone": {"zone": [FILE_REQUEST, "asked"]},
    "ask-file-for-catalog": {"catalog": [FILE_REQUEST, "asked"]},
    "ask-file-for-rows": {"execute": [FILE_REQUEST, "asked"]},
}

PRICE = {"kind": DECIMAL, "size": 12, "decimals": 2}  # decimal(10,2)
UUID, INET4, INET6 = ({"kind": STRING, "size": 144, "named": n} for n in (b"uuid", b"inet4", b"inet6"))
MEDIUM = {"kind": MEDIUMINT, "flags": UNSIGNED}
BITS = {"kind": BIT, "size": 4}
# Read by CAST: what is described first, and what the CAST of it is.
BITS_OF_AN_EXPRESSION = {"kind": BIT, "size": 4, "database": b""}
AS_NUMBER = {"kind": BIGINT, "flags": UNSIGNED}
DIMENSIONS = {"kind": VECTOR, "size": 12}
AS_BYTES = {"kind": TEXT, "size": 12}

# A column, and values that no server has in one: none may be taken for a value, nor for a bug of ours.
VALUES = {
    "decimal": (PRICE, [text(b) for b in (b"", b"-", b"12.345", b"12.3", b"12", b"1,50", b"1e500", b"+1.00",
                                          b" 1.00", b"1.00 ", b"1.0\0", b"--1.00", b"NaN", b"\xff.00",
                                          b"123456789.00", b"9" * 70 + b".00")]),
    "year": (YEAR, [struct.pack("<H", n) for n in (27655, 1, 1900, 2156)]),
    "mediumint": (MEDIUMINT, [struct.pack("<i", n) for n in (2**31 - 1, 2**23, -2**23 - 1, -2**31)]),
    "mediumint-unsigned": (MEDIUM, [struct.pack("<I", n) for n in (2**24, 2**32 - 1)]),
    "float": (FLOAT, [struct.pack("<f", float(f)) for f in ("inf", "-inf", "nan")]),
    "double": (DOUBLE, [struct.pack("<d", float(f)) for f in ("inf", "-inf", "nan")]),
    "bit": (BITS, [text(b) for b in (b"\x10", b"\xff" * 8, b"\0" * 9)]),
    "bit-of-an-expression": (BITS_OF_AN_EXPRESSION, [struct.pack("<Q", n) for n in (16, 2**64 - 1)],
                             AS_NUMBER),
    "uuid": (UUID, [text(b) for b in (b"", b"a" * 35, b"a" * 36, b"a" * 37, b"A" * 8 + b"-aaaa-aaaa-aaaa-"
                                      + b"a" * 12, b"\0" * 36)]),
    "inet4": (INET4, [text(b) for b in (b"", b"1.2.3.4.5.6.7.89", b"no address", b"1.2.3.4\0")]),
    "inet6": (INET6, [text(b) for b in (b"", b":" * 46, b"::G", b"::1\0")]),
    "geometry": (GEOMETRY, [text(b"\0" * n) for n in (0, 4, 8)]),
    "vector": (DIMENSIONS, [text(b"\0" * n) for n in (5, 16)], AS_BYTES),
    "not-null": ({"kind": INT, "flags": NOT_NULL}, [None]),
}
for what, (kind, values, *cast) in VALUES.items():
    for number, value in enumerate(values):
        LIES[f"value-{what}-{number}"] = {
            "kinds": (kind, TEXT), "kinds-again": tuple(cast + [TEXT]) if cast else None,
            "rows": [(b"\0\4" if value is None else b"\0\0" + value) + text(b"hello")]}


class Server:
    def __init__(self, connection, lie, may_compress):
        self.connection, self.lie, self.number = connection, lie, 0
        self.may_compress, self.frames, self.unpacked = may_compress, None, b""
        self.kinds = lie.get("kinds", (INT, TEXT))

    def send(self, packet):
        if packet is NO_MORE:
            raise EOFError
        if packet == "asked":
            print("asked:", self.receive().hex(), file=sys.stderr, flush=True)
            raise EOFError
        data = struct.pack("<I", len(packet))[:3] + bytes([self.number & 255]) + packet
        self.number += 1
        self.connection.sendall(data if self.frames is None else self.frame(data))

    def frame(self, data):
        size, packed = self.lie.get("frame", lambda data: (len(data), zlib.compress(data)))(data)
        self.frames += 1
        return b"".join([struct.pack("<I", len(packed))[:3], bytes([self.frames - 1 & 255]),
                         struct.pack("<I", size)[:3], packed])

    def answer(self, moment, honest):
        for packet in self.lie.get(moment, honest):
            self.send(packet)

    def take(self, size):
        if self.frames is None:
            return self.take_plain(size)
        while len(self.unpacked) < size:
            head = self.take_plain(7)
            data = self.take_plain(int.from_bytes(head[:3], "little"))
            self.unpacked += zlib.decompress(data) if any(head[4:]) else data
            self.frames = head[3] + 1
        data, self.unpacked = self.unpacked[:size], self.unpacked[size:]
        return data

    def take_plain(self, size):
        data = b""
        while len(data) < size:
            more = self.connection.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def receive(self):
        head = self.take(4)
        self.number = head[3] + 1
        return self.take(int.from_bytes(head[:3], "little"))

    def greet(self):
        can = 0x81BFF7DF & ~0x0800 & ~(1 << 24)  # neither TLS nor results without an end
        extended = 0
        if self.may_compress:
            can |= 0x20
        if NAMES_TYPES:
            can, extended = can & ~1, 8
        self.answer("greeting", [])
        self.send(b"".join([b"\x0a10.11.6-MariaDB\0", struct.pack("<I", 1), b"abcdefgh\0",
                            struct.pack("<HBHH", can & 0xFFFF, 45, 2, can >> 16), b"\x15",
                            b"\0" * 6, struct.pack("<I", extended), b"abcdefghijkl\0mysql_native_password\0"]))
        login = self.receive()
        print("login:", len(login), file=sys.stderr, flush=True)
        self.answer("login", [OK])
        if self.may_compress and login[0] & 0x20:
            self.frames = 0

    def query(self, sql):
        if sql.startswith(b"SELECT @@SESSION.time_zone"):
            zone = texts(5, (b"+00:00", b"UTC", b"10.11.6-MariaDB", b"1", b"1"))
            self.answer("zone", zone)
        elif sql.startswith(b"SHOW COUNT"):
            self.answer("count", result(columns(TEXT), [text(b"0")]))
        elif sql.startswith(b"SHOW WARNINGS"):
            self.answer("warnings", result(columns(TEXT, TEXT, TEXT), []))
        elif b"information_schema.COLUMNS" in sql:
            self.answer("catalog", texts(FIELDS, *DEFINITIONS))
        elif b"information_schema.STATISTICS" in sql:
            self.answer("keys", texts(7, *KEYS))
        elif b"information_schema.GEOMETRY_COLUMNS" in sql:
            self.answer("srids", texts(2, (b"c0", b"0")))
        elif sql.startswith(b"START TRANSACTION"):
            self.answer("snapshot", [OK])
        else:
            self.send(OK)

    def prepare(self, sql):
        if self.lie.get("kinds-again"):
            self.kinds = self.lie["kinds-again" if b"CAST(" in sql else "kinds"]
        if "prepare-all" not in self.lie:
            count = self.lie.get("prepare-count", len(self.kinds))
            self.send(b"\0" + struct.pack("<IHHBH", 1, count, 0, 0, 0))
            self.answer("prepare", [*columns(*self.kinds), END])
        self.answer("prepare-all", [])

    def serve(self):
        self.greet()
        while True:
            packet = self.receive()
            if packet[0] == 0x03:
                self.query(packet[1:])
            elif packet[0] == 0x16:
                self.prepare(packet[1:])
            elif packet[0] == 0x17:
                rows = self.lie.get("rows", [ROW])
                self.answer("execute", result(columns(*self.kinds), rows))
            elif packet[0] == 0x01:
                return


def main():
    if sys.argv[1] == "--list":
        print("\n".join(LIES))
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        listener.settimeout(30)
        connection, _ = listener.accept()
        connection.settimeout(30)
        with connection:
            try:
                Server(connection, LIES[sys.argv[1]], "compressed" in sys.argv[2:]).serve()
            except (EOFError, OSError, zlib.error):
                pass


if __name__ == "__main__":
    main()
