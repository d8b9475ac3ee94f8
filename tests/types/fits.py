"""A fit of exact or wider is a promise: no value is refused behind it, and each comes back.

    tests/types/run fits.py [COLUMN...]

For every descriptor that the engine knows there is a SQLite file whose definitions say that its
column came from such a source, with one value: those that are at the limits of the type, and those
that somebody has put there by hand.  Each is copied to SQLite, MariaDB and MySQL.  Where the plan
says exact or wider, either the source refuses the value as none of its column, or the target holds
it; it never is the target that refuses.
"""

import os
import re
import subprocess
import sys

from stores import DBFERRY, WORK, Failed, File, Tap, servers

# What the memory driver calls the column, what its definition says besides (a column of
# _dbferry_columns and its value), and values as SQLite spells them.
DATES = ["'2024-02-29'", "'0000-00-00'", "'2024-00-31'", "'0000-12-31'", "'9999-12-31'", "'2024-13-01'",
         "'2024-12-32'", "'2024-1-1'", "'99999-01-01'", "20240229"]
MOMENTS = ["'2024-02-29 23:59:59'", "'0000-00-00 00:00:00'", "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'",
           "'2024-02-29 24:00:00'", "'2024-02-29 23:60:00'", "'2024-02-29 23:59:60'", "'2024-13-01 00:00:00'"]
TEXTS = ["''", "'ab'", "'ab '", "' '", "'abcde'", "'äöüß漢'", "'abcdef'", "'a' || char(0) || 'b'", "5", "x'41'",
         "'a\\tb\\'", "'😀'"]
