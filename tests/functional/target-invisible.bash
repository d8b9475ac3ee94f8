# Invisible columns on both sides, and the primary key that a server demands: each check_ is a test's
# body, for either server.

show_part() { sql e <<<"SHOW CREATE TABLE part" | sed "s/ COMMENT='.*//; s/ AUTO_INCREMENT=[0-9]*//"; }
invisible_of() {
    sql e <<<"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = '$1'
        AND EXTRA LIKE '%INVISIBLE%' AND COLUMN_NAME <> 'my_row_id' ORDER BY ORDINAL_POSITION"
}
rows_of_part() { sql "$1" <<<"SELECT id, price, name, secret FROM part ORDER BY id"; }

make_part() {
    sql d <<'SQL'
DROP TABLE IF EXISTS part;
CREATE TABLE part (id INT PRIMARY KEY, price DECIMAL(8,2) INVISIBLE DEFAULT 1.5, name VARCHAR(20), secret INT INVISIBLE);
INSERT INTO part (id, price, name, secret) VALUES (1, 9.95, 'a', 7), (2, 0.05, 'b', NULL);
SQL
}

# From server to server, and by way of a file: the same values, and as invisible as before.
check_invisible_columns_arrive() {
    make_part
    run to_target part
    assert_status 0
    assert_equal "$(rows_of_part e)" "$(rows_of_part d)"
    assert_equal "$(invisible_of part)" $'price\nsecret'
    run to_target part part -v
    assert_status 0
    refute_output_has rebuilt
    assert_equal "$(rows_of_part e)" "$(rows_of_part d)"
    run dbferry copy server local --table part
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT id, price, name, secret FROM part ORDER BY id")" $'1|9.95|a|7\n2|0.05|b|'
    run dbferry copy local target --table part --target-table back
    assert_status 0
    assert_equal "$(invisible_of back)" $'price\nsecret'
}

# Somebody's own table that has such columns, and one more, is filled by name and stays as it is.
check_invisible_columns_of_the_target() {
    local before
    make_part
    sql e <<<"CREATE TABLE part (id INT PRIMARY KEY, price DECIMAL(8,2) INVISIBLE DEFAULT 7, name VARCHAR(20),
        secret INT, extra INT INVISIBLE DEFAULT 3, CHECK (id > 0))"
    before=$(show_part)
    for how in "--table part" "--query SELECT\ id,\ price,\ name,\ secret\ FROM\ part"; do
        eval "run dbferry copy server target $how --target-table part -v"
        assert_status 0
        refute_output_has rebuilt "is new"
        assert_equal "$(show_part)" "$before"
        assert_equal "$(rows_of_part e)" "$(rows_of_part d)"
        assert_equal "$(sql e <<<"SELECT DISTINCT extra FROM part")" 3
    done
}

# check_key_demanded VARIABLE: plan, check and a dry run say it, before anything is made.
check_key_demanded() {
    sql d <<<"CREATE TABLE keyless (id INT NOT NULL); INSERT INTO keyless VALUES (1);
        CREATE TABLE keyed (id INT PRIMARY KEY); INSERT INTO keyed VALUES (1)"
    sql e <<<"CREATE TABLE mine (id INT NOT NULL)"
    sql <<<"SET GLOBAL $1 = 1"
    for table in keyless mine; do
        run dbferry copy -n server target --table keyless --target-table $table
        assert_status 65
        assert_output_has "wants a primary key in each table" "'$table'"
        run dbferry copy server target --table keyless --target-table $table
        assert_status 65
        assert_output_has "wants a primary key in each table"
    done
    run dbferry copy server target --table keyed
    assert_status 0
    run dbferry copy server target --table keyed -o job.copy_indexes=false --target-table bare
    assert_status 65
    sql <<<"SET GLOBAL $1 = 0"
    run dbferry copy server target --table keyless
    assert_status 0
    assert_equal "$(leftovers)" ""
}
