"""Random tables are merged again and again: whatever the target held, it holds the source's rows.

    tests/types/run merges.py [--seed N] [--runs N] [--first N] [--only N]

Between two merges both sides are edited: rows come, go and change, keys change, unique values are
passed round.  After each, what the shells print of both sides is the same, and what the record says
that dbferry inserted, updated, deleted and left alone is what the shells' prints before differ in.
Run K of a seed makes the same tables again with --only K, and with --first K those from it on; each
source goes to each target in turn.
"""

import argparse
import json
import os
import random
import struct
import sys
from collections import Counter

from merge_tables import (ANY_VALUE, BIG_KEY, COMMON_KEYS, COMMON_VALUES, DECIMAL_KEY, FILE_KEYS,
                          LOOSE_KINDS, SERVER_KEYS, SERVER_VALUES, Loose, literal)
from property import ODD_NAMES, random_names
from stores import Failed, File, Tap, dbferry, quoted, servers, write_config

OUTCOMES = Counter()


class Side:
    """A table in a file or on a server, through the shell alone."""

    def __init__(self, store, database):
        self.store, self.database = store, database
        self.is_file = isinstance(store, File)
        self.name = "sqlite" if self.is_file else store.name

    def quoted(self, name):
        return quoted(name) if self.is_file else quoted(name, "`")

    def connection(self):
        return self.store.connection(self.database)

    def clear(self):
        if self.is_file:
            self.store.remove()
        else:
            self.store.run(f"DROP DATABASE IF EXISTS {self.database}; "
                           f"CREATE DATABASE {self.database} CHARACTER SET utf8mb4;")

    def lines(self, text):
        if self.is_file:
            return self.store.rows(text)
        return self.store.rows("SET sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO', "
                               "time_zone = '+00:00';\n" + text, self.database)


def show_in_file(name):
    return (f"CASE typeof({name}) WHEN 'null' THEN 'NULL' WHEN 'integer' THEN 'i:' || {name} "
            f"WHEN 'real' THEN 'r:' || hex(ieee754_to_blob({name})) "
            f"WHEN 'text' THEN 't:' || hex(CAST({name} AS BLOB)) ELSE 'b:' || hex({name}) END")


class Column:
    def __init__(self, name, kind, is_key, nullable):
        self.name, self.kind, self.is_key, self.nullable = name, kind, is_key, nullable
        self.unique = False

    def ddl(self, is_file):
        text = self.kind.file if is_file else self.kind.server.replace(" NULL", "")
        if text.startswith("TIMESTAMP") and not is_file:
            return text + (" NULL" if self.nullable else " NOT NULL DEFAULT '2001-01-01 01:01:01'")
        return text + ("" if self.nullable else " NOT NULL")

    def alike(self, value):
        if isinstance(value, Loose) and self.kind.form not in ("?", "r", "d"):
            return "loose " + value.sql
        return self.kind.alike(value)


def usable(kinds, source, target):
    """Those that both sides have, and the source's server."""
    return [k for k in kinds if (k.file if source.is_file else k.server) is not None
            and (not k.only or (source.name in k.only and target.name in k.only + ("sqlite",)))]


