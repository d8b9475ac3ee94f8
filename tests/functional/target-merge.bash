# What a merge from and into a server must do, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine: sql, target_config, to_target.

# What a strategy other than replace needs besides.
TARGET_RIGHTS+=", UPDATE, CREATE TEMPORARY TABLES"

# A collation without case, accents and, but for MySQL's newer ones, spaces at the end.
BLIND=${BLIND:-utf8mb4_general_ci}

# merge TABLE [OPTION...]: d.TABLE to e.TABLE
merge() { to_target "$1" "$1" --strategy merge "${@:2}"; }

# did TABLE: strategy, inserted, updated, deleted, unchanged of its last run
did() { sql e <<<"SELECT CONCAT_WS('|', strategy, inserted, updated, deleted, unchanged) FROM _dbferry_sync WHERE target_table = '$1'"; }

# merged TABLE COUNTS [OPTION...]: a merge works, leaves what the source has, and did this much
merged() {
    run merge "$1" "${@:3}"
    assert_status 0
    same_rows "$1"
    assert_equal "$(did "$1")" "merge|$2"
}

# All columns of all rows by their bytes, as the server's shell prints them; of long ones a hash.
rows_of() {
    local columns
    columns=$(sql "$1" <<<"SELECT GROUP_CONCAT(CONCAT('IFNULL(IF(LENGTH(\`', COLUMN_NAME, '\`) > 99, SHA1(\`', COLUMN_NAME, '\`), HEX(CAST(\`', COLUMN_NAME, '\` AS BINARY))), ''NULL'')') ORDER BY COLUMN_NAME)
        FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'd' AND TABLE_NAME = '$2' AND EXTRA NOT LIKE '%INVISIBLE%'")
    sql "$1" <<<"SELECT $columns FROM \`$2\`" | sort
}

same_rows() { assert_equal "$(rows_of e "$1")" "$(rows_of d "$1")"; }

# refused STATUS TABLE [OPTION...]: the merge ends so, and the table and its record are as they were
refused() {
    local before
    before=$(rows_of e "$2" && did "$2")
    run merge "$2" "${@:3}"
    assert_status "$1"
    assert_output_has "unchanged"
    assert_equal "$(rows_of e "$2" && did "$2")" "$before"
    assert_equal "$(leftovers)" ""
}

check_merge_of_every_type() {
    make_every_type
    run merge every_type
    assert_status 0
    run merge every_type
    assert_status 0
    assert_equal "$(did every_type)" "merge|0|0|0|4"
    sql d <<<"SET sql_mode = ''; UPDATE every_type SET i8 = 1, dec1 = dec1 + 1, d = 0.1, bit9 = 1, ti = '00:00:01', tx = 'x', lb = 'x', e = '2', s = 'p', g = NULL, js = '[]' WHERE id = 1;
        DELETE FROM every_type WHERE id = 2; UPDATE every_type SET da = '2020-01-01', f = 0.5, y = 2000, bi = 'b', ts = '2000-01-01' WHERE id = 3"
    run merge every_type
    assert_status 0
    assert_equal "$(did every_type)" "merge|0|2|1|1"
    same_table every_type
    assert_equal "$(leftovers)" ""
}

check_merge_of_texts_a_collation_takes_for_the_same() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) COLLATE $BLIND, w TEXT COLLATE $BLIND, KEY (v))"
    sql d <<<"INSERT INTO t VALUES (1, 'a', 'same'), (2, 'x', 'other')"
    merge t
    for value in "'A'" "'á'" "'Á'" "'a '" "'a  '" "''" NULL "' '" "'a\\0'" "'a\\t'" "'ａ'" "'Ⓐ'" "'a'"; do
        sql d <<<"UPDATE t SET v = $value WHERE id = 1; UPDATE t SET w = $value WHERE id = 2"
        merged t "0|2|0|0"
    done
    merged t "0|0|0|2"
}

