#!/usr/bin/env bats
# The fallback: what lets a run read from it and what does not, how old its data may be, what is told
# and written of it, and that the next run goes back to the source.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
}

# job [SOURCE [JOB [GENERAL [TARGET]]]]: a job whose source cannot be reached; the fallback is the table
# cars of copy.db, the target is the table cars of to.db.
job() {
    write_config <<END
general = { ${3:-} };
connections = {
  made = { driver = "memory"; columns = "id int64 not null key, name text(40)"; null_percent = 0;
           ${1-"$AWAY"} };
  copy = { driver = "sqlite"; path = "copy.db"; };
  to = { driver = "sqlite"; path = "to.db"; ${4:-} };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "to";
           fallback_source = "copy"; ${2:-} } );
END
}
AWAY='fail_at = "connect"; fail_class = "unreachable";'

# copy_from_primary: copy.db as a run from the primary leaves it, with 4 rows.
copy_from_primary() {
    dbferry copy memory:x sqlite:copy.db --table cars -o source.rows=4 -o source.null_percent=0 \
        -o 'source.columns=id int64 not null key, name text(40)'
}

# age TIME: makes the record of copy.db as old as SQLite's words for it, "-3 hours".
age() {
    sqlite3 copy.db "UPDATE _dbferry_sync
        SET started = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '$1'), data_from = started;
        UPDATE _dbferry_sync SET data_from = started"
}

provenance() {
    sqlite3 to.db "SELECT source, fallback, data_from IS started, data_from IS (
        SELECT data_from FROM s._dbferry_sync) FROM _dbferry_sync WHERE target_table = 'cars'" \
        -cmd "ATTACH 'copy.db' AS s"
}

@test "a source that cannot be reached: the fallback is read, 3, with a warning and its record" {
    copy_from_primary
    age '-3 hours'
    job
    run --separate-stderr dbferry run
    assert_status 3
    assert_equal "$output" ""
    assert_equal "$(grep -c . <<<"$stderr")" 1
    assert_output_has "dbferry: warning: cars: source 'made' is not reached (connect failed as" \
        "reading 'cars' from fallback 'copy' instead" "3 h 00 min old (from 20" \
        "by the record of the run that wrote them)"
    assert_equal "$(sqlite3 to.db 'SELECT group_concat(id) FROM cars')" \
        "$(sqlite3 copy.db 'SELECT group_concat(id) FROM cars')"
    assert_equal "$(rows to.db cars)" 4
    assert_equal "$(provenance)" "copy|1|0|1"
}

@test "the next run goes back to the source, and its record says so" {
    copy_from_primary
    job
    run dbferry run
    assert_status 3
    job 'rows = 7;'
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(rows to.db cars)" 7
    assert_equal "$(provenance)" "made|0|1|0"
}

# ---- Which failures ----

@test "of the source's failures only the one that it is not reached falls back" {
    copy_from_primary
    sample_table to.db cars 2
    dump to.db >before
    local at class code
    for at in connect snapshot_begin; do
        for class in internal:70 system:71 config:78 usage:64 refused:77 schema:65 data:65 \
            not-found:66 target-io:74 target-open:73 stream:76 busy:75 unsupported:78; do
            job "fail_at = \"$at\"; fail_class = \"${class%:*}\";"
            run --separate-stderr dbferry run
            assert_status "${class#*:}"
            assert_output_has "$at failed"
            refute_output_has fallback
        done
    done
    assert_equal "$(dump to.db)" "$(cat before)"
    for at in connect snapshot_begin; do
        job "fail_at = \"$at\"; fail_class = \"unreachable\";" 'on_schema_change = "rebuild";'
        run dbferry run
        assert_status 3
        assert_output_has "$at failed" "from fallback 'copy' instead"
        assert_equal "$(rows to.db cars)" 4
    done
}

@test "a source that was reached and is lost later never falls back, whatever it says" {
    copy_from_primary
    sample_table to.db cars 2
    dump to.db >before
    local at
    for at in describe read_begin read_batch; do
        job "fail_at = \"$at\"; fail_class = \"unreachable\"; fail_row = 3;"
        run --separate-stderr dbferry run
        assert_status 69
        refute_output_has "fallback"
        assert_equal "$(dump to.db)" "$(cat before)"
    done
}

