# run --jobs N: jobs that run at one time, and those that must wait; what they print together, what ends
# them, and what is told of them.

load helper
load sample

setup() {
    ferry_setup
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    requires pgrep
    cd "$T"
}

# A job that a test holds is in the midst of its rows: it makes the file at.NAME and waits for go.NAME.
held='fail_at = "read_batch"; fail_row = 500; fail_how = "stall";'

# jobs ENTRY...: a configuration with a job for each entry: NAME TARGET [SOURCE-KEYS [JOB-KEYS]].  A target is
# the path of a file.  TARGETS is what else stands among the connections.
jobs() {
    local entry name target source keys connections= list=
    for entry; do
        IFS='|' read -r name target source keys <<<"$entry"
        source=${source//HELD/$held fail_mark = \"$T/at.$name\"; fail_until = \"$T/go.$name\";}
        connections+="from_$name = { driver = \"memory\"; rows = 1000; columns = \"id int64 not null key, name text(40)\"; $source };
  to_$name = { driver = \"sqlite\"; path = \"$target\"; };
  "
        list+="${list:+,
  }{ name = \"$name\"; source = \"from_$name\"; table = \"$name\"; target = \"to_$name\"; $keys }"
    done
    write_config <<END
general = { log_file = "$T/log"; };
connections = { $connections ${TARGETS:-} };
jobs = ( $list );
END
    rm -f at.* go.* log
}

# begin WORD...: dbferry run with these words, in the background; its output is in the files out and err
begin() {
    "$DBFERRY" run "$@" >out 2>err 3>&- &
    program=$!
}

# ended CODE
ended() {
    local code=0
    wait "$program" || code=$?
    [ "$code" -eq "$1" ] && return
    { echo "ended with $code, not $1" && cat out err; } >&2
    return 1
}

are_at() { local name; for name; do [ -e "at.$name" ] || return 1; done; }
children() { pgrep -P "$program" | wc -l; }
# A process ends a little later than its last line has come.
are_children() { [ "$(children)" = "$1" ]; }
is_gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status"; }
are_gone() { local pid; for pid; do is_gone "$pid" || return 1; done; }
logged() { grep -c -- "$1" log || true; }

# ---- At one time ----

@test "two jobs run at one time: each waits for what the other does" {
    jobs 'a|a.db|HELD' 'b|b.db|HELD'
    sed -i 's|go\.a|at.b|; s|go\.b|at.a|' dbferry.conf
    run --separate-stderr timeout 60 "$DBFERRY" run --jobs 2
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(rows a.db a) $(rows b.db b)" "1000 1000"
    rm at.*
    begin # one after the other: the first waits in vain
    until_there are_at a
    sleep 0.3
    assert_equal "$(children) $(ls at.*)" "0 at.a"
    touch at.b
    ended 0
}

@test "never more than N, and the next as soon as one has ended" {
    local i list=()
    for i in 1 2 3 4 5 6; do list+=("j$i|j$i.db|HELD"); done
    jobs "${list[@]}"
    begin --jobs 2
    until_there are_at j1 j2
    assert_equal "$(children)" 2
    touch go.j2
    until_there are_at j3
    assert_equal "$(children) $(ls at.* | xargs)" "2 at.j1 at.j2 at.j3"
    touch go.j1 go.j3
    until_there are_at j4 j5
    assert_equal "$(children) $(ls at.* | wc -l)" "2 5"
    touch go.j4 go.j5 go.j6
    ended 0
    for i in 1 2 3 4 5 6; do assert_equal "$(rows "j$i.db" "j$i")" 1000; done
}

@test "more than there are jobs; and one job, which needs no process of its own" {
    jobs 'a|a.db|HELD' 'b|b.db|'
    touch go.a
    run "$DBFERRY" run --jobs 64
    assert_status 0
    rm go.a at.a
    begin --jobs 8 a
    until_there are_at a
    assert_equal "$(children)" 0
    touch go.a
    ended 0
}

@test "one file is loaded by one job after another, whatever its names are" {
    mkdir there
    ln -s "$T/one.db" link.db
    touch one.db
    jobs 'a|one.db|HELD' "b|$T/there/../one.db|HELD" 'c|link.db|HELD' 'd|other.db|HELD'
    touch go.b go.c go.d
    begin --jobs 4
    until_there are_at a d
    until_there grep -q ' d main: done' log
    until_there are_children 1
    assert_equal "$(ls at.* | xargs)" "at.a at.d"
    touch go.a
    ended 0
    assert_equal "$(sqlite3 one.db "SELECT group_concat(job) FROM (SELECT job FROM _dbferry_sync ORDER BY finished)")" a,b,c
    assert_equal "$(grep -o ' [abc] main: \(run\|done\)' log | xargs)" \
        "a main: run a main: done b main: run b main: done c main: run c main: done"
}

@test "a job that reads what one before it writes waits for that; and one that writes what it reads" {
    TARGETS='copy = { driver = "sqlite"; path = "copy.db"; };' jobs 'a|a.db|HELD' 'z|z.db|HELD'
    sqlite3 a.db "CREATE TABLE a (id INTEGER); CREATE TABLE before (id INTEGER); INSERT INTO before VALUES (1)"
    sed -i 's/^jobs = (/jobs = ( { name = "reads"; source = "to_a"; table = "before"; target = "copy"; },/;
        s/ );$/, { name = "chain"; source = "to_a"; table = "a"; target = "copy"; } );/' dbferry.conf
    begin --jobs 4 a chain z
    until_there are_at a z
    touch go.z
    until_there grep -q ' z main: done' log
    until_there are_children 1
    assert_equal "$(logged ' chain ')" 0
    touch go.a
    ended 0
    assert_equal "$(rows copy.db a)" 1000
    rm -f log at.* go.*
    touch go.a go.z
    begin --jobs 4 reads a
    ended 0
    assert_equal "$(grep -o ' [a-z]* main: \(run\|done\)' log | xargs)" \
        "reads main: run reads main: done a main: run a main: done"
}

