# The dbi driver on libdbd-pgsql: each value as psql prints it, or refused; what hangs on a table.

load dbi
load ../servers/postgres

setup_file() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" || return
    export POSTGRES_FOLDER POSTGRES_HOME POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID
    postgres_query <<<"CREATE ROLE reader LOGIN PASSWORD 'a''b\\c \"d';
        CREATE ROLE loader LOGIN PASSWORD 'secret'; CREATE SCHEMA loaded AUTHORIZATION loader;
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader"
}

teardown_file() {
    [ -z "${POSTGRES_PID:-}" ] || postgres_remove
}

setup() {
    ferry_setup
    requires_libdbi pgsql
    requires_driver sqlite
    requires sqlite3
    requires python3
    postgres_is_installed || skip "PostgreSQL's server is not installed"
    D=$T/target.db S=$T/source.db
    (umask 077 && printf "a'b\\\\c \"d" >"$T/password")
    write_config <<END
connections = {
  pg = { driver = "dbi"; dialect = "pgsql"; host = "127.0.0.1"; port = $POSTGRES_PORT; database = "postgres";
         user = "reader"; password_file = "$T/password"; retries = 0; };
  writer = { driver = "dbi"; dialect = "pgsql"; host = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT;
             database = "postgres"; user = "loader"; schema = "loaded"; retries = 0; };
  tls = { driver = "dbi"; dialect = "pgsql"; host = "127.0.0.1"; port = $POSTGRES_PORT; database = "postgres";
          user = "reader"; password_file = "$T/password"; retries = 0;
          options = { pgsql_sslmode = "require"; }; };
  local = { driver = "sqlite"; path = "$D"; };
  file = { driver = "sqlite"; path = "$S"; };
};
END
}

copy() { dbferry copy pg local --table "$1" --target-table "$1" "${@:2}"; }

# same_as_psql TABLE COLUMN...: psql's words of each value, NULL apart from ''.
same_as_psql() {
    local column
    for column in "${@:2}"; do
        assert_equal "$column: $(sqlite3 "$D" "SELECT coalesce('<' || \"$column\" || '>', 'NULL') FROM $1 ORDER BY id")" \
            "$column: $(postgres_query <<<"SET timezone = 'UTC'; SELECT CASE WHEN \"$column\" IS NULL THEN 'NULL' ELSE concat('<', \"$column\", '>') END FROM $1 ORDER BY id")"
    done
}

kinds() {
    postgres_query <<'SQL'
SET client_min_messages = error;
DROP TABLE IF EXISTS kinds;
DROP DOMAIN IF EXISTS age;
CREATE DOMAIN age AS smallint;
CREATE TABLE kinds (id int PRIMARY KEY, i2 smallint, i8 bigint, o oid, n numeric(65,30), n0 numeric(20,0),
    c char(5), v varchar(9), w varchar, x text, nm name, u uuid, da date, ti time(3), ts timestamp,
    t3 timestamp(3), ip inet, ma macaddr, b bytea, f real, d double precision, yes boolean, z timestamptz,
    j jsonb, js json, free numeric, iv interval, tz time with time zone, dom age);
INSERT INTO kinds VALUES
 (1, -32768, 9223372036854775807, 4294967295,
  '12345678901234567890123456789012345.123456789012345678901234567891', -7, 'ab', 'x  ',
  U&'\00e9\+01F600', E'\t\n''"\\', 'nm', '7B275486-66b6-4e02-a4ad-f5cc649ccc41', '2024-02-29',
  '12:34:56.789', '2024-01-02 03:04:05.123456', '9999-12-31 23:59:59.999', '10.0.0.1/8',
  '08:00:2b:01:02:03', '\x00ff4100', 1.1, 0.1, true, '2024-07-01 12:00+02', '{"b": [1, null], "a": "é"}',
  '{"b":1,  "a":2}', 1e40, '1 mon 2 days 03:04:05.5', '12:00+02', 7),
 (2, 32767, -9223372036854775808, 0, -0.000000000000000000000000000001, 99999, '', '', '', '', '',
  '00000000-0000-0000-0000-000000000000', '0001-01-01', '24:00', '0001-01-01', '0001-01-01', '::1', NULL,
  '', 3.4028235e38, 5e-324, false, '0001-01-01 00:00+00', '1', 'null', 'NaN', '-1 day', '00:00-15:59', -7),
 (3, NULL, NULL, NULL, 0, NULL, NULL, NULL, repeat(U&'\00e9\+01F600', 3000), repeat('x', 100000), NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, decode(repeat('00ff', 40000), 'hex'), 1e-45,
  2.2250738585072014e-308, NULL, NULL, NULL, NULL, 1e-20, NULL, NULL, NULL),
 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, 'infinity', 1.0 / 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SQL
}