@test "a target or a guard that fails does not fall back" {
    copy_from_primary
    job 'rows = 5;' 'min_rows = 6;'
    run dbferry run
    assert_status 65
    refute_output_has "fallback"
    mkdir folder.db
    job 'rows = 5;' '' '' 'path = "folder.db";'
    sed -i 's/path = "to.db"; //' "$DBFERRY_CONFIG"
    run dbferry run
    assert_status 73
    refute_output_has "fallback"
}

@test "a file that is not there falls back, one that may not be read or is none does not" {
    copy_from_primary
    file_job() {
        write_config <<END
connections = { main = { driver = "sqlite"; path = "$1"; }; copy = { driver = "sqlite"; path = "copy.db"; };
                to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "cars"; source = "main"; table = "${2:-cars}"; target = "to"; target_table = "cars";
           fallback_source = "copy"; } );
END
        run --separate-stderr dbferry run
    }
    file_job none.db
    assert_status 3
    assert_output_has "none.db" "from fallback 'copy' instead"
    file_job nowhere/main.db
    assert_status 3
    mkdir folder
    file_job folder
    assert_status 77
    echo "this is no database, but a text that is long enough to be looked at" >text.db
    file_job text.db
    refute_output_has "fallback"
    [ "$status" -gt 60 ]
    sqlite3 main.db "CREATE TABLE other (id INTEGER)"
    file_job main.db
    assert_status 66
    refute_output_has "fallback"
    sqlite3 main.db "CREATE VIEW broken AS SELECT * FROM gone"
    file_job main.db broken
    refute_output_has "fallback"
    [ "$status" -gt 60 ]
    if [ "$(id -u)" -ne 0 ]; then
        chmod 000 main.db
        file_job main.db other
        assert_status 77
    fi
}

@test "a stop by a signal is no failure of the source" {
    copy_from_primary
    job 'fail_at = "connect"; fail_how = "stall"; fail_delay = "1s";'
    "$DBFERRY" run >message 2>&1 3>&- &
    sleep 0.4
    kill -TERM $!
    status=0
    wait $! || status=$?
    assert_equal "$status" 143
    refute grep -q "instead" message
    [ ! -e to.db ]
}

# ---- Age ----

@test "max_fallback_age: a day by default, counted from the record; 0s is any age" {
    copy_from_primary
    job
    age '-23 hours'
    run dbferry run
    assert_status 3
    age '-25 hours'
    rm to.db*
    run --separate-stderr dbferry run
    assert_status 69
    [[ $stderr == "dbferry: cars: connect failed as"*"; fallback 'copy': its data are 25 h 00 min old "* ]]
    assert_output_has "max_fallback_age allows 24 h 00 min" "the target is unchanged"
    refute_output_has warning
    [ ! -e to.db ]
    job "$AWAY" 'max_fallback_age = "26h";'
    run dbferry run
    assert_status 3
    age '-400 days'
    job "$AWAY" 'max_fallback_age = "0s";'
    run dbferry run
    assert_status 3
    assert_output_has "its data are 400 d 00 h old"
}

@test "without a record the change of the file counts, that of its -wal too" {
    sqlite3 copy.db "CREATE TABLE cars (id INTEGER NOT NULL, name TEXT); INSERT INTO cars VALUES (1, 'a')"
    touch -d '2 hours ago' copy.db
    job
    run dbferry run
    assert_status 3
    assert_output_has "2 h 00 min old" "by the time of the last change there"
    assert_equal "$(sqlite3 to.db "SELECT fallback, data_from < started FROM _dbferry_sync")" "1|1"
    touch -d '2 days ago' copy.db
    run dbferry run
    assert_status 69
    assert_output_has "2 d 00 h old"
    sqlite3 copy.db 'PRAGMA journal_mode = wal' >/dev/null
    # A second connection keeps the -wal when the first has written.
    sqlite3 copy.db -cmd "SELECT count(*) FROM cars" \
        ".shell sqlite3 copy.db \"INSERT INTO cars VALUES (2, 'b')\"" \
        ".shell touch -d '2 days ago' copy.db" ".shell $DBFERRY run; echo status \$? >status" >message 2>&1
    assert_equal "$(cat status)" "status 3"
    assert_equal "$(rows to.db cars)" 2
}

