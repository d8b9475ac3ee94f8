# What jobs of many tables must do in one step where single rows of them change, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine, target-faults, target-groups and
# target-foreign-keys.

MERGES='tables = ["*"]; commit = "together"; strategy = "merge";'

# d_is_e TABLE...: the rows of both databases are the same
d_is_e() {
    local table
    for table; do
        assert_equal "$(sql e <<<"SELECT * FROM $table" | sort)" "$(sql d <<<"SELECT * FROM $table" | sort)"
    done
}

# The numbers that the server has given to the tables of e: a table that is replaced gets another.
table_ids() { sql e <<<"SELECT NAME, TABLE_ID FROM information_schema.$TABLE_IDS WHERE NAME LIKE 'e/%' AND NAME NOT LIKE '%\\_dbferry%' ORDER BY 1"; }

changes_are_granted() { sql <<<"GRANT UPDATE, CREATE TEMPORARY TABLES ON e.* TO loader"; }

# A run goes on beside the test, until that waits for its end: $status and $output.
begin_run() {
    "$DBFERRY" run >"$T/out" 2>&1 3>&- &
    run_pid=$!
}

end_run() {
    status=0
    wait "$run_pid" || status=$?
    output=$(cat "$T/out")
}

# ---- What changes ----

check_merges_of_many_tables() {
    local ids
    changes_are_granted
    tables_of_d
    group "$MERGES verify = \"content\";" target
    run "$DBFERRY" run
    assert_status 0
    ids=$(table_ids)
    sql d <<<"UPDATE item SET name = 'mug' WHERE id = 2; DELETE FROM item WHERE id = 1; INSERT INTO orders VALUES (2, 2), (3, 2)"
    run "$DBFERRY" plan
    assert_status 0
    refute_output_has "strategy: replace"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(sql e <<<"SELECT target_table, strategy, inserted, updated, deleted FROM _dbferry_sync ORDER BY 1")" \
        $'item\tmerge\t0\t1\t1\norders\tmerge\t2\t0\t0'
    assert_equal "$(run_ids)" $'2\t1'
    assert_equal "$(own_tables)" _dbferry_sync
    # somebody's own changes of the copy go, too
    sql e <<<"UPDATE item SET name = 'x'; DELETE FROM orders WHERE id = 3"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
    # and nothing to do is nothing done
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(sql e <<<"SELECT SUM(inserted + updated + deleted) FROM _dbferry_sync")" 0
}

# Each table by a strategy of its own.
check_strategies_of_many_tables() {
    local ids
    changes_are_granted
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup');
        CREATE TABLE log (id INT PRIMARY KEY, text VARCHAR(20)); INSERT INTO log VALUES (1, 'a'), (2, 'b');
        CREATE TABLE part (id INT PRIMARY KEY, seen INT); INSERT INTO part VALUES (1, 1), (2, 1)"
    group "$MERGES overrides = ( { table = \"log\"; strategy = \"append\"; cursor = \"id\"; }, { table = \"part\"; strategy = \"upsert\"; cursor = \"seen\"; } );" target
    run "$DBFERRY" run
    assert_status 0
    ids=$(table_ids)
    sql d <<<"UPDATE item SET name = 'mug'; DELETE FROM log; INSERT INTO log VALUES (3, 'c'); UPDATE part SET seen = 2 WHERE id = 2; INSERT INTO part VALUES (3, 2)"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item part
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(text ORDER BY id) FROM log")" a,b,c
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(run_ids)" $'3\t1'
    # one that fails leaves all as they were, the cursors too
    sql d <<<"UPDATE item SET name = 'jug'; INSERT INTO log VALUES (4, 'd'); INSERT INTO part VALUES (4, 3)"
    sql e <<<"ALTER TABLE part ADD CONSTRAINT few CHECK (id < 4)"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the target is unchanged"
    assert_equal "$(sql e <<<"SELECT MAX(name) FROM item; SELECT COUNT(*) FROM log; SELECT COUNT(*) FROM part")" $'mug\n3\n3'
    sql e <<<"ALTER TABLE part DROP CONSTRAINT few"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item part
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(text ORDER BY id) FROM log")" a,b,c,d
}

