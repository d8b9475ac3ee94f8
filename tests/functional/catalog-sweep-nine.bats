# Each question about a catalog goes wrong in turn, on MySQL 9: source, target, and both.

load helper
load ../servers/mysql
load catalog-sweep

setup_file() {
    mysql_is_available || return 0
    mysql_start sweep || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<'SQL'
CREATE USER reader IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO reader;
CREATE USER loader IDENTIFIED BY 'pw'; GRANT ALL ON e.* TO loader;
SQL
}

teardown_file() { mysql_stop; }

sql() { mysql_query "$@"; }
requires_server() {
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    SOCKET=$FERRY_MYSQL_ROOT$MYSQL_DATA/socket
}

@test "a question about the source that fails does not weaken a file" {
    sweep local definition_of_file
}

@test "a question about source or target that fails does not weaken a table of ours" {
    sweep target definition_on_server
}

@test "a question about source or target that fails does not weaken somebody's own table" {
    make_own_film
    sweep target definition_on_server
}

@test "a question about foreign keys that fails does not weaken them" {
    make_rented
    sweep target definitions_with_keys carry_all
}
