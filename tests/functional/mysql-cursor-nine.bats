# Append, upsert and unchanged sources with MySQL 9 on both sides.

load helper
load target-nine
load target-merge
load target-cursor

@test "DATETIME and TIMESTAMP in every time zone, with fractions" { check_moments_in_every_time_zone; }

@test "the hour that comes twice" { check_the_end_of_daylight_saving; }

@test "numbers above those with a sign, and decimals of 65 digits" { check_cursors_of_numbers; }

@test "rows that are committed late, and with the value of the last one" { check_rows_that_are_committed_late; }

@test "deleted rows are found by the keys alone" { check_deleted_rows_by_their_keys; }

@test "append: what is there with other values is refused" { check_an_append; }

@test "upsert: what is the same is not written, and triggers fire for the rest" { check_an_upsert_into_a_table_of_the_users; }

@test "a target that is restored goes on from its own state" { check_a_target_that_is_restored; }

@test "a record that is not of the table: check says what run does" { check_a_record_that_is_not_of_the_table; }

@test "skip_unchanged misses no change, however soon it comes" { check_that_no_change_is_skipped; }

@test "change_query: another answer, and one that is none" { check_a_question_of_the_job; }

@test "how many rows will come is told where the server knows it" { check_how_many_rows_are_expected; }