# 8 digits of a float's bits, 16 of a double's, as the sqlite3 of Python reads them.
float_bits() {
    python3 - "$1" "$2" <<'PY'
import sqlite3, struct, sys
for f, d in sqlite3.connect(sys.argv[1]).execute(f"SELECT f, d FROM {sys.argv[2]} ORDER BY id"):
    print(struct.pack(">f", f).hex() + "|" + struct.pack(">d", d).hex())
PY
}

@test "numbers, texts, moments and bytes are those that psql prints" {
    kinds
    run copy kinds
    assert_status 0
    same_as_psql kinds i2 i8 o n n0 v w x nm u da ip ma j js free iv tz dom
    assert_equal "$(sqlite3 "$D" "SELECT '<' || c || '>' FROM kinds WHERE id < 3")" "<ab>
<>"
    # A fraction has as many digits as its column.
    assert_equal "$(sqlite3 "$D" "SELECT ti, ts, t3, z FROM kinds WHERE id < 3 ORDER BY id")" \
        "12:34:56.789|2024-01-02 03:04:05.123456|9999-12-31 23:59:59.999|2024-07-01 10:00:00.000000
24:00:00.000|0001-01-01 00:00:00.000000|0001-01-01 00:00:00.000|0001-01-01 00:00:00.000000"
    assert_equal "$(sqlite3 "$D" "SELECT hex(b) FROM kinds WHERE id < 4 ORDER BY id")" \
        "$(postgres_query <<<"SELECT upper(encode(b, 'hex')) FROM kinds WHERE id < 4 ORDER BY id")"
    assert_equal "$(float_bits "$D" kinds)" \
        "$(postgres_query <<<"SELECT encode(float4send(f), 'hex'), encode(float8send(d), 'hex') FROM kinds ORDER BY id")"
    [[ $(sqlite3 "$D" .schema) == *"PRIMARY KEY"* ]]
}

@test "what the account, the database or a role has set does not bend a value" {
    kinds
    postgres_query <<<"ALTER ROLE reader SET DateStyle = 'SQL, DMY'; ALTER ROLE reader SET IntervalStyle = 'iso_8601';
        ALTER ROLE reader SET TimeZone = 'Asia/Kathmandu'; ALTER ROLE reader SET extra_float_digits = -15;
        ALTER ROLE reader SET bytea_output = 'escape'; ALTER ROLE reader SET client_encoding = 'LATIN1';
        ALTER ROLE reader SET standard_conforming_strings = off; ALTER ROLE reader SET search_path = public, pg_catalog"
    run copy kinds
    postgres_query <<<"ALTER ROLE reader RESET ALL"
    assert_status 0
    same_as_psql kinds w da iv j
    assert_equal "$(sqlite3 "$D" "SELECT z, length(b) FROM kinds WHERE id = 1")" "2024-07-01 10:00:00.000000|4"
    assert_equal "$(float_bits "$D" kinds)" \
        "$(postgres_query <<<"SELECT encode(float4send(f), 'hex'), encode(float8send(d), 'hex') FROM kinds ORDER BY id")"
}

@test "a type that is not carried is refused by column; a text of it is carried" {
    postgres_query <<<"CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE odd (id int, a int[], m money, r int4range, e mood,
        k bit(3), p point, ch \"char\"); INSERT INTO odd VALUES (1, '{1,2}', 1, '[1,5)', 'ok', B'101', '(1,2)', 'a')"
    local column
    for column in a m r e k p ch; do
        run dbferry copy pg local --query "SELECT id, $column FROM odd" --target-table odd
        assert_status 65
        assert_output_has "column '$column'" "cast it to a text"
    done
    run dbferry copy pg local --query "SELECT id, a::text AS a, e::text AS e FROM odd" --target-table odd
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM odd')" "1|{1,2}|ok"
}

