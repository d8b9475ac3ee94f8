# A run in pieces into a SQLite file: prepare, load, finish, abandon; without a server.

load helper
load pieces

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    D=$T/target.db
    config
}

# config [JOB-KEYS [SOURCE-KEYS [COLUMNS]]]
config() {
    write_config <<END
connections = {
  made = { driver = "memory"; rows = 3000; null_percent = 20; retries = 0; ${2:-}
           columns = "${3:-id int64 not null key, n int32, name text(40), price decimal(10,2), t datetime(3), f float64, b bytes(20)}"; };
  local = { driver = "sqlite"; path = "$D"; };
  whole = { driver = "sqlite"; path = "$T/whole.db"; };
};
jobs = ( { name = "j"; source = "made"; target = "local"; table = "t"; partitions = 4; snapshot = "none"; ${1:-} },
         { name = "whole"; source = "made"; target = "whole"; table = "t"; copy_indexes = true; } );
END
}

@test "rows, keys, record and history are those of one run, and nothing is left" {
    config 'copy_indexes = true; verify = "content";'
    dbferry run whole
    prepare
    run dbferry load "$id" --partition 2/4 -v
    assert_status 0
    assert_output_has "partitions: 2 of 4 by 'id', read by one connection"
    refute test -e "$D"
    load_all 4
    assert_equal "$(stat -c %a "$XDG_STATE_HOME/dbferry/prepared/$id" "$D.pieces-$id" | paste -sd' ')" "600 700"
    run dbferry finish "$id" -v
    assert_status 0
    assert_output_has 'verified: 3000 rows, digest' '3,000 rows (before: 0)'
    assert_equal "$(stored)" "$(stored "$T/whole.db")"
    assert_equal "$(sqlite3 "$D" "SELECT sql FROM sqlite_schema WHERE name = 't'")" \
        "$(sqlite3 "$T/whole.db" "SELECT sql FROM sqlite_schema WHERE name = 't'")"
    assert_equal "$(sqlite3 "$D" "SELECT job, rows, states, data_from < started, strategy FROM _dbferry_sync")" "j|3000|4|1|replace"
    nothing_left
    run dbferry status j
    assert_output_has '3,000'
    run dbferry verify j
    assert_status 0
    # Again, over rows that are there.
    prepare
    load_all 4
    dbferry finish "$id"
    assert_equal "$(stored)" "$(stored "$T/whole.db")"
    nothing_left
}

@test "each piece twice, and each two at once" {
    prepare
    load_twice_at_once 4
    run dbferry load "$id" --partition 3/4 -v
    assert_status 0
    assert_output_has 'piece 3 of run'
    refute_output_has 'rows (before'
    dbferry finish "$id"
    dbferry run whole
    assert_equal "$(stored)" "$(stored "$T/whole.db")"
    nothing_left
}

@test "a table of fewer parts than pieces: those behind have nothing to load" {
    sed -i 's/rows = 3000/rows = 2/' "$DBFERRY_CONFIG"
    prepare
    load_all 4
    dbferry finish "$id"
    assert_equal "$(rows "$D" t)" 2
    nothing_left
}

@test "what prepare refuses, with what to do, and leaves nothing" {
    local keys class words
    while IFS='|' read -r keys class words; do
        config "$keys"
        run dbferry prepare j
        assert_status "$class"
        assert_output_has "$words"
        nothing_left
    done <<'END'
partition_by = "name";|65|by column 'name'
partition_by = "nothing";|65|nothing
END
    config
    sed -i 's/snapshot = "none"/snapshot = "shared"/' "$DBFERRY_CONFIG"
    run dbferry prepare j
    assert_status 78
    assert_output_has 'that has to be asked for, by snapshot = "none"'
    run dbferry prepare whole
    assert_status 78
    assert_output_has 'set partitions = N'
    run dbferry prepare k
    assert_status 78
    run dbferry prepare
    assert_status 64
    run dbferry prepare j whole
    assert_status 64
    nothing_left
}

@test "run ids and pieces that are none, each with its status" {
    prepare
    local word
    for word in ../x "${id^^}" "${id%?}" "$id/" '' "${id}0"; do
        run dbferry load "$word" --partition 1/4
        assert_status 64
        assert_output_has 'is no run id'
        run dbferry finish "$word"
        assert_status 64
        run dbferry abandon "$word"
        assert_status 64
    done
    for word in 0/4 5/4 1 1/ /4 1/0 -1/4 1/4/4 1/257 x/4 1/99999999999999999999; do
        run dbferry load "$id" --partition "$word"
        assert_status 64
    done
    run dbferry load "$id" --partition 1/5
    assert_status 64
    assert_output_has 'has 4 pieces'
    run dbferry load "$id"
    assert_status 64
    assert_output_has 'load needs --partition I/N'
    for word in load\ $id finish abandon; do
        run dbferry ${word% *} 00000000000000000000000000000000 $([[ $word != load* ]] || echo --partition 1/4)
        assert_status 66
        assert_output_has 'there is no prepared run'
    done
    # Of a job that this configuration does not have.
    sed -i 's/name = "j"/name = "other"/' "$DBFERRY_CONFIG"
    run dbferry finish "$id"
    assert_status 78
    assert_output_has "no job is named 'j'"
}

@test "a configuration that has changed is refused by each step, and a new password is none" {
    prepare
    dbferry load "$id" --partition 1/4
    local change
    for change in 's/partitions = 4;/partitions = 4; min_rows = 5;/' 's/rows = 3000/rows = 3001/' \
        "s|path = \"$D\"|path = \"$D\"; page_size = \"4K\"|"; do
        cp "$DBFERRY_CONFIG" "$T/before"
        sed -i "$change" "$DBFERRY_CONFIG"
        run dbferry load "$id" --partition 2/4
        assert_status 78
        assert_output_has 'is not the one by which run'
        run dbferry finish "$id"
        assert_status 78
        cp "$T/before" "$DBFERRY_CONFIG"
    done
    load_all 4
    dbferry finish "$id"
    assert_equal "$(rows "$D" t)" 3000
}

