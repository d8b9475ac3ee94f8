# Jobs of many tables: which these are, what becomes of each, and what one that fails leaves to the rest.

load helper

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
}

# shop: a file with tables and views, one of them of a module, and a table that dbferry has made
shop() {
    sqlite3 -batch "$T/shop.db" <<'END'
CREATE TABLE item (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
INSERT INTO item (name) VALUES ('cup'), ('jug'), ('pot');
CREATE TABLE orders (id INTEGER PRIMARY KEY, item INTEGER);
INSERT INTO orders VALUES (1, 3), (2, 1);
CREATE TABLE tmp_orders AS SELECT * FROM orders;
CREATE VIEW v_sold AS SELECT o.id, i.name FROM orders o JOIN item i ON i.id = o.item;
CREATE VIEW w AS SELECT 1 AS one;
CREATE VIRTUAL TABLE words USING fts5(word);
INSERT INTO words VALUES ('cup');
ANALYZE;
END
    "$DBFERRY" copy "sqlite:$T/shop.db" "sqlite:$T/shop.db" --table item --target-table copied
}

# group KEYS [SOURCE [TARGET]]: the job "shop" with these keys
group() {
    local source='driver = "sqlite"; path = "shop.db";'
    write_config <<END
connections = {
  shop = { ${2:-$source} };
  local = { driver = "sqlite"; path = "local.db"; ${3:-} };
};
jobs = ( { name = "shop"; source = "shop"; target = "local"; $1 } );
END
}

# tables FILE: its tables but for SQLite's own and dbferry's
tables() {
    sqlite3 -batch -readonly "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND
        name NOT LIKE 'sqlite%' AND name NOT LIKE '\_dbferry%' ESCAPE '\' ORDER BY name" | paste -sd' '
}

same() {
    assert_equal "$(sqlite3 -batch -readonly "$T/local.db" "SELECT * FROM \"$2\"")" \
        "$(sqlite3 -batch -readonly "$T/shop.db" "SELECT * FROM \"$1\"")"
}

@test "all tables, and the views that fit: no table of the system's or of dbferry's own" {
    shop
    group 'tables = ["*"]; views = ["v_*"]; exclude = ["tmp_*"];'
    run --separate-stderr "$DBFERRY" run
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(tables "$T/local.db")" "copied item orders v_sold words"
    for table in item orders v_sold words; do same "$table" "$table"; done
    assert_equal "$(sqlite3 "$T/local.db" "SELECT job FROM _dbferry_sync ORDER BY 1" | paste -sd' ')" \
        "shop/copied shop/item shop/orders shop/v_sold shop/words"
}

@test "names of targets: before, behind, and of one table alone" {
    shop
    group 'tables = ["item", "o*"]; target_table = "erp_{name}_now";
        overrides = ( { table = "orders"; target_table = "sales"; } );'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(tables "$T/local.db")" "erp_item_now sales"
    same item erp_item_now
    same orders sales
}

@test "one table of a group: run, plan, check and verify" {
    shop
    group 'tables = ["*"]; exclude = ["words"];'
    run "$DBFERRY" run shop/orders
    assert_status 0
    assert_equal "$(tables "$T/local.db")" orders
    run "$DBFERRY" plan shop/item
    assert_status 0
    assert_output_has "job shop/item: 'shop' -> 'local', table 'item'"
    refute_output_has "orders"
    run "$DBFERRY" check shop/item
    assert_status 0
    assert_output_has "job shop/item" "'item' is not there yet and can be created"
    run "$DBFERRY" verify shop/orders
    assert_status 0
    sqlite3 "$T/local.db" "DELETE FROM orders WHERE id = 1"
    run "$DBFERRY" verify shop/orders --rows
    assert_status 65
    assert_output_has "shop/orders: missing: id = 1"
    run "$DBFERRY" run shop/itme
    assert_status 66
    assert_output_has "'itme' is none of the tables of job 'shop'" "did you mean 'item'?"
    run "$DBFERRY" run shop/words
    assert_status 66
    run "$DBFERRY" run shpo/item
    assert_status 78
    assert_output_has "no job is named 'shpo/item'"
}

@test "plan, check and verify of all tables; each side is opened once" {
    shop
    group 'tables = ["item", "orders"];'
    run "$DBFERRY" plan
    assert_status 0
    assert_output_has "job shop/item:" "job shop/orders:"
    [ ! -e "$T/local.db" ]
    "$DBFERRY" run
    run "$DBFERRY" check
    assert_status 0
    assert_equal "$(grep -c "source 'shop':" <<<"$output") $(grep -c "target 'local':" <<<"$output")" "1 1"
    assert_equal "$(grep -c "target table: .* fits" <<<"$output")" 2
    run "$DBFERRY" verify
    assert_status 0
    run "$DBFERRY" run --dry-run
    assert_status 0
    assert_output_has "shop/item: would replace the rows of table 'item'" "shop/orders: would replace"
    run "$DBFERRY" run -v
    assert_equal "$(grep -c "source 'shop' is" <<<"$output")" 1
}

