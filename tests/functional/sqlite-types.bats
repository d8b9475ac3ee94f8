# What SQLite declares for each column and stores in it: types, wishes, clauses, keys, and values of
# another kind than their column's.  The sqlite3 shell is the judge.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    D=$T/target.db
}

# made COLUMNS LITERAL [JOB]: rows of the memory driver -> the table t of $D
made() {
    requires_driver memory
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$1"; literal = "$2"; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "t"; source = "made"; table = "t"; target = "local"; ${3:-} } );
END
}

definition() { sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE name = 't'"; }

# The indexes of t, without their names.
indexes() {
    sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND
        tbl_name = 't'" | sed 's/"dbferry_[a-z_0-9]*"/I/' | sort
}

@test "each type has one declared type, and a storage class that goes with it" {
    while IFS='|' read -r type literal declared class value; do
        rm -f "$D"*
        made "a $type" "$literal"
        run dbferry run
        assert_status 0
        assert_equal "$type: $(definition)" "$type: CREATE TABLE \"t\" (\"a\" $declared)"
        assert_equal "$type: $(sqlite3 "$D" 'SELECT typeof(a), quote(a) FROM t')" "$type: $class|$value"
    done <<'LIST'
bool|1|INTEGER|integer|1
int8|-128|INTEGER|integer|-128
int64|-9223372036854775808|INTEGER|integer|-9223372036854775808
int64 unsigned|9223372036854775807|INTEGER|integer|9223372036854775807
bit(64)|9223372036854775807|INTEGER|integer|9223372036854775807
year|2155|INTEGER|integer|2155
float64|0.5|REAL|real|0.5
decimal(15,2)|9999999999999.99|REAL|real|9999999999999.99
decimal(16,2)|99999999999999.99|TEXT|text|'99999999999999.99'
decimal(65,30)|-1.000000000000000000000000000001|TEXT|text|'-1.000000000000000000000000000001'
text(9)|0.10|TEXT|text|'0.10'
date|0000-00-00|TEXT|text|'0000-00-00'
time(3)|-838:59:59.000|TEXT|text|'-838:59:59.000'
datetime(6)|2026-11-21 00:00:00.000001|TEXT|text|'2026-11-21 00:00:00.000001'
json|{}|TEXT|text|'{}'
enum('1','2')|1|TEXT|text|'1'
set('1','2')|1,2|TEXT|text|'1,2'
uuid|123e4567-e89b-12d3-a456-426655440000|TEXT|text|'123e4567-e89b-12d3-a456-426655440000'
inet4|192.0.2.1|TEXT|text|'192.0.2.1'
inet6|2001:db8::1|TEXT|text|'2001:db8::1'
bytes|12|BLOB|blob|X'3132'
geometry(point)|abcdefghi|BLOB|blob|X'616263646566676869'
vector(1)|abcd|BLOB|blob|X'61626364'
LIST
}

@test "wishes: what they make of a column" {
    while IFS='|' read -r type wish literal declared class value; do
        rm -f "$D"*
        made "a $type" "$literal" "$wish"
        run dbferry run
        assert_status 0
        assert_equal "$type, $wish: $(definition)" "$type, $wish: CREATE TABLE \"t\" (\"a\" $declared)"
        assert_equal "$type, $wish: $(sqlite3 "$D" 'SELECT typeof(a), quote(a) FROM t')" "$type, $wish: $class|$value"
    done <<'LIST'
int64 unsigned|big_unsigned = "text";|18446744073709551615|TEXT|text|'18446744073709551615'
bit(64)|big_unsigned = "text";|18446744073709551615|TEXT|text|'18446744073709551615'
int32 unsigned|big_unsigned = "text";|4294967295|INTEGER|integer|4294967295
decimal(10,2)|decimal = "text";|1.50|TEXT|text|'1.50'
decimal(20,2)|decimal = "real";|12345678901.75|REAL|real|12345678901.75
decimal(20,2)|decimal = "real"; columns = ( { name = "a"; decimal = "text"; } );|1.50|TEXT|text|'1.50'
int64|columns = ( { name = "a"; type = "text"; } );|-5|TEXT|text|'-5'
int64|columns = ( { name = "a"; type = "REAL"; } );|-5|REAL|real|-5.0
text|columns = ( { name = "a"; type = "BLOB"; } );|ab|BLOB|blob|X'6162'
bytes|columns = ( { name = "a"; type = "TEXT"; } );|ab|TEXT|text|'ab'
LIST
}

@test "wishes: a value that would not come back is refused with row and column" {
    while IFS='|' read -r type wish literal why; do
        rm -f "$D"*
        sqlite3 "$D" "CREATE TABLE t (a); INSERT INTO t VALUES ('old')"
        made "a $type" "$literal" "$wish"
        run dbferry run
        assert_status 65
        assert_output_has "row 2, column 'a'" "$why"
        assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" old
    done <<'LIST'
int64 unsigned||1;9223372036854775808|big_unsigned = "text"
bit(64)||1;9223372036854775808|big_unsigned = "text"
decimal(20,2)|decimal = "real";|1.50;123456789012345678.01|not all digits
int64|columns = ( { name = "a"; type = "REAL"; } );|1;9007199254740993|no double
int64 unsigned|columns = ( { name = "a"; type = "REAL"; } );|1;18446744073709551615|no double
bytes|columns = ( { name = "a"; type = "TEXT"; } );|ab;\\xff|not UTF-8
LIST
}

@test "wishes: what is impossible is refused before a row is read" {
    while IFS='|' read -r type wished possible; do
        made "a $type" 1 "columns = ( { name = \"a\"; type = \"$wished\"; } );"
        run dbferry run
        assert_status 65
        assert_output_has "'a'" "cannot be stored as '$wished', only as $possible"
        refute test -e "$D"
    done <<'LIST'
text|INTEGER|TEXT or BLOB
date|REAL|TEXT
decimal(10,2)|INTEGER|REAL or TEXT
bytes|VARCHAR(10)|BLOB or TEXT
LIST
}

@test "NOT NULL, the key, defaults and the collation stand in the definition" {
    made "id int32 not null key, make text(20) not null ignores_case default 'it''s', n int8 default '-1', p decimal(10,2) default '0.50', at datetime default_now" \
        '1|Volvo|2|1.50|2026-01-01 00:00:00;2|saab|\\N|\\N|\\N'
    run dbferry plan
    assert_status 0
    assert_output_has "A to Z alone" "in UTC"
    run dbferry run
    assert_status 0
    assert_equal "$(definition)" "CREATE TABLE \"t\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"make\" TEXT NOT NULL DEFAULT 'it''s' COLLATE NOCASE, \"n\" INTEGER DEFAULT -1, \"p\" REAL DEFAULT 0.50, \"at\" TEXT DEFAULT CURRENT_TIMESTAMP)"
    assert_equal "$(sqlite3 "$D" "SELECT id FROM t WHERE make = 'vOLVO'")" 1
    sqlite3 "$D" "INSERT INTO t (id) VALUES (3)"
    assert_equal "$(sqlite3 "$D" "SELECT make, n, p, length(at) FROM t WHERE id = 3")" "it's|-1|0.5|19"
    run sqlite3 "$D" "INSERT INTO t (id, make) VALUES (1, 'x')"
    assert_output_has "UNIQUE"
    run sqlite3 "$D" "INSERT INTO t (id, make) VALUES (9, NULL)"
    assert_output_has "NOT NULL"
}

@test "indexes of the source are made, and queries that ignore case use them" {
    made "code text(9) not null key, make text(20) ignores_case, n int32, index (make) as by_make, unique (n, make)" 'a|Volvo|1;b|SAAB|2'
    run dbferry run
    assert_status 0
    assert_equal "$(indexes)" 'CREATE INDEX I ON "t" ("make")
CREATE UNIQUE INDEX I ON "t" ("code")
CREATE UNIQUE INDEX I ON "t" ("n", "make")'
    run sqlite3 "$D" "EXPLAIN QUERY PLAN SELECT * FROM t WHERE make = 'volvo'"
    assert_output_has "USING INDEX dbferry_t_make_" "make=?"
    run sqlite3 "$D" "EXPLAIN QUERY PLAN SELECT * FROM t WHERE code = 'a'"
    assert_output_has "USING INDEX dbferry_t_code_"
    made "code text(9) not null key, make text(20) ignores_case, n int32, index (make) as by_make" 'a|Volvo|1' 'copy_indexes = false;'
    run dbferry run
    assert_status 0
    assert_equal "$(indexes)" ""
}

@test "the name of a source's index may be taken in the file" {
    sqlite3 "$D" "CREATE TABLE by_make (x); CREATE TABLE other (x); CREATE INDEX by_n ON other (x)"
    for staging in none file; do
        made "make text(20), n int32, index (make) as by_make, index (n) as by_n" 'Volvo|1' "staging = \"$staging\";"
        run dbferry run
        assert_status 0
        assert_equal "$(indexes)" 'CREATE INDEX I ON "t" ("make")
CREATE INDEX I ON "t" ("n")'
    done
}

@test "a key that is the rowid has no index besides, nor has one that somebody's table declares" {
    while IFS= read -r mine; do
        for staging in none file; do
            rm -f "$D"*
            sqlite3 "$D" "$mine"
            made "id int64 not null key, n int32" '5|1;6|2' "staging = \"$staging\";"
            run dbferry run
            assert_status 0
            assert_equal "$(indexes)" ""
            assert_equal "$(sqlite3 "$D" "SELECT group_concat(id) FROM t")" 5,6
            assert_equal "$(definition)" "${mine:-CREATE TABLE \"t\" (\"id\" INTEGER NOT NULL PRIMARY KEY, \"n\" INTEGER)}"
        done
    done <<'LIST'

CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER)
CREATE TABLE t (id INTEGER, n INTEGER, PRIMARY KEY (id)) WITHOUT ROWID
LIST
    sqlite3 "$D" "DROP TABLE t; CREATE TABLE t (id INTEGER, n INTEGER PRIMARY KEY)"
    run dbferry run
    assert_status 0
    assert_equal "$(indexes)" 'CREATE UNIQUE INDEX I ON "t" ("id")'
}

