# Every cell of the table in dbferry-mysql(7): who answers x ssl_mode -> what happens.
#
# A test's name is ROLE / SERVER / ROW / MODE; what must happen is read from the page itself.  The
# servers run while the file runs: a real MariaDB, a real MySQL where there is one, and impostor.py.

load helper
load ../servers/mariadb
load ../servers/mysql

PAGE=plugins/mysql/dbferry-mysql.pod
MODES=(disabled preferred required verify-ca verify-identity ssl_fingerprint)
ACCOUNT=table_account
PASSWORD=S3cret-Pass
HOST=127.0.0.2 # Connector/C 3.4 does not compare the name of a server at 127.0.0.1

setup_file() {
    local word
    export NO_TABLE='' SERVER=$BATS_FILE_TMPDIR/server
    for word in mysql sqlite; do
        "$DBFERRY" drivers "$word" >/dev/null 2>&1 || NO_TABLE="the driver $word is not there"
    done
    for word in sqlite3 openssl python3 setpriv; do
        command -v "$word" >/dev/null || NO_TABLE="$word is not installed"
    done
    mariadb_is_installed || NO_TABLE="MariaDB's server is not installed"
    [ -z "$NO_TABLE" ] || return 0
    page_rows >"$BATS_FILE_TMPDIR/table"
    make_certificates && start_mariadb && start_mysql || return
    python3 "$FERRY_SOURCE/tests/servers/impostor.py" "$SERVER" $HOST "$MARIADB_PORT" >"$SERVER/impostor.log" 2>&1 3>&- &
    echo $! >"$SERVER/impostor.pid"
    for _ in $(seq 100); do
        [ ! -s "$SERVER/ports" ] || return 0
        sleep 0.05
    done
    cat "$SERVER/impostor.log" >&2
    return 1
}

make_certificates() {
    mariadb_make_certificates "$SERVER" && cd "$SERVER/tls" || return
    : >empty.pem
    mkdir live && cp server.pem server.key ca.pem live
    cat ca.pem other-ca.pem self-signed.pem >all.pem
    openssl genrsa -out rsa.key 2048 2>/dev/null && openssl rsa -in rsa.key -pubout -out rsa.pem 2>/dev/null || return
    PRINT=$(openssl x509 -in server.pem -noout -fingerprint -sha1 | cut -d= -f2)
    export PRINT
}

start_mariadb() {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls live/server || return
    mariadb_query <<'SQL' || return
CREATE DATABASE d;
CREATE TABLE d.t (c0 INT, c1 VARCHAR(10));
INSERT INTO d.t VALUES (7, 'hello');
SQL
    mariadb_account "$ACCOUNT" "$PASSWORD" "ALL ON d.*"
    echo "$MARIADB_PORT" >"$SERVER/port"
    keep_mariadb server
}

