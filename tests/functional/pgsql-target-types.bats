# Types of other databases in PostgreSQL: what psql prints is what the other shell prints.

load helper
load pgsql-target
load ../servers/mariadb

setup_file() {
    pgsql_target_start || return
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/mariadb" || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER
    mariadb_account reader pw "SELECT ON d.*"
    mariadb_account loader pw "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, TRIGGER, CREATE TEMPORARY TABLES ON e.*"
}

teardown_file() {
    [ -z "${MARIADB_PID:-}" ] || mariadb_kill
    postgres_remove
}

setup() {
    pgsql_target_setup
    requires_driver mysql
    mariadb_is_installed || skip "MariaDB's server is not installed"
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
  latin = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "latin"; retries = 0; };
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; };
  archive = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "loader"; password_file = "$T/password"; database = "e"; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "m"; source = "target"; target = "archive"; table = "t"; target_table = "t"; strategy = "merge"; verify = "content"; },
  { name = "l"; source = "local"; target = "latin"; table = "t"; target_table = "t"; strategy = "merge"; verify = "content"; } );
END
    mariadb_query <<<"SET GLOBAL local_infile = 1; DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e; CREATE DATABASE d CHARACTER SET utf8mb4;
        CREATE DATABASE e CHARACTER SET utf8mb4"
}

my() { mariadb_query d; }
from_server() { dbferry copy server target --table "$1" --target-table "$1" "${@:2}"; }

@test "MariaDB: every type in its limits, the same in both shells" {
    my <<'SQL'
SET time_zone = '+00:00';
CREATE TABLE t (id INT PRIMARY KEY, i8 TINYINT, u8 TINYINT UNSIGNED, i16 SMALLINT, u24 MEDIUMINT UNSIGNED, u32 INT UNSIGNED,
  i64 BIGINT, u64 BIGINT UNSIGNED, de DECIMAL(20,6), bit9 BIT(9), da DATE, ti TIME(3), dt DATETIME(6), ts TIMESTAMP(3) NULL,
  y YEAR, c CHAR(5), vc VARCHAR(20) CHARACTER SET latin1, tx LONGTEXT, vb VARBINARY(9), lb LONGBLOB,
  e ENUM('a', 'b''c', 'd\\e'), s SET('p', 'q'), js JSON, u UUID, i4 INET4, i6 INET6);
INSERT INTO t VALUES (1, -128, 255, -32768, 16777215, 4294967295, -9223372036854775808, 18446744073709551615,
  -99999999999999.999999, b'101010101', '1000-01-01', '23:59:59.999', '9999-12-31 23:59:59.999999',
  '2038-01-19 03:14:07.999', 2155, 'ab', 'äöü ß', 'tab\there\nnl\\bs\\.\\N''q"\r\Z', X'00FF0A5C27', UNHEX(REPEAT('00010203E2820A5C09', 1000)),
  'b''c', 'p,q', '{"a": [1, 2.5, "x\\ny"]}', '123e4567-e89b-12d3-a456-426655440000', '192.0.2.1', '2001:db8::1'),
 (2, 0, 0, 0, 0, 0, 0, 0, 0.1, 0, '9999-12-31', '00:00:00', '1000-01-01', '1970-01-01 00:00:01', 1901, '', '', '', '', '',
  'd\\e', '', 'null', '00000000-0000-0000-0000-000000000000', '0.0.0.0', '::'),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '😀', NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, '::ffff:1.2.3.4');