# Rows that came are read back, of a table alone and of many.
check_rows_that_came_are_read_back() {
    changes_are_granted
    sql d <<<"CREATE TABLE log (id INT PRIMARY KEY, text VARCHAR(20)); INSERT INTO log VALUES (1, 'a'), (2, 'b');
        CREATE TABLE part (id INT PRIMARY KEY, seen INT); INSERT INTO part VALUES (1, 1), (2, 1)"
    group "tables = [\"*\"]; verify = \"content\"; strategy = \"upsert\"; cursor = \"id\"; overrides = ( { table = \"log\"; strategy = \"append\"; } ); ${1:-}" target
    "$DBFERRY" run
    sql d <<<"DELETE FROM log WHERE id = 1; INSERT INTO log VALUES (3, 'c'); UPDATE part SET seen = 2 WHERE id = 2; INSERT INTO part VALUES (3, 2)"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "d/log verify: verified: 2 rows" "d/part verify: verified: 2 rows"
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(text ORDER BY id) FROM log")" a,b,c
    d_is_e part
    assert_equal "$(own_tables)" _dbferry_sync
}

# A new table is made, which ends a transaction: then the others are replaced, or it goes first.
check_a_new_table_among_changes() {
    local ids
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    sql d <<<"CREATE TABLE new (id INT PRIMARY KEY); INSERT INTO new VALUES (7); UPDATE item SET name = 'mug' WHERE id = 2"
    run "$DBFERRY" plan
    assert_status 0
    assert_output_has "strategy: replace, since table 'new' of the same step is replaced"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders new
    # rows that a job keeps would be lost by that
    group "$MERGES overrides = ( { table = \"item\"; strategy = \"append\"; cursor = \"id\"; } );" target
    "$DBFERRY" run --full # it has no cursor yet
    sql d <<<"CREATE TABLE newer (id INT PRIMARY KEY); INSERT INTO newer VALUES (8); DELETE FROM item WHERE id = 1; INSERT INTO item VALUES (3, 'pot')"
    run "$DBFERRY" plan
    assert_status 78
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "'newer' is replaced, since the table is new, and 'item' is to keep rows" "run 'd/newer' alone first" "the target is unchanged"
    run "$DBFERRY" run d/newer
    assert_status 0
    ids=$(table_ids)
    run "$DBFERRY" run
    assert_status 0
    d_is_e orders new newer
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(name ORDER BY id) FROM item")" cup,mug,pot
    assert_equal "$(table_ids)" "$ids"
}

# Tables without rows are there at all times: the others change as they would without them, and it
# gets its first rows with them.
check_empty_tables_among_changes() {
    local ids
    changes_are_granted
    tables_of_d
    sql d <<<"CREATE TABLE audit (id INT PRIMARY KEY); INSERT INTO audit VALUES (1);
        CREATE TABLE late (id INT PRIMARY KEY, name VARCHAR(20)); CREATE TABLE log (id INT PRIMARY KEY)"
    group "$MERGES verify = \"content\"; overrides = ( { table = \"audit\"; data = false; }, { table = \"log\"; strategy = \"append\"; cursor = \"id\"; },
        { table = \"item\"; strategy = \"append\"; cursor = \"id\"; } );" target
    run "$DBFERRY" run
    assert_status 0
    ids=$(table_ids)
    sql d <<<"DELETE FROM item WHERE id = 1; INSERT INTO item VALUES (3, 'pot'); UPDATE orders SET item = 3"
    run "$DBFERRY" plan
    assert_status 0
    refute_output_has "strategy: replace"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(name ORDER BY id) FROM item; SELECT COUNT(*) FROM audit")" $'cup,jug,pot\n0'
    d_is_e orders late log
    sql d <<<"INSERT INTO late VALUES (1, 'a'), (2, NULL); INSERT INTO log VALUES (1), (2)"
    run "$DBFERRY" run
    assert_status 0
    d_is_e orders late log
    # and what the cursor has passed is not read again
    sql d <<<"DELETE FROM log WHERE id = 1; INSERT INTO log VALUES (3)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(id ORDER BY id) FROM log")" 1,2,3
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(own_tables)" _dbferry_sync
}

