# A MySQL server as the target (MariaDB here): exact, at one stroke, and nothing left behind.

load helper
load target-mariadb

made() { dbferry copy made target --view rows --target-table "$1" "${@:2}"; }

@test "every type arrives exactly, by either lane, and once more into the same table" {
    check_every_type_by_either_lane
}

@test "a database that is not there is made by a load, where the connection says so" {
    check_create_database
    target_config
    check_create_database_at_once
}

@test "texts that look like escapes, words and other lanes' separators" {
    sql d <<'SQL'
CREATE TABLE odd (id INT PRIMARY KEY, t VARCHAR(300), b VARBINARY(300));
INSERT INTO odd SELECT seq, CONVERT(CHAR(seq) USING utf8mb4), CHAR(seq) FROM seq_0_to_127;
INSERT INTO odd SELECT seq + 128, CHAR(seq + 128 USING latin1), CHAR(seq + 128) FROM seq_0_to_127;
INSERT INTO odd VALUES (300, '\\N', '\\N'), (301, '\\', '\\'), (302, '\\\\', '\\\\'), (303, "'", "'"),
  (304, '\t\t\n\n', '\t\t\n\n'), (305, '\\\n', '\\\n'), (306, 'a\\', 'a\\'), (307, '', ''),
  (308, NULL, NULL), (309, "\0\0", "\0\0"), (310, ');--', ');--'), (311, '%s%n', X'F09F98'),
  (312, '😀', X'BF5C'), (313, '表\\', X'955C');
SQL
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane; DROP TABLE IF EXISTS e.odd"
        run to_target odd
        assert_status 0
        same_table odd
    done
}

@test "one column, no rows, one row, many rows" {
    sql d <<<"CREATE TABLE one (id VARCHAR(9)); INSERT INTO one VALUES (''), (NULL), ('x');
        CREATE TABLE none (id INT); CREATE TABLE many AS SELECT seq AS id, REPEAT('y', seq % 90) AS t FROM seq_1_to_50000"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane; DROP TABLE IF EXISTS e.one, e.none, e.many"
        for table in one none many; do
            run to_target $table
            assert_status 0
            same_table $table
        done
    done
}

@test "SQLite to MySQL: the file's own types" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, x TEXT, b BLOB);
        INSERT INTO t VALUES (-1, 0.1, 'é' || char(10), x'00FF5C'), (9223372036854775807, 1e308, '', x''), (3, NULL, NULL, NULL);
        CREATE TABLE loose (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO loose VALUES (1, 5), (2, 'six');
        CREATE TABLE inf (id INTEGER, r REAL); INSERT INTO inf VALUES (1, 9e999);
        CREATE TABLE wrong (id INTEGER, x TEXT); INSERT INTO wrong VALUES (1, 'ok'), (2, CAST(x'C328' AS TEXT));"
    run dbferry copy local target --table t --target-table t
    assert_status 0
    assert_equal "$(sql e <<<"SELECT id, CAST(r AS CHAR), HEX(x), HEX(b) FROM t ORDER BY id")" \
        "$(sqlite3 -separator $'\t' -nullvalue NULL "$D" "SELECT id, CASE id WHEN 3 THEN NULL WHEN -1 THEN '0.1' ELSE '1e308' END,
            CASE WHEN x IS NULL THEN NULL ELSE hex(x) END, CASE WHEN b IS NULL THEN NULL ELSE hex(b) END FROM t ORDER BY id")"
    run dbferry copy local target --table loose --target-table loose
    assert_status 65
    assert_output_has "row 2" "'n'" "unchanged"
    run dbferry copy local target --table inf --target-table inf
    assert_status 65
    assert_output_has "row 1" "'r'"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run dbferry copy local target --table wrong --target-table wrong
        assert_status 65
        assert_output_has "row 2" "'x'"
    done
    assert_equal "$(leftovers)" ""
}

