# Texts of every character set of a server: the bytes exactly, or refused by row and column; never a
# question mark in the place of a letter.

load helper
load ../servers/mariadb
load ../servers/mysql

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<<'CREATE DATABASE d CHARACTER SET utf8mb4; CREATE DATABASE e CHARACTER SET utf8mb4;
        SET GLOBAL local_infile = 1;'
    mariadb_account reader pw 'SELECT ON d.*'
    mariadb_account loader pw 'ALL ON e.*'
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/target.db
    (umask 077 && printf 'pw' >"$T/password")
    charset_config
}

# charset_config [JOB-TEXT]: connections, and a job that carries table t of the server, into `server`
# or, without the word, the file.
charset_config() {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; };
  target = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "loader";
             password_file = "$T/password"; database = "e"; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "server"; target = "local"; table = "t"; verify = "content"; ${1:-} } );
END
}

sql() { mariadb_query d; }

# refused CHARSET HEX [SETTING]: into the file, by a table and by a query; the way out is named and works.
refused() {
    sql <<<"CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) CHARACTER SET $1) ENGINE=MyISAM;
        CREATE OR REPLACE TABLE b (id INT PRIMARY KEY, v VARBINARY(${3:-40})) ENGINE=MyISAM;
        INSERT INTO b VALUES (1, ''), (2, x'$2'); FLUSH TABLES;"
    # The bytes get past the server's own check, as old versions and clients let them in.
    cp "$MARIADB_FOLDER/data/d/b.MYD" "$MARIADB_FOLDER/data/d/t.MYD"
    cp "$MARIADB_FOLDER/data/d/b.MYI" "$MARIADB_FOLDER/data/d/t.MYI"
    assert_equal "$(sql <<<'FLUSH TABLES; SELECT HEX(v) FROM t WHERE id = 2')" "$2"
    rm -f "$D"
    run dbferry copy server local --table t
    assert_status 65
    assert_output_has "row 2, column 'v'" 'text = "bytes"'
    run dbferry copy server local --query 'SELECT id, v AS w FROM t ORDER BY id' --target-table t
    assert_status 65
    assert_output_has "row 2, column 'w'" 'text = "bytes"'
    [ ! -e "$D" ]
    charset_config 'columns = ( { name = "v"; text = "bytes"; } );'
    run dbferry run --config "$T/dbferry.conf"
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT typeof(v), hex(v) FROM t WHERE id = 2')" "blob|$2"
}

@test "bytes that are no character of their set are refused, and carried as bytes by a wish" {
    refused greek 31302C3530A4       # 10,50 and the euro sign of 8859-7:2003
    refused gbk E4B8ADE59BBD 80      # UTF-8 from an old client
    refused utf8mb3 C3A4C3 120
    refused utf8mb3 FF41 120
    refused utf8mb4 EDA080 160       # a surrogate
    refused ucs2 D83DDE00 80         # two of them
    refused cp932 ED40 80            # comes back as FA5C
    refused sjis 815F 80             # comes back as a backslash
    refused ascii C3A4
}

@test "a letter beyond U+FFFF in a column of utf8mb3 is carried: the bytes are a letter" {
    sql <<<"CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) CHARACTER SET utf8mb3) ENGINE=MyISAM;
        CREATE OR REPLACE TABLE b (id INT PRIMARY KEY, v VARBINARY(120)) ENGINE=MyISAM;
        INSERT INTO b VALUES (1, x'F09F9880'); FLUSH TABLES;"
    cp "$MARIADB_FOLDER/data/d/b.MYD" "$MARIADB_FOLDER/data/d/t.MYD"
    cp "$MARIADB_FOLDER/data/d/b.MYI" "$MARIADB_FOLDER/data/d/t.MYI"
    sql <<<'FLUSH TABLES'
    run dbferry copy server local --table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT hex(v) FROM t')" F09F9880
}

@test "from set to the same set go the bytes, whatever they are" {
    sql <<'SQL'
CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, s VARCHAR(10) CHARACTER SET sjis, w VARCHAR(10) CHARACTER SET cp932,
    g TEXT CHARACTER SET gbk, e CHAR(10) CHARACTER SET greek, u VARCHAR(10) CHARACTER SET ucs2,
    c CHAR(10) CHARACTER SET ucs2);
INSERT INTO t VALUES (1, _sjis x'5C815F', _cp932 x'ED40FA5C', _gbk x'E4B8ADE59BBD', _greek x'A441', _ucs2 x'D83DDE000041', _ucs2 x'0120'),
    (2, NULL, '', '', '', '', ''), (3, 'a''b\\\t', '\n', 'ab', 'c', 'd ', NULL);
