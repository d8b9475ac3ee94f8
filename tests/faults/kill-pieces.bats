#!/usr/bin/env bats
# SIGKILL at any moment of a run in pieces: each step can be done again, the target has the old rows
# or the new ones, and in the end nothing is left.  FERRY_SWEEP=all hits every system call.

load helper
load ../functional/pieces
load sweep

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires strace
    requires sqlite3
    cd "$T"
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    strace -f -qq -o trace -e trace=pwrite64 true 2>/dev/null || skip "strace may not trace here"
    D=$T/to.db
    write_config <<END
connections = {
  made = { driver = "memory"; rows = 60; columns = "id int64 not null key, name text(40)"; };
  local = { driver = "sqlite"; path = "$D"; };
  whole = { driver = "sqlite"; path = "$T/whole.db"; };
};
jobs = ( { name = "j"; source = "made"; target = "local"; table = "t"; partitions = 2; snapshot = "none"; lock_wait = "1s"; },
         { name = "whole"; source = "made"; target = "whole"; table = "t"; } );
END
    dbferry run whole
    new=$(stored whole.db)
    sqlite3 to.db "CREATE TABLE t (id INTEGER NOT NULL, name TEXT)" "INSERT INTO t VALUES (1, 'old')"
    old=$(stored)
}

# step [TOOL...] -- COMMAND...: one step under the tool
step() {
    local tool=()
    while [ "$1" != -- ]; do
        tool+=("$1")
        shift
    done
    shift
    if [[ $DBFERRY == */run-uninstalled ]]; then
        DBFERRY_WRAP="${tool[*]}" "$DBFERRY" "$@"
    else
        "${tool[@]}" "$DBFERRY" "$@"
    fi
}

# keep, fresh: the state before the step, and that again
keep() {
    rm -rf kept
    mkdir kept
    cp -a to.db* state kept
}
fresh() {
    rm -rf to.db* state
    cp -a kept/. .
}

# killed CHECK COMMAND...: at some calls of everything that changes files or locks; after each, CHECK
killed() {
    local check=$1 call count n hits=0
    shift
    keep
    for call in pwrite64 write fdatasync ftruncate unlink unlinkat rename renameat2 openat mkdir rmdir fcntl flock; do
        fresh
        step strace -f -qq -e "trace=$call" -e signal=none -o trace -- "$@" 2>/dev/null
        count=$(awk -v name="$call" '{ pid = $1; sub(/\(.*/, "", $2) } $2 == name { n[pid]++ }
            END { for (pid in n) if (n[pid] > most) most = n[pid]; print most + 0 }' trace)
        for n in $(sweep_places "$count"); do
            fresh
            code=0
            where="$call number $n"
            step strace -f -qq -o trace -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" -- "$@" 2>err || code=$?
            "$check" || { echo "killed at $where" >&2; cat err >&2; return 1; }
            hits=$((hits + (code == 137)))
        done
    done
    echo "# $1: killed $hits times" >&3
    between 9 $hits 9999
}

after_load() {
    assert_equal "$(stored)" "$old" || return
    dbferry load "$id" --partition 1/2 && dbferry load "$id" --partition 2/2 && dbferry finish "$id" || return
    assert_equal "$(stored)" "$new" && nothing_left
}

after_finish() {
    one_of "$(stored)" "$old" "$new" || return
    local code=0
    dbferry finish "$id" || code=$?
    one_of "$code" 0 66 || return
    assert_equal "$(stored)" "$new" && nothing_left
}

after_abandon() {
    local code=0
    assert_equal "$(stored)" "$old" || return
    dbferry abandon "$id" || code=$?
    one_of "$code" 0 66 && nothing_left
}

@test "killed while it loads a piece" {
    prepare
    killed after_load load "$id" --partition 1/2
}

@test "killed while it finishes" {
    prepare
    load_all 2
    killed after_finish finish "$id"
}

@test "killed while it abandons" {
    prepare
    load_all 2
    killed after_abandon abandon "$id"
}
