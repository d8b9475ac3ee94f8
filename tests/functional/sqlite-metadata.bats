# SQLite as a source: the definitions that a load leaves in the file, and what a table, a view or a
# query is without them.  The oracle is the sqlite3 shell, and what the memory driver gave.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    requires_driver memory
    S=$T/source.db
    D=$T/target.db
}

COLUMNS="id int64 unsigned not null key, b bool, i8 int8 unsigned zerofill, i24 int24, bits bit(9),
y year, f float32, g float64, d decimal(10,2) unsigned, long decimal(30,10),
name text(40) fixed ignores_case ignores_accents ignores_trailing_space default 'it''s',
data bytes(16) fixed, day date, t time(3), at datetime(6) utc default_now, j json,
e enum('a','it''s','b,c'), s set('x','y'), u uuid, a4 inet4, a6 inet6, p geometry(point) srid 4326,
v vector(3), index (name) as by_name, unique (e, id) as u1"

# made [COLUMNS [JOB]]: jobs `in`, generated rows -> t of $D; `direct`, the same -> $T/dump; `out`,
# t of $D -> $T/dump; `view`, w of $D -> $T/dump
made() {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "${1:-$COLUMNS}"; rows = 200; seed = 7; };
  local = { driver = "sqlite"; path = "$D"; };
  dumped = { driver = "memory"; dump = "$T/dump"; };
};
jobs = ( { name = "in"; source = "made"; table = "t"; target = "local"; ${2:-} },
         { name = "direct"; source = "made"; table = "t"; target = "dumped"; },
         { name = "out"; source = "local"; table = "t"; target = "dumped"; },
         { name = "view"; source = "local"; view = "w"; target_table = "t"; target = "dumped"; } );
END
}

@test "what went into the file comes out as it was, definitions and every cell" {
    while IFS= read -r wish; do
        rm -f "$D"* "$T"/dump*
        made "" "$wish"
        run dbferry run in
        assert_status 0
        dbferry plan direct >"$T/planned"
        dbferry run direct
        mv "$T/dump" "$T/expected"
        run dbferry run out
        assert_status 0
        diff "$T/expected" "$T/dump"
        diff <(sed 's/made/local/; s/direct/out/' "$T/planned") <(dbferry plan out)
    done <<'LIST'

decimal = "text"; big_unsigned = "text";
columns = ( { name = "i8"; type = "TEXT"; }, { name = "name"; type = "BLOB"; }, { name = "i24"; type = "REAL"; } );
LIST
}

@test "columns of a view that are columns of the table keep what is known of them" {
    made "id int64 not null key, d decimal(10,2), e enum('a','b') not null, n int16"
    dbferry run in
    sqlite3 "$D" "CREATE VIEW w AS SELECT x.d AS price, x.e, y.n + 1 AS more, CAST(x.n AS TEXT) AS word, y.e AS maybe
        FROM t x LEFT JOIN t y ON y.id = x.id + 1 ORDER BY x.id"
    run dbferry plan view
    assert_status 0
    assert_output_has "decimal(10,2)" "enum" "text" "any"
    run dbferry run view
    assert_status 0
    assert_equal "$(wc -l <"$T/dump")" 201
}

@test "a cell that is none of its column is refused with row and column" {
    made "id int64 not null key, a int8, d decimal(10,2), f float32, day date, u int32 unsigned"
    while IFS='|' read -r column value why; do
        dbferry run in
        sqlite3 "$D" "UPDATE t SET $column = $value WHERE rowid = (SELECT rowid FROM t ORDER BY rowid LIMIT 1 OFFSET 2)"
        run dbferry run out
        assert_status 65
        assert_output_has "row 3, column '$column'" "$why" "_dbferry_columns"
        refute test -e "$T/dump"
    done <<'LIST'
a|128|out of the range
a|'x'|stored as TEXT, not as INTEGER
a|1.5|stored as REAL, not as INTEGER
d|0.1 + 0.2|other digits
d|'x'|stored as TEXT, not as REAL
f|0.1|single precision
day|'tomorrow'|YYYY-MM-DD
day|5.5|YYYY-MM-DD
u|-1|negative
LIST
    sqlite3 "$D" "DROP TABLE _dbferry_columns"
    run dbferry run out
    assert_status 0
}

