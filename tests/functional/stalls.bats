# Sides that stall and people who stop a run: time limits, signals, and that each of them ends soon
# and leaves the target as it was.

load helper.bash

setup() {
    ferry_setup
    cd "$T"
    requires_driver memory
}

# job SOURCE_KEYS TARGET_KEYS: a job from memory to memory.  Its target has dumped rows before.
job() {
    echo "before" >"$T/dump"
    rm -f "$T/reached"
    write_config <<CONF
connections = {
  from = { driver = "memory"; rows = 20000; fail_mark = "$T/reached"; $1 };
  to = { driver = "memory"; dump = "$T/dump"; fail_mark = "$T/reached"; $2 };
};
jobs = ( { name = "j"; source = "from"; view = "v"; target = "to"; lock_wait = "1s"; } );
CONF
}

# Runs it, or the command given, with a watch of the time; `took` is in milliseconds.
timed_run() {
    [ $# -gt 0 ] || set -- run
    local started=${EPOCHREALTIME/./}
    run --separate-stderr timeout -k 1 120 "$DBFERRY" "$@"
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
}

target_is_unchanged() { assert_equal "$(cat "$T/dump")" before; }

# ---- Limits ----

@test "a source that sends nothing for stall_timeout is given up, at any callback" {
    local at
    for at in describe read_begin read_batch; do
        job "fail_at = \"$at\"; fail_how = \"stall\"; stall_timeout = \"1s\";"
        timed_run
        assert_status 76
        assert_output_has "'from'" stall_timeout
        [ "$took" -lt 15000 ] || { echo "$at took $took ms" >&2; return 1; }
        target_is_unchanged
    done
}

@test "the limits hold for plan and check as well" {
    local command
    for command in plan check; do
        job 'fail_at = "describe"; fail_how = "stall"; stall_timeout = "1s";'
        run timeout -k 1 30 "$DBFERRY" $command
        assert_status 76
        assert_output_has "'from'" stall_timeout
        job 'run_timeout = "1s";' 'fail_at = "inspect"; fail_how = "stall";'
        run timeout -k 1 30 "$DBFERRY" $command
        assert_status 76
        assert_output_has "'from'" run_timeout
    done
}

@test "a stall in mid-stream says how many rows came" {
    job 'fail_at = "read_batch"; fail_how = "stall"; stall_timeout = "1s"; fail_row = 15000;'
    timed_run
    assert_status 76
    # whole batches were handed over before it, and no row more than the source had
    [[ $stderr =~ after\ ([0-9]+)\ rows ]]
    [ "${BASH_REMATCH[1]}" -gt 5000 ] && [ "${BASH_REMATCH[1]}" -le 15000 ]
    target_is_unchanged
}

@test "a source that is only slow is not given up" {
    job 'fail_at = "read_batch"; fail_how = "slow"; fail_delay = "150ms"; stall_timeout = "1s";'
    timed_run
    assert_status 0
    [ "$took" -gt 1000 ] # the batches together took longer than the limit of one
    assert_equal "$(wc -l <"$T/dump")" 20001
}

@test "a source whose rows trickle, far below a batch in stall_timeout, is not given up" {
    requires_driver sqlite
    sqlite3 from.db "CREATE TABLE t (id INT); WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL
        SELECT x + 1 FROM c LIMIT 300) INSERT INTO t SELECT x FROM c"
    timed_run copy sqlite:from.db memory:to --target-table t -o source.stall_timeout=4s \
        --query "SELECT id, (WITH RECURSIVE c (x) AS (SELECT id UNION ALL
            SELECT x + 1 FROM c LIMIT 120000) SELECT count(*) FROM c) AS n FROM t"
    assert_status 0
    [ "$took" -gt 4200 ] || { echo "it took $took ms; make the query slower" >&2; return 1; }
}

@test "run_timeout ends the whole job, whichever side is slow" {
    job 'fail_at = "read_batch"; fail_how = "slow"; fail_delay = "400ms"; run_timeout = "1s";'
    timed_run
    [ "$status" -ne 0 ]
    assert_output_has run_timeout
    [ "$took" -lt 15000 ]
    target_is_unchanged
    job 'run_timeout = "1s";' 'fail_at = "load_batch"; fail_how = "stall";'
    timed_run
    [ "$status" -ne 0 ]
    assert_output_has run_timeout
    [ "$took" -lt 15000 ]
    target_is_unchanged
}

@test "run_timeout holds from the first step on: a target that stalls before the load" {
    local at
    for at in map_column inspect load_begin load_end change_commit; do
        job 'run_timeout = "1s";' "fail_at = \"$at\"; fail_how = \"stall\";"
        timed_run
        [ "$status" -ne 0 ] && [ "$status" -ne 124 ] || { echo "$at" >&2; show_run; return 1; }
        [ "$took" -lt 15000 ] || { echo "$at took $took ms" >&2; return 1; }
        target_is_unchanged
    done
}

@test "a source that waits for a slow target is not called stalled" {
    job 'stall_timeout = "1s";' 'fail_at = "load_batch"; fail_how = "slow"; fail_delay = "300ms";'
    timed_run
    assert_status 0
    [ "$took" -gt 1500 ]
}

