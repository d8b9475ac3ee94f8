#!/usr/bin/env bats
# SIGKILL at any moment: the target has the old rows or the new ones, whole, and the next run heals.
# FERRY_SWEEP=all (make check-slow) hits every system call.

load helper
load sweep

setup() {
    ferry_setup
    cd "$T"
    sweep_begin
}

# killed MODE: at some calls of everything that changes files or locks
killed() {
    sweep_name=$1
    sweep_mode "$1"
    local call count n hits=0 olds=0 news=0
    for call in pwrite64 write fdatasync ftruncate unlink unlinkat renameat2 openat close fcntl flock; do
        count=$(sweep_calls $call)
        for n in $(sweep_places "$count"); do
            sweep_hit $call signal=KILL "$n"
            [ "$code" -eq 137 ] || [ "$code" -eq 0 ] || sweep_fail "exit status $code"
            sweep_check
            [ "$state" = old ] && olds=$((olds + 1)) || news=$((news + 1))
            [ "$code" -ne 0 ] || [ "$state" = new ] || sweep_fail "exit status 0 with the old rows"
            sweep_heal
            hits=$((hits + (code == 137)))
        done
    done
    echo "# $1: killed $hits times; $olds times the old rows, $news times the new ones" >&3
    between 9 $hits 9999
    between 4 $olds 9999
    between 1 $news 9999
}

@test "killed while it replaces a table in WAL mode" {
    killed wal
}

@test "killed while it replaces a table in rollback mode by a staging file" {
    killed staged
}

@test "killed while it replaces a table in rollback mode directly" {
    killed direct
}

@test "killed while it makes a new file" {
    killed new
}

@test "killed while it changes single rows in rollback mode" {
    killed merge
}

@test "killed while it changes single rows in WAL mode" {
    killed merge-wal
}

@test "killed while it changes many tables in one step, in rollback mode" {
    killed together
}

@test "killed while it changes many tables in one step, in WAL mode" {
    killed together-wal
}

# What of the copy that goes is there: its table with all rows, its record, what is known of its columns.
left() {
    sqlite3 -batch to.db "SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'u'),
        (SELECT count(*) FROM _dbferry_sync WHERE target_table = 'u'),
        (SELECT count(*) > 0 FROM _dbferry_columns WHERE target_table = 'u')"
}

# Copies that go do so after the tables were replaced, in a step of their own.
@test "killed while a copy goes whose source is gone" {
    sweep_name=prune
    sweep_read=(--all) sweep_options=(-o job.prune=true)
    for journal in wal delete; do
        rm -f to.db* states/*
        sqlite3 from.db "CREATE TABLE u AS SELECT * FROM t"
        sweep_load
        sqlite3 from.db "DROP TABLE u"
        sqlite3 to.db "PRAGMA journal_mode = $journal" >/dev/null
        cp to.db states/to.db
        hits=0 wholes=0 gones=0
        for call in pwrite64 write fdatasync ftruncate unlink unlinkat openat close fcntl; do
            count=$(sweep_calls $call)
            for n in $({ sweep_places "$count"; seq $((count > 4 ? count - 4 : 1)) "$count"; } | sort -nu); do
                sweep_hit $call signal=KILL "$n"
                [ "$code" -eq 137 ] || [ "$code" -eq 0 ] || sweep_fail "exit status $code"
                [ "$(sqlite3 -batch to.db 'PRAGMA integrity_check')" = ok ] || sweep_fail "integrity_check"
                case $(left) in
                    "1|1|1")
                        wholes=$((wholes + 1))
                        [ "$(sqlite3 to.db "SELECT count(*) FROM u")" = $SWEEP_NEW ] || sweep_fail "rows are missing"
                        ;;
                    "0|0|0") gones=$((gones + 1)) ;;
                    *) sweep_fail "$(left)" ;;
                esac
                [ "$code" -ne 0 ] || [ "$(left)" = "0|0|0" ] || sweep_fail "exit status 0 and the copy is there"
                sweep_load 2>err || sweep_fail "the next run does not work"
                assert_equal "$(left) $(sqlite3 to.db "SELECT count(*) FROM t")" "0|0|0 $SWEEP_NEW"
                assert_equal "$(leftovers to.db)" ""
                hits=$((hits + (code == 137)))
            done
        done
        echo "# $journal: killed $hits times; $wholes times the copy was there, $gones times not" >&3
        between 9 $hits 9999
        between 4 $wholes 9999
        between 1 $gones 9999
    done
}

@test "killed again while it heals" {
    local mode call count n m
    for mode in wal staged direct; do
        sweep_name=$mode
        sweep_mode $mode
        count=$(sweep_calls pwrite64)
        for n in $(sweep_places "$count" | sed 1d); do
            for m in 1 $((count / 3)) $((count * 2 / 3)); do
                sweep_hit pwrite64 signal=KILL "$n"
                # The same target, as it was left: another load, killed as well.
                code=0
                sweep_load strace -f -qq -o trace -e trace=pwrite64 \
                    -e inject=pwrite64:signal=KILL:when=$m 2>err || code=$?
                where="$where, then again at $m"
                sweep_check
                sweep_heal
            done
        done
    done
}

@test "killed at random moments while a reader looks on: never anything but old or new rows" {
    sample_table from.db big 60000
    for mode in wal delete; do
        rm -f to.db*
        sample_table to.db big 1000 $mode
        look_on counts sqlite3 -batch -cmd '.timeout 60000' to.db 'SELECT count(*), min(name) > "old 1", sum(id) FROM big'
        for delay in 0.03 0.06 0.1 0.15 0.2 0.25 0.3; do
            "$DBFERRY" copy sqlite:from.db sqlite:to.db --table big 2>/dev/null 3>&- &
            pid=$!
            sleep $delay
            kill -KILL $pid 2>/dev/null || true
            wait $pid 2>/dev/null || true
        done
        dbferry copy sqlite:from.db sqlite:to.db --table big
        stop_looking '60000|0|1800030000'
        saw_only '1000|0|500500' '60000|0|1800030000'
        assert_sound to.db
        assert_equal "$(leftovers to.db)" ""
    done
}