# ---- What hangs on the tables ----

check_merges_with_keys() {
    local ids before
    keys_of_d
    changes_are_granted
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$MERGES foreign_keys = true;" target
    run "$DBFERRY" run
    assert_status 0
    ids=$(table_ids)
    # parents and children come, change and go together, and so does a circle
    sql d <<<"INSERT INTO customers VALUES (3, 'cat', 2); INSERT INTO orders VALUES (13, 3, 'cat'); UPDATE notes SET o = NULL, line = NULL;
        DELETE FROM items WHERE line = 2; UPDATE items SET o = 13; DELETE FROM orders WHERE id = 10;
        SET foreign_key_checks = 0; UPDATE a_ring SET id = 2, next = 3; UPDATE b_ring SET id = 3, next = 2"
    run "$DBFERRY" run
    assert_status 0
    d_is_e customers orders items notes a_ring b_ring
    assert_equal "$(table_ids)" "$ids"
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    # the server's checks are the reader's again
    run sql e <<<"INSERT INTO orders VALUES (12, 99, NULL)"
    assert_output_has "a foreign key constraint fails"
    # a row that refers to none is told with its key, and nothing has changed
    before=$(rows_of e)
    sql d <<<"SET foreign_key_checks = 0; INSERT INTO orders VALUES (14, 77, NULL); UPDATE customers SET name = 'eve' WHERE id = 1"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the row (id = 14) of table 'orders' refers, by customer = 77, to a row of 'customers' that is not there" "the target is unchanged"
    assert_equal "$(rows_of e)" "$before"
    sql d <<<"SET foreign_key_checks = 0; DELETE FROM orders WHERE id = 14; UPDATE orders SET who = NULL"
    run "$DBFERRY" run
    assert_status 0
    d_is_e customers orders
    assert_equal "$(table_ids)" "$ids"
    nothing_of_ours_is_left
}

# Keys that nobody has asked to be carried: one between two of the tables, one of a table of somebody's own.
check_keys_of_somebody_among_changes() {
    local before
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    sql <<<"CREATE TABLE e.mine (item INT, FOREIGN KEY (item) REFERENCES e.item (id)); INSERT INTO e.mine VALUES (1);
        ALTER TABLE e.orders ADD CONSTRAINT own FOREIGN KEY (item) REFERENCES e.item (id)"
    sql d <<<"INSERT INTO item VALUES (3, 'pot'); INSERT INTO orders VALUES (2, 3)"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
    before=$(copied)
    sql d <<<"DELETE FROM item WHERE id = 1"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the foreign key" "of table 'mine' would refer to rows of 'item' that are not there" "the target is unchanged"
    assert_equal "$(copied)" "$before"
    sql e <<<"DELETE FROM mine"
    sql d <<<"DELETE FROM item WHERE id = 3"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the foreign key 'own' of table 'orders' would refer to rows of 'item' that are not there"
    assert_equal "$(copied)" "$before"
    sql d <<<"DELETE FROM orders WHERE item = 3"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
}

# Where T and t are two tables, only one of them is of the step.
check_a_key_of_a_table_of_the_other_case() {
    local before
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    sql e <<<"CREATE TABLE ORDERS (item INT, FOREIGN KEY (item) REFERENCES item (id)); INSERT INTO ORDERS VALUES (1)"
    before=$(copied)
    sql d <<<"DELETE FROM item WHERE id = 1"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "of table 'ORDERS' would refer to rows of 'item' that are not there" "the target is unchanged"
    assert_equal "$(copied)" "$before"
    sql e <<<"DELETE FROM ORDERS"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
}

