"""Each type of each database, value by value: what arrives is what the server's own shell says.

    tests/types/run matrix.py [CASE...]

A case is a table of one type's columns and a view on it.  It is made once on each server; then each
variant (time zone and sql_mode of the server) is one run of dbferry for each case, and what the
sqlite3 shell finds in the file is compared with what the server's shell found at the start.
"""

import os
import sys

import compare
import pairs
from cases import read_cases
from stores import Failed, File, Server, Tap, dbferry, plan_lines, postgres, quoted, servers, write_config

SAFE = "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO"

# name, time zone and sql_mode of the server, what is read
VARIANTS = [
    ("view", "+00:00", SAFE, "v"),
    ("table", "+00:00", SAFE, "t"),
    ("server at -05:30", "-05:30", SAFE, "v"),
    ("server at +13:00", "+13:00", SAFE, "v"),
    ("sql_mode empty", "+00:00", "", "v"),
    ("sql_mode TRADITIONAL", "+00:00", "TRADITIONAL", "v"),
    ("sql_mode ANSI", "+00:00", "ANSI,NO_BACKSLASH_ESCAPES", "v"),
    ("sql_mode PAD_CHAR_TO_FULL_LENGTH", "+00:00", "PAD_CHAR_TO_FULL_LENGTH", "v"),
]


def rows_sql(columns, count):
    """The rows of the table: each column's values from the top, then NULL."""
    rows = []
    for i in range(count):
        cells = [c.values[i][0] if i < len(c.values) else "NULL" for c in columns]
        rows.append(f"({', '.join([str(i + 1)] + cells)})")
    return rows


def make_relations(store, case, name, columns):
    """The table NAME_t and the view NAME_v of a case."""
    mark = "`" if isinstance(store, Server) else '"'
    table, view = quoted(name + "_t", mark), quoted(name + "_v", mark)
    kept = [c for c in columns if not c.is_expression]
    filled = [c for c in kept if c.values]
    count = max([len(c.values) for c in filled] + [1])
    statements = [
        f"CREATE TABLE {table} (id INT PRIMARY KEY"
        + "".join(f", {quoted(c.name, mark)} {c.ddl}" for c in kept) + ");",
        f"CREATE VIEW {view} AS SELECT id"
        + "".join(f", {quoted(c.name, mark)}" for c in kept)
        + "".join(f", {c.ddl} AS {quoted(c.name, mark)}" for c in columns if c.is_expression)
        + f" FROM {table};",
    ]
    names = ", ".join(["id"] + [quoted(c.name, mark) for c in filled])
    statements += [f"INSERT INTO {table} ({names}) VALUES {row};"
                   for row in rows_sql(filled, count)]
    if not isinstance(store, Server):
        return store.run("\n".join(statements))
    return store.run("SET sql_mode = '', time_zone = '+00:00';\n" + "\n".join(statements), "types")


def wishes(columns):
    wanted = [f'{{ name = "{c.name}"; {"; ".join(c.wishes)}; }}' for c in columns if c.wishes]
    return f"columns = ( {', '.join(wanted)} );" if wanted else ""


def job(case, columns, relation):
    return f'view = "{relation}"; target_table = "{case.name}"; {case.job} {wishes(columns)}'


def check_plan(case, columns, source, target, relation):
    """The declared type, the fit and the note of each column."""
    config = write_config(source, target, job(case, columns, relation))
    status, output = dbferry("plan", config)
    if status != 0:
        raise Failed(f"dbferry plan: exit status {status}\n{output}")
    lines = plan_lines(output)
    for column in columns:
        line = lines.get(column.name)
        if line is None:
            raise Failed(f"the plan has no column {column.name}:\n{output}")
        declared = "(any)" if column.declared == "-" else column.declared
        if line["target type"].split(" ")[0] != declared or line["fit"] not in column.fit.split("|"):
            raise Failed(f"column {column.name}: the plan does not say {declared} and {column.fit}\n"
                         f"{output}")
        for note in column.notes:
            if note not in output:
                raise Failed(f"column {column.name}: the plan does not say '{note}'\n{output}")
        if column.clauses is not None and line.get("clauses", "") != column.clauses:
            raise Failed(f"column {column.name}: the plan's clauses are '{line.get('clauses')}', "
                         f"not '{column.clauses}'\n{output}")


def run_job(case, columns, source, target, relation):
    config = write_config(source, target, job(case, columns, relation))
    status, output = dbferry("run", config)
    if status != 0:
        raise Failed(f"dbferry run: exit status {status}\n{output}")


def check_declared(file, case, columns):
    declared = {row[0]: row[1] for row in
                file.rows(f"SELECT name, type FROM pragma_table_info('{case.name}')")}
    for column in columns:
        wanted = "" if column.declared == "-" else column.declared
        if declared.get(column.name) != wanted:
            raise Failed(f"column {column.name} is declared '{declared.get(column.name)}', not "
                         f"'{wanted}'")


SESSION = "SET sql_mode = '', time_zone = '+00:00'; "


