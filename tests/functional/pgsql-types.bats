# What the pgsql driver reads: every type exactly as psql prints it, or refused by name.

load helper
load pgsql

setup_file() { pgsql_start; }
teardown_file() { postgres_remove; }
setup() {
    pgsql_setup
    pgsql_config
}

# same NAME COLUMN...: psql and sqlite3 print the same for each row, in order of id
same() {
    local columns
    columns=$(printf ', %s' "${@:2}")
    assert_equal "$(ask "SELECT id$columns FROM $1 ORDER BY id")" \
        "$(sql <<<"SET TimeZone = 'UTC'; SET IntervalStyle = iso_8601; SELECT id$columns FROM $1 ORDER BY id")"
}

@test "numbers: all widths, the last bit of floats, a thousand digits" {
    sql <<'SQL'
CREATE TABLE numbers (id int PRIMARY KEY, a int2, b int4, c int8, o oid, f float4, d float8,
    n numeric(12,2), big numeric(1000,500), shifted numeric(3,-2), tiny numeric(2,5), free numeric);
INSERT INTO numbers VALUES
 (1, -32768, -2147483648, -9223372036854775808, 0, 1.17549435e-38, 2.2250738585072014e-308,
  -9999999999.99, ('-' || repeat('9', 500) || '.' || repeat('8', 500))::numeric, 99900, -0.00099, 1.10),
 (2, 32767, 2147483647, 9223372036854775807, 4294967295, 3.4028235e38, 0.1,
  0.01, 1e-500, -100, 0.00001, ('1' || repeat('0', 5000))::numeric),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 0, 0, 0, 1, '-Infinity', 'Infinity', 0, 0, 0, 0, '-Infinity'),
 (5, 1, 1, 1, 1, -1.5, 12345.678901234567, 10000, 10000.0001, 12300, 0.0001, 0.00000000000000000000000000000000000001);
SQL
    run copy numbers -o job.columns.big.decimal=text -o job.columns.n.decimal=text \
        -o job.columns.tiny.decimal=text
    assert_status 0
    same numbers a b c o n big tiny free
    assert_equal "$(ask "SELECT count(*) FROM numbers WHERE d = 2.2250738585072014e-308 OR d = 0.1
        OR d = 9e999 OR d = 12345.678901234567")" 4
    assert_equal "$(ask "SELECT count(*) FROM numbers WHERE f = 1.17549435082228751e-38 OR
        f = 3.4028234663852886e38 OR f = -9e999 OR f = -1.5")" 4
    assert_equal "$(ask "SELECT group_concat(shifted) FROM numbers WHERE id <> 3")" '99900.0,-100.0,0.0,12300.0'
}

@test "NaN and infinity where no other database has them: row, column and what to do" {
    sql <<'SQL'
CREATE TABLE nan (id int, n numeric(5,2));
INSERT INTO nan VALUES (1, 1), (2, 'NaN');
CREATE TABLE days (id int, d date);
INSERT INTO days VALUES (1, '2024-02-29'), (2, 'infinity');
CREATE VIEW early AS SELECT date '0044-03-15 BC' AS d;
CREATE VIEW late AS SELECT timestamp '10000-01-01 00:00' AS t;
CREATE VIEW never AS SELECT timestamptz '-infinity' AS t;
SQL
    run copy nan
    assert_status 65
    assert_output_has "row 2, column 'n'" "NaN" "CAST(... AS text)"
    run copy days
    assert_status 65
    assert_output_has "row 2, column 'd'" "infinity"
    for name in early late never; do
        run copy "$name"
        assert_status 65
        assert_output_has "row 1"
    done
    run query 'SELECT CAST(d AS text) AS d FROM days'
    assert_status 0
    assert_equal "$(ask 'SELECT group_concat(d) FROM q')" '2024-02-29,infinity'
}