# The server looks after a key that the account may not see, also where another table's are looked at
# by ourselves.
check_a_key_that_is_not_seen_among_changes() {
    local before
    changes_are_granted
    tables_of_d
    sql d <<<"INSERT INTO orders VALUES (2, 1)"
    group "$MERGES" target
    "$DBFERRY" run
    sql <<<"CREATE TABLE e.mine (item INT, FOREIGN KEY (item) REFERENCES e.item (id)); DROP DATABASE IF EXISTS x; CREATE DATABASE x;
        CREATE TABLE x.secret (o INT, FOREIGN KEY (o) REFERENCES e.orders (id)); INSERT INTO x.secret VALUES (2)"
    before=$(copied)
    sql d <<<"DELETE FROM orders WHERE id = 2; UPDATE item SET name = UPPER(name)"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "foreign key" "the target is unchanged"
    assert_equal "$(copied)" "$before"
    sql <<<"DROP DATABASE x"
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
}

check_a_trigger_among_changes() {
    local before
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    before=$(copied)
    sql e <<<"CREATE TRIGGER hook BEFORE INSERT ON orders FOR EACH ROW SET @dbferry_test = 1"
    sql d <<<"UPDATE item SET name = UPPER(name)"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "table 'orders' cannot change together with others, since the trigger 'hook' hangs on it" "the target is unchanged"
    assert_equal "$(copied)" "$before"
}

check_the_right_to_temporary_tables() {
    local before
    sql <<<"GRANT UPDATE ON e.* TO loader; REVOKE CREATE TEMPORARY TABLES ON e.* FROM loader" 2>"$T/revoked" || true
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    before=$(copied)
    sql d <<<"UPDATE item SET name = UPPER(name)"
    run "$DBFERRY" run
    assert_status 77
    assert_output_has "the right CREATE TEMPORARY TABLES" "the target is unchanged"
    assert_equal "$(copied)" "$before"
    changes_are_granted
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
}

# ---- Others at work ----

check_that_no_reader_sees_an_orphan_of_merges() {
    changes_are_granted
    no_reader_sees_an_orphan "$MERGES"
}

# Somebody holds a row of the last table: those before it wait with it, and go back with it.
check_rows_in_use_among_changes() {
    local before
    changes_are_granted
    tables_of_d
    group "$MERGES lock_wait = \"1s\";" target
    "$DBFERRY" run
    before=$(copied)
    sql d <<<"UPDATE item SET name = UPPER(name); UPDATE orders SET item = 1"
    hold "BEGIN; SELECT * FROM orders FOR UPDATE" 60
    run "$DBFERRY" run
    let_go
    assert_status 75
    assert_output_has "'orders'" "lock_wait" "the target is unchanged"
    assert_equal "$(copied)" "$before"
    # a turn that is over leaves the tables before it as they are, and the next one goes on
    group "$MERGES lock_wait = \"30s\";" target
    hold "BEGIN; SELECT * FROM orders FOR UPDATE" 60
    begin_run
    until_there load_waits_for_a_row
    sleep 3 # longer than a turn
    let_go
    end_run
    assert_status 0
    d_is_e item orders
}

