# Sweeps: the same small load again and again, hit at its Nth call of one system call.
#
#   FERRY_SWEEP   how many places are hit per system call, spread from the first to the last
#                 (default 3); "all" hits every one
#
#   sweep_begin                 from.db with the new rows, and the folder `states`
#   sweep_mode MODE             how the target is: wal, staged (rollback mode), direct (rollback
#                               mode, staging = none), new (no file yet), merge or merge-wal (single
#                               rows are changed, in rollback or WAL mode), together or together-wal
#                               (three tables in one step, of which one is new)
#   sweep_calls SYSCALL         how often a load without a fault makes that call
#   sweep_places COUNT          the places among COUNT calls that are hit
#   sweep_hit SYSCALL FAULT N   a fresh target, then a load with FAULT (as strace's inject= takes
#                               it) at the Nth such call; its status is left in `code`
#   sweep_check                 the target holds the old or the new state, whole: `state` says which
#   sweep_heal                  the next run works, and nothing is left beside the target
#
# strace counts the calls of each thread by itself; all that touches the target is in one.

SWEEP_OLD=20
SWEEP_NEW=300

# sweep_load [TOOL...]: one load, under the tool; a wrapper script puts it before the program itself
sweep_load() {
    local command=("$DBFERRY" copy sqlite:from.db sqlite:to.db "${sweep_read[@]}"
        -o job.lock_wait=1s "${sweep_options[@]}")
    if [[ $DBFERRY == */run-uninstalled ]]; then
        DBFERRY_WRAP="$*" "${command[@]}"
    else
        "$@" "${command[@]}"
    fi
}

# Everything in the file, in a form that can be compared; it rolls a hot journal back.  An empty
# database is as good as none.
sweep_dump() {
    local file=to.db
    [ -e to.db ] || file=:memory:
    sqlite3 -batch $file .dump 2>&1 | grep -v '_dbferry_sync'
}

sweep_begin() {
    requires strace
    # LeakSanitizer traces the program itself, and only one may.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    requires sqlite3
    strace -f -qq -o trace -e trace=pwrite64 true 2>/dev/null || skip "strace may not trace here"
    sample_table from.db t $SWEEP_NEW delete
    sqlite3 from.db "UPDATE t SET name = 'new ' || id || hex(zeroblob(100))"
    mkdir -p states
}

sweep_mode() {
    local journal=wal
    sweep_read=(--table t)
    sweep_options=()
    case $1 in
    wal) ;;
    staged) journal=delete ;;
    direct) journal=delete sweep_options=(-o job.staging=none) ;;
    new) journal='' ;;
    merge) journal=delete sweep_options=(--strategy merge --key id) ;;
    merge-wal) sweep_options=(--strategy merge --key id) ;;
    together*)
        [ "$1" = together-wal ] || journal=delete
        sweep_read=(--all) sweep_options=(-o job.commit=together)
        sqlite3 from.db "CREATE TABLE u AS SELECT * FROM t; CREATE TABLE z AS SELECT * FROM t"
        ;;
    esac
    rm -f to.db* states/*
    if [ -n "$journal" ]; then
        sample_table to.db t $SWEEP_OLD $journal
        sqlite3 to.db >/dev/null <<'END'
CREATE INDEX by_name ON t (name);
CREATE VIEW few AS SELECT name FROM t WHERE id < 3;
CREATE TABLE other (note TEXT);
INSERT INTO other VALUES ('stays');
CREATE TRIGGER never AFTER DELETE ON t BEGIN INSERT INTO other VALUES ('fired'); END;
END
        [[ $1 != together* ]] || sqlite3 to.db "CREATE TABLE u AS SELECT id, name FROM t"
        # Some rows change, some come, and some go.
        [[ $1 != merge* ]] || sqlite3 to.db "INSERT INTO t (id, name) SELECT id + 5000, name FROM t"
        cp to.db states/to.db
    fi
    sweep_dump >states/old
    sweep_load 2>err
    sweep_dump >states/new
    refute cmp -s states/old states/new
}

sweep_fresh() {
    rm -f to.db*
    [ ! -e states/to.db ] || cp states/to.db to.db
}

sweep_calls() {
    sweep_fresh
    sweep_load strace -f -qq -e trace="$1" -e signal=none -o trace 2>/dev/null
    awk -v name="$1" '{ pid = $1; sub(/\(.*/, "", $2) } $2 == name { n[pid]++ }
        END { for (pid in n) if (n[pid] > most) most = n[pid]; print most + 0 }' trace
}

sweep_places() {
    local places=${FERRY_SWEEP:-3}
    if [ "$places" = all ] || [ "$places" -ge "$1" ]; then
        seq 1 "$1"
    else
        awk -v n="$1" -v k="$places" 'BEGIN { for (i = 0; i < k; i++)
            print 1 + int(i * (n - 1) / (k > 1 ? k - 1 : 1)) }' | sort -nu
    fi
}

sweep_hit() {
    sweep_fresh
    where="$sweep_name: $1 number $3, $2"
    code=0
    sweep_load strace -f -qq -o trace -e trace="$1" -e inject="$1:$2:when=$3" 2>err || code=$?
}

sweep_fail() {
    echo "$where: $*" >&2
    cat err >&2
    return 1
}

sweep_check() {
    sweep_dump >found
    if cmp -s found states/old; then
        state=old
    elif cmp -s found states/new; then
        state=new
    else
        sweep_fail "neither the old nor the new state: $(head -c 300 found)"
        return
    fi
    [ ! -e to.db ] || [ "$(sqlite3 -batch to.db 'PRAGMA integrity_check' 2>&1)" = ok ] ||
        sweep_fail "integrity_check" || return
    local recorded
    recorded=$(sqlite3 -batch to.db "SELECT rows FROM _dbferry_sync WHERE target_table = 't'" 2>/dev/null) || true
    [ "$state" = old ] || [ "$recorded" = $SWEEP_NEW ] || sweep_fail "the record says '$recorded'" ||
        return
    [ "$state" = new ] || [ -z "$recorded" ] || sweep_fail "a record of old rows: '$recorded'"
}

sweep_heal() {
    sweep_load 2>err || sweep_fail "the next run does not work" || return
    sweep_dump >found
    cmp -s found states/new || sweep_fail "the next run does not bring the new state" || return
    [ -z "$(leftovers to.db)" ] || sweep_fail "left over: $(leftovers to.db)"
}