@test "copy --all needs no file" {
    shop
    cd "$T"
    run "$DBFERRY" copy sqlite:shop.db sqlite:local.db --all --exclude 'w*' --exclude 'tmp_*' --views 'v_*'
    assert_status 0
    assert_equal "$(tables local.db)" "copied item orders v_sold"
    same v_sold v_sold
    run "$DBFERRY" copy sqlite:shop.db sqlite:views.db --views '*'
    assert_status 0
    assert_equal "$(tables views.db)" "v_sold w"
    run "$DBFERRY" copy sqlite:shop.db sqlite:local.db --all --exclude 'tmp_*' --exclude words --target-table 'x_{name}' --strategy merge -n
    assert_status 0
    assert_output_has "copy/item: would create table 'x_item'"
    run "$DBFERRY" copy sqlite:shop.db sqlite:local.db --all --table item
    assert_status 64
    assert_output_has "'table' is a key of jobs with one"
    run "$DBFERRY" copy sqlite:shop.db sqlite:local.db --table item --exclude x
    assert_status 64
    run "$DBFERRY" copy sqlite:shop.db sqlite:local.db --all --target-table all
    assert_status 64
    assert_output_has "must have {name} in it"
}

@test "data = false: the table alone; rows that somebody has put there stay" {
    shop
    group 'tables = ["item", "orders"]; verify = "content"; min_rows = 1;
        overrides = ( { table = "item"; data = false; } );'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(rows "$T/local.db" item) $(rows "$T/local.db" orders)" "0 2"
    assert_equal "$(sqlite3 "$T/local.db" "SELECT group_concat(name) FROM pragma_table_info('item')")" id,name
    run "$DBFERRY" plan shop/item
    assert_output_has "note: no rows are carried (data = false)"
    run "$DBFERRY" verify
    assert_status 0
    run "$DBFERRY" run
    assert_status 0
    sqlite3 "$T/local.db" "INSERT INTO item VALUES (9, 'mine')"
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "allow_empty"
    assert_equal "$(rows "$T/local.db" item)" 1
}

@test "verify of a table without data: its definition alone" {
    shop
    group 'tables = ["item"]; overrides = ( { table = "item"; data = false; } );'
    run "$DBFERRY" verify
    assert_status 66
    "$DBFERRY" run
    for sql in "" "INSERT INTO item VALUES (9, 'mine')"; do
        sqlite3 "$T/local.db" "$sql"
        for option in "" --rows "--rows --values"; do
            run "$DBFERRY" verify -v $option
            assert_status 0
            assert_output_has "shop/item main: done: the table is as the source's columns want it" "(data = false)"
            refute_output_has "missing:" "extra:"
        done
    done
    sqlite3 "$T/shop.db" "ALTER TABLE item ADD COLUMN price"
    for option in "" --rows; do
        run "$DBFERRY" verify $option
        assert_status 65
        assert_output_has "is not as the source's columns want it" "price"
    done
}

@test "overrides: a strategy, a column and an index of one table" {
    shop
    group 'tables = ["item", "orders"]; strategy = "merge";
        overrides = ( { table = "orders"; strategy = "append"; cursor = "id";
            columns = ( { name = "item"; type = "TEXT"; } ); indexes = ( { columns = ["item"]; } ); } );'
    "$DBFERRY" run
    sqlite3 "$T/shop.db" "INSERT INTO orders VALUES (3, 2); UPDATE item SET name = 'mug' WHERE id = 1"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 "$T/local.db" "SELECT target_table, strategy, inserted, updated FROM _dbferry_sync ORDER BY 1" | paste -sd' ')" \
        "item|merge|0|1 orders|append|1|0"
    assert_equal "$(sqlite3 "$T/local.db" "SELECT typeof(item), count(*) FROM orders")" "text|3"
    assert_equal "$(sqlite3 "$T/local.db" "SELECT count(*) FROM pragma_index_list('orders')")" 1
}

