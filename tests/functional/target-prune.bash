# What prune = true must do with a server on both sides, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine, target-faults and target-groups.

# What of a copy is there: its table and its record.
left() {
    sql e <<<"SELECT CONCAT_WS('|', (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = '$1'),
        (SELECT COUNT(*) FROM _dbferry_sync WHERE target_table = '$1'))"
}

# tables_and_log [KEYS]: those of d and one more, copied by a job with these keys
tables_and_log() {
    tables_of_d
    sql d <<<"CREATE TABLE log (id INT PRIMARY KEY, note VARCHAR(20)); INSERT INTO log VALUES (1, 'a'), (2, 'b')"
    group "tables = [\"*\"]; $*" target
    "$DBFERRY" run
    assert_equal "$(left log)" "1|1"
}

check_that_copies_without_source_go() {
    local keys
    for keys in '' 'commit = "together";' 'strategy = "merge";'; do
        sql <<<"DROP DATABASE d; CREATE DATABASE d; DROP DATABASE e; CREATE DATABASE e; GRANT SELECT ON d.* TO reader; GRANT UPDATE ON e.* TO loader"
        tables_and_log "$keys"
        "$DBFERRY" run # of a merge, the record is of another run than the table's mark
        sql d <<<"DROP TABLE log"
        run "$DBFERRY" run -v
        assert_status 0
        assert_output_has "; gone from the source: 'log' (the copies stay; prune = true drops them)"
        assert_equal "$(left log)" "1|1"
        group "tables = [\"*\"]; prune = true; $keys" target
        run "$DBFERRY" plan
        assert_status 0
        assert_output_has "'log' is gone from source 'server': its copy 'log' in 'target' would be dropped"
        run "$DBFERRY" run -v
        assert_status 0
        assert_output_has "table 'log' is dropped, with its record" "so that the copies were dropped: 'log'"
        assert_equal "$(left log) $(left item) $(left orders)" "0|0 1|1 1|1"
        assert_equal "$(own_tables)" _dbferry_sync
        run "$DBFERRY" run -v
        assert_status 0
        refute_output_has "'log'"
    done
}

# A table without rights is not listed, and is there all the same.
check_that_lost_rights_drop_nothing() {
    tables_and_log 'prune = true;'
    sql <<<"$FEW_RIGHTS"
    sed -i '/^  server = /s/user = "reader"/user = "few"/' "$DBFERRY_CONFIG"
    sql d <<<"DROP TABLE log"
    group 'tables = ["*"]; prune = true; max_shrink_percent = 100;' target
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "done: 1 table, " "; no longer carried: 'log', 'orders'" \
        "'orders' is no longer carried: its copy 'orders' in 'target' stays: the source does not list it, and does not say that it is gone"
    assert_equal "$(left log) $(left orders) $(left item)" "1|1 1|1 1|1"
}

