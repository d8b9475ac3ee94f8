# TLS with a real server beyond mysql-tls-table.bats: hosts, files, fingerprints, client certificates,
# the environment, and how a login can fail.

load helper
load ../servers/mariadb

HOST=127.0.0.2

setup_file() {
    mariadb_is_installed || return 0
    export SERVER=$BATS_FILE_TMPDIR/server
    mariadb_make_certificates "$SERVER" && mariadb_start "$SERVER" --port --server=--bind-address=$HOST || return
    mariadb_query <<'SQL'
CREATE DATABASE d;
CREATE TABLE d.t (id INT);
CREATE TABLE d.secret_table (id INT);
INSERT INTO d.t VALUES (1), (2);
SQL
    mariadb_account reader 'S3cret-Pass' 'SELECT ON d.t'
    mariadb_stop
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires openssl
    mariadb_is_installed || skip "MariaDB's server is not installed"
    printf 'S3cret-Pass\n' >"$T/password"
    chmod 600 "$T/password"
    CA=$SERVER/tls/ca.pem
}

teardown() { mariadb_stop; }

# attempt [TEXT]: copy d.t with this text in the connection; `run` leaves status and output.
attempt() {
    write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; host = "$HOST"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; ${1:-} };
  local = { driver = "sqlite"; path = "$T/target.db"; };
};
END
    run dbferry copy server local --view "${VIEW:-t}" --target-table t -v
    refute_output_has 'S3cret-Pass'
}

# modes STATUS MODE...: each of these modes, with the CA, ends so.
modes() {
    local mode
    for mode in "${@:2}"; do
        attempt "ssl_mode = \"$mode\"; ssl_ca = \"$CA\";"
        assert_status "$1"
    done
}

@test "a good certificate: every mode connects, and the log tells version and cipher" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    modes 0 preferred required require verify-ca verify-identity
    assert_output_has "TLS: TLSv1." "identity verified"
    attempt 'ssl_mode = "disabled";'
    assert_status 0
    assert_output_has "TLS: none"
    attempt 'ssl_mode = "required"; tls_version = "TLSv1.2";'
    assert_status 0
    assert_output_has "TLS: TLSv1.2"
    # A CA that this machine does not know, and no ssl_ca.
    attempt 'ssl_mode = "verify-identity";'
    assert_status 77
    assert_output_has "ssl_ca"
}

@test "when its certificate ends is told in the metrics, as openssl says it, and by check" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    write_config <<END
general = { metrics_file = "m.prom"; };
connections = {
  server = { driver = "mysql"; retries = 0; host = "$HOST"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; ssl_ca = "$CA"; };
  local = { driver = "sqlite"; path = "$T/target.db"; };
};
jobs = ( { name = "j"; source = "server"; table = "t"; target = "local"; },
         { name = "away"; source = "server"; table = "none"; target = "local"; } );
END
    ends=$(date -u -d "$(openssl x509 -noout -enddate -in "$SERVER/tls/server.pem" | cut -d= -f2)" +%s)
    dbferry run j
    run dbferry run away
    for job in j away; do
        grep -qxE "dbferry_job_certificate_not_after_timestamp_seconds\{config=\"[^\"]*\",dbferry_job=\"$job\",role=\"source\",connection=\"server\"\} $ends\.000" "$T/m.prom"
    done
    run dbferry check j
    assert_status 0
    assert_output_has "certificate ends $(date -u -d "@$ends" +%Y-%m-%dT%H:%M:%S).000Z"
    sed -i 's/ssl_ca = [^;]*;/ssl_mode = "disabled";/' "$T/dbferry.conf"
    dbferry run j
    refute grep -q 'not_after.*"j"' "$T/m.prom"
}

@test "no ssl_ca: a server whom the system does not trust is refused" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls other-server
    attempt 'ssl_mode = "verify-identity";'
    assert_status 77
    assert_output_has "ssl_ca"
}

