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

# Its session is gone, too: whoever holds next would take it for his own.
let_go() {
    sql <<<"SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'" | sql || true
    wait $holder || true
    until_there nobody_sleeps
}

nobody_sleeps() { [ "$(sql <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'")" = 0 ]; }

load_waits() {
    sql <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'loader' AND STATE LIKE 'Waiting for %'" | grep -q '[1-9]'
}

check_table_in_use() {
    local begun load turns=3
    for sql_of_holder in "BEGIN; SELECT * FROM t" "LOCK TABLES t WRITE" "BEGIN; SELECT * FROM t FOR UPDATE"; do
        make_old
        hold "$sql_of_holder" 60
        begun=$(date +%s%N)
        run load_t -o job.lock_wait=1s
        let_go
        assert_status 75
        assert_output_has "'t'" "lock_wait"
        between 1000 $((($(date +%s%N) - begun) / 1000000)) 20000
        rows_are_old
        # it waits for as long as lock_wait says, beyond a turn of two seconds
        hold "$sql_of_holder" 60
        load_t -o job.lock_wait=30s >"$T/out" 2>&1 3>&- &
        load=$!
        until_there load_waits
        sleep $turns
        turns=0
        let_go
        status=0
        wait $load || status=$?
        output=$(cat "$T/out")
        assert_status 0
        rows_are_new
    done
}

# While a load waits for its turn, others come in between.
check_readers_pass_a_waiting_load() {
    make_old
    hold "BEGIN; SELECT * FROM t" 60
    "$DBFERRY" copy made target --view rows --target-table t -o job.lock_wait=7s 2>"$T/message" 3>&- &
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
    begun=$(date +%s%N)
    run load_t -o job.lock_wait=1s
    let_go
    assert_status 75
    assert_output_has "'t'" "lock_wait" "unchanged"
    between 1000 $((($(date +%s%N) - begun) / 1000000)) 20000
    rows_are_old
    hold "BEGIN; SELECT * FROM t FOR UPDATE" 3 # longer than a turn
    run load_t -o job.lock_wait=30s
    assert_status 0
    rows_are_new
    wait $holder
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

# cut_at MODE TEXT [SINCE]: from now on the target is reached through cut.py.
cut_at() {
    local patience=60s # only where nothing ends does the client have to lose patience
    [[ $1 != *-hold && $1 != *-wait ]] || patience=3s
    cut_end
    python3 "$FERRY_SOURCE/tests/servers/cut.py" "$TARGET_SERVER" "$T/cut" "$@" >"$T/cut.log" 2>&1 3>&- &
    cutter=$!
    for _ in {1..100}; do [ ! -S "$T/cut" ] || break; sleep 0.05; done
    target_config
    # MySQL's login takes TLS, which cut.py does not pass on, until the server has seen the account once.
    dbferry copy made target --view rows --target-table t --dry-run >"$T/seen-once"
    sed -i "/ target = /{s|host = [^;]*; port = [^;]*;|socket = \"$T/cut\";|;s|socket = \"[^\"]*\"|socket = \"$T/cut\"|;s|retries = 0;|retries = 0; read_timeout = \"$patience\";|}" "$DBFERRY_CONFIG"
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
        cut_at $mode "$@"
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
        after-hold) # the server still serves the first connection; a new one finds the run's id
            assert_status 0
            assert_output_has "the record of the run says that the new rows are in table 't'"
            rows_are 5000 # and leftovers, until the next run
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

# Where the comment has no room for the run id, the new rows cannot be told from the old: the stage
# that is still there says "old", and nothing else does.
check_lost_commit_without_mark() {
    local mode
    for mode in after before; do
        echo "mode: $mode"
        make_old "ALTER TABLE t COMMENT='$(printf 'c%.0s' {1..2040})'"
        cut_at $mode "RENAME TABLE"
        run load_t
        case $mode in
        after)
            assert_status 75
            assert_output_has "unknown" "running again is safe"
            rows_are 5000
            ;;
        before)
            assert_status 74
            assert_output_has "a second one found the old rows"
            rows_are_old
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
        "SELECT COUNT(*) FROM \`t\`" "DELETE FROM" "INSERT INTO \`t\`" "REPLACE INTO"; do
        for mode in before after; do
            echo "cut $mode $text"
            case $text in
            DELETE* | "INSERT INTO"* | REPLACE*) make_old_in_place ;;
            *) make_old ;;
            esac
            cut_at $mode "$text"
            run load_t
            one_of_status 74 75 73
            rows_are 1
            heals
        done
    done
}


