"""The cases of PostgreSQL: from there to each other database and back, by what psql and their shells say.

A table of the server is copied into a file, into another schema of it and into MariaDB, and from the file
and from MariaDB into further schemas.  What was read, and what was written, is a text of psql for each value;
only its form depends on the column's type, and a column that comes back as another type must print the same.
"""

import re

import compare
from stores import Failed, File, dbferry, quoted, write_config

# Settings of the account that others than dbferry's own would print values by, and what is read.
VARIANTS = [
    ("view", "RESET ALL", "v"),
    ("table", "RESET ALL", "t"),
    ("settings of its own", "SET TimeZone = 'America/St_Johns'; ALTER ROLE ferry SET DateStyle = 'German, DMY'; "
     "ALTER ROLE ferry SET IntervalStyle = 'sql_standard'; ALTER ROLE ferry SET bytea_output = 'escape'; "
     "ALTER ROLE ferry SET extra_float_digits = -5", "v"),
]

# What PostgreSQL would print in another form than its copies have, by the whole name of the type.
OF_TYPE = [
    (r"boolean", "{0}::int::text"),
    (r"bit\(\d+\)", "{0}::bigint::text"),
    (r"money", "{0}::numeric::text"),
    (r"inet", "abbrev({0})"),
    (r"(?:real|double precision)", "{0}::float8::text"),
    (r"time\(([1-6])\) without time zone", "to_char({0}, 'HH24:MI:SS.FF{1}')"),
    (r"timestamp\(([1-6])\) without time zone", "to_char({0}, 'YYYY-MM-DD HH24:MI:SS.FF{1}')"),
    (r"timestamp\(([1-6])\) with time zone", "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.FF{1}')"),
    (r"timestamp\(0\) with time zone", "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')"),
]
OF_COMPARE = {
    "text": "upper(encode(convert_to({}, 'UTF8'), 'hex'))",
    "bytes": "upper(encode({}, 'hex'))",
}


def expression(column, native):
    name = quoted(column.name)
    if column.compare == "bytes":
        return OF_COMPARE["bytes"].format(name)
    text = f"{name}::text"
    for pattern, form in OF_TYPE:
        found = re.fullmatch(pattern, native)
        if found:
            text = form.format(name, *found.groups())
            break
    return OF_COMPARE.get(column.compare, "{}").format(text)


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def values(server, relation, columns):
    """One list for each row, ordered by id, of what psql prints for each column."""
    rows = server.rows("SELECT encode(convert_to(attname, 'UTF8'), 'hex'), format_type(atttypid, atttypmod) FROM "
                       f"pg_attribute WHERE attrelid = {literal(relation)}::regclass AND attnum > 0")
    natives = {bytes.fromhex(name).decode(): native for name, native in rows}
    missing = [c.name for c in columns if c.name not in natives]
    if missing:
        raise Failed(f"{relation} has no columns {missing}")
    cells = ", ".join(expression(c, natives[c.name]) for c in columns)
    return server.rows(f"SET IntervalStyle = 'iso_8601'; SELECT {cells} FROM {relation} ORDER BY id;")


def plain(column, value):
    """Servers print one double in several ways."""
    return repr(float(value)) if column.compare == "double" and value != compare.NULL else value


def check_same(expected, found, columns):
    if len(found) != len(expected):
        raise Failed(f"{len(expected)} rows expected, {len(found)} found")
    for row, (one, two) in enumerate(zip(expected, found)):
        for column, was, now in zip(columns, one, two):
            if plain(column, was) != plain(column, now):
                raise compare.differ(row + 1, column, was, now)


def carry(source, target, table):
    config = write_config(source, target, f'table = "{table}"; target_table = "{table}";')
    status, output = dbferry("run", config)
    if status != 0:
        raise Failed(f"dbferry run: exit status {status}\n{output}")


