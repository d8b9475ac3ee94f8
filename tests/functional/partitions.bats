# A table in partitions, without a server: what a job may ask for, who reads, and what is told.

load helper

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    D=$T/target.db
}

# config JOB-KEYS [SOURCE-KEYS [COLUMNS]]
config() {
    write_config <<END
connections = {
  made = { driver = "memory"; rows = 5000; null_percent = 20; retries = 0;
           columns = "${3:-id int64 not null key, n int32, name text(40), price decimal(10,2), t datetime(3), f float64}"; ${2:-} };
  local = { driver = "sqlite"; path = "$D"; };
  other = { driver = "sqlite"; path = "$T/other.db"; };
};
jobs = ( { name = "j"; source = "made"; target = "local"; table = "t"; ${1:-} } );
END
}
digest() { sed -n 's/.*verified: \([0-9]* rows, digest [0-9a-f]*\).*/\1/p' <<<"$output"; }

@test "rows and digest are the same, by each column and with each number of readers" {
    config 'verify = "content";'
    run dbferry run -v
    local whole by jobs
    whole=$(digest)
    for by in id n price t; do
        for jobs in 1 3; do
            config "verify = \"content\"; partitions = 7; partition_by = \"$by\";"
            run dbferry run -v --jobs "$jobs"
            assert_status 0
            assert_equal "$(digest)" "$whole"
            [[ $output =~ partitions:\ [67]\ by\ \'$by\' ]]
        done
    done
    assert_output_has 'read by 3 connections in one snapshot' "no index that begins with column 't'"
    run dbferry verify --jobs 3
    assert_status 64
    run dbferry verify
    assert_status 0
}

@test "who reads: --jobs, and one connection each where jobs run side by side" {
    config 'partitions = 5;'
    run dbferry run -v
    assert_output_has "partitions: 5 by 'id', read by $(n=$(nproc) && echo $((n < 5 ? n : 5)))"
    run dbferry run -v --jobs 9
    assert_output_has 'read by 5 connections'
    config 'partitions = 5; }, { name = "k"; source = "made"; target = "other"; table = "t"; partitions = 5;'
    run dbferry run -v --jobs 4
    assert_status 0
    assert_output_has 'read by one connection'
    refute_output_has 'connections in one snapshot'
    run dbferry plan j
    assert_output_has "partitions: 5 by 'id', read by"
    run dbferry plan --json j
    assert_output_has '{"kind":"partitions","text":"5 by '"'id'"
}

@test "what does not go with partitions is refused, with what to do" {
    local keys class words
    while IFS='|' read -r keys class words; do
        config "$keys"
        run dbferry run
        assert_status "$class"
        assert_output_has "$words"
    done <<'END'
partitions = 0;|78|partitions
partitions = 257;|78|partitions
partitions = 4; strategy = "merge";|78|partitions go with strategy = "replace"
partitions = 4; partition_by = "name";|65|by column 'name'
partitions = 4; partition_by = "f";|65|by column 'f'
partitions = 4; partition_by = "nothing";|65|nothing
partitions = 4; snapshot = "all";|78|shared
END
    config 'partitions = 4;' '' 'a int64, b text'
    run dbferry run
    assert_status 65
    assert_output_has 'name a column with partition_by'
    sed -i 's/table = "t"; partitions = 4;/tables = [ "*" ]; partitions = 4;/' "$DBFERRY_CONFIG"
    run dbferry run
    assert_status 78
    assert_output_has "'partitions' is a key of jobs with one"
    config 'partitions = 4;'
    run env DBFERRY_MEMORY_PLAIN=1 "$DBFERRY" run
    assert_status 78
    assert_output_has 'cannot part it'
}

@test "each way to share a state, and a failure of each call" {
    local share
    for share in shared lock none; do
        config "partitions = 4; snapshot = \"$share\";"
        run dbferry run --jobs 2
        assert_status 0
        assert_equal "$(rows "$D" t)" 5000
    done
    assert_output_has 'each of the 2 connections sees a state of its own'
    local call
    for call in part share_begin share_join share_end read_begin read_batch; do
        config 'partitions = 4;' "fail_at = \"$call\"; fail_class = \"stream\";"
        run dbferry run --jobs 2
        assert_status 76
        assert_equal "$(rows "$D" t)" 5000
    done
    config 'partitions = 4;' 'fail_at = "share_join"; fail_class = "refused";'
    run dbferry run --jobs 2
    assert_status 77
    assert_output_has 'connection 1 of 2 for the partitions'
}

@test "what is unchanged is not asked where to cut it" {
    config 'partitions = 4; skip_unchanged = true;' 'fingerprint = "one";'
    run dbferry run
    assert_status 0
    config 'partitions = 4; skip_unchanged = true;' 'fingerprint = "one"; fail_at = "part"; fail_class = "stream";'
    run dbferry run -v
    assert_status 0
    refute_output_has 'partitions:'
    config 'partitions = 4; skip_unchanged = true;' 'fingerprint = "two"; fail_at = "part"; fail_class = "stream";'
    run dbferry run -v
    assert_status 76
}

@test "a fallback that cannot be parted is read by one connection" {
    sqlite3 "$T/other.db" 'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 2)'
    config 'partitions = 4; fallback_source = "other"; max_fallback_age = "0s";' 'fail_at = "connect"; fail_class = "unreachable";'
    run dbferry run -v
    assert_output_has 'the fallback is read by one connection'
    assert_equal "$(rows "$D" t)" 1
}
