# Names, shapes and engines of tables that a MySQL target meets, for either server.

# Hostile names: the table that is named is loaded, twice, and no other is touched.
check_hostile_names() {
    local name canary
    sql e <<<"CREATE TABLE canary (id INT, name VARCHAR(9)); INSERT INTO canary VALUES (1, 'stays'); CREATE TABLE \`t\` (n INT)"
    canary=$(sql e <<<'CHECKSUM TABLE canary, t')
    while IFS= read -r name; do
        [ "$name" != NL ] || name=$'new\nline'
        for time in 1 2; do
            run dbferry copy made target --view rows --target-table "$name"
            echo "name: $name"
            assert_status 0
        done
        assert_equal "$(sql e <<<"SELECT COUNT(*) FROM \`${name//\`/\`\`}\`")" 5000
        assert_equal "$(sql e <<<"SELECT COUNT(*) FROM _dbferry_sync WHERE HEX(target_table) = '$(printf %s "$name" | od -An -v -tx1 | tr -d ' \n')'")" 1
        sql e <<<"DROP TABLE \`${name//\`/\`\`}\`"
    done <<END
select
table
t\`; DROP TABLE canary; --
t'); DROP TABLE canary; --
t"\\
%s%n%d
../canary
e.canary
PRIMARY
NULL
NL
'
\\
$(printf '\342\200\256')t
кириллица
$(printf 'n%.0s' {1..64})
$(printf 'é%.0s' {1..64})
canary%
canar_
t#sql-1
 lead
a.b.c
@@version
END
    assert_equal "$(sql e <<<'CHECKSUM TABLE canary, t')" "$canary"
    assert_equal "$(leftovers)" ""
    for name in "$(printf 'n%.0s' {1..65})" "trail " "$(printf 'é%.0s' {1..65})" "😀"; do
        run dbferry copy made target --view rows --target-table "$name"
        echo "name: $name"
        one_of_status 65 66
        assert_output_has "unchanged"
    done
    assert_equal "$(sql e <<<'CHECKSUM TABLE canary, t')" "$canary"
    assert_equal "$(leftovers)" ""
}

# Columns and indexes of a file may be called anything.
check_hostile_columns() {
    sqlite3 "$D" <<'SQL'
CREATE TABLE odd ("a`b" INTEGER, "c""d" INTEGER, "select" INTEGER, "'; DROP TABLE x; --" INTEGER, "%s" INTEGER, "ключ" INTEGER,
  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" INTEGER, "\" INTEGER, "@v" INTEGER);
INSERT INTO odd VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9);
CREATE UNIQUE INDEX "😀" ON odd ("a`b"); CREATE INDEX "i`'""\;" ON odd ("c""d", "\");
CREATE INDEX "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" ON odd ("select");
CREATE TABLE smile ("a😀" INTEGER); CREATE TABLE trail ("a " INTEGER);
CREATE TABLE long ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab" INTEGER);
SQL
    sql e <<<"CREATE TABLE x (n INT)"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        for time in 1 2; do
            run dbferry copy local target --table odd --target-table odd -v
            assert_status 0
            [ $time = 1 ] || refute_output_has rebuilt
            assert_equal "$(sql e <<<'SELECT * FROM odd')" $'1\t2\t3\t4\t5\t6\t7\t8\t9'
        done
        assert_equal "$(sql <<<"SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 'odd' AND INDEX_NAME <> 'PRIMARY'")" 4
        sql e <<<"DROP TABLE odd"
    done
    sql e <<<"SELECT * FROM x"
    for table in smile trail long; do
        run dbferry copy local target --table $table --target-table new
        echo "$table: $output"
        assert_status 65
        assert_output_has "unchanged"
    done
    assert_equal "$(leftovers)" ""
}

