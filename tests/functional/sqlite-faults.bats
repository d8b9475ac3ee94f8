# Locks, kills and full disks: the target keeps its old rows, or has the new ones.

load helper

setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    D=$T/target.db
    sqlite3 "$S" "CREATE TABLE s (id INTEGER)"
}

# query_of N: a query of N rows.
query_of() {
    echo "WITH RECURSIVE c (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c LIMIT $1)
          SELECT id, 'text of row ' || id AS name, id * 0.5 AS half FROM c"
}

# many N [OPTION...]: replace table t by N rows.
many() {
    "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --target-table t --query "$(query_of "$1")" "${@:2}"
}

# begin_many N [OPTION...]: the same in the background; $load is the program's own process.
begin_many() {
    "$DBFERRY" copy "sqlite:$S" "sqlite:$D" --target-table t --query "$(query_of "$1")" "${@:2}" \
        2>"$T/message" &
    load=$!
}

# locked, staged: the load has taken its lock; rows are in its staging file.
locked() { grep -qs pid "$T"/*-dbferry.lock; }
staged() { [ -n "$(find "$T" -name '*.stage' -size +8)" ]; }

# begin_made N [OPTION...]: as many made-up rows in the background, but it stands still near the end until $T/go is there.
begin_made() {
    "$DBFERRY" copy memory:x "sqlite:$D" --table t -o source.rows="$1" \
        -o source.columns="id int64, name text(40)" -o source.fail_at=read_batch \
        -o source.fail_how=stall -o source.fail_row=$(($1 - 100)) -o source.fail_mark="$T/reached" \
        -o source.fail_until="$T/go" "${@:2}" 2>"$T/message" 3>&- &
    load=$!
    until_there test -e "$T/reached"
}

# holding SQL [COMMAND...]: another connection runs SQL and stays until $T/release is there, or until
# COMMAND succeeds; then it runs the lines of $last.
holding() {
    local sql=$1
    shift
    [ $# -gt 0 ] || set -- test -e "$T/release"
    rm -f "$T/held" "$T/release"
    { printf '%s\n.shell touch %s\n' "$sql" "$T/held"; until_there "$@"; echo "${last:-}"; } |
        sqlite3 "$D" >/dev/null 3>&- &
    holder=$!
    until_there test -e "$T/held"
}

release() {
    touch "$T/release"
    wait "$holder"
}

@test "a second run of the same table names the first one and exits 75" {
    many 10
    begin_many 100000000
    until_there locked
    run many 5
    kill -TERM "$load"
    wait "$load" || true
    assert_status 75
    assert_output_has "pid $load" "job 'copy'"
    assert_equal "$(rows "$D" t)" 10
    run many 5
    assert_status 0
}

@test "a writer of the file is waited for, then named" {
    many 10
    holding "BEGIN IMMEDIATE;"
    run many 5 -o job.lock_wait=500ms
    assert_status 75
    assert_output_has "$D" "writing" "0.5 s"
    release
    holding "BEGIN IMMEDIATE;" locked
    run many 5 -o job.lock_wait=60s
    assert_status 0
    assert_equal "$(rows "$D" t)" 5
    wait "$holder"
}

@test "WAL: a reader keeps its rows and delays nobody" {
    many 10
    { printf 'BEGIN; SELECT count(*) FROM t;\n.shell touch %s\n' "$T/held"
      until_there test -e "$T/done"
      echo 'SELECT count(*) FROM t; COMMIT; SELECT count(*) FROM t;'; } | sqlite3 "$D" >"$T/seen" &
    reader=$!
    until_there test -e "$T/held"
    run many 1000
    touch "$T/done"
    assert_status 0
    wait "$reader"
    assert_equal "$(paste -sd' ' "$T/seen")" "10 10 1000"
}

# The lock of a writer is taken when the rows are all there, however slowly they come.
@test "staging = file: another writer works as long as the source stands still, in either mode" {
    requires_driver memory
    for mode in wal delete; do
        rm -f "$T"/target.db* "$T/reached" "$T/go"
        many 10 -o target.journal_mode=$mode
        sqlite3 "$D" "CREATE TABLE other (n INTEGER)"
        begin_made 150000 -o job.staging=file
        until_there staged
        for n in 1 2 3; do # with no patience at all
            sqlite3 -cmd '.timeout 0' "$D" "BEGIN IMMEDIATE; INSERT INTO other VALUES ($n); UPDATE t SET half = $n; COMMIT"
            sleep 0.5
        done
        # the file is as it was: neither rows nor a journal of them are in it
        assert_equal "$(rows "$D" t)" 10
        between 0 "$(stat -c %s "$D-wal" 2>/dev/null || echo 0)" 400000
        touch "$T/go"
        wait "$load"
        assert_equal "$(rows "$D" t)" 150000
        assert_equal "$(sqlite3 "$D" 'SELECT group_concat(n) FROM other; PRAGMA integrity_check; PRAGMA journal_mode' | paste -sd' ')" "1,2,3 ok $mode"
        assert_equal "$(find "$T" -name '*.stage' | wc -l)" 0
    done
}

@test "staging = none in WAL mode keeps other writers out meanwhile, and says so to them alone" {
    requires_driver memory
    many 10 -o target.journal_mode=wal
    begin_made 150000 -o job.staging=none
    run sqlite3 -cmd '.timeout 0' "$D" "BEGIN IMMEDIATE; COMMIT"
    assert_output_has "locked"
    touch "$T/go"
    wait "$load"
    assert_equal "$(rows "$D" t)" 150000
}

@test "rollback mode: rows are staged, readers go on, and the stage is gone afterwards" {
    requires_driver memory
    many 10 -o target.journal_mode=delete
    begin_made 150000
    until_there staged
    assert_equal "$(find "$T" -name '*.stage' -perm 0600 | wc -l)" 1
    assert_equal "$(rows "$D" t)" 10
    touch "$T/go"
    wait "$load"
    assert_equal "$(rows "$D" t)" 150000
    assert_equal "$(find "$T" -name '*.stage' | wc -l)" 0
    assert_equal "$(sqlite3 "$D" 'PRAGMA integrity_check; PRAGMA journal_mode' | paste -sd' ')" "ok delete"
}

@test "several jobs into one file are staged, also where --target makes it one" {
    requires_driver memory
    write_config <<END
connections = {
  from = { driver = "sqlite"; path = "$S"; };
  made = { driver = "memory"; rows = 20; fail_at = "read_batch"; fail_how = "stall"; fail_row = 10;
           fail_mark = "$T/reached"; fail_until = "$T/go"; };
  one = { driver = "sqlite"; path = "$D"; };
  two = { driver = "sqlite"; path = "$T/two.db"; };
};
jobs = (
  { name = "first"; source = "made"; table = "first"; target = "one"; },
  { name = "second"; source = "from"; target = "two"; query = "SELECT 1 AS id"; target_table = "second"; }
);
END
    for target in "" "--target one"; do
        rm -f "$T/reached" "$T/go"
        "$DBFERRY" run $target 3>&- &
        load=$!
        until_there test -e "$T/reached"
        assert_equal "$target $(find "$T" -name '*.stage' | wc -l)" "$target $([ -z "$target" ] && echo 0 || echo 1)"
        touch "$T/go"
        wait "$load"
    done
    assert_equal "$(rows "$D" first) $(rows "$D" second)" "20 1"
}

@test "rollback mode: a reader at COMMIT is waited for, then named" {
    many 10 -o target.journal_mode=delete
    holding "BEGIN; SELECT count(*) FROM t;"
    for rows in 5 400000; do
        run many "$rows" -o job.lock_wait=300ms
        assert_status 75
        assert_output_has "a reader held the file at COMMIT"
    done
    release
    assert_equal "$(find "$T" -name '*.stage' | wc -l)" 0
    run many 5 -o job.lock_wait=20s
    assert_status 0
    wait "$holder"
    assert_equal "$(rows "$D" t)" 5
}

@test "staged and direct loads leave the same table and the same objects" {
    for staging in none file; do
        D=$T/$staging.db
        many 10
        sqlite3 "$D" "CREATE INDEX i ON t (name); CREATE UNIQUE INDEX u ON t (id);
                      CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END"
        many 3000 -o job.staging=$staging
        sqlite3 "$D" "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 2; SELECT * FROM t ORDER BY id;
                      PRAGMA integrity_check" >"$T/$staging.txt"
    done
    run cmp "$T/none.txt" "$T/file.txt"
    assert_status 0
    assert_equal "$(rows "$D" t)" 3000
}

@test "staging works with an SQLite that was built without URI names" {
    requires gcc
    cat >"$T/plain.c" <<'END'
#include <sqlite3.h>
__attribute__((constructor)) static void no_uri(void) { sqlite3_config(SQLITE_CONFIG_URI, 0); }
END
    gcc -w -shared -fPIC "$T/plain.c" -o "$T/plain.so" -lsqlite3 || skip "no development files of SQLite"
    preload=$T/plain.so
    # The sanitizer's own library must come first.
    for library in $(ldd "$FERRY_BUILD/src/dbferry" 2>/dev/null | sed -n 's/.*=> \(.*libasan[^ ]*\) .*/\1/p'); do
        preload="$library $preload"
    done
    # The wrapper of a build tree is a shell, which must not be checked for leaks.
    run env ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD="$preload" "$DBFERRY" copy "sqlite:$S" "sqlite:$D" \
        --target-table t --query "$(query_of 10)" -o job.staging=file
    assert_status 0
    assert_equal "$(rows "$D" t)" 10
}

