"""Each type behind each form of an expression: is what comes what was described, and is it right?

    tests/types/run forms.py [FORM...]

A server describes a column behind DISTINCT, UNION, MAX, IF, a window function or a subquery in its
own way, and now and then sends another one.  All columns of the case files stand in one wide table;
each form is a view of all of them, and is carried to SQLite and to another table of the same server.
What the shells find there is compared with what the server's shell shows of the view.  With
FERRY_SWEEP=all there is a view for each single column too, so that nothing hides behind its
neighbour.
"""

import os
import subprocess
import sys
from decimal import Decimal

import compare
from cases import read_cases
from stores import Failed, File, Tap, dbferry, quoted, servers, write_config

# Name, the expression of one column ({} is the column), what stands behind the list of columns,
# and then, where it is not plain: behind SELECT, behind CREATE, before SELECT.
FORMS = [
    ("plain", "{}", "FROM wide t"),
    ("DISTINCT", "{}", "FROM wide t", "DISTINCT"),
    ("UNION", "{}", "FROM wide t UNION SELECT * FROM ({first}) u"),
    ("UNION ALL", "{}", "FROM wide t UNION ALL SELECT * FROM ({first}) u WHERE id < 0"),
    ("UNION of NULL", "{}", "FROM wide t UNION ALL SELECT {nulls} FROM wide WHERE id < 0"),
    ("LIMIT", "{}", "FROM (SELECT * FROM wide LIMIT 100000) t"),
    ("TEMPTABLE", "{}", "FROM wide t", "", "ALGORITHM=TEMPTABLE"),
    ("WITH", "{}", "FROM t", "", "", "WITH t AS (SELECT DISTINCT * FROM wide) "),
    ("LEFT JOIN", "{}", "FROM (SELECT id AS n FROM wide) n LEFT JOIN wide t ON t.id = n.n"),
    ("MAX", "MAX({})", "FROM wide t GROUP BY id"),
    ("MIN", "MIN({})", "FROM wide t GROUP BY id"),
    ("GROUP BY", "{}", "FROM wide t GROUP BY id"),
    ("FIRST_VALUE", "FIRST_VALUE({}) OVER (PARTITION BY id ORDER BY id)", "FROM wide t"),
    ("LEAD", "LEAD({}, 0) OVER (ORDER BY id)", "FROM wide t"),
    ("MAX OVER", "MAX({}) OVER (PARTITION BY id)", "FROM wide t"),
    ("IF", "IF(id > 0, {}, NULL)", "FROM wide t"),
    ("IF of two", "IF(id > 0, {}, {})", "FROM wide t"),
    ("IFNULL", "IFNULL({}, {})", "FROM wide t"),
    ("COALESCE", "COALESCE(NULL, {})", "FROM wide t"),
    ("CASE", "CASE WHEN id > 0 THEN {} ELSE NULL END", "FROM wide t"),
    ("NULLIF", "NULLIF({}, NULL)", "FROM wide t"),
    ("GREATEST", "GREATEST({}, {})", "FROM wide t"),
    ("a subquery", "(SELECT s.{bare} FROM wide s WHERE s.id = t.id)", "FROM wide t"),
    ("a subquery of MAX", "(SELECT MAX(s.{bare}) FROM wide s WHERE s.id = t.id)", "FROM wide t"),
]

# Behind LEFT JOIN, CAST(... AS CHAR) of -0.123456789012345 loses its last digit on both servers.
compare.SERVER_EXPRESSION |= {"decimal": "{}", "long_decimal": "{}"}

SESSION = "SET sql_mode = '', time_zone = '+00:00';\n"


class Form:
    def __init__(self, name, expression, behind, before="", view="", top=""):
        self.name, self.expression, self.behind = name, expression, behind
        self.before, self.view, self.top = before, view, top

    def cell(self, column):
        bare = quoted(column.name, "`")
        return f"{self.expression.replace('{}', 't.' + bare).replace('{bare}', bare)} AS {bare}"

    def create(self, view, columns):
        cells = ", ".join(["id"] + [self.cell(c) for c in columns])
        nulls = ", ".join(["NULL"] * (len(columns) + 1))
        behind = self.behind.replace("{first}", f"SELECT {cells} FROM wide t").replace("{nulls}", nulls)
        return (f"CREATE OR REPLACE {self.view} VIEW {view} AS "
                f"{self.top}SELECT {self.before} {cells} {behind};")


