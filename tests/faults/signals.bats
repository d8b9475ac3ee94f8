#!/usr/bin/env bats
# Signals: a run that is asked to stop ends within five seconds, by that signal, and the target is as
# it was.

load helper

setup() {
    ferry_setup
    cd "$T"
}

# start KEYS... : a run of made-up rows in the background, with `-o` for each key; where a fault is
# asked for, until it has been reached
start() {
    local key options=()
    for key; do
        options+=(-o "$key")
        [[ $key != *.fail_at=* ]] || options+=(-o "${key%%.*}.fail_mark=reached")
    done
    rm -f reached
    # A shell starts its background jobs with SIGINT ignored; a user's run is not like that.
    env --default-signal=INT,HUP,TERM "$DBFERRY" copy memory:x "${TARGET:-sqlite:to.db}" --table t \
        -vv "${options[@]}" >out 2>err 3>&- &
    pid=$!
    [[ "$*" != *.fail_at=* ]] || until_there test -e reached
}

# ended CODE [LIMIT-MS]: the run ends with this status, in time
ended() {
    local code=0 before=$(now_ms) took
    wait $pid || code=$?
    took=$(($(now_ms) - before))
    [ "$code" -eq "$1" ] && [ $took -lt "${2:-5000}" ] && return
    echo "ended with $code after $took ms" >&2
    cat err >&2
    return 1
}

old_target() { # JOURNAL-MODE
    rm -f to.db*
    sample_table to.db t 2000 "${1:-wal}"
    dump to.db >old
    cp to.db bytes
}

same_target() {
    cmp to.db bytes
    assert_equal "$(dump to.db | md5sum)" "$(md5sum <old)"
    assert_sound to.db
    assert_equal "$(leftovers to.db)" ""
    # The reader above may have written a part of a -wal that was there; the next run must work.
    dbferry copy memory:x sqlite:to.db --table t -o source.rows=7 2>/dev/null
    assert_equal "$(rows to.db t)" 7
}

number() { kill -l "$1"; }

ends_a_load() {
    local mode
    for mode in wal delete; do
        old_target $mode
        start source.rows=60000 source.fail_at=read_batch source.fail_how=stall source.fail_row=50000
        kill -s "$1" $pid
        ended $((128 + $(number "$1")))
        grep -q "dbferry\|error" err
        grep -qE " error .*stopped by signal $(number "$1") \(.*\) at row [0-9]+; the target is unchanged" err
        same_target
    done
}

@test "SIGTERM, SIGINT and SIGHUP in mid-load: the run dies by them and the old rows stay" {
    for signal in TERM INT HUP; do
        ends_a_load $signal
    done
}

@test "the parent sees a death by the signal, not an exit code" {
    requires python3
    old_target
    python3 - "$DBFERRY" <<'END'
import os, signal, subprocess, sys, time
for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
    run = subprocess.Popen([sys.argv[1], "copy", "memory:x", "sqlite:to.db", "--table", "t",
                            "-o", "source.fail_at=read_batch", "-o", "source.fail_how=stall",
                            "-o", "source.fail_mark=reached"],
                           stderr=subprocess.PIPE)
    while not os.path.exists("reached"):
        time.sleep(0.02)
    os.unlink("reached")
    run.send_signal(number)
    error = run.communicate(timeout=20)[1]
    assert run.returncode == -number, (run.returncode, error)
    assert b"the target is unchanged" in error, error
END
    same_target
}

@test "a signal ends a run wherever its source waits" {
    old_target
    for at in snapshot_begin describe read_begin read_batch; do
        start source.fail_at=$at source.fail_how=stall
        kill -TERM $pid
        ended 143
        grep -q "stopped by signal 15" err
        cmp to.db bytes
    done
    same_target
}

@test "a signal ends a run wherever its target waits, and nothing is published" {
    for at in map_column inspect load_begin load_batch load_end change_commit; do
        TARGET=memory:y start target.fail_at=$at target.fail_how=stall target.dump=dump
        kill -TERM $pid
        ended 143
        grep -q "stopped by signal 15" err
        [ ! -e dump ]
    done
}

@test "a signal while a connection is being made, which nothing can cut short: under five seconds" {
    old_target
    start source.fail_at=connect source.fail_how=stall source.fail_delay=60s
    kill -TERM $pid
    ended 143
    same_target
}

