# What strategies say beforehand, what they refuse and with which code, and how they go with guards,
# checks, fallbacks and targets that cannot.

load helper
load strategies

setup() {
    strategies_setup
    requires_driver memory
    cd "$T" || return
}

# made COLUMNS LITERAL JOB [SOURCE [TARGET]]: rows from memory into the file's table t
made() {
    columns=$1 literal=$2
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$1"; literal = "$2"; ${4:-} };
  local = { driver = "sqlite"; path = "$D"; ${5:-} };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "local"; target_table = "t"; $3 } );
END
}

rows3="1|10|a;2|20|b;3|30|c"
keyed="id int64 not null key, n int64, v text"
bare="id int64 not null, n int64, v text"

# said STATUS TEXT...: a run, a plan and a dry run end so and say this; nothing is written
said() {
    local command before=
    [ ! -e "$D" ] || before=$(sqlite3 "$D" .dump)
    for command in "run j" "plan j" "run j --dry-run"; do
        # shellcheck disable=SC2086 # words of a command
        run dbferry $command
        assert_status "$1"
        assert_output_has "${@:2}"
        if [ -e "$D" ]; then assert_equal "$(sqlite3 "$D" .dump)" "$before"; fi
    done
}

# ---- The plan ----

@test "plan: strategy, key and where it comes from, and whether the source must sort" {
    made "$keyed" "$rows3" 'strategy = "merge";'
    run dbferry plan
    assert_status 0
    assert_output_has "strategy: replace, since the table is new" "key: (id), the source's primary key; the source must sort its rows by it"
    refute_output_has "cursor:"
    dbferry run j
    run dbferry plan
    assert_output_has "strategy: merge" "key: (id), the source's primary key"
    refute_output_has "since"
    run dbferry run j --dry-run
    assert_output_has "would change single rows of table 't'" "3 rows now"
    made "id int64 not null, n int64, v text, primary (id)" "$rows3" 'strategy = "merge";' 'indexed = true;'
    run dbferry plan
    assert_output_has "key: (id), the source's primary key; the source has an index in its order"
    made "id int64, n int64 not null, v text, unique (v), unique (id), unique (n)" "$rows3" 'strategy = "merge"; on_schema_change = "rebuild";'
    run dbferry plan
    assert_status 0
    assert_output_has "key: (n), the source's first unique index without NULL"
    made "$bare" "$rows3" 'strategy = "merge"; key = ["v", "id", "v"]; on_schema_change = "rebuild";'
    run dbferry plan
    assert_status 0
    assert_output_has "key: (v, id), as the job says"
}

@test "plan: the cursor, where the next read begins, and why all is read after all" {
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor = "n"; cursor_lag = "5";'
    run dbferry plan
    assert_output_has "since the table is new" "cursor: 'n', for the next run; all rows are read now (cursor_lag 5)"
    dbferry run j
    run dbferry plan
    assert_status 0
    assert_output_has "strategy: upsert" "cursor: 'n', read from 25 (cursor_lag 5)"
    run dbferry plan --full
    assert_status 0
    assert_output_has "strategy: merge, since --full asks for all rows"
    target_sql "UPDATE _dbferry_sync SET cursor_value = NULL"
    run dbferry plan
    assert_output_has "strategy: replace, since no run has left a cursor with the table"
    target_sql "DELETE FROM t"
    run dbferry plan
    assert_output_has "strategy: replace, since the table is empty"
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor = "N"; full_every = "7d";'
    dbferry run j
    run dbferry plan
    assert_output_has "strategy: upsert" "cursor: 'n', read from 30"
    target_sql "UPDATE _dbferry_sync SET full_at = '2020-01-01T00:00:00Z'"
    run dbferry plan
    assert_output_has "strategy: merge, since the last run over all rows is longer ago than full_every = "
}

