# TLS of the pgsql driver: certificates of every kind, strangers who answer in the server's place, and
# what those get.

load helper
load pgsql
load ../servers/mariadb

setup_file() {
    mariadb_make_certificates "$BATS_FILE_TMPDIR/server" || return
    pgsql_start --tls server --hba 'hostssl all certified 127.0.0.1/32 cert' \
        --hba 'host all old 127.0.0.1/32 md5' || return
    [ -n "${POSTGRES_PID:-}" ] || return 0
    sql <<'SQL'
CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
CREATE ROLE certified LOGIN;
CREATE ROLE old LOGIN;
SET password_encryption = md5;
ALTER ROLE old PASSWORD 'S3cret}Pass';
GRANT pg_read_all_data TO old, certified;
SQL
}
teardown_file() { postgres_remove; }

setup() {
    pgsql_setup
    requires openssl
    # Up to gcc 13 and clang 16 the sanitizers take some of the memory that threads have by OpenSSL's
    # libraries for that of an old C library, and LeakSanitizer then reads what is not there.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:intercept_tls_get_addr=0
    TLS=$POSTGRES_FOLDER/tls CA=$POSTGRES_FOLDER/tls/ca.pem
}

teardown() { [ -z "${stranger:-}" ] || kill "$stranger" 2>/dev/null || true; }

# modes STATUS MODE...: each of these modes, with the CA where it looks at one, ends so.
modes() {
    local mode ca
    for mode in "${@:2}"; do
        ca="ssl_ca = \"$CA\";"
        case $mode in disable* | require*) ca='' ;; esac
        pgsql_config "ssl_mode = \"$mode\"; connect_timeout = \"3s\"; $ca ${KEYS:-}"
        run copy t -v
        assert_status "$1"
        refute_output_has 'S3cret'
    done
}

@test "a good certificate: every mode connects, and the log tells version and cipher" {
    modes 0 required require verify-ca verify-identity verify-full
    assert_output_has 'TLS: TLSv1.3' 'identity verified'
    modes 0 disabled disable
    assert_output_has 'TLS: none'
    KEYS='tls_version = "TLSv1.3";' modes 0 verify-identity
    pgsql_config "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    run dbferry check j
    # the server's own or that of its authority, whichever ends first: they were made in one second, or not
    assert_output_has ', certificate: CN=' 'days left'
}

@test "without ssl_mode TLS is asked for where the way may lead elsewhere, or a CA is named" {
    pgsql_config "ssl_ca = \"$CA\";"
    run copy t -v
    assert_status 0
    assert_output_has 'identity verified'
    pgsql_config ''
    run copy t -v
    assert_output_has 'TLS: none'
}

@test "a name that is not the certificate's, an authority that is not ours, dates, a revoked one" {
    local name
    for name in wrong-host expired not-yet revoked other-server self-signed; do
        postgres_use_certificate "$name"
        sql <<<'SELECT pg_reload_conf()' >/dev/null
        case $name in
        wrong-host)
            modes 77 verify-identity verify-full
            assert_output_has 'another host'
            modes 0 verify-ca required
            ;;
        revoked)
            KEYS="ssl_crl = \"$TLS/crl.pem\";" modes 77 verify-ca verify-identity
            modes 0 verify-identity
            ;;
        *) modes 77 verify-ca verify-identity ;;
        esac
        modes 0 required
    done
    postgres_use_certificate server
    sql <<<'SELECT pg_reload_conf()' >/dev/null
    until_there modes 0 verify-identity
    KEYS="ssl_crl = \"$TLS/crl.pem\";" modes 0 verify-identity
}

@test "files that the library would pass over in silence are refused" {
    : >"$T/empty"
    for keys in "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\"; ssl_crl = \"$T/empty\";" \
        "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\"; ssl_crl = \"$T/gone\";" \
        "ssl_mode = \"verify-identity\"; ssl_ca = \"$T/gone\";" \
        "ssl_mode = \"required\"; ssl_ca = \"$CA\";" \
        'ssl_mode = "verify-ca";' \
        "ssl_mode = \"disabled\"; ssl_cert = \"$TLS/client.pem\"; ssl_key = \"$TLS/client.key\";"; do
        pgsql_config "$keys"
        run copy t
        assert_status 78
    done
    pgsql_config "ssl_mode = \"verify-identity\"; ssl_ca = \"$T/empty\";"
    run copy t
    assert_status 77
}

@test "a client's certificate; what lies in the home is not looked at" {
    pgsql_config "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\"; ssl_cert = \"$TLS/client.pem\"; ssl_key = \"$TLS/client.key\";"
    run copy t
    assert_status 0
    mkdir -p "$HOME/.postgresql"
    cp "$TLS/other-ca.pem" "$HOME/.postgresql/root.crt"
    printf 'nonsense' >"$HOME/.postgresql/postgresql.crt"
    printf 'nonsense' >"$HOME/.postgresql/root.crl"
    modes 0 required verify-ca verify-identity
}

@test "a password that is stored as md5 is not used where nobody is verified" {
    pgsql_config 'ssl_mode = "required";'
    sed -i 's/user = "reader"/user = "old"/' "$DBFERRY_CONFIG"
    run copy t
    assert_status 77
    assert_output_has 'scram-sha-256'
    pgsql_config "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    sed -i 's/user = "reader"/user = "old"/' "$DBFERRY_CONFIG"
    run copy t
    assert_status 0
}

# stranger HOW: from now on the connection leads to one
stranger() {
    mkdir -p "$T/stranger"
    ln -sfn "$TLS" "$T/stranger/tls"
    rm -f "$T/stranger/port" "$T/stranger/got"
    [ -z "${stranger:-}" ] || kill "$stranger"
    python3 "$FERRY_SOURCE/tests/servers/pg_stranger.py" "$T/stranger" "$1" 3>&- &
    stranger=$!
    until_there test -e "$T/stranger/port"
    POSTGRES_PORT=$(cat "$T/stranger/port")
}

# What every client of ours sends first: that it wants TLS, and nothing else.
only_asked() { assert_equal "$(sort -u "$T/stranger/got" | grep .)" 0000000804d2162f; }

@test "strangers before TLS get nothing, not even the name of the account" {
    requires python3
    stranger 'no TLS'
    modes 77 required verify-ca verify-identity
    assert_output_has 'offers no TLS'
    only_asked
    stranger 'words before TLS'
    modes 77 required verify-ca verify-identity
    only_asked
    stranger 'another protocol'
    modes 77 verify-identity
    only_asked
    # An error that anybody could have sent decides nothing: it may pass.
    stranger 'error before TLS'
    modes 69 required verify-identity
    refute_output_has 'password authentication failed'
    only_asked
    stranger 'closes'
    modes 69 verify-identity
    only_asked
}

@test "a stranger who speaks TLS and asks for the password in the clear does not get it" {
    requires python3
    stranger 'clear text by TLS'
    modes 77 required
    refute grep -q "$(printf 'S3cret}Pass' | od -An -tx1 | tr -d ' \n')" "$T/stranger/got"
    modes 77 verify-ca verify-identity
    refute grep -q "$(printf 'reader' | od -An -tx1 | tr -d ' \n')" <(sed 1,2d "$T/stranger/got")
}

@test "a stranger who says nothing is left at connect_timeout" {
    requires python3
    stranger 'silence'
    KEYS='' modes 69 verify-identity
    assert_output_has 'connect_timeout'
}