@test "a value that the server would change ends the load, with row and column" {
    sql e <<<"CREATE TABLE narrow (id INT, v VARCHAR(3) CHARACTER SET latin1, UNIQUE KEY (v));
        CREATE TABLE checked (id INT CHECK (id < 3)); CREATE TABLE needs (id INT NOT NULL)"
    sql d <<<"CREATE TABLE narrow (id INT, v VARCHAR(3)); INSERT INTO narrow VALUES (1, 'abc'), (2, '漢');
        CREATE TABLE twice (id INT, v VARCHAR(3)); INSERT INTO twice VALUES (1, 'abc'), (2, 'ABC');
        CREATE TABLE checked (id INT); INSERT INTO checked VALUES (1), (2), (3);
        CREATE TABLE needs (id INT); INSERT INTO needs VALUES (1), (NULL)"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run to_target narrow
        assert_status 65
        assert_output_has "row 2, column 'v'" "character set" "unchanged"
        refute_output_has 漢
        run to_target twice narrow
        assert_status 65
        assert_output_has "unique key" "unchanged"
        run to_target checked
        assert_status 65
        assert_output_has "check" "unchanged"
        run to_target needs
        assert_status 65
        assert_output_has "row 2, column 'id'" "NULL"
    done
    assert_equal "$(leftovers)" ""
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM narrow')" 0
}

@test "of rows that went in many statements the right one is named" {
    # 40,000 rows of some 120 bytes: five statements or so
    sql d <<<"CREATE TABLE t (id INT, v VARCHAR(200)) SELECT seq AS id, REPEAT('y', seq % 200) AS v FROM seq_1_to_40000;
        CREATE TABLE double_id (id INT, v VARCHAR(200)) SELECT IF(id = 39999, 3, id) AS id, v FROM t"
    sql e <<<"CREATE TABLE t (id INT, v VARCHAR(200) CHARACTER SET latin1); INSERT INTO t VALUES (0, 'old')"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        for bad in 1 20011 40000; do
            sql d <<<"UPDATE t SET v = IF(id = $bad, 'ж', REPEAT('y', id % 200))"
            run to_target t
            assert_status 65
            assert_output_has "row $bad, column 'v'" "unchanged"
            assert_equal "$(sql e <<<'SELECT * FROM t')" $'0\told'
            assert_equal "$(leftovers)" ""
        done
        sql e <<<"CREATE OR REPLACE TABLE u (id INT PRIMARY KEY, v VARCHAR(200))"
        run to_target double_id u
        assert_status 65
        assert_output_has "twice in a unique key" "unchanged"
        assert_equal "$(leftovers)" ""
    done
}

@test "an existing table of somebody's own keeps its definition, its comment and its indexes" {
    sql d <<<"CREATE TABLE t (id INT NOT NULL, v VARCHAR(9)); INSERT INTO t VALUES (1, 'new')"
    sql e <<<"CREATE TABLE t (id INT NOT NULL, v VARCHAR(9) CHARACTER SET latin1 DEFAULT 'dd', extra INT AS (id * 2),
        hidden INT INVISIBLE DEFAULT 7, PRIMARY KEY (id), KEY mine (v(3))) ROW_FORMAT=DYNAMIC COMMENT='it''s mine';
        INSERT INTO t (id, v) VALUES (5, 'old'), (6, 'old')"
    before=$(sql e <<<'SHOW CREATE TABLE t')
    for time in 1 2; do
        run to_target t t -v
        assert_status 0
        refute_output_has rebuilt
        assert_equal "$(sql e <<<'SHOW CREATE TABLE t' | sed 's/ \[dbferry run [0-9a-f]*\]//')" "$before"
        assert_equal "$(sql e <<<'SELECT id, v, extra, hidden FROM t')" $'1\tnew\t2\t7'
    done
    sql e <<<"SHOW CREATE TABLE t" | grep -q "it''s mine \[dbferry run $(sql e <<<'SELECT run_id FROM _dbferry_sync')\]"
}

@test "a table of our own follows the source; a job's index is made once" {
    sql d <<<"CREATE TABLE t (id INT NOT NULL, v VARCHAR(9)); INSERT INTO t VALUES (1, 'a'), (2, 'b')"
    cat >>"$DBFERRY_CONFIG" <<'END'
jobs = ( { name = "j"; source = "server"; table = "t"; target = "target"; target_table = "t";
           indexes = ( { columns = ["v"]; }, { columns = ["id"]; unique = true; } ); } );
END
    for time in 1 2 3; do
        run dbferry run j
        assert_status 0
        assert_equal "$(sql e <<<"SELECT NON_UNIQUE, COLUMN_NAME FROM information_schema.STATISTICS
            WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 't' ORDER BY 2")" $'0\tid\n1\tv'
    done
    sql d <<<"ALTER TABLE t ADD w INT, MODIFY v VARCHAR(20)"
    run dbferry run j
    assert_status 0
    assert_equal "$(sql e <<<'SELECT id, v, w FROM t ORDER BY id')" $'1\ta\tNULL\n2\tb\tNULL'
    sql e <<<"SHOW CREATE TABLE t" | grep -q 'varchar(20)'
}

