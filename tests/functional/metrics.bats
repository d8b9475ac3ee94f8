#!/usr/bin/env bats
# metrics_file: what it tells after runs that go well and that fail, who shares it, and what it may be that
# is no file of ours; promtool reads it.

load helper
load metrics

setup() {
    ferry_setup
    cd "$T"
    requires_driver sqlite
    requires sqlite3
    sqlite3 from.db 'CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT NOT NULL);
        INSERT INTO t VALUES (1, "a"), (2, "b"), (3, "c");'
    CONFIG=$(realpath .)/dbferry.conf
}

# refused WORD...: the run goes well, and warns of the metrics by these words.
refused() {
    local before after
    before=$(ls -AR .)
    dbferry run 2>"$T.err" && status=0 || status=$?
    after=$(ls -AR .)
    output= stderr=$(cat "$T.err")
    assert_status 0
    assert_output_has "dbferry: warning: a: metrics_file" "$@" "; what the run has done stays"
    assert_equal "$(grep -c . <<<"$stderr")" 1
    assert_equal "$(rows to.db a)" 3
    assert_equal "$after" "$before"
}

@test "a run that goes well: its figures, for everybody to read, and nothing beside the file" {
    jobs_config a,'expect_every = "1h";'
    mkdir metrics
    sed -i 's|"m.prom"|"metrics/m.prom"|' dbferry.conf
    before=$(date +%s)
    (umask 077 && dbferry run)
    after=$(date +%s)
    assert_equal "$(ls -A metrics)" m.prom
    assert_equal "$(stat -c %a metrics/m.prom)" 644
    FILE=metrics/m.prom
    assert_equal "$(figure last_exit_code a)" 0
    assert_equal "$(figure rows a)" 3
    assert_equal "$(figure rows_before a)" 0
    assert_equal "$(figure last_attempts a)" 1
    assert_equal "$(figure source_is_fallback a)" 0
    assert_equal "$(figure expected_interval_seconds a)" 3600.000
    between "$before" "$(figure last_run_timestamp_seconds a | cut -d. -f1)" "$after"
    assert_equal "$(figure last_success_timestamp_seconds a)" "$(figure last_run_timestamp_seconds a)"
    between 0 "$(figure last_duration_seconds a | cut -d. -f1)" $((after - before + 1))
    grep -qE '_phase_duration_seconds\{config="[^"]*",dbferry_job="a",phase="source"\} [0-9]+\.[0-9]{3}$' "$FILE"
    version=$(dbferry --version | sed -n '1s/^dbferry \([^ ]*\).*/\1/p')
    grep -qxF "dbferry_build_info{version=\"$version\"} 1" "$FILE"
    refute grep -q 'change=\|not_after' "$FILE" # replaced, by a file without TLS
    promtool_is_silent
}

@test "a run that changes single rows tells how many, by kind" {
    jobs_config a,'strategy = "merge";'
    dbferry run
    sqlite3 from.db "DELETE FROM t WHERE id = 1; UPDATE t SET x = 'B' WHERE id = 2;
        INSERT INTO t VALUES (4, 'd'), (5, 'e'), (6, 'f')"
    dbferry run
    for pair in inserted=3 updated=1 deleted=1 unchanged=1; do
        assert_equal "$(figure changed_rows a "change=\"${pair%=*}\"")" "${pair#*=}"
    done
    assert_equal "$(figure rows a)" 5
    assert_equal "$(figure rows_before a)" 3
    promtool_is_silent
}

@test "a failure tells its code, and leaves what is told of the last success; also without a history" {
    for general in '' 'history_keep = "none";'; do
        jobs_config a
        sed -i "s|metrics_file|$general metrics_file|" dbferry.conf
        dbferry run
        success=$(figure last_success_timestamp_seconds a)
        mv from.db away.db
        run dbferry run
        mv away.db from.db
        [ "$status" -gt 3 ]
        assert_equal "$(figure last_exit_code a)" "$status"
        assert_equal "$(figure last_success_timestamp_seconds a)" "$success"
        assert_equal "$(figure rows a)" 3
        [ "$(figure last_run_timestamp_seconds a)" != "$success" ]
        promtool_is_silent
        rm -r m.prom to.db*
    done
}

