# What the odbc driver reads through odbc-postgresql: each value as psql prints it, or refused.

load helper
load ../servers/postgres

setup_file() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" || return
    export POSTGRES_FOLDER POSTGRES_HOME POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID
    postgres_query <<<"CREATE ROLE reader LOGIN PASSWORD 'a}b;c={d \"e';
        ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader"
}

teardown_file() {
    [ -z "${POSTGRES_PID:-}" ] || postgres_remove
}

setup() {
    ferry_setup
    requires_driver odbc
    requires_driver sqlite
    requires sqlite3
    requires odbcinst
    postgres_is_installed || skip "PostgreSQL's server is not installed"
    odbcinst -q -d -n "PostgreSQL Unicode" >/dev/null 2>&1 ||
        skip "the ODBC driver PostgreSQL Unicode is not installed"
    D=$T/target.db
    (umask 077 && printf 'a}b;c={d "e' >"$T/password")
    write_config <<END
connections = {
  pg = { driver = "odbc"; odbc_driver = "PostgreSQL Unicode"; user = "reader"; retries = 0;
         password_file = "$T/password";
         attributes = { Server = "127.0.0.1"; Port = "$POSTGRES_PORT"; Database = "postgres"; }; };
  writer = { driver = "odbc"; odbc_driver = "PostgreSQL Unicode"; user = "postgres"; retries = 0;
             attributes = { Server = "$POSTGRES_SOCKET"; Port = "$POSTGRES_PORT"; Database = "postgres"; }; };
  local = { driver = "sqlite"; path = "$D"; };
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

@test "numbers, texts, moments and bytes are those that psql prints" {
    postgres_query <<'SQL'
CREATE TABLE kinds (id int PRIMARY KEY, i2 smallint, i8 bigint, o oid, n numeric(65,30), n0 numeric(20,0),
    c char(5), v varchar(9), w varchar, x text, nm name, u uuid, da date, ti time(3), ts timestamp,
    t3 timestamp(3), ip inet, ma macaddr, b bytea, f real, d double precision, yes boolean, z timestamptz);
INSERT INTO kinds VALUES
 (1, -32768, 9223372036854775807, 4294967295,
  '12345678901234567890123456789012345.123456789012345678901234567891', -7, 'ab', 'x  ',
  U&'\00e9\+01F600', E'\t\n''"\\', 'nm', '7B275486-66b6-4e02-a4ad-f5cc649ccc41', '2024-02-29',
  '12:34:56.789', '2024-01-02 03:04:05.123456', '9999-12-31 23:59:59.999', '10.0.0.1/8',
  '08:00:2b:01:02:03', '\x00ff4100', 1.1, 0.1, true, '2024-07-01 12:00+02'),
 (2, 32767, -9223372036854775808, 0, -0.000000000000000000000000000001, 99999, '', '', '', '', '',
  '00000000-0000-0000-0000-000000000000', '0001-01-01', '24:00', '0001-01-01', '0001-01-01', '::1', NULL,
  '', 3.4028235e38, 5e-324, false, '0001-01-01 00:00+00'),
 (3, NULL, NULL, NULL, 0, NULL, NULL, NULL, repeat(U&'\00e9\+01F600', 3000), repeat('x', 100000), NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, decode(repeat('00ff', 40000), 'hex'), 1e-45,
  2.2250738585072014e-308, NULL, NULL),
 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, 'infinity', 1.0 / 3, NULL, NULL);
SQL
    run copy kinds
    assert_status 0
    same_as_psql kinds i2 i8 o n n0 c v w x nm u da ip ma
    # A fraction has as many digits as its column.
    assert_equal "$(sqlite3 "$D" "SELECT ti, ts, t3, z FROM kinds WHERE id < 3 ORDER BY id")" \
        "12:34:56.789|2024-01-02 03:04:05.123456|9999-12-31 23:59:59.999|2024-07-01 10:00:00.000000
24:00:00.000|0001-01-01 00:00:00.000000|0001-01-01 00:00:00.000|0001-01-01 00:00:00.000000"
    assert_equal "$(sqlite3 "$D" "SELECT hex(b) FROM kinds WHERE id < 4 ORDER BY id")" \
        "$(postgres_query <<<"SELECT upper(encode(b, 'hex')) FROM kinds WHERE id < 4 ORDER BY id")"
    bits=$(python3 - "$D" <<'PY'
import sqlite3, struct, sys
for f, d in sqlite3.connect(sys.argv[1]).execute("SELECT f, d FROM kinds ORDER BY id"):
    print(struct.pack(">f", f).hex() + "|" + struct.pack(">d", d).hex())
PY
    )
    assert_equal "$bits" "$(postgres_query <<<"SELECT encode(float4send(f), 'hex'), encode(float8send(d), 'hex') FROM kinds ORDER BY id")"
    [[ $(sqlite3 "$D" .schema) == *"PRIMARY KEY"* ]]
}

@test "a type without a name there is refused by column; a text of it is carried" {
    postgres_query <<<"CREATE TABLE odd (id int, a int[], i interval);
        INSERT INTO odd VALUES (1, '{1,2}', '1 day 2 hours')"
    run copy odd
    assert_status 65
    assert_output_has "column 'a'" "cast it to a text"
    run dbferry copy pg local --query "SELECT id, a::text AS a, i::text AS i FROM odd" --target-table odd
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM odd')" "1|{1,2}|1 day 02:00:00"
}

@test "a value that ODBC would bend is refused by row and column" {
    postgres_query <<<"CREATE TABLE bent (id int, d date, t timestamp, n numeric(9,2), m numeric);
        INSERT INTO bent VALUES (1, '2024-01-01', '2024-01-01', 1, 0.5)"
    run copy bent
    assert_status 0
    local what
    for what in "d = 'infinity'" "d = '0044-03-15 BC'" "d = '10000-01-01'" "t = '-infinity'" "n = 'NaN'" \
        "m = 1e-20" "m = 1e40"; do
        postgres_query <<<"BEGIN; DELETE FROM bent WHERE id = 2; INSERT INTO bent (id) VALUES (2);
            UPDATE bent SET $what WHERE id = 2; COMMIT"
        run copy bent
        assert_status 65
        assert_output_has "row 2, column '${what%% *}'"
    done
    assert_equal "$(rows "$D" bent)" 1
}

@test "a password with what means something in a connection string; a wrong one is never shown" {
    postgres_query <<<"CREATE TABLE one AS SELECT 1 AS id"
    run copy one
    assert_status 0
    for words in a+b a%b '%41+b%7D' 'a}+%20'; do
        postgres_query <<<"ALTER ROLE reader PASSWORD '$words'"
        (umask 077 && printf '%s' "$words" >"$T/password")
        run copy one
        postgres_query <<<"ALTER ROLE reader PASSWORD 'a}b;c={d \"e'"
        assert_status 0
    done
    (umask 077 && printf 'wrong}b;Server=127.0.0.2' >"$T/password")
    run dbferry copy pg local --table one -v -v
    assert_status 77
    refute_output_has "wrong}b" "127.0.0.2"
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

@test "a connection that is cut between two pages of rows: 76, and the target stays" {
    requires python3
    postgres_query <<<"CREATE TABLE paged AS SELECT i AS id FROM generate_series(1, 9000) i"
    run dbferry copy writer local --table paged
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT count(*), sum(id) FROM paged')" "9000|40504500"
    mkdir "$T/cut"
    python3 "$FERRY_SOURCE/tests/servers/cut_postgres.py" "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" \
        "$T/cut/.s.PGSQL.$POSTGRES_PORT" after "2*FETCH FORWARD" >"$T/cut.log" 2>&1 3>&- &
    local cutter=$!
    until_there grep -q ready "$T/cut.log"
    sed -i "s|Server = \"$POSTGRES_SOCKET\"|Server = \"$T/cut\"|" "$T/dbferry.conf"
    run dbferry copy writer local --query "SELECT id + 1 AS id FROM paged" --target-table paged
    kill "$cutter"
    assert_status 76
    assert_output_has "after 8000 rows"
    assert_equal "$(sqlite3 "$D" 'SELECT count(*), sum(id) FROM paged')" "9000|40504500"
}

@test "rows of long values come a few at a time, whatever there are of them" {
    requires python3
    postgres_query <<<"CREATE TABLE heavy AS SELECT i AS id, repeat(md5(i::text), 32768) AS x FROM generate_series(1, 160) i"
    python3 - "$DBFERRY" copy pg local --table heavy >"$T/peak" <<'END'
import resource, subprocess, sys
assert subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=2) == 0
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
END
    assert_equal "$(sqlite3 "$D" 'SELECT count(*), sum(length(x)), count(DISTINCT x) FROM heavy')" "160|167772160|160"
    # MiB, which is what the values have; a sanitizer keeps what was freed.
    grep -aq __asan_init "$FERRY_BUILD/src/dbferry" || [ "$(cat "$T/peak")" -lt 160 ]
}

reading() {
    [ "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND state = 'active'
        AND query LIKE 'FETCH%'")" = 1 ]
}

@test "time limits: for an answer, and for a login that nobody answers" {
    sed -i 's/retries = 0;/retries = 0; read_timeout = "1s";/' "$T/dbferry.conf"
    local before=$SECONDS
    run dbferry copy pg local --query "SELECT 1 AS id, pg_sleep(100)::text AS s" --target-table late
    assert_status 76
    assert_output_has read_timeout
    python3 - "$T/port" <<'PY' &
import os, socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)
PY
    local silent=$!
    until_there [ -e "$T/port" ]
    sed -i "s/Port = \"$POSTGRES_PORT\"/Port = \"$(cat "$T/port")\"/; s/retries = 0;/& connect_timeout = \"500ms\";/" \
        "$T/dbferry.conf"
    run copy kinds
    kill "$silent"
    assert_status 69
    assert_output_has "no connection within 500 ms"
    [ $((SECONDS - before)) -lt 50 ]
}

