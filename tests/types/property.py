"""Random tables with random values: each is carried whole, or refused and the target untouched.

    tests/types/run property.py [--seed N] [--runs N] [--only N]

Run K of a seed makes the same table again with --only K.  What could not be carried is known before
(an unsigned number above SQLite's largest), so that a refusal of anything else fails too.
"""

import argparse
import json
import os
import random
import sys
from dataclasses import dataclass, replace

import compare
import pairs
import random_postgres
from random_types import HUGE, KINDS, SQLITE_DECLARED, sqlite_value
from stores import Failed, File, Tap, dbferry, postgres, quoted, servers, write_config

ODD_NAMES = ["a", "select", "order", "rowid", "oid", "Größe", "two words", 'dou"ble', "ap'os",
             "back`tick", "semi;colon", "per%cent", "new\nline", "tab\there", "日本", "x" * 50,
             "--", "/*c*/", "back\\slash", "$", "{}", "#hash", "UPPER"]


WISHES = {"decimal": ["auto", "real", "text"], "big_unsigned": ["refuse", "text"],
          "zero_date": ["keep", "null", "refuse"]}


@dataclass
class Column:
    name: str
    ddl: str
    compare: str
    typeof: str = "-"
    wish: str = ""


def can_have_default(kind):
    """A constant: of numbers, and of texts that are no families of texts."""
    return kind.compare in ("number", "decimal") and "BIT" not in kind.ddl or \
        kind.ddl.startswith(("CHAR", "VARCHAR", "ENUM", "TIME(", "DECIMAL"))


def random_default(rng, kind):
    """Or None.  The servers' catalogs show defaults in three-byte UTF-8, and NUL ends one."""
    if not can_have_default(kind) or rng.random() < 0.7:
        return None
    value = kind.value(rng)
    text = bytes.fromhex(value[11:-1]).decode() if value.startswith("_utf8mb4") else value
    return value if "\0" not in text and max(text, default="") < "\U00010000" else None


def can_be_key(ddl):
    return not any(word in ddl for word in ("TEXT", "BLOB", "JSON", "GEOMETRY", "VECTOR", "(300)"))


def random_names(rng, count):
    """Different ones, whatever a server takes for the same letter."""
    return [f"{rng.choice(ODD_NAMES)}{i}" for i in range(count)]


class Table:
    """A random table of one server."""

    def __init__(self, rng, server_name):
        kinds = [rng.choice(KINDS[server_name])(rng) for _ in range(rng.randrange(1, 9))]
        self.name = f"{rng.choice(ODD_NAMES)} {rng.randrange(100)}"
        self.columns = [Column(name, kind.ddl, kind.compare, wish=kind.wish)
                        for name, kind in zip(random_names(rng, len(kinds)), kinds)]
        self.defaults = [random_default(rng, kind) for kind in kinds]
        self.keys = [f"KEY ({quoted(c.name, '`')})" for c in self.columns
                     if can_be_key(c.ddl) and rng.random() < 0.2]
        self.wishes = {key: rng.choice(values) for key, values in WISHES.items()
                       if rng.random() < 0.5}
        self.nullable = [rng.random() < 0.7 or " NULL " in kind.ddl for kind in kinds]
        self.rows = [[kind.value(rng) if rng.random() < 0.85 or not nullable else "NULL"
                      for kind, nullable in zip(kinds, self.nullable)]
                     for _ in range(rng.choice([1, 2, 5, 20, 60]))]

    def sql(self):
        definitions = ["id INT PRIMARY KEY"] + [
            f"{quoted(c.name, '`')} {c.ddl}{'' if nullable else ' NOT NULL'}"
            + (f" DEFAULT {default}" if default else "")
            for c, nullable, default in zip(self.columns, self.nullable, self.defaults)] + self.keys
        rows = [f"({', '.join([str(i + 1)] + row)})" for i, row in enumerate(self.rows)]
        name = quoted(self.name, "`")
        return (f"CREATE TABLE {name} (\n  " + ",\n  ".join(definitions) + ") CHARACTER SET utf8mb4;\n"
                + "".join(f"INSERT INTO {name} VALUES {row};\n" for row in rows))

    def wish(self, column):
        return self.wishes.get(column.wish)

    def job(self):
        return " ".join(f'{key} = "{value}";' for key, value in self.wishes.items())

    def is_refused(self, column, value):
        """Whether the value cannot be carried, by what the server's shell says of it."""
        if value == compare.NULL:
            return False
        if column.wish == "big_unsigned":
            return self.wish(column) != "text" and int(value) >= HUGE
        if column.wish == "zero_date":
            return self.wish(column) == "refuse" and is_zero_date(value)
        if column.wish == "decimal" and column.compare == "long_decimal":
            return not survives(value)
        return False

    def as_wished(self):
        """How the columns are compared once the wishes are heard."""
        columns = []
        for column in self.columns:
            way = column.compare
            if self.wish(column) == "text":
                way = "text" if column.wish == "decimal" else "number_text"
            elif self.wish(column) == "real" and way == "text":
                way = "long_decimal"
            columns.append(replace(column, compare=way))
        return columns


