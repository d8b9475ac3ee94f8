# While a load runs, its files are exchanged, linked and removed at each moment in turn: no file that
# dbferry did not make is changed, and the target has the old rows or the new ones.
#
# FERRY_SWEEP=all (make check-slow) does so before every call of the program; else at some of them.

load helper

setup_file() {
    command -v gcc >/dev/null && command -v python3 >/dev/null || return 0
    gcc -shared -fPIC -w "$FERRY_SOURCE/tests/faults/exchange.c" -o "$BATS_FILE_TMPDIR/exchange.so"
}

# exchanged MODE
exchanged() {
    requires gcc
    requires python3
    python3 -c 'import sqlite3' 2>/dev/null || skip "python3 has no sqlite3"
    requires_driver sqlite
    local preload=$BATS_FILE_TMPDIR/exchange.so library
    # The sanitizer's own library must come first.
    for library in $(ldd "$FERRY_BUILD/src/dbferry" 2>/dev/null | sed -n 's/.*=> \(.*libasan[^ ]*\) .*/\1/p'); do
        preload="$library $preload"
    done
    # The wrapper of a build tree is a shell, which must not be checked for leaks.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 DBFERRY=$DBFERRY python3 \
        "$FERRY_SOURCE/tests/faults/exchange.py" "$preload" "$T/sweep" "$1" "${FERRY_SWEEP:-2}" >"$T/found" ||
        { cat "$T/found" >&2; return 1; }
    cat "$T/found" >&3
}

@test "files are exchanged while a new file in WAL mode is made" { exchanged new; }

@test "files are exchanged while a new file in rollback mode is made" { exchanged new-delete; }

@test "files are exchanged while a table is replaced in WAL mode" { exchanged wal; }

@test "files are exchanged while a table is replaced by a staging file" { exchanged staged; }

@test "files are exchanged while a table is replaced in rollback mode directly" { exchanged direct; }

@test "files are exchanged while a table is replaced under a journal that is truncated" { exchanged truncate; }
