# What the tests of strategies share: a source and a target file, what lies in them, and what the
# record of the last run says.

strategies_setup() {
    ferry_setup
    requires sqlite3
    requires_driver sqlite
    S=$T/source.db
    D=$T/target.db
}

# The source's table t to the target's, by the strategy and the options that follow.
sync() { dbferry copy "sqlite:$S" "sqlite:$D" --table t --target-table t --strategy "$@"; }
merge() { sync merge "$@"; }
upsert() { sync upsert "$@"; }
append() { sync append "$@"; }

# every FILE [TABLE]: all rows, each value with its storage class.
every() { sqlite3 -quote "$1" "SELECT * FROM ${2:-t}" | sort; }

same() { assert_equal "$(every "$D")" "$(every "$S" "${1:-t}")"; }

# What the last run did: strategy|inserted|updated|deleted|unchanged
did() { sqlite3 "$D" "SELECT strategy, inserted, updated, deleted, unchanged FROM _dbferry_sync WHERE target_table = 't'"; }

recorded() { sqlite3 "$D" "SELECT $1 FROM _dbferry_sync WHERE target_table = 't'"; }

# merged COUNTS: a merge works, leaves what the source has, and did this much
merged() {
    run merge
    assert_status 0
    same
    assert_equal "$(did)" "merge|$1"
}

source_sql() { sqlite3 -bail "$S" "$@"; }
target_sql() { sqlite3 -bail "$D" "$@"; }

# refused STATUS COMMAND...: it ends so, and nothing in the target's file is another.
refused() {
    local before
    before=$(sqlite3 "$D" .dump)
    run "${@:2}"
    assert_status "$1"
    assert_equal "$(sqlite3 "$D" .dump)" "$before"
}
