# What append, upsert and skip_unchanged must do with a server on both sides, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine, and target-merge.

# follow STRATEGY CURSOR [OPTION...]: d.t to e.t
follow() { to_target t t --strategy "$1" --cursor "$2" "${@:3}"; }

cursor_of() { sql e <<<"SELECT cursor_value FROM _dbferry_sync WHERE target_table = 't'"; }

# followed COUNTS CURSOR VALUE [OPTION...]: an upsert works, did this much, and has come so far
followed() {
    run follow upsert "$2" "${@:4}"
    assert_status 0
    assert_equal "$(did t) $(cursor_of)" "upsert|$1 $3"
}

# In whatever time zones the server, its writers and the session are.
check_moments_in_every_time_zone() {
    local type zone
    for type in "DATETIME(6)" "TIMESTAMP(6) NULL"; do
        for zone in +00:00 +05:45 -08:00; do
            sql <<<"DROP TABLE IF EXISTS d.t, e.t, e._dbferry_sync; SET GLOBAL time_zone = '$zone'"
            sed -i "/server = /s/ time_zone = \"[^\"]*\";//; /server = /s/ };/ time_zone = \"$zone\"; };/" "$DBFERRY_CONFIG"
            sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, at $type, KEY (at)); SET time_zone = '+00:00';
                INSERT INTO t VALUES (1, '2026-03-29 00:59:59.999999'), (2, '2026-03-29 01:00:00')"
            follow upsert at
            value=$(cursor_of)
            case $type$zone in
                TIMESTAMP*+05:45) assert_equal "$value" "2026-03-29 06:45:00.000000" ;;
                TIMESTAMP*-08:00) assert_equal "$value" "2026-03-28 17:00:00.000000" ;;
                *) assert_equal "$value" "2026-03-29 01:00:00.000000" ;;
            esac
            sql d <<<"SET time_zone = '+00:00'; INSERT INTO t VALUES (3, '2026-03-29 01:00:00.000001'), (4, '2026-03-29 00:59:59.999999'), (5, '2026-03-29 01:00:00')"
            followed "2|0|0|1" at "${value/.000000/.000001}"
            followed "0|0|0|1" at "${value/.000000/.000001}"
            followed "1|0|0|4" at "${value/.000000/.000001}" -o job.cursor_lag=1s
            same_rows t
        done
    done
    sql <<<"SET GLOBAL time_zone = SYSTEM"
}

# The hour that comes twice: a TIMESTAMP counts on, a DATETIME goes back, which cursor_lag is for.
check_the_end_of_daylight_saving() {
    sql d <<<"SET time_zone = '+02:00'; CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP NULL, l DATETIME);
        INSERT INTO t VALUES (1, '2026-10-25 02:30:00', '2026-10-25 02:30:00'), (2, '2026-10-25 02:59:59', '2026-10-25 02:59:59')"
    follow upsert at
    assert_equal "$(cursor_of)" "2026-10-25 00:59:59"
    sql d <<<"SET time_zone = '+01:00'; INSERT INTO t VALUES (3, '2026-10-25 02:00:00', '2026-10-25 02:00:00'), (4, '2026-10-25 02:30:00', '2026-10-25 02:30:00')"
    followed "2|0|0|1" at "2026-10-25 01:30:00"
    same_rows t
    sql e <<<"DROP TABLE t, _dbferry_sync"
    sql d <<<"DELETE FROM t WHERE id > 2"
    follow upsert l
    sql d <<<"SET time_zone = '+01:00'; INSERT INTO t VALUES (3, '2026-10-25 02:00:00', '2026-10-25 02:00:00')"
    run follow upsert l
    assert_status 0
    assert_equal "$(did t)" "upsert|0|0|0|1"
    followed "1|0|0|2" l "2026-10-25 02:59:59" -o job.cursor_lag=1h
    same_rows t
}