@test "in a new file, the last success before a failure is the history's" {
    jobs_config a
    dbferry run
    success=$(sqlite3 "$T/state/dbferry/history.db" \
        "SELECT printf('%.3f', (julianday(ended) - 2440587.5) * 86400) FROM run")
    rm m.prom
    mv from.db away.db
    run dbferry run
    [ "$status" -gt 3 ]
    assert_equal "$(figure last_success_timestamp_seconds a)" "$success"
    assert_equal "$(figure rows a)" 3
    promtool_is_silent
}

@test "a success that lies ahead, since the clock was set back, is not waited for" {
    jobs_config a
    sed -i 's|metrics_file|history_keep = "none"; metrics_file|' dbferry.conf
    dbferry run
    sed -i '/^dbferry_job_last_success/s/ [0-9.]*$/ 9999999999.000/' m.prom
    mv from.db away.db
    run dbferry run
    [ "$status" -gt 3 ]
    assert_equal "$(figure last_success_timestamp_seconds a)" "$(figure last_run_timestamp_seconds a)"
}

@test "processes that end at one time lose nothing of each other" {
    names=()
    for i in {1..24}; do names+=("j$i"); done
    jobs_config "${names[@]}"
    dbferry run j24 # the target is there
    for i in {1..4}; do
        dbferry run "j$i" 3>&- &
        pids+=($!)
    done
    dbferry run --jobs 4 "${names[@]:4}" 3>&-
    for pid in "${pids[@]}"; do wait "$pid"; done
    for name in "${names[@]}"; do
        assert_equal "$(figure rows "$name")" 3
    done
    assert_equal "$(grep -c '^# TYPE dbferry_job_rows gauge$' m.prom)" 1
    promtool_is_silent
}

@test "a job that is gone goes with the next run of its configuration; another configuration's stay" {
    jobs_config a b
    dbferry run
    cp m.prom both.prom
    sed 's/, table = "none"//' dbferry.conf >other.conf
    chmod 600 other.conf
    CONFIG=$(realpath .)/other.conf
    dbferry run --config other.conf a
    assert_equal "$(figure rows a)" 3
    CONFIG=$(realpath .)/dbferry.conf
    diff <(grep -F "config=\"$CONFIG\"" both.prom) <(grep -F "config=\"$CONFIG\"" m.prom)
    jobs_config b c
    dbferry run c
    refute figure rows a
    assert_equal "$(figure rows b)" 3
    assert_equal "$(figure rows c)" 3
    CONFIG=$(realpath .)/other.conf
    assert_equal "$(figure rows a)" 3
    promtool_is_silent
}

@test "one table of a job of many has lines of its own, which stay as long as the job" {
    write_config <<END
general = { metrics_file = "m.prom"; };
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "all"; source = "from"; tables = ["*"]; target = "to"; expect_every = "2h"; } );
END
    dbferry run all/t
    dbferry run
    assert_equal "$(figure expected_interval_seconds all)" 7200.000
    refute figure expected_interval_seconds all/t
    assert_equal "$(figure rows all/t)" 3
    assert_equal "$(figure rows all)" 3
    promtool_is_silent
}

@test "names with quotes, backslashes, line ends and emoji" {
    name='q\"b\\n\nü😀}{,='
    write_config <<END
general = { metrics_file = "m.prom"; history_keep = "none"; };
connections = { from = { driver = "sqlite"; path = "from.db"; }; to = { driver = "sqlite"; path = "to.db"; }; };
jobs = ( { name = "$name"; source = "from"; table = "t"; target = "to"; },
         { name = "b"; source = "from"; table = "t"; target = "to"; target_table = "b"; } );
END
    dbferry run
    dbferry run b # what it keeps is what it reads
    assert_equal "$(figure rows "$name")" 3
    assert_equal "$(figure rows b)" 3
    promtool_is_silent
}

