# Many tables in one step: all of them as before, or all as read.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    cd "$T"
    sqlite3 -batch shop.db <<'END'
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER);
CREATE TABLE log (at INTEGER PRIMARY KEY, note TEXT);
INSERT INTO customer VALUES (1, 'Ann'), (2, 'Bo');
INSERT INTO orders VALUES (10, 1), (11, 2);
INSERT INTO log VALUES (1, 'a'), (2, 'b');
END
    group
}

# group [KEYS [TARGET]]: the job "shop", in one step
group() {
    write_config <<END
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
  text = { driver = "example"; folder = "$T"; };
};
jobs = ( { name = "shop"; source = "shop"; target = "${2:-local}"; tables = ["*"]; commit = "together"; ${1:-} } );
END
}

# What all tables of the copy hold.
content() { sqlite3 -batch -readonly local.db "SELECT * FROM customer; SELECT * FROM orders; SELECT * FROM log"; }

@test "one table of them alone has its own name in the log" {
    run "$DBFERRY" run -v shop/orders
    assert_status 0
    assert_output_has "shop/orders main: run " "shop/orders main: done: 2 rows"
    group 'min_rows = 3;'
    run "$DBFERRY" run shop/orders
    assert_status 65
    assert_output_has "dbferry: shop/orders: "
}

@test "all tables are there after it, and their records have one run id" {
    run --separate-stderr "$DBFERRY" run
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(content)" "$(sqlite3 shop.db "SELECT * FROM customer; SELECT * FROM orders; SELECT * FROM log")"
    assert_equal "$(sqlite3 local.db "SELECT count(*), count(DISTINCT run_id), group_concat(job) FROM _dbferry_sync")" \
        "3|1|shop/customer,shop/log,shop/orders"
    run "$DBFERRY" run -v
    assert_output_has "shop main: done: 3 tables, 6 rows in"
    run "$DBFERRY" run --dry-run
    assert_status 0
    assert_output_has "shop/customer: would replace the rows of table 'customer'" "shop/orders: would"
    run "$DBFERRY" verify
    assert_status 0
}

@test "what the file says of the columns is that of each table which is there, and of no other" {
    "$DBFERRY" run
    assert_equal "$(sqlite3 local.db "SELECT DISTINCT target_table FROM _dbferry_columns")" "$(printf '%s\n' customer log orders)"
    sqlite3 local.db "DROP TABLE log; DROP TABLE customer"
    sqlite3 shop.db "DROP TABLE log; ALTER TABLE orders ADD COLUMN note TEXT"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 local.db "SELECT target_table, name FROM _dbferry_columns")" \
        "$(printf '%s\n' "customer|id" "customer|name" "orders|id" "orders|customer" "orders|note")"
    assert_equal "$(sqlite3 local.db "SELECT DISTINCT target_table FROM _dbferry_indexes")" "$(printf '%s\n' customer orders)"
}

@test "one table that fails leaves all as they were: a guard, a view in its place, a column too many" {
    "$DBFERRY" run
    before=$(content)
    sqlite3 shop.db "UPDATE customer SET name = upper(name); UPDATE log SET note = upper(note)"
    group 'overrides = ( { table = "orders"; min_rows = 3; } );'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "shop/orders: " "min_rows" "the target is unchanged"
    assert_equal "$(content)" "$before"
    group 'on_schema_change = "refuse";'
    sqlite3 shop.db "ALTER TABLE orders ADD COLUMN more"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "shop/orders: "
    assert_equal "$(content)" "$before"
    group
    sqlite3 local.db "DROP TABLE orders; CREATE VIEW orders AS SELECT 10 AS id, 1 AS customer UNION ALL SELECT 11, 2"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "shop/orders: " "is a view"
    assert_equal "$(content)" "$before"
}

@test "each table by its own strategy, in one transaction" {
    group 'strategy = "merge"; overrides = ( { table = "log"; strategy = "append"; cursor = "at"; }, { table = "orders"; strategy = "replace"; } );'
    "$DBFERRY" run
    sqlite3 shop.db "UPDATE customer SET name = 'Ben' WHERE id = 2; INSERT INTO customer VALUES (3, 'Cy'); INSERT INTO orders VALUES (12, 3); INSERT INTO log VALUES (3, 'c')"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 local.db "SELECT target_table, strategy, inserted, updated FROM _dbferry_sync ORDER BY 1" | paste -sd' ')" \
        "customer|merge|1|1 log|append|1|0 orders|replace|3|0"
    assert_equal "$(sqlite3 local.db "SELECT count(DISTINCT run_id) FROM _dbferry_sync")" 1
    sqlite3 shop.db "UPDATE customer SET name = 'Bob' WHERE id = 2; INSERT INTO log VALUES (4, 'd'); DELETE FROM orders"
    before=$(content)
    run "$DBFERRY" run # orders may not lose all of its rows
    assert_status 65
    assert_equal "$(content)" "$before"
    sqlite3 shop.db "INSERT INTO orders VALUES (13, 1)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 local.db "SELECT group_concat(note, '') FROM log; SELECT name FROM customer WHERE id = 2")" $'abcd\nBob'
}

# A reader that joins all the while, in one process: each look is a line.
look_ten_thousand_times() {
    ten_thousand_looks "SELECT count(*) FROM orders WHERE customer NOT IN (SELECT id FROM customer);" |
        sqlite3 -batch -readonly local.db ".timeout 20000" ".read /dev/stdin" >"$T/looks" 2>&1
    touch "$T/enough"
}

