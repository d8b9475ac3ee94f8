# What can go wrong with a MySQL server as the target (MariaDB here).

load helper
load target-mariadb
load target-faults

teardown() { cut_end; }

@test "a table that others use: waited for, for lock_wait, and then 75 with the old rows" {
    check_table_in_use
}

@test "readers are not kept out while a load waits for an open transaction" {
    check_readers_pass_a_waiting_load
}

@test "rows that others hold, where rows are replaced in place: waited for, then 75" {
    check_rows_in_use_in_place
}

@test "a server's own defaults and its init_connect change nothing" {
    check_server_defaults
}

@test "a commit by RENAME whose answer is lost: found out, or said to be unknown; the next run heals" {
    requires python3
    check_lost_commit make_old "RENAME TABLE"
}

@test "a commit by RENAME whose answer is lost, where the comment has no room for the run id" {
    requires python3
    check_lost_commit_without_mark
}

@test "a COMMIT whose answer is lost, where rows are replaced in place" {
    requires python3
    check_lost_commit make_old_in_place COMMIT "REPLACE INTO _dbferry_sync"
}

@test "a connection that is lost at any other statement: the old rows, and the next run heals" {
    requires python3
    check_cut_at_each_statement
}

@test "an account without one of the rights is told which, before rows are loaded" {
    check_each_right
}

@test "fifty starts at once: one at a time, the others exit with 75 and name the holder" {
    check_fifty_starts
}

@test "two hosts: a run that is stopped keeps its table, one that is killed lets go" {
    check_stopped_holder
}

@test "killed at any moment: the old rows or the new ones, and the next run clears up what is its own" {
    check_killed_anywhere
}