# ---- Rights ----

# An account without one of the rights is told which; with all of them, all that a load does works.
check_each_right() {
    local right others codes
    sql d <<<"CREATE TABLE keyed (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40), KEY by_name (name)); INSERT INTO keyed VALUES (1, 'new')"
    for right in SELECT INSERT DELETE CREATE DROP ALTER; do
        make_old
        others=$(sed "s/\b$right\b, //" <<<"$TARGET_RIGHTS")
        sql <<<"DROP USER IF EXISTS half; CREATE USER half IDENTIFIED BY 'pw'; GRANT $others ON e.* TO half"
        sed '/ target = /s/loader/half/' "$DBFERRY_CONFIG" >"$T/half.conf" && chmod 600 "$T/half.conf"
        run dbferry copy server target --table keyed --target-table t --config "$T/half.conf"
        echo "without $right: $output"
        assert_status 77
        assert_output_has "$right command denied" "grant" "unchanged"
        rows_are_old
    done
    sql <<<"DROP USER half"
    make_old
    run to_target keyed t
    assert_status 0
    make_old_in_place
    run load_t
    assert_status 0
    rows_are_new
}

# ---- Several at once ----

check_fifty_starts() {
    local pids=() codes=() i code
    sql <<<"SET GLOBAL max_connections = 400"
    make_old
    for i in {1..50}; do
        "$DBFERRY" copy made target --view rows --target-table t 2>"$T/start.$i" 3>&- &
        pids+=($!)
    done
    for i in "${!pids[@]}"; do
        code=0
        wait "${pids[$i]}" || code=$?
        codes+=("$code")
        status=$code output=$(cat "$T/start.$((i + 1))")
        one_of_status 0 75
        [ $code -eq 0 ] || assert_output_has "another run" "loader" "unchanged"
    done
    [[ " ${codes[*]} " == *" 0 "* ]]
    [[ " ${codes[*]} " == *" 75 "* ]]
    rows_are_new
}

# Two hosts have two configurations, and nothing in common but the server.
check_stopped_holder() {
    local holder_run
    make_old
    begin_standing_load
    holder_run=$load
    kill -STOP $holder_run
    target_config
    cp "$DBFERRY_CONFIG" "$T/other-host.conf"
    for try in 1 2; do
        run env HOME="$T/other" "$DBFERRY" copy made target --view rows --target-table t --config "$T/other-host.conf"
        assert_status 75
        assert_output_has "being loaded by another run" "loader" "unchanged"
    done
    run env HOME="$T/other" "$DBFERRY" copy made target --view rows --target-table t \
        --config "$T/other-host.conf" --skip-locked -v
    assert_status 0
    assert_output_has "left to another run" "being loaded by another run" "loader"
    # another table is another matter
    run dbferry copy made target --view rows --target-table other
    assert_status 0
    touch "$T/go"
    kill -CONT $holder_run
    wait $holder_run
    rows_are_new
    # a holder that is killed lets go
    make_old
    rm "$T/go"
    begin_standing_load
    kill -STOP $load
    kill -KILL $load
    wait $load || true
    heals
    followed_at_once
}

