"""Random columns and values of each type that a server has: what property.py builds its tables of.

Each kind of column is a function of a random.Random that answers a Kind: the definition, how the
copy in SQLite is compared (see compare.py), and a function that makes one value as an SQL literal.
"""

import json
from dataclasses import dataclass
from typing import Callable

from compare import sql_text

HUGE = 2**63  # what SQLite's INTEGER does not hold


@dataclass
class Kind:
    ddl: str
    compare: str
    value: Callable
    wish: str = ""  # the key of the job that bears on it: decimal, big_unsigned, zero_date


def edge_int(rng, low, high):
    """Mostly limits and their neighbours."""
    if rng.random() < 0.5:
        return rng.choice([low, low + 1, high, high - 1, 0, min(1, high), max(low, -1)])
    span = rng.randrange(1, (high - low).bit_length() + 1)
    return max(low, min(high, rng.choice([low, 0, high]) + rng.randrange(-2**span, 2**span)))


def integer(rng):
    name, bits = rng.choice([("TINYINT", 8), ("SMALLINT", 16), ("MEDIUMINT", 24), ("INT", 32),
                             ("BIGINT", 64), ("BOOL", 8)])
    if name != "BOOL" and rng.random() < 0.5:
        more = " ZEROFILL" if rng.random() < 0.2 else ""
        # Most tables are to arrive; those that hold more than SQLite can are refused.
        high = 2**bits - 1 if bits < 64 or rng.random() < 0.2 else HUGE - 1
        return Kind(f"{name} UNSIGNED{more}", "number", lambda r: str(edge_int(r, 0, high)),
                    "big_unsigned" if bits == 64 else "")
    return Kind(name, "number", lambda r: str(edge_int(r, -2**(bits - 1), 2**(bits - 1) - 1)))


def decimal(rng):
    precision = rng.choice([1, 2, 5, 9, 10, 14, 15, 16, 17, 18, 20, 38, 64, 65])
    scale = rng.randrange(0, min(precision, 30) + 1)
    sign = rng.random() < 0.7

    def value(r):
        digits = "".join(r.choice("0123456789") for _ in range(r.randrange(1, precision + 1)))
        if r.random() < 0.2:
            digits = r.choice("19") * precision
        digits = digits.zfill(scale + 1)
        text = digits[:len(digits) - scale] + ("." + digits[len(digits) - scale:] if scale else "")
        return ("-" if sign and r.random() < 0.5 else "") + text

    return Kind(f"DECIMAL({precision},{scale}){'' if sign else ' UNSIGNED'}",
                "decimal" if precision <= 15 else "text", value, "decimal")


def real(rng):
    if rng.random() < 0.5:
        def single(r):
            return repr(r.choice([0.0, 1.0, -1.0, 3.402823e38, -3.402823e38, 1.1754944e-38, 1e-44,
                                  r.uniform(-1, 1), r.uniform(-1e9, 1e9)]))
        return Kind("FLOAT", "double", single)

    def double(r):
        return repr(r.choice([0.0, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308,
                              r.uniform(-1, 1), r.uniform(-1, 1) * 10.0**r.randrange(-300, 300),
                              float(r.randrange(2**53)), r.random() * 2**-1060]))
    return Kind("DOUBLE", "double", double)


def bit(rng):
    bits = rng.choice([1, 2, 7, 8, 9, 16, 31, 32, 33, 63, 64])
    high = 2**bits - 1 if bits < 64 or rng.random() < 0.3 else HUGE - 1
    return Kind(f"BIT({bits})", "number", lambda r: str(edge_int(r, 0, high)),
                "big_unsigned" if bits == 64 else "")


def year(_):
    return Kind("YEAR", "number", lambda r: str(r.choice([0, 1901, 2155, r.randrange(1901, 2156)])))


def fraction(r, scale):
    return "." + "".join(r.choice("0123456789") for _ in range(scale)) if scale else ""


def day(r, low=0, high=9999):
    if r.random() < 0.1 and low == 0:
        return r.choice(["0000-00-00", "2024-00-00", "2024-02-00", "0000-01-01", "9999-12-31",
                         "1000-01-01"])
    month = r.randrange(1, 13)
    return f"{r.randrange(low, high + 1):04d}-{month:02d}-{r.randrange(1, 29):02d}"