@test "merge by a text key, in the order of its bytes" {
    postgres_query <<<"CREATE TABLE words (w text PRIMARY KEY, n int);
        INSERT INTO words VALUES ('a', 1), ('B', 2), (U&'\00e9', 3), (U&'\+01F600', 4), (U&'\FF5E', 5), ('', 6)"
    run copy words
    assert_status 0
    postgres_query <<<"DELETE FROM words WHERE w = 'B'; UPDATE words SET n = 7 WHERE n = 4"
    run copy words -o job.strategy=merge -v
    assert_status 0
    assert_output_has "1 updated, 1 deleted"
    assert_equal "$(sqlite3 "$D" 'SELECT sum(n), count(*) FROM words')" "22|5"
}

# ---- As a target ----

# of_file TABLE: a table of the file goes to the server.
of_file() { dbferry copy local writer --table "$1" --target-table "$1" "${@:2}"; }

@test "a table of a file is stored as it was, and again; what hangs on it stays" {
    sqlite3 "$D" <<'SQL'
CREATE TABLE copied (id INTEGER PRIMARY KEY, x TEXT NOT NULL, r REAL, b BLOB, i INT);
INSERT INTO copied VALUES (1, 'é😀' || char(9) || '''\"?{fn', 0.1, x'00ff', 5), (2, '', 5e-324, x'', NULL),
    (3, ' x ', -1e999, NULL, -9223372036854775808);
WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO copied SELECT i, printf('%.*c', i, 'y'), i / 7.0, randomblob(i % 99), i FROM n;
SQL
    run of_file copied -o job.verify=content
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT id, x, encode(float8send(r), 'hex'), coalesce(encode(b, 'hex'),
        'NULL'), i FROM copied WHERE id < 4 ORDER BY id")" \
        $'1|é😀\t\'\\"?{fn|3fb999999999999a|00ff|5\n2||0000000000000001||\n3| x |fff0000000000000|NULL|-9223372036854775808'
    assert_equal "$(postgres_query <<<"SELECT md5(string_agg(id || x || coalesce(encode(b, 'hex'), ''), ','
        ORDER BY id)) FROM copied WHERE id > 3")" \
        "$(sqlite3 "$D" "SELECT id || x || lower(hex(b)) FROM copied WHERE id > 3 ORDER BY id" |
            paste -sd, | tr -d '\n' | md5sum | cut -d' ' -f1)"
    postgres_query <<<"CREATE VIEW of_copied AS SELECT id FROM copied; GRANT INSERT ON copied TO reader"
    sqlite3 "$D" "DELETE FROM copied WHERE id > 2"
    run of_file copied
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM of_copied")" 2
    assert_equal "$(postgres_query <<<"SELECT has_table_privilege('reader', 'copied', 'SELECT')")" t
    # Another shape would need another table.
    sqlite3 "$D" "ALTER TABLE copied ADD COLUMN more INT"
    run of_file copied -o job.on_schema_change=rebuild
    assert_status 65
    assert_output_has "the right INSERT of reader" "view of_copied"
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM of_copied")" 2
}

@test "what the definition of a table says is not lost unasked" {
    sqlite3 "$D" "CREATE TABLE said (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO said VALUES (1, 'a')"
    postgres_query <<<"CREATE TABLE said (id bigint PRIMARY KEY, more int DEFAULT 5 CHECK (more > 0));
        CREATE INDEX of_more ON said (more); COMMENT ON TABLE said IS 'mine'; INSERT INTO said VALUES (7)"
    run of_file said -o job.on_schema_change=rebuild
    assert_status 65
    assert_output_has "the constraint said_more_check" "the default of more" "the index of_more" "its comment"
    assert_equal "$(postgres_query <<<"SELECT id, more FROM said")" "7|5"
    postgres_query <<<"DROP TABLE said; CREATE TABLE said (id bigint PRIMARY KEY, \"a \"\"b\" int);
        CREATE UNIQUE INDEX dbferry_0123456789abcdef_u ON said (id, \"a \"\"b\")" # as dbferry makes one
    run of_file said -o job.on_schema_change=rebuild
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT id, x FROM said")" "1|a"
}

@test "a value that the server does not take: 65, and the table stays" {
    sqlite3 "$D" "CREATE TABLE bad (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO bad VALUES (1, 'fine')"
    run of_file bad
    assert_status 0
    sqlite3 "$D" "INSERT INTO bad VALUES (2, 'a' || char(0) || 'b')"
    run of_file bad
    assert_status 65
    assert_output_has "row 2, column 'x'" NUL
    postgres_query <<<"ALTER TABLE bad ADD CONSTRAINT short CHECK (length(x) < 9)"
    sqlite3 "$D" "UPDATE bad SET x = 'much too long' WHERE id = 2"
    run of_file bad
    assert_status 65
    assert_output_has short
    assert_equal "$(postgres_query <<<"SELECT id, x FROM bad")" "1|fine"
    assert_equal "$(postgres_query <<<"SELECT \"rows\" FROM _dbferry_sync WHERE target_table = 'bad'")" 1
}

@test "a view is no target; single rows are not changed through ODBC" {
    sqlite3 "$D" "CREATE TABLE plain (id INTEGER PRIMARY KEY); INSERT INTO plain VALUES (1)"
    run of_file plain
    assert_status 0
    postgres_query <<<"CREATE VIEW no_table AS SELECT 1 AS id"
    run dbferry copy local writer --table plain --target-table no_table
    assert_status 65
    assert_output_has "no plain table"
    sqlite3 "$D" "INSERT INTO plain VALUES (2)"
    run of_file plain -o job.strategy=append -o job.cursor=id
    [ "$status" -ne 0 ] || assert_equal "$(postgres_query <<<"SELECT count(*) FROM plain")" 2
}

# refused_as_it_is TABLE WORD...: the job is refused, and all the rows stay.
refused_as_it_is() {
    local before
    before=$(postgres_query <<<"SELECT string_agg(t::text, ',' ORDER BY t::text) FROM $1 t")
    run of_file "$1" "${options[@]}"
    assert_status 65
    assert_output_has "${@:2}"
    assert_equal "$(postgres_query <<<"SELECT string_agg(t::text, ',' ORDER BY t::text) FROM $1 t")" "$before"
}

@test "rows of other tables do not go with those that are replaced" {
    local options=()
    sqlite3 "$D" "CREATE TABLE customer (id INTEGER PRIMARY KEY); INSERT INTO customer VALUES (1), (2)"
    of_file customer
    postgres_query <<<"CREATE TABLE orders (c bigint REFERENCES customer ON DELETE CASCADE); INSERT INTO orders VALUES (2)"
    refused_as_it_is customer orders_c_fkey "changes its rows as well"
    assert_equal "$(postgres_query <<<"SELECT c FROM orders")" 2
    postgres_query <<<"DROP TABLE orders; CREATE TABLE kid () INHERITS (customer); INSERT INTO kid VALUES (99)"
    refused_as_it_is customer "table kid inherits from it"
    postgres_query <<<"DROP TABLE kid; CREATE RULE half AS ON DELETE TO customer WHERE OLD.id = 1 DO INSTEAD NOTHING"
    refused_as_it_is customer "its rule half"
    postgres_query <<<"DROP RULE half ON customer; CREATE TABLE orders (c bigint REFERENCES customer); INSERT INTO orders VALUES (2);
        ALTER ROLE postgres SET session_replication_role = replica"
    sqlite3 "$D" "DELETE FROM customer WHERE id = 2"
    refused_as_it_is customer session_replication_role
    postgres_query <<<"ALTER ROLE postgres RESET session_replication_role; DROP TABLE orders"
    run of_file customer
    assert_status 0
}

@test "what hangs on a table is not lost where it would be made anew" {
    local options=(-o job.on_schema_change=rebuild) what
    sqlite3 "$D" "CREATE TABLE hung (id INTEGER PRIMARY KEY, more TEXT); INSERT INTO hung VALUES (1, 'a')"
    while IFS='|' read -r definition after words; do
        postgres_query <<<"DROP TABLE IF EXISTS parent, hung CASCADE; CREATE TABLE $definition; $after;
            INSERT INTO hung (x) VALUES (7)"
        refused_as_it_is hung "$words"
    done <<'END'
hung (id int GENERATED ALWAYS AS IDENTITY, x int)||sequence hung_id_seq
hung (id bigint, x int)|REVOKE ALL ON hung FROM reader|no right SELECT of reader, which default privileges give
hung (id bigint, x int)|REVOKE TRUNCATE ON hung FROM postgres|no right TRUNCATE of its owner
hung (id bigint, x int)|GRANT SELECT ON hung TO PUBLIC|the right SELECT of everybody
hung (id bigint, x int)|GRANT SELECT (x) ON hung TO reader|rights on its column x
hung (id bigint, x int)|CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER tr AFTER DELETE ON hung EXECUTE FUNCTION no()|trigger tr on table hung
hung (id bigint, x int)|CREATE STATISTICS stats_of ON id, x FROM hung|stats_of
hung (id bigint, x int)|CREATE RULE noted AS ON DELETE TO hung DO ALSO NOTIFY gone|rule noted
hung (id bigint NOT NULL DEFAULT 5, x int PRIMARY KEY)||the primary key hung_pkey
hung (id bigint, more text NOT NULL DEFAULT 'x', x int)||NOT NULL of more
hung (id bigint, more text COLLATE "C", x int)||the collation of more
hung (id bigint, x int) WITH (fillfactor = 50)||storage parameters
hung (id bigint, x int)|CREATE INDEX my_dbferry_idx ON hung ((id + 1))|the index my_dbferry_idx
hung (id bigint, x int)|CREATE INDEX dbferry_0123456789abcdef ON hung (id DESC)|the index dbferry_0123456789abcdef
hung (id bigint, x int)|CREATE INDEX dbferry_0123456789abcdef ON hung (id) WHERE x > 1|the index dbferry_0123456789abcdef
hung (id bigint DEFAULT 1 PRIMARY KEY DEFERRABLE, x int)||what is special of the index hung_pkey
hung (id bigint DEFAULT 1 PRIMARY KEY, x int)|CLUSTER hung USING hung_pkey|clustered by hung_pkey
hung (id bigint DEFAULT 1 PRIMARY KEY, x int)|COMMENT ON CONSTRAINT hung_pkey ON hung IS 'mine'|the comment on a constraint
hung (id bigint, x int)|ALTER TABLE hung ALTER x SET (n_distinct = 5)|the options of x
parent (id bigint, x int); CREATE TABLE hung () INHERITS (parent)||its place in parent
END
    assert_equal "$(postgres_query <<<"SELECT x FROM parent")" 7
}

@test "a table is made anew under another name: readers wait for the last step, and that for lock_wait" {
    sqlite3 "$D" "CREATE TABLE anew (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO anew VALUES (1, 'a'), (2, 'b')"
    postgres_query <<<"CREATE TABLE anew (id bigint PRIMARY KEY); INSERT INTO anew VALUES (7)"
    looks anew 'LOCK TABLE anew IN ACCESS SHARE MODE;'
    run of_file anew -o job.on_schema_change=rebuild -o job.lock_wait=1s
    look_away
    assert_status 75
    assert_equal "$(postgres_query <<<"SELECT * FROM anew")" 7
    write_more_config anew 'indexes = ({ name = "by_x"; columns = ["x"]; unique = true; });'
    for _ in 1 2; do
        run dbferry run anew
        assert_status 0
        assert_equal "$(postgres_query <<<"SELECT id, x FROM anew ORDER BY id")" $'1|a\n2|b'
        assert_equal "$(postgres_query <<<"SELECT count(*), bool_or(indexname = 'by_x') FROM pg_indexes
            WHERE tablename = 'anew'")" "2|t"
    done
    # Its own index is made again with the table.
    sqlite3 "$D" "ALTER TABLE anew ADD COLUMN y INT"
    run dbferry run anew
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT count(*), bool_or(indexname = 'by_x') FROM pg_indexes
        WHERE tablename = 'anew'")" "2|t"
    postgres_query <<<"DROP INDEX by_x; CREATE INDEX by_x ON anew (x) WHERE id > 1"
    sqlite3 "$D" "ALTER TABLE anew ADD COLUMN z INT"
    run dbferry run anew
    assert_status 65
    assert_output_has "the index by_x"
    postgres_query <<<"DROP INDEX by_x; CREATE INDEX by_x ON anew (x)"
    run dbferry run anew
    assert_status 0
    # Whatever is in its name.
    sqlite3 "$D" "CREATE TABLE \"a\$c%u\" (id INTEGER PRIMARY KEY, \"x%\$c\" TEXT); INSERT INTO \"a\$c%u\" VALUES (1, 'a')"
    write_more_config odd 'indexes = ({ columns = ["x%$c"]; });' 'a$c%u'
    for _ in 1 2; do
        run dbferry run odd
        assert_status 0
    done
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM pg_indexes WHERE tablename = 'a\$c%u'")" 2
    # The name is another table's: no index is taken for it.
    postgres_query <<<"ALTER INDEX by_x RENAME TO by_y; CREATE TABLE taken (x text); CREATE INDEX by_x ON taken (x);
        DROP INDEX by_y"
    write_more_config anew 'indexes = ({ name = "by_x"; columns = ["x"]; unique = true; });'
    run dbferry run anew
    assert_status 65
    assert_output_has by_x "something else has that name"
}

# write_more_config NAME KEYS [TABLE]: the job NAME, with more keys.
write_more_config() {
    sed -i '/^jobs/d' "$T/dbferry.conf"
    printf 'jobs = ({ name = "%s"; source = "local"; table = "%s"; target = "writer"; on_schema_change = "rebuild"; %s });\n' \
        "$1" "${3:-$1}" "$2" >>"$T/dbferry.conf"
}

# looks TABLE SQL: another session begins with this, and waits within its transaction.
looks() {
    local POSTGRES_SHELL
    postgres_shell
    mkfifo "$T/look"
    "${POSTGRES_SHELL[@]}" <"$T/look" >/dev/null 2>&1 3>&- &
    LOOKING=$!
    exec 4>"$T/look"
    printf 'BEGIN; %s\n' "$2" >&4
    until_there locked "$1" t
}

look_away() {
    printf '%s\n' "${1:-ROLLBACK;}" >&4
    exec 4>&-
    wait "$LOOKING"
    rm "$T/look"
}

# locked TABLE GRANTED: somebody has a lock of it, or waits for one.
locked() {
    [ "$(postgres_query <<<"SELECT count(*) FROM pg_locks WHERE relation = to_regclass('$1') AND granted = '$2'")" -gt 0 ]
}

@test "a table that is emptied, rewritten or replaced after the snapshot is not read as an empty one" {
    local what
    for what in "TRUNCATE moved; INSERT INTO moved VALUES (3)" "ALTER TABLE moved ALTER id TYPE bigint; ALTER TABLE moved ALTER id TYPE int" \
        "ALTER TABLE moved RENAME TO away; CREATE TABLE moved (id int); INSERT INTO moved VALUES (3)"; do
        postgres_query <<<"DROP TABLE IF EXISTS moved, away; CREATE TABLE moved (id int); INSERT INTO moved VALUES (1), (2)"
        looks moved 'LOCK TABLE moved IN ACCESS EXCLUSIVE MODE;'
        dbferry copy pg local --query "SELECT id FROM moved" --target-table moved >"$T/log" 2>&1 3>&- 4>&- &
        local run=$!
        until_there locked moved f
        look_away "$what; COMMIT;"
        status=0
        wait "$run" || status=$?
        output=$(cat "$T/log")
        assert_status 75
        assert_output_has "run again"
    done
    run dbferry copy pg local --query "SELECT id FROM moved" --target-table moved
    assert_status 0
}

@test "a change sees what others commit while it waits, whatever the account's own settings are" {
    sqlite3 "$D" "CREATE TABLE late (id INTEGER PRIMARY KEY); INSERT INTO late VALUES (1), (2)"
    of_file late
    postgres_query <<<"ALTER ROLE postgres SET default_transaction_isolation = 'serializable';
        ALTER ROLE postgres SET default_transaction_read_only = on; ALTER ROLE postgres SET lock_timeout = 1"
    looks late 'SET TRANSACTION READ WRITE, ISOLATION LEVEL READ COMMITTED; INSERT INTO late VALUES (7), (8);'
    dbferry copy local writer --table late --target-table late >"$T/log" 2>&1 3>&- 4>&- &
    local run=$!
    until_there locked late f
    look_away 'COMMIT;'
    status=0
    wait "$run" || status=$?
    output=$(cat "$T/log")
    postgres_query <<<"SET default_transaction_read_only = off; ALTER ROLE postgres RESET ALL"
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT id FROM late ORDER BY id")" $'1\n2'
}

@test "names that the server would cut are refused" {
    local long
    long=$(printf 'x%.0s' {1..63})
    for name in "${long}a" "${long}b"; do
        sqlite3 "$D" "CREATE TABLE \"$name\" (id INTEGER PRIMARY KEY)"
        run of_file "$name"
        assert_status 65
        assert_output_has "longer than the 63 bytes"
    done
    assert_equal "$(postgres_query <<<"SELECT to_regclass('$long') IS NULL")" t
}

@test "the row that is refused is named, and not the others" {
    sqlite3 "$D" "CREATE TABLE named (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO named VALUES (1, 'a')"
    of_file named
    postgres_query <<<"ALTER TABLE named ADD CONSTRAINT short CHECK (length(x) < 3)"
    sqlite3 "$D" "INSERT INTO named SELECT value, CASE value WHEN 4 THEN 'secret' ELSE 'b' END FROM
        (WITH RECURSIVE n(value) AS (SELECT 2 UNION ALL SELECT value + 1 FROM n WHERE value < 90) SELECT value FROM n)"
    run of_file named
    assert_status 65
    assert_output_has "row 4 in table 'named'" short
    refute_output_has secret
}

@test "the session is dbferry's own, whatever account, data source and ConnSettings have set" {
    postgres_query <<<"CREATE TABLE set (x text, d double precision, b bytea); INSERT INTO set VALUES ('é', 0.1::float8 + 0.2::float8, '\x00ff');
        CREATE SCHEMA other; CREATE FUNCTION other.current_schema() RETURNS name LANGUAGE sql AS 'SELECT ''bent''';
        ALTER ROLE reader SET search_path = public, other, pg_catalog; GRANT USAGE ON SCHEMA other TO reader"
    sed -i 's/Port = /ConnSettings = "SET extra_float_digits = 0; SET bytea_output = escape"; &/' "$T/dbferry.conf"
    run copy set
    postgres_query <<<"ALTER ROLE reader RESET search_path"
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT x, d = 0.1 + 0.2, hex(b) FROM \"set\"")" "é|1|00FF"
    sed -i 's/SET extra_float_digits = 0;/SET client_encoding TO LATIN1;/' "$T/dbferry.conf"
    run copy set
    assert_status 78
    assert_output_has client_encoding
    sed -i 's/ConnSettings = "[^"]*"/A6 = "x"/' "$T/dbferry.conf"
    run copy set
    assert_status 78
    assert_output_has "attribute 'A6'"
}

