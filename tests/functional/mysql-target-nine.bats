# MySQL 9 as the target: what differs from MariaDB.

load helper
load target-nine

@test "every type arrives exactly, by either lane, and once more into the same table" {
    check_every_type_by_either_lane
}

@test "a database that is not there is made by a load, where the connection says so" {
    check_create_database
    target_config
    check_create_database_at_once
}

@test "each right that is missing shows before any row is read" { check_each_right_that_is_missing; }

@test "the mark of a table is that of the last run, and goes with the definition" { check_the_mark_of_each_run; }

@test "vectors, geometries with their SRID, and JSON that MySQL would print in another way" {
    sql d <<'SQL'
CREATE TABLE v (id INT PRIMARY KEY, v VECTOR(3), p POINT NOT NULL SRID 4326);
INSERT INTO v VALUES (1, TO_VECTOR('[1,-2.5,3e-20]'), ST_GeomFromText('POINT(1 2)', 4326)),
  (2, NULL, ST_GeomFromText('POINT(-90 180)', 4326));
CREATE TABLE j (id INT PRIMARY KEY, j JSON);
INSERT INTO j VALUES (1, '{"b":1, "a":[1,2.50,1e300,-0.0,"\\u0041"]}'), (2, '[]'), (3, '1.10'), (4, NULL);
SQL
    run to_target v
    assert_status 0
    same_table v
    sql e <<<"SHOW CREATE TABLE v" | grep -q 'SRID 4326'
    sql e <<<"SHOW CREATE TABLE v" | grep -q 'vector(3)'
    run to_target v v -v
    assert_status 0
    refute_output_has rebuilt
    run to_target j
    assert_status 0
    same_table j
    # a text of the same document in another spelling
    sql d <<<"CREATE TABLE t (id INT, j TEXT); INSERT INTO t VALUES (1, '{\"a\": 1}'), (2, '{\"a\":1}'), (3, '{')"
    sql e <<<"CREATE TABLE t (id INT, j JSON)"
    cat >>"$DBFERRY_CONFIG" <<'END'
jobs = ( { name = "j"; source = "server"; table = "t"; target = "target"; target_table = "t";
           columns = ( { name = "j"; type = "json"; } ); } );
END
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run dbferry run j
        assert_status 65
        assert_output_has "row 2, column 'j'" "another way"
    done
    sql d <<<"DELETE FROM t WHERE id > 1"
    run dbferry run j
    assert_status 0
    assert_equal "$(sql e <<<'SELECT j FROM t')" '{"a": 1}'
}

@test "the invisible key that the server adds takes no values and changes nothing" {
    for time in 1 2; do
        run dbferry copy made target --view rows --target-table t -v
        assert_status 0
        refute_output_has rebuilt
    done
    assert_equal "$(sql e <<<'SELECT COUNT(*), COUNT(my_row_id) FROM t')" $'5000\t5000'
}

@test "triggers, foreign keys and a definition of somebody's own" {
    sql e <<<"CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) CHARACTER SET utf8mb4 DEFAULT 'dd') COMMENT='mine';
        INSERT INTO t VALUES (1, 'old'); CREATE TABLE child (parent BIGINT, FOREIGN KEY up (parent) REFERENCES t (id) ON DELETE CASCADE);
        INSERT INTO child VALUES (1)"
    before=$(sql e <<<"SHOW CREATE TABLE t")
    sql d <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40)); INSERT INTO t VALUES (1, 'new')"
    run to_target t t -v
    assert_status 0
    assert_output_has "DELETE and INSERT"
    assert_equal "$(sql e <<<'SELECT name FROM t; SELECT COUNT(*) FROM child')" $'new\n1'
    assert_equal "$(sql e <<<'SHOW CREATE TABLE t')" "$before"
    sql d <<<"UPDATE t SET id = 2"
    run to_target t
    assert_status 65
    assert_output_has "foreign key" "unchanged"
    sql e <<<"DROP TABLE child; CREATE TRIGGER hook BEFORE DELETE ON t FOR EACH ROW SET @x = 1"
    run to_target t t -v
    assert_status 0
    assert_output_has "'hook'"
    assert_equal "$(sql e <<<'SELECT id FROM t')" 2
    assert_equal "$(leftovers)" ""
}

@test "a row too large, and a server without a strict mode" {
    sql <<<"SET GLOBAL max_allowed_packet = 1048576, GLOBAL sql_mode = ''"
    requires sqlite3
    sqlite3 "$D" "CREATE TABLE big (id INTEGER, b BLOB); INSERT INTO big VALUES (1, zeroblob(900)), (2, zeroblob(1100000));
        CREATE TABLE wide (id INTEGER, t TEXT); INSERT INTO wide VALUES (1, 'abc'), (2, 'abcd')"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        run dbferry copy local target --table big --target-table big
        assert_status 65
        assert_output_has "row 2" "max_allowed_packet is 1048576"
        sql e <<<"DROP TABLE IF EXISTS wide; CREATE TABLE wide (id BIGINT, t VARCHAR(3) CHARACTER SET utf8mb4)"
        cat >"$T/more.conf" <<END
$(cat "$DBFERRY_CONFIG")
jobs = ( { name = "w"; source = "local"; table = "wide"; target = "target"; target_table = "wide";
           columns = ( { name = "t"; type = "varchar(3)"; } ); } );
END
        chmod 600 "$T/more.conf"
        run dbferry run w --config "$T/more.conf"
        assert_status 65
        assert_output_has "row 2, column 't'"
    done
    sql <<<"SET GLOBAL max_allowed_packet = 67108864, GLOBAL sql_mode = DEFAULT"
    assert_equal "$(leftovers)" ""
}

@test "keys that are too long and defaults that are not carried stand in the plan" {
    check_plan_notes
}

@test "what is NULL by its nature gets a column that takes nothing else, or the type of the job" {
    check_null_by_nature
}

@test "a JSON document that MySQL would print otherwise is refused by row and column, and the way out is told" {
    check_json_refusal '{"b": 1,  "a": 2}' longtext
}

@test "a text that is no document gets into no column of documents, whoever made that" {
    check_texts_for_documents longtext
}

@test "more columns than the server takes: leave some out" {
    check_too_many_columns
}