@test "a record that says nothing of the time is not taken for a good one" {
    copy_from_primary
    job
    local wrong
    for wrong in "'yesterday'" "'2026-02-31T00:00:00.000Z'" "'2026-01-01T00:00:00Z'" "''" "17"; do
        sqlite3 copy.db "UPDATE _dbferry_sync SET data_from = $wrong, started = $wrong"
        run dbferry run
        assert_status 69
        assert_output_has "its data are of unknown age" '"0s" would allow any age'
    done
    sqlite3 copy.db "UPDATE _dbferry_sync SET data_from = NULL, started = NULL"
    run dbferry run
    assert_status 69
    # A run from a fallback of unknown age: the time of the run says nothing of its rows.
    sqlite3 copy.db "UPDATE _dbferry_sync SET fallback = 1, started = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    run dbferry run
    assert_status 69
    job "$AWAY" 'max_fallback_age = "0s";'
    run dbferry run
    assert_status 3
    assert_output_has "of unknown age"
    assert_equal "$(sqlite3 to.db "SELECT fallback, data_from IS NULL FROM _dbferry_sync")" "1|1"
}

@test "data from the future are not young: one of the clocks is wrong" {
    copy_from_primary
    age '+2 days'
    job
    run dbferry run
    assert_status 69
    assert_output_has "its data are dated in the future (from 20"
    age '+1 minute'
    run dbferry run
    assert_status 3
    assert_output_has "its data are 0 ms old"
}

@test "a file of an older release: its record has no data_from, and gets it" {
    copy_from_primary
    local field
    for field in data_from strategy key_columns cursor_column cursor_value full_at fingerprint skipped inserted \
        updated deleted unchanged read_hash place_hash states; do
        sqlite3 copy.db "ALTER TABLE _dbferry_sync DROP COLUMN $field"
    done
    sqlite3 copy.db "
        UPDATE _dbferry_sync SET started = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-5 hours')"
    cp copy.db to.db
    sqlite3 to.db "UPDATE _dbferry_sync SET job = 'old'"
    job
    run dbferry run
    assert_status 3
    assert_output_has "5 h 00 min old"
    assert_equal "$(sqlite3 to.db "SELECT job, fallback, data_from FROM _dbferry_sync")" \
        "cars|1|$(sqlite3 copy.db "SELECT started FROM _dbferry_sync")"
    assert_equal "$(sqlite3 to.db "SELECT group_concat(name, ' ') FROM pragma_table_info('_dbferry_sync')")" \
        "target_table job run_id source fallback started finished rows digest schema_hash data_from $(
            )strategy key_columns cursor_column cursor_value full_at fingerprint skipped inserted updated deleted $(
            )unchanged read_hash place_hash states"
}

@test "data that go on from fallback to fallback keep the time when the primary was read" {
    copy_from_primary
    age '-5 hours'
    job
    run dbferry run
    assert_status 3
    # to.db is the fallback of the next.
    write_config <<END
connections = { made = { driver = "memory"; $AWAY }; to = { driver = "sqlite"; path = "to.db"; };
                third = { driver = "sqlite"; path = "third.db"; }; };
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "third"; fallback_source = "to";
           max_fallback_age = "6h"; } );
END
    run dbferry run
    assert_status 3
    assert_output_has "5 h 00 min old"
    assert_equal "$(sqlite3 third.db "SELECT fallback, data_from FROM _dbferry_sync")" \
        "1|$(sqlite3 copy.db "SELECT data_from FROM _dbferry_sync")"
    sed -i 's/6h/4h/' "$DBFERRY_CONFIG"
    run dbferry run
    assert_status 69
}

