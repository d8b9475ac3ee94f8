# A PostgreSQL table that several connections read at one time, in one snapshot.

load helper
load pgsql

setup_file() {
    pgsql_start --server=max_connections=20 || return
    [ -n "${POSTGRES_PID:-}" ] || return 0
    sql <<'SQL'
CREATE TABLE t (id int PRIMARY KEY, name text, price numeric(10,2), at timestamp(3), day date, n bigint);
INSERT INTO t SELECT i, 'row ' || i, i * 1.25 - 3000, '2020-01-01'::timestamp + i * interval '1.5 hours',
    '1999-12-01'::date + i % 900, CASE WHEN i % 3 = 0 THEN NULL ELSE (i - 2500) * 1000000000000 END
    FROM generate_series(1, 5000) i;
CREATE TABLE skewed (id bigint PRIMARY KEY, v text);
INSERT INTO skewed SELECT i, 'near' FROM generate_series(1, 9900) i;
INSERT INTO skewed SELECT 1000000 + i * 1000000, 'far' FROM generate_series(1, 100) i;
CREATE TABLE sparse (id bigint PRIMARY KEY);
INSERT INTO sparse VALUES (1), (1000000), (1000000000000), (9223372036854775807), (-9223372036854775808), (0);
CREATE TABLE odd (big oid, many int, moment timestamptz, number numeric(30,4), late date);
INSERT INTO odd SELECT 4294967295 - i, i % 3, '2024-03-31 00:00:00.123456+00'::timestamptz + i * interval '1 minute',
    i * 1000000000000000000.5, NULL FROM generate_series(1, 500) i;
CREATE TABLE early AS SELECT i AS id, moment, moment AT TIME ZONE 'UTC' AS local, (moment AT TIME ZONE 'UTC')::date AS day
    FROM generate_series(1, 2000) i, LATERAL (SELECT '0001-01-01 00:00:00+00'::timestamptz + (i - 1000) * interval '1 day' AS moment) m;
INSERT INTO odd VALUES (0, NULL, 'infinity', NULL, 'infinity'), (NULL, 7, '-infinity', 'NaN', '-infinity'),
    (5, 7, '20000-01-01', -1, '20000-01-01');
CREATE TABLE none (id int PRIMARY KEY);
CREATE TABLE one (id int PRIMARY KEY);
INSERT INTO one VALUES (7);
CREATE TABLE sums (id int PRIMARY KEY, v int NOT NULL, filler text);
INSERT INTO sums SELECT i, 0, repeat('x', 300) FROM generate_series(1, 4000) i;
CREATE FUNCTION snooze() RETURNS text STABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN 1; END';
CREATE VIEW hangs AS SELECT id, CASE WHEN id = 5000 THEN snooze() ELSE name END AS name FROM t;
SQL
}
teardown_file() { postgres_remove; }
setup() {
    pgsql_setup
    pgsql_config
}

# parts NAME KEYS [OPTION...]: NAME is copied by job j, with these keys, and compared
parts() {
    pgsql_config "${CONNECTION:-}" "table = \"$1\"; target_table = \"$1\"; verify = \"content\"; $2"
    run dbferry run -v "${@:3}"
}

digest() { sed -n 's/.*verified: \([0-9]* rows, digest [0-9a-f]*\).*/\1/p' <<<"$output"; }

# partitions: into how many it was read
partitions() { sed -n 's/.*partitions: \([0-9]*\) by .*/\1/p' <<<"$output"; }

@test "the same rows and the same digest as with one reader, whatever is parted by what" {
    local name by least most whole
    while read -r name by least most; do
        parts "$name" ''
        assert_status 0
        whole=$(digest)
        for jobs in 1 2 4; do
            parts "$name" "partitions = 8; partition_by = \"$by\";" --jobs "$jobs"
            assert_status 0
            assert_equal "$(digest)" "$whole"
            between "$least" "$(partitions)" "$most"
        done
    done <<'END'
t id 8 8
t price 8 8
t at 8 8
t day 8 8
t n 8 8
skewed id 8 8
sparse id 6 7
END
    for name in none one; do
        parts "$name" 'partitions = 8;' --jobs 4
        assert_status 0
        assert_equal "$(ask "SELECT count(*) FROM $name")" "$(sql <<<"SELECT count(*) FROM $name")"
    done
}

