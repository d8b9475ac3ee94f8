# What can go wrong with a PostgreSQL target.  OLD is one row, 'old'; NEW is 5,000 rows from memory.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
# A test may have started the server anew, of which its folder knows.
find_server() {
    local file=${POSTGRES_HOME:-/nonexistent}/data/postmaster.pid
    [ ! -s "$file" ] || { POSTGRES_PID=$(sed -n 1p "$file") && POSTGRES_PORT=$(sed -n 4p "$file"); }
}
teardown_file() {
    find_server
    postgres_remove
}
setup() {
    find_server
    pgsql_target_setup
}

load_t() { made t "$@"; }
make_old() {
    load_t
    # the tests' server writes commits down later, if it lives
    sql <<<"SET synchronous_commit = on; DELETE FROM t WHERE id <> (SELECT min(id) FROM t); UPDATE t SET name = 'old'; ${1:-}"
}
# With a view on it the rows are replaced in the table itself.
make_old_in_place() { make_old "CREATE VIEW v AS SELECT id FROM t"; }
rows_are_old() {
    assert_equal "$(sql <<<"SELECT name FROM t")" old
    assert_equal "$(leftovers)" ""
}
rows_are_new() {
    assert_equal "$(sql <<<"SELECT count(*) FROM t")" 5000
    assert_equal "$(leftovers)" ""
}