def wide_columns(server, cases):
    """All columns of all cases that a server can have, each under a name of its own."""
    found = []
    for case in cases:
        columns = case.here(server.name) if server.name in case.on and not case.only else []
        for column in columns:
            if not column.is_expression and not column.wishes and " AS (" not in column.ddl.upper():
                column.name = f"{case.name}_{len(found)}"
                found.append(column)
    return found


def make_table(server, columns):
    """A row for each value, and one of NULLs."""
    lines = ["CREATE TABLE wide (id INT PRIMARY KEY, "
             + ", ".join(f"`{c.name}` {c.ddl}" for c in columns) + ");"]
    for i in range(max(len(c.values) for c in columns) + 1):
        cells = [(c.name, c.values[i][0]) for c in columns if i < len(c.values)]
        names = ", ".join(["id"] + [f"`{name}`" for name, _ in cells])
        lines.append(f"INSERT INTO wide ({names}) VALUES "
                     f"({', '.join([str(i + 1)] + [value for _, value in cells])});")
    server.run(SESSION + "\n".join(lines), "types")


def make_views(server, f, form, columns):
    """A view of all columns that the server takes in this form (there is no MAX of a geometry), and,
    where one is refused or asked for, a view for each single one.  Which are taken."""
    if os.environ.get("FERRY_SWEEP") != "all":
        try:
            server.run(form.create(f"v{f}", columns), "types")
            return list(range(len(columns)))
        except Failed:
            pass
    text = "\n".join(form.create(f"v{f}_{c}", [column]) for c, column in enumerate(columns))
    subprocess.run(server.shell + ["--force", "types"], input=text.encode(), capture_output=True,
                   check=False)
    there = {row[0] for row in server.rows(
        "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = 'types'")}
    taken = [c for c, _ in enumerate(columns) if f"v{f}_{c}" in there]
    server.run(form.create(f"v{f}", [columns[c] for c in taken]), "types")
    return taken


def check_file(expected, file, columns):
    """The same values, whatever type the form has made of the column."""
    names = [quoted(column.name) for column in columns]
    cells = ", ".join(f"typeof({n}), iif({n} IS NULL, 'NULL', hex({n})), "
                      f"iif(typeof({n}) = 'integer', {n}, '')" for n in names)
    found = file.rows(f"SELECT {cells} FROM x ORDER BY id")
    reals = file.doubles("x", [column.name for column in columns])
    if len(found) != len(expected):
        raise Failed(f"{len(expected)} rows expected, {len(found)} found")
    for i, column in enumerate(columns):
        for row, cells_of_row in enumerate(found):
            typeof, text, number = cells_of_row[3 * i:3 * i + 3]
            wanted = expected[row][i]
            if wanted != compare.NULL and column.compare not in ("text", "bytes"):
                text = reals[i][row] if typeof == "real" else Decimal(
                    number if typeof == "integer" else bytes.fromhex(text).decode())
                wanted = float(wanted) if typeof == "real" else Decimal(wanted)
            if text != wanted:
                raise compare.differ(row + 1, column, str(wanted), f"{typeof} {text}")


def carry(server, target, view):
    config = write_config(server.connection(), target, f'view = "{view}"; target_table = "x"; '
                          'on_schema_change = "rebuild";')
    status, output = dbferry("run", config)
    if status != 0:
        raise Failed(f"dbferry run: exit status {status}\n{output}")


def check_form(server, view, columns):
    expected = compare.server_values(server, view, columns)
    file = File("forms.db")
    file.remove()
    carry(server, file.connection(), view)
    check_file(expected, file, columns)
    carry(server, server.connection("copies"), view)
    compare.check_same_values(expected, server, "x", "copies", columns)


def run_server(tap, server, cases, forms):
    server.run("CREATE DATABASE types CHARACTER SET utf8mb4; "
               "CREATE DATABASE copies CHARACTER SET utf8mb4;")
    columns = wide_columns(server, cases)
    make_table(server, columns)
    title = f"{server.name} {server.title}"
    for f, form in enumerate(forms):
        taken = make_views(server, f, form, columns)
        tap.check(f"{title}: {len(taken)} columns behind {form.name}", check_form, server, f"v{f}",
                  [columns[c] for c in taken])
        for c in taken if os.environ.get("FERRY_SWEEP") == "all" else []:
            tap.check(f"{title}: {columns[c].ddl} behind {form.name}", check_form, server,
                      f"v{f}_{c}", [columns[c]])


def main(wanted):
    forms = [Form(*form) for form in FORMS if not wanted or form[0] in wanted]
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
    tap = Tap()
    here, missing = servers()
    for name in missing:
        tap.skip(f"{name}: each type behind each form", f"no {name} server is there")
    for server in here:
        run_server(tap, server, read_cases(folder), forms)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