@test "definitions are those of the last load, and go with their table" {
    made "id int64 not null key, name text(40), index (name) as by_name"
    dbferry run in
    dbferry run in
    assert_equal "$(sqlite3 "$D" "SELECT position, name, declared, type, flags, length, key_position FROM _dbferry_columns")" \
        "1|id|INTEGER|int|not-null|0|1
2|name|TEXT|text||40|0"
    assert_equal "$(sqlite3 "$D" "SELECT name, is_unique, is_primary, column_name FROM _dbferry_indexes")" \
        "|1|1|id
by_name|0|0|name"
    made "name text(9)"
    run dbferry run in
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT count(*), max(length) FROM _dbferry_columns")" "1|9"
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM _dbferry_indexes")" 0
    dbferry copy "sqlite:$D" "sqlite:$D" --table t --target-table gone
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM _dbferry_columns")" 2
    sqlite3 "$D" "DROP TABLE gone"
    dbferry run in
    assert_equal "$(sqlite3 "$D" "SELECT target_table FROM _dbferry_columns")" t
}

@test "a failed load leaves the definitions as they were" {
    made "id int64 not null key, name text(40)"
    dbferry run in
    before=$(sqlite3 "$D" "SELECT * FROM _dbferry_columns")
    made "id int64 not null, name text(9)" "min_rows = 1000;"
    run dbferry run in
    assert_status 65
    assert_equal "$(sqlite3 "$D" "SELECT * FROM _dbferry_columns")" "$before"
}

@test "without definitions, declared types are a promise, and the plan says so" {
    made "id int64 not null key, d decimal(10,2), e enum('a','b')"
    dbferry run in
    sqlite3 "$D" "DROP TABLE _dbferry_columns; DROP TABLE _dbferry_indexes"
    run dbferry plan out
    assert_status 0
    assert_output_has "without definitions of a source" "float64" "text"
    run dbferry run out
    assert_status 0
    run dbferry run in
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM _dbferry_columns")" 3
}

@test "a definition is believed as long as its column is as it was" {
    made "id int64 not null key, d decimal(10,2), e enum('a','b')"
    dbferry run in
    sqlite3 "$D" "ALTER TABLE t RENAME COLUMN e TO f; ALTER TABLE t ADD COLUMN more"
    run dbferry plan out
    assert_status 0
    assert_output_has "decimal(10,2)" "without definitions of a source" "primary key"
    refute_output_has "enum"
    sqlite3 "$D" "DROP TABLE t; CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, d TEXT, f, more)"
    run dbferry plan out
    assert_status 0
    refute_output_has "decimal(10,2)"
}

@test "definitions that are damaged or forged are left out" {
    made "id int64 not null key, d decimal(10,2), e enum('a','b') ignores_case"
    while IFS= read -r change; do
        rm -f "$D"* "$T/dump"
        dbferry run in
        sqlite3 "$D" "$change"
        run dbferry plan out
        assert_status 0
        assert_output_has "does not understand"
        refute_output_has "enum"
        run dbferry run out
        assert_status 0
        assert_equal "$(wc -l <"$T/dump")" 201
    done <<'LIST'
UPDATE _dbferry_columns SET version = 2 WHERE name = 'e'
UPDATE _dbferry_columns SET type = 'elephant' WHERE name = 'e'
UPDATE _dbferry_columns SET type = 'int', bits = 7 WHERE name = 'e'
UPDATE _dbferry_columns SET type = 'int', bits = 64 WHERE name = 'e'; UPDATE _dbferry_columns SET members = NULL, declared = 'BLOB' WHERE name = 'e'
UPDATE _dbferry_columns SET flags = 'ignores-case drops-tables' WHERE name = 'e'
UPDATE _dbferry_columns SET flags = 'unsigned' WHERE name = 'e'
UPDATE _dbferry_columns SET members = '''a''); DROP TABLE t; --' WHERE name = 'e'
UPDATE _dbferry_columns SET members = NULL WHERE name = 'e'
UPDATE _dbferry_columns SET members = '''a'',' WHERE name = 'e'
UPDATE _dbferry_columns SET collation = 'x; DROP TABLE t' WHERE name = 'e'
UPDATE _dbferry_columns SET charset = '' WHERE name = 'e'
UPDATE _dbferry_columns SET native = 'a' || char(0) || 'b' WHERE name = 'e'
UPDATE _dbferry_columns SET length = -1 WHERE name = 'e'
UPDATE _dbferry_columns SET srid = 4294967296 WHERE name = 'e'
UPDATE _dbferry_columns SET name = NULL WHERE name = 'e'
UPDATE _dbferry_columns SET declared = NULL WHERE name = 'e'
DROP TABLE _dbferry_columns; CREATE TABLE _dbferry_columns (target_table, position); INSERT INTO _dbferry_columns VALUES ('t', 1)
LIST
}

