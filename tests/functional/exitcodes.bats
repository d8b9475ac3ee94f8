#!/usr/bin/env bats
# Exit codes: every class of error at every place where a driver can report it, the gravest of
# several, and drivers that break their contract.

load helper
load sample

setup() {
    ferry_setup
    cd "$T"
}

# The design's table: what a driver reports, and what the user's script sees.
classes="internal:70 system:71 config:78 usage:64 refused:77 schema:65 data:65 not-found:66
    target-io:74 target-open:73 stream:76 busy:75 unreachable:69 unsupported:78"

# fails_with CODE [CALLBACK]: what `run` left is an error of that code with one message, which names
# the callback and says that the target is unchanged, where that is sure.
fails_with() {
    assert_status "$1"
    assert_equal "$output" ""
    assert_equal "$(grep -c '^dbferry: [^w]' <<<"$stderr")" 1
    case ${2:-}:$1 in
        change_commit:75) ;; # the driver's message tells it
        change_commit:70) assert_output_has "look whether the target has changed" ;;
        *) assert_output_has "the target is unchanged" ;;
    esac
}

@test "a source that fails: each class has its code, wherever it fails; the target stays" {
    sample_table to.db t 4
    dump to.db >before
    for at in connect snapshot_begin describe read_begin read_batch; do
        for class in $classes; do
            run --separate-stderr dbferry copy memory:x sqlite:to.db --table t \
                -o source.fail_at=$at -o source.fail_class=${class%:*} -o source.fail_row=3
            fails_with "${class#*:}"
            assert_output_has "$at failed as \`fail_at\` of connection 'source' wants"
        done
        assert_equal "$(dump to.db)" "$(cat before)"
    done
    assert_sound to.db
}

@test "a target that fails: each class has its code, wherever it fails; nothing is published" {
    for at in connect map_column inspect change_begin load_begin load_batch load_end change_commit; do
        for class in $classes; do
            run --separate-stderr dbferry copy memory:x memory:y --table t \
                -o target.fail_at=$at -o target.fail_class=${class%:*} -o target.fail_row=3 \
                -o target.dump=dump
            fails_with "${class#*:}" $at
            [ ! -e dump ]
        done
    done
    run dbferry copy memory:x memory:y --table t -o target.dump=dump
    assert_status 0
    [ -s dump ]
}

@test "a source that fails far behind its first batches leaves nothing behind either" {
    sample_table to.db t 4
    dump to.db >before
    run --separate-stderr dbferry copy memory:x sqlite:to.db --table t -o source.rows=60000 \
        -o source.fail_at=read_batch -o source.fail_row=50000 -o source.fail_class=stream
    fails_with 76
    assert_equal "$(dump to.db)" "$(cat before)"
    run --separate-stderr dbferry copy memory:x memory:y --table t -o source.rows=60000 \
        -o target.fail_at=load_batch -o target.fail_row=50000 -o target.fail_class=data
    fails_with 65
    assert_output_has "row 50001, column 'id'"
}

@test "an error is told with the job, and the class of an error never changes with -v or --quiet" {
    sample_config 'fail_at = "describe"; fail_class = "not-found";'
    for words in "" -v -vv --quiet; do
        run --separate-stderr dbferry run $words
        assert_status 66
        assert_output_has cars "describe failed"
    done
}

@test "where source and target both fail, the one that failed first is told" {
    run --separate-stderr dbferry copy memory:x memory:y --table t -o source.rows=100000 \
        -o target.fail_at=load_batch -o target.fail_row=10 -o target.fail_class=target-io
    assert_status 74
    assert_output_has "load_batch failed"
    refute_output_has cancelled stopped
}

@test "of several jobs the gravest exit code counts, in either order" {
    # The design's order: 70 71 78 64 77 65 66 74 73 76 75 69 0.
    local order="internal system config usage refused data not-found target-io target-open stream
        busy unreachable none"
    local graver='' class code
    both() { # CLASS CLASS CODE
        write_config <<END
connections = {
  a = { driver = "memory"; fail_at = "describe"; fail_class = "$1"; };
  b = { driver = "memory"; fail_at = "$([ "$2" = none ] && echo none || echo describe)";
        fail_class = "$([ "$2" = none ] && echo internal || echo "$2")"; };
  to = { driver = "memory"; store = "to"; };
};
jobs = ( { name = "a"; source = "a"; table = "t"; target = "to"; },
         { name = "b"; source = "b"; table = "u"; target = "to"; } );
END
        run --separate-stderr dbferry run a b
        assert_status "$3"
        run --separate-stderr dbferry run b a
        assert_status "$3"
        [ "$2" = none ] || assert_equal "$(grep -c "describe failed" <<<"$stderr")" 2
    }
    for class in $order; do
        [ -z "$graver" ] || both "$graver" "$class" "$code"
        graver=$class
        code=$(tr ' ' '\n' <<<"$classes" | sed -n "s/^$class://p")
    done
    both internal unreachable 70
    both schema not-found 65
    both unsupported usage 78
}