# Tables whose names differ only in case, accents or width are others, with other triggers and keys.
check_names_alike() {
    local name
    cp "$DBFERRY_CONFIG" "$T/plain.conf"
    sql e <<<"CREATE TABLE T (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) CHARACTER SET utf8mb4); INSERT INTO T VALUES (1, 'other');
        CREATE TABLE café LIKE T; CREATE TABLE ｔ LIKE T; CREATE TABLE child (p BIGINT, FOREIGN KEY (p) REFERENCES T (id));
        CREATE TRIGGER hook_T BEFORE INSERT ON T FOR EACH ROW SET @x = 1; CREATE TRIGGER hook_cafe BEFORE INSERT ON café FOR EACH ROW SET @x = 1"
    for name in t cafe; do
        for time in 1 2; do
            run dbferry copy made target --view rows --target-table $name -v
            assert_status 0
            refute_output_has "hook" "foreign key" "DELETE and INSERT"
        done
        assert_equal "$(sql e <<<"SELECT COUNT(*) FROM $name")" 5000
    done
    # new columns: a table that nothing hangs on can be made anew
    sql d <<<"CREATE TABLE t (other INT); INSERT INTO t VALUES (5)"
    run to_target t
    assert_status 0
    assert_equal "$(sql e <<<"SELECT other FROM t; SELECT name FROM T")" $'5\nother'
    # the lock and the stage are each one's own
    begin_standing_load
    run env DBFERRY_CONFIG="$T/plain.conf" "$DBFERRY" copy made target --view rows --target-table ｔ
    assert_status 0
    touch "$T/go"
    wait $load
    assert_equal "$(leftovers)" ""
}


# A thousand columns, by either lane; and a row that is too wide is refused by name.
check_many_columns() {
    local columns i lane
    columns=$(for i in {1..1000}; do printf 'c%d INT, ' "$i"; done)
    sql d <<<"CREATE TABLE wide (${columns%, }); INSERT INTO wide (c1, c1000) VALUES (1, 1000), (2, 2000);
        CREATE TABLE fat (a VARCHAR(16000) CHARACTER SET latin1, b VARCHAR(16000) CHARACTER SET latin1)"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane; DROP TABLE IF EXISTS e.wide"
        run to_target wide
        assert_status 0
        assert_equal "$(sql e <<<'SELECT c1, c500, c1000 FROM wide ORDER BY 1')" $'1\tNULL\t1000\n2\tNULL\t2000'
    done
}

# What stands there already, in other shapes than a plain InnoDB table.
check_shapes() {
    sql d <<<"CREATE TABLE t (id INT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4); INSERT INTO t VALUES (1, 'new'), (150, 'new')"
    sql <<<"SET GLOBAL sql_generate_invisible_primary_key = OFF" 2>/dev/null || true
    # partitions stay, and rows that fit none are refused
    sql e <<<"CREATE TABLE t (id INT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (100), PARTITION b VALUES LESS THAN (200));
        INSERT INTO t VALUES (7, 'old')"
    run to_target t
    assert_status 0
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t PARTITION (b); SELECT COUNT(*) FROM t')" $'1\n2'
    sql d <<<"INSERT INTO t VALUES (250, 'nowhere')"
    run to_target t
    assert_status 65
    assert_output_has "unchanged"
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM t')" 2
    assert_equal "$(leftovers)" ""
    sql d <<<"DELETE FROM t WHERE id = 250"
    # generated columns of either kind, one in the middle, and a check
    sql e <<<"DROP TABLE t; CREATE TABLE t (twice INT AS (id * 2) STORED, id INT NOT NULL, up VARCHAR(40) AS (UPPER(name)) VIRTUAL,
        name VARCHAR(40) CHARACTER SET utf8mb4, CONSTRAINT small CHECK (id < 200)); INSERT INTO t (id) VALUES (7)"
    for time in 1 2; do
        run to_target t t -v
        assert_status 0
        refute_output_has rebuilt
        assert_equal "$(sql e <<<'SELECT id, twice, up FROM t ORDER BY 1')" $'1\t2\tNEW\n150\t300\tNEW'
    done
    # MyISAM: RENAME is as good there, and a trigger is refused
    sql e <<<"DROP TABLE t; CREATE TABLE t (id INT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4) ENGINE=MyISAM; INSERT INTO t VALUES (7, 'old')"
    run to_target t
    assert_status 0
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t; SELECT ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 't'")" $'2\nMyISAM'
    sql e <<<"CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW SET @x = 1"
    run to_target t
    assert_status 65
    assert_output_has "hook" "MyISAM" "unchanged"
    # a view, and one that is broken
    sql e <<<"DROP TABLE t; CREATE TABLE base (id INT); CREATE VIEW t AS SELECT id FROM base; DROP TABLE base"
    run to_target t
    assert_status 65
    assert_output_has "no table" "unchanged"
    assert_equal "$(leftovers)" ""
}
