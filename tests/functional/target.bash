# What the tests of a MySQL target share, on either server.
#
# A test file that loads it defines sql(), which runs the SQL on standard input in the server as its
# root, and target_config, which writes a configuration with the connections `server` (reads
# database d), `target` (writes database e), `local` (the file $D) and `made` (rows from memory).

# What the manual says that a target needs, and nothing more.
TARGET_RIGHTS="SELECT, INSERT, DELETE, CREATE, DROP, ALTER, TRIGGER"

# Every type, with its limits: the same statements for both servers.
make_every_type() {
    sql d <<'SQL'
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';
CREATE TABLE every_type (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  i8 TINYINT, u8 TINYINT UNSIGNED, i16 SMALLINT, i24 MEDIUMINT UNSIGNED, i64 BIGINT,
  u64 BIGINT UNSIGNED, zero INT(7) ZEROFILL, dec1 DECIMAL(65,30), dec2 DECIMAL(5) UNSIGNED,
  f FLOAT, d DOUBLE, bit1 BIT(1), bit9 BIT(9), bit64 BIT(64), da DATE, ti TIME(3), dt DATETIME(6),
  ts TIMESTAMP NULL, y YEAR, c CHAR(5), vc VARCHAR(20) CHARACTER SET latin1, tx TEXT,
  mt MEDIUMTEXT CHARACTER SET utf8mb3, lt LONGTEXT, bi BINARY(4), vb VARBINARY(9), lb LONGBLOB,
  e ENUM('a', 'b''c', 'd\\e', 'x,y', '2'), s SET('p', 'q', 'r') NOT NULL, js JSON, g GEOMETRY,
  p POINT NOT NULL);
INSERT INTO every_type VALUES (0, -128, 255, -32768, 16777215, -9223372036854775808,
  18446744073709551615, 42,
  '-99999999999999999999999999999999999.999999999999999999999999999999', 99999,
  -3.40282347e38, 1.7976931348623157e308, 1, b'111111111', 0xFFFFFFFFFFFFFFFF,
  '0000-00-00', '-838:59:59.000', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07', 2155,
  'ab', 'äöü ß', 'tab\there\nnl\\bs\0nul''q"\r\Z', 'é漢', REPEAT('😀', 3000), X'00FF0A09',
  X'5C0A0927002D', UNHEX(REPEAT('00010203E2820A5C09', 1000)), 'b''c', 'p,r',
  '{"a": [1, 2.5, "x\\ny"]}', ST_GeomFromText('LINESTRING(0 0,1 1)', 4326),
  ST_GeomFromText('POINT(1 2)'));
INSERT INTO every_type (id, s, p, da, dt, y, d, f, c, vc, tx, e, js, ti) VALUES
  (1, '', ST_GeomFromText('POINT(-1 -2)'), '2020-00-00', '2020-02-00 00:00:00', 0, -0e0, 1e-45, '', '',
   '\\N', 'd\\e', 'null', '00:00:00'),
  (2, 'q', ST_GeomFromText('POINT(0 0)'), '2020-12-31', '1000-01-01', 1901,
   4.9406564584124654e-324, 0.1, ' a', 'trail  ', 'NULL', 'x,y', '"\\u00e9"', '838:59:59'),
  (3, 'r', ST_GeomFromText('POINT(0 0)'), NULL, NULL, NULL, 2.2250738585072014e-308, 16777217, NULL,
   NULL, NULL, '2', NULL, NULL);
SQL
}

# same_table NAME: every column of d.NAME and e.NAME holds the same, as the server's shell sees it.
same_table() {
    local column
    for column in $(sql d <<<"SELECT COLUMN_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = 'd' AND TABLE_NAME = '$1' ORDER BY ORDINAL_POSITION"); do
        assert_equal "$column: $(hex_of e "$1" "$column")" "$column: $(hex_of d "$1" "$column")"
    done
}