@test "the guards: an empty source leaves the rows, a count is right" {
    sql d <<<"CREATE TABLE t (id INT)"
    sql e <<<"CREATE TABLE t (id INT); INSERT INTO t VALUES (1), (2)"
    before=$(checksum t)
    run to_target t
    assert_status 65
    assert_output_has "empty" "unchanged"
    assert_equal "$(checksum t)" "$before"
    assert_equal "$(leftovers)" ""
}

@test "what is no table is refused, and reserved names are" {
    sql d <<<"CREATE TABLE t (id INT)"
    sql e <<<"CREATE VIEW v AS SELECT 1 AS id"
    run to_target t v
    assert_status 65
    assert_output_has "no table"
    run to_target t _dbferry_sync
    assert_status 65
    assert_output_has "reserved"
    run to_target t "$(printf 'n%.0s' {1..65})"
    assert_status 65
}

@test "hostile names of tables, columns and members stay names" {
    sql d <<'SQL'
CREATE TABLE `a``b'";--\%s` (`c``'"\\ %n` INT, `select` ENUM('`', '''', '\\', '");DROP TABLE x')) ;
INSERT INTO `a``b'";--\%s` VALUES (1, '`'), (2, ''''), (3, '\\'), (4, '");DROP TABLE x');
CREATE TABLE x (id INT);
SQL
    run to_target 'a`b'"'"'";--\%s'
    assert_status 0
    run to_target 'a`b'"'"'";--\%s'
    assert_status 0
    assert_equal "$(sql e <<<'SELECT * FROM `a``b'"'"'";--\%s` ORDER BY 1')" "$(sql d <<<'SELECT * FROM `a``b'"'"'";--\%s` ORDER BY 1')"
    assert_equal "$(leftovers)" ""
}

@test "a row above max_allowed_packet is refused by its number, by either lane" {
    sql d <<<"CREATE TABLE big (id INT, b LONGBLOB);
        INSERT INTO big VALUES (1, REPEAT('a', 900000)), (2, REPEAT('b', 1100000))"
    run to_target big
    assert_status 0
    sql <<<"SET GLOBAL max_allowed_packet = 1048576"
    before=$(checksum big)
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run dbferry copy server target --query "SELECT * FROM big WHERE id = 1" --target-table small
        assert_status 0
        # the source's session took the old limit; the target's the new one
        sqlite3 "$D" "CREATE TABLE IF NOT EXISTS big (id INTEGER, b BLOB); DELETE FROM big;
            INSERT INTO big VALUES (1, zeroblob(900)), (2, zeroblob(1100000));"
        run dbferry copy local target --table big --target-table other
        assert_status 65
        assert_output_has "row 2" "max_allowed_packet is 1048576"
    done
    sql <<<"SET GLOBAL max_allowed_packet = 16777216"
    assert_equal "$(checksum big)" "$before"
    assert_equal "$(leftovers)" ""
}

@test "others see the old rows or the new ones, and nothing between" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    look() { sql e <<<"SELECT COUNT(*) FROM t"; }
    look_on "$T/seen" look
    for time in 1 2 3; do
        run made t
        assert_status 0
    done
    stop_looking 5000
    saw_only 1 5000
}

begin_stalled() {
    target_config 'fail_at = "read_batch"; fail_how = "stall"; fail_row = 3000;'
    "$DBFERRY" copy made target --view rows --target-table t >"$T/message" 2>&1 3>&- &
    load=$!
    for _ in {1..200}; do
        [ -z "$(leftovers)" ] || return 0
        sleep 0.05
    done
    return 1
}

@test "a second run is told who has the lock, and a killed run's leftovers are dropped" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    before=$(checksum t)
    begin_stalled
    target_config
    run made t
    assert_status 75
    assert_output_has "another run" "loader"
    kill -9 $load
    wait $load || true
    [ -n "$(leftovers)" ]
    assert_equal "$(checksum t)" "$before"
    for _ in {1..50}; do
        run made t
        [ "$status" -eq 75 ] || break
        sleep 0.1
    done
    assert_status 0
    assert_output_has "an earlier run left behind"
    assert_equal "$(leftovers)" ""
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t')" 5000
}

