# Append and upsert: rows from a cursor on, and the cursor moves with the commit alone.

load helper
load strategies

setup() {
    strategies_setup
    sqlite3 "$S" "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, v);
        INSERT INTO t VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')"
}

# made COLUMNS LITERAL JOB [CONNECTION]: the job j reads these rows from memory into table t.
made() {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$1"; literal = "$2"; ${4:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "local"; target_table = "t"; $3 } );
END
}

# went COUNTS CURSOR: the last run did this, and so far it has come
went() {
    assert_status 0
    assert_equal "$(did) $(recorded cursor_value)" "$1 $2"
}

@test "append: rows from the cursor on come, earlier ones stay as they are" {
    append --cursor n
    assert_equal "$(recorded "strategy, cursor_column, cursor_value")" "replace|n|30"
    source_sql "UPDATE t SET v = 'not seen' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (4, 40, 'd'), (5, 35, 'e')"
    run append --cursor n
    went "append|2|0|0|1" 40
    assert_equal "$(every "$D")" "1,10,'a'
2,20,'b'
3,30,'c'
4,40,'d'
5,35,'e'"
    run append --cursor n
    went "append|0|0|0|1" 40
    assert_equal "$(recorded rows)" 5
}

@test "append: a row that is there with other values is refused, the same one is not" {
    append --cursor n
    source_sql "UPDATE t SET v = 'other' WHERE id = 3; INSERT INTO t VALUES (4, 40, 'd')"
    refused 65 append --cursor n
    assert_output_has "(id)" "strategy = \"upsert\"" "unchanged"
    run upsert --cursor n
    went "upsert|1|1|0|0" 40
}

@test "append: a row above the cursor whose key is there below it" {
    append --cursor n
    source_sql "UPDATE t SET n = 50, v = 'again' WHERE id = 1"
    refused 65 append --cursor n
    assert_equal "$(recorded cursor_value)" 30
    run upsert --cursor n
    went "upsert|0|1|0|1" 50
}

@test "upsert: new and changed rows by their key, and deleted ones stay" {
    upsert --cursor n
    source_sql "UPDATE t SET n = 31, v = 'A' WHERE id = 1; UPDATE t SET v = 'not seen' WHERE id = 2; DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (4, 40, NULL)"
    run upsert --cursor n
    went "upsert|1|1|0|0" 40
    assert_equal "$(every "$D")" "1,31,'A'
2,20,'b'
3,30,'c'
4,40,NULL"
}

@test "upsert: a difference in case, space, storage class or NULL only is a change, none is none" {
    upsert --cursor n
    for pair in "'C'|c" "'C '|C" "''|C" "NULL|" "5|" "'5'|5" "5.0|" "x'35'|"; do
        source_sql "UPDATE t SET v = ${pair%|*} WHERE id = 3"
        run upsert --cursor n
        went "upsert|0|1|0|0" 30
        assert_equal "$(sqlite3 -quote "$D" "SELECT v FROM t WHERE id = 3")" "$(sqlite3 -quote "$S" "SELECT v FROM t WHERE id = 3")"
        run upsert --cursor n
        went "upsert|0|0|0|1" 30
    done
}

@test "upsert without a cursor reads all rows and deletes none" {
    upsert
    source_sql "UPDATE t SET v = 'A' WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (4, 0, 'd')"
    run upsert
    went "upsert|1|1|0|1" ""
    assert_equal "$(rows "$D" t)" 4
}

@test "upsert: rows that swap a unique value, by a cursor and without" {
    source_sql "CREATE UNIQUE INDEX one ON t (v)"
    upsert --cursor n
    source_sql "UPDATE t SET v = NULL, n = n + 100; UPDATE t SET v = char(97 + id % 3)"
    run upsert --cursor n
    went "upsert|0|3|0|0" 130
    same
    source_sql "UPDATE t SET v = NULL; UPDATE t SET v = char(97 + (id + 1) % 3)"
    run upsert
    went "upsert|0|3|0|0" ""
    same
}

@test "upsert: a unique value that a row below the cursor has, which is not read, is refused" {
    source_sql "CREATE UNIQUE INDEX one ON t (v)"
    upsert --cursor n
    source_sql "UPDATE t SET v = 'z' WHERE id = 1; INSERT INTO t VALUES (4, 40, 'a')"
    refused 65 upsert --cursor n
    assert_output_has "unchanged"
    run upsert --cursor n --full
    assert_status 0
    same
}

