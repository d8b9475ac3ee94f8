# What jobs that run at one time must do with a server on both sides, on either server.
#
# A test file that loads it has loaded target-mariadb or target-nine.

# jobs_to TARGET TABLE...: a job for each table, j1, j2, ..., that is held in the midst of its rows
jobs_to() {
    local target=$1 table i=0 connections list
    shift
    connections='' list=''
    for table; do
        i=$((i + 1))
        connections+="  from$i = { driver = \"memory\"; rows = 2000; columns = \"id int64 not null key, name text(40)\"; fail_at = \"read_batch\"; fail_row = 500; fail_how = \"stall\"; fail_mark = \"$T/at.$i\"; fail_until = \"$T/go.$i\"; };"$'\n'
        list+="${list:+, }{ name = \"j$i\"; source = \"from$i\"; table = \"$table\"; target = \"$target\"; }"$'\n'
    done
    sed -i '/^  from[0-9]/d; /^};/,$d' "$DBFERRY_CONFIG"
    printf '%s};\ngeneral = { log_file = "%s"; };\njobs = ( %s );\n' "$connections" "$T/log" "$list" >>"$DBFERRY_CONFIG"
    rm -f "$T"/at.* "$T"/go.* "$T/log"
}

are_at() { local i; for i; do [ -e "$T/at.$i" ] || return 1; done; }

# in the midst of their rows
both_are_held() { until_there are_at 1 2 || { cat "$T/out" "$T/log" >&2 && kill "$run_pid"; return 1; }; }

check_tables_of_a_server_at_one_time() {
    jobs_to target one two ONE
    timeout 100 "$DBFERRY" run --jobs 3 >"$T/out" 2>&1 3>&- &
    run_pid=$!
    both_are_held # the third has the first one's table
    touch "$T/go.2" "$T/go.3"
    until_there grep -q 'j2 main: done' "$T/log"
    assert_equal "$(ls "$T"/at.* | wc -l) $(grep -c ' j3 ' "$T/log")" "2 0"
    touch "$T/go.1"
    code=0
    wait "$run_pid" || code=$?
    cat "$T/out"
    assert_equal "$code" 0
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM one UNION ALL SELECT COUNT(*) FROM two")" $'2000\n2000'
}

# Also while the table of runs is made, and where two records stand side by side; `target` has retries = 0.
check_many_jobs_of_a_server() {
    local i round
    jobs_to target t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11 t12
    for i in {1..12}; do touch "$T/go.$i"; done
    for round in {1..6}; do
        run timeout 200 "$DBFERRY" run --jobs 8
        assert_status 0
        [ $round -gt 4 ] || sql e <<<"DROP TABLE _dbferry_sync" # it is made by many at one time
    done
    sql <<<"GRANT UPDATE ON e.* TO loader" # a merge needs it
    sed -i 's/target = "target"; }/target = "target"; strategy = "merge"; }/' "$DBFERRY_CONFIG"
    for round in 1 2 3; do
        for i in {1..12}; do echo "DELETE FROM t$i WHERE id % 7 = $round; UPDATE t$i SET name = 'other' WHERE id % 5 = $round;"; done | sql e
        run timeout 200 "$DBFERRY" run --jobs 8
        assert_status 0
        assert_equal "$(sql e <<<"SELECT MIN(strategy), MIN(deleted), MIN(inserted) > 200, MIN(updated) > 200 FROM _dbferry_sync")" $'merge\t0\t1\t1'
    done
    assert_equal "$(sql e <<<"SELECT COUNT(*), SUM(\`rows\`) FROM _dbferry_sync")" $'12\t24000'
    for i in {1..12}; do assert_equal "$(sql e <<<"SELECT COUNT(*) FROM t$i")" 2000; done
    assert_equal "$(leftovers)" ""
}

# Each process has a connection of its own, over which it reads what it reads alone.
check_one_server_read_by_many() {
    local i
    sql d <<<"CREATE TABLE many (id INT PRIMARY KEY, name VARCHAR(20)); INSERT INTO many WITH RECURSIVE i AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM i WHERE n < 900) SELECT n, CONCAT('row ', n) FROM i"
    sed -i '/^};/,$d' "$DBFERRY_CONFIG"
    {
        for i in {1..6}; do echo "  file$i = { driver = \"sqlite\"; path = \"$T/$i.db\"; };"; done
        echo "}; jobs = ("
        for i in {1..6}; do echo "${comma:-} { name = \"j$i\"; source = \"server\"; table = \"many\"; target = \"file$i\"; verify = \"content\"; }" && comma=,; done
        echo ");"
    } >>"$DBFERRY_CONFIG"
    run timeout 100 "$DBFERRY" run --jobs 6
    assert_status 0
    assert_equal "$output" ""
    for i in {1..6}; do
        assert_equal "$(sqlite3 -batch "$T/$i.db" "SELECT count(*), min(name), max(id) FROM many")" "900|row 1|900"
    done
}

# A signal while two tables of one server are loaded.
check_a_signal_to_jobs_of_a_server() {
    jobs_to target one two
    touch "$T/go.1" "$T/go.2"
    "$DBFERRY" run --jobs 2
    sql e <<<"DELETE FROM one; INSERT INTO one VALUES (7, 'old'); DELETE FROM two; INSERT INTO two VALUES (7, 'old')"
    rm "$T"/at.* "$T"/go.*
    "$DBFERRY" run --jobs 2 >"$T/out" 2>&1 3>&- &
    run_pid=$!
    both_are_held
    kill -TERM "$run_pid"
    code=0
    wait "$run_pid" || code=$?
    assert_equal "$code" 143
    assert_equal "$(grep -c 'dbferry: j[12]: .*the target is unchanged' "$T/out")" 2
    assert_equal "$(sql e <<<"SELECT * FROM one UNION ALL SELECT * FROM two")" $'7\told\n7\told'
    assert_equal "$(leftovers)" ""
}