start_mysql() {
    mysql_is_available || return 0
    mysql_start table --bind-address=$HOST || return
    export MYSQL_DATA MYSQL_PORT MYSQL_PID
    mkdir -p "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" && cp "$SERVER"/tls/*.pem "$SERVER"/tls/*.key "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" &&
        chown -R 27:27 "$FERRY_MYSQL_ROOT$MYSQL_DATA/tls" || return
    mysql_query <<SQL
CREATE DATABASE d;
CREATE TABLE d.t (c0 INT, c1 VARCHAR(10));
INSERT INTO d.t VALUES (7, 'hello');
CREATE USER $ACCOUNT IDENTIFIED BY '$PASSWORD'; GRANT SELECT ON d.* TO $ACCOUNT;
SET GLOBAL ssl_ca = '$MYSQL_DATA/tls/all.pem';
SQL
}

teardown_file() {
    [ -s "$SERVER/impostor.pid" ] || return 0
    kill "$(cat "$SERVER/impostor.pid")" 2>/dev/null || true
    find_mariadb
    mariadb_stop
    mysql_stop
}

# Each test is a process of its own: what the last one left running is written down.
keep_mariadb() { printf '%s\n' "$MARIADB_PID" "$MARIADB_SOCKET" "$1" >"$SERVER/mariadb.state"; }
find_mariadb() {
    MARIADB_FOLDER=$SERVER
    { read -r MARIADB_PID && read -r MARIADB_SOCKET && read -r MARIADB_CERTIFICATE; } <"$SERVER/mariadb.state"
    read -r MARIADB_PORT <"$SERVER/port"
}

setup() {
    ferry_setup
    [ -z "$NO_TABLE" ] || skip "$NO_TABLE"
    D=$T/local.db
    printf '%s\n' "$PASSWORD" >"$T/password" && chmod 600 "$T/password"
}

# ---- The page's table ----------------------------------------------------------------------------

# page_rows: a line for each row: its name, then its cells, parted by "|".
page_rows() {
    local line here=no name cells
    while IFS= read -r line; do
        case $line in
        "    who answers, and how"*) here=yes ;;
        "    ---"*) ;;
        "    "*)
            [ $here = yes ] || continue
            name=${line:4:23} cells=${line:27}
            name=${name%"${name##*[! ]}"}
            while [[ $cells =~ ^' '*([0-9]+' '[^ ]+)(.*)$ ]]; do
                name+="|${BASH_REMATCH[1]}" cells=${BASH_REMATCH[2]}
            done
            echo "$name"
            ;;
        *) [ $here = no ] || return 0 ;;
        esac
    done <"$FERRY_SOURCE/$PAGE"
}

# page_cell ROW MODE
page_cell() {
    local cells i
    while IFS='|' read -ra cells; do
        [ "${cells[0]}" = "$1" ] || continue
        for i in "${!MODES[@]}"; do
            [ "${MODES[i]}" != "$2" ] || echo "${cells[i + 1]-}"
        done
    done <"$BATS_FILE_TMPDIR/table"
}

# ---- The servers ---------------------------------------------------------------------------------

# certificate_of ROW: its name in the servers' folder.
certificate_of() {
    case $1 in
    "another host") echo wrong-host ;;
    "another CA") echo other-server ;;
    "revoked, ssl_crl") echo revoked ;;
    expired | self-signed) echo "$1" ;;
    *) echo server ;;
    esac
}

# The files of live/ are those that the server was started with.
mariadb_serves() {
    find_mariadb || return
    [ "$MARIADB_CERTIFICATE" != "$1" ] || return 0
    cp "$SERVER/tls/$1.pem" "$SERVER/tls/live/server.pem" || return
    cp "$SERVER/tls/$1.key" "$SERVER/tls/live/server.key" || return
    mariadb_query <<<"FLUSH SSL" || return
    keep_mariadb "$1"
}

mysql_serves() {
    [ "$(cat "$SERVER/mysql.state" 2>/dev/null)" != "$1" ] || return 0
    mysql_query <<SQL || return
SET GLOBAL ssl_cert = '$MYSQL_DATA/tls/$1.pem', GLOBAL ssl_key = '$MYSQL_DATA/tls/$1.key';
ALTER INSTANCE RELOAD TLS;
SQL
    echo "$1" >"$SERVER/mysql.state"
}

# ---- One copy ------------------------------------------------------------------------------------

# options_for ROW MODE: what stands in the connection.
options_for() {
    local ca="ssl_ca = \"$SERVER/tls/ca.pem\";"
    case $1 in
    "ssl_ca missing") ca="ssl_ca = \"$T/none.pem\";" ;;
    "ssl_ca empty") ca="ssl_ca = \"$SERVER/tls/empty.pem\";" ;;
    "ssl_ca unreadable") ca="ssl_ca = \"$T/locked.pem\";" && install -m 0 "$SERVER/tls/ca.pem" "$T/locked.pem" ;;
    "no ssl_ca") ca= ;;
    *)
        [ "$1" != "revoked, ssl_crl" ] || ca+=" ssl_crl = \"$SERVER/tls/crl.pem\";"
        [ "$2" != disabled ] || ca= # they do not go together
        ;;
    esac
    case $2 in
    ssl_fingerprint) echo "ssl_mode = \"verify-identity\"; ssl_fingerprint = \"$PRINT\"; $ca" ;;
    *) echo "ssl_mode = \"$2\"; $ca" ;;
    esac
}

# As root, dbferry is to meet the rights of files too.
copy() {
    local command=("$DBFERRY" copy "$@" --table t --target-table t -v)
    [ "$(id -u)" -ne 0 ] || command=(setpriv --bounding-set=-dac_override,-dac_read_search "${command[@]}")
    run timeout 30 "${command[@]}"
}

# message_for ROW MODE: what a refusal must say.
message_for() {
    case $2/$1 in
    "required/"*) [ "$KIND" != MySQL ] || { echo "login method" && return; } ;;&
    disabled/"ssl_ca "*) echo "does not use TLS" ;;
    *"/words before TLS") echo "more than a greeting came" ;;
    */"ssl_ca missing" | */"ssl_ca empty" | */"ssl_ca unreadable") echo ssl_ca ;;
    *"/error 1045 before TLS") [ "$2" = disabled ] && echo "error 1045" || echo "unauthenticated error before TLS" ;;
    disabled/"error 1040 before TLS") echo "error 1040" ;;
    *"/error 1040 before TLS") echo "unauthenticated error before TLS" ;;
    *"/error after handshake" | disabled/"error for handshake") echo "error 1045" ;;
    *"/handshake cut off") echo "cannot finish the TLS handshake: " ;;
    *"/handshake stalls") echo "Connection timed out" ;;
    *"/error for handshake") echo "does not speak TLS" ;;
    *"/only TLS 1."*) echo "TLS version in common" ;;
    *"/file for rows") echo "unchanged" ;;
    *"/file at login") echo "cannot connect" ;;
    verify-ca/"no ssl_ca") echo "needs \`ssl_ca\`" ;;
    */"no TLS" | */"TLS taken out" | required/*", no TLS" | verify-*/*", no TLS" | ssl_fingerprint/*", no TLS") echo "offers no TLS" ;;
    ssl_fingerprint/"clear text" | ssl_fingerprint/"unknown method") echo "login method" ;;
    ssl_fingerprint/*) echo "not the one that ssl_fingerprint names" ;;
    verify-*/"no ssl_ca" | verify-*/"another CA" | verify-*/*", other CA" | verify-*/*", another CA") echo "give the right one as ssl_ca" ;;
    */"another host" | */*", another host") [ "$2" = required ] && echo "login method" || echo "another host" ;;
    */expired) echo "check this machine's clock" ;;
    */"not yet valid") echo "check this machine's clock" ;;
    */self-signed) echo "signed by nobody known" ;;
    */"revoked, ssl_crl") echo "was revoked" ;;
    *) echo "login method" ;;
    esac
}

