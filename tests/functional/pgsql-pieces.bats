# A run in pieces from a PostgreSQL server: into a file, and into a database.

load helper
load pgsql
load pieces

setup_file() {
    pgsql_start || return
    [ -n "${POSTGRES_PID:-}" ] || return 0
    postgres_account loader pw
    postgres_query <<<"CREATE DATABASE e"
    postgres_query e <<<"GRANT USAGE, CREATE ON SCHEMA public TO loader"
}
teardown_file() { postgres_remove; }

setup() {
    pgsql_setup
    sql <<'SQL'
DROP TABLE IF EXISTS t;
CREATE TABLE t (id bigint PRIMARY KEY, name text, price numeric(10,2), at timestamptz, day date, n bigint UNIQUE);
INSERT INTO t SELECT i, 'row ' || i, i * 1.25 - 3000, '2024-03-31 00:00:00.123456+00'::timestamptz + i * interval '1 minute',
    '1999-12-01'::date + i % 900, CASE WHEN i % 3 = 0 THEN NULL ELSE (i - 2500) * 1000000000000 END
    FROM generate_series(1, 4000) i;
SQL
    target_sql <<<'DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE, CREATE ON SCHEMA public TO loader'
    config
}

# config [JOB-KEYS]
config() {
    write_config <<END
connections = {
  server = { driver = "pgsql"; host = "127.0.0.1"; port = $POSTGRES_PORT; user = "reader"; retries = 0;
             password_file = "$T/password"; database = "postgres"; };
  local = { driver = "sqlite"; path = "$D"; };
  whole = { driver = "sqlite"; path = "$T/whole.db"; };
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e"; retries = 0; };
};
jobs = ( { name = "j"; source = "server"; target = "local"; table = "t"; partitions = 3; snapshot = "none"; verify = "content"; copy_indexes = true; ${1:-} },
         { name = "whole"; source = "server"; target = "whole"; table = "t"; copy_indexes = true; },
         { name = "there"; source = "server"; target = "target"; table = "t"; partitions = 3; snapshot = "none"; verify = "content"; copy_indexes = true; ${1:-} } );
END
}

target_sql() { postgres_query e; }
# What is in the database e besides the table and the records.
leftovers() { target_sql <<<"SELECT relname FROM pg_class WHERE relname LIKE '\\_dbferry\\_%' AND relkind = 'r' AND relname NOT LIKE '\\_dbferry\\_sync%'"; }
hash_of() { postgres_query "$1" <<<"SET timezone = 'UTC'; SELECT md5(string_agg(t::text, chr(10) ORDER BY id)) FROM t"; }

@test "by each column into a file: the rows are those of one run" {
    dbferry run whole
    local by
    for by in id price at day n; do
        config "partition_by = \"$by\";"
        prepare
        load_all 3
        dbferry finish "$id"
        assert_equal "$(stored)" "$(stored "$T/whole.db")"
        nothing_left
    done
}

@test "into a database: tables that nobody sees, taken in as one" {
    prepare there
    load_twice_at_once 3
    assert_equal "$(leftovers | sort | paste -sd' ')" "_dbferry_piece_${id}_1 _dbferry_piece_${id}_2 _dbferry_piece_${id}_3"
    assert_equal "$(target_sql <<<"SELECT to_regclass('public.t')")" ""
    run dbferry copy target local --all
    assert_status 66
    dbferry finish "$id"
    assert_equal "$(hash_of e)" "$(hash_of postgres)"
    assert_equal "$(leftovers)$(prepared)" ""
    assert_equal "$(target_sql <<<"SELECT target_table, job, rows, states FROM _dbferry_sync")" "t|there|4000|3"
    # Again over rows that are there, abandoned half way, and changed before the end.
    prepare there
    dbferry load "$id" --partition 2/3
    dbferry abandon "$id"
    assert_equal "$(leftovers)$(prepared)" ""
    assert_equal "$(target_sql <<<"SELECT count(*) FROM _dbferry_sync")" 1
    prepare there
    load_all 3
    target_sql <<<"DELETE FROM _dbferry_piece_${id}_2 WHERE id % 2 = 0"
    run dbferry finish "$id"
    assert_status 65
    assert_output_has 'piece 2 of 3' 'is not what was loaded'
    assert_equal "$(hash_of e)" "$(hash_of postgres)"
    dbferry abandon "$id"
    assert_equal "$(leftovers)$(prepared)" ""
}

@test "killed while it finishes: the old rows or the new ones, and the next finish clears up" {
    requires strace
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    local strace="strace -f -qq -o $T/trace -e trace=sendto" count n code hits=0
    strace -f -qq -o "$T/trace" true || skip "strace may not trace here"
    dbferry run there
    sql <<<"UPDATE t SET name = 'new ' || id"
    prepare there
    load_all 3
    DBFERRY_WRAP=$strace "$DBFERRY" finish "$id"
    count=$(wc -l <"$T/trace")
    for n in 2 $((count / 3)) $((count / 2)) $((count * 3 / 4)) $((count - 8)) $((count - 2)); do
        sql <<<"UPDATE t SET name = 'old $n ' || id"
        dbferry run there
        local old=$(hash_of e)
        sql <<<"UPDATE t SET name = 'new $n ' || id"
        prepare there
        load_all 3
        code=0
        DBFERRY_WRAP="$strace -e inject=sendto:signal=KILL:when=$n" "$DBFERRY" finish "$id" 2>"$T/err" || code=$?
        hits=$((hits + (code == 137)))
        case $(hash_of e) in "$old" | "$(hash_of postgres)") ;; *) return 1 ;; esac
        [ "$code" -eq 0 ] || dbferry finish "$id"
        assert_equal "$(hash_of e)" "$(hash_of postgres)"
        assert_equal "$(leftovers)$(prepared)" ""
    done
    between 3 $hits 9999
}

@test "columns that have changed since: no piece is loaded, and none taken in" {
    prepare
    load_all 3
    sql <<<"ALTER TABLE t ADD COLUMN more int"
    run dbferry finish "$id"
    assert_status 65
    assert_output_has 'other columns than when run'
    dbferry abandon "$id"
    prepare
    sql <<<"ALTER TABLE t DROP COLUMN more"
    run dbferry load "$id" --partition 1/3
    assert_status 65
    assert_output_has 'other columns than when run'
    assert_equal "$(compgen -G "$D.pieces-$id/*")" ""
    dbferry abandon "$id"
    nothing_left
}
