#!/usr/bin/env bats
# Memory, threads or mappings run out while a file is copied into a file: 71 and the old rows, at
# whatever call.  FERRY_SWEEP=all (make check-faults) hits every call.

load helper
load allocations

setup() {
    ferry_setup
    fail_begin
    requires sqlite3
    requires_driver sqlite
    cd "$T"
    sqlite3 from.db "$COLUMNS; INSERT INTO t VALUES (1, 'a', 1.5, x'00', '2.5', 1, '2020-01-01'),
        (2, 'b', NULL, x'0102', 7, 'x', NULL)"
}

COLUMNS="CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x', b REAL, c BLOB,
    d DECIMAL(10,2), n, e DATE); CREATE INDEX ta ON t (a); CREATE UNIQUE INDEX tb ON t (d, a)"

# into HOW [OPTION...]: the journal's mode, "own" (a definition that is not ours, rebuilt) or "none" (no
# file); fail_new knows "prune", too (the file copied.db)
into() {
    how=$1
    fail_load=(copy sqlite:from.db sqlite:to.db --table t "${@:2}")
}

fail_new() {
    rm -f to.db*
    case $how in
    none) ;;
    prune) cp copied.db to.db ;;
    own) sqlite3 to.db "CREATE TABLE t (old INT CHECK (old > 0)); INSERT INTO t VALUES (7)" ;;
    *) sqlite3 to.db "PRAGMA journal_mode = $how; $COLUMNS; INSERT INTO t (id, a) VALUES (7, 'old')" >/dev/null ;;
    esac
}

@test "an allocation that fails once, into a new file" { into none && fail_sweep memory once; }
@test "an allocation that fails once, into a file in WAL mode" { into wal && fail_sweep memory once; }
@test "an allocation that fails once, into a staged file, verified" {
    into delete -o job.verify=content && fail_sweep memory once 20
}
@test "an allocation that fails once, where the table is rebuilt" {
    into own -o job.on_rebuild_loss=allow && fail_sweep memory once 25
}
@test "an allocation that fails once, where single rows change" {
    into wal --strategy merge && fail_sweep memory once 20
}
@test "an allocation that fails once, where metrics and a program are told of the run" {
    how=wal
    write_config <<END
general = { metrics_file = "m.prom"; notify_command = ["cat"]; };
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; expect_every = "1h"; } );
END
    fail_load=(run)
    fail_sweep memory once 100
}
@test "an allocation that fails once, where rows are added from a cursor on" {
    into delete --strategy upsert --cursor id && fail_sweep memory once 25
}
# The tables of the job are the same before and after: what changes is the copy that goes.
@test "an allocation that fails once, where a copy goes whose source is gone" {
    sqlite3 from.db "CREATE TABLE u AS SELECT * FROM t"
    "$DBFERRY" copy sqlite:from.db sqlite:to.db --all
    sqlite3 from.db "DROP TABLE u; CREATE TABLE w (id INTEGER PRIMARY KEY)"
    "$DBFERRY" copy sqlite:from.db sqlite:to.db --all
    mv to.db copied.db
    how=prune
    fail_load=(copy sqlite:from.db sqlite:to.db --all -o job.prune=true)
    fail_sweep memory once 40
}
@test "allocations that fail for good, into a new file" { into none && fail_sweep memory ever 30; }
@test "allocations that fail for good, into a staged file" { into delete && fail_sweep memory ever 40; }

@test "threads and mappings that fail, once and for good" {
    into wal
    fail_sweep thread once 1
    fail_sweep thread ever 1
    fail_sweep map once 1
    fail_sweep map ever 1
}
