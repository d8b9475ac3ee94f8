# A signal while a MySQL 9 target commits.

load helper
load target-nine
load target-faults
load commit-signals

teardown() { cut_end; }

@test "a signal while RENAME is on its way, and when it is done" { check_signals_in_a_rename; }

@test "a signal while COMMIT is on its way, and when it is done" { check_signals_in_a_commit; }
