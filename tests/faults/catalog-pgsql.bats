#!/usr/bin/env bats
# Each question about the catalog of a PostgreSQL server goes wrong in turn: fails with an error of each
# class, answers nothing, or is cut off.  The target is what it was.
#
# FERRY_SWEEP=all (make check-slow): each question with each fault, else one of every four with one.

load helper
# shellcheck source=SCRIPTDIR/../servers/postgres.bash
load ../servers/postgres

setup_file() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" --socket || return
    export POSTGRES_FOLDER POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID POSTGRES_HOME POSTGRES_OWNER
    postgres_account reader pw
    postgres_account loader pw
    postgres_query <<<"CREATE DATABASE e"
}

teardown_file() { postgres_remove; }

setup() {
    ferry_setup
    requires python3
    requires_driver pgsql
    requires_driver sqlite
    requires sqlite3
    postgres_is_installed || skip "PostgreSQL's server is not installed"
}

# asked MODE: see catalog_pgsql.py
asked() {
    DBFERRY=$DBFERRY PSQL=$(postgres_find psql) python3 "$FERRY_SOURCE/tests/faults/catalog_pgsql.py" "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" \
        "$T/sweep" "$1" "${FERRY_SWEEP:-}" >"$T/found" 2>&1 || { cat "$T/found" >&2; return 1; }
    cat "$T/found" >&3
}

@test "a table is copied into a file" { asked file; }

@test "a table of ours is made anew" { asked ours; }

@test "somebody's own table gets its rows" { asked own; }

@test "somebody's own table is made anew" { asked rebuilt; }

@test "single rows change" { asked merge; }

@test "tables with foreign keys change in one step" { asked together; }
