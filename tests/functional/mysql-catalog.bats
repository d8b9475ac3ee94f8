# What the mysql driver learns from a server's catalog, on MariaDB and on MySQL 9: keys, indexes,
# members, defaults - and that what an account may not see is no failure.

load helper
load oracle
load ../servers/mariadb
load ../servers/mysql

setup_file() {
    if mariadb_is_installed; then
        mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
        export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
        accounts | mariadb_query
    fi
    if mysql_is_available; then
        mysql_start catalog || return
        export MYSQL_PORT MYSQL_PID MYSQL_DATA
        accounts | mysql_query
    fi
}

teardown_file() {
    mariadb_stop
    mysql_stop
}

accounts() {
    cat <<'SQL'
CREATE DATABASE d CHARACTER SET utf8mb4;
CREATE USER reader IDENTIFIED BY 'S3cret-Pass';
GRANT SELECT ON d.* TO reader;
CREATE USER viewer IDENTIFIED BY 'S3cret-Pass';
CREATE DATABASE e CHARACTER SET latin1;
CREATE USER loader IDENTIFIED BY 'S3cret-Pass';
GRANT ALL ON e.* TO loader;
SQL
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    D=$T/target.db
    (umask 077 && printf 'S3cret-Pass' >"$T/password")
}

# on SERVER: the server, mariadb or nine, that sql, plan and copy talk to; skips where it is missing.
on() {
    SERVER=$1
    if [ "$SERVER" = nine ]; then
        mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
        PORT=$MYSQL_PORT
    else
        mariadb_is_installed || skip "MariaDB's server is not installed"
        PORT=$MARIADB_PORT
    fi
    catalog_config
}

# catalog_config [TEXT]: the connections, and TEXT behind them.
catalog_config() {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $PORT; user = "reader"; database = "d";
             password_file = "$T/password"; ssl_mode = "preferred"; };
  viewer = { driver = "mysql"; host = "127.0.0.1"; port = $PORT; user = "viewer"; database = "d";
             password_file = "$T/password"; ssl_mode = "preferred"; };
  copies = { driver = "mysql"; host = "127.0.0.1"; port = $PORT; user = "loader"; database = "e";
             password_file = "$T/password"; ssl_mode = "preferred"; };
  local = { driver = "sqlite"; path = "$D"; };
};
${1:-}
END
}

sql() {
    if [ "$SERVER" = nine ]; then mysql_query d; else mariadb_query d; fi
}

# plan NAME [SOURCE]: what dbferry says about the table or view NAME.
plan() {
    catalog_config "jobs = ( { name = \"j\"; source = \"${2:-server}\"; view = \"$1\"; target = \"local\";
        target_table = \"$1\"; } );"
    run dbferry plan
    assert_status 0
}

copy() { dbferry copy "${2:-server}" local --view "$1" --target-table "$1"; }

# The indexes of a table in the file, as "unique|not COLUMN,...", one a line, sorted.
indexes() {
    sqlite3 "$D" "SELECT iif(l.\"unique\", 'unique', 'not') || ' ' || (SELECT
        group_concat(name, ',') FROM pragma_index_info(l.name)) FROM pragma_index_list('$1') l" | sort
}

keys_arrive() {
    sql <<SQL
DROP TABLE IF EXISTS keyed;
CREATE TABLE keyed (id INT NOT NULL, b VARCHAR(20) NOT NULL, c INT, e TEXT, g GEOMETRY NOT NULL,
    hidden INT INVISIBLE, PRIMARY KEY (b, id), UNIQUE KEY only_c (c), KEY two (c, id), KEY begins (e(10)),
    FULLTEXT KEY words (e), KEY falls (c DESC), KEY unused (id) $1, KEY concealed (hidden));
INSERT INTO keyed (id, b, c, e, g) VALUES (1, 'x', 1, 'text', POINT(1, 2)), (2, 'x', 2, NULL, POINT(3, 4));
CREATE SPATIAL INDEX places ON keyed (g);
SQL
    plan keyed
    assert_output_has "primary key (b, id)" "unique index (c), the source's 'only_c'" "index (c, id), the source's 'two'" \
        "index (hidden), the source's 'concealed'" "'begins' is not carried" "'words' is not carried" \
        "'places' is not carried" "'falls' is not carried" "'unused' is not carried"
    run copy keyed
    assert_status 0
    assert_equal "$(indexes keyed)" $'not c,id\nnot hidden\nunique b,id\nunique c'
    same_texts keyed b c e
    assert_equal "$(sqlite3 "$D" "SELECT group_concat(name) FROM pragma_table_info('keyed')")" id,b,c,e,g,hidden
}