check_merge_of_numbers_that_differ_little() {
    sql d <<'SQL'
CREATE TABLE t (id INT PRIMARY KEY, n DECIMAL(65,30), m DECIMAL(65), d DOUBLE, f FLOAT, u BIGINT UNSIGNED);
INSERT INTO t VALUES (1, '99999999999999999999999999999999999.999999999999999999999999999998', REPEAT('9', 64), -0e0, -0e0, 18446744073709551614), (2, 0, 0, 0, 0, 0);
SQL
    merge t
    sql d <<<"UPDATE t SET n = '99999999999999999999999999999999999.999999999999999999999999999999' WHERE id = 1"
    merged t "0|1|0|1"
    sql d <<<"UPDATE t SET m = CONCAT(REPEAT('9', 63), '8') WHERE id = 1"
    merged t "0|1|0|1"
    sql d <<<"UPDATE t SET u = 18446744073709551615 WHERE id = 1"
    merged t "0|1|0|1"
    sql d <<<"UPDATE t SET d = 0.1 WHERE id = 2"
    merged t "0|1|0|1"
    sql d <<<"UPDATE t SET d = 0.10000000000000002 WHERE id = 2"
    merged t "0|1|0|1"
    # -0.0 and 0.0 are the same by the canonical form
    sql d <<<"UPDATE t SET d = 0e0, f = 0e0 WHERE id = 1"
    run merge t
    assert_status 0
    assert_equal "$(did t)" "merge|0|0|0|2"
}

# Each pair of collations, with an index on the key and without.
check_merge_of_text_keys() {
    local of_source of_target index
    for of_source in $BLIND utf8mb4_bin; do
        for of_target in $BLIND utf8mb4_bin; do
            for index in "" ", KEY (k)"; do
                sql <<<"DROP TABLE IF EXISTS d.t, e.t, e._dbferry_sync"
                sql d <<<"CREATE TABLE t (k VARCHAR(20) COLLATE $of_source NOT NULL, v INT$index);
                    INSERT INTO t VALUES ('a', 1), ('A', 2), ('a ', 3), ('A  ', 4), ('ä', 5), ('Ä', 6), ('', 7), (' ', 8), ('a\\0', 9), ('b', 10), ('B', 11), ('aa', 12), ('a\\t', 13), ('😀', 14), ('€', 15), ('ß', 16), ('ss', 17)"
                sql e <<<"CREATE TABLE t (k VARCHAR(20) COLLATE $of_target NOT NULL, v INT$index);
                    INSERT INTO t VALUES ('A', 2), ('a  ', 3), ('B', 10), ('', 7), ('\\t', 1), ('AA', 12), ('🙂', 14)"
                run merge t --key k
                assert_status 0
                same_rows t
                assert_equal "$of_source $of_target $index: $(did t)" "$of_source $of_target $index: merge|14|1|4|2"
                sql d <<<"UPDATE t SET v = v + 100 WHERE v IN (2, 9); DELETE FROM t WHERE v IN (3, 6); UPDATE t SET k = 'bB' WHERE v = 10"
                merged t "1|2|3|12" --key k
                merged t "0|0|0|15" --key k
            done
        done
    done
}

# The same into a file, whose order is that of bytes.
check_merge_of_text_keys_into_a_file() {
    sql d <<<"CREATE TABLE t (k VARCHAR(20) COLLATE $BLIND NOT NULL, v VARCHAR(9) COLLATE $BLIND, KEY (k));
        INSERT INTO t VALUES ('a', 'x'), ('A', 'x'), ('a ', 'x'), ('ä', 'x'), ('', 'x'), ('b', 'x'), ('😀', 'x'), ('￿', 'x')"
    from_server() { dbferry copy server local --table t --target-table t --strategy merge --key k; }
    from_server
    sqlite3 "$D" "INSERT INTO t VALUES ('B', 'mine'); DELETE FROM t WHERE k = 'a '; UPDATE t SET v = 'X' WHERE k = '😀'"
    sql d <<<"UPDATE t SET v = 'x ' WHERE BINARY k = 'A'"
    run from_server
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT inserted, updated, deleted, unchanged FROM _dbferry_sync")" "1|2|1|5"
    assert_equal "$(sqlite3 -separator $'\t' "$D" "SELECT hex(k), hex(v) FROM t" | sort)" "$(sql d <<<"SELECT HEX(k), HEX(v) FROM t" | sort)"
}

