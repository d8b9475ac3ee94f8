# Copies whose source is gone, with MySQL 9 on both sides.

load helper
load target-nine
load target-faults
load target-groups
load target-prune

FEW_RIGHTS="DROP USER IF EXISTS few; CREATE USER few IDENTIFIED BY 'pw'; GRANT SELECT, SHOW VIEW ON d.item TO few"

@test "a copy whose source is gone is told, and dropped where the job says so" { check_that_copies_without_source_go; }

@test "an account that has lost rights drops nothing" { check_that_lost_rights_drop_nothing; }

@test "what hangs on a copy keeps it, and so does who uses it" { check_what_keeps_a_copy; }

@test "a large copy into which somebody has written stays" { check_a_large_copy_with_rows_of_others; }

@test "copies that refer to each other go in an order that works" { check_copies_that_refer_to_each_other; }

@test "a record without a table is cleared away" { check_a_record_that_is_left_alone; }

@test "killed at any moment, a copy that goes is there whole, or gone" { check_kills_while_copies_go; }