def is_zero_date(value):
    date = bytes.fromhex(value).decode()[:10]
    return "0000" in date[:4] or "00" in (date[5:7], date[8:10])


def survives(text):
    """Whether the digits of a decimal come back out of the double nearest to it."""
    return f"{float(text):.{len(text.partition('.')[2])}f}".lstrip("-") == text.lstrip("-")


OUTCOMES = {"carried": 0, "refused": 0}


def fail_with(problem, text):
    raise Failed(f"{problem}\n{text}")


def copy(source, target, read, table, more=""):
    config = write_config(source, target, f"table = {json.dumps(read, ensure_ascii=False)}; "
                          f"target_table = {json.dumps(table, ensure_ascii=False)}; "
                          f'on_schema_change = "rebuild"; {more}')
    return dbferry("run", config)


def check_untouched(file, before, status, output):
    if status != 65:
        raise Failed(f"a value that SQLite cannot hold: exit status {status}, not 65\n{output}")
    if "row " not in output or "column '" not in output:
        raise Failed(f"the refusal names no row and column:\n{output}")
    if file.run(".dump") != before:
        raise Failed("the target of a refused run was changed")
    OUTCOMES["refused"] += 1


def old_rows(file, table):
    file.remove()
    file.run(f"CREATE TABLE {quoted(table)} (id INT); "
             f"INSERT INTO {quoted(table)} VALUES (7), (8);")
    return file.run(".dump")


def check_back(server, table, file, columns, expected):
    """The copy in the file, carried into another database of the server, is the table that it was."""
    status, output = copy(file.connection(), server.connection("back"), table.name, table.name)
    if status != 0:
        raise Failed(f"back to the server: exit status {status}\n{output}")
    name = quoted(table.name, "`")
    compare.check_same_values(expected, server, name, "back", columns)
    nulls = table.wishes.get("zero_date") == "null"
    compare.check_same_definitions(
        server, table.name, "types", "back",
        [(c.name, head) for c in columns if nulls and c.wish == "zero_date"
         for head in ("Null", "Default")]
        + [(c.name, "Type") for c in columns if "ZEROFILL" in c.ddl and "INT" not in c.ddl])


def check_table(rng, server):
    """One random table, from the server to a file and from that to another."""
    table = Table(rng, server.name)
    try:
        server.run("SET sql_mode = '', time_zone = '+00:00'; DROP DATABASE IF EXISTS types; "
                   "CREATE DATABASE types CHARACTER SET utf8mb4; DROP DATABASE IF EXISTS back; "
                   "CREATE DATABASE back CHARACTER SET utf8mb4; USE types;\n" + table.sql())
        columns = table.as_wished()
        expected = compare.server_values(server, quoted(table.name, "`"), columns)
        refused = [(row + 1, column.name, values[i]) for row, values in enumerate(expected)
                   for i, column in enumerate(columns) if table.is_refused(column, values[i])]
        first, second = File("first.db"), File("second.db")
        before = old_rows(first, table.name)
        status, output = copy(server.connection(), first.connection(), table.name, table.name,
                              table.job())
        if refused:
            return check_untouched(first, before, status, f"{refused[0]}\n{output}")
        if status != 0:
            raise Failed(f"exit status {status}\n{output}")
        if table.wishes.get("zero_date") == "null":
            expected = [[compare.NULL if c.wish == "zero_date" and v != compare.NULL
                         and is_zero_date(v) else v for c, v in zip(columns, row)]
                        for row in expected]
        compare.check_copy(expected, first, table.name, columns)
        second.remove()
        status, output = copy(first.connection(), second.connection(), table.name, table.name,
                              table.job())
        if status != 0:
            raise Failed(f"from file to file: exit status {status}\n{output}")
        compare.check_same_files(first, second, table.name, table.name,
                                 ["id"] + [c.name for c in table.columns])
        check_back(server, table, first, columns, expected)
        OUTCOMES["carried"] += 1
    except Failed as problem:
        fail_with(problem, f"{table.job()}\n{table.sql()}")
    return None


