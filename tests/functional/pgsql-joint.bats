# Jobs of many tables of which single rows change in one step, with a PostgreSQL target.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
teardown_file() { postgres_remove; }
setup() { pgsql_target_setup; }

# joint KEYS: the job "g" of the source's tables, all in one step
joint() {
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "${SOCKET:-$POSTGRES_SOCKET}"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "g"; source = "local"; target = "target"; tables = ["*"]; commit = "together"; strategy = "merge"; $1 } );
END
}

# Numbers that the server has given to tables: one that is made anew gets another.
oids() { sql <<<"SELECT relname, oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_dbferry%' ORDER BY 1"; }
did() { sql <<<"SELECT target_table, strategy, inserted, updated, deleted FROM _dbferry_sync ORDER BY 1"; }
same() {
    local table
    for table; do
        assert_equal "$(sql <<<"SELECT * FROM $table ORDER BY 1")" "$(ask "SELECT * FROM $table ORDER BY 1")"
    done
}

@test "merges change single rows of all tables where they are, under one run id" {
    local was
    joint 'verify = "content";'
    sqlite3 "$D" "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES (1, 'cup'), (2, 'jug');
        CREATE TABLE orders (id INTEGER PRIMARY KEY, item INTEGER); INSERT INTO orders VALUES (1, 2)"
    run dbferry run g
    assert_status 0
    was=$(oids)
    sqlite3 "$D" "UPDATE item SET name = 'mug' WHERE id = 2; DELETE FROM item WHERE id = 1; INSERT INTO orders VALUES (2, 2), (3, 2)"
    run dbferry run g
    assert_status 0
    same item orders
    assert_equal "$(did)" $'item|merge|0|1|1\norders|merge|2|0|0'
    assert_equal "$(sql <<<"SELECT count(DISTINCT run_id) FROM _dbferry_sync")" 1
    assert_equal "$(oids)" "$was"
    assert_equal "$(leftovers)" ""
}

@test "each table by a strategy of its own; one that fails leaves all as they were" {
    local was
    joint 'overrides = ( { table = "log"; strategy = "append"; cursor = "id"; }, { table = "part"; strategy = "upsert"; cursor = "seen"; } );'
    sqlite3 "$D" "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE); INSERT INTO item VALUES (1, 'cup'), (2, 'jug');
        CREATE TABLE log (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO log VALUES (1, 'a'), (2, 'b');
        CREATE TABLE part (id INTEGER PRIMARY KEY, seen INTEGER NOT NULL, name TEXT UNIQUE); INSERT INTO part VALUES (1, 1, 'x'), (2, 1, 'y')"
    run dbferry run g
    assert_status 0
    was=$(oids)
    # two tables whose rows take each other's unique values
    sqlite3 "$D" "UPDATE item SET name = '-' WHERE id = 1; UPDATE item SET name = 'cup' WHERE id = 2; UPDATE item SET name = 'jug' WHERE id = 1;
        DELETE FROM log; INSERT INTO log VALUES (3, 'c'); UPDATE part SET name = '-' WHERE id = 1;
        UPDATE part SET seen = 2, name = 'x' WHERE id = 2; UPDATE part SET seen = 2, name = 'y' WHERE id = 1; INSERT INTO part VALUES (3, 2, 'z')"
    run dbferry run g
    assert_status 0
    same item part
    assert_equal "$(sql <<<"SELECT string_agg(t, ',' ORDER BY id) FROM log")" a,b,c
    assert_equal "$(oids)" "$was"
    sqlite3 "$D" "UPDATE item SET name = 'pot' WHERE id = 1; INSERT INTO log VALUES (4, 'd'); INSERT INTO part VALUES (4, 3, 'w')"
    sql <<<"ALTER TABLE part ADD CONSTRAINT few CHECK (id < 4)"
    run dbferry run g
    assert_status 65
    assert_output_has "the target is unchanged"
    assert_equal "$(sql <<<"SELECT (SELECT max(name) FROM item), (SELECT count(*) FROM log), (SELECT count(*) FROM part)")" "jug|3|3"
    sql <<<"ALTER TABLE part DROP CONSTRAINT few"
    run dbferry run g
    assert_status 0
    same item part
}

keys() { sql <<<"SELECT conrelid::regclass, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY 1::text, 2"; }

# Parents and children with each action, a tree, and a ring.
tables_with_keys() {
    joint 'foreign_keys = true;'
    sqlite3 "$D" "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT UNIQUE, boss INTEGER REFERENCES customers (id) ON DELETE SET NULL);
        INSERT INTO customers VALUES (1, 'ann', NULL), (2, 'bob', 1), (4, 'dan', 1);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE);
        INSERT INTO orders VALUES (10, 1), (11, 2), (12, 4);
        CREATE TABLE notes (id INTEGER PRIMARY KEY, o INTEGER REFERENCES orders (id) ON DELETE SET NULL, c INTEGER REFERENCES customers (id) ON DELETE RESTRICT);
        INSERT INTO notes VALUES (1, 10, 1), (2, 11, 2);
        CREATE TABLE a_ring (id INTEGER PRIMARY KEY, next INTEGER REFERENCES b_ring (id)); CREATE TABLE b_ring (id INTEGER PRIMARY KEY, next INTEGER REFERENCES a_ring (id));
        INSERT INTO a_ring VALUES (1, 1); INSERT INTO b_ring VALUES (1, 1);
        CREATE TABLE alone (id INTEGER PRIMARY KEY, t TEXT); INSERT INTO alone VALUES (1, 'x')"
    dbferry run g
}

