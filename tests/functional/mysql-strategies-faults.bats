# What can go wrong while single rows of a table on a server are changed (MariaDB here).

load helper
load target-mariadb
load target-faults

teardown() { cut_end; }

eval "target_$(declare -f setup)"
setup() {
    target_setup
    sql <<<"GRANT UPDATE, CREATE TEMPORARY TABLES ON e.* TO loader"
}

# The row that is there changes, and the others come.
load_t() { dbferry copy made target --view rows --target-table t --strategy merge --key id "$@"; }

@test "a COMMIT whose answer is lost, where single rows change" {
    requires python3
    check_lost_commit make_old COMMIT "REPLACE INTO _dbferry_sync"
}

@test "a connection that is lost at any statement of a merge: the old rows, and the next run heals" {
    local text mode
    requires python3
    for text in "SELECT GET_LOCK" "CREATE TEMPORARY TABLE" "START TRANSACTION" "LOAD DATA" "UPDATE" "INSERT INTO \`t\`" \
        "REPLACE INTO"; do
        for mode in before after; do
            echo "cut $mode $text"
            make_old
            cut_at $mode "$text"
            run load_t
            one_of_status 74 75 73
            rows_are 1
            heals
        done
    done
}

@test "rows that others hold, where single rows change: waited for, then 75 with the old rows" {
    local begun=$SECONDS
    make_old
    hold "BEGIN; SELECT * FROM t FOR UPDATE" 60
    run load_t -o job.lock_wait=2s
    let_go
    assert_status 75
    assert_output_has "'t'" "lock_wait"
    between 1 $((SECONDS - begun)) 30
    rows_are_old
    run load_t
    assert_status 0
    rows_are_new
}

@test "killed at any moment while single rows change: the old rows or the new ones" {
    KILLED_TABLES=(make_old)
    check_killed_anywhere
}