@test "dates and times: the first and last day, fractions, instants in UTC, 24:00" {
    sql <<'SQL'
CREATE TABLE times (id int PRIMARY KEY, d date, t time, t0 time(0), ts timestamp, ts3 timestamp(3),
    tz timestamptz, zoned timetz, i interval);
SET TimeZone = 'Europe/Prague';
INSERT INTO times VALUES
 (1, '0001-01-01', '00:00', '23:59:59', '0001-01-01 00:00:00.000001', '1999-12-31 23:59:59.999', '2024-03-31 01:59:59+01', '04:05:06.7+02', '1 year 2 mons -3 days 04:05:06.7'),
 (2, '9999-12-31', '24:00', '24:00', '9999-12-31 23:59:59.999999', '1970-01-01 00:00', '1900-01-01 00:00', '23:59:59-15:59', '-178000000 years'),
 (3, '2000-02-29', '12:34:56.789012', '00:00', '1600-02-29 12:00', '1752-09-14 00:00:00.5', '2024-10-27 02:30+02', '00:00+00', '0');
SQL
    run copy times
    assert_status 0
    same times d zoned i
    assert_equal "$(ask 'SELECT t, t0, ts, ts3, tz FROM times ORDER BY id')" "$(sql <<'SQL'
SET TimeZone = 'UTC';
SELECT to_char(t, 'HH24:MI:SS.US'), t0, to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US'),
    to_char(ts3, 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(tz, 'YYYY-MM-DD HH24:MI:SS.US')
FROM times ORDER BY id
SQL
)"
}

@test "texts and bytes: spaces, emoji, backslashes, empty, the padding of char, a name, one byte" {
    sql <<'SQL'
CREATE EXTENSION citext;
CREATE TABLE texts (id int PRIMARY KEY, t text, v varchar(10), c char(6), n name, b bytea, one "char", ci citext);
INSERT INTO texts VALUES
 (1, '', '', '', '', '', '', ''),
 (2, E'tab\tline\nback\\slash ''quote'' "double"', 'čeština ', 'ab ', 'a name', '\x00ff5c0a27', 'x', 'CaSe'),
 (3, repeat('😀', 100000), '😀', '😀', 'ň', decode(repeat('00', 70000), 'hex'), 'y', 'é'),
 (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SQL
    run copy texts
    assert_status 0
    assert_equal "$(ask 'SELECT id, hex(t), hex(v), hex(c), hex(n), hex(b), hex(one), hex(ci) FROM texts ORDER BY id' | cksum)" "$(sql <<'SQL' | cksum
SELECT id, upper(encode(convert_to(t, 'UTF8'), 'hex')), upper(encode(convert_to(v, 'UTF8'), 'hex')),
    upper(encode(convert_to(c::text, 'UTF8'), 'hex')), upper(encode(convert_to(n::text, 'UTF8'), 'hex')),
    upper(encode(b, 'hex')), upper(encode(convert_to(one::text, 'UTF8'), 'hex')),
    upper(encode(convert_to(ci::text, 'UTF8'), 'hex')) FROM texts ORDER BY id
SQL
)"
    assert_equal "$(ask 'SELECT count(*) FROM texts WHERE t IS NULL AND v IS NULL AND c IS NULL AND b IS NULL')" 1
}

@test "all other types of the server, and of users, arrive as psql prints them" {
    sql <<'SQL'
CREATE EXTENSION hstore;
CREATE TYPE mood AS ENUM ('sad', 'it''s, "ok"', 'žluť');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN price AS numeric(8,3) CHECK (VALUE > 0);
CREATE DOMAIN dear AS price;
CREATE DOMAIN moods AS mood[];
CREATE TABLE others (id int PRIMARY KEY, m money, j json, jb jsonb, u uuid, ip inet, net cidr, mac macaddr,
    mac8 macaddr8, arr int[], words text[][], r int4range, mr nummultirange, e mood, ea mood[], p pair,
    pa pair[], d dear, dm moods, b5 bit(5), b70 bit(70), vb bit varying, x xml, tsv tsvector, tsq tsquery,
    pt point, ln line, seg lseg, bx box, ph path, poly polygon, cir circle, rc regclass, lsn pg_lsn,
    x8 xid8, xi xid, ci cid, ti tid, jp jsonpath, h hstore, ov oidvector, snap pg_snapshot);
INSERT INTO others VALUES (1, '-1234.56', '{"a": 1,  "a": [2]}', '{"b": "ž", "a": 1.10}',
    'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '10.0.0.1/8', '10.0.0.0/8', '08:00:2b:01:02:03',
    '08:00:2b:ff:fe:01:02:03', '[0:2]={1,NULL,3}', '{{a,"b c"},{"","NULL"}}', '[1,5)',
    '{[1.5,2),[5,9]}', 'it''s, "ok"', '{sad,"it''s, \"ok\""}', '(1,"x, y")', ARRAY['(1,a)'::pair, NULL],
    1.250, '{sad}', B'10101', repeat('10', 35)::bit(70), B'', '<a b="1">ž</a>', 'a fat cat', 'fat & (rat | cat)',
    '(0.1,1e300)', '{1,2,3}', '[(0,0),(1,1)]', '((1,1),(0,0))', '[(0,0),(1,2)]', '((0,0),(1,1),(1,0))',
    '<(0,0),1.5>', 'pg_class', '16/B374D848', '9223372036854775807', '4294967295', '7', '(4,2)', '$.a[*]?(@>1)',
    'a=>1, "b c"=>NULL', '1 2', '10:20:10,14');
INSERT INTO others (id, p) VALUES (2, ROW(NULL, NULL)), (3, NULL);
SQL
    run copy others -v -o job.columns.m.decimal=text -o job.columns.d.decimal=text
    assert_status 0
    assert_output_has "carried as the text that the server prints: " "hstore"
    same others j jb u ip net mac mac8 arr words r mr e ea p pa d dm b70 vb x tsv tsq pt ln seg bx ph poly \
        cir rc lsn x8 xi ci ti jp h ov snap
    assert_equal "$(ask 'SELECT m, b5 FROM others WHERE id = 1')" '-1234.56|21'
    # NULL, and a row of NULLs, are two.
    assert_equal "$(ask "SELECT id, p, p IS NULL FROM others WHERE id > 1")" $'2|(,)|0\n3||1'
}

