# What the mysql driver reads: every type exactly as the mariadb shell sees it, or refused by name.

load helper
load oracle
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE DATABASE d CHARACTER SET utf8mb4;
SQL
    mariadb_account reader 'a}b;c="d' 'SELECT ON d.*'
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/target.db
    (umask 077 && printf 'a}b;c="d' >"$T/password")
    mysql_config
}

# mysql_config [TEXT]: a configuration whose source has this text besides what it needs.
mysql_config() {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; ${1:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

sql() { mariadb_query d; }

# copy NAME [OPTION...]: view or table NAME of the server becomes table NAME of the file.
copy() { dbferry copy server local --view "$1" --target-table "$1" "${@:2}"; }

@test "integers of all widths, signed and not, arrive exactly" {
    sql <<'SQL'
CREATE OR REPLACE TABLE ints (id INT, a TINYINT, b TINYINT UNSIGNED, c TINYINT(1), d SMALLINT,
    e SMALLINT UNSIGNED, f MEDIUMINT, g MEDIUMINT UNSIGNED, h INT, i INT UNSIGNED, j BIGINT,
    k BIGINT UNSIGNED, y YEAR);
INSERT INTO ints VALUES
 (1, -128, 255, 7, -32768, 65535, -8388608, 16777215, -2147483648, 4294967295,
  -9223372036854775808, 9223372036854775807, 2155),
 (2, 127, 0, -1, 32767, 0, 8388607, 0, 2147483647, 0, 9223372036854775807, 0, 1901),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SQL
    run copy ints
    assert_status 0
    same_texts ints a b c d e f g h i j k y
    assert_equal "$(sqlite3 "$D" "SELECT DISTINCT typeof(a) || typeof(k) || typeof(y) FROM ints
        WHERE id < 3")" integerintegerinteger
}

@test "an unsigned bigint above what SQLite holds is refused, with its row and column" {
    sql <<<'CREATE OR REPLACE TABLE huge (id INT, u BIGINT UNSIGNED);
        INSERT INTO huge VALUES (1, 5), (2, 18446744073709551615);'
    run copy huge
    assert_status 65
    assert_output_has "row 2" "column 'u'"
}

@test "FLOAT and DOUBLE arrive bit for bit" {
    sql <<<'CREATE OR REPLACE TABLE floats (id INT, f FLOAT, d DOUBLE);
        INSERT INTO floats VALUES (1, 1.1, 0.1), (2, 3.40282e38, 1.7976931348623157e308),
        (3, 1.17549435e-38, 2.2250738585072014e-308), (4, 16777217, 9007199254740993), (5, -0.3, 1e22),
        (6, NULL, NULL);'
    run copy floats
    assert_status 0
    # The shell prints a double with all the digits that make it unique.
    while read -r id f d; do
        assert_equal "$id $(sqlite3 "$D" "SELECT f = $f, d = $d FROM floats WHERE id = $id")" \
            "$id 1|1"
    done < <(sql <<<'SELECT id, CAST(f AS DOUBLE), d FROM floats WHERE id < 6')
    assert_equal "$(sqlite3 "$D" "SELECT typeof(f), typeof(d) FROM floats WHERE id = 6")" "null|null"
}

@test "decimals keep every digit" {
    sql <<<'CREATE OR REPLACE TABLE decimals (id INT, a DECIMAL(10,2), b DECIMAL(10,2) UNSIGNED,
        c DECIMAL(20,0), d DECIMAL(65,30), e DECIMAL(15,15));
        INSERT INTO decimals VALUES (1, -12345678.90, 0.10, -99999999999999999999,
        12345678901234567890123456789012345.123456789012345678901234567890, 0.123456789012345),
        (2, 5, 5, 5, 5, 0), (3, NULL, NULL, NULL, NULL, NULL);'
    run copy decimals
    assert_status 0
    same_texts decimals c d
    assert_equal "$(sqlite3 "$D" "SELECT printf('%.2f', a), printf('%.2f', b) FROM decimals
        WHERE id = 1")" "-12345678.90|0.10"
    run dbferry plan --help
    assert_status 0
}

@test "texts and bytes arrive byte for byte, NULL and '' apart" {
    sql <<'SQL'
CREATE OR REPLACE TABLE texts (id INT, a CHAR(10), b VARCHAR(40), c TINYTEXT, e TEXT, f LONGTEXT,
    g VARCHAR(20) CHARACTER SET latin1, h VARCHAR(20) CHARACTER SET ucs2);
INSERT INTO texts VALUES (1, 'x', 'ünïcode 😀', 'a', REPEAT('é', 30000), REPEAT('long', 100000), 'é', 'Ω'),
    (2, '', '', '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (4, 'a\0b', 'tab\tnew\nline', '\\', '"', '''', ';', '%');
CREATE OR REPLACE TABLE bytes (id INT, a BINARY(4), b VARBINARY(300), c BLOB, e LONGBLOB);
INSERT INTO bytes VALUES (1, 'ab', UNHEX('00FF27'), 'looks like text', UNHEX(REPEAT('00FF', 100000))),
    (2, '', '', '', ''), (3, NULL, NULL, NULL, NULL), (4, 'abcd', REPEAT('x', 251), REPEAT('y', 252), 'z');
SQL
    run copy texts
    assert_status 0
    same_texts texts a b c e f g h
    assert_equal "$(sqlite3 "$D" "SELECT DISTINCT typeof(a) || typeof(f) FROM texts WHERE id = 1")" \
        texttext
    run copy bytes
    assert_status 0
    same_bytes bytes a b c e
}

@test "dates and times arrive as the server prints them, zero, partial and negative ones too" {
    sql <<'SQL'
SET sql_mode = '', time_zone = '+00:00';
CREATE OR REPLACE TABLE moments (id INT, a DATE, b TIME, c TIME(6), e DATETIME, f DATETIME(3),
    g TIMESTAMP NULL, h TIMESTAMP(6) NULL);
INSERT INTO moments VALUES
 (1, '2024-02-29', '-838:59:59', '12:34:56.000001', '2024-02-29 23:59:59', '1000-01-01 00:00:00.120',
  '2024-06-01 12:00:00', '2024-06-01 12:00:00.5'),
 (2, '0000-00-00', '838:59:59', '-00:00:00.1', '0000-00-00', '9999-12-31 23:59:59.999', 0, 0),
 (3, '2024-00-00', '100:00:00', 0, '2024-01-00 00:00:00', 0, NULL, NULL),
 (4, NULL, NULL, NULL, NULL, NULL, '2038-01-19 03:14:07', '1970-01-01 00:00:01');
SQL
    run copy moments
    assert_status 0
    for column in a b c e f g h; do
        assert_equal "$column: $(sqlite3 -nullvalue NULL "$D" "SELECT $column FROM moments
            ORDER BY id")" \
            "$column: $(sql <<<"SET time_zone = '+00:00'; SELECT $column FROM moments ORDER BY id")"
    done
}

@test "time_zone moves instants, and the log says where the server differs" {
    sql <<<"SET time_zone = '+00:00'; CREATE OR REPLACE TABLE instants (id INT, t TIMESTAMP);
        INSERT INTO instants VALUES (1, '2024-06-01 22:30:00');
        CREATE OR REPLACE VIEW instant_days AS SELECT id, DATE(t) AS day FROM instants;"
    copy instants
    assert_equal "$(sqlite3 "$D" 'SELECT t FROM instants')" '2024-06-01 22:30:00'
    mysql_config 'time_zone = "+02:00";'
    copy instants
    copy instant_days
    assert_equal "$(sqlite3 "$D" 'SELECT t FROM instants')" '2024-06-02 00:30:00'
    assert_equal "$(sqlite3 "$D" 'SELECT day FROM instant_days')" '2024-06-02'
    run copy instants -v
    assert_output_has "this session's time zone is +02:00"
    mysql_config 'time_zone = "Nowhere/City";'
    run copy instants
    assert_status 78
    assert_output_has "Nowhere/City" "offset"
}

@test "BIT arrives as a number, of any width" {
    sql <<'SQL'
CREATE OR REPLACE TABLE bits (id INT, a BIT(1), b BIT(8), c BIT(9), d BIT(63), e BIT(64));
INSERT INTO bits VALUES (1, 1, 255, 511, 9223372036854775807, 9223372036854775807), (2, 0, 0, 0, 0, 0),
    (3, NULL, NULL, NULL, NULL, NULL), (4, 1, 39, 256, 1, 4611686018427387905);
CREATE OR REPLACE TABLE more_bits (id INT, e BIT(64));
INSERT INTO more_bits VALUES (1, 1), (2, 9223372036854775808);
SQL
    run copy bits
    assert_status 0
    assert_equal "$(sqlite3 -nullvalue NULL "$D" 'SELECT * FROM bits ORDER BY id')" \
        "$(sql <<<"SELECT CONCAT_WS('|', id, IFNULL(a + 0, 'NULL'), IFNULL(b + 0, 'NULL'),
            IFNULL(c + 0, 'NULL'), IFNULL(d + 0, 'NULL'), IFNULL(e + 0, 'NULL')) FROM bits ORDER BY id")"
    assert_equal "$(sqlite3 "$D" 'SELECT DISTINCT typeof(a), typeof(e) FROM bits WHERE id <> 3')" \
        'integer|integer'
    run copy more_bits
    assert_status 65
    assert_output_has "row 2" "column 'e'"
}

@test "ENUM and SET arrive as the server prints them" {
    sql <<'SQL'
SET sql_mode = '';
CREATE OR REPLACE TABLE members (id INT, e ENUM('a', 'it''s', 'é 😀', ''), l ENUM('ä') CHARACTER SET latin1,
    s SET('a', 'b', 'ü') CHARACTER SET latin1);
INSERT INTO members VALUES (1, 'a', 'ä', 'a,ü'), (2, 'it''s', NULL, ''), (3, 'é 😀', 'ä', 'ü,b,a'),
    (4, '', 'no such member', 'b'), (5, 'no such member', 'ä', NULL), (6, NULL, NULL, 'a');
CREATE OR REPLACE TABLE byte_members (id INT, e ENUM('a', 'b') CHARACTER SET binary);
INSERT INTO byte_members VALUES (1, 'a'), (2, 'b'), (3, NULL);
SQL
    run copy members
    assert_status 0
    same_texts members e l s
    run copy byte_members
    assert_status 0
    same_bytes byte_members e
}

@test "JSON arrives letter by letter, and so do MariaDB's UUID and addresses" {
    sql <<'SQL'
CREATE OR REPLACE TABLE own (id INT, j JSON, u UUID, f INET4, x INET6, v VARCHAR(40) CHECK (JSON_VALID(v)));
INSERT INTO own VALUES
 (1, '{"b": [1, 2.50, "é😀"],  "a": null}', '0187ABCD-1234-7234-8234-1234567890AB', '192.0.2.1', '2001:db8::1', '[1]'),
 (2, '[]', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::', '"x"'),
 (3, NULL, NULL, NULL, NULL, NULL),
 (4, CONCAT('["', REPEAT('x', 100000), '"]'), 'ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255',
  '::ffff:192.0.2.1', '{}');
SQL
    run copy own
    assert_status 0
    same_texts own j u f x v
    assert_equal "$(sqlite3 "$D" "SELECT DISTINCT typeof(j), typeof(u), typeof(x) FROM own WHERE id <> 3")" \
        'text|text|text'
}

@test "geometry arrives byte for byte, its SRID with it" {
    sql <<'SQL'
CREATE OR REPLACE TABLE shapes (id INT, g GEOMETRY, p POINT REF_SYSTEM_ID = 4326, m MULTIPOLYGON);
INSERT INTO shapes VALUES
 (1, ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POINT(1.5 -2)', 4326),
  ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))')),
 (2, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'), NULL, NULL), (3, NULL, NULL, NULL);
SQL
    run copy shapes
    assert_status 0
    same_bytes shapes g p m
    assert_equal "$(sqlite3 "$D" "SELECT substr(hex(p), 1, 8) FROM shapes WHERE id = 1")" E6100000
}

@test "an expression that is NULL by its nature is carried as NULLs, of the type that the job names" {
    sql <<<'CREATE OR REPLACE TABLE few (id INT); INSERT INTO few VALUES (1), (2);
        CREATE OR REPLACE VIEW nulls AS SELECT id, NULL AS a, COALESCE(NULL, NULL) AS b,
        NULLIF(NULL, 1) AS c, CASE WHEN id > 0 THEN NULL END AS d FROM few;'
    run copy nulls
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(typeof(a) || typeof(b) || typeof(c) || typeof(d)) FROM nulls
        WHERE id > 0")" nullnullnullnull,nullnullnullnull
    assert_equal "$(sqlite3 "$D" "SELECT type FROM pragma_table_info('nulls') WHERE name = 'a'")" ""
    mysql_config
    cat >>"$DBFERRY_CONFIG" <<<'jobs = ( { name = "typed"; source = "server"; view = "nulls"; target = "local";
        columns = ( { name = "a"; type = "INTEGER"; }, { name = "b"; type = "TEXT"; } ); } );'
    run dbferry run typed
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(type) FROM pragma_table_info('nulls')")" INTEGER,INTEGER,TEXT,,
    # What is in the file counts, also where somebody has put a value there.
    rm "$D"* && run copy nulls
    sqlite3 "$D" "UPDATE nulls SET a = 5 WHERE id = 2"
    run dbferry copy local local --table nulls --target-table again
    assert_status 65
    assert_output_has "row 2, column 'a'" "NULL by its nature"
}

@test "names and types are those of the result, not of the definition" {
    sql <<'SQL'
CREATE OR REPLACE TABLE base (id INT, ` lead` VARCHAR(5), `sel``ect` INT, `Grün "x"` INT);
INSERT INTO base VALUES (1, 'a', 2, 3);
CREATE OR REPLACE VIEW `odd ``view` AS SELECT id, `sel``ect`, `Grün "x"`, YEAR('2024-01-01') AS y FROM base;
SQL
    run copy 'odd `view'
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT "sel`ect", "Grün ""x""", y FROM "odd `view"')" '2|3|2024'
}

@test "columns that are named alike are refused with a way out" {
    run dbferry copy server local --query 'SELECT 1 AS a, 2 AS A' --target-table t
    assert_status 65
    assert_output_has AS
    run dbferry copy server local --query "SELECT 1, ''" --target-table t
    assert_status 65
    assert_output_has "column 2 has no name"
}

@test "a warning of the server is an error, and the message says what to raise" {
    sql <<<"CREATE OR REPLACE TABLE words (id INT, w VARCHAR(100));
        INSERT INTO words SELECT seq, REPEAT('w', 100) FROM seq_1_to_100;
        CREATE OR REPLACE VIEW joined AS SELECT GROUP_CONCAT(w) AS all_words FROM words;"
    mysql_config 'session_variables = { group_concat_max_len = "1000"; };'
    run copy joined
    assert_status 65
    assert_output_has group_concat_max_len
    mysql_config 'session_variables = { group_concat_max_len = "100000"; };'
    run copy joined
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT length(all_words) FROM joined')" 10099
}

@test "session variables: hostile, unknown and reserved ones are refused" {
    sql <<<'CREATE OR REPLACE TABLE one (id INT)'
    mysql_config 'session_variables = { sql_mode = "x'"'"', @@global.x = 1, y='"'"'"; };'
    run copy one
    assert_status 78
    assert_output_has sql_mode
    mysql_config 'session_variables = { no_such_variable = "1"; };'
    run copy one
    assert_status 78
    assert_output_has "no_such_variable"
    mysql_config 'session_variables = { character_set_results = "latin1"; };'
    run copy one
    assert_status 78
    assert_output_has "utf8mb4"
    mysql_config 'session_variables = { GLOBAL = "1"; };'
    run copy one
    assert_status 78
}

@test "a query must be one SELECT" {
    for query in 'SELECT 1 AS a; SELECT 2' 'SELEKT 1' 'SET @a = 1' 'SELECT ? AS a' 'DO 1' ''; do
        run dbferry copy server local --query "$query" --target-table t
        [ "$status" -eq 78 ] || [ "$status" -eq 64 ]
    done
    run dbferry copy server local --query 'DELETE FROM ints' --target-table t
    assert_status 77
}
