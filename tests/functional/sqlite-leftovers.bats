# A load that fails leaves nothing of its own: not on a disk that is full from the start, not in the
# middle of a row that takes long to write.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    sqlite3 "$S" "CREATE TABLE t (id INTEGER, name TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
}

@test "a new target on a disk without room, or without files to spare, leaves nothing and ends with 74" {
    unshare -rm true 2>/dev/null || skip "no private mounts here"
    mkdir "$T/disk"
    cat >"$T/inside" <<'SCRIPT'
for size in size=4k size=8k size=1m,nr_inodes=2 size=1m,nr_inodes=3; do
    for mode in wal delete truncate; do
        for staging in none file; do
            mount -t tmpfs -o $size none "$T/disk" || exit 1
            "$DBFERRY" copy "sqlite:$S" "sqlite:$T/disk/x.db" --table t -o target.journal_mode=$mode \
                -o job.staging=$staging 2>"$T/message"
            code=$?
            left=$(find "$T/disk" -type f ! -name '*.lock')
            echo "$size $mode $staging: $code $left"
            if [ $code -ne 74 ] || [ -n "$left" ]; then cat "$T/message"; exit 2; fi
            umount "$T/disk"
        done
    done
done
SCRIPT
    export T S DBFERRY
    run unshare -rm bash "$T/inside"
    assert_status 0
}

# A disk on which each page takes a while makes one row take as long as one of a gigabyte.
@test "a signal in the middle of a huge row ends the run at once and leaves nothing" {
    requires strace
    strace -f -qq -o "$T/trace" -e trace=pwrite64 true 2>/dev/null || skip "strace may not trace here"
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    local mode staging state
    written() { [ -n "$(find "$T" -name "target.db*" -size +5000k)" ]; }
    program() { pgrep -P "$load"; }
    while read -r mode staging state; do
        D=$T/target.db
        rm -f "$D"*
        if [ $state = old ]; then
            sqlite3 "$D" "PRAGMA journal_mode=$mode; CREATE TABLE t (id INTEGER, b BLOB);
                INSERT INTO t VALUES (1, zeroblob(2000000)), (2, x'00')" >/dev/null
        fi
        strace -f -qq -o "$T/trace" -e trace=pwrite64 -e inject=pwrite64:delay_enter=1000 \
            "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --query "SELECT 1 AS id, zeroblob(300000000) AS b" \
            --target-table t -o target.journal_mode=$mode -o job.staging=$staging </dev/null 2>"$T/message" 3>&- &
        load=$!
        until_there written
        kill -TERM "$(program)"
        wait "$load" && code=0 || code=$?
        assert_equal "$code" 143
        # The program said it itself; one that is ended by force after its time of grace does not.
        grep -q "stopped by signal 15" "$T/message"
        assert_equal "$(find "$T" -name 'target.db-*' ! -name '*.lock' ! -name '*-wal' ! -name '*-shm')" ""
        if [ $state = old ]; then
            assert_equal "$(sqlite3 "$D" 'SELECT count(*), sum(length(b)) FROM t; PRAGMA integrity_check' | paste -sd' ')" "2|2000001 ok"
        else
            assert_equal "$(find "$T" -name 'target.db*' ! -name '*.lock')" ""
        fi
    done <<'LIST'
wal none new
wal none old
delete none new
delete none old
delete file old
LIST
}