# received_as OUTCOME GOT: what the one who answered has got is what the page says, and no more.
received_as() {
    case $1 in
    -) [ ! -e "$2" ] || refute grep -aqF -e "$ACCOUNT" -e "password: " "$2" || return ;;
    login | plain | TLS) grep -aqF "$ACCOUNT" "$2" && refute grep -aqF -e "password: " "$2" || return ;;
    secret) grep -aqFx "password: $PASSWORD" "$2" || return ;;
    esac
    # Those who only listen do not get it, where there is no TLS to hide it.
    [ "$1 ${ROW#*, }" != "secret no TLS" ] || assert_equal "$(grep -acF "$PASSWORD" "$2")" 1 || return
    [ "$1" = secret ] || [ ! -e "$2" ] || refute grep -aqF "$PASSWORD" "$2" || return
    [ ! -e "$2" ] || refute grep -aqF "file: " "$2"
}

old_rows() {
    if [ "$ROLE" = source ]; then
        assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '99|old'
    elif [ "$KIND" = MariaDB ]; then
        assert_equal "$(mariadb_query d <<<'SELECT c0, c1 FROM t')" $'7\thello'
    fi
}

new_rows() {
    if [ "$ROLE" = source ]; then
        assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
    else
        assert_equal "$(mariadb_query d <<<'SELECT c0, c1 FROM t')" $'99\told'
        mariadb_query d <<<"DROP TABLE t; CREATE TABLE t (c0 INT, c1 VARCHAR(10)); INSERT INTO t VALUES (7, 'hello')"
    fi
}

# The exit code of a target, by that of a source.
as_target() {
    case $1 in
    69) echo 73 ;;
    76) echo 74 ;;
    *) echo "$1" ;;
    esac
}

# cell: what the test's name says.
cell() {
    local rest=$BATS_TEST_DESCRIPTION ROW MODE expected port answers patience=5s
    ROLE=${rest%% / *} rest=${rest#* / } KIND=${rest%% / *} rest=${rest#* / }
    ROW=${rest%% / *} MODE=${rest#* / }
    expected=$(page_cell "$ROW" "$MODE")
    [ -n "$expected" ] || { echo "the page has no cell '$ROW', '$MODE'" >&2 && return 1; }
    # MySQL's accounts log in by caching_sha2_password.
    [ "$KIND $MODE" != "MySQL required" ] || expected=$(page_cell sha2 required)
    choose_server || return
    [ "$ROW" != "handshake stalls" ] || patience=1s
    rm -f "$SERVER/got/$answers"
    sqlite3 "$D" "CREATE TABLE t (c0 INTEGER, c1 TEXT); INSERT INTO t VALUES (99, 'old')"
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "$HOST"; port = $port; user = "$ACCOUNT"; password_file = "$T/password";
             database = "d"; connect_timeout = "$patience"; read_timeout = "5s"; retries = 0; $(options_for "$ROW" "$MODE") };
  local = { driver = "sqlite"; path = "$D"; };
};
END
    if [ "$ROLE" = source ]; then
        copy server local
    else
        expected="$(as_target "${expected%% *}") ${expected#* }"
        copy local server -o job.on_rebuild_loss=allow # it has other columns, and was made by hand
    fi
    check_cell "$expected" "$SERVER/got/$answers"
}

