#!/usr/bin/env bats
# Each question about the catalog of a SQLite file goes wrong in turn: fails with each code that SQLite
# has, answers nothing, or is cut off.  The target is what it was, or what it should become.
#
# FERRY_SWEEP=all (make check-slow): each question with each fault, else one of every ten with two.

load helper

# asked MODE: see catalog.py
asked() {
    requires python3
    requires sqlite3
    requires_driver sqlite
    local preload=$FERRY_BUILD/tests/faults/.libs/catalog.so
    [ -e "$preload" ] || skip "the preload was not built: make -C tests test-programs"
    # A sanitizer takes what is loaded before it for a mistake.
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 DBFERRY=$DBFERRY \
        python3 "$FERRY_SOURCE/tests/faults/catalog.py" "$preload" "$T/sweep" "$1" "${FERRY_SWEEP:-}" >"$T/found" 2>&1 ||
        { cat "$T/found" >&2; return 1; }
    cat "$T/found" >&3
}

@test "a table is copied into a new file" { asked new; }

@test "a table without rowid is copied beside others" { asked new-table; }

@test "a view and a query are copied" {
    asked new-view
    rm -r "$T/sweep"
    asked new-query
}

@test "what a file keeps of its own source is copied" { asked carried; }

@test "the table is kept, in WAL mode and by a staging file" {
    asked kept
    rm -r "$T/sweep"
    asked kept-staged
}

@test "the table is made anew, in WAL mode and by a staging file" {
    asked rebuilt
    rm -r "$T/sweep"
    asked rebuilt-staged
}

@test "a trigger does not fit the new table" { asked unfit; }

@test "somebody's own table is kept, in WAL mode, by a staging file and in UTF-16" {
    asked own
    rm -r "$T/sweep"
    asked own-staged
    rm -r "$T/sweep"
    asked utf16
}

@test "somebody's own table is made anew, or not" {
    asked lost
    rm -r "$T/sweep"
    asked refused
}

@test "a full-text index hangs on the table" {
    asked indexed
    rm -r "$T/sweep"
    asked indexed-again
}

@test "a dry run tells the same" { asked looked-at; }