@test "patterns that fit nothing, and overrides for nothing: 66, and nothing is written" {
    shop
    group 'tables = ["*", "ordres"];'
    run "$DBFERRY" run
    assert_status 66
    assert_output_has "source 'shop' has no table that fits 'ordres'; did you mean 'orders'?"
    group 'tables = ["nothing*"];'
    run "$DBFERRY" check
    assert_status 66
    assert_output_has "it has 'copied', 'item', 'orders', 'tmp_orders', 'words'"
    group 'tables = ["*"]; views = ["report*"];'
    run "$DBFERRY" run
    assert_status 66
    assert_output_has "no view that fits 'report*'"
    group 'tables = ["item"]; overrides = ( { table = "orders"; data = false; } );'
    run "$DBFERRY" run
    assert_status 66
    assert_output_has "the override for 'orders' has no effect"
    group 'tables = ["*"]; exclude = ["*"];'
    run "$DBFERRY" run
    assert_status 66
    [ ! -e "$T/local.db" ]
}

@test "two tables that would get one name, also but for case: 65, and nothing is written" {
    shop
    group 'tables = ["*"]; exclude = ["words"]; overrides = ( { table = "tmp_orders"; target_table = "ORDERS"; } );'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "'orders' and 'tmp_orders' would both become table" "target_table of its own"
    [ ! -e "$T/local.db" ]
    for command in check plan run; do # alone it would take the other's place
        run "$DBFERRY" $command shop/tmp_orders
        assert_status 65
        assert_output_has "'orders' and 'tmp_orders' would both become table"
    done
    [ ! -e "$T/local.db" ]
}

@test "of two jobs whose names fit, a table is of the longer one" {
    shop
    write_config <<'END'
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "shop"; source = "shop"; target = "local"; tables = ["orders"]; },
         { name = "shop/old"; source = "shop"; target = "local"; tables = ["item"]; target_table = "old_{name}"; } );
END
    run "$DBFERRY" run shop/old/item shop/orders
    assert_status 0
    assert_equal "$(tables "$T/local.db")" "old_item orders"
}

@test "a job that has the name of another one's table: 78, by both names" {
    two_jobs() {
        write_config <<END
connections = {
  shop = { driver = "sqlite"; path = "shop.db"; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "shop/$1"; source = "shop"; target = "local"; $2 },
         { name = "shop"; source = "shop"; target = "local"; tables = ["*"]; views = ["v_*"]; exclude = ["tmp_*"]; target_table = "s_{name}"; } );
END
    }
    shop
    for name in orders v_sold; do
        for keys in 'table = "orders";' 'tables = ["item"];'; do
            two_jobs "$name" "$keys"
            run "$DBFERRY" check
            assert_status 78
            assert_output_has "dbferry.conf:5: job 'shop/$name' has the name of table '$name' of job 'shop'"
        done
    done
    two_jobs tmp_orders 'table = "tmp_orders";' # which is none of that job's
    run "$DBFERRY" run
    assert_status 0
}

@test "a view whose tables are gone is gone, too: 66" {
    sqlite3 "$T/shop.db" "CREATE VIEW v AS SELECT * FROM nothere"
    group 'views = ["*"];'
    run "$DBFERRY" run
    assert_status 66
    assert_output_has "'v' cannot be read: no such table"
}

@test "a table that cannot be carried stops no other; plan names them all at once" {
    shop
    sqlite3 "$T/shop.db" "CREATE TABLE big (id INTEGER PRIMARY KEY); CREATE TABLE bad (id INTEGER PRIMARY KEY)"
    "$DBFERRY" copy "sqlite:$T/shop.db" "sqlite:$T/local.db" --table item --target-table before
    sqlite3 "$T/local.db" "CREATE VIEW big AS SELECT 1; CREATE VIEW bad AS SELECT 1"
    group 'tables = ["*"]; exclude = ["words"];'
    run "$DBFERRY" plan
    assert_status 65
    assert_output_has "shop/bad" "shop/big" "job shop/orders"
    run "$DBFERRY" run -v
    assert_status 65
    assert_output_has "shop/bad" "shop/big" "6 tables, 10 rows in" "; 2 of the tables failed"
    assert_equal "$(tables "$T/local.db")" "before copied item orders tmp_orders"
    assert_equal "$(grep -c "another snapshot" <<<"$output")" 0
}

@test "one that fails in the midst of its rows: the rest is read, in another snapshot, which is told" {
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b, c"; rows = 50; columns = "id int64 not null key, name text(40)"; fail_at = "read_batch"; fail_row = 20; fail_times = 1; fail_class = "data";'
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "shop/a" "the target is unchanged" \
        "from this table on, source 'shop' is read in another snapshot"
    assert_equal "$(tables "$T/local.db")" "b c"
    assert_equal "$(rows "$T/local.db" b) $(rows "$T/local.db" c)" "50 50"
}