@test "plan: keys of the job that have no effect are a note, not an error" {
    made "$keyed" "$rows3" 'key = ["id"]; cursor = "n"; cursor_lag = "5"; cursor_nulls = "read"; full_every = "1d";'
    run dbferry plan
    assert_status 0
    for key in key cursor cursor_lag cursor_nulls full_every; do
        assert_output_has "note: $key has no effect with strategy = \"replace\""
    done
    run dbferry run j
    assert_status 0
    assert_equal "$output" ""
    made "$keyed" "$rows3" 'strategy = "merge"; key = ["id"]; cursor = "n"; cursor_lag = "5";'
    run dbferry plan
    assert_status 0
    assert_output_has "note: cursor has no effect with strategy = \"merge\"" "note: cursor_lag has no effect with strategy = \"merge\""
    refute_output_has "note: key"
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor_lag = "5";'
    run dbferry plan
    assert_status 0
    assert_output_has "note: cursor_lag has no effect with strategy = \"upsert\" without a cursor"
}

# ---- Bad input ----

@test "an unknown strategy, in the file and on the command line" {
    made "$keyed" "$rows3" 'strategy = "mrege";'
    run dbferry run j
    assert_status 78
    assert_output_has "'strategy' of job 'j'" "replace|append|upsert|merge"
    sed -i 's/strategy = "mrege";//' "$DBFERRY_CONFIG"
    run dbferry copy made local --view v --target-table t --strategy mrege
    assert_status 64
    assert_output_has "replace|append|upsert|merge"
    [ ! -e "$D" ]
}

@test "a cursor or a key that is no column: the nearest name" {
    made "id int64 not null key, updated int64" "1|1" 'strategy = "upsert"; cursor = "updatde";'
    said 65 "the job's cursor is the column 'updatde', which the source does not have" "did you mean 'updated'?"
    made "created int64 not null key, n int64" "1|1" 'strategy = "merge"; key = ["craeted"];'
    said 65 "the job's key names the column 'craeted', which the source does not have" "did you mean 'created'?"
    [ ! -e "$D" ]
}

@test "a cursor of a type without an order" {
    for type in text float64 bytes json uuid "time" bit\(3\) bool year any; do
        made "id int64 not null key, c $type" "1|\\\\N" 'strategy = "upsert"; cursor = "c"; cursor_nulls = "read";'
        said 65 "column 'c'" "cannot be the cursor"
    done
    made "id int64 not null key, c int64" "1|1" 'strategy = "upsert"; cursor = "c";' 'unordered = "c";'
    said 65 "column 'c'" "cannot be the cursor"
    made "id int64 not null key, c int64 loose" "1|1" 'strategy = "upsert"; cursor = "c";' 'unordered = "c";'
    said 65 "may hold values of any kind"
    [ ! -e "$D" ]
}

@test "a key of a type without an order, and one of which the target loses something" {
    for type in float64 float32 json "time" geometry; do
        made "k $type not null key, c int64" "" 'strategy = "merge";' 'rows = 3;'
        said 65 "column 'k'" "cannot be part of a key"
    done
    made "k decimal(30,10) not null key" "1.0000000000" 'strategy = "merge";'
    said 65 "column 'k'" "cannot be part of a key"
    made "k int64 not null key" "1" 'strategy = "merge";' 'unordered = "*";'
    said 65 "the source cannot give rows in its order"
}

@test "no key where one is needed, and what append cannot do without" {
    for strategy in merge upsert; do
        made "$bare" "$rows3" "strategy = \"$strategy\";"
        said 65 "strategy = \"$strategy\" needs a key" "key = ["
    done
    made "$bare" "$rows3" 'strategy = "append"; cursor = "n"; cursor_lag = "1";'
    said 65 "cursor_lag reads rows a second time" "key = ["
    made "$bare" "$rows3" 'strategy = "append"; cursor = "n"; cursor_nulls = "read";'
    said 65 "cursor_nulls = \"read\" reads rows a second time"
    made "$bare" "$rows3" 'strategy = "append"; cursor = "n";'
    run dbferry plan
    assert_status 0
    assert_output_has "note: without a key, rows that come later with the cursor of the last row are missed"
}

@test "a cursor_lag whose unit does not fit" {
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor = "n"; cursor_lag = "10m";'
    said 78 "cursor_lag = \"10m\" is a time, and the cursor 'n' is a number"
    made "id int64 not null key, d date" "1|2026-01-01" 'strategy = "upsert"; cursor = "d"; cursor_lag = "10";'
    said 78 "cursor_lag = \"10\" is a number, and the cursor 'd' is a moment"
}

