# What runs leave in the history, and what `status` makes of it.  What is expected is what the sqlite3
# shell reads in the file.

load helper

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    cd "$T"
    config
}

# config [GENERAL] [JOBS]
config() {
    write_config <<END
general = { state_dir = "$T/state"; ${1:-} };
connections = {
  made = { driver = "memory"; rows = 3; columns = "id int64 not null, name text(40)"; };
  stalls = { driver = "memory"; fail_at = "read_batch"; fail_how = "stall"; fail_mark = "$T/reached"; stall_timeout = "60s"; };
  gone = { driver = "memory"; fail_at = "connect"; fail_class = "unreachable"; retries = 1; retry_wait = "1ms"; };
  file = { driver = "sqlite"; path = "$T/a.db"; };
};
jobs = ( { name = "good"; source = "made"; view = "v"; target = "file"; target_table = "t"; },
  { name = "few"; source = "made"; view = "v"; target = "file"; target_table = "u"; min_rows = 4; },
  { name = "away"; source = "gone"; view = "v"; target = "file"; target_table = "w"; },
  { name = "slow"; source = "stalls"; view = "v"; target = "file"; target_table = "x"; } ${2:-} );
END
}

history() { sqlite3 -batch -readonly "$T/state/history.db" "$1"; }

the_history_is_whole() { assert_equal "$(history 'PRAGMA integrity_check')" ok; }

# Starts the job that never ends, and waits until it reads.
begin_slow() {
    rm -f "$T/reached"
    "$DBFERRY" run slow >"$T/message" 2>&1 3>&- &
    RUN=$!
    until_there test -e "$T/reached"
}

teardown() { [ -z "${RUN:-}" ] || kill -KILL "$RUN" 2>/dev/null || true; }

@test "each run has its row: done, failed, and after all its attempts" {
    run dbferry run good few away
    assert_status 65
    assert_equal "$(history "SELECT job, state, exit_code, rows, rows_before, source, target, attempts FROM run ORDER BY id")" \
        "good|done|0|3|0|made|file|1
few|failed|65|||made|file|1
away|failed|69|||gone|file|2"
    assert_equal "$(history "SELECT count(*) FROM run WHERE started <= ended AND length(run_id) = 32
        AND abs((julianday(ended) - julianday(started)) * 86400 - seconds) < 0.01
        AND abs(julianday('now') - julianday(started)) * 86400 < 60 AND host = '$(hostname)'
        AND version = '$(dbferry --version | sed -n '1s/dbferry //p')'")" 3
    assert_equal "$(history "SELECT count(*) FROM run WHERE message LIKE '%min_rows = 4%'")" 1
    assert_equal "$(history "SELECT min(json_valid(phases)), sum(json_extract(phases, '$.load') IS NOT NULL) FROM run")" "1|2"
    # nothing of the phases is counted twice
    assert_equal "$(history "SELECT count(*) FROM run WHERE (SELECT total(value) FROM json_each(phases)) > seconds + 0.05")" 0
    the_history_is_whole
}

@test "the table's record and the history name the same run" {
    dbferry run good
    assert_equal "$(history "SELECT run_id FROM run")" "$(sqlite3 a.db "SELECT run_id FROM _dbferry_sync")"
}

@test "copy and --dry-run leave no row" {
    dbferry copy made file --view v --target-table t
    dbferry run --dry-run good
    [ ! -e state ]
}

@test "a run that a signal stops, and one that is killed: the next run ends its row" {
    begin_slow
    assert_equal "$(history "SELECT state, ended IS NULL FROM run")" "running|1"
    kill -TERM "$RUN"
    wait "$RUN" || true
    assert_equal "$(history "SELECT state, exit_code FROM run")" "stopped|143"
    begin_slow
    run dbferry status
    assert_output_has "slow  running" # nobody else has touched its row
    kill -KILL "$RUN"
    wait "$RUN" || true
    run dbferry status
    assert_output_has "slow  killed"
    assert_equal "$(history "SELECT state FROM run WHERE id = 2")" running
    begin_slow
    kill -TERM "$RUN"
    wait "$RUN" || true
    assert_equal "$(history "SELECT id, state FROM run ORDER BY id")" "1|stopped
2|killed
3|stopped"
}

