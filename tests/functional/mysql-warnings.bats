# Warnings of a MariaDB source: what its limits have cut is refused, what an expression comes to is
# carried and told.

load helper
load warnings
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER
    mariadb_query <<<'CREATE DATABASE d'
    mariadb_account reader pw 'SELECT ON d.*'
    make_warning_table
}

teardown_file() { mariadb_kill; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/target.db
    (umask 077 && printf 'pw' >"$T/password")
    config
}

# config [JOB-KEYS]
config() {
    write_config <<END
connections = {
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "server"; query = "SELECT id FROM w WHERE s = 12"; target = "local";
           target_table = "t"; ${1:-} } );
END
}

sql() { mariadb_query d; }

@test "what an expression comes to is carried, and told once" {
    check_what_expressions_come_to
    told 1292 1 "SELECT CAST('900:00:00' AS TIME) AS a"
    told 1958 1 "SELECT FROM_BASE64('!!!') AS a"
    told 4037 1 "SELECT JSON_EXTRACT('{\"a\":1', '\$.a') AS a"
}

@test "what a limit has cut is refused, unless it is allowed" {
    check_what_limits_cut
    is_cut 1301 max_allowed_packet "SELECT REPEAT('x', 20000000) AS a"
    is_cut 1301 max_allowed_packet "SELECT id, CONCAT(REPEAT('x', 16000000), REPEAT('y', 16000000)) AS a FROM w"
    is_cut 1931 "ROWS EXAMINED" 'SELECT id FROM w LIMIT ROWS EXAMINED 0'
    is_cut 1977 utf8mb4 'SELECT CONVERT(l USING latin1) AS a FROM w'
    is_cut 1300 BINARY 'SELECT id, CONVERT(b USING utf8mb4) AS a FROM w'
}

@test "one cut among others, and in a view" { check_one_cut_among_others; }

@test "many warnings: each is looked at, and one that nobody can look at is refused" {
    told 1292 60000 'SELECT seq AS id FROM w, seq_1_to_60000 WHERE w.id = 1 AND CONCAT(s, seq) = 12'
    copy_query 'SELECT seq AS id FROM w, seq_1_to_70000 WHERE w.id = 1 AND CONCAT(s, seq) = 12'
    assert_status 65
    assert_output_has "warns 70000 times and keeps the text of 65535" max_error_count 'on_warning = "allow"'
    copy_query 'SELECT seq AS id FROM w, seq_1_to_70000 WHERE w.id = 1 AND CONCAT(s, seq) = 12' -o job.on_warning=allow
    assert_status 0
    assert_output_has "the server warned 70000 times"
}

@test "the key stands in a job, in the plan, and takes three words" {
    for word in auto refuse allow; do
        config "on_warning = \"$word\";"
        run dbferry plan
        assert_status 0
        [ $word = auto ] && refute_output_has on_warning || assert_output_has on_warning
    done
    run dbferry run
    assert_status 0
    config 'on_warning = "refuse";'
    run dbferry run
    assert_status 65
    config 'on_warning = "ignore";'
    run dbferry run
    assert_status 78
    assert_output_has "auto|refuse|allow"
}

@test "a fallback's warnings count as its job says" {
    write_config <<END
connections = {
  gone = { driver = "mysql"; socket = "$T/none"; retries = 0; };
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "gone"; table = "x"; fallback_source = "server"; max_fallback_age = "0s";
           fallback_query = "SELECT id FROM w WHERE s = 12"; target = "local"; target_table = "t"; on_warning = "refuse"; } );
END
    run dbferry run
    assert_status 65
    assert_output_has "(1292)"
}

@test "no warning, no word" {
    copy_query 'SELECT id, s FROM w' -o job.on_warning=refuse
    assert_status 0
    assert_equal "$output" ""
}
