# What jobs with foreign_keys = true must do with a server on either side, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine, and target-groups.

# A chain, a key to itself, a circle, keys of two columns and to a unique one, each action.
keys_of_d() {
    sql d <<'END'
CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(40) NOT NULL, boss INT, UNIQUE KEY by_name (name), FOREIGN KEY (boss) REFERENCES customers (id));
CREATE TABLE orders (id INT PRIMARY KEY, customer INT NOT NULL, who VARCHAR(40),
  CONSTRAINT `of a customer` FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE,
  FOREIGN KEY (who) REFERENCES customers (name) ON DELETE SET NULL);
CREATE TABLE items (o INT, line INT, kind INT, PRIMARY KEY (o, line), FOREIGN KEY (o) REFERENCES orders (id));
CREATE TABLE notes (id INT PRIMARY KEY, o INT, line INT, FOREIGN KEY (o, line) REFERENCES items (o, line));
CREATE TABLE a_ring (id INT PRIMARY KEY, next INT);
CREATE TABLE b_ring (id INT PRIMARY KEY, next INT, FOREIGN KEY (next) REFERENCES a_ring (id));
ALTER TABLE a_ring ADD FOREIGN KEY (next) REFERENCES b_ring (id);
INSERT INTO customers VALUES (1, 'ann', NULL), (2, 'bob', 1);
INSERT INTO orders VALUES (10, 1, 'ann'), (11, 2, NULL);
INSERT INTO items VALUES (10, 1, 7), (10, 2, NULL);
INSERT INTO notes VALUES (1, 10, 2), (2, NULL, 5);
INSERT INTO a_ring VALUES (1, NULL); INSERT INTO b_ring VALUES (1, 1); UPDATE a_ring SET next = 1;
END
}

KEYS='tables = ["*"]; commit = "together"; foreign_keys = true;'

# keys_of_e: each as "table columns other columns delete update", in the words of the server's catalog
keys_of_e() {
    sql e <<'END'
SELECT k.TABLE_NAME, GROUP_CONCAT(k.COLUMN_NAME ORDER BY k.ORDINAL_POSITION), k.REFERENCED_TABLE_NAME,
  GROUP_CONCAT(k.REFERENCED_COLUMN_NAME ORDER BY k.ORDINAL_POSITION),
  REPLACE(MIN(r.DELETE_RULE), 'RESTRICT', 'NO ACTION'), REPLACE(MIN(r.UPDATE_RULE), 'RESTRICT', 'NO ACTION')
FROM information_schema.KEY_COLUMN_USAGE k JOIN information_schema.REFERENTIAL_CONSTRAINTS r
  ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE k.TABLE_SCHEMA = 'e' AND k.REFERENCED_TABLE_NAME IS NOT NULL GROUP BY k.CONSTRAINT_NAME, k.TABLE_NAME, k.REFERENCED_TABLE_NAME ORDER BY 1, 2
END
}

EXPECTED_KEYS=$'a_ring\tnext\tb_ring\tid\tNO ACTION\tNO ACTION
b_ring\tnext\ta_ring\tid\tNO ACTION\tNO ACTION
customers\tboss\tcustomers\tid\tNO ACTION\tNO ACTION
items\to\torders\tid\tNO ACTION\tNO ACTION
notes\to,line\titems\to,line\tNO ACTION\tNO ACTION
orders\tcustomer\tcustomers\tid\tCASCADE\tCASCADE
orders\twho\tcustomers\tname\tSET NULL\tNO ACTION'