check_cursors_of_numbers() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, u BIGINT UNSIGNED, n DECIMAL(65,30)); INSERT INTO t VALUES (1, 9223372036854775807, -1), (2, 9223372036854775809, 0), (3, 18446744073709551614, '12345678901234567890123456789012345.000000000000000000000000000001')"
    follow upsert u
    assert_equal "$(cursor_of)" 18446744073709551614
    sql d <<<"INSERT INTO t VALUES (4, 18446744073709551615, 0), (5, 18446744073709551613, 1), (6, 0, 2)"
    followed "1|0|0|1" u 18446744073709551615
    followed "1|0|0|2" u 18446744073709551615 -o job.cursor_lag=2
    sql e <<<"DROP TABLE t, _dbferry_sync"
    follow upsert n
    sql d <<<"INSERT INTO t VALUES (7, 0, '12345678901234567890123456789012345.000000000000000000000000000002'), (8, 0, '12345678901234567890123456789012345'), (9, 0, '9')"
    followed "1|0|0|1" n 12345678901234567890123456789012345.000000000000000000000000000002
    followed "1|0|0|2" n 12345678901234567890123456789012345.000000000000000000000000000002 -o job.cursor_lag=1
}

# A transaction that began first commits last, and one with the very value of the last row.
check_rows_that_are_committed_late() {
    local strategy
    for strategy in upsert append; do
        sql <<<"DROP TABLE IF EXISTS d.t, e.t, e._dbferry_sync"
        sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, at DATETIME(3), KEY (at)); INSERT INTO t VALUES (1, '2026-11-29 10:00:00.000')"
        follow $strategy at -o job.cursor_lag=10m
        rm -f "$T/begun" "$T/commit"
        (
            echo "BEGIN; INSERT INTO t VALUES (2, '2026-11-29 10:01:00.000'), (3, '2026-11-29 10:05:00.000'); SELECT 'begun';"
            until [ -e "$T/commit" ]; do sleep 0.05; done
            echo "COMMIT;"
        ) | sql d >"$T/begun" 2>&1 3>&- &
        late=$!
        until_there holds_rows
        sql d <<<"INSERT INTO t VALUES (4, '2026-11-29 10:05:00.000')"
        run follow $strategy at -o job.cursor_lag=10m
        assert_status 0
        assert_equal "$(did t) $(cursor_of)" "$strategy|1|0|0|1 2026-11-29 10:05:00.000"
        touch "$T/commit"
        wait $late
        run follow $strategy at -o job.cursor_lag=10m
        assert_status 0
        assert_equal "$(did t)" "$strategy|2|0|0|2"
        same_rows t
        # without a lag, the rows of the very value at least
        sql d <<<"INSERT INTO t VALUES (5, '2026-11-29 10:05:00.000')"
        run follow $strategy at
        assert_status 0
        assert_equal "$(did t)" "$strategy|1|0|0|2"
        same_rows t
    done
}

holds_rows() { [ "$(transactions "trx_rows_modified > 1")" = 1 ]; }

# What is deleted is found by the keys, and nothing but the keys is read.
check_deleted_rows_by_their_keys() {
    sql d <<<"CREATE TABLE t (k VARCHAR(20) COLLATE $BLIND NOT NULL, n INT NOT NULL, v TEXT, KEY (n), KEY (k));
        INSERT INTO t VALUES ('a', 1, 'x'), ('A', 1, 'x'), ('a ', 1, 'x'), ('ä', 2, 'x'), ('b', 3, 'x')"
    follow upsert n --key k
    sql d <<<"DELETE FROM t WHERE BINARY k IN ('A', 'ä'); INSERT INTO t VALUES ('Ä', 4, 'x'); UPDATE t SET v = 'not seen' WHERE n = 1"
    sql <<<"SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = 1"
    run follow upsert n --key k -o job.find_deleted=keys
    sql <<<"SET GLOBAL general_log = 0"
    assert_status 0
    assert_equal "$(did t)" "upsert|1|0|2|1"
    assert_equal "$(sql e <<<"SELECT HEX(k), v FROM t ORDER BY 1")" "$(sql d <<<"SELECT HEX(k), 'x' FROM t ORDER BY 1")"
    # all keys of either side are read without the other columns
    selects=$(sql <<<"SELECT REPLACE(CONVERT(argument USING utf8mb4), '\n', ' ') FROM mysql.general_log
        WHERE command_type IN ('Query', 'Execute') AND argument LIKE 'SELECT%\`k\`%ORDER BY%'")
    assert_equal "$(grep -vc '`[nv]`' <<<"$selects")" 2
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t")" 4
}

check_an_append() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(9) COLLATE $BLIND, u INT UNIQUE); INSERT INTO t VALUES (1, 1, 'a', 1), (2, 2, 'b', 2)"
    follow append n
    sql d <<<"UPDATE t SET v = 'unseen' WHERE id = 1; INSERT INTO t VALUES (3, 2, 'c', 3), (4, 3, 'd', NULL)"
    run follow append n
    assert_status 0
    assert_equal "$(did t) $(cursor_of)" "append|2|0|0|1 3"
    for change in "UPDATE t SET v = 'D' WHERE id = 4" "UPDATE t SET v = 'd ' WHERE id = 4" "UPDATE t SET n = 9 WHERE id = 1"; do
        sql d <<<"$change"
        before=$(rows_of e t)
        run follow append n
        assert_status 65
        assert_output_has "'id'" "strategy = \"upsert\"" "unchanged"
        assert_equal "$(rows_of e t) $(cursor_of)" "$before 3"
    done
    # a unique value of a row that is not read
    sql d <<<"UPDATE t SET v = 'd' WHERE id = 4; UPDATE t SET u = 10, n = 1 WHERE id = 1; INSERT INTO t VALUES (5, 5, 'e', 1)"
    run follow append n
    assert_status 65
    assert_output_has "unchanged"
    assert_equal "$(cursor_of)" 3
    run follow append n --full
    assert_status 0
    same_rows t
    assert_equal "$(leftovers)" ""
}