@test "what a job may fall back to counts as what it reads" {
    jobs 'a|a.db|HELD' 'b|b.db||fallback_source = "to_a"; fallback_table = "a";'
    begin --jobs 2
    until_there are_at a
    sleep 0.3
    assert_equal "$(children) $(logged ' b ')" "1 0"
    touch go.a
    ended 0
}

@test "tables of one job, named one by one, go into one file one after another" {
    jobs 'a|a.db|table = "x, y"; HELD|'
    sed -i 's/table = "a"; target/tables = ["*"]; target/' dbferry.conf
    touch go.a
    begin --jobs 2 a/x a/y
    ended 0
    assert_equal "$(grep -o ' a/[xy] main: \(run\|done\)' log | xargs)" \
        "a/x main: run a/x main: done a/y main: run a/y main: done"
    assert_equal "$(rows a.db x) $(rows a.db y)" "1000 1000"
}

# ---- What they print ----

# are_whole FILE: each line of it is one line of the log
are_whole() {
    grep -vE '^20[0-9T:.-]*Z info +([abc](/t[0-9]{3})?|-) [a-z]+: .*[a-z0-9'"'"']$' "$1" >mixed || true
    grep 'Z info .*Z info ' "$1" >>mixed || true
    [ ! -s mixed ] || { cut -c1-200 mixed | head -n 5 >&2; return 1; }
}

# talkative: three jobs of 150 tables, each of which has a line longer than a pipe takes at once
talkative() {
    local names
    names=$(printf 't%03d, ' {1..150})
    jobs "a|a.db|T" "b|b.db|T" "c|c.db|T"
    sed -i "s/ T };/ table = \"$names\"; note = \"$(printf 'many words %.0s' {1..735})so many\"; };/; s/rows = 1000/rows = 1/
        s/table = \"[abc]\"; target/tables = [\"*\"]; target/" dbferry.conf
}

@test "lines of several jobs never mix, however many and long they are" {
    local job
    talkative
    "$DBFERRY" run -v --jobs 3 2>together
    [ "$(wc -l <together)" -gt 1500 ]
    [ "$(awk '{ print length }' together | sort -n | tail -n 1)" -gt 8100 ]
    are_whole together
    # each job's lines are those that it prints alone, in their order
    for job in a b c; do
        "$DBFERRY" run -v $job 2>&1 | sed -E 's/^[^ ]* //; s/[0-9a-f]{32}//; s/ in [0-9.]+ m?s.*//; s/\(before.*//' >alone
        grep -E "^[^ ]* info +$job[/ ]" together |
            sed -E 's/^[^ ]* //; s/[0-9a-f]{32}//; s/ in [0-9.]+ m?s.*//; s/\(before.*//' >mine
        [ "$(wc -l <mine)" -gt 500 ]
        diff -I new: alone mine >different
    done
}

