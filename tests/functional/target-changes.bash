# Single rows of a MySQL target's table: what the tests on both servers share (target.bash).

# The account may do what the page says that changes need.
grant_changes() { sql <<<"GRANT UPDATE, CREATE TEMPORARY TABLES ON e.* TO loader"; }
revoke_changes() { sql <<<"REVOKE UPDATE, CREATE TEMPORARY TABLES ON e.* FROM loader" 2>"$T/revoked" || true; }

merge() { to_target t t --strategy merge -v "$@"; }
in_source() { sql d <<<"$1"; }
in_target() { sql e <<<"$1"; }

# merged BEFORE INSERTED UPDATED DELETED UNCHANGED [ARGUMENT...]: what a merge says that it did, after
# which both tables are the same.
merged() {
    run merge "${@:6}"
    assert_status 0
    assert_output_has "before: $1; $2 inserted, $3 updated, $4 deleted, $5 unchanged"
    same_table t
    assert_equal "$(leftovers)" ""
}

make_changes() {
    grant_changes
    in_source "CREATE TABLE t (id INT NOT NULL PRIMARY KEY, k VARCHAR(20) COLLATE utf8mb4_general_ci, u INT UNIQUE,
        d DECIMAL(65,30), f DOUBLE, j LONGTEXT);
        INSERT INTO t VALUES (1, 'a', 1, 1.5, 0.5, 'x'), (2, 'A', 2, NULL, 0, ''), (3, NULL, NULL, 2, 1, NULL), (4, 'ä', 4, 0, 2, 'y ')"
    run merge
    assert_status 0
    assert_output_has "the table is new"
}

# Rows of tables that are not dbferry's own, written since the server started.
rows_written() {
    sql <<<"SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_rows_inserted', 'Innodb_rows_updated', 'Innodb_rows_deleted')" |
        awk '{ sum += $2 } END { print sum }'
}

check_changes() {
    make_changes
    merged 4 0 0 0 4
    in_source "UPDATE t SET k = 'A' WHERE id = 1; UPDATE t SET j = 'y' WHERE id = 4; UPDATE t SET d = 1e-30 WHERE id = 2"
    merged 4 0 3 0 1
    in_source "DELETE FROM t WHERE id IN (1, 3); INSERT INTO t (id, k) VALUES (-7, ''), (9, 'x '), (10, NULL)"
    merged 4 3 0 2 2
    in_target "UPDATE t SET k = 'edited' WHERE id = 2; DELETE FROM t WHERE id = 9; INSERT INTO t (id) VALUES (77)"
    merged 5 1 1 1 3
}

check_nothing_changed_writes_nothing() {
    local before
    make_changes
    merged 4 0 0 0 4
    before=$(rows_written)
    run merge
    assert_status 0
    # the record of the run is taken out and put in
    between 0 $(($(rows_written) - before)) 2
}

# Values that a UNIQUE column's rows take of each other, and a column that the source does not have.
check_unique_values() {
    make_changes
    in_target "ALTER TABLE t ADD COLUMN mine VARCHAR(9) DEFAULT 'mine'; UPDATE t SET mine = CONCAT('m', id)"
    in_source "UPDATE t SET u = NULL; UPDATE t SET u = 2 WHERE id = 1; UPDATE t SET u = 1 WHERE id = 2"
    merged 4 0 3 0 1
    assert_equal "$(in_target "SELECT GROUP_CONCAT(mine ORDER BY id) FROM t")" "m1,m2,m3,m4"
    in_source "DELETE FROM t; INSERT INTO t (id, u) SELECT n, n FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS n"
    run merge
    assert_status 0
    in_source "UPDATE t SET u = u + 1 ORDER BY u DESC; UPDATE t SET u = 1 WHERE u = 5" # each takes the next one's
    merged 4 0 4 0 0
    assert_equal "$(in_target "SELECT GROUP_CONCAT(mine ORDER BY id) FROM t")" "m1,m2,m3,m4"
}

