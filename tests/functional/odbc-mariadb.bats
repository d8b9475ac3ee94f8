# What the odbc driver reads through odbc-mariadb: each value as the mariadb shell sees it.

load helper
load oracle
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<<'CREATE DATABASE d CHARACTER SET utf8mb4'
    mariadb_account reader 'a}b;c={d "e' 'SELECT ON d.*'
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver odbc
    requires_driver sqlite
    requires sqlite3
    requires odbcinst
    mariadb_is_installed || skip "MariaDB's server is not installed"
    odbcinst -q -d -n "MariaDB Unicode" >/dev/null 2>&1 ||
        skip "the ODBC driver MariaDB Unicode is not installed"
    D=$T/target.db
    (umask 077 && printf 'a}b;c={d "e' >"$T/password")
    write_config <<END
connections = {
  server = { driver = "odbc"; odbc_driver = "MariaDB Unicode"; user = "reader";
             password_file = "$T/password"; retries = 0;
             attributes = { Socket = "$MARIADB_SOCKET"; Database = "d"; }; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

sql() { mariadb_query d; }

copy() { dbferry copy server local --table "$1" --target-table "$1" "${@:2}"; }

@test "numbers, texts, moments and bytes are those of the mariadb shell" {
    sql <<'SQL'
SET sql_mode = '', time_zone = '+00:00';
CREATE OR REPLACE TABLE kinds (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, m MEDIUMINT, iu INT UNSIGNED,
    b BIGINT, bu BIGINT UNSIGNED, y YEAR, de DECIMAL(65,30), da DATE, ti TIME, t6 TIME(6), dt DATETIME,
    d6 DATETIME(6), ts TIMESTAMP NULL, t3 TIMESTAMP(3) NULL, c CHAR(5), v VARCHAR(9), w VARCHAR(300), x TEXT,
    l LONGTEXT, la VARCHAR(5) CHARACTER SET latin1, e ENUM('a','b'), s SET('x','y'), j JSON, u UUID, i6 INET6,
    bi BINARY(4), vb VARBINARY(9), bl LONGBLOB, f FLOAT, d DOUBLE, b5 BIT(5));
INSERT INTO kinds VALUES
 (1, -128, 255, 8388607, 4294967295, -9223372036854775808, 9223372036854775807, 2155,
  '12345678901234567890123456789012345.123456789012345678901234567891', '2024-02-29', '838:59:59',
  '-01:02:03.123456', '2024-01-02 03:04:05', '9999-12-31 23:59:59.999999', '2024-01-02 03:04:05',
  '2024-01-02 03:04:05.123', 'ab', 'x  ', CONCAT(x'c3a9', CHAR(0xF09F9880 USING utf8mb4)), CONCAT('a', CHAR(0), 'b'),
  REPEAT(CHAR(0xF09F9880 USING utf8mb4), 5000), CHAR(0xE9 USING latin1), 'a', 'x,y', '{"a":1}',
  '7b275486-66b6-4e02-a4ad-f5cc649ccc41', '::1', 'a', 'a\0b', REPEAT('\0\xff', 40000), 1.1, 0.1, b'10101'),
 (2, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '00:00:00', 0, '0000-00-00 00:00:00', 0, 0, 0, '', '', '', '', '',
  '', 'b', '', '[]', '00000000-0000-0000-0000-000000000000', '::', '', '', '', 3.40282e38, 1.7976931348623157e308, 0),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, 1901, NULL, '2024-00-00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1.17549435e-38, 5e-324, NULL);
SQL
    run copy kinds
    assert_status 0
    same_texts kinds t tu m iu b bu de da ti t6 dt d6 ts t3 c v w x l la e s j u i6
    same_bytes kinds bi vb bl
    # The shell prints a double with all the digits that make it unique.
    while read -r id f d; do
        assert_equal "$(sqlite3 "$D" "SELECT f = $f, d = $d FROM kinds WHERE id = $id")" "1|1"
    done < <(sql <<<'SELECT id, CAST(f AS DOUBLE), d FROM kinds')
    assert_equal "$(sqlite3 "$D" 'SELECT b5, y FROM kinds ORDER BY id')" "$(sql <<<'SELECT
        IFNULL(CONCAT(b5 + 0, "|", y + 0), CONCAT("|", y + 0)) FROM kinds ORDER BY id')"
}

@test "texts of other character sets are translated; one that has no such form is refused" {
    sql <<'SQL'
CREATE OR REPLACE TABLE sets (id INT, g VARCHAR(9) CHARACTER SET greek, c TEXT CHARACTER SET cp1251,
    u VARCHAR(9) CHARACTER SET ucs2, j VARCHAR(9) CHARACTER SET sjis, e VARCHAR(9) CHARACTER SET cp932);
INSERT INTO sets VALUES (1, 'αβ?', 'жш', CONCAT('é?', CONVERT(x'EFBFBD' USING utf8mb4)), '漢字?', '漢'), (2, '', '?', '', NULL, NULL);
SQL
    run copy sets
    assert_status 0
    same_texts sets g c u j e
    # Bytes that a set has no letter for get in by way of a binary column.
    local set byte
    for set in greek:FF cp1251:98 hebrew:DD big5:A15A; do
        byte=${set#*:} set=${set%:*}
        sql <<<"CREATE OR REPLACE TABLE lost (id INT, x VARBINARY(9)); INSERT INTO lost VALUES (1, 'fine?'), (2, 0x$byte);
            ALTER TABLE lost MODIFY x VARCHAR(9) CHARACTER SET $set"
        assert_equal "$(sql <<<'SELECT HEX(x) FROM lost WHERE id = 2')" "$byte"
        run copy lost
        assert_status 65
        assert_output_has "row 2, column 'x'" "not valid UTF-8"
    done
}

@test "tables of this database alone are listed; a view's columns may be NULL" {
    sql <<<'CREATE OR REPLACE TABLE a (id INT NOT NULL PRIMARY KEY); CREATE OR REPLACE TABLE b (id INT NOT NULL);
        INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1);
        CREATE OR REPLACE VIEW v AS SELECT a.id, b.id AS other FROM a LEFT JOIN b ON a.id = b.id'
    run dbferry copy server local --view v
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT id, coalesce(other, 'NULL') FROM v ORDER BY id")" $'1|1\n2|NULL'
    run dbferry copy server local --table mysql.user
    assert_status 66
}

@test "a wrong password is 77, a server that is not there 69" {
    (umask 077 && printf 'wrongsecret' >"$T/password")
    run copy kinds
    assert_status 77
    refute_output_has wrongsecret
    # Its ODBC driver would take the blank off, and each run would count as a wrong password.
    (umask 077 && printf 'wrongsecret ' >"$T/password")
    run copy kinds
    assert_status 78
    assert_output_has "a blank"
    refute_output_has wrongsecret
    (umask 077 && printf 'wrongsecret' >"$T/password")
    sed -i 's|Socket = "[^"]*"|Socket = "/nowhere"|' "$T/dbferry.conf"
    run copy kinds
    assert_status 69
}

@test "the session's own limits and modes neither end the rows early nor change them" {
    sql <<<"CREATE OR REPLACE TABLE padded (id INT PRIMARY KEY, c CHAR(5)); INSERT INTO padded SELECT seq, 'ab' FROM seq_1_to_50;
        SET GLOBAL sql_select_limit = 7; SET GLOBAL sql_mode = 'PAD_CHAR_TO_FULL_LENGTH,ANSI_QUOTES'"
    run copy padded
    sql <<<"SET GLOBAL sql_select_limit = DEFAULT; SET GLOBAL sql_mode = DEFAULT"
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT count(*), min(length(c)), max(length(c)) FROM padded")" "50|2|2"
}

@test "a table without transactions is told of" {
    sql <<<"CREATE OR REPLACE TABLE old (id INT) ENGINE = Aria; INSERT INTO old VALUES (1)"
    run copy old
    assert_status 0
    assert_output_has "engine without transactions"
    run copy kinds
    refute_output_has "engine without transactions"
}

@test "what the server has cut ends the run, unless the job allows it" {
    sql <<<"CREATE OR REPLACE TABLE longs (id INT, x TEXT); INSERT INTO longs VALUES (1, REPEAT('x', 900)), (1, REPEAT('y', 900));
        CREATE OR REPLACE VIEW joined AS SELECT id, GROUP_CONCAT(x) AS x FROM longs GROUP BY id"
    sql <<<"SET GLOBAL group_concat_max_len = 1024"
    run dbferry copy server local --view joined
    assert_status 65
    assert_output_has 1260 "not whole"
    run dbferry copy server local --view joined -o job.on_warning=allow
    sql <<<"SET GLOBAL group_concat_max_len = DEFAULT"
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT length(x) FROM joined")" 1024
}

@test "a column that SELECT * hides is read, and its key is whole" {
    sql <<<"CREATE OR REPLACE TABLE half (a INT NOT NULL, b INT NOT NULL INVISIBLE DEFAULT 0, PRIMARY KEY (a, b));
        INSERT INTO half (a, b) VALUES (1, 1), (1, 2)"
    run copy half
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT a, b FROM half ORDER BY b; SELECT il.\"unique\", group_concat(ii.name) FROM
        pragma_index_list('half') il, pragma_index_info(il.name) ii")" $'1|1\n1|2\n1|a,b'
    sql <<<"INSERT INTO half (a, b) VALUES (1, 3); DELETE FROM half WHERE b = 1"
    run copy half -o job.strategy=merge -v
    assert_status 0
    assert_output_has "1 inserted" "1 deleted"
}

@test "a schema is refused, since a database is none" {
    sed -i 's/retries = 0;/& schema = "mysql";/' "$T/dbferry.conf"
    run copy kinds
    assert_status 78
    assert_output_has Database
}
