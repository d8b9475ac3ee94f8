# The conformance suite must be able to fail: a driver that breaks its contract is found out.

load ../functional/helper.bash

suite=$FERRY_BUILD/tests/conformance/dbferry-driver-test
memory=$FERRY_BUILD/drivers/memory.so

# broken SIDE KEYS: runs the suite on the memory driver with these keys added to its source or target.
broken() {
    [ -x "$suite" ] || skip "dbferry-driver-test was not built"
    sed "s|^$1 = {|& $2|" "$FERRY_SOURCE/tests/conformance/memory.conf" >"$T/broken.conf"
    run --separate-stderr "$suite" "$memory" "$T/broken.conf"
    assert_status 1
}

@test "without a fault the suite passes" {
    [ -x "$suite" ] || skip "dbferry-driver-test was not built"
    run "$suite" "$memory" \
        "$FERRY_SOURCE/tests/conformance/memory.conf"
    assert_status 0
    refute_output_has "not ok"
}

@test "a source that ends before its last row" {
    broken source 'fail_at = "read_batch"; fail_row = 999; fail_class = "stream";'
    assert_output_has "not ok" "all rows are read to a confirmed end"
}

@test "an error without a message" {
    broken source 'fail_at = "describe"; break_contract = "silent-error";'
    assert_output_has "not ok" "describe failed without a message"
}

@test "a list of tables that fails without a word" {
    broken source 'fail_at = "list"; break_contract = "silent-error";'
    assert_output_has "not ok" "list failed without a message"
}

@test "success after an error was reported" {
    broken source 'fail_at = "read_batch"; break_contract = "ok-after-fail";'
    assert_output_has "not ok" "read_batch reported an error and then success"
}

@test "a NULL pointer in a cell" {
    broken source 'break_contract = "null-pointer";'
    assert_output_has "not ok" "a NULL pointer"
}

@test "a load that miscounts" {
    broken target 'break_contract = "wrong-totals";'
    assert_output_has "not ok" "a new table is loaded, 23 rows counted"
}

@test "a target that fails at the commit" {
    broken target 'fail_at = "change_commit"; fail_class = "target-io";'
    assert_output_has "not ok" "the table holds 23 rows"
}

@test "a target with a fit that does not exist" {
    broken target 'break_contract = "bad-fit";'
    assert_output_has "not ok" "map_column knows id"
}

@test "a target whose stored rows come in an order that ignores case" {
    broken target 'order = "without-case";'
    assert_output_has "not ok" "stored texts: rows in the order of t_text"
}

@test "a source that takes negative numbers for large ones" {
    broken read_back 'order = "without-sign";'
    assert_output_has "not ok" "numbers of a source: rows in the order of n_i64"
}

@test "a target that miscounts changes, and one that loses a row of them" {
    broken target 'break_contract = "wrong-totals";'
    assert_output_has "not ok" "one row is inserted: the rows are counted"
    broken target 'corrupt = "lose-row"; fail_row = 4;'
    assert_output_has "not ok" "one row is inserted: after load_end the stored rows are the new ones" \
        "one row is inserted: those that were touched are told"
}

@test "a target that stores another value than it was given" {
    broken target 'corrupt = "flip-bit"; fail_row = 0;'
    assert_output_has "not ok" "text: 14 values at its edges are kept" "another value is stored for it"
}

@test "a target that refuses a value and does not say which, or against its fit" {
    broken target 'fail_at = "load_batch"; fail_class = "data";'
    assert_output_has "not ok" "bool: 2 values at its edges are kept" "no refusal by row and column"
}

@test "a connection that a failure has spoiled, and that does not say so" {
    broken source 'break_contract = "spoiled-by-failure";'
    assert_output_has "not ok" "after a view that is not there the connection reads all rows"
}

@test "quirks of another driver, none, and none that can be read" {
    run "$suite" "$memory" "$FERRY_SOURCE/tests/conformance/sqlite.conf"
    assert_status 66
    assert_output_has "these are the quirks of driver 'sqlite', not of 'memory'"
    run "$suite" "$memory" "$T/absent.conf"
    assert_status 66
    printf 'target = {' >"$T/torn.conf"
    run "$suite" "$memory" "$T/torn.conf"
    assert_status 66
    assert_output_has "torn.conf:1"
    run "$suite" "$memory"
    assert_status 0
    assert_output_has "# skip there are no quirks that say how to connect"
    refute_output_has "not ok"
}

@test "wrong arguments, help and version" {
    run "$suite"
    assert_status 64
    run "$suite" "$T/nothing.so"
    assert_status 66
    run "$suite" --help
    assert_status 0
    assert_output_has "usage: dbferry-driver-test DRIVER [QUIRKS]"
    run "$suite" --version
    assert_status 0
    assert_output_has "driver interface $(sed -n 's/^#define FERRY_ABI_VERSION //p' "$FERRY_SOURCE/src/include/dbferry/driver.h")"
}

@test "without the abilities the cases that need them are left out by name" {
    [ -x "$suite" ] || skip "dbferry-driver-test was not built"
    DBFERRY_MEMORY_PLAIN=1 run "$suite" "$memory" \
        "$FERRY_SOURCE/tests/conformance/memory.conf"
    assert_status 0
    assert_output_has "scans of stored rows # skip the driver has not the ability FERRY_SCANS" \
        "loads of changes # skip the driver has not the ability FERRY_CHANGES" \
        "tables and views are listed # skip the driver has no list"
}

@test "a driver that is not there" {
    [ -x "$suite" ] || skip "dbferry-driver-test was not built"
    DBFERRY_DRIVER_DIR=$FERRY_BUILD/drivers run "$suite" nosuch
    assert_status 1
    assert_output_has "not ok 1" "not installed"
}

@test "a finding that does not say what to do" {
    broken target 'finding = "unmended";'
    assert_output_has "not ok" "without a word of what to do"
}

@test "an examination that fails without a word" {
    broken source 'fail_at = "examine"; break_contract = "silent-error";'
    assert_output_has "not ok" "examine failed without a message"
}
