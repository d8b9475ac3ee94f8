#!/usr/bin/env bats
# notify_command: when it is started and what it is told, and that nothing it does or leaves undone makes a
# run another one.

load helper

setup() {
    ferry_setup
    cd "$T"
    requires_driver sqlite
    requires sqlite3
    requires python3
    sqlite3 from.db 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2)'
    HISTORY=$T/state/dbferry/history.db
}

# teller BODY: the program that is told
teller() {
    printf '#!/bin/bash\n%s\n' "$1" >tell
    chmod 755 tell
}

# config [GENERAL [JOB [COMMAND]]]
config() {
    write_config <<END
general = { notify_command = ${3:-[\"$T/tell\"]}; ${1:-} };
connections = {
  from = { driver = "sqlite"; path = "from.db"; };
  copy = { driver = "sqlite"; path = "from.db"; };
  away = { driver = "memory"; fail_at = "connect"; fail_class = "unreachable"; columns = "id int64 not null key"; };
  to = { driver = "sqlite"; path = "to.db"; };
  secret = { driver = "mysql"; password_env = "TOKEN"; };
};
jobs = ( { name = "a"; source = "from"; table = "t"; target = "to"; ${2:-} } );
END
}

# told NAME: a member of what was told last, as JSON
told() {
    tail -n 1 told | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)[sys.argv[1]]))' "$1"
}

# fails: a run that fails, with the code that it would have without a command
fails() {
    mv from.db away.db
    run --separate-stderr dbferry run "$@"
    mv away.db from.db
    assert_status 69
}

# the number of those that were told so far
assert_told() {
    assert_equal "$(if [ -e told ]; then grep -c . told; else echo 0; fi)" "$1"
}

@test "a failure, a recovery, and nothing of what goes on well" {
    teller 'cat >>told'
    config
    dbferry run
    assert_told 0
    fails
    assert_told 1
    assert_equal "$(told event)" '"failed"'
    assert_equal "$(told state_before)" '"done"'
    assert_equal "$(told job)" '"a"'
    assert_equal "$(told state)" '"failed"'
    assert_equal "$(told exit_code)" 69
    assert_equal "$(told source)" '"from"'
    assert_equal "$(told rows)" null
    assert_equal "$(told message)" "$(sqlite3 "$HISTORY" 'SELECT json_quote(message) FROM run ORDER BY id DESC LIMIT 1')"
    fails
    assert_told 2
    assert_equal "$(told state_before)" '"failed"'
    dbferry run
    assert_told 3
    assert_equal "$(told event)" '"recovered"'
    assert_equal "$(told rows)" 2
    assert_equal "$(told message | grep -c '2 rows')" 1
    dbferry run
    assert_told 3
}

@test "a run from the fallback, each time, and the recovery from it" {
    requires_driver memory
    teller 'cat >>told'
    config '' 'fallback_source = "copy"; fallback_table = "t"; max_fallback_age = "0s";'
    dbferry run
    for i in 1 2; do
        run dbferry run --source away
        assert_status 3
        assert_told "$i"
        assert_equal "$(told event)" '"fell_back"'
        assert_equal "$(told fallback)" '"copy"'
        assert_equal "$(told exit_code)" 3
    done
    dbferry run
    assert_equal "$(told event)" '"recovered"'
    assert_equal "$(told state_before)" '"fallback"'
}

@test "runs that were stopped or killed: looked past, and recovered from" {
    teller 'cat >>told'
    config
    fails
    dbferry run --dry-run >/dev/null
    fails
    sqlite3 "$HISTORY" "UPDATE run SET state = 'stopped' WHERE id = 2"
    dbferry run
    assert_equal "$(told event)" '"recovered"'
    assert_equal "$(told state_before)" '"failed"'
    dbferry run
    sqlite3 "$HISTORY" "UPDATE run SET state = 'stopped' WHERE id = 4"
    dbferry run
    assert_told 3
    sqlite3 "$HISTORY" "UPDATE run SET state = 'killed' WHERE id = 5"
    dbferry run
    assert_equal "$(told event)" '"recovered"'
    assert_equal "$(told state_before)" '"killed"'
}

@test "without a history each failure is told, and no recovery" {
    teller 'cat >>told'
    config 'history_keep = "none";'
    fails
    assert_equal "$(told state_before)" null
    fails
    assert_told 2
    dbferry run
    assert_told 2
}

