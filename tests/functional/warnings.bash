# What the tests of a source's warnings share, on either server.
#
# A test file that loads it defines sql(), which runs the SQL on standard input in database d of the
# server, and has a configuration with the connections `server` and `local` (the file $D).

make_warning_table() {
    sql <<'SQL'
CREATE TABLE w (id INT, s VARCHAR(20), d VARCHAR(30), b VARBINARY(20), l VARCHAR(20) CHARACTER SET utf8mb4,
    e DATETIME);
INSERT INTO w VALUES (1, '12abc', '2024-13-45', X'FF41', '漢é', '9999-12-31 23:59:59'),
    (2, '7', '2024-02-29', X'41', 'é', '2000-01-01 00:00:00');
SQL
}

# What the server's shell says of the query, NULL as sqlite3 prints it here.
as_the_shell_says() { sql <<<"SET sql_mode = 'STRICT_ALL_TABLES'; $1" 2>/dev/null; }

copy_query() {
    rm -f "${D:?}"*
    run dbferry copy server local --query "$1" --target-table t "${@:2}"
}

# told NUMBER TIMES QUERY: the server warns so often with that number; by default the values are carried
# as the shell shows them and the log tells of it; `refuse` refuses.
told() {
    local number=$1 times=$2 query=$3 again
    for again in '' '-o job.on_warning=allow'; do
        # shellcheck disable=SC2086 # two words or none
        copy_query "$query" $again
        assert_status 0
        assert_output_has "dbferry: warning: connection 'server'" "($number)" \
            "the server warned $times time$([ "$times" = 1 ] || echo s) while it was read; the first: "
        assert_equal "$(grep -c warning <<<"$output")" 1
        assert_equal "$query: $(sqlite3 -nullvalue NULL -separator $'\t' "$D" 'SELECT * FROM t')" \
            "$query: $(as_the_shell_says "$query")"
    done
    copy_query "$query" -o job.on_warning=refuse
    assert_status 65
    assert_output_has "the server warns" "($number)" "on_warning" "the target is unchanged"
}

# is_cut NUMBER WORDS QUERY: a warning of a value that was cut or changed, refused with these words by
# default, and carried with `allow`.
is_cut() {
    local number=$1 words=$2 query=$3 policy
    for policy in auto refuse; do
        copy_query "$query" -o job.on_warning=$policy
        assert_status 65
        assert_output_has "the server warns" "($number)" "$words" "the target is unchanged"
        [ ! -e "$D" ] || assert_equal "$(sqlite3 "$D" .tables)" ""
    done
    copy_query "$query" -o job.on_warning=allow
    assert_status 0
    assert_output_has "the server warned" "values were cut or changed: " "($number)"
}

# The same on both servers.
check_what_expressions_come_to() {
    told 1292 1 'SELECT id FROM w WHERE s = 12'
    told 1292 1 'SELECT id, s FROM w ORDER BY s + 0'
    told 1292 1 'SELECT CAST(SUM(s) AS SIGNED) AS a FROM w'
    told 1292 1 'SELECT id, DATE(d) AS a FROM w'
    told 1292 1 'SELECT id, CAST(s AS CHAR(2)) AS a FROM w'
    told 1292 1 'SELECT id, CAST(s AS SIGNED) AS a FROM w'
    told 1411 1 "SELECT id, STR_TO_DATE(d, '%Y-%m-%d') AS a FROM w"
    told 1264 2 'SELECT id, CAST(id * 1234 AS DECIMAL(3, 1)) AS a FROM w'
    told 1441 1 'SELECT id, DATE_ADD(e, INTERVAL 1 DAY) AS a FROM w'
}

check_what_limits_cut() {
    is_cut 1260 group_concat_max_len "SELECT GROUP_CONCAT(s, REPEAT('x', 2000000)) AS a FROM w"
    is_cut 1256 max_allowed_packet "SELECT UNCOMPRESS(X'FFFFFF3F61626364') AS a"
}

# A cut among many that are none, and a view and a table's query as well as a query.
check_one_cut_among_others() {
    is_cut 1260 group_concat_max_len \
        "SELECT s + 0 AS a, (SELECT GROUP_CONCAT(x.s, REPEAT('x', 2000000)) FROM w x) AS b FROM w WHERE s + 0 > 1"
    sql <<<"CREATE OR REPLACE VIEW warns AS SELECT id FROM w WHERE s = 12"
    run dbferry copy server local --view warns --target-table v
    assert_status 0
    assert_output_has "view 'warns': the server warned 1 time"
}
