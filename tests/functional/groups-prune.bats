# Copies of a job of many tables that it carries no longer: who is told, what prune = true drops, and what
# it never does.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires sqlite3
    cd "$T"
    sqlite3 -batch shop.db <<'END'
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO item VALUES (1, 'cup'), (2, 'jug');
CREATE TABLE log (id INTEGER PRIMARY KEY, note TEXT);
INSERT INTO log VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE TABLE orders (id INTEGER PRIMARY KEY, item INTEGER);
INSERT INTO orders VALUES (1, 2);
END
    group ''
}

# group KEYS [MORE]: the job "shop" with these keys, and more jobs
group() {
    write_config <<END
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  other = { driver = "sqlite"; path = "other.db"; };
  local = { driver = "sqlite"; path = "local.db"; retries = 0; };
};
jobs = ( { name = "shop"; source = "shop"; target = "local"; tables = ["*"]; $1 }${2:-} );
END
}

shop() { sqlite3 -batch shop.db "$1"; }

local_db() { sqlite3 -batch local.db "$1"; }

# What of a copy is there: its table, its record, what is known of its columns and indexes.
left() {
    local_db "SELECT (SELECT count(*) FROM sqlite_schema WHERE name = '$1'),
        (SELECT count(*) FROM _dbferry_sync WHERE target_table = '$1'),
        (SELECT count(*) > 0 FROM _dbferry_columns WHERE target_table = '$1')"
}

WHOLE="1|1|1"
NOTHING="0|0|0"

@test "without prune: run, plan, check and --dry-run tell of a copy whose source is gone, and it stays" {
    "$DBFERRY" run
    shop "DROP TABLE log"
    told="'log' is gone from source 'shop': its copy 'log' in 'local' stays; prune = true drops it"
    run "$DBFERRY" plan
    assert_status 0
    assert_output_has "job shop: $told"
    run "$DBFERRY" check
    assert_status 0
    assert_output_has "note  copies: $told"
    run "$DBFERRY" run --dry-run
    assert_status 0
    assert_output_has "shop: $told"
    run --separate-stderr "$DBFERRY" run
    assert_status 0
    assert_equal "$output$stderr" ""
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "done: 2 tables, 3 rows in " \
        "; gone from the source: 'log' (the copies stay; prune = true drops them)"
    assert_equal "$(left log)" "$WHOLE"
    for command in "plan shop/item" "run shop/item -v" verify; do
        run "$DBFERRY" $command
        assert_status 0
        refute_output_has log
    done
}

@test "a copy that is called otherwise is told by both names" {
    group 'target_table = "c_{name}";'
    "$DBFERRY" run
    shop "DROP TABLE log"
    run "$DBFERRY" plan
    assert_output_has "'log' is gone from source 'shop': its copy 'c_log' in 'local' stays"
    group 'target_table = "c_{name}"; prune = true;'
    "$DBFERRY" run
    assert_equal "$(left c_log)" "$NOTHING"
}

@test "prune = true drops it with its record, and says so; a look does not" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log"
    for look in plan check "run --dry-run"; do
        run "$DBFERRY" $look
        assert_status 0
        assert_output_has "'log' is gone from source 'shop': its copy 'log' in 'local' would be dropped"
    done
    "$DBFERRY" run shop/item
    "$DBFERRY" verify
    assert_equal "$(left log)" "$WHOLE"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "shop prune: table 'log' is dropped, with its record: 'log' is gone from source 'shop'" \
        "; gone from the source, so that the copies were dropped: 'log'"
    assert_equal "$(left log) $(left item) $(left orders)" "$NOTHING $WHOLE $WHOLE"
    assert_equal "$(local_db "PRAGMA integrity_check")" ok
    run "$DBFERRY" run -v
    assert_status 0
    refute_output_has log
    shop "CREATE TABLE log (id INTEGER PRIMARY KEY); INSERT INTO log VALUES (7)"
    run "$DBFERRY" run -v
    assert_output_has "; new: log"
    assert_equal "$(local_db "SELECT * FROM log")" 7
}

@test "in one step: after the others have changed, and not where they could not" {
    group 'prune = true; commit = "together";'
    "$DBFERRY" run
    shop "DROP TABLE log; DELETE FROM orders"
    run "$DBFERRY" run
    assert_status 65
    assert_equal "$(left log)" "$WHOLE"
    shop "INSERT INTO orders VALUES (5, 1)"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "so that the copies were dropped: 'log'"
    assert_equal "$(left log)" "$NOTHING"
}

