# A PostgreSQL target and what others do to a table while it is loaded, or have made of it.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
teardown_file() { postgres_remove; }
setup() { pgsql_target_setup; }

sync() { dbferry run j "$@"; }
source_t() {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER);
        INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', 1)"
}

# hold SQL: another session does so, in a transaction that let_go_of_it ends.
hold() {
    coproc HOLDER { sql; }
    holder=$HOLDER_PID
    echo "BEGIN; $1; SELECT 'held' LIMIT 1;" >&"${HOLDER[1]}"
    local line
    while read -r line <&"${HOLDER[0]}" && [ "$line" != held ]; do :; done
}
let_go_of_it() {
    echo "$1;" >&"${HOLDER[1]}"
    eval "exec ${HOLDER[1]}>&-"
    wait "$holder" || true
}
load_waits() { sql <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'loader' AND wait_event_type = 'Lock'" | grep -q '[1-9]'; }
# behind COMMAND...: runs it, and ends when it waits for the holder
behind() {
    "$@" >"$T/out" 2>&1 3>&- &
    load=$!
    until_there load_waits
}
its_status() {
    local status=0
    wait "$load" || status=$?
    assert_equal "$status: $(cat "$T/out")" "$1: $(cat "$T/out")"
}

@test "a foreign key of the table to itself that would change rows of no change: refused" {
    target_config "" 'strategy = "merge";'
    source_t
    sql_loader <<<"CREATE TABLE t (id bigint PRIMARY KEY, name text UNIQUE, n bigint REFERENCES t (id) ON DELETE SET NULL)"
    run sync
    sql_loader <<<"INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL), (3, 'c', 1) ON CONFLICT DO NOTHING"
    sqlite3 "$D" "UPDATE t SET name = 'x' WHERE id = 1; UPDATE t SET name = 'a' WHERE id = 2; UPDATE t SET name = 'b' WHERE id = 1"
    run sync
    assert_status 65
    assert_output_has "foreign key" "refers to it"
    assert_equal "$(sql <<<"SELECT id, name, n FROM t ORDER BY id" | tr '\n' ' ')" "1|a| 2|b| 3|c|1 "
}

@test "merge: a row that a stranger adds, changes or deletes between the look at the rows and the lock is noticed" {
    local stranger
    target_config "" 'strategy = "merge"; lock_wait = "60s";'
    source_t
    sync
    for stranger in "INSERT INTO t VALUES (100, 'z', 1)" "DELETE FROM t WHERE id = 2" "UPDATE t SET n = 7 WHERE id = 2"; do
        sqlite3 "$D" "UPDATE t SET n = n + 1 WHERE id = 3"
        hold "$stranger"
        behind dbferry run j
        let_go_of_it COMMIT
        its_status 75
        grep -q "changed" "$T/out"
        run sync
        assert_status 0
        assert_equal "$(sql <<<"SELECT id, name, n FROM t ORDER BY id")" "$(ask "SELECT id, name, n FROM t ORDER BY id")"
    done
}

@test "rights that are taken away while the lock is waited for stay away" {
    source_t
    to_target t
    sql <<<"CREATE ROLE looker; GRANT SELECT, INSERT ON t TO looker"
    hold "SELECT FROM t"
    behind dbferry copy local target --table t --target-table t -o job.lock_wait=60s
    sql <<<"REVOKE SELECT ON t FROM looker"
    let_go_of_it COMMIT
    its_status 0
    assert_equal "$(sql <<<"SELECT has_table_privilege('looker', 't', 'SELECT'), has_table_privilege('looker', 't', 'INSERT')")" "f|t"
    sql <<<"DROP OWNED BY looker; DROP ROLE looker"
}

@test "row level security comes along with a table that is made anew" {
    source_t
    to_target t
    sql <<<"ALTER TABLE t ENABLE ROW LEVEL SECURITY"
    sqlite3 "$D" "ALTER TABLE t ADD COLUMN more TEXT"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT relrowsecurity, (SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'more')
        FROM pg_class WHERE oid = 't'::regclass")" "t|1"
}

@test "whoever holds the record of a run does not hold up the table's readers" {
    source_t
    to_target t
    hold "SELECT FROM _dbferry_sync FOR UPDATE"
    behind dbferry copy local target --table t --target-table t -o job.lock_wait=2s
    assert_equal "$(sql <<<"SET lock_timeout = 1000; SELECT count(*) FROM t")" 3
    its_status 75
    let_go_of_it ROLLBACK
}

@test "a single in a column of doubles is the very number, and another one is told apart" {
    sql <<<"CREATE TABLE r (id int PRIMARY KEY, f real); INSERT INTO r VALUES (1, 0.1), (2, -3.25e38), (3, 1e-45), (4, 16777216)"
    sql_loader <<<"CREATE TABLE t (id int PRIMARY KEY, f double precision)"
    target_config "" 'strategy = "merge";'
    sed -i 's/source = "local"; target = "target"; table = "t"/source = "target"; target = "target"; table = "r"/' "$DBFERRY_CONFIG"
    sql <<<"GRANT SELECT ON r TO loader"
    run sync
    assert_status 0
    assert_equal "$(sql <<<"SELECT count(*) FROM r JOIN t USING (id) WHERE t.f = r.f::float8")" 4
    sql <<<"UPDATE t SET f = 0.1 WHERE id = 1"
    run sync
    assert_status 0
    assert_equal "$(sql <<<"SELECT count(*) FROM r JOIN t USING (id) WHERE t.f = r.f::float8")" 4
}

@test "a database without an encoding counts bytes: no text loses its spaces" {
    postgres_query <<<"DROP DATABASE e WITH (FORCE)"
    postgres_query <<<"CREATE DATABASE e ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    sql <<<"GRANT USAGE, CREATE ON SCHEMA public TO loader"
    sql_loader <<<"CREATE TABLE t (id bigint, v varchar(4)); INSERT INTO t VALUES (0, 'old')"
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(4)); INSERT INTO t VALUES (1, 'ää  ')"
    run to_target t t --column "v=varchar(4)"
    assert_status 65
    assert_output_has "'v'" "too long"
    assert_equal "$(sql <<<"SELECT id, v FROM t")" "0|old"
    run to_target t fresh
    assert_status 0
    assert_equal "$(sql <<<"SELECT encode(v::bytea, 'hex') FROM fresh")" "c3a4c3a42020"
}

