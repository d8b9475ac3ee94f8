# Everything that somebody on the way can make of what a server says before TLS: before_tls.py.
# FERRY_SWEEP=all does all of it, a part of each kind is done otherwise.

load helper
load ../servers/mariadb
load ../servers/mysql
load azure
load before-tls

setup_file() { before_tls_start; }
teardown_file() { before_tls_stop; }

setup() {
    ferry_setup
    [ -z "$NOT_HERE" ] || skip "$NOT_HERE"
    printf 'S3cret-Pass\n' >"$T/password" && chmod 600 "$T/password"
    PRINT=$(openssl x509 -in "$SERVER/tls/both.pem" -noout -fingerprint -sha1 | cut -d= -f2)
}

# sweep SERVER source|target [CONNECTION]
sweep() {
    local mode address=$HOST
    SERVED=$1
    [ "$1" = MariaDB ] || mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    for mode in $(modes_for); do mode_keys "$mode" >"$T/keys-$mode"; done
    # shellcheck disable=SC2016 # the inner shell's
    {
        printf '#!/bin/bash\n'
        declare -p FERRY_SOURCE SERVED MARIADB_SOCKET
        declare -p FERRY_MYSQL_ROOT MYSQL_DATA 2>/dev/null
        echo '. "$FERRY_SOURCE/tests/servers/mariadb.bash"; . "$FERRY_SOURCE/tests/servers/mysql.bash"'
        declare -f query
        echo 'query --force --unbuffered'
    } >"$T/ask"
    chmod 700 "$T/ask"
    run env DBFERRY="$DBFERRY" PYTHONDONTWRITEBYTECODE=1 \
        python3 "$FERRY_SOURCE/tests/functional/before_tls.py" "$T" "$1" "$address" \
        "$(port_of "$1")" "$2" "$(modes_for | tr ' ' ,)" ${3:+"$3"}
    echo "$output"
    assert_status 0
}

@test "whatever somebody makes of it: a source (MariaDB)" { sweep MariaDB source; }
@test "whatever somebody makes of it: a source (MySQL)" { sweep MySQL source; }
@test "whatever somebody makes of it: a target's first connection (MariaDB)" { sweep MariaDB target 1; }
@test "whatever somebody makes of it: a target's second connection (MariaDB)" { sweep MariaDB target 2; }
@test "whatever somebody makes of it: a target's second connection (MySQL)" { sweep MySQL target 2; }
