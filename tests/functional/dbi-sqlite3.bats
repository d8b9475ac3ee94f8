# The dbi driver on libdbd-sqlite3: values, names that libdbi's driver cannot bear, what is refused.

load dbi

setup() {
    ferry_setup
    requires_libdbi sqlite3
    requires_driver sqlite
    requires sqlite3
    requires python3
    S=$T/source.db D=$T/target.db
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'one')"
    sqlite3 "$D" VACUUM
    write_config <<END
connections = {
  dbi = { driver = "dbi"; dialect = "sqlite3"; database = "$S"; };
  plain = { driver = "sqlite"; path = "$S"; };
  local = { driver = "sqlite"; path = "$D"; };
  written = { driver = "dbi"; dialect = "sqlite3"; database = "$D"; retries = 0; };
  relative = { driver = "dbi"; dialect = "sqlite3"; database = "source.db"; };
  served = { driver = "dbi"; dialect = "sqlite3"; database = "$S"; host = "127.0.0.1"; };
  tds = { driver = "dbi"; dialect = "freetds"; database = "x"; host = "127.0.0.1"; port = 1;
          retries = 0; };
  tds_named = { driver = "dbi"; dialect = "freetds"; database = "café"; host = "127.0.0.1"; };
  tds_folder = { driver = "dbi"; dialect = "freetds"; database = "x"; host = "/run"; };
  tds_nowhere = { driver = "dbi"; dialect = "freetds"; database = "x"; };
  absent = { driver = "dbi"; dialect = "sqlite3"; database = "$T/absent.db"; };
};
END
}

# same TABLE: each row of the target is in the source with the same kinds and bytes, and the reverse.
same() {
    sqlite3 "$D" "ATTACH '$S' AS s; SELECT count(*) FROM main.$1;
        SELECT * FROM main.$1 EXCEPT SELECT * FROM s.$1; SELECT * FROM s.$1 EXCEPT SELECT * FROM main.$1"
}

