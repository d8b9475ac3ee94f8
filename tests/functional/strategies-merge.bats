# A merge writes what differs and nothing else, and leaves what a replacement would.  The sqlite3
# shell says what is stored, and the record what was done.

load helper
load strategies

setup() {
    strategies_setup
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT, u UNIQUE);
        INSERT INTO t VALUES (1, 'x', 'one', 'A'), (2, 5, 'two', 'B'), (3, 1.5, '', NULL), (4, x'00', NULL, NULL)"
}

@test "the first run loads the table, the next ones insert, update and delete" {
    run merge -v
    assert_status 0
    assert_output_has "the table is new"
    same
    assert_equal "$(recorded strategy)" replace
    merged "0|0|0|4"
    source_sql "INSERT INTO t VALUES (9, NULL, 'nine', 'N'), (-9, NULL, 'minus', 'M'); UPDATE t SET b = 'Two' WHERE id = 2; DELETE FROM t WHERE id = 3"
    merged "2|1|1|2"
    assert_equal "$(recorded "rows, key_columns, fallback")" "5|id|0"
}

@test "the summary counts what was done, and -q is quiet" {
    merge
    source_sql "DELETE FROM t WHERE id < 3; INSERT INTO t (id) VALUES (5), (6), (7); UPDATE t SET b = 'c' WHERE id = 3"
    run merge -v
    assert_status 0
    assert_output_has "5 rows (before: 4; 3 inserted, 1 updated, 2 deleted, 1 unchanged)"
    run merge -q
    assert_status 0
    assert_equal "$output" ""
}

@test "where nothing differs nothing is written but the record" {
    source_sql "INSERT INTO t (id, b) SELECT value + 10, hex(randomblob(200)) FROM generate_series(1, 3000)"
    merge
    sqlite3 "$D" "PRAGMA wal_checkpoint(TRUNCATE)" >"$T/out"
    before=$(cksum <"$D") root=$(target_sql "SELECT rootpage FROM sqlite_schema WHERE name = 't'")
    merged "0|0|0|3004"
    assert_equal "$(target_sql "SELECT rootpage FROM sqlite_schema WHERE name = 't'")" "$root"
    sqlite3 "$D" "PRAGMA wal_checkpoint(TRUNCATE)" >"$T/out"
    size=$(target_sql "PRAGMA page_size")
    # of all pages only the first and those of the record are other ones
    cp "$D" "$T/after.db"
    merge
    sqlite3 "$D" "PRAGMA wal_checkpoint(TRUNCATE)" >"$T/out"
    pages=$(cmp -l "$D" "$T/after.db" | awk -v size="$size" '{ seen[int(($1 - 1) / size)] = 1 } END { for (p in seen) n++; print n + 0 }')
    between 1 "$pages" 4
}