@test "a reader that takes its time gets every line" {
    talkative
    "$DBFERRY" run -v --jobs 3 2>&1 >/dev/null | { sleep 1; cat; } >slow
    assert_equal "$(grep -c 'done: 1 rows' slow)" 450
    are_whole slow
}

@test "the log file has every line of every job, with its name; --quiet prints errors alone" {
    jobs 'a|a.db|' 'b|b.db|fail_at = "describe"; fail_class = "schema";' 'c|c.db|'
    run --separate-stderr "$DBFERRY" run --quiet --jobs 3
    assert_status 65
    assert_equal "$output" ""
    assert_equal "$(wc -l <<<"$stderr")" 1
    assert_output_has "dbferry: b: " "the target is unchanged"
    assert_equal "$(grep -c ' a main: run [0-9a-f]* begins' log) $(grep -c ' c main: done: 1,000 rows' log)" "1 1"
    assert_equal "$(logged ' - main: done: 3 jobs, 2,000 rows in .*; 1 failed')" 1
}

@test "a dry run says of each job what it would do" {
    jobs 'a|a.db|' 'b|b.db|' 'c|c.db|'
    run --separate-stderr "$DBFERRY" run --dry-run --jobs 3
    assert_status 0
    assert_equal "$(sort <<<"$output" | cut -d: -f1 | xargs)" "a b c"
    [ ! -e a.db ] && [ ! -e b.db ]
    run bash -c "'$DBFERRY' run --dry-run --jobs 3 >/dev/full"
    assert_status 71
    assert_output_has "cannot write to the standard output"
}

