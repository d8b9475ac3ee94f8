# A table of MySQL or MariaDB that several connections read at one time: what is the same of both
# servers.  The file that loads it has the server of target.bash.

# The numbers from 1 to 5000, and the right that the lock of a table takes.
partitions_setup() {
    sql <<<"GRANT LOCK TABLES ON d.* TO reader; CREATE TABLE d.s (i INT PRIMARY KEY);
        INSERT INTO d.s VALUES $(seq -s, 1 5000 | sed 's/[0-9]*/(&)/g')"
}

partitions_tables() {
    partitions_setup
    sql d <<'SQL'
SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(40), price DECIMAL(10,2), at DATETIME(3), day DATE, n BIGINT,
    stamp TIMESTAMP(6) NULL, wide DECIMAL(30,10), KEY (price), KEY (at), KEY (day), KEY (stamp), KEY (wide));
INSERT INTO t SELECT i, CONCAT('row ', i), i * 1.25 - 3000, '2020-01-01' + INTERVAL i * 90 MINUTE + INTERVAL i * 1001 MICROSECOND,
    '1999-12-01' + INTERVAL i % 900 DAY, IF(i % 3 = 0, NULL, (i - 2500) * 1000000000000),
    '2024-03-31 00:00:00.123456' + INTERVAL i MINUTE, (i - 2500) * 1000000000000000.0123456789 FROM s;
CREATE TABLE skewed (id BIGINT PRIMARY KEY, v TEXT);
INSERT INTO skewed SELECT IF(i % 100 = 0, i * 1000000000000000, i), 'x' FROM s;
CREATE TABLE sparse (id BIGINT UNSIGNED PRIMARY KEY);
INSERT INTO sparse SELECT i FROM s;
INSERT INTO sparse SELECT 1000000000000 + i FROM s;
INSERT INTO sparse SELECT 18446744073709551615 - i FROM s;
INSERT INTO sparse VALUES (1000000), (9223372036854775808), (18446744073709551615);
CREATE TABLE below (id BIGINT PRIMARY KEY);
INSERT INTO below SELECT i - 9223372036854775807 - 2 FROM s;
INSERT INTO below VALUES (9223372036854775807), (0);
CREATE TABLE far (n DECIMAL(36,30), KEY (n));
INSERT INTO far SELECT -i * 0.000000000000000000000000000001 FROM s;
INSERT INTO far VALUES (-999999.999999999999999999999999999999);
CREATE TABLE zero (day DATE, KEY (day));
INSERT INTO zero SELECT '2024-01-01' + INTERVAL i DAY FROM s;
INSERT INTO zero VALUES ('0000-00-00'), (NULL), ('2024-02-30');
CREATE TABLE none (id INT PRIMARY KEY);
CREATE TABLE one (id INT PRIMARY KEY);
INSERT INTO one VALUES (7);
CREATE TABLE few (id BIGINT PRIMARY KEY);
INSERT INTO few VALUES (1), (1000000), (1000000000000);
SQL
}

# parts NAME KEYS [OPTION...]: d.NAME is copied into the file by job j, with these keys, and compared
parts() {
    sed -i '/^jobs = /d' "$DBFERRY_CONFIG"
    printf 'jobs = ( { name = "j"; source = "%s"; target = "local"; table = "%s"; target_table = "%s"; verify = "content"; big_unsigned = "text"; %s } );\n' \
        "${SOURCE:-server}" "$1" "$1" "$2" >>"$DBFERRY_CONFIG"
    run dbferry run -v "${@:3}"
}

digest() { sed -n 's/.*verified: \([0-9]* rows, digest [0-9a-f]*\).*/\1/p' <<<"$output"; }
partitions() { sed -n 's/.*partitions: \([0-9]*\) by .*/\1/p' <<<"$output"; }

check_the_same_digest() {
    local name by least whole
    partitions_tables
    while read -r name by least; do
        parts "$name" ''
        assert_status 0
        whole=$(digest)
        for jobs in 1 3; do
            parts "$name" "partitions = 8; partition_by = \"$by\"; snapshot = \"lock\";" --jobs "$jobs"
            assert_status 0
            assert_equal "$(digest)" "$whole"
            between "$least" "$(partitions)" 8
        done
    done <<'END'
t id 8
t price 8
t at 8
t day 8
t stamp 8
t wide 8
t n 8
skewed id 8
sparse id 8
below id 8
far n 8
zero day 6
END
    assert_output_has "days that no calendar has stand in column 'day'"
    for name in none one few; do
        parts "$name" 'partitions = 8; snapshot = "lock";' --jobs 3
        assert_status 0
        assert_equal "$(rows "$D" "$name")" "$(sql d <<<"SELECT COUNT(*) FROM $name")"
        refute_output_has 'looked at and sorted'
    done
}

# Where 99 rows of 100 lie in a millionth of the range, and in three heaps that are far from each other.
check_the_weights() {
    local name bound below share
    partitions_tables
    for name in skewed sparse; do
        sql <<<"SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = ON"
        parts "$name" 'partitions = 4; snapshot = "lock";' --jobs 2
        sql <<<"SET GLOBAL general_log = OFF"
        assert_status 0
        assert_equal "$(partitions)" 4
        share=$(($(rows "$D" "$name") / 4)) below=0
        for bound in $(sql <<<"SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE command_type = 'Execute'" |
            grep -o 'id` < [0-9]*' | cut -d' ' -f3 | sort -nu); do
            below=$((below + share))
            between $((below - share / 2)) "$(sql d <<<"SELECT COUNT(*) FROM $name WHERE id < $bound")" $((below + share / 2))
        done
        assert_equal "$below" $((3 * share))
    done
}