@test "a server that is killed in mid-load keeps the old table" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    begin_standing_load
    folder=$MARIADB_FOLDER
    mariadb_kill
    touch "$T/go"
    status=0
    wait $load || status=$?
    output=$(cat "$T/message")
    mariadb_start "$folder"
    assert_status 74
    assert_output_has "target" "unchanged"
    assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
    target_config
    run made t
    assert_status 0
    assert_equal "$(leftovers)" ""
}

@test "a server that is away, a wrong password, a missing right, no database" {
    target_config
    sed -i "s|target = { driver = \"mysql\"; socket = \"[^\"]*\"|target = { driver = \"mysql\"; socket = \"$T/none\"|" "$DBFERRY_CONFIG"
    run made t
    assert_status 73
    target_config
    printf 'no' >"$T/password"
    run made t
    assert_status 77
    printf 'pw' >"$T/password"
    sed -i '/target = /s/user = "loader"/user = "reader"/; /target = /s/database = "e"/database = "d"/' "$DBFERRY_CONFIG"
    run made t
    assert_status 77
    assert_output_has "grant"
    sed -i '/target = /s/database = "d"; //' "$DBFERRY_CONFIG"
    run made t
    assert_status 78
    assert_output_has "database"
}

@test "each right that is missing shows before any row is read" { check_each_right_that_is_missing; }

@test "the mark of a table is that of the last run, and goes with the definition" { check_the_mark_of_each_run; }

@test "triggers stay, and fire: the rows go by DELETE and INSERT" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old'); CREATE TABLE log (n INT);
        CREATE TRIGGER hook AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (1)"
    run made t -v
    assert_status 0
    assert_output_has "'hook'" "DELETE and INSERT"
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t; SELECT COUNT(*) FROM log;
        SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = "e"')" $'5000\n5000\nhook'
    assert_equal "$(sql e <<<'SELECT run_id IS NOT NULL, `rows` FROM _dbferry_sync')" $'1\t5000'
    assert_equal "$(leftovers)" ""
    # other columns would need another table
    sql d <<<"CREATE TABLE t (id DATE); INSERT INTO t VALUES ('2024-01-02')"
    run to_target t t -o job.on_rebuild_loss=allow
    assert_status 65
    assert_output_has "hook" "unchanged"
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t')" 5000
}

@test "foreign keys from and to the table are kept and checked; nothing cascades" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old'), (10, 'old');
        CREATE TABLE child (n INT, parent BIGINT, CONSTRAINT up FOREIGN KEY (parent) REFERENCES t (id) ON DELETE CASCADE);
        INSERT INTO child VALUES (1, 1), (2, 10), (3, NULL)"
    sql d <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'new')"
    run to_target t
    assert_status 65
    assert_output_has "'up'" "unchanged"
    assert_equal "$(sql e <<<'SELECT name FROM t; SELECT COUNT(*) FROM child')" $'old\nold\n3'
    sql d <<<"INSERT INTO t VALUES (10, 'new')"
    run to_target t
    assert_status 0
    assert_equal "$(sql e <<<'SELECT name FROM t; SELECT COUNT(*) FROM child')" $'new\nnew\n3'
    run sql e <<<"INSERT INTO child VALUES (4, 99)"
    [ "$status" -ne 0 ]
    assert_equal "$(leftovers)" ""
}

@test "a key of a table that the account may not see: both tables get their names back" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    sql <<<"CREATE DATABASE IF NOT EXISTS hidden; DROP TABLE IF EXISTS hidden.child;
        CREATE TABLE hidden.child (parent BIGINT, FOREIGN KEY (parent) REFERENCES e.t (id)); INSERT INTO hidden.child VALUES (1)"
    sql d <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'new')"
    run to_target t
    sql <<<"SELECT REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = 'hidden' AND REFERENCED_TABLE_NAME IS NOT NULL" >"$T/refers"
    kept=$(sql e <<<'SELECT name FROM t')
    sql <<<"DROP DATABASE hidden"
    assert_status 65
    assert_output_has "foreign key" "may not see"
    assert_equal "$(cat "$T/refers")" t
    assert_equal "$kept" old
    assert_equal "$(leftovers)" ""
}

