"""Random columns and values of PostgreSQL's types, in the way of random_types.py."""

import json

from random_types import ALPHABET, Kind, characters, clock, day, edge_int, fraction, json_value

LETTERS = ALPHABET["utf8mb4"].replace("\0", "")  # no text has one


def text_literal(text):
    return f"convert_from('\\x{text.encode().hex()}', 'UTF8')"


def integer(rng):
    name, bits = rng.choice([("smallint", 16), ("integer", 32), ("bigint", 64)])
    return Kind(name, "number", lambda r: str(edge_int(r, -2**(bits - 1), 2**(bits - 1) - 1)))


def boolean(_):
    return Kind("boolean", "number", lambda r: r.choice(["true", "false"]))


def digits(r, precision, scale):
    text = "".join(r.choice("0123456789") for _ in range(r.randrange(1, precision + 1)))
    if r.random() < 0.2:
        text = r.choice("19") * precision
    text = text.zfill(scale + 1)
    return r.choice(["", "-"]) + text[:len(text) - scale] + ("." + text[len(text) - scale:] if scale else "")


def numeric(rng):
    if rng.random() < 0.3:
        return Kind("numeric", "text", lambda r: digits(r, 60, r.randrange(60)))
    precision = rng.choice([1, 2, 5, 9, 10, 14, 15, 16, 20, 38, 65, 66, 300, 1000])
    scale = rng.randrange(0, precision + 1)
    return Kind(f"numeric({precision},{scale})", "decimal" if precision <= 15 else "text",
                lambda r: digits(r, precision, scale))


def real(rng):
    if rng.random() < 0.5:
        return Kind("real", "double", lambda r: "'" + repr(r.choice(
            [0.0, 1.0, -1.0, 3.402823e38, -3.402823e38, 1.1754944e-38, 1e-44, r.uniform(-1, 1), r.uniform(-1e9, 1e9)])) + "'")
    return Kind("double precision", "double", lambda r: "'" + repr(r.choice(
        [0.0, 5e-324, 1.7976931348623157e308, -2.2250738585072014e-308, r.uniform(-1, 1),
         r.uniform(-1, 1) * 10.0**r.randrange(-300, 300), float(r.randrange(2**53))])) + "'")


def text_column(rng):
    most, name = rng.choice([(1, "char(1)"), (10, "char(10)"), (1, "varchar(1)"), (60, "varchar(60)"), (15, "name"),
                             (300, "text"), (3000, "text")])
    return Kind(name, "text", lambda r: text_literal(characters(r, LETTERS, most)))


def bytes_column(_):
    return Kind("bytea", "bytes", lambda r: f"'\\x{r.randbytes(r.choice([0, 1, 16, r.randrange(3000)])).hex()}'")


def date(_):
    return Kind("date", "text", lambda r: f"'{day(r, 1)}'")


def moment(rng):
    scale = rng.randrange(7)
    zone = rng.choice(["", " with time zone"])
    return Kind(f"timestamp({scale}){zone}", "text",
                lambda r: f"'{day(r, 2, 9998)} {clock(r)}{fraction(r, scale)}{r.choice(['', '+05:30', '-11']) if zone else ''}'")


def time(rng):
    scale = rng.randrange(7)
    if rng.random() < 0.2:
        return Kind("time(0) with time zone", "text", lambda r: f"'{clock(r)}{r.choice(['+00', '-15:59', '+05:30'])}'")
    return Kind(f"time({scale})", "text", lambda r: f"'{clock(r)}{fraction(r, scale)}'")


def interval(_):
    return Kind("interval", "text", lambda r: f"'{r.randrange(-3000, 3000)} months {r.randrange(-9999, 9999)} days "
                f"{r.choice(['', '-'])}{r.randrange(200)}:{r.randrange(60):02d}:{r.randrange(60):02d}{fraction(r, r.randrange(7))}'")


def bit(rng):
    bits = rng.choice([1, 2, 7, 8, 9, 31, 32, 33, 63])
    if rng.random() < 0.3:
        return Kind(f"bit varying({bits})", "text", lambda r: "B'" + "".join(
            r.choice("01") for _ in range(r.randrange(bits + 1))) + "'")
    return Kind(f"bit({bits})", "number", lambda r: f"B'{edge_int(r, 0, 2**bits - 1):0{bits}b}'")


def document(rng):
    return Kind(rng.choice(["json", "jsonb"]), "text",
                lambda r: text_literal(json.dumps(json_value(r), ensure_ascii=r.random() < 0.3)) + "::json")


def uuid(_):
    return Kind("uuid", "text", lambda r: f"'{r.randbytes(16).hex()}'")


def inet(_):
    return Kind("inet", "text", lambda r: "'" + r.choice(
        ["::", "::ffff:1.2.3.4", "fe80::1/64", ".".join(str(b) for b in r.randbytes(4)),
         ":".join(r.randbytes(2).hex() for _ in range(8))]) + "'")


def array(rng):
    kind = rng.choice([integer, text_column, numeric, bit])(rng)
    return Kind(f"{kind.ddl}[]", "text", lambda r: "ARRAY[" + ", ".join(
        r.choice([kind.value(r), "NULL"]) for _ in range(r.randrange(5))) + f"]::{kind.ddl}[]")


def span(_):
    return Kind("numrange", "text", lambda r: f"numrange({', '.join(sorted([str(r.randrange(10, 50)), str(r.randrange(50, 99))]))}, "
                f"'{r.choice('[(')}{r.choice('])')}')")


def shape(_):
    return Kind("point", "text", lambda r: f"point({r.uniform(-180, 180)!r}, {r.choice([0, 1e-300, r.uniform(-90, 90)])!r})")


KINDS = [integer, integer, boolean, numeric, numeric, real, text_column, text_column, text_column, bytes_column, date,
         moment, moment, time, interval, bit, document, uuid, inet, array, array, span, shape]