@test "missing pieces, a guard, and a run in between: the target stays" {
    config 'min_rows = 4000;'
    prepare
    dbferry load "$id" --partition 2/4
    run dbferry finish "$id"
    assert_status 66
    assert_output_has 'has no piece 1, 3, 4 of 4 yet'
    load_all 4
    run dbferry finish "$id"
    assert_status 65
    assert_output_has 'fewer than min_rows = 4000'
    refute test -e "$D"
    dbferry abandon "$id"
    nothing_left
    config
    prepare
    load_all 4
    dbferry run j
    run dbferry finish "$id"
    assert_status 65
    assert_output_has "another run has written table 't' since"
    dbferry abandon "$id"
    nothing_left
}

@test "a piece that somebody has written to, and one that is gone" {
    config 'verify = "content";'
    prepare
    load_all 4
    sqlite3 "$D.pieces-$id/2" 'UPDATE piece SET n = 7 WHERE id = (SELECT max(id) FROM piece)'
    run dbferry finish "$id"
    assert_status 65
    assert_output_has 'digest'
    refute test -e "$D"
    sqlite3 "$D.pieces-$id/2" 'DELETE FROM piece WHERE n = 7'
    run dbferry finish "$id"
    assert_status 65
    assert_output_has "piece 2 of 4 of run $id is not what was loaded"
    refute test -e "$D"
    rm "$D.pieces-$id/3"*
    run dbferry finish "$id"
    assert_status 66
    assert_output_has 'has no piece 3 of 4 yet'
    sqlite3 "$D.pieces-$id/2" 'DROP TABLE piece; CREATE TABLE piece (a)'
    dbferry load "$id" --partition 3/4
    run dbferry finish "$id"
    assert_status 65
    dbferry abandon "$id"
    nothing_left
}

@test "a run file that is damaged or somebody else's is not followed" {
    local file damage
    prepare
    file=$XDG_STATE_HOME/dbferry/prepared/$id
    cp "$file" "$T/sound"
    for damage in 's/^pieces 4/pieces 999/' 's/^job .*/job %00/' 's/^cut .*/cut %zz/' '1d' 's/^schema/schemes/' 's/^pieces 4/pieces 1/'; do
        sed "$damage" "$T/sound" >"$file"
        run dbferry load "$id" --partition 1/4
        assert_status 78
    done
    sed 's/^cut .*/cut 1; DROP TABLE t/' "$T/sound" | tr ' ' '%' | sed 's/%/ /; s/%/%20/g' >"$file"
    run dbferry load "$id" --partition 1/4
    assert_status 78
    assert_output_has 'is damaged'
    cat "$T/sound" >"$file"
    printf 'aband' >>"$file" # a line without an end was never written
    dbferry load "$id" --partition 1/4
    chmod 644 "$file"
    run dbferry load "$id" --partition 2/4
    assert_status 78
    assert_output_has 'is not a file of this user alone'
    rm "$file"
    ln -s "$T/sound" "$file"
    run dbferry load "$id" --partition 2/4
    assert_status 78
}

@test "abandon in the middle: a load that is under way stops before its commit, a late one is refused" {
    config 'lock_wait = "100ms";' "fail_at = \"read_begin\"; fail_how = \"stall\"; fail_mark = \"$T/reading\"; fail_until = \"$T/go\";"
    prepare
    touch "$T/go"
    dbferry load "$id" --partition 1/4
    rm "$T/go" "$T/reading"
    "$DBFERRY" load "$id" --partition 2/4 2>"$T/late" &
    local load=$!
    until_there test -e "$T/reading"
    run dbferry finish "$id"
    assert_status 75
    assert_output_has 'a load, or another finish, is at work on it'
    run dbferry abandon "$id"
    assert_status 75
    run dbferry load "$id" --partition 3/4
    assert_status 66
    assert_output_has 'was abandoned'
    run dbferry finish "$id"
    assert_status 75
    touch "$T/go"
    local code=0
    wait "$load" || code=$?
    assert_equal "$code" 66
    grep -q 'was abandoned' "$T/late"
    refute test -e "$D.pieces-$id/2"
    run dbferry finish "$id"
    assert_status 66
    dbferry abandon "$id"
    nothing_left
    refute test -e "$D"
    run dbferry load "$id" --partition 4/4
    assert_status 66
    nothing_left
}

@test "status tells of runs that nobody has finished" {
    run dbferry status
    refute_output_has 'is prepared'
    prepare
    run dbferry status
    assert_output_has "run $id of job 'j', in 4 pieces, is prepared since 20"
    : >"$XDG_STATE_HOME/dbferry/prepared/00000000000000000000000000000000"
    run dbferry status
    refute_output_has 0000000000
    run dbferry status j
    refute_output_has "$id"
    dbferry abandon "$id"
    run dbferry status
    refute_output_has "$id"
}

@test "two finish at once: one is refused, or finds nothing left" {
    prepare
    load_all 4
    "$DBFERRY" finish "$id" 2>"$T/one" &
    run dbferry finish "$id"
    local second=$status first=0
    wait $! || first=$?
    case $first/$second in
    0/66 | 66/0 | 0/75 | 75/0) ;;
    *) show_run; cat "$T/one"; return 1 ;;
    esac
    assert_equal "$(rows "$D" t)" 3000
    nothing_left
}