# Floating-point numbers with all their digits; texts in UTF-8, whatever the column's character set.
hex_of() {
    local as="HEX(CAST(\`$3\` AS BINARY))"
    case $(sql <<<"SELECT IF(CHARACTER_SET_NAME IS NULL, DATA_TYPE, 'characters') FROM
        information_schema.COLUMNS WHERE TABLE_SCHEMA = '$1' AND TABLE_NAME = '$2' AND COLUMN_NAME = '$3'") in
    float | double) as="CAST(\`$3\` + 0e0 AS CHAR)" ;;
    characters) as="HEX(CAST(CONVERT(\`$3\` USING utf8mb4) AS BINARY))" ;;
    esac
    sql "$1" <<<"SELECT IF(\`$3\` IS NULL, 'NULL', $as) FROM \`$2\` ORDER BY id"
}

to_target() { dbferry copy server target --table "$1" --target-table "${2:-$1}" "${@:3}"; }

# What dbferry leaves in the database besides the tables that were asked for.
leftovers() {
    sql <<<"SELECT TABLE_NAME FROM information_schema.TABLES
        WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME LIKE '\\_dbferry\\_%' AND TABLE_NAME <> '_dbferry_sync'"
}

# transactions CONDITION: how many there are.  MySQL tells what it told before to whoever asks again within
# a tenth of a second.
transactions() {
    sleep 0.12
    sql <<<"SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE $1"
}

checksum() { sql e <<<"CHECKSUM TABLE \`$1\`"; }

# Each right shows before any row is read, and what was made until then is cleared away.
check_each_right_that_is_missing() {
    local right before
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT, KEY by_v (v)); INSERT INTO t VALUES (1, 2)"
    run to_target t
    assert_status 0
    before=$(sql e <<<"SELECT * FROM t; SHOW TABLES")
    sed -i '/target = /s/user = "loader"/user = "few"/' "$DBFERRY_CONFIG"
    for right in INSERT CREATE DROP ALTER; do
        sql <<<"DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'pw';
            GRANT $(sed "s/, $right\b//" <<<"$TARGET_RIGHTS") ON e.* TO few"
        run to_target t
        assert_status 77
        assert_output_has "$right command denied to user 'few'" "the target is unchanged"
        assert_equal "$right $(sql e <<<"SELECT * FROM t; SHOW TABLES")" "$right $before"
    done
    sql <<<"DROP USER few"
}

# How many statements have altered a table so far.
alters() { sql <<<"SHOW GLOBAL STATUS LIKE 'Com_alter_table'" | cut -f2; }

# comment_of TABLE: what it says of the run that made it
comment_of() { sql e <<<"SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = '$1'"; }

