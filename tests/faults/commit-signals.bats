#!/usr/bin/env bats
# A signal around the commit: the last words say whether the old or the new rows are there, and of
# several jobs which ones were done.

load helper

setup() {
    ferry_setup
    cd "$T" || return
    requires sqlite3
    requires "${CC:-cc}"
}

# start KEY...: a run of made-up rows in the background, until the fault that is asked for is reached
start() {
    local key options=()
    for key; do options+=(-o "$key"); done
    rm -f reached
    env --default-signal=INT,HUP,TERM "$DBFERRY" copy memory:x memory:y --table t -o target.fail_mark=reached \
        "${options[@]}" 2>err 3>&- &
    pid=$!
    until_there test -e reached
}

# ended CODE WORDS...: and the last line has these words
ended() {
    local expected=$1
    status=0
    wait $pid || status=$?
    shift
    output=$(cat err)
    assert_status "$expected"
    assert_output_has "$@"
}

number() { kill -l "$1"; }

@test "a signal in a commit that can be cut off: unchanged" {
    for signal in TERM INT HUP; do
        start target.fail_at=change_commit target.fail_how=stall target.dump=dump
        kill -s $signal $pid
        ended $((128 + $(number $signal))) "stopped by signal $(number $signal)" "the target is unchanged"
        refute_output_has "in place" "unknown"
        [ ! -e dump ]
    done
}

@test "of several jobs: those that were done, the one that was stopped, those that were not begun" {
    write_config <<'END'
connections = {
  waits = { driver = "memory"; fail_at = "read_batch"; fail_how = "stall"; fail_mark = "reached"; };
  made = { driver = "memory"; rows = 3; };
  one = { driver = "memory"; rows = 1; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "a"; source = "made"; table = "a"; target = "to"; },
         { name = "b"; source = "one"; table = "b"; target = "to"; },
         { name = "c"; source = "waits"; table = "c"; target = "to"; },
         { name = "d"; source = "made"; table = "d"; target = "to"; },
         { name = "e"; source = "made"; table = "e"; target = "to"; } );
END
    env --default-signal=INT,HUP,TERM "$DBFERRY" run 2>err 3>&- &
    pid=$!
    until_there test -e reached
    kill -TERM $pid
    ended 143 "dbferry: c: stopped by signal 15" "the target is unchanged"
    assert_equal "$(tail -n 1 err)" \
        "dbferry: ended by signal 15 (Terminated); the new rows are in place: a (3 rows), b (1 row); not begun: d, e"
    assert_equal "$(sqlite3 to.db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('a', 'b', 'c', 'd', 'e')")" a,b
}

# with_signal AT NUMBER COMMAND...: the signal comes at that call
with_signal() {
    local preload=$T/signal_at.so library
    [ -e "$preload" ] || ${CC:-cc} -D_GNU_SOURCE -fPIC -shared -o "$preload" "$FERRY_SOURCE/tests/faults/signal_at.c" -ldl
    # The sanitizer's own library must come first; the wrapper of a build tree is not checked for leaks.
    for library in $(ldd "$FERRY_BUILD/src/dbferry" 2>/dev/null | sed -n 's/.*=> \(.*libasan[^ ]*\) .*/\1/p'); do
        preload="$library $preload"
    done
    rm -f calls
    env ASAN_OPTIONS=detect_leaks=0 --default-signal=INT,HUP,TERM SIGNAL_AT="$1" SIGNAL_NUMBER="$2" SIGNAL_COUNT=calls LD_PRELOAD="$preload" "${@:3}"
}

# calls MODE: where in the run the signals come: every fifth call, and each of the last twenty
calls() {
    local count
    with_signal 0 0 "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=50 2>err
    count=$(wc -l <calls)
    [ "$count" -gt 10 ]
    for ((i = 1; i <= count; i++)); do
        if [ "${FERRY_SWEEP:-}" = all ] || [ $((count - i)) -lt 12 ] || [ $((i % 5)) -eq 0 ]; then echo "$i"; fi
    done
}

# Every write, sync and unlink of a run in turn.
check_each_call() {
    local at new signal
    rm -f to.db*
    [ "$1" = new ] || sample_table to.db t 20 "$1"
    [ "$1" = new ] || cp to.db old.db
    for at in $(calls); do
        signal=$(shuf -n 1 -e 15 2 1 --random-source=<(yes "$at"))
        rm -f to.db*
        [ "$1" = new ] || cp old.db to.db
        run with_signal "$at" "$signal" "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=50
        echo "signal $signal at call $at"
        assert_status $((128 + signal))
        new=no
        [ ! -e to.db ] || new=$(sqlite3 to.db "SELECT count(*) FROM t" 2>/dev/null || echo no)
        case $new in
        50) assert_output_has "ended by signal $signal" "the new rows are in place: copy (50 rows)" ;;
        20 | no) assert_output_has "stopped by signal $signal" "the target is unchanged" ;;
        *) echo "found $new" && return 1 ;;
        esac
        [ "$new" != no ] || [ "$1" = new ]
    done
}

@test "a signal at each change of a file: a table in a WAL file" { check_each_call wal; }
@test "a signal at each change of a file: a table in a file with a rollback journal" { check_each_call delete; }
@test "a signal at each change of a file: a new file" { check_each_call new; }

@test "a second signal in the middle of the commit: nobody knows, and that is said" {
    sample_table to.db t 20 delete
    cp to.db old.db
    local at
    with_signal 0 0 "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=50 2>err
    at=$(grep -n fdatasync calls | tail -n 1 | sed 's/:.*//')
    cp old.db to.db
    export SIGNAL_SECOND=2
    run with_signal "$at" 15 "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=50
    unset SIGNAL_SECOND
    assert_status 130
    assert_output_has "ended by signal 2" "in the middle of the commit of copy" "unknown" "running again is safe"
    one_of "$(sqlite3 to.db 'SELECT count(*) FROM t')" 20 50
    assert_sound to.db
}

@test "a second signal before the commit: unchanged, and that is said" {
    start target.fail_at=load_begin target.fail_how=stall target.fail_until=never
    kill -STOP $pid
    kill -TERM $pid
    kill -INT $pid
    kill -CONT $pid
    status=0
    wait $pid || status=$?
    output=$(cat err)
    one_of "$status" 130 143
    assert_output_has "unchanged"
}
