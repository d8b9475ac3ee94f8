# Strategies with a PostgreSQL target: what differs is written, and nothing else.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
teardown_file() { postgres_remove; }
setup() { pgsql_target_setup; }

sync() { dbferry run j "$@"; }
# What the last run did: strategy|inserted|updated|deleted|unchanged
did() { sql <<<"SELECT strategy, inserted, updated, deleted, unchanged FROM _dbferry_sync WHERE target_table = 't'"; }
of_t() { sql <<<"SELECT id, name, n FROM t ORDER BY id"; }
of_source() { ask "SELECT id, name, n FROM t ORDER BY id"; }

@test "merge: what came, changed and went, and the same digest as a replacement" {
    target_config "" 'strategy = "merge"; verify = "content";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n REAL);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO t SELECT i, 'row ' || i, i / 4.0 FROM n"
    run sync
    assert_status 0
    sql <<<"CREATE VIEW v AS SELECT count(*) AS c FROM t; CREATE TABLE oid_was AS SELECT 't'::regclass::oid AS o"
    sqlite3 "$D" "DELETE FROM t WHERE id % 10 = 3; UPDATE t SET name = 'x' || id WHERE id % 10 = 4; UPDATE t SET n = NULL WHERE id = 5;
        INSERT INTO t VALUES (-7, 'first', 0), (9000, NULL, 1)"
    run sync
    assert_status 0
    assert_equal "$(did)" "merge|2|401|400|3199"
    assert_equal "$(sql <<<"SELECT id, name, n FROM t ORDER BY id" | md5sum)" \
        "$(ask "SELECT id, name, CASE WHEN n = CAST(n AS INTEGER) THEN CAST(n AS INTEGER) ELSE n END FROM t ORDER BY id" | md5sum)"
    assert_equal "$(sql <<<"SELECT o = 't'::regclass::oid FROM oid_was")" t
    run sync
    assert_status 0
    assert_equal "$(did)" "merge|0|0|0|3602"
}

@test "rows that swap their unique values, and texts that a collation takes for one" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)"
    sql_loader <<<"CREATE TABLE t (id bigint PRIMARY KEY, name text UNIQUE, n bigint, extra text DEFAULT 'x')"
    run sync
    assert_status 0
    sql <<<"UPDATE t SET extra = 'kept ' || id"
    sqlite3 "$D" "UPDATE t SET name = 'tmp' WHERE id = 1; UPDATE t SET name = 'a' WHERE id = 2; UPDATE t SET name = 'b' WHERE id = 1;
        DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 'c', 4)"
    run sync
    assert_status 0
    assert_equal "$(sql <<<"SELECT id, name, n, extra FROM t ORDER BY id")" $'1|b|1|kept 1\n2|a|2|kept 2\n4|c|4|x'
}

@test "append and upsert go on from the cursor" {
    local strategy
    for strategy in append upsert; do
        sql <<<"DROP TABLE IF EXISTS t"
        rm -f "$D"
        target_config "" "strategy = \"$strategy\"; cursor = \"n\";"
        sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER NOT NULL); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)"
        run sync
        assert_status 0
        sqlite3 "$D" "INSERT INTO t VALUES (3, 'c', 3)"
        [ $strategy = append ] || sqlite3 "$D" "UPDATE t SET name = 'B', n = 4 WHERE id = 2"
        run sync
        assert_status 0
        assert_equal "$(of_t)" "$(of_source)"
    done
}

@test "a run that is overtaken changes nothing; a table that changed under a merge is tried anew" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER); INSERT INTO t VALUES (1, 'a', 1)"
    sync
    sql <<<"ALTER TABLE t ADD CONSTRAINT small CHECK (id < 10)"
    sqlite3 "$D" "INSERT INTO t VALUES (2, 'b', 2), (10, 'c', 3)"
    run sync
    assert_status 65
    assert_output_has "23514"
    assert_equal "$(of_t)" "1|a|1"
}

@test "what would be harmed by single rows is refused; a foreign key without actions is the server's affair" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)"
    sync
    sql <<<"CREATE TABLE u (a bigint REFERENCES t (id)); INSERT INTO u VALUES (1)"
    sqlite3 "$D" "DELETE FROM t WHERE id = 2"
    run sync
    assert_status 0
    assert_equal "$(of_t)" "1|a|1"
    sqlite3 "$D" "DELETE FROM t; INSERT INTO t VALUES (3, 'c', 3)"
    run sync
    assert_status 65
    assert_output_has "foreign key"
    assert_equal "$(of_t)" "1|a|1"
    sql <<<"ALTER TABLE u DROP CONSTRAINT u_a_fkey, ADD FOREIGN KEY (a) REFERENCES t (id) ON DELETE CASCADE"
    run sync
    assert_status 65
    assert_output_has "refers to it"
    assert_equal "$(sql <<<"SELECT a FROM u")" 1
}

@test "rows that refer to rows of their own table; rows that swap what an exclusion constraint holds" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER); INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 1)"
    sync
    sql <<<"ALTER TABLE t ADD FOREIGN KEY (n) REFERENCES t (id), ADD EXCLUDE USING btree (name WITH =)"
    # who is referred to goes, and a new one comes
    sqlite3 "$D" "UPDATE t SET n = 2 WHERE id = 3; UPDATE t SET n = NULL WHERE id = 2; DELETE FROM t WHERE id = 1"
    run sync
    assert_status 0
    assert_equal "$(of_t)" "$(of_source)"
    sqlite3 "$D" "UPDATE t SET n = 9 WHERE id = 3; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (9, 'd', 3)"
    run sync
    assert_status 0
    assert_equal "$(of_t)" "$(of_source)"
    sqlite3 "$D" "UPDATE t SET name = CASE id WHEN 3 THEN 'd' ELSE 'c' END"
    run sync
    assert_status 0
    assert_equal "$(of_t)" "$(of_source)"
    sqlite3 "$D" "UPDATE t SET n = 77 WHERE id = 3"
    run sync
    assert_status 65
    assert_output_has "breaks a foreign key"
    assert_equal "$(of_t)" $'3|d|9\n9|c|3'
}

@test "what keeps rows out is named: an index that a text is too long for, a trigger that adds none" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER); CREATE INDEX of_name ON t (name); INSERT INTO t VALUES (1, 'a', 1)"
    sync
    sqlite3 "$D" "INSERT INTO t VALUES (2, hex(randomblob(8000)), 2)"
    run sync
    assert_status 65
    assert_output_has "in an index; drop that" "strategy = \"replace\""
    # As it says: the table is made anew once, without the index, and merges go on.
    target_config "" 'strategy = "replace";'
    run sync
    assert_status 0
    assert_output_has "has no index (name)"
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "INSERT INTO t VALUES (4, hex(randomblob(9000)), 4)"
    run sync
    assert_status 0
    assert_equal "$(did)" "merge|1|0|0|2"
    assert_equal "$(of_t | md5sum)" "$(of_source | md5sum)"
    # With an index of somebody's own it does not help.
    sql <<<"DELETE FROM t WHERE id > 1; CREATE INDEX mine ON t (name)"
    run sync
    assert_status 65
    sql <<<"DROP INDEX mine"
    run sync
    assert_status 0
    assert_equal "$(of_t | md5sum)" "$(of_source | md5sum)"
    sql <<<"CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION keeps()"
    sqlite3 "$D" "INSERT INTO t VALUES (3, 'c', 3)"
    run sync
    assert_status 65
    assert_output_has "trigger"
}
