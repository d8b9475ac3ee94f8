# azure-mysql against a MySQL 9 that is set up as Azure does it: TLS only, invisible keys, names of
# tables in lower case, a binary log, an account of caching_sha2_password with no special right.

load helper
load target
load ../servers/mysql
load ../servers/mariadb
load azure
load pages

setup_file() {
    mysql_is_available || return 0
    command -v openssl >/dev/null || return 0
    export CERTIFICATES=$BATS_FILE_TMPDIR KEYS=/srv/azure-keys-$$
    azure_make_certificates "$CERTIFICATES" || return
    install -d -o 27 -g 27 -m 700 "$FERRY_MYSQL_ROOT$KEYS"
    install -o 27 -g 27 -m 600 "$CERTIFICATES"/tls/{ca.pem,azure.pem,azure.key} "$FERRY_MYSQL_ROOT$KEYS"
    mysql_start azure --lower-case-table-names=1 --require-secure-transport=ON \
        --sql-generate-invisible-primary-key=ON --ssl-ca="$KEYS/ca.pem" --ssl-cert="$KEYS/azure.pem" \
        --ssl-key="$KEYS/azure.key" --log-bin=azure --server-id=1 --gtid-mode=ON \
        --enforce-gtid-consistency=ON --general-log=ON --general-log-file="$KEYS/general.log" || return
    export MYSQL_PORT MYSQL_PID MYSQL_DATA
    mysql_query <<SQL
CREATE DATABASE d; CREATE DATABASE e;
CREATE TABLE d.t (id INT NOT NULL, name VARCHAR(20)); INSERT INTO d.t VALUES (1, 'one'), (2, 'two');
CREATE VIEW d.v AS SELECT * FROM d.t;
$(documented_accounts)
SQL
}

# The accounts just as the page makes them, for the databases of these tests.
documented_accounts() {
    awk '/^=head1 RIGHTS/ { here = 1 } /^=head2/ { here = 0 } here && /^    / { print }' \
        "$FERRY_SOURCE/plugins/azure-mysql/dbferry-azure-mysql.pod" |
        sed -e "s/'\.\.\.'/'S3cret-Pass'/" -e 's/vehicles_db\.vehicle_view/d.v/' -e 's/vehicles_db\.\*/e.*/'
}

teardown_file() {
    mysql_stop
    [ -z "${KEYS:-}" ] || rm -rf "${FERRY_MYSQL_ROOT:?}$KEYS"
}