@test "foreign keys that are carried: parents and children come, change and go together" {
    local was had alone
    tables_with_keys
    had=$(keys)
    assert_equal "$(wc -l <<<"$had")" 6
    alone=$(oids | grep alone)
    # who goes, and whom a key would take along or change: they belong to others by now
    sqlite3 "$D" "UPDATE orders SET customer = 2 WHERE customer = 1; UPDATE notes SET c = 2; UPDATE customers SET boss = 2 WHERE id = 4; UPDATE customers SET boss = NULL WHERE id = 2;
        DELETE FROM customers WHERE id = 1; INSERT INTO customers VALUES (3, 'ann', 2); INSERT INTO orders VALUES (13, 3);
        UPDATE a_ring SET id = 2, next = 3; UPDATE b_ring SET id = 3, next = 2; UPDATE alone SET t = 'y'"
    run dbferry run g
    assert_status 0
    same customers orders notes a_ring b_ring alone
    assert_equal "$(keys)" "$had"
    assert_equal "$(oids | grep alone)" "$alone"
    assert_equal "$(leftovers)" ""
    assert_equal "$(did | grep -c merge)" 6
    # and nothing to do is nothing done
    was=$(oids)
    run dbferry run g
    assert_status 0
    assert_equal "$(oids)" "$was"
    # a row that refers to none is told, and nothing has changed
    sqlite3 "$D" "INSERT INTO orders VALUES (14, 77); UPDATE customers SET name = 'eve' WHERE id = 2"
    run dbferry run g
    assert_status 65
    assert_output_has "orders" "77" "the target is unchanged"
    assert_equal "$(oids)" "$was"
    assert_equal "$(sql <<<"SELECT name FROM customers WHERE id = 2")" bob
}

# older_begin: a session whose view of the data is as old as this; older_counts: what it says of tables
older_begin() {
    coproc OLDER { sql; }
    older=$OLDER_PID
    echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class WHERE false;" >&"${OLDER[1]}"
    read -r <&"${OLDER[0]}"
}
older_counts() {
    local table count
    for table; do
        echo "SELECT count(*) FROM $table;" >&"${OLDER[1]}"
        read -r count <&"${OLDER[0]}"
        echo "$table $count"
    done >"$T/older"
    eval "exec ${OLDER[1]}>&-"
    wait "$older"
}

@test "an older view of the data finds none of the tables with foreign keys empty" {
    local was
    tables_with_keys
    was=$(oids)
    older_begin
    sqlite3 "$D" "UPDATE customers SET name = 'eve' WHERE id = 2; UPDATE customers SET name = 'bob' WHERE id = 4; INSERT INTO orders VALUES (15, 2); DELETE FROM orders WHERE id = 12"
    run dbferry run g
    assert_status 0
    older_counts customers orders notes a_ring b_ring alone
    assert_equal "$(tr '\n' ' ' <"$T/older")" "customers 3 orders 3 notes 2 a_ring 1 b_ring 1 alone 1 "
    # these were exchanged, changed or not
    assert_equal "$(comm -12 <(echo "$was") <(oids) | cut -d'|' -f1)" alone
    same customers orders notes a_ring b_ring alone
    assert_equal "$(leftovers)" ""
}

