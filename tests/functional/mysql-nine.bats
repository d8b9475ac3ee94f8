# MySQL 9, the other server: its logins, its types and the end of its streams.

load helper
load oracle
load ../servers/mysql

setup_file() {
    mysql_is_available || return 0
    mysql_start nine || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<'SQL'
CREATE DATABASE d;
CREATE USER reader IDENTIFIED BY 'S3cret-Pass';
GRANT SELECT ON d.* TO reader;
SQL
}

teardown_file() { mysql_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    D=$T/target.db
    (umask 077 && printf 'S3cret-Pass\n' >"$T/password")
    nine_config
}

# nine_config [TEXT]: a configuration whose source has this text besides what it needs.
nine_config() {
    local more=${1:-}
    [ -n "$more" ] || more='ssl_mode = "preferred";'
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MYSQL_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; $more };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

sql() { mysql_query d; }

copy() { dbferry copy server local --view "$1" --target-table "$1" "${@:2}"; }

@test "the login of MySQL's own accounts, and TLS with the server's own certificate" {
    sql <<<'CREATE TABLE one (id INT); INSERT INTO one VALUES (1);'
    run copy one -v
    assert_status 0
    assert_output_has "server: MySQL 9" "TLS: TLSv1."
    nine_config 'ssl_mode = "verify-identity";'
    run copy one
    assert_status 77
    assert_output_has "ssl_ca" "unchanged"
    # caching_sha2_password may hand the password over to a server that nobody has identified
    nine_config 'ssl_mode = "required";'
    run copy one
    assert_status 77
    assert_output_has "verify-identity"
    refute_output_has S3cret-Pass
}

# Its own certificates name no host.
@test "verify-ca is for the certificates that the server makes itself, and for clients that have one" {
    local made=$FERRY_MYSQL_ROOT$MYSQL_DATA/data ca own
    sql <<<'CREATE TABLE guarded (id INT); INSERT INTO guarded VALUES (1)'
    ca="ssl_ca = \"$made/ca.pem\";"
    own="ssl_cert = \"$made/client-cert.pem\"; ssl_key = \"$made/client-key.pem\";"
    mysql_query <<<"CREATE USER sure IDENTIFIED BY 'S3cret-Pass' REQUIRE X509; GRANT SELECT ON d.* TO sure"
    nine_config "ssl_mode = \"verify-ca\"; $ca"
    run copy guarded -v
    assert_status 0
    assert_output_has "CA verified, host not"
    nine_config "ssl_mode = \"verify-identity\"; ${ca}"
    sed -i 's/127\.0\.0\.1/localhost/' "$DBFERRY_CONFIG" # see TLS in dbferry-mysql(7)
    run copy guarded
    assert_status 77
    assert_output_has "another host"
    nine_config "ssl_mode = \"verify-ca\"; $ca"
    sed -i 's/"reader"/"sure"/' "$DBFERRY_CONFIG"
    run copy guarded
    assert_status 77
    assert_output_has 1045
    nine_config "ssl_mode = \"verify-ca\"; $ca $own"
    sed -i 's/"reader"/"sure"/' "$DBFERRY_CONFIG"
    run copy guarded
    assert_status 0
    mysql_query <<<"ALTER USER sure REQUIRE SUBJECT '/CN=somebody else'"
    run copy guarded
    assert_status 77
    mysql_query <<<"ALTER USER sure REQUIRE SUBJECT '$(openssl x509 -in "$made/client-cert.pem" -noout -subject -nameopt compat |
        sed 's/^subject=//')'"
    run copy guarded
    assert_status 0
}

@test "a wrong password and a missing view" {
    sql <<<'CREATE TABLE two (id INT)'
    printf 'wrong\n' >"$T/password"
    run copy two
    assert_status 77
    assert_output_has "reader"
    refute_output_has wrong
    printf 'S3cret-Pass\n' >"$T/password"
    run copy no_such_view
    assert_status 66
    assert_output_has no_such_view
}

