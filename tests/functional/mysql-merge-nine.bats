# A merge from and into MySQL 9: what the target holds afterwards, and what was done for it.

load helper
load target-nine
BLIND=utf8mb4_0900_ai_ci
load target-merge

@test "every type" { check_merge_of_every_type; }

@test "texts that a collation takes for the same" { check_merge_of_texts_a_collation_takes_for_the_same; }

@test "the last digit of 65, the last bit of a double, both zeros" { check_merge_of_numbers_that_differ_little; }

@test "text keys that differ in case, accent or trailing space only, by every pair of collations" { check_merge_of_text_keys; }

@test "the same keys into a file" { check_merge_of_text_keys_into_a_file; }

@test "unique values that rows swap, rings and chains of them, and of keys" { check_merge_of_unique_values_that_move; }

@test "a key twice, NULL, or of a type without an order" { check_merge_of_keys_that_are_none; }

@test "keys longer than the server sorts" { check_merge_of_long_keys; }

@test "a target that was edited by hand, emptied or altered" { check_merge_of_a_table_that_was_edited; }

@test "a target that others write to meanwhile" { check_merge_while_others_write; }

@test "triggers and foreign keys of the target" { check_merge_of_a_table_with_triggers_and_keys; }

@test "generated columns on either side" { check_merge_of_generated_columns; }

@test "another key, other columns, no table at the source" { check_merge_after_the_source_has_changed; }

@test "nothing is written where nothing differs, and rights are tried before" { check_merge_that_writes_nothing; }
