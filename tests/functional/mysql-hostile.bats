# A server that lies or attacks: it gets nothing, and the target keeps its old rows.

load helper

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    requires python3
    D=$T/target.db
    printf 'very-secret' >"$T/password" && chmod 600 "$T/password"
}

# copy_from LIE [OPTION [compressed]]: a fresh target, a server with that lie, and one copy from it.
copy_from() {
    rm -f "$D"* "$T/port"
    sqlite3 "$D" "CREATE TABLE t (c0 INTEGER, c1 TEXT); INSERT INTO t VALUES (99, 'old')"
    python3 "$FERRY_SOURCE/tests/servers/hostile.py" "$1" "${3:-}" >"$T/port" 2>"$T/seen" 3>&- &
    local server=$!
    for _ in $(seq 100); do
        [ -s "$T/port" ] && break
        sleep 0.05
    done
    write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; host = "127.0.0.1"; port = $(cat "$T/port"); user = "reader";
             password_file = "$T/password"; database = "d"; connect_timeout = "3s";
             read_timeout = "3s"; ${2:-} };
  local = { driver = "sqlite"; path = "$D"; };
};
END
    # shellcheck disable=SC2086 # words
    # Its catalog contradicts some of its lies, which would be refused before the lie comes.
    run timeout 60 ${WRAP:-} "$DBFERRY" copy server local --table t --target-table t \
        -o job.on_rebuild_loss=allow
    kill "$server" 2>/dev/null || true
    wait "$server" || true
}

the_old_rows_are_there() {
    assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '99|old'
}

@test "the server without a lie is understood" {
    copy_from none
    assert_status 0
    assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
}

@test "no lie ends in a crash, in a wrong table, or in an error that names no cause" {
    while read -r lie; do
        case $lie in
        none | harmless-* | ask-* | frame-* | value-*) continue ;;
        columns-of-other-types) expected=75 ;;
        no-columns) expected=78 ;;
        away-* | refused-1130 | refused-*-before-tls) expected=69 ;; # see mysql-fallback.bats
        refused-*) expected=77 ;;
        *) expected=76 ;;
        esac
        copy_from "$lie"
        echo "lie: $lie"
        assert_status "$expected"
        assert_output_has "unchanged"
        refute_output_has "error 0" "AddressSanitizer" "runtime error" $'\e'
        the_old_rows_are_there
    done < <(python3 "$FERRY_SOURCE/tests/servers/hostile.py" --list)
}

@test "no value of a type is one that the type cannot have, and none is a bug in dbferry" {
    local count=0
    while read -r lie; do
        copy_from "$lie"
        echo "lie: $lie"
        assert_status 76
        assert_output_has "row 1, column 'c0'" "the server sent" "unchanged"
        refute_output_has "contract" "AddressSanitizer" "runtime error"
        the_old_rows_are_there
        count=$((count + 1))
    done < <(python3 "$FERRY_SOURCE/tests/servers/hostile.py" --list | grep '^value-')
    [ "$count" -ge 50 ]
}

@test "nor does one in a compressed frame, or about the frame itself" {
    local count=0
    for lie in none harmless-frame-that-is-longer; do
        copy_from $lie 'compression = true;' compressed
        assert_status 0
        assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
    done
    while read -r lie; do
        copy_from "$lie" 'compression = true;' compressed
        echo "lie: $lie"
        # 69: a frame that is none, in the first answer of the session, is a lost connection.
        [ "$status" -eq 76 ] || [ "$status" -eq 75 ] || [ "$status" -eq 65 ] || [ "$status" -eq 69 ] || assert_status 78
        assert_output_has "unchanged"
        refute_output_has "AddressSanitizer" "runtime error" $'\e'
        the_old_rows_are_there
        count=$((count + 1))
    done < <(python3 "$FERRY_SOURCE/tests/servers/hostile.py" --list | grep -E '^(frame|text|row|columns|end|no)-')
    [ "$count" -ge 20 ]
}