is_closed() { [ "$(sql <<<"SELECT count(*) FROM pg_locks WHERE relation = '$1'::regclass AND mode = 'ShareRowExclusiveLock' AND granted")" -gt 0 ]; }

# The server looks for deadlocks each time that the session has waited for a second; a turn and its pause
# are 1.3 s, so that one of three tries, 1.65 s apart, would fall into a turn.
@test "a stranger who has one table and waits for the other is not ended for a run" {
    tables_with_keys
    sqlite3 "$D" "UPDATE orders SET customer = 2 WHERE id = 10"
    coproc STRANGER { sql 2>&1; }
    stranger=$STRANGER_PID
    echo "SET deadlock_timeout = '1s'; SET lock_timeout = '1650ms'; BEGIN; SELECT count(*) FROM customers;" >&"${STRANGER[1]}"
    read -r <&"${STRANGER[0]}"
    dbferry run g >"$T/run" 2>&1 3>&- &
    local other=$! said
    until_there is_closed orders
    echo 'DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN INSERT INTO orders VALUES (99, 2); EXCEPTION WHEN lock_not_available THEN NULL; END; END LOOP; END $$;' >&"${STRANGER[1]}"
    echo "COMMIT; SELECT 'whole';" >&"${STRANGER[1]}"
    read -r said <&"${STRANGER[0]}"
    eval "exec ${STRANGER[1]}>&-"
    wait "$stranger" || true
    wait "$other" || { cat "$T/run"; return 1; }
    assert_equal "$said" whole
    same orders customers
}

@test "the same of tables that change where they are" {
    joint ''
    sqlite3 "$D" "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO a VALUES (1, 1); CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO b VALUES (1, 1)"
    dbferry run g
    sqlite3 "$D" "UPDATE a SET n = 2; UPDATE b SET n = 2"
    coproc STRANGER { sql 2>&1; }
    stranger=$STRANGER_PID
    echo "SET deadlock_timeout = '1s'; SET lock_timeout = '1650ms'; BEGIN; UPDATE b SET n = 7 RETURNING n;" >&"${STRANGER[1]}"
    read -r <&"${STRANGER[0]}"
    dbferry run g >"$T/run" 2>&1 3>&- &
    local other=$! said
    until_there is_closed a
    echo 'DO $$ BEGIN FOR i IN 1..3 LOOP BEGIN UPDATE a SET n = 7; EXCEPTION WHEN lock_not_available THEN NULL; END; END LOOP; END $$;' >&"${STRANGER[1]}"
    echo "ROLLBACK; SELECT 'whole';" >&"${STRANGER[1]}"
    read -r said <&"${STRANGER[0]}"
    eval "exec ${STRANGER[1]}>&-"
    wait "$stranger" || true
    wait "$other" || { cat "$T/run"; return 1; }
    assert_equal "$said" whole
    same a b
}

@test "each type of value comes through the copy of a table with foreign keys as it was" {
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
  local = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; schema = "src"; };
};
jobs = ( { name = "g"; source = "local"; target = "target"; tables = ["c", "p"]; commit = "together"; strategy = "merge"; foreign_keys = true; } );
END
    sql <<'END'
CREATE SCHEMA src; GRANT USAGE ON SCHEMA src TO loader;
CREATE TABLE src.p (id bigint PRIMARY KEY, t text, b bytea, d date, m timestamp, z timestamptz, f float8, n numeric(20,5), j json, u uuid, q bit(9), s time, o boolean, w varchar(9), r real);
INSERT INTO src.p VALUES (1, E'tab\tline\n\\\\N ä', '\x00ff5c0a', '2024-02-29', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.123456+02', 0.1, 12345678901234.56789,
    '{"a": [1,  2]}', '0f8fad5b-d9cb-469f-a165-70867728950e', B'101010101', '23:59:59.999999', true, '\.', 0.1),
    (2, '', '', NULL, NULL, NULL, 1e300, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (3, NULL, NULL, '0001-01-01', '9999-12-31', '0001-01-01 00:00:00+00', '-0', -0.00001, 'null', NULL, B'000000000', '00:00', false, '', '-0');
CREATE TABLE src.c (id bigint PRIMARY KEY, p bigint REFERENCES src.p (id)); INSERT INTO src.c VALUES (1, 2);
GRANT SELECT ON ALL TABLES IN SCHEMA src TO loader
END
    alike() { assert_equal "$(sql <<<"SELECT p::text FROM public.p ORDER BY id")" "$(sql <<<"SELECT p::text FROM src.p ORDER BY id")"; }
    run dbferry run g
    assert_status 0
    sql <<<"INSERT INTO src.c VALUES (2, 1)" # p is copied without a change
    run dbferry run g
    assert_status 0
    assert_equal "$(sql <<<"SELECT count(*) FROM public.c")" 2
    alike
    sql <<<"INSERT INTO src.p (id, t) VALUES (4, 'new')"
    run dbferry run g
    assert_status 0
    alike
}