@test "values that are no cells are no cuts: infinity, NaN, years of five digits" {
    local by
    for by in big many moment number late; do
        sql <<<"CREATE OR REPLACE VIEW odd_$by AS SELECT $by, big AS other FROM odd WHERE $by IS NULL OR
            $by::text NOT IN ('infinity', '-infinity', 'NaN') AND $by::text NOT LIKE '20000%'"
        parts "odd_$by" ''
        assert_status 0
        local whole
        whole=$(digest)
        parts "odd_$by" "partitions = 4; partition_by = \"$by\";" --jobs 2
        assert_status 0
        assert_equal "$(digest)" "$whole"
        assert_output_has 'looked at and sorted once more' 'no index that begins with'
        # Of the table itself such values are found by row, as ever.
        parts odd "partitions = 4; partition_by = \"$by\";" --jobs 2
        assert_status 65
    done
}

@test "dates before the year 1 are no cuts: the row is told that has one" {
    local by
    for by in moment local day; do
        parts early "partitions = 8; partition_by = \"$by\";" --jobs 2
        assert_status 65
        assert_output_has 'of partition 1, column' 'before the year 1'
    done
}

@test "parts have about the same weight, also where keys crowd" {
    sql <<'SQL'
CREATE TABLE crowded (id bigint PRIMARY KEY, filler text);
ALTER TABLE crowded ALTER filler SET STORAGE PLAIN;
INSERT INTO crowded SELECT CASE WHEN i % 100 = 0 THEN i * 1000000000::bigint ELSE i END, repeat('x', 1700)
    FROM generate_series(1, 20000) i;
SQL
    parts crowded 'partitions = 4;' --jobs 2
    assert_status 0
    assert_equal "$(partitions)" 4
    assert_equal "$(rows "$D" crowded)" 20000
    # What each connection was asked for stands in the server's log.
    sql <<<"ALTER ROLE reader SET log_min_messages = 'log'; ALTER ROLE reader SET log_statement = 'all'"
    parts crowded 'partitions = 4;' --jobs 4
    sql <<<"ALTER ROLE reader RESET ALL"
    assert_status 0
    local bounds bound at=0
    bounds=$(grep -o "c1 < '[0-9]*'" "$POSTGRES_FOLDER/log" | tr -dc "0-9 \n" | cut -d' ' -f3 | sort -nu)
    assert_equal "$(wc -l <<<"$bounds")" 3
    for bound in $bounds; do
        at=$((at + 5000))
        between $((at - 1000)) "$(sql <<<"SELECT count(*) FROM crowded WHERE id < $bound")" $((at + 1000))
    done
}

is_written() { [ "$(sql <<<'SELECT count(*) FROM sums WHERE v <> 0')" = 4 ]; }

@test "one snapshot: while others move a sum from part to part, it is always right" {
    (while [ ! -e "$T/enough" ]; do
        printf 'BEGIN; UPDATE sums SET v = v - 1 WHERE id = 1; UPDATE sums SET v = v + 1 WHERE id = 3999; COMMIT;\n'
        printf 'BEGIN; UPDATE sums SET v = v + 2 WHERE id = 4000; UPDATE sums SET v = v - 2 WHERE id = 2; COMMIT;\n'
    done | sql >"$T/writer" 2>&1) 3>&- &
    local writer=$!
    until_there is_written
    for _ in 1 2 3 4 5 6 7 8; do
        parts sums 'partitions = 8;' --jobs 4
        [ "$status" -eq 0 ] || break
        ask 'SELECT count(*), sum(v), sum(v <> 0) FROM sums' >>"$T/sums"
    done
    touch "$T/enough"
    wait "$writer"
    assert_status 0
    assert_equal "$(sort -u "$T/sums")" '4000|0|4'
}