class Table:
    """Its columns, and the rows that either side should have."""

    def __init__(self, rng, source, target):
        self.source, self.target = source, target
        self.name = f"{rng.choice(ODD_NAMES)} {rng.randrange(100)}"
        self.style = rng.choice(["primary", "primary", "unique", "index", "none"])
        keys, values = self.pools(rng)
        kinds = [rng.choice(keys) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        more = [rng.choice(values) for _ in range(rng.randrange(0, 6))]
        names = random_names(rng, len(kinds) + len(more))
        self.columns = [Column(n, k, i < len(kinds), i >= len(kinds) and rng.random() < 0.8)
                        for i, (n, k) in enumerate(zip(names, kinds + more))]
        self.keys = self.columns[:len(kinds)]
        for column in self.columns[len(kinds):]:
            can = column.kind.form in ("i", "t", "b") and "LONG" not in (column.kind.server or "") \
                and column.kind.server != "JSON"
            column.unique = can and rng.random() < 0.25
        self.without_rowid = source.is_file and self.style == "primary" and rng.random() < 0.3
        rng.shuffle(self.columns)
        other_key = any(c.unique and not c.nullable for c in self.columns)
        self.key_in_job = self.style in ("index", "none") or rng.random() < 0.2 or \
            (self.style == "unique" and other_key)
        self.wide = rng.choice([3, 12, 60])
        # An upsert of all rows that looks for deleted ones comes to the same by another way.
        self.strategy = rng.choice(["merge", "merge", "upsert"])

    def pools(self, rng):
        files = self.source.is_file + self.target.is_file
        if files == 2 and rng.random() < 0.5:
            return FILE_KEYS + LOOSE_KINDS[:2], usable(COMMON_VALUES, self.source, self.target) \
                + LOOSE_KINDS * 2
        if self.source.is_file:
            return (FILE_KEYS if files == 2 else COMMON_KEYS,
                    usable(COMMON_VALUES, self.source, self.target))
        keys = SERVER_KEYS + ([] if files else [DECIMAL_KEY, BIG_KEY])
        return usable(keys, self.source, self.target), \
            usable(SERVER_VALUES + ([] if files else [BIG_KEY]), self.source, self.target)

    def sql(self):
        side = self.source
        listed = ", ".join(side.quoted(c.name) for c in self.keys)
        lines = [f"{side.quoted(c.name)} {c.ddl(side.is_file)}" for c in self.columns]
        lines += [f"UNIQUE ({side.quoted(c.name)})" for c in self.columns if c.unique]
        lines += {"primary": [f"PRIMARY KEY ({listed})"], "unique": [f"UNIQUE ({listed})"]}.get(
            self.style, [f"KEY ({listed})"] if self.style == "index" and not side.is_file else [])
        end = " WITHOUT ROWID" if self.without_rowid else "" if side.is_file else \
            " CHARACTER SET utf8mb4"
        return f"CREATE TABLE {side.quoted(self.name)} (\n  " + ",\n  ".join(lines) + f"){end};\n"

    # ---- Rows ----

    def row(self, rng):
        return {c.name: None if c.nullable and rng.random() < 0.15 else c.kind.value(rng)
                for c in self.columns}

    def exact(self, column, value):
        """What makes two keys the same where nothing is UNIQUE: the stored value."""
        loose = column.kind.form == "?" and column.kind is not ANY_VALUE
        return column.alike(value) if loose else literal(value, True)

    def claims(self, row):
        """What no other row of the table may have."""
        is_unique = self.style in ("primary", "unique")
        yield "key", tuple(c.alike(row[c.name]) if is_unique else self.exact(c, row[c.name])
                           for c in self.keys)
        for c in self.columns:
            if c.unique and row[c.name] is not None:
                yield c.name, c.alike(row[c.name])

    def admitted(self, rows):
        taken, kept = set(), []
        for row in rows:
            claims = list(self.claims(row))
            if not taken.intersection(claims):
                taken.update(claims)
                kept.append(row)
        return kept

    def edited(self, rng, rows, is_target):
        rows = [dict(row) for row in rows]
        rng.shuffle(rows)
        for _ in range(rng.choice([0, 1, 1, 2, 4])):
            self.edit(rng, rows, is_target)
        return self.admitted(rows)

    def edit(self, rng, rows, is_target):
        what = rng.choice(["insert", "insert", "delete", "update", "update", "key", "rotate",
                           "loose", "all"])
        some = rng.sample(rows, min(len(rows), rng.choice([1, 1, 2, 5, len(rows)])))
        if what == "insert":
            rows.extend(self.row(rng) for _ in range(rng.choice([1, 2, 10])))
        elif what == "delete":
            rows[:] = [row for row in rows if row not in some]
        elif what in ("update", "key"):
            columns = [c for c in self.columns if c.is_key == (what == "key")]
            for row in some if columns else []:
                c = rng.choice(columns)
                row[c.name] = self.row(rng)[c.name]
        elif what == "rotate" and some:
            # Each takes the next one's value, of a key or of what is UNIQUE or of any other.
            c = rng.choice([c for c in self.columns if c.unique or c.is_key] + [self.columns[0]])
            values = [row[c.name] for row in some]
            for row, value in zip(some, values[1:] + values[:1]):
                row[c.name] = value
        elif what == "loose" and is_target and self.target.is_file:
            self.loosen(rng, some[:3])
        elif what == "all" and rng.random() < 0.3:
            rows[:] = [self.row(rng) for _ in range(rng.choice([0, 1, self.wide]))]

    def loosen(self, rng, some):
        """Values of another storage class than the copy's."""
        for row in some:
            c = rng.choice(self.columns)
            # An integer that is the whole key may stand for the rowid, which takes integers alone.
            whole = len(self.keys) == 1 and c.kind.form == "i"
            if c.is_key and c.kind.file != "INTEGER" and not whole:
                row[c.name] = Loose("'35'" if c.kind.form == "b"
                                    else f"x'35{rng.randrange(99):02}'")
            elif not c.is_key and not c.unique:
                row[c.name] = Loose(rng.choice(["'35'", "x'35'", "35", "35.5"]))

    def write(self, side, rows):
        name = side.quoted(self.name)
        columns = ", ".join(side.quoted(c.name) for c in self.columns)
        listed = [f"({', '.join(literal(row[c.name], side.is_file) for c in self.columns)})"
                  for row in rows]
        text = f"BEGIN; DELETE FROM {name};\n"
        for start in range(0, len(listed), 50):
            text += f"INSERT INTO {name} ({columns}) VALUES {','.join(listed[start:start + 50])};\n"
        return text + "COMMIT;\n"

    # ---- What the shells print ----

    def question(self, side):
        shown = [show_in_file(side.quoted(c.name)) if side.is_file
                 else c.kind.show_server(side.quoted(c.name)) for c in self.columns]
        return f"SELECT {', '.join(shown)} FROM {side.quoted(self.name)};\n"

    def common(self, column, text):
        """The same text for the same value, whichever side prints it."""
        kind, _, value = text.partition(":")
        if kind == "r":
            number = struct.unpack(">d", bytes.fromhex(value))[0] if len(value) == 16 and \
                all(c in "0123456789ABCDEF" for c in value) else float(value)
            return f"r:{number + 0.0!r}"
        if kind == "d" and self.target.is_file:
            return "t:" + value.encode().hex().upper() if column.kind.as_text \
                else f"r:{float(value) + 0.0!r}"
        return text

    def printed(self, lines):
        """What was asked for by question(), each row by its key."""
        rows = {}
        for line in lines:
            row = tuple(self.common(c, text) for c, text in zip(self.columns, line))
            key = tuple(text for c, text in zip(self.columns, row) if c.is_key)
            if key in rows:
                raise Failed(f"the key {key} comes twice")
            rows[key] = row
        return rows

    # ---- The job ----

    def merge(self):
        names = json.dumps([c.name for c in self.keys], ensure_ascii=False)
        name = json.dumps(self.name, ensure_ascii=False)
        key = f"key = {names};" if self.key_in_job else ""
        config = write_config(self.source.connection(), self.target.connection(),
                              f'table = {name}; target_table = {name}; allow_empty = true; '
                              f'strategy = "{self.strategy}"; {key}'
                              + ('find_deleted = "keys";' if self.strategy == "upsert" else ""))
        return dbferry("run", config)


RECORD = "SELECT strategy, inserted, updated, deleted, unchanged, rows FROM _dbferry_sync;\n"


def differences(source, before):
    """How many rows a merge inserts, updates, deletes and leaves alone."""
    common = [key for key in source if key in before]
    updated = sum(source[key] != before[key] for key in common)
    return [len(source) - len(common), updated, len(before) - len(common), len(common) - updated]


def check_target(table, source, before, status, output):
    """The target after a merge, and its record."""
    if status != 0:
        raise Failed(f"exit status {status}\n{output}")
    target = table.target
    lines = target.lines(RECORD.replace("rows", target.quoted("rows")) + table.question(target))
    record, after = lines[0], table.printed(lines[1:])
    if after != source:
        wrong = [f"{source.get(k)} became {after.get(k)}" for k in list(source) + list(after)
                 if source.get(k) != after.get(k)]
        raise Failed(f"{len(wrong)} rows differ after {record}: {wrong[0]}")
    if record[0] == table.strategy and before is not None:
        wanted = [str(n) for n in differences(source, before) + [len(source)]]
        if record[1:] != wanted:
            raise Failed(f"inserted, updated, deleted, unchanged, rows: {wanted} expected, the "
                         f"record says {record[1:]}")
    elif record[0] == table.strategy or before:
        raise Failed(f"the strategy was {record[0]}, and the table held {before}")
    OUTCOMES[record[0]] += 1


def check_round(rng, table, rows):
    """Both sides are edited, and the target follows; returns what the source holds."""
    source, target = table.source, table.target
    wanted, edited = table.edited(rng, rows, False), table.edited(rng, rows, True)
    try:
        shown = table.printed(source.lines(table.write(source, wanted) + table.question(source)))
        before = table.printed(target.lines(table.write(target, edited) + table.question(target)))
        check_target(table, shown, before, *table.merge())
        if rng.random() < 0.3:
            check_target(table, shown, shown, *table.merge())
    except Failed as problem:
        raise Failed(f"{problem}\nsource {table.write(source, wanted)}\ntarget "
                     f"{table.write(target, edited)}") from problem
    return wanted


def check_merges(rng, source, target):
    for side in (source, target):
        side.clear()
    table = Table(rng, source, target)
    try:
        rows = table.admitted([table.row(rng) for _ in range(rng.choice([1, table.wide]))])
        shown = table.printed(source.lines(table.sql() + table.write(source, rows)
                                           + table.question(source)))
        check_target(table, shown, None, *table.merge())
        for _ in range(3):
            rows = check_round(rng, table, rows)
    except Failed as problem:
        raise Failed(f"{problem}\n{table.strategy}, key {[c.name for c in table.keys]} "
                     f"{table.style}, in the job: {table.key_in_job}\n{table.sql()}") from problem


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", default=os.environ.get("SEED", "1"))
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS", "27")))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int)
    wanted = parser.parse_args()
    tap = Tap()
    here, missing = servers()
    for name in missing:
        tap.skip(f"{name}: merges", f"no {name} server is there")
    sources = [Side(File("source.db"), None)] + [Side(server, "merge_from") for server in here]
    targets = [Side(File("target.db"), None)] + [Side(server, "merge_to") for server in here]
    pairs = [(one, two) for one in sources for two in targets]
    print(f"# seed {wanted.seed}, {wanted.runs} runs", flush=True)
    chosen = [wanted.only] if wanted.only is not None else range(wanted.first, wanted.runs)
    for run in chosen:
        source, target = pairs[run % len(pairs)]
        tap.check(f"{source.name} to {target.name}: seed {wanted.seed}, table {run}", check_merges,
                  random.Random(f"{wanted.seed}/{run}/merges"), source, target)
    print("# " + ", ".join(f"{count} by {name}" for name, count in sorted(OUTCOMES.items())))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
