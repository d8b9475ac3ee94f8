# Failures of real servers that pass: the run goes on by itself, from the first row, and ends with
# exactly the rows that are there.

load helper
load target-mariadb
load line

ROWS=400000

# Each test has a server of its own, which it may kill.
setup_file() { :; }
teardown_file() { :; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    cd "$T"
    D=$T/local.db
    mariadb_start "$T/server"
    mariadb_account reader pw "SELECT ON d.*" "PROCESS ON *.*"
    mariadb_account loader pw "$TARGET_RIGHTS ON e.*"
    sql <<<"CREATE DATABASE d; CREATE DATABASE e; CREATE TABLE e.t (id BIGINT NOT NULL, x TEXT);
        INSERT INTO e.t VALUES (-1, 'old');
        USE d; CREATE VIEW v AS SELECT seq AS id, REPEAT('x', 200) AS filler FROM seq_1_to_$ROWS"
    sqlite3 "$D" "CREATE TABLE t (id BIGINT NOT NULL, x TEXT);
        WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 200000)
            INSERT INTO t SELECT x, 'abcdefghijklmnopqrstuvwxyz' FROM c"
    config
}

teardown() {
    line_stop
    [ -z "${HOLDER:-}" ] || kill "$HOLDER" 2>/dev/null || true
    [ -z "${MARIADB_PID:-}" ] || kill -CONT "$MARIADB_PID" 2>/dev/null || true
    mariadb_kill
}

# config [SOURCE_KEYS] [TARGET_KEYS]
config() {
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
general = { log_file = "$T/log"; };
connections = {
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; ${1:-} };
  target = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "loader"; password_file = "$T/password"; database = "e"; ${2:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "in"; source = "server"; view = "v"; target = "local"; lock_wait = "1s"; },
         { name = "out"; source = "local"; table = "t"; target = "target"; lock_wait = "1s";
           on_rebuild_loss = "allow"; } ); # e.t is made by hand, and is made anew
END
}

begin() {
    rm -f "$T/log"
    "$DBFERRY" run "$1" >"$T/message" 2>&1 &
    RUN=$!
}

end() {
    status=0
    wait "$RUN" || status=$?
    output=$(cat "$T/message")
}

logged() { grep -c -- "$1" "$T/log" 2>/dev/null || true; }

# wait_for COMMAND...: until it succeeds.
wait_for() {
    for _ in $(seq 400); do
        "$@" 2>/dev/null && return
        sleep 0.025
    done
    echo "never: $*" >&2
    return 1
}

has_logged() { [ "$(logged "$1")" -gt 0 ]; }