CREATE TABLE f (id INT PRIMARY KEY, f FLOAT, d DOUBLE);
INSERT INTO f VALUES (1, -3.25e38, 1.7976931348623157e308), (2, 1e-45, 4.9406564584124654e-324), (3, 0.1, 0.1);
SQL
    run from_server t -o job.verify=content
    assert_status 0
    assert_equal "$(sql <<<"SET bytea_output = hex; SELECT id, i8, u8, i16, u24, u32, i64, u64, de, bit9::int, da, rpad(ti::text || CASE WHEN ti::text LIKE '%.%' THEN '' ELSE '.' END, 12, '0'),
            to_char(dt, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(ts AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), y, c, vc,
            upper(encode(convert_to(tx, 'UTF8'), 'hex')), upper(encode(vb, 'hex')), md5(lb), e, s, js, u, host(i4), host(i6)
        FROM t ORDER BY id" | sed 's/||/|NULL|/g; s/||/|NULL|/g' | md5sum)" \
        "$(my <<<"SET time_zone = '+00:00'; SELECT id, i8, u8, i16, u24, u32, i64, u64, de, bit9 + 0, da, ti, dt, ts, y, c, vc, HEX(tx), HEX(vb), MD5(lb), e, s, js, u, i4, i6
        FROM t ORDER BY id" | sed 's/\t/|/g; s/||/|NULL|/g; s/||/|NULL|/g; s/\\\\/\\/g; s/\\\\/\\/g' | md5sum)" || {
        sql <<<"SELECT * FROM t ORDER BY id" | cut -c1-600
        my <<<"SELECT * FROM t ORDER BY id" | cut -c1-600
        return 1
    }
    run from_server f -o job.verify=content
    assert_status 0
    assert_equal "$(sql <<<"SELECT id, f, d FROM f ORDER BY id" | tr '\n' ' ')" \
        "1|-3.25e+38|1.7976931348623157e+308 2|1e-45|5e-324 3|0.1|0.1 "
}

@test "MariaDB: what PostgreSQL does not hold ends the load with row and column; other types take it" {
    local values column value type tried=0
    while IFS='|' read -r column value type; do
        my <<<"SET sql_mode = ''; DROP TABLE IF EXISTS odd; CREATE TABLE odd (id INT PRIMARY KEY, x $column);
            INSERT INTO odd VALUES (1, NULL), (2, $value)"
        sql <<<"DROP TABLE IF EXISTS odd"
        run from_server odd
        echo "$column $value: $output"
        assert_status 65
        assert_output_has "row 2" "'x'"
        if [ -n "$type" ]; then
            run from_server odd -o "job.columns.x.type=$type" -o job.verify=content
            assert_status 0
            assert_equal "$(sql <<<"SELECT x FROM odd WHERE id = 2")" "$(my <<<"SELECT x FROM odd WHERE id = 2")"
        fi
        tried=$((tried + 1))
    done <<'END'
DATE|'0000-00-00'|text
DATE|'2020-02-00'|varchar(10)
DATETIME|'0000-00-00 00:00:00'|text
TIME|'-10:00:00'|interval
TIME|'838:59:59'|interval
VARCHAR(9)|CHAR(97, 0, 98)|
END
    between 6 $tried 6
}

@test "a database in another encoding: its letters and their order; others refused by row and column" {
    postgres_query <<<"DROP DATABASE IF EXISTS latin WITH (FORCE)"
    postgres_query <<<"CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    postgres_query latin <<<"GRANT USAGE, CREATE ON SCHEMA public TO loader"
    sqlite3 "$D" "CREATE TABLE t (id TEXT NOT NULL PRIMARY KEY, x TEXT); INSERT INTO t VALUES ('é', 'ß'), ('z', 'ÿ'), ('a', NULL)"
    run dbferry run l
    assert_status 0
    sqlite3 "$D" "UPDATE t SET x = 'neu' WHERE id = 'é'; INSERT INTO t VALUES ('ÿ', 'Ä')"
    run dbferry run l
    assert_status 0
    assert_equal "$(PGCLIENTENCODING=UTF8 postgres_query latin <<<"SELECT id, x FROM t ORDER BY id")" $'a|\nz|ÿ\né|neu\nÿ|Ä'
    sqlite3 "$D" "INSERT INTO t VALUES ('b', '€')"
    run dbferry run l
    assert_status 65
    assert_output_has "encoding"
    sqlite3 "$D" "CREATE TABLE euro (id INTEGER PRIMARY KEY, x TEXT); INSERT INTO euro VALUES (1, 'a'), (2, '€')"
    run dbferry copy local latin --table euro --target-table euro
    assert_status 65
    assert_output_has "row 2" "'x'" "encoding"
}