check_what_keeps_a_copy() {
    local i=0
    tables_and_log 'prune = true; lock_wait = "1s";'
    sql d <<<"DROP TABLE log"
    hang() { # hang MAKE WHY DROP [LOOK]
        sql e <<<"$1"
        if [ "${4:-yes}" = yes ]; then
            run "$DBFERRY" plan
            assert_status 0
            assert_output_has "its copy 'log' in 'target' stays: $2"
        fi
        run "$DBFERRY" run
        assert_status 0
        assert_output_has "its copy 'log' in 'target' stays: $2"
        assert_equal "$(left log)" "1|1"
        sql e <<<"$3"
    }
    hang "CREATE TRIGGER hook AFTER DELETE ON log FOR EACH ROW SET @x = 1" "the trigger 'hook' hangs on it" "DROP TRIGGER hook"
    sql e <<<"CREATE TABLE mine (x INT, logs INT); CREATE TRIGGER other AFTER DELETE ON mine FOR EACH ROW SET @catalog = 'my_log', @log_ = OLD.logs"
    hang "CREATE TRIGGER hook AFTER INSERT ON mine FOR EACH ROW INSERT INTO \`log\` (id) VALUES (NEW.x)" \
        "the trigger 'hook' of another table names it" "DROP TRIGGER hook"
    hang "CREATE SQL SECURITY INVOKER VIEW numbers AS SELECT 1" "the view 'numbers' may read it" "DROP VIEW numbers"
    sql <<<"GRANT SHOW VIEW, SELECT ON e.* TO loader"
    hang "CREATE SQL SECURITY INVOKER VIEW notes AS SELECT note FROM log" "the view 'notes' reads it" "DROP VIEW notes"
    hang "DROP TABLE mine; CREATE TABLE mine (log INT, FOREIGN KEY (log) REFERENCES log (id)) ENGINE = InnoDB" \
        "a foreign key of table 'mine' refers to it" "DROP TABLE mine"
    sql <<<"CREATE DATABASE IF NOT EXISTS f"
    hang "CREATE TABLE f.theirs (log INT, FOREIGN KEY (log) REFERENCES e.log (id)) ENGINE = InnoDB" \
        "a foreign key of a table that this account may not see refers to it" "DROP TABLE f.theirs" no
    hang "ALTER TABLE log ADD COLUMN mine INT" "it is not as dbferry has made it" "ALTER TABLE log DROP COLUMN mine"
    hold "LOCK TABLES log READ" 60
    run "$DBFERRY" run
    let_go
    assert_status 75
    assert_output_has "cannot drop the table: others have used table 'log' for all of the 1.0 s of lock_wait"
    assert_equal "$(left log)" "1|1"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(left log)" "0|0"
}

# Of a large table nobody has counted the rows before.
check_a_large_copy_with_rows_of_others() {
    local n
    tables_and_log 'prune = true;'
    sql d <<<"DROP TABLE log"
    for n in 2 4 8 16 32 64 128 256 512 1024 2048 4096 8192 16384 32768 65536 131072 262144; do
        echo "INSERT INTO log SELECT id + $n, REPEAT('x', 20) FROM log;"
    done | sql e
    sql e <<<"ANALYZE TABLE log" >/dev/null
    between 16777217 "$(sql e <<<"SELECT DATA_LENGTH FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 'log'")" 999999999
    for command in plan run; do
        run "$DBFERRY" $command
        assert_status 0
        assert_output_has "its copy 'log' in 'target' stays: it has 524288 rows, and 2 by its record"
    done
    assert_equal "$(left log)" "1|1"
    sql e <<<"DELETE FROM log WHERE id > 2"
    "$DBFERRY" run
    assert_equal "$(left log)" "0|0"
}

# Of copies that refer to each other those go first that no other needs; a circle stays.
check_copies_that_refer_to_each_other() {
    tables_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    sql d <<<"CREATE TABLE c_part (id INT PRIMARY KEY); CREATE TABLE b_part (id INT PRIMARY KEY, c INT, FOREIGN KEY (c) REFERENCES c_part (id));
        CREATE TABLE a_part (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES b_part (id));
        CREATE TABLE ring1 (id INT PRIMARY KEY, r INT); CREATE TABLE ring2 (id INT PRIMARY KEY, r INT, FOREIGN KEY (r) REFERENCES ring1 (id));
        ALTER TABLE ring1 ADD FOREIGN KEY (r) REFERENCES ring2 (id)"
    group 'tables = ["*"]; prune = true; commit = "together"; foreign_keys = true; max_shrink_percent = 100; allow_empty = true;' target
    "$DBFERRY" run
    sql d <<<"SET foreign_key_checks = 0; DROP TABLE a_part, b_part, c_part, ring1, ring2"
    run "$DBFERRY" plan
    assert_status 0
    assert_equal "$(grep -c 'would be dropped' <<<"$output")" 3
    assert_output_has "its copy 'ring1' in 'target' stays: a foreign key of table 'ring2' refers to it"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "its copy 'ring1' in 'target' stays: a foreign key of table 'ring2' refers to it" \
        "its copy 'ring2' in 'target' stays: a foreign key of table 'ring1' refers to it"
    assert_equal "$(left a_part) $(left b_part) $(left c_part) $(left ring1) $(left ring2)" "0|0 0|0 0|0 1|1 1|1"
}

