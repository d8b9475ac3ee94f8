# A PostgreSQL server as the target: exact, at one stroke, and what hangs on a table stays.

load helper
load pgsql-target

setup_file() { pgsql_target_start; }
teardown_file() { postgres_remove; }
setup() { pgsql_target_setup; }

source_t() { sqlite3 "$D" "DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER);
    INSERT INTO t VALUES (1, 'one', 10), (2, 'two', NULL);"; }
rights_of_t() { sql <<<"SELECT relowner::regrole, unnest(relacl)::text FROM pg_class WHERE oid = 't'::regclass ORDER BY 2"; }
count_t() { sql <<<"SELECT count(*) FROM t"; }
rows_of_t() { sql <<<"SELECT id, name, n FROM t ORDER BY id"; }

@test "a new table has the source's keys, indexes and rows; a second run keeps it" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, x TEXT, b BLOB, UNIQUE (x), UNIQUE (r, id));
        CREATE INDEX by_r ON t (r);
        INSERT INTO t VALUES (-1, 0.1, 'é' || char(10) || char(9) || '\N', x'00FF5C'), (9223372036854775807, 1e308, '', x''),
            (3, NULL, NULL, NULL), (4, 9e999, '\', x'0A'), (5, 0.0, '\.', x'5C4E');"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT id, r, encode(convert_to(x, 'UTF8'), 'hex'), encode(b, 'hex') FROM t ORDER BY id")" \
        "-1|0.1|c3a90a095c4e|00ff5c
3|||
4|Infinity|5c|0a
5|0|5c2e|5c4e
9223372036854775807|1e+308||"
    assert_equal "$(sql <<<"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 't'::regclass")" "PRIMARY KEY (id)"
    assert_equal "$(sql <<<"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1")" \
        "t_by_r_idx
t_pkey
t_r_id_key
t_x_key"
    run to_target t t -o job.verify=content
    assert_status 0
    assert_equal "$(sql <<<"SELECT count(*) FROM t")" 5
    assert_equal "$(sql <<<"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 't'::regclass ORDER BY 1" | tr '\n' ' ')" \
        "t_by_r_idx t_pkey t_r_id_key t_x_key "
    assert_equal "$(leftovers)" ""
}

@test "a value that the server does not hold ends the load, with row and column, and nothing changes" {
    sqlite3 "$D" "CREATE TABLE zero (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO zero VALUES (1, 'a'), (2, 'b' || char(0) || 'c');
        CREATE TABLE loose (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO loose VALUES (1, 5), (2, 'six')"
    run to_target zero
    assert_status 65
    assert_output_has "row 2" "'x'" "zero byte"
    run to_target loose
    assert_status 65
    assert_output_has "row 2" "'n'"
    assert_equal "$(sql <<<"SELECT to_regclass('zero'), to_regclass('loose')")" "|"
    sqlite3 "$D" "CREATE TABLE wide (id INTEGER, v TEXT); INSERT INTO wide VALUES (1, 'abc'), (2, 'abc   '), (3, 'x')"
    sql_loader <<<"CREATE TABLE wide (id bigint CHECK (id < 3), v text); INSERT INTO wide VALUES (0, 'old')"
    run to_target wide
    assert_status 65
    assert_output_has "23514" "unchanged"
    assert_equal "$(sql <<<"SELECT * FROM wide")" "0|old"
}

# What the server says of its statements, from here on; statements_of TEXT: those that have it.
log_statements() { sql <<<"ALTER ROLE loader SET log_statement = 'all'; ALTER ROLE loader SET log_min_messages = 'log'"; }
statements_of() { grep -F "$1" "$POSTGRES_FOLDER/log"; }

@test "rows go in COPY's binary form where each column has one, else in its text form, and are the same" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, x TEXT, b BLOB, n INTEGER);
        INSERT INTO t VALUES (-1, 0.1, 'é' || char(10) || char(9) || '\N', x'00FF5C', 5), (9223372036854775807, -1e308, '', x'', NULL),
            (3, NULL, NULL, NULL, -32768), (4, 9e999, '\', x'0A', 0), (5, 0.0, '\.', x'5C4E', 32767);"
    log_statements
    run to_target t bare -o job.columns.n.type=smallint -o job.verify=content
    assert_status 0
    run to_target t text -o job.columns.n.type=numeric -o job.verify=content
    assert_status 0
    sql <<<"ALTER ROLE loader RESET ALL"
    statements_of 'COPY "public".' | grep -o 'FORMAT.*' >"$T/forms"
    assert_equal "$(cat "$T/forms")" $'FORMAT binary, FREEZE true)\nFORMAT text, FREEZE true)'
    assert_equal "$(sql <<<"SELECT * FROM bare ORDER BY id")" "$(sql <<<"SELECT * FROM text ORDER BY id")"
    assert_equal "$(sql <<<"SELECT count(*) FROM bare")" 5
}

