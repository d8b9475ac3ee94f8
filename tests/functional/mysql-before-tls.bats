# Somebody on the way (tests/servers/meddler.py) who says things before TLS is in place, in front of
# real servers: none of it counts afterwards.

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
    D=$T/local.db
    printf 'S3cret-Pass\n' >"$T/password" && chmod 600 "$T/password"
    PRINT=$(openssl x509 -in "$SERVER/tls/both.pem" -noout -fingerprint -sha1 | cut -d= -f2)
    MEDDLER=''
}

teardown() {
    [ -z "$MEDDLER" ] || kill "$MEDDLER" 2>/dev/null || true
}

# choose SERVER [ADDRESS]: `query`, and a meddler in front of it, at LINE.
choose() {
    SERVED=$1
    [ "$1" = MariaDB ] || mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    mkdir -p "$T/$1"
    python3 "$FERRY_SOURCE/tests/servers/meddler.py" "${2:-$HOST}" $HOST "$(port_of "$1")" "$T/$1" \
        >"$T/$1/port" 2>"$T/$1/log" 3>&- &
    MEDDLER=$!
    until_there test -s "$T/$1/port"
    LINE=$(cat "$T/$1/port")
}

# deed LINE...: what the meddler does from the next connection on.
deed() {
    printf '%s\n' "$@" >"$T/$SERVED/deed.new"
    mv "$T/$SERVED/deed.new" "$T/$SERVED/deed"
}

# copy source|target MODE [DRIVER]: one run through the meddler; a local file is the other side.  A
# target's table is one of its own, which the first load makes.
copy() {
    local driver=${3:-mysql} host=$HOST way="server local" table=t command=("$DBFERRY")
    if [ "$driver" = azure-mysql ]; then
        host=$AZURE_HOST
        command=(azure)
    fi
    [ "$1" = source ] || { way="local server" && table=loaded; }
    write_config <<END
connections = {
  server = { driver = "$driver"; host = "$host"; port = $LINE; user = "loader"; password_file = "$T/password";
             database = "d"; connect_timeout = "5s"; read_timeout = "5s"; retries = 0; $(mode_keys "$2") };
  local = { driver = "sqlite"; path = "$D"; };
};
END
    # shellcheck disable=SC2086 # two words
    run "${command[@]}" copy $way --table t --target-table $table -v
    refute_output_has S3cret-Pass AddressSanitizer "runtime error"
}

old_file() {
    rm -f "$D"*
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT); INSERT INTO t VALUES (99, 'old')"
}

# The answers of a whole session, as an honest server gave them to another run.
forge_rows() {
    local mode
    choose "$1"
    copy source verify-ca # MySQL then knows the password and asks no more for it
    old_file
    deed "record answers"
    copy source disabled
    assert_status 0
    for mode in $(modes_for); do
        query <<<"UPDATE t SET title = 'true'"
        old_file
        deed "answer answers"
        copy source "$mode"
        echo "mode: $mode"
        assert_status 77
        assert_output_has "more than a greeting came" "unchanged"
        assert_equal "$(sqlite3 "$D" 'SELECT id, title FROM t')" '99|old'
        query <<<"UPDATE t SET title = 'hello'"
    done
    refute grep -aq S3cret-Pass "$T/$SERVED/sent"
}

@test "a source: rows that somebody says before TLS are not the server's (MariaDB)" { forge_rows MariaDB; }
@test "a source: rows that somebody says before TLS are not the server's (MySQL)" { forge_rows MySQL; }

# Each of the two connections of a target alone, and both.
swallow_load() {
    local mode which rows
    choose "$1"
    old_file
    copy target verify-ca # MySQL then knows the password and asks no more for it
    assert_status 0
    deed "record answers"
    copy target disabled
    assert_status 0
    rows=$(query <<<"SELECT * FROM loaded")
    assert_equal "$rows" $'99\told'
    sqlite3 "$D" "UPDATE t SET title = 'new'"
    for mode in $(modes_for); do
        for which in '' 1 2; do
            deed "answer answers" ${which:+"connection $which"}
            copy target "$mode"
            echo "mode: $mode, connection: ${which:-each}"
            assert_status 77
            assert_output_has "more than a greeting came" "unchanged"
            assert_equal "$(query <<<'SELECT * FROM loaded')" "$rows"
        done
    done
    query <<<"DROP TABLE loaded"
}

