# What jobs of many tables must do with a server on both sides, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine.

# group KEYS [TARGET]: the job "d" of the server's tables with these keys, into this connection
group() {
    sed -i '/^jobs = /,$d' "$DBFERRY_CONFIG"
    cat >>"$DBFERRY_CONFIG" <<END
jobs = ( { name = "d"; source = "server"; target = "${2:-local}"; $1 } );
END
}

tables_of_d() {
    sql d <<<"CREATE TABLE item (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO item VALUES (1, 'cup'), (2, 'jug');
        CREATE TABLE orders (id INT PRIMARY KEY, item INT); INSERT INTO orders VALUES (1, 2);
        CREATE VIEW v_sold AS SELECT o.id, i.name FROM orders o JOIN item i ON i.id = o.item"
}

# slow_view ROWS [NAME]: the statements that make a view, of so many rows that each take a hundredth of a second.
slow_view() {
    echo "CREATE TABLE many (id INT PRIMARY KEY);
        INSERT INTO many WITH RECURSIVE i AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM i WHERE n < $1) SELECT n FROM i;
        CREATE VIEW ${2:-v_slow} AS SELECT id, SLEEP(0.01) AS s FROM many"
}

check_all_tables_to_a_file_and_to_a_server() {
    tables_of_d
    group 'tables = ["*"]; views = ["*"]; verify = "content";'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM v_sold; SELECT count(*) FROM item, orders")" $'1|jug\n2'
    sql <<<"GRANT UPDATE ON e.* TO loader"
    group 'tables = ["*"]; views = ["*"]; target_table = "c_{name}"; strategy = "merge"; key = ["id"];' target
    run "$DBFERRY" run
    assert_status 0
    sql d <<<"UPDATE item SET name = 'mug' WHERE id = 2"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sql e <<<"SELECT name FROM c_v_sold UNION ALL SELECT name FROM c_item WHERE id = 2")" $'mug\nmug'
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(target_table, ' ', job, ' ', updated ORDER BY 1) FROM _dbferry_sync")" \
        "c_item d/item 1,c_orders d/orders 0,c_v_sold d/v_sold 1"
    run "$DBFERRY" verify
    assert_status 0
}

# The copies of a server's tables lie beside dbferry's own, which are no tables of the user's.
check_what_is_not_listed() {
    tables_of_d
    sql d <<<"CREATE TABLE hidden (id INT PRIMARY KEY)"
    sql <<<"$NOT_LISTED"
    run to_target item item
    assert_status 0
    sql e <<<"CREATE TABLE mine (id INT PRIMARY KEY); CREATE TABLE _dbferry_stage_0123456789abcdef (id INT PRIMARY KEY)"
    group 'tables = ["*"];'
    sed -i 's/^\(  server = .*database = "\)d"/\1e"/; s/user = "reader"/user = "loader"/' "$DBFERRY_CONFIG"
    run "$DBFERRY" run --dry-run
    assert_status 0
    assert_equal "$(sed 's/:.*//' <<<"$output" | paste -sd' ')" "d/item d/mine"
    sed -i 's/^\(  server = .*database = "\)e"/\1information_schema"/' "$DBFERRY_CONFIG"
    run "$DBFERRY" run --dry-run
    assert_status 66
    assert_output_has "it has none that this account may see"
}

# How many connections the server has taken so far.
connections() { sql <<<"SHOW GLOBAL STATUS LIKE 'Connections'" | cut -f2; }

# However many tables there are, a run takes as many connections as for one.
check_the_connections_of_a_group() {
    local i before one
    tables_of_d
    group 'tables = ["*"];'
    "$DBFERRY" run d/item
    before=$(connections)
    "$DBFERRY" run d/item
    one=$(($(connections) - before))
    for i in 1 2 3 4 5 6 7 8 9; do echo "CREATE TABLE t$i (id INT PRIMARY KEY);"; done | sql d
    before=$(connections)
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(($(connections) - before))" "$one"
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM _dbferry_sync")" 11
}