@test "rows that a policy hides end the run" {
    postgres_query <<<"CREATE TABLE hidden AS SELECT i AS id FROM generate_series(1, 10) i;
        ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON hidden USING (id = 1)"
    run copy hidden
    assert_status 77
    assert_output_has "row-level security"
}

@test "an account that may not see the records of runs has none" {
    postgres_query <<<"CREATE TABLE unseen AS SELECT 1 AS id; CREATE TABLE IF NOT EXISTS _dbferry_sync (target_table text);
        REVOKE ALL ON _dbferry_sync FROM reader"
    run copy unseen
    assert_status 0
}

@test "two first runs at one time make the table of runs once, and neither waits for the other's rows" {
    sqlite3 "$D" "CREATE TABLE one (id INTEGER PRIMARY KEY); INSERT INTO one VALUES (1); CREATE TABLE other (id INTEGER PRIMARY KEY)"
    postgres_query <<<"DROP TABLE IF EXISTS _dbferry_sync, one"
    cat >>"$T/dbferry.conf" <<'END'
jobs = ({ name = "one"; source = "local"; table = "one"; target = "writer"; },
        { name = "other"; source = "local"; table = "other"; target = "writer"; });
END
    run dbferry run --jobs 2
    assert_status 0
    assert_equal "$(postgres_query <<<"SELECT target_table FROM _dbferry_sync ORDER BY 1")" $'one\nother'
}

