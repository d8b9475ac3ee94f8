# A MariaDB target that takes other rows than it was given, or asks for what it must not get: each is
# noticed, and the old rows stay.

load helper
load target-mariadb

load_t() { dbferry copy made target --view rows --target-table t "$@"; }

make_old() {
    sql e <<<"DROP TABLE IF EXISTS t; CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(40) CHARACTER SET utf8mb4
        ${1:-}); INSERT INTO t VALUES (1, 'old'); ${2:-}"
}

rows_are_old() {
    assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
    assert_equal "$(leftovers)" ""
}

# through MOMENT NUMBER: the target is reached through error.py
through() {
    echo "$1" "$2" >"$T/order"
    python3 "$FERRY_SOURCE/tests/servers/error.py" "$MARIADB_SOCKET" "$T/proxy" "$T/order" >"$T/seen" 3>&- &
    proxy=$!
    until_there test -S "$T/proxy"
    sed -i "/ target = /s|socket = \"[^\"]*\"|socket = \"$T/proxy\"|; / made = /s|rows = 5000|rows = 9|" "$DBFERRY_CONFIG"
}

teardown() { [ -z "${proxy:-}" ] || kill "$proxy" 2>/dev/null || true; }

@test "rows that are gone again when they are in the table, by a trigger say: found before the commit" {
    requires python3
    make_old "" "CREATE TRIGGER hook AFTER INSERT ON t FOR EACH ROW SET @x = 1"
    through count 0
    run load_t
    assert_status 65
    assert_output_has "holds 8 rows after 9 were written" trigger "unchanged"
    rows_are_old
}

@test "a server that takes fewer rows than it was sent, and says nothing" {
    requires python3
    make_old
    through short 1
    run load_t
    assert_status 65
    assert_output_has "took 8 rows of 9" "unchanged"
    rows_are_old
}

@test "a file that is asked for when none is being sent: nothing is given, neither a file nor the rows" {
    requires python3
    make_old
    through ask 0
    run load_t
    [ "$status" -ge 70 ]
    until_there grep -q asked: "$T/seen"
    assert_equal "$(cat "$T/seen")" "asked: "
    assert_equal "$(sql e <<<'SELECT * FROM t')" $'1\told'
}

@test "a row that the server refuses, in a later parcel: by INSERT it is told by its number in the stream" {
    local lane
    sql d <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(300) CHARACTER SET utf8mb4);
        INSERT INTO t SELECT seq, REPEAT('x', 300) FROM seq_1_to_9000"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane; DROP TABLE IF EXISTS e.t"
        sql e <<<"CREATE TABLE t (id BIGINT NOT NULL, name VARCHAR(300) CHARACTER SET utf8mb4, CHECK (id <> 8321));
            INSERT INTO t VALUES (1, 'old')"
        run to_target t
        assert_status 65
        assert_output_has "breaks a check" "unchanged"
        [ $lane = 1 ] || assert_output_has "row 8321"
        rows_are_old
    done
    sql <<<"SET GLOBAL local_infile = 1"
}
