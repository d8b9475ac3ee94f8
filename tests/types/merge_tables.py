"""What merges.py makes its tables of: kinds of columns, each with its definitions and values.

A value is a Python value until a database gets it as a literal, so that a row can go to both sides.
The shells show it as a text that tells its kind too (`i:5`, `t:3135`), the same on both sides.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Callable, Optional

HUGE = 2**63  # what SQLite's INTEGER does not hold

# Letters that a collation may take for one another, or ignore.
WORDS = ["a", "A", "a ", "a  ", "ä", "Ä", "á", "b", "B", "", " ", "ab", "aB", "Ab", "z", "é", "e",
         "E", "€", "_", "%", "0", "00", "1", "10", "9", "\t", "a\0", "a\0b", "日本", "😀", "x" * 18]
NARROW = [w for w in WORDS if all(ord(c) < 256 and c != "\0" for c in w)]
LONG = [w * n for w in ("a", "A", "ä", "xyz ", "😀") for n in (1, 300, 5000)]
BYTES = [b"", b"\0", b"\0\0", b"a", b"A", b"a ", b"a\0", b"\x7f", b"\x80", b"\xff", b"\xff\0",
         b"ab"]


def folded(value):
    """Two texts that some collation takes for the same have the same of these."""
    text = unicodedata.normalize("NFD", value.casefold())
    return "".join(c for c in text if c.isalnum() or c in "_%")


@dataclass
class Loose:
    """A value of SQLite's, of another storage class than its column's."""
    sql: str


def hexadecimal(value):
    return (value.encode() if isinstance(value, str) else value).hex()


def literal(value, is_file):
    if value is None:
        return "NULL"
    if isinstance(value, Loose):
        return value.sql
    if isinstance(value, (bytes, str)):
        digits = hexadecimal(value)
        if isinstance(value, bytes):
            return f"x'{digits}'"
        if is_file:
            return f"CAST(x'{digits}' AS TEXT)"
        return f"_utf8mb4 x'{digits}'" if digits else "''"
    return str(value)


@dataclass
class Kind:
    server: Optional[str]  # its definition there; None: it has none
    file: Optional[str]
    value: Callable
    form: str  # as its values are shown: i, r, d (decimal), t, b
    alike: Callable = field(default=lambda value: value)  # what a UNIQUE may take for the same
    only: tuple = ()  # the servers that have it
    as_text: bool = True  # whether a file stores a decimal exactly

    def show_server(self, name):
        shown = {"i": "CAST({0} + 0 AS CHAR)", "r": "CAST({0} AS DOUBLE)", "d": "CAST({0} AS CHAR)",
                 "t": "HEX(CONVERT(CAST({0} AS CHAR CHARACTER SET utf8mb4) USING utf8mb4))",
                 "b": "HEX({0})"}[self.form].format(name)
        return f"IF({name} IS NULL, 'NULL', CONCAT('{self.form}:', {shown}))"


def whole(low, high):
    near = [low, low + 1, -2, -1, 0, 1, 2, 9, 10, 11, 100, high - 1, high]
    return lambda r: max(low, min(high, r.choice(near) if r.random() < 0.6
                                  else r.randrange(-50, 200)))


def chosen(values):
    return lambda r: r.choice(values)


def moment(scale):
    def value(r):
        part = r.choice(["000001", "000000", "999999", "500000"])
        fraction = "." + part[:scale] if scale else ""
        return (f"20{r.randrange(4):02d}-{r.choice([1, 3, 10, 12]):02d}-{r.randrange(1, 29):02d} "
                f"{r.randrange(24):02d}:{r.choice([0, 30, 59]):02d}:00{fraction}")
    return value


def text(collation, charset="utf8mb4"):
    return f"VARCHAR(20) CHARACTER SET {charset} COLLATE {collation}"


def digits(whole_digits, scale):
    def value(r):
        most = r.choice([1, 2, whole_digits])
        number = "".join(r.choice("0123456789") for _ in range(most))
        number = number.lstrip("0") or "0"
        part = "".join(r.choice("019") for _ in range(scale))
        return Loose(r.choice(["", "-"]) + number + "." + part)
    return value


def uuid(r):
    return (f"{r.choice([0, 1, 0xffffffff]):08x}-{r.randrange(2):04x}-{r.choice([1, 4, 7])}00"
            f"{r.randrange(3)}-8000-{r.randrange(5):012x}")


def by_text(value):
    return value.sql if isinstance(value, Loose) else value


DECIMAL_KEY = Kind("DECIMAL(30,10)", None, digits(20, 10), "d", by_text)

# What both a file and a server have under such a name.
COMMON_KEYS = [
    Kind("INT", "INTEGER", whole(-2**31, 2**31 - 1), "i"),
    Kind("BIGINT", "BIGINT", whole(-HUGE, HUGE - 1), "i"),
    Kind(text("utf8mb4_bin"), "VARCHAR(20)", chosen(WORDS), "t", folded),
    Kind("VARBINARY(20)", "BLOB", chosen(BYTES), "b", lambda v: v),
]
SERVER_KEYS = COMMON_KEYS + [
    Kind("BIGINT UNSIGNED", None, whole(0, HUGE - 1), "i"),
    Kind(text("utf8mb4_general_ci"), None, chosen(WORDS), "t", folded),
    Kind(text("utf8mb4_unicode_ci"), None, chosen(WORDS), "t", folded),
    Kind(text("latin1_swedish_ci", "latin1"), None, chosen(NARROW), "t", folded),
    Kind("CHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", None,
         lambda r: r.choice(WORDS).strip(" ")[:9], "t", folded),
    Kind("VARCHAR(9) CHARACTER SET utf16", None, lambda r: r.choice(WORDS)[:9], "t", folded),
    Kind("BINARY(4)", None, lambda r: r.choice(BYTES)[:4].ljust(4, b"\0"), "b"),
    Kind("DATE", None, lambda r: moment(0)(r)[:10], "t"),
    Kind("DATETIME(6)", None, moment(6), "t"),
    Kind("TIMESTAMP(3) NULL", None, moment(3), "t"),
    Kind("YEAR", None, whole(1990, 2030), "i"),
    Kind("BIT(12)", None, whole(0, 30), "i"),
    Kind("ENUM('b','a','B2','Z','0','1','')", None, chosen(["b", "a", "B2", "Z", "0", "1"]), "t"),
    Kind("SET('z','b','x')", None, chosen(["", "z", "b", "z,b", "x", "z,x", "z,b,x"]), "t"),
    Kind("UUID", None, uuid, "t", only=("mariadb",)),
    Kind("INET6", None, chosen(["::", "::1", "fe80::9", "fe80::10", "2001:db8::a"]), "t",
         only=("mariadb",)),
]
BIG_KEY = Kind("BIGINT UNSIGNED", None, whole(0, 2**64 - 1), "i")
FILE_KEYS = COMMON_KEYS + [
    Kind(None, "TEXT COLLATE NOCASE", chosen(WORDS), "t", folded),
    Kind(None, "TEXT COLLATE RTRIM", chosen(WORDS), "t", folded),
]


def reals(r):
    return Loose(r.choice(["0.0", "-0.0", "1e300", "-1e-300", "0.1", "1.5", repr(r.random())]))


COMMON_VALUES = COMMON_KEYS + [
    Kind("DOUBLE", "REAL", reals, "r", by_text),
    Kind("LONGTEXT CHARACTER SET utf8mb4", "TEXT", chosen(WORDS + LONG), "t", folded),
    Kind("LONGBLOB", "BLOB", lambda r: r.choice(BYTES) * r.choice([1, 1, 900]), "b"),
]
SERVER_VALUES = COMMON_VALUES + SERVER_KEYS + [
    Kind("DECIMAL(65,30)", None, digits(35, 30), "d", by_text),
    Kind("DECIMAL(10,2)", None, digits(8, 2), "d", by_text, as_text=False),
    Kind("FLOAT", None, lambda r: Loose(r.choice(["0.0", "-0.0", "1.5", "-7"])), "r", by_text),
    Kind("TIME(3)", None, lambda r: f"{r.randrange(-30, 30)}:00:00.500", "t"),
    Kind("JSON", None, chosen(['{"a": 1}', "[1, 2]", '"x"', '"X"', "null"]), "t"),
]

# SQLite takes a value of any kind, whatever is declared; those that its affinity leaves alone.
LOOSE = [Loose(sql) for sql in (
    "5", "'5'", "x'35'", "5.0", "'5.0'", "5.5", "'five'", "9007199254740993", "9007199254740992.0",
    "9223372036854775807", "9.2233720368547758e18", "-0.0", "0", "x''", "''", "'A'", "'a'",
    "x'41'")]


def loose(r):
    return r.choice(LOOSE)


def loosely(value):
    """5 and 5.0 are the same to SQLite, as are the numbers behind what its UNIQUE compares."""
    return "5" if "5" in value.sql and "5.5" not in value.sql else \
        "0" if value.sql in ("0", "-0.0") else "9" if value.sql.startswith("9") else value.sql


ANY_VALUE = Kind(None, "", loose, "?", loosely)
LOOSE_KINDS = [ANY_VALUE] + [Kind(None, declared, loose, "?", loosely)
                             for declared in ("TEXT", "INTEGER", "NUMERIC", "BLOB", "REAL")]