@test "where one table fails nothing is dropped" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log; DELETE FROM orders"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "its copy 'log' in 'local' stays: not every table of the job was carried"
    assert_equal "$(left log)" "$WHOLE"
}

@test "a table that the patterns do not take any more is not gone" {
    group 'prune = true;'
    "$DBFERRY" run
    group 'prune = true; exclude = ["log"];'
    run "$DBFERRY" plan
    assert_output_has "'log' is no longer carried: its copy 'log' in 'local' stays: the patterns of the job do not take its source any more"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "; no longer carried: 'log'"
    assert_equal "$(left log)" "$WHOLE"
    group 'prune = true; target_table = "c_{name}";'
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "'log' is no longer carried: its copy 'log' in 'local' stays: its source is carried into table 'c_log' now" \
        "; no longer carried: 'item', 'log', 'orders'"
    assert_equal "$(left log) $(left c_log)" "$WHOLE $WHOLE"
}

@test "what was read from another source, or from another place, stays" {
    group 'prune = true;'
    "$DBFERRY" run
    cp shop.db other.db
    sqlite3 other.db "DROP TABLE log"
    run "$DBFERRY" run --source other -v
    assert_status 0
    assert_output_has "stays: it was read from source 'shop'"
    sed -i 's/path = "shop.db"/path = "other.db"/' "$DBFERRY_CONFIG"
    local_db "UPDATE _dbferry_sync SET source = 'shop'"
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "stays: source 'shop' was another place then"
    assert_equal "$(left log)" "$WHOLE"
}

@test "what another job has made stays, though it is called as one of its tables would be" {
    one='jobs = ( { name = "shop/facts"; source = "shop"; target = "local"; query = "SELECT id FROM item"; target_table = "facts"; },
        { name = "shop/part"; source = "shop"; target = "local"; tables = ["log"]; target_table = "part_{name}"; } );'
    group ''
    sed -i '/^jobs = /d' "$DBFERRY_CONFIG"
    cp "$DBFERRY_CONFIG" first.conf
    echo "$one" >>"$DBFERRY_CONFIG"
    "$DBFERRY" run
    cp first.conf "$DBFERRY_CONFIG"
    echo 'jobs = ( { name = "shop"; source = "shop"; target = "local"; tables = ["*"]; prune = true; } );' >>"$DBFERRY_CONFIG"
    for command in plan "run -v"; do
        run "$DBFERRY" $command
        assert_status 0
        refute_output_has facts part
    done
    assert_equal "$(left facts) $(left part_log)" "$WHOLE $WHOLE"
}

@test "a record that does not say where or by which run the copy was made keeps it" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log"
    for column in place_hash run_id; do
        kept=$(local_db "SELECT $column FROM _dbferry_sync WHERE target_table = 'log'")
        local_db "UPDATE _dbferry_sync SET $column = NULL WHERE target_table = 'log'"
        run "$DBFERRY" run -v
        assert_status 0
        assert_output_has "its copy 'log' in 'local' stays: "
        [ $column = run_id ] || assert_output_has "its record, of an older release, does not say which place it was read from"
        assert_equal "$(left log)" "$WHOLE"
        local_db "UPDATE _dbferry_sync SET $column = '$kept' WHERE target_table = 'log'"
    done
    "$DBFERRY" run
    assert_equal "$(left log)" "$NOTHING"
}

@test "a table that dbferry did not make, or that is another one by now, stays" {
    local_db "CREATE TABLE log (id INTEGER PRIMARY KEY, note TEXT CHECK (note <> ''), mine DEFAULT 1);
        CREATE TABLE mine (id INTEGER PRIMARY KEY)"
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "'log' is gone from source 'shop': its copy 'log' in 'local' stays: it is not as dbferry has made it"
    assert_equal "$(local_db "SELECT count(*) FROM log")" 3
    local_db "DROP TABLE log; CREATE VIEW log AS SELECT 1"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "stays: it is not as dbferry has made it"
    # Without a record it is nobody's.
    local_db "DROP VIEW log; CREATE TABLE log (id INTEGER); DELETE FROM _dbferry_sync WHERE target_table = 'log'"
    run "$DBFERRY" run -v
    refute_output_has "'log'"
    assert_equal "$(local_db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('log', 'mine')")" mine,log
}

