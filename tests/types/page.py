"""The matrix of dbferry-types(7) is what `dbferry plan` says, line by line.

    tests/types/run page.py [--write]     --write: put what the plan says into the page

In the page, "=for types NAME" stands before each table.  A line is a column's definition in the
source, the type in the target, the fit, and the numbers of the notes that are listed below.
"""

import os
import re
import sys

from stores import (Failed, File, Server, Tap, dbferry, plan_lines, postgres, servers,
                    write_config)

PAGE = os.path.join(os.environ["FERRY_SOURCE"], "docs", "dbferry-types.pod")

SERVER_TYPES = [
    "BOOL", "TINYINT", "TINYINT UNSIGNED", "SMALLINT", "SMALLINT UNSIGNED", "MEDIUMINT",
    "MEDIUMINT UNSIGNED", "INT", "INT UNSIGNED", "BIGINT", "BIGINT UNSIGNED", "BIT(1)", "BIT(63)",
    "BIT(64)", "DECIMAL(15,2)", "DECIMAL(16,2)", "DECIMAL(65,30)", "FLOAT", "DOUBLE", "DATE",
    "TIME(6)", "DATETIME(6)", "TIMESTAMP(6) NULL", "YEAR", "CHAR(20)", "VARCHAR(20)", "TINYTEXT",
    "TEXT", "MEDIUMTEXT", "LONGTEXT", "VARCHAR(20) COLLATE utf8mb4_bin", "ENUM('a','b')",
    "SET('a','b')", "BINARY(16)", "VARBINARY(20)", "TINYBLOB", "BLOB", "MEDIUMBLOB", "LONGBLOB",
    "JSON", "GEOMETRY", "POINT"]
ONLY = {"mariadb": ["UUID", "INET4", "INET6"], "mysql": ["VECTOR(3)", "POINT SRID 4326"]}
PGSQL_TYPES = [
    "boolean", "smallint", "integer", "bigint", "oid", "xid8", "real", "double precision",
    "numeric(15,2)", "numeric(1000,2)", "numeric", "money", "char(20)", "varchar(20)", "text", "name",
    "bytea", "date", "time(6)", "time with time zone", "timestamp(6)", "timestamp(6) with time zone",
    "interval", "bit(8)", "bit varying", "json", "jsonb", "uuid", "inet", "integer[]", "int4range",
    "xml", "tsvector", "point"]
FILE_TYPES = ["INTEGER", "BIGINT UNSIGNED", "REAL", "DOUBLE", "TEXT", "VARCHAR(20)", "CLOB", "BLOB",
              "NUMERIC", "DECIMAL(10,2)", "BOOLEAN", "DATE", "DATETIME", "JSON", ""]


def relation(store, types):
    """A table with a column of each type; the names say which."""
    mark = "`" if isinstance(store, Server) else '"'
    store_run = (lambda sql: store.run(sql, "types")) if isinstance(store, Server) else store.run
    columns = ", ".join(f"{mark}c{i}{mark} {ddl}" for i, ddl in enumerate(types))
    # The servers' own defaults differ.
    more = "" if not isinstance(store, Server) else " CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    store_run(f"DROP TABLE IF EXISTS page; CREATE TABLE page ({columns}){more};")


def plan(source, target, types):
    """What the plan says of each type: (definition, target's type, fit, notes)."""
    relation(source, types)
    config = write_config(source.connection(), target.connection("copies")
                          if isinstance(target, Server) else target.connection(),
                          'table = "page"; target_table = "page";')
    _, output = dbferry("plan", config)
    lines = plan_lines(output)
    if len(lines) != len(types):
        raise Failed(output)
    # What follows a server's type (character set, collation, check) has a section of its own.
    return [(ddl or "(none)", re.split(" CHARACTER SET| COLLATE utf8| CHECK| NULL", lines[f"c{i}"]["target type"])[0],
             lines[f"c{i}"]["fit"], [note for note in [lines[f"c{i}"]["note"]] if note])
            for i, ddl in enumerate(types)]


def same_name(row):
    """Whether the column keeps its type to the letter, and exactly."""
    ddl = re.sub(" COLLATE.*| NULL| SRID.*", "", row[0]).lower()
    return (ddl == row[1] or (ddl, row[1]) == ("bool", "tinyint(1)")) and row[2] == "exact"


def table(rows):
    """The lines of one table of the page."""
    notes = []
    lines = [("column", "becomes", "fit", "notes")]
    for ddl, becomes, fit, said in rows:
        notes += [note for note in said if note not in notes]
        lines.append((ddl, becomes, fit, " ".join(str(notes.index(n) + 1) for n in said)))
    widths = [max(len(line[i]) for line in lines) for i in range(3)]
    text = []
    for i, line in enumerate(lines):
        text.append("  ".join([line[k].ljust(widths[k]) for k in range(3)] + [line[3]]).rstrip())
        if i == 0:
            text.append("  ".join(["-" * width for width in widths] + ["-----"]))
    text += [""] if notes else []
    for i, note in enumerate(notes):
        words, line = note.split(), f"{i + 1:2} "
        for word in words:
            if len(line) + len(word) > 90:
                text.append(line)
                line = "   "
            line += " " + word
        text.append(line)
    return text