nothing_of_ours_is_left() {
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(TABLE_NAME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME LIKE '\_dbferry%'")" _dbferry_sync
}

rows_of() { sql "$1" <<<"SELECT * FROM customers ORDER BY 1; SELECT * FROM orders ORDER BY 1; SELECT * FROM items ORDER BY 1, 2; SELECT * FROM notes ORDER BY 1; SELECT * FROM a_ring; SELECT * FROM b_ring"; }

check_keys_from_server_to_server() {
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    run "$DBFERRY" run
    assert_status 0
    refute_output_has warning
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    # the server's own checks hold, for whoever writes there
    run sql e <<<"INSERT INTO orders VALUES (12, 99, NULL)"
    [ "$status" -ne 0 ]
    assert_output_has "a foreign key constraint fails"
    sql e <<<"START TRANSACTION; DELETE FROM customers WHERE id = 2; SELECT COUNT(*) FROM orders; ROLLBACK" >"$T/cascades"
    assert_equal "$(cat "$T/cascades")" 1
    # again, with other rows: parents and children change together
    sql d <<<"INSERT INTO customers VALUES (3, 'cat', 2); INSERT INTO orders VALUES (13, 3, 'cat'); UPDATE notes SET o = NULL, line = NULL; DELETE FROM items WHERE line = 2; UPDATE items SET o = 13; DELETE FROM orders WHERE id = 10"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    assert_equal "$(rows_of e)" "$(rows_of d)"
    nothing_of_ours_is_left
    run "$DBFERRY" verify
    assert_status 0
    run "$DBFERRY" plan
    assert_status 0
    assert_output_has "foreign key (customer) to 'customers' (id), on delete cascade, on update cascade" \
        "table 'orders' has these columns: its rows will be replaced"
}

check_keys_between_a_server_and_a_file() {
    keys_of_d
    group "$KEYS"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 "$D" "PRAGMA foreign_key_check; PRAGMA integrity_check")" ok
    assert_equal "$(sqlite3 -separator ' ' "$D" "SELECT m.name, group_concat(k.\"from\"), k.\"table\", group_concat(k.\"to\"), k.on_delete, k.on_update
        FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' GROUP BY m.name, k.id ORDER BY 1, 2")" "$(tr '\t' ' ' <<<"$EXPECTED_KEYS")"
    run sqlite3 "$D" "PRAGMA foreign_keys = 1; INSERT INTO orders VALUES (12, 99, NULL)"
    assert_output_has "FOREIGN KEY constraint failed"
    # and back, into the other database of the server
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    sed -i '/^jobs = /,$d' "$DBFERRY_CONFIG"
    echo "jobs = ( { name = \"back\"; source = \"local\"; target = \"target\"; $KEYS } );" >>"$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 0
    refute_output_has warning
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    assert_equal "$(rows_of e)" "$(rows_of d)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    nothing_of_ours_is_left
}

# A row that refers to none is told with its key, and all is as it was.
check_a_row_that_refers_to_none() {
    local before
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    "$DBFERRY" run
    before=$(rows_of e)
    sql d <<<"SET foreign_key_checks = 0; INSERT INTO orders VALUES (14, 77, NULL)"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the row (id = 14) of table 'orders' refers, by customer = 77, to a row of 'customers' that is not there" "the target is unchanged"
    assert_equal "$(rows_of e)" "$before"
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    nothing_of_ours_is_left
    group "$KEYS"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the row (id = 14) of table 'orders' refers, by customer = 77, to a row of 'customers' that is not there"
    [ ! -e "$D" ]
}

# Keys that come, change and go: the tables are made anew, and are no less.
check_keys_that_change() {
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group 'tables = ["*"]; commit = "together";' target
    "$DBFERRY" run
    assert_equal "$(keys_of_e)" ""
    group "$KEYS" target
    run "$DBFERRY" plan
    assert_output_has "the foreign key (o) to 'orders' (id) is new"
    "$DBFERRY" run
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
    sql d <<<"ALTER TABLE notes DROP FOREIGN KEY notes_ibfk_1"
    "$DBFERRY" run
    assert_equal "$(keys_of_e)" "$(grep -v '^notes' <<<"$EXPECTED_KEYS")"
    # without foreign_keys they stay as they are, and what hangs on a table is no longer renamed
    group 'tables = ["*"]; commit = "together";' target
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "the foreign key 'dbferry_" "' hangs on it"
    group 'tables = ["*"];' target
    sql d <<<"UPDATE orders SET who = 'bob'"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys_of_e)" "$(grep -v '^notes' <<<"$EXPECTED_KEYS")"
    assert_equal "$(rows_of e)" "$(rows_of d)"
}