@test "a copy into which somebody has written stays" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log"
    local_db "INSERT INTO log VALUES (9, 'mine')"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "its copy 'log' in 'local' stays: it does not hold what its record says"
    assert_equal "$(left log)" "$WHOLE"
}

@test "in a large file, too, a copy into which somebody has written stays" {
    group 'prune = true; overrides = ( { table = "log"; data = false; } );'
    "$DBFERRY" run
    local_db "INSERT INTO log VALUES (9, 'mine'); CREATE TABLE filler (x);
        WITH i(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 70) INSERT INTO filler SELECT zeroblob(1000000) FROM i"
    shop "DROP TABLE log"
    group 'prune = true;'
    for command in plan run; do
        run "$DBFERRY" $command
        assert_status 0
        assert_output_has "its copy 'log' in 'local' stays: it has 1 rows, and 0 by its record"
    done
    assert_equal "$(left log) $(local_db "SELECT note FROM log")" "$WHOLE mine"
    local_db "DELETE FROM log"
    "$DBFERRY" run
    assert_equal "$(left log)" "$NOTHING"
    rm local.db
}

@test "rows that the source had no longer are not dropped with it" {
    group 'prune = true; overrides = ( { table = "log"; strategy = "append"; cursor = "id"; } );'
    "$DBFERRY" run
    shop "DELETE FROM log; INSERT INTO log VALUES (4, 'd')"
    "$DBFERRY" run
    shop "DROP TABLE log"
    group 'prune = true;'
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "stays: strategy = \"append\" keeps rows there that the source had no longer"
    assert_equal "$(local_db "SELECT count(*) FROM log")" 4
}

@test "what hangs on it keeps it: a trigger, a view, a foreign key, a trigger of another table" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log"
    hang() { # hang DEFINITION WHY [LOOK]: what keeps the copy, and whether a look knows it
        local_db "$1"
        if [ "${3:-yes}" = yes ]; then
            run "$DBFERRY" plan
            assert_output_has "its copy 'log' in 'local' stays: $2"
        fi
        run "$DBFERRY" run
        assert_status 0
        assert_output_has "its copy 'log' in 'local' stays: $2"
        assert_equal "$(left log)" "$WHOLE"
    }
    hang "CREATE TRIGGER hook AFTER DELETE ON log BEGIN SELECT 1; END" "the trigger 'hook' hangs on it"
    local_db "DROP TRIGGER hook"
    hang "CREATE VIEW notes AS SELECT l.note FROM item, log l" "the view 'notes' reads it"
    local_db "DROP VIEW notes"
    for reads in "SELECT note FROM \"LOG\" WHERE note REGEXP 'a'" "SELECT not_here(note) FROM [Log]" "SELECT note, (SELECT 1 FROM not_here) FROM log"; do
        hang "CREATE VIEW notes AS $reads" "the view 'notes' reads it" # and does not compile here
        local_db "DROP VIEW notes"
    done
    hang "CREATE VIRTUAL TABLE words USING fts5(note, content='log', content_rowid='id')" "the virtual table 'words' is made of it"
    local_db "DROP TABLE words; CREATE VIRTUAL TABLE log_words USING fts5(note); CREATE VIEW broken AS SELECT logs FROM not_here"
    hang "CREATE TABLE mine (log INTEGER REFERENCES LOG (id))" "a foreign key of table 'mine' refers to it"
    local_db "DROP TABLE mine; CREATE TABLE mine (x)"
    hang "CREATE TRIGGER hook AFTER INSERT ON mine BEGIN INSERT INTO log (note) VALUES ('y'); END" \
        "a trigger of table 'mine' needs it" no
    local_db "DROP TRIGGER hook"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$output $(left log)" " $NOTHING"
}