def check_order(server, file, name, column):
    """ORDER BY gives the same ids, and < the same number of them for each value."""
    back, mark = quoted(column.name, "`"), quoted(column.name)
    theirs = server.rows(f"{SESSION}SELECT id FROM `{name}_t` WHERE {back} IS NOT NULL "
                         f"ORDER BY {back}, id", "types")
    ours = file.rows(f"SELECT id FROM {name} WHERE {mark} IS NOT NULL ORDER BY {mark}, id")
    if theirs != ours:
        raise Failed(f"ORDER BY {column.name} ({column.ddl}): {theirs} became {ours}")
    question = "SELECT a.id, count(*) FROM {0} a JOIN {0} b ON b.{1} < a.{1} GROUP BY a.id ORDER BY 1"
    theirs = server.rows(SESSION + question.format(f"`{name}_t`", back), "types")
    ours = file.rows(question.format(name, mark))
    if theirs != ours:
        raise Failed(f"< of {column.name} ({column.ddl}): {theirs} became {ours}")


def check_sum(server, file, name, column):
    """The server's digits, once a sum of REAL is rounded to as many as the column has."""
    theirs = server.rows(f"SELECT SUM({quoted(column.name, '`')}) FROM `{name}_t`", "types")[0][0]
    scale = compare.decimal_scale(theirs)
    ours = file.rows(f"SELECT printf('%.{scale}f', sum({quoted(column.name)})) FROM {name}")[0][0]
    if theirs not in (ours, compare.NULL):
        raise Failed(f"SUM({column.name}) ({column.ddl}): {theirs} became {ours}")


class ServerCase:
    """One case on one server, with what the server's shell says of it."""

    def __init__(self, server, case):
        self.server, self.case, self.columns = server, case, case.here(server.name)
        self.kept = [c for c in self.columns if not c.is_expression]
        # The view has the expressions behind the table's own columns.
        self.columns = self.kept + [c for c in self.columns if c.is_expression]
        make_relations(server, case, case.name, self.columns)
        self.expected = compare.server_values(server, f"`{case.name}_v`", self.columns)
        self.expected_kept = [row[:len(self.kept)] for row in self.expected]

    def check_case(self):
        compare.check_expected_texts(self.expected, self.columns)

    def check_plan(self):
        file = File(f"{self.server.name}-plan.db")
        check_plan(self.case, self.columns, self.server.connection(), file.connection(),
                   f"{self.case.name}_v")

    def check_variant(self, relation):
        columns = self.columns if relation == "v" else self.kept
        expected = self.expected if relation == "v" else self.expected_kept
        file = File(f"{self.server.name}.db")
        run_job(self.case, columns, self.server.connection(), file.connection(),
                f"{self.case.name}_{relation}")
        check_declared(file, self.case, columns)
        compare.check_copy(expected, file, self.case.name, columns)

    def check_file_to_file(self):
        """The copy, copied again, is the same."""
        first, second = File(f"{self.server.name}.db"), File(f"{self.server.name}-again.db")
        config = write_config(first.connection(), second.connection(),
                              f'table = "{self.case.name}"; target_table = "{self.case.name}"; '
                              f'{self.case.job} {wishes(self.columns)}')
        status, output = dbferry("run", config)
        if status != 0:
            raise Failed(f"dbferry run: exit status {status}\n{output}")
        check_declared(second, self.case, self.columns)
        compare.check_same_files(first, second, self.case.name, self.case.name,
                                 [c.name for c in self.columns])

    def check_to_server(self):
        """From the table to another database of the same server: the same table."""
        table = f"{self.case.name}_t"
        config = write_config(self.server.connection(), self.server.connection("copies"),
                              f'table = "{table}"; target_table = "{table}"; {self.case.job}')
        status, output = dbferry("run", config)
        if status != 0:
            raise Failed(f"dbferry run: exit status {status}\n{output}")
        compare.check_same_values(self.expected_kept, self.server, f"`{table}`", "copies", self.kept)
        compare.check_same_definitions(self.server, table, "types", "copies",
                                       [(c.name, head) for c in self.kept for head in c.loses])

    def check_round_trip(self):
        """From the table to a file and back into another database: the same table."""
        table, file = f"{self.case.name}_t", File(f"{self.server.name}-trip.db")
        file.remove()
        read = f'table = "{table}"; target_table = "{table}"; {self.case.job} '
        for source, target, more in (
                (self.server.connection(), file.connection(), wishes(self.kept)),
                (file.connection(), self.server.connection("back"), "")):
            status, output = dbferry("run", write_config(source, target, read + more))
            if status != 0:
                raise Failed(f"dbferry run: exit status {status}\n{output}")
        compare.check_same_values(self.expected_kept, self.server, f"`{table}`", "back", self.kept)
        compare.check_same_definitions(self.server, table, "types", "back",
                                       [(c.name, head) for c in self.kept for head in c.loses])

    def check_queries(self):
        """The copy answers as the server does: order, comparison with each value, and sums."""
        file = File(f"{self.server.name}.db")
        for column in self.kept:
            if column.compare in ("number", "decimal", "double") or self.case.name == "datetime" or \
                    column.ddl == "DATE":
                check_order(self.server, file, self.case.name, column)
            if column.compare == "decimal" or (column.compare == "number" and
                                               "BIG" not in column.ddl and "BIT(6" not in column.ddl):
                check_sum(self.server, file, self.case.name, column)

    def check_refused(self, column, literal):
        """Exit code 65, the second row and the column named, and the target as it was."""
        self.server.run("SET sql_mode = '', time_zone = '+00:00';\n"
                        "DROP TABLE IF EXISTS refused;\n"
                        f"CREATE TABLE refused (id INT, {quoted(column.name, '`')} {column.ddl});\n"
                        "INSERT INTO refused (id) VALUES (1);\n"
                        f"INSERT INTO refused VALUES (2, {literal});", "types")
        check_refusal(self.server.connection(), self.case, column)