# Keys that the collation takes for one another, where no index forbids them and where one does.
check_keys_alike() {
    grant_changes
    in_source "CREATE TABLE t (id INT NOT NULL, k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, PRIMARY KEY (k, id));
        INSERT INTO t VALUES (1, 'a'), (2, 'A'), (3, 'ä'), (4, 'b'), (5, 'a ')"
    in_target "CREATE TABLE t (id INT NOT NULL, k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL);
        INSERT INTO t VALUES (11, 'A'), (12, 'a'), (4, 'b'), (7, 'B')"
    for index in "" "ADD KEY x (k)" "DROP KEY x, ADD KEY y (k(3))"; do
        [ -z "$index" ] || in_target "ALTER TABLE t $index"
        run merge --key k
        assert_status 0
        assert_equal "$(in_target "SELECT GROUP_CONCAT(id, HEX(k) ORDER BY id) FROM t")" "161,241,3C3A4,462,56120"
        in_target "UPDATE t SET id = id + 10 WHERE k = 'a' AND id < 3; DELETE FROM t WHERE id = 3"
    done
    in_target "DROP TABLE t; CREATE TABLE t (id INT NOT NULL, k VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY);
        INSERT INTO t VALUES (4, 'b')"
    run merge --key k
    assert_status 65
    assert_output_has "twice in a unique key"
    assert_equal "$(in_target "SELECT * FROM t")" $'4\tb'
    in_source "DELETE FROM t WHERE id IN (2, 3, 5)"
    run merge --key k
    assert_status 0
    in_source "UPDATE t SET k = 'A' WHERE id = 1" # one goes, the other comes
    run merge --key k
    assert_status 0
    assert_output_has "1 inserted, 0 updated, 1 deleted"
    assert_equal "$(in_target "SELECT GROUP_CONCAT(id, HEX(k) ORDER BY id) FROM t")" "141,462"
}

check_engines_without_transactions() {
    make_changes
    in_target "ALTER TABLE t ENGINE = MyISAM"
    run merge
    assert_status 65
    assert_output_has "engine MyISAM has no transactions"
    assert_output_has 'strategy = "replace"'
}

check_rights_for_changes() {
    make_changes
    in_source "UPDATE t SET k = 'new' WHERE id = 1"
    sql <<<"REVOKE CREATE TEMPORARY TABLES ON e.* FROM loader"
    run merge
    assert_status 0
    assert_output_has "without the right CREATE TEMPORARY TABLES"
    same_table t
    assert_equal "$(leftovers)" ""
    in_source "UPDATE t SET k = 'newer' WHERE id = 1"
    sql <<<"REVOKE UPDATE ON e.* FROM loader"
    run merge
    assert_status 77
    assert_output_has "UPDATE command denied"
    assert_equal "$(in_target "SELECT k FROM t WHERE id = 1")" new
}

# others STATEMENT SECONDS: in a transaction that ends so much later.
others() {
    sql e <<<"START TRANSACTION; $1; DO SLEEP($2); ROLLBACK" >"$T/others" 2>&1 3>&- &
    OTHERS=$!
    sleep 0.5
}

check_others_who_hold_rows() {
    make_changes
    in_source "UPDATE t SET k = 'new' WHERE id = 1"
    others "UPDATE t SET k = 'theirs' WHERE id = 1" 2
    run merge -o job.lock_wait=20s
    assert_status 0
    wait "$OTHERS"
    same_table t
    in_source "UPDATE t SET k = 'newer' WHERE id = 1"
    others "UPDATE t SET k = 'theirs' WHERE id = 1" 4
    run merge -o job.lock_wait=1s
    assert_status 75
    assert_output_has "others have used table 't' for all of the 1.0 s of lock_wait"
    wait "$OTHERS"
    assert_equal "$(in_target "SELECT k FROM t WHERE id = 1")" new
    assert_equal "$(leftovers)" ""
}

check_what_hangs_on_it() {
    make_changes
    in_target "CREATE TABLE seen (what VARCHAR(9)); CREATE TABLE parent (id INT PRIMARY KEY); INSERT INTO parent VALUES (1), (2), (4);
        ALTER TABLE t ADD FOREIGN KEY (u) REFERENCES parent (id);
        CREATE TRIGGER a AFTER UPDATE ON t FOR EACH ROW INSERT INTO seen VALUES (CONCAT('u', NEW.id));
        CREATE TRIGGER b AFTER DELETE ON t FOR EACH ROW INSERT INTO seen VALUES (CONCAT('d', OLD.id));
        CREATE TRIGGER c AFTER INSERT ON t FOR EACH ROW INSERT INTO seen VALUES (CONCAT('i', NEW.id))"
    in_source "UPDATE t SET k = 'n' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t (id, u) VALUES (5, 2)"
    merged 4 1 1 1 2
    assert_equal "$(in_target "SELECT GROUP_CONCAT(what ORDER BY what) FROM seen")" "d2,i5,u1"
    in_source "INSERT INTO t (id, u) VALUES (6, 99)"
    run merge
    assert_status 65
    assert_output_has "foreign key"
    assert_equal "$(in_target "SELECT COUNT(*) FROM t")" 4
}

