# What the service manager is told over its socket, and what the journal gets: by a manager of our own.

load helper

setup() {
    ferry_setup
    requires python3
    requires_driver memory
    requires_driver sqlite
    cd "$T"
}

# managed [OPTION...] -- COMMAND...: as the manager starts it
managed() { timeout 60 python3 "$FERRY_SOURCE/tests/servers/manager.py" "$@"; }

# managed_copy [OPTION...] -- ARGUMENT...: a copy of 60 made-up rows
managed_copy() {
    local options=()
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    managed "${options[@]}" "$DBFERRY" copy memory:x memory:y --table t -o source.rows=60 "${@:2}"
}

# Made-up rows that stop for as long as the file go is not there, and make the file there.
stalled=(-o source.fail_at=read_batch -o source.fail_how=stall -o source.fail_row=20)

# ---- $NOTIFY_SOCKET ----

@test "a run says that it is ready, and what came of it, to a socket of either kind" {
    for kind in "" --abstract; do
        run managed_copy $kind --
        assert_status 0
        assert_equal "$output" ""
        assert_equal "$(head -n 1 told)" "main READY=1"
        [[ $(tail -n 1 told) == "main STATUS=copy: 60 rows (before: 0), "* ]]
        refute grep -v "^main [A-Z]*=" told
    done
}

@test "a run that fails says why, in one line that is not too long" {
    run managed_copy -- -o source.fail_at=read_batch -o source.fail_class=stream -o source.retries=0
    assert_status 76
    [[ $(tail -n 1 told) == "main STATUS="*"read_batch"* ]]
    name=$(printf 'x\ny\033%03000d' 0)
    run managed "$DBFERRY" copy "memory:x" "$name" --table t
    [ "$status" -eq 64 ] || [ "$status" -eq 78 ]
    last=$(tail -n 1 told)
    [ "${#last}" -lt 1200 ]
    refute grep -q $'\033' told
}

@test "while rows move, the job and its rows are told; at a signal, that it stops" {
    managed_copy -- "${stalled[@]}" -o source.fail_mark="$T/there" 3>&- &
    manager=$!
    until_there test -e there
    until_there grep -qE '^main STATUS=copy: [0-9]+ rows?, ' told
    kill -TERM "$(cat pid)"
    code=0
    wait $manager || code=$?
    assert_equal $code 143
    grep -qx "main STOPPING=1" told
}

@test "what is waited for is told: the next attempt, and a random delay" {
    run managed_copy -- -o source.fail_at=describe -o source.fail_class=stream -o source.fail_times=1 \
        -o source.retries=1 -o source.retry_wait=1500ms
    assert_status 0
    grep -q "^main STATUS=copy: attempt 1 failed, the next one in " told
    write_config <<'END'
connections = { made = { driver = "memory"; rows = 3; }; local = { driver = "memory"; }; };
jobs = ( { name = "j"; source = "made"; table = "t"; target = "local"; } );
END
    managed "$DBFERRY" run --random-delay 1000d 3>&- &
    manager=$!
    until_there grep -q "^main STATUS=random delay: the first job begins in " told
    kill -INT "$(cat pid)"
    code=0
    wait $manager || code=$?
    assert_equal $code 130
}

# two_jobs KEYS: made-up rows into two files, with these keys of the source
two_jobs() {
    write_config <<END
connections = { made = { driver = "memory"; rows = 60; $1 }; one = { driver = "sqlite"; path = "one.db"; };
                two = { driver = "sqlite"; path = "two.db"; }; };
jobs = ( { name = "a"; source = "made"; table = "t"; target = "one"; },
         { name = "b"; source = "made"; table = "t"; target = "two"; } );
END
}

@test "of jobs at one time, the first process tells alone, and of all" {
    two_jobs "fail_at = \"read_batch\"; fail_how = \"stall\"; fail_mark = \"$T/there\"; fail_until = \"$T/go\";"
    managed "$DBFERRY" run --jobs 2 3>&- &
    manager=$!
    until_there grep -qx "main STATUS=0 of 2 jobs done; running: a, b" told
    touch go
    wait $manager
    refute grep -v "^main " told
    [[ $(tail -n 1 told) == "main STATUS=2 jobs, 120 rows in "* ]]
}

