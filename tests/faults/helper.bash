# What the fault tests start from: the helpers of the functional tests, and the one oracle of every
# fault: afterwards the target holds the old rows or the new ones, whole, and nothing else is left.

# shellcheck source=SCRIPTDIR/../functional/helper.bash
load ../functional/helper
# shellcheck source=SCRIPTDIR/../functional/sample.bash
load ../functional/sample

# now_ms: a clock for measuring
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# one_of TEXT CHOICE...: TEXT is one of the choices
one_of() {
    local text=$1 choice
    shift
    for choice; do
        [ "$text" != "$choice" ] || return 0
    done
    printf 'found:    %s\n' "$text" >&2
    printf 'expected: %s\n' "$@" >&2
    return 1
}

# leftovers FILE: what lies beside a database besides its own companions and the lock file
leftovers() {
    local file
    for file in "$1"-*; do
        case $file in
        "$1-*" | "$1-wal" | "$1-shm" | "$1"-dbferry.lock) ;;
        *) echo "$file" ;;
        esac
    done
}