# The next run asks for the lock before the server has noticed the end of the one that was stopped.
followed_at_once() {
    local try next
    for try in {1..5}; do # it may have waited before this test sees it
        make_old
        rm -f "$T/go"
        begin_standing_load
        kill -STOP $load
        load_t >"$T/message" 2>&1 3>&- &
        next=$!
        waits_or_ended() { ! kill -0 $next 2>/dev/null || [ "$(sql <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'")" = 1 ]; }
        until_there waits_or_ended
        kill -KILL $load
        wait $load || true
        touch "$T/go"
        ! wait $next || break
    done
    rows_are_new
}

# ---- Killed at any moment ----

make_canaries() {
    sql e <<'SQL'
CREATE TABLE IF NOT EXISTS _dbferry_stage_0123456789abcdef (n INT) COMMENT='[dbferry run 00 own 00]';
CREATE TABLE IF NOT EXISTS _dbferry_old_ (n INT); CREATE TABLE IF NOT EXISTS xdbferry_stage_1 (n INT);
SQL
    CANARIES=$(leftovers)
}

# killed_at CALL N [OPTION...]: the load is killed as it makes that system call for the Nth time.
killed_at() {
    local call=$1 n=$2
    shift 2
    status=0
    if [[ $DBFERRY == */run-uninstalled ]]; then
        DBFERRY_WRAP="strace -f -qq -o $T/trace -e trace=$call -e inject=$call:signal=KILL:when=$n" load_t >"$T/message" 2>&1 || status=$?
    else
        strace -f -qq -o "$T/trace" -e trace="$call" -e inject="$call:signal=KILL:when=$n" \
            "$DBFERRY" copy made target --view rows --target-table t >"$T/message" 2>&1 || status=$?
    fi
}

calls_of() {
    killed_at "$1" 60000
    awk -v name="$1" '{ pid = $1; sub(/\(.*/, "", $2) } $2 == name { n[pid]++ }
        END { for (pid in n) if (n[pid] > most) most = n[pid]; print most + 0 }' "$T/trace"
}

# The tables that are loaded, by the functions that make them.
KILLED_TABLES=(make_old make_old_in_place)

check_killed_anywhere() {
    local call make count step closely n now killed=0 olds=0 news=0
    local tables=("${KILLED_TABLES[@]}")
    requires strace
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    strace -f -qq -o "$T/trace" -e trace=sendto true 2>/dev/null || skip "strace may not trace here"
    make_canaries
    make_old
    # Connector/C 3.4 itself hands OpenSSL's bytes to the socket, where 3.3 has OpenSSL do that.
    [ "$(calls_of "${SWEEP_CALLS%% *}")" -ge 10 ] || SWEEP_CALLS="sendto recvfrom"
    for make in "${tables[@]}"; do
        for call in $SWEEP_CALLS; do
            $make
            count=$(calls_of $call)
            between 10 "$count" 5000
            # the end of a load, where it commits, is looked at more closely, by calls of one kind
            step=$((count / 6)) closely=1
            [ "$call" = "${SWEEP_CALLS%% *}" ] || closely=3
            [ "${FERRY_SWEEP:-}" != all ] || step=1 closely=1
            for n in $(seq 1 $step $((count - 10))) $(seq $((count - 9)) $closely "$count"); do
                $make
                killed_at $call "$n"
                echo "$make $call $n of $count: $status"
                one_of_status 137 0
                now=$(sql e <<<'SELECT COUNT(*) FROM t')
                [ "$status" -ne 0 ] || assert_equal "$now" 5000
                case $now in 1) olds=$((olds + 1)) ;; 5000) news=$((news + 1)) ;; *) return 1 ;; esac
                killed=$((killed + (status == 137)))
                for _ in {1..50}; do # until the server has noticed
                    run load_t
                    [ "$status" -eq 75 ] || break
                    sleep 0.1
                done
                assert_status 0
                assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t')" 5000
                assert_equal "$(leftovers)" "$CANARIES"
            done
        done
    done
    echo "# killed $killed times: $olds times the old rows, $news times the new ones" >&3
    between $((15 * ${#tables[@]})) $killed 9999
    between $((5 * ${#tables[@]})) $olds 9999
    between 1 $news 9999
}