@test "a second signal ends the run at once" {
    old_target
    start source.fail_at=connect source.fail_how=stall source.fail_delay=60s
    kill -TERM $pid
    sleep 0.5
    kill -INT $pid
    ended 130 2000 # the first one alone would take four seconds
    same_target
}

@test "a signal that comes twice in a moment, as from timeout, lets the run stop in order" {
    local try before
    old_target
    for try in {1..10}; do # on a machine with much to do a moment may take long
        start source.fail_at=connect source.fail_how=stall source.fail_delay=2s
        before=$(now_ms)
        kill -TERM $pid
        sleep 0.05
        kill -TERM $pid
        [ $(($(now_ms) - before)) -ge 250 ] || break
        wait $pid || true
    done
    ended 143
    grep -q "stopped by signal 15" err
    same_target
}

@test "many signals in a row do no harm" {
    old_target
    start source.rows=400000
    for try in {1..20}; do
        kill -TERM $pid 2>/dev/null || break
        sleep 0.02
    done
    ended 143
    same_target
}

@test "a signal at any moment of a real load: old rows or new rows, and only then without a complaint" {
    requires sqlite3
    local delay code mode new
    sample_table from.db t 30000
    for mode in wal delete; do
        for delay in 0 0.01 0.02 0.03 0.05 0.07 0.09 0.11 0.14 0.17 0.2 0.25; do
            rm -f to.db*
            sample_table to.db t 2000 $mode
            env --default-signal=INT "$DBFERRY" copy sqlite:from.db sqlite:to.db --table t 2>err 3>&- &
            pid=$!
            sleep $delay
            kill -INT $pid 2>/dev/null || true
            code=0
            wait $pid || code=$?
            new=$(rows to.db t)
            one_of "$code/$new" 130/2000 130/30000 0/30000
            [ "$new" -eq 30000 ] || ! grep -q . err || grep -q "the target is unchanged" err
            ! grep -q "unchanged" err || [ "$new" -eq 2000 ]
            assert_sound to.db
            assert_equal "$(leftovers to.db)" ""
        done
    done
}

@test "a run that was started with SIGHUP ignored, as by nohup, goes on" {
    old_target
    (trap '' HUP; exec "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=9 \
        -o source.fail_at=read_batch -o source.fail_how=slow -o source.fail_delay=600ms) 2>err 3>&- &
    pid=$!
    sleep 0.3
    kill -HUP $pid
    ended 0
    assert_equal "$(rows to.db t)" 9
}

@test "SIGPIPE does not end a run" {
    old_target
    start source.fail_at=read_batch source.fail_how=slow source.fail_delay=600ms
    kill -PIPE $pid
    ended 0
    assert_equal "$(rows to.db t)" 10
}

@test "a run that is stopped and goes on later is not given up" {
    old_target
    start source.fail_at=read_batch source.fail_how=slow source.fail_delay=300ms
    kill -STOP $pid
    sleep 1
    kill -CONT $pid
    ended 0
    assert_equal "$(rows to.db t)" 10
}

@test "of several jobs, those behind the signal are not begun" {
    write_config <<'END'
connections = {
  waits = { driver = "memory"; fail_at = "read_batch"; fail_how = "stall"; fail_mark = "reached"; };
  made = { driver = "memory"; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "a"; source = "made"; table = "a"; target = "to"; },
         { name = "b"; source = "waits"; table = "b"; target = "to"; },
         { name = "c"; source = "made"; table = "c"; target = "to"; } );
END
    "$DBFERRY" run >out 2>err 3>&- &
    pid=$!
    until_there test -e reached
    kill -TERM $pid
    ended 143
    assert_equal "$(sqlite3 to.db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('a','b','c')")" a
    assert_equal "$(grep -c stopped err)" 1
}

@test "a signal while a password_command works ends it too" {
    requires_driver mysql
    write_config <<END
connections = { server = { driver = "mysql"; user = "u"; password_command = "sleep 778.$$"; };
                to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "j"; source = "server"; table = "t"; target = "to"; } );
END
    "$DBFERRY" run 2>err 3>&- &
    pid=$!
    until_there pgrep -f "sleep 778.$$" >/dev/null
    kill -TERM $pid
    ended 143
    gone() { ! pgrep -f "sleep 778.$$" >/dev/null; }
    until_there gone
}