# Two tables that one transaction changes, all the while: the copies always agree.
check_that_the_tables_are_of_one_moment() {
    local i writer seen=()
    sql d <<<"CREATE TABLE a (n INT) ENGINE = InnoDB; CREATE TABLE filler (id INT PRIMARY KEY, t TEXT); CREATE TABLE z (n INT) ENGINE = InnoDB;
        INSERT INTO a VALUES (0); INSERT INTO z VALUES (0)"
    seq 1 3000 | sed 's/.*/INSERT INTO filler VALUES (&, "x");/' | sql d
    while [ ! -e "$T/enough" ]; do
        echo "START TRANSACTION; UPDATE a SET n = n + 1; UPDATE z SET n = n + 1; COMMIT;"
    done | sql d &
    writer=$!
    group 'tables = ["*"];'
    for i in 1 2 3 4 5 6 7 8; do
        "$DBFERRY" run || break
        seen+=("$(sqlite3 "$D" "SELECT (SELECT n FROM a) = (SELECT n FROM z)")")
    done
    last=$(sqlite3 "$D" "SELECT n FROM a")
    touch "$T/enough"
    wait "$writer"
    assert_equal "$(printf '%s\n' "${seen[@]}" | sort | uniq -c | tr -s ' ')" " 8 1"
    [ "$last" -gt 0 ]
}

# A table that the account may not read is none that it sees; one whose columns it may not read in part
# fails alone.
check_tables_without_rights() {
    tables_of_d
    sql <<<"$FEW_RIGHTS"
    sed -i '/^  server = /s/user = "reader"/user = "few"/' "$DBFERRY_CONFIG"
    group 'tables = ["*"];'
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(target_table) FROM _dbferry_sync")" item
    run "$DBFERRY" run d/orders
    assert_status 66
    group 'tables = ["item", "orders"];'
    run "$DBFERRY" run
    assert_status 66
    assert_output_has "no table that fits 'orders'"
}