@test "a COMMIT that nobody answers is given up, and its outcome is not known" {
    sqlite3 "$D" "CREATE TABLE unsure (id INTEGER PRIMARY KEY); INSERT INTO unsure VALUES (1), (2)"
    of_file unsure
    cat >"$T/hold.py" <<'PY'
# Carries bytes to the server of argv[1] and back, until a client says COMMIT of a change: then nothing more of it.
import os, socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
open(sys.argv[2] + ".new", "w").write(str(listener.getsockname()[1]))
os.rename(sys.argv[2] + ".new", sys.argv[2])
def carry(source, sink, watched):
    seen = b""
    while data := source.recv(65536):
        seen = (seen + data)[-200000:]
        if watched and b'INTO "public"."_dbferry_sync"' in seen and b"COMMIT" in data:
            open(sys.argv[2] + ".held", "w").close()
            return
        sink.sendall(data)
while True:
    client, _ = listener.accept()
    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    for args in ((client, server, True), (server, client, False)):
        threading.Thread(target=carry, args=args, daemon=True).start()
PY
    python3 "$T/hold.py" "$POSTGRES_PORT" "$T/port" 3>&- &
    local proxy=$!
    until_there [ -e "$T/port" ]
    postgres_query <<<"ALTER ROLE reader SUPERUSER"
    cat >"$T/dbferry.conf" <<END
connections = {
  local = { driver = "sqlite"; path = "$D"; };
  held = { driver = "odbc"; odbc_driver = "PostgreSQL Unicode"; user = "reader"; password_file = "$T/password";
           read_timeout = "2s"; retries = 0;
           attributes = { Server = "127.0.0.1"; Port = "$(cat "$T/port")"; Database = "postgres"; }; };
};
END
    run dbferry copy local held --table unsure --target-table unsure
    kill "$proxy"
    postgres_query <<<"ALTER ROLE reader NOSUPERUSER"
    assert_status 75
    assert_output_has "no answer to COMMIT"
    [ -e "$T/port.held" ]
}