# hold SQL: another session does so, and goes on with it until let_go.
hold() {
    coproc HOLDER { sql; }
    holder=$HOLDER_PID
    echo "BEGIN; $1; SELECT 'held' LIMIT 1;" >&"${HOLDER[1]}"
    local line
    while read -r line <&"${HOLDER[0]}" && [ "$line" != held ]; do :; done
}
let_go_of_it() {
    eval "exec ${HOLDER[1]}>&-"
    wait "$holder" || true
}
load_waits() { sql <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'loader' AND wait_event_type = 'Lock'" | grep -q '[1-9]'; }

@test "a table that others use: waited for in turns, given up at lock_wait, old rows stay" {
    make_old
    hold "SELECT * FROM t"
    run load_t -o job.lock_wait=1s
    assert_status 75
    assert_output_has "'t'" "lock_wait"
    rows_are_old
    load_t -o job.lock_wait=60s >"$T/out" 2>&1 3>&- &
    load=$!
    until_there load_waits
    # others who come now wait for a turn at most
    assert_equal "$(sql <<<"SET statement_timeout = '20s'; SELECT name FROM t")" old
    let_go_of_it
    wait $load
    rows_are_new
    make_old_in_place
    hold "LOCK TABLE t IN ROW EXCLUSIVE MODE"
    run load_t -o job.lock_wait=1s
    assert_status 75
    let_go_of_it
    rows_are_old
}

@test "two runs into one table: the second one leaves, and says who is there" {
    make_old
    hold "SELECT * FROM t"
    load_t -o job.lock_wait=60s >"$T/out" 2>&1 3>&- &
    load=$!
    until_there load_waits
    run load_t
    assert_status 75
    assert_output_has "another run" "process"
    let_go_of_it
    wait $load
    rows_are_new
}

runs_hold() { [ "$(sql <<<"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")" = 1 ]; }
run_asks() { sql <<<"SELECT query FROM pg_stat_activity WHERE usename = 'loader' AND state LIKE 'idle%'" | grep -q try_advisory; }

@test "a run that follows one that was stopped waits until the server has noticed its end" {
    local try load next
    for try in {1..5}; do # the run may have waited before this test sees it
        make_old
        sed -i '/made = /s/rows = 5000;/& fail_at = "read_batch"; fail_how = "stall"; fail_row = 3000;/' "$DBFERRY_CONFIG"
        "$DBFERRY" copy made target --view rows --target-table t >"$T/out" 2>&1 3>&- &
        load=$!
        until_there runs_hold || { cat "$T/out" >&2; return 1; }
        kill -STOP $load
        target_config
        "$DBFERRY" copy made target --view rows --target-table t >"$T/next" 2>&1 3>&- &
        next=$!
        asks_or_ended() { ! kill -0 $next 2>/dev/null || run_asks; }
        until_there asks_or_ended
        kill -KILL $load
        wait $load || true
        ! wait $next || break
    done
    rows_are_new
}

@test "a table that changed since it was planned for, or something that came to hang on it" {
    make_old
    hold "SELECT * FROM t"
    load_t -o job.lock_wait=60s >"$T/out" 2>&1 3>&- &
    load=$!
    until_there load_waits
    echo "CREATE VIEW late AS SELECT id FROM t; COMMIT;" >&"${HOLDER[1]}"
    let_go_of_it
    status=0
    wait $load || status=$?
    output=$(cat "$T/out")
    assert_status 75
    rows_are_old
    run load_t
    assert_status 0
    rows_are_new
    assert_equal "$(sql <<<"SELECT count(*) FROM late")" 5000
}

# kill_at CONDITION COMMAND...: once a session of the account is so, the command is done with its process.
session_is() { sql <<<"SELECT pid FROM pg_stat_activity WHERE usename = 'loader' AND $1 LIMIT 1" | grep -q .; }

@test "killed or cut off at each step: the old rows, nothing left, and the next run heals" {
    local how
    make_old
    for how in "kill -9" "kill -TERM" "cut"; do
        hold "SELECT * FROM t"
        load_t -o job.lock_wait=60s >"$T/out" 2>&1 3>&- &
        load=$!
        until_there load_waits
        if [ "$how" = cut ]; then
            sql <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'loader'" >"$T/ended"
        else
            $how "$(pgrep -P $load dbferry || echo $load)" || true
        fi
        wait $load || true
        let_go_of_it
        until_there refute session_is true
        rows_are_old
    done
    run load_t
    assert_status 0
    rows_are_new
}

@test "the server dies in the middle: the old rows, and the next run heals" {
    make_old
    hold "SELECT * FROM t"
    load_t -o job.lock_wait=60s >"$T/out" 2>&1 3>&- &
    load=$!
    until_there load_waits
    postgres_kill
    status=0
    wait $load || status=$?
    let_go_of_it
    output=$(cat "$T/out")
    assert_status 74
    postgres_start "$POSTGRES_FOLDER"
    export POSTGRES_PORT POSTGRES_PID
    target_config
    rows_are_old
    run load_t
    assert_status 0
    rows_are_new
}

# cut_at MODE TEXT: from now on the target is reached through a proxy that cuts one connection off there.
cut_at() {
    mkdir -p "$T/cut"
    rm -f "$T/cut.log" # the last one said that it is ready
    python3 "$FERRY_SOURCE/tests/servers/cut_postgres.py" "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" \
        "$T/cut/.s.PGSQL.$POSTGRES_PORT" "$@" >"$T/cut.log" 2>&1 3>&- &
    cutter=$!
    until_there grep -q ready "$T/cut.log"
    target_config
    sed -i "s|socket = \"$POSTGRES_SOCKET\"|socket = \"$T/cut\"|" "$DBFERRY_CONFIG"
}

cut_end() {
    kill "$cutter"
    wait "$cutter" || true
    target_config
}

@test "cut off at each statement: old or new rows, as the run says, and nothing left" {
    requires python3
    local mode text tried=0
    make_old
    for text in "BEGIN" "pg_try_advisory" "CREATE TABLE" "COPY" "ADD CONSTRAINT" "ANALYZE" "LOCK TABLE" "DROP TABLE" \
        "RENAME TO" "INSERT INTO" "=COMMIT"; do
        for mode in before after; do
            [ "$(sql <<<"SELECT count(*) FROM t")" = 1 ] || make_old
            cut_at $mode "$text"
            run load_t
            echo "$mode $text: $status $output"
            until_there grep -q "cut at" "$T/cut.log"
            cut_end
            until_there refute session_is true
            if [ "$mode $text" = "after =COMMIT" ]; then
                assert_status 0
                rows_are_new
            else
                [ "$status" -eq 74 ] || [ "$status" -eq 75 ]
                rows_are_old
            fi
            tried=$((tried + 1))
        done
    done
    between 22 $tried 22
    run load_t
    assert_status 0
    rows_are_new
}

# Questions about the catalog, rows, locks and the exchange: whatever is asked is not answered.
# FERRY_SWEEP=all: each message, else one of every 24.
@test "cut off at any message: old or new rows, as the run says, and nothing left" {
    requires python3
    local at step=24 tried=0 news=0
    [ "${FERRY_SWEEP:-}" != all ] || step=1
    make_old
    for ((at = step / 2 + 1; ; at += step)); do
        [ "$(sql <<<"SELECT count(*) FROM t")" = 1 ] || make_old
        cut_at after "#$at"
        run load_t
        cut_end
        grep -q "cut at" "$T/cut.log" || break
        echo "message $at: $status $output"
        until_there refute session_is true
        case $status in
        0) rows_are_new && news=$((news + 1)) ;;
        73 | 74 | 75) rows_are_old ;;
        *) return 1 ;;
        esac
        tried=$((tried + 1))
    done
    assert_status 0
    [ "$tried" -ge 3 ]
    [ "$news" -le 2 ]
}