check_names_of_a_server() {
    local name names=(a.b a/b "it's" 'say "so"' $'two\nlines' 'star*' '{name}' "$(printf 'ä%.0s' {1..64})" 'back\slash' 'tick`ed')
    for name in "${names[@]}"; do
        printf 'CREATE TABLE `%s` (id INT PRIMARY KEY); INSERT INTO `%s` VALUES (%d);\n' \
            "${name//\`/\`\`}" "${name//\`/\`\`}" ${#name}
    done | sql d
    group 'tables = ["*"];' target
    run "$DBFERRY" run
    assert_status 0
    for name in "${names[@]}"; do
        assert_equal "$(sql e <<<"SELECT id FROM \`${name//\`/\`\`}\`")" ${#name}
    done
    run "$DBFERRY" verify
    assert_status 0
    group 'tables = ["*"]; target_table = "a_{name}"; commit = "together";' target
    for command in check plan run; do # and not after the rows
        run "$DBFERRY" $command
        assert_status 65
        assert_output_has "the table name 'a_ää" "is too long: names have 64 characters at most"
    done
}

# The connection is lost in the midst of a table: that is begun again, and the rest follows.
check_a_table_that_is_tried_again() {
    tables_of_d
    sed -i '/^  server = /s/ };$/ retries = 2; retry_wait = "10ms"; };/' "$DBFERRY_CONFIG"
    sql d <<<"$(slow_view 900)"
    group 'tables = ["*"]; views = ["v_slow"];'
    "$DBFERRY" run -v >"$T/out" 2>&1 3>&- &
    run_pid=$!
    until_there is_reading
    sql <<<"KILL $(reading)"
    code=0
    wait "$run_pid" || code=$?
    assert_equal "$code" 0
    grep -q "retry 1 of 2" "$T/out"
    grep -q "d/v_slow.*another snapshot" "$T/out"
    assert_equal "$(rows "$D" v_slow) $(sqlite3 "$D" "SELECT count(*) FROM _dbferry_sync")" "900 4"
}

# Who alters a table that has been read waits for no other table of the group.
check_that_tables_are_let_go() {
    tables_of_d
    sql d <<<"$(slow_view 300)"
    group 'tables = ["item", "orders"]; views = ["v_slow"];'
    "$DBFERRY" run >"$T/out" 2>&1 3>&- &
    run_pid=$!
    until_there is_reading
    run sql d <<<"SET lock_wait_timeout = 1; ALTER TABLE item ADD COLUMN more INT"
    assert_status 0
    is_reading
    wait "$run_pid"
    assert_equal "$(rows "$D" v_slow) $(rows "$D" item)" "300 2"
}

# In one step, all tables are described before the first is read.
check_a_table_that_is_altered_before_it_is_read() {
    local retries code
    tables_of_d
    sql d <<<"$(slow_view 200 a_v_slow)"
    group 'tables = ["orders"]; views = ["a_v_slow"]; commit = "together";'
    for retries in 0 1; do
        sed -i '/^  server = /s/database = "d";.*/database = "d"; retries = '$retries'; retry_wait = "10ms"; };/' "$DBFERRY_CONFIG"
        "$DBFERRY" run -v >"$T/out" 2>&1 3>&- &
        run_pid=$!
        until_there is_reading
        sql d <<<"ALTER TABLE orders ADD COLUMN c$retries INT"
        code=0
        wait "$run_pid" || code=$?
        assert_equal "$code" $((retries > 0 ? 0 : 75))
        grep -q "d/orders.*table 'orders' now has . columns and had . a moment ago; run again" "$T/out"
    done
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(name) FROM pragma_table_info('orders')")" id,item,c0,c1
}

reading() { sql <<<"SELECT id FROM information_schema.processlist WHERE user = 'reader' AND info LIKE '%v_slow%' LIMIT 1"; }
is_reading() { [ -n "$(reading)" ]; }

# ---- In one step ----

# ids TABLE...: the run ids that their records have
run_ids() { sql e <<<"SELECT COUNT(*), COUNT(DISTINCT run_id) FROM _dbferry_sync"; }

# What all tables of the copy hold.
copied() { sql e <<<"SELECT * FROM item ORDER BY 1; SELECT * FROM orders ORDER BY 1"; }

own_tables() { sql e <<<"SHOW TABLES LIKE '\\_dbferry%'"; }

check_all_tables_in_one_step() {
    tables_of_d
    group 'tables = ["*"]; commit = "together"; verify = "content";' target
    run "$DBFERRY" run
    assert_status 0
    sql d <<<"UPDATE item SET name = 'mug' WHERE id = 2; INSERT INTO orders VALUES (2, 1)"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(copied)" "$(sql d <<<"SELECT * FROM item ORDER BY 1; SELECT * FROM orders ORDER BY 1")"
    assert_equal "$(run_ids)" $'2\t1'
    assert_equal "$(own_tables)" _dbferry_sync
    run "$DBFERRY" verify
    assert_status 0
}

# A key that refers to any of them but the first: by then the others' old tables would be dropped.
check_a_key_of_a_table_that_is_not_seen() {
    local before refers
    tables_of_d
    group 'tables = ["*"]; commit = "together";' target
    "$DBFERRY" run
    before=$(copied)
    sql <<<"CREATE DATABASE hidden; CREATE TABLE hidden.child (parent INT, FOREIGN KEY (parent) REFERENCES e.orders (id));
        INSERT INTO hidden.child VALUES (1)"
    sql d <<<"UPDATE item SET name = UPPER(name)"
    run "$DBFERRY" run
    refers=$(sql <<<"SELECT REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE
        WHERE TABLE_SCHEMA = 'hidden' AND REFERENCED_TABLE_NAME IS NOT NULL")
    sql <<<"DROP DATABASE hidden"
    assert_status 65
    assert_output_has "a foreign key of a table that this account may not see refers to table 'orders'" "the target is unchanged"
    assert_equal "$refers" orders
    assert_equal "$(copied)" "$before"
    assert_equal "$(own_tables)" _dbferry_sync
    "$DBFERRY" run
    assert_equal "$(sql e <<<"SELECT name FROM item ORDER BY id")" $'CUP\nJUG'
}

are_stages() { [ "$(sql <<<"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME LIKE '\\_dbferry\\_stage\\_%'")" = "$1" ]; }

# A key to another table of the same letters is none of this one.
check_a_key_that_comes_meanwhile() {
    local before code=0
    tables_of_d
    sql d <<<"$(slow_view 200)"
    sql e <<<"CREATE TABLE ORDERS (id INT PRIMARY KEY); CREATE TABLE theirs (parent INT, FOREIGN KEY (parent) REFERENCES ORDERS (id))"
    group 'tables = ["item", "orders"]; views = ["v_slow"]; commit = "together";' target
    "$DBFERRY" run
    run "$DBFERRY" run
    assert_status 0
    before=$(copied)
    sql d <<<"UPDATE item SET name = UPPER(name)"
    "$DBFERRY" run >"$T/out" 2>&1 3>&- &
    run_pid=$!
    until_there are_stages 3 # the view's, too: so it was looked at what hangs on the tables
    sql e <<<"CREATE TABLE child (parent INT, CONSTRAINT mine FOREIGN KEY (parent) REFERENCES orders (id))"
    wait "$run_pid" || code=$?
    assert_equal "$code" 75
    grep -q "table 'orders' was changed by another connection meanwhile" "$T/out"
    assert_equal "$(copied)" "$before"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "table 'orders' cannot change together with others, since the foreign key 'mine' of table 'child' hangs on it"
    assert_equal "$(copied)" "$before"
    sql e <<<"DROP TABLE child"
    run "$DBFERRY" run
    assert_status 0
    assert_equal "$(sql e <<<"SELECT name FROM item ORDER BY id")" $'CUP\nJUG'
    assert_equal "$(own_tables)" _dbferry_sync
}

check_one_table_that_fails_leaves_all() {
    local before
    tables_of_d
    group 'tables = ["*"]; commit = "together";' target
    "$DBFERRY" run
    before=$(copied)
    sql d <<<"UPDATE item SET name = UPPER(name)"
    group 'tables = ["*"]; commit = "together"; overrides = ( { table = "orders"; min_rows = 3; } );' target
    run "$DBFERRY" run
    assert_status 65
    assert_output_has "d/orders: " "the target is unchanged"
    assert_equal "$(copied)" "$before"
    assert_equal "$(own_tables)" _dbferry_sync
    group 'tables = ["*"]; commit = "together"; lock_wait = "1s";' target
    hold "LOCK TABLES orders READ" 60
    run "$DBFERRY" run
    let_go
    assert_status 75
    assert_output_has "others have used one of the 2 tables for all of the 1.0 s of lock_wait"
    assert_equal "$(copied)" "$before"
    group 'tables = ["*"]; commit = "together";' target
    sql e <<<"CREATE TRIGGER hook AFTER INSERT ON orders FOR EACH ROW SET @x = 1"
    run "$DBFERRY" run
    assert_status 78
    assert_output_has "table 'orders' cannot change together with others, since the trigger 'hook' hangs on it"
    assert_equal "$(copied)" "$before"
    sql e <<<"DROP TRIGGER hook"
    # one whose single rows would change, among others that are replaced
    group 'tables = ["*"]; commit = "together"; overrides = ( { table = "item"; strategy = "upsert"; } );' target
    for command in plan run; do
        run "$DBFERRY" $command
        assert_status 78
        assert_output_has "only if it replaces all of them or none: 'orders' is replaced, and 'item' is to keep rows"
    done
    assert_equal "$(copied)" "$before"
    assert_equal "$(own_tables)" _dbferry_sync
}

# One statement renames all tables; it is known from their names how long that will be.
check_a_statement_that_is_too_long() {
    local i name limit
    name=$(printf 'n%.0s' {1..60})
    for ((i = 101; i <= 190; i++)); do echo "CREATE TABLE t$i$name (id INT PRIMARY KEY);"; done | sql d
    limit=$(sql <<<"SELECT @@GLOBAL.max_allowed_packet; SET GLOBAL max_allowed_packet = 16384")
    group 'tables = ["*"]; commit = "together"; allow_empty = true;' target
    run "$DBFERRY" run
    sql <<<"SET GLOBAL max_allowed_packet = $limit"
    assert_status 78
    assert_output_has "90 tables change together by one statement" "the server's max_allowed_packet is 16384" 'commit = "each"'
    assert_equal "$(sql e <<<"SHOW TABLES")" ""
    for i in 1 2; do
        run "$DBFERRY" run
        assert_status 0
    done
    assert_equal "$(sql e <<<"SHOW TABLES" | wc -l)" 91
}

# By then the tables are there, and a second connection does what is left; where it cannot either, the
# next run does.
check_a_cut_after_the_renames() {
    local mode what
    tables_of_d
    group 'tables = ["*"]; commit = "together";' target
    "$DBFERRY" run
    for what in 'DROP TABLE `_dbferry_old' 'REPLACE INTO _dbferry_sync'; do
        for mode in before after after-all before-hold; do
            [[ $mode != *-hold || $what == DROP* ]] || continue # it takes a while
            echo "$mode $what"
            sql d <<<"UPDATE item SET name = '$mode'; UPDATE orders SET item = item + 1"
            cut_at $mode "$what"
            group 'tables = ["*"]; commit = "together";' target
            run "$DBFERRY" run
            assert_status 0
            assert_equal "$(copied)" "$(sql d <<<"SELECT * FROM item ORDER BY 1; SELECT * FROM orders ORDER BY 1")"
            case $mode in
            *-*) [ "$(grep -c "is replaced, but" <<<"$output")" -le 2 ]; assert_output_has "of the tables after it" "next run" ;;
            *)
                refute_output_has "cannot be dropped" "could not be written"
                assert_equal "$(own_tables)" _dbferry_sync
                ;;
            esac
            cut_end
            target_config
            group 'tables = ["*"]; commit = "together"; skip_unchanged = true;' target
            until_there "$DBFERRY" run
            assert_equal "$(own_tables)" _dbferry_sync
            assert_equal "$(run_ids)" $'2\t1'
        done
    done
}