def check_postgres(rng, server):
    """One random table, from PostgreSQL to a file and from that into another schema."""
    kinds = [rng.choice(random_postgres.KINDS)(rng) for _ in range(rng.randrange(1, 9))]
    columns = [Column(name, kind.ddl, kind.compare) for name, kind in zip(random_names(rng, len(kinds)), kinds)]
    name = f"{rng.choice(ODD_NAMES)} {rng.randrange(100)}"
    rows = [[kind.value(rng) if rng.random() < 0.85 else "NULL" for kind in kinds]
            for _ in range(rng.choice([1, 2, 5, 20, 60]))]
    table = f"types.{quoted(name)}"
    text = (f"CREATE TABLE {table} (id int PRIMARY KEY" + "".join(f", {quoted(c.name)} {c.ddl}" for c in columns) + ");\n"
            + "".join(f"INSERT INTO {table} VALUES ({', '.join([str(i + 1)] + row)});\n" for i, row in enumerate(rows)))
    try:
        server.run("SET client_min_messages = error; DROP SCHEMA IF EXISTS types, back CASCADE; CREATE SCHEMA types; "
                   f"CREATE SCHEMA back AUTHORIZATION ferry;\n{text}")
        expected = pairs.values(server, table, columns)
        file = File("postgres.db")
        file.remove()
        for source, target in ((server.connection("types"), file.connection()),
                               (file.connection(), server.connection("back"))):
            status, output = copy(source, target, name, name)
            if status != 0:
                raise Failed(f"exit status {status}\n{output}")
        compare.check_copy(expected, file, name, columns)
        pairs.check_same(expected, pairs.values(server, f"back.{quoted(name)}", columns), columns)
        OUTCOMES["carried"] += 1
    except Failed as problem:
        fail_with(problem, text)


def check_file(rng):
    """A random SQLite table to another file, where each value is what it was, declared or not."""
    names = random_names(rng, rng.randrange(1, 7))
    declared = [rng.choice(SQLITE_DECLARED) for _ in names]
    rows = [[sqlite_value(rng) for _ in names] for _ in range(rng.choice([1, 2, 5]))]
    table = f"{rng.choice(ODD_NAMES)} 1"
    text = (f"CREATE TABLE {quoted(table)} (id INTEGER PRIMARY KEY"
            + "".join(f", {quoted(n)} {d}" for n, d in zip(names, declared)) + ");\n"
            + "".join(f"INSERT INTO {quoted(table)} VALUES ({', '.join([str(i + 1)] + row)});\n"
                      for i, row in enumerate(rows)))
    source, target = File("loose.db"), File("loose-copy.db")
    source.remove()
    try:
        source.run(text)
        target.remove()
        status, output = copy(source.connection(), target.connection(), table, table)
        if status != 0:
            raise Failed(f"exit status {status}\n{output}")
        compare.check_same_files(source, target, table, table, ["id"] + names)
        OUTCOMES["carried"] += 1
    except Failed as problem:
        fail_with(problem, text)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=os.environ.get("SEED", "1"))
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS", "40")))
    parser.add_argument("--only", type=int)
    wanted = parser.parse_args()
    tap = Tap()
    here, missing = servers()
    for name in missing:
        tap.skip(f"{name}: random tables", f"no {name} server is there")
    third = postgres()
    if not third:
        tap.skip("pgsql: random tables", "no pgsql server is there")
    print(f"# seed {wanted.seed}, {wanted.runs} runs", flush=True)
    for run in [wanted.only] if wanted.only is not None else range(wanted.runs):
        for server in here:
            rng = random.Random(f"{wanted.seed}/{run}/{server.name}")
            tap.check(f"{server.name}: seed {wanted.seed}, table {run}", check_table, rng, server)
        if third:
            rng = random.Random(f"{wanted.seed}/{run}/pgsql")
            tap.check(f"pgsql: seed {wanted.seed}, table {run}", check_postgres, rng, third)
        rng = random.Random(f"{wanted.seed}/{run}/sqlite")
        tap.check(f"sqlite: seed {wanted.seed}, table {run}", check_file, rng)
    print(f"# {OUTCOMES['carried']} tables carried, {OUTCOMES['refused']} refused")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