@test "what the server refuses is told by row and column, also where a value has lines of its own" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, n INTEGER);
        INSERT INTO t VALUES (1, '[1]', 10), (2, NULL, NULL), (3, '[1', 123)"
    run to_target t t -o job.columns.x.type=json
    assert_status 65
    assert_output_has "row 3" "'x'" "none of the column's type" "22P02"
    run to_target t t -o "job.columns.n.type=varchar(2)"
    assert_status 65
    assert_output_has "row 3" "'n'" "too long" "22001"
    assert_equal "$(sql <<<"SELECT to_regclass('t')")" ""
}

@test "owner, rights and comments come along; readers see the old rows or the new ones" {
    source_t
    to_target t
    sql <<<"CREATE ROLE looker; CREATE ROLE keeper; GRANT keeper TO loader; GRANT CREATE ON SCHEMA public TO keeper;
        GRANT SELECT ON t TO looker WITH GRANT OPTION; GRANT SELECT, UPDATE ON t TO PUBLIC; ALTER TABLE t OWNER TO keeper;
        COMMENT ON TABLE t IS 'it''s ours'; COMMENT ON COLUMN t.name IS 'a name'"
    local before
    before=$(rights_of_t)
    look_on "$T/seen" count_t
    sqlite3 "$D" "WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, 'row ' || i, i FROM n"
    run to_target t
    assert_status 0
    stop_looking 3000
    saw_only 2 3000
    assert_equal "$(rights_of_t)" "$before"
    assert_equal "$(sql <<<"SELECT obj_description('t'::regclass, 'pg_class'), col_description('t'::regclass, 2)")" "it's ours|a name"
    sql <<<"DROP OWNED BY looker, keeper; DROP ROLE looker; REVOKE keeper FROM loader"
    sql <<<"DROP ROLE keeper"
}

@test "an older view of the data never finds the table empty" {
    source_t
    to_target t
    requires python3
    coproc OLDER { sql; }
    older=$OLDER_PID
    echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 'begun';" >&"${OLDER[1]}"
    read -r <&"${OLDER[0]}"
    to_target t
    echo "SELECT count(*) FROM t;" >&"${OLDER[1]}"
    local count
    read -r count <&"${OLDER[0]}"
    eval "exec ${OLDER[1]}>&-"
    wait "$older"
    assert_equal "$count" 2
}

@test "what hangs on a table stays: views, triggers, policies, statistics, publications, sequences" {
    source_t
    local made things=0
    while IFS='|' read -r made still; do
        sql <<<"DROP TABLE IF EXISTS t CASCADE"
        to_target t
        sql <<<"$made"
        run to_target t
        echo "$made: $output"
        assert_status 0
        assert_equal "$(rows_of_t | tr '\n' ' ')" "1|one|10 2|two| "
        assert_equal "$(sql <<<"$still")" 1
        things=$((things + 1))
    done <<'END'
CREATE VIEW v AS SELECT id FROM t|SELECT count(*) / 2 FROM v
CREATE MATERIALIZED VIEW m AS SELECT id FROM t|SELECT count(*) / 2 FROM m
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()|SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass
CREATE POLICY p ON t USING (true)|SELECT count(*) FROM pg_policy WHERE polrelid = 't'::regclass
CREATE STATISTICS s ON id, n FROM t|SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = 't'::regclass
CREATE PUBLICATION pub FOR TABLE t|SELECT count(*) FROM pg_publication_rel WHERE prrelid = 't'::regclass
DROP PUBLICATION pub; CREATE PUBLICATION pub FOR ALL TABLES|SELECT count(*) FROM pg_publication_tables WHERE tablename = 't'
DROP PUBLICATION pub; ALTER TABLE t ALTER id ADD GENERATED BY DEFAULT AS IDENTITY|SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attidentity = 'd'
SET allow_system_table_mods = on; INSERT INTO pg_subscription_rel (srsubid, srrelid, srsubstate) VALUES (1, 't'::regclass, 'r')|SELECT count(*) FROM pg_subscription_rel WHERE srrelid = 't'::regclass
GRANT SELECT (id) ON t TO PUBLIC|SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attacl IS NOT NULL
ALTER TABLE t SET (fillfactor = 70)|SELECT count(*) FROM pg_class WHERE oid = 't'::regclass AND reloptions IS NOT NULL
CREATE TABLE holder (a t)|SELECT count(*) FROM pg_attribute WHERE attrelid = 'holder'::regclass AND atttypid = 't'::regtype
END
    between 12 $things 12
    assert_equal "$(leftovers)" ""
}

