# Each type behind DISTINCT, UNION, MAX, IF, a window function, a subquery and so on, from either server.
# FERRY_SWEEP=all (make check-slow): a view for each single column too.

load helper

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires python3
}

@test "what comes is what was described, behind every form of an expression" {
    TMPDIR=$T FERRY_BUILD=${FERRY_BUILD:-.} run "$FERRY_SOURCE/tests/types/run" forms.py 3>&-
    printf '%s\n' "$output" | grep -A4 '^not ok' | head -40 || true
    assert_status 0
    assert_output_has "behind DISTINCT"
}
