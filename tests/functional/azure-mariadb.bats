# azure-mysql against MariaDB, for where there is no MySQL 9: TLS only, a certificate for the server's
# full name, and tables with a hidden key.

load helper
load target
load ../servers/mariadb
load azure

setup_file() {
    mariadb_is_installed || return 0
    command -v openssl >/dev/null || return 0
    export SERVER=$BATS_FILE_TMPDIR/server
    azure_make_certificates "$SERVER" &&
        mariadb_start "$SERVER" --port --tls azure --server=--require-secure-transport=ON || return
    export MARIADB_PORT MARIADB_PID MARIADB_SOCKET MARIADB_FOLDER
    mariadb_query <<<"CREATE DATABASE d; CREATE DATABASE e"
    mariadb_account loader 'S3cret-Pass' "$TARGET_RIGHTS ON e.*"
    mariadb_account reader 'S3cret-Pass' "SELECT ON d.*"
}

teardown_file() { mariadb_stop; }

setup() {
    ferry_setup
    requires_driver azure-mysql
    requires_driver sqlite
    requires sqlite3
    requires openssl
    mariadb_is_installed || skip "MariaDB's server is not installed"
    azure_is_possible || skip "a mount namespace cannot be had here"
    printf 'S3cret-Pass' >"$T/password" && chmod 600 "$T/password"
    D=$T/local.db
    write_config <<END
connections = {
  server = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MARIADB_PORT; user = "reader"; retries = 0;
             password_file = "$T/password"; database = "d"; ssl_ca = "$SERVER/tls/ca.pem"; };
  target = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MARIADB_PORT; user = "loader"; retries = 0;
             password_file = "$T/password"; database = "e"; ssl_ca = "$SERVER/tls/ca.pem"; };
  local = { driver = "sqlite"; path = "$D"; };
};
END
}

sql() { mariadb_query "$@"; }

@test "rows go there and come back, inside of verified TLS" {
    sqlite3 "$D" "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'one'), (2, '€ 😀')"
    run azure copy local target --table t --target-table t -v
    assert_status 0
    assert_output_has "identity verified"
    assert_equal "$(sql e <<<'SELECT id, HEX(name) FROM t ORDER BY id')" $'1\t6F6E65\n2\tE282AC20F09F9880'
    run azure copy target "sqlite:$T/back.db" --table t --target-table t
    assert_status 0
    assert_equal "$(sqlite3 "$T/back.db" 'SELECT id, name FROM t ORDER BY id')" $'1|one\n2|€ 😀'
}

@test "a hidden key: no reader sees it, and a target keeps it and leaves its values to the server" {
    local definition='CREATE TABLE t (my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE PRIMARY KEY,
        id INT, name VARCHAR(10))'
    sql e <<<"DROP TABLE IF EXISTS t"
    sql d <<<"$definition; INSERT INTO t (id, name) VALUES (1, 'one'), (2, NULL)"
    sql e <<<"$definition; INSERT INTO t (id, name) VALUES (9, 'old')"
    before=$(sql e <<<"SHOW CREATE TABLE t" | sed -e 's/ COMMENT=.*//' -e 's/ AUTO_INCREMENT=[0-9]*//')
    for _ in 1 2; do
        run azure copy server target --table t --target-table t -v
        assert_status 0
        refute_output_has "rebuilt"
    done
    after=$(sql e <<<"SHOW CREATE TABLE t" | sed -e 's/ COMMENT=.*//' -e 's/ AUTO_INCREMENT=[0-9]*//')
    assert_equal "$after" "$before"
    assert_equal "$(sql e <<<'SELECT my_row_id, id, name FROM t ORDER BY id')" $'1\t1\tone\n2\t2\tNULL'
    run azure copy server "sqlite:$T/back.db" --table t --target-table t
    assert_status 0
    assert_equal "$(sqlite3 "$T/back.db" "SELECT group_concat(name) FROM pragma_table_info('t')")" "id,name"
}

@test "another name of the same server is refused" {
    sed -i "s/$AZURE_HOST/$AZURE_ALIAS/" "$DBFERRY_CONFIG"
    run azure copy server "sqlite:$T/back.db" --table t --target-table t
    assert_status 77
    assert_output_has "another host"
}
