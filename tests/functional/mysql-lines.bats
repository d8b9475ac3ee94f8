# Slow lines to a MySQL server: compression, as a source and as a target, on both servers.

load helper
load line
load ../servers/mariadb
load ../servers/mysql

setup_file() {
    mariadb_is_installed || return 0
    mariadb_make_certificates "$BATS_FILE_TMPDIR/server" || return
    mariadb_start "$BATS_FILE_TMPDIR/server" --port --tls server || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER MARIADB_PORT
    mariadb_account ferry pw "SELECT ON d.*" "$LINE_RIGHTS ON e.*"
    mysql_is_available || return 0
    mysql_start lines --local-infile=ON || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<<"CREATE USER ferry IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO ferry;
        GRANT $LINE_RIGHTS ON e.* TO ferry; CREATE DATABASE d; CREATE DATABASE e"
}

teardown_file() {
    mariadb_kill
    mysql_stop
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires python3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    mariadb_query <<<"CREATE OR REPLACE DATABASE d; CREATE OR REPLACE DATABASE e"
    mariadb_query d <<<"CREATE TABLE t AS SELECT seq AS id, REPEAT(SHA2(seq % 7, 256), 2) AS t FROM seq_1_to_20000;
        CREATE VIEW is_on AS SELECT 1 AS id, VARIABLE_VALUE AS v FROM information_schema.SESSION_STATUS
            WHERE VARIABLE_NAME = 'COMPRESSION'"
}

teardown() { line_stop; }

# line_config PORT SSL-MODE: `plain` and `small` are the server behind the port, `e` and `f` the same
# as targets
line_config() {
    local common="driver = \"mysql\"; host = \"127.0.0.1\"; port = $1; user = \"ferry\"; password = \"pw\"; ssl_mode = \"$2\";"
    [ "$2" != verify-ca ] || common+=" ssl_ca = \"$MARIADB_FOLDER/tls/ca.pem\";"
    write_config <<END
connections = {
  plain = { $common database = "d"; };
  small = { $common database = "d"; compression = true; };
  e = { $common database = "e"; };
  f = { $common database = "e"; compression = true; };
  local = { driver = "sqlite"; path = "$T/local.db"; };
};
END
}

# carried COMMAND...: how many bytes came from clients and from the server meanwhile
carried() {
    local before after
    before=$(line_count)
    "$@" || return
    after=$(line_count)
    echo $((${after% *} - ${before% *})) $((${after#* } - ${before#* }))
}

# check_is_smaller QUERY: of the server that QUERY asks
check_is_smaller() {
    local plain small
    plain=$(carried dbferry copy plain local --table t --target-table t)
    small=$(carried dbferry copy small local --table t --target-table t)
    between 1 $((10 * ${small#* })) $((${plain#* }))
    assert_equal "$(sqlite3 "$T/local.db" "SELECT count(*), sum(id), min(t) FROM t")" \
        "$("$1" d <<<"SELECT CONCAT_WS('|', COUNT(*), SUM(id), MIN(t)) FROM t")"
    plain=$(carried dbferry copy local e --table t --target-table t)
    small=$(carried dbferry copy local f --table t --target-table t)
    between 1 $((10 * ${small% *})) $((${plain% *}))
    assert_equal "$("$1" e <<<"SELECT SUM(id), MIN(t) FROM t")" "$("$1" d <<<"SELECT SUM(id), MIN(t) FROM t")"
}

@test "compression: a tenth of the bytes, both ways, with and without TLS; the server says it is on" {
    for mode in disabled verify-ca; do
        line_start "$MARIADB_PORT"
        line_config "$LINE_PORT" $mode
        check_is_smaller mariadb_query
        run dbferry copy small local --view is_on --target-table is_on -v
        assert_status 0
        assert_output_has "compression: on"
        assert_equal "$(sqlite3 "$T/local.db" 'SELECT v FROM is_on')" ON
        dbferry copy plain local --view is_on --target-table is_on
        assert_equal "$(sqlite3 "$T/local.db" 'SELECT v FROM is_on')" OFF
        run dbferry copy local f --table t --target-table t -v
        assert_output_has "compression: on"
        line_stop
    done
}

@test "compression with MySQL 9, with and without TLS" {
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    for mode in preferred disabled; do
        line_start "$MYSQL_PORT"
        line_config "$LINE_PORT" $mode
        mysql_query d <<<"CREATE TABLE IF NOT EXISTS t (id INT, t VARCHAR(200)); SET cte_max_recursion_depth = 20000;
            DELETE FROM t; INSERT INTO t WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 20000)
            SELECT n, REPEAT(SHA2(n % 7, 256), 2) FROM s"
        check_is_smaller mysql_query
        line_stop
    done
}

@test "compression: rows of more than one packet, empty ones, and what does not get smaller" {
    line_start "$MARIADB_PORT"
    line_config "$LINE_PORT" disabled
    mariadb_query <<<"SET GLOBAL max_allowed_packet = 67108864"
    mariadb_query d <<<"CREATE TABLE wide (id INT PRIMARY KEY, b LONGBLOB);
        INSERT INTO wide VALUES (1, REPEAT('ab', 10000000)), (2, ''), (3, NULL), (4, RANDOM_BYTES(1024)), (5, REPEAT('c', 16777215 - 8)), (6, 'x');
        INSERT INTO wide SELECT 6 + seq, RANDOM_BYTES(1024) FROM seq_1_to_2000"
    run dbferry copy small f --table wide --target-table wide -o job.verify=content
    mariadb_query <<<"SET GLOBAL max_allowed_packet = 16777216"
    assert_status 0
    assert_equal "$(mariadb_query <<<"SELECT COUNT(*) FROM d.wide JOIN e.wide AS w USING (id) WHERE d.wide.b <=> w.b")" 2006
}