# One table of such a job: its keys stay, and hold.
check_one_table_with_keys() {
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    "$DBFERRY" run
    sql d <<<"INSERT INTO customers VALUES (4, 'dan', 1); INSERT INTO orders VALUES (15, 4, 'dan')"
    run "$DBFERRY" run d/orders
    assert_status 65
    run "$DBFERRY" run d/customers
    assert_status 0
    run "$DBFERRY" run d/orders
    assert_status 0
    assert_equal "$(rows_of e)" "$(rows_of d)"
    assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
}

# What cannot be carried is left out with a word, and the table is carried.
check_keys_that_are_left_out() {
    sql <<<"GRANT REFERENCES ON e.* TO loader; CREATE DATABASE IF NOT EXISTS other; CREATE TABLE IF NOT EXISTS other.far (id INT PRIMARY KEY)"
    sql d <<<"CREATE TABLE away (id INT PRIMARY KEY); CREATE TABLE here (id INT PRIMARY KEY, a INT, f INT,
        FOREIGN KEY (a) REFERENCES away (id), FOREIGN KEY (f) REFERENCES other.far (id)); INSERT INTO away VALUES (1); INSERT INTO here VALUES (1, 1, NULL)"
    group "$KEYS exclude = [\"away\"];" target
    run "$DBFERRY" run -v
    sql <<<"DROP TABLE d.here; DROP DATABASE other"
    assert_status 0
    assert_output_has "the foreign key (a) to 'away' (id) is not carried: the job does not carry that table" \
        "the foreign key (f) to 'other.far' (id) is not carried: the job does not carry that table"
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM here")" 1
    assert_equal "$(keys_of_e)" ""
    # a unique constraint of the same column twice, which no server takes, is one without that
    sqlite3 "$T/twice.db" "CREATE TABLE twice (a INTEGER, b INTEGER, UNIQUE (a, a, b)); CREATE INDEX i ON twice (b, b); INSERT INTO twice VALUES (1, 2)"
    run "$DBFERRY" copy "sqlite:$T/twice.db" target --all -v
    assert_status 0
    assert_output_has "names a column twice: the second time is left out"
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 'twice' AND COLUMN_NAME <> 'my_row_id' GROUP BY INDEX_NAME, NON_UNIQUE ORDER BY NON_UNIQUE")" $'a,b\nb'
    # texts without a length have no unique index on a server
    sqlite3 "$D" "CREATE TABLE p (t TEXT PRIMARY KEY, n INTEGER UNIQUE); CREATE TABLE c (id INTEGER PRIMARY KEY, t TEXT REFERENCES p,
        n INTEGER REFERENCES p (n) ON DELETE SET DEFAULT, k INTEGER NOT NULL REFERENCES p (n) ON DELETE SET NULL, fine INTEGER REFERENCES p (n));
        INSERT INTO p VALUES ('x', 1); INSERT INTO c VALUES (1, 'x', 1, 1, 1)"
    sed -i '/^jobs = /,$d' "$DBFERRY_CONFIG"
    echo "jobs = ( { name = \"back\"; source = \"local\"; target = \"target\"; $KEYS } );" >>"$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "the foreign key (t) to 'p' (t) is not carried: " "the foreign key (n) to 'p' (n) is not carried: InnoDB has no SET DEFAULT" \
        "the foreign key (k) to 'p' (n) is not carried: it would set 'k' to NULL, which is NOT NULL"
    assert_equal "$(keys_of_e)" $'c\tfine\tp\tn\tNO ACTION\tNO ACTION'
    # a server compares the numbers of members; a default is a text
    sql e <<<"DROP TABLE c, p"
    sql d <<<"DROP TABLE away; CREATE TABLE p (m ENUM('a', 'b') PRIMARY KEY, v VARCHAR(20) UNIQUE); INSERT INTO p VALUES ('a', 'x');
        CREATE TABLE c (id INT PRIMARY KEY, m ENUM('b', 'a'), v VARCHAR(20) DEFAULT 'NOT NULL', FOREIGN KEY (m) REFERENCES p (m), FOREIGN KEY (v) REFERENCES p (v) ON DELETE SET NULL);
        INSERT INTO c VALUES (1, 'b', 'x')"
    group "$KEYS" target
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "the foreign key (m) to 'p' (m) is not carried: this server wants columns of one type"
    assert_equal "$(keys_of_e)" $'c\tv\tp\tv\tSET NULL\tNO ACTION'
}

