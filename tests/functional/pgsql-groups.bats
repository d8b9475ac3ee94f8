# Many tables into PostgreSQL in one step, with their foreign keys.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
teardown_file() { postgres_remove; }
setup() {
    pgsql_target_setup
    group_config
    sqlite3 "$D" "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE CASCADE,
        b INTEGER REFERENCES b (id)); INSERT INTO a VALUES (1, 'one'), (2, 'two'); INSERT INTO b VALUES (1, 1, NULL), (2, 2, 1), (3, NULL, 2)"
}

group_config() {
    target_config
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "g"; source = "local"; target = "target"; tables = ["*"]; commit = "together"; foreign_keys = true; ${1:-} } );
END
}

keys() { sql <<<"SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1::text, 2"; }

@test "all tables in one step, with their keys, and once more; one row that refers to none ends it" {
    local round
    for round in 1 2; do
        run dbferry run g
        assert_status 0
        assert_equal "$(keys)" "b|FOREIGN KEY (a) REFERENCES a(id) ON DELETE CASCADE
b|FOREIGN KEY (b) REFERENCES b(id)"
        assert_equal "$(sql <<<"SELECT count(*) FROM a JOIN b ON b.a = a.id")" 2
    done
    sqlite3 "$D" "PRAGMA foreign_keys = 0; INSERT INTO a VALUES (3, 'three'); INSERT INTO b VALUES (4, 77, NULL)"
    run dbferry run g
    assert_status 65
    assert_output_has "foreign key" "77"
    assert_equal "$(sql <<<"SELECT count(*) FROM a")" 2
    assert_equal "$(leftovers)" ""
}

@test "a table outside that refers to one of them is not broken" {
    dbferry run g
    sql <<<"CREATE TABLE outside (a bigint REFERENCES a (id)); INSERT INTO outside VALUES (1)"
    run dbferry run g
    [ "$status" -ne 0 ]
    assert_output_has "outside"
    assert_equal "$(sql <<<"SELECT a FROM outside")" 1
    assert_equal "$(keys | wc -l)" 3
}

both() { sql <<<"SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)"; }

@test "readers never see one table without the other" {
    dbferry run g
    look_on "$T/seen" both
    sqlite3 "$D" "INSERT INTO a VALUES (5, 'five'); INSERT INTO b VALUES (9, 5, NULL)"
    run dbferry run g
    assert_status 0
    stop_looking "3|4"
    saw_only "2|3" "3|4"
}

@test "prune = true drops a copy whose source is gone, with its record, unless something needs it" {
    group_config 'prune = true;'
    sqlite3 "$D" "CREATE TABLE log (id INTEGER PRIMARY KEY)"
    dbferry run g
    sqlite3 "$D" "DROP TABLE log"
    sql <<<"CREATE VIEW needs AS SELECT id FROM log"
    run dbferry run g
    assert_output_has "needs"
    assert_equal "$(sql <<<"SELECT count(*) FROM log")" 0
    sql <<<"DROP VIEW needs"
    run dbferry run g
    assert_status 0
    assert_equal "$(sql <<<"SELECT to_regclass('log'), (SELECT count(*) FROM _dbferry_sync WHERE target_table = 'log')")" "|0"
}

@test "a table of the group has the name that an index of another one would get" {
    local round
    sqlite3 "$D" "CREATE TABLE a_pkey (id INTEGER PRIMARY KEY); INSERT INTO a_pkey VALUES (7)"
    for round in 1 2; do
        run dbferry run g
        assert_status 0
        assert_equal "$(sql <<<"SELECT (SELECT count(*) FROM a), (SELECT id FROM a_pkey), (SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisprimary)")" "2|7|1"
    done
}