# The second connection has found the new rows of the first table; the next ones need another first one.
check_the_table_after_a_lost_answer() {
    tables_of_d
    sql d <<<"CREATE TABLE zone (id INT PRIMARY KEY); INSERT INTO zone VALUES (1)"
    cut_at after "RENAME TABLE"
    group 'tables = ["*"];' target
    run "$DBFERRY" run
    assert_status 0
    assert_output_has "d/item: " "a second one found the new rows there"
    refute_output_has "cannot be told"
    assert_equal "$(sql e <<<"SELECT (SELECT COUNT(*) FROM item), (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) FROM zone), (SELECT COUNT(*) FROM _dbferry_sync)")" $'2\t1\t1\t3'
    cut_end
}

# Old tables that refer to one another let go first, whichever connection has them do so.
check_a_cut_after_the_renames_of_keyed_tables() {
    local what
    tables_of_d
    sql d <<<"ALTER TABLE orders ADD FOREIGN KEY (item) REFERENCES item (id)"
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    group 'tables = ["*"]; commit = "together"; foreign_keys = true;' target
    "$DBFERRY" run
    for what in "DROP FOREIGN KEY" 'DROP TABLE `_dbferry_old'; do
        sql d <<<"UPDATE item SET name = '${what:0:9}'"
        cut_at before "$what" "RENAME TABLE"
        group 'tables = ["*"]; commit = "together"; foreign_keys = true;' target
        run "$DBFERRY" run
        assert_status 0
        refute_output_has "cannot be dropped" "could not be written"
        assert_equal "$(copied)" "$(sql d <<<"SELECT * FROM item ORDER BY 1; SELECT * FROM orders ORDER BY 1")"
        assert_equal "$(own_tables)" _dbferry_sync
        cut_end
    done
}

