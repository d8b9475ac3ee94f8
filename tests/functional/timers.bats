# What timers need: runs that leave a table to another run, and that do not all begin at one moment.

load helper
load sample

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    cd "$T"
}

# ---- --skip-locked ----

# left JOB: the last run has left it to another one, as a success, and said so as a message alone
left() {
    assert_status 0
    assert_output_has " info    $1 " ": left to another run: '" "another run is replacing table" "run again"
    refute_output_has " error " " warning "
}

@test "--skip-locked: a table that another run is at work on is left to it, 0, with a word in the log" {
    sample_config '' '' '' 'log_file = "log";'
    sample_table cars.db cars 2
    hold_lock cars.db cars
    run --separate-stderr dbferry run
    assert_status 75
    : >log
    run --separate-stderr dbferry run --skip-locked
    assert_status 0
    assert_equal "$output$stderr" ""
    grep -q " info    cars begin: left to another run: '$T/cars.db'" log
    refute grep -E "done:| error | warning " log
    run --separate-stderr dbferry run --skip-locked -v
    left cars
    run --separate-stderr dbferry copy memory:x sqlite:cars.db --table cars --skip-locked -v
    left - # a copy has no name there
    assert_equal "$(rows cars.db cars)" 2
    let_go
    run dbferry run --skip-locked
    assert_status 0
    assert_equal "$(rows cars.db cars)" 5
}

@test "--skip-locked says on a terminal whose table it left" {
    requires script
    sample_config
    hold_lock cars.db cars
    script -qefc "'$DBFERRY' run --skip-locked" screen >/dev/null
    grep -q "cars: left to another run: '$T/cars.db': another run is replacing table 'cars'" screen
    let_go
}

@test "--skip-locked is for the lock of a run alone: a stranger's lock, or another cause to try again, is 75" {
    sample_config 'fail_at = "read_begin"; fail_class = "busy";'
    run dbferry run --skip-locked
    assert_status 75
    sample_config '' 'lock_wait = "50ms";'
    sample_table cars.db cars 2 delete
    coproc STRANGER { sqlite3 -batch cars.db 3>&-; }
    printf 'BEGIN IMMEDIATE;\n.print held\n' >&"${STRANGER[1]}"
    read -r <&"${STRANGER[0]}"
    run dbferry run --skip-locked
    assert_status 75
    stranger=$STRANGER_PID
    eval "exec ${STRANGER[1]}>&-"
    wait "$stranger"
    assert_equal "$(rows cars.db cars)" 2
}

# shop [KEYS]: a job of three tables
shop() {
    [ -e shop.db ] || sqlite3 -batch shop.db "CREATE TABLE a (x); CREATE TABLE b (x); CREATE TABLE c (x);
        INSERT INTO a VALUES (1); INSERT INTO b VALUES (2); INSERT INTO c VALUES (3)"
    write_config <<END
connections = { shop = { driver = "sqlite"; path = "shop.db"; }; local = { driver = "sqlite"; path = "local.db"; }; };
jobs = ( { name = "shop"; source = "shop"; target = "local"; tables = ["*"]; ${1:-} } );
END
}

@test "--skip-locked of many tables: one by one, those of another run alone are left; in one step, all" {
    shop
    dbferry run
    sqlite3 shop.db "INSERT INTO a VALUES (9); INSERT INTO b VALUES (9); INSERT INTO c VALUES (9); DROP TABLE c"
    hold_lock local.db b
    shop 'prune = true; max_shrink_percent = 50;'
    run --separate-stderr dbferry run -v --skip-locked
    left shop/b
    assert_output_has "shop/a main: done: 2 rows" "shop main: done: 2 tables, 2 rows" "1 left to another run"
    assert_equal "$(rows local.db a) $(rows local.db b) $(rows local.db c)" "2 1 1" # nothing is dropped meanwhile
    shop 'commit = "together";'
    sqlite3 shop.db "INSERT INTO a VALUES (10)"
    run --separate-stderr dbferry run -v --skip-locked
    left shop
    assert_output_has "2 left to another run"
    assert_equal "$(rows local.db a) $(rows local.db b)" "2 1"
    let_go
    run dbferry run --skip-locked
    assert_status 0
    assert_equal "$(rows local.db a) $(rows local.db b)" "3 2"
}

# two_files: the jobs a and b, with a file each
two_files() {
    write_config <<END
connections = { made = { driver = "memory"; rows = 5; }; one = { driver = "sqlite"; path = "one.db"; };
                two = { driver = "sqlite"; path = "two.db"; }; };
jobs = ( { name = "a"; source = "made"; table = "t"; target = "one"; },
         { name = "b"; source = "made"; table = "t"; target = "two"; } );
END
}

@test "--skip-locked with jobs at one time: the others go on, and the totals tell of it" {
    two_files
    hold_lock one.db t
    for how in "" "--jobs 2"; do
        run --separate-stderr dbferry run -v --skip-locked $how
        left a
        assert_output_has "b main: done: 5 rows" "done: 2 jobs, 5 rows in" "; 1 left to another run"
    done
    let_go
}

# ---- --random-delay ----

@test "--random-delay waits at most so long, says so with -v, and then runs" {
    sample_config
    for delay in 0s 20ms; do
        run --separate-stderr dbferry run -v --random-delay $delay
        assert_status 0
        assert_equal "$(rows cars.db cars)" 5
    done
    assert_output_has " info    - wait: the first job begins in " " ms, by chance"
    [[ $stderr =~ begins\ in\ ([0-9]+)\ ms ]]
    between 0 "${BASH_REMATCH[1]}" 20
    run --separate-stderr dbferry run --random-delay 20ms
    assert_equal "$output$stderr" ""
}

@test "--random-delay is drawn anew each time" {
    sample_config
    for i in {1..5}; do
        "$DBFERRY" run -v --random-delay 1000d 2>log.$i 3>&- &
        until_there grep -q "the first job begins in" log.$i
        kill -TERM $!
        wait $! || true
    done
    [ "$(sed -n 's/.*the first job begins in //p' log.? | sort -u | wc -l)" -gt 1 ]
}

@test "a signal ends a random delay at once, and names the jobs that were not begun" {
    two_files
    for how in "" "--jobs 2"; do
        "$DBFERRY" run -v --random-delay 1000d $how 2>log 3>&- &
        until_there grep -q "the first job begins in" log
        kill -TERM $!
        code=0
        wait $! || code=$?
        assert_equal $code 143
        grep -q "not begun: a, b" log
        [ ! -e one.db ]
    done
}

@test "a dry run does not wait, and neither does one whose configuration is wrong" {
    sample_config
    run dbferry run --dry-run --random-delay 1000d
    assert_status 0
    run dbferry run --random-delay 1000d nosuch
    assert_status 78
    echo "rubbish" >>dbferry.conf
    run dbferry run --random-delay 1000d
    assert_status 78
}

@test "--random-delay takes a duration, once, and of run alone" {
    sample_config
    for delay in 5 -5s s 5w '' 99999999999999999999s; do
        run dbferry run "--random-delay=$delay"
        assert_status 64
        assert_output_has "--random-delay takes a duration, such as 90s or 5m, not '$delay'"
    done
    run dbferry run --random-delay 1s --random-delay 2s
    assert_status 64
    assert_output_has "twice"
    for command in "copy memory:x memory:y --table t" plan check verify; do
        run dbferry $command --random-delay 1s
        assert_status 64
    done
}