def clock(r):
    return f"{r.randrange(24):02d}:{r.randrange(60):02d}:{r.randrange(60):02d}"


def date(_):
    return Kind("DATE", "text", lambda r: f"'{day(r)}'", "zero_date")


def datetime(rng):
    scale = rng.randrange(7)
    return Kind(f"DATETIME({scale})", "text",
                lambda r: f"'{day(r)} {clock(r)}{fraction(r, scale)}'", "zero_date")


def timestamp(rng):
    scale = rng.randrange(7)

    def value(r):
        if r.random() < 0.1:
            return "'0000-00-00 00:00:00'"
        return f"'{day(r, 1971, 2037)} {clock(r)}{fraction(r, scale)}'"
    return Kind(f"TIMESTAMP({scale}) NULL DEFAULT NULL", "text", value, "zero_date")


def time(rng):
    scale = rng.randrange(7)

    def value(r):
        hours = r.choice([0, 1, 23, 24, 99, 100, 837, r.randrange(838)])
        return (f"'{r.choice(['', '-'])}{hours:02d}:{r.randrange(60):02d}:{r.randrange(60):02d}"
                f"{fraction(r, scale)}'")
    return Kind(f"TIME({scale})", "text", value)


# Characters of one to four bytes, those that quote and escape, NUL, combining and invisible ones.
ALPHABET = {
    "utf8mb4": "aZ09 '\"\\`%_;\0\t\n\r\x1a\x7f,éßŁΩя€日\u0301\u200d\ufeff\uffff😀\U0010ffff",
    "utf8mb3": "aZ09 '\"\\`%_;\0\t\n\r,éßŁΩя€日\u0301\ufeff\uffff",
    "latin1": "aZ09 '\"\\`%_;\0\t\n\r,éßÿ€",
    "ascii": "aZ09 '\"\\`%_;\0\t\n\r\x1a\x7f,",
    "utf16": "aZ09 '\0éΩ€日😀",
}


def characters(r, alphabet, most):
    count = r.choice([0, 1, 2, min(most, 10), r.randrange(most + 1)])
    text = "".join(r.choice(alphabet) for _ in range(count))
    if r.random() < 0.1:
        text = r.choice(["NULL", "1e5", "0.10", "-0", "0x41", "   ", "\\N", "''", "trailing  "])
    return text[:most]


def utf8_literal(text):
    return f"_utf8mb4 x'{text.encode().hex()}'" if text else "''"


def text_column(rng):
    charset = rng.choice(["utf8mb4", "utf8mb4", "utf8mb4", "utf8mb3", "latin1", "ascii", "utf16"])
    collation = rng.choice(["", "", f" COLLATE {charset}_bin", f" COLLATE {charset}_general_ci"])
    most, name = rng.choice([(1, "CHAR(1)"), (10, "CHAR(10)"), (60, "CHAR(60)"),
                             (1, "VARCHAR(1)"), (60, "VARCHAR(60)"), (300, "VARCHAR(300)"),
                             (60, "TINYTEXT"), (300, "TEXT"), (300, "MEDIUMTEXT"),
                             (2000, "LONGTEXT")])
    return Kind(f"{name} CHARACTER SET {charset}{collation}", "text",
                lambda r: utf8_literal(characters(r, ALPHABET[charset], most)))


def bytes_column(rng):
    most, name = rng.choice([(1, "BINARY(1)"), (16, "BINARY(16)"), (20, "VARBINARY(20)"),
                             (300, "VARBINARY(300)"), (255, "TINYBLOB"), (300, "BLOB"),
                             (300, "MEDIUMBLOB"), (2000, "LONGBLOB")])

    def value(r):
        if r.random() < 0.3:
            return f"x'{characters(r, ALPHABET['ascii'], most).encode().hex()}'"
        return f"x'{r.randbytes(r.choice([0, 1, most, r.randrange(most + 1)])).hex()}'"
    return Kind(name, "bytes", value)


MEMBERS = ["red", "it's", "ünï", "1", "a b", 'x"y', "back\\slash", "日本", "0.10", "`"]


def enum(rng):
    members = rng.sample(MEMBERS, rng.randrange(1, len(MEMBERS)))
    name = rng.choice(["ENUM", "SET"])
    listed = ", ".join(sql_text(m) for m in members)

    def value(r):
        if name == "ENUM":
            return sql_text(r.choice(members))
        return str(r.randrange(2**len(members)))
    return Kind(f"{name}({listed})", "text", value)


