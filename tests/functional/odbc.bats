# What the odbc driver reads through libsqliteodbc: each value as the sqlite3 shell sees it; data
# sources, names, and what is refused.

load helper

setup() {
    ferry_setup
    requires_driver odbc
    requires_driver sqlite
    requires sqlite3
    requires odbcinst
    odbcinst -q -d -n SQLite3 >/dev/null 2>&1 || skip "the ODBC driver SQLite3 is not installed"
    S=$T/source.db D=$T/target.db
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'one')"
    odbc_config
}

@test "a file of any name but one with a semicolon" {
    mv "$S" "$T/a b={c}.db"
    S="$T/a b={c}.db" odbc_config
    run copy --table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" "1|one"
    S="$T/a;NoCreat=0;b.db" odbc_config
    run copy --table t
    assert_status 78
    assert_output_has semicolon
}

# odbc_config [TEXT]: instead of what is needed for the source.
odbc_config() {
    write_config <<END
connections = {
  source = { driver = "odbc"; ${1:-odbc_driver = \"SQLite3\"; attributes = { Database = \"$S\"; \};} };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

copy() { dbferry copy source local "$@"; }

# same TABLE: each row of the target is in the source with the same kinds and bytes, and the reverse.
same() {
    sqlite3 "$D" "ATTACH '$S' AS s; SELECT count(*) FROM main.$1;
        SELECT * FROM main.$1 EXCEPT SELECT * FROM s.$1; SELECT * FROM s.$1 EXCEPT SELECT * FROM main.$1"
}

@test "each kind of value arrives as it is, whatever its column declares" {
    sqlite3 "$S" <<'SQL'
CREATE TABLE kinds (id INTEGER PRIMARY KEY, i INT, r REAL, x TEXT, b BLOB, n NUMERIC, d DATETIME, any);
INSERT INTO kinds VALUES
 (1, 9223372036854775807, 0.1, 'é😀' || char(9) || 'z', x'00ff4100', 12.5, '2024-01-02 03:04:05.123', 7),
 (2, -9223372036854775808, 0.1 + 0.2, 'a' || char(0) || 'b', x'', 'text', 17, x'00'),
 (3, 'abc', 5e-324, '', 'text in blob', x'0102', 18.5, 'q'),
 (4, x'01', 1.7976931348623157e308, '  x  ', 5, 1e999, '', 1.0 / 3),
 (5, 6.5, 2.2250738585072014e-308, 'x' || char(10) || '''"', 2.5, -1e999, NULL, -9223372036854775808),
 (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE VIEW seen AS SELECT id, i, r, x, b, n, d, any, count(*) AS c, 1.5 AS e FROM kinds GROUP BY id;
SQL
    run copy --table kinds --target-table kinds
    assert_status 0
    assert_equal "$(same kinds)" 6
    assert_equal "$(sqlite3 "$D" "SELECT typeof(x), hex(x), typeof(b), hex(b) FROM kinds WHERE id < 3")" \
        "text|C3A9F09F9880097A|blob|00FF4100
text|610062|blob|"
    run copy --view seen --target-table seen
    assert_status 0
    assert_equal "$(same seen)" 6
}

@test "long values come in pieces, to the last byte" {
    sqlite3 "$S" "CREATE TABLE long (id INTEGER PRIMARY KEY, x TEXT, b BLOB); WITH RECURSIVE
        n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO long SELECT i,
        replace(hex(zeroblob(i * i * 7)), '0', 'é😀'), randomblob(i * 511) FROM n;
        INSERT INTO long VALUES (61, replace(hex(zeroblob(150000)), '00', 'aé😀'), zeroblob(3000000))"
    run copy --table long --target-table long
    assert_status 0
    assert_equal "$(same long)" 61
}

@test "a data source of odbc.ini, also as a URL; the environment leads nowhere else" {
    unshare -rm true 2>/dev/null && [ -e /etc/odbc.ini ] || skip "no private mounts here, or no odbc.ini"
    printf '[shop]\nDriver = SQLite3\nDatabase = %s\n' "$S" >"$T/odbc.ini"
    printf '[shop]\nDriver = SQLite3\nDatabase = /nowhere\n' >"$T/other.ini"
    cat >"$T/inside" <<END
mount --bind "$T/odbc.ini" /etc/odbc.ini && ODBCINI=$T/other.ini ODBCSYSINI=$T \
    exec "$DBFERRY" copy odbc:shop "sqlite:$D" --table t
END
    run unshare -rm bash "$T/inside"
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" "1|one"
    odbc_config 'dsn = "nowhere";'
    run copy --table t
    assert_status 78
    assert_output_has IM002 "odbcinst -q -s"
}

@test "where unixODBC writes a trace, nothing is said" {
    unshare -rm true 2>/dev/null || skip "no private mounts here"
    { printf '[ODBC]\nTrace = Yes\nTraceFile = %s\n' "$T/trace"; cat /etc/odbcinst.ini; } >"$T/odbcinst.ini"
    cat >"$T/inside" <<END
mount --bind "$T/odbcinst.ini" /etc/odbcinst.ini && exec "$DBFERRY" copy source local --table t
END
    run unshare -rm bash "$T/inside"
    assert_status 78
    assert_output_has Trace
    refute grep -q SQLDriverConnect "$T/trace"
}

@test "what a connection cannot say is refused by name" {
    odbc_config ' '
    run copy --table t
    assert_status 78
    assert_output_has "\`dsn\` or \`odbc_driver\` is needed"
    odbc_config 'odbc_driver = "";'
    run copy --table t
    assert_status 78
    assert_output_has "\`odbc_driver\` is empty"
    odbc_config 'odbc_driver = "SQLite3"; dsn = "x";'
    run copy --table t
    assert_status 78
    assert_output_has "remove one"
    odbc_config "odbc_driver = \"SQLite3\"; attributes = { Database = \"$S\"; pwd = \"verysecret\"; };"
    run copy --table t
    assert_status 78
    assert_output_has "write \`password\`"
    refute_output_has verysecret
    odbc_config "odbc_driver = \"SQLite3\"; attributes = { Database = \"$S\"; StepAPI = \"0\"; };"
    run copy --table t
    assert_status 78
    assert_output_has "sets the attribute 'StepAPI' itself"
    odbc_config "odbc_driver = \"SQLite3\"; attributes = { Database = \"$S\"; NoCreat = \"0\"; };"
    run copy --table t
    assert_status 78
    assert_output_has "attribute 'NoCreat'"
    run dbferry copy odbc:x "sqlite:$D" --table t -o 'source.attributes.a;NoCreat=0'
    [ "$status" -ne 0 ]
    odbc_config 'odbc_driver = "No such driver";'
    run copy --table t
    assert_status 78
    [ ! -e "$D" ]
}

@test "a file that is not there is not made" {
    odbc_config "odbc_driver = \"SQLite3\"; retries = 0; attributes = { Database = \"$T/absent.db\"; };"
    run copy --table t
    [ "$status" -ne 0 ]
    [ ! -e "$T/absent.db" ]
    [ ! -e "$D" ]
}

@test "tables and columns of any name; a name is never taken for a text" {
    sqlite3 "$S" "CREATE TABLE \"a_b%c\"\"d\" (\"select\" INTEGER PRIMARY KEY, \"x\"\"y\" TEXT, \"it's\" INT);
        INSERT INTO \"a_b%c\"\"d\" VALUES (1, 'v', 5); CREATE TABLE \"aXbYc\"\"d\" (z)"
    run copy --table 'a_b%c"d' --target-table names
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM names')" "1|v|5"
    run copy --table a_b --target-table names
    assert_status 66
    assert_output_has "there is no table 'a_b'"
}

@test "what is no SELECT, or none that can be read, is refused" {
    run copy --query "SELECT id FROM t WHERE id = ?" --target-table q
    assert_status 78
    assert_output_has "stands for a value"
    run copy --query "SELECT nonsense FROM t" --target-table q
    assert_status 78
    assert_output_has nonsense
    run copy --query "DELETE FROM t" --target-table q
    assert_status 78
    assert_equal "$(rows "$S" t)" 1
    run copy --query "SELECT id, name AS n FROM t -- and no more;" --target-table q
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM q')" "1|one"
}

@test "single rows are changed by merge, in order of an integer key" {
    sqlite3 "$S" "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO t SELECT i, 'row ' || i FROM n"
    run copy --table t
    assert_status 0
    sqlite3 "$S" "DELETE FROM t WHERE id = 7; UPDATE t SET name = 'new' WHERE id = 9"
    run copy --table t -o job.strategy=merge -v
    assert_status 0
    assert_output_has "1 updated, 1 deleted"
    assert_equal "$(same t)" 499
}

@test "a file in UTF-16: its texts are those that it has; one with a NUL is refused" {
    rm "$S"
    sqlite3 "$S" "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, b BLOB, any);
        INSERT INTO t VALUES (1, 'abc', x'0061', 'a'), (2, 'é😀''', x'', 1.5), (3, '', NULL, x'00')"
    run copy --table t --target-table t -o job.verify=content
    assert_status 0
    # Not by ATTACH, which takes files of one encoding alone.
    local question="SELECT id, x, length(x), hex(b), typeof(any), CASE typeof(any) WHEN 'blob' THEN hex(any) ELSE any END FROM t"
    assert_equal "$(sqlite3 "$D" "$question")" "$(sqlite3 "$S" "$question")"
    sqlite3 "$S" "INSERT INTO t VALUES (4, 'a' || char(0) || 'b', NULL, NULL)"
    run copy --table t --target-table t
    assert_status 65
    assert_output_has "row 4, column 'x'" NUL
}

@test "columns with a dot in their name; a key that takes NULL is no key" {
    sqlite3 "$S" "CREATE TABLE dotted (id INTEGER PRIMARY KEY, \"x.y\" TEXT, \"a.b.c\" INT, y TEXT, twice AS (id * 2));
        INSERT INTO dotted VALUES (1, 'one', 5, 'two'); CREATE VIEW v AS SELECT id, \"x.y\" AS \"p.q\", 1.5 AS \"r.s\" FROM dotted;
        CREATE TABLE falling (id INTEGER PRIMARY KEY DESC, n INT); INSERT INTO falling VALUES (1, 1), (NULL, 2)"
    run copy --table dotted --target-table dotted
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT id, "x.y", "a.b.c", y, twice FROM dotted')" "1|one|5|two|2"
    run copy --view v --target-table v
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT id, "p.q", "r.s" FROM v')" "1|one|1.5"
    run copy --query 'SELECT 1 AS "a.b"' --target-table q
    assert_status 78
    run copy --table falling --target-table falling
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT coalesce(id, 'NULL'), n FROM falling ORDER BY n")" $'1|1\nNULL|2'
    [[ $(sqlite3 "$D" .schema) == *dotted*"PRIMARY KEY"* ]]
}