# choose_server: the one of KIND behaves as ROW says, and listens on port.
choose_server() {
    answers=$ROW
    [[ $ROW != *"ssl_ca "* && $ROW != "no ssl_ca" ]] || answers="the right server"
    case $KIND/$ROW in
    MariaDB/"TLS taken out")
        mariadb_serves server || return
        port=$(impostor_port "$answers")
        ;;
    MariaDB/*)
        mariadb_serves "$(certificate_of "$ROW")" || return
        read -r port <"$SERVER/port"
        ;;
    MySQL/*)
        mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
        mysql_serves "$(certificate_of "$ROW")" || return
        port=$MYSQL_PORT
        ;;
    *) port=$(impostor_port "$answers") ;;
    esac
    [ -n "$port" ]
}

impostor_port() {
    local number name
    while read -r number name; do
        [ "$name" != "$1" ] || echo "$number"
    done <"$SERVER/ports"
}

# says_why: a silent server meets the time of its own wait or, on a busy machine, of the login.
says_why() {
    local login="timed out, no login within 1 s (connect_timeout)"
    [ "$ROW" != "handshake stalls" ] || ! grep -qF "$login" <<<"$output" || return 0
    assert_output_has "$(message_for "$ROW" "$MODE")"
}

# check_cell "CODE WHAT" GOT
check_cell() {
    assert_status "${1%% *}"
    refute_output_has "$PASSWORD" $'\e' "AddressSanitizer" "runtime error"
    case $1 in
    "0 plain") assert_output_has "TLS: none" && new_rows ;;
    "0 TLS") assert_output_has "TLS: TLSv1." && new_rows ;;
    "0 "*) new_rows ;;
    *)
        says_why
        assert_output_has "unchanged"
        old_rows
        ;;
    esac
    if [ "$KIND" = impostor ] || [ "$ROW" = "TLS taken out" ]; then
        received_as "${1#* }" "$2"
    fi
}

# ---- One test per cell ---------------------------------------------------------------------------

@test "source / impostor / the right server / disabled" { cell; }
@test "source / impostor / the right server / preferred" { cell; }
@test "source / impostor / the right server / required" { cell; }
@test "source / impostor / the right server / verify-ca" { cell; }
@test "source / impostor / the right server / verify-identity" { cell; }
@test "source / impostor / the right server / ssl_fingerprint" { cell; }
@test "source / impostor / another host / disabled" { cell; }
@test "source / impostor / another host / preferred" { cell; }
@test "source / impostor / another host / required" { cell; }
@test "source / impostor / another host / verify-ca" { cell; }
@test "source / impostor / another host / verify-identity" { cell; }
@test "source / impostor / another host / ssl_fingerprint" { cell; }
@test "source / impostor / another CA / disabled" { cell; }
@test "source / impostor / another CA / preferred" { cell; }
@test "source / impostor / another CA / required" { cell; }
@test "source / impostor / another CA / verify-ca" { cell; }
@test "source / impostor / another CA / verify-identity" { cell; }
@test "source / impostor / another CA / ssl_fingerprint" { cell; }
@test "source / impostor / expired / disabled" { cell; }
@test "source / impostor / expired / preferred" { cell; }
@test "source / impostor / expired / required" { cell; }
@test "source / impostor / expired / verify-ca" { cell; }
@test "source / impostor / expired / verify-identity" { cell; }
@test "source / impostor / expired / ssl_fingerprint" { cell; }
@test "source / impostor / not yet valid / disabled" { cell; }
@test "source / impostor / not yet valid / preferred" { cell; }
@test "source / impostor / not yet valid / required" { cell; }
@test "source / impostor / not yet valid / verify-ca" { cell; }
@test "source / impostor / not yet valid / verify-identity" { cell; }
@test "source / impostor / not yet valid / ssl_fingerprint" { cell; }
@test "source / impostor / self-signed / disabled" { cell; }
@test "source / impostor / self-signed / preferred" { cell; }
@test "source / impostor / self-signed / required" { cell; }
@test "source / impostor / self-signed / verify-ca" { cell; }
@test "source / impostor / self-signed / verify-identity" { cell; }
@test "source / impostor / self-signed / ssl_fingerprint" { cell; }
@test "source / impostor / revoked, ssl_crl / disabled" { cell; }
@test "source / impostor / revoked, ssl_crl / preferred" { cell; }
@test "source / impostor / revoked, ssl_crl / required" { cell; }
@test "source / impostor / revoked, ssl_crl / verify-ca" { cell; }
@test "source / impostor / revoked, ssl_crl / verify-identity" { cell; }
@test "source / impostor / revoked, ssl_crl / ssl_fingerprint" { cell; }
@test "source / impostor / no TLS / disabled" { cell; }
@test "source / impostor / no TLS / preferred" { cell; }
@test "source / impostor / no TLS / required" { cell; }
@test "source / impostor / no TLS / verify-ca" { cell; }
@test "source / impostor / no TLS / verify-identity" { cell; }
@test "source / impostor / no TLS / ssl_fingerprint" { cell; }
@test "source / impostor / only TLS 1.0 / disabled" { cell; }
@test "source / impostor / only TLS 1.0 / preferred" { cell; }
@test "source / impostor / only TLS 1.0 / required" { cell; }
@test "source / impostor / only TLS 1.0 / verify-ca" { cell; }
@test "source / impostor / only TLS 1.0 / verify-identity" { cell; }
@test "source / impostor / only TLS 1.0 / ssl_fingerprint" { cell; }
@test "source / impostor / only TLS 1.1 / disabled" { cell; }
@test "source / impostor / only TLS 1.1 / preferred" { cell; }
@test "source / impostor / only TLS 1.1 / required" { cell; }
@test "source / impostor / only TLS 1.1 / verify-ca" { cell; }
@test "source / impostor / only TLS 1.1 / verify-identity" { cell; }
@test "source / impostor / only TLS 1.1 / ssl_fingerprint" { cell; }
@test "source / impostor / words before TLS / disabled" { cell; }
@test "source / impostor / words before TLS / preferred" { cell; }
@test "source / impostor / words before TLS / required" { cell; }
@test "source / impostor / words before TLS / verify-ca" { cell; }
@test "source / impostor / words before TLS / verify-identity" { cell; }
@test "source / impostor / words before TLS / ssl_fingerprint" { cell; }
@test "source / impostor / error 1040 before TLS / disabled" { cell; }
@test "source / impostor / error 1040 before TLS / preferred" { cell; }
@test "source / impostor / error 1040 before TLS / required" { cell; }
@test "source / impostor / error 1040 before TLS / verify-ca" { cell; }
@test "source / impostor / error 1040 before TLS / verify-identity" { cell; }
@test "source / impostor / error 1040 before TLS / ssl_fingerprint" { cell; }
@test "source / impostor / error 1045 before TLS / disabled" { cell; }
@test "source / impostor / error 1045 before TLS / preferred" { cell; }
@test "source / impostor / error 1045 before TLS / required" { cell; }
@test "source / impostor / error 1045 before TLS / verify-ca" { cell; }
@test "source / impostor / error 1045 before TLS / verify-identity" { cell; }
@test "source / impostor / error 1045 before TLS / ssl_fingerprint" { cell; }
@test "source / impostor / error for handshake / disabled" { cell; }
@test "source / impostor / error for handshake / preferred" { cell; }
@test "source / impostor / error for handshake / required" { cell; }
@test "source / impostor / error for handshake / verify-ca" { cell; }
@test "source / impostor / error for handshake / verify-identity" { cell; }
@test "source / impostor / error for handshake / ssl_fingerprint" { cell; }
@test "source / impostor / handshake cut off / disabled" { cell; }
@test "source / impostor / handshake cut off / preferred" { cell; }
@test "source / impostor / handshake cut off / required" { cell; }
@test "source / impostor / handshake cut off / verify-ca" { cell; }
@test "source / impostor / handshake cut off / verify-identity" { cell; }
@test "source / impostor / handshake cut off / ssl_fingerprint" { cell; }
@test "source / impostor / handshake stalls / disabled" { cell; }
@test "source / impostor / handshake stalls / preferred" { cell; }
@test "source / impostor / handshake stalls / required" { cell; }
@test "source / impostor / handshake stalls / verify-ca" { cell; }
@test "source / impostor / handshake stalls / verify-identity" { cell; }
@test "source / impostor / handshake stalls / ssl_fingerprint" { cell; }
@test "source / impostor / error after handshake / disabled" { cell; }
@test "source / impostor / error after handshake / preferred" { cell; }
@test "source / impostor / error after handshake / required" { cell; }
@test "source / impostor / error after handshake / verify-ca" { cell; }
@test "source / impostor / error after handshake / verify-identity" { cell; }
@test "source / impostor / error after handshake / ssl_fingerprint" { cell; }
@test "source / impostor / clear text, no TLS / disabled" { cell; }
@test "source / impostor / clear text, no TLS / preferred" { cell; }
@test "source / impostor / clear text, no TLS / required" { cell; }
@test "source / impostor / clear text, no TLS / verify-ca" { cell; }
@test "source / impostor / clear text, no TLS / verify-identity" { cell; }
@test "source / impostor / clear text, no TLS / ssl_fingerprint" { cell; }
@test "source / impostor / clear text, other CA / disabled" { cell; }
@test "source / impostor / clear text, other CA / preferred" { cell; }
@test "source / impostor / clear text, other CA / required" { cell; }
@test "source / impostor / clear text, other CA / verify-ca" { cell; }
@test "source / impostor / clear text, other CA / verify-identity" { cell; }
@test "source / impostor / clear text, other CA / ssl_fingerprint" { cell; }
@test "source / impostor / clear text / disabled" { cell; }
@test "source / impostor / clear text / preferred" { cell; }
@test "source / impostor / clear text / required" { cell; }
@test "source / impostor / clear text / verify-ca" { cell; }
@test "source / impostor / clear text / verify-identity" { cell; }
@test "source / impostor / clear text / ssl_fingerprint" { cell; }
@test "source / impostor / unknown method / disabled" { cell; }
@test "source / impostor / unknown method / preferred" { cell; }
@test "source / impostor / unknown method / required" { cell; }
@test "source / impostor / unknown method / verify-ca" { cell; }
@test "source / impostor / unknown method / verify-identity" { cell; }
@test "source / impostor / unknown method / ssl_fingerprint" { cell; }
@test "source / impostor / sha2, no TLS / disabled" { cell; }
@test "source / impostor / sha2, no TLS / preferred" { cell; }
@test "source / impostor / sha2, no TLS / required" { cell; }
@test "source / impostor / sha2, no TLS / verify-ca" { cell; }
@test "source / impostor / sha2, no TLS / verify-identity" { cell; }
@test "source / impostor / sha2, no TLS / ssl_fingerprint" { cell; }
@test "source / impostor / sha2, another CA / disabled" { cell; }
@test "source / impostor / sha2, another CA / preferred" { cell; }
@test "source / impostor / sha2, another CA / required" { cell; }
@test "source / impostor / sha2, another CA / verify-ca" { cell; }
@test "source / impostor / sha2, another CA / verify-identity" { cell; }
@test "source / impostor / sha2, another CA / ssl_fingerprint" { cell; }
@test "source / impostor / sha2, another host / disabled" { cell; }
@test "source / impostor / sha2, another host / preferred" { cell; }
@test "source / impostor / sha2, another host / required" { cell; }
@test "source / impostor / sha2, another host / verify-ca" { cell; }
@test "source / impostor / sha2, another host / verify-identity" { cell; }
@test "source / impostor / sha2, another host / ssl_fingerprint" { cell; }
@test "source / impostor / sha2 / disabled" { cell; }
@test "source / impostor / sha2 / preferred" { cell; }
@test "source / impostor / sha2 / required" { cell; }
@test "source / impostor / sha2 / verify-ca" { cell; }
@test "source / impostor / sha2 / verify-identity" { cell; }
@test "source / impostor / sha2 / ssl_fingerprint" { cell; }
@test "source / impostor / file for rows / disabled" { cell; }
@test "source / impostor / file for rows / preferred" { cell; }
@test "source / impostor / file for rows / required" { cell; }
@test "source / impostor / file for rows / verify-ca" { cell; }
@test "source / impostor / file for rows / verify-identity" { cell; }
@test "source / impostor / file for rows / ssl_fingerprint" { cell; }
@test "source / impostor / file at login / disabled" { cell; }
@test "source / impostor / file at login / preferred" { cell; }
@test "source / impostor / file at login / required" { cell; }
@test "source / impostor / file at login / verify-ca" { cell; }
@test "source / impostor / file at login / verify-identity" { cell; }
@test "source / impostor / file at login / ssl_fingerprint" { cell; }
@test "source / impostor / ssl_ca missing / disabled" { cell; }
@test "source / impostor / ssl_ca missing / preferred" { cell; }
@test "source / impostor / ssl_ca missing / required" { cell; }
@test "source / impostor / ssl_ca missing / verify-ca" { cell; }
@test "source / impostor / ssl_ca missing / verify-identity" { cell; }
@test "source / impostor / ssl_ca missing / ssl_fingerprint" { cell; }
@test "source / impostor / ssl_ca empty / disabled" { cell; }
@test "source / impostor / ssl_ca empty / preferred" { cell; }
@test "source / impostor / ssl_ca empty / required" { cell; }
@test "source / impostor / ssl_ca empty / verify-ca" { cell; }
@test "source / impostor / ssl_ca empty / verify-identity" { cell; }
@test "source / impostor / ssl_ca empty / ssl_fingerprint" { cell; }
@test "source / impostor / ssl_ca unreadable / disabled" { cell; }
@test "source / impostor / ssl_ca unreadable / preferred" { cell; }
@test "source / impostor / ssl_ca unreadable / required" { cell; }
@test "source / impostor / ssl_ca unreadable / verify-ca" { cell; }
@test "source / impostor / ssl_ca unreadable / verify-identity" { cell; }
@test "source / impostor / ssl_ca unreadable / ssl_fingerprint" { cell; }
@test "source / impostor / no ssl_ca / disabled" { cell; }
@test "source / impostor / no ssl_ca / preferred" { cell; }
@test "source / impostor / no ssl_ca / required" { cell; }
@test "source / impostor / no ssl_ca / verify-ca" { cell; }
@test "source / impostor / no ssl_ca / verify-identity" { cell; }
@test "source / impostor / no ssl_ca / ssl_fingerprint" { cell; }
@test "source / MariaDB / the right server / disabled" { cell; }
@test "source / MariaDB / the right server / preferred" { cell; }
@test "source / MariaDB / the right server / required" { cell; }
@test "source / MariaDB / the right server / verify-ca" { cell; }
@test "source / MariaDB / the right server / verify-identity" { cell; }
@test "source / MariaDB / the right server / ssl_fingerprint" { cell; }
@test "source / MariaDB / another host / disabled" { cell; }
@test "source / MariaDB / another host / preferred" { cell; }
@test "source / MariaDB / another host / required" { cell; }
@test "source / MariaDB / another host / verify-ca" { cell; }
@test "source / MariaDB / another host / verify-identity" { cell; }
@test "source / MariaDB / another host / ssl_fingerprint" { cell; }
@test "source / MariaDB / another CA / disabled" { cell; }
@test "source / MariaDB / another CA / preferred" { cell; }
@test "source / MariaDB / another CA / required" { cell; }
@test "source / MariaDB / another CA / verify-ca" { cell; }
@test "source / MariaDB / another CA / verify-identity" { cell; }
@test "source / MariaDB / another CA / ssl_fingerprint" { cell; }
@test "source / MariaDB / expired / disabled" { cell; }
@test "source / MariaDB / expired / preferred" { cell; }
@test "source / MariaDB / expired / required" { cell; }
@test "source / MariaDB / expired / verify-ca" { cell; }
@test "source / MariaDB / expired / verify-identity" { cell; }
@test "source / MariaDB / expired / ssl_fingerprint" { cell; }
@test "source / MariaDB / revoked, ssl_crl / disabled" { cell; }
@test "source / MariaDB / revoked, ssl_crl / preferred" { cell; }
@test "source / MariaDB / revoked, ssl_crl / required" { cell; }
@test "source / MariaDB / revoked, ssl_crl / verify-ca" { cell; }
@test "source / MariaDB / revoked, ssl_crl / verify-identity" { cell; }
@test "source / MariaDB / revoked, ssl_crl / ssl_fingerprint" { cell; }
@test "source / MariaDB / TLS taken out / disabled" { cell; }
@test "source / MariaDB / TLS taken out / preferred" { cell; }
@test "source / MariaDB / TLS taken out / required" { cell; }
@test "source / MariaDB / TLS taken out / verify-ca" { cell; }
@test "source / MariaDB / TLS taken out / verify-identity" { cell; }
@test "source / MariaDB / TLS taken out / ssl_fingerprint" { cell; }
@test "source / MySQL / the right server / disabled" { cell; }
@test "source / MySQL / the right server / preferred" { cell; }
@test "source / MySQL / the right server / required" { cell; }
@test "source / MySQL / the right server / verify-ca" { cell; }
@test "source / MySQL / the right server / verify-identity" { cell; }
@test "source / MySQL / the right server / ssl_fingerprint" { cell; }
@test "source / MySQL / another host / disabled" { cell; }
@test "source / MySQL / another host / preferred" { cell; }
@test "source / MySQL / another host / required" { cell; }
@test "source / MySQL / another host / verify-ca" { cell; }
@test "source / MySQL / another host / verify-identity" { cell; }
@test "source / MySQL / another host / ssl_fingerprint" { cell; }
@test "source / MySQL / self-signed / disabled" { cell; }
@test "source / MySQL / self-signed / preferred" { cell; }
@test "source / MySQL / self-signed / required" { cell; }
@test "source / MySQL / self-signed / verify-ca" { cell; }
@test "source / MySQL / self-signed / verify-identity" { cell; }
@test "source / MySQL / self-signed / ssl_fingerprint" { cell; }
@test "source / MySQL / revoked, ssl_crl / disabled" { cell; }
@test "source / MySQL / revoked, ssl_crl / preferred" { cell; }
@test "source / MySQL / revoked, ssl_crl / required" { cell; }
@test "source / MySQL / revoked, ssl_crl / verify-ca" { cell; }
@test "source / MySQL / revoked, ssl_crl / verify-identity" { cell; }
@test "source / MySQL / revoked, ssl_crl / ssl_fingerprint" { cell; }
@test "target / MariaDB / another host / disabled" { cell; }
@test "target / MariaDB / another host / preferred" { cell; }
@test "target / MariaDB / another host / required" { cell; }
@test "target / MariaDB / another host / verify-ca" { cell; }
@test "target / MariaDB / another host / verify-identity" { cell; }
@test "target / MariaDB / another host / ssl_fingerprint" { cell; }
@test "target / MariaDB / another CA / disabled" { cell; }
@test "target / MariaDB / another CA / preferred" { cell; }
@test "target / MariaDB / another CA / required" { cell; }
@test "target / MariaDB / another CA / verify-ca" { cell; }
@test "target / MariaDB / another CA / verify-identity" { cell; }
@test "target / MariaDB / another CA / ssl_fingerprint" { cell; }
@test "target / MariaDB / TLS taken out / disabled" { cell; }
@test "target / MariaDB / TLS taken out / preferred" { cell; }
@test "target / MariaDB / TLS taken out / required" { cell; }
@test "target / MariaDB / TLS taken out / verify-ca" { cell; }
@test "target / MariaDB / TLS taken out / verify-identity" { cell; }
@test "target / MariaDB / TLS taken out / ssl_fingerprint" { cell; }
@test "target / impostor / words before TLS / disabled" { cell; }
@test "target / impostor / words before TLS / preferred" { cell; }
@test "target / impostor / words before TLS / required" { cell; }
@test "target / impostor / words before TLS / verify-ca" { cell; }
@test "target / impostor / words before TLS / verify-identity" { cell; }
@test "target / impostor / words before TLS / ssl_fingerprint" { cell; }
@test "target / impostor / error 1040 before TLS / disabled" { cell; }
@test "target / impostor / error 1040 before TLS / preferred" { cell; }
@test "target / impostor / error 1040 before TLS / required" { cell; }
@test "target / impostor / error 1040 before TLS / verify-ca" { cell; }
@test "target / impostor / error 1040 before TLS / verify-identity" { cell; }
@test "target / impostor / error 1040 before TLS / ssl_fingerprint" { cell; }
@test "target / impostor / handshake cut off / preferred" { cell; }
@test "target / impostor / handshake cut off / required" { cell; }
@test "target / impostor / handshake cut off / verify-ca" { cell; }
@test "target / impostor / handshake cut off / verify-identity" { cell; }
@test "target / impostor / handshake cut off / ssl_fingerprint" { cell; }
@test "target / impostor / clear text, other CA / disabled" { cell; }
@test "target / impostor / clear text, other CA / preferred" { cell; }
@test "target / impostor / clear text, other CA / required" { cell; }
@test "target / impostor / clear text, other CA / verify-ca" { cell; }
@test "target / impostor / clear text, other CA / verify-identity" { cell; }
@test "target / impostor / clear text, other CA / ssl_fingerprint" { cell; }
@test "target / impostor / file for rows / disabled" { cell; }
@test "target / impostor / file for rows / preferred" { cell; }
@test "target / impostor / file for rows / required" { cell; }
@test "target / impostor / file for rows / verify-ca" { cell; }
@test "target / impostor / file for rows / verify-identity" { cell; }
@test "target / impostor / file for rows / ssl_fingerprint" { cell; }
@test "target / impostor / file at login / disabled" { cell; }
@test "target / impostor / file at login / preferred" { cell; }
@test "target / impostor / file at login / required" { cell; }
@test "target / impostor / file at login / verify-ca" { cell; }
@test "target / impostor / file at login / verify-identity" { cell; }
@test "target / impostor / file at login / ssl_fingerprint" { cell; }

# ---- The client's own certificate ----------------------------------------------------------------

# shown ROW MODE: whether the one who answers gets to see it.
shown() {
    rm -f "$SERVER/got/$1" "$D"
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "$HOST"; port = $(impostor_port "$1"); user = "$ACCOUNT"; password_file = "$T/password";
             database = "d"; connect_timeout = "5s"; retries = 0; $(options_for "$1" "$2")
             ssl_cert = "$SERVER/tls/client.pem"; ssl_key = "$SERVER/tls/client.key"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
    copy server local
    grep -aq "the client's certificate" "$SERVER/got/$1"
}

@test "the client's certificate goes to no server that bears another name" {
    shown "the right server" verify-identity
    assert_status 0
    refute shown "another host" verify-identity
    assert_status 77
    assert_output_has "another host"
    shown "another host" verify-ca
    assert_status 0
}

# ---- The tables are the same ---------------------------------------------------------------------

# names_of_cells: the names that the tests must have.
names_of_cells() {
    local row mode
    page_rows | cut -d'|' -f1 | while read -r row; do
        for mode in "${MODES[@]}"; do
            case $row in
            "TLS taken out") echo "source / MariaDB / $row / $mode" ;;
            *) echo "source / impostor / $row / $mode" ;;
            esac
            case $row in
            "the right server" | "another host" | revoked*)
                printf 'source / %s / %s / %s\n' MariaDB "$row" "$mode" MySQL "$row" "$mode" ;;
            "another CA" | expired) echo "source / MariaDB / $row / $mode" ;;
            self-signed) echo "source / MySQL / $row / $mode" ;;
            esac
        done
    done
}

@test "each cell of the page has a test, and each test a cell" {
    [ "$(page_rows | wc -l)" -ge 29 ]
    page_rows | awk -F'|' 'NF != 7 { print "row with " NF - 1 " cells: " $1; bad = 1 } END { exit bad }'
    diff -u <(names_of_cells | sort) \
        <(sed -n 's/^@test "\(source .*\)" { cell; }$/\1/p' "$BATS_TEST_FILENAME" | sort)
    [ "$(grep -c '^@test "target .* { cell; }$' "$BATS_TEST_FILENAME")" -eq 53 ]
}