@test "one whose target is locked: the rest goes on in the same snapshot" {
    group 'tables = ["*"]; lock_wait = "0s";' 'driver = "memory"; table = "a, b, c"; rows = 50; columns = "id int64 not null key"; retries = 0;' 'retries = 0;'
    "$DBFERRY" run
    hold_lock "$T/local.db" b
    run "$DBFERRY" run
    let_go
    assert_status 75
    refute_output_has "another snapshot"
    assert_equal "$(grep 'another run is replacing' <<<"$output" | cut -d: -f2)" " shop/b"
}

@test "into the very file that is read, in rollback mode too" {
    shop
    cd "$T"
    into_itself() {
        run "$DBFERRY" copy sqlite:shop.db "sqlite:$1" --all --exclude 'c_*' --exclude words \
            --target-table 'c_{name}' -o job.lock_wait=2s -o "job.commit=$2"
    }
    sqlite3 shop.db "WITH RECURSIVE i(n) AS (VALUES (9) UNION ALL SELECT n + 1 FROM i WHERE n < 20000)
        INSERT INTO item SELECT n, hex(randomblob(200)) FROM i" # more than the page cache takes
    ln -s shop.db link.db
    into_itself shop.db each
    assert_status 0
    sqlite3 shop.db "DELETE FROM orders WHERE id = 2"
    for file in shop.db link.db; do
        into_itself $file together
        assert_status 78
        assert_output_has "'$file' is read and written by this job" 'PRAGMA journal_mode = WAL' 'commit = "each"'
    done
    assert_equal "$(sqlite3 shop.db "SELECT count(*) FROM c_orders")" 2
    sqlite3 shop.db "PRAGMA journal_mode = WAL" >"$T/out"
    into_itself shop.db together
    assert_status 0
    assert_equal "$(sqlite3 shop.db "SELECT * FROM c_orders")" "1|3"
    assert_equal "$(sqlite3 shop.db "SELECT * FROM c_item" | sha256sum)" "$(sqlite3 shop.db "SELECT * FROM item" | sha256sum)"
}

@test "a source that is not there is tried again before its tables are known" {
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b"; fail_at = "connect"; fail_class = "unreachable"; fail_times = 2; retries = 2; retry_wait = "10ms";'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(tables "$T/local.db")" "a b"
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b"; fail_at = "list"; fail_class = "stream"; retries = 0;'
    run "$DBFERRY" run
    assert_status 76
    assert_output_has "shop:"
}

@test "a source that cannot tell its tables: 78, by name" {
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b";'
    DBFERRY_MEMORY_PLAIN=1 run "$DBFERRY" run
    assert_status 78
    assert_output_has "cannot tell which tables there are"
}

written() { [ "$(sqlite3 "$T/shop.db" ".timeout 10000" "SELECT n FROM a")" -gt 0 ]; }

@test "the tables of a file are of one moment, whoever writes meanwhile" {
    sqlite3 "$T/shop.db" "PRAGMA journal_mode = WAL; CREATE TABLE a (id INTEGER PRIMARY KEY, n); INSERT INTO a VALUES (1, 0);
        CREATE TABLE filler (id INTEGER PRIMARY KEY, t); CREATE TABLE z AS SELECT * FROM a;
        WITH RECURSIVE i(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM i WHERE n < 20000) INSERT INTO filler SELECT n, 'x' FROM i" >/dev/null
    group 'tables = ["*"];'
    (while [ ! -e "$T/enough" ] && kill -0 $$ 2>/dev/null; do
        sqlite3 "$T/shop.db" ".timeout 10000" "BEGIN IMMEDIATE; UPDATE a SET n = n + 1; UPDATE z SET n = n + 1; COMMIT"
    done) 3>&- &
    writer=$!
    until_there written
    seen=()
    for i in 1 2 3 4 5 6 7 8; do
        "$DBFERRY" run
        seen+=("$(sqlite3 "$T/local.db" "SELECT (SELECT n FROM a) = (SELECT n FROM z)")")
    done
    touch "$T/enough"
    wait "$writer"
    assert_equal "$(printf '%s\n' "${seen[@]}" | sort -u)" 1
    [ "$(sqlite3 "$T/local.db" "SELECT n FROM a")" -gt 0 ]
}