@test "paths that are none: a warning, and nothing is made or changed" {
    jobs_config a
    dbferry run
    rm m.prom
    sed -i 's|"m.prom"|"none/m.prom"|' dbferry.conf
    refused "none/m.prom: cannot open its folder: No such file or directory"
    sed -i 's|none/m.prom|m.prom|' dbferry.conf
    mkdir m.prom
    refused "m.prom is not a file, and was left as it is"
    rmdir m.prom
    echo precious >real
    ln -s real m.prom
    refused "m.prom is a symbolic link: name the file itself, and was left as it is"
    mv real m.prom
    refused "m.prom does not hold metrics of dbferry's: correct the path, or remove it, and was left"
    assert_equal "$(cat m.prom)" precious
    rm m.prom
    mkfifo m.prom
    refused "m.prom is not a file"
    rm m.prom
    truncate -s 9M m.prom
    refused "m.prom has more than 8 MiB"
    rm m.prom
    sed -i 's|"m.prom"|"/proc/m.prom"|' dbferry.conf
    refused "cannot write /proc/m.prom: "
}

@test "what others have put between the lines goes" {
    jobs_config a b
    dbferry run
    cp m.prom whole.prom
    {
        sed '/_build_info/q' whole.prom
        head -c 3000 /dev/urandom
        printf '\ndbferry_job_rows{config="x",dbferry_job="y"} NaN\ndbferry_job_rows{config="x"} 1\n'
        printf 'dbferry_job_rows{config="\\x",dbferry_job="y"} 1\nrows{config="x",dbferry_job="y"} 1\n'
        printf 'dbferry_job_rows{config="x",dbferry_job="\xff"} 1\n{} 1\ndbferry_job_rows\n'
        sed '1,/_build_info/d' whole.prom
        sed '1,/_build_info/d' whole.prom
        printf 'dbferry_job_rows{config="x",dbferry_job="cut'
    } >m.prom
    dbferry run a
    assert_equal "$(sed 's/ [0-9.]*$//' m.prom)" "$(sed 's/ [0-9.]*$//' whole.prom)"
    diff <(grep '"b"' whole.prom) <(grep '"b"' m.prom)
    promtool_is_silent
}

@test "a lock that somebody else holds: a warning after two seconds" {
    requires flock
    jobs_config a
    mkdir metrics
    sed -i 's|"m.prom"|"metrics/m.prom"|' dbferry.conf
    coproc LOCK { exec flock metrics sh -c 'echo held; read -r _ || true' 3>&-; }
    holder=$LOCK_PID
    read -r <&"${LOCK[0]}"
    dbferry run 2>first || true
    start=$SECONDS
    refused "metrics/m.prom: another process holds the lock of its folder for more than 2 s"
    between 1 $((SECONDS - start)) 10
    eval "exec ${LOCK[1]}>&-"
    wait "$holder"
    dbferry run
    assert_equal "$(FILE=metrics/m.prom figure rows a)" 3
}

@test "many that take turns with the lock: theirs is waited for" {
    requires flock
    jobs_config a b
    mkdir metrics
    sed -i 's|"m.prom"|"metrics/m.prom"|' dbferry.conf
    dbferry run a
    # as others do that end at the same moment: a new file each time, for three seconds and more
    coproc LOCK { exec flock metrics sh -c 'echo held; read -r _
        for i in $(seq 30); do sleep 0.1; cp metrics/m.prom new; mv new metrics/m.prom; done' 3>&-; }
    holder=$LOCK_PID
    read -r <&"${LOCK[0]}"
    echo begin >&"${LOCK[1]}"
    run dbferry run b
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(FILE=metrics/m.prom figure rows b)" 3
    wait "$holder"
}

@test "a disk that is full: a warning, and the old file stays" {
    [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "mounting takes root"
    jobs_config a
    mkdir disk
    sed -i 's|"m.prom"|"disk/m.prom"|' dbferry.conf
    unshare -m bash -eu -c '
        mount -t tmpfs -o size=16k none disk
        "$1" run
        cp disk/m.prom before.prom
        head -c 100k /dev/zero >disk/filler 2>/dev/null || true
        "$1" run 2>err
        ls -A disk >names
        cp disk/m.prom after.prom' - "$DBFERRY"
    grep -q "metrics_file: cannot write .*disk/m.prom: No space left on device; what the run has done stays" err
    cmp before.prom after.prom
    assert_equal "$(cat names)" "filler
m.prom"
}

@test "no metrics are told of a dry run, nor without the key" {
    jobs_config a
    dbferry run --dry-run >/dev/null
    refute test -e m.prom
    sed -i 's|metrics_file = "m.prom";||' dbferry.conf
    dbferry run
    refute test -e m.prom
}
