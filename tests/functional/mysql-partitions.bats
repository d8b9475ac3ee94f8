# A table of MariaDB that several connections read at one time, in snapshots taken behind a lock.

load helper
load target-mariadb
load source-partitions

@test "the same digest as with one reader, whatever is parted by what" { check_the_same_digest; }

@test "parts have about the same weight, also where keys crowd" { check_the_weights; }

@test "one state: while others move a sum from part to part, it is always right" { check_one_state; }

@test "what cannot be shared is refused, and says what to do" { check_what_is_refused; }

@test "a writer that does not end: the run waits for lock_wait" { check_a_writer_that_does_not_end; }

@test "one connection is lost, the program is stopped or killed, nothing comes: the old rows stay" { check_what_ends_it; }

@test "a value that fails is named by its place in its partition" { check_a_value_that_fails; }
