# One lock file for all tables of a SQLite target: who holds what, and runs of the release before.

load helper
load sample

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    requires flock
    cd "$T"
}

# held TABLE: a run into this table that stands still until $T/go is there
held() {
    "$DBFERRY" copy memory:x sqlite:to.db --table "$1" -o job.staging=file -o source.fail_at=read_batch \
        -o source.fail_how=stall -o source.fail_mark="there-$1" -o source.fail_until="$T/go" 2>"err-$1" 3>&- &
    until_there test -e "there-$1"
}

# let_all_go PID...: they end well
let_all_go() {
    touch go
    for pid; do wait "$pid"; done
}

# old_lock TABLE: the file that release 0.1.0 locks for it
old_lock() {
    python3 - "$1" <<'END'
import sys
value = 0xcbf29ce484222325
for byte in sys.argv[1].lower().encode() + b"\xff":
    value = (value ^ byte) * 0x100000001b3 % 2**64
print(f"to.db-dbferry-{value:016x}.lock")
END
}

@test "three hundred tables leave one lock file, which says nothing afterwards" {
    for ((i = 0; i < 300; i++)); do echo "CREATE TABLE t$i (id INTEGER PRIMARY KEY); INSERT INTO t$i VALUES ($i);"; done |
        sqlite3 -batch from.db "BEGIN" ".read /dev/stdin" "COMMIT"
    for commit in each together; do
        run "$DBFERRY" copy sqlite:from.db sqlite:to.db --all -o job.commit=$commit
        assert_status 0
        assert_equal "$(find . -name 'to.db?*' ! -name '*-wal' ! -name '*-shm')" ./to.db-dbferry.lock
        assert_equal "$(tr -d ' \n' <to.db-dbferry.lock)" ""
        assert_equal "$(sqlite3 to.db "SELECT count(*) FROM _dbferry_sync")" 300
    done
}

@test "of two runs, the one that holds the table is named; another table is free" {
    sample_table to.db a 3 delete
    held a
    first=$!
    held b
    second=$!
    for table in a b; do
        run "$DBFERRY" copy memory:x sqlite:to.db --table $table
        assert_status 75
        [ $table = a ] && pid=$first other=$second || pid=$second other=$first
        assert_output_has "another run is replacing table '$table': pid $pid of user" "job 'copy', run" "to.db-dbferry.lock"
        refute_output_has "pid $other" "["
    done
    run "$DBFERRY" copy memory:x sqlite:to.db --table c -o job.lock_wait=20s
    assert_status 0
    let_all_go $first $second
    assert_equal "$(tr -d ' \n' <to.db-dbferry.lock)" ""
    run "$DBFERRY" copy memory:x sqlite:to.db --table A # no other table than a
    assert_status 0
}

@test "a run that was killed leaves its line, and no lock" {
    held a
    pid=$!
    kill -KILL $pid
    wait $pid || true
    grep -q "pid $pid" to.db-dbferry.lock
    run "$DBFERRY" copy memory:x sqlite:to.db --table a
    assert_status 0
    refute grep -q "pid $pid" to.db-dbferry.lock
}

@test "one that changes many tables in one step is named for each" {
    write_config <<END
connections = { made = { driver = "memory"; table = "a, b"; fail_at = "read_batch"; fail_how = "stall"; fail_mark = "$T/there"; fail_until = "$T/go"; };
                to = { driver = "sqlite"; path = "to.db"; journal_mode = "delete"; }; };
jobs = ( { name = "all"; source = "made"; target = "to"; tables = ["*"]; commit = "together"; } );
END
    "$DBFERRY" run 2>err 3>&- &
    pid=$!
    until_there test -e there
    run "$DBFERRY" copy memory:x sqlite:to.db --table a
    assert_status 75
    assert_output_has "another run is replacing table 'a': pid $pid of user" "job 'all', run"
    let_all_go $pid
}

@test "a run of the release before is kept out, and keeps out; no file of its kind is made" {
    requires python3
    run "$DBFERRY" copy memory:x sqlite:to.db --table a
    assert_status 0
    old=$(old_lock a)
    refute test -e "$old"
    echo "pid 1 of user old on host, since then, job 'before', run 1" >"$old"
    flock --no-fork "$old" sleep 60 3>&- &
    holder=$!
    until_there refute flock --nonblock "$old" true
    run "$DBFERRY" copy memory:x sqlite:to.db --table a
    assert_status 75
    assert_output_has "another run is replacing table 'a': pid 1 of user old" "$old"
    run "$DBFERRY" copy memory:x sqlite:to.db --table b
    assert_status 0
    kill $holder
    wait $holder || true
    held a
    pid=$!
    refute flock --nonblock "$old" true
    let_all_go $pid
    flock --nonblock "$old" true
    assert_equal "$(find . -name '*-dbferry-*.lock')" "./$old"
}

@test "a file of somebody's own in the place of the old one is named and stays" {
    requires python3
    echo "my diary" >"$(old_lock a)"
    run "$DBFERRY" copy memory:x sqlite:to.db --table a
    assert_status 73
    assert_output_has "it is another file; move it away"
    assert_equal "$(cat "$(old_lock a)")" "my diary"
}