def tables(here):
    """The name of each table and its lines."""
    file = File("page.db")
    by_name = {server.name: server for server in here}
    first, other = by_name.get("mariadb"), by_name.get("mysql")
    yield "sqlite-sqlite", table(plan(File("source.db"), file, FILE_TYPES))
    third = postgres()
    if third is not None:
        yield "pgsql-sqlite", table(plan(third, file, PGSQL_TYPES))
        # What the table before has made would be taken for the target's own.
        third.run("DROP TABLE page")
        yield "sqlite-pgsql", table(plan(File("source.db"), third, FILE_TYPES))
    if third is not None and first is not None:
        yield "mariadb-pgsql", table(plan(first, third, SERVER_TYPES + ONLY["mariadb"]))
        # A DECIMAL has 65 digits there, and the plan ends at the other.
        yield "pgsql-mariadb", table(plan(third, first, [ddl for ddl in PGSQL_TYPES
                                                         if ddl != "numeric(1000,2)"]))
    if first is None or other is None:
        return
    both = plan(first, file, SERVER_TYPES + ONLY["mariadb"])
    nine = plan(other, file, SERVER_TYPES + ONLY["mysql"])
    count = len(SERVER_TYPES)
    if both[:count] != nine[:count]:
        different = [pair for pair in zip(both[:count], nine[:count]) if pair[0] != pair[1]]
        raise Failed(f"MariaDB and MySQL differ: {different}")
    yield "mysql-sqlite", table(both + nine[count:])
    yield "sqlite-mariadb", table(plan(File("source.db"), first, FILE_TYPES))
    yield "sqlite-mysql", table(plan(File("source.db"), other, FILE_TYPES))
    for source, target in ((first, first), (other, other), (first, other), (other, first)):
        rows = plan(source, target, SERVER_TYPES + ONLY[source.name])
        if source is target is first:
            yield "same", table([row for row in rows if same_name(row)])
        # What has the same type on the other side is in the table before.
        yield (f"{source.name}-{target.name}",
               table([row for row in rows if not same_name(row) or row[0] in ONLY["mysql"]]))


def page_tables():
    """The tables of the page as they stand there."""
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    found = {}
    for match in re.finditer(r"^=for types (\S+)\n\n((?:    .*\n|\n)*)", text, re.MULTILINE):
        found[match.group(1)] = [line[4:] for line in match.group(2).rstrip().split("\n")]
    return found


def write(name, lines):
    with open(PAGE, encoding="utf-8") as page:
        text = page.read()
    block = "".join(f"    {line}\n" if line else "\n" for line in lines)
    text = re.sub(rf"(^=for types {name}\n\n)(?:    .*\n|\n)*", lambda m: m.group(1) + block + "\n",
                  text, flags=re.MULTILINE)
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(text)


def check(name, lines, found):
    if name not in found:
        raise Failed("the page has no such table")
    wrong = [f"the plan: {line}" for line in lines if line not in found[name]]
    wrong += [f"the page: {line}" for line in found[name] if line not in lines]
    if wrong or lines != found[name]:
        raise Failed("\n".join(wrong) + "\ntests/types/run page.py --write mends it")


def examples():
    """The page's examples: their SQL, and (keys of the job, questions with what they answer)."""
    with open(PAGE, encoding="utf-8") as page:
        found = re.findall(r"^=for test (sql|types) ?(.*)\n\n((?:    .*\n|\n)+)", page.read(),
                           re.MULTILINE)
    sql = "".join(text for kind, _, text in found if kind == "sql")
    answers = []
    for kind, job, text in found:
        if kind == "types":
            parts = re.split(r"^    sqlite> ", text, flags=re.MULTILINE)[1:]
            answers.append((job, [(part.split("\n")[0], re.findall(r"^    (.*)$", part, re.MULTILINE))
                                  for part in parts]))
    return sql, answers


def check_example(server, job, questions):
    file = File("example.db")
    file.remove()
    config = write_config(server.connection(), file.connection(),
                          f'table = "sale"; target_table = "sale"; {job}')
    status, output = dbferry("run", config)
    if status != 0:
        raise Failed(output)
    for question, answer in questions:
        found = file.run(question).splitlines()
        if found != answer:
            raise Failed(f"{question}\n  the page: {answer}\n  found:    {found}")


def check_examples(tap, here):
    sql, answers = examples()
    if len(answers) < 6:
        tap.report("the examples of dbferry-types(7)", "hardly any were found")
    for server in here:
        server.run("SET sql_mode = '';" + sql, "types")
        for job, questions in answers:
            tap.check(f"{server.name}: dbferry-types(7): {job or 'no wishes'}, "
                      f"{len(questions)} questions", check_example, server, job, questions)


def has_vectors(here):
    """Whether the MariaDB that is there has a type that the page's has not: since 11.7."""
    versions = [server.rows("SELECT VERSION()")[0][0] for server in here if server.name == "mariadb"]
    return any(tuple(map(int, re.findall(r"\d+", version)[:2])) >= (11, 7) for version in versions)


def main(arguments):
    here, missing = servers()
    tap = Tap()
    for server in here:
        server.run("CREATE DATABASE types CHARACTER SET utf8mb4; CREATE DATABASE copies;")
    for name in missing:
        tap.skip(f"{name}: dbferry-types(7)", f"no {name} server is there")
    found = page_tables()
    try:
        for name, lines in tables(here):
            if "--write" in arguments:
                write(name, lines)
            elif "--show" in arguments:
                print("\n".join([f"=for types {name}", ""] + lines + [""]))
            elif name == "mysql-mariadb" and has_vectors(here):
                tap.skip(f"dbferry-types(7): {name}", "the page tells of a MariaDB without VECTOR")
            else:
                tap.check(f"dbferry-types(7): {name}", check, name, lines, found)
    except Failed as problem:
        tap.report("dbferry-types(7)", str(problem))
    if not arguments:
        check_examples(tap, here)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