@test "more than half at once is too many, unless max_shrink_percent says otherwise; none left is 66" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "DROP TABLE log; DROP TABLE orders"
    run "$DBFERRY" plan
    assert_status 65
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "2 tables of job 'shop' are gone from source 'shop' and 1 are left: more than 50 percent" \
        "look at the source, or set max_shrink_percent"
    assert_equal "$(left log) $(left orders)" "$WHOLE $WHOLE"
    shop "DROP TABLE item"
    run "$DBFERRY" run
    assert_status 66
    shop "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item VALUES (1, 'cup'), (2, 'jug')"
    assert_equal "$(left log) $(left orders) $(left item)" "$WHOLE $WHOLE $WHOLE"
    group 'prune = true; max_shrink_percent = 60;'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "more than max_shrink_percent = 60 percent"
    group 'prune = true; max_shrink_percent = 67;'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(left log) $(left orders) $(left item)" "$NOTHING $NOTHING $WHOLE"
}

@test "another database in the source's place drops nothing, however many tables it has, and carries none" {
    group 'prune = true;'
    "$DBFERRY" run
    mv shop.db away.db
    sqlite3 -batch shop.db "CREATE TABLE n1 (i); CREATE TABLE n2 (i); CREATE TABLE n3 (i); CREATE TABLE n4 (i)"
    for round in 1 2; do
        run "$DBFERRY" run
        assert_status 65
        assert_output_has "3 tables of job 'shop' are gone from source 'shop' and 0 are left: more than 50 percent"
        assert_equal "$(left log) $(left orders) $(left item) $(left n1)" "$WHOLE $WHOLE $WHOLE $NOTHING"
    done
    run "$DBFERRY" plan
    assert_status 65
    mv away.db shop.db
    shop "CREATE TABLE n5 (i); DROP TABLE log"
    "$DBFERRY" run
    assert_equal "$(left log) $(left orders) $(left n5)" "$NOTHING $WHOLE $WHOLE"
}

@test "a copy that another run holds: 75, and it stays" {
    group 'prune = true; lock_wait = "0s";'
    "$DBFERRY" run
    shop "DROP TABLE log"
    hold_lock local.db log
    run "$DBFERRY" run
    let_go
    assert_status 75
    assert_output_has "shop: " "another run is replacing table 'log'"
    assert_equal "$(left log)" "$WHOLE"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(left log)" "$NOTHING"
}

@test "a record without a table is cleared away, with prune alone" {
    "$DBFERRY" run
    shop "DROP TABLE log"
    local_db "DROP TABLE log"
    run "$DBFERRY" run -v
    refute_output_has "'log'"
    assert_equal "$(left log)" "0|1|0"
    group 'prune = true;'
    run "$DBFERRY" run -v
    assert_status 0
    assert_output_has "the record of table 'log' is dropped: neither that nor its source is there"
    refute_output_has "copies were dropped"
    assert_equal "$(left log)" "$NOTHING"
}

@test "a table that is called otherwise only but for case is the same copy" {
    group 'prune = true;'
    "$DBFERRY" run
    shop "ALTER TABLE log RENAME TO lag; ALTER TABLE lag RENAME TO LOG"
    run "$DBFERRY" plan
    assert_output_has "stays: table 'LOG' of the job is called so but for case"
    run "$DBFERRY" run -v
    assert_status 0
    refute_output_has "gone from" "no longer carried"
    assert_equal "$(local_db "SELECT count(*) FROM log")" 3
}

@test "into the very file that is read" {
    for commit in each together; do
        sqlite3 shop.db "CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY)"
        [ $commit = each ] || sqlite3 shop.db "PRAGMA journal_mode = WAL" >/dev/null
        copy=("$DBFERRY" copy sqlite:shop.db sqlite:shop.db --all --exclude 'c_*' --target-table 'c_{name}'
            -o job.commit=$commit -o job.prune=true)
        "${copy[@]}"
        assert_equal "$(shop "SELECT count(*) FROM sqlite_schema WHERE name = 'c_log'")" 1
        shop "DROP TABLE log"
        run "${copy[@]}"
        assert_status 0
        assert_equal "$(shop "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\_dbferry%' ESCAPE '\' ORDER BY 1)")" \
            c_item,c_orders,item,orders
    done
}

@test "copy says how it is asked for" {
    "$DBFERRY" copy sqlite:shop.db sqlite:copy.db --all
    shop "DROP TABLE log"
    run "$DBFERRY" copy sqlite:shop.db sqlite:copy.db --all -n
    assert_output_has "copy: 'log' is gone from source '" "stays; -o job.prune=true drops it"
    run "$DBFERRY" copy sqlite:shop.db sqlite:copy.db --all -v
    assert_output_has "(the copies stay; -o job.prune=true drops them)"
}