@test "compression that a server does not offer is warned of, and the rows come all the same" {
    copy_from none 'compression = true;'
    assert_status 0
    assert_output_has "compression: none: the server offers none"
    assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
}

@test "a catalog that is refused, or a view of odd words, costs no row" {
    local count=0
    while read -r lie; do
        copy_from "$lie"
        echo "lie: $lie"
        assert_status 0
        refute_output_has "AddressSanitizer" "runtime error" $'\e'
        assert_equal "$(sqlite3 "$D" 'SELECT c0, c1 FROM t')" '7|hello'
        count=$((count + 1))
    done < <(python3 "$FERRY_SOURCE/tests/servers/hostile.py" --list | grep '^harmless-')
    [ "$count" -ge 3 ]
}

@test "no server gets the password in clear, or a file of this machine" {
    for lie in ask-clear-password ask-dialog ask-part-of-a-name ask-no-name ask-file-at-login ask-file-for-zone \
        ask-file-for-catalog ask-file-for-rows; do
        copy_from "$lie"
        echo "lie: $lie"
        [ "$status" -eq 77 ] || [ "$status" -eq 76 ] || assert_status 69
        the_old_rows_are_there
        grep -q '^login: ' "$T/seen"
        # An answer may come, but nothing may be in it.
        [ -z "$(sed -n 's/^asked: //p' "$T/seen")" ]
    done
}

# The library would look for a file of that name, and load it before it asks whether it may.
@test "no server makes the client library load a file, and the method that it wants is named" {
    local lie name
    requires strace
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    for lie in ask-clear-password/mysql_clear_password ask-dialog/dialog ask-part-of-a-name/native; do
        name=${lie#*/}
        WRAP="strace -f -qq -e trace=open,openat,openat2 -o $T/opened" copy_from "${lie%/*}"
        assert_status 77
        assert_output_has "login method '$name', which is not allowed"
        grep -q 'caching_sha2_password.so' "$T/opened"
        refute grep -v ENOTDIR <(grep "/$name.so\"" "$T/opened")
    done
}

# A target has LOAD DATA LOCAL, and a server could ask for a file at any moment.
@test "a target gives no file either, and is no reason to hang or crash" {
    sqlite3 "$D" "CREATE TABLE t (c0 INTEGER, c1 TEXT); INSERT INTO t VALUES (7, 'hello')"
    for lie in ask-file-at-login ask-file-for-zone ask-file-for-catalog none zone-of-one-column \
        zone-without-result zone-longer-than-its-row; do
        rm -f "$T/port"
        python3 "$FERRY_SOURCE/tests/servers/hostile.py" "$lie" >"$T/port" 2>"$T/seen" 3>&- &
        server=$!
        for _ in $(seq 100); do
            [ ! -s "$T/port" ] || break
            sleep 0.05
        done
        write_config <<END
connections = {
  server = { driver = "mysql"; retries = 0; host = "127.0.0.1"; port = $(cat "$T/port"); user = "loader";
             password_file = "$T/password"; database = "d"; connect_timeout = "3s"; read_timeout = "3s"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
        run timeout 30 "$DBFERRY" copy local server --table t --target-table t
        kill "$server" 2>/dev/null || true
        wait "$server" || true
        echo "lie: $lie"
        [ "$status" -ge 73 ]
        [ "$status" -le 77 ]
        assert_output_has "unchanged"
        [ -z "$(sed -n 's/^asked: //p' "$T/seen")" ]
    done
}

# The other ways are in mysql-tls-table.bats.
@test "from required on not even the login goes to a server without TLS" {
    for mode in required verify-ca; do
        copy_from none "ssl_mode = \"$mode\"; ssl_capath = \"/etc\""
        assert_status 77
        assert_output_has "offers no TLS"
        assert_equal "$(cat "$T/seen")" ""
        the_old_rows_are_there
    done
}
