# A failover of the server while rows are on their way: the run waits for it and starts anew.

load helper
load ../servers/mysql
load ../servers/mariadb
load azure

setup() {
    ferry_setup
    requires_driver azure-mysql
    requires_driver memory
    requires openssl
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    azure_is_possible || skip "a mount namespace cannot be had here"
    KEYS=/srv/azure-failover-$$
    azure_make_certificates "$T"
    install -d -o 27 -g 27 -m 700 "$FERRY_MYSQL_ROOT$KEYS"
    install -o 27 -g 27 -m 600 "$T"/tls/{ca.pem,azure.pem,azure.key} "$FERRY_MYSQL_ROOT$KEYS"
    mysql_start failover --require-secure-transport=ON --sql-generate-invisible-primary-key=ON \
        --ssl-ca="$KEYS/ca.pem" --ssl-cert="$KEYS/azure.pem" --ssl-key="$KEYS/azure.key" \
        --innodb-flush-log-at-trx-commit=1
    mysql_query <<<"CREATE DATABASE e; CREATE TABLE e.t (id BIGINT NOT NULL, name VARCHAR(40));
        INSERT INTO e.t VALUES (1, 'old'); CREATE USER loader IDENTIFIED BY 'S3cret-Pass'; GRANT ALL ON e.* TO loader"
    write_config <<END
connections = {
  azure = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MYSQL_PORT; user = "loader"; database = "e";
            password_command = "echo run >>$T/logins; echo S3cret-Pass"; ssl_ca = "$T/tls/ca.pem";
            retry_wait = "200ms"; retry_max_wait = "2s"; retries = 60; };
  made = { driver = "memory"; rows = 5000; columns = "id int64 not null, name text(40)";
           fail_at = "read_batch"; fail_how = "stall"; fail_row = 3000; fail_mark = "$T/reached"; fail_until = "$T/go"; };
};
END
}

teardown() {
    mysql_kill
    rm -rf "${FERRY_MYSQL_ROOT:?}${KEYS:-/srv/none}"
}

# await COMMAND...: until it succeeds, for twenty seconds.
await() {
    for _ in {1..400}; do
        "$@" && return
        sleep 0.05
    done
    return 1
}

@test "the server goes away while it is written to, and comes back: the second attempt loads all rows" {
    azure copy made azure --view rows --target-table t -v >"$T/log" 2>&1 3>&- &
    load=$!
    await test -e "$T/reached"
    mysql_crash
    : >"$T/go"
    await grep -q "attempt" "$T/log"
    mysql_again
    wait "$load" || { cat "$T/log"; false; }
    assert_equal "$(mysql_query e <<<'SELECT COUNT(*), COUNT(DISTINCT my_row_id) FROM t')" $'5000\t5000'
    assert_equal "$(mysql_query e <<<"SHOW TABLES LIKE '\\_dbferry\\_stage%'")" ""
    between 2 "$(wc -l <"$T/logins")" 61 # the password is asked for at each attempt
    refute grep -q S3cret "$T/log"
}

@test "a server that stays away: the old rows stay, and the message says how often it was tried" {
    sed -i 's/retries = 60;/retries = 2;/' "$DBFERRY_CONFIG"
    : >"$T/go"
    mysql_crash
    run azure copy made azure --view rows --target-table t
    assert_status 73
    assert_output_has "firewall rules" "3 attempts"
    mysql_again
    assert_equal "$(mysql_query e <<<'SELECT id, name FROM t')" $'1\told'
}