@test "names with dots, slashes, quotes, line feeds, patterns in them, an emoji, 64 characters" {
    long=$(printf 'ä%.0s' {1..64})
    names=(a.b a/b "it's" 'say "so"' $'two\nlines' 'star*' '[x]' '{name}' '🐫' "$long" 'back\slash' ' space ')
    for name in "${names[@]}"; do
        printf 'CREATE TABLE "%s" (id INTEGER PRIMARY KEY);\nINSERT INTO "%s" VALUES (%d);\n' \
            "${name//\"/\"\"}" "${name//\"/\"\"}" ${#name}
    done | sqlite3 -batch "$T/shop.db"
    group 'tables = ["*"];'
    run "$DBFERRY" run
    assert_status 0
    for name in "${names[@]}"; do
        assert_equal "$(sqlite3 "$T/local.db" "SELECT id FROM \"${name//\"/\"\"}\"")" ${#name}
    done
    run "$DBFERRY" verify "shop/a/b" 'shop/say "so"' 'shop/star*' $'shop/two\nlines' 'shop/{name}'
    assert_status 0
    group 'tables = ["star\\*", "[[]x]", "two*", "?"];'
    run "$DBFERRY" run --dry-run
    assert_status 0
    assert_equal "$(grep -c ': would ' <<<"$output")" 4
    assert_output_has 'shop/star*: would' 'shop/[x]: would' 'shop/two\nlines: would' 'shop/🐫: would'
}

@test "on a terminal: a table of what came of each, in the end" {
    requires script
    shop
    group 'tables = ["item", "orders"]; strategy = "merge";'
    cd "$T"
    "$DBFERRY" run
    sqlite3 shop.db "UPDATE item SET name = 'mug' WHERE id = 1; INSERT INTO item (name) VALUES ('pan')"
    sqlite3 local.db "DROP TABLE orders; CREATE VIEW orders AS SELECT 1"
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null || true
    screen=$(tr -d '\r' <screen | sed 's/[0-9]\.[0-9][0-9]  /0.00  /')
    [[ $screen == *"table   rows  inserted  updated  deleted  seconds  state"* ]]
    [[ $screen == *"item       4         1        1        0     0.00  changed"* ]]
    [[ $screen == *"orders"*"FAILED"* ]]
    [[ $screen == *"shop: 2 tables, 4 rows in "*"; 1 of the tables failed"* ]]
}

@test "tables that come, and those that get other columns, are told" {
    shop
    group 'tables = ["item", "o*"];'
    run "$DBFERRY" run -v
    assert_output_has "shop main: done: 2 tables, 5 rows in " "; new: item, orders"
    run "$DBFERRY" run -v
    refute_output_has "new:" "made anew"
    sqlite3 "$T/shop.db" "CREATE TABLE owner (id INTEGER PRIMARY KEY); ALTER TABLE item ADD COLUMN price"
    run "$DBFERRY" run -v
    assert_output_has "; new: owner; made anew for other columns: item"
    sqlite3 "$T/shop.db" "DROP TABLE owner" # its copy stays
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(tables "$T/local.db")" "item orders owner"
}

@test "on a terminal: which table it is, of how many, while rows pass" {
    requires script
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b, c"; rows = 3; columns = "id int64 not null key"; fail_at = "read_batch"; fail_how = "slow"; fail_row = 1; fail_delay = "600ms";'
    cd "$T"
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null
    screen=$(tr '\r' '\n' <screen)
    [[ $screen == *"shop/a  1 of 3 tables  "*"shop/b  2 of 3 tables  "*"shop/c  3 of 3 tables  "* ]]
}

@test "a signal stops all: the tables that were not begun are named" {
    group 'tables = ["*"];' 'driver = "memory"; table = "a, b, c, d"; rows = 50; columns = "id int64 not null key"; fail_at = "read_batch"; fail_how = "stall"; fail_row = 20; fail_mark = "'"$T/there"'";'
    "$DBFERRY" run >"$T/out" 2>&1 3>&- &
    run_pid=$!
    until_there test -e "$T/there"
    kill -TERM "$run_pid"
    code=0
    wait "$run_pid" || code=$?
    assert_equal "$code" 143
    grep -q "shop/a: stopped by signal 15" "$T/out"
    grep -q "not begun: shop/b, shop/c, shop/d" "$T/out"
    refute test -e "$T/local.db"
}

@test "check tries the target where the source of many tables is not reached" {
    requires_driver mysql
    write_config <<END
connections = {
  away = { driver = "mysql"; socket = "$T/nobody"; user = "u"; database = "d"; retries = 0; };
  local = { driver = "sqlite"; path = "local.db"; };
};
jobs = ( { name = "shop"; source = "away"; target = "local"; tables = ["*"]; } );
END
    run "$DBFERRY" check
    assert_status 69
    assert_output_has "FAIL  source 'away': " "ok    target 'local': "
    assert_equal "$(grep -c "cannot connect" <<<"$output")" 1
}
