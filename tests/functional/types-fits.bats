# What `exact` and `wider` promise: no value of any descriptor is refused behind them, by any target.

load helper

setup() {
    ferry_setup
    requires_driver memory
    requires_driver sqlite
    requires sqlite3
    requires python3
}

@test "behind a fit of exact or wider it is never the target that refuses a value" {
    TMPDIR=$T FERRY_BUILD=${FERRY_BUILD:-.} run "$FERRY_SOURCE/tests/types/run" fits.py 3>&-
    printf '%s\n' "$output" | grep -A4 '^not ok' | head -40 || true
    assert_status 0
    assert_output_has "sqlite: no value of date is refused"
}
