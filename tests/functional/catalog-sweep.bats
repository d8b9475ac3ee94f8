# Each question about a catalog goes wrong in turn, on MariaDB: source, target, and both.

load helper
load ../servers/mariadb
load catalog-sweep

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE USER reader IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO reader;
CREATE USER loader IDENTIFIED BY 'pw'; GRANT ALL ON e.* TO loader;
SQL
}

teardown_file() { mariadb_stop; }

sql() { mariadb_query "$@"; }
requires_server() {
    mariadb_is_installed || skip "MariaDB's server is not installed"
    SOCKET=$MARIADB_SOCKET
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