COLUMNS = [
    ("bool", {}, ["0", "1", "2", "-1", "'1'"]),
    *[(f"int{bits}", {}, ["0", str(2 ** (bits - 1) - 1), str(-2 ** (bits - 1)), "1.5", "'1'", "x'31'"]
       + ([str(2 ** (bits - 1)), str(-2 ** (bits - 1) - 1)] if bits < 64 else []))
      for bits in (8, 16, 24, 32, 64)],
    *[(f"int{bits} unsigned", {}, ["0", str(min(2 ** bits - 1, 2 ** 63 - 1)), "-1"]
       + ([str(2 ** bits)] if bits < 64 else [])) for bits in (8, 16, 24, 32, 64)],
    ("float32", {}, ["0.5", "-0.0", "3.4028234663852886e38", "1.401298464324817e-45", "1e39", "0.1", "9e999", "-9e999"]),
    ("float32 no_nan no_infinity", {}, ["1.1754943508222875e-38", "9e999", "-9e999", "1e39"]),
    ("float64", {}, ["0.1", "1.7976931348623157e308", "5e-324", "9e999", "-9e999", "'1.5'"]),
    ("float64 no_nan no_infinity", {}, ["0.1", "1.7976931348623157e308", "5e-324", "9e999", "-9e999", "'NaN'"]),
    ("float64 unsigned no_nan no_infinity", {}, ["0.5", "-0.5", "-0.0"]),
    ("decimal(5,2)", {}, ["999.99", "-999.99", "0.0", "1000.0", "1.005", "1e300", "'1.50'", "9e999"]),
    ("decimal(5,2) unsigned", {}, ["999.99", "-0.01"]),
    ("decimal(5,5)", {}, ["0.99999", "1.0"]),
    ("decimal(15,0)", {}, ["999999999999999.0", "1e15", "1e16"]),
    ("decimal(20,5)", {}, ["'999999999999999.99999'", "'1000000000000000.00000'", "'-1.00000'", "'1.0'", "'1'",
                           "'01.00000'", "'.50000'", "'1e5'", "'abc'", "'-0.00000'"]),
    ("decimal(65,30)", {}, ["'" + "9" * 35 + "." + "9" * 30 + "'", "'" + "9" * 36 + "." + "9" * 30 + "'"]),
    ("decimal(70,10)", {}, ["'" + "9" * 60 + "." + "9" * 10 + "'"]),
    ("date", {}, DATES),
    ("datetime", {}, MOMENTS),
    ("datetime(6)", {}, [m[:-1] + ".999999'" for m in MOMENTS] + ["'2024-02-29 23:59:59'"]),
    ("datetime utc", {}, MOMENTS),
    ("datetime(6) utc", {"native": "timestamp(6)"}, [
        "'1970-01-01 00:00:01.000000'", "'2038-01-19 03:14:07.999999'", "'2050-01-01 00:00:00.000000'",
        "'1960-01-01 00:00:00.000000'", "'0000-00-00 00:00:00.000000'", "'9999-12-31 23:59:59.999999'"]),
    ("time", {}, ["'00:00:00'", "'838:59:59'", "'-838:59:59'", "'839:00:00'", "'999:59:59'", "'00:60:00'", "'00:00:60'",
                  "'-00:00:00'", "'1:00:00'", "'-00:00:01'"]),
    ("time(3)", {}, ["'838:59:59.000'", "'838:59:59.999'", "'00:00:00.001'", "'-00:00:00.000'", "'00:00:00'"]),
    ("year", {}, ["0", "1901", "2155", "1900", "2156", "1"]),
    ("bit(1)", {}, ["0", "1", "2"]), ("bit(9)", {}, ["511", "512", "-1"]), ("bit(64)", {}, ["9223372036854775807", "-1"]),
    ("text", {}, TEXTS), ("text(5)", {}, TEXTS), ("text(5) fixed", {}, TEXTS), ("text(20000)", {}, ["'x'", "hex(zeroblob(10000))"]),
    ("text(255) long", {"charset": "utf8mb4", "collation": "utf8mb4_bin"}, ["'ab '", "hex(zeroblob(127))", "hex(zeroblob(128))",
                                                                        "replace(hex(zeroblob(127)), '0', 'é')"]),
    ("bytes", {}, ["x''", "x'00ff'", "'ab'"]), ("bytes(3)", {}, ["x''", "x'0000ff'", "x'00000000'"]),
    ("bytes(3) fixed", {}, ["x'0000ff'", "x'00'", "x''", "x'00000000'"]),
    ("bytes(255) long", {}, ["zeroblob(255)", "zeroblob(256)"]),
    ("json", {}, ["'{\"a\": 1}'", "'{'", "'[1,2]'", "''", "'" + "[" * 40 + "]" * 40 + "'"]),
    ("enum('a','b c','it''s')", {}, ["'a'", "'it''s'", "''", "'z'", "'A'", "'a '"]),
    ("enum('','a')", {}, ["''", "'a'", "'b'"]),
    ("set('a','b','it''s')", {}, ["''", "'a'", "'a,b'", "'a,b,it''s'", "'b,a'", "'a,a'", "'z'", "'a,'", "','", "'it''s'"]),
    ("uuid", {}, ["'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'00000000-0000-0000-0000-000000000000'",
                  "'6BA7B810-9dad-11d1-80b4-00c04fd430c8'", "'6ba7b8109dad11d180b400c04fd430c8'", "''"]),
    ("inet4", {}, ["'192.0.2.1'", "'0.0.0.0'", "'255.255.255.255'", "'1.2.3'", "'192.0.2.01'", "'256.0.0.1'", "''"]),
    ("inet6", {}, ["'2001:db8::1'", "'::'", "'::1.2.3.4'", "'1::2:3:4:5:6:7'", "'::2:3:4:5:6:7:8'", "'1:2:3:4:5:6:7::'",
                   "'1:0:2:3:4:5:6:7'", "'2001:DB8::1'", "'2001:db8:0:0:0:0:0:1'", "'zz'", "''"]),
    ("geometry", {}, ["x'00000000' || x'0101000000000000000000f03f0000000000000040'", "x'00'", "zeroblob(25)"]),
    ("vector(3)", {}, ["x'0000803f0000004000004040'", "x'0000c07f0000004000004040'", "x'0000807f0000004000004040'",
                       "x'0000803f'", "x''", "x'00'", "zeroblob(16)"]),
    ("any only_null", {}, ["NULL", "1"]),
]
FITS = {"exact", "wider"}
OF_SOURCE = "mend the value, or drop the table _dbferry_columns"


def write_jobs(connections, jobs):
    path = os.path.join(WORK, "fits.conf")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(f"connections = {{ {connections} }};\njobs = (\n" + ",\n".join(jobs) + "\n);\n")
    return path


