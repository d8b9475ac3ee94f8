# Logins by an Entra token: it is sent inside of verified TLS and never elsewhere, and fetched anew at
# every connect.

load helper
load ../servers/mariadb
load azure
load pages

setup_file() {
    command -v openssl >/dev/null || return 0
    export CERTIFICATES=$BATS_FILE_TMPDIR
    azure_make_certificates "$CERTIFICATES"
}

setup() {
    ferry_setup
    requires_driver azure-mysql
    requires_driver sqlite
    requires sqlite3
    requires python3
    requires openssl
    azure_is_possible || skip "a mount namespace cannot be had here"
    TLS=$CERTIFICATES/tls
    D=$T/target.db
}

teardown() {
    [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
}

# serve ARGUMENT...: start entra.py; what clients send it is told in $T/seen.
serve() {
    rm -f "$T/port"
    python3 "$FERRY_SOURCE/tests/servers/entra.py" "$@" >"$T/port" 2>"$T/seen" 3>&- &
    SERVER=$!
    for _ in $(seq 600); do
        [ -s "$T/port" ] && break
        sleep 0.05
    done
    PORT=$(cat "$T/port")
}

# configure [TEXT]: the connection, with this text in it.
configure() {
    local login="login = \"entra-token\"; password_command = \"cat $T/token\";"
    write_config <<END
connections = {
  azure = { driver = "azure-mysql"; retries = 0; host = "$AZURE_HOST"; port = $PORT; database = "d";
            user = "Loader-ÄÖ@tenant.example.com"; ssl_ca = "$TLS/ca.pem"; connect_timeout = "5s";
            ${1:-$login} };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

copy() { azure copy azure local --table t --target-table t -v; }

# token BYTES: a fresh one, as az prints it: on a line of its own.
make_token() {
    openssl rand -base64 "$1" | tr -d '\n=' | head -c "$1" >"$T/wanted"
    { cat "$T/wanted"; echo; } >"$T/token"
}

@test "a token of 1 to 64 KiB arrives whole, inside of TLS, and shows nowhere else" {
    make_token 10
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
    for size in 1024 4096 8192 16384 65535; do
        make_token "$size"
        configure
        run copy
        assert_status 0
        assert_output_has "identity verified"
        assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
        assert_equal "$(tail -n 1 "$T/seen")" "token $size $(sha256sum <"$T/wanted" | cut -d ' ' -f 1)"
        refute_output_has "$(head -c 20 "$T/wanted")"
    done
    grep -q '^login Loader-ÄÖ@tenant.example.com$' "$T/seen"
}

@test "password_command runs at every connect" {
    make_token 2000
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
    configure "login = \"entra-token\"; password_command = \"echo run >>$T/runs; cat $T/token\";"
    for _ in 1 2 3; do
        make_token 2000
        run copy
        assert_status 0
    done
    assert_equal "$(wc -l <"$T/runs")" 3
}

@test "once the login is done, the token is in no part of the memory" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to look into the memory of another process"
    requires_driver memory
    grep -aq __asan_init "$FERRY_BUILD/src/dbferry" && skip "a sanitizer keeps copies of its own"
    for size in 1500 20000; do
        make_token $size
        serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
        configure
        azure copy azure memory:x --table t -o target.fail_at=load_begin -o target.fail_how=stall \
            -o target.fail_mark="$T/reached-$size" >"$T/message" 2>&1 3>&- &
        until_there test -e "$T/reached-$size"
        pid=$(pgrep -f "^[^ ]*dbferry copy .*$T/reached-$size")
        # The end of the token: the rest may be written over by what was sent later.
        found=$(tail -c 1000 "$T/wanted" | python3 "$FERRY_SOURCE/tests/functional/in_memory.py" "$pid")
        kill -TERM "$pid"
        kill "$SERVER"
        wait
        assert_equal "$found" ""
        grep -q "stopped by signal 15" "$T/message"
    done
}

@test "a user name of 512 bytes is sent whole" {
    make_token 1000
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
    configure
    long=$(printf 'N%.0s' {1..512})
    sed -i "s/Loader-ÄÖ@tenant.example.com/$long/" "$DBFERRY_CONFIG"
    run copy
    assert_status 0
    grep -q "^login $long$" "$T/seen"
}

@test "without TLS nothing is sent, not even the account's name" {
    make_token 2000
    serve - - "$T/wanted"
    for mode in disabled preferred required verify-identity; do
        configure "login = \"entra-token\"; password_command = \"cat $T/token\"; ssl_mode = \"$mode\";"
        sed -i '/ssl_ca/s/ssl_ca = "[^"]*";//' "$DBFERRY_CONFIG"
        run copy
        assert_status 77
        assert_output_has "offers no TLS"
    done
    assert_equal "$(cat "$T/seen")" ""
}

@test "a certificate for another host, of another CA, or expired: nothing is sent" {
    make_token 2000
    # The last one stands for a root that the system does not know: there is no ssl_ca.
    for case in wrong-host other-server expired azure; do
        serve "$TLS/$case.pem" "$TLS/$case.key" "$T/wanted"
        configure
        [ $case != azure ] || sed -i 's/ssl_ca = "[^"]*";//' "$DBFERRY_CONFIG"
        run copy
        assert_status 77
        case $case in
        wrong-host) assert_output_has "another host" "NAME.mysql.database.azure.com" ;;
        other-server | azure) assert_output_has "DigiCert Global Root G2" "ca-certificates" ;;
        expired) assert_output_has "clock" ;;
        esac
        kill "$SERVER"
        assert_equal "$(cat "$T/seen")" ""
    done
}

