# Single rows of a server's table, inserted, updated and deleted (MariaDB here).

load helper
load target-mariadb
load target-changes

teardown() { revoke_changes; }

@test "rows are inserted, updated and deleted, by the exact value of each column" {
    check_changes
}

@test "where nothing has changed nothing is written but the record" {
    check_nothing_changed_writes_nothing
}

@test "rows that take each other's unique values" {
    check_unique_values
}

@test "keys that a collation takes for one another" {
    check_keys_alike
}

@test "an engine without transactions is refused" {
    check_engines_without_transactions
}

@test "the rights that changes need" {
    check_rights_for_changes
}

@test "rows that others hold" {
    check_others_who_hold_rows
}

@test "triggers and foreign keys" {
    check_what_hangs_on_it
}

@test "the mark of the table and the record of the run" {
    check_mark_and_record
}

@test "the third connection is lost" {
    check_third_connection_lost
}

@test "a source is read in the order of its bytes" {
    check_orders_of_a_source
}