@test "more than 2^63 of an xid8 is refused by name where the target has no room for it" {
    sql <<<"CREATE TABLE big (id int, x xid8); INSERT INTO big VALUES (1, '18446744073709551615')"
    run copy big
    assert_status 65
    assert_output_has "column 'x'"
}

@test "what no column can have is refused by name: a record, and what a function returns as nothing" {
    run query 'SELECT ROW(1, 2) AS pair'
    assert_status 65
    assert_output_has "column 'pair' has type record"
    run query "SELECT pg_sleep(0) AS nothing"
    assert_status 65
    assert_output_has "column 'nothing' has type void"
}

@test "a cast that a user has made changes nothing: the type's own output is what arrives" {
    sql <<'SQL'
CREATE TYPE code AS ENUM ('right', 'wrong');
CREATE FUNCTION lie(code) RETURNS text LANGUAGE sql AS $$ SELECT 'wrong' $$;
CREATE CAST (code AS text) WITH FUNCTION lie(code);
CREATE TABLE honest (id int, c code);
INSERT INTO honest VALUES (1, 'right');
SQL
    run copy honest
    assert_status 0
    assert_equal "$(ask 'SELECT c FROM honest')" right
}

@test "databases in another encoding, and in none: letters, bytes, or a refusal" {
    sql <<'SQL'
CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN2' LC_COLLATE 'C' LC_CTYPE 'C';
CREATE DATABASE none TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C';
SQL
    postgres_query latin <<<"SET client_encoding = UTF8; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'žluť'), (2, 'az')"
    postgres_query none <<<"CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'ž')"
    DATABASE=latin pgsql_config
    run copy t
    assert_status 0
    assert_equal "$(ask 'SELECT group_concat(v) FROM t')" 'žluť,az'
    # In order of UTF-8 and not of the database's own code.
    run copy t --strategy merge --key v
    assert_status 0
    run copy t -o job.columns.v.text=bytes
    assert_status 0
    assert_equal "$(ask 'SELECT hex(v) FROM t ORDER BY id')" "$(postgres_query latin <<<"SELECT upper(encode(convert_to(v, 'LATIN2'), 'hex')) FROM t ORDER BY id")"
    rm "$D"
    DATABASE=none pgsql_config
    run copy t -v
    assert_status 0
    assert_output_has 'SQL_ASCII'
    assert_equal "$(ask 'SELECT v FROM t')" 'ž'
    postgres_query none <<<"INSERT INTO t VALUES (2, E'\\xe9')"
    run copy t
    assert_status 65
    assert_output_has 'SQLSTATE 22021'
    run copy t -o job.columns.v.text=bytes
    assert_status 0
    assert_equal "$(ask 'SELECT hex(v) FROM t ORDER BY id')" $'C5BE\nE9'
}
