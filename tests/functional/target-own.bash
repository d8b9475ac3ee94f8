# A server's table of the user's own as the target: it stays while its columns hold what the source
# gives.  The checks are the same for both servers, whose shells are the judges.

# copied TABLE: two runs into e.t, and `verify` after them; each run keeps the definition.
copied() {
    local time before
    before=$(shape)
    for time in 1 2; do
        run --separate-stderr dbferry copy server target --table "$1" --target-table t -o job.verify=content
        assert_status 0
        assert_equal "$stderr" ""
        assert_equal "$(shape)" "$before"
    done
}

# The definition of e.t without its comment and counter.
shape() {
    sql e <<<"SHOW CREATE TABLE t" | sed -E "s/ COMMENT='[^']*'//; s/ AUTO_INCREMENT=[0-9]*//"
}

# held TYPE OWN FIT VALUE...: a source column of TYPE goes into the user's column of type OWN.
held() {
    local type=$1 own=$2 fit=$3 value
    shift 3
    sql d <<<"SET time_zone = '+00:00'; DROP TABLE IF EXISTS s; CREATE TABLE s (id INT NOT NULL PRIMARY KEY, v $type)"
    local n=0
    for value in NULL "$@"; do
        n=$((n + 1))
        sql d <<<"SET time_zone = '+00:00'; INSERT INTO s VALUES ($n, $value)"
    done
    sql e <<<"DROP TABLE IF EXISTS t; CREATE TABLE t (v $own, CHECK (id > 0), id BIGINT NOT NULL PRIMARY KEY) CHARACTER SET utf8mb4"
    run dbferry_plan_of s
    echo "$type in $own: $output"
    assert_output_has "its rows will be replaced"
    [[ $output =~ $'\n'"  v ".*"  "$fit ]]
    copied s
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t JOIN d.s USING (id) WHERE t.v <=> s.v")" $((n))
}

# A plan needs a job of a file.
dbferry_plan_of() {
    sed '/^jobs/d' "$DBFERRY_CONFIG" >"$T/plan.conf"
    echo "jobs = ( { name = \"j\"; source = \"server\"; table = \"$1\"; target = \"target\"; target_table = \"t\"; } );" >>"$T/plan.conf"
    chmod 600 "$T/plan.conf"
    dbferry plan --config "$T/plan.conf"
}

check_wider_types() {
    held "INT" "BIGINT" wider -2147483648 2147483647
    held "INT UNSIGNED" "BIGINT" wider 4294967295
    held "TINYINT(1)" "SMALLINT" wider 1
    held "VARCHAR(20)" "VARCHAR(30)" wider "'ä '" "''"
    held "VARCHAR(20)" "TEXT" wider "'ä '"
    held "VARCHAR(20)" "CHAR(20)" checked "'ä'"
    held "VARCHAR(20)" "VARCHAR(20) CHARACTER SET latin1" checked "'ä'"
    held "CHAR(5)" "VARCHAR(5)" wider "'ab'"
    held "TEXT" "LONGTEXT" wider "REPEAT('x', 65535)"
    held "DECIMAL(8,2)" "DECIMAL(12,4)" wider "-999999.99" "0.10"
    held "FLOAT" "DOUBLE" wider 0.1 3.25
    held "TIME(1)" "TIME(4)" "(wider|checked)" "'-12:34:56.7'"
    held "DATETIME" "DATETIME(6)" wider "'2024-01-02 03:04:05'"
    held "DATETIME(3)" "DATETIME(6)" wider "'2024-01-02 03:04:05.100'"
    held "TIMESTAMP NULL" "TIMESTAMP(2) NULL" checked "'2024-01-02 03:04:05'"
    held "BIT(9)" "BIT(17)" wider "b'101010101'"
    held "VARBINARY(9)" "VARBINARY(20)" wider "x'00ff'"
    held "BINARY(3)" "BLOB" wider "x'00ff00'"
    held "ENUM('a','b')" "ENUM('0','a','x','b')" checked "'b'"
    held "ENUM('a','b')" "VARCHAR(10)" checked "'b'"
    held "SET('a','b')" "SET('0','a','b')" wider "'a,b'"
}

# Not wider: the table would be made anew, and nothing of it is lost without leave.
check_narrower_types() {
    local type own
    while IFS='|' read -r type own; do
        sql d <<<"DROP TABLE IF EXISTS s; CREATE TABLE s (id INT NOT NULL PRIMARY KEY, v $type)"
        sql d <<<"INSERT INTO s VALUES (1, NULL)"
        sql e <<<"DROP TABLE IF EXISTS t; CREATE TABLE t (id INT NOT NULL PRIMARY KEY, v $own DEFAULT NULL COMMENT 'mine')"
        run dbferry copy server target --table s --target-table t
        echo "$type in $own"
        assert_status 65
        assert_output_has "column 'v' was" "the comment of 'v'" "unchanged"
    done <<'LIST'
BIGINT|INT
INT UNSIGNED|INT
INT|INT UNSIGNED
VARCHAR(20)|VARCHAR(10)
TEXT|VARCHAR(200)
DOUBLE|FLOAT
DECIMAL(8,2)|DECIMAL(8,3)
DATETIME(3)|DATETIME
DATETIME|TIMESTAMP NULL
ENUM('a','b')|ENUM('a')
SET('a','b')|SET('b','a')
VARBINARY(9)|BINARY(9)
INT|VARCHAR(20)
VARCHAR(20)|VARBINARY(80)
LIST
}