@test "values that a comparison by collation or number would take for the same" {
    for values in "'x'|'X'" "'x'|'x '" "'x '|'x  '" "'ä'|'Ä'" "'ä'|'a'" "'5'|5" "5|5.0" "'5'|x'35'" "'NULL'|NULL" "''|NULL" \
        "x''|''" "x''|NULL" "0|NULL" "1|1.0000000000000002" "9007199254740992|9007199254740993" \
        "9223372036854775807|9.2233720368547758e18" "'a'||char(0)||'b'|'a'||char(0)||'c'" "'1e1'|'10'" "9e999|-9e999"; do
        IFS='|' read -r one two <<<"${values//||/^}"
        one=${one//^/||} two=${two//^/||}
        for order in "$one,$two" "$two,$one"; do
            IFS=, read -r first second <<<"$order"
            source_sql "UPDATE t SET a = $first WHERE id = 2"
            run merge
            assert_status 0
            source_sql "UPDATE t SET a = $second WHERE id = 2"
            merged "0|1|0|3"
            merged "0|0|0|4"
            assert_equal "$(sqlite3 "$D" "SELECT typeof(a), hex(a) FROM t WHERE id = 2")" "$(sqlite3 "$S" "SELECT typeof(a), hex(a) FROM t WHERE id = 2")"
        done
    done
}

@test "-0.0 and 0.0 are the same by the canonical form, 0 and 0.0 are not" {
    source_sql "UPDATE t SET a = -0.0 WHERE id = 2"
    merge
    source_sql "UPDATE t SET a = 0.0 WHERE id = 2"
    run merge
    assert_status 0
    assert_equal "$(did)" "merge|0|0|0|4"
    source_sql "UPDATE t SET a = 0 WHERE id = 2"
    merged "0|1|0|3"
}

@test "text keys that differ in case, accent, trailing space or NUL only are different rows, whatever the collations" {
    for pair in "|" "NOCASE|" "|NOCASE" "RTRIM|" "|RTRIM" "NOCASE|RTRIM" "NOCASE|NOCASE"; do
        rm -f "$S" "$D"*
        IFS='|' read -r of_source of_target <<<"$pair"
        source_sql "CREATE TABLE t (k TEXT NOT NULL${of_source:+ COLLATE $of_source}, v)"
        target_sql "CREATE TABLE t (k TEXT NOT NULL${of_target:+ COLLATE $of_target}, v)"
        source_sql "INSERT INTO t VALUES ('a', 1), ('A', 2), ('a ', 3), ('A  ', 4), ('ä', 5), ('Ä', 6), ('', 7), (' ', 8),
            ('a' || char(0), 9), ('b', 10), ('B', 11), ('aa', 12), ('a' || char(9), 13), ('😀', 14), ('￿', 15)"
        target_sql "INSERT INTO t VALUES ('A', 2), ('a  ', 3), ('B', 10), ('', 7), (char(9), 1), ('AA', 12)"
        run merge -o job.key=k
        assert_status 0
        assert_equal "$(did)" "merge|12|1|3|2"
        same
        source_sql "UPDATE t SET v = v + 100 WHERE k = 'A' COLLATE BINARY; DELETE FROM t WHERE k = 'a ' COLLATE BINARY; UPDATE t SET k = 'bB' WHERE k = 'b' COLLATE BINARY"
        run merge -o job.key=k
        assert_status 0
        assert_equal "$(did)" "merge|1|1|2|12"
        same
    done
}

@test "rows that swap a unique value, a ring of them, and a chain in which each takes the next one's" {
    merge
    source_sql "UPDATE t SET u = NULL WHERE id = 1; UPDATE t SET u = 'A' WHERE id = 2; UPDATE t SET u = 'B' WHERE id = 1"
    merged "0|2|0|2"
    source_sql "UPDATE t SET u = NULL; UPDATE t SET u = char(65 + id)"
    merge
    same
    source_sql "UPDATE t SET u = NULL; UPDATE t SET u = char(65 + (id % 4) + 1)"
    merged "0|4|0|0"
    source_sql "UPDATE t SET u = NULL; UPDATE t SET u = id; INSERT INTO t (id, u) SELECT value, value FROM generate_series(5, 2000)"
    merge
    source_sql "UPDATE t SET u = NULL; UPDATE t SET u = id + 1"
    merged "0|2000|0|0"
    source_sql "UPDATE t SET u = NULL; UPDATE t SET u = id - 1"
    merged "0|2000|0|0"
    # the value of a row that goes, by one that comes
    source_sql "DELETE FROM t WHERE id = 7; INSERT INTO t (id, u) VALUES (-7, 6)"
    merged "1|0|1|1999"
}

@test "a chain of keys each of which takes the next one's value" {
    source_sql "DELETE FROM t; INSERT INTO t (id, a) SELECT value, 'row ' || value FROM generate_series(1, 500)"
    merge
    source_sql "UPDATE t SET id = -id - 1; UPDATE t SET id = -id"
    assert_equal "$(source_sql "SELECT min(id), max(id), a FROM t WHERE id = 2")" "2|2|row 1"
    merged "1|499|1|0"
}

@test "NULL in a column that is UNIQUE, from either side" {
    merge
    source_sql "UPDATE t SET u = NULL"
    merged "0|2|0|2"
    target_sql "UPDATE t SET u = id"
    merged "0|4|0|0"
    source_sql "INSERT INTO t (id) VALUES (10), (11)"
    merged "2|0|0|4"
}

@test "a composite key, in the order that the job names" {
    source_sql "DROP TABLE t; CREATE TABLE t (x TEXT, n INTEGER, v, PRIMARY KEY (n, x)) WITHOUT ROWID;
        INSERT INTO t VALUES ('a', 1, 1), ('b', 1, 2), ('a', 2, 3), ('B', -1, 4)"
    merge
    source_sql "UPDATE t SET n = 3 WHERE v = 2; UPDATE t SET v = 30 WHERE v = 3; INSERT INTO t VALUES ('', 1, 5)"
    target_sql "INSERT INTO t VALUES ('zz', 1, 9)"
    run merge
    assert_status 0
    same
    assert_equal "$(did)" "merge|2|1|2|2"
    assert_equal "$(recorded key_columns)" "n,x"
    source_sql "DELETE FROM t WHERE v = 4"
    target_sql "UPDATE t SET v = 0 WHERE v = 5"
    run merge -o 'job.key=n,x'
    assert_status 0
    same
    assert_equal "$(did)" "merge|0|1|1|3"
}

@test "keys of every integer, also by the job" {
    source_sql "CREATE TABLE k (k INTEGER NOT NULL, v); INSERT INTO k VALUES (-9223372036854775808, 1), (9223372036854775807, 2), (0, 3), (-1, 4);
        DROP TABLE t; ALTER TABLE k RENAME TO t"
    merge -o job.key=k
    source_sql "UPDATE t SET v = v + 1; INSERT INTO t VALUES (9223372036854775806, 5); DELETE FROM t WHERE k = -1"
    run merge -o job.key=k
    assert_status 0
    same
    assert_equal "$(did)" "merge|1|3|1|0"
}

@test "a key twice in the source, or NULL in it: refused by name, and nothing is written" {
    source_sql "CREATE TABLE more AS SELECT * FROM t WHERE 0; CREATE VIEW v AS SELECT * FROM t UNION ALL SELECT * FROM more"
    of_view=(copy "sqlite:$S" "sqlite:$D" --view v --target-table t --strategy merge --key id)
    dbferry "${of_view[@]}"
    source_sql "INSERT INTO more SELECT * FROM t WHERE id = 3; UPDATE t SET b = 'changed' WHERE id = 1"
    refused 65 dbferry "${of_view[@]}"
    assert_output_has "rows 3 and 4 of the source" "have the same key" "(id)" "unchanged"
    source_sql "UPDATE more SET id = NULL"
    refused 65 dbferry "${of_view[@]}"
    assert_output_has "NULL" "'id'" "unchanged"
    source_sql "DELETE FROM more"
    run dbferry "${of_view[@]}"
    assert_status 0
    assert_equal "$(did)" "merge|0|1|0|3"
    refused 65 dbferry copy "sqlite:$S" "sqlite:$D" --view v --target-table t --strategy merge
    assert_output_has "key = ["
}

@test "a key twice in the target, or NULL in it: refused, and a replacement mends it" {
    source_sql "CREATE TABLE k (k TEXT NOT NULL, v); INSERT INTO k VALUES ('a', 1), ('b', 2); DROP TABLE t; ALTER TABLE k RENAME TO t"
    target_sql "CREATE TABLE t (k TEXT, v); INSERT INTO t VALUES ('a', 1), ('a', 2)"
    refused 65 merge -o job.key=k
    assert_output_has "target" "same key" "(k)"
    target_sql "DELETE FROM t WHERE v = 2; INSERT INTO t VALUES (NULL, 3)"
    refused 65 merge -o job.key=k
    assert_output_has "target" "NULL" "'k'"
    run sync replace
    assert_status 0
    run merge -o job.key=k
    assert_status 0
    same
}

@test "the target edited by hand between runs follows again, in values of another storage class too" {
    merge
    target_sql "UPDATE t SET a = '5' WHERE id = 2; UPDATE t SET b = x'6f6e65' WHERE id = 1; DELETE FROM t WHERE id = 3; INSERT INTO t (id, a) VALUES (77, 'mine')"
    merged "1|2|1|1"
    target_sql "DELETE FROM t"
    run merge -v
    assert_status 0
    same
    assert_output_has "empty"
}

@test "indexes, views and triggers of the target are as they were; triggers do not fire, and are named" {
    merge
    target_sql "CREATE INDEX mine ON t (b); CREATE VIEW v AS SELECT id FROM t; CREATE TABLE log (what, id);
        CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('i', new.id); END;
        CREATE TRIGGER u BEFORE UPDATE ON t BEGIN INSERT INTO log VALUES ('u', new.id); END;
        CREATE TRIGGER d AFTER DELETE ON t BEGIN INSERT INTO log VALUES ('d', old.id); END;"
    objects="SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\_dbferry%' ESCAPE '\' ORDER BY 1, 2"
    before=$(target_sql "$objects")
    source_sql "UPDATE t SET b = 'changed' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t (id) VALUES (8)"
    merged "1|1|1|2"
    assert_output_has "trigger 'i' does not fire" "trigger 'u' does not fire" "trigger 'd' does not fire"
    assert_equal "$(target_sql "$objects")" "$before"
    assert_equal "$(rows "$D" log)" 0
    assert_equal "$(target_sql "PRAGMA integrity_check")" ok
    target_sql "INSERT INTO t (id) VALUES (99)"
    assert_equal "$(target_sql "SELECT * FROM log")" "i|99"
}

@test "foreign keys of the target do nothing during a merge: no row of another table goes" {
    merge
    target_sql "CREATE TABLE child (t_id REFERENCES t (id) ON DELETE CASCADE ON UPDATE SET NULL); INSERT INTO child VALUES (1), (2)"
    source_sql "UPDATE t SET b = 'changed' WHERE id = 1; DELETE FROM t WHERE id = 2"
    merged "0|1|1|2"
    assert_equal "$(target_sql "SELECT t_id FROM child ORDER BY 1")" $'1\n2'
}

@test "columns that the target generates itself" {
    source_sql "CREATE TABLE g (id INTEGER PRIMARY KEY, a, twice AS (a * 2), sum AS (a + 1) STORED); INSERT INTO g (id, a) VALUES (1, 1), (2, 2);
        DROP TABLE t; ALTER TABLE g RENAME TO t"
    merge
    source_sql "UPDATE t SET a = 10 WHERE id = 1; INSERT INTO t (id, a) VALUES (3, 3); DELETE FROM t WHERE id = 2"
    merged "1|1|1|0"
    assert_equal "$(target_sql "SELECT group_concat(id || ':' || twice || ':' || sum) FROM t")" "1:20:11,3:6:4"
}

@test "another key in the configuration: all rows are replaced, and it is said why" {
    source_sql "CREATE UNIQUE INDEX by_b ON t (b); UPDATE t SET b = id"
    merge
    merged "0|0|0|4"
    run merge -o job.key=b -v
    assert_status 0
    assert_output_has "the key is another one than at the last run (id)"
    same
    assert_equal "$(recorded "strategy, key_columns")" "replace|b"
    run merge -o job.key=b -v
    assert_status 0
    assert_equal "$(did)" "merge|0|0|0|4"
}

@test "another schema at the source: the table is made anew where the job says so, with a word why" {
    merge
    source_sql "ALTER TABLE t ADD COLUMN more DEFAULT 'more'"
    refused 65 merge -o job.on_schema_change=refuse
    run merge -o job.on_schema_change=rebuild -v
    assert_status 0
    assert_output_has "the table is made anew"
    same
    merged "0|0|0|4"
    assert_equal "$(recorded strategy)" merge
}

@test "--full merges where there is a key, and replaces nothing that is the same" {
    merge
    run merge --full
    assert_status 0
    assert_equal "$(did)" "merge|0|0|0|4"
    source_sql "CREATE TABLE c (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO c VALUES (1, 1), (2, 2); DROP TABLE t; ALTER TABLE c RENAME TO t"
    rm "$D"*
    upsert --cursor n
    source_sql "DELETE FROM t WHERE id = 1"
    upsert --cursor n
    assert_equal "$(rows "$D" t)" 2
    run upsert --cursor n --full -v
    assert_status 0
    assert_output_has "--full"
    assert_equal "$(did)" "merge|0|0|1|1"
}

@test "values of another kind by hand in columns of every type, and in the key: compared, changed, deleted" {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "k text(9) not null, d date, n decimal(20,3), u uuid, y year, b bit(3), i int16"; rows = 40;
           literal = "k|2026-01-01|1.500|00000000-0000-4000-8000-000000000001|2026|5|7;l|2026-01-02|-1.500|00000000-0000-4000-8000-000000000002|1999|0|-7"; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "local"; target_table = "t"; strategy = "merge"; key = ["k"]; } );
END
    dbferry run j
    wanted=$(every "$D")
    for set in "k = x'6b'" "d = x'35'" "d = 'no date'" "n = 1.501" "n = x''" "n = 'one'" "u = 5" "u = ''" "y = 7.5" "y = 'x'" "y = 70000" "b = -1" "b = 'x'" "i = 70000" "i = 7.5" "i = x''"; do
        target_sql "UPDATE t SET $set WHERE k = 'k'"
        run dbferry run j
        assert_status 0
        assert_equal "$(every "$D")" "$wanted"
        [ "$set" = "k = x'6b'" ] && counts="1|0|1|1" || counts="0|1|0|1"
        assert_equal "$set: $(did)" "$set: merge|$counts"
    done
    for key in "x''" "x'6b'" "x'ff'"; do
        target_sql "INSERT INTO t (k) VALUES ($key)"
        run dbferry run j
        assert_status 0
        assert_equal "$key: $(did)" "$key: merge|0|0|1|2"
    done
    # a decimal by its value
    target_sql "UPDATE t SET n = '01.5' WHERE k = 'k'"
    run dbferry run j
    assert_equal "$(did)" "merge|0|0|0|2"
}