# Connector/C 3.4 leaves the names of these alone, as they are mostly spelled; identity.c does not.
@test "the hosts of this machine have their names checked too, in every spelling" {
    local host hosts=(127.0.0.2 localhost LocalHost ::1)
    mariadb_start "$SERVER" --port --server=--bind-address=127.0.0.1,127.0.0.2,::1 --tls wrong-host ||
        skip "this machine has no IPv6"
    for host in "${hosts[@]}"; do
        HOST=$host attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
        assert_status 77
        assert_output_has "another host"
        HOST=$host modes 0 verify-ca required
    done
    mariadb_restart --port --server=--bind-address=127.0.0.1,127.0.0.2,::1 --tls server
    for host in "${hosts[@]}"; do
        HOST=$host modes 0 verify-identity
        assert_output_has "identity verified" "$host:$MARIADB_PORT"
    done
}

@test "at 127.0.0.1 the host is checked too" {
    mariadb_start "$SERVER" --port --tls wrong-host
    HOST=127.0.0.1 modes 0 verify-ca required
    HOST=127.0.0.1 attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    assert_status 77
    assert_output_has "another host"
    mariadb_restart --port --tls server
    HOST=127.0.0.1 modes 0 verify-identity
}

# An address that stands there as a name, by a wildcard or as the common name, is no address.
@test "a host that is an address is compared with the addresses in the certificate only" {
    local name
    (umask 077 && cd "$SERVER/tls" && mariadb_sign as-name ca "DNS:$HOST" && mariadb_sign as-wildcard ca "DNS:*.0.0.2" &&
        mariadb_sign $HOST ca "email:a@b.example")
    for name in as-name as-wildcard $HOST; do
        [ -z "${MARIADB_PID:-}" ] || mariadb_stop
        mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls "$name"
        attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
        echo "certificate: $name"
        assert_status 77
        assert_output_has "another host"
        modes 0 verify-ca
    done
    mariadb_restart --port --server=--bind-address=$HOST --tls server
    modes 0 verify-identity
}

@test "a server without TLS: required and above refuse" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    modes 77 required verify-ca verify-identity
    attempt
    assert_status 0
    assert_output_has "TLS: none (the server offers none)"
}

@test "a server that takes only TLS" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server --server=--require-secure-transport=ON
    attempt 'ssl_mode = "disabled";'
    assert_status 77
    assert_output_has "TLS"
    attempt
    assert_status 0
}

print_of() { openssl x509 -in "$SERVER/tls/$1.pem" -noout -fingerprint "-$2" | cut -d= -f2; }

@test "a fingerprint takes the place of authority and name, in every mode with TLS" {
    local mode print bare
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls other-server
    print=$(print_of other-server sha1)
    bare=$(tr -d : <<<"${print,,}")
    for mode in preferred required require verify-ca verify-identity; do
        attempt "ssl_mode = \"$mode\"; ssl_fingerprint = \"$bare\"; ssl_ca = \"$CA\";"
        assert_status 0
        assert_output_has "fingerprint matched" "not looked at beside \`ssl_fingerprint\`"
        attempt "ssl_mode = \"$mode\"; ssl_fingerprint = \"$(print_of server sha1)\"; ssl_ca = \"$CA\";"
        assert_status 77
        assert_output_has "ssl_fingerprint"
    done
    for print in "$print" "${print,,}" "${bare^^}"; do
        attempt "ssl_fingerprint = \"$print\";"
        assert_status 0
    done
    attempt "ssl_mode = \"disabled\"; ssl_fingerprint = \"$print\";"
    assert_status 78
    attempt 'ssl_fingerprint = "00:11";'
    assert_status 78
}

@test "a fingerprint of SHA-256, and one of a certificate that has expired: by release of the library" {
    local print
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls expired
    print=$(print_of server sha256)
    attempt "ssl_fingerprint = \"$print\";"
    if [ "$status" -eq 78 ]; then # Connector/C 3.3
        assert_output_has "knows only SHA-1"
        attempt "ssl_fingerprint = \"$(print_of expired sha1)\";"
        assert_status 0
        return
    fi
    assert_status 77
    assert_output_has "ssl_fingerprint"
    attempt "ssl_fingerprint = \"$(print_of expired sha256)\";"
    assert_status 77
    assert_output_has "clock"
    mariadb_restart --port --server=--bind-address=$HOST --tls server
    attempt "ssl_fingerprint = \"$print\";"
    assert_status 0
    attempt "ssl_fingerprint = \"$(tr -d : <<<"${print,,}")\";"
    assert_status 0
}