@test "dbferry-types(7) says what becomes of each type" {
    local page=$FERRY_SOURCE/docs/dbferry-types.pod columns='' i=0
    sed -n '/^=head1 THROUGH ODBC/,/^=head1 SEE/s/^    //p' "$page" | tail -n +3 | sed 's/   */|/g' >"$T/page"
    while IFS='|' read -r type _; do
        columns+=", c$((i++)) $type"
    done <"$T/page"
    [ "$i" -gt 20 ]
    postgres_query <<<"CREATE TABLE typed (${columns#,})"
    cat >>"$T/dbferry.conf" <<'END'
jobs = ({ name = "file"; source = "pg"; table = "typed"; target = "local"; },
        { name = "server"; source = "pg"; table = "typed"; target = "writer"; target_table = "stored"; });
END
    python3 - "$(dbferry plan file --json)" "$(dbferry plan server --json)" >"$T/plan" <<'END'
import json, sys
plans = [next(r for r in map(json.loads, text.splitlines()) if r["type"] == "plan") for text in sys.argv[1:]]
for file, server in zip(*(plan["columns"] for plan in plans)):
    print(file["target_type"], file["fit"], server["target_type"], server["fit"], sep="|")
END
    assert_equal "$(cut -d'|' -f2- "$T/page")" "$(cat "$T/plan")"
}