# is_busy ACCOUNT COMMAND WORD: its rows are under way, in CONNECTION.  Those of a source are those of a
# prepared statement; a question to the catalog may have its answer before anybody kills it.
is_busy() {
    CONNECTION=$(sql <<<"SELECT id FROM information_schema.processlist
        WHERE user = '$1' AND command = '$2' AND info LIKE '$3%' LIMIT 1") &&
        [ -n "$CONNECTION" ]
}

the_copy_is_exact() {
    assert_equal "$(sqlite3 "$D" 'SELECT count(*), count(DISTINCT id), min(id), max(id), sum(length(filler)) FROM v')" \
        "$ROWS|$ROWS|1|$ROWS|$((ROWS * 200))"
}

the_target_is_exact() {
    assert_equal "$(sql e <<<'SELECT COUNT(*), COUNT(DISTINCT id), MIN(id), MAX(id), SUM(LENGTH(x)) FROM t')" \
        $'200000\t200000\t1\t200000\t5200000'
    assert_equal "$(sql e <<<"SHOW TABLES LIKE '\\_dbferry\\_%'" | grep -cvx _dbferry_sync || true)" 0
}

the_target_is_old() { assert_equal "$(sql e <<<'SELECT id, x FROM t')" $'-1\told'; }

@test "a server that comes back after some seconds: the run waits for it" {
    config 'retries = 6; retry_wait = "500ms";'
    mariadb_stop
    begin in
    wait_for has_logged 'attempt 2 failed'
    mariadb_restart
    end
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(logged "at attempt ")" 1
    [ "$(logged 'attempt . failed: .* cannot connect: ')" -ge 2 ]
    the_copy_is_exact
}

@test "a server that is killed in mid-stream and restarted: all rows, from the first" {
    config 'retries = 9; retry_wait = "500ms";'
    begin in
    wait_for is_busy reader Execute SELECT
    sleep 0.1
    mariadb_kill
    wait_for has_logged 'attempt 1 failed'
    mariadb_restart
    end
    assert_status 0
    assert_equal "$(logged "attempt 1 failed: .*rows of view 'v'")" 1
    the_copy_is_exact
    assert_equal "$(sqlite3 "$D" 'PRAGMA integrity_check')" ok
}

@test "KILL QUERY and KILL CONNECTION by somebody else" {
    local what
    for what in QUERY CONNECTION; do
        config 'retries = 1; retry_wait = "100ms";'
        begin in
        wait_for is_busy reader Execute SELECT
        sql <<<"KILL $what $CONNECTION"
        end
        assert_status 0
        assert_equal "$(logged 'attempt 1 failed')" 1
        the_copy_is_exact
    done
    config 'retries = 0;'
    begin in
    wait_for is_busy reader Execute SELECT
    sql <<<"KILL QUERY $CONNECTION"
    end
    assert_status 76
    refute_output_has attempt
}

@test "a wrong password is tried once" {
    config 'retries = 5; retry_wait = "10ms";' 'retries = 5; retry_wait = "10ms";'
    printf wrong >"$T/password"
    local before job
    for job in in out; do
        before=$(sql <<<"SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'ACCESS_DENIED_ERRORS'")
        begin $job
        end
        assert_status 77
        refute_output_has attempt
        assert_equal "$(sql <<<"SELECT VARIABLE_VALUE - $before FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'ACCESS_DENIED_ERRORS'")" 1
    done
}

@test "a target's server that is killed in mid-load and restarted" {
    config '' 'retries = 9; retry_wait = "500ms";'
    begin out
    wait_for is_busy loader Query LOAD
    mariadb_kill
    wait_for has_logged 'attempt 1 failed'
    mariadb_restart
    sql <<<"SET GLOBAL local_infile = 1"
    end
    assert_status 0
    [ "$(logged 'retry 1 of 9 begins in')" -eq 1 ]
    the_target_is_exact
}

@test "a target's server that is away for good: after its retries, 73, and the old rows" {
    config '' 'retries = 1; retry_wait = "100ms";'
    mariadb_stop
    begin out
    end
    assert_status 73
    assert_output_has "after 2 attempts" "unchanged"
    mariadb_restart
    the_target_is_old
}

@test "another session that holds the table: its lock passes, and so does the failure" {
    config '' 'retries = 5; retry_wait = "500ms";'
    (
        echo "BEGIN; SELECT * FROM e.t;"
        while [ ! -e "$T/release" ]; do sleep 0.05; done
        echo "COMMIT;"
    ) | mariadb_query >/dev/null 3>&- &
    HOLDER=$!
    begin out
    wait_for has_logged 'attempt 1 failed: .*error 1205'
    : >"$T/release"
    end
    assert_status 0
    the_target_is_exact
}

@test "a run that is already running is not waited for by retries" {
    config '' 'retries = 5; retry_wait = "100ms";'
    sqlite3 "$D" "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3000000)
        INSERT INTO t SELECT x, 'more' FROM c"
    begin out
    wait_for is_busy loader Query LOAD
    run "$DBFERRY" run out
    kill "$RUN"
    end
    assert_equal "$status" 143
    run cat "$T/log"
    assert_output_has "another run"
    refute_output_has "attempt"
    the_target_is_old
}

@test "a lock that an attempt has left behind passes, once the server has noticed" {
    requires python3
    config '' 'retries = 9; retry_wait = "300ms"; read_timeout = "2s";'
    dbferry run out # makes the table as it wants it
    python3 "$FERRY_SOURCE/tests/servers/cut.py" "$MARIADB_SOCKET" "$T/cut" before-hold "LOAD DATA" \
        >"$T/cut.log" 2>&1 3>&- &
    HOLDER=$!
    wait_for test -S "$T/cut"
    sed -i "/ target = /s|socket = \"[^\"]*\"|socket = \"$T/cut\"|" "$DBFERRY_CONFIG"
    begin out
    wait_for has_logged 'attempt 1 failed: '
    wait_for has_logged 'attempt 2 failed: .*a connection of this run that was lost'
    sql <<<"SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = 'loader'" | sql
    end
    assert_status 0
    the_target_is_exact
}

@test "a server that takes no writes for a while" {
    config '' 'retries = 9; retry_wait = "300ms";'
    sql <<<"SET GLOBAL read_only = 1"
    begin out
    wait_for has_logged 'attempt 1 failed: .*takes no writes now'
    sql <<<"SET GLOBAL read_only = 0"
    end
    assert_status 0
    the_target_is_exact
}

@test "a server that stands still while it is loaded is given up, and the next attempt finds it" {
    config '' 'retries = 9; retry_wait = "500ms"; read_timeout = "2s"; connect_timeout = "2s";'
    begin out
    wait_for is_busy loader Query LOAD
    kill -STOP "$MARIADB_PID"
    wait_for has_logged 'attempt 1 failed: '
    kill -CONT "$MARIADB_PID"
    end
    assert_status 0
    the_target_is_exact
}

@test "a statement that takes longer than read_timeout is waited for while the server lives" {
    # The second connection's answer has to come within read_timeout, also on a busy machine.
    config '' 'retries = 0; read_timeout = "4s";'
    dbferry run out # makes the table as it wants it
    sql <<<"CREATE TRIGGER e.slow BEFORE INSERT ON e.t FOR EACH ROW
        SET @slept = IF(NEW.id = 1, SLEEP(9), 0)"
    begin out
    end
    assert_status 0
    has_logged 'the server is still at work'
    the_target_is_exact
}

@test "a deadlock on the target" {
    config '' 'retries = 9; retry_wait = "300ms";'
    dbferry run out # makes the table as it wants it
    sql <<<"CREATE TABLE e.flag (n INT); INSERT INTO e.flag VALUES (1);
        DELIMITER //
        CREATE TRIGGER e.hook BEFORE INSERT ON e.t FOR EACH ROW IF NEW.id = 1 AND EXISTS (SELECT 1 FROM e.flag) THEN
            SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'; END IF //"
    begin out
    wait_for has_logged 'attempt 1 failed: .*error 1213'
    sql <<<"DELETE FROM e.flag"
    end
    assert_status 0
    the_target_is_exact
}

@test "a line on which a few bytes trickle: run_timeout ends it, and no retry follows" {
    requires python3
    mariadb_restart --port
    config 'retries = 5; retry_wait = "10ms"; run_timeout = "3s";'
    line_start "$MARIADB_PORT" 20000
    sed -i "/server = /s|socket = \"[^\"]*\"|host = \"127.0.0.1\"; port = $LINE_PORT; ssl_mode = \"disabled\"|" "$DBFERRY_CONFIG"
    local started=${EPOCHREALTIME/./}
    begin in
    end
    local took=$(((${EPOCHREALTIME/./} - started) / 1000))
    line_stop
    assert_status 76
    assert_output_has "took longer than 3.0 s" run_timeout
    refute_output_has attempt
    between 2900 "$took" 6000
}

@test "a password is asked for once, however many attempts there are" {
    requires script
    config 'retries = 6; retry_wait = "500ms";'
    sed -i '/server = /s/password_file = "[^"]*"; //' "$DBFERRY_CONFIG"
    mariadb_stop
    : >screen
    {
        for _ in {1..200}; do
            grep -q 'password for server: ' screen && break
            sleep 0.05
        done
        printf 'pw\r'
        wait_for has_logged 'attempt 1 failed'
        mariadb_restart >/dev/null
        sleep 6
    } | script -qefc "'$DBFERRY' copy server local --view v --target-table v" screen >/dev/null
    MARIADB_PID=$(cat "$T/server/pid")
    assert_equal "$(grep -c 'password for server: ' screen)" 1
    the_copy_is_exact
}