@test "an own table follows the source's clauses; somebody else's definition stays" {
    made "id int64 not null, name text(20)" '1|x'
    dbferry run
    made "id int64 not null key, name text(20) ignores_case" '1|x'
    run dbferry plan
    assert_output_has "COLLATE NOCASE" "becomes"
    run dbferry run
    assert_status 0
    refute_output_has "without the keys"
    assert_equal "$(definition)" 'CREATE TABLE "t" ("id" INTEGER NOT NULL PRIMARY KEY, "name" TEXT COLLATE NOCASE)'
    run dbferry plan
    refute_output_has "becomes"
    mine="CREATE TABLE t (id INTEGER, name TEXT CHECK (name <> ''))"
    sqlite3 "$D" "DROP TABLE t; $mine"
    run dbferry run
    assert_status 0
    assert_equal "$(definition)" "$mine"
}

@test "a value of another kind than its column's is stored as it is" {
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY, i INT, r REAL, s TEXT, b BLOB, d DATE, u);
        INSERT INTO t VALUES (1, 'x', 'x', x'00', 'x', '2026-01-01', 'x'), (2, 2.5, x'31', 5, 7, 20260101, 2.0),
            (3, x'31', 2, '5', 2.0, 1.5, '5'), (4, '2026-11-21', '1 2', x'', '12', 'now', '12'),
            (5, 1e300, 1, 1.5, x'', NULL, 1), (6, -9223372036854775808, 9223372036854775807, '', 1, 1e30, x'')"
    every="SELECT id, typeof(i), quote(i), typeof(r), quote(r), typeof(s), quote(s), typeof(b), quote(b), typeof(d), quote(d), typeof(u), quote(u) FROM t ORDER BY id"
    for staging in none file; do
        run dbferry copy "sqlite:$S" "sqlite:$D" --table t -o job.staging=$staging
        assert_status 0
        assert_equal "$(sqlite3 "$D" "$every")" "$(sqlite3 "$S" "$every")"
        run dbferry copy "sqlite:$D" "sqlite:$T/third.db" --table t
        assert_status 0
        assert_equal "$(sqlite3 "$T/third.db" "$every")" "$(sqlite3 "$S" "$every")"
        sqlite3 "$D" "DROP TABLE _dbferry_columns; DROP TABLE _dbferry_indexes"
        run dbferry copy "sqlite:$D" "sqlite:$T/third.db" --table t
        assert_status 0
        assert_equal "$(sqlite3 "$T/third.db" "$every")" "$(sqlite3 "$S" "$every")"
    done
}