# A key that was hung on an old table before that could be dropped.
check_a_leftover_that_a_key_holds() {
    local old child
    tables_of_d
    run to_target item item
    sql d <<<"UPDATE item SET name = 'new'"
    cut_at before-all 'DROP TABLE `_dbferry_old'
    run to_target item item
    cut_end
    target_config
    old=$(sql e <<<"SHOW TABLES LIKE '\\_dbferry\\_old%'")
    sql <<<"CREATE DATABASE hidden"
    for child in e.child hidden.child; do
        sql <<<"CREATE TABLE $child (parent INT, CONSTRAINT holds FOREIGN KEY (parent) REFERENCES e.$old (id))"
        run to_target item item
        sql <<<"DROP TABLE $child"
        [ $child = e.child ] || sql <<<"DROP DATABASE hidden"
        assert_status 65
        assert_output_has "'$old', which an earlier run left behind, cannot be dropped"
        case $child in
        e.*) assert_output_has "the foreign key 'holds' of table 'e.child' refers to it" ;;
        *) assert_output_has "the foreign key of a table that this account may not see refers to it" ;;
        esac
    done
    run to_target item item
    assert_status 0
    assert_equal "$(sql e <<<"SHOW TABLES")" $'_dbferry_sync\nitem'
    assert_equal "$(sql e <<<"SELECT DISTINCT name FROM item")" new
}

