# check as a doctor of MySQL 9: the clock, limits and rights.

load helper
load target-nine
load target-faults
load target-check

@test "each right is tried: what is missing is told, with the GRANT that mends it" { check_rights_one_by_one; }

@test "rights by way of a role are there" { check_rights_of_a_role "SET DEFAULT ROLE loading TO few"; }

@test "nothing is made or changed, and nobody waits" { check_that_nothing_is_touched; }

@test "a server that is read-only" { check_read_only; }

@test "local_infile and max_allowed_packet" { check_lanes; }

@test "the clock and the limits of the session" { check_session max_execution_time 60000; }