@test "ssl_capath, ssl_crl and tls_version" {
    local mode
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    mkdir "$T/right" "$T/other"
    cp "$CA" "$T/right" && cp "$SERVER/tls/other-ca.pem" "$T/other"
    openssl rehash "$T/right" "$T/other"
    for mode in verify-ca verify-identity; do
        attempt "ssl_mode = \"$mode\"; ssl_capath = \"$T/right\"; ssl_crl = \"$SERVER/tls/crl.pem\"; tls_version = \"TLSv1.3\";"
        assert_status 0
        assert_output_has "TLS: TLSv1.3"
        attempt "ssl_mode = \"$mode\"; ssl_capath = \"$T/other\";"
        assert_status 77
        assert_output_has "ssl_ca"
        # A list that says nothing about this authority.
        attempt "ssl_mode = \"$mode\"; ssl_ca = \"$CA\"; ssl_crl = \"$CA\";"
        assert_status 77
    done
    attempt "ssl_mode = \"verify-identity\"; ssl_capath = \"$CA\";"
    assert_status 78
    assert_output_has "not a folder"
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\"; ssl_crl = \"$T/right\";"
    assert_status 78
    assert_output_has ssl_crl
    attempt "ssl_mode = \"required\"; ssl_ca = \"$CA\";"
    assert_status 0
    assert_output_has "warning" "ssl_ca, ssl_capath and ssl_crl are not looked at in this ssl_mode"
    # A CA without a mode asks for the strongest one.
    attempt "ssl_ca = \"$CA\";"
    assert_status 0
    assert_output_has "identity verified"
    refute_output_has "not looked at"
}

@test "a revocation list that has expired, or is not valid yet, is what is to be renewed" {
    local mode
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    (cd "$SERVER/tls" &&
        openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -gencrl -out "$T/old.pem" \
            -crl_lastupdate 20200101000000Z -crl_nextupdate 20210101000000Z &&
        openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -gencrl -out "$T/young.pem" \
            -crl_lastupdate 20490101000000Z -crl_nextupdate 20490601000000Z)
    for mode in verify-ca verify-identity; do
        attempt "ssl_mode = \"$mode\"; ssl_ca = \"$CA\"; ssl_crl = \"$T/old.pem\";"
        assert_status 77
        assert_output_has "the revocation list in ssl_crl has expired"
        refute_output_has "renew the server's certificate"
        attempt "ssl_mode = \"$mode\"; ssl_ca = \"$CA\"; ssl_crl = \"$T/young.pem\";"
        assert_status 77
        assert_output_has "the revocation list in ssl_crl is not valid yet"
    done
}

@test "a client certificate, where the account demands one" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    mariadb_query <<<"CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'S3cret-Pass' REQUIRE X509;
        GRANT SELECT ON d.t TO reader@'%'"
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    assert_status 77
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";
        ssl_cert = \"$SERVER/tls/client.pem\"; ssl_key = \"$SERVER/tls/client.key\";"
    assert_status 0
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";
        ssl_cert = \"$SERVER/tls/client.pem\"; ssl_key = \"$SERVER/tls/server.key\";"
    assert_status 77
    assert_output_has "ssl_key"
    mariadb_query <<<"CREATE OR REPLACE USER reader@'%' IDENTIFIED BY 'S3cret-Pass' REQUIRE SUBJECT '/CN=client';
        GRANT SELECT ON d.t TO reader@'%'"
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";
        ssl_cert = \"$SERVER/tls/client.pem\"; ssl_key = \"$SERVER/tls/client.key\";"
    assert_status 0
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";
        ssl_cert = \"$SERVER/tls/server.pem\"; ssl_key = \"$SERVER/tls/server.key\";"
    assert_status 77
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";
        ssl_cert = \"$T/none.pem\"; ssl_key = \"$SERVER/tls/client.key\";"
    assert_status 78
    assert_output_has ssl_cert
    mariadb_account reader 'S3cret-Pass' 'SELECT ON d.t'
}

@test "a client certificate opens both connections of a target" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    mariadb_query <<<"CREATE DATABASE e; GRANT ALL ON e.* TO loader@'%' IDENTIFIED BY 'S3cret-Pass' REQUIRE X509"
    local tls="ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    local own="ssl_cert = \"$SERVER/tls/client.pem\"; ssl_key = \"$SERVER/tls/client.key\";"
    sqlite3 "$T/rows.db" "CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (5), (6)"
    for own in "$own" ''; do
        write_config <<END
