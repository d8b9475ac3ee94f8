# A server that is away, goes away, or stops answering: the target keeps its old rows.

load helper
load ../servers/mariadb

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/target.db
    mariadb_start "$T/server" --port
    mariadb_query <<'SQL'
CREATE DATABASE d;
USE d;
CREATE VIEW d.v AS SELECT seq AS id, REPEAT('x', 200) AS filler FROM seq_1_to_3000000;
SQL
    mariadb_account reader pw 'SELECT ON d.*' 'PROCESS ON *.*'
    source_config
    sqlite3 "$D" "CREATE TABLE v (id BIGINT NOT NULL, filler TEXT); INSERT INTO v VALUES (-1, 'old')"
}

teardown() {
    [ -z "${MARIADB_PID:-}" ] || kill -CONT "$MARIADB_PID" 2>/dev/null || true
    mariadb_kill
}

source_config() {
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; host = "127.0.0.1"; port = ${PORT:-$MARIADB_PORT}; user = "reader";
             password_file = "$T/password"; database = "d"; ${1:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

begin_copy() {
    "$DBFERRY" copy server local --view v --target-table v >"$T/message" 2>&1 &
    copy=$!
    for _ in $(seq 200); do
        reading=$(mariadb_query <<<"SELECT id FROM information_schema.processlist
            WHERE user = 'reader' AND command = 'Execute'")
        [ -z "$reading" ] || return 0
        sleep 0.02
    done
    return 1
}

end_copy() {
    status=0
    wait "$copy" || status=$?
    output=$(cat "$T/message")
}

the_old_rows_are_there() {
    assert_equal "$(sqlite3 "$D" 'SELECT id, filler FROM v')" '-1|old'
    assert_equal "$(sqlite3 "$D" 'PRAGMA integrity_check')" ok
}

@test "the server is killed while it sends rows" {
    begin_copy
    sleep 0.2
    mariadb_kill
    end_copy
    assert_status 76
    assert_output_has "after" "rows of view 'v'" "unchanged"
    the_old_rows_are_there
}

@test "KILL QUERY and KILL CONNECTION while rows are sent" {
    for what in QUERY CONNECTION; do
        begin_copy
        sleep 0.1
        mariadb_query <<<"KILL $what $reading"
        end_copy
        assert_status 76
        assert_output_has "rows of view 'v'"
        the_old_rows_are_there
    done
}

@test "a server that stops answering is given up after read_timeout" {
    source_config 'read_timeout = "2s";'
    begin_copy
    kill -STOP "$MARIADB_PID"
    end_copy
    kill -CONT "$MARIADB_PID"
    assert_status 76
    assert_output_has "read_timeout"
    the_old_rows_are_there
}

@test "SIGTERM ends a run that waits for the server" {
    mariadb_query d <<<"CREATE OR REPLACE VIEW d.v AS SELECT SLEEP(30) AS id, 'x' AS filler"
    begin_copy
    kill -TERM "$copy"
    SECONDS=0
    end_copy
    [ "$SECONDS" -lt 5 ]
    assert_equal "$status" 143
    the_old_rows_are_there
}

@test "nobody listens, no such host, no such socket: unreachable" {
    PORT=1 source_config
    run dbferry copy server local --view v --target-table v
    assert_status 69
    assert_output_has "127.0.0.1:1"
    sed -i 's/"127.0.0.1"/"no-such-host.invalid"/' "$DBFERRY_CONFIG"
    run dbferry copy server local --view v --target-table v
    assert_status 69
    assert_output_has "no-such-host.invalid"
    sed -i "s|host = \"[^\"]*\"; port = 1;|socket = \"$T/none\";|" "$DBFERRY_CONFIG"
    run dbferry copy server local --view v --target-table v
    assert_status 69
    assert_output_has "$T/none"
    the_old_rows_are_there
}

@test "a server that accepts and says nothing is given up after connect_timeout" {
    source_config 'connect_timeout = "1s";'
    kill -STOP "$MARIADB_PID"
    SECONDS=0
    run dbferry copy server local --view v --target-table v
    [ "$SECONDS" -lt 5 ]
    assert_status 69
    the_old_rows_are_there
}

@test "a server with no free connection is unreachable" {
    mariadb_restart --port --server=--max-connections=10
    source_config
    local others=()
    for _ in $(seq 10); do
        # Again, where the server's own client had the place for a moment.
        for _ in $(seq 50); do
            mariadb --no-defaults -h 127.0.0.1 -P "$MARIADB_PORT" -ureader -ppw --skip-ssl \
                -e 'SELECT SLEEP(60)' && break
            sleep 0.1
        done >/dev/null 2>&1 3>&- &
        others+=($!)
    done
    for _ in $(seq 100); do
        [ "$(mariadb_query <<<"SELECT COUNT(*) FROM information_schema.processlist
            WHERE user = 'reader'")" -lt 10 ] || break
        sleep 0.05
    done
    run dbferry copy server local --view v --target-table v
    kill "${others[@]}" 2>/dev/null || true
    assert_status 69
    assert_output_has "max_connections"
    the_old_rows_are_there
}

@test "a server's own defaults neither shorten the result nor hide its warnings" {
    mariadb_query d <<'SQL'
SET GLOBAL sql_select_limit = 2;
SET GLOBAL max_error_count = 0;
CREATE OR REPLACE VIEW v AS SELECT seq AS id, 'x' AS filler FROM seq_1_to_10;
CREATE VIEW joined AS SELECT GROUP_CONCAT(seq) AS numbers FROM seq_1_to_1000000;
CREATE VIEW noted AS SELECT CAST(CONCAT(seq, IF(seq = 2000, 'x', ' ')) AS INT) AS id FROM seq_1_to_2000;
SQL
    dbferry copy server local --view v --target-table v
    assert_equal "$(rows "$D" v)" 10
    run dbferry copy server local --view joined --target-table joined
    assert_status 65
    assert_output_has "the server warns" "(1260)" group_concat_max_len
    run dbferry copy server local --view noted --target-table noted
    assert_status 0
    assert_output_has "the server warned 1 time while" "2000x"
    mariadb_query d <<<'SET GLOBAL max_error_count = 64;'
}

@test "the source is read in one snapshot" {
    mariadb_query <<'SQL'
USE d;
CREATE TABLE balance (id INT PRIMARY KEY, amount INT) ENGINE=InnoDB;
INSERT INTO balance SELECT seq, 1 FROM seq_1_to_300000;
SQL
    (
        for _ in $(seq 40); do
            mariadb_query <<<"START TRANSACTION; UPDATE d.balance SET amount = amount + 1
                WHERE id = 300000; UPDATE d.balance SET amount = amount - 1 WHERE id = 1; COMMIT"
        done
    ) &
    writer=$!
    for _ in 1 2 3; do
        dbferry copy server local --view balance --target-table balance
        assert_equal "$(sqlite3 "$D" 'SELECT sum(amount) FROM balance')" 300000
    done
    wait "$writer"
}