@test "a program that is started can tell nothing in our place" {
    requires_driver mysql
    run managed --watchdog 60000 "$DBFERRY" copy mysql://reader@127.0.0.1:1/shop memory:y --table t \
        -o source.password_command="env >'$T/seen'; echo x" -o source.retries=0
    assert_status 69
    grep -q ^PATH= seen
    refute grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID)=' seen
}

@test "where nobody listens, reads or can be addressed, a run goes on and says nothing of it" {
    run managed_copy --deaf -- -o source.fail_at=read_batch -o source.fail_how=slow -o source.fail_delay=100ms
    assert_status 0
    assert_equal "$output" ""
    for name in "$T/nobody" @nobody-$$ relative / @ "" "vsock:2:1" "$(printf '/%0200d' 0)" "$T"; do
        NOTIFY_SOCKET=$name WATCHDOG_USEC=garbage run "$DBFERRY" copy memory:x memory:y --table t
        assert_status 0
        assert_equal "$output" ""
    done
}

# ---- The watchdog ----

# Three runs beside each other: one that waits for its next attempt, for longer than the watchdog does; one
# whose source hangs; and one whose jobs, in processes of their own, wait so too.
@test "a run that gets on is left alone by the watchdog, one that hangs is killed" {
    mkdir waits hangs jobs
    retry='fail_at = "describe"; fail_class = "stream"; fail_times = 1; retries = 1; retry_wait = "9s";'
    (cd waits && managed_copy --watchdog 4000 -- -o source.fail_at=describe -o source.fail_class=stream \
        -o source.fail_times=1 -o source.retries=1 -o source.retry_wait=9s) 3>&- &
    waits=$!
    (cd hangs && managed_copy --watchdog 4000 -- "${stalled[@]}") 3>&- &
    hangs=$!
    two_jobs "$retry"
    (cd jobs && managed --watchdog 4000 "$DBFERRY" run --jobs 2) 3>&- &
    jobs=$!
    wait $waits
    wait $jobs
    code=0
    wait $hangs || code=$?
    assert_equal $code 134
    assert_equal "$(tail -n 1 hangs/told)" killed
    for which in waits jobs; do
        grep -qx "main WATCHDOG=1" $which/told
        refute grep -E "^(other|killed)" $which/told
    done
}

# ---- The journal ----

warns='fail_at = "read_batch"; fail_class = "stream"; fail_row = 1; retries = 0;'

@test "each line on the journal begins with its priority, also of jobs at one time" {
    two_jobs "$warns"
    for how in "" "--jobs 2"; do
        run managed --journal "$DBFERRY" run -vv $how
        assert_status 76
        refute grep -vE '^<[3467]>20[0-9-]*T[0-9:.]*Z (error|warning|info|debug) ' journal
        for pair in "3 error" "6 info" "7 debug"; do
            grep -qE "^<${pair% *}>[^ ]* ${pair#* } " journal
        done
        refute grep -vE '^<3>[^ ]* error|^<4>[^ ]* warning|^<6>[^ ]* info|^<7>[^ ]* debug' journal
    done
    run managed --journal "$DBFERRY" run
    assert_equal "$(grep -c '^<3>dbferry: [ab]: ' journal)" 2
    run managed --journal "$DBFERRY" rum
    [[ $(cat journal) == "<3>dbferry: unknown command 'rum'"* ]]
}

@test "the log file has no priorities, nor has a terminal, a file or another socket in the journal's place" {
    two_jobs "$warns"
    sed -i '1i general = { log_file = "log"; };' dbferry.conf
    run managed --journal "$DBFERRY" run
    refute grep '<[0-9]>' log
    run managed --journal sh -c '"$1" run 2>file' - "$DBFERRY"
    [ -s file ]
    refute grep '<[0-9]>' file
    for stream in 1:1 garbage "" :; do
        JOURNAL_STREAM=$stream run "$DBFERRY" run
        refute_output_has "<3>"
    done
}