@test "on a terminal: one line tells who runs, and a table in the end what came of each" {
    requires script
    jobs 'a|a.db|HELD' 'b|b.db|HELD' 'c|c.db|fail_at = "describe"; fail_class = "schema";' \
        'm|m.db||strategy = "merge"; key = ["id"];'
    touch go.a go.b
    "$DBFERRY" run m
    sqlite3 m.db "DELETE FROM m WHERE id IN (1, 2); UPDATE m SET name = 'x' WHERE id = 9; INSERT INTO m VALUES (99999, 'y')"
    script -qec "'$DBFERRY' run --jobs 2" screen </dev/null >/dev/null || true
    drawn=$(tr -d '\r' <screen | tr '\033' '\n')
    [[ $drawn == *"[J0 of 4 jobs done; running: a, b"* ]]
    refute grep -q 'MiB\|1,000 rows  ' <<<"$drawn" # no bar of one of them
    screen=$(tr -d '\r' <screen | sed 's/[0-9]*\.[0-9][0-9]  /0.00  /')
    [[ $screen == *"job   rows  inserted  updated  deleted  seconds  state
a    1,000                                 0.00  done
b    1,000                                 0.00  done
c                                          0.00  FAILED (65)
m    1,000         2        1        1     0.00  done
4 jobs, 3,000 rows in "*"; 2 inserted; 1 updated; 1 deleted; 1 failed"* ]]
    script -qec "'$DBFERRY' run" screen </dev/null >/dev/null || true # one after another likewise
    screen=$(tr -d '\r' <screen | sed 's/[0-9]*\.[0-9][0-9]  /0.00  /')
    [[ $screen == *"
m    1,000         0        0        0     0.00  done
4 jobs, 3,000 rows in "* ]]
    script -qec "'$DBFERRY' run --jobs 2 --quiet a b" screen </dev/null >/dev/null
    refute grep -q 'rows\|running' screen
}

@test "on a narrow terminal: the line that tells who runs stays one line" {
    requires script
    local columns line most
    jobs 'a|a.db|HELD' 'b|b.db|HELD'
    sed -i 's/name = "a"/name = "Straßenverzeichnis-äöüäöü"/; s/name = "b"/name = "Straßenverzeichnis-漢字漢字漢字"/' dbferry.conf
    touch go.a go.b
    for columns in 1 30 50 76 100; do
        script -qec "stty cols $columns; '$DBFERRY' run --jobs 2" screen </dev/null >/dev/null
        # letters take one column, these others two
        tr -d '\r' <screen | tr '\033' '\n' | sed -n 's/^\[J\([0-9] of .*\)/\1/p' | sed 's/[漢字]/&&/g' >lines
        most=0
        while read -r line; do
            [ ${#line} -le $most ] || most=${#line}
        done <lines
        between $((columns < 20 ? 0 : columns < 90 ? columns - 2 : 80)) "$most" $((columns - 1))
    done
}

# ---- What ends them ----

# The tables a and b have one row each, which must stay.
old_targets() {
    local name
    for name in a b; do
        sqlite3 $name.db "CREATE TABLE $name (id INTEGER NOT NULL PRIMARY KEY, name TEXT); INSERT INTO $name VALUES (7, 'old')"
    done
}

targets_are_old() {
    assert_equal "$(sqlite3 a.db 'SELECT * FROM a') $(sqlite3 b.db 'SELECT * FROM b')" "7|old 7|old"
}

@test "a signal stops all: the targets are unchanged, and what is done and what was not begun is told" {
    local name code pids
    for name in INT:130 TERM:143 HUP:129; do
        code=${name#*:} name=${name%:*}
        rm -f ./*.db
        jobs 'first|first.db|' 'a|a.db|HELD' 'b|b.db|HELD' 'c|c.db|'
        old_targets
        # bash ignores SIGINT for what runs in the background
        setsid env --default-signal=INT "$DBFERRY" run --jobs 2 >out 2>err 3>&- &
        program=$!
        until_there are_at a b
        pids=$(pgrep -P "$program")
        assert_equal "$(wc -w <<<"$pids")" 2
        kill -$name "$program"
        ended $code
        are_gone $pids
        targets_are_old
        [ ! -e c.db ]
        assert_equal "$(grep -c 'dbferry: [ab]: .*the target is unchanged' err)" 2
        grep -q "^dbferry: ended by signal .*the new rows are in place: first (1,000 rows); not begun: c$" err
    done
}

@test "a signal to the whole group, as the terminal's Ctrl-C is, is one" {
    jobs 'a|a.db|HELD' 'b|b.db|HELD'
    old_targets
    setsid env --default-signal=INT "$DBFERRY" run --jobs 2 >out 2>err 3>&- &
    program=$!
    until_there are_at a b
    pids=$(pgrep -P "$program")
    kill -INT -- "-$program"
    ended 130
    are_gone $pids
    targets_are_old
    assert_equal "$(grep -c 'dbferry: [ab]: .*the target is unchanged' err)" 2
}

@test "a signal that was ignored when dbferry was started stays ignored" {
    jobs 'a|a.db|HELD' 'b|b.db|HELD'
    env --ignore-signal=HUP "$DBFERRY" run --jobs 2 >out 2>err 3>&- &
    program=$!
    until_there are_at a b
    kill -HUP "$program" $(pgrep -P "$program")
    touch go.a go.b
    ended 0
    assert_equal "$(rows a.db a) $(rows b.db b)" "1000 1000"
}

@test "a second signal ends all at once, also what does not stop" {
    jobs 'a|a.db|HELD' 'b|b.db|fail_at = "connect"; fail_how = "stall"; fail_delay = "1h"; fail_mark = "at.b";'
    old_targets
    begin --jobs 2
    until_there are_at a b
    pids=$(pgrep -P "$program")
    kill -TERM "$program"
    until_there grep -q "dbferry: a: " err
    sleep 0.4 # two in a moment are one
    started=$SECONDS
    kill -TERM "$program"
    ended 143
    are_gone $pids
    between 0 $((SECONDS - started)) 2
    targets_are_old
}

# unread WORD...: dbferry run with these words; what it prints goes into a pipe that nobody reads and that
# is full when this returns
unread() {
    requires python3
    mkfifo full
    exec 8<>full
    "$DBFERRY" run "$@" 2>full 3>&- 8>&- &
    program=$!
    until_there python3 -c 'import array, fcntl, termios
left = array.array("i", [0])
fcntl.ioctl(8, termios.FIONREAD, left)
exit(left[0] < 20000)'
    sleep 0.5
}

@test "a signal ends all in time, although nobody reads what they print" {
    local started
    talkative
    unread -v --jobs 3
    pids=$(pgrep -P "$program")
    assert_equal "$(wc -w <<<"$pids")" 3
    started=$SECONDS
    kill -TERM "$program"
    ended 143
    between 3 $((SECONDS - started)) 7
    until_there are_gone $pids
    exec 8>&-
}

@test "a job whose lines nobody reads keeps no other from its turn" {
    talkative
    sed -i 's/^jobs = (/&{ name = "x"; source = "from_x"; table = "x"; target = "to_x"; }, { name = "y"; source = "from_x"; table = "y"; target = "to_x"; },/
        s/^connections = {/& from_x = { driver = "memory"; }; to_x = { driver = "sqlite"; path = "x.db"; };/' dbferry.conf
    unread -v --jobs 2 a x y
    until_there grep -q ' y main: done' log
    until_there are_children 1
    cat <&8 >came &
    reader=$!
    ended 0
    until_there grep -q 'done: 3 jobs' came
    kill "$reader"
    exec 8>&-
    assert_equal "$(rows x.db y) $(grep -c 'done: 1 rows' came) $(grep -c ' y main: done' came)" "10 150 1"
}

@test "a process that is killed, or that crashes, takes no other with it" {
    jobs 'a|a.db|HELD' 'b|b.db|HELD' 'c|c.db|' 'd|d.db|fail_at = "read_begin"; fail_how = "crash";'
    old_targets
    begin --jobs 2
    until_there are_at a b
    kill -KILL "$(pgrep -o -P "$program")" # that of job a
    until_there grep -q ' d main' log
    touch go.b
    ended 70
    grep -q "^dbferry: a: the process of this job was ended by signal 9 (Killed); .* running again is safe$" err
    grep -q "^dbferry: d: the process of this job was ended by signal 6 (Aborted)" err
    assert_equal "$(rows b.db b) $(rows c.db c) $(rows a.db a)" "1000 1000 1"
    rm -f at.*
    touch go.a
    run "$DBFERRY" run a
    assert_status 0
    assert_equal "$(rows a.db a)" 1000
}

@test "kill -9 of the one that has started them stops them too" {
    jobs 'a|a.db|HELD' 'b|b.db|HELD' 'c|c.db|'
    old_targets
    begin --jobs 2
    until_there are_at a b
    pids=$(pgrep -P "$program")
    kill -KILL "$program"
    until_there are_gone $pids
    targets_are_old
    [ ! -e c.db ]
    assert_sound a.db
}

@test "the exit code is that of the gravest failure, and nobody is kept from running" {
    local list code
    for code in "schema unreachable 65" "busy target-io 74" "busy unreachable 75" "refused schema 77" "internal refused 70"; do
        read -r one other code <<<"$code"
        jobs "a|a.db|fail_at = \"describe\"; fail_class = \"$one\"; retries = 0;" 'b|b.db|' \
            "c|c.db|fail_at = \"describe\"; fail_class = \"$other\"; retries = 0;" 'd|d.db|'
        rm -f ./*.db
        run "$DBFERRY" run --jobs 3
        assert_status "$code"
        assert_equal "$(rows b.db b) $(rows d.db d)" "1000 1000"
    done
    jobs 'a|a.db|' 'b|b.db|'
    sed -i 's/target = "to_b"/target = "nowhere"/' dbferry.conf
    run "$DBFERRY" run --jobs 2
    assert_status 78
    assert_output_has "no connection is named 'nowhere'"
    assert_equal "$(rows a.db a)" 1000
}

@test "where the machine has no room for so many, fewer run at one time" {
    local i list=()
    for i in {1..8}; do list+=("j$i|j$i.db|"); done
    jobs "${list[@]}"
    run bash -c "ulimit -n 24; '$DBFERRY' run -v --jobs 8"
    assert_status 0
    assert_output_has "waits until another job has ended: cannot open a pipe: Too many open files"
    for i in {1..8}; do assert_equal "$(rows "j$i.db" "j$i")" 1000; done
}

@test "SIGCHLD that is ignored, as it may be inherited, hides nothing" {
    jobs 'a|a.db|' 'b|b.db|fail_at = "describe"; fail_class = "schema";'
    run env --ignore-signal=CHLD "$DBFERRY" run --jobs 2
    assert_status 65
    assert_equal "$(rows a.db a)" 1000
}

@test "--jobs takes a number from 1 to 64, once" {
    local number
    jobs 'a|a.db|' 'b|b.db|'
    for number in 0 -1 x 1.5 2x '' 65 1000000 99999999999999999999; do
        run "$DBFERRY" run --jobs "$number"
        assert_status 64
        assert_output_has "--jobs takes a number from 1 to 64, not '$number'"
    done
    run "$DBFERRY" run --jobs 2 --jobs 2
    assert_status 64
    assert_output_has "--jobs is given twice"
    run "$DBFERRY" plan --jobs 2
    assert_status 64
    [ ! -e a.db ]
    run "$DBFERRY" run --jobs=1
    assert_status 0
}
