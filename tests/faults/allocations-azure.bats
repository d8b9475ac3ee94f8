#!/usr/bin/env bats
# Memory runs out while azure-mysql is the source or the target, inside of verified TLS: 71 and the old
# rows, at whatever call.  FERRY_SWEEP=all (make check-faults) hits every call that differs.

load helper
load allocations
# shellcheck source=SCRIPTDIR/../servers/mariadb.bash
load ../servers/mariadb
# shellcheck source=SCRIPTDIR/../functional/target.bash
load ../functional/target
# shellcheck source=SCRIPTDIR/../functional/azure.bash
load ../functional/azure

setup_file() {
    mariadb_is_installed || return 0
    command -v openssl >/dev/null || return 0
    export SERVER=$BATS_FILE_TMPDIR/server
    azure_make_certificates "$SERVER" &&
        mariadb_start "$SERVER" --port --tls azure --server=--require-secure-transport=ON || return
    export MARIADB_PORT MARIADB_PID MARIADB_SOCKET MARIADB_FOLDER
    mariadb_query <<<"CREATE DATABASE d; CREATE DATABASE e; SET GLOBAL local_infile = 1;
        CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x', at DATETIME(3), KEY tn (name));
        INSERT INTO d.t VALUES (1, 'a', '2020-01-01 00:00:00'), (2, 'b', NULL)"
    mariadb_account loader 'S3cret-Pass' "$TARGET_RIGHTS ON e.*"
    mariadb_account reader 'S3cret-Pass' "SELECT ON d.*"
}

teardown_file() { mariadb_kill; }

sql() { mariadb_query "$@"; }

setup() {
    ferry_setup
    fail_begin
    requires_driver azure-mysql
    requires_driver sqlite
    requires sqlite3
    requires openssl
    mariadb_is_installed || skip "MariaDB's server is not installed"
    azure_is_possible || skip "a mount namespace cannot be had here"
    cd "$T"
    azure_enter
    fail_enter=("${AZURE_ENTER[@]}")
    printf 'S3cret-Pass' >password && chmod 600 password
    write_config <<END
connections = {
  server = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MARIADB_PORT; user = "reader"; retries = 0;
             password_file = "$T/password"; database = "d"; ssl_ca = "$SERVER/tls/ca.pem"; };
  target = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MARIADB_PORT; user = "loader"; retries = 0;
             password_file = "$T/password"; database = "e"; ssl_ca = "$SERVER/tls/ca.pem"; };
};
END
}

# load_into TO: a table on the server and one in a file are there, and one of them is the target.
load_into() {
    mariadb_shell && fail_client=("${MARIADB_SHELL[@]}" e)
    fail_make="DROP TABLE IF EXISTS t, _dbferry_sync; CREATE TABLE t LIKE d.t; INSERT INTO t (id, name) VALUES (7, 'old')"
    fail_show="SHOW CREATE TABLE t; SELECT * FROM t ORDER BY 1"
    fail_load=(copy server "$1" --table t)
}

fail_new() {
    rm -f to.db*
    sqlite3 to.db "CREATE TABLE t (old INT); INSERT INTO t VALUES (7)"
}

@test "an allocation that fails once, from azure-mysql into a file" {
    load_into sqlite:to.db
    fail_sweep memory once 400
}

@test "an allocation that fails once, from azure-mysql into azure-mysql" {
    load_into target
    fail_sweep memory once 600
    assert_equal "$(sql e <<<"SHOW TABLES" | grep ^_dbferry_ | grep -v _sync)" ""
}

@test "allocations that fail for good, from azure-mysql into a file" {
    load_into sqlite:to.db
    fail_sweep memory ever 1000
}