setup() {
    ferry_setup
    requires_driver azure-mysql
    requires_driver sqlite
    requires_driver memory
    requires sqlite3
    requires openssl
    requires python3
    mysql_is_available || skip "MySQL 9 is not there (it needs root, mmdebstrap and the network)"
    azure_is_possible || skip "a mount namespace cannot be had here"
    CA=$CERTIFICATES/tls/ca.pem
    LOG=$FERRY_MYSQL_ROOT$KEYS/general.log
    D=$T/local.db
    printf 'S3cret-Pass' >"$T/password" && chmod 600 "$T/password"
    mysql_query <<<"SET GLOBAL local_infile = 1; DROP DATABASE e; CREATE DATABASE e"
    : >"$LOG"
    sqlite3 "$D" "CREATE TABLE keyless (id INTEGER, name TEXT);
        INSERT INTO keyless VALUES (1, 'one'), (2, NULL), (2, 'zwei € 😀');
        CREATE TABLE keyed (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO keyed SELECT 7, 'seven'"
    configure
}

# configure [TEXT [HOST]]: the connections, with this text in that of the target.
configure() {
    write_config <<END
connections = {
  azure = { driver = "azure-mysql"; host = "${2:-$AZURE_HOST}"; port = $MYSQL_PORT; user = "loader";
            password_file = "$T/password"; database = "e"; ssl_ca = "$CA"; retries = 0; ${1:-} };
  reader = { driver = "azure-mysql"; host = "$AZURE_HOST"; port = $MYSQL_PORT; user = "reader";
            password_file = "$T/password"; database = "d"; ssl_ca = "$CA"; retries = 0; };
  local = { driver = "sqlite"; path = "$D"; };
  made = { driver = "memory"; rows = 5000; columns = "id int64 not null, name text(40)"; };
};
jobs = (
  { name = "keyless"; source = "local"; table = "keyless"; target = "azure"; target_table = "keyless";
    verify = "content"; },
  { name = "keyed"; source = "local"; table = "keyed"; target = "azure"; target_table = "Keyed";
    verify = "content"; }
);
END
}

sql() { mysql_query "$@"; }

refused() {
    run azure check keyless
    assert_status "$1"
    assert_output_has "${@:2}"
    refute_output_has S3cret
}

@test "rows go there and come back, and check tells server and TLS" {
    run azure run -v
    assert_status 0
    assert_output_has "identity verified" "TLSv1."
    refute_output_has S3cret
    assert_equal "$(sql e <<<'SELECT id, HEX(name) FROM keyless ORDER BY name; SELECT * FROM keyed')" \
        $'2\tNULL\n1\t6F6E65\n2\t7A77656920E282AC20F09F9880\n7\tseven'
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM keyless')" 3
    run azure check keyless
    assert_status 0
    assert_output_has "server MySQL 9" "identity verified"
    run azure copy azure "sqlite:$T/back.db" --table keyless --target-table keyless
    assert_status 0
    assert_equal "$(sqlite3 "$T/back.db" "SELECT id, quote(name) FROM keyless ORDER BY 2")" \
        "$(sqlite3 "$D" "SELECT id, quote(name) FROM keyless ORDER BY 2")"
    grep -q 'Connect.*loader@.*using SSL/TLS' "$LOG"
}

@test "any ssl_mode is raised to verify-identity, with a warning that says so" {
    for mode in disabled preferred required require verify-ca; do
        configure "ssl_mode = \"$mode\";"
        run --separate-stderr azure run keyless
        assert_status 0
        [[ $stderr == *"warning"*"ssl_mode \"$mode\" is raised to \"verify-identity\""* ]]
        run azure run keyless -v
        assert_output_has "identity verified"
    done
    assert_equal "$(grep -c 'Connect.*loader@.*using SSL/TLS' "$LOG")" "$(grep -c 'Connect.*loader@' "$LOG")"
    configure 'ssl_mode = "verify-identity";'
    run --separate-stderr azure run keyless
    assert_equal "$stderr" ""
}

@test "an address, a short name, and what would weaken TLS are refused before anything is sent" {
    for host in 127.0.0.1 127.1 192.0.2.7 ::1 fe80::1%eth0; do
        configure '' "$host"
        refused 78 "is an address" "full name"
    done
    for host in localhost fleet; do
        configure '' "$host"
        refused 78 "is not a full name"
    done
    for key in socket ssl_fingerprint ssl_cert ssl_key ssl_crl; do
        configure "$key = \"/run/x\";"
        refused 78 "unknown key '$key'"
    done
    for version in TLSv1.1 TLSv1.0,TLSv1.2; do
        configure "tls_version = \"$version\";"
        refused 78 "tls_version"
    done
    refute grep -q 'Connect.*loader' "$LOG"
}

@test "another name of the server, and a CA that is not the server's: the login never leaves" {
    configure '' "$AZURE_ALIAS"
    refused 77 "another host" "NAME.mysql.database.azure.com"
    configure
    CA=$CERTIFICATES/tls/other-ca.pem configure
    refused 77 "DigiCert Global Root G2" "Microsoft RSA Root Certificate Authority 2017" "ca-certificates"
    sed -i 's/ssl_ca = "[^"]*";//' "$DBFERRY_CONFIG" # the system's trust store
    refused 77 "DigiCert Global Root G2" "ca-certificates"
    refute grep -q 'Connect.*loader' "$LOG"
}

@test "the store of the system is enough where it knows the root" {
    # The roots of this machine, with the test's own among them, where the client library looks.
    cp -rL /etc/ssl/certs "$T/certs"
    cp "$CA" "$T/certs/$(openssl x509 -in "$CA" -noout -hash).0"
    sed -i 's/ssl_ca = "[^"]*";//' "$DBFERRY_CONFIG"
    azure_namespace sh -c "printf '127.0.0.1 $AZURE_HOST\n' >$T/hosts &&
        mount --bind $T/hosts /etc/hosts && mount --bind $T/certs /etc/ssl/certs &&
        exec '$DBFERRY' run -v" >"$T/out" 2>&1 || { cat "$T/out"; false; }
    grep -q "identity verified" "$T/out"
}

@test "the invisible key: no table changes by being loaded again, and no reader sees it" {
    for primary in OFF ON; do
        for lane in 1 0; do
            sql <<<"DROP DATABASE e; CREATE DATABASE e; SET GLOBAL local_infile = $lane, GLOBAL sql_require_primary_key = $primary"
            run azure run keyless -v
            assert_status 0
            before=$(definition keyless)
            [[ $before == *'`my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */'* ]]
            run azure plan keyless
            assert_status 0
            assert_output_has "its rows will be replaced"
            refute_output_has my_row_id
            for _ in 1 2; do
                run azure run keyless -v
                assert_status 0
                refute_output_has "rebuilt"
            done
            assert_equal "$(definition keyless)" "$before"
            assert_equal "$(sql e <<<'SELECT COUNT(*), COUNT(my_row_id), COUNT(DISTINCT my_row_id) FROM keyless')" $'3\t3\t3'
            run azure verify keyless
            assert_status 0
            run azure copy azure "sqlite:$T/back-$lane-$primary.db" --table keyless --target-table keyless
            assert_status 0
            assert_equal "$(sqlite3 "$T/back-$lane-$primary.db" \
                "SELECT group_concat(name) FROM pragma_table_info('keyless')")" "id,name"
        done
    done
    sql <<<"SET GLOBAL sql_require_primary_key = OFF"
    for _ in 1 2; do
        run azure run keyed -v
        assert_status 0
        refute_output_has "rebuilt"
    done
    refute grep -q my_row_id <<<"$(definition keyed)"
}

definition() { sql e <<<"SHOW CREATE TABLE \`$1\`" | sed -e 's/ COMMENT=.*//' -e 's/ AUTO_INCREMENT=[0-9]*//'; }

@test "names of tables in any case are one table: its triggers, foreign keys and old rows too" {
    sql e <<<"CREATE TABLE mine (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40)); INSERT INTO mine VALUES (1, 'old');
        CREATE TRIGGER hook BEFORE DELETE ON mine FOR EACH ROW SET @x = 1;
        CREATE TABLE parent (id BIGINT NOT NULL PRIMARY KEY, name LONGTEXT); INSERT INTO parent VALUES (1, 'one');
        CREATE TABLE child (up BIGINT, FOREIGN KEY (up) REFERENCES parent (id)); INSERT INTO child VALUES (1)"
    run azure copy made azure --view rows --target-table MINE -v
    assert_status 0
    assert_output_has "'hook'" "DELETE and INSERT"
    assert_equal "$(sql e <<<"SHOW TRIGGERS LIKE 'mine'" | cut -f 1)" hook
    assert_equal "$(sql e <<<'SELECT COUNT(*) FROM mine')" 5000
    sqlite3 "$D" "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO parents VALUES (2, 'two')"
    run azure copy local azure --table parents --target-table Parent
    assert_status 65
    assert_output_has "foreign key" "unchanged"
    assert_equal "$(sql e <<<'SELECT id FROM parent')" 1
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'e' AND TABLE_NAME LIKE '\\_dbferry\\_s%' AND TABLE_NAME <> '_dbferry_sync'")" 0
}

@test "foreign keys of tables whose names have capitals, of any alphabet" {
    local before
    sqlite3 "$D" "CREATE TABLE \"PÄ Q\" (id INTEGER PRIMARY KEY); CREATE TABLE \"Ç\" (id INTEGER PRIMARY KEY, p INTEGER REFERENCES \"PÄ Q\" ON DELETE CASCADE);
        INSERT INTO \"PÄ Q\" VALUES (1), (2); INSERT INTO \"Ç\" VALUES (1, 2)"
    sql <<<"GRANT REFERENCES ON e.* TO loader"
    sed -i '/^jobs = /,$d' "$DBFERRY_CONFIG"
    echo 'jobs = ( { name = "all"; source = "local"; target = "azure"; tables = ["PÄ*", "Ç"]; commit = "together"; foreign_keys = true; } );' >>"$DBFERRY_CONFIG"
    run azure run
    assert_status 0
    before=$(sql e <<<"SHOW CREATE TABLE \`Ç\`" | grep -o 'REFERENCES.*(`id`).*')
    sqlite3 "$D" "DELETE FROM \"PÄ Q\" WHERE id = 1; INSERT INTO \"Ç\" VALUES (2, 2)"
    run azure plan
    assert_status 0
    refute_output_has rebuilt
    run azure run
    assert_status 0
    assert_equal "$(sql e <<<"SHOW CREATE TABLE \`Ç\`" | grep -o 'REFERENCES.*(`id`).*')" "$before"
    assert_equal "$before" 'REFERENCES `pä q` (`id`) ON DELETE CASCADE'
    assert_equal "$(sql e <<<"SELECT COUNT(*) FROM \`ç\`, \`pä q\`")" 2
    sql <<<"REVOKE REFERENCES ON e.* FROM loader"
}

@test "with just the documented rights, nothing that needs SUPER, FILE or FLUSH is ever sent" {
    sql e <<<"CREATE TABLE mine (id BIGINT, name VARCHAR(40)); CREATE TRIGGER hook BEFORE DELETE ON mine FOR EACH ROW SET @x = 1"
    for lane in 1 0; do
        sql <<<"SET GLOBAL local_infile = $lane"
        for command in "plan" "check" "run" "run" "verify"; do
            run azure $command
            assert_status 0
        done
        run azure copy made azure --view rows --target-table mine
        assert_status 0
        run azure copy reader "sqlite:$T/back.db" --view v --target-table v
        assert_status 0
    done
    sqlite3 "$D" "INSERT INTO keyless VALUES (3, 'new')"
    run azure copy local azure --query "SELECT id, name, id AS more FROM keyless" --target-table keyless
    assert_status 0
    # What the accounts of these tests sent; root's own statements are not theirs.
    awk '/ Connect\t(loader|reader)@/ { ours[$2] = 1 } ours[$2]' "$LOG" >"$T/ours"
    between 50 "$(wc -l <"$T/ours")" 100000
    refute grep -iE '\b(SUPER|FLUSH|OUTFILE|DUMPFILE|GLOBAL [a-z_]+ *=|PERSIST|KILL|PURGE|RESET|sql_log_bin|gtid_next|BINLOG|INSTALL|DEFINER|SHUTDOWN|LOCK TABLES)\b' "$T/ours"
    refute grep -iE 'LOAD DATA INFILE|\bmysql\.' "$T/ours"
    grep -q "LOAD DATA LOCAL" "$T/ours"
}

@test "a wrong password: what there may be to it on Azure, and the password shows nowhere" {
    printf 'Wrong-S3cret' >"$T/password"
    refused 77 "error 1045" "without @SERVER" "CREATE AADUSER"
}

@test "a server that is read-only: try again, and how much storage must be free" {
    sql <<<"SET GLOBAL super_read_only = ON"
    run azure run keyless
    sql <<<"SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF"
    assert_status 75
    assert_output_has "storage" "unchanged"
}

@test "a name that does not resolve, and a port that nobody listens on" {
    configure '' absent.mysql.database.azure.com
    refused 73 "NAME.mysql.database.azure.com" "virtual network"
    MYSQL_PORT=1 configure
    refused 73 "firewall rules" "3306"
    # A firewall that drops what it does not let in: here, a port whose queue is full.
    python3 -c 'import socket, time
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
waiting = [socket.socket() for _ in range(4)]
for one in waiting:
    one.setblocking(False)
    one.connect_ex(listener.getsockname())
print(listener.getsockname()[1], flush=True)
time.sleep(60)' >"$T/port" 3>&- &
    silent=$!
    until [ -s "$T/port" ]; do sleep 0.05; done
    MYSQL_PORT=$(cat "$T/port") configure 'connect_timeout = "1s";'
    refused 73 "firewall rules" "virtual network"
    kill "$silent"
}

@test "a zone by its name, where the server has none: what fills its tables" {
    sed -i 's/user = "reader";/user = "reader"; time_zone = "Europe\/Berlin";/' "$DBFERRY_CONFIG"
    run azure copy reader "sqlite:$T/back.db" --view v --target-table v
    assert_status 78
    assert_output_has "az_load_timezone"
}

@test "a session variable that needs a special right" {
    configure 'session_variables = { sql_log_bin = "0"; };'
    refused 77 "error 1227" "session_variables"
}

@test "the first example of dbferry-azure-mysql(7) runs as printed" {
    sqlite3 "$T/vehicles.db" "CREATE TABLE vehicles (vin TEXT, make TEXT); INSERT INTO vehicles VALUES ('A1', 'Saab')"
    example azure "host = \"$AZURE_HOST\"; port = $MYSQL_PORT; ssl_ca = \"$CA\";"
    (cd "$T" && AZURE_MYSQL_PASSWORD=S3cret-Pass bash -eu "$T/script")
    assert_equal "$(sql e <<<'SELECT vin, make FROM vehicles')" $'A1\tSaab'
}

@test "the conformance suite passes" {
    local program=$FERRY_BUILD/tests/conformance/dbferry-driver-test
    [ -x "$program" ] || skip "there is no dbferry-driver-test in the build tree"
    sql <<'SQL'
DROP DATABASE IF EXISTS conformance; CREATE DATABASE conformance; USE conformance;
SET cte_max_recursion_depth = 10000;
CREATE TABLE t (id INT, u BIGINT UNSIGNED, price DECIMAL(10,2), d DOUBLE, name VARCHAR(40), data BLOB, at DATETIME(3));
INSERT INTO t WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  SELECT i, 18446744073709551615 - i, i / 100, i / 7, IF(i % 9, CONCAT('name ', i, '😀'), NULL), UNHEX(HEX(i * 7919)),
  '2000-01-01' + INTERVAL i * 1001 MICROSECOND FROM n;
CREATE VIEW v AS SELECT * FROM t;
GRANT SELECT, LOCK TABLES ON conformance.* TO reader;
GRANT UPDATE, CREATE TEMPORARY TABLES ON e.* TO loader;
SQL
    local there="host = \"$AZURE_HOST\"; port = $MYSQL_PORT; ssl_ca = \"$CA\"; password = \"S3cret-Pass\";"
    local shell="chroot $FERRY_MYSQL_ROOT /usr/bin/mysql --no-defaults --socket=$MYSQL_DATA/socket --user=root -BN e"
    write_config "$T/azure.conf" <<END
driver = "azure-mysql";
source = { $there user = "reader"; database = "conformance"; };
view = "v";
columns = 7;
rows = 3000;
slow_source = { $there user = "reader"; database = "conformance"; };
slow_query = "SELECT id, SLEEP(0.2) AS s FROM t";
bad_source = { $there user = "nobody"; database = "conformance"; };
bad_source_class = "refused";
target = { $there user = "loader"; database = "e"; };
target_table = "conformance";
count = "$shell -e \\"SELECT COUNT(*) FROM \$TABLE\\"";
content = "$shell -e \\"SHOW TABLES LIKE '\$TABLE'; SELECT * FROM \$TABLE ORDER BY 1, 2\\" 2>&1 || true";
read_back = { $there user = "loader"; database = "e"; };
END
    DBFERRY=$program run azure "${DBFERRY_DRIVER_DIR-$FERRY_BUILD/drivers}/azure-mysql.so" "$T/azure.conf"
    echo "$output" | tail -n 30
    assert_status 0
    between 20 "$(grep -c '^ok' <<<"$output")" 9999
}