def check_refusal(source, case, column):
    file = File("refused.db")
    file.remove()
    file.run("CREATE TABLE refused (id INT); INSERT INTO refused VALUES (7), (8);")
    before = file.run(".dump")
    config = write_config(source, file.connection(),
                          f'table = "refused"; target_table = "refused"; {case.job} '
                          f'on_schema_change = "rebuild"; {wishes([column])}')
    status, output = dbferry("run", config)
    if status != 65 or "row 2" not in output or f"column '{column.name}'" not in output:
        raise Failed(f"exit status {status}, not 65 with row 2 and column '{column.name}':\n{output}")
    if file.run(".dump") != before:
        raise Failed(f"the target was changed:\n{file.run('.dump')}")


def run_server(tap, server, cases):
    title = f"{server.name} {server.title}"
    server.run("CREATE DATABASE types CHARACTER SET utf8mb4; "
               "CREATE DATABASE copies CHARACTER SET utf8mb4; "
               "CREATE DATABASE back CHARACTER SET utf8mb4;")
    made = []
    for case in cases:
        try:
            made.append(ServerCase(server, case))
        except Failed as problem:
            tap.report(f"{title}: {case.name} is made", str(problem))
    for one in made:
        tap.check(f"{title}: {one.case.name}: the case means what it says", one.check_case)
        tap.check(f"{title}: {one.case.name}: plan", one.check_plan)
    for name, zone, mode, relation in VARIANTS:
        server.run(f"SET GLOBAL time_zone = '{zone}'; SET GLOBAL sql_mode = '{mode}';")
        for one in made:
            tap.check(f"{title}: {one.case.name}: {name}", one.check_variant, relation)
        if name == "view":
            for one in made:
                tap.check(f"{title}: {one.case.name}: from that file to another",
                          one.check_file_to_file)
                tap.check(f"{title}: {one.case.name}: what queries find", one.check_queries)
                if one.case.only != "to file":
                    tap.check(f"{title}: {one.case.name}: from server to server",
                              one.check_to_server)
                    tap.check(f"{title}: {one.case.name}: to a file and back",
                              one.check_round_trip)
    server.run(f"SET GLOBAL time_zone = '+00:00'; SET GLOBAL sql_mode = '{SAFE}';")
    for one in made:
        for column in one.columns:
            for literal in column.refused:
                tap.check(f"{title}: {one.case.name}: {literal} in {column.ddl} is refused",
                          one.check_refused, column, literal)


def check_sqlite_case(case):
    """SQLite to SQLite: the declared types of the case, and the same storage classes and bytes."""
    source, target = File("source.db"), File("target.db")
    make_relations(source, case, case.name, case.columns)
    check_plan(case, case.columns, source.connection(), target.connection(), f"{case.name}_v")
    run_job(case, case.columns, source.connection(), target.connection(), f"{case.name}_v")
    check_declared(target, case, case.columns)
    compare.check_same_files(source, target, f"{case.name}_v", case.name,
                             [c.name for c in case.columns])


def check_sqlite_refused(case, column, literal):
    source = File("refused-source.db")
    source.remove()
    source.run(f"CREATE TABLE refused (id INT, {quoted(column.name)} {column.ddl});"
               f"INSERT INTO refused VALUES (1, NULL), (2, {literal});")
    check_refusal(source.connection(), case, column)


def run_sqlite(tap, cases):
    for case in cases:
        tap.check(f"sqlite: {case.name}", check_sqlite_case, case)
        for column in case.columns:
            for literal in column.refused:
                tap.check(f"sqlite: {case.name}: {literal} in {column.ddl} is refused",
                          check_sqlite_refused, case, column, literal)


def main(wanted):
    cases = read_cases(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases"))
    if wanted:
        cases = [case for case in cases if case.name in wanted]
    tap = Tap()
    here, missing = servers()
    for name in missing:
        tap.skip(f"{name}: the type matrix", f"no {name} server is there")
    for server in here:
        run_server(tap, server, [case for case in cases if server.name in case.on])
    run_sqlite(tap, [case for case in cases if "sqlite" in case.on])
    third = postgres()
    if third:
        pairs.run_postgres(sys.modules[__name__], tap, third, next((s for s in here if s.name == "mariadb"), None),
                           [case for case in cases if "pgsql" in case.on])
    else:
        tap.skip("pgsql: the type matrix", "no pgsql server is there")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