@test "a run that leaves its table to another one is no success, and not what status tells of" {
    config '' ', { name = "slow too"; source = "made"; view = "v"; target = "file"; target_table = "x"; }'
    begin_slow
    dbferry run --skip-locked "slow too"
    dbferry run --skip-locked slow
    assert_equal "$(history "SELECT job, state, exit_code, message LIKE '%another run%' FROM run WHERE id > 1")" \
        "slow too|left|0|1
slow|left|0|1"
    run dbferry status
    assert_output_has "slow      running" "slow too  left"
    assert_equal "$(history "SELECT name, last_run, last_success FROM job ORDER BY name")" "slow|1|
slow too|2|"
}

@test "a run that goes on elsewhere keeps its row" {
    dbferry run good
    sqlite3 state/history.db "UPDATE run SET state = 'running', ended = NULL, host = 'elsewhere', pid = 1"
    dbferry run good
    assert_equal "$(history "SELECT state FROM run ORDER BY id")" "running
done"
}

@test "a pid that another process has now is no run that goes on" {
    dbferry run good
    sqlite3 state/history.db "UPDATE run SET state = 'running', ended = NULL, pid = $$, process_started = 1"
    dbferry run good
    assert_equal "$(history "SELECT state FROM run ORDER BY id")" "killed
done"
}

@test "jobs side by side, and two hundred that end at one moment: each has its row" {
    local jobs='' i
    for i in {1..200}; do
        jobs+=", { name = \"j$i\"; source = \"made\"; view = \"v\"; target = \"file\"; target_table = \"t$i\"; }"
    done
    config '' "$jobs"
    dbferry run --jobs 16 $(seq -f j%.0f 200)
    assert_equal "$(history "SELECT count(*), count(DISTINCT job), sum(state = 'done') FROM run")" "200|200|200"
    the_history_is_whole
    # and by processes of their own, each of which writes when all others do; the file is not there yet
    local round
    for round in 1 2 3; do
        rm -rf state
        for i in {1..20}; do "$DBFERRY" run "j$i" 2>>errors 3>&- & done
        wait
        assert_equal "$(cat errors)" ""
        assert_equal "$(history "SELECT count(*), sum(state = 'done') FROM run")" "20|20"
    done
}

@test "a history that another process is making is waited for" {
    requires python3
    mkdir state
    cat >hold.py <<'END'
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE") # on the way to its first pages
open(sys.argv[2], "w").close()
time.sleep(0.7)
db.execute("COMMIT")
END
    python3 hold.py state/history.db held 3>&- &
    until_there test -e held
    run dbferry run good
    wait
    assert_equal "$output" ""
    assert_equal "$(history "SELECT state FROM run")" done
}

@test "history_keep: so many of each job, none too old, and never the last success" {
    config 'history_keep = "3";'
    dbferry run good
    for _ in 1 2 3 4 5; do run dbferry run few; done
    assert_equal "$(history "SELECT job, count(*), max(id) FROM run GROUP BY job")" "few|3|6
good|1|1"
    assert_equal "$(history "SELECT name, runs FROM job")" "few|3
good|1"
    config 'history_keep = "1d";'
    sqlite3 state/history.db "UPDATE run SET started = '2020-01-01T00:00:00.000Z'"
    run dbferry run few
    assert_equal "$(history "SELECT job, count(*) FROM run GROUP BY job")" "few|1
good|1"
    config 'history_keep = "often";'
    run dbferry run good
    assert_status 78
    assert_output_has "history_keep" "400d, 10000"
}

