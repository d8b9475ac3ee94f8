#!/usr/bin/env bats
# Memory or threads run out while a server is the source, the target or both: 71 and the
# old rows, at whatever call.  FERRY_SWEEP=all (make check-faults) hits every call.

load helper
load allocations
# shellcheck source=SCRIPTDIR/../servers/mariadb.bash
load ../servers/mariadb

COLUMNS="a VARCHAR(20) NOT NULL DEFAULT 'x', b DOUBLE, c BLOB, d DECIMAL(10,2) DEFAULT 0.5, e ENUM('p', 'q'), f DATE,
    g TIMESTAMP(3) NULL DEFAULT CURRENT_TIMESTAMP(3)"

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER
    mariadb_account reader pw "SELECT ON d.*"
    mariadb_account loader pw "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER ON e.*"
    mariadb_query <<<"SET GLOBAL local_infile = 1"
}

teardown_file() { mariadb_kill; }

sql() { mariadb_query "$@"; }

setup() {
    ferry_setup
    fail_begin
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    cd "$T"
    mariadb_shell
    printf 'pw' >password && chmod 600 password
    write_config <<END
connections = {
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; retries = 0; };
  target = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "loader"; password_file = "$T/password"; database = "e"; retries = 0; };
};
END
    sql <<<"DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e;
        CREATE DATABASE d CHARACTER SET utf8mb4; CREATE DATABASE e CHARACTER SET utf8mb4"
    sql d <<<"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, $COLUMNS, KEY ta (a), UNIQUE KEY tb (d, a));
        INSERT INTO t VALUES (1, 'a', 1.5, 'xy', 2.5, 'p', '2020-01-01', '2020-01-01 00:00:00'),
        (2, 'b', NULL, 'q', 7, NULL, NULL, NULL)"
    sqlite3 local.db "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(20) NOT NULL DEFAULT 'x', b REAL, c BLOB,
        d INTEGER); CREATE INDEX ta ON t (a); INSERT INTO t VALUES (1, 'a', 1.5, x'00', 2), (2, 'b', NULL, x'01', 7)"
}

# load_into HOW FROM TO: a table that is there, one with a trigger (its rows are replaced in place), one of
# other columns, or none; or a file.
load_into() {
    local clear="DROP TABLE IF EXISTS t, _dbferry_sync"
    local old="$clear; CREATE TABLE t LIKE d.t; INSERT INTO t (id, a, g) VALUES (7, 'old', NULL)"
    how=$1 fail_client=("${MARIADB_SHELL[@]}" e) fail_show="SHOW CREATE TABLE t; SELECT * FROM t ORDER BY 1"
    fail_load=(copy "$2" "$3" --table t)
    case $how in
    keep) fail_make=$old ;;
    place) fail_make="$old; CREATE TRIGGER hook BEFORE DELETE ON t FOR EACH ROW SET @hook = 1" ;;
    other) fail_make="$clear; CREATE TABLE t (old INT); INSERT INTO t VALUES (7)" ;;
    none) fail_make=$clear ;;
    file) fail_client=() ;;
    esac
}

fail_new() {
    rm -f to.db*
    [ "$how" != file ] ||
        sqlite3 to.db "PRAGMA journal_mode = wal; CREATE TABLE t (old INT); INSERT INTO t VALUES (7)" >/dev/null
}

no_leftovers() { assert_equal "$(sql e <<<"SHOW TABLES" | grep ^_dbferry_ | grep -v _sync)" ""; }

@test "an allocation that fails once, from a server into a file" {
    load_into file server sqlite:to.db
    fail_sweep memory once 25
}

@test "an allocation that fails once, from a server into a table that is there" {
    load_into keep server target
    fail_sweep memory once 25
    no_leftovers
}

@test "an allocation that fails once, from a file into a table of other columns" {
    load_into other sqlite:local.db target
    fail_sweep memory once 30
    no_leftovers
}

@test "an allocation that fails once, where rows are replaced in place" {
    load_into place server target
    fail_sweep memory once 35
    no_leftovers
}

@test "an allocation that fails once, where single rows change" {
    load_into keep server target
    fail_load+=(--strategy merge)
    fail_sweep memory once 50
    no_leftovers
}

@test "allocations that fail for good, from a server into a new table and into a file" {
    load_into none server target
    fail_sweep memory ever 50
    no_leftovers
    load_into file server sqlite:to.db
    fail_sweep memory ever 70
}

@test "threads that fail, once and for good" {
    load_into keep server target
    fail_sweep thread once 1
    fail_sweep thread ever 1
    no_leftovers
}