@test "a source that fails while the target stalls does not wait for ever" {
    job 'fail_at = "read_batch"; fail_row = 6000; fail_class = "stream"; run_timeout = "3s";' \
        'fail_at = "load_batch"; fail_how = "stall";'
    timed_run
    [ "$status" -ne 0 ] && [ "$status" -ne 124 ] || { show_run; return 1; }
    [ "$took" -lt 9000 ]
    target_is_unchanged
}

@test "whichever side fails, the other one is cut off at once" {
    job 'fail_at = "read_batch"; fail_row = 6000; fail_class = "stream"; retries = 0;' \
        'fail_at = "load_batch"; fail_how = "stall";'
    timed_run
    assert_status 76
    [ "$took" -lt 5000 ]
    target_is_unchanged
    job 'fail_at = "read_batch"; fail_row = 6000; fail_how = "stall"; retries = 0;' \
        'fail_at = "load_batch"; fail_class = "data";'
    timed_run
    assert_status 65
    [ "$took" -lt 5000 ]
    target_is_unchanged
}

# ---- Signals ----

# signalled SIGNAL: starts the job, sends the signal once it waits, and sees what comes of it.  The
# program itself is sent it, so what runs must be the program and nothing around it.
signalled() {
    local program started
    "$DBFERRY" run 2>"$T/stderr" &
    program=$!
    until_there test -e "$T/reached"
    started=${EPOCHREALTIME/./}
    kill -s "$1" "$program"
    status=0
    wait "$program" || status=$?
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
    output=$(cat "$T/stderr")
    stderr=
}

@test "SIGTERM, SIGINT and SIGHUP end a run that waits for its source; the signal is passed on" {
    local signal
    # a background job of a shell without job control has SIGINT ignored until it says otherwise
    for signal in TERM:143 HUP:129; do
        job 'fail_at = "read_batch"; fail_how = "stall"; fail_row = 9000;'
        signalled "${signal%:*}"
        assert_status "${signal#*:}"
        [ "$took" -lt 5000 ] || { echo "$signal took $took ms" >&2; return 1; }
        target_is_unchanged
        refute_output_has internal
    done
    run --separate-stderr env --default-signal=INT timeout -s INT -k 5 1 "$DBFERRY" run
    [ "$status" -eq 124 ] || [ "$status" -eq 130 ]
    target_is_unchanged
}

@test "SIGTERM ends a run at any callback of either side" {
    local at
    for at in describe read_begin read_batch map_column inspect load_begin load_batch load_end; do
        case $at in
            describe | read_*) job "fail_at = \"$at\"; fail_how = \"stall\";" ;;
            *) job "" "fail_at = \"$at\"; fail_how = \"stall\";" ;;
        esac
        signalled TERM
        [ "$status" -eq 143 ] || { echo "$at: status $status" >&2; cat "$T/stderr" >&2; return 1; }
        [ "$took" -lt 5000 ] || { echo "$at took $took ms" >&2; return 1; }
        target_is_unchanged
    done
}

@test "SIGTERM ends a run that a driver does not give back: soon, and without a commit" {
    # connect cannot be cancelled: there is no connection yet
    job 'fail_at = "connect"; fail_how = "stall"; fail_delay = "60s";'
    signalled TERM
    assert_status 143
    [ "$took" -lt 15000 ]
    target_is_unchanged
}

@test "a second signal ends the program at once" {
    job 'fail_at = "connect"; fail_how = "stall"; fail_delay = "60s";'
    "$DBFERRY" run 2>"$T/stderr" &
    local program=$! started
    until_there test -e "$T/reached"
    started=${EPOCHREALTIME/./}
    kill -s TERM "$program"
    sleep 0.5
    kill -s TERM "$program"
    status=0
    wait "$program" || status=$?
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
    assert_status 143
    [ "$took" -lt 2500 ]
    target_is_unchanged
}

@test "SIGTERM stops the jobs behind the one that runs, too" {
    job 'fail_at = "read_batch"; fail_how = "stall";'
    write_config <<CONF
connections = {
  stalls = { driver = "memory"; fail_at = "read_batch"; fail_how = "stall"; fail_mark = "$T/reached"; };
  from = { driver = "memory"; };
  to = { driver = "memory"; dump = "$T/dump"; };
};
jobs = ( { name = "a"; source = "stalls"; view = "v"; target = "to"; },
         { name = "b"; source = "from"; view = "v"; target = "to"; } );
CONF
    signalled TERM
    assert_status 143
    target_is_unchanged
}

@test "the message of a stopped run says what stopped it and what became of the target" {
    job 'fail_at = "read_batch"; fail_how = "stall"; fail_row = 9000;'
    signalled TERM
    assert_output_has "signal" "unchanged"
}

@test "a terminal that stands still (Ctrl-S) keeps no signal from ending the run" {
    requires python3
    job 'fail_at = "read_batch"; fail_how = "slow"; fail_delay = "600ms";'
    run python3 - "$DBFERRY" <<'END'
import os, pty, signal, subprocess, sys, termios, time
screen, terminal = pty.openpty()
run = subprocess.Popen([sys.argv[1], "run"], stderr=terminal)
shown = b""
while b"rows/s" not in shown:  # the progress line is drawn
    shown += os.read(screen, 65536)
termios.tcflow(terminal, termios.TCOOFF)
time.sleep(0.6)
run.send_signal(signal.SIGTERM)
try:
    assert run.wait(8) == -signal.SIGTERM, run.returncode
finally:
    run.kill()
END
    assert_status 0
    target_is_unchanged
}