@test "numbers arrive exactly" {
    sql <<'SQL'
CREATE TABLE numbers (id INT, a TINYINT, b TINYINT UNSIGNED, c BOOL, d MEDIUMINT, e INT UNSIGNED,
    f BIGINT, g BIGINT UNSIGNED, h DECIMAL(65,30), i DECIMAL(20,0) UNSIGNED, y YEAR);
INSERT INTO numbers VALUES
 (1, -128, 255, 7, -8388608, 4294967295, -9223372036854775808, 9223372036854775807,
  12345678901234567890123456789012345.123456789012345678901234567890, 99999999999999999999, 2155),
 (2, 127, 0, 0, 8388607, 0, 9223372036854775807, 0, -0.000000000000000000000000000001, 0, 1901),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE floats (id INT, f FLOAT, d DOUBLE);
INSERT INTO floats VALUES (1, 1.1, 0.1), (2, 3.40282e38, 1.7976931348623157e308), (3, -0.3, 1e22);
SQL
    run copy numbers
    assert_status 0
    same_texts numbers a b c d e f g h i y
    run copy floats
    assert_status 0
    while read -r id f d; do
        assert_equal "$id $(sqlite3 "$D" "SELECT f = $f, d = $d FROM floats WHERE id = $id")" "$id 1|1"
    done < <(sql <<<'SELECT id, CAST(f AS DOUBLE), d FROM floats')
}