# Each look is a line of one session.
look_ten_thousand_times() {
    ten_thousand_looks "SELECT COUNT(*) FROM orders o LEFT JOIN item i ON i.id = o.item WHERE i.id IS NULL;" |
        sql e >"$T/looks" 2>&1
    touch "$T/enough"
}

no_reader_sees_an_orphan() { # KEYS of the job
    local reader runs=0
    tables_of_d
    group "$1" target
    "$DBFERRY" run
    look_ten_thousand_times 3>&- &
    reader=$!
    while [ ! -e "$T/enough" ]; do
        runs=$((runs + 1))
        sql d <<<"START TRANSACTION; DELETE FROM orders; DELETE FROM item; INSERT INTO item VALUES (${runs}01, 'a'), (${runs}02, 'b');
            INSERT INTO orders VALUES (1, ${runs}01), (2, ${runs}02); COMMIT"
        "$DBFERRY" run
        [ "$runs" -lt 5 ] || touch "$T/runs"
    done
    wait "$reader"
    assert_equal "$(sort -u "$T/looks")" 0
    between 10000 "$(wc -l <"$T/looks")" 9999999
}

check_that_no_reader_sees_an_orphan() { no_reader_sees_an_orphan 'tables = ["*"]; commit = "together";'; }

loader_is_gone() { [ "$(sql <<<"SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'loader'")" = 0 ]; }

# Killed at any moment: both tables are as before or both as read, and the next run clears up.
check_kills_in_the_midst_of_one_step() {
    local i pause pid began took olds=0 news=0
    tables_of_d
    group 'tables = ["*"]; commit = "together";' target
    "$DBFERRY" run
    began=$(date +%s%N)
    "$DBFERRY" run
    took=$(($(date +%s%N) - began))
    for i in $(seq 1 24); do
        sql d <<<"START TRANSACTION; UPDATE item SET name = '$i'; UPDATE orders SET item = $i; COMMIT"
        before=$(sql e <<<"SELECT MIN(name) FROM item UNION ALL SELECT MIN(item) FROM orders" | paste -sd' ')
        "$DBFERRY" run 3>&- &
        pid=$!
        pause=$(awk -v i="$i" -v took="$took" 'BEGIN { printf "%.3f", took / 1e9 * i / 20 }')
        sleep "$pause"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" || true
        # The server may be at work still.
        until_there loader_is_gone
        after=$(sql e <<<"SELECT MIN(name) FROM item UNION ALL SELECT MIN(item) FROM orders" | paste -sd' ')
        case $after in
            "$before") olds=$((olds + 1)) ;;
            "$i $i") news=$((news + 1)) ;;
            *) echo "after ${pause} s: $after" >&2; return 1 ;;
        esac
        "$DBFERRY" run
        assert_equal "$(sql e <<<"SELECT MIN(name) FROM item UNION ALL SELECT MIN(item) FROM orders" | paste -sd' ')" "$i $i"
        assert_equal "$(own_tables)" _dbferry_sync
    done
    echo "# killed: $olds times the old rows, $news times the new ones" >&3
    between 3 "$olds" 24
}
