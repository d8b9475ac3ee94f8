# What others do to a PostgreSQL server while it is read or in between, what stands before it, and
# what it says that is for nobody's log.

load helper
load pgsql

setup_file() { pgsql_start --server=checkpoint_timeout=1h; }
teardown_file() {
    [ ! -e "$BATS_FILE_TMPDIR/pooler.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/pooler.pid")" || true
    postgres_remove
}
setup() {
    pgsql_setup
    pgsql_config
}

# meanwhile TABLE SQL COPY: run COPY; once it waits for TABLE, in its snapshot, the SQL is done
meanwhile() {
    sql >"$T/meanwhile" 2>&1 3>&- <<SQL &
\set ON_ERROR_STOP on
SET statement_timeout = '60s';
BEGIN;
LOCK TABLE $1;
DO \$\$ BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = '$1'::regclass) LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
END \$\$;
$2;
COMMIT;
SQL
    local other=$!
    locked=$1
    until_there is_locked
    run "${@:3}"
    wait "$other" || { cat "$T/meanwhile"; return 1; }
}

is_locked() { [ "$(sql <<<"SELECT count(*) FROM pg_locks WHERE relation = '$locked'::regclass AND mode = 'AccessExclusiveLock' AND granted")" -gt 0 ]; }

@test "a table that is emptied, rewritten or replaced after the snapshot is not taken for an empty one" {
    sql <<'SQL'
CREATE TABLE plain (id int);
INSERT INTO plain SELECT generate_series(1, 20);
CREATE VIEW seen AS SELECT id FROM plain;
CREATE TABLE rewritten AS SELECT id FROM plain;
CREATE TABLE pt (id int) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF pt FOR VALUES FROM (0) TO (11);
CREATE TABLE p2 PARTITION OF pt FOR VALUES FROM (11) TO (100);
INSERT INTO pt SELECT generate_series(1, 20);
CREATE TABLE elder (id int);
CREATE TABLE heir () INHERITS (elder);
INSERT INTO heir SELECT generate_series(1, 20);
SQL
    local table change name
    while IFS='|' read -r -u 9 name table change; do
        meanwhile "$table" "$change" copy "$name"
        assert_status 75
        assert_output_has 'after the snapshot'
        run copy "$name"
        assert_status 0
        assert_equal "$(ask "SELECT count(*) FROM \"$name\"")" "$(sql <<<"SELECT count(*) FROM $name")"
    done 9<<'CASES'
plain|plain|TRUNCATE plain; INSERT INTO plain SELECT generate_series(1, 30)
rewritten|rewritten|ALTER TABLE rewritten ALTER COLUMN id TYPE int USING id + 1
seen|plain|TRUNCATE plain; INSERT INTO plain VALUES (1)
plain|plain|CREATE TABLE other (id int); INSERT INTO other VALUES (1), (2); DROP VIEW seen; DROP TABLE plain; ALTER TABLE other RENAME TO plain
pt|p2|TRUNCATE p2; INSERT INTO p2 VALUES (12)
pt|pt|ALTER TABLE pt DETACH PARTITION p2
pt|pt|ALTER TABLE pt ATTACH PARTITION p2 FOR VALUES FROM (11) TO (100)
elder|heir|TRUNCATE heir; INSERT INTO heir VALUES (1)
elder|elder|ALTER TABLE heir NO INHERIT elder; INSERT INTO elder VALUES (1)
CASES
}

@test "a pooler, behind which settings are another session's, is not read through" {
    requires python3
    python3 "$BATS_TEST_DIRNAME/../servers/pg_pooler.py" "$BATS_FILE_TMPDIR" "$POSTGRES_PORT" 3>&- &
    echo $! >"$BATS_FILE_TMPDIR/pooler.pid"
    until_there test -e "$BATS_FILE_TMPDIR/port"
    local port=$POSTGRES_PORT
    POSTGRES_PORT=$(cat "$BATS_FILE_TMPDIR/port")
    pgsql_config
    POSTGRES_PORT=$port
    run query 'SELECT 1 AS x'
    assert_status 78
    assert_output_has 'pooler'
}