@test "snapshot = \"none\" has to be asked for, and is told; \"lock\" is not for this server" {
    parts t 'partitions = 4; snapshot = "none";' --jobs 2
    assert_status 0
    assert_output_has 'each of the 2 connections sees a state of its own' 'partitions: 4'
    parts t 'partitions = 4; snapshot = "lock";' --jobs 2
    assert_status 78
    assert_output_has 'choose snapshot = "shared"'
}

# hang [OPTION...]: OLD rows are there, and a run waits for the last part
hang() {
    sqlite3 "$D" "DROP TABLE IF EXISTS hangs; CREATE TABLE hangs (id INT, name TEXT); INSERT INTO hangs VALUES (-1, 'old')"
    pgsql_config "${CONNECTION:-}" 'view = "hangs"; target_table = "hangs"; partitions = 4; partition_by = "id";'
    "$DBFERRY" run --jobs 2 "$@" >"$T/message" 2>&1 3>&- &
    copy=$!
    until_there hangs
}
hangs() { [ "$(sql <<<"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE 'COPY%'")" = 1 ]; }

end_hang() {
    status=0
    wait "$copy" || status=$?
    output=$(cat "$T/message")
    assert_equal "$(ask 'SELECT * FROM hangs')" '-1|old'
    until_there nobody_reads
}
nobody_reads() { [ "$(sql <<<"SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'")" = 0 ]; }

@test "one connection is lost, the program is stopped or killed, nothing comes: the old rows stay" {
    hang
    sql <<<"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
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
    CONNECTION='stall_timeout = "3s";' hang
    end_hang
    assert_status 76
    assert_output_has 'sent nothing for 3.0 s'
    CONNECTION='run_timeout = "6s";' hang
    end_hang
    assert_status 76
    assert_output_has 'took longer than 6.0 s'
}

@test "a value that fails is named by its place in its partition" {
    sql <<<"CREATE TABLE bad AS SELECT i AS id, date '2024-01-01' + i AS day FROM generate_series(1, 4000) i;
        ALTER TABLE bad ADD PRIMARY KEY (id); UPDATE bad SET day = 'infinity' WHERE id = 2500"
    parts bad 'partitions = 4;' --jobs 2
    assert_status 65
    assert_output_has "of partition 3, column 'day'"
}

@test "too few connections are told, with which one it was" {
    sql <<<"ALTER ROLE reader CONNECTION LIMIT 3"
    parts t 'partitions = 8;' --jobs 8
    sql <<<"ALTER ROLE reader CONNECTION LIMIT -1"
    assert_status 69
    assert_output_has 'connection 3 of 8 for the partitions' 'more connections'
}

@test "a name for several servers: another one cannot share the state" {
    requires python3
    local FIRST=$POSTGRES_PORT
    (
        postgres_start "$T/other" >"$T/started" 2>&1 3>&- || exit
        postgres_account reader 'S3cret}Pass'
        python3 "$FERRY_SOURCE/tests/servers/turns.py" "$FIRST" "$POSTGRES_PORT" >"$T/turns" 3>&- &
        until_there test -s "$T/turns"
        POSTGRES_PORT=$(cat "$T/turns") parts t 'partitions = 4;' --jobs 2
        kill "$!"
        postgres_remove
        assert_status 78
        assert_output_has 'another server has answered'
    )
}

@test "plan and verify" {
    pgsql_config '' 'table = "t"; target_table = "t"; partitions = 4;'
    run dbferry plan
    assert_status 0
    assert_output_has "partitions: 4 by 'id', read by" 
    run dbferry run
    assert_status 0
    run dbferry verify
    assert_status 0
    sql <<<"UPDATE t SET name = 'other' WHERE id = 4999"
    run dbferry verify
    assert_status 65
    sql <<<"UPDATE t SET name = 'row 4999' WHERE id = 4999"
    pgsql_config '' 'query = "SELECT id, name FROM t WHERE id <= 1000"; target_table = "q"; partitions = 4; partition_by = "name";'
    run dbferry run
    assert_status 65
    assert_output_has "the table cannot be parted by column 'name'"
    pgsql_config '' 'query = "SELECT id, name FROM t WHERE id <= 1000"; target_table = "q"; partitions = 4;'
    run dbferry run
    assert_status 65
    assert_output_has "name a column with partition_by"
}