# A definition that is made once more bears its mark from the beginning; whoever alters a table takes
# it over, with all that he has done.
check_the_mark_of_each_run() {
    local before hash
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 2)"
    run to_target t
    assert_status 0
    hash=$(comment_of t | sed -E 's/.* own ([0-9a-f]{16})\]$/\1/')
    [ ${#hash} -eq 16 ]
    assert_equal "$(comment_of t)" "[dbferry run $(sql e <<<"SELECT run_id FROM _dbferry_sync") own $hash]"
    before=$(alters)
    run to_target t
    assert_status 0
    assert_equal $(($(alters) - before)) 1 # the one that shows the right to it
    assert_equal "$(comment_of t)" "[dbferry run $(sql e <<<"SELECT run_id FROM _dbferry_sync") own $hash]"
    sql e <<<"ALTER TABLE t ADD KEY theirs (v)"
    run to_target t
    assert_status 0
    assert_equal "$(comment_of t)" "[dbferry run $(sql e <<<"SELECT run_id FROM _dbferry_sync")]"
    sql e <<<"SHOW CREATE TABLE t" | grep -q "KEY \`theirs\` (\`v\`)"
    assert_equal "$(leftovers)" ""
}

# Values and definitions of every type, by LOAD DATA and by INSERT, into a new table and into one that
# is there.
check_every_type_by_either_lane() {
    local lane words
    make_every_type
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane; DROP TABLE IF EXISTS e.every_type"
        run to_target every_type every_type -v
        assert_status 0
        [ $lane = 1 ] && words="LOAD DATA LOCAL" || words="INSERT statements"
        assert_output_has "$words"
        same_table every_type
        run to_target every_type every_type -v
        assert_status 0
        refute_output_has "rebuilt"
        same_table every_type
    done
    assert_equal "$(leftovers)" ""
}

# A load into table t that stands still after some rows until $T/go is there: its process id is
# $load, its stage is there.
begin_standing_load() {
    target_config "fail_at = \"read_batch\"; fail_how = \"stall\"; fail_row = 3000; fail_until = \"$T/go\";"
    "$DBFERRY" copy made target --view rows --target-table t >"$T/message" 2>&1 3>&- &
    load=$!
    for _ in {1..200}; do
        [ -z "$(leftovers)" ] || break
        sleep 0.05
    done
}

databases() { sql <<<"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '$1'"; }

# A database that is not there: made by a load, by nothing else, and only where the key says so.
check_create_database() {
    sql <<<"DROP DATABASE IF EXISTS \`n\`\`'w\`; CREATE USER maker IDENTIFIED BY 'pw'; CREATE USER idle IDENTIFIED BY 'pw';
        GRANT $TARGET_RIGHTS ON \`n\`\`'w\`.* TO maker; GRANT ${TARGET_RIGHTS/CREATE, /} ON \`n\`\`'w\`.* TO idle"
    sed -i '/target = /{s/loader/maker/;s/database = "e"/database = "n`'"'"'w"/}' "$DBFERRY_CONFIG"
    run dbferry copy made target --view rows --target-table t
    assert_status 66
    assert_output_has "create_database" "unchanged"
    sed -i '/target = /s/ };/ create_database = true; };/' "$DBFERRY_CONFIG"
    run dbferry copy made target --view rows --target-table t --dry-run
    assert_status 0
    assert_equal "$(databases "n\`''w")" ""
    sed -i 's/maker/idle/' "$DBFERRY_CONFIG"
    run dbferry copy made target --view rows --target-table t
    assert_status 77
    assert_output_has "right CREATE" "unchanged"
    assert_equal "$(databases "n\`''w")" ""
    sed -i 's/idle/maker/' "$DBFERRY_CONFIG"
    for time in 1 2; do
        run dbferry copy made target --view rows --target-table t -v
        assert_status 0
        if [ $time = 1 ]; then assert_output_has "is made"; else refute_output_has "is made"; fi
        assert_equal "$(sql 'n`'"'w" <<<"SELECT COUNT(*), COUNT(DISTINCT run_id) FROM t, _dbferry_sync")" $'5000\t1'
    done
    assert_equal "$(sql <<<"SELECT DEFAULT_CHARACTER_SET_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'n\`''w'")" utf8mb4
    # a failed load leaves the database, and no table in it
    sql <<<"DROP DATABASE \`n\`\`'w\`"
    run dbferry copy made target --view rows --target-table t -o job.min_rows=6000
    assert_status 65
    assert_equal "$(sql <<<"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'n\`''w' AND TABLE_NAME <> '_dbferry_sync'")" 0
    sql <<<"DROP DATABASE \`n\`\`'w\`; DROP USER maker, idle"
}

# Several runs at once into a database that is not there: each makes it or finds it made.
check_create_database_at_once() {
    local pids=() i
    sql <<<"CREATE USER maker IDENTIFIED BY 'pw'; GRANT $TARGET_RIGHTS ON n2.* TO maker"
    sed -i '/target = /{s/loader/maker/;s/database = "e";/database = "n2"; create_database = true;/}' "$DBFERRY_CONFIG"
    for i in 1 2 3 4 5; do
        "$DBFERRY" copy made target --view rows --target-table "t$i" 3>&- &
        pids+=($!)
    done
    for i in "${pids[@]}"; do wait "$i"; done
    assert_equal "$(sql n2 <<<'SELECT COUNT(*) FROM _dbferry_sync WHERE `rows` = 5000')" 5
    sql <<<"DROP DATABASE n2; DROP USER maker"
}

