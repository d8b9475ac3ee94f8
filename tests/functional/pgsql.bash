# What the tests of the pgsql driver share: a server that is started once for a file, and copies from
# it, which psql and sqlite3 look at.

load ../servers/postgres

# pgsql_start [OPTION...]: of setup_file
pgsql_start() {
    postgres_is_installed || return 0
    postgres_start "$BATS_FILE_TMPDIR/server" "$@" || return
    pgsql_export
    postgres_account reader 'S3cret}Pass'
    postgres_query <<<'GRANT pg_read_all_data TO reader'
}

pgsql_export() {
    export POSTGRES_FOLDER POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID POSTGRES_HOME POSTGRES_OWNER
}

pgsql_setup() {
    ferry_setup
    requires_driver pgsql
    requires_driver sqlite
    requires sqlite3
    postgres_is_installed || skip "PostgreSQL's server is not installed"
    D=$T/target.db
    (umask 077 && printf 'S3cret}Pass' >"$T/password")
}

# pgsql_config [KEYS [JOB-KEYS]]: the connection has these keys, too, and the database DATABASE
pgsql_config() {
    local job='table = "t"; target_table = "t";'
    write_config <<END
connections = {
  server = { driver = "pgsql"; host = "127.0.0.1"; port = $POSTGRES_PORT; user = "reader"; retries = 0;
             password_file = "$T/password"; database = "${DATABASE:-postgres}"; ${1:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "j"; source = "server"; target = "local"; ${2:-$job} } );
END
}

sql() { postgres_query postgres; }

# ask SQL: what sqlite3 says of the copy
ask() { sqlite3 -batch -readonly "$D" "$1"; }

# copy NAME [OPTION...]: a table or view of the server becomes table NAME of the file.
copy() { dbferry copy server local --table "$1" --target-table "$1" "${@:2}"; }

# query SQL [OPTION...]: its rows become table q
query() { dbferry copy server local --query "$1" --target-table q "${@:2}"; }
