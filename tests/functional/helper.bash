# What every functional test starts from: the program under test, a folder of its own, and a few
# sentences that read like what a user checks.
#
#   DBFERRY      the program under test; default: run-uninstalled of the build tree
#   FERRY_BUILD  the build tree; default: the source tree or its build/ folder
#   T            a fresh folder for each test, removed afterwards

bats_require_minimum_version 1.5.0

# Bats notes before every command where it stands, so as to name the line of a failure, which took a
# third of the processor time of the tests.  Bash still knows the line when a command has failed.
bats_debug_trap() { :; }
bats_error_trap() {
    bats_check_status_from_trap
    [ -n "${BATS_DEBUG_LAST_STACK_TRACE_IS_VALID:-}" ] || bats_capture_stack_trace
    BATS_DEBUG_LAST_STACK_TRACE_IS_VALID=1
}

FERRY_SOURCE=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)

if [ -z "${FERRY_BUILD:-}" ]; then
    FERRY_BUILD=$FERRY_SOURCE
    [ -x "$FERRY_BUILD/run-uninstalled" ] || FERRY_BUILD=$FERRY_SOURCE/build
fi
DBFERRY=${DBFERRY:-$FERRY_BUILD/run-uninstalled}

# A test file that defines its own setup calls ferry_setup first.
setup() { ferry_setup; }

ferry_setup() {
    trap - DEBUG # see bats_debug_trap
    T=$BATS_TEST_TMPDIR
    export HOME=$T/home LC_ALL=C.UTF-8
    mkdir -p "$HOME"
    unset DBFERRY_CONFIG XDG_CONFIG_HOME CREDENTIALS_DIRECTORY STATE_DIRECTORY NOTIFY_SOCKET JOURNAL_STREAM
    export XDG_STATE_HOME=$T/state
    # A test that gives it a terminal is the person who looks on.
    unset CI NO_COLOR
    export TERM=xterm
    [ -x "$DBFERRY" ] || {
        echo "there is no program at $DBFERRY; run make first, or set DBFERRY or FERRY_BUILD" >&2
        return 1
    }
}

# The command line, as a user would type it.
dbferry() { "$DBFERRY" "$@"; }

# requires COMMAND: skip the test where a tool is not installed.
requires() {
    command -v "$1" >/dev/null 2>&1 || skip "$1 is not installed"
}

# requires_driver NAME: skip where a driver is not installed (memory and example never are).
requires_driver() {
    local known=$BATS_FILE_TMPDIR/has-$1 # asked once for a file of tests
    [ -e "$known" ] || "$DBFERRY" drivers "$1" >/dev/null 2>&1 || skip "the driver $1 is not there"
    : >"$known"
}

# write_config [FILE]: stdin becomes a private configuration that every later command uses.
write_config() {
    local file=${1:-$T/dbferry.conf}
    (umask 077 && cat >"$file") && chmod 600 "$file"
    export DBFERRY_CONFIG=$file
}

# rows FILE TABLE: how many rows the sqlite3 shell counts.
rows() {
    sqlite3 -batch -readonly "$1" "SELECT count(*) FROM \"$2\""
}

# What `run` left behind, shown when an assertion fails.
show_run() {
    printf 'exit status: %s\n%s\n' "${status:-unset}" "${output:-(no output)}" >&2
    [ -z "${stderr:-}" ] || printf 'standard error:\n%s\n' "$stderr" >&2
}

assert_status() {
    [ "$status" -eq "$1" ] && return
    echo "expected exit status $1" >&2
    show_run
    return 1
}

assert_output_has() {
    local text
    for text; do
        [[ $output${stderr:+$'\n'$stderr} == *"$text"* ]] && continue
        echo "expected in the output: $text" >&2
        show_run
        return 1
    done
}

refute_output_has() {
    local text
    for text; do
        [[ $output${stderr:+$'\n'$stderr} != *"$text"* ]] && continue
        echo "not expected in the output: $text" >&2
        show_run
        return 1
    done
}

# refute COMMAND...: fails if it succeeds.  Bats does not notice a failing "! COMMAND".
refute() {
    "$@" || return 0
    echo "did not expect success of: $*" >&2
    return 1
}

# until_there COMMAND...: wait until it succeeds; a minute is long enough for the slowest machine.
until_there() {
    local last=$((SECONDS + 60))
    until "$@"; do
        [ "$SECONDS" -lt "$last" ] || { echo "waited a minute in vain for: $*" >&2; return 1; }
        sleep 0.05
    done
}

# look_on FILE COMMAND...: from now on it runs again and again in the background; each answer or
# error is a line of FILE.  The first one is there when this returns.
look_on() {
    onlooker_file=$1
    shift
    : >"$onlooker_file"
    # A test that fails takes its onlooker with it.
    (while [ ! -e "$T/enough" ] && kill -0 $$ 2>/dev/null; do
        "$@" 2>&1 | paste -sd' ' >>"$onlooker_file"
    done) 3>&- &
    onlooker=$!
    until_there test -s "$onlooker_file"
}

# stop_looking LINE: once the onlooker has seen this
stop_looking() {
    until_there grep -qxF -- "$1" "$onlooker_file" || { sort "$onlooker_file" | uniq -c >&2; return 1; }
    touch "$T/enough"
    wait "$onlooker"
    rm "$T/enough"
}

# ten_thousand_looks SQL: the statement, for a shell that runs them all in one session: ten thousand times, and
# until the file $T/runs says that enough has been done meanwhile, on a machine that is busy with others.
ten_thousand_looks() {
    local i=0
    while { [ "$i" -lt 10000 ] || [ ! -e "$T/runs" ]; } && [ -e "$T" ]; do
        i=$((i + 1))
        printf '%s\n' "$1"
    done
}

# saw_only LINE...: the onlooker saw each of these and nothing else
saw_only() {
    assert_equal "$(sort -u "$onlooker_file")" "$(printf '%s\n' "$@" | sort -u)"
}

# hold_lock FILE TABLE: from now on a run that wants to replace that table finds it locked, as by another
# one that has written nothing of itself yet.
hold_lock() {
    requires python3
    coproc HOLDER { exec python3 "$FERRY_SOURCE/tests/functional/hold_lock.py" "$1" "$2" 3>&-; }
    holder=$HOLDER_PID
    read -r <&"${HOLDER[0]}"
}

# let_go: of that lock
let_go() {
    eval "exec ${HOLDER[1]}>&-"
    wait "$holder"
}

# between LEAST NUMBER MOST
between() {
    [ "$1" -le "$2" ] || { echo "$2 is less than $1" >&2; return 1; }
    [ "$2" -le "$3" ] || { echo "$2 is more than $3" >&2; return 1; }
}

assert_equal() {
    [ "$1" = "$2" ] && return
    printf 'expected: %s\nfound:    %s\n' "$2" "$1" >&2
    return 1
}