# Of a table, what SELECT * leaves out is read; of a view and a query, what they name.
invisible_columns_arrive() {
    sql <<SQL
DROP TABLE IF EXISTS part;
CREATE TABLE part (id INT PRIMARY KEY, price DECIMAL(8,2) INVISIBLE DEFAULT 1.5, name VARCHAR(20),
    twice INT AS (id * 2) INVISIBLE);
INSERT INTO part (id, price, name) VALUES (1, 9.95, 'a'), (2, 0.05, 'b');
CREATE OR REPLACE VIEW all_parts AS SELECT * FROM part;
SQL
    run copy part
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM part ORDER BY id")" $'1|9.95|a|2\n2|0.05|b|4'
    run copy all_parts
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM all_parts ORDER BY id")" $'1|a\n2|b'
    run dbferry copy server local --query 'SELECT * FROM part' --target-table asked
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM asked ORDER BY id")" $'1|a\n2|b'
}

@test "invisible columns of a table arrive: MariaDB" {
    on mariadb
    invisible_columns_arrive
}

@test "invisible columns of a table arrive: MySQL 9" {
    on nine
    invisible_columns_arrive
}

@test "a table with a history: its rows of now, by the key without the end of history" {
    on mariadb
    sql <<'SQL'
CREATE TABLE kept (id INT PRIMARY KEY, v VARCHAR(9), since TIMESTAMP(6) GENERATED ALWAYS AS ROW START INVISIBLE,
    until TIMESTAMP(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (since, until))
    WITH SYSTEM VERSIONING;
INSERT INTO kept (id, v) VALUES (1, 'old'), (2, 'b');
UPDATE kept SET v = 'new' WHERE id = 1;
CREATE TABLE plainly (id INT PRIMARY KEY, v VARCHAR(9)) WITH SYSTEM VERSIONING;
INSERT INTO plainly VALUES (1, 'a');
SQL
    plan kept
    assert_output_has "primary key (id)" "column 'since' is invisible and of the history" "column 'until'"
    run copy kept
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT * FROM kept ORDER BY id; SELECT name, pk FROM pragma_table_info('kept')")" \
        $'1|new\n2|b\nid|1\nv|0'
    run copy plainly
    assert_equal "$(sqlite3 "$D" "SELECT * FROM plainly")" '1|a'
    mariadb_query e <<<"CREATE TABLE kept (id INT PRIMARY KEY, v VARCHAR(9)) WITH SYSTEM VERSIONING; INSERT INTO kept VALUES (7, 'x')"
    run dbferry copy server copies --table kept
    assert_status 65
    assert_output_has "table 'kept' keeps the history of its rows" "choose another target_table"
    assert_equal "$(mariadb_query e <<<"SELECT * FROM kept")" $'7\tx'
}

@test "keys and plain indexes arrive, others are named: MariaDB" {
    on mariadb
    keys_arrive IGNORED
}

@test "keys and plain indexes arrive, others are named: MySQL 9" {
    on nine
    keys_arrive INVISIBLE
}

@test "computed columns and keys, and the key that a server adds by itself: MySQL 9" {
    on nine
    sql <<'SQL'
CREATE TABLE computed (id INT, b INT AS (id + 1) VIRTUAL, c INT AS (id * 2) STORED,
    KEY sums ((id + 1)), KEY b (b));
INSERT INTO computed (id) VALUES (1), (2);
SET sql_generate_invisible_primary_key = ON;
CREATE TABLE keyless (id INT);
INSERT INTO keyless VALUES (7);
SQL
    plan computed
    assert_output_has "'sums' is not carried" "index (b), the source's 'b'"
    run copy computed
    assert_status 0
    same_texts computed b c
    plan keyless
    refute_output_has my_row_id "primary key"
    run copy keyless
    assert_status 0
    assert_equal "$(sqlite3 -header "$D" 'SELECT * FROM keyless')" $'id\n7'
}

rights_suffice() {
    sql <<'SQL'
CREATE TABLE behind (id INT PRIMARY KEY AUTO_INCREMENT, e ENUM('a', 'b') NOT NULL DEFAULT 'a',
    t VARCHAR(10) DEFAULT 'x', secret INT);
INSERT INTO behind (e) VALUES ('a'), ('b');
CREATE VIEW seen AS SELECT id, e, t, UPPER(t) AS u, id + 1 AS next FROM behind;
GRANT SELECT ON d.seen TO viewer;
SQL
    plan seen viewer
    assert_output_has "enum('a','b')"
    refute_output_has "primary key" "note:"
    run copy seen viewer
    assert_status 0
    same_texts seen id e t u next
    run copy behind viewer
    assert_status 77
    sql <<<'DROP TABLE behind'
    run copy seen viewer
    assert_status 66
    assert_output_has unchanged
}

@test "SELECT on the view alone suffices, and a broken view fails as it should: MariaDB" {
    on mariadb
    rights_suffice
}

@test "SELECT on the view alone suffices, and a broken view fails as it should: MySQL 9" {
    on nine
    rights_suffice
}

# What a server says of its columns is no promise everywhere: a constant of a view behind LEFT JOIN
# is "NOT NULL", and yet NULL comes.
null_arrives() {
    sql <<'SQL'
CREATE TABLE people (id INT NOT NULL);
INSERT INTO people VALUES (1), (2);
CREATE VIEW none AS SELECT 1 AS one, id FROM people WHERE id < 0;
CREATE VIEW joined AS SELECT people.id, none.one FROM people LEFT JOIN none ON none.id = people.id;
SQL
    run copy joined
    assert_status 0
    assert_equal "$(sqlite3 -nullvalue NULL "$D" 'SELECT * FROM joined ORDER BY id')" $'1|NULL\n2|NULL'
    run dbferry copy server local --target-table sums \
        --query 'SELECT id, COUNT(*) AS n FROM people GROUP BY id WITH ROLLUP'
    assert_status 0
    assert_equal "$(sqlite3 -nullvalue NULL "$D" 'SELECT * FROM sums ORDER BY n, id')" $'1|1\n2|1\nNULL|2'
}

@test "NULL arrives in a view's column that the server calls NOT NULL: MariaDB" {
    on mariadb
    null_arrives
}

@test "NULL arrives in a view's column that the server calls NOT NULL: MySQL 9" {
    on nine
    null_arrives
}

# IFNULL(b, b) is of type BIT, and both servers send its digits: 57 as the bytes of '57', which are
# 13623 as bits.
bits_of_expressions() {
    sql <<'SQL'
CREATE TABLE bits (id INT, b BIT(16), c BIT(64));
INSERT INTO bits VALUES (1, 57, 48), (2, 13623, 3472328296227680304), (3, 12336, 1), (4, NULL, NULL);
CREATE VIEW bit_view AS SELECT id, b, IFNULL(b, b) AS same, NULLIF(b, 1) AS n,
    (SELECT MAX(x.c) FROM bits x WHERE x.id = bits.id) AS most FROM bits;
CREATE ALGORITHM = TEMPTABLE VIEW bit_table AS SELECT id, IFNULL(b, b) AS same FROM bits;
SQL
    run copy bit_view
    assert_status 0
    assert_equal "$(sqlite3 -nullvalue NULL "$D" 'SELECT * FROM bit_view ORDER BY id')" \
        $'1|57|57|57|48\n2|13623|13623|13623|3472328296227680304\n3|12336|12336|12336|1\n4|NULL|NULL|NULL|NULL'
    run copy bit_table
    assert_status 0
    assert_equal "$(sqlite3 -nullvalue NULL "$D" 'SELECT same FROM bit_table ORDER BY id')" \
        $'57\n13623\n12336\nNULL'
    run dbferry copy server local --query 'SELECT id, b, c FROM bits' --target-table plain
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT b, c FROM plain WHERE id = 1')" '57|48'
    run dbferry copy server local --query 'SELECT IFNULL(b, b) AS x FROM bits' --target-table t
    assert_status 65
    assert_output_has "column 'x' of the query" BIT "CAST(... AS UNSIGNED) AS x"
    run dbferry copy server local --target-table t \
        --query 'SELECT CAST(IFNULL(b, b) AS UNSIGNED) AS x FROM bits WHERE id = 1'
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT x FROM t')" 57
}

@test "the bits of an expression are the number that they are: MariaDB" {
    on mariadb
    bits_of_expressions
}

@test "the bits of an expression are the number that they are: MySQL 9" {
    on nine
    bits_of_expressions
}

# The catalog is utf8mb3: it shows an emoji as a question mark, which must not pass for the member.
odd_members() {
    sql <<'SQL'
CREATE TABLE odd_members (id INT, a ENUM('it''s', 'x,y', 'back\\slash', 'new\nline'),
    b ENUM('😀', 'x'), c SET('what?') CHARACTER SET latin1);
INSERT INTO odd_members VALUES (1, 1, 1, 1), (2, 2, 2, ''), (3, 3, NULL, NULL), (4, 4, 'x', 1);
SQL
    plan odd_members
    assert_output_has "the members of column 'b' are not known" "set('what?')"
    refute_output_has "of column 'a'" "of column 'c'"
    run copy odd_members
    assert_status 0
    same_texts odd_members a b c
}

@test "members in all their letters: MariaDB" {
    on mariadb
    odd_members
}

@test "members in all their letters: MySQL 9" {
    on nine
    odd_members
}

defaults_are_told() {
    sql <<'SQL'
CREATE TABLE defaults (id INT, a INT DEFAULT (1 + 2), b VARCHAR(20) DEFAULT '😀', c BINARY(2) DEFAULT 'ab',
    e DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, f VARCHAR(10) DEFAULT 'plain');
INSERT INTO defaults (id) VALUES (1);
SQL
    plan defaults
    assert_output_has "the default of column 'a' is not carried" "the default of column 'b'" \
        "the default of column 'c'" "column 'e' takes the current moment when its row is changed"
    refute_output_has "column 'f'"
    run copy defaults
    assert_status 0
    same_texts defaults a b e f
    same_bytes defaults c
}

@test "defaults that cannot be carried are named: MariaDB" {
    on mariadb
    defaults_are_told
}

@test "defaults that cannot be carried are named: MySQL 9" {
    on nine
    defaults_are_told
}

# The same definitions come out of a copy on the same server, in a database of another character set:
# so each of them was read, and read right.
definitions_survive() {
    sql <<SQL
CREATE TABLE defined (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, z INT(5) ZEROFILL, y TINYINT(1),
    a CHAR(5) COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'it''s', b VARCHAR(20) CHARACTER SET latin1,
    c VARCHAR(20) COLLATE utf8mb4_bin DEFAULT '', e ENUM('a', 'it''s', 'x,y', '\\\\') COLLATE utf8mb4_bin DEFAULT 'x,y',
    f SET('p', 'q') CHARACTER SET latin1 NOT NULL DEFAULT 'p,q', g DECIMAL(10,2) UNSIGNED DEFAULT 9.50,
    h DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), i TIMESTAMP NOT NULL DEFAULT '2024-01-02 03:04:05',
    j DATE DEFAULT '2024-02-29', k TIME DEFAULT '-12:00:00', l YEAR DEFAULT 2024, m BIT(9), n BINARY(4),
    o VARBINARY(9), p TINYTEXT, q MEDIUMTEXT CHARACTER SET latin1, r BLOB, s JSON, t POINT $1 NOT NULL,
    u DOUBLE DEFAULT -1e300, v MEDIUMINT UNSIGNED DEFAULT 7, w BIGINT DEFAULT -9223372036854775808,
    UNIQUE KEY both_names (b, c), KEY times (h, i));
INSERT INTO defined (e, t) VALUES (4, ST_GeomFromText('POINT(1 2)', 4326));
SQL
    run dbferry copy server copies --table defined --target-table defined
    assert_status 0
    local d e
    d=$(definitions d)
    e=$(definitions e)
    [ "$(wc -l <<<"$d")" -eq 30 ]
    assert_equal "$e" "$d"
}