@test "a view or a query of the fallback is as old as the oldest table that it reads" {
    copy_from_primary
    dbferry copy memory:x sqlite:copy.db --table makes -o source.rows=3
    sqlite3 copy.db "CREATE VIEW both AS SELECT c.id, m.name FROM cars c JOIN makes m ON m.id = c.id"
    set_age() {
        sqlite3 copy.db "UPDATE _dbferry_sync
            SET data_from = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '$2') WHERE target_table = '$1'"
    }
    set_age cars '-2 hours'
    set_age makes '-5 hours'
    local read
    for read in 'fallback_view = "both"' 'fallback_query = "SELECT id, name FROM both"' \
        'fallback_query = "SELECT id, name FROM CARS WHERE id NOT IN (SELECT count(*) FROM makes)"'; do
        job "$AWAY" "$read;"
        run dbferry run
        assert_status 3
        assert_output_has "5 h 00 min old"
    done
    job "$AWAY" 'fallback_query = "SELECT id, name FROM cars";'
    run dbferry run
    assert_status 3
    assert_output_has "2 h 00 min old" "reading the fallback_query from fallback 'copy'"
    job "$AWAY" 'fallback_table = "makes";'
    run dbferry run
    assert_status 65 # it has other columns
    assert_output_has "'cars' would change" "the rows are a fallback's"
    sqlite3 to.db "DROP TABLE cars"
    run dbferry run
    assert_status 3
    assert_output_has "5 h 00 min old" "reading 'makes' from"
    assert_equal "$(sqlite3 to.db "SELECT data_from FROM _dbferry_sync")" \
        "$(sqlite3 copy.db "SELECT data_from FROM _dbferry_sync WHERE target_table = 'makes'")"
}

@test "a driver that cannot tell an age serves where any age will do" {
    requires_driver example
    write_config <<END
connections = { made = { driver = "memory"; $AWAY }; counter = { driver = "example"; };
                to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "to"; fallback_source = "counter";
           fallback_table = "numbers"; ${1:-} } );
END
    run dbferry run
    assert_status 69
    assert_output_has "its data are of unknown age"
    sed -i 's/fallback_table/max_fallback_age = "0s"; fallback_table/' "$DBFERRY_CONFIG"
    run dbferry run
    assert_status 3
    assert_output_has "its data are of unknown age"
    assert_equal "$(rows to.db cars)" 3
}

# ---- Where it does not help ----

@test "the general switch turns every fallback off" {
    copy_from_primary
    job "$AWAY" '' 'fallback_to_local_source_on_failure = false;'
    run --separate-stderr dbferry run
    assert_status 69
    refute_output_has "instead"
    [ ! -e to.db ]
}

@test "the fallback is the very table to be replaced: nothing is written, 69, and its age is told" {
    copy_from_primary
    age '-3 hours'
    local words
    # By its name, by another spelling of it, by a path that leads to the same file, by a view and a
    # query that read it.
    ln -s copy.db link.db
    sqlite3 copy.db "CREATE VIEW v AS SELECT * FROM cars; CREATE VIEW w AS SELECT id, name FROM v"
    dump copy.db >before
    cp copy.db bytes.db
    for words in '' 'target_table = "CARS";' 'fallback_view = "Cars";' 'fallback_view = "w";' \
        'fallback_query = "SELECT id, name FROM v WHERE id > 0";' link; do
        if [ "$words" = link ]; then
            job "$AWAY"
            sed -i 's/path = "to.db"/path = "link.db"/' "$DBFERRY_CONFIG"
        else
            job "$AWAY" "$words"
            sed -i 's/path = "to.db"/path = "copy.db"/' "$DBFERRY_CONFIG"
        fi
        for command in "run" "run --dry-run" plan; do
            run --separate-stderr dbferry $command
            assert_status 69
            [[ $stderr == "dbferry: cars: connect failed as"* ]] || { show_run; return 1; }
            assert_output_has "fallback 'copy': it reads from the very table" \
                "the local copy is kept; its data are 3 h 00 min old (from 20"
            refute_output_has warning
        done
        assert_equal "$(dump copy.db)" "$(cat before)"
    done
    cmp copy.db bytes.db
    # Another table of the same file is another table.
    sqlite3 copy.db "CREATE TABLE other AS SELECT * FROM cars; DELETE FROM other WHERE id > 2"
    age '-3 hours'
    job "$AWAY" 'fallback_table = "other"; max_fallback_age = "0s";'
    sed -i 's/path = "to.db"/path = "copy.db"/' "$DBFERRY_CONFIG"
    run dbferry run
    assert_status 3
    assert_equal "$(rows copy.db cars)" "$(rows copy.db other)"
}

