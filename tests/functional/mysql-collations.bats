# National collations: the counterpart on the other server, or byte by byte with a note; no unique key
# refuses rows that the source has.

load helper
load ../servers/mariadb
load ../servers/mysql

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<<'CREATE DATABASE d CHARACTER SET utf8mb4; SET GLOBAL local_infile = 1;'
    mariadb_account user pw 'ALL ON d.*'
    mysql_is_available || return 0
    mysql_start collations --local-infile=1 || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<<"CREATE DATABASE d; CREATE USER user IDENTIFIED BY 'pw'; GRANT ALL ON d.* TO user;"
}

teardown_file() {
    mariadb_stop
    mysql_stop
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/target.db
    (umask 077 && printf 'pw' >"$T/password")
    write_config <<END
connections = {
  maria = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "user";
            password_file = "$T/password"; database = "d"; };
  nine = { driver = "mysql"; host = "127.0.0.1"; port = ${MYSQL_PORT:-1}; user = "user";
           password_file = "$T/password"; database = "d"; ssl_mode = "preferred"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

@test "Swedish, Danish, Spanish and Turkish keys go from one server to the other and back" {
    mysql_is_available || skip "MySQL 9 is not there"
    mysql_query d <<<"CREATE TABLE t (s VARCHAR(9) COLLATE utf8mb4_sv_0900_ai_ci PRIMARY KEY,
        d VARCHAR(9) COLLATE utf8mb4_da_0900_as_cs UNIQUE, e VARCHAR(9) COLLATE utf8mb4_es_0900_ai_ci UNIQUE,
        u VARCHAR(9) COLLATE utf8mb4_tr_0900_ai_ci UNIQUE);
        INSERT INTO t VALUES ('a', 'a', 'n', 'i'), ('å', 'A', 'ñ', 'I'), ('ä', 'å', 'o', 'o');"
    run dbferry copy nine maria --table t
    assert_status 0
    assert_equal "$(mariadb_query d <<<"SELECT GROUP_CONCAT(COLLATION_NAME ORDER BY ORDINAL_POSITION SEPARATOR ' ')
        FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'd' AND TABLE_NAME = 't'")" \
        "utf8mb4_uca1400_swedish_nopad_ai_ci utf8mb4_uca1400_danish_nopad_as_cs utf8mb4_uca1400_spanish_nopad_ai_ci utf8mb4_uca1400_turkish_nopad_ai_ci"
    assert_equal "$(mariadb_query d <<<"SELECT COUNT(*) FROM t WHERE s = 'A' UNION ALL SELECT COUNT(*) FROM t WHERE u = 'I'
        UNION ALL SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'd' AND TABLE_NAME = 't' AND NON_UNIQUE = 0")" \
        $'1\n1\n4'
    run dbferry copy maria nine --table t --target-table back
    assert_status 0
    assert_equal "$(mysql_query d <<<"SELECT COLLATION_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'd'
        AND TABLE_NAME = 'back' AND COLUMN_NAME = 's'")" utf8mb4_sv_0900_ai_ci
}

@test "what the other server has not is compared by bytes there, and the plan says so" {
    mysql_is_available || skip "MySQL 9 is not there"
    mariadb_query d <<<"CREATE OR REPLACE TABLE p (v VARCHAR(9) COLLATE utf8mb4_uca1400_persian_ai_ci PRIMARY KEY,
        w VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_swedish_nopad_ci UNIQUE);
        INSERT INTO p VALUES ('a', 'a'), ('b', 'å'), ('c', 'a ');"
    run dbferry plan maria nine --table p
    run dbferry copy maria nine --table p -n -v
    assert_status 0
    run dbferry copy maria nine --table p -v -v
    assert_status 0
    assert_output_has "nothing like utf8mb4_uca1400_persian_ai_ci" "nothing like latin1_swedish_nopad_ci"
    assert_equal "$(mysql_query d <<<'SELECT COUNT(*) FROM p')" 3
}

# To NOCASE I and i are one letter, to a Turkish key two.
@test "a Turkish key becomes none that ignores case in SQLite" {
    mariadb_query d <<<"CREATE OR REPLACE TABLE t (v VARCHAR(9) COLLATE utf8mb4_turkish_ci PRIMARY KEY,
        w VARCHAR(9) CHARACTER SET latin5 UNIQUE, x VARCHAR(9) COLLATE utf8mb4_uca1400_turkish_ai_ci UNIQUE);
        INSERT INTO t VALUES ('i', 'i', 'i'), ('I', 'I', 'I');"
    run dbferry copy maria local --table t
    assert_status 0
    assert_equal "$(sqlite3 "$D" "SELECT COUNT(*) FROM t; SELECT COUNT(*) FROM t WHERE v = 'I'")" $'2\n1'
    assert_equal "$(sqlite3 "$D" "SELECT sql LIKE '%NOCASE%' FROM sqlite_schema WHERE name = 't'")" 0
}

@test "no collation of utf8mb4 makes the same of what differs: asked of both servers" {
    requires python3
    run "$FERRY_SOURCE/tests/types/run" collations.py
    refute_output_has "not ok"
    assert_status 0
}
