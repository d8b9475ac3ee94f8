# What can go wrong with a MySQL target, for either server: each check_ is a test's body.
#
# OLD is one row, 'old'; NEW is 5,000 rows from memory.

make_old() {
    sql e <<<"DROP TABLE IF EXISTS t; CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4);
        INSERT INTO t VALUES (1, 'old'); ${1:-}"
}

# With a trigger on it the rows are replaced in the table itself.
make_old_in_place() { make_old "CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW SET @dbferry_test = 1"; }

load_t() { dbferry copy made target --view rows --target-table t "$@"; }

rows_are() { assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" "$1"; }
rows_are_old() {
    assert_equal "$(sql e <<<"SELECT * FROM t")" $'1\told'
    assert_equal "$(leftovers)" ""
}
rows_are_new() {
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" 5000
    assert_equal "$(leftovers)" ""
}

# hold SQL SECONDS: another session does so and ends after that time.  $holder is its process.
hold() {
    rm -f "$T/held"
    sql e <<<"$1; SELECT 'held'; DO SLEEP($2); COMMIT" >"$T/held" 2>"$T/held.error" 3>&- &
    holder=$!
    for _ in {1..100}; do
        sql <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'" | grep -q 1 && return
        sleep 0.05
    done
    cat "$T/held.error" >&2
    return 1
}

let_go() {
    sql <<<"SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'" | sql || true
    wait $holder || true
}

check_table_in_use() {
    local begun
    for sql_of_holder in "BEGIN; SELECT * FROM t" "LOCK TABLES t WRITE" "BEGIN; SELECT * FROM t FOR UPDATE"; do
        make_old
        hold "$sql_of_holder" 60
        begun=$SECONDS
        run load_t -o job.lock_wait=2s
        let_go
        assert_status 75
        assert_output_has "'t'" "lock_wait"
        between 1 $((SECONDS - begun)) 20
        rows_are_old
        # it waits for as long as lock_wait says
        hold "$sql_of_holder" 3
        run load_t -o job.lock_wait=30s
        assert_status 0
        rows_are_new
        wait $holder
    done
}

# While a load waits for its turn, others come in between.
check_readers_pass_a_waiting_load() {
    make_old
    hold "BEGIN; SELECT * FROM t" 60
    "$DBFERRY" copy made target --view rows --target-table t -o job.lock_wait=12s 2>"$T/message" 3>&- &
    load=$!
    sleep 1
    local slowest=0 begun took
    while kill -0 $load 2>/dev/null; do
        begun=$(date +%s%N)
        assert_equal "$(sql e <<<"SELECT name FROM t")" old
        took=$((($(date +%s%N) - begun) / 1000000))
        [ $took -le $slowest ] || slowest=$took
        sleep 0.1
    done
    let_go
    status=0
    wait $load || status=$?
    output=$(cat "$T/message")
    assert_status 75
    assert_output_has "lock_wait" "old rows stay"
    between 100 $slowest 6000
    rows_are_old
}

check_rows_in_use_in_place() {
    local begun
    make_old_in_place
    hold "BEGIN; SELECT * FROM t FOR UPDATE" 60
    begun=$SECONDS
    run load_t -o job.lock_wait=2s
    let_go
    assert_status 75
    assert_output_has "'t'" "lock_wait" "unchanged"
    between 1 $((SECONDS - begun)) 20
    rows_are_old
    hold "BEGIN; SELECT * FROM t FOR UPDATE" 5
    run load_t -o job.lock_wait=30s
    assert_status 0
    rows_are_new
    wait $holder
}

# Two sessions that cross: one of them has to give up, and if it is the load, that tries again.
check_deadlock_in_place() {
    make_old_in_place
    sql e <<<"DELETE FROM t; ALTER TABLE t ADD PRIMARY KEY (id); INSERT INTO t VALUES (1, 'old'), (900000, 'old');
        DROP TABLE IF EXISTS heavy; CREATE TABLE heavy (n INT)"
    # a large transaction, so that the server picks the load; it takes the last row, then the first
    hold "BEGIN; INSERT INTO heavy WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s;
        UPDATE t SET name = 'mine' WHERE id = 900000; DO SLEEP(1 + 0 * 7); UPDATE t SET name = 'mine' WHERE id = 1" 1 || true
    run load_t -o job.lock_wait=20s
    assert_status 0
    rows_are_new
    wait $holder || true
    sql e <<<"DROP TABLE heavy"
}

# One setting of the server, globally and by init_connect: what loads with it come to.
check_one_default() {
    local setting=$1 table hex='SELECT HEX(name) FROM %s ORDER BY id' codes=''
    sql e <<<"DROP TABLE IF EXISTS t, u;
        CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin);
        CREATE TABLE u LIKE t; CREATE TRIGGER hook AFTER INSERT ON u FOR EACH ROW SET @x = 1; INSERT INTO u VALUES (-5, 'old')"
    sql <<<"SET GLOBAL $setting" 2>"$T/refused" || return 0 # the other server's variable
    # which takes a special right on MySQL
    [[ $setting == max_error_count* ]] || sql <<<"SET GLOBAL init_connect = 'SET SESSION ${setting//\'/\'\'}'"
    for table in t u; do
        run dbferry copy local target --table t --target-table $table
        codes+="$status "
    done
    run dbferry copy local target --table twice --target-table t
    codes+=$status
    sql <<<"SET GLOBAL ${setting%% =*} = DEFAULT; SET GLOBAL init_connect = ''"
    tried+=("$setting")
    echo "$setting: $output"
    assert_equal "$codes" "0 0 65"
    for table in t u; do
        assert_equal "$(sql e <<<"SELECT HEX(name) FROM $table ORDER BY id")" \
            "$(sqlite3 -nullvalue NULL "$D" "SELECT CASE WHEN name IS NULL THEN NULL ELSE hex(name) END FROM t ORDER BY id")"
    done
}