@test "the very table to be replaced, but not there yet: 69 all the same" {
    job
    sed -i 's/path = "to.db"/path = "copy.db"/' "$DBFERRY_CONFIG"
    run --separate-stderr dbferry run
    assert_status 69
    [[ $stderr == "dbferry: cars: connect failed as"* ]]
    assert_output_has "it is the very table 'cars' that is to be replaced, and that is not there yet"
    [ ! -e copy.db ]
    sqlite3 copy.db "CREATE TABLE other (id INTEGER)"
    run dbferry run
    assert_status 69
    assert_output_has "not there yet"
}

@test "where both fail, the source's failure leads, and the fallback's decides the status" {
    both() { # STATUS WORD...
        run --separate-stderr dbferry run
        assert_status "$1"
        assert_equal "$(grep -c . <<<"$stderr")" 1
        [[ $stderr == "dbferry: cars: connect failed as \`fail_at\` of connection 'made' wants; fallback 'copy': "* ]] ||
            { show_run; return 1; }
        assert_output_has "${@:2}" "the target is unchanged"
        [ ! -e to.db ]
    }
    job
    both 69 "No such file" # no file
    sqlite3 copy.db "CREATE TABLE other (id INTEGER)"
    both 66 "no table or view 'cars'"
    job "$AWAY" 'fallback_query = "SELEKT 1";'
    both 78 "syntax error"
    rm copy.db && mkdir copy.db
    both 77 "a folder"
    rmdir copy.db
    echo "this is no database, but a text that is long enough to be looked at" >copy.db
    job
    run --separate-stderr dbferry run
    [[ $stderr == "dbferry: cars: connect failed"* ]]
    [ "$status" -gt 60 ]
}

@test "a fallback that fails later: each class has its code, and the source's failure leads" {
    local at class with
    for at in connect snapshot_begin origins record_read describe read_begin read_batch; do
        for class in internal:70 config:78 refused:77 data:65 not-found:66 stream:76 busy:75 \
            unreachable:69; do
            write_config <<END
connections = { made = { driver = "memory"; $AWAY };
  copy = { driver = "memory"; fail_at = "$at"; fail_class = "${class%:*}"; data_age = "1h"; fail_row = 3; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "to"; fallback_source = "copy"; } );
END
            run --separate-stderr dbferry run
            assert_status "${class#*:}"
            with='with '
            [[ connect:snapshot_begin:origins:record_read != *$at* ]] || with=
            assert_output_has "dbferry: cars: connect failed as \`fail_at\` of connection 'made' wants; ${with}fallback 'copy': $at failed" \
                "the target is unchanged"
            [ ! -e to.db ]
        done
    done
}

@test "a driver that breaks its contract in origins, or of a record, is named" {
    local how at
    for how in silent-error unknown-status ok-after-fail; do
      for at in origins record_read; do
        write_config <<END
connections = { made = { driver = "memory"; $AWAY };
  copy = { driver = "memory"; fail_at = "$at"; break_contract = "$how"; data_age = "1h"; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "cars"; source = "made"; table = "cars"; target = "to"; fallback_source = "copy"; } );
END
        run --separate-stderr dbferry run
        assert_status 70
        assert_output_has "driver 'memory' broke its contract: $at"
      done
    done
}

@test "--source replaces the source; the fallback as source has no other" {
    copy_from_primary
    job
    run dbferry run --source copy
    assert_status 0
    rm -f copy.db*
    run --separate-stderr dbferry run --source copy
    assert_status 69
    refute_output_has "fallback"
}

@test "verify never compares with the fallback" {
    copy_from_primary
    job
    dbferry run || [ $? -eq 3 ]
    run dbferry verify
    assert_status 69
    refute_output_has "instead"
}

# ---- What is told ----