@test "a table that others inherit from: its keys and foreign keys are not theirs" {
    sql <<'SQL'
CREATE TABLE towns (id int PRIMARY KEY);
CREATE TABLE family (id int PRIMARY KEY, town int REFERENCES towns, code text UNIQUE, plain int);
CREATE INDEX family_plain ON family (plain);
CREATE TABLE young () INHERITS (family);
INSERT INTO towns VALUES (1);
INSERT INTO family VALUES (1, 1, 'a', 1);
INSERT INTO young VALUES (1, 7, 'a', 1);
SQL
    pgsql_config '' 'tables = ["towns", "family"]; commit = "together"; foreign_keys = true; copy_indexes = true;'
    run dbferry run j -v
    assert_status 0
    assert_output_has "'family_pkey' is not carried" "'family_code_key' is not carried" 'family_town_fkey'
    assert_equal "$(ask 'SELECT count(*) FROM family')" 2
    assert_equal "$(ask "SELECT count(*), sum([unique]) FROM pragma_index_list('family')")" '1|0'
    assert_equal "$(ask "SELECT count(*) FROM pragma_foreign_key_list('family')")" 0
}

@test "skip_unchanged: a checkpoint, as after a crash, and policies have the rows read" {
    sql <<'SQL'
CREATE TABLE still (id int);
INSERT INTO still VALUES (1), (2);
CREATE TABLE timely (id int);
INSERT INTO timely VALUES (1);
ALTER TABLE timely ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON timely USING (true);
SQL
    pgsql_config '' 'table = "still"; target_table = "still"; skip_unchanged = true;'
    run dbferry run j
    assert_status 0
    run dbferry run j -v
    assert_status 0
    assert_output_has 'nothing was read'
    sql <<<CHECKPOINT
    run dbferry run j -v
    assert_status 0
    refute_output_has 'nothing was read'
    pgsql_config 'row_security = true;' 'table = "timely"; target_table = "timely"; skip_unchanged = true;'
    for i in 1 2; do
        run dbferry run j -v
        assert_status 0
        refute_output_has 'nothing was read'
    done
}

@test "no value of a row and of a setting gets into a message" {
    sql <<'SQL'
CREATE TABLE notes (note text);
INSERT INTO notes VALUES ('s3cret-note');
CREATE FUNCTION complains(note text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'bad %', note; END $$;
CREATE VIEW cast_note AS SELECT note::int AS n FROM notes;
CREATE VIEW raised AS SELECT complains(note) AS n FROM notes;
CREATE FUNCTION lies(note text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE 'no %', note USING ERRCODE = '42704'; END $$;
CREATE VIEW lied AS SELECT lies(note) AS n FROM notes;
SQL
    run copy lied -v
    [ "$status" -ne 0 ]
    assert_output_has '42704' 'a function has raised an error'
    refute_output_has 's3cret-note'
    for name in cast_note raised; do
        run copy "$name" -v
        assert_status 65
        assert_output_has 'SQLSTATE'
        refute_output_has 's3cret-note'
    done
    pgsql_config 'session_variables = { work_mem = "s3cret-note"; };'
    run query 'SELECT 1 AS x'
    assert_status 78
    assert_output_has 'work_mem'
    refute_output_has 's3cret-note'
}

@test "a domain over an enum is read" {
    sql <<'SQL'
CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s fine');
CREATE DOMAIN "a mood" AS mood CHECK (VALUE <> 'sad');
CREATE DOMAIN deeper AS "a mood" NOT NULL;
CREATE TABLE moods (id int PRIMARY KEY, m "a mood", d deeper);
INSERT INTO moods VALUES (1, 'so so', 'it''s fine'), (2, NULL, 'so so');
SQL
    run copy moods
    assert_status 0
    assert_equal "$(ask 'SELECT * FROM moods')" $'1|so so|it\'s fine\n2||so so'
}

@test "without a host and a socket, nobody's socket in /tmp is taken for the server's" {
    pgsql_config
    sed -i 's/host = "127.0.0.1"; //' "$DBFERRY_CONFIG"
    local socket=/tmp/.s.PGSQL.$POSTGRES_PORT
    [ ! -e "$socket" ] || skip "$socket is there"
    touch "$socket"
    run query 'SELECT 1 AS x'
    rm "$socket"
    assert_status 69
    refute_output_has "$socket"
}

@test "two spellings of a database are one place" {
    write_config <<CONF
connections = { server = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "postgres"; };
  local = { driver = "sqlite"; path = "$D"; }; };
CONF
    run query 'SELECT 1 AS x' -v
    assert_status 0
    assert_output_has "is pgsql://localhost($POSTGRES_SOCKET:$POSTGRES_PORT)/postgres/public"
}