# A table of somebody's own is referred to as it is, not as one of ours would be.
check_keys_to_a_table_of_somebodys_own() {
    local own
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    sql d <<<"CREATE TABLE p (id VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, n INT NOT NULL); INSERT INTO p VALUES ('a', 1);
        CREATE TABLE c (id INT PRIMARY KEY, p VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, FOREIGN KEY (p) REFERENCES p (id)); INSERT INTO c VALUES (1, 'a')"
    group "$KEYS" target
    for own in "VARCHAR(9) PRIMARY KEY, n INT NOT NULL, CHECK (n > 0)) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci:texts of one collation, and 'p' has another than 'id'" \
        "VARCHAR(9) NOT NULL, n INT NOT NULL, KEY (id), CHECK (n > 0)) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin:has no unique key of just these columns" \
        "VARCHAR(9) PRIMARY KEY, n INT NOT NULL) ENGINE=MyISAM CHARACTER SET utf8mb4 COLLATE utf8mb4_bin:has another engine than InnoDB" \
        "VARCHAR(9) PRIMARY KEY, n INT NOT NULL) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PARTITION BY KEY (id) PARTITIONS 2:has partitions"; do
        sql e <<<"SET foreign_key_checks = 0; DROP TABLE IF EXISTS p, c; CREATE TABLE p (id ${own%:*}"
        run "$DBFERRY" run
        assert_status 0
        assert_output_has "the foreign key (p) to 'p' (id) is not carried: " "${own##*:}"
        assert_equal "$(keys_of_e)" ""
        assert_equal "$(sql e <<<"SELECT COUNT(*) FROM p, c")" 1
    done
    # one that will do, with words that are none: what it says besides is kept
    sql e <<<"SET foreign_key_checks = 0; DROP TABLE p, c; CREATE TABLE p (id VARCHAR(9) NOT NULL, n INT NOT NULL COMMENT 'a PARTITION BY', UNIQUE KEY \`PRIMARY KEY\` (id), CHECK (n > 0))
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    for _ in 1 2; do
        run "$DBFERRY" run
        assert_status 0
        refute_output_has "is not carried"
        assert_equal "$(keys_of_e)" $'c\tp\tp\tid\tNO ACTION\tNO ACTION'
        sql e <<<"INSERT INTO c VALUES (2, 'a'); DELETE FROM c WHERE id = 2"
    done
    run sql e <<<"INSERT INTO p VALUES ('x', 0)"
    [ "$status" -ne 0 ]
}