@test "rows with the same cursor as the last one that come later are found" {
    for strategy in append upsert; do
        rm -f "$D"*
        sync $strategy --cursor n
        source_sql "INSERT INTO t SELECT max(id) + 1, 30, 'late' FROM t"
        run sync $strategy --cursor n
        assert_status 0
        same
        source_sql "INSERT INTO t SELECT max(id) + 1, 30, 'later' FROM t"
        run sync $strategy --cursor n
        assert_status 0
        same
        assert_equal "$(recorded "inserted, cursor_value")" "1|30"
    done
}

@test "append without a key: what comes later with the last cursor is missed, and the plan says so" {
    source_sql "CREATE VIEW v AS SELECT n, v FROM t"
    of_view=(copy "sqlite:$S" "sqlite:$D" --view v --target-table t --strategy append --cursor n)
    dbferry "${of_view[@]}"
    source_sql "INSERT INTO t VALUES (4, 30, 'missed'), (5, 31, 'seen'), (6, 31, 'too')"
    run dbferry "${of_view[@]}"
    went "append|2|0|0|0" 31
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(v) FROM t")" "a,b,c,seen,too"
    write_config <<<"connections = { s = { driver = \"sqlite\"; path = \"$S\"; }; d = { driver = \"sqlite\"; path = \"$D\"; }; };
        jobs = ( { name = \"copy\"; source = \"s\"; view = \"v\"; target = \"d\"; target_table = \"t\"; strategy = \"append\"; cursor = \"n\"; } );"
    run dbferry plan
    assert_status 0
    assert_output_has "strategy: append" "cursor: 'n', read above 31" "without a key, rows that come later with the cursor of the last row are missed"
}

@test "rows that are committed late, by a transaction that began before, are found within cursor_lag" {
    for strategy in append upsert; do
        rm -f "$D"*
        sync $strategy --cursor n -o job.cursor_lag=10
        source_sql "INSERT INTO t SELECT max(id) + 1, 21, 'late' FROM t"
        run sync $strategy --cursor n -o job.cursor_lag=10
        assert_status 0
        same
        assert_equal "$(recorded "inserted, cursor_value")" "1|30"
        source_sql "INSERT INTO t SELECT max(id) + 1, 19, 'too late' FROM t"
        run sync $strategy --cursor n -o job.cursor_lag=10
        assert_status 0
        assert_equal "$(recorded inserted)" 0
        run sync $strategy --cursor n --full
        assert_status 0
        same
    done
}

@test "the cursor moves with the commit alone: not with a refused run, nor with one that is killed" {
    upsert --cursor n
    source_sql "INSERT INTO t VALUES (4, 40, 'd'), (5, 50, 'e')"
    refused 65 upsert --cursor n -o job.min_rows=9
    assert_equal "$(recorded cursor_value)" 30
    made "id int64 not null key, n int64, v text" "4|40|d;5|50|e;6|60|f" \
        'strategy = "upsert"; cursor = "n";' "fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 2; fail_mark = \"$T/mark\";"
    rm "$D"*
    made "id int64 not null key, n int64, v text" "4|40|d" 'strategy = "upsert"; cursor = "n";'
    dbferry run j
    made "id int64 not null key, n int64, v text" "4|40|d;5|50|e;6|60|f" \
        'strategy = "upsert"; cursor = "n";' "fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 2; fail_mark = \"$T/mark\";"
    "$DBFERRY" run j >"$T/out" 2>&1 3>&- &
    run_id=$!
    until_there test -e "$T/mark"
    kill -KILL $run_id
    wait $run_id || true
    assert_equal "$(rows "$D" t) $(recorded cursor_value)" "1 40"
    made "id int64 not null key, n int64, v text" "4|40|d;5|50|e;6|60|f" 'strategy = "upsert"; cursor = "n";'
    run dbferry run j
    went "upsert|2|0|0|1" 60
}

@test "a cursor that goes backwards is told, with both values, and does not go back itself" {
    upsert --cursor n
    source_sql "DELETE FROM t WHERE id = 3"
    run upsert --cursor n
    assert_status 0
    assert_output_has "cursor 'n' has gone back" "came to 30" "no row" "--full"
    assert_equal "$(recorded cursor_value)" 30
    run upsert --cursor n -o job.cursor_lag=15
    assert_status 0
    assert_output_has "came to 30" "ends at 20"
    assert_equal "$(recorded cursor_value)" 30
    source_sql "INSERT INTO t VALUES (7, 30, 'g')"
    run upsert --cursor n
    went "upsert|1|0|0|0" 30
    refute_output_has "gone back"
}

@test "after a run over all rows the cursor is where the source's rows end" {
    upsert --cursor n
    source_sql "DELETE FROM t WHERE id = 3"
    run upsert --cursor n --full
    went "merge|0|0|1|2" 20
    source_sql "INSERT INTO t VALUES (8, 25, 'h')"
    run upsert --cursor n
    went "upsert|1|0|0|1" 25
    same
}

@test "full_every: a merge when it is due, which finds what was deleted and what came late" {
    upsert --cursor n
    source_sql "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4, 5, 'late')"
    run upsert --cursor n -o job.full_every=1d
    went "upsert|0|0|0|1" 30
    refute_output_has "full_every"
    target_sql "UPDATE _dbferry_sync SET full_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-25 hours')"
    run upsert --cursor n -o job.full_every=1d -v
    went "merge|1|0|1|2" 30
    assert_output_has "the last run over all rows is longer ago than full_every"
    same
    source_sql "DELETE FROM t WHERE id = 4"
    run upsert --cursor n -o job.full_every=1d
    went "upsert|0|0|0|1" 30
    target_sql "UPDATE _dbferry_sync SET full_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hours')"
    run upsert --cursor n -o job.full_every=1d
    went "merge|0|0|1|2" 30
}

@test "full_every without a key: all rows are replaced" {
    source_sql "CREATE VIEW v AS SELECT n, v FROM t"
    of_view=(copy "sqlite:$S" "sqlite:$D" --view v --target-table t --strategy append --cursor n -o job.full_every=1h)
    dbferry "${of_view[@]}"
    source_sql "DELETE FROM t WHERE id = 1"
    target_sql "UPDATE _dbferry_sync SET full_at = '2020-01-01T00:00:00Z'"
    run dbferry "${of_view[@]}" -v
    assert_status 0
    assert_output_has "full_every"
    same v
}

@test "find_deleted = keys: what is gone is deleted, and what is missing is told, not read" {
    upsert --cursor n
    source_sql "DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4, 5, 'late'), (5, 50, 'e'); UPDATE t SET v = 'not seen' WHERE id = 2"
    run upsert --cursor n -o job.find_deleted=keys
    went "upsert|1|0|1|1" 50
    assert_output_has "1 row"
    assert_equal "$(every "$D")" "2,20,'b'
3,30,'c'
5,50,'e'"
    target_sql "INSERT INTO t VALUES (-5, 1, 'mine')"
    source_sql "DELETE FROM t WHERE id = 5"
    run upsert --cursor n -o job.find_deleted=keys
    assert_status 0
    assert_equal "$(every "$D")" "2,20,'b'
3,30,'c'"
}

@test "find_deleted = keys without a cursor leaves what the source has" {
    upsert
    source_sql "DELETE FROM t WHERE id < 3; INSERT INTO t VALUES (0, 1, 'z')"
    target_sql "INSERT INTO t VALUES (100, 1, 'mine')"
    run upsert -o job.find_deleted=keys
    went "upsert|1|0|3|1" ""
    same
}

@test "find_deleted = keys: text keys that differ in case or space only" {
    source_sql "CREATE TABLE k (id TEXT COLLATE NOCASE NOT NULL, n INTEGER, v); INSERT INTO k VALUES ('a', 1, 1), ('A', 1, 2), ('a ', 1, 3), ('ä', 1, 4); DROP TABLE t; ALTER TABLE k RENAME TO t"
    upsert --cursor n --key id
    source_sql "DELETE FROM t WHERE v IN (1, 4); INSERT INTO t VALUES ('Ä', 2, 5)"
    run upsert --cursor n --key id -o job.find_deleted=keys
    went "upsert|1|0|2|2" 2
    same
}

@test "the state lies in the target: a copy and a restored backup go on from their own" {
    upsert --cursor n
    source_sql "INSERT INTO t VALUES (4, 40, 'd')"
    sqlite3 "$D" ".backup '$T/backup.db'"
    upsert --cursor n
    assert_equal "$(recorded cursor_value)" 40
    source_sql "INSERT INTO t VALUES (5, 50, 'e'); DELETE FROM t WHERE id = 1"
    upsert --cursor n
    rm "$D"*
    cp "$T/backup.db" "$D"
    assert_equal "$(recorded cursor_value)" 30
    run upsert --cursor n
    went "upsert|2|0|0|1" 50
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)")" "1,2,3,4,5"
    mv "$D" "$T/elsewhere.db"
    run dbferry copy "sqlite:$S" "sqlite:$T/elsewhere.db" --table t --strategy upsert --cursor n
    assert_status 0
    assert_equal "$(sqlite3 "$T/elsewhere.db" "SELECT strategy, inserted, cursor_value FROM _dbferry_sync")" "upsert|0|50"
}

@test "without a record, or with one that cannot be read, all rows are read" {
    upsert --cursor n
    target_sql "DELETE FROM _dbferry_sync; UPDATE t SET v = 'stale'"
    run upsert --cursor n -v
    assert_status 0
    assert_output_has "no run has left a cursor with the table"
    same
    for value in "'x'" "'30; DROP TABLE t'" "'999999999999999999999'" "'-'" "''" NULL "x'00'" "'0x10'" "' 30'"; do
        target_sql "UPDATE _dbferry_sync SET cursor_value = $value; UPDATE t SET v = 'stale'"
        run upsert --cursor n
        assert_status 0
        same
        assert_equal "$(recorded cursor_value)" 30
    done
}

@test "another cursor than at the last run: all rows are read, and it is said why" {
    upsert --cursor n
    target_sql "UPDATE t SET v = 'stale'"
    run upsert --cursor id -v
    assert_status 0
    assert_output_has "the cursor of the last run was 'n'"
    same
    assert_equal "$(recorded "cursor_column, cursor_value")" "id|3"
}

@test "a NULL cursor: refused by row, or read each time" {
    upsert --cursor n
    source_sql "INSERT INTO t VALUES (4, NULL, 'd')"
    refused 65 upsert --cursor n
    assert_output_has "'n'" "cursor_nulls"
    run upsert --cursor n -o job.cursor_nulls=read
    went "upsert|1|0|0|1" 30
    source_sql "UPDATE t SET v = 'D' WHERE id = 4; INSERT INTO t VALUES (5, NULL, 'e')"
    run upsert --cursor n -o job.cursor_nulls=read
    went "upsert|1|1|0|1" 30
    same
}

@test "dates and moments as cursors, with fractions and a lag" {
    local columns="id int64 not null key, at datetime(6), v text"
    made "$columns" "1|2026-02-28 23:59:59.999999|a;2|2026-03-01 00:00:00.000000|b" 'strategy = "upsert"; cursor = "at";'
    dbferry run j
    assert_equal "$(recorded cursor_value)" "2026-03-01 00:00:00.000000"
    made "$columns" "2|2026-03-01 00:00:00.000000|B;3|2026-03-01 00:00:00.000001|c;4|2026-02-28 23:59:59.999999|d" 'strategy = "upsert"; cursor = "at";'
    run dbferry run j
    went "upsert|1|1|0|0" "2026-03-01 00:00:00.000001"
    made "$columns" "4|2026-02-28 23:50:00.000001|d;5|2026-02-28 23:50:00.000000|e;6|2026-02-28 23:49:59.999999|f;7|2026-03-01 00:00:00.000001|g" \
        'strategy = "upsert"; cursor = "at"; cursor_lag = "10m";'
    run dbferry run j
    went "upsert|2|0|0|0" "2026-03-01 00:00:00.000001"
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(id) FROM (SELECT id FROM t ORDER BY id)")" "1,2,3,4,7"
    made "id int64 not null key, d date" "1|2024-02-29" 'strategy = "upsert"; cursor = "d"; on_schema_change = "rebuild";'
    dbferry run j
    made "id int64 not null key, d date" "2|2024-02-28;3|2024-02-27;4|2024-03-01" 'strategy = "upsert"; cursor = "d"; cursor_lag = "1h";'
    run dbferry run j
    went "upsert|2|0|0|0" "2024-03-01"
}

@test "decimals and numbers above those with a sign as cursors" {
    made "id int64 not null key, n decimal(30,2)" "1|-0.50;2|12345678901234567890123456.78" 'strategy = "upsert"; cursor = "n";'
    dbferry run j
    assert_equal "$(recorded cursor_value)" "12345678901234567890123456.78"
    made "id int64 not null key, n decimal(30,2)" "3|12345678901234567890123456.77;4|12345678901234567890123456.79;5|12345678901234567890123456.78;6|9.00" 'strategy = "upsert"; cursor = "n";'
    run dbferry run j
    went "upsert|2|0|0|0" "12345678901234567890123456.79"
    made "id int64 not null key, n decimal(30,2)" "7|12345678901234567890123455.79;8|12345678901234567890123455.78" 'strategy = "upsert"; cursor = "n"; cursor_lag = "1";'
    run dbferry run j
    went "upsert|1|0|0|0" "12345678901234567890123456.79"
    rm "$D"*
    made "id int64 not null key, n int64 unsigned" "1|9223372036854775807;2|18446744073709551614" 'strategy = "upsert"; cursor = "n"; big_unsigned = "text";'
    dbferry run j
    assert_equal "$(recorded cursor_value)" 18446744073709551614
    made "id int64 not null key, n int64 unsigned" "3|18446744073709551613;4|18446744073709551615;5|0;6|9223372036854775808" 'strategy = "upsert"; cursor = "n"; big_unsigned = "text";'
    run dbferry run j
    went "upsert|1|0|0|0" 18446744073709551615
    made "id int64 not null key, n int64 unsigned" "7|18446744073709551605;8|18446744073709551604" 'strategy = "upsert"; cursor = "n"; big_unsigned = "text"; cursor_lag = "10";'
    run dbferry run j
    went "upsert|1|0|0|0" 18446744073709551615
}

@test "the least and the greatest integers, and a lag that would go beyond them" {
    source_sql "DELETE FROM t; INSERT INTO t VALUES (1, -9223372036854775808, 'least')"
    upsert --cursor n
    assert_equal "$(recorded cursor_value)" -9223372036854775808
    source_sql "INSERT INTO t VALUES (2, -9223372036854775807, 'next')"
    run upsert --cursor n -o job.cursor_lag=1000
    went "upsert|1|0|0|1" -9223372036854775807
    source_sql "INSERT INTO t VALUES (3, 9223372036854775807, 'greatest')"
    run upsert --cursor n -o job.cursor_lag=9223372036854775807
    went "upsert|1|0|0|2" 9223372036854775807
    source_sql "UPDATE t SET v = v || '!'; INSERT INTO t VALUES (4, 0, 'zero'), (5, -1, 'not seen')"
    run upsert --cursor n -o job.cursor_lag=9223372036854775807
    went "upsert|1|1|0|0" 9223372036854775807
}

@test "moments and decimals of a file that dbferry has made are cursors of the next one" {
    made "id int64 not null key, at datetime(3), n decimal(9,2)" "1|2026-01-01 00:00:00.000|1.50;2|2026-01-02 00:00:00.500|2.00" ''
    dbferry run j
    mv "$D" "$S"
    next() { dbferry copy "sqlite:$S" "sqlite:$D" --table t --strategy upsert --cursor "$@"; }
    next at
    assert_equal "$(recorded cursor_value)" "2026-01-02 00:00:00.500"
    source_sql "INSERT INTO t VALUES (3, '2026-01-02 00:00:00.501', 1), (4, '2026-01-01 12:00:00.000', 1)"
    run next at
    went "upsert|1|0|0|1" "2026-01-02 00:00:00.501"
    run next at -o job.cursor_lag=1d
    went "upsert|1|0|0|2" "2026-01-02 00:00:00.501"
    same
    # what is no moment is no cursor
    source_sql "INSERT INTO t VALUES (5, 'tomorrow', 1)"
    refused 65 next at
    assert_output_has "'at'"
    source_sql "UPDATE t SET at = x'00' WHERE id = 5"
    refused 65 next at
    assert_equal "$(recorded cursor_value)" "2026-01-02 00:00:00.501"
}