# The table is gone and its record is not, as where a run was killed between the two.
check_a_record_that_is_left_alone() {
    tables_and_log 'prune = true;'
    sql d <<<"DROP TABLE log"
    sql e <<<"DROP TABLE log"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "the record of table 'log' is dropped: neither that nor its source is there"
    assert_equal "$(left log)" "0|0"
}

# prune_killed_at CALL N: a run that is killed at its Nth such call; its status is left in `status`
prune_killed_at() {
    local tool=(strace -f -qq -o "$T/trace" -e "trace=$1" -e "inject=$1:signal=KILL:when=$2")
    status=0
    if [[ $DBFERRY == */run-uninstalled ]]; then
        DBFERRY_WRAP="${tool[*]}" "$DBFERRY" run >"$T/message" 2>&1 || status=$?
    else
        "${tool[@]}" "$DBFERRY" run >"$T/message" 2>&1 || status=$?
    fi
}

prune_calls_of() {
    prune_killed_at "$1" 60000
    awk -v name="$1" '{ pid = $1; sub(/\(.*/, "", $2) } $2 == name { n[pid]++ }
        END { for (pid in n) if (n[pid] > most) most = n[pid]; print most + 0 }' "$T/trace"
}

make_log() {
    sql d <<<"CREATE TABLE log (id INT PRIMARY KEY, note VARCHAR(20)); INSERT INTO log VALUES (1, 'a'), (2, 'b')"
    "$DBFERRY" run
    sql d <<<"DROP TABLE log"
}

# Killed at any of its last calls, where copies go: such a copy is there whole, or gone, and then the next run
# clears its record away.
check_kills_while_copies_go() {
    local call calls count n firsts step whole=0 alone=0 gone=0
    requires strace
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    strace -f -qq -o "$T/trace" -e trace=sendto true 2>/dev/null || skip "strace may not trace here"
    tables_and_log 'prune = true;'
    sql d <<<"DROP TABLE log"
    [ "$(prune_calls_of "${SWEEP_CALLS%% *}")" -ge 10 ] || SWEEP_CALLS="sendto recvfrom"
    calls=$SWEEP_CALLS
    [ "${FERRY_SWEEP:-}" = all ] || calls=${SWEEP_CALLS%% *} # of one kind, its last ones
    for call in $calls; do
        make_log
        count=$(prune_calls_of "$call")
        between 40 "$count" 5000
        firsts="" step=2
        [ "${FERRY_SWEEP:-}" != all ] || step=1 firsts=$(seq $((count / 2)) $((count / 12)) $((count - 25)))
        for n in $firsts $(seq $((count - 24)) $step "$count"); do
            make_log
            prune_killed_at "$call" "$n"
            echo "$call $n of $count: $status"
            [ "$status" -eq 137 ] || [ "$status" -eq 0 ]
            until_there loader_is_gone # the server may be at work still
            case $(left log) in
                "1|1")
                    whole=$((whole + 1))
                    [ "$status" -eq 137 ]
                    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(note ORDER BY id) FROM log")" a,b
                    ;;
                "0|1") alone=$((alone + 1)) ;;
                "0|0") gone=$((gone + 1)) ;;
                *) left log && return 1 ;;
            esac
            "$DBFERRY" run
            assert_equal "$(left log) $(left item) $(left orders)" "0|0 1|1 1|1"
            assert_equal "$(own_tables)" _dbferry_sync
        done
    done
    echo "# killed: $whole times the copy was there, $alone times its record alone, $gone times neither" >&3
    between 3 "$whole" 999
    [ $step = 2 ] || between 1 "$alone" 999 # which is the work of a moment
    between 1 "$gone" 999
}