@test "a column of which the target loses something: no merge, nor of what cannot be read in order" {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "$keyed"; literal = "$rows3"; };
  to = { driver = "memory"; store = "s"; fit = "lossy"; fit_column = "v"; };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "to"; target_table = "t"; strategy = "merge"; on_lossy = "allow"; } );
END
    said 65 "the target loses something of column 'v'"
    sed -i 's/fit_column = "v"/fit_column = "id"/' "$DBFERRY_CONFIG"
    said 65 "column 'id'" "cannot be part of a key: the target would lose something of it"
    DBFERRY_MEMORY_PLAIN=1
    export DBFERRY_MEMORY_PLAIN
    for strategy in merge 'append"; cursor = "n' upsert; do
        made "$keyed" "$rows3" "strategy = \"$strategy\";"
        said 78 "reads in order or from a cursor on, which the driver of" "strategy = \"replace\""
    done
    write_config <<END
connections = { from = { driver = "sqlite"; path = "$S"; }; to = { driver = "memory"; store = "s"; }; };
jobs = ( { name = "j"; source = "from"; table = "t"; target = "to"; strategy = "merge"; } );
END
    source_sql "CREATE TABLE t (id INTEGER PRIMARY KEY)"
    run dbferry run j
    assert_status 78
    assert_output_has "changes single rows, which the driver of"
    sed -i 's/strategy = "merge";//' "$DBFERRY_CONFIG"
    run dbferry run j
    assert_status 0
}

# ---- An order that a source bends ----

@test "a source whose order is not ours is caught, not followed" {
    made "k text not null key, v int64" "a|1;b|2;c|3;D|4;é|5" 'strategy = "merge";'
    dbferry run j
    for order in without-case backwards unsorted; do
        made "k text not null key, v int64" "c|9;a|1;D|4;b|2;é|6" 'strategy = "merge";' "order = \"$order\";"
        refused 65 dbferry run j
        assert_output_has "the source gives row" "by the key (k)" "strategy = \"replace\"" "unchanged"
        made "k text not null key, v int64" "c|9;a|1;D|4;b|2;é|6" 'strategy = "upsert"; find_deleted = "keys";' "order = \"$order\";"
        refused 65 dbferry run j
    done
    made "k int64 not null key, v int64" "1|1;-1|2;0|3" 'strategy = "merge"; on_schema_change = "rebuild";'
    dbferry run j
    made "k int64 not null key, v int64" "1|1;-1|2;0|4" 'strategy = "merge";' 'order = "without-sign";'
    refused 65 dbferry run j
    # rows of many batches, of which the last two are wrong
    made "k int64 not null key, v int64" "" 'strategy = "merge";' 'rows = 10000; order = "backwards";'
    refused 65 dbferry run j
}

@test "a target whose order is not ours is caught, not followed" {
    write_config <<END
connections = {
  made = { driver = "memory"; columns = "k text not null key, v int64"; literal = "a|1;b|2;c|3;D|4"; };
  to = { driver = "memory"; store = "s"; dump = "$T/dump"; order = "without-case"; };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "to"; target_table = "t"; strategy = "merge"; },
         { name = "again"; source = "made"; view = "v"; target = "to"; target_table = "t"; strategy = "merge"; } );
END
    run dbferry run j again
    assert_status 65
    assert_output_has "again: the target gives row" "by the key (k)"
}

# ---- Guards, checks, the record ----