@test "a value that its type does not hold elsewhere is refused by row and column" {
    postgres_query <<<"CREATE TABLE bent (id int, d date, t timestamp, n numeric(9,2));
        INSERT INTO bent VALUES (1, '2024-01-01', '2024-01-01', 1)"
    run copy bent
    assert_status 0
    local what
    for what in "d = 'infinity'" "d = '0044-03-15 BC'" "d = '10000-01-01'" "t = '-infinity'" "n = 'NaN'"; do
        postgres_query <<<"BEGIN; DELETE FROM bent WHERE id = 2; INSERT INTO bent (id) VALUES (2);
            UPDATE bent SET $what WHERE id = 2; COMMIT"
        run copy bent
        assert_status 65
        assert_output_has "row 2, column '${what%% *}'"
    done
    assert_equal "$(rows "$D" bent)" 1
}

@test "a policy that hides rows is an error, and no short copy" {
    postgres_query <<<"CREATE TABLE hidden (id int); INSERT INTO hidden SELECT generate_series(1, 10);
        ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON hidden USING (id = 1)"
    run copy hidden
    assert_status 77
}

@test "a password with quotes; a wrong one is never shown; TLS that is not there" {
    postgres_query <<<"CREATE TABLE one AS SELECT 1 AS id"
    run copy one
    assert_status 0
    run dbferry copy tls local --table one --target-table one
    assert_status 77
    (umask 077 && printf "wrong' host='127.0.0.2" >"$T/password")
    run copy one -v -v
    assert_status 77
    refute_output_has "wrong" "127.0.0.2"
    run dbferry copy pg local --table none --target-table none
    assert_status 77
}

@test "a server that ends the connection while rows come: 76, and the target stays" {
    postgres_query <<<"CREATE TABLE rows AS SELECT 1 AS id"
    run copy rows
    assert_status 0
    dbferry copy pg local --target-table rows \
        --query "SELECT i AS id, pg_sleep(0.001)::text AS s FROM generate_series(1, 1000000) i" \
        >"$T/log" 2>&1 3>&- &
    local run=$!
    until_there reading
    postgres_query <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"
    status=0
    wait "$run" || status=$?
    output=$(cat "$T/log")
    assert_status 76
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM rows')" 1
}

reading() {
    [ "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'
        AND query LIKE 'FETCH%'")" = 1 ]
}

@test "a query cannot write" {
    postgres_query <<<"CREATE TABLE kept AS SELECT 1 AS id"
    run dbferry copy pg local --target-table q --query "SELECT 1 AS a) AS q; COMMIT; DROP TABLE kept; --"
    [ "$status" -ne 0 ]
    assert_equal "$(postgres_query <<<"SELECT * FROM kept")" 1
}

# ---- As a target ----

source_rows() {
    sqlite3 "$S" <<'SQL'
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, r REAL, x TEXT, b BLOB);
INSERT INTO t VALUES (1, 0.1, 'é😀''\ "', x'00ff'), (2, 5e-324, '', x''), (3, 9e999, NULL, NULL),
 (4, 1.7976931348623157e308, '$1 %s {', zeroblob(70000)), (-9223372036854775808, -0.5, 'last', x'27');
SQL
}

@test "each value is written as it is, and written again" {
    source_rows
    local turn
    for turn in new replaced; do
        run dbferry copy file writer --table t --target-table t -o job.verify=content
        assert_status 0
        assert_equal "$turn $(postgres_query <<<"SELECT id, encode(float8send(r), 'hex'), x, length(b), md5(b) FROM loaded.t ORDER BY id")" \
            "$turn $(python3 - "$S" <<'PY'
import hashlib, sqlite3, struct, sys
for i, r, x, b in sqlite3.connect(sys.argv[1]).execute("SELECT * FROM t ORDER BY id"):
    print(i, struct.pack(">d", r).hex(), x or "", "" if b is None else len(b), "" if b is None else hashlib.md5(b).hexdigest(), sep="|")
PY
        )"
    done
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM loaded._dbferry_sync WHERE target_table = 't'")" 1
    [[ $(postgres_query <<<"SELECT count(*) FROM pg_constraint WHERE conrelid = 'loaded.t'::regclass AND contype = 'p'") == 1 ]]
}