# Rows that come again and are the same are not written, so no trigger fires for them.
check_an_upsert_into_a_table_of_the_users() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(9)); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')"
    follow upsert n
    sql e <<<"CREATE TABLE log (what VARCHAR(9)); CREATE TRIGGER i AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES ('i'); CREATE TRIGGER u AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES ('u')"
    followed "0|0|0|1" n 3
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM log")" 0
    sql d <<<"UPDATE t SET v = 'B', n = 4 WHERE id = 2; INSERT INTO t VALUES (4, 5, NULL)"
    followed "1|1|0|1" n 5
    assert_equal "$(sql e <<<"SELECT what FROM log ORDER BY 1")" $'i\nu'
    same_rows t
}

# The state is in the target: a dump of it that is restored goes on from its own.
check_a_target_that_is_restored() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1), (2, 2)"
    follow upsert n
    sql e <<<"CREATE TABLE kept AS SELECT * FROM t; CREATE TABLE kept_sync AS SELECT * FROM _dbferry_sync"
    sql d <<<"INSERT INTO t VALUES (3, 3)"
    followed "1|0|0|1" n 3
    sql d <<<"DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4, 4)"
    sql e <<<"DELETE FROM t; INSERT INTO t SELECT * FROM kept; DELETE FROM _dbferry_sync; INSERT INTO _dbferry_sync SELECT * FROM kept_sync"
    assert_equal "$(cursor_of)" 2
    followed "2|0|0|1" n 4
    assert_equal "$(sql e <<<"SELECT GROUP_CONCAT(id ORDER BY id) FROM t")" 1,2,3,4
}

# Where somebody has put another table in its place, the record is no state: check says so as run does.
check_a_record_that_is_not_of_the_table() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, n INT); INSERT INTO t VALUES (1, 1)"
    cat >>"$DBFERRY_CONFIG" <<'END'
jobs = (
  { name = "first"; source = "server"; target = "target"; table = "t"; target_table = "t"; },
  { name = "second"; source = "server"; target = "target"; table = "t"; target_table = "t"; strategy = "upsert"; }
);
END
    run "$DBFERRY" run first
    assert_status 0
    run "$DBFERRY" check second
    assert_status 65
    assert_output_has "last written by job 'first'"
    run "$DBFERRY" run second
    assert_status 65
    sql e <<<"UPDATE _dbferry_sync SET run_id = REPEAT('0', 32)"
    run "$DBFERRY" check second
    assert_status 0
    assert_output_has "strategy: upsert"
    run "$DBFERRY" run second
    assert_status 0
}

# However soon after one another: a change is never missed.
check_that_no_change_is_skipped() {
    local i
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT) ENGINE = InnoDB; INSERT INTO t VALUES (0, 0)"
    for i in 1 2 3 4 5 6; do
        sql d <<<"UPDATE t SET v = $i; INSERT INTO t VALUES ($i, $i)"
        run to_target t t -o job.skip_unchanged=true
        assert_status 0
        same_rows t
        sql d <<<"UPDATE t SET v = v + 100"
        run to_target t t -o job.skip_unchanged=true
        assert_status 0
        same_rows t
    done
}

