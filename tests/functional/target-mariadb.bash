# A MySQL target that is MariaDB: the server, the accounts and the configuration of target.bash.

# shellcheck source=SCRIPTDIR/target.bash
load target
# shellcheck source=SCRIPTDIR/../servers/mariadb.bash
load ../servers/mariadb

# How the client talks to the server.
SWEEP_CALLS="sendto recvfrom"

setup_file() {
    mariadb_is_installed || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER
    mariadb_account reader pw "SELECT ON d.*"
    mariadb_account loader pw "$TARGET_RIGHTS ON e.*"
}

# A test may have started the server anew, and its process is not known here.
teardown_file() {
    MARIADB_PID=$(cat "${MARIADB_FOLDER:-/nonexistent}/pid" 2>/dev/null) || true
    mariadb_kill
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    D=$T/local.db
    sql <<<"SET GLOBAL local_infile = 1; DROP DATABASE IF EXISTS d; DROP DATABASE IF EXISTS e;
        CREATE DATABASE d CHARACTER SET utf8mb4; CREATE DATABASE e CHARACTER SET utf8mb4;"
    TARGET_SERVER=$MARIADB_SOCKET
    target_config
}

sql() { mariadb_query "$@"; }

# target_config [TEXT]: with this text in the connection that makes rows in memory.
target_config() {
    printf 'pw' >"$T/password" && chmod 600 "$T/password"
    write_config <<END
connections = {
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; password_file = "$T/password"; database = "d"; };
  target = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "loader"; password_file = "$T/password"; database = "e"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
  made = { driver = "memory"; rows = 5000; columns = "id int64 not null, name text(40)"; ${1:-} };
};
END
}