# What a target makes otherwise than the source has it stands in the plan, and is so.
check_plan_notes() {
    sql d <<<"CREATE TABLE keyed (id INT PRIMARY KEY, a VARCHAR(900) CHARACTER SET latin1, b VARBINARY(20), UNIQUE KEY ua (a), KEY ab (a, b), UNIQUE KEY ub (b));
        INSERT INTO keyed VALUES (1, CONCAT(REPEAT('x', 300), 'a'), 'p'), (2, CONCAT(REPEAT('x', 300), 'b'), 'q');
        CREATE TABLE defs (id INT PRIMARY KEY, b BIT(9) DEFAULT b'1010', z BIT(64) DEFAULT b'0', bi BINARY(3) DEFAULT 'ab', i INT DEFAULT -5);
        INSERT INTO defs (id) VALUES (1)"
    cat >>"$DBFERRY_CONFIG" <<'END'
jobs = ( { name = "keyed"; source = "server"; table = "keyed"; target = "target"; },
         { name = "defs"; source = "server"; table = "defs"; target = "target"; },
         { name = "long"; source = "local"; table = "long"; target = "target"; } );
END
    run dbferry plan keyed
    assert_status 0
    assert_output_has "note: the index (a) is too long for this server: it covers the first 191 characters and is not unique" \
        "note: the index (a, b) is too long for this server: it covers the first 191 characters"
    refute_output_has "the index (b)"
    run dbferry plan defs
    assert_output_has "bit(9) DEFAULT b'1010'" "bit(64) DEFAULT b'0'" "the default of column 'bi' is not carried"
    for time in 1 2; do # rows that are equal in the beginning of a unique key are no fault
        run dbferry run keyed defs -v
        assert_status 0
        refute_output_has rebuilt
    done
    assert_equal "$(sql <<<"SELECT NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME = 'keyed' ORDER BY INDEX_NAME = 'PRIMARY', 3, 1, 2")" \
        $'0\tb\tNULL\n1\tb\tNULL\n1\ta\t191\n1\ta\t191\n0\tid\tNULL'
    assert_equal "$(sql e <<<"INSERT INTO defs (id) VALUES (7); SELECT b + 0, z + 0, i FROM defs WHERE id = 7")" $'10\t0\t-5'
    # a file's TEXT PRIMARY KEY, and a default that no text column takes on MySQL
    sqlite3 "$D" "CREATE TABLE long (k TEXT PRIMARY KEY NOT NULL, t TEXT DEFAULT 'x', b BLOB DEFAULT x'00'); INSERT INTO long VALUES ('a', 'b', 'c')"
    run dbferry plan long
    assert_status 0
    assert_output_has "the primary key (k) is too long for this server: a table that is made has none"
}

# one_of_status CODE...: what `run` ended with is one of them.
one_of_status() {
    local code
    for code; do [ "$status" -ne "$code" ] || return 0; done
    echo "not one of: $*" >&2
    show_run
    return 1
}