@test "of several jobs 3 counts before 0, and each error before 3" {
    copy_from_primary
    several() {
        write_config <<END
connections = { made = { driver = "memory"; $AWAY }; good = { driver = "memory"; };
                bad = { driver = "memory"; fail_at = "describe"; fail_class = "$1"; };
                copy = { driver = "sqlite"; path = "copy.db"; };
                to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "a"; source = "made"; table = "cars"; target = "to"; fallback_source = "copy"; },
         { name = "b"; source = "good"; table = "b"; target = "to"; },
         { name = "c"; source = "bad"; table = "c"; target = "to"; } );
END
    }
    several unreachable
    local order
    for order in "a b" "b a"; do
        run dbferry run $order
        assert_status 3
    done
    for order in "a c" "c b a"; do
        run dbferry run $order
        assert_status 69
    done
    several busy
    run dbferry run
    assert_status 75
    assert_equal "$(rows to.db cars)" 4
}

@test "plan and --dry-run say what would be read, with 3, and write nothing" {
    copy_from_primary
    age '-3 hours'
    job
    run --separate-stderr dbferry plan
    assert_status 3
    [[ ${lines[0]} == "job cars: fallback 'copy' (data 3 h 00 min old) instead of 'made' -> 'to', table 'cars'" ]]
    assert_output_has "warning: cars: source 'made' is not reached"
    run --separate-stderr dbferry run --dry-run
    assert_status 3
    assert_output_has "would create table 'cars' in 'to' from fallback 'copy', data 3 h 00 min old, 2 columns"
    [ ! -e to.db ]
    job 'rows = 4;'
    run --separate-stderr dbferry plan
    assert_status 0
    [[ ${lines[0]} == "job cars: 'made' (fallback 'copy') -> 'to', table 'cars'" ]]
}

@test "the log keeps the warning and the summary names the fallback" {
    copy_from_primary
    age '-3 hours'
    job "$AWAY" '' 'log_file = "log"; log_format = "json";'
    run --separate-stderr dbferry run -q
    assert_status 3
    assert_equal "$output$stderr" ""
    grep -q '"level":"warning","job":"cars","phase":"source","message":"source .made. is not reached' log
    grep -q '"message":"done: 4 rows (before: 0).*, from fallback .copy., data 3 h 00 min old"' log
    requires python3
    python3 -c 'import json, sys; [json.loads(line) for line in open("log")]'
}

# ---- check ----

@test "check tries the fallback too, and tells the age of its data" {
    copy_from_primary
    age '-3 hours'
    job 'rows = 4;'
    run dbferry check
    assert_status 0
    assert_output_has "ok    fallback 'copy': sqlite:$T/copy.db" \
        "ok    fallback data: 2 columns of cars, 3 h 00 min old (from 20"
    job
    run dbferry check # the source is what check is for
    assert_status 69
    assert_output_has "FAIL  source 'made'" "ok    fallback 'copy'"
    job 'rows = 4;'
    age '-3 days'
    run dbferry check
    assert_status 69
    assert_output_has "FAIL  fallback data: its data are 3 d 00 h old"
    sqlite3 copy.db "DROP TABLE cars"
    run dbferry check
    assert_status 66
    assert_output_has "FAIL  fallback data: " "no table or view 'cars'"
    rm copy.db*
    run dbferry check
    assert_status 69
    assert_output_has "FAIL  fallback 'copy': " "No such file"
    job 'rows = 4;' '' 'fallback_to_local_source_on_failure = false;'
    run dbferry check
    assert_status 0
    refute_output_has "fallback '"
}

@test "check: a fallback that is the table to be replaced needs not be there" {
    job 'rows = 4;'
    sed -i 's/path = "to.db"/path = "copy.db"/' "$DBFERRY_CONFIG"
    run dbferry check
    assert_status 0
    assert_output_has "ok    fallback 'copy': is the table to be replaced, and not there yet"
    dbferry run
    run dbferry check
    assert_status 0
    assert_output_has "ok    fallback data: 2 columns of cars, " " old (from 20" \
        "it is the table to be replaced: a run that cannot reach the source keeps it"
    [ ! -e to.db ]
}
