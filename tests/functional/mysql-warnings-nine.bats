# Warnings of a MySQL 9 source: what its limits have cut is refused, what an expression comes to is
# carried and told.

load helper
load warnings
load ../servers/mysql

setup_file() {
    mysql_is_available || return 0
    mysql_start warnings || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<<"CREATE DATABASE d; CREATE USER reader IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO reader"
    make_warning_table
}

teardown_file() { mysql_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    D=$T/target.db
    (umask 077 && printf 'pw' >"$T/password")
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MYSQL_PORT; user = "reader"; password_file = "$T/password";
             database = "d"; ssl_mode = "preferred"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

sql() { mysql_query d; }

MANY="WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n AS id FROM c
    WHERE CONCAT(n, 'x') = 0"

@test "what an expression comes to is carried, and told once" { check_what_expressions_come_to; }

@test "what a limit has cut is refused, unless it is allowed" {
    check_what_limits_cut
    is_cut 1301 max_allowed_packet "SELECT id, LPAD(s, 80000000, 'x') AS a FROM w"
    is_cut 1300 BINARY 'SELECT id, CONVERT(b USING utf8mb4) AS a FROM w'
}

@test "one cut among others, and in a view" { check_one_cut_among_others; }

@test "more warnings than MySQL keeps are refused, unless it keeps them or they are allowed" {
    local query
    # shellcheck disable=SC2059
    query=$(printf "$MANY" 900)
    told 1292 900 "$query"
    sql <<<"GRANT SELECT ON d.* TO reader; SET GLOBAL max_error_count = 100"
    copy_query "$query"
    assert_status 65
    assert_output_has "warns 900 times and keeps the text of 100" max_error_count
    copy_query "$query" -o job.on_warning=allow
    assert_status 0
    assert_output_has "the server warned 900 times"
    sql <<<"GRANT SESSION_VARIABLES_ADMIN ON *.* TO reader"
    told 1292 900 "$query"
    sql <<<"REVOKE SESSION_VARIABLES_ADMIN ON *.* FROM reader; SET GLOBAL max_error_count = 1024"
}