connections = {
  local = { driver = "sqlite"; path = "$T/rows.db"; };
  server = { driver = "mysql"; host = "$HOST"; port = $MARIADB_PORT; user = "loader"; password_file = "$T/password";
             database = "e"; retries = 0; $tls $own };
};
END
        run dbferry copy local server --table t --target-table t
        [ -n "$own" ] || assert_status 77
        [ -z "$own" ] || assert_status 0
        assert_equal "$(mariadb_query e <<<'SELECT id FROM t' | paste -sd' ')" "5 6"
    done
}

# ---- The environment ---------------------------------------------------------------------------------
# Each of these changes what the client library, or OpenSSL, does; the shells beside it show that.

@test "MYSQL_PWD gives no password" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    export MYSQL_PWD=S3cret-Pass
    mariadb --no-defaults --skip-ssl --host=$HOST --port="$MARIADB_PORT" --user=reader -e 'SELECT 1' >/dev/null
    : >"$T/password"
    run dbferry copy "mysql://reader@$HOST:$MARIADB_PORT/d" "sqlite:$T/target.db" --table t -o source.retries=0
    assert_status 77
    assert_output_has 1045
}

@test "MYSQL_HOST, MYSQL_TCP_PORT and MYSQL_UNIX_PORT lead nowhere else" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    export MYSQL_UNIX_PORT=$MARIADB_SOCKET MARIADB_UNIX_PORT=$MARIADB_SOCKET
    mariadb --no-defaults --skip-ssl --user="$(id -un)" -e 'SELECT 1' >/dev/null
    export MYSQL_TCP_PORT=$MARIADB_PORT MYSQL_HOST=$HOST
    mariadb --no-defaults --skip-ssl --user=reader --password=S3cret-Pass -e 'SELECT 1' >/dev/null
    run dbferry copy "mysql://$(id -un)@localhost/d" "sqlite:$T/target.db" --table t -o source.retries=0
    refute_output_has "$MARIADB_SOCKET" "$MARIADB_PORT"
    [ "$status" -ne 0 ]
    run dbferry copy "mysql://reader@$HOST/d" "sqlite:$T/target.db" --table t -o source.retries=0
    [ "$status" -ne 0 ]
    assert_output_has "$HOST:3306"
}

# evil NAME: a library that leaves a file where it is loaded.
evil() {
    requires gcc
    mkdir -p "$T/plugins"
    printf '#include <stdio.h>\n__attribute__((constructor)) static void f(void) { fclose(fopen("%s", "w")); }\n' \
        "$T/loaded" >"$T/evil.c"
    gcc -shared -fPIC -o "$T/plugins/$1.so" "$T/evil.c"
}

@test "LIBMYSQL_PLUGINS and MARIADB_PLUGIN_DIR load nothing" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    evil evil
    export LIBMYSQL_PLUGINS=evil MARIADB_PLUGIN_DIR=$T/plugins LIBMYSQL_PLUGIN_DIR=$T/plugins
    mariadb --no-defaults --skip-ssl --host=$HOST --port="$MARIADB_PORT" --user=reader -e 'SELECT 1' >/dev/null 2>&1 || true
    [ -e "$T/loaded" ]
    rm "$T/loaded"
    attempt
    assert_status 0
    [ ! -e "$T/loaded" ]
}

@test "MARIADB_TLS_DISABLE_PEER_VERIFICATION disables nothing" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls wrong-host
    export MARIADB_TLS_DISABLE_PEER_VERIFICATION=1
    modes 77 verify-identity
    assert_output_has "another host"
    mariadb_restart --port --server=--bind-address=$HOST --tls other-server
    modes 77 verify-identity verify-ca
}

@test "SSL_CERT_FILE and SSL_CERT_DIR add nobody to those whom the system trusts" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    mkdir "$T/trusted" && cp "$CA" "$T/trusted" && openssl rehash "$T/trusted"
    export SSL_CERT_FILE=$CA SSL_CERT_DIR=$T/trusted
    openssl verify "$SERVER/tls/server.pem"
    attempt 'ssl_mode = "verify-identity";'
    assert_status 77
    assert_output_has "ssl_ca"
}

