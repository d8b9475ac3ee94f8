# A MySQL target that is MySQL 9: the server, the accounts and the configuration of target.bash.

# shellcheck source=SCRIPTDIR/target.bash
load target
# shellcheck source=SCRIPTDIR/../servers/mysql.bash
load ../servers/mysql

# How the client talks to the server.
SWEEP_CALLS="write read" # as OpenSSL does

setup_file() {
    mysql_is_available || return 0
    mysql_start target --sql-generate-invisible-primary-key=ON || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<SQL
CREATE USER reader IDENTIFIED BY 'pw'; GRANT SELECT ON d.* TO reader;
CREATE USER loader IDENTIFIED BY 'pw'; GRANT $TARGET_RIGHTS ON e.* TO loader;
SQL
}

teardown_file() { mysql_stop; }

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver memory
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    D=$T/local.db
    sql <<<"SET GLOBAL local_infile = 1; DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e;
        CREATE DATABASE d; CREATE DATABASE e CHARACTER SET latin1;"
    TARGET_SERVER=$MYSQL_PORT
    target_config
}

# target_config [TEXT]: with this text in the connection that makes rows in memory.
target_config() {
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "127.0.0.1"; port = $MYSQL_PORT; user = "reader"; password_file = "$T/password"; database = "d"; };
  target = { driver = "mysql"; host = "127.0.0.1"; port = $MYSQL_PORT; user = "loader"; password_file = "$T/password"; database = "e"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
  made = { driver = "memory"; rows = 5000; columns = "id int64 not null, name text(40)"; ${1:-} };
};
END
}

sql() { mysql_query "$@"; }