@test "names of indexes collide neither with each other nor with tables" {
    local table
    sqlite3 "$D" 'CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX b_c ON a (x);
        CREATE TABLE a_b (id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX c ON a_b (x);
        CREATE TABLE a_b_c (id INTEGER PRIMARY KEY);
        INSERT INTO a VALUES (1, 1); INSERT INTO a_b VALUES (1, 1); INSERT INTO a_b_c VALUES (1)'
    for table in a a_b a_b_c a a_b a_b_c; do
        run to_target $table
        assert_status 0
    done
    assert_equal "$(sql <<<"SELECT count(*) FROM pg_index WHERE indrelid IN ('a'::regclass, 'a_b'::regclass)")" 4
}

@test "defaults of somebody's columns do not look changed to a group that reads its rows back" {
    local table
    for table in a z; do
        sqlite3 "$D" "CREATE TABLE $table (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO $table VALUES (1, 'new')"
        sql_loader <<<"CREATE TABLE $table (id bigint PRIMARY KEY, x text); INSERT INTO $table VALUES (1, 'old');
            ALTER TABLE $table ADD COLUMN day interval DEFAULT '1 day 2 hours', ADD COLUMN five int DEFAULT 5"
    done
    sed -i 's/table = "t"; target_table = "t";/tables = ["*"]; commit = "together"; verify = "content";/' "$DBFERRY_CONFIG"
    run sync
    assert_status 0
    assert_equal "$(sql <<<"SELECT a.x, z.x, z.day, a.five FROM a JOIN z USING (id)")" "new|new|1 day 02:00:00|5"
}

@test "a number that somebody has changed by less than the source's type holds is no number of the source" {
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
  local = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; schema = "src"; };
};
jobs = ( { name = "j"; source = "local"; target = "target"; table = "t"; target_table = "t"; strategy = "merge"; verify = "content";
           columns = ( { name = "d"; type = "double precision"; }, { name = "i"; type = "double precision"; }, { name = "x"; type = "text"; } ); } );
END
    sql <<<"CREATE SCHEMA src; GRANT USAGE ON SCHEMA src TO loader;
        CREATE TABLE src.t (id bigint PRIMARY KEY, d numeric(10,2), i int, x bigint); GRANT SELECT ON src.t TO loader;
        INSERT INTO src.t VALUES (1, 1.23, 1, 5), (2, -12345678.91, -2147483648, -50), (3, 0, 0, 0), (4, NULL, NULL, NULL)"
    dbferry run j
    run dbferry run j
    assert_status 0
    assert_equal "$(sql <<<"SELECT unchanged FROM _dbferry_sync WHERE target_table = 't'")" 4
    local change
    for change in "d = 1.2349" "i = 1.4" "x = '05'" "x = '+5'" "x = ' 5'" "x = '5.0'"; do
        sql <<<"UPDATE public.t SET $change WHERE id = 1"
        run dbferry verify j
        echo "$change: $status $output"
        [ "$status" -ne 0 ]
        run dbferry run j
        assert_status 65
        assert_output_has "no value of the source's type" "column '${change%% *}'"
        sql <<<"UPDATE public.t SET d = 1.23, i = 1, x = '5' WHERE id = 1"
    done
    run dbferry run j
    assert_status 0
}