kinds() {
    sqlite3 "$S" <<'SQL'
CREATE TABLE kinds (id INTEGER PRIMARY KEY, i INT, r REAL, x TEXT, b BLOB, n NUMERIC, d DATETIME, any);
INSERT INTO kinds VALUES
 (1, 9223372036854775807, 0.1, 'é😀' || char(9) || 'z', x'00ff4100', 12.5, '2024-01-02 03:04:05.123', 7),
 (2, -9223372036854775808, 0.1 + 0.2, 'a' || char(0) || 'b', x'', 'text', 17, x'00'),
 (3, 3, 5e-324, '', x'0102', 18.5, 'q', NULL),
 (4, 4, 1.7976931348623157e308, '  x  ', zeroblob(100000), 1e999, '', 1.0 / 3),
 (5, 5, 2.2250738585072014e-308, 'x' || char(10) || '''"', x'27', -1e999, NULL, -9223372036854775808),
 (6, 6, -1e999, printf('%.*c', 100000, 'y'), NULL, 2.5, 1e23, 'q'),
 (7, 7, 123456789012345680.0, NULL, NULL, NULL, NULL, NULL);
SQL
}

@test "each kind of value comes as it is, whatever its column declares" {
    kinds
    sqlite3 "$S" "UPDATE kinds SET i = 'abc', b = 'text in a blob' WHERE id = 3; UPDATE kinds SET i = 6.5, b = 5 WHERE id = 4;
        CREATE VIEW seen AS SELECT id, i, r, x, b, n, d, any, count(*) AS c, 1.5 AS e FROM kinds GROUP BY id"
    run dbferry copy dbi local --table kinds --target-table kinds
    assert_status 0
    assert_equal "$(same kinds)" 7
    assert_equal "$(bits "$D" kinds r)" "$(bits "$S" kinds r)"
    run dbferry copy dbi local --view seen --target-table seen
    assert_status 0
    assert_equal "$(same seen)" 7
}

@test "each value is written as it is, and written again" {
    kinds
    for turn in new replaced; do
        run dbferry copy plain written --table kinds --target-table kinds -o job.verify=content
        assert_status 0
        assert_equal "$turn $(sqlite3 "$D" "ATTACH '$S' AS s; SELECT count(*) FROM main.kinds;
            SELECT id, i, r, x, b, n, d, any FROM main.kinds EXCEPT SELECT * FROM s.kinds")" "$turn 7"
    done
    assert_equal "$(bits "$D" kinds r)" "$(bits "$S" kinds r)"
}

@test "doubles of every size are written to the last bit" {
    python3 - "$S" <<'PY'
import random, sqlite3, struct, sys
random.seed(13)
db = sqlite3.connect(sys.argv[1])
db.execute("CREATE TABLE doubles (id INTEGER PRIMARY KEY, d REAL)")
values = [struct.unpack("<d", random.randbytes(8))[0] for _ in range(3000)]
values += [float.fromhex("0x1p-1074"), float.fromhex("0x1.fffffffffffffp+1023"), 2.0**52, 2.0**53 + 2, 0.1, -2.5e-310]
db.executemany("INSERT INTO doubles (d) VALUES (?)", [(v,) for v in values if v == v])
db.commit()
PY
    run dbferry copy plain written --table doubles --target-table doubles
    assert_status 0
    assert_equal "$(bits "$D" doubles d | cksum)" "$(bits "$S" doubles d | cksum)"
    run dbferry copy dbi local --table doubles --target-table back
    assert_status 0
    assert_equal "$(bits "$D" back d | cksum)" "$(bits "$S" doubles d | cksum)"
}

@test "names of any length and form, which libdbi's driver would break at" {
    local long
    long=$(printf 'n%.0s' {1..300})
    local name column
    for name in "$long" 'a.b' 'x(y' "q\"u'o;te" 'f FROM g' '%s%n' 'dbferry_asked'; do
        column="$name as c1 from ( $name"
        python3 - "$S" "$name" "$column" <<'PY'
import sqlite3, sys
quote = lambda name: '"' + name.replace('"', '""') + '"'
db = sqlite3.connect(sys.argv[1])
db.execute(f"CREATE TABLE {quote(sys.argv[2])} (id INTEGER PRIMARY KEY, {quote(sys.argv[3])} TEXT)")
db.execute(f"INSERT INTO {quote(sys.argv[2])} VALUES (1, 'x')")
db.commit()
PY
        run dbferry copy dbi written --table "$name" --target-table "$name"
        assert_status 0
        assert_equal "$(python3 - "$D" "$name" "$column" <<'PY'
import sqlite3, sys
quote = lambda name: '"' + name.replace('"', '""') + '"'
print(sqlite3.connect(sys.argv[1]).execute(f"SELECT {quote(sys.argv[3])} FROM {quote(sys.argv[2])}").fetchall())
PY
        )" "[('x',)]"
    done
}

@test "a query is one SELECT, and nothing behind it is run" {
    run dbferry copy dbi local --target-table q --query "SELECT id, name AS \"na.me\" FROM t -- the end"
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM q')" "1|one"
    for query in "SELECT 1 AS a) AS q; DROP TABLE t; --" "SELECT 1 AS a; DROP TABLE t" "DROP TABLE t" "SELECT 1 AS a)"; do
        run dbferry copy dbi local --target-table q --query "$query"
        assert_status 78
    done
    assert_equal "$(rows "$S" t)" 1
}

@test "a file that is not there is not made, and one in UTF-16 is not read" {
    run dbferry copy absent local --table t --target-table t
    assert_status 69
    run dbferry copy plain absent --table t --target-table t
    assert_status 73
    [ ! -e "$T/absent.db" ]
    sqlite3 "$T/absent.db" "PRAGMA encoding = 'UTF-16'; CREATE TABLE t (id INT)"
    run dbferry copy absent local --table t --target-table t
    assert_status 78
    assert_output_has "UTF-16"
}

@test "rows of a table with triggers, or with keys of others that follow it, are not replaced" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name TEXT); INSERT INTO t VALUES (5, 'old');
        CREATE TABLE log (x); CREATE TRIGGER each AFTER INSERT ON t BEGIN INSERT INTO log VALUES (1); END"
    run dbferry copy plain written --table t --target-table t
    assert_status 65
    assert_output_has "trigger each"
    sqlite3 "$D" "DROP TRIGGER each; CREATE TABLE other (t INT REFERENCES t ON DELETE CASCADE); INSERT INTO other VALUES (5)"
    run dbferry copy plain written --table t --target-table t
    assert_status 65
    assert_output_has "table other"
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM t; SELECT count(*) FROM log; SELECT * FROM other')" "5|old
0
5"
    sqlite3 "$D" "DROP TABLE other"
    run dbferry copy plain written --table t --target-table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" "1|one"
}

@test "a text in a column of integers cannot be written, and is named" {
    sqlite3 "$S" "CREATE TABLE loose (id INTEGER PRIMARY KEY, i INT); INSERT INTO loose VALUES (1, 1), (2, 'two')"
    run dbferry copy plain written --table loose --target-table loose
    assert_status 65
    assert_output_has "row 2, column 'i'"
}

@test "a writer that holds the file is waited for no longer than lock_wait" {
    python3 - "$D" "$T/held" <<'PY' &
import sqlite3, sys, time, os
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
open(sys.argv[2], "w").close()
while os.path.exists(sys.argv[2]):
    time.sleep(0.05)
PY
    local holder=$!
    until_there test -e "$T/held"
    run dbferry copy plain written --table t --target-table t -o job.lock_wait=100ms
    rm "$T/held"
    wait "$holder"
    assert_status 75
}

@test "a target whose journal is a WAL stays one" {
    sqlite3 "$D" "PRAGMA journal_mode = WAL" >/dev/null
    run dbferry copy plain written --table t --target-table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'PRAGMA journal_mode; SELECT * FROM t; PRAGMA integrity_check')" "wal
1|one
ok"
}

@test "what is for another database is refused" {
    local from
    for from in relative served; do
        run dbferry copy "$from" local --table t --target-table t
        assert_status 78
    done
    requires_libdbi freetds
    run dbferry copy plain tds --table t --target-table t
    assert_status 73
    assert_output_has "cannot connect"
    for from in tds_named tds_folder tds_nowhere; do
        run dbferry copy "$from" local --table t --target-table t
        assert_status 78
    done
}

@test "the port of SQL Server is the one of the configuration, which libdbi's driver does not know" {
    requires_libdbi freetds
    requires strace
    # LeakSanitizer does not work under strace.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -e trace=connect -o "$T/calls" "$DBFERRY" copy tds local --table t --target-table t || true
    grep -q 'sin_port=htons(1)' "$T/calls"
    refute grep -q 'sin_port=htons(1433)' "$T/calls"
}

# ---- What a review has found ----

@test "NULL stays NULL, or is refused: SQLite puts nothing in its place" {
    sqlite3 "$S" "CREATE TABLE n (id INTEGER, a TEXT); INSERT INTO n VALUES (1, 'x'), (NULL, 'y'), (2, NULL)"
    sqlite3 "$D" "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO n VALUES (9, 'old')"
    run dbferry copy plain written --table n --target-table n -o job.on_schema_change=refuse
    assert_status 65
    assert_output_has "INTEGER PRIMARY KEY"
    assert_equal "$(sqlite3 "$D" "SELECT * FROM n")" "9|old"

    sqlite3 "$D" "CREATE TABLE o (id INTEGER, a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'made up')"
    run dbferry copy plain written --query "SELECT id, a FROM n" --target-table o
    assert_status 65
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM o")" 0

    # No alias of the row's number: NULL is a value there.
    sqlite3 "$D" "CREATE TABLE d (id INTEGER PRIMARY KEY DESC, a TEXT)"
    run dbferry copy plain written --query "SELECT id, a FROM n" --target-table d -o job.on_schema_change=refuse
    assert_status 0
    run dbferry copy written local --table d --target-table back
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM d WHERE id IS NULL")" 1
}

@test "a table that a view, a trigger or a virtual table names is not made anew, nor what is like our indexes" {
    local case
    sqlite3 "$S" "CREATE TABLE x (id INTEGER, a TEXT); INSERT INTO x VALUES (1, 'a')"
    for case in "CREATE VIEW other AS SELECT b FROM [X]" \
        "CREATE UNIQUE INDEX dbferry_mine ON x (b)" \
        "CREATE UNIQUE INDEX dbferry_0123456789abcdef_u ON x (lower(b))"; do
        sqlite3 "$D" "DROP TABLE IF EXISTS x; CREATE TABLE x (id INTEGER, a TEXT, b TEXT); $case"
        run dbferry copy plain written --table x --target-table x -o job.on_rebuild_loss=refuse
        assert_status 65
        sqlite3 "$D" "SELECT b FROM x; DROP VIEW IF EXISTS other"
    done
}

@test "a file that SQLite would take for none, or that is none of its own" {
    mkdir "$T/folder"
    sqlite3 "$T/folder/:memory:" VACUUM
    printf 'no database, %0500d' 1 >"$T/garbled.db"
    sed -i "s|database = \"$D\"|database = \"$T/folder/:memory:\"|; s|database = \"$T/absent.db\"|database = \"$T/garbled.db\"|" "$DBFERRY_CONFIG"
    run dbferry copy plain written --table t --target-table t
    assert_status 78
    run dbferry copy absent local --table t --target-table t
    assert_status 65
}

@test "a full-text index of the table's rows is warned of, made anew with them, or refused" {
    local content
    for content in t seen; do
        sqlite3 "$D" "DROP TABLE IF EXISTS f; DROP VIEW IF EXISTS seen; DROP TABLE IF EXISTS t;
            CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); CREATE VIEW seen AS SELECT id, name FROM t;
            CREATE VIRTUAL TABLE f USING fts5(name, content = [$content], content_rowid='id');
            CREATE VIRTUAL TABLE IF NOT EXISTS other USING fts5(t, content='')"
        run dbferry copy plain written --table t --target-table t -o job.on_stale=refuse
        assert_status 65
        assert_output_has "full-text index 'f'"
        [[ $output != *other* ]]
        run dbferry copy plain written --table t --target-table t
        assert_status 0
        assert_output_has "full-text index 'f'"
        assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM f WHERE f MATCH 'one'")" 0
        run dbferry copy plain written --table t --target-table t -o job.on_stale=rebuild
        assert_status 0
        [[ $output != *full-text* ]]
        assert_equal "$(sqlite3 "$D" "SELECT rowid FROM f WHERE f MATCH 'one'")" 1
    done
}

@test "long rows behind short ones take no more memory than max_result_bytes" {
    sqlite3 "$S" "CREATE TABLE sudden (id INTEGER PRIMARY KEY, b BLOB); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3100)
        INSERT INTO sudden SELECT i, CASE WHEN i < 3000 THEN x'00' ELSE randomblob(500000) END FROM n"
    run peak_of "$DBFERRY" copy -q dbi local --table sudden --target-table sudden
    assert_status 0
    [ "$output" -lt 80 ]
    assert_equal "$(same sudden)" 3100
}