@test "what hangs on tables with foreign keys, or who owns them, is not lost by their copies" {
    tables_with_keys
    sql <<<"DROP OWNED BY other" 2>"$T/none" || true
    sql <<<"DROP ROLE IF EXISTS other; CREATE ROLE other; GRANT SELECT ON customers TO other; COMMENT ON TABLE customers IS 'mine'"
    sqlite3 "$D" "UPDATE customers SET name = 'eve' WHERE id = 2"
    run dbferry run g
    assert_status 0
    assert_equal "$(sql <<<"SELECT has_table_privilege('other', 'customers', 'SELECT'), obj_description('customers'::regclass)")" "t|mine"
    sql <<<"CREATE VIEW needs AS SELECT id FROM customers"
    sqlite3 "$D" "UPDATE customers SET name = 'eva' WHERE id = 2"
    run dbferry run g
    assert_status 78
    assert_output_has "customers" "needs"
    assert_equal "$(sql <<<"SELECT name FROM customers WHERE id = 2")" eve
    sql <<<"DROP VIEW needs; DROP OWNED BY other; DROP ROLE other"
}

@test "cut off at each statement: all tables as before or all as read" {
    requires python3
    local text mode tried=0 SOCKET old new
    tables_with_keys
    both() { sql <<<"SELECT (SELECT string_agg(name, ',' ORDER BY id) FROM customers), (SELECT string_agg(t, ',') FROM alone), (SELECT count(*) FROM orders)"; }
    old=$(both)
    sqlite3 "$D" "UPDATE customers SET name = 'eve' WHERE id = 2; UPDATE alone SET t = 'y'; INSERT INTO orders VALUES (15, 2)"
    new="ann,eve,dan|y|4"
    mkdir -p "$T/cut"
    for text in "COPY" "UPDATE" "ADD CONSTRAINT" "DROP TABLE" "=COMMIT"; do
        for mode in before after; do
            rm -f "$T/cut.log"
            python3 "$FERRY_SOURCE/tests/servers/cut_postgres.py" "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" \
                "$T/cut/.s.PGSQL.$POSTGRES_PORT" $mode "$text" >"$T/cut.log" 2>&1 3>&- &
            cutter=$!
            until_there grep -q ready "$T/cut.log"
            SOCKET=$T/cut joint 'foreign_keys = true;'
            run dbferry run g
            until_there grep -q "cut at" "$T/cut.log"
            kill "$cutter"
            wait "$cutter" || true
            echo "$mode $text: $status $output"
            if [ "$mode $text" = "after =COMMIT" ]; then
                assert_status 0
                assert_equal "$(both)" "$new"
            else
                [ "$status" -ne 0 ]
                assert_equal "$(both)" "$old"
            fi
            assert_equal "$(leftovers)" ""
            tried=$((tried + 1))
        done
    done
    assert_equal $tried 10
}

@test "rows take each other's unique values in a table with a foreign key to itself" {
    target_config "" 'strategy = "merge";'
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT UNIQUE, boss INTEGER); INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', 1), (3, 'c', 1)"
    run dbferry run j
    assert_status 0
    sql <<<"ALTER TABLE t ADD FOREIGN KEY (boss) REFERENCES t (id); CREATE TABLE u (t bigint REFERENCES t (id)); INSERT INTO u VALUES (2)"
    sqlite3 "$D" "UPDATE t SET mail = '-' WHERE id = 1; UPDATE t SET mail = 'a' WHERE id = 2; UPDATE t SET mail = 'b' WHERE id = 1"
    run dbferry run j
    assert_status 0
    same t
    assert_equal "$(sql <<<"SELECT t FROM u")" 2
}
