# skip_unchanged: a source that says that it is as it was is not read, and a doubt always reads.

load helper
load strategies

setup() {
    strategies_setup
    requires_driver memory
    sqlite3 "$S" "PRAGMA journal_mode = DELETE; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b')" >"$T/out"
    job
}

# job [KEYS [CONNECTION KEYS]]: from the file to the file, skipping
job() {
    write_config <<END
connections = {
  from = { driver = "sqlite"; path = "$S"; ${2:-} };
  to = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; skip_unchanged = true; ${1:-} } );
END
}

# read_all / skipped: what a run did, by its exit status, its words and its record
read_all() {
    run dbferry run j -v
    assert_status 0
    refute_output_has "nothing was read"
    assert_equal "$(recorded skipped)" "${1:-0}"
    same
}

skipped() {
    run dbferry run j -v
    assert_status 0
    assert_output_has "the source is unchanged, so that nothing was read" "$(rows "$D" t) rows"
    assert_equal "$(recorded skipped)" 1
}

@test "a file that nobody wrote to is not read again, and the run is recorded" {
    read_all
    read -r id started < <(target_sql -separator ' ' "SELECT run_id, started FROM _dbferry_sync")
    skipped
    [ "$(recorded run_id)" != "$id" ]
    assert_equal "$(recorded "rows, fallback, source, job")" "2|0|from|j"
    [[ ! $(recorded started) < $started ]]
    skipped
    source_sql "UPDATE t SET v = 'B' WHERE id = 2"
    read_all
    skipped
}

@test "the target's rows are not touched by a run that skips" {
    read_all
    before=$(every "$D") pages=$(target_sql "SELECT rootpage FROM sqlite_schema WHERE name = 't'")
    skipped
    assert_equal "$(every "$D")" "$before"
    assert_equal "$(target_sql "SELECT rootpage FROM sqlite_schema WHERE name = 't'")" "$pages"
}

@test "any write to the file has it read, even of another table" {
    read_all
    for sql in "CREATE TABLE other (a)" "INSERT INTO other VALUES (1)" "UPDATE t SET v = 'z' WHERE id = 1" "DROP TABLE other" "VACUUM" "PRAGMA user_version = 7"; do
        source_sql "$sql"
        read_all
        skipped
    done
}

@test "a file that was replaced by another one, or a copy of itself, is read" {
    read_all
    skipped
    cp "$S" "$T/copy.db"
    sqlite3 "$T/copy.db" "UPDATE t SET v = 'other' WHERE id = 1"
    mv "$T/copy.db" "$S"
    read_all
    skipped
    cp -p "$S" "$T/copy.db" && mv "$T/copy.db" "$S"
    read_all
}

@test "a file in WAL mode cannot tell, and is read each time" {
    source_sql "PRAGMA journal_mode = WAL" >"$T/out"
    read_all
    read_all
    assert_output_has "cannot tell whether it is unchanged"
    source_sql "UPDATE t SET v = 'B' WHERE id = 2"
    read_all
}

@test "a view whose rows change by themselves is read each time" {
    source_sql "CREATE VIEW w AS SELECT id, random() AS v FROM t"
    sed -i 's/table = "t"/view = "w"; target_table = "t"/' "$DBFERRY_CONFIG"
    for time in 1 2 3; do
        run dbferry run j -v
        assert_status 0
        refute_output_has "nothing was read"
    done
}

@test "the target's part: other rows, another table, another schema, no record" {
    read_all
    skipped
    target_sql "DELETE FROM t WHERE id = 1"
    read_all
    target_sql "INSERT INTO t VALUES (9, 'mine')"
    read_all
    target_sql "DROP TABLE t"
    read_all
    target_sql "DELETE FROM _dbferry_sync"
    read_all
    skipped
    rm "$D"*
    read_all
}

@test "what is read is part of it: another table, query or source" {
    read_all
    source_sql "CREATE TABLE u AS SELECT * FROM t WHERE id = 1"
    read_all
    sed -i 's/table = "t"/table = "u"; target_table = "t"; on_schema_change = "rebuild"/' "$DBFERRY_CONFIG"
    run dbferry run j
    assert_status 0
    same u
    sed -i 's/table = "u"/query = "SELECT * FROM t WHERE id = 2"/' "$DBFERRY_CONFIG"
    run dbferry run j
    assert_status 0
    assert_equal "$(every "$D")" "2,'b'"
    sed -i 's/id = 2/id = 1/' "$DBFERRY_CONFIG"
    run dbferry run j
    assert_status 0
    assert_equal "$(every "$D")" "1,'a'"
}

@test "--full reads, and a failed run leaves nothing to skip by" {
    read_all
    run dbferry run j --full -v
    assert_status 0
    refute_output_has "nothing was read"
    source_sql "INSERT INTO t VALUES (3, 'c')"
    job 'min_rows = 9;'
    refused 65 dbferry run j
    job
    read_all
    skipped
}

