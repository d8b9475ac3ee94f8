# What timers need: runs that leave a table to another run, and that do not all begin at one moment; and what
# status knows of them.

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
        rm -f log # that of the turn before would answer for a program that has not begun
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

# ---- status ----

# systemctl [LINE...]: from now on it answers so.  A booted systemd is asked in tests/servers/systemd-units.
systemctl() {
    mkdir -p bin
    printf '%s\n' '#!/bin/sh' "$@" >bin/systemctl && chmod 755 bin/systemctl
    export PATH=$T/bin:$PATH
}

# set_timer UNIT MOMENT: systemctl tells of this one, too, as systemd 252 does
set_timer() {
    printf 'NextElapseUSecRealtime=%s\nId=%s\n' "$2" "$1" >>set-timers
    systemctl "case \"\$TZ \$*\" in 'UTC show '*) cat '$T/set-timers' ;; *) exit 1 ;; esac"
    echo >>set-timers
}

jobs() {
    write_config <<END
connections = { made = { driver = "memory"; rows = 3; }; };
jobs = ( { name = "day"; source = "made"; view = "v"; target = "made"; },
  { name = "two/thirds-of-.it"; source = "made"; view = "v"; target = "made"; },
  { name = "never"; source = "made"; view = "v"; target = "made"; } );
END
}

next_of() { "$DBFERRY" status --json | python3 "$FERRY_SOURCE/tests/functional/records.py" show status job timer; }

@test "status tells which timer of systemd runs a job next, and when" {
    requires python3
    jobs
    set_timer dbferry@day.timer 'Mon 2098-12-01 06:00:00 UTC'
    set_timer "$(systemd-escape --template=dbferry@.timer two/thirds-of-.it)" 'Tue 2098-12-02 07:30:05 UTC'
    set_timer dbferry@other.timer 'Mon 2098-12-01 01:00:00 UTC'
    set_timer dbferry@never.timer ''
    assert_equal "$(next_of)" 'day|{"unit":"dbferry@day.timer","next":"2098-12-01T06:00:00.000Z"}
two/thirds-of-.it|{"unit":"dbferry@two-thirds\\x2dof\\x2d.it.timer","next":"2098-12-02T07:30:05.000Z"}
never|null'
    run "$DBFERRY" status day
    assert_output_has "next run       in " " d (2098-12-01T06:00:00.000Z), by dbferry@day.timer"
    run script -qec "stty cols 120; '$DBFERRY' status" /dev/null
    assert_output_has "last success  next run" "day                never run                                 never         in "
    # the timer of all jobs runs them, too
    set_timer dbferry.timer 'Mon 2098-12-01 08:00:00 UTC'
    assert_equal "$(next_of | sed 's/"next".*//')" 'day|{"unit":"dbferry@day.timer",
two/thirds-of-.it|{"unit":"dbferry.timer",
never|{"unit":"dbferry.timer",'
}

@test "status shows how jobs stand whatever systemctl says, or where there is none" {
    requires python3
    jobs
    systemctl 'echo "System has not been booted with systemd" >&2' 'exit 1'
    expected=$("$DBFERRY" status)
    refute grep "next run" <<<"$expected"
    for answer in 'exit 0' 'kill -9 $$' 'sleep 600' 'yes "Id=dbferry.timer"' 'head -c 100000 /dev/zero' 'echo Id=; echo NextElapseUSecRealtime=' \
        'echo Id=dbferry.timer; echo NextElapseUSecRealtime=tomorrow' 'echo NextElapseUSecRealtime=Mon 2098-12-01 06:00:00 CET; echo Id=dbferry.timer' \
        'printf Id=dbferry.timer\\nNextElapseUSecRealtime=Mon\ 2098-12-01\ 06:00:00\ UTC; exit 1'; do
        systemctl "$answer"
        assert_equal "$(timeout 20 "$DBFERRY" status)" "$expected"
    done
    mkdir nothing
    assert_equal "$(PATH=$T/nothing "$DBFERRY" status)" "$expected"
}
