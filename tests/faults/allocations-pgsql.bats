#!/usr/bin/env bats
# Memory runs out while PostgreSQL is the source, the target or both: 71 and the old rows, at whatever call.
# FERRY_SWEEP=all (make check-faults) hits every call.

load helper
load allocations
# shellcheck source=SCRIPTDIR/../servers/postgres.bash
load ../servers/postgres

setup_file() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" || return
    export POSTGRES_FOLDER POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID POSTGRES_HOME POSTGRES_OWNER
    postgres_account ferry pw
    postgres_query <<<"CREATE SCHEMA d AUTHORIZATION ferry; CREATE SCHEMA e AUTHORIZATION ferry"
}

teardown_file() { postgres_remove; }

sql() { postgres_query; }

setup() {
    ferry_setup
    fail_begin
    requires_driver pgsql
    requires_driver sqlite
    requires sqlite3
    postgres_is_installed || skip "PostgreSQL's server is not installed"
    cd "$T"
    postgres_shell
    write_config <<END
connections = {
  server = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "ferry"; database = "postgres"; schema = "d"; retries = 0; };
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "ferry"; database = "postgres"; schema = "e"; retries = 0; };
};
END
    sql <<<"SET client_min_messages = error; DROP TABLE IF EXISTS d.t; SET ROLE ferry;
        CREATE TABLE d.t (id integer PRIMARY KEY, a varchar(20) NOT NULL DEFAULT 'x', b double precision, c bytea, d numeric(10,2), f date,
            g timestamptz(3), h integer[]); CREATE INDEX ta ON d.t (a); CREATE UNIQUE INDEX tb ON d.t (d, a);
        INSERT INTO d.t VALUES (1, 'a', 1.5, 'xy', 2.5, '2020-01-01', '2020-01-01 00:00+00', '{1}'), (2, 'b', NULL, 'q', 7, NULL, NULL, NULL)"
    sqlite3 local.db "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(20) NOT NULL DEFAULT 'x', b REAL, c BLOB,
        d INTEGER); CREATE INDEX ta ON t (a); INSERT INTO t VALUES (1, 'a', 1.5, x'00', 2), (2, 'b', NULL, x'01', 7)"
}

# load_into HOW FROM TO: a table of the account's own, one on which a view hangs (its rows are replaced in place),
# or one of other columns; or a file.
load_into() {
    local clear="SET client_min_messages = error; DROP TABLE IF EXISTS e.t, e._dbferry_sync CASCADE; SET ROLE ferry"
    local old="CREATE TABLE e.t (id bigint PRIMARY KEY, a text NOT NULL, b double precision, c bytea, d bigint); INSERT INTO e.t VALUES (7, 'old')"
    how=$1 fail_show="SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = 'e.t'::regclass AND a.attnum > 0
        AND NOT a.attisdropped ORDER BY a.attnum; SELECT * FROM e.t ORDER BY 1; SELECT relname FROM pg_class WHERE relname LIKE '\\_dbferry\\_stage%'"
    # allocations.py adds the options of another shell, which are no words of this command
    fail_client=(bash -c "exec ${POSTGRES_SHELL[*]@Q} -v ON_ERROR_STOP=0" psql)
    fail_load=(copy "$2" "$3" --table t)
    case $how in
    place) fail_make="$clear; $old; CREATE VIEW e.v AS SELECT a FROM e.t; RESET ROLE" ;;
    merge) fail_make="$clear; $old; RESET ROLE" fail_load+=(--strategy merge) ;;
    other) fail_make="$clear; CREATE TABLE e.t (old int); INSERT INTO e.t VALUES (7); RESET ROLE" fail_load+=(-o job.on_rebuild_loss=allow) ;;
    file) fail_client=() ;;
    esac
}

fail_new() {
    rm -f to.db*
    [ "$how" != file ] ||
        sqlite3 to.db "PRAGMA journal_mode = wal; CREATE TABLE t (old INT); INSERT INTO t VALUES (7)" >/dev/null
}

@test "an allocation that fails once, from a server into a file" {
    load_into file server sqlite:to.db
    fail_sweep memory once 250
}

@test "an allocation that fails once, from a file into a table of other columns" {
    load_into other sqlite:local.db target
    fail_sweep memory once 250
}

@test "an allocation that fails once, where rows are replaced in place, and where single ones change" {
    load_into place sqlite:local.db target
    fail_sweep memory once 250
    load_into merge sqlite:local.db target
    fail_sweep memory once 250
}

@test "allocations that fail for good" {
    load_into other sqlite:local.db target
    fail_sweep memory ever 400
    load_into file server sqlite:to.db
    fail_sweep memory ever 400
}