@test "it goes with merge and upsert too, and their state stays" {
    job 'strategy = "upsert"; cursor = "id";'
    read_all
    skipped
    assert_equal "$(recorded "strategy, key_columns, cursor_column, cursor_value")" "replace|id|id|2"
    source_sql "INSERT INTO t VALUES (3, 'c')"
    run dbferry run j -v
    assert_status 0
    assert_equal "$(recorded "strategy, inserted, cursor_value, skipped")" "upsert|1|3|0"
    skipped
    assert_equal "$(recorded cursor_value)" 3
    rm "$D"*
    job 'strategy = "merge";'
    read_all
    skipped
    source_sql "DELETE FROM t WHERE id = 1"
    read_all
    assert_equal "$(did)" "merge|0|0|1|2"
}

@test "full_every is due: the source is read, whatever it says" {
    job 'strategy = "upsert"; cursor = "id"; full_every = "1d";'
    read_all
    skipped
    target_sql "UPDATE _dbferry_sync SET full_at = '2020-01-01T00:00:00Z'"
    run dbferry run j -v
    assert_status 0
    refute_output_has "nothing was read"
    assert_equal "$(recorded strategy)" merge
    skipped
}

@test "change_query: the same answer skips, another one reads" {
    job 'change_query = "SELECT max(id), count(*) FROM t";'
    read_all
    skipped
    source_sql "UPDATE t SET v = 'unseen' WHERE id = 1"
    skipped
    source_sql "INSERT INTO t VALUES (3, 'c')"
    read_all
    skipped
    for values in "'x'|'X'" "'5'|5" "5|5.0" "''|' '" "x'41'|'A'" "1.5|1.25"; do
        job "change_query = \"SELECT ${values%|*}\";"
        run dbferry run j
        skipped
        job "change_query = \"SELECT ${values#*|}\";"
        run dbferry run j -v
        assert_status 0
        refute_output_has "nothing was read"
    done
}

@test "change_query that fails, gives no row, two rows or NULL: all is read, and a warning says so" {
    for query in "SELECT nonsense FROM nowhere" "SELECT 1 WHERE 0" "SELECT 1 UNION ALL SELECT 1" "SELECT NULL" "SELECT 1, NULL" "SELEC" "SELECT max(id) FROM t WHERE id > 100"; do
        job "change_query = \"$query\";"
        for time in 1 2; do
            run dbferry run j
            assert_status 0
            assert_output_has "warning" "change_query" "all is read"
            assert_equal "$(recorded "skipped, fingerprint IS NULL OR fingerprint = ''")" "0|1"
            same
        done
    done
    for query in "DELETE FROM t" "SELECT 1; DELETE FROM t" "DROP TABLE t"; do
        job "change_query = \"$query\";"
        run dbferry run j
        assert_status 0
        assert_output_has "change_query"
        assert_equal "$(rows "$S" t)" 2
        same
    done
    # a long answer, and one of many rows, are read to their end
    job 'change_query = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10000) SELECT x FROM c";'
    run dbferry run j
    assert_status 0
    assert_output_has "more than one row"
    job 'change_query = "SELECT hex(zeroblob(1000000))";'
    read_all
    skipped
}

@test "change_query without skip_unchanged is refused, with a code of its own" {
    sed -i 's/skip_unchanged = true;/change_query = "SELECT 1";/' "$DBFERRY_CONFIG"
    run dbferry run j
    assert_status 78
    assert_output_has "skip_unchanged"
}

@test "a source that knows no state is read each time, one that does is asked" {
    of_memory() {
        write_config <<END
connections = {
  from = { driver = "memory"; columns = "id int64 not null key, v text"; literal = "$1"; ${2:-} };
  to = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "from"; view = "t"; target = "to"; target_table = "t"; skip_unchanged = true; } );
END
    }
    of_memory "1|a"
    dbferry run j
    of_memory "1|b"
    run dbferry run j -v
    assert_status 0
    assert_equal "$(every "$D")" "1,'b'"
    of_memory "1|b" 'fingerprint = "one";'
    dbferry run j
    of_memory "1|c" 'fingerprint = "one";'
    skipped
    assert_equal "$(every "$D")" "1,'b'"
    of_memory "1|c" 'fingerprint = "two";'
    run dbferry run j
    assert_equal "$(every "$D")" "1,'c'"
}

@test "from a fallback nothing is skipped, and it leaves no state" {
    cp "$S" "$T/fallback.db"
    sqlite3 "$T/fallback.db" "DELETE FROM t WHERE id = 1"
    fallback_job() {
        write_config <<END
connections = {
  from = { driver = "memory"; columns = "id int64 not null key, v text"; literal = "1|a;2|b"; fingerprint = "one"; $1 };
  back = { driver = "sqlite"; path = "$T/fallback.db"; };
  to = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "from"; view = "t"; fallback_source = "back"; fallback_view = "t"; target = "to"; target_table = "t"; skip_unchanged = true; on_schema_change = "rebuild"; } );
END
    }
    fallback_job ""
    dbferry run j
    skipped
    fallback_job 'fail_at = "connect"; fail_class = "unreachable";'
    for time in 1 2; do
        run dbferry run j
        assert_status 3
        refute_output_has "nothing was read"
        assert_equal "$(recorded "rows, fallback, skipped")" "1|1|0"
    done
    fallback_job ""
    run dbferry run j -v
    assert_status 0
    refute_output_has "nothing was read"
    assert_equal "$(rows "$D" t)" 2
}