@test "a job that fails does not stop those behind it" {
    write_config <<'END'
connections = {
  bad = { driver = "memory"; fail_at = "read_batch"; fail_row = 2; fail_class = "stream"; };
  good = { driver = "memory"; rows = 6; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "a"; source = "bad"; table = "a"; target = "to"; },
         { name = "b"; source = "good"; table = "b"; target = "to"; },
         { name = "c"; source = "bad"; table = "c"; target = "to"; } );
END
    run --separate-stderr dbferry run
    assert_status 76
    assert_output_has "dbferry: a: " "dbferry: c: "
    refute_output_has "dbferry: b: "
    assert_equal "$(rows to.db b)" 6
    assert_equal "$(sqlite3 to.db "SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')")" b
}

# ---- Drivers that break their contract ----

# breach SIDE AT HOW: a driver that does what none may is told by name, 70, and nothing is kept; of
# what it has done in its commit nobody knows.
breach() {
    local outcome="the target is unchanged"
    [ "$2" != change_commit ] || outcome="look whether the target has changed"
    run --separate-stderr dbferry copy memory:x memory:y --table t \
        -o "$1.fail_at=$2" -o "$1.break_contract=$3" -o target.dump=dump
    assert_status 70
    assert_output_has "driver 'memory' broke its contract: $2 " "report this to its author" \
        "$outcome"
    [ ! -e dump ]
}

@test "a driver that returns what it may not is named with its callback, 70" {
    local how at
    for how in silent-error unknown-status negative-status ok-after-fail other-status; do
        for at in connect snapshot_begin describe read_begin read_batch; do
            breach source $at $how
        done
        for at in connect map_column inspect change_begin load_begin load_batch load_end change_commit; do
            breach target $at $how
        done
    done
}

@test "a driver that succeeds without a result is named with its callback, 70" {
    for at in connect describe read_begin; do
        breach source $at no-result
    done
    for at in connect map_column load_begin; do
        breach target $at no-result
    done
    # With rows that are there, so that there is something to be told.
    run dbferry copy memory:x memory:y --table t -o target.existing_rows=3 \
        -o target.fail_at=inspect -o target.break_contract=no-result
    assert_status 70
    assert_output_has "driver 'memory' broke its contract: inspect"
    run dbferry copy memory:x memory:y --table t -o target.fail_at=load_end \
        -o target.break_contract=no-result -o target.dump=dump
    [ "$status" -ne 0 ]
    [ ! -e dump ]
}

@test "a cell that no driver may make is told with its row and column, 70" {
    sample_table to.db t 4
    dump to.db >before
    cell() { # HOW COLUMN
        run --separate-stderr dbferry copy memory:x sqlite:to.db --table t -o source.rows=9000 \
            -o source.columns="id int64 not null key, b bool, i int16, s text(40)" \
            -o source.null_percent=0 -o source.fail_row=8192 -o source.break_contract="$1"
        assert_status 70
        assert_output_has "row 8193, column '$2': driver 'memory' broke its contract" \
            "the target is unchanged"
        assert_equal "$(dump to.db)" "$(cat before)"
    }
    cell int-out-of-bits i
    cell bool-out-of-range b
    cell null-pointer s
    cell wrong-kind s
}

@test "a target that miscounts is not believed" {
    run dbferry copy memory:x memory:y --table t -o target.break_contract=wrong-totals \
        -o target.dump=dump
    assert_status 65
    assert_output_has "10 rows were read from the source but the target counts 9"
    [ ! -e dump ]
}

@test "a driver that fills a batch beyond its end is stopped at once; the target stays" {
    sample_table to.db t 4
    dump to.db >before
    run dbferry copy memory:x sqlite:to.db --table t -o source.rows=9000 \
        -o source.break_contract=overfull
    [ "$status" -eq 134 ] || [ "$status" -eq 70 ]
    assert_equal "$(dump to.db)" "$(cat before)"
    assert_sound to.db
}

@test "a driver that crashes takes nothing with it" {
    sample_table to.db t 4
    dump to.db >before
    for at in connect describe read_begin read_batch; do
        run dbferry copy memory:x sqlite:to.db --table t -o source.fail_at=$at \
            -o source.fail_how=crash -o source.fail_row=3
        assert_status 134
        assert_equal "$(dump to.db)" "$(cat before)"
    done
    assert_sound to.db
    run dbferry copy memory:x sqlite:to.db --table t
    assert_status 0
    assert_equal "$(rows to.db t)" 10
}
