# Jobs of many tables of which single rows change in one step, with MariaDB on both sides.

load helper
load target-mariadb
load target-faults
load target-groups
load target-foreign-keys
load target-joint

teardown() { cut_end; }

TABLE_IDS=INNODB_SYS_TABLES

@test "merges change single rows of all tables, under one run id" { check_merges_of_many_tables; }

@test "each table by a strategy of its own; one that fails leaves all as they were" { check_strategies_of_many_tables; }

@test "rows that came are read back, of each table alone" { check_rows_that_came_are_read_back; }

@test "rows that came are read back, of tables in one step" { check_rows_that_came_are_read_back 'commit = "together";'; }

@test "a new table among them: all are replaced, or it is named" { check_a_new_table_among_changes; }

@test "empty tables among them: the others change as without them" { check_empty_tables_among_changes; }

@test "foreign keys that are carried: parents and children change together" { check_merges_with_keys; }

@test "foreign keys of somebody's own hold, or 65" { check_keys_of_somebody_among_changes; }

@test "a foreign key of a table whose name differs in case alone holds, or 65" { check_a_key_of_a_table_of_the_other_case; }

@test "a foreign key that the account may not see holds, or 65" { check_a_key_that_is_not_seen_among_changes; }

@test "a trigger on one of the tables: 78, by its name" { check_a_trigger_among_changes; }

@test "without the right to temporary tables: 77" { check_the_right_to_temporary_tables; }

@test "a reader that joins the tables sees no orphan in ten thousand looks" { check_that_no_reader_sees_an_orphan_of_merges; }

@test "rows that others hold: 75 after lock_wait, or they are waited for" { check_rows_in_use_among_changes; }

@test "a table or a record that others lock meanwhile is waited for" { check_a_table_in_use_among_changes; }

@test "a server that ends idle transactions waits while the source is slow" { check_transactions_that_idle; }

@test "a foreign key that somebody adds meanwhile: 75" { check_a_key_that_comes_among_changes; }

@test "a row that somebody adds or deletes meanwhile: 75" { check_a_row_of_others_among_changes; }

@test "a deadlock that the server ends: 75, and nothing has changed" { check_a_deadlock_among_changes; }

@test "a line that is cut at each statement: all as before or all as read" { check_cuts_among_changes; }

@test "killed at any moment: all as before or all as read" { check_kills_among_changes; }