@test "guards count what would be there afterwards, by each strategy" {
    made "$keyed" "1|1|a;2|2|b;3|3|c;4|4|d" 'strategy = "merge";'
    dbferry run j
    made "$keyed" "1|1|a;5|5|e" 'strategy = "merge"; max_shrink_percent = 40;'
    refused 65 dbferry run j
    assert_output_has "from 4 to 2 rows"
    made "$keyed" "1|1|a;5|5|e" 'strategy = "merge"; max_shrink_percent = 50;'
    run dbferry run j
    assert_status 0
    made "$keyed" "" 'strategy = "merge";'
    refused 65 dbferry run j
    assert_output_has "no rows" "allow_empty = true"
    made "$keyed" "" 'strategy = "merge"; allow_empty = true;'
    run dbferry run j
    assert_status 0
    assert_equal "$(rows "$D" t) $(did)" "0 merge|0|0|2|0"
    made "$keyed" "1|1|a;2|2|b;3|3|c" 'strategy = "upsert"; cursor = "n";'
    dbferry run j
    # one row comes, and the table has four then
    made "$keyed" "4|4|d" 'strategy = "upsert"; cursor = "n"; min_rows = 4;'
    run dbferry run j
    assert_status 0
    made "$keyed" "4|4|d" 'strategy = "upsert"; cursor = "n"; min_rows = 5;'
    refused 65 dbferry run j
    assert_output_has "the table would have 4 rows, fewer than min_rows = 5"
    # none comes, and the table is not empty
    made "$keyed" "" 'strategy = "upsert"; cursor = "n";'
    run dbferry run j
    assert_status 0
    assert_equal "$(rows "$D" t)" 4
    made "$keyed" "4|4|d" 'strategy = "upsert"; cursor = "n"; find_deleted = "keys"; max_shrink_percent = 50;'
    refused 65 dbferry run j
    assert_output_has "from 4 to 1 rows"
}

@test "verify = count and content go with each strategy; dbferry verify finds what an upsert leaves" {
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor = "n"; verify = "content";'
    dbferry run j
    made "$keyed" "3|30|C;4|40|d" 'strategy = "upsert"; cursor = "n"; verify = "content";'
    run dbferry run j
    assert_status 0
    assert_equal "$(did)" "upsert|1|1|0|0"
    run dbferry verify j
    assert_status 65
    made "$keyed" "1|10|a;2|20|b;3|30|C;4|40|d" 'strategy = "merge"; verify = "content";'
    run dbferry verify j
    assert_status 0
    run dbferry run j
    assert_status 0
    assert_equal "$(did)" "merge|0|0|0|4"
    made "$keyed" "1|10|a;2|20|b;3|30|C;5|50|e" 'strategy = "merge"; verify = "count";'
    run dbferry run j
    assert_status 0
    assert_equal "$(did)" "merge|1|0|1|3"
}

@test "a target that loses, doubles or changes a row: noticed by a merge with verify = content" {
    for how in "flip-bit:does not hold what the source gave" lose-row:rows double-row:rows "swap-columns:does not hold what the source gave"; do
        write_config <<END
connections = {
  made = { driver = "memory"; columns = "id int64 not null key, n int64, v text, w text"; literal = "1|10|a|b;2|20|c|d"; };
  more = { driver = "memory"; columns = "id int64 not null key, n int64, v text, w text"; literal = "1|10|a|b;2|20|c|d;3|30|e|f;4|40|g|h"; };
  to = { driver = "memory"; store = "s"; };
  bad = { driver = "memory"; store = "s"; corrupt = "${how%:*}"; fail_row = 3; };
};
jobs = ( { name = "j"; source = "made"; view = "v"; target = "to"; target_table = "t"; },
         { name = "again"; source = "more"; view = "v"; target = "bad"; target_table = "t"; verify = "content"; strategy = "merge"; } );
END
        run dbferry run j again
        assert_status 65
        assert_output_has "again: " "${how#*:}" "unchanged"
        refute_output_has "j: "
    done
}

@test "the record says what was taken, not only what was wished for" {
    made "$keyed" "$rows3" 'strategy = "upsert"; cursor = "n";'
    dbferry run j
    assert_equal "$(recorded "strategy, key_columns, cursor_column, cursor_value, inserted, rows, skipped")" "replace|id|n|30|3|3|0"
    full=$(recorded full_at)
    [ -n "$full" ]
    made "$keyed" "3|30|c;4|40|d" 'strategy = "upsert"; cursor = "n";'
    dbferry run j
    assert_equal "$(recorded "strategy, key_columns, cursor_value, inserted, updated, deleted, unchanged, rows, skipped")" "upsert|id|40|1|0|0|1|4|0"
    assert_equal "$(recorded full_at)" "$full"
}

# ---- Fallbacks ----

