# check as a doctor of MariaDB: certificates, the clock, limits and rights.

load helper
load target-mariadb
load target-faults
load target-check

# MariaDB's own: target-mariadb has a server without TLS, whose certificates are changed under it here.
setup_file() {
    mariadb_is_installed || return 0
    export MARIADB_TLS=$BATS_FILE_TMPDIR/server/tls
    mariadb_make_certificates "$BATS_FILE_TMPDIR/server" || return
    use_certificate server
    mariadb_start "$BATS_FILE_TMPDIR/server" --port --tls now || return
    export MARIADB_SOCKET MARIADB_PID MARIADB_FOLDER MARIADB_PORT
    mariadb_account reader pw "SELECT ON d.*"
    mariadb_account loader pw "$TARGET_RIGHTS ON e.*"
}

# use_certificate NAME: the server's, once it reads it anew
use_certificate() {
    cp "$MARIADB_TLS/$1.pem" "$MARIADB_TLS/now.pem"
    cp "$MARIADB_TLS/$1.key" "$MARIADB_TLS/now.key"
}

# sign_certificate NAME WHEN: one of our authority that ends then
sign_certificate() {
    (umask 077 && cd "$MARIADB_TLS" &&
        mariadb_sign "$1" ca DNS:localhost,IP:127.0.0.1 20200101000000Z "$(date -u -d "$2" +%Y%m%d%H%M%SZ)")
}

# by_tls [TEXT]: check the source by TCP, with this text in the connection.
by_tls() {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "localhost"; port = $MARIADB_PORT; user = "reader"; password_file = "$T/password"; database = "d"; $1 };
  local = { driver = "sqlite"; path = "$D"; };
};
jobs = ( { name = "copy"; source = "server"; target = "local"; table = "t"; } );
END
    run dbferry check copy
}

@test "certificate: subject and days left; few warn, and none fail" {
    requires openssl
    local verified="ssl_mode = \"verify-ca\"; ssl_ca = \"$MARIADB_TLS/ca.pem\";" until
    make_tables
    by_tls "$verified"
    assert_status 0
    until=$(openssl x509 -noout -enddate -in "$MARIADB_TLS/server.pem" | cut -d= -f2)
    [[ $(one "source 'server', certificate") =~ "ok    source 'server', certificate: CN=server, valid until $until: "(29|30)" days left" ]] ||
        [[ $(one "source 'server', certificate") == "ok    source 'server', certificate: CN=dbferry test ca, valid until "* ]]

    sign_certificate soon "+10 days +1 hour"
    use_certificate soon
    sql <<<"FLUSH SSL"
    by_tls "$verified"
    assert_status 0
    until=$(openssl x509 -noout -enddate -in "$MARIADB_TLS/soon.pem" | cut -d= -f2)
    assert_equal "$(one "source 'server', certificate")" \
        "warn  source 'server', certificate: CN=soon, valid until $until: 10 days left; renew it at the server, before runs are refused"

    use_certificate expired
    sql <<<"FLUSH SSL"
    by_tls 'ssl_mode = "required";'
    assert_status 77
    until=$(openssl x509 -noout -enddate -in "$MARIADB_TLS/expired.pem" | cut -d= -f2)
    assert_equal "$(one "source 'server', certificate")" \
        "FAIL  source 'server', certificate: CN=expired, valid until $until: it has expired; renew it at the server, before runs are refused"
    use_certificate server
    sql <<<"FLUSH SSL"
}

@test "our own certificate, and an authority that ends before the server's certificate" {
    requires openssl
    make_tables
    for days in 21 20; do
        sign_certificate ours "+$days days +1 hour"
        by_tls "ssl_mode = \"verify-ca\"; ssl_ca = \"$MARIADB_TLS/ca.pem\"; ssl_cert = \"$MARIADB_TLS/ours.pem\"; ssl_key = \"$MARIADB_TLS/ours.key\";"
        assert_status 0
        if [ $days = 21 ]; then
            [[ $(one "source 'server', client's certificate") == "ok    "*": CN=ours, valid until "*": 21 days left" ]]
        else
            [[ $(one "source 'server', client's certificate") == "warn  "*": 20 days left; renew the file that ssl_cert names" ]]
        fi
    done
    (umask 077 && cd "$MARIADB_TLS" &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 -subj "/CN=short ca" \
            -addext basicConstraints=critical,CA:TRUE -keyout short.key -out short.pem 2>/dev/null &&
        mariadb_sign long short DNS:localhost,IP:127.0.0.1)
    use_certificate long
    sql <<<"FLUSH SSL"
    by_tls "ssl_mode = \"verify-ca\"; ssl_ca = \"$MARIADB_TLS/short.pem\";"
    use_certificate server
    sql <<<"FLUSH SSL"
    assert_status 0
    [[ $(one "source 'server', certificate") == "warn  "*": CN=short ca, valid until "*" days left; "* ]]
}

@test "each right is tried: what is missing is told, with the GRANT that mends it" { check_rights_one_by_one; }

@test "rights by way of a role are there" { check_rights_of_a_role "SET DEFAULT ROLE loading FOR few"; }

@test "nothing is made or changed, and nobody waits" { check_that_nothing_is_touched; }

@test "a server that is read-only" { check_read_only; }

@test "local_infile and max_allowed_packet" { check_lanes; }

@test "the clock and the limits of the session" { check_session max_statement_time 60; }