is_written() { [ "$(sql d <<<'SELECT COUNT(*) FROM sums WHERE v <> 0')" = 4 ]; }

check_one_state() {
    partitions_setup
    sql d <<'SQL'
CREATE TABLE sums (id INT PRIMARY KEY, v INT NOT NULL, filler VARCHAR(300));
INSERT INTO sums SELECT i, 0, REPEAT('x', 300) FROM s;
SQL
    (while [ ! -e "$T/enough" ]; do
        printf 'BEGIN; UPDATE sums SET v = v - 1 WHERE id = 1; UPDATE sums SET v = v + 1 WHERE id = 3999; COMMIT;\n'
        printf 'BEGIN; UPDATE sums SET v = v + 2 WHERE id = 4000; UPDATE sums SET v = v - 2 WHERE id = 2; COMMIT;\n'
    done | sql d >"$T/writer" 2>&1) 3>&- &
    local writer=$!
    until_there is_written
    for _ in 1 2 3 4 5 6 7 8; do
        parts sums 'partitions = 8; snapshot = "lock";' --jobs 4
        [ "$status" -eq 0 ] || break
        sqlite3 "$D" 'SELECT count(*), sum(v), sum(v <> 0) FROM sums' >>"$T/sums"
    done
    touch "$T/enough"
    wait "$writer"
    assert_status 0
    assert_equal "$(sort -u "$T/sums")" '5000|0|4'
}

check_what_is_refused() {
    partitions_tables
    parts t 'partitions = 4;' --jobs 2
    assert_status 78
    assert_output_has 'choose snapshot = "lock"'
    parts t 'partitions = 4; snapshot = "none";' --jobs 2
    assert_status 0
    assert_output_has 'each of the 2 connections sees a state of its own'
    sql d <<<"CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM; INSERT INTO old SELECT i FROM s"
    parts old 'partitions = 4; snapshot = "lock";' --jobs 2
    assert_status 78
    assert_output_has "table 'old' (MyISAM) has no snapshots"
    sql d <<<"DROP TABLE old"
    sql <<<"CREATE USER poor IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO poor"
    sed -i 's/user = "reader"/user = "poor"/' "$DBFERRY_CONFIG"
    parts t 'partitions = 4; snapshot = "lock";' --jobs 2
    assert_status 77
    assert_output_has 'grant LOCK TABLES'
    sql <<<"GRANT RELOAD ON *.* TO poor"
    parts t 'partitions = 4; snapshot = "lock";' --jobs 2
    sql <<<"DROP USER poor"
    assert_status 0
    assert_output_has 'the whole server is locked for a moment'
}

check_a_writer_that_does_not_end() {
    partitions_tables
    sql d <<<'BEGIN; UPDATE t SET name = 7 WHERE id = 1; SELECT SLEEP(600)' >"$T/writer" 2>&1 3>&- &
    local writer=$!
    until_there sleeps root
    parts t 'partitions = 4; snapshot = "lock"; lock_wait = "1s";' --jobs 2
    sql <<<"KILL $(sleeper root)"
    wait "$writer" || true
    assert_status 75
    assert_output_has 'keep writers out'
    parts t 'partitions = 4; snapshot = "lock";' --jobs 2
    assert_status 0
}

# hang: the old row is there, and a run waits for the last part
hang() {
    sqlite3 "$D" "DROP TABLE IF EXISTS hangs; CREATE TABLE hangs (id INT, name TEXT); INSERT INTO hangs VALUES (-1, 'old')"
    sed -i '/^jobs = /d' "$DBFERRY_CONFIG"
    echo 'jobs = ( { name = "j"; source = "server"; target = "local"; view = "hangs"; target_table = "hangs";
        partitions = 4; partition_by = "id"; snapshot = "lock"; } );' | paste -sd' ' >>"$DBFERRY_CONFIG"
    "$DBFERRY" run --jobs 2 >"$T/message" 2>&1 3>&- &
    copy=$!
    until_there sleeps
}
sleeper() { sql <<<"SELECT id FROM information_schema.PROCESSLIST WHERE user = '${1:-reader}' AND state = 'User sleep'"; }
sleeps() { [ -n "$(sleeper "$@")" ]; }

end_hang() {
    status=0
    wait "$copy" || status=$?
    output=$(cat "$T/message")
    assert_equal "$(sqlite3 "$D" 'SELECT * FROM hangs')" '-1|old'
}

check_what_ends_it() {
    partitions_setup
    sql d <<<"CREATE VIEW hangs AS SELECT i AS id, IF(i = 5000, SLEEP(600), 'x') AS name FROM s"
    sed -i 's/^  server = {/& retries = 0;/' "$DBFERRY_CONFIG"
    hang
    sql <<<"KILL $(sleeper)"
    end_hang
    assert_status 76
    assert_output_has 'unchanged'
    hang
    kill -TERM "$copy"
    end_hang
    assert_status 143
    hang
    kill -KILL "$copy"
    end_hang
    sql <<<"KILL $(sleeper)" || true
    sed -i 's/^  server = {/& stall_timeout = "3s";/' "$DBFERRY_CONFIG"
    hang
    end_hang
    assert_status 76
    assert_output_has 'sent nothing for 3.0 s'
}

check_a_value_that_fails() {
    partitions_setup
    sql d <<'SQL'
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE bad (id INT PRIMARY KEY, day DATE);
INSERT INTO bad SELECT i, '2024-01-01' + INTERVAL i DAY FROM s;
UPDATE bad SET day = '2024-02-00' WHERE id = 3000;
SQL
    parts bad 'partitions = 4; snapshot = "lock"; zero_date = "refuse";' --jobs 2
    assert_status 65
    assert_output_has "of partition 3, column 'day'"
}