@test "a history that is broken, full, read-only, newer or somebody else's: a warning, and the run goes on" {
    warns() {
        rm -f a.db
        run dbferry run good
        assert_status 0
        assert_output_has "warning" "the run goes on" "$@"
        assert_equal "$(rows a.db t)" 3
    }
    dbferry run good
    sqlite3 state/history.db "PRAGMA user_version = 99" >whole
    warns "later version"
    sqlite3 state/history.db "PRAGMA application_id = 1"
    warns "no history of dbferry's"
    rm -rf state && mkdir state && head -c 9000 /dev/urandom >state/history.db
    cp state/history.db was
    warns "safe to delete"
    cmp was state/history.db
    rm -rf state && printf 'no folder' >state
    warns "state"
    rm -f state && mkdir -p other && ln -s "$T/a.db" other/history.db
    config "state_dir = \"$T/other\";"
    sed -i "s|state_dir = \"$T/state\"; ||" "$DBFERRY_CONFIG"
    warns "history.db"
    # a disk without room
    config 'state_dir = "/dev/full";'
    sed -i "s|state_dir = \"$T/state\"; ||" "$DBFERRY_CONFIG"
    warns "/dev/full"
}

@test "a history that is no plain file, or that a full disk has left empty" {
    local command
    mkdir state && mkfifo state/history.db
    run timeout 30 "$DBFERRY" run good
    assert_status 0
    assert_output_has warning "no plain file" "the run goes on"
    for command in status "report page.html"; do
        # shellcheck disable=SC2086
        run timeout 30 "$DBFERRY" $command
        assert_status 73
        assert_output_has "no plain file"
    done
    rm state/history.db && : >state/history.db
    run dbferry status
    assert_status 0
    assert_output_has "good  never run"
    dbferry run good
    assert_equal "$(history "SELECT count(*) FROM run")" 1
}

@test "history_keep = \"none\": no history is kept, and status says so" {
    config 'history_keep = "none";'
    dbferry run good
    [ ! -e state ]
    run dbferry status
    assert_status 78
    assert_output_has "history_keep"
}

@test "a history on a full disk" {
    [ "$(id -u)" -eq 0 ] || skip "mounting needs root"
    mkdir state && mount -t tmpfs -o size=64k none state || skip "no tmpfs can be mounted"
    run dbferry run good
    umount state
    assert_status 0
    assert_output_has warning "the run goes on"
    assert_equal "$(rows a.db t)" 3
}

@test "the file's mode follows the folder: who may look may read, who may write there may write" {
    local mode
    for mode in "755 644" "700 600" "2770 660" "777 664"; do
        rm -rf state && mkdir state && chmod "${mode% *}" state
        (umask 077 && dbferry run good)
        assert_equal "$(stat -c %a state/history.db)" "${mode#* }"
    done
}

@test "two users of a group share a history" {
    [ "$(id -u)" -eq 0 ] || skip "two users need root"
    requires setpriv
    chmod 755 "$T" "${T%/*}" "${T%/*/*}" "$T"/..
    mkdir state && chgrp 4242 state && chmod 2770 state
    local user
    for user in 4001 4002 4001; do
        mkdir -p "u$user" && cp "$DBFERRY_CONFIG" "u$user/c" && chmod 600 "u$user/c"
        sed -i "s|$T/a.db|$T/u$user/a.db|" "u$user/c"
        chown -R "$user" "u$user"
        (umask 027 && HOME=$T/u$user setpriv --reuid "$user" --regid 4242 --clear-groups "$DBFERRY" run good -c "u$user/c")
    done
    assert_equal "$(history "SELECT count(*), sum(state = 'done') FROM run")" "3|3"
}

@test "where the history is, if the configuration does not say so" {
    sed -i "s|state_dir = \"$T/state\"; ||" "$DBFERRY_CONFIG"
    STATE_DIRECTORY=$T/service:$T/other dbferry run good
    [ -s service/history.db ] && [ ! -e other ]
    XDG_STATE_HOME=$T/xdg dbferry run good
    [ -s xdg/dbferry/history.db ]
    if [ "$(id -u)" -ne 0 ] || [ ! -e /var/lib/dbferry ]; then
        env -u XDG_STATE_HOME "$DBFERRY" run good
        [ -s "$HOME/.local/state/dbferry/history.db" ]
    fi
    # nowhere to be had: no word of it
    run env -u HOME -u XDG_STATE_HOME "$DBFERRY" run good
    assert_status 0
    assert_equal "$output" ""
}