class PostgresCase:
    """One case, with what psql says of it; `tests` is matrix.py, whose checks of files these are."""

    def __init__(self, tests, server, other, case):
        self.tests, self.server, self.other, self.case = tests, server, other, case
        self.kept = [c for c in case.columns if not c.is_expression]
        self.columns = self.kept + [c for c in case.columns if c.is_expression]
        self.name = case.name.replace("-", "_")
        self.table = f"{self.name}_t"
        tests.make_relations(server, case, self.name, self.columns)
        self.expected = values(server, f"{self.name}_v", self.columns)
        self.expected_kept = [row[:len(self.kept)] for row in self.expected]
        self.file = File("pgsql.db")

    def check_case(self):
        compare.check_expected_texts(self.expected, self.columns)

    def check_plan(self):
        file = File("pgsql-plan.db")
        self.tests.check_plan(self.case, self.columns, self.server.connection(), file.connection(),
                              f"{self.name}_v")

    def check_variant(self, relation):
        columns = self.columns if relation == "v" else self.kept
        expected = self.expected if relation == "v" else self.expected_kept
        self.tests.run_job(self.case, columns, self.server.connection(), self.file.connection(),
                           f"{self.name}_{relation}")
        self.tests.check_declared(self.file, self.case, columns)
        compare.check_copy(expected, self.file, self.case.name, columns)

    def check_schema(self, schema, source):
        """A table of this name in a schema of the server, from there."""
        carry(source, self.server.connection(schema), self.table)
        check_same(self.expected_kept, values(self.server, f"{schema}.{self.table}", self.kept), self.kept)

    def check_to_schema(self):
        self.check_schema("copies", self.server.connection())

    def check_by_file(self):
        file = File("pgsql-trip.db")
        file.remove()
        carry(self.server.connection(), file.connection(), self.table)
        self.check_schema("by_file", file.connection())

    def check_by_server(self):
        carry(self.server.connection(), self.other.connection("pgsql"), self.table)
        check_same(self.expected_kept, compare.server_values(self.other, f"`{self.table}`", self.kept, "pgsql"),
                   self.kept)
        self.check_schema("by_server", self.other.connection("pgsql"))

    def check_refused(self, column, literal):
        """Exit code 65, the second row and the column named, and the target as it was."""
        self.server.run(f"DROP TABLE IF EXISTS refused; CREATE TABLE refused (id int, {quoted(column.name)} {column.ddl});"
                        f"INSERT INTO refused (id) VALUES (1); INSERT INTO refused VALUES (2, {literal});")
        self.tests.check_refusal(self.server.connection(), self.case, column)


def make_places(server, other):
    server.run("SET client_min_messages = error;" +
               "".join(f"CREATE SCHEMA {name} AUTHORIZATION ferry;" for name in ("copies", "by_file", "by_server")))
    if other:
        other.run("CREATE DATABASE pgsql CHARACTER SET utf8mb4;")


def run_postgres(tests, tap, server, other, cases):
    make_places(server, other)
    made = []
    for case in cases:
        try:
            made.append(PostgresCase(tests, server, other, case))
        except Failed as problem:
            tap.report(f"pgsql: {case.name} is made", str(problem))
    for one in made:
        tap.check(f"pgsql: {one.case.name}: the case means what it says", one.check_case)
        tap.check(f"pgsql: {one.case.name}: plan", one.check_plan)
    for name, settings, relation in VARIANTS:
        server.run(f"ALTER ROLE ferry {settings}")
        for one in made:
            tap.check(f"pgsql: {one.case.name}: {name}", one.check_variant, relation)
    server.run("ALTER ROLE ferry RESET ALL")
    for one in made:
        tap.check(f"pgsql: {one.case.name}: to the same server", one.check_to_schema)
        tap.check(f"pgsql: {one.case.name}: to a file and back", one.check_by_file)
        if one.case.only == "to file":
            pass
        elif other:
            tap.check(f"pgsql: {one.case.name}: to {other.name} and back", one.check_by_server)
        else:
            tap.skip(f"pgsql: {one.case.name}: to mariadb and back", "no mariadb server is there")
        for column in one.columns:
            for literal in column.refused:
                tap.check(f"pgsql: {one.case.name}: {literal} in {column.ddl} is refused",
                          one.check_refused, column, literal)
