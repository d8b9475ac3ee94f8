"""Reads the case files: one for each type, with the values that are worth trying.

    # comment
    on mariadb mysql            where the whole case runs; both servers if absent; or: on sqlite, on pgsql
    column NAME DDL             a column of the table; the lines below belong to it
    expression NAME SQL         a column of the view only
      on mariadb                only there
      is DECLARED TYPEOF FIT AS     what SQLite must hold: the declared type (- for none), typeof()
                                of each value that is not NULL, the fit that `dbferry plan` tells,
                                (or several: wider|exact), and how the values are compared: text, bytes, number, decimal,
                                double, same (see compare.py)
      note TEXT                 what the plan's note must contain
      clauses TEXT              the plan's clauses, to the letter
      loses HEAD...             what another server's table does not get of the definition: Type,
                                Extra, ...; see DEFINITION in compare.py
      wish KEY = VALUE          a key of the job's `columns` for it
      = LITERAL [-> TEXT]       a value as the server's SQL spells it, and the text expected
      refused LITERAL           a value that ends the run with exit code 65, row and column named
    job TEXT                    keys of the job
    only to file                no other server takes these values
"""

import os
from dataclasses import dataclass, field


@dataclass
class Column:
    name: str
    ddl: str
    is_expression: bool = False
    on: tuple = ()
    declared: str = ""
    typeof: str = ""
    fit: str = ""
    compare: str = ""
    notes: list = field(default_factory=list)
    clauses: str | None = None
    loses: tuple = ()
    wishes: list = field(default_factory=list)
    values: list = field(default_factory=list)
    refused: list = field(default_factory=list)


@dataclass
class Case:
    name: str
    on: tuple = ("mariadb", "mysql")
    columns: list = field(default_factory=list)
    job: str = ""
    only: str = ""

    def here(self, server):
        """Its columns on this server."""
        return [c for c in self.columns if not c.on or server in c.on]


def read_line(case, word, rest):
    column = case.columns[-1] if case.columns else None
    if word in ("column", "expression"):
        name, ddl = rest.split(None, 1)
        case.columns.append(Column(name, ddl, word == "expression"))
    elif word == "on" and column is None:
        case.on = tuple(rest.split())
    elif word == "on":
        column.on = tuple(rest.split())
    elif word == "is":
        column.declared, column.typeof, column.fit, column.compare = rest.split()
    elif word == "note":
        column.notes.append(rest)
    elif word == "clauses":
        column.clauses = rest
    elif word == "loses":
        column.loses = tuple(rest.split())
    elif word == "only":
        case.only = rest
    elif word == "wish":
        column.wishes.append(rest)
    elif word == "refused":
        column.refused.append(rest)
    elif word == "job":
        case.job = rest
    elif word == "=":
        literal, _, expected = rest.partition(" -> ")
        column.values.append((literal.strip(), expected.strip() if expected else None))
    else:
        raise ValueError(f"unknown word {word}")


def read_case(path):
    case = Case(os.path.basename(path).removesuffix(".case"))
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            word, _, rest = line.partition(" ")
            try:
                read_line(case, word, rest.strip())
            except (ValueError, AttributeError) as problem:
                raise SystemExit(f"{path}:{number}: {problem}") from problem
    for column in case.columns:
        if not column.compare:
            raise SystemExit(f"{path}: column {column.name} has no line `is`")
    return case


def read_cases(folder):
    return [read_case(os.path.join(folder, name)) for name in sorted(os.listdir(folder))
            if name.endswith(".case")]
