# Foreign keys carried between MariaDB and SQLite.

load helper
load target-mariadb
load target-groups
load target-foreign-keys

@test "from server to server: circles, keys to themselves, actions" { check_keys_from_server_to_server; }

@test "from a server to a file, and back" { check_keys_between_a_server_and_a_file; }

@test "a row that refers to none: 65, with both rows, and all is as it was" { check_a_row_that_refers_to_none; }

@test "keys that come and go" { check_keys_that_change; }

@test "a copy with keys whose table is gone is dropped before the others change, or named" { check_a_table_with_keys_that_is_gone; }

@test "one table of many keeps its keys, and to them" { check_one_table_with_keys; }

@test "what cannot be carried is left out with a word" { check_keys_that_are_left_out; }

@test "a table of somebody's own is referred to as it is" { check_keys_to_a_table_of_somebodys_own; }

@test "tables that somebody has altered keep what they say" { check_keys_of_altered_tables; }

@test "an account that may make no keys is told so before rows are read" { check_the_right_to_keys; }

@test "killed at any moment: all as before or all as read" { check_kills_with_keys; }