@test "append and upsert read no fallback: 69, and nothing is written" {
    source_sql "CREATE TABLE v (id INTEGER PRIMARY KEY, n INTEGER, v TEXT); INSERT INTO v VALUES (1, 10, 'old')"
    for strategy in upsert append; do
        with_fallback() { sed -i "s/view = \"v\";/view = \"v\"; fallback_source = \"back\"; fallback_view = \"v\";/; s/^connections = {/&\n  back = { driver = \"sqlite\"; path = \"${S//\//\\/}\"; };/" "$DBFERRY_CONFIG"; }
        rm -f "$D"*
        made "$keyed" "$rows3" "strategy = \"$strategy\"; cursor = \"n\";"
        dbferry run j
        made "$keyed" "$rows3" "strategy = \"$strategy\"; cursor = \"n\";" 'fail_at = "connect"; fail_class = "unreachable"; retries = 0;'
        with_fallback
        refused 69 dbferry run j
        assert_output_has "unchanged"
    done
}

@test "merge reads a fallback, moves no state of it, and the source's next run mends it" {
    source_sql "CREATE TABLE v (id INTEGER PRIMARY KEY, n INTEGER, v TEXT); INSERT INTO v VALUES (1, 10, 'old'), (2, 20, 'b')"
    with_fallback() { sed -i "s/view = \"v\";/view = \"v\"; fallback_source = \"back\"; fallback_view = \"v\";/; s/^connections = {/&\n  back = { driver = \"sqlite\"; path = \"${S//\//\\/}\"; };/" "$DBFERRY_CONFIG"; }
    made "$keyed" "$rows3" 'strategy = "merge"; on_schema_change = "rebuild";'
    dbferry run j
    made "$keyed" "$rows3" 'strategy = "merge"; on_schema_change = "rebuild";' 'fail_at = "connect"; fail_class = "unreachable"; retries = 0;'
    with_fallback
    run dbferry run j
    assert_status 3
    assert_equal "$(recorded "fallback, rows, source")" "1|2|back"
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(v) FROM (SELECT v FROM t ORDER BY id)")" "old,b"
    made "$keyed" "$rows3" 'strategy = "merge"; on_schema_change = "rebuild";'
    run dbferry run j
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(v) FROM (SELECT v FROM t ORDER BY id)")" "a,b,c"
}

# ---- While others are there ----

@test "another who writes to the file waits for the merge, or the merge for him: 75 at lock_wait" {
    made "$keyed" "$rows3" 'strategy = "merge";'
    dbferry run j
    made "$keyed" "1|10|A" 'strategy = "merge"; lock_wait = "200ms";' '' 'retries = 0;'
    coproc sqlite3 "$D" 2>&1
    printf 'BEGIN IMMEDIATE;\nINSERT INTO t VALUES (9, 9, NULL);\nSELECT 1;\n' >&"${COPROC[1]}"
    read -r _ <&"${COPROC[0]}"
    run dbferry run j
    assert_status 75
    assert_output_has "unchanged"
    printf 'COMMIT;\nSELECT 2;\n' >&"${COPROC[1]}"
    read -r _ <&"${COPROC[0]}"
    printf '.quit\n' >&"${COPROC[1]}"
    run dbferry run j
    assert_status 0
    assert_equal "$(every "$D")" "1,10,'A'"
}

@test "readers see the table as it was until the merge's commit, and nobody else writes meanwhile" {
    made "$keyed" "$rows3" 'strategy = "merge";'
    dbferry run j
    before=$(every "$D")
    made "$keyed" "1|10|A;2|20|B;4|40|D" 'strategy = "merge";' "fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 3; fail_until = \"$T/go\"; fail_mark = \"$T/mark\";"
    "$DBFERRY" run j >"$T/out" 2>&1 3>&- &
    load=$!
    until_there test -e "$T/mark"
    assert_equal "$(every "$D")" "$before"
    run sqlite3 "$D" "INSERT INTO t VALUES (9, 9, NULL)"
    refute [ "$status" -eq 0 ]
    touch "$T/go"
    wait $load
    assert_equal "$(every "$D")" "1,10,'A'
2,20,'B'
4,40,'D'"
}