SQL
    local row
    charset_config 'target = "target";'
    sed -i 's/target = "local"; //' "$T/dbferry.conf"
    for row in new again; do
        run dbferry run --config "$T/dbferry.conf"
        assert_status 0
        assert_equal "$(mariadb_query e <<<'SELECT id, HEX(s), HEX(w), HEX(g), HEX(e), HEX(u), HEX(c) FROM t ORDER BY id')" \
            "$(sql <<<'SELECT id, HEX(s), HEX(w), HEX(g), HEX(e), HEX(u), HEX(c) FROM t ORDER BY id')"
    done
    run dbferry verify --config "$T/dbferry.conf"
    assert_status 0
    # By INSERT, where the server takes no LOAD DATA LOCAL.
    mariadb_query <<<'SET GLOBAL local_infile = 0; DROP TABLE e.t'
    run dbferry run --config "$T/dbferry.conf"
    mariadb_query <<<'SET GLOBAL local_infile = 1'
    assert_status 0
    assert_equal "$(mariadb_query e <<<'SELECT HEX(s), HEX(w), HEX(g), HEX(e), HEX(u) FROM t WHERE id = 1')" \
        $'5C815F\tED40FA5C\tE4B8ADE59BBD\tA441\tD83DDE000041'
}

# Of several codes for one letter a server chooses one; U+005C of sjis it would make 815F.
@test "a file's texts into a table in other character sets: those bytes, or refused by row and column" {
    local charset hex
    sqlite3 "$D" "CREATE TABLE t(id INTEGER, v TEXT); INSERT INTO t VALUES (1, 'a'), (2, '\\中'), (3, 'é');"
    while read -r charset hex; do
        mariadb_query e <<<"CREATE OR REPLACE TABLE t (id BIGINT, v LONGTEXT CHARACTER SET $charset)"
        run dbferry copy local target --query "SELECT id, v FROM t WHERE id < 3" --target-table t
        if [ "$hex" = refused ]; then
            assert_status 65
            assert_output_has "row 2, column 'v'"
        else
            assert_status 0
            assert_equal "$(mariadb_query e <<<'SELECT HEX(v) FROM t WHERE id = 2')" "$hex"
        fi
    done <<'END'
sjis 5C9286
gbk 5CD6D0
big5 5CA4A4
euckr 5CF1E9
ujis 5CC3E6
utf16 005C4E2D
latin1 refused
greek refused
swe7 refused
armscii8 refused
END
}

@test "the plan says which character sets are checked" {
    sql <<<"CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, m VARCHAR(9) CHARACTER SET utf8mb4, l VARCHAR(9) CHARACTER SET latin1,
        k VARCHAR(9) CHARACTER SET koi8r, g VARCHAR(9) CHARACTER SET gbk, u VARCHAR(9) CHARACTER SET ucs2)"
    run dbferry plan --config "$T/dbferry.conf"
    assert_status 0
    assert_equal "$(grep -cE '^ +(m|l|k) .* exact' <<<"$output")" 3
    assert_equal "$(grep -cE '^ +(g|u) .* checked .*a text in (gbk|ucs2) that UTF-8 cannot bring back' <<<"$output")" 2
    charset_config 'target = "target";'
    sed -i 's/target = "local"; //' "$T/dbferry.conf"
    mariadb_query e <<<'DROP TABLE IF EXISTS t'
    run dbferry plan --config "$T/dbferry.conf"
    assert_equal "$(grep -cE '^ +(m|l|k|g|u) .* exact' <<<"$output")" 5
}

@test "expressions, views and members of other sets become the same letters" {
    sql <<'SQL'
CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, g VARCHAR(9) CHARACTER SET gbk, e ENUM('é','中') CHARACTER SET gbk,
    s SET('ä','中') CHARACTER SET ujis, j JSON);
INSERT INTO t VALUES (1, '中国', '中', '中', '["中"]');
CREATE OR REPLACE VIEW v AS SELECT id, CONCAT(g, '国') AS g, UPPER(e) AS e, CONVERT('Ω' USING greek) AS o,
    CONVERT('х' USING koi8r) AS k, MAKE_SET(2, 'a', s) AS s, JSON_EXTRACT(j, '$[0]') AS j, CAST(1.5 AS CHAR CHARACTER SET utf16) AS n FROM t;
SQL
    run dbferry copy server local --view v --target-table v
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM v')" '1|中国国|中|Ω|х|中|"中"|1.5'
    run dbferry copy server local --table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM t')" '1|中国|中|中|["中"]'
}
