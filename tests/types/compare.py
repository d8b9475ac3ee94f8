"""What a server's own shell says of a column, and the sqlite3 shell of its copy, value by value.

    text     the same characters, NUL bytes and all, as UTF-8
    bytes    the same bytes, as a blob
    bytes_of_text   the bytes of the text in UTF-8, as a blob
    number   the same integer
    number_text     the digits of the same integer
    decimal  a REAL that is the double nearest to the decimal and prints all its digits
    long_decimal    the double nearest to the decimal
    double   the same double bit for bit (SQLite keeps no sign of zero)
    same     both are SQLite: the same typeof() and the same content
"""

import struct

from stores import Failed, quoted

NULL = "NULL"  # as the server's shell prints it; no text in hexadecimal looks like that

SERVER_EXPRESSION = {
    "text": "HEX(CAST({} AS CHAR CHARACTER SET utf8mb4))",
    "bytes": "HEX({})",
    "bytes_of_text": "HEX(CONVERT({} USING utf8mb4))",
    "number": "{} + 0",
    "number_text": "HEX(CAST({} + 0 AS CHAR))",
    "decimal": "CAST({} AS CHAR)",
    "long_decimal": "CAST({} AS CHAR)",
    "double": "CAST({} AS DOUBLE)",
}

TYPEOF = {"text": "text", "bytes": "blob", "bytes_of_text": "blob", "number": "integer",
          "number_text": "text", "decimal": "real", "long_decimal": "real", "double": "real"}


def server_values(server, relation, columns, database="types"):
    """One list for each row, ordered by id, of what the shell prints for each column."""
    parts = [SERVER_EXPRESSION[c.compare].format(quoted(c.name, "`")) for c in columns]
    return server.rows("SET sql_mode = '', time_zone = '+00:00';\n"
                       f"SELECT {', '.join(parts)} FROM {relation} ORDER BY id;", database)


# What information_schema.COLUMNS says of a column that another table's copy of it must say too.
DEFINITION = {"Type": "HEX(COLUMN_TYPE)", "Collation": "COLLATION_NAME", "Null": "IS_NULLABLE",
              "Key": "COLUMN_KEY", "Default": "HEX(COLUMN_DEFAULT)", "Extra": "EXTRA"}


def definitions(server, table, database):
    """For each column of a table what the server says of it; names and texts in hexadecimal."""
    srid = {"Srid": "SRS_ID"} if server.name == "mysql" else {}
    heads = DEFINITION | srid
    rows = server.rows(f"SELECT HEX(COLUMN_NAME), {', '.join(heads.values())} FROM "
                       f"information_schema.COLUMNS WHERE TABLE_SCHEMA = '{database}' AND "
                       f"TABLE_NAME = {sql_text(table)} ORDER BY ORDINAL_POSITION")
    return {bytes.fromhex(row[0]).decode(): dict(zip(heads, row[1:])) for row in rows}


def sql_text(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def shown(head, text):
    return bytes.fromhex(text).decode() if head in ("Type", "Default") and text != NULL else text


def check_same_definitions(server, table, first, second, allowed=()):
    """The table has the same columns in both databases, but for what `allowed` says of a column."""
    one, two = definitions(server, table, first), definitions(server, table, second)
    if list(one) != list(two) or not one:
        raise Failed(f"the columns {list(one)} became {list(two)}")
    for name, row in one.items():
        for head, text in row.items():
            if two[name][head] != text and (name, head) not in allowed:
                raise Failed(f"column {name}: {head} '{shown(head, text)}' became "
                             f"'{shown(head, two[name][head])}'")


def check_same_values(expected, server, table, database, columns):
    """All values of a server's copy against those that its shell, or another's, showed before."""
    found = server_values(server, table, columns, database)
    if len(found) != len(expected):
        raise Failed(f"{len(expected)} rows expected, {len(found)} found")
    for row, (one, two) in enumerate(zip(expected, found)):
        for column, was, now in zip(columns, one, two):
            if was != now:
                raise differ(row + 1, column, was, now)


def file_values(file, table, columns):
    """The same of a file: pairs of typeof() and a text to compare."""
    parts = []
    for column in columns:
        name = quoted(column.name)
        shown = name if column.compare == "number" else f"hex({name})"
        parts += [f"typeof({name})", f"iif({name} IS NULL, '{NULL}', {shown})"]
    rows = file.rows(f"SELECT {', '.join(parts)} FROM {quoted(table)} ORDER BY id;")
    return [list(zip(row[0::2], row[1::2])) for row in rows]


def bits(value):
    return struct.pack("<d", value).hex()


def wrong_double(expected, found):
    if found is None:
        return "no REAL"
    if expected == 0:
        return None if found == 0 else f"{found!r}"
    return None if bits(expected) == bits(found) else f"{found!r} ({bits(found)})"


def shortened(text):
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text)} characters)"