@test "names with quotes, line feeds and patterns in them" {
    names=("it's" 'say "so"' $'two\nlines' 'star*' '100%' 'a/b' 'back\slash')
    for name in "${names[@]}"; do shop "CREATE TABLE \"${name//\"/\"\"}\" (id INTEGER PRIMARY KEY)"; done
    group 'prune = true; max_shrink_percent = 100; allow_empty = true;'
    "$DBFERRY" run
    for name in "${names[@]}"; do shop "DROP TABLE \"${name//\"/\"\"}\""; done
    run "$DBFERRY" run -v
    assert_status 0
    assert_equal "$(grep -c "is dropped, with its record" <<<"$output")" 7
    assert_equal "$(local_db "SELECT group_concat(target_table) FROM _dbferry_sync")" item,log,orders
}

@test "prune goes with many tables, and with names that are theirs alone" {
    write_config <<'END'
connections = { shop = { driver = "sqlite"; path = "shop.db"; }; local = { driver = "sqlite"; path = "local.db"; }; };
jobs = ( { name = "one"; source = "shop"; target = "local"; table = "item"; prune = true; } );
END
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "'prune', which goes with tables or views"
    group 'prune = true; exclude = ["item"];' ', { name = "shop/item"; source = "shop"; target = "local"; table = "item"; }'
    run "$DBFERRY" run shop
    assert_status 78
    assert_output_has "job 'shop' has prune = true, and job 'shop/item' is called as one of its tables would be"
}

@test "what goes wrong beside the tables: a warning, and with prune the status of the run" {
    requires_driver memory
    sed -i 's/local = .*/local = { driver = "memory"; fail_at = "records"; fail_class = "target-io"; retries = 0; };/' "$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "which copies have no source any more cannot be told: records failed"
    sed -i 's/name = "shop";/& prune = true;/' "$DBFERRY_CONFIG"
    run "$DBFERRY" run
    assert_status 74
}

@test "copies that refer to each other go in an order that works; a circle stays" {
    shop "CREATE TABLE a_part (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b_part); INSERT INTO a_part VALUES (1, 1);
        CREATE TABLE b_part (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c_part); INSERT INTO b_part VALUES (1, 1);
        CREATE TABLE c_part (id INTEGER PRIMARY KEY); INSERT INTO c_part VALUES (1);
        CREATE TABLE ring1 (id INTEGER PRIMARY KEY, r INTEGER REFERENCES ring2); INSERT INTO ring1 VALUES (1, 1);
        CREATE TABLE ring2 (id INTEGER PRIMARY KEY, r INTEGER REFERENCES ring1); INSERT INTO ring2 VALUES (1, 1)"
    group 'prune = true; commit = "together"; foreign_keys = true; max_shrink_percent = 100;'
    "$DBFERRY" run
    assert_equal "$(local_db "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%REFERENCES%'")" 4
    shop "DROP TABLE a_part; DROP TABLE b_part; DROP TABLE c_part; DROP TABLE ring1; DROP TABLE ring2"
    run "$DBFERRY" plan
    assert_status 0
    assert_equal "$(grep -c 'would be dropped' <<<"$output")" 3
    assert_output_has "'ring1' is gone from source 'shop': its copy 'ring1' in 'local' stays: a foreign key of table 'ring2' refers to it"
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "its copy 'ring1' in 'local' stays: a foreign key of table 'ring2' refers to it" \
        "its copy 'ring2' in 'local' stays: a foreign key of table 'ring1' refers to it"
    assert_equal "$(left a_part) $(left b_part) $(left c_part) $(left ring1) $(left ring2)" "$NOTHING $NOTHING $NOTHING $WHOLE $WHOLE"
}

@test "a copy to which those that stay have referred goes with their keys" {
    shop "CREATE TABLE part (id INTEGER PRIMARY KEY, log INTEGER REFERENCES log); INSERT INTO part VALUES (1, 1)"
    group 'prune = true; commit = "together"; foreign_keys = true;'
    "$DBFERRY" run
    shop "CREATE TABLE other (id INTEGER PRIMARY KEY, log INTEGER); INSERT INTO other SELECT * FROM part;
        DROP TABLE part; ALTER TABLE other RENAME TO part; DROP TABLE log"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(left log) $(left part)" "$NOTHING $WHOLE"
}
