# Failures that pass: a run is tried again, from its first row, as often and after as long as the
# configuration says; what does not pass is not tried again.

load helper.bash

setup() {
    ferry_setup
    cd "$T"
    requires_driver memory
}

# job SOURCE_KEYS TARGET_KEYS: a job of 5000 rows in memory.  Its target has dumped rows before.
job() {
    echo "before" >"$T/dump"
    write_config <<CONF
general = { log_file = "$T/log"; ${GENERAL:-} };
connections = {
  from = { driver = "memory"; rows = 5000; $1 };
  to = { driver = "memory"; dump = "$T/dump"; ${2:-} };
};
jobs = ( { name = "j"; source = "from"; view = "v"; target = "to"; } );
CONF
}

# Runs it, or the command given; `took` is in milliseconds.
timed_run() {
    [ $# -gt 0 ] || set -- run
    rm -f "$T/log"
    local started=${EPOCHREALTIME/./}
    run --separate-stderr timeout -k 1 60 "$DBFERRY" "$@"
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
}

logged() { grep -c -- "$1" "$T/log" || true; }
target_is_unchanged() { assert_equal "$(cat "$T/dump")" before; }
target_is_new() { assert_equal "$(wc -l <"$T/dump")" 5001; }

@test "a source that comes back is read from its first row; the log tells the attempts, nobody else" {
    local at class
    for at in connect:unreachable snapshot_begin:stream describe:stream read_begin:stream \
        read_batch:stream; do
        class=${at#*:} at=${at%:*}
        job "fail_at = \"$at\"; fail_class = \"$class\"; fail_row = 3000; fail_times = 2;
             retries = 2; retry_wait = \"20ms\";"
        timed_run
        assert_status 0
        assert_equal "$output$stderr" ""
        target_is_new
        assert_equal "$(logged ' info .*attempt 1 failed: .* retry 1 of 2 begins in ')" 1
        assert_equal "$(logged ' info .*attempt 2 failed: .* retry 2 of 2 begins in ')" 1
        assert_equal "$(logged 'done: 5,000 rows .*, at attempt 3, .* in all')" 1
        assert_equal "$(grep -o 'run [0-9a-f-]* begins' "$T/log" | sort -u | wc -l)" 3
    done
}

@test "a target that says that its failure may pass is tried again, one that does not is not" {
    local at class expected
    for at in connect:target-open:73 load_begin:busy:75 load_batch:target-io:74 load_end:busy:75 \
        change_commit:busy:75; do
        expected=${at##*:} at=${at%:*} class=${at##*:} at=${at%:*}
        job 'retries = 0;' "fail_at = \"$at\"; fail_class = \"$class\"; fail_times = 1;
             retries = 1; retry_wait = \"20ms\"; fail_may_pass = true;"
        timed_run
        assert_status 0
        assert_equal "$stderr" ""
        target_is_new
        assert_equal "$(logged 'attempt 1 failed')" 1
        job 'retries = 9;' "fail_at = \"$at\"; fail_class = \"$class\"; fail_times = 1;
             retries = 1; retry_wait = \"20ms\"; fail_may_pass = false;"
        timed_run
        assert_status "$expected"
        assert_equal "$(logged 'attempt')" 0
    done
}

@test "what does not pass is tried once" {
    local class
    for class in internal system config usage refused schema data not-found target-io target-open \
        busy unsupported; do
        job "fail_at = \"describe\"; fail_class = \"$class\"; retries = 5; retry_wait = \"20ms\";" \
            'retries = 5;'
        timed_run
        [ "$status" -ne 0 ]
        assert_equal "$(logged 'attempt')" 0
        assert_equal "$(logged ' error ')" 1
        target_is_unchanged
    done
}

@test "the last failure is the run's: told once, with the number of attempts and their time" {
    job 'fail_at = "connect"; fail_class = "unreachable"; retries = 3; retry_wait = "20ms";'
    timed_run
    assert_status 69
    assert_equal "$(wc -l <<<"$stderr")" 1
    assert_output_has "dbferry: j: after 4 attempts in " "connect failed" "the target is unchanged"
    assert_equal "$(logged 'attempt . failed')" 3
    target_is_unchanged
    # one attempt is no news
    job 'fail_at = "connect"; fail_class = "unreachable"; retries = 0;'
    timed_run
    assert_status 69
    refute_output_has attempt
    # and each side counts for itself
    job 'fail_at = "read_batch"; fail_class = "stream"; fail_times = 1; retries = 1; retry_wait = "1ms";' \
        'fail_at = "load_batch"; fail_class = "busy"; fail_may_pass = true; retries = 2; retry_wait = "1ms"; fail_row = 4000;'
    timed_run
    assert_status 75
    assert_output_has "after 4 attempts"
}

@test "the wait doubles, has a most, and is never a quarter shorter" {
    job 'fail_at = "connect"; fail_class = "unreachable"; retries = 3; retry_wait = "400ms";
         retry_max_wait = "800ms";'
    timed_run
    assert_status 69
    between 1500 "$took" 3500 # 300 to 400, and twice 600 to 800
}

@test "the json log numbers the lines of later attempts" {
    requires python3
    GENERAL='log_format = "json";' job 'fail_at = "connect"; fail_class = "unreachable"; fail_times = 1;
        retries = 1; retry_wait = "20ms";'
    timed_run
    assert_status 0
    run python3 - "$T/log" <<'END'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
numbers = [line.get("attempt", 1) for line in lines]
assert numbers == sorted(numbers) and set(numbers) == {1, 2}, numbers
waits = [line for line in lines if "retry 1 of 1 begins in" in line["message"]]
assert len(waits) == 1 and waits[0]["phase"] == "source", waits
assert "at attempt 2" in lines[-1]["message"] and lines[-1]["attempt"] == 2, lines[-1]
END
    assert_status 0
}

@test "the next job begins with its own first attempt" {
    write_config <<CONF
general = { log_file = "$T/log"; log_format = "json"; };
connections = {
  from = { driver = "memory"; fail_at = "connect"; fail_class = "unreachable"; retries = 1;
           retry_wait = "20ms"; fail_times = 3; };
  to = { driver = "memory"; };
};
jobs = ( { name = "a"; source = "from"; view = "v"; target = "to"; },
         { name = "b"; source = "from"; view = "v"; target = "to"; } );
CONF
    timed_run
    assert_status 69
    assert_equal "$(logged '"job":"a".*"attempt":2.*after 2 attempts')" 1
    assert_equal "$(logged '"job":"b".*"attempt":2.*done: ')" 1
    assert_equal "$(logged '"job":"b".*"phase":"source","message":"attempt 1 failed')" 1
}

@test "verify tries again, too; plan, check and --dry-run tell how things are now" {
    requires_driver sqlite
    local command
    job 'fail_at = "connect"; fail_class = "unreachable"; fail_times = 1; retries = 1; retry_wait = "20ms";'
    for command in plan check "run --dry-run"; do
        # shellcheck disable=SC2086
        timed_run $command
        assert_status 69
        refute_output_has attempt
    done
    sed -i 's|driver = "memory"; dump = [^;]*;|driver = "sqlite"; path = "to.db";|' "$DBFERRY_CONFIG"
    timed_run
    assert_status 0
    timed_run verify
    assert_status 0
    assert_equal "$(logged 'attempt 1 failed')" 1
}

@test "a stall is tried again" {
    job 'fail_at = "read_batch"; fail_how = "stall"; fail_row = 3000; fail_times = 1;
         stall_timeout = "400ms"; retries = 1; retry_wait = "20ms";'
    timed_run
    assert_status 0
    assert_equal "$(logged 'attempt 1 failed: .*sent nothing for')" 1
    target_is_new
}

@test "run_timeout bounds all attempts: it ends one, and leaves out a wait that it would end" {
    job 'fail_at = "connect"; fail_class = "unreachable"; retries = 9; retry_wait = "600ms";
         run_timeout = "1300ms";'
    timed_run
    assert_status 69
    assert_output_has "after 2 attempts in" "run_timeout leaves no time for another"
    between 400 "$took" 1500
    job 'fail_at = "read_batch"; fail_how = "stall"; retries = 9; retry_wait = "100ms";
         stall_timeout = "700ms"; run_timeout = "1200ms";'
    timed_run
    assert_status 76
    assert_output_has "after 2 attempts in" "took longer than"
    between 1100 "$took" 2500
    target_is_unchanged
}

@test "a signal ends a wait at once" {
    local signal program started
    for signal in TERM:143 HUP:129; do
        job 'fail_at = "connect"; fail_class = "unreachable"; retries = 3; retry_wait = "30s";'
        "$DBFERRY" run >"$T/message" 2>&1 &
        program=$!
        sleep 0.7
        started=${EPOCHREALTIME/./}
        kill -s "${signal%:*}" "$program"
        status=0
        wait "$program" || status=$?
        took=$(((${EPOCHREALTIME/./} - started) / 1000))
        assert_status "${signal#*:}"
        between 0 "$took" 900
        output=$(cat "$T/message")
        assert_output_has "stopped by signal" "attempt 1, which failed: connect failed" "unchanged"
        target_is_unchanged
    done
}

@test "a terminal shows the wait, and its line is gone when it goes on" {
    requires python3
    job 'fail_at = "connect"; fail_class = "unreachable"; fail_times = 1; retries = 1; retry_wait = "1500ms";'
    run python3 - "$DBFERRY" <<'END'
import os, pty, subprocess, sys
screen, terminal = pty.openpty()
run = subprocess.Popen([sys.argv[1], "run"], stderr=terminal)
os.close(terminal)
shown = b""
try:
    while True:
        shown += os.read(screen, 65536)
except OSError:
    pass
assert run.wait() == 0
assert b"j  attempt 1 failed, the next one in 1." in shown, shown
assert shown.rfind(b"\r\033[J") > shown.rfind(b"the next one"), shown
assert b"at attempt 2" in shown, shown
END
    assert_status 0
}

@test "an earlier attempt whose commit may have got through is not forgotten" {
    job '' 'fail_at = "change_commit"; fail_class = "busy"; fail_may_pass = true; fail_times = 1;
        retries = 1; retry_wait = "20ms";'
    # a second fault, at the source: its file is gone when the second attempt looks for it
    requires_driver sqlite
    sqlite3 from.db "CREATE TABLE v (id INT); INSERT INTO v VALUES (1)"
    sed -i 's|from = .*|from = { driver = "sqlite"; path = "from.db"; };|; s|retry_wait = "20ms"|retry_wait = "2s"|' \
        "$DBFERRY_CONFIG"
    "$DBFERRY" run >"$T/message" 2>&1 &
    local program=$!
    for _ in $(seq 100); do
        [ "$(logged 'attempt 1 failed')" != 1 ] || break # before there is a log, nothing is counted
        sleep 0.05
    done
    rm from.db
    status=0
    wait "$program" || status=$?
    output=$(cat "$T/message")
    [ "$status" -ne 0 ]
    assert_output_has "after 2 attempts" "an earlier attempt may have replaced the rows"
    refute_output_has unchanged
}

# ---- With a fallback ----

# fallback_job SOURCE_KEYS: a job with a fallback in a file, whose age nobody asks for.
fallback_job() {
    requires_driver sqlite
    rm -f copy.db
    sqlite3 copy.db "CREATE TABLE v (id INT); INSERT INTO v VALUES (1), (2)"
    job "$1"
    sed -i 's|^};|  copy = { driver = "sqlite"; path = "copy.db"; };\n};|
        s|target = "to"; }|target = "to"; target_table = "v"; fallback_source = "copy"; max_fallback_age = "0s"; }|' \
        "$DBFERRY_CONFIG"
}

@test "a fallback steps in after the last retry, and its warning says so" {
    fallback_job 'fail_at = "connect"; fail_class = "unreachable"; retries = 2; retry_wait = "20ms";'
    timed_run
    assert_status 3
    assert_output_has "warning: j: source 'from' is not reached (after 3 attempts in " "fallback 'copy'"
    assert_equal "$(logged 'attempt . failed')" 2
    assert_equal "$(wc -l <"$T/dump")" 3
    # a source that comes back in time is read itself
    fallback_job 'fail_at = "connect"; fail_class = "unreachable"; retries = 2; retry_wait = "20ms"; fail_times = 2;'
    timed_run
    assert_status 0
    target_is_new
    # where no time is left for a retry, it steps in at once
    fallback_job 'fail_at = "connect"; fail_class = "unreachable"; retries = 2; retry_wait = "1h";
        retry_max_wait = "1h"; run_timeout = "30m";'
    timed_run
    assert_status 3
    assert_output_has "run_timeout leaves no time"
    between 0 "$took" 5000
}

@test "plan and --dry-run do not wait before they fall back" {
    fallback_job 'fail_at = "connect"; fail_class = "unreachable"; retries = 2; retry_wait = "30s";'
    local command
    for command in plan "run --dry-run"; do
        # shellcheck disable=SC2086
        timed_run $command
        assert_status 3
        between 0 "$took" 5000
    done
}

@test "both fail: the number of attempts is told once, before the source's error" {
    fallback_job 'fail_at = "connect"; fail_class = "unreachable"; retries = 1; retry_wait = "20ms";'
    echo garbage >copy.db
    timed_run
    [ "$status" -ne 0 ] && [ "$status" -ne 3 ]
    assert_equal "$(grep -o 'after 2 attempts' <<<"$stderr" | wc -l)" 1
    [[ $stderr =~ ^"dbferry: j: after 2 attempts in "[0-9a-z\ ]+": connect failed".*"fallback 'copy': " ]]
    target_is_unchanged
}

@test "the keys are checked" {
    job 'retries = -1;'
    timed_run
    assert_status 78
    assert_output_has "retries" "0 to 1000"
    job 'retry_wait = "x";'
    timed_run
    assert_status 78
    assert_output_has retry_wait
    job 'retrys = 1;'
    timed_run
    assert_status 78
    assert_output_has "did you mean 'retries'"
}
