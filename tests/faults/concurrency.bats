#!/usr/bin/env bats
# Several at once: readers that look on, runs that want the same table, runs that share a file.

load helper

setup() {
    ferry_setup
    cd "$T"
}

# look MS: what a reader sees of the table, and of a view of it, in one transaction
look() {
    sqlite3 -batch -cmd ".timeout $1" to.db \
        'BEGIN; SELECT count(*), sum(id) FROM t; SELECT count(*) FROM few; COMMIT' 2>&1
}

# The old rows, and those of loads of other sizes.  Generated keys count from 0, old ones from 1.
sizes=(40000 1000 60000 20000)
sights=('1000|500500 10' '40000|799980000 11' '1000|499500 11' '60000|1799970000 11' '20000|199990000 11')

# load_all_sizes: one after the other, each as soon as the onlooker has seen the one before
load_all_sizes() {
    local i
    for i in "${!sizes[@]}"; do
        dbferry copy memory:x sqlite:to.db --table t -o source.rows="${sizes[i]}" \
            -o source.columns="id int64 not null key, name text(40)"
        until_there grep -qxF "${sights[i + 1]}" seen
    done
}

@test "a reader that polls sees the old or the new rows, and never waits in WAL mode" {
    sample_table to.db t 1000 wal
    sqlite3 to.db "CREATE VIEW few AS SELECT * FROM t WHERE id <= 10"
    # Somebody keeps the file open: then no waiting at all, and a lock would be an error here.
    { printf 'SELECT count(*) FROM t;\n.shell touch held\n'; until_there test -e done; } |
        sqlite3 -batch to.db >/dev/null 3>&- &
    holder=$!
    until_there test -e held
    look_on seen look 0
    load_all_sizes
    stop_looking "${sights[-1]}"
    touch done
    wait $holder
    saw_only "${sights[@]}"
    assert_sound to.db
}

@test "a reader that polls sees the old or the new rows, and waits only briefly in rollback mode" {
    sample_table to.db t 1000 delete
    sqlite3 to.db "CREATE VIEW few AS SELECT * FROM t WHERE id <= 10"
    look_on seen look 20000
    load_all_sizes
    stop_looking "${sights[-1]}"
    saw_only "${sights[@]}"
    assert_sound to.db
}

@test "a reader in rollback mode is not kept out while the rows are read" {
    sample_table to.db t 1000 delete
    "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=60000 -o source.fail_at=read_batch \
        -o source.fail_how=stall -o source.fail_row=55000 -o source.fail_mark=reached \
        -o source.fail_until=go 2>err 3>&- &
    pid=$!
    until_there test -e reached
    for try in {1..10}; do
        assert_equal "$(sqlite3 -batch to.db 'SELECT count(*) FROM t')" 1000
    done
    touch go
    wait $pid
    assert_equal "$(rows to.db t)" 60000
}

@test "twenty starts at once: one runs at a time, the others exit with 75 and name the holder" {
    local n code ok=0 busy=0 pids=() codes=()
    sample_table to.db t 50
    for n in {1..20}; do
        "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.rows=$((1000 + n)) \
            -o source.columns="id int64 not null key, name text(40)" -o source.fail_at=read_batch \
            -o source.fail_how=slow -o source.fail_delay=300ms -v 2>err.$n 3>&- &
        pids+=($!)
    done
    for n in {1..20}; do
        code=0
        wait "${pids[n - 1]}" || code=$?
        codes[n]=$code
        case $code in
        0) ok=$((ok + 1)) ;;
        75) busy=$((busy + 1))
            # One that ends in the very moment of the question has taken its name away.
            grep -qE "another run is replacing table 't': (pid [0-9]+ of user .*, since 20.*Z, job 'copy'|it has only just started)" err.$n
            holder=$(grep -oE "pid [0-9]+" err.$n | head -n 1 | cut -d' ' -f2)
            [[ -z $holder || " ${pids[*]} " == *" $holder "* ]]
            refute grep -q ' done: ' err.$n ;;
        *) cat err.$n >&2; return 1 ;;
        esac
    done
    between 1 $ok 19
    assert_equal $((ok + busy)) 20
    # Those that ran did so one after the other: each had the rows of the one before.
    cat err.* | grep -oE "done: [0-9,]+ rows \(before: [0-9,]+\)" | tr -d , |
        sed -E 's/done: ([0-9]+) rows \(before: ([0-9]+)\)/\2 \1/' >chain
    assert_equal "$(wc -l <chain)" $ok
    last=50
    for n in $(seq $ok); do
        last=$(awk -v last="$last" '$1 == last { print $2; exit }' chain)
        [ -n "$last" ]
    done
    assert_equal "$(rows to.db t)" "$last"
    assert_sound to.db
    assert_equal "$(leftovers to.db)" ""
}

@test "a holder that is stopped keeps the table; once it is killed the next run works at once" {
    sample_table to.db t 50
    "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.fail_at=read_batch \
        -o source.fail_how=stall -o source.fail_mark=reached 2>err 3>&- &
    pid=$!
    until_there test -e reached
    kill -STOP $pid
    run dbferry copy memory:x sqlite:to.db --table t
    assert_status 75
    assert_output_has "pid $pid of user"
    kill -KILL $pid
    wait $pid || true
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=4
    assert_status 0
    assert_equal "$(rows to.db t)" 4
}

@test "the lock is one table's: another table of the same file only waits for the writer" {
    sample_table to.db t 50
    "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.fail_at=read_batch \
        -o source.fail_how=slow -o source.fail_delay=500ms -o source.fail_mark=reached 2>err 3>&- &
    pid=$!
    until_there test -e reached
    run dbferry copy memory:x sqlite:to.db --table u -o job.lock_wait=20s
    assert_status 0
    wait $pid
    assert_equal "$(rows to.db t) $(rows to.db u)" "10 10"
}

@test "many runs into different tables of one file all arrive" {
    local n pids=() code
    for mode in wal delete; do
        rm -f to.db*
        sample_table to.db x 1 $mode
        pids=()
        for n in {1..10}; do
            "$DBFERRY" copy memory:x sqlite:to.db --table t$n -o source.rows=$((3000 * n)) 2>err.$n 3>&- &
            pids+=($!)
        done
        for n in {1..10}; do
            code=0
            wait "${pids[n - 1]}" || code=$?
            [ $code -eq 0 ] || { cat err.$n >&2; return 1; }
        done
        for n in {1..10}; do
            assert_equal "$(rows to.db t$n)" $((3000 * n))
        done
        assert_sound to.db
        assert_equal "$(leftovers to.db)" ""
    done
}

@test "a lock file that somebody takes away does not let two runs in" {
    sample_table to.db t 50
    "$DBFERRY" copy memory:x sqlite:to.db --table t -o source.fail_at=read_batch \
        -o source.fail_how=slow -o source.fail_delay=700ms -o source.fail_mark=reached 2>err 3>&- &
    pid=$!
    until_there test -e reached
    rm to.db-dbferry.lock
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=5 -o job.lock_wait=10s
    # The database's own lock is the last line: the second one waits, and both are whole.
    one_of "$status" 0 75
    wait $pid || one_of $? 75
    one_of "$(rows to.db t)" 5 10
    assert_sound to.db
}