# Columns and indexes of the table `defined` in a database, a line each.
definitions() {
    sql <<SQL
SELECT 'column', COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, COLUMN_DEFAULT, IS_NULLABLE,
    EXTRA, COLUMN_KEY FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '$1' AND TABLE_NAME = 'defined'
    ORDER BY ORDINAL_POSITION;
SELECT 'index', INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME FROM information_schema.STATISTICS
    WHERE TABLE_SCHEMA = '$1' AND TABLE_NAME = 'defined' ORDER BY INDEX_NAME, SEQ_IN_INDEX;
SQL
}

@test "definitions come out of a copy as they went in: MariaDB" {
    on mariadb
    definitions_survive 'REF_SYSTEM_ID = 4326'
}

@test "definitions come out of a copy as they went in: MySQL 9" {
    on nine
    definitions_survive 'SRID 4326'
    assert_equal "$(sql <<<"SELECT SRS_ID FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'e' AND
        TABLE_NAME = 'defined' AND COLUMN_NAME = 't'")" 4326
}

@test "a name with quotes, backslashes and placeholders is one name to the catalog" {
    on mariadb
    sql <<'SQL'
CREATE TABLE `o'dd \ "?" %s ``name` (id INT PRIMARY KEY, `c'"?` INT UNIQUE);
INSERT INTO `o'dd \ "?" %s ``name` VALUES (1, 2);
SQL
    run dbferry copy server local --table "o'dd \\ \"?\" %s \`name" --target-table odd
    assert_status 0
    # The primary key is the rowid, which has no index.
    assert_equal "$(indexes odd)" $'unique c\'"?'
}

@test "MariaDB's own VECTOR is one, byte for byte" {
    on mariadb
    sql <<<"CREATE TABLE vectors (id INT, v VECTOR(3) NOT NULL)" 2>/dev/null ||
        skip "this MariaDB has no VECTOR (it came with 11.7)"
    sql <<'SQL'
INSERT INTO vectors VALUES (1, VEC_FromText('[1,-2.5,1e-30]')), (2, VEC_FromText('[0,0,0]'));
CREATE VIEW vector_view AS SELECT id, v FROM vectors;
SQL
    plan vectors
    assert_output_has "vector(3)"
    run copy vectors
    assert_status 0
    same_bytes vectors v
    run copy vector_view
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT hex(v) FROM vector_view WHERE id = 1')" \
        "$(sql <<<'SELECT HEX(v) FROM vectors WHERE id = 1')"
}
