# How rows travel to a MySQL server as the target (MariaDB here), and its limits.

load helper
load target-mariadb
load target-faults
load target-lanes

teardown() { cut_end; }

@test "the largest row that max_allowed_packet lets through, by either lane, to the byte" {
    check_packet_limit
}

@test "commits into the stage are of bounded size" {
    check_bounded_commits
}

@test "a server that forbids the lane, or all writes, in mid-load: 75 and the old rows" {
    check_switched_off
}

@test "a server without patience waits for a slow source all the same" {
    check_patience
}

@test "a source's server without patience waits for a slow target" {
    check_slow_target
}

@test "an account that may have one connection only is told that a target takes two" {
    check_two_connections
}