@test "a group has one row, with the sums of its tables and the first of its errors" {
    sqlite3 from.db "CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1), (2);
        CREATE TABLE b (x INTEGER); INSERT INTO b VALUES (1);"
    sqlite3 a.db "CREATE TABLE b (y); INSERT INTO b VALUES (1)"
    write_config <<END
general = { state_dir = "$T/state"; };
connections = { from = { driver = "sqlite"; path = "$T/from.db"; }; file = { driver = "sqlite"; path = "$T/a.db"; }; };
jobs = ( { name = "all"; source = "from"; tables = ["*"]; target = "file"; on_schema_change = "refuse"; } );
END
    run dbferry run all
    assert_status 65
    assert_equal "$(history "SELECT job, state, exit_code, rows FROM run")" "all|failed|65|2"
    sqlite3 a.db "DROP TABLE b"
    dbferry run all
    dbferry run all/a
    assert_equal "$(history "SELECT job, state, exit_code, rows, rows_before FROM run WHERE id > 1")" "all|done|0|3|2
all/a|done|0|2|2"
}

@test "status: what is late by expect_every, and its exit code" {
    config '' ', { name = "hourly"; source = "made"; view = "v"; target = "file"; target_table = "t"; expect_every = "1h"; }'
    run dbferry status
    assert_status 75
    assert_output_has "hourly  never run, LATE  "
    dbferry run hourly
    run dbferry status
    assert_status 0
    refute_output_has LATE
    sqlite3 state/history.db "UPDATE run SET ended = '$(date -u -d '61 minutes ago' +%FT%T.000Z)'"
    run dbferry status
    assert_status 75
    assert_output_has "hourly  done, LATE"
    run dbferry status good few
    assert_status 0
    # the clock was set back: its last success lies ahead
    sqlite3 state/history.db "UPDATE run SET started = '$(date -u -d '3 days' +%FT%T.000Z)', ended = '$(date -u -d '3 days' +%FT%T.000Z)'"
    run dbferry status
    assert_status 0
    assert_output_has "0 s ago"
}

@test "status asks no server, and needs no driver" {
    write_config <<END
general = { state_dir = "$T/state"; };
connections = { far = { driver = "nobody-has-it"; host = "192.0.2.1"; }; };
jobs = ( { name = "far"; source = "far"; view = "v"; target = "far"; } );
END
    run dbferry status
    assert_status 0
    assert_output_has "far  never run" never
}

@test "status fits 80 columns, whatever jobs are called" {
    config '' ', { name = "a name that is longer than any that a table could show whole, and then some more"; source = "made"; view = "v"; target = "file"; target_table = "t"; },
      { name = "\\n\\x1b[31mred \"quoted\" ünï→"; source = "made"; view = "v"; target = "file"; target_table = "t2"; }'
    run dbferry run good few away
    sqlite3 state/history.db "UPDATE run SET rows = 123456789012, inserted = 1234567, updated = 99999, deleted = 0, seconds = 12345.6
        WHERE state = 'done'"
    run dbferry status
    assert_status 0
    assert_equal "$(printf '%s\n' "$output" | awk 'length($0) > 80')" ""
    refute_output_has $'\e'
    assert_output_has "123,456,789,012" "a name that is"
    assert_equal "$(printf '%s\n' "$output" | wc -l)" 7
}

@test "status of one job tells all of its last run" {
    dbferry run good
    run dbferry status good
    assert_status 0
    assert_output_has "state          done" "made to file" "3 (before: 0)" "$(history "SELECT started FROM run")"
    run dbferry status godo
    assert_status 78
    assert_output_has "did you mean 'good'"
    run dbferry status --watch
    assert_status 64
    assert_output_has "terminal"
}

@test "status --watch draws anew until Ctrl-C" {
    requires python3
    dbferry run good
    cat >watch.py <<'END'
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "status", "--watch"])
seen = b""
while seen.count(b"\x1b[H\x1b[J") < 2:
    seen += os.read(terminal, 4096)
os.write(terminal, b"\x03")
_, how = os.waitpid(pid, 0)
print(os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGINT, b"good  done" in seen)
END
    assert_equal "$(timeout 30 python3 watch.py "$DBFERRY")" "True True"
}