@test "what would be harmed by rows that go and come is refused, with the reason" {
    source_t
    local made reason things=0
    while IFS='|' read -r made reason; do
        sql <<<"DROP TABLE IF EXISTS t, u, part CASCADE"
        to_target t
        sql <<<"$made"
        run to_target t
        echo "$made: $output"
        assert_status 65
        assert_output_has "'t'" "$reason"
        assert_equal "$(rows_of_t | tr '\n' ' ')" "1|one|10 2|two| "
        things=$((things + 1))
    done <<'END'
CREATE TABLE u (a bigint REFERENCES t (id) ON DELETE CASCADE); INSERT INTO u VALUES (1)|foreign key
CREATE TABLE u () INHERITS (t)|inherits
CREATE RULE r AS ON INSERT TO t DO ALSO NOTHING|rule
END
    between 3 $things 3
    sql <<<"CREATE VIEW v AS SELECT 1 AS one; CREATE TABLE part (id bigint) PARTITION BY RANGE (id)"
    sqlite3 "$D" "CREATE TABLE v (id INTEGER); CREATE TABLE part (id INTEGER)"
    run to_target v
    assert_status 65
    assert_output_has "a view"
    run to_target part
    assert_status 65
    assert_output_has "partitioned"
}

@test "a key that may be NULL at the source: the table is known again, also with a view on it" {
    sqlite3 "$D" "CREATE TABLE t (id TEXT PRIMARY KEY, name TEXT NOT NULL, n INTEGER, d TEXT DEFAULT 'x'); INSERT INTO t VALUES ('a', 'one', 10, 'y')"
    to_target t
    sql <<<"CREATE VIEW v AS SELECT id FROM t"
    run to_target t
    assert_status 0
    sqlite3 "$D" "INSERT INTO t VALUES ('b', 'two', 0, '')"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT id FROM v" | sort | tr '\n' ' ')" "a b "
}

@test "other columns: made anew where nothing needs the table, else refused by name" {
    source_t
    to_target t
    sqlite3 "$D" "ALTER TABLE t ADD COLUMN more TEXT; UPDATE t SET more = 'm'"
    sql <<<"GRANT SELECT ON t TO PUBLIC"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT more FROM t" | tr '\n' ' ')" "m m "
    assert_equal "$(sql <<<"SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE oid = 't'::regclass")" t
    sqlite3 "$D" "ALTER TABLE t ADD COLUMN another TEXT"
    sql <<<"CREATE VIEW needs AS SELECT more FROM t"
    run to_target t
    assert_status 65
    assert_output_has "needs"
    assert_equal "$(sql <<<"SELECT more FROM needs" | tr '\n' ' ')" "m m "
}

@test "a definition of somebody's own stays, and its other columns fill themselves" {
    source_t
    sql_loader <<<"CREATE TABLE t (extra text DEFAULT 'mine', n numeric(30), name text NOT NULL CHECK (name <> ''), id bigint PRIMARY KEY,
        twice bigint GENERATED ALWAYS AS (id * 2) STORED)"
    run to_target t
    assert_status 0
    assert_equal "$(sql <<<"SELECT * FROM t ORDER BY id")" $'mine|10|one|1|2\nmine||two|2|4'
    assert_equal "$(sql <<<"SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass AND contype = 'c'")" 1
    sql <<<"ALTER TABLE t ALTER name TYPE varchar(3)"
    run to_target t
    assert_status 65
    assert_output_has "name"
}

@test "rights that are missing show before any row is read" {
    source_t
    sql <<<"REVOKE CREATE ON SCHEMA public FROM loader"
    run to_target t
    assert_status 77
    sql <<<"GRANT CREATE ON SCHEMA public TO loader; CREATE TABLE t (id bigint PRIMARY KEY, name text NOT NULL, n bigint);
        GRANT SELECT, INSERT, UPDATE ON t TO loader"
    run to_target t
    assert_status 77
    assert_output_has "DELETE"
    run dbferry check j
    assert_status 77
    assert_output_has "rights" "DELETE on the table"
    sql <<<"GRANT DELETE ON t TO loader; REVOKE TEMPORARY ON DATABASE e FROM loader"
    run to_target t
    assert_status 77
    assert_output_has "TEMPORARY"
    sql <<<"GRANT TEMPORARY ON DATABASE e TO loader"
    run to_target t
    assert_status 0
    assert_equal "$(rows_of_t | tr '\n' ' ')" "1|one|10 2|two| "
}