# Each column is cast to a text, alike in both.
@test "PostgreSQL into MariaDB: every type that it has there, the same in both shells; the next run finds it so" {
    sql <<'SQL'
CREATE TYPE mood AS ENUM ('fine', 'it''s');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE t (id integer PRIMARY KEY, b boolean, i2 smallint, i8 bigint, o oid, f4 real, f8 double precision, n numeric(38,10),
  v varchar(30), c char(5), x text, y bytea, d date, ti time(6), ts timestamp(6), tz timestamptz(3), iv interval, u uuid, j json, jb jsonb,
  bi bit(9), i inet, m mood, p positive, a integer[], r int4range, k point, ml xml, mo money);
INSERT INTO t VALUES (1, true, -32768, -9223372036854775808, 4294967295, 0.1, 1.7976931348623157e308, -9999999999999999999999999999.0000000001,
  'äöü', 'ab', E'tab\there\nnl\\bs"q''', '\x00ff0a5c27', '1000-01-01', '23:59:59.999999', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999+00',
  '1 year 2 days 03:04:05', '123e4567-e89b-12d3-a456-426655440000', '{"a": [1, 2.5]}', '{"b": null}', B'101010101', '192.0.2.1/24', 'it''s', 7, '{1,NULL,3}',
  '[1,5)', '(1,2)', '<a>x</a>', 12.34),
 (2, false, 0, 0, 0, 0, 5e-324, 0, '', '', '', '', '9999-12-31', '00:00', '1000-01-01', '1970-01-01 00:00:01+00', '0', '00000000-0000-0000-0000-000000000000',
  'null', '[]', B'000000000', '::/0', 'fine', 1, '{}', 'empty', '(0,0)', '', 0),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '😀', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  NULL, NULL);
GRANT SELECT ON t TO loader;
SQL
    run dbferry run m
    assert_status 0
    theirs() {
        mariadb_query e <<<"SET time_zone = '+00:00'; SELECT id, b, i2, i8, o, f4, f8, n, HEX(v), HEX(c), HEX(x), HEX(y), d, ti, ts, tz, iv, u, HEX(j), HEX(jb), bi + 0, i, m, p, a, r, k, ml, mo
            FROM t ORDER BY id"
    }
    ours() {
        sql <<<"SET TimeZone = 'UTC'; SET IntervalStyle = iso_8601; SELECT id, b::int, i2, i8, o, f4, f8, n, upper(encode(convert_to(v, 'UTF8'), 'hex')),
            upper(encode(convert_to(rtrim(c), 'UTF8'), 'hex')), upper(encode(convert_to(x, 'UTF8'), 'hex')), upper(encode(y, 'hex')), d, to_char(ti, 'HH24:MI:SS.US'),
            to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US'), to_char(tz, 'YYYY-MM-DD HH24:MI:SS.MS'), iv, u, upper(encode(convert_to(j::text, 'UTF8'), 'hex')),
            upper(encode(convert_to(jb::text, 'UTF8'), 'hex')), bi::int, i, m, p, a, r, k, ml, mo::numeric FROM t ORDER BY id"
    }
    assert_equal "$(theirs | sed 's/\t/|/g; s/NULL//g')" "$(ours | sed 's/NULL//g; s/e+308/e308/')"
    run dbferry run m
    assert_status 0
    assert_equal "$(mariadb_query e <<<"SELECT inserted + updated + deleted, unchanged FROM _dbferry_sync")" $'0\t3'
}
