"""Whatever a file says of its columns, and whatever is in them, is no bug of ours.

    tests/types/run definitions.py

Anybody may write to a file.  Tables whose definitions in _dbferry_columns and _dbferry_indexes are
made of random words and numbers, and whose values are of any kind, are read as sources: to SQLite,
and as a plan for each server.  They are carried, refused, or read as they are declared; the engine's
own checks of what a driver gives (status 70) are not reached.  SEED and TABLES choose others.
"""

import os
import random
import subprocess
import sys

from fits import write_jobs
from stores import DBFERRY, Failed, File, Tap, servers

TYPES = ["bool", "int", "float", "decimal", "text", "bytes", "date", "time", "datetime", "year", "any", "bit", "json",
         "enum", "set", "uuid", "inet4", "inet6", "geometry", "vector", "null", "", "INT"]
FLAGS = ["unsigned", "not-null", "utc", "fixed", "long", "zerofill", "auto-number", "generated", "default-now", "srid",
         "ignores-case", "ignores-accents", "ignores-trailing-space", "compares-unknown", "loose", "only-null", "no-nan",
         "no-infinity", "odd"]
NUMBERS = ["0", "1", "2", "8", "9", "16", "24", "32", "63", "64", "65", "255", "1000", "1001", "65535", "4294967295",
           "4294967296", "-1", "NULL", "'x'", "1.5"]
MEMBERS = ["NULL", "''", "'''a'''", "'''a'',''b'''", "''','", "'''a'", "'''a'',,'", "'''a'',''it''''s'''", "''''''"]
WORDS = ["NULL", "''", "'utf8mb4'", "'latin1'", "'a b'", "'x''y'", "'point'", "'timestamp(6)'", "x'ff'", "'\n'"]
DECLARED = ["INTEGER", "REAL", "TEXT", "BLOB", "", "TEXT COLLATE NOCASE", "INTEGER NOT NULL", "NUMERIC"]
VALUES = ["NULL", "0", "1", "-1", "255", "256", "9223372036854775807", "-9223372036854775808", "0.5", "-0.0", "9e999",
          "1e300", "''", "'a'", "'a,b'", "'1.50'", "'2024-02-29'", "'2024-02-29 01:02:03'", "'01:02:03'", "'-'", "'.'",
          "':'", "x''", "x'00'", "zeroblob(9)", "zeroblob(12)", "zeroblob(36)", "CAST(x'ff61' AS TEXT)",
          "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'::1'", "'1.2.3.4'"]


def definition(dice, table):
    number = lambda: dice.choice(NUMBERS)
    flags = " ".join(dice.sample(FLAGS, dice.choice([0, 0, 1, 1, 2, 4])))
    return (f"INSERT OR IGNORE INTO _dbferry_columns (target_table, position, version, name, declared, type, flags, native, bits, "
            f"length, precision, scale, charset, collation, members, subtype, srid, key_position, default_value) VALUES "
            f"('{table}', 1, 1, 'c', (SELECT type FROM pragma_table_info('{table}')), '{dice.choice(TYPES)}', '{flags}', "
            f"{dice.choice(WORDS)}, {number()}, {number()}, {number()}, {number()}, {dice.choice(WORDS)}, "
            f"{dice.choice(WORDS)}, {dice.choice(MEMBERS)}, {dice.choice(WORDS)}, {number()}, "
            f"{dice.choice(['0', '0', '1', '2', '-1'])}, {dice.choice(WORDS)});")


def index(dice, table):
    names = ["'c'", "'C'", "'d'", "''", "NULL", "x'ff'"]
    return (f"INSERT OR IGNORE INTO _dbferry_indexes SELECT '{table}', {dice.choice(['1', '2', '-1'])}, "
            f"{dice.choice(['1', '0', '9'])}, 1, 'i', {dice.choice(['0', '1', '7'])}, {dice.choice(['0', '1'])}, "
            f"{dice.choice(names)} WHERE 1;")


def make(file, dice, tables):
    file.run("CREATE TABLE seed (c INTEGER NOT NULL);")
    connections = f'made = {{ driver = "memory"; rows = 1; columns = "c int64 not null, index (c) as i"; }}; to = {{ {file.connection()} }};'
    path = write_jobs(connections, ['{ name = "j"; source = "made"; table = "x"; target = "to"; target_table = "first"; }'])
    subprocess.run([DBFERRY, "run", "--quiet", "--config", path], check=True, stdin=subprocess.DEVNULL)
    lines = []
    for table in tables:
        lines.append(f"CREATE TABLE {table} (c {dice.choice(DECLARED)});")
        lines.append(definition(dice, table))
        if dice.random() < 0.3:
            lines.append(index(dice, table))
        lines += [f"INSERT OR IGNORE INTO {table} VALUES ({value});" for value in dice.sample(VALUES, 2)]
    file.run("\n".join(lines))


def check_no_bug(file, target, tables, command):
    job = '{{ name = "{0}"; source = "file"; table = "{0}"; target = "target"; target_table = "{0}"; }}'
    path = write_jobs(f"file = {{ {file.connection()} }}; target = {{ {target} }};", [job.format(t) for t in tables])
    done = subprocess.run([DBFERRY, command, "--config", path], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    text = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    bad = [line for line in text.splitlines() if "contract" in line or "bug" in line or "is not understood" in line]
    if done.returncode in (70, 71) or done.returncode < 0 or bad:
        raise Failed("\n".join([f"exit status {done.returncode}"] + bad[:10] + text.splitlines()[:3]))


def main():
    seed, count = int(os.environ.get("SEED", "1")), int(os.environ.get("TABLES", "250"))
    tables = [f"t{i}" for i in range(count)]
    file, tap = File("odd.db"), Tap()
    make(file, random.Random(seed), tables)
    tap.check(f"sqlite to sqlite: {count} tables of odd definitions", check_no_bug, file,
              File("odd-copy.db").connection(), tables, "run")
    here, missing = servers()
    for name in missing:
        tap.skip(f"sqlite to {name}: odd definitions", f"no {name} server is there")
    for server in here:
        server.run("CREATE DATABASE types CHARACTER SET utf8mb4;")
        tap.check(f"sqlite to {server.name}: the plan of them", check_no_bug, file, server.connection(), tables[:60], "plan")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