check_merge_of_unique_values_that_move() {
    local index
    for index in "" ", UNIQUE (w)"; do
        sql <<<"DROP TABLE IF EXISTS d.t, e.t"
        sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, u VARCHAR(20) COLLATE $BLIND UNIQUE, w INT$index);
            INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, NULL, NULL), (5, 'c', NULL)"
        merge t
        sql d <<<"UPDATE t SET u = NULL; UPDATE t SET u = 'b' WHERE id = 1; UPDATE t SET u = 'a' WHERE id = 2; UPDATE t SET u = 'c' WHERE id = 5"
        merged t "0|2|0|3"
        # a value that is the same to the index alone, of another row
        sql d <<<"UPDATE t SET u = NULL WHERE id IN (1, 2); UPDATE t SET u = 'A ' WHERE id = 1; UPDATE t SET u = 'B' WHERE id = 2"
        merged t "0|2|0|3"
        sql d <<<"UPDATE t SET u = NULL; UPDATE t SET w = NULL"
        merge t
        # a ring, and a chain in which each takes the next one's
        sql d <<<"UPDATE t SET u = CHAR(97 + id), w = id"
        merge t
        sql d <<<"UPDATE t SET u = NULL, w = NULL; UPDATE t SET u = CHAR(97 + id % 5 + 1), w = id % 5 + 1"
        merged t "0|5|0|0"
        sql d <<<"UPDATE t SET u = NULL, w = NULL; UPDATE t SET u = CHAR(98 + id % 5 + 1), w = id % 5 + 2"
        merged t "0|5|0|0"
        # of a row that goes, and of its key
        sql d <<<"DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (20, NULL, 4); UPDATE t SET id = 2 WHERE id = 3"
        run merge t
        assert_status 0
        same_rows t
    done
    sql d <<<"DROP TABLE t; CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20));
        INSERT INTO t WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 500) SELECT n, CONCAT('row ', n) FROM c"
    sql e <<<"DROP TABLE t"
    merge t
    sql d <<<"UPDATE t SET id = id + 1 ORDER BY id DESC"
    merged t "1|499|1|0"
}

check_merge_of_keys_that_are_none() {
    sql d <<<"CREATE TABLE base (id INT, v INT); INSERT INTO base VALUES (1, 1), (2, 2), (3, 3); CREATE VIEW t AS SELECT * FROM base"
    of_view() { dbferry copy server target --view t --target-table t --strategy merge "$@"; }
    run of_view
    assert_status 65
    assert_output_has "key = ["
    of_view --key id
    sql d <<<"INSERT INTO base VALUES (2, 20); UPDATE base SET v = 10 WHERE id = 1"
    before=$(rows_of e t)
    run of_view --key id
    assert_status 65
    assert_output_has "rows 2 and 3 of the source" "same key" "(id)" "unchanged"
    sql d <<<"UPDATE base SET id = NULL WHERE v = 20"
    run of_view --key id
    assert_status 65
    assert_output_has "NULL" "'id'" "unchanged"
    assert_equal "$(rows_of e t)" "$before"
    sql d <<<"DELETE FROM base WHERE id IS NULL"
    sql e <<<"INSERT INTO t VALUES (1, 5)"
    run of_view --key id
    assert_status 65
    assert_output_has "of the target" "same key"
    for column in "d DOUBLE" "t TIME" "f FLOAT" "j JSON" "p POINT"; do
        sql d <<<"DROP TABLE IF EXISTS k; CREATE TABLE k ($column NOT NULL, v INT)"
        run merge k --key "${column%% *}"
        assert_status 65
        assert_output_has "cannot be part of a key"
    done
}

