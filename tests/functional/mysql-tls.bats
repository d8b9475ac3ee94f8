# The five ssl_modes against good and bad certificates, and how a login can fail.
#
# The server is at 127.0.0.2: Connector/C 3.4 does not compare the host's name at 127.0.0.1.

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
  server = { driver = "mysql"; host = "$HOST"; port = $MARIADB_PORT; user = "reader";
             password_file = "$T/password"; database = "d"; ${1:-} };
  local = { driver = "sqlite"; path = "$T/target.db"; };
};
END
    run dbferry copy server local --view "${VIEW:-t}" --target-table t -v
    refute_output_has 'S3cret-Pass'
}

# Whether the client library is of a release that decides about the server by itself (3.4 or later).
library_decides() {
    run dbferry copy mysql://nobody@127.0.0.1:1/d "sqlite:$T/never.db" --table t \
        -o source.ssl_mode=verify-identity
    [ "$status" -eq 78 ]
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

@test "a certificate for another host: only verify-identity refuses" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls wrong-host
    modes 77 verify-identity
    assert_output_has "another host" "$HOST:$MARIADB_PORT"
    modes 0 required
    if library_decides; then modes 77 verify-ca; else modes 0 verify-ca; fi
}

@test "no ssl_ca: a server whom the system does not trust is refused" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls other-server
    attempt 'ssl_mode = "verify-identity";'
    assert_status 77
    assert_output_has "ssl_ca"
}

@test "at 127.0.0.1 the host is checked, or the mode is refused before a login" {
    mariadb_start "$SERVER" --port --tls wrong-host
    HOST=127.0.0.1 modes 0 verify-ca
    library_decides && expected=78 || expected=77
    HOST=127.0.0.1 attempt "ssl_mode = \"verify-identity\"; ssl_ca = \"$CA\";"
    assert_status "$expected"
    if [ "$expected" -eq 78 ]; then
        assert_output_has "verify-ca" "ssl_fingerprint"
    else
        assert_output_has "another host"
    fi
}

@test "a certificate of another CA is refused" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls other-server
    modes 77 verify-identity verify-ca
    assert_output_has "ssl_ca"
    attempt 'ssl_mode = "required";'
    assert_status 0
}

@test "an expired certificate is refused, and the message thinks of the clock" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls expired
    modes 77 verify-identity verify-ca
    assert_output_has "expired" "clock"
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

@test "a fingerprint: the right one connects, another one does not" {
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST --tls server
    local print
    print=$(openssl x509 -in "$SERVER/tls/server.pem" -noout -fingerprint -sha1 | cut -d= -f2)
    attempt "ssl_fingerprint = \"$print\";"
    assert_status 0
    assert_output_has "fingerprint matched"
    attempt "ssl_fingerprint = \"00${print:2}\";"
    assert_status 77
    assert_output_has "ssl_fingerprint"
    attempt 'ssl_fingerprint = "00:11";'
    assert_status 78
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
    mariadb_account reader 'S3cret-Pass' 'SELECT ON d.t'
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
  server = { driver = "mysql"; host = "$HOST"; port = $MARIADB_PORT; user = "narrow";
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
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; database = "d"; };
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