@test "a target: nobody swallows a load and says that it was done (MariaDB)" { swallow_load MariaDB; }
@test "a target: nobody swallows a load and says that it was done (MySQL)" { swallow_load MySQL; }

# Azure's driver has no weaker mode.
@test "azure-mysql: neither rows nor loads, for each of its connections" {
    local which
    azure_is_possible || skip "a mount namespace cannot be had here"
    choose MariaDB 127.0.0.1
    old_file
    copy source verify-identity azure-mysql
    assert_status 0
    assert_output_has "identity verified"
    deed "append 0700000200000002000000"
    old_file
    copy source verify-identity azure-mysql
    assert_status 77
    assert_output_has "more than a greeting came" "unchanged"
    assert_equal "$(sqlite3 "$D" 'SELECT id, title FROM t')" '99|old'
    rm "$T/$SERVED/deed"
    copy target verify-identity azure-mysql
    assert_status 0
    sqlite3 "$D" "UPDATE t SET title = 'new'"
    for which in 1 2; do
        deed "append 0700000200000002000000" "connection $which"
        copy target verify-identity azure-mysql
        assert_status 77
        assert_output_has "more than a greeting came" "unchanged"
        assert_equal "$(query <<<'SELECT * FROM loaded')" $'99\told'
    done
    query <<<"DROP TABLE loaded"
}

# Error 1045 would be a refusal of the account if it were the server's.
@test "an error that somebody puts behind the greeting, or in its place, is nobody's word" {
    local mode error=ff15042332383030304163636573732064656e696564
    choose MariaDB
    for mode in $(modes_for) disabled; do
        old_file
        deed "append 16000003$error"
        copy source "$mode"
        assert_status 77
        assert_output_has "more than a greeting came" "unchanged"
        refute_output_has "error 1045" "Access denied"
        [ "$mode" != disabled ] || continue
        deed "greeting replace 16000000$error"
        copy source "$mode"
        assert_status 69
        assert_output_has "unauthenticated error before TLS (anybody on the way could have sent it)" "unchanged"
        assert_equal "$(sqlite3 "$D" 'SELECT id, title FROM t')" '99|old'
    done
    assert_equal "$(grep -ac loader "$T/$SERVED/sent")" 0
}

definition() { sqlite3 "$D" .dump | grep -v '^INSERT INTO _dbferry_sync '; }

# same_definition VERSION: the file is the same after an honest run and after one with this greeting.
same_definition() {
    local honest
    for mode in verify-identity ssl_fingerprint preferred; do
        rm -f "$D"* "$T/$SERVED/deed"
        copy source "$mode"
        assert_status 0
        honest=$(definition)
        rm -f "$D"*
        deed "version $1"
        copy source "$mode"
        assert_status 0
        assert_output_has "server: $SERVED $(query <<<'SELECT VERSION()' | sed 's/-MariaDB.*//')"
        assert_equal "$(definition)" "$honest"
        rm -f "$D"*
    done
}

@test "the version that a greeting names is not believed (MariaDB)" {
    choose MariaDB
    same_definition 8.4.0
    same_definition 5.5.5-10.0.1-MariaDB
    same_definition 5.1.2
}

@test "the version that a greeting names is not believed (MySQL)" {
    choose MySQL
    same_definition 5.5.5-11.4.2-MariaDB
    same_definition 8.0.1
}

@test "a greeting in pieces, and a handshake in pieces, are fine" {
    local mode
    choose MariaDB
    for mode in $(modes_for); do
        old_file
        deed "greeting pieces"
        copy source "$mode"
        assert_status 0
        assert_equal "$(sqlite3 "$D" 'SELECT id, title FROM t')" '7|hello'
        deed "handshake pieces"
        copy source "$mode"
        assert_status 0
    done
}

@test "preferred: what the first connection has by TLS the second does not say in the clear" {
    choose MariaDB
    old_file
    deed "hide" "connection 2"
    copy target preferred
    assert_status 77
    assert_output_has "TLS: TLSv1." "TLS is offered no more" "unchanged"
    refute grep -aq loader "$T/$SERVED/sent"
    assert_equal "$(query <<<"SHOW TABLES LIKE 'loaded'")" ""
    deed "hide" "connection 1"
    copy target preferred
    assert_status 0
    assert_output_has "TLS: none (the server offers none)"
    assert_equal "$(query <<<'SELECT * FROM loaded')" $'99\told'
    query <<<"DROP TABLE loaded"
}