@test "a value of another kind that SQLite would convert is refused with row and column" {
    while IFS='|' read -r first second; do
        sqlite3 "$S" "DROP TABLE IF EXISTS one; CREATE TABLE one (a $first); INSERT INTO one VALUES (NULL)"
        run dbferry copy "sqlite:$S" "sqlite:$D" --query "SELECT a FROM one UNION ALL SELECT $second" --target-table t
        assert_status 65
        assert_output_has "row 2, column 'a'" "SQLite would convert"
        refute test -e "$D"
    done <<'LIST'
INTEGER|'12'
INTEGER|' +1.5e3 '
INTEGER|2.0
REAL|'12'
TEXT|12
TEXT|1.5
LIST
    while IFS='|' read -r first second class; do
        rm -f "$D"*
        sqlite3 "$S" "DROP TABLE IF EXISTS one; CREATE TABLE one (a $first); INSERT INTO one VALUES (NULL)"
        run dbferry copy "sqlite:$S" "sqlite:$D" --query "SELECT a FROM one UNION ALL SELECT $second" --target-table t
        assert_status 0
        assert_equal "$(sqlite3 "$D" "SELECT group_concat(typeof(a)) FROM t")" "null,$class"
    done <<'LIST'
INTEGER|'12x'|text
INTEGER|'2026-11-21'|text
INTEGER|2.5|real
INTEGER|1e19|real
TEXT|x'31'|blob
BLOB|12|integer
LIST
}

@test "a column without a name is refused, in a table and in a query" {
    sqlite3 "$T/odd.db" 'CREATE TABLE t ("" INTEGER, b TEXT); INSERT INTO t VALUES (1, 2)'
    for what in "--table t" '--query SELECT(1)AS"",2'; do
        # shellcheck disable=SC2086
        run dbferry copy "sqlite:$T/odd.db" "sqlite:$T/copy.db" $what --target-table t
        assert_status 65
        assert_output_has "column 1" "has no name" AS
    done
    run dbferry copy "sqlite:$T/odd.db" "sqlite:$T/copy.db" --query 'SELECT "" AS a, b FROM t' --target-table t
    assert_status 0
}