@test "the list of all authorities is not read with each connection" {
    requires strace
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    attempt 'ssl_mode = "required";'
    assert_status 0
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o "$T/calls" -e trace=openat,connect \
        "$DBFERRY" copy server local --view t --target-table t
    grep -q "connect(" "$T/calls"
    refute grep "$(openssl version -d | sed 's/.*"\(.*\)"/\1/')/cert.pem" "$T/calls"
}

@test "OPENSSL_CONF changes nothing" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' \
        'MaxProtocol = TLSv1.2' >"$T/openssl.cnf"
    export OPENSSL_CONF=$T/openssl.cnf
    python3 -c 'import ssl, sys; sys.exit(ssl.create_default_context().maximum_version != ssl.TLSVersion.TLSv1_2)'
    modes 0 verify-identity
    assert_output_has "TLS: TLSv1.3"
}

@test "file names that look like options stay file names" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls wrong-host
    mkdir "$T/a;ssl-verify-server-cert=0;{"
    cp "$CA" "$T/a;ssl-verify-server-cert=0;{/ca.pem"
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$T/a;ssl-verify-server-cert=0;{/ca.pem\";"
    assert_status 77
    assert_output_has "another host"
    cp "$CA" "$T/x}.pem"
    attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$T/x}.pem\";"
    assert_status 78
}

@test "options that contradict each other, and files that are not there" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    attempt 'ssl_mode = "verify-ca";'
    assert_status 78
    assert_output_has "ssl_ca"
    attempt "ssl_mode = \"disabled\"; ssl_ca = \"$CA\";"
    assert_status 78
    attempt "ssl_ca = \"$T/none.pem\";"
    assert_status 78
    assert_output_has "ssl_ca '$T/none.pem'" "No such file"
    attempt 'tls_version = "TLSv1.1";'
    assert_status 78
    attempt 'host = "a;b";'
    assert_status 78
}

@test "a wrong password is refused, and appears nowhere" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    printf 'Wr0ng-Pass\n' >"$T/password"
    attempt "$(printf 'connect_timeout = "5s";')"
    assert_status 77
    assert_output_has "reader" "$HOST:$MARIADB_PORT" "1045"
    refute_output_has 'Wr0ng-Pass'
}

@test "no rights on the view, no such view, no such database" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    VIEW=secret_table attempt
    assert_status 77
    assert_output_has "secret_table" "1142"
    mariadb_query <<<"GRANT SELECT ON d.* TO reader@'%'"
    VIEW=nowhere attempt
    assert_status 66
    assert_output_has "view 'nowhere'" "1146"
    mariadb_query <<<"CREATE TABLE d.base (a INT); CREATE VIEW d.broken AS SELECT a FROM d.base;
        DROP TABLE d.base"
    VIEW=broken attempt
    assert_status 66
    mariadb_query <<<"REVOKE SELECT ON d.* FROM reader@'%'; DROP VIEW d.broken"
    mariadb_query <<<"GRANT SELECT ON nodb.* TO reader@'%'"
    sed -i 's/database = "d"/database = "nodb"/' "$DBFERRY_CONFIG"
    run dbferry copy server local --view t --target-table t
    assert_status 66
    assert_output_has "nodb"
}

@test "an account with SELECT on the view alone can read it" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST
    mariadb_query <<<"CREATE OR REPLACE VIEW d.v AS SELECT id FROM d.secret_table"
    mariadb_account narrow 'S3cret-Pass' 'SELECT ON d.v'
    write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; host = "$HOST"; port = $MARIADB_PORT; user = "narrow";
             password_file = "$T/password"; database = "d"; };
  local = { driver = "sqlite"; path = "$T/target.db"; };
};
END
    run dbferry copy server local --view v --target-table v
    assert_status 0
}

@test "the server's socket, as its own user" {
    mariadb_start "$SERVER"
    write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; socket = "$MARIADB_SOCKET"; database = "d"; };
  local = { driver = "sqlite"; path = "$T/target.db"; };
};
END
    run dbferry copy server local --view t --target-table t
    assert_status 0
    assert_equal "$(rows "$T/target.db" t)" 2
    sed -i 's/database = "d"/ssl_mode = "required"; &/' "$DBFERRY_CONFIG"
    run dbferry copy server local --view t --target-table t
    assert_status 78
    assert_output_has "socket"
}