@test "a password is not sent to a server that asks for it in the clear, also inside of TLS" {
    printf 'S3cret-Pass' >"$T/wanted"
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
    configure "password_command = \"cat $T/wanted\";"
    run copy
    assert_status 77
    assert_output_has "login method"
    refute_output_has S3cret
    refute grep -q token "$T/seen"
}

@test "an Entra login without a token is refused before anything is sent" {
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/none"
    configure 'login = "entra-token";'
    run copy
    assert_status 78
    assert_output_has "password_command"
    configure 'login = "entra-token"; password_command = "true";'
    run copy
    assert_status 78
    assert_equal "$(cat "$T/seen")" ""
}

@test "errors that Azure's documentation lists are explained, with the exit code that fits" {
    while IFS='|' read -r code status words says; do
        serve "$TLS/azure.pem" "$TLS/azure.key" "$code" "$words"
        make_token 100
        configure
        run copy
        kill "$SERVER"
        echo "error $code"
        assert_status "$status"
        assert_output_has "$words" "(error $code)" "$says"
    done <<'END'
1040|69|Too many connections|follows the size of the server
1045|77|Access denied for user 'a'@'b' (using password: YES)|CREATE AADUSER
1184|78|Aborted connection 22 to db: 'd' (init_connect command failed)|server parameter init_connect
3159|77|Connections using insecure transport are prohibited|something on the way ends it
9000|77|Client with IP address '192.0.2.1' is not allowed to connect to this MySQL server.|firewall rule
9002|77|The connection string may not be right. Please visit portal for references.|the portal
9107|77|Only Azure Active Directory accounts are allowed to connect to server|login = "entra-token"
9119|77|The access token has expired. Please acquire a new token and retry.|password_command
END
}

@test "the example of dbferry-azure-mysql(7) with az runs as printed" {
    make_token 3000
    serve "$TLS/azure.pem" "$TLS/azure.key" "$T/wanted"
    mkdir "$T/bin"
    printf '#!/bin/sh\n[ "$*" = "%s" ] && cat %q\n' \
        "account get-access-token --resource-type oss-rdbms --output tsv --query accessToken" "$T/token" >"$T/bin/az"
    chmod 755 "$T/bin/az"
    example azure-entra "host = \"$AZURE_HOST\"; port = $PORT; ssl_ca = \"$TLS/ca.pem\";"
    (cd "$T" && PATH=$T/bin:$PATH bash -eu "$T/script")
    assert_equal "$(sqlite3 "$T/vehicles.db" 'SELECT c0, c1 FROM vehicles')" '7|hello'
}