@test "a text with a NUL is refused by row and column, and the table stays" {
    source_rows
    run dbferry copy file writer --table t --target-table nul
    assert_status 0
    sqlite3 "$S" "UPDATE t SET x = 'a' || char(0) || 'b' WHERE id = 4"
    run dbferry copy file writer --table t --target-table nul
    assert_status 65
    assert_output_has "column 'x'" NUL
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM loaded.nul")" 5
}

@test "what hangs on a table is not harmed: the run is refused with the reason" {
    source_rows
    local case
    # What is made, and what the message has of it.
    for case in "CREATE TABLE loaded.orders (c bigint REFERENCES loaded.h ON DELETE CASCADE); INSERT INTO loaded.orders VALUES (1)|table loaded.orders|DROP TABLE loaded.orders" \
        "CREATE TABLE loaded.kid () INHERITS (loaded.h)|table loaded.kid|DROP TABLE loaded.kid" \
        "CREATE FUNCTION loaded.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER each BEFORE INSERT ON loaded.h FOR EACH ROW EXECUTE FUNCTION loaded.f()|trigger each|DROP TRIGGER each ON loaded.h" \
        "CREATE RULE r AS ON DELETE TO loaded.h DO INSTEAD NOTHING|rule r|DROP RULE r ON loaded.h" \
        "ALTER TABLE loaded.h ENABLE ROW LEVEL SECURITY; ALTER TABLE loaded.h FORCE ROW LEVEL SECURITY|policies|ALTER TABLE loaded.h DISABLE ROW LEVEL SECURITY; ALTER TABLE loaded.h NO FORCE ROW LEVEL SECURITY"; do
        [ -n "${made:-}" ] || {
            run dbferry copy file writer --table t --target-table h
            assert_status 0
            made=1
        }
        postgres_query <<<"${case%%|*}"
        run dbferry copy file writer --table t --target-table h
        assert_status 65
        assert_output_has "$(cut -d'|' -f2 <<<"$case")"
        postgres_query <<<"${case##*|}"
    done
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM loaded.h")" 5
    run dbferry copy file writer --table t --target-table h
    assert_status 0
}

@test "a table is made anew where the job says so and nothing is lost" {
    source_rows
    run dbferry copy file writer --table t --target-table anew
    assert_status 0
    sqlite3 "$S" "ALTER TABLE t ADD COLUMN more TEXT; UPDATE t SET more = 'm'"
    run dbferry copy file writer --table t --target-table anew -o job.on_schema_change=refuse
    assert_status 65
    postgres_query <<<"CREATE VIEW loaded.seen AS SELECT id FROM loaded.anew"
    run dbferry copy file writer --table t --target-table anew
    assert_status 65
    assert_output_has "loaded.seen"
    postgres_query <<<"DROP VIEW loaded.seen"
    run dbferry copy file writer --table t --target-table anew
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT count(*), min(more) FROM loaded.anew")" "5|m"
    # As is, and once more with other columns.
    run dbferry copy file writer --table t --target-table anew
    assert_status 0
    sqlite3 "$S" "ALTER TABLE t DROP COLUMN more"
    run dbferry copy file writer --table t --target-table anew
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM pg_constraint WHERE conrelid = 'loaded.anew'::regclass")" 1
}

@test "a name that PostgreSQL would cut is refused" {
    source_rows
    local long
    long=$(printf 'x%.0s' {1..64})
    run dbferry copy file writer --table t --target-table "$long"
    assert_status 65
    assert_output_has "63 bytes"
    run dbferry copy file writer --target-table short --query "SELECT id AS $long FROM t"
    assert_status 65
}

@test "a run waits no longer than lock_wait for whoever reads or writes the table" {
    source_rows
    run dbferry copy file writer --table t --target-table busy
    assert_status 0
    postgres_query <<<"LISTEN x; BEGIN; LOCK TABLE loaded.busy IN ROW EXCLUSIVE MODE; SELECT pg_sleep(60)" >/dev/null 2>&1 3>&- &
    local holder=$!
    until_there holding
    run dbferry copy file writer --table t --target-table busy -o job.lock_wait=100ms
    postgres_query <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'" >/dev/null
    wait "$holder" || true
    assert_status 75
}

