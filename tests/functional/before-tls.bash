# What the tests of somebody on the way share: real servers with a certificate, and the modes.
#
#   before_tls_start              both servers, in setup_file; NOT_HERE says what is missing
#   before_tls_stop               in teardown_file
#   port_of SERVER, modes_for     of MariaDB or MySQL; $SERVED is the one that is asked:
#   query [OPTION...]             the SQL on standard input, in the database d
#   mode_keys MODE                the lines of a connection; $PRINT is the certificate's fingerprint

HOST=127.0.0.2

before_tls_start() {
    local word
    export NOT_HERE='' SERVER=$BATS_FILE_TMPDIR/server
    for word in mysql sqlite azure-mysql; do
        "$DBFERRY" drivers "$word" >/dev/null 2>&1 || NOT_HERE="the driver $word is not there"
    done
    for word in sqlite3 openssl python3; do
        command -v "$word" >/dev/null || NOT_HERE="$word is not installed"
    done
    mariadb_is_installed || NOT_HERE="MariaDB's server is not installed"
    [ -z "$NOT_HERE" ] || return 0
    mariadb_make_certificates "$SERVER" || return
    (umask 077 && cd "$SERVER/tls" && mariadb_sign both ca "IP:$HOST,DNS:$AZURE_HOST") || return
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls both || return
    fill | mariadb_query || return
    mariadb_account loader S3cret-Pass "ALL ON d.*"
    export MARIADB_PORT MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER
    start_mysql
}

# What a wrong version costs: the key, NOT NULL, the default, the collation.
fill() {
    cat <<'SQL'
CREATE DATABASE d;
CREATE TABLE d.t (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(50) NOT NULL DEFAULT 'none', KEY by_title (title));
INSERT INTO d.t VALUES (7, 'hello');
SQL
}

start_mysql() {
    mysql_is_available || return 0
    mysql_start before-tls --bind-address=$HOST || return
    export MYSQL_DATA MYSQL_PORT MYSQL_PID
    mkdir -p "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" && cp "$SERVER"/tls/{ca,both}.* "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" &&
        chown -R 27:27 "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" || return
    {
        fill
        cat <<SQL
CREATE USER loader IDENTIFIED BY 'S3cret-Pass'; GRANT ALL ON d.* TO loader;
SET GLOBAL local_infile = ON;
SET GLOBAL ssl_cert = '$MYSQL_DATA/tls/both.pem', GLOBAL ssl_key = '$MYSQL_DATA/tls/both.key',
    GLOBAL ssl_ca = '$MYSQL_DATA/tls/ca.pem';
ALTER INSTANCE RELOAD TLS;
SQL
    } | mysql_query
}

before_tls_stop() {
    [ -z "${MARIADB_PID:-}" ] || mariadb_stop
    mysql_stop
}

port_of() { if [ "$1" = MariaDB ]; then echo "$MARIADB_PORT"; else echo "$MYSQL_PORT"; fi; }

query() {
    if [ "$SERVED" = MariaDB ]; then mariadb_query "$@" d; else mysql_query "$@" d; fi
}

# mode_keys MODE
mode_keys() {
    case $1 in
    ssl_fingerprint) echo "ssl_fingerprint = \"$PRINT\";" ;;
    verify-*) echo "ssl_mode = \"$1\"; ssl_ca = \"$SERVER/tls/ca.pem\";" ;;
    *) echo "ssl_mode = \"$1\";" ;;
    esac
}

modes_for() {
    if [ "$SERVED" = MariaDB ]; then
        echo preferred required verify-ca verify-identity ssl_fingerprint
    else
        echo preferred verify-ca verify-identity ssl_fingerprint
    fi
}