@test "without the right TRIGGER the log warns" {
    sql <<<"CREATE OR REPLACE USER half IDENTIFIED BY 'pw'; GRANT SELECT, INSERT, DELETE, CREATE, DROP, ALTER ON e.* TO half"
    sed -i '/target = /s/loader/half/' "$DBFERRY_CONFIG"
    run made t
    assert_status 0
    refute_output_has TRIGGER
    run made t
    assert_status 0
    assert_output_has "TRIGGER"
}

@test "a server that refuses writes for now" {
    sql <<<"SET GLOBAL read_only = 1"
    run made t
    sql <<<"SET GLOBAL read_only = 0"
    assert_status 75
    assert_output_has "unchanged"
}

@test "the content is verified before the commit, and afterwards: a changed value is found" {
    make_every_type
    cat >>"$DBFERRY_CONFIG" <<'END'
jobs = ( { name = "j"; source = "server"; table = "every_type"; target = "target";
           target_table = "every_type"; verify = "content"; } );
END
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run dbferry run j -v
        assert_status 0
        assert_output_has "verified: 4 rows"
        run dbferry verify j
        assert_status 0
    done
    for change in "f = 0" "bit9 = 3" "lb = CONCAT(lb, 'x')" "ti = '00:00:01'" "vc = 'AB'" "u64 = NULL"; do
        sql e <<<"SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
            CREATE TABLE kept LIKE every_type; INSERT INTO kept SELECT * FROM every_type; UPDATE every_type SET $change WHERE id = 0"
        run dbferry verify j
        assert_status 65
        sql e <<<"DROP TABLE every_type; RENAME TABLE kept TO every_type"
    done
    # a trigger that changes what it is given
    sql e <<<"CREATE TRIGGER hook BEFORE INSERT ON every_type FOR EACH ROW SET NEW.i8 = 5"
    run dbferry run j
    assert_status 65
    assert_output_has "unchanged"
    assert_equal "$(sql e <<<'SELECT i8 FROM every_type WHERE id = 0')" -128
}

@test "a table that an interrupted rename has left without its name is brought back" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    begin_stalled
    old=$(leftovers | sed s/_stage_/_old_/)
    kill -9 $load
    wait $load || true
    sql e <<<"RENAME TABLE t TO $old"
    target_config
    run made t
    assert_status 75
    assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
    run made t
    assert_status 0
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t')" 5000
    assert_equal "$(leftovers)" ""
}

@test "a comment that has no room for the run id stays as it is" {
    sql d <<<"CREATE TABLE t (id INT); INSERT INTO t VALUES (1)"
    sql e <<<"CREATE TABLE t (id INT) COMMENT='$(printf 'c%.0s' {1..2040})'"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT LENGTH(TABLE_COMMENT) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 't'")" 2040
    assert_equal "$(sql e <<<'SELECT id FROM t')" 1
}

@test "a table that somebody alters during the load is left alone" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'old')"
    begin_standing_load
    sql e <<<"ALTER TABLE t ADD KEY mine (name)"
    touch "$T/go"
    status=0
    wait $load || status=$?
    output=$(cat "$T/message")
    assert_status 75
    assert_output_has "changed by another connection"
    assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
    assert_equal "$(leftovers)" ""
}

@test "keys that are too long and defaults that are not carried stand in the plan" {
    check_plan_notes
}

@test "what is NULL by its nature gets a column that takes nothing else, or the type of the job" {
    check_null_by_nature
}

@test "a JSON document of too many levels is refused by row and column, and the way out is told" {
    local levels
    levels=$(printf '[%.0s' {1..40})$(printf ']%.0s' {1..40})
    check_json_refusal "$levels" mediumtext
}

@test "a text that is no document gets into no column of documents, whoever made that" {
    check_texts_for_documents mediumtext own
}

@test "more columns than the server takes: leave some out" {
    check_too_many_columns
}

@test "an ENUM with an empty member: what becomes of its error value stands in the plan" {
    sql d <<<"CREATE TABLE e (id INT, e ENUM('a', '')); INSERT INTO e VALUES (1, 'a')"
    run dbferry copy server target --table e --target-table e -n -v
    assert_status 0
    assert_output_has "column 'e' has an empty text among its members"
}