holding() {
    [ "$(postgres_query <<<"SELECT count(*) FROM pg_locks WHERE relation = 'loaded.busy'::regclass AND granted")" -ge 1 ]
}

# ---- What a review has found ----

@test "a user's table with a name of the catalog is read, and not the catalog" {
    postgres_query <<<"CREATE TABLE public.pg_tables (id int PRIMARY KEY, v text); INSERT INTO public.pg_tables VALUES (1, 'mine')"
    run copy pg_tables
    postgres_query <<<"DROP TABLE public.pg_tables"
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM pg_tables")" "1|mine"
}

@test "a query that ends the transaction and writes is not run" {
    postgres_query <<<"CREATE TABLE public.victim AS SELECT 1 AS id; ALTER TABLE public.victim OWNER TO reader"
    run dbferry copy pg local --target-table q --query "SELECT 1 AS id) AS x; COMMIT; DELETE FROM victim; SELECT * FROM (SELECT 1 AS id"
    [ "$status" -ne 0 ]
    assert_equal "$(postgres_query <<<"SELECT * FROM public.victim")" 1
}

@test "a value is not told in the reason; quoted names of types; a key that includes more" {
    run dbferry copy pg local --target-table q --query "SELECT 1 AS id, ('SEC'||'RET')::int AS y"
    assert_status 65
    assert_output_has 22P02
    [[ $output != *SECRET* ]]
    postgres_query <<'SQL'
CREATE FUNCTION complains(note text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad %', note; END $$;
CREATE FUNCTION lies(note text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'no %', note USING ERRCODE = '42704'; END $$;
SQL
    for name in complains lies; do
        run dbferry copy pg local --target-table q --query "SELECT $name('SEC'||'RET') AS y"
        [ "$status" -ne 0 ]
        assert_output_has "a function has raised an error"
        [[ $output != *SECRET* ]]
    done
    postgres_query <<<"CREATE TABLE keyed (id int, x text, PRIMARY KEY (id) INCLUDE (x)); INSERT INTO keyed VALUES (1, 'a');
        ALTER ROLE reader SET quote_all_identifiers = on"
    run copy keyed
    postgres_query <<<"ALTER ROLE reader RESET quote_all_identifiers"
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(name) FROM pragma_table_info('keyed') WHERE pk > 0")" id
}

@test "rights that a table made anew would get, keys that are not checked, an index of one's own" {
    source_rows
    run dbferry copy file writer --table t --target-table r
    assert_status 0
    sqlite3 "$S" "ALTER TABLE t ADD COLUMN more TEXT"
    postgres_query <<<"CREATE UNIQUE INDEX dbferry_mine ON loaded.r ((lower(x)))"
    run dbferry copy file writer --table t --target-table r -o job.on_rebuild_loss=refuse
    assert_status 65
    assert_output_has dbferry_mine
    postgres_query <<<"DROP INDEX loaded.dbferry_mine;
        ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA loaded GRANT SELECT ON TABLES TO reader"
    run dbferry copy file writer --table t --target-table r -o job.on_rebuild_loss=allow
    postgres_query <<<"ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA loaded REVOKE SELECT ON TABLES FROM reader"
    assert_status 65
    assert_output_has "ALTER DEFAULT PRIVILEGES"
    run dbferry copy file writer --table t --target-table r
    assert_status 0
    postgres_query <<<"ALTER ROLE loader SET session_replication_role = replica"
    run dbferry copy file writer --table t --target-table r
    postgres_query <<<"ALTER ROLE loader RESET session_replication_role"
    assert_status 65
    assert_output_has session_replication_role
}

@test "a database that counts bytes is no target; an address of the server has one key" {
    source_rows
    postgres_query <<<"CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0"
    sed -i '/user = "loader"/{s/loaded/public/;s/database = "postgres"/database = "bytes"/}' "$DBFERRY_CONFIG"
    run dbferry copy file writer --table t --target-table t
    postgres_query <<<"DROP DATABASE bytes"
    assert_status 78
    assert_output_has SQL_ASCII
    sed -i 's/pgsql_sslmode = "require"/pgsql_hostaddr = "192.0.2.2"/' "$DBFERRY_CONFIG"
    run dbferry copy tls local --table kinds --target-table kinds
    assert_status 78
    assert_output_has pgsql_hostaddr
}

# ---- Given up, cut off, in the way ----

nobody_reads() { [ "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'")" = 0 ]; }

@test "a run that is given up asks the server to end what it was asked for" {
    postgres_query <<<"ALTER ROLE reader SET log_min_messages = error"
    "$DBFERRY" copy pg local --target-table endless \
        --query "SELECT count(*) AS id FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b" >"$T/log" 2>&1 3>&- &
    local run=$!
    until_there reading
    kill -TERM "$run"
    wait "$run" || true
    postgres_query <<<"ALTER ROLE reader RESET log_min_messages"
    until_there nobody_reads
    # By request, and not since the server has looked after its client some seconds later.
    grep "canceling statement due to user request" "$POSTGRES_FOLDER/log"
}

loader_inserts() { [ "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'loader' AND query LIKE 'INSERT%'")" = 1 ]; }

@test "a target whose server goes is tried once more; what the server said is in the log alone" {
    sqlite3 "$S" "CREATE TABLE many (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO many WITH RECURSIVE n(i) AS
        (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT i, printf('%0100d', i) FROM n"
    sed -i '/user = "loader"/s/retries = 0/retries = 1; retry_wait = "100ms"/' "$DBFERRY_CONFIG"
    "$DBFERRY" copy file writer --table many --target-table many >"$T/log" 2>&1 3>&- &
    local run=$!
    until_there loader_inserts || { cat "$T/log" >&2; return 1; }
    postgres_query <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'loader'"
    status=0
    wait "$run" || status=$?
    output=$(cat "$T/log")
    assert_status 0
    [[ $output != *LOCATION:* ]]
    assert_equal "$(grep -vc '^dbferry\|^[0-9]* rows' "$T/log")" 0
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM loaded.many")" 200000
}

run_waits() { postgres_query <<<"SELECT query FROM pg_stat_activity WHERE usename = 'loader'" | grep -q 'ACCESS EXCLUSIVE'; }

@test "whoever has read a table that is made anew, and then writes to it, is no victim of ours" {
    source_rows
    run dbferry copy file writer --table t --target-table r2
    assert_status 0
    sqlite3 "$S" "ALTER TABLE t ADD COLUMN more TEXT"
    coproc STRANGER { postgres_query 2>&1; }
    local stranger=$STRANGER_PID line
    echo "BEGIN; SELECT 'rows ' || count(*) FROM loaded.r2;" >&"${STRANGER[1]}"
    read -r line <&"${STRANGER[0]}"
    "$DBFERRY" copy file writer --table t --target-table r2 -o job.lock_wait=4s >"$T/log" 2>&1 3>&- &
    local run=$!
    until_there run_waits
    echo "INSERT INTO loaded.r2 (id) VALUES (99) RETURNING 'done'; COMMIT;" >&"${STRANGER[1]}"
    while read -r line <&"${STRANGER[0]}" && [[ $line != done && $line != *ERROR* ]]; do :; done
    assert_equal "$line" done
    eval "exec ${STRANGER[1]}>&-"
    wait "$stranger" || true
    status=0
    wait "$run" || status=$?
    output=$(cat "$T/log")
    assert_status 0
    # While the table is held all the time: 75, and it stays.
    coproc STRANGER { postgres_query 2>&1; }
    stranger=$STRANGER_PID
    echo "BEGIN; INSERT INTO loaded.r2 (id) VALUES (99) RETURNING 'held';" >&"${STRANGER[1]}"
    while read -r line <&"${STRANGER[0]}" && [ "$line" != held ]; do :; done
    run dbferry copy file writer --query "SELECT id, x FROM t" --target-table r2 -o job.lock_wait=1s -o job.on_rebuild_loss=allow
    eval "exec ${STRANGER[1]}>&-"
    wait "$stranger" || true
    assert_status 75
    assert_output_has lock_wait
    assert_equal "$(postgres_query <<<"SELECT count(*), min(more) FROM loaded.r2")" "5|"
    # With nobody in the way, and with indexes that have the old one's names.
    run dbferry copy file writer --table t --target-table r2
    assert_status 0
    run dbferry copy file writer --query "SELECT id, x FROM t" --target-table r2 -o job.on_rebuild_loss=allow
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 'loaded.r2'::regclass AND attnum > 0")" "id x"
}

@test "an index of the source that a row is too long for is left out, with a warning" {
    sqlite3 "$S" "CREATE TABLE long (id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX la ON long (a); CREATE INDEX lb ON long (b);
        INSERT INTO long SELECT 1, group_concat(hex(randomblob(500)), ''), 'b' FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) SELECT i FROM n)"
    local turn
    for turn in made "made anew"; do
        run dbferry copy file writer --table long --target-table long
        assert_status 0
        assert_output_has "has no index (\"a\")"
        assert_equal "$turn $(postgres_query <<<"SELECT count(*) FROM pg_index WHERE indrelid = 'loaded.long'::regclass")" "$turn 2"
        assert_equal "$(postgres_query <<<"SELECT count(*) FROM pg_class WHERE relname LIKE '\_dbferry\_new%'")" 0
        sqlite3 "$S" "ALTER TABLE long ADD COLUMN \"c$turn\" TEXT"
    done
}

@test "rows of a megabyte take no more memory than max_result_bytes, also behind short ones" {
    run peak_of "$DBFERRY" copy -q pg local --target-table big \
        --query "SELECT i AS id, repeat('x', 1000000) AS s FROM generate_series(1, 100) i"
    assert_status 0
    [ "$output" -lt 80 ]
    assert_equal "$(sqlite3 "$D" "SELECT count(*), sum(length(s)) FROM big")" "100|100000000"
    postgres_query <<<"CREATE TABLE sudden AS SELECT i AS id, CASE WHEN i < 3000 THEN '' ELSE repeat('x', 1000000) END AS s FROM generate_series(1, 3150) i"
    run peak_of "$DBFERRY" copy -q pg local --table sudden --target-table sudden
    assert_status 0
    [ "$output" -lt 80 ]
    assert_equal "$(sqlite3 "$D" "SELECT count(*), sum(length(s)), sum(id) FROM sudden")" "3150|151000000|4962825"
}

columns_of() { postgres_query <<<"SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'loaded.$1'::regclass AND attnum > 0"; }
loader_is_gone() { [ "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'loader'")" = 0 ]; }

@test "cut off at a statement: the old rows or the new ones, nothing left, and the next run heals" {
    source_rows
    local text mode cutter
    mkdir "$T/cut"
    sed -e "s|host = \"$POSTGRES_SOCKET\"|host = \"$T/cut\"|" "$DBFERRY_CONFIG" | write_config "$T/cut.conf"
    export DBFERRY_CONFIG=$T/dbferry.conf
    for text in "pg_try_advisory" "INSERT INTO" "ACCESS EXCLUSIVE" "RENAME TO" "=commit"; do
        for mode in before after; do
            run dbferry copy file writer --query "SELECT id, x FROM t" --target-table cut -o job.on_rebuild_loss=allow
            assert_status 0
            : >"$T/cut.log" # the last one said that it is ready
            python3 "$FERRY_SOURCE/tests/servers/cut_postgres.py" "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" \
                "$T/cut/.s.PGSQL.$POSTGRES_PORT" "$mode" "$text" >"$T/cut.log" 2>&1 3>&- &
            cutter=$!
            until_there grep -q ready "$T/cut.log"
            run dbferry copy -c "$T/cut.conf" file writer --query "SELECT id, x, r FROM t" --target-table cut
            grep "cut at" "$T/cut.log"
            kill "$cutter"
            wait "$cutter" || true
            until_there loader_is_gone
            echo "$mode $text: $status $output" >&2
            if [ "$mode $text" = "after =commit" ]; then
                assert_status 0
                assert_output_has "did not answer to the commit"
                assert_equal "$(columns_of cut)" "id x r"
            else
                assert_status 74
                assert_equal "$(columns_of cut)" "id x"
            fi
            assert_equal "$(postgres_query <<<"SELECT count(*) FROM pg_class WHERE relname LIKE '\_dbferry\_new%'")" 0
        done
    done
}