def run_jobs(connections, jobs):
    """The messages of the jobs that failed, by job; and all messages."""
    done = subprocess.run([DBFERRY, "run", "--quiet", "--config", write_jobs(connections, jobs)],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    text = done.stderr.decode(errors="replace")
    return dict(re.findall(r"^dbferry: (\w+): (.*)$", text, re.MULTILINE)), text


def make_definitions(file, columns):
    """A table tI for each column, with its definitions as a run leaves them: of one row from memory."""
    sources = "".join(f'm{i} = {{ driver = "memory"; rows = 1; columns = "id int64 not null, c {name}"; }};\n'
                      for i, (name, _, _) in enumerate(columns))
    jobs = [f'{{ name = "t{i}"; source = "m{i}"; table = "x"; target = "file"; target_table = "t{i}"; }}'
            for i, _ in enumerate(columns)]
    failed, text = run_jobs(f"file = {{ {file.connection()} }};\n{sources}", jobs)
    if failed or text:
        raise SystemExit(text)


def make_values(file, columns):
    """A table tI_K for value K of column I: the definitions of tI, and that one row."""
    heads = [row[1] for row in file.rows("SELECT * FROM pragma_table_info('_dbferry_columns')")]
    definitions = dict(file.rows("SELECT name, hex(sql) FROM sqlite_schema WHERE type = 'table'"))
    lines = ["BEGIN;"]
    for i, (_, more, values) in enumerate(columns):
        for head, text in more.items():
            lines.append(f"UPDATE _dbferry_columns SET {head} = '{text}' WHERE {heads[0]} = 't{i}' AND "
                         "name = 'c';")
        sql = bytes.fromhex(definitions[f"t{i}"]).decode()
        for k, value in enumerate(values):
            lines.append(sql.replace(f'"t{i}"', f'"t{i}_{k}"', 1) + ";")
            lines.append(f"INSERT INTO _dbferry_columns SELECT 't{i}_{k}', {', '.join(heads[1:])} FROM "
                         f"_dbferry_columns WHERE {heads[0]} = 't{i}';")
            lines.append(f"INSERT INTO t{i}_{k} VALUES (1, {value});")
    file.run("\n".join(lines + ["COMMIT;"]))


def fits_of(output):
    """What the plan says of column c, by job."""
    found = {}
    for part in output.split("\njob ")[0:] if output.startswith("job ") else []:
        name = part.removeprefix("job ").split(":")[0]
        line = next((at for at in part.splitlines() if at.startswith("  c ")), "")
        words = [word for word in re.split(r"  +", line.strip())
                 if word in ("exact", "wider", "checked", "lossy", "none")]
        found[name] = words[0] if words else "none"
    return found


def check_column(name, refusals, fit):
    """`refusals` has a value and the message about it, or None, for each."""
    if fit in FITS and all(why for _, why in refusals):
        raise Failed(f"{name}: no value was stored: {refusals}")
    for value, why in refusals:
        if why and OF_SOURCE not in why and (fit in FITS or "row 1" not in why) and fit != "none":
            raise Failed(f"{name} is {fit}, and {value} was refused:\n{why}")


def check_target(tap, title, file, target, columns, passed=()):
    """Tells which values the source refuses by itself; those of `passed` are not tried."""
    connections = f"file = {{ {file.connection()} }}; target = {{ {target} }};"
    job = ('{{ name = "{0}"; source = "file"; table = "{0}"; target = "target"; target_table = "{0}"; }}')
    plan = write_jobs(connections, [job.format(f"t{i}") for i, _ in enumerate(columns)])
    done = subprocess.run([DBFERRY, "plan", "--config", plan], capture_output=True, check=False)
    fits = fits_of(done.stdout.decode())
    tables = [[(f"t{i}_{k}", value) for k, value in enumerate(values) if f"t{i}_{k}" not in passed]
              for i, (_, _, values) in enumerate(columns)]
    failed, text = run_jobs(connections, [job.format(table) for some in tables for table, _ in some])
    if len(fits) != len(columns) or "contract" in text or "is a bug" in text:
        tap.report(f"{title}: every column has a fit, and nothing is a bug",
                   f"{len(fits)} of {len(columns)}\n{done.stdout.decode()}\n{text[:3000]}")
    for i, column in enumerate(columns):
        tap.check(f"{title}: no value of {column[0]} is refused behind a promise", check_column, column[0],
                  [(value, failed.get(table)) for table, value in tables[i]], fits.get(f"t{i}", "none"))
    return [table for table, why in failed.items() if OF_SOURCE in why]


def main(wanted):
    columns = [c for c in COLUMNS if not wanted or c[0] in wanted]
    tap = Tap()
    file = File("fits-source.db")
    make_definitions(file, columns)
    make_values(file, columns)
    passed = check_target(tap, "sqlite", file, File("fits-target.db").connection(), columns)
    here, missing = servers()
    for name in missing:
        tap.skip(f"{name}: no value is refused behind a promise", f"no {name} server is there")
    for server in here:
        server.run("CREATE DATABASE types CHARACTER SET utf8mb4;")
        check_target(tap, f"{server.name} {server.title}", file, server.connection(more="retries = 0;"),
                     columns, passed)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
