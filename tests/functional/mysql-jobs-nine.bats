# Jobs that run at one time with MySQL 9 on both sides.

load helper
load target-nine
load target-jobs

@test "tables of one database are loaded at one time, one table is not" { check_tables_of_a_server_at_one_time; }

@test "many jobs into one database, from its first record on" { check_many_jobs_of_a_server; }

@test "one server is read by many jobs" { check_one_server_read_by_many; }

@test "a signal stops all, and leaves nothing" { check_a_signal_to_jobs_of_a_server; }