def differ(row, column, expected, found):
    return Failed(f"row {row}, column {column.name} ({column.ddl}):\n"
                  f"  expected {shortened(expected)}\n  found    {shortened(found)}")


def check_value(row, column, expected, found, double, printed):
    """One value: `expected` from the server, `found` and the rest from the file."""
    typeof, text = found
    if expected == NULL:
        if typeof != "null":
            raise differ(row, column, NULL, f"{typeof} {text}")
        return
    wanted_typeof = column.typeof if column.typeof != "-" else TYPEOF[column.compare]
    if typeof != wanted_typeof:
        raise differ(row, column, f"typeof {wanted_typeof}", f"{typeof} {text}")
    if column.compare in ("decimal", "long_decimal", "double"):
        wrong = wrong_double(float(expected), double)
        if wrong:
            raise differ(row, column, f"{expected} ({bits(float(expected))})", wrong)
        if column.compare == "decimal" and printed != expected:
            raise differ(row, column, expected, printed)
    elif text != expected:
        raise differ(row, column, expected, text)


def decimal_scale(text):
    return len(text.partition(".")[2])


def printed_decimals(expected, file, table, columns):
    """What the file's shell prints of decimals with the digits that are expected."""
    def cell(i, column):
        if column.compare != "decimal":
            return "NULL"
        scale = max(decimal_scale(row[i]) for row in expected)
        return f"printf('%.{scale}f', {quoted(column.name)})"
    cells = ", ".join(cell(i, column) for i, column in enumerate(columns))
    return file.rows(f"SELECT {cells} FROM {quoted(table)} ORDER BY id")


def check_copy(expected, file, table, columns):
    """All values of a copy against those of the server."""
    found = file_values(file, table, columns)
    if len(found) != len(expected):
        raise Failed(f"{len(expected)} rows expected, {len(found)} found")
    doubles = file.doubles(table, [column.name for column in columns])
    printed = printed_decimals(expected, file, table, columns)
    for i, column in enumerate(columns):
        is_real = column.compare in ("decimal", "long_decimal", "double")
        for row, values in enumerate(expected):
            check_value(row + 1, column, values[i], found[row][i],
                        doubles[i][row] if is_real else None, printed[row][i])


def check_expected_texts(expected, columns):
    """What the case file says of a value holds on the server too, so that the case is no other."""
    for i, column in enumerate(columns):
        for row, (literal, text) in enumerate(column.values):
            if text is None:
                continue
            shown = expected[row][i]
            if column.compare == "text":
                shown = bytes.fromhex(shown).decode()
            if shown != text:
                raise Failed(f"{column.name}: the server makes {shown!r} of {literal}, and the case "
                             f"file says {text!r}")


def check_same_files(first, second, table, second_table, names):
    """The same storage classes and contents in two SQLite tables."""
    cells = ", ".join(f"typeof({quoted(name)}), hex({quoted(name)})" for name in names)
    question = "SELECT {} FROM {} ORDER BY id"
    one = first.rows(question.format(cells, quoted(table)))
    two = second.rows(question.format(cells, quoted(second_table)))
    if len(one) != len(two):
        raise Failed(f"{len(one)} rows became {len(two)}")
    reals = zip(first.doubles(table, names), second.doubles(second_table, names))
    for i, (name, (before, after)) in enumerate(zip(names, reals)):
        pairs = [(a, b) for a, b in zip(one, two) if a[2 * i:2 * i + 2] != b[2 * i:2 * i + 2]]
        if pairs:
            raise Failed(f"column {name}: {pairs[0][0][2 * i:2 * i + 2]} became "
                         f"{pairs[0][1][2 * i:2 * i + 2]}")
        if [v is not None and bits(v) for v in before] != [v is not None and bits(v) for v in after]:
            raise Failed(f"column {name}: a REAL is another")