check_server_defaults() {
    local setting tried=()
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO t VALUES (0, 'it''s \\ \"😀\" ' || char(9) || '漢'), (1, char(92)), (2, NULL), (3, '');
        CREATE TABLE twice (id INTEGER, name TEXT); INSERT INTO twice VALUES (1, 'a'), (1, 'b')"
    for setting in "sql_safe_updates = 1" "transaction_read_only = 1" "tx_read_only = 1" \
        "sql_big_selects = 0" "max_join_size = 1" "autocommit = 0" "foreign_key_checks = 0" \
        "unique_checks = 0" "sql_mode = ''" "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'" \
        "sql_select_limit = 1" "innodb_lock_wait_timeout = 1" "lock_wait_timeout = 1" \
        "completion_type = 'CHAIN'" "completion_type = 'RELEASE'" "sql_notes = 0" "character_set_connection = 'latin1'" \
        "character_set_client = 'latin1'" "collation_connection = 'latin1_swedish_ci'" "time_zone = '+05:00'" "sql_auto_is_null = 1" \
        "transaction_isolation = 'SERIALIZABLE'" "tx_isolation = 'READ-UNCOMMITTED'" "wait_timeout = 5" \
        "net_write_timeout = 1" "net_read_timeout = 1" "max_error_count = 0" "default_storage_engine = 'MyISAM'" \
        "old_mode = 'NO_PROGRESS_INFO'" "div_precision_increment = 0" "explicit_defaults_for_timestamp = 0" "sql_quote_show_create = 0" \
        "check_constraint_checks = 0" "character_set_results = 'latin1'" "lc_messages = 'de_DE'"; do
        check_one_default "$setting"
    done
    echo "# tried: ${#tried[@]}" >&3
    between 25 ${#tried[@]} 99
}

# ---- Commits whose answer is lost ----

# cut MODE TEXT [SINCE]: from now on the target is reached through cut.py.
cut() {
    cut_end
    python3 "$FERRY_SOURCE/tests/servers/cut.py" "$TARGET_SERVER" "$T/cut" "$@" >"$T/cut.log" 2>&1 3>&- &
    cutter=$!
    for _ in {1..100}; do [ ! -S "$T/cut" ] || break; sleep 0.05; done
    target_config
    sed -i "/ target = /{s|host = [^;]*; port = [^;]*;|socket = \"$T/cut\";|;s|socket = \"[^\"]*\"|socket = \"$T/cut\"|;s|retries = 0;|retries = 0; read_timeout = \"3s\";|}" "$DBFERRY_CONFIG"
}

cut_end() {
    [ -z "${cutter:-}" ] || kill "$cutter" 2>/dev/null || true
    [ -z "${cutter:-}" ] || wait "$cutter" || true
    cutter=''
    rm -f "$T/cut"
}

heals() {
    local try
    cut_end
    target_config
    for try in {1..30}; do # the server may not have noticed yet that the other one is gone
        run load_t
        [ "$status" -eq 75 ] || break
        sleep 0.3
    done
    assert_status 0
    rows_are_new
    assert_equal "$(sql e <<<'SELECT `rows` FROM _dbferry_sync WHERE target_table = "t"')" 5000
}

# check_lost_commit OLD-MAKER TEXT [SINCE]: the commit's statement holds TEXT.
check_lost_commit() {
    local mode make=$1
    shift
    for mode in after before after-all before-all after-hold before-hold; do
        echo "mode: $mode"
        sql e <<<"DROP TABLE IF EXISTS _dbferry_sync"
        $make
        cut $mode "$@"
        run load_t
        case $mode in
        after)
            assert_status 0
            assert_output_has "a second one found the new rows"
            rows_are_new
            assert_equal "$(sql e <<<'SELECT `rows` FROM _dbferry_sync')" 5000
            ;;
        before)
            assert_status 74
            assert_output_has "a second one found the old rows"
            rows_are_old
            ;;
        *)
            # both connections are gone, or the server still serves the first
            assert_status 75
            assert_output_has "unknown" "running again is safe"
            refute_output_has "unchanged"
            case $mode in
            after-*) rows_are 5000 ;;
            *) rows_are 1 ;;
            esac
            ;;
        esac
        heals
    done
}

# ---- The connection lost elsewhere ----

# Whatever statement it is cut at: 74 or 75, the old rows, and the next run works.
check_cut_at_each_statement() {
    local text make lanes
    for text in "SELECT GET_LOCK" "SHOW CREATE TABLE" "CREATE TABLE" "START TRANSACTION" "LOAD DATA" "COMMIT" "ALTER TABLE" \
        "SELECT COUNT(*) FROM \`_dbferry" "DELETE FROM" "INSERT INTO \`t\`" "REPLACE INTO"; do
        for mode in before after; do
            echo "cut $mode $text"
            case $text in
            DELETE* | "INSERT INTO"* | REPLACE*) make_old_in_place ;;
            *) make_old ;;
            esac
            cut $mode "$text"
            run load_t
            one_of_status 74 75 73
            rows_are 1
            heals
        done
    done
}

one_of_status() {
    local code
    for code; do [ "$status" -ne "$code" ] || return 0; done
    echo "not one of: $*" >&2
    show_run
    return 1
}
