# What a job wants of a server's columns: zero dates, decimals, large integers, keys and indexes.

load helper
load ../servers/mariadb

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE DATABASE d CHARACTER SET utf8mb4;
USE d;
SET sql_mode = '';
CREATE TABLE sale (id INT NOT NULL PRIMARY KEY, day DATE NOT NULL, moment DATETIME(3) NOT NULL,
    stamp TIMESTAMP NULL, price DECIMAL(30,2) NOT NULL, total BIGINT UNSIGNED NOT NULL,
    KEY by_day (day));
INSERT INTO sale VALUES
 (1, '2024-02-29', '2024-02-29 12:00:00.5', '2024-02-29 12:00:00', 0.10, 1),
 (2, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', -0.10, 2),
 (3, '2024-00-10', '2024-05-00 10:00:00', NULL, 1234567890.25, 9223372036854775807);
SQL
    mariadb_account reader secret 'SELECT ON d.*'
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/t.db
    (umask 077 && printf secret >"$T/password")
}

# job [TEXT]: the table of the server -> table sale of the file, with this text in the job.
job() {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "sale"; source = "server"; table = "sale"; target = "local"; ${1:-} } );
END
}

sees() { assert_equal "$(sqlite3 -batch "$D" "$1")" "$2"; }

@test "zero dates of a server are kept, become NULL also where there was NOT NULL, or are refused" {
    job
    run dbferry run
    assert_status 0
    sees 'SELECT day, moment FROM sale WHERE id > 1 ORDER BY id' \
        $'0000-00-00|0000-00-00 00:00:00.000\n2024-00-10|2024-05-00 10:00:00.000'
    job 'zero_date = "null";'
    run dbferry run
    assert_status 0
    sees 'SELECT id, day IS NULL, moment IS NULL, stamp IS NULL FROM sale ORDER BY id' \
        $'1|0|0|0\n2|1|1|1\n3|1|1|1'
    job 'zero_date = "refuse";'
    run dbferry run
    assert_status 65
    assert_output_has "row 2, column 'day'" "the target is unchanged"
    sees 'SELECT count(*) FROM sale WHERE day IS NULL' 2
}

@test "decimals and large integers of a server are stored as the job wants them" {
    job
    run dbferry run
    assert_status 0
    sees 'SELECT typeof(price), price, typeof(total), total FROM sale WHERE id = 3' \
        'text|1234567890.25|integer|9223372036854775807'
    job 'decimal = "real"; big_unsigned = "text"; columns = ( { name = "ID"; type = "TEXT"; } );'
    run dbferry run
    assert_status 0
    sees 'SELECT typeof(id), typeof(price), price, typeof(total), total FROM sale WHERE price > 1' \
        'text|real|1234567890.25|text|9223372036854775807'
    sees 'SELECT sum(price) FROM sale WHERE id < 3' 0.0
}

# The columns of the indexes that the file has, one index a line.
indexes() {
    sqlite3 -batch "$D" "SELECT (SELECT group_concat(name) FROM (SELECT name FROM
        pragma_index_info(l.name) ORDER BY seqno)) AS c FROM pragma_index_list('sale') l
        WHERE c <> 'id' ORDER BY 1"
}

@test "the key and the indexes of a server's table are made in the file, those of a view are not" {
    job
    run dbferry plan
    assert_status 0
    assert_output_has "primary key (id)" "index (day), the source's 'by_day'"
    run dbferry run
    assert_status 0
    assert_equal "$(indexes)" day
    run sqlite3 -batch "$D" "INSERT INTO sale SELECT * FROM sale LIMIT 1"
    assert_output_has "UNIQUE"
    mariadb_query d <<<'CREATE OR REPLACE VIEW sales AS SELECT id, day FROM sale'
    run dbferry copy server "sqlite:$D" --view sales
    assert_status 0
    sees "SELECT count(*) FROM pragma_index_list('sales')" 0
}

@test "without copy_indexes a server's table brings neither its key nor its indexes" {
    job 'copy_indexes = false;'
    run dbferry run
    assert_status 0
    sees "SELECT count(*) FROM pragma_index_list('sale')" 0
    sees "SELECT count(*) FROM pragma_table_info('sale') WHERE pk > 0" 0
}