# Somebody who locks the last table as a whole, once the first has changed: that is waited for, too, as is
# the record at the end.
check_a_table_in_use_among_changes() {
    local what
    changes_are_granted
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup');
        $(slow_view 200);
        CREATE TABLE z_last (id INT PRIMARY KEY, n INT); INSERT INTO z_last VALUES (1, 1)"
    group "tables = [\"item\", \"z_last\"]; views = [\"v_slow\"]; commit = \"together\"; strategy = \"merge\"; lock_wait = \"40s\";
        overrides = ( { table = \"v_slow\"; key = [\"id\"]; } );" target
    "$DBFERRY" run
    for what in "LOCK TABLES z_last WRITE" "BEGIN; SELECT * FROM _dbferry_sync FOR UPDATE"; do
        sql d <<<"UPDATE item SET name = CONCAT(name, 'x'); UPDATE z_last SET n = n + 1"
        begin_run
        until_there is_reading
        hold "$what" 8 # longer than the view takes and a turn after that
        end_run
        wait $holder
        assert_status 0
        d_is_e item z_last
    done
}

# A row of somebody's that comes when the stored ones are read already: the copy would not be the source's.
check_a_row_of_others_among_changes() {
    local what
    changes_are_granted
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup');
        $(slow_view 300)"
    group "tables = [\"item\"]; views = [\"v_slow\"]; commit = \"together\"; strategy = \"merge\"; overrides = ( { table = \"v_slow\"; key = [\"id\"]; } );" target
    "$DBFERRY" run
    for what in "INSERT INTO v_slow VALUES (777, 0)" "DELETE FROM v_slow WHERE id = 3"; do
        sql d <<<"UPDATE item SET name = CONCAT(name, 'x')"
        begin_run
        until_there is_reading_both
        sql e <<<"$what"
        end_run
        assert_status 75
        assert_output_has "table 'v_slow' was changed by another connection meanwhile" "run again" "the target is unchanged"
        run "$DBFERRY" run
        assert_status 0
        d_is_e item
        assert_equal "$(sql e <<<"SELECT COUNT(*) FROM v_slow WHERE id <= 300") $(sql e <<<"SELECT COUNT(*) FROM v_slow")" "300 300"
    done
}

# A key that comes when it was looked at what hangs on the tables: nobody has held the rows against it.
check_a_key_that_comes_among_changes() {
    changes_are_granted
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup');
        $(slow_view 300);
        CREATE TABLE z_last (id INT PRIMARY KEY, n INT); INSERT INTO z_last VALUES (1, 1), (2, 2)"
    group "tables = [\"item\", \"z_last\"]; views = [\"v_slow\"]; commit = \"together\"; strategy = \"merge\";
        overrides = ( { table = \"v_slow\"; key = [\"id\"]; } );" target
    "$DBFERRY" run
    sql d <<<"UPDATE item SET name = 'mug'; DELETE FROM z_last WHERE id = 2"
    begin_run
    until_there is_reading_both
    sql e <<<"CREATE TABLE child (parent INT, CONSTRAINT mine FOREIGN KEY (parent) REFERENCES z_last (id)); INSERT INTO child VALUES (1)"
    end_run
    assert_status 75
    assert_output_has "table 'z_last' was changed by another connection meanwhile" "the target is unchanged"
    assert_equal "$(sql e <<<"SELECT name FROM item; SELECT COUNT(*) FROM z_last")" $'cup\n2'
    run "$DBFERRY" run
    assert_status 0
    d_is_e item z_last
}

# The view's rows, and those that are stored: in a snapshot of the loader's third connection.
is_reading_both() {
    is_reading && [ "$(transactions "trx_mysql_thread_id =
        (SELECT MAX(ID) FROM information_schema.PROCESSLIST WHERE USER = 'loader')")" = 1 ]
}

load_waits_for_a_row() { [ "$(transactions "trx_state = 'LOCK WAIT'")" -gt 0 ]; }

# Servers that end transactions in which nothing happens do not end one that waits for the source.
check_transactions_that_idle() {
    changes_are_granted
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup');
        $(slow_view 250)"
    group "tables = [\"item\"]; views = [\"v_slow\"]; commit = \"together\"; strategy = \"merge\"; overrides = ( { table = \"v_slow\"; key = [\"id\"]; } );" target
    "$DBFERRY" run
    sql d <<<"UPDATE item SET name = 'mug'"
    sql <<<"SET GLOBAL idle_transaction_timeout = 1, GLOBAL idle_write_transaction_timeout = 1, GLOBAL idle_readonly_transaction_timeout = 1"
    run "$DBFERRY" run
    sql <<<"SET GLOBAL idle_transaction_timeout = 0, GLOBAL idle_write_transaction_timeout = 0, GLOBAL idle_readonly_transaction_timeout = 0"
    assert_status 0
    d_is_e item
}

# Somebody who holds the last table's row waits for one of the first: one of the two has to give way,
# and what the server undoes is all that was changed.
check_a_deadlock_among_changes() {
    local before
    changes_are_granted
    tables_of_d
    group "$MERGES lock_wait = \"30s\";" target
    "$DBFERRY" run
    before=$(copied)
    sql d <<<"UPDATE item SET name = UPPER(name); UPDATE orders SET item = 1"
    # more has been changed by this one, so the load is the one that gives way
    sql e <<<"CREATE TABLE heavy (id INT PRIMARY KEY); BEGIN; INSERT INTO heavy SELECT seq FROM (SELECT 0 AS seq) s;
        INSERT INTO heavy SELECT id + 1 FROM heavy; INSERT INTO heavy SELECT id + 2 FROM heavy; INSERT INTO heavy SELECT id + 4 FROM heavy;
        INSERT INTO heavy SELECT id + 8 FROM heavy; INSERT INTO heavy SELECT id + 16 FROM heavy; INSERT INTO heavy SELECT id + 32 FROM heavy;
        SELECT * FROM orders FOR UPDATE; SELECT 'ready'; DO SLEEP(3); UPDATE item SET name = 'theirs'; COMMIT" >"$T/other" 2>&1 3>&- &
    other=$!
    until_there in_sleep
    run "$DBFERRY" run
    wait $other
    assert_status 75
    assert_output_has "the server undid the changes of all 2 tables" "run again" "the target is unchanged"
    assert_equal "$(sql e <<<"SELECT DISTINCT name FROM item")" theirs
    assert_equal "$(sql e <<<"SELECT item FROM orders")" 2
    run "$DBFERRY" run
    assert_status 0
    d_is_e item orders
}

in_sleep() { sql <<<"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DO SLEEP%'" | grep -q 1; }

# ---- Faults ----

# Both tables as they were, or both as read.
both_are() {
    sql e <<<"SELECT MIN(name), MAX(name) FROM item UNION ALL SELECT MIN(item), MAX(item) FROM orders" | paste -sd' '
}

# A line that is cut at each statement of the run, before it or before its answer: all OLD or all NEW, told
# as it is, and the next run goes through.
check_cuts_among_changes() {
    local what mode before i=0
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    for what in 'CREATE TEMPORARY TABLE' 'SAVEPOINT' 'ROLLBACK TO' 'UPDATE `_dbferry' 'DELETE `' 'INSERT INTO `orders`' 'REPLACE INTO _dbferry_sync' 'COMMIT'; do
        for mode in before after; do
            i=$((i + 1))
            sql d <<<"START TRANSACTION; DELETE FROM item; INSERT INTO item VALUES ($i, 'n$i'); DELETE FROM orders; INSERT INTO orders VALUES ($i, $i); COMMIT"
            before=$(both_are)
            cut_at $mode "$what"
            group "$MERGES" target
            run "$DBFERRY" run
            echo "$mode $what: $status $output"
            if [ "$status" = 0 ]; then
                assert_equal "$(both_are)" "n$i	n$i $i	$i"
            else
                assert_output_has "the target is unchanged"
                assert_equal "$(both_are)" "$before"
            fi
            cut_end
            target_config
            group "$MERGES" target
            run "$DBFERRY" run
            assert_status 0
            assert_equal "$(both_are)" "n$i	n$i $i	$i"
            assert_equal "$(own_tables)" _dbferry_sync
        done
    done
}

# Killed at any moment.
check_kills_among_changes() {
    local i pid began took before kills=10 olds=0
    [ "${FERRY_SWEEP:-}" != all ] || kills=40
    changes_are_granted
    tables_of_d
    group "$MERGES" target
    "$DBFERRY" run
    sql d <<<"UPDATE item SET name = 'x'"
    began=$(date +%s%N)
    "$DBFERRY" run
    took=$(($(date +%s%N) - began))
    for i in $(seq 1 "$kills"); do
        sql d <<<"START TRANSACTION; DELETE FROM item; INSERT INTO item VALUES ($i, 'n$i'); DELETE FROM orders; INSERT INTO orders VALUES ($i, $i); COMMIT"
        before=$(both_are)
        "$DBFERRY" run 3>&- &
        pid=$!
        sleep "$(awk -v i="$i" -v took="$took" 'BEGIN { printf "%.3f", took / 1e9 * (0.3 + i / '"$kills"' * 0.8) }')"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        until_there loader_is_gone
        if [ "$(both_are)" = "$before" ]; then olds=$((olds + 1)); else assert_equal "$(both_are)" "n$i	n$i $i	$i"; fi
        run "$DBFERRY" run
        assert_status 0
        assert_equal "$(both_are)" "n$i	n$i $i	$i"
        assert_equal "$(own_tables)" _dbferry_sync
    done
    between 1 "$olds" "$kills"
}