@test "forged indexes are left out, and a view in the place of the definitions is not run" {
    made "id int64 not null key, name text(40), index (name) as by_name"
    dbferry run in
    sqlite3 "$D" "UPDATE _dbferry_indexes SET column_name = 'absent' WHERE name = 'by_name'"
    run dbferry plan out
    assert_status 0
    refute_output_has "absent"
    sqlite3 "$D" "DROP TABLE _dbferry_columns; CREATE VIEW _dbferry_columns AS WITH RECURSIVE n(i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    run timeout 20 "$DBFERRY" plan out
    assert_status 0
    run dbferry run in
    assert_status 65
    assert_output_has "_dbferry_columns"
}

@test "keys, indexes, defaults and collations of a table are described" {
    sqlite3 "$S" "CREATE TABLE t (a INTEGER NOT NULL, b TEXT COLLATE NOCASE NOT NULL DEFAULT 'it''s',
            c REAL DEFAULT -1.5, d INT DEFAULT (1 + 2), e TEXT COLLATE RTRIM, PRIMARY KEY (b, a), UNIQUE (c));
        CREATE INDEX whole ON t (e, c); CREATE INDEX some ON t (c) WHERE c > 1;
        CREATE INDEX sum ON t (a + 1); CREATE UNIQUE INDEX otherwise ON t (b COLLATE BINARY)"
    run dbferry copy "sqlite:$S" "sqlite:$D" --table t -v
    assert_status 0
    assert_output_has "'some' is not described" "'sum' is not described" "'otherwise' is not described" "default of column 'd'"
    assert_equal "$(sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE name = 't'")" \
        "CREATE TABLE \"t\" (\"a\" INTEGER NOT NULL, \"b\" TEXT NOT NULL DEFAULT 'it''s' COLLATE NOCASE, \"c\" REAL DEFAULT -1.5, \"d\" INTEGER, \"e\" TEXT)"
    assert_equal "$(sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 't'" | sed 's/"dbferry_[a-z_0-9]*"/I/' | sort)" \
        'CREATE INDEX I ON "t" ("e", "c")
CREATE UNIQUE INDEX I ON "t" ("b", "a")
CREATE UNIQUE INDEX I ON "t" ("c")'
}

@test "a primary key that may hold NULL is a unique index elsewhere" {
    sqlite3 "$S" "CREATE TABLE t (code TEXT PRIMARY KEY, n); INSERT INTO t VALUES (NULL, 1), (NULL, 2), ('x', 3)"
    run dbferry copy "sqlite:$S" "sqlite:$D" --table t -v
    assert_status 0
    assert_output_has "may hold NULL"
    assert_equal "$(rows "$D" t)" 3
    assert_equal "$(sqlite3 "$D" "SELECT is_primary, is_unique FROM _dbferry_indexes")" "0|1"
}

@test "expressions have the affinity that CREATE TABLE AS gives them" {
    sqlite3 "$S" "CREATE TABLE t (i INT, s TEXT); INSERT INTO t VALUES (1, 'x')"
    columns="CAST(i AS TEXT) AS a, CAST(s AS INTEGER) AS b, CAST(i AS REAL) AS c, i + 1 AS d, 'x' AS e, CAST(s AS BLOB) AS f"
    for query in "SELECT $columns FROM t" "SELECT $columns FROM t -- the end; " \
        "WITH q AS (SELECT * FROM t) SELECT $columns FROM q; ;"; do
        rm -f "$D"*
        run dbferry copy "sqlite:$S" "sqlite:$D" --query "$query" --target-table t
        assert_status 0
        assert_equal "$(sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE name = 't'")" \
            'CREATE TABLE "t" ("a" TEXT, "b" INTEGER, "c" REAL, "d", "e", "f")'
        assert_equal "$(sqlite3 "$D" "SELECT typeof(a), typeof(b), typeof(c), typeof(d), typeof(e), typeof(f) FROM t")" \
            "text|integer|real|integer|text|blob"
    done
}

@test "describing an expression reads no rows" {
    sqlite3 "$S" "CREATE VIEW slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT max(i) AS m, CAST(sum(i) AS TEXT) AS s FROM n;
        CREATE VIEW joined AS SELECT a.x + b.m AS y, b.s FROM (SELECT 1 AS x) a JOIN slow b ON b.m > a.x"
    for view in slow joined; do
        write_config <<END
connections = { from = { driver = "sqlite"; path = "$S"; }; to = { driver = "sqlite"; path = "$D"; }; };
jobs = ( { name = "v"; source = "from"; view = "$view"; target = "to"; } );
END
        run timeout 20 "$DBFERRY" plan
        assert_status 0
        assert_output_has "text"
    done
}