def json_value(r, depth=0):
    choice = r.randrange(8 if depth < 3 else 5)
    if choice == 0:
        return r.choice([None, True, False])
    if choice == 1:
        return r.choice([0, -1, 2**63 - 1, 2**64 - 1, r.randrange(10**6)])
    if choice == 2:
        return r.choice([0.5, 1e100, -2.5e-7])
    if choice < 5:
        return characters(r, ALPHABET["utf8mb4"].replace("\0", ""), 12)
    if choice == 5:
        return [json_value(r, depth + 1) for _ in range(r.randrange(4))]
    return {characters(r, "abcé\"' ", 6): json_value(r, depth + 1) for _ in range(r.randrange(4))}


def json_column(_):
    return Kind("JSON", "text", lambda r: utf8_literal(
        json.dumps(json_value(r), ensure_ascii=r.random() < 0.3)))


def geometry(_):
    def point(r):
        return f"{r.uniform(-180, 180)!r} {r.choice([0, -1, 0.5, 1e-300, r.uniform(-90, 90)])!r}"

    def value(r):
        line = ", ".join(point(r) for _ in range(r.randrange(2, 6)))
        shape = r.choice([f"POINT({point(r)})", f"LINESTRING({line})", f"MULTIPOINT({line})",
                          "POLYGON((0 0, 4 0, 4 4, 0 4, 0 0))",
                          f"GEOMETRYCOLLECTION(POINT({point(r)}), LINESTRING({line}))"])
        return f"ST_GeomFromText('{shape}')"
    return Kind("GEOMETRY", "bytes", value)


def uuid(_):
    return Kind("UUID", "text", lambda r: f"'{r.randbytes(4).hex()}-{r.randbytes(2).hex()}-"
                f"{r.randbytes(2).hex()}-{r.randbytes(2).hex()}-{r.randbytes(6).hex()}'")


def inet(rng):
    if rng.random() < 0.5:
        return Kind("INET4", "text", lambda r: f"'{'.'.join(str(b) for b in r.randbytes(4))}'")
    return Kind("INET6", "text", lambda r: "'" + r.choice(
        ["::", "::1", "::ffff:1.2.3.4", "fe80::1",
         ":".join(r.randbytes(2).hex() for _ in range(8))]) + "'")


def vector(rng):
    length = rng.choice([1, 2, 3, 100])
    return Kind(f"VECTOR({length})", "bytes", lambda r: "STRING_TO_VECTOR('[" + ", ".join(
        repr(r.choice([0, 1, -1.5, r.uniform(-1e30, 1e30)])) for _ in range(length)) + "]')")


COMMON = [integer, integer, integer, decimal, decimal, real, year, date, datetime, timestamp, time,
          text_column, text_column, text_column, bytes_column, bit, enum, enum, json_column,
          geometry]

KINDS = {"mariadb": COMMON + [uuid, inet], "mysql": COMMON + [vector]}


# ---- SQLite ------------------------------------------------------------------------------------

SQLITE_DECLARED = ["", "INTEGER", "INT", "BIGINT UNSIGNED", "REAL", "DOUBLE", "FLOAT", "TEXT",
                   "VARCHAR(10)", "CLOB", "BLOB", "NUMERIC", "DECIMAL(10,2)", "DATE", "BOOLEAN",
                   "JSON", "STRING", "CHARINT", "FLOATING POINT", "any thing"]


def sqlite_value(r):
    """Of any storage class: the declared type of SQLite is no promise."""
    choice = r.randrange(5)
    if choice == 0:
        return str(edge_int(r, -2**63 + 1, 2**63 - 1))
    if choice == 1:
        return r.choice(["0.1", "-0.0", "1e308", "5e-324", "9e999", "-9e999", "2.0",
                         repr(r.uniform(-1e9, 1e9))])
    if choice == 2:
        text = characters(r, ALPHABET["utf8mb4"], 30)
        return f"CAST(x'{text.encode().hex()}' AS TEXT)"
    if choice == 3:
        return f"x'{r.randbytes(r.randrange(20)).hex()}'"
    return "NULL"