# Keys that begin with the same bytes, more than the server sorts by default.
check_merge_of_long_keys() {
    local type
    for type in "VARCHAR(3000)" TEXT LONGTEXT "VARBINARY(9000)" BLOB LONGBLOB; do
        sql <<<"DROP TABLE IF EXISTS d.t, e.t"
        sql d <<<"CREATE TABLE t (k $type NOT NULL, v INT) ROW_FORMAT = DYNAMIC;
            INSERT INTO t VALUES (CONCAT(REPEAT('x', 1500), 'b'), 1), (CONCAT(REPEAT('x', 1500), 'A'), 2), (REPEAT('x', 1500), 3), (CONCAT(REPEAT('x', 1500), 'a'), 4), ('x', 5), (CONCAT(REPEAT('x', 1500), 'B'), 6)"
        merge t --key k
        sql d <<<"UPDATE t SET v = 20 WHERE v = 2; DELETE FROM t WHERE v = 3; INSERT INTO t VALUES (CONCAT(REPEAT('x', 1500), 'aa'), 7)"
        run merge t --key k
        if [ "$status" -eq 0 ]; then
            assert_equal "$type $(did t)" "$type merge|1|1|1|4"
            same_rows t
        else # caught, not followed
            assert_status 65
            assert_output_has "by the key (k)"
            case $type in LONG* | BLOB | TEXT) ;; *) return 1 ;; esac
        fi
    done
}

check_merge_of_a_table_that_was_edited() {
    sql d <<<"CREATE TABLE t (id INT, n INT, v VARCHAR(20), PRIMARY KEY (n, id)); INSERT INTO t VALUES (1, 1, 'a'), (2, 1, 'b'), (1, 2, 'c'), (2, 2, NULL)"
    merge t
    sql e <<<"UPDATE t SET v = 'A' WHERE id = 1 AND n = 1; DELETE FROM t WHERE v = 'b'; INSERT INTO t VALUES (9, 9, 'mine'), (0, 0, NULL); UPDATE t SET v = '' WHERE v IS NULL"
    merged t "1|2|2|1"
    sql e <<<"DELETE FROM t"
    run merge t -v
    assert_status 0
    assert_output_has "the table is empty"
    same_rows t
    sql e <<<"ALTER TABLE t MODIFY v VARCHAR(30)"
    sql d <<<"UPDATE t SET v = 'longer' WHERE id = 2"
    run merge t -o job.on_schema_change=rebuild
    assert_status 0
    same_rows t
}

# The source stands still in the middle: what others write to the target meanwhile.
check_merge_while_others_write() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY)"
    target_config
    local rows="id int64 not null key, name text(40)"
    meanwhile() {
        target_config "columns = \"$rows\"; rows = 3000; fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 2500; fail_until = \"$T/go\"; fail_mark = \"$T/mark\"; seed = 2;"
        sed -i 's/rows = 5000; columns = "id int64 not null, name text(40)";//' "$DBFERRY_CONFIG"
        rm -f "$T/go" "$T/mark"
        "$DBFERRY" copy made target --view rows --target-table t --strategy merge >"$T/message" 2>&1 3>&- &
        load=$!
        until_there test -e "$T/mark"
        sql e <<<"$1"
        touch "$T/go"
        status=0
        wait $load || status=$?
        output=$(cat "$T/message")
    }
    target_config "columns = \"$rows\"; rows = 3000; seed = 1;"
    sed -i 's/rows = 5000; columns = "id int64 not null, name text(40)";//' "$DBFERRY_CONFIG"
    dbferry copy made target --view rows --target-table t
    # a row that is to change goes
    meanwhile "DELETE FROM t WHERE id = 100"
    assert_status 75
    assert_output_has "unchanged"
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" 2999
    # a row that is to come is there
    sql e <<<"DELETE FROM t WHERE id > 2000"
    meanwhile "INSERT INTO t VALUES (2700, 'mine')"
    assert_status 75
    assert_output_has "unchanged"
    # readers see the old rows until the end, and a writer elsewhere is not held up
    sql e <<<"CREATE TABLE other (id INT)"
    meanwhile "INSERT INTO other VALUES (1)"
    assert_status 0
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" 3000
    assert_equal "$(leftovers)" ""
}

check_merge_of_a_table_with_triggers_and_keys() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3), (4, 4)"
    merge t
    sql e <<'SQL'
