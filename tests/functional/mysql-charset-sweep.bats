# The sweep of character sets: tests/types/charsets.py on both servers.  FERRY_SWEEP=all: all pairs of
# bytes, and more of those that are refused.

load helper
load ../servers/mariadb

@test "every character set of the servers: every byte and pair is carried exactly or refused" {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires python3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    run "$FERRY_SOURCE/tests/types/run" charsets.py
    refute_output_has "not ok"
    assert_status 0
}