# A run that changes rows leaves the mark of the run that made the table, and says so in its record.
check_mark_and_record() {
    local made
    make_changes
    made=$(in_target "SELECT run_id FROM _dbferry_sync")
    in_source "UPDATE t SET k = 'n' WHERE id = 1"
    merged 4 0 1 0 3
    assert_equal "$(in_target "SELECT table_mark, run_id <> table_mark FROM _dbferry_sync")" "$made"$'\t'1
    assert_equal "$(in_target "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME = 't' AND TABLE_COMMENT LIKE '%run $made own%'")" 1
    run to_target t
    assert_status 0
    assert_equal "$(in_target "SELECT table_mark IS NULL, run_id <> '$made' FROM _dbferry_sync")" $'1\t1'
}

# The rows that are there are read over a third connection: where that is lost, nothing has happened.
# The program stands still while it is looked for, so that it is in the midst of them.
check_third_connection_lost() {
    local run id try status before
    make_changes
    in_source "INSERT INTO t (id, j) SELECT 100 + a.n * 10 + b.n, REPEAT('x', 1000000) FROM
        (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS a,
        (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) AS b"
    merged 4 25 0 0 4
    for try in {1..10}; do # until it is in the midst of its rows that it is met
        id='' status=0
        in_source "UPDATE t SET k = 'try $try' WHERE id = 1"
        before=$(in_target "SELECT k FROM t WHERE id = 1")
        "$DBFERRY" copy server target --table t --target-table t --strategy merge -v >"$T/out" 2>&1 3>&- &
        run=$!
        while [ -z "$id" ] && kill -STOP "$run" 2>"$T/gone"; do
            id=$(sql <<<"SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT dbferry\\_rows%FROM \`t\`%' LIMIT 1")
            [ -z "$id" ] || sql <<<"KILL $id"
            kill -CONT "$run"
            sleep 0.02
        done
        wait "$run" || status=$?
        [ "$status" -eq 0 ] || break
    done
    output=$(cat "$T/out")
    [ "$status" -ne 0 ] || skip "the rows had been read before anybody looked"
    assert_equal "$status" 74
    assert_output_has "cannot read the table back"
    assert_equal "$(in_target "SELECT k FROM t WHERE id = 1")" "$before"
    assert_equal "$(leftovers)" ""
}

# A scan sorts texts by their bytes, and a query may end in what only ends it.
check_orders_of_a_source() {
    grant_changes
    in_source "CREATE TABLE t (id INT NOT NULL, k VARCHAR(2000) COLLATE utf8mb4_general_ci NOT NULL, e ENUM('z', 'a') NOT NULL);
        INSERT INTO t VALUES (1, 'a', 'z'), (2, 'B', 'a'), (3, 'a\\t', 'z'), (4, 'a ', 'a'), (5, CONCAT(REPEAT('x', 1500), 'b'), 'a'), (6, CONCAT(REPEAT('x', 1500), 'a'), 'z')"
    in_target "CREATE TABLE t (id INT NOT NULL, k VARCHAR(2000) COLLATE utf8mb4_general_ci NOT NULL, e ENUM('z', 'a') NOT NULL);
        INSERT INTO t VALUES (3, 'a\t', 'a')"
    for key in k k,e e,id; do
        run merge --key "$key" # another key than before: all is replaced
        assert_status 0
        in_target "UPDATE t SET id = 7 WHERE id = 3; DELETE FROM t WHERE id = 6"
        run merge --key "$key"
        assert_status 0
        assert_output_has "unchanged"
        assert_equal "$(in_target "SELECT GROUP_CONCAT(id, e, LENGTH(k), HEX(RIGHT(k, 2)) ORDER BY id) FROM t")" \
            "1z161,2a142,3z26109,4a26120,5a15017862,6z15017861"
    done
    for _ in 1 2; do
        run dbferry copy server target --query "SELECT id, k FROM t WHERE id > 0; -- all;" --target-table q --strategy merge --key k -v
        assert_status 0
    done
    assert_output_has "0 inserted, 0 updated, 0 deleted, 6 unchanged"
}