CREATE TABLE log (what VARCHAR(9), id INT);
CREATE TRIGGER i AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES ('i', new.id);
CREATE TRIGGER u AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES ('u', new.id);
CREATE TRIGGER x AFTER DELETE ON t FOR EACH ROW INSERT INTO log VALUES ('d', old.id);
CREATE TABLE child (t_id INT, FOREIGN KEY (t_id) REFERENCES t (id));
INSERT INTO child VALUES (1), (2);
SQL
    merged t "0|0|0|4"
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM log")" 0
    sql d <<<"UPDATE t SET v = 10 WHERE id = 1; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (5, 5)"
    merged t "1|1|1|2"
    assert_equal "$(sql e <<<"SELECT what, id FROM log ORDER BY 1")" $'d\t3\ni\t5\nu\t1'
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(t_id ORDER BY t_id) FROM child")" 1,2
    # a row that another table needs
    sql d <<<"DELETE FROM t WHERE id = 2"
    refused 65 t
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM log")" 3
    sql e <<<"DELETE FROM child WHERE t_id = 2"
    merged t "0|0|1|3"
    # ON DELETE CASCADE takes no row of another table along
    sql e <<<"DROP TABLE child; CREATE TABLE child (t_id INT, FOREIGN KEY (t_id) REFERENCES t (id) ON DELETE CASCADE); INSERT INTO child VALUES (1)"
    sql d <<<"DELETE FROM t WHERE id = 1"
    refused 65 t
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM child")" 1
}

check_merge_of_generated_columns() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, a INT, twice INT AS (a * 2) VIRTUAL, sum INT AS (a + 1) STORED); INSERT INTO t (id, a) VALUES (1, 1), (2, 2)"
    sql e <<<"CREATE TABLE t (id INT PRIMARY KEY, a INT, twice INT, sum INT, own INT AS (a * 10) STORED)"
    merge t
    sql d <<<"UPDATE t SET a = 5 WHERE id = 1; INSERT INTO t (id, a) VALUES (3, 3); DELETE FROM t WHERE id = 2"
    merged t "1|1|1|0"
    assert_equal "$(sql e <<<"SELECT id, own FROM t ORDER BY 1")" $'1\t50\n3\t30'
}

check_merge_after_the_source_has_changed() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) NOT NULL UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    merge t
    merged t "0|0|0|2"
    run merge t --key v -v
    assert_status 0
    assert_output_has "the key is another one than at the last run (id)"
    assert_equal "$(sql e <<<"SELECT strategy, key_columns FROM _dbferry_sync")" $'replace\tv'
    merged t "0|0|0|2" --key v
    sql d <<<"ALTER TABLE t ADD more INT DEFAULT 7"
    run merge t --key v -v -o job.on_schema_change=rebuild
    assert_status 0
    assert_output_has "the table is made anew"
    same_rows t
    merged t "0|0|0|2" --key v
    sql d <<<"DROP TABLE t"
    run merge t --key v
    assert_status 66
    assert_output_has "unchanged"
}

# Nothing is written where nothing differs, and the right that is missing is named beforehand.
check_merge_that_writes_nothing() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    merge t
    sql e <<<"CREATE TABLE log (id INT); CREATE TRIGGER i BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '45000';
        CREATE TRIGGER u BEFORE UPDATE ON t FOR EACH ROW SIGNAL SQLSTATE '45000'; CREATE TRIGGER x BEFORE DELETE ON t FOR EACH ROW SIGNAL SQLSTATE '45000'"
    merged t "0|0|0|2"
    sql d <<<"UPDATE t SET v = 'c' WHERE id = 1"
    before=$(rows_of e t)
    run merge t
    refute [ "$status" -eq 0 ]
    assert_output_has "unchanged"
    assert_equal "$(rows_of e t)" "$before"
    sql e <<<"DROP TRIGGER i; DROP TRIGGER u; DROP TRIGGER x"
    sql <<<"REVOKE UPDATE ON e.* FROM loader"
    refused 77 t
    assert_output_has "UPDATE"
    sql <<<"GRANT UPDATE ON e.* TO loader; REVOKE CREATE TEMPORARY TABLES ON e.* FROM loader"
    merged t "0|1|0|1"
    sql <<<"GRANT CREATE TEMPORARY TABLES ON e.* TO loader"
}
