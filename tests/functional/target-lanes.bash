# How rows travel to a MySQL target, and its limits, for either server.

# load_text N: row 2 of two has a text of N letters; true if it was taken, and is whole.
load_text() {
    sqlite3 "$D" "CREATE TABLE IF NOT EXISTS big (id INTEGER, t TEXT); DELETE FROM big;
        INSERT INTO big VALUES (1, 'x'), (2, printf('%.*c', $1, 'a'))"
    run dbferry copy local target --table big --target-table big
    [ "$status" -ne 0 ] || assert_equal "$(sql e <<<'SELECT LENGTH(t) FROM big WHERE id = 2')" "$1"
}

# The largest row that is taken, to the byte: the next one is refused, by its number.
check_packet_limit() {
    local lane low high middle limit=1048576
    sql <<<"SET GLOBAL max_allowed_packet = $limit"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        low=$((limit - 500)) high=$((limit + 1))
        load_text $low
        assert_status 0
        while [ $((high - low)) -gt 1 ]; do
            middle=$(((low + high) / 2))
            load_text $middle
            if [ "$status" -eq 0 ]; then low=$middle; else high=$middle; fi
        done
        echo "# local_infile = $lane: $low letters are taken" >&3
        between $((limit - 200)) $low $limit
        for middle in $high $((high + 1)) $limit $((limit + 1)) $((2 * limit)); do
            load_text $middle
            assert_status 65
            assert_output_has "row 2" "max_allowed_packet is $limit" "unchanged"
        done
        # many rows that would be too large together
        sqlite3 "$D" "DELETE FROM big; WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT 40)
            INSERT INTO big SELECT n, printf('%.*c', $limit / 3, 'b') FROM s"
        run dbferry copy local target --table big --target-table big
        assert_status 0
        assert_equal "$(sql e <<<'SELECT COUNT(*), SUM(LENGTH(t)) FROM big')" $'40\t'$((limit / 3 * 40))
    done
    sql <<<"SET GLOBAL max_allowed_packet = DEFAULT"
    assert_equal "$(leftovers)" ""
}

commits() { sql <<<"SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f 2; }

# 200 MiB: a commit for about each 64 MiB, none of them visible.
check_bounded_commits() {
    local before lane
    sqlite3 "$D" "CREATE TABLE much (id INTEGER, t TEXT); WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s LIMIT 200)
        INSERT INTO much SELECT n, printf('%.*c', 1048576, 'b') FROM s"
    sql <<<"SET GLOBAL max_allowed_packet = 16777216"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        before=$(commits)
        run dbferry copy local target --table much --target-table much
        assert_status 0
        between 3 $(($(commits) - before)) 8
        assert_equal "$(sql e <<<'SELECT COUNT(*) FROM much')" 200
    done
}

# What the server forbids while a load is under way.
check_switched_off() {
    local what
    for what in local_infile:0:1 read_only:1:0; do
        make_old
        sql <<<"SET GLOBAL local_infile = 1"
        rm -f "$T/go"
        begin_standing_load
        sql <<<"SET GLOBAL ${what%%:*} = $(cut -d : -f 2 <<<"$what")"
        touch "$T/go"
        status=0
        wait $load || status=$?
        output=$(cat "$T/message")
        sql <<<"SET GLOBAL ${what%%:*} = $(cut -d : -f 3 <<<"$what")"
        echo "$what"
        assert_status 75
        assert_output_has "run again"
        assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
        heals
    done
}

# A server that has little patience with idle connections, and a source that has none of its rows.
check_patience() {
    sql <<<"SET GLOBAL net_read_timeout = 1, GLOBAL net_write_timeout = 1, GLOBAL wait_timeout = 2, GLOBAL interactive_timeout = 2"
    make_old
    begin_standing_load
    sleep 4
    touch "$T/go"
    wait $load
    sql <<<"SET GLOBAL net_read_timeout = DEFAULT, GLOBAL net_write_timeout = DEFAULT, GLOBAL wait_timeout = DEFAULT, GLOBAL interactive_timeout = DEFAULT"
    rows_are_new
}

# The server would drop a reader that takes nothing for net_write_timeout; a slow target is no reason.
check_slow_target() {
    sql d <<<"CREATE TABLE much (id INT, t LONGTEXT); INSERT INTO much VALUES (1, REPEAT('x', 1000000));
        INSERT INTO much SELECT 2, t FROM much; INSERT INTO much SELECT 3, t FROM much; INSERT INTO much SELECT 4, t FROM much;
        INSERT INTO much SELECT 5, t FROM much; INSERT INTO much SELECT 6, t FROM much"
    sql <<<"SET GLOBAL net_write_timeout = 1"
    target_config 'fail_at = "load_batch"; fail_how = "slow"; fail_row = 2; fail_delay = "4s";'
    run dbferry copy server made --table much --target-table much
    sql <<<"SET GLOBAL net_write_timeout = DEFAULT"
    assert_status 0
}

check_two_connections() {
    make_old
    sql <<<"ALTER USER loader WITH MAX_USER_CONNECTIONS 1"
    run load_t
    sql <<<"ALTER USER loader WITH MAX_USER_CONNECTIONS 0"
    assert_status 75
    assert_output_has "takes two" "unchanged"
    rows_are_old
}
