#!/usr/bin/env bats
# Time limits: a source that falls silent and a run that takes too long end by themselves, 76, with
# the key that sets the limit; what is merely slow goes on.

load helper

setup() {
    ferry_setup
    cd "$T"
    sample_table to.db t 50
    dump to.db >old
}

# limited TARGET KEY=VALUE...: a run with these keys; what `run` leaves, and $took in ms
limited() {
    local target=$1 key options=() before
    shift
    for key; do options+=(-o "$key"); done
    before=$(now_ms)
    run --separate-stderr timeout 60 "$DBFERRY" copy memory:x "$target" --table t "${options[@]}"
    took=$(($(now_ms) - before))
}

# gave_up WORD...: 76 after half a second and soon, with these words, and the old rows
gave_up() {
    assert_status 76
    assert_output_has "$@" "the target is unchanged"
    between 500 "$took" 10000
    assert_equal "$(dump to.db)" "$(cat old)"
    assert_sound to.db
    assert_equal "$(leftovers to.db)" ""
}

@test "a source that sends nothing for stall_timeout is given up" {
    for row in 0 5 20000; do
        limited sqlite:to.db source.rows=30000 source.fail_at=read_batch source.fail_how=stall \
            source.fail_row=$row source.stall_timeout=500ms
        gave_up "source 'source' sent nothing for" "raise stall_timeout"
    done
    limited sqlite:to.db source.fail_at=read_begin source.fail_how=stall source.stall_timeout=500ms
    gave_up "source 'source' sent nothing for" "after 0 rows" "raise stall_timeout"
}

@test "stall_timeout counts from batch to batch: a source that is only slow goes on" {
    limited sqlite:to.db source.rows=20000 source.fail_at=read_batch source.fail_how=slow \
        source.fail_delay=400ms source.stall_timeout=3s
    assert_status 0
    [ "$took" -ge 3000 ]
    assert_equal "$(rows to.db t)" 20000
}

@test "a slow target is not its source's stall" {
    limited memory:y source.rows=30000 source.stall_timeout=1s target.fail_at=load_batch \
        target.fail_how=slow target.fail_delay=1500ms target.fail_times=3 target.dump=dump
    assert_status 0
    [ -s dump ]
    limited memory:y source.stall_timeout=1s target.fail_at=change_commit target.fail_how=slow \
        target.fail_delay=2s
    assert_status 0
}

@test "stall_timeout = 0s means never" {
    limited sqlite:to.db source.fail_at=read_batch source.fail_how=slow source.fail_delay=900ms \
        source.stall_timeout=0s
    assert_status 0
}

@test "a run that takes longer than run_timeout is given up, wherever it is" {
    limited sqlite:to.db source.rows=1000000000 source.run_timeout=500ms
    gave_up "took longer than" "at row" "raise run_timeout"
    limited sqlite:to.db source.rows=900000 source.fail_at=read_batch source.fail_how=slow \
        source.fail_delay=50ms source.run_timeout=500ms
    gave_up "raise run_timeout"
    for at in snapshot_begin describe read_begin read_batch; do
        limited sqlite:to.db source.fail_at=$at source.fail_how=stall source.run_timeout=500ms
        gave_up "raise run_timeout"
    done
    for at in map_column inspect load_begin load_batch load_end; do
        limited memory:y source.run_timeout=500ms target.fail_at=$at target.fail_how=stall \
            target.dump=dump
        assert_status 76
        assert_output_has "raise run_timeout"
        [ ! -e dump ]
    done
}

@test "run_timeout is off by default, and a run in time does not feel it" {
    limited sqlite:to.db source.run_timeout=30s
    assert_status 0
    limited sqlite:to.db source.fail_at=read_batch source.fail_how=slow source.fail_delay=900ms
    assert_status 0
}

@test "the next job has its own time" {
    write_config <<'END'
connections = {
  made = { driver = "memory"; fail_at = "read_batch"; fail_how = "slow"; fail_delay = "1s"; run_timeout = "4s"; };
  dead = { driver = "memory"; fail_at = "read_batch"; fail_how = "stall"; stall_timeout = "300ms"; };
  to = { driver = "sqlite"; path = "jobs.db"; };
};
jobs = ( { name = "a"; source = "made"; table = "a"; target = "to"; },
         { name = "b"; source = "dead"; table = "b"; target = "to"; },
         { name = "c"; source = "made"; table = "c"; target = "to"; } );
END
    run dbferry run
    assert_status 76
    assert_output_has "dbferry: b: source 'dead' sent nothing"
    assert_equal "$(rows jobs.db a) $(rows jobs.db c)" "10 10"
}

@test "a wait for another writer ends with lock_wait, not with stall_timeout" {
    sqlite3 to.db "PRAGMA journal_mode = delete" >/dev/null
    { printf 'BEGIN IMMEDIATE;\n.shell touch held\n'; until_there test -e done; } |
        sqlite3 -batch to.db 3>&- &
    holder=$!
    until_there test -e held
    limited sqlite:to.db source.stall_timeout=1s job.lock_wait=2s job.staging=none
    touch done
    wait $holder
    assert_status 75
    assert_output_has "to.db"
    refute_output_has stall_timeout
}