@test "kill -9 in mid-load leaves the old rows, and the next run heals" {
    for mode in wal delete; do
        D=$T/$mode.db
        many 1000 -o target.journal_mode=$mode
        before=$(sqlite3 "$D" .dump)
        begin_many 100000000
        grown() { [ "$(stat -c %s "$T/$mode.db-wal" "$T"/"$mode".db-dbferry-*.stage 2>/dev/null | sort -n | tail -1)" -gt 4000000 ]; }
        until_there grown
        kill -KILL "$load"
        wait "$load" || true
        assert_equal "$(sqlite3 -readonly "$D" 'PRAGMA integrity_check')" ok
        assert_equal "$(sqlite3 -readonly "$D" .dump)" "$before"
        run many 77
        assert_status 0
        assert_equal "$(rows "$D" t)" 77
        assert_equal "$(find "$T" -name '*.stage' | wc -l)" 0
    done
}

@test "a load that is stopped takes its new file away again" {
    begin_many 100000000
    until_there test -s "$D"
    kill -TERM "$load"
    wait "$load" && code=0 || code=$?
    assert_equal "$code" 143
    assert_equal "$(find "$T" -name 'target.db*' ! -name '*.lock' | wc -l)" 0
}

@test "a full disk leaves the old rows and frees what the load had taken" {
    unshare -rm true 2>/dev/null || skip "no private mounts here"
    mkdir "$T/disk"
    cat >"$T/inside" <<'SCRIPT'
mount -t tmpfs -o size=3m none "$T/disk"
for mode in wal delete; do
    D=$T/disk/$mode.db
    many 1000 -o target.journal_mode=$mode || exit 1
    before=$(sqlite3 -readonly "$D" .dump)
    many 1000000 2>"$T/message"
    [ $? -eq 74 ] || { cat "$T/message"; exit 2; }
    grep -q "disk full" "$T/message" || exit 3
    [ "$(sqlite3 -readonly "$D" .dump)" = "$before" ] || exit 4
    [ "$(sqlite3 -readonly "$D" 'PRAGMA integrity_check')" = ok ] || exit 5
    [ "$(stat -f -c %f "$T/disk")" -gt 600 ] || exit 6
    D=$T/disk/new.db
    many 1000000 -o target.journal_mode=$mode 2>/dev/null
    [ $? -eq 74 ] || exit 7
    [ ! -e "$D" ] && [ ! -e "$D-wal" ] || exit 8
done
SCRIPT
    export T S DBFERRY
    export -f many query_of
    run unshare -rm bash "$T/inside"
    assert_status 0
}

@test "a table that changed under the plan is not touched" {
    many 10
    # A writer holds the file while the run waits for it, and changes the table before it lets go.
    last='ALTER TABLE t ADD COLUMN extra; COMMIT;' holding "BEGIN IMMEDIATE;" locked
    run many 5 -o job.lock_wait=60s
    wait "$holder"
    assert_status 75
    assert_output_has "changed by another connection"
    assert_equal "$(rows "$D" t)" 10
}

@test "a file that is replaced while it is open is not written" {
    many 10
    cp "$D" "$T/other.db"
    holding "BEGIN IMMEDIATE;"
    begin_many 5 -o job.lock_wait=60s
    until_there locked
    mv "$T/other.db" "$D"
    release
    wait "$load" && code=0 || code=$?
    assert_equal "$code" 75
    grep -q "moved or replaced" "$T/message"
    assert_equal "$(rows "$D" t)" 10
}