@test "a place has its port; a server that is not this machine has to prove its name" {
    run copy nowhere
    assert_status 66
    assert_output_has "127.0.0.1:$POSTGRES_PORT/postgres"
    sed -i 's/Server = "127.0.0.1"/Server = "0.0.0.0"/' "$T/dbferry.conf"
    run copy nowhere
    assert_status 77
    assert_output_has SSL
    sed -i 's/Server = "0.0.0.0";/& SSLmode = "disable";/' "$T/dbferry.conf"
    run copy nowhere
    assert_status 66
}

@test "an ODBC driver under another name is not asked without TLS, and values are in no message" {
    local library
    library=$(odbcinst -q -d -n "PostgreSQL Unicode" | sed -n 's/^Driver *= *//p')
    [[ $library == /* ]] || library=$(find /usr/lib* -name "$library" -print -quit)
    cp -L "$library" "$T/mystery.so"
    postgres_query <<<"CREATE TABLE verses AS SELECT 1 AS id, 'verysecret' AS w"
    sed -i "s|PostgreSQL Unicode|$T/mystery.so|" "$T/dbferry.conf"
    run copy verses
    assert_status 0
    run dbferry copy pg local --query "SELECT id, w::numeric(9,2) AS n FROM verses" --target-table n
    assert_status 65
    assert_output_has 22P02 "not of the form"
    refute_output_has verysecret
    sed -i 's/Server = "127.0.0.1"/Server = "0.0.0.0"/' "$T/dbferry.conf"
    run copy verses
    assert_status 77
    assert_output_has SSL
    assert_equal "$(postgres_query <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'")" 0
}

@test "no word of the connection leads a password past TLS" {
    local words
    cp "$T/dbferry.conf" "$T/before"
    # Two words for one part, or an option of libpq's: which of them would count?
    while IFS='|' read -r attributes words; do
        sed "s/Server = \"127.0.0.1\";/$attributes/" "$T/before" >"$T/dbferry.conf"
        run copy nowhere
        assert_status 78
        assert_output_has "$words"
    done <<'END'
pqopt = "host=127.0.0.1";|`pqopt` has host
pqopt = "connect_timeout=3 hostaddr = 127.0.0.1";|`pqopt` has hostaddr
Server = "localhost"; pqopt = "service='x'";|`pqopt` has service
pqopt = "postgresql:\/\/127.0.0.1\/postgres";|`pqopt` has an address
Server = "localhost"; Servername = "127.0.0.1";|'Server' and 'Servername'
Server = "localhost"; SERVER = "127.0.0.1";|'Server' and 'SERVER'
END
    # What only begins like this machine is another one: nothing is said to it without TLS.
    for words in "127.0.0.1,0.0.0.0" "\/nowhere,127.0.0.1" "127.1"; do
        sed "s/Server = \"127.0.0.1\";/Server = \"$words\";/" "$T/before" >"$T/dbferry.conf"
        run copy nowhere
        assert_status 77
        assert_output_has SSL
    done
}

@test "triggers that keep a row and drop another are noticed, though the count is right" {
    sqlite3 "$D" "CREATE TABLE kept (id INTEGER PRIMARY KEY); INSERT INTO kept VALUES (1), (2), (3)"
    of_file kept
    postgres_query <<<"CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RETURN CASE WHEN TG_OP = ''DELETE'' AND OLD.id <> 3 THEN OLD WHEN TG_OP = ''INSERT'' AND NEW.id <> 3 THEN NEW END; END';
        CREATE TRIGGER keep BEFORE INSERT OR DELETE ON kept FOR EACH ROW EXECUTE FUNCTION keep()"
    local options=()
    refused_as_it_is kept "2 of the 3 rows" trigger
    postgres_query <<<"DROP TRIGGER keep ON kept; CREATE TRIGGER keep BEFORE INSERT ON kept FOR EACH ROW EXECUTE FUNCTION keep()"
    refused_as_it_is kept "2 of the rows 1 to 3" trigger
    # One more for the one that is kept out, and one more than came.
    postgres_query <<<"CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF pg_trigger_depth() = 1 THEN INSERT INTO kept SELECT 99 WHERE NOT EXISTS (SELECT FROM kept WHERE id = 99); END IF; RETURN NULL; END';
        CREATE TRIGGER more AFTER INSERT ON kept FOR EACH STATEMENT EXECUTE FUNCTION more()"
    refused_as_it_is kept "2 of the rows 1 to 3" trigger
    postgres_query <<<"DROP TRIGGER keep ON kept"
    refused_as_it_is kept "4 rows where 3 were stored" trigger
}

@test "a trigger that says no at COMMIT is a refusal: the change is undone" {
    sqlite3 "$D" "CREATE TABLE late_no (id INTEGER PRIMARY KEY); INSERT INTO late_no VALUES (1)"
    of_file late_no
    postgres_query <<<"CREATE FUNCTION no_two() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN IF NEW.id = 2 THEN RAISE ''no two here''; END IF; RETURN NEW; END';
        CREATE CONSTRAINT TRIGGER no_two AFTER INSERT ON late_no INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION no_two()"
    sqlite3 "$D" "INSERT INTO late_no VALUES (2)"
    local options=()
    refused_as_it_is late_no "a function has raised an error" P0001
    refute_output_has "not known" "no two here"
}

@test "names with what means something in a connection string are those that the server has" {
    postgres_query <<<"CREATE ROLE \"re@d(e)r\" LOGIN PASSWORD 'a}b;c={d \"e'; CREATE TABLE mine AS SELECT 5 AS id; GRANT SELECT ON mine TO PUBLIC"
    echo 'CREATE DATABASE "my db"' | postgres_query
    sed -i 's/user = "reader"/user = "re@d(e)r"/' "$T/dbferry.conf"
    run copy mine
    assert_status 0
    sed -i '0,/Database = "postgres"/s//Database = "my db"/' "$T/dbferry.conf"
    run copy mine
    assert_status 66
    sed -i '0,/Database = "my db"/s//Database = "a;SSLmode=disable"/' "$T/dbferry.conf"
    run copy mine
    assert_status 78
    assert_output_has semicolon
}

@test "the type \"char\" beside char(n)" {
    postgres_query <<<"CREATE TABLE chars (id int PRIMARY KEY, c \"char\", c1 char(1), c5 char(5));
        INSERT INTO chars VALUES (1, 'r', 'é', 'é '), (2, '', '', ''), (3, NULL, NULL, NULL), (4, ' ', ' ', 'abcde')"
    run copy chars
    assert_status 0
    same_as_psql chars c c1 c5
}

@test "a table that has the name of the system's is not taken for that" {
    postgres_query <<<"SET allow_system_table_mods = on; CREATE TABLE public.pg_tables (id int); INSERT INTO public.pg_tables VALUES (5)"
    run copy pg_tables
    assert_status 78
    assert_output_has schema
    sed -i 's/retries = 0;/& schema = "public";/' "$T/dbferry.conf"
    run copy pg_tables
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT id FROM pg_tables')" 5
    postgres_query <<<"DROP TABLE public.pg_tables"
}

@test "tables of another schema, by its name" {
    postgres_query <<<"CREATE SCHEMA \"Many_%\"; CREATE SCHEMA \"ManyX%\"; GRANT USAGE ON SCHEMA \"Many_%\", \"ManyX%\" TO reader;
        CREATE TABLE \"Many_%\".of_many (id int PRIMARY KEY); INSERT INTO \"Many_%\".of_many VALUES (1), (2);
        CREATE TABLE \"ManyX%\".of_many (id text); CREATE TABLE \"ManyX%\".more (id int)"
    sed -i 's/retries = 0;/& schema = "Many_%";/' "$T/dbferry.conf"
    cat >>"$T/dbferry.conf" <<'END'
jobs = ({ name = "all"; source = "pg"; tables = ["*"]; target = "local"; });
END
    run dbferry run all
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_dbferry%' ESCAPE '\'")" of_many
    [[ $(sqlite3 "$D" ".schema of_many") == *"PRIMARY KEY"* ]]
    # One of the current schema does not describe it.
    postgres_query <<<"CREATE TABLE of_many (other int)"
    run copy of_many -o job.verify=content
    assert_status 0
    [[ $(sqlite3 "$D" ".schema of_many") == *"PRIMARY KEY"* ]]
    assert_equal "$(sqlite3 "$D" 'SELECT id FROM of_many ORDER BY id')" $'1\n2'
}

@test "without a schema, a name is looked up in all of search_path; names with a backslash" {
    postgres_query <<'SQL'
CREATE SCHEMA first; CREATE SCHEMA "sec\ond"; GRANT USAGE ON SCHEMA first, "sec\ond" TO reader;
ALTER ROLE reader SET search_path = first, "sec\ond", public;
CREATE TABLE "sec\ond"."la\_ter" (id int PRIMARY KEY, x text NOT NULL); INSERT INTO "sec\ond"."la\_ter" VALUES (1, 'later');
CREATE TABLE public."la\_ter" (other int); CREATE VIEW "sec\ond".seen AS SELECT 7 AS id;
CREATE TABLE first.both (id int); INSERT INTO first.both VALUES (1); CREATE TABLE "sec\ond".both (id text PRIMARY KEY);
SQL
    run copy 'la\_ter' -o job.verify=content
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM "la\_ter"')" "1|later"
    [[ $(sqlite3 "$D" "SELECT sql FROM sqlite_master WHERE name LIKE 'la%ter'") == *"NOT NULL"*"PRIMARY KEY"* ]]
    run dbferry copy pg local --view seen
    assert_status 0
    run copy both
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT id FROM both')" 1
    run copy nowhere
    assert_status 66
    sed -i 's/retries = 0;/& schema = "sec\\\\ond";/' "$T/dbferry.conf"
    run copy 'la\_ter'
    postgres_query <<<"ALTER ROLE reader RESET search_path"
    assert_status 0
}

@test "what is added to a table after it was planned for is not lost" {
    sqlite3 "$D" "CREATE TABLE grown (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO grown VALUES (1, 'a')"
    postgres_query <<<"CREATE TABLE grown (id bigint PRIMARY KEY)"
    looks grown 'LOCK TABLE grown IN SHARE ROW EXCLUSIVE MODE;'
    dbferry copy local writer --table grown --target-table grown -o job.on_schema_change=rebuild -o job.lock_wait=20s \
        >"$T/log" 2>&1 3>&- 4>&- &
    local run=$!
    until_there locked grown f
    look_away 'CREATE INDEX of_grown ON grown (id DESC); COMMIT;'
    status=0
    wait "$run" || status=$?
    output=$(cat "$T/log")
    [ "$status" -ne 0 ]
    assert_equal "$(postgres_query <<<"SELECT indexname FROM pg_indexes WHERE tablename = 'grown' AND indexname = 'of_grown'")" of_grown
}