check_a_question_of_the_job() {
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, v INT); INSERT INTO t VALUES (1, 1)"
    asked() { to_target t t -v -o job.skip_unchanged=true -o "job.change_query=$1"; }
    question="SELECT MAX(v), COUNT(*), NULLIF(MAX(v), 7) FROM t"
    asked "$question"
    run asked "$question"
    assert_status 0
    assert_output_has "nothing was read"
    sql d <<<"UPDATE t SET v = 2"
    run asked "$question"
    assert_status 0
    refute_output_has "nothing was read"
    same_rows t
    sql d <<<"UPDATE t SET v = 7"
    for question in "$question" "SELECT * FROM nowhere" "SELECT 1 FROM t WHERE id = 0" "SELECT 1 UNION ALL SELECT 2" "SELECT NULL" "DELETE FROM t" "SELECT 1; DROP TABLE t" "SELECT SLEEP('x')/0"; do
        for time in 1 2; do
            run asked "$question"
            assert_status 0
            assert_output_has "change_query" "all is read"
            refute_output_has "nothing was read"
            same_rows t
        done
    done
}

# expected KEYS: how many rows are said to come into the local file while somebody looks on; nothing where
# the server does not know
expected() {
    target_config
    cat >>"$DBFERRY_CONFIG" <<END
general = { log_file = "$T/log"; log_level = "debug"; };
jobs = ( { name = "j"; source = "server"; target = "local"; target_table = "j"; $1 } );
END
    rm -f "$T/log"
    script -qec "'$DBFERRY' run" /dev/null </dev/null >/dev/null
    grep -q "rows read" "$T/log"
    sed -n 's/.*about \([0-9]*\) rows are expected.*/\1/p' "$T/log"
}

# What a server only guesses is not told, and a question that it refuses is no failure of the run.
check_how_many_rows_are_expected() {
    local reader
    requires script
    sql d <<<"CREATE TABLE t (id INT PRIMARY KEY, n INT, m INT, KEY (n)) ENGINE = MyISAM;
        INSERT INTO t WITH RECURSIVE i AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM i WHERE n < 900) SELECT n, n, 1 FROM i;
        CREATE VIEW whole AS SELECT id, n FROM t; CREATE VIEW partly AS SELECT * FROM t WHERE m > 7;
        CREATE VIEW grouped AS SELECT m, COUNT(*) AS c FROM t GROUP BY m;
        CREATE VIEW first AS SELECT * FROM t LIMIT 7; CREATE VIEW joined AS SELECT a.* FROM t a JOIN t b ON a.id = b.m"
    assert_equal "$(expected 'table = "t";')" 900
    rm "$D"
    assert_equal "$(expected 'view = "whole";')" "" # nobody but who may see its definition is told
    reader=$(sql <<<"SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user = 'reader'")
    sql <<<"GRANT SHOW VIEW ON d.* TO $reader"
    rm "$D"
    assert_equal "$(expected 'view = "whole";')" 900
    rm "$D"
    assert_equal "$(expected 'query = "SELECT * FROM t ORDER BY n; -- all";')" 900
    for read in 'view = "partly"' 'view = "grouped"' 'view = "first"' 'view = "joined"' \
        'query = "SELECT m, COUNT(*) AS c FROM t GROUP BY m"' 'query = "SELECT 1 AS a UNION SELECT n FROM t"'; do
        rm "$D"
        assert_equal "$(expected "$read;")" ""
    done
    rm "$D"
    assert_equal "$(expected 'table = "t"; strategy = "upsert"; cursor = "n"; key = ["id"];')" 900
    sql d <<<"INSERT INTO t SELECT id + 1000, n + 1000, 1 FROM t WHERE id <= 50"
    between 25 "$(expected 'table = "t"; strategy = "upsert"; cursor = "n"; key = ["id"];')" 200
    assert_equal "$(sqlite3 "$D" "SELECT count(*) FROM j")" 950
    sql <<<"REVOKE SHOW VIEW ON d.* FROM $reader"
}