@test "arguments reach it letter by letter: there is no shell; and secrets are out of its environment" {
    teller 'printf "%s\n" "$@" >arguments; env >environment; cat >>told; pwd >folder'
    export TOKEN=hush-hush OTHER=seen
    config '' '' "[\"$T/tell\", \"\$(touch made)\", \"a  b; exit 1\", \"*\", \"\"]"
    fails
    assert_equal "$(cat arguments)" "$(printf '%s\n' '$(touch made)' 'a  b; exit 1' '*' '')"
    refute test -e made
    grep -qx OTHER=seen environment
    refute grep -q 'TOKEN\|hush' environment
    assert_equal "$(cat folder)" "$(realpath .)"
}

@test "a program of the path, and one that is not there" {
    config '' '' '["cp", "/dev/stdin", "told"]'
    fails
    assert_equal "$(told event)" '"failed"'
    config '' '' '["no-such-program"]'
    fails
    assert_output_has "dbferry: warning: a: notify_command: cannot start no-such-program: No such file or directory; what"
    config '' '' '["/etc/passwd"]'
    fails
    assert_output_has "dbferry: warning: a: notify_command: cannot start /etc/passwd: Permission denied"
    config '' '' '[""]'
    run dbferry run
    assert_status 78
    assert_output_has "notify_command begins with a program"
    config '' '' '[]'
    fails
    refute_output_has notify_command
}

@test "a program that fails or is killed: a warning; what it prints is for the log" {
    config 'log_file = "log"; log_level = "debug";'
    teller 'echo "no $PPID route"; printf "to \033[31mhost\n" >&2; exit 7'
    fails
    assert_output_has "dbferry: warning: a: notify_command $T/tell failed (exit code 7); what it printed is in the log" \
        "; what the run has done stays"
    refute_output_has route
    grep -q ' notify_command printed: no [0-9]* route\\nto \\x1B\[31mhost\\n$' log
    teller 'kill -9 $$'
    fails
    assert_output_has "failed (signal 9)"
}

@test "a program that reads nothing, and one that prints megabytes" {
    config 'log_file = "log"; log_level = "debug";'
    teller 'exec <&-; exit 0'
    fails
    refute_output_has notify_command
    : >log
    teller 'yes | head -c 20000000; yes | head -c 20000000 >&2'
    fails
    refute_output_has notify_command
    between 4000 "$(wc -c <log)" 30000
}

@test "a program that hangs is killed with what it has started, and one that leaves something is not waited for" {
    config 'notify_timeout = "300ms";'
    teller 'sleep 778.'$$' & sleep 778.'$$
    SECONDS=0
    fails
    assert_output_has "notify_command $T/tell has not ended within 300 ms (notify_timeout), and was killed"
    refute pgrep -f "sleep 778.$$"
    teller 'exec >&- 2>&-; sleep 778.'$$
    fails
    assert_output_has "has not ended within 300 ms"
    between 0 "$SECONDS" 20
    config 'notify_timeout = "1h";'
    teller '(until [ -e enough ]; do sleep 0.05; done; touch left) & exit 0'
    fails
    refute_output_has notify_command
    refute test -e left
    touch enough
    until_there test -e left
}

@test "a signal while it is at work ends it soon" {
    config 'notify_timeout = "1h";'
    teller 'echo $$ >pid.new; mv pid.new pid; exec sleep 779'
    mv from.db away.db
    "$DBFERRY" run 2>err 3>&- &
    run=$!
    until_there test -e pid
    SECONDS=0
    kill -TERM "$run"
    code=0
    wait "$run" || code=$?
    assert_equal "$code" 143
    between 0 "$SECONDS" 5
    refute kill -0 "$(cat pid)"
    grep -q "notify_command $T/tell was stopped by the signal" err
}

@test "jobs at one time are told of each" {
    teller 'cat >"told.$$"'
    write_config <<END
general = { notify_command = ["$T/tell"]; };
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "a"; source = "from"; table = "none"; target = "to"; },
         { name = "b"; source = "from"; table = "neither"; target = "to"; },
         { name = "c"; source = "from"; table = "t"; target = "to"; } );
END
    run dbferry run --jobs 3
    assert_status 66
    assert_equal "$(cat told.* | python3 -c 'import json, sys
print(*sorted(json.loads(line)["job"] for line in sys.stdin))')" "a b"
}