# A table that somebody has altered keeps what it says, no more and no less: keys of the run's making
# that it has, and none that it has lost.
check_keys_of_altered_tables() {
    local key
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    "$DBFERRY" run
    sql e <<<"ALTER TABLE orders ADD KEY looked_for (who, id); ALTER TABLE customers ADD KEY by_both (boss, name)"
    for _ in 1 2; do
        sql d <<<"INSERT INTO customers (id, name, boss) SELECT MAX(id) + 1, UUID(), 1 FROM customers"
        run "$DBFERRY" run
        assert_status 0
        refute_output_has warning
        assert_equal "$(keys_of_e)" "$EXPECTED_KEYS"
        assert_equal "$(rows_of e)" "$(rows_of d)"
    done
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'e' AND INDEX_NAME IN ('looked_for', 'by_both')")" 4
    nothing_of_ours_is_left
    # one that was dropped there stays away
    key=$(sql e <<<"SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 'items' AND CONSTRAINT_TYPE = 'FOREIGN KEY'")
    sql e <<<"ALTER TABLE items DROP FOREIGN KEY $key"
    for _ in 1 2; do
        run "$DBFERRY" run
        assert_status 0
        assert_output_has "d/items: the foreign key (o) to 'orders' (id) is not carried: the table has a definition of its own, which stays as it is"
        assert_equal "$(keys_of_e)" "$(grep -v '^items' <<<"$EXPECTED_KEYS")"
    done
    # somebody's own one would not keep its name; a table that is gone from the source keeps to its own
    sql e <<<"ALTER TABLE items ADD CONSTRAINT mine FOREIGN KEY (o) REFERENCES orders (id)"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "table 'items' cannot change together with others, since the foreign key 'mine' hangs on it"
    sql e <<<"ALTER TABLE items DROP FOREIGN KEY mine"
    sql d <<<"DROP TABLE notes"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "of table 'notes' hangs on it"
}

# Its copy has a key to a table that changes: it goes first, with prune, or is named.
check_a_table_with_keys_that_is_gone() {
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    "$DBFERRY" run
    sql d <<<"DROP TABLE notes; DELETE FROM items WHERE line = 2"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "table 'items' cannot change together with others" "of table 'notes' hangs on it; drop that"
    group "$KEYS prune = true;" target
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(keys_of_e)" "$(grep -v '^notes' <<<"$EXPECTED_KEYS")"
    assert_equal "$(sql e <<<"SHOW TABLES LIKE 'notes'; SELECT COUNT(*) FROM items")" 1
    nothing_of_ours_is_left
}

# The right to make keys is asked for before rows are read.  MariaDB needs none.
check_the_right_to_keys() {
    keys_of_d
    sql <<<"REVOKE REFERENCES ON e.* FROM loader" 2>"$T/revoked" || true
    group "$KEYS" target
    run "$DBFERRY" run
    if [ -n "${NEEDS_REFERENCES:-}" ]; then
        assert_status 77
        assert_output_has "the right REFERENCES" "the target is unchanged"
        assert_equal "$(own_tables)" _dbferry_sync
    else
        assert_status 0
    fi
}

# Killed at any moment: all is as before or as read, keys and all, and the next run clears up.
check_kills_with_keys() {
    local i pid began took before kills=8
    [ "${FERRY_SWEEP:-}" != all ] || kills=24
    keys_of_d
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group "$KEYS" target
    "$DBFERRY" run
    began=$(date +%s%N)
    "$DBFERRY" run
    took=$(($(date +%s%N) - began))
    for i in $(seq 1 "$kills"); do
        before=$(rows_of e)
        sql d <<<"UPDATE items SET kind = $i WHERE line = 1; UPDATE customers SET boss = $((i % 2 + 1)) WHERE id = 2"
        "$DBFERRY" run 3>&- &
        pid=$!
        sleep "$(awk -v i="$i" -v took="$took" 'BEGIN { printf "%.3f", took / 1e9 * (0.4 + i / '"$kills"' * 0.7) }')"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        until_there loader_is_gone
        if [ "$(rows_of e)" != "$before" ]; then assert_equal "$(rows_of e)" "$(rows_of d)"; fi
        assert_equal "$(keys_of_e | grep -v _dbferry)" "$EXPECTED_KEYS"
        run "$DBFERRY" run
        assert_status 0
        assert_equal "$(rows_of e)" "$(rows_of d)"
        nothing_of_ours_is_left
    done
}
