# What the tests of a PostgreSQL target share: a server that is started once for a file, an account with
# the rights that the manual names, and a database that is new for each test.

load ../servers/postgres

pgsql_target_start() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" "$@" || return
    export POSTGRES_FOLDER POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID POSTGRES_HOME POSTGRES_OWNER
    postgres_account loader pw
}

pgsql_target_setup() {
    ferry_setup
    requires_driver pgsql
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    postgres_is_installed || skip "PostgreSQL's server is not installed"
    D=$T/source.db
    postgres_query <<<"DROP DATABASE IF EXISTS e WITH (FORCE)"
    postgres_query <<<"CREATE DATABASE e"
    sql <<<"REVOKE ALL ON DATABASE e FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE e TO loader;
        GRANT USAGE, CREATE ON SCHEMA public TO loader"
    target_config
}

# target_config [KEYS [JOB-KEYS]]: the connection `target` has these keys, too
target_config() {
    write_config <<END
connections = {
  target = { driver = "pgsql"; socket = "$POSTGRES_SOCKET"; port = $POSTGRES_PORT; user = "loader"; database = "e";
             retries = 0; ${1:-} };
  local = { driver = "sqlite"; path = "$D"; };
  made = { driver = "memory"; rows = 5000; columns = "id int64 not null key, name text(40)"; };
};
jobs = ( { name = "j"; source = "local"; target = "target"; table = "t"; target_table = "t"; ${2:-} } );
END
}

# As the server's owner, who is told of everything.
sql() { postgres_query e; }
# As the account of the runs.
sql_loader() { psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$POSTGRES_SOCKET" -p "$POSTGRES_PORT" -U loader e; }
ask() { sqlite3 -batch -readonly "$D" "$1"; }

to_target() { dbferry copy local target --table "$1" --target-table "${2:-$1}" "${@:3}"; }
made() { dbferry copy made target --view rows --target-table "$1" "${@:2}"; }

# What dbferry leaves in the database besides the tables that were asked for.
leftovers() {
    sql <<<"SELECT relname FROM pg_class WHERE relname LIKE '\\_dbferry\\_%' AND relname NOT LIKE '\\_dbferry\\_sync%'"
}