# From the server, from a file that was made of it, and from SQLite, which cannot tell it.
check_null_by_nature() {
    sql d <<<"CREATE TABLE few (id INT); INSERT INTO few VALUES (1), (2);
        CREATE VIEW nothing AS SELECT id, NULL AS a, COALESCE(NULL, NULL) AS b FROM few;"
    cat >>"$DBFERRY_CONFIG" <<<'jobs = (
        { name = "typed"; source = "server"; view = "nothing"; target = "target"; target_table = "typed";
          columns = ( { name = "a"; type = "int"; }, { name = "b"; type = "varchar(9)"; } ); },
        { name = "of_file"; source = "local"; query = "SELECT CAST(1 AS INTEGER) AS id, NULL AS a"; target = "target";
          target_table = "of_file"; columns = ( { name = "a"; type = "date"; } ); } );'
    run dbferry copy server target --view nothing --target-table nothing
    assert_status 0
    assert_equal "$(nulls_of nothing)" "2 2 2"
    assert_equal "$(type_of nothing a)" "binary(0)"
    run dbferry copy server local --view nothing --target-table nothing
    assert_status 0
    run dbferry copy local target --table nothing --target-table trip
    assert_status 0
    assert_equal "$(nulls_of trip)" "2 2 2"
    assert_equal "$(type_of trip b)" "binary(0)"
    run dbferry run typed of_file
    assert_status 0
    assert_equal "$(nulls_of typed)" "2 2 2"
    assert_equal "$(type_of typed a | sed 's/(11)//')" int
    assert_equal "$(type_of typed b)" "varchar(9)"
    assert_equal "$(type_of of_file a)" date
    run dbferry copy local target --query "SELECT CAST(1 AS INTEGER) AS id, NULL AS a" --target-table untyped
    assert_status 65
    assert_output_has "column 'a'" "--column"
}

nulls_of() {
    sql e <<<"SELECT CONCAT(COUNT(*), ' ', SUM(a IS NULL), ' ', SUM(b IS NULL)) FROM $1"
}

type_of() {
    sql e <<<"SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'e' AND
        TABLE_NAME = '$1' AND COLUMN_NAME = '$2'"
}

# check_json_refusal VALUE TYPE: by row and column, and the message says which TYPE keeps the text.
check_json_refusal() {
    sql d <<<"CREATE TABLE j (id INT, j JSON); INSERT INTO j VALUES (1, '[]'), (2, '{}'), (3, '[]')"
    run dbferry copy server local --table j --target-table j
    assert_status 0
    sqlite3 "$D" "UPDATE j SET j = '$1' WHERE id = 2"
    run dbferry copy local target --table j --target-table j
    assert_status 65
    assert_output_has "row 2, column 'j'" "the type $2"
    cat >>"$DBFERRY_CONFIG" <<<"jobs = ( { name = \"kept\"; source = \"local\"; table = \"j\"; target = \"target\";
        columns = ( { name = \"j\"; type = \"$2\"; } ); } );"
    run dbferry run kept
    assert_status 0
    assert_equal "$(sql e <<<"SELECT j FROM j WHERE id = 2")" "$1"
}

# check_texts_for_documents TYPE [own]: into the job's column of documents, and into somebody's own, go documents
# alone; what refuses them in a parcel says which TYPE keeps the text.
check_texts_for_documents() {
    local lane text into
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, j TEXT, k TEXT)"
    sql e <<<"CREATE TABLE own (id INT PRIMARY KEY, j JSON, k JSON)"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        for text in '{' '{bad' '' '[1] x'; do
            sql d <<<"REPLACE INTO t VALUES (1, '[]', '{}'), (2, '[]', '$text'), (3, '[]', '1')"
            for into in "new --column k=json" ${2:-}; do
                # shellcheck disable=SC2086 # words
                run to_target t $into
                assert_status 65
                assert_output_has "row 2, column 'k': the value "
                refute_output_has "another column" "JSON text in"
                [ $lane = 0 ] || assert_output_has "is no JSON document" "the type $1"
            done
        done
    done
    sql d <<<"DELETE FROM t WHERE id = 2"
    for text in first second; do
        run to_target t new --column k=json -v
        assert_status 0
        refute_output_has "rebuilt"
    done
    assert_equal "$(sql e <<<"SELECT id, k FROM new ORDER BY id")" $'1\t{}\n3\t1'
    assert_equal "$(leftovers)" ""
}

check_too_many_columns() {
    sqlite3 "$D" "CREATE TABLE wide ($(seq -s ', ' -f 'c%g INTEGER' 1100)); INSERT INTO wide (c1) VALUES (1)"
    run dbferry copy local target --table wide --target-table wide
    assert_status 65
    assert_output_has "1017 columns" "leave the others out"
}