check_names_and_order() {
    sql d <<<"CREATE TABLE s (id INT NOT NULL PRIMARY KEY, Name VARCHAR(20)); INSERT INTO s VALUES (1, 'a'), (2, NULL)"
    sql e <<<"CREATE TABLE t (note VARCHAR(9) DEFAULT 'n', flag INT NOT NULL DEFAULT 7, name VARCHAR(20) CHARACTER SET utf8mb4, stamp BIGINT NOT NULL UNIQUE AUTO_INCREMENT,
        ID INT NOT NULL, len INT AS (CHAR_LENGTH(name)) STORED, PRIMARY KEY (ID), CHECK (ID > 0), FULLTEXT KEY (name))"
    local lane
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        copied s
        assert_equal "$(sql e <<<'SELECT note, flag, name, stamp, ID, len FROM t ORDER BY ID')" $'n\t7\ta\t1\t1\t1\nn\t7\tNULL\t2\t2\tNULL'
    done
    run dbferry_plan_of s
    assert_output_has "column 'flag' of the table is not in the source" "column 'note'" "column 'stamp'"
    # what the source may have had once is not NULL without a word
    sql e <<<"ALTER TABLE t MODIFY note VARCHAR(9)"
    run dbferry copy server target --table s --target-table t
    assert_status 0
    assert_output_has "column 'note' of the table is not in the source and has no default: it is NULL"
    sql d <<<"INSERT INTO s VALUES (-1, 'breaks the check')"
    run dbferry copy server target --table s --target-table t
    assert_status 65
    assert_output_has "unchanged"
    sql e <<<"ALTER TABLE t MODIFY flag INT NOT NULL"
    run dbferry copy server target --table s --target-table t
    assert_status 65
    assert_output_has "'flag' is gone" "FULLTEXT KEY" "CHECK" "generated column 'len'" "AUTO_INCREMENT of 'stamp'" on_rebuild_loss "unchanged"
}

# lost WHAT DEFINITION: that is named, refused, and lost by leave.
check_losses() {
    local lost definition
    sql d <<<"CREATE TABLE s (id INT, v VARCHAR(20), more INT); INSERT INTO s VALUES (1, 'a', 2)"
    while IFS='|' read -r lost definition; do
        sql e <<<"DROP TABLE IF EXISTS t; CREATE TABLE t $definition"
        sql e <<<"INSERT INTO t (id, v) VALUES (9, 'old')"
        for option in "" -q; do
            run dbferry copy $option server target --table s --target-table t
            assert_status 65
            echo "$definition"
            assert_output_has "'more' is new" "definition says: $lost;" "unchanged"
            assert_equal "$(sql e <<<'SELECT id, v FROM t')" $'9\told'
        done
        run dbferry copy server target --table s --target-table t -o job.on_rebuild_loss=allow
        assert_status 0
        assert_equal "$(grep -cF "'t' is made anew, as on_rebuild_loss allows: the new definition lacks what the old one says: $lost" <<<"$output")" 1
        assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\ta\t2'
    done < <(list_losses)
    # nothing is lost: no word is said
    sql e <<<"DROP TABLE t; CREATE TABLE t (v VARCHAR(20), id INT) DEFAULT CHARACTER SET utf8mb4 COLLATE $(plain_collation)"
    run dbferry copy server target --table s --target-table t
    assert_status 0
    assert_equal "$output" ""
    # what dbferry has made follows the source, as ever
    sql d <<<"DROP TABLE s; CREATE TABLE s (id BIGINT NOT NULL PRIMARY KEY); INSERT INTO s VALUES (5)"
    run dbferry copy server target --table s --target-table t
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(sql e <<<'SELECT * FROM t')" 5
}

plain_collation() {
    sql d <<<"SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'd' AND TABLE_NAME = 's' AND COLUMN_NAME = 'v'"
}

list_losses() {
    local c
    c="v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE $(plain_collation)"
    cat <<LIST
NOT NULL of 'id'|(id INT NOT NULL, $c)
DEFAULT '5' of 'id'|(id INT DEFAULT 5, $c)
DEFAULT 'it\\'s' of 'v'|(id INT, $c DEFAULT 'it''s')
the comment of 'v'|(id INT, $c COMMENT 'NOT NULL CHECK (x)')
COLLATE utf8mb4_bin of 'v'|(id INT, v VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin)
NOT NULL of 'id', PRIMARY KEY (\`id\`)|(id INT PRIMARY KEY, $c)
NOT NULL of 'id', AUTO_INCREMENT of 'id', PRIMARY KEY (\`id\`)|(id INT PRIMARY KEY AUTO_INCREMENT, $c)
UNIQUE KEY \`u\` (\`v\`,\`id\`)|(id INT, $c, UNIQUE KEY u (v, id))
KEY \`k\` (\`v\`(3))|(id INT, $c, KEY k (v(3)))
FULLTEXT KEY \`f\` (\`v\`)|(id INT, $c, FULLTEXT KEY f (v))
the generated column 'g'|(id INT, $c, g INT AS (id * 2))
ENGINE=MyISAM|(id INT, $c) ENGINE=MyISAM
ROW_FORMAT=REDUNDANT|(id INT, $c) ROW_FORMAT=REDUNDANT
the table's comment|(id INT, $c) COMMENT='mine'
NOT NULL of 'id', PRIMARY KEY (\`id\`), the partitions|(id INT PRIMARY KEY, $c) PARTITION BY HASH (id) PARTITIONS 2
LIST
}