@test "texts and bytes arrive byte for byte" {
    sql <<'SQL'
CREATE TABLE texts (id INT, a CHAR(10), b VARCHAR(40), c TEXT, e LONGTEXT,
    g VARCHAR(20) CHARACTER SET latin1);
INSERT INTO texts VALUES (1, 'x', 'ünïcode 😀', REPEAT('é', 30000), REPEAT('long', 100000), 'é'),
    (2, '', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL), (4, 'a\0b', 'tab\t', '"', '''', ';');
CREATE TABLE bytes (id INT, a BINARY(4), b VARBINARY(300), c LONGBLOB);
INSERT INTO bytes VALUES (1, 'ab', UNHEX('00FF27'), UNHEX(REPEAT('00FF', 100000))), (2, '', '', ''),
    (3, NULL, NULL, NULL);
SQL
    run copy texts
    assert_status 0
    same_texts texts a b c e g
    run copy bytes
    assert_status 0
    same_bytes bytes a b c
}

@test "dates and times arrive as the server prints them" {
    sql <<'SQL'
SET sql_mode = '', time_zone = '+00:00';
CREATE TABLE moments (id INT, a DATE, b TIME, c TIME(6), e DATETIME(3), f TIMESTAMP(6) NULL);
INSERT INTO moments VALUES
 (1, '2024-02-29', '-838:59:59', '12:34:56.000001', '1000-01-01 00:00:00.120', '2024-06-01 12:00:00.5'),
 (2, '0000-00-00', '838:59:59', '-00:00:00.1', '9999-12-31 23:59:59.999', 0),
 (3, '2024-00-00', '100:00:00', 0, 0, NULL), (4, NULL, NULL, NULL, NULL, '1970-01-01 00:00:01');
SQL
    run copy moments
    assert_status 0
    for column in a b c e f; do
        assert_equal "$column: $(sqlite3 -nullvalue NULL "$D" "SELECT $column FROM moments ORDER BY id")" \
            "$column: $(sql <<<"SET time_zone = '+00:00'; SELECT $column FROM moments ORDER BY id")"
    done
}

@test "BIT, ENUM, SET and JSON arrive as the server has them" {
    sql <<'SQL'
SET sql_mode = '';
CREATE TABLE kinds (id INT, b BIT(9), c BIT(64), e ENUM('a', 'it''s', 'é 😀'),
    s SET('a', 'b', 'ü') CHARACTER SET latin1, j JSON);
INSERT INTO kinds VALUES (1, 511, 9223372036854775807, 'it''s', 'a,ü', '{"b": [1, 2.50, "é😀"], "a": null}'),
    (2, 0, 0, 'no such member', '', '[]'), (3, NULL, NULL, NULL, NULL, NULL),
    (4, 256, 1, 'é 😀', 'b', JSON_ARRAY(REPEAT('x', 100000)));
CREATE TABLE byte_members (id INT, e ENUM('a', 'b') CHARACTER SET binary);
INSERT INTO byte_members VALUES (1, 'a'), (2, NULL);
SQL
    run copy kinds
    assert_status 0
    same_texts kinds e s j
    assert_equal "$(sqlite3 "$D" 'SELECT id, b, c FROM kinds WHERE id <> 3')" \
        "$(sql <<<"SELECT CONCAT_WS('|', id, b + 0, c + 0) FROM kinds WHERE id <> 3")"
    run copy byte_members
    assert_status 0
    same_bytes byte_members e
}

@test "geometry and VECTOR arrive byte for byte, from tables and from views" {
    sql <<'SQL'
CREATE TABLE shapes (id INT, g GEOMETRY, p POINT SRID 4326, v VECTOR(3), w VECTOR);
INSERT INTO shapes VALUES
 (1, ST_GeomFromText('LINESTRING(0 0,1 1)'), ST_GeomFromText('POINT(1.5 -2)', 4326),
  STRING_TO_VECTOR('[1,-2.5,1e-30]'), STRING_TO_VECTOR('[0]')),
 (2, ST_GeomFromText('GEOMETRYCOLLECTION EMPTY'), NULL, NULL, NULL), (3, NULL, NULL, NULL, NULL);
CREATE VIEW `odd ``shapes` (id, ` v`, `w``x`) AS SELECT id, v, w FROM shapes;
SQL
    run copy shapes
    assert_status 0
    same_bytes shapes g p v w
    run copy 'odd `shapes'
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT id, hex(" v"), hex("w`x") FROM "odd `shapes" WHERE id = 1')" \
        "$(sql <<<"SELECT CONCAT_WS('|', id, HEX(v), HEX(w)) FROM shapes WHERE id = 1")"
}

@test "a VECTOR in a query is refused with what to write, and that works" {
    sql <<<"CREATE TABLE vectors (id INT, v VECTOR(2)); INSERT INTO vectors VALUES (1, STRING_TO_VECTOR('[1,2]'));"
    run dbferry copy server local --query 'SELECT v FROM vectors' --target-table t
    assert_status 65
    assert_output_has "column 'v' of the query has type VECTOR" "CAST(... AS BINARY) AS v"
    run dbferry copy server local --query 'SELECT CAST(v AS BINARY) AS v FROM vectors' --target-table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT hex(v) FROM t')" 0000803F00000040
}

@test "an expression that is NULL by its nature is carried as NULLs" {
    run dbferry copy server local --target-table odd --query 'SELECT NULL AS a, COALESCE(NULL, NULL) AS b,
        MAX(NULL) AS c, MIN(NULL) OVER () AS d, (SELECT NULL) AS e UNION ALL SELECT NULL, NULL, NULL, NULL, NULL'
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(quote(a) || quote(b) || quote(c) || quote(d) || quote(e)) FROM odd")" \
        NULLNULLNULLNULLNULL,NULLNULLNULLNULLNULL
}

@test "a warning is an error, also where the server keeps no text of it" {
    sql <<'SQL'
CREATE TABLE words (w VARCHAR(100));
INSERT INTO words WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 100)
    SELECT REPEAT('w', 100) FROM c;
CREATE VIEW joined AS SELECT GROUP_CONCAT(w) AS all_words FROM words;
SQL
    run copy joined
    assert_status 65
    assert_output_has "the server warns" group_concat_max_len
    sql <<<'SET GLOBAL max_error_count = 0'
    run copy joined
    assert_status 65
    assert_output_has "the server warns" max_error_count
    sql <<<'SET GLOBAL max_error_count = 1024'
}

@test "the connection cut by the server in mid-stream: 76, and the old rows stay" {
    sql <<'SQL'
CREATE TABLE big (id INT PRIMARY KEY, filler VARCHAR(200));
SET SESSION cte_max_recursion_depth = 1000000;
INSERT INTO big WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 200000)
    SELECT n, REPEAT('x', 200) FROM c;
CREATE TABLE few (id INT);
INSERT INTO few VALUES (1), (2), (3);
SQL
    copy few
    run dbferry copy server local --query 'SELECT a.id, a.filler FROM big a JOIN big b ON b.id < 50' \
        --target-table few --dry-run
    assert_status 0
    nine_config 'ssl_mode = "preferred"; retries = 0;'
    dbferry copy server local --query 'SELECT a.id, a.filler FROM big a JOIN big b ON b.id < 50' \
        --target-table few >"$T/out" 2>&1 &
    local pid=$!
    sleep 1.5
    kill -0 "$pid"
    mysql_end_session
    status=0
    wait "$pid" || status=$?
    output=$(cat "$T/out")
    assert_status 76
    assert_output_has unchanged
    assert_equal "$(sqlite3 "$D" 'SELECT group_concat(id) FROM few')" 1,2,3
    assert_equal "$(sqlite3 "$D" 'PRAGMA integrity_check')" ok
}

# Cuts the reader's connection on the server, as an administrator would.
mysql_end_session() {
    sql <<<"SELECT CONCAT('KILL ', id, ';') FROM performance_schema.processlist WHERE user = 'reader'" | sql
}
