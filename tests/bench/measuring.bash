# Figures that are measured, and judged as ratios of one run: sourced by bench and strategies, which set
# folder (with a folder raw in it) and MEASURE, and say die.

# measure NAME COMMAND...: "seconds peak-KiB status" becomes a line of raw/NAME.
measure() {
    local name=$1
    shift
    "$MEASURE" "$folder/raw/$name" "$@" >"$folder/output" 2>&1 && return
    cat "$folder/output" >&2
    die "$name failed: $*"
}

# column NAME N: the values of one column of the raw figures.
column() { awk -v n="$2" '{ print $n }' "$folder/raw/$1"; }
median() { column "$1" "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
largest() { column "$1" "$2" | sort -n | tail -n 1; }
was_measured() { [ -s "$folder/raw/$1" ]; }
calculate() { awk "BEGIN { printf \"$1\", $2 }"; }
holds() { awk "BEGIN { exit !($1) }"; }

# ---- Judging ------------------------------------------------------------------------------------

failed=0
# judge WHAT VALUE RULE CONDITION
judge() {
    local verdict=PASS
    holds "$4" || {
        verdict=FAIL
        failed=$((failed + 1))
    }
    printf '  %-4s  %-58s %14s   %s\n' "$verdict" "$1" "$2" "$3"
}

# judge_from LEAST ROWS WHAT VALUE RULE CONDITION: with few rows the time goes into starting and into
# flushing the disk, and no buffer is full yet; that is shown, and judged by nobody.
judge_from() {
    local least=$1 rows=$2
    shift 2
    if [ "$rows" -ge "$least" ]; then
        judge "$@"
    else
        printf '  %-4s  %-58s %14s   %s\n' - "$1" "$2" "$3; judged from $least rows on"
    fi
}
