"""The databases of the type tests: their own shells, which are the oracle, and dbferry between them."""

import json
import os
import shlex
import sqlite3
import subprocess

DBFERRY = os.environ["DBFERRY"]
WORK = os.environ["TYPES_WORK"]


class Failed(Exception):
    """Something that should have worked did not; its text goes into the report."""


def run_shell(command, text, **more):
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {done.stderr.decode(errors='replace')[:2000]}")
    return done.stdout.decode(errors="replace")


class Server:
    """A MySQL or MariaDB server; tests/types/run has started it and tells how to reach it."""

    def __init__(self, name):
        self.name = name
        self.shell = shlex.split(os.environ[f"TYPES_{name.upper()}_SHELL"])
        self.port = os.environ[f"TYPES_{name.upper()}_PORT"]
        self.title = self.rows("SELECT VERSION()")[0][0]

    def run(self, text, database=None):
        return run_shell(self.shell + ([database] if database else []), text)

    def rows(self, text, database=None):
        return [line.split("\t") for line in self.run(text, database).splitlines()]

    def connection(self, database="types", more=""):
        return (f'driver = "mysql"; host = "127.0.0.1"; port = {self.port}; user = "ferry"; '
                f'password_file = "{WORK}/password"; database = "{database}"; '
                f'ssl_mode = "preferred"; {more}')


def servers():
    """Those that tests/types/run could start, and the names of those that it could not."""
    known = ["mariadb", "mysql"]
    here = [name for name in known if os.environ.get(f"TYPES_{name.upper()}_PORT")]
    return [Server(name) for name in here], [name for name in known if name not in here]


class Postgres:
    """A PostgreSQL server, of which the same holds."""

    def __init__(self):
        self.name = "pgsql"
        self.shell = shlex.split(os.environ["TYPES_PGSQL_SHELL"]) + ["-P", "null=NULL"]
        self.port = os.environ["TYPES_PGSQL_PORT"]

    def run(self, text, _=None):
        return run_shell(self.shell, text)

    def rows(self, text, _=None):
        return [line.split("|") for line in self.run(text).splitlines()]

    def connection(self, schema=None, more=""):
        return (f'driver = "pgsql"; host = "127.0.0.1"; port = {self.port}; user = "ferry"; '
                f'password_file = "{WORK}/password"; database = "postgres"; '
                f'schema = "{schema or "public"}"; {more}')


def postgres():
    """The one that tests/types/run could start, or None."""
    return Postgres() if os.environ.get("TYPES_PGSQL_PORT") else None


class File:
    """A SQLite database file."""

    def __init__(self, name):
        self.path = os.path.join(WORK, name)

    def run(self, text):
        return run_shell(["sqlite3", "-batch", "-bail", self.path], text)

    def rows(self, text):
        return [line.split("|") for line in self.run(text).splitlines()]

    def doubles(self, table, names):
        """What the shell would print in decimal, bit for bit, a list for each of these columns; None
        where it is no REAL."""
        cells = ", ".join(f"iif(typeof({quoted(n)}) = 'real', {quoted(n)}, NULL)" for n in names)
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True) as database:
            rows = database.execute(f"SELECT {cells} FROM {quoted(table)} ORDER BY id").fetchall()
        return [[row[i] if isinstance(row[i], float) else None for row in rows]
                for i, _ in enumerate(names)]

    def remove(self):
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.path + end):
                os.remove(self.path + end)

    def connection(self, _=None):
        return f'driver = "sqlite"; path = {json.dumps(self.path)};'


def quoted(name, mark='"'):
    return mark + name.replace(mark, mark * 2) + mark


def write_config(source, target, job):
    """One job named `job` from the connection text `source` to `target`, verified by its content."""
    path = os.path.join(WORK, "dbferry.conf")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="utf-8") as file:
        file.write(f'connections = {{ from = {{ {source} }}; to = {{ {target} }}; }};\n'
                   f'jobs = ( {{ name = "job"; source = "from"; target = "to"; '
                   f'verify = "content"; {job} }} );\n')
    return path


def dbferry(command, config):
    """The exit status and all that was printed."""
    done = subprocess.run([DBFERRY, command, "--config", config], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def plan_lines(output):
    """The columns of `dbferry plan`: a dictionary of heading -> text for each, by column name."""
    lines = output.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("  column ")), None)
    if start is None:
        raise Failed(f"dbferry plan printed no columns:\n{output}")
    heads = [part for part in lines[start].split("  ") if part.strip()]
    at = [lines[start].index(head.strip()) for head in heads] + [None]
    found = {}
    for line in lines[start + 1:]:
        if not line.startswith("  ") or line.startswith("  table "):
            break
        cells = {head.strip(): line[at[i]:at[i + 1]].strip() for i, head in enumerate(heads)}
        found[cells["column"]] = cells
    return found


class Tap:
    """Reports each test as it ends; finish() prints the plan and gives the exit status."""

    def __init__(self):
        self.count = self.failures = 0

    def report(self, name, problem=None):
        self.count += 1
        self.failures += problem is not None
        print(f"{'ok' if problem is None else 'not ok'} {self.count} - {name}")
        for line in (problem or "").splitlines():
            print(f"#   {line}")

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # skip {reason}")

    def check(self, name, function, *arguments):
        try:
            function(*arguments)
        except Failed as problem:
            self.report(name, str(problem))
        else:
            self.report(name)

    def finish(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failures else 0
