#!/usr/bin/env bats
# Memory runs out while many tables are carried with their foreign keys, from a file into a file, in one
# step: 71 and the old rows, at whatever call.  FERRY_SWEEP=all (make check-faults) hits every call.

load helper
load allocations

setup() {
    ferry_setup
    fail_begin
    requires sqlite3
    requires_driver sqlite
    cd "$T"
    sqlite3 from.db "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT UNIQUE);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES P ON DELETE CASCADE, n TEXT REFERENCES p(n), x INTEGER REFERENCES gone(y));
        INSERT INTO p VALUES (1, 'a'); INSERT INTO c VALUES (1, 1, 'a', NULL)"
    write_config <<END
connections = { from = { driver = "sqlite"; path = "$T/from.db"; }; to = { driver = "sqlite"; path = "$T/to.db"; }; };
jobs = ( { name = "j"; source = "from"; target = "to"; tables = ["*"]; commit = "together"; foreign_keys = true; } );
END
    fail_load=(run)
}

# One of the tables is there, and somebody's own that refers to it.
fail_new() {
    rm -f to.db*
    sqlite3 to.db "CREATE TABLE p (id INTEGER PRIMARY KEY, n TEXT); INSERT INTO p VALUES (7, 'old'); CREATE TABLE other (a INTEGER REFERENCES p(id))"
}

@test "an allocation that fails once, of many tables with foreign keys" { fail_sweep memory once 60; }
