# What anybody may have written into a file, definitions and values, never looks like a bug of dbferry.

load helper

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    requires python3
}

@test "no definition and no value in a file reaches the engine's own checks" {
    TMPDIR=$T FERRY_BUILD=${FERRY_BUILD:-.} run "$FERRY_SOURCE/tests/types/run" definitions.py 3>&-
    printf '%s\n' "$output" | grep -A8 '^not ok' | head -40 || true
    assert_status 0
    assert_output_has "sqlite to sqlite: 250 tables"
}