@test "a reader that joins the tables sees no orphan in ten thousand looks" {
    "$DBFERRY" run
    look_ten_thousand_times 3>&- &
    reader=$!
    runs=0
    while [ ! -e "$T/enough" ]; do
        sqlite3 shop.db "BEGIN; DELETE FROM orders; DELETE FROM customer;
            WITH RECURSIVE i(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 200) INSERT INTO customer SELECT n + 1000 * $((runs + 1)), 'x' FROM i;
            INSERT INTO orders SELECT id + 1, id FROM customer; COMMIT"
        "$DBFERRY" run
        runs=$((runs + 1))
        [ "$runs" -lt 5 ] || touch "$T/runs"
    done
    wait "$reader"
    assert_equal "$(sort -u "$T/looks")" 0
    between 10000 "$(wc -l <"$T/looks")" 9999999
}

@test "a target that changes one table at a time: 78, and nothing is read" {
    requires_driver example
    group '' text
    run "$DBFERRY" run
    assert_status 78
    assert_output_has 'commit = "together" changes many tables in one step' 'choose commit = "each"'
    refute test -e customer.tsv
    run "$DBFERRY" plan
    assert_status 78
}

@test "one of them alone, and with another step's locks: 75, and nothing has changed" {
    "$DBFERRY" run
    before=$(content)
    sqlite3 shop.db "UPDATE customer SET name = upper(name)"
    hold_lock local.db orders
    run "$DBFERRY" run
    let_go
    assert_status 75
    assert_output_has "another run is replacing table 'orders': it has only just started"
    assert_equal "$(content)" "$before"
    run "$DBFERRY" run shop/customer
    assert_status 0
    assert_equal "$(sqlite3 local.db "SELECT name FROM customer")" $'ANN\nBO'
}

@test "copy --all in one step" {
    run "$DBFERRY" copy sqlite:shop.db sqlite:copy.db --all -o job.commit=together
    assert_status 0
    assert_equal "$(sqlite3 copy.db "SELECT count(*), count(DISTINCT run_id) FROM _dbferry_sync")" "3|1"
    run "$DBFERRY" copy sqlite:shop.db sqlite:copy.db --table log -o job.commit=together
    assert_status 64
    assert_output_has "'commit', which goes with tables or views"
}

@test "skip_unchanged: of a table without data, its definition decides" {
    skipped() { sqlite3 local.db "SELECT group_concat(skipped) FROM _dbferry_sync"; }
    group 'skip_unchanged = true; overrides = ( { table = "log"; data = false; } );'
    "$DBFERRY" run
    for change in "INSERT INTO customer VALUES (3, 'Cy')" "ALTER TABLE log ADD COLUMN more"; do
        "$DBFERRY" run
        assert_equal "$(skipped)" "1,1,1"
        sqlite3 shop.db "$change"
        "$DBFERRY" run
        assert_equal "$(skipped)" "0,0,0"
    done
    assert_equal "$(sqlite3 local.db "SELECT (SELECT count(*) FROM customer), count(*), (SELECT group_concat(name) FROM pragma_table_info('log')) FROM log")" \
        "3|0|at,note,more"
    group 'skip_unchanged = true;' # its rows are to come now
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(rows local.db log)" 2
    group 'skip_unchanged = true; overrides = ( { table = "log"; data = false; } );'
    run "$DBFERRY" run # and are not left there without a word
    assert_status 65
    assert_output_has "shop/log" "allow_empty"
}

@test "a view and a trigger over tables that all change are judged once all have changed" {
    sqlite3 shop.db "ALTER TABLE customer ADD COLUMN note TEXT; ALTER TABLE orders ADD COLUMN paid INT"
    "$DBFERRY" run
    sqlite3 local.db "CREATE VIEW v AS SELECT name, paid FROM customer c JOIN orders o ON o.customer = c.id;
        CREATE TRIGGER t AFTER INSERT ON customer BEGIN SELECT name, paid FROM customer, orders; END"
    # A column goes over to the other table, by either way: in between, nobody has it, or both.
    for way in "customer orders" "orders customer"; do
        read -r from to <<<"$way"
        sqlite3 shop.db "ALTER TABLE $from DROP COLUMN paid" 2>/dev/null || true
        sqlite3 shop.db "ALTER TABLE $to DROP COLUMN paid" 2>/dev/null || true
        sqlite3 shop.db "ALTER TABLE $from ADD COLUMN paid INT"
        run "$DBFERRY" run
        assert_status 0
        assert_equal "$(sqlite3 local.db "SELECT group_concat(name) FROM v")" "Ann,Bo"
        assert_equal "$(sqlite3 local.db "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'")" 1
    done
    before=$(content)
    sqlite3 shop.db "ALTER TABLE customer DROP COLUMN paid" 2>/dev/null || true
    sqlite3 shop.db "ALTER TABLE orders DROP COLUMN paid" 2>/dev/null || true
    sqlite3 shop.db "ALTER TABLE customer ADD COLUMN other INT"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the view 'v' does not fit the new columns of the tables that are made anew" "the target is unchanged"
    assert_equal "$(content)" "$before"
}

@test "an index whose name another table has is refused, by that table" {
    group 'overrides = ( { table = "orders"; indexes = ( { columns = ["customer"]; name = "dbferry_by"; } ); } );'
    "$DBFERRY" run
    group 'overrides = ( { table = "customer"; indexes = ( { columns = ["name"]; name = "dbferry_by"; } ); } );'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "the name 'dbferry_by' of an index of job 'shop' is taken by an index of table 'orders'"
}
