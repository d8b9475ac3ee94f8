# What lets a run from a server fall back to a file, and what does not: each failure made for real,
# on MariaDB, or by a server that plays it.  fallback.bats has all that does not need a server.

load helper
load ../servers/mariadb

# At 127.0.0.1, Connector/C 3.4 does not compare the host's name with the certificate's.
HOST=127.0.0.2

setup_file() {
    mariadb_is_installed || return 0
    export SERVER=$BATS_FILE_TMPDIR/server
    mariadb_make_certificates "$SERVER" || return
    mariadb_start "$SERVER" --port --server=--bind-address=$HOST || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE DATABASE d;
CREATE DATABASE e;
USE d;
CREATE TABLE d.cars (id INT NOT NULL PRIMARY KEY, name VARCHAR(40));
INSERT INTO d.cars VALUES (1, 'Saab'), (2, 'Volvo'), (3, 'Skoda');
CREATE TABLE d.secret (id INT);
CREATE VIEW d.slow AS SELECT id, IF(SLEEP(4), '', name) AS name FROM d.cars;
CREATE VIEW d.many AS SELECT seq AS id, REPEAT('x', 200) AS name FROM seq_1_to_3000000;
CREATE TABLE d.gone (id INT);
CREATE VIEW d.broken AS SELECT * FROM d.gone;
DROP TABLE d.gone;
SQL
    mariadb_account reader 'S3cret-Pass' 'SELECT ON d.cars' 'SELECT ON d.slow' 'SELECT ON d.many' \
        'SELECT ON d.broken'
    mariadb_account loader 'S3cret-Pass' 'ALL ON e.*'
}

teardown_file() { mariadb_kill; }

setup() {
    ferry_setup
    cd "$T"
    requires_driver mysql
    requires_driver sqlite
    requires sqlite3
    mariadb_is_installed || skip "MariaDB's server is not installed"
    (umask 077 && printf 'S3cret-Pass' >password && printf 'wrong' >wrong)
    sqlite3 copy.db "CREATE TABLE cars (id INTEGER NOT NULL PRIMARY KEY, name TEXT);
        INSERT INTO cars VALUES (1, 'old Saab')"
    reset
}

teardown() {
    [ -z "${HELPER:-}" ] || kill -9 "${HELPER[@]}" 2>/dev/null || true
    kill -CONT "$MARIADB_PID" 2>/dev/null || true
    [ "$MARIADB_FOLDER" = "$SERVER" ] || mariadb_kill # a test's own
}

reset() {
    rm -f to.db*
    sqlite3 to.db "CREATE TABLE cars (id INTEGER NOT NULL PRIMARY KEY, name TEXT);
        INSERT INTO cars VALUES (7, 'older')"
}

# job [CONNECTION [JOB]]: from the server, with these words in its connection and in the job.
job() {
    local read=${READ:-'view = "cars";'}
    write_config <<END
connections = {
  server = { driver = "mysql"; user = "reader"; database = "d"; retries = 0; read_timeout = "5s";
             connect_timeout = "3s"; $(default host "\"$HOST\"") $(default port "$MARIADB_PORT")
             $(default password_file '"password"') $(default ssl_mode '"preferred"') ${WORDS:-} };
  copy = { driver = "sqlite"; path = "copy.db"; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "cars"; source = "server"; target = "to"; target_table = "cars";
           fallback_source = "copy"; $read } );
END
}
default() { [[ " ${WORDS:-}" == *" $1 ="* ]] || echo "$1 = $2;"; }

falls_back() { # WHAT WORD...
    echo "falls back: $1"
    run --separate-stderr timeout -k 1 30 "$DBFERRY" run
    assert_status 3
    assert_output_has "warning: cars: source 'server' is not reached" "from fallback 'copy' instead" \
        "by the time of the last change there" "${@:2}"
    refute_output_has S3cret-Pass
    assert_equal "$(sqlite3 to.db 'SELECT name FROM cars')" 'old Saab'
    assert_equal "$(sqlite3 to.db 'SELECT source, fallback FROM _dbferry_sync')" 'copy|1'
    reset
}

stays() { # STATUS WHAT WORD...
    echo "stays: $2"
    run --separate-stderr timeout -k 1 30 "$DBFERRY" run
    assert_status "$1"
    refute_output_has fallback instead warning S3cret-Pass
    assert_output_has "the target is unchanged" "${@:3}"
    assert_equal "$(sqlite3 to.db 'SELECT name FROM cars')" 'older'
}

@test "a server that is there is read, and the record is its own" {
    job
    run --separate-stderr dbferry run
    assert_status 0
    assert_equal "$output$stderr" ""
    assert_equal "$(sqlite3 to.db 'SELECT count(*) FROM cars')" 3
    assert_equal "$(sqlite3 to.db 'SELECT source, fallback, data_from = started FROM _dbferry_sync')" \
        "server|0|1"
}

# ---- What falls back ----

@test "nobody listens, no such socket, no such host" {
    WORDS='port = 1;' job
    falls_back "refused port" "$HOST:1"
    WORDS='host = "localhost"; socket = "none.socket";' job
    falls_back "no socket" none.socket
    WORDS='host = "no-such-host.invalid"; connect_timeout = "20s"; ' job
    sed -i 's/connect_timeout = "3s"; //' "$DBFERRY_CONFIG"
    falls_back "no such host" no-such-host.invalid
}

@test "no answer in connect_timeout: a server that is stopped, and a full queue" {
    job
    kill -STOP "$MARIADB_PID"
    falls_back "stopped" "$HOST:$MARIADB_PORT"
    kill -CONT "$MARIADB_PID"
    requires python3
    python3 - >port 3>&- <<'PY' &
import socket, time
full = socket.socket()
full.bind(("127.0.0.2", 0))
full.listen(0)
waiting = []
for _ in range(8):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(full.getsockname())
    waiting.append(one)
time.sleep(0.2)
print(full.getsockname()[1], flush=True)
time.sleep(60)
PY
    HELPER=$!
    for _ in {1..100}; do [ ! -s port ] || break; sleep 0.05; done
    WORDS="port = $(cat port);" job
    falls_back "full queue"
}

@test "a server that is killed while the connection is made" {
    mariadb_start "$T/own" --port --server=--bind-address=$HOST
    job
    kill -STOP "$MARIADB_PID"
    "$DBFERRY" run >message 2>&1 3>&- &
    local run=$!
    sleep 1
    mariadb_kill
    status=0
    wait "$run" || status=$?
    output=$(cat message)
    assert_status 3
    assert_output_has "from fallback 'copy' instead"
}

@test "a server without a free connection (1040)" {
    mariadb_start "$T/own" --port --server=--bind-address=$HOST --server=--max-connections=10
    mariadb_account loader 'S3cret-Pass'
    mariadb_account reader 'S3cret-Pass'
    job
    HELPER=()
    for _ in {1..10}; do
        # Again, where the server's own client had the place for a moment.
        for _ in {1..100}; do
            mariadb --no-defaults -h $HOST -P "$MARIADB_PORT" -uloader -pS3cret-Pass --skip-ssl \
                -e 'SELECT SLEEP(60)' && break
            sleep 0.1
        done >/dev/null 2>&1 3>&- &
        HELPER+=($!)
    done
    for _ in {1..200}; do
        [ "$(sleepers)" -lt 10 ] || break
        sleep 0.05
    done
    falls_back 1040 "(error 1040)" max_connections
}

# The root of the server has one connection more than all others.
sleepers() {
    mariadb_query <<<"SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'loader'"
}

# play LIE [ARGUMENT]: a server that plays this, for one connection.
play() {
    rm -f port
    python3 "$FERRY_SOURCE/tests/servers/hostile.py" "$1" >port 2>/dev/null 3>&- &
    HELPER=$!
    for _ in {1..100}; do [ ! -s port ] || break; sleep 0.05; done
    WORDS="host = \"127.0.0.1\"; port = $(cat port); ${2:-}" job
}

@test "full, shutting down, blocking us, or gone before it was asked anything" {
    requires python3
    local lie count=0
    while read -r lie; do
        play "$lie"
        falls_back "$lie"
        count=$((count + 1))
    done < <(python3 "$FERRY_SOURCE/tests/servers/hostile.py" --list | grep '^away-')
    [ "$count" -ge 9 ]
}

@test "an error before TLS, which anybody could have sent, is an absence too" {
    requires python3
    play away-1040 'ssl_mode = "required";'
    falls_back "forged 1040" "unauthenticated error before TLS"
    play refused-1045-before-tls 'ssl_mode = "required";'
    falls_back "forged 1045" "unauthenticated error before TLS"
}

# ---- What does not ----

@test "refused: password, account, rights, database, host" {
    requires python3
    WORDS='password_file = "wrong";' job
    stays 77 "bad password" "(error 1045)"
    WORDS='user = "nobody_here";' job
    sed -i 's/user = "reader"; //' "$DBFERRY_CONFIG"
    stays 77 "unknown user" "(error 1045)"
    READ='table = "secret";' job
    stays 77 "no right" "(error 1142)"
    WORDS='database = "elsewhere";' job
    sed -i 's/database = "d"; //' "$DBFERRY_CONFIG"
    stays 77 "no such database that it may see" "(error 1044)"
    play refused-1130 'ssl_mode = "disabled";' # else anybody could have sent it: see above
    stays 77 1130 "(error 1130)"
    play refused-1045
    stays 77 1045 "(error 1045)"
}

@test "TLS that proves nothing: none, another authority, another host, expired" {
    requires openssl
    local ca="$SERVER/tls/ca.pem"
    WORDS="ssl_mode = \"verify-identity\"; ssl_ca = \"$ca\";" job
    stays 77 "a server without TLS"
    mariadb_start "$T/own" --port --server=--bind-address=$HOST
    mariadb_account reader 'S3cret-Pass' # else its host is refused, before TLS
    local own=$MARIADB_FOLDER
    mkdir tls && cp -r "$SERVER/tls/." tls/ && mv tls "$own/tls"
    local name
    for name in other-server wrong-host expired; do
        mariadb_stop
        mariadb_start "$own" --port --server=--bind-address=$HOST --tls $name
        WORDS="ssl_mode = \"verify-identity\"; ssl_ca = \"$ca\";" job
        stays 77 "$name"
    done
    mariadb_stop
    WORDS='ssl_mode = "verify-identity"; ssl_ca = "no-such.pem";' job
    run --separate-stderr dbferry run
    refute_output_has instead
    between 77 "$status" 78
}

@test "what is not there, and what is wrong: view, broken view, query" {
    READ='view = "none";' job
    run --separate-stderr dbferry run # 1142 where the account has no right on the name
    refute_output_has instead
    between 66 "$status" 77
    READ='view = "broken";' job
    stays 66 "broken view" "(error 1356)"
    READ='query = "SELEKT 1";' job
    stays 78 "no SQL" "(error 1064)"
    READ='query = "SELECT nothing FROM cars";' job
    stays 78 "no such column" "(error 1054)"
}

@test "a first row that is slow, by either limit" {
    READ='view = "slow";' WORDS='read_timeout = "1s";' job
    sed -i 's/read_timeout = "5s";//' "$DBFERRY_CONFIG"
    stays 76 "read_timeout"
    READ='view = "slow";' WORDS='stall_timeout = "1s";' job
    stays 76 "stall_timeout" stall_timeout
    READ='view = "slow";' WORDS='run_timeout = "1s";' job
    stays 76 "run_timeout" run_timeout
}

@test "a loss in mid-stream: the connection is killed, or closed before its first row" {
    requires python3
    READ='view = "many";' job
    "$DBFERRY" run >message 2>&1 3>&- &
    local run=$! reading=
    for _ in {1..200}; do
        reading=$(mariadb_query <<<"SELECT id FROM information_schema.processlist
            WHERE user = 'reader' AND command = 'Execute' AND info LIKE '%many%'")
        [ -z "$reading" ] || break
        sleep 0.02
    done
    sleep 0.1
    mariadb_query <<<"KILL CONNECTION $reading"
    status=0
    wait "$run" || status=$?
    output=$(cat message)
    assert_status 76
    refute_output_has instead
    assert_equal "$(sqlite3 to.db 'SELECT name FROM cars')" 'older'
    # The table holds what is described there, as it would be refused else.
    sqlite3 to.db "DROP TABLE cars; CREATE TABLE cars (c0 INTEGER, c1 TEXT, name TEXT DEFAULT 'newer');
        INSERT INTO cars (name) VALUES ('older')"
    play lost-after-describe
    stays 76 "lost after describe"
}

@test "a guard that refuses, a target that fails" {
    READ='view = "cars"; min_rows = 9;' job
    stays 65 "guard" min_rows
    job
    rm to.db && mkdir to.db
    run --separate-stderr dbferry run
    assert_status 73
    refute_output_has instead
}

# ---- A server as the target, and as the fallback ----

@test "the record in a server's _dbferry_sync, also in one of an older release" {
    write_config <<END
connections = {
  server = { driver = "mysql"; host = "$HOST"; port = 1; retries = 0; };
  e = { driver = "mysql"; host = "$HOST"; port = $MARIADB_PORT; user = "loader"; database = "e";
        password_file = "password"; ssl_mode = "preferred"; };
  copy = { driver = "sqlite"; path = "copy.db"; };
  to = { driver = "sqlite"; path = "to.db"; };
};
jobs = ( { name = "up"; source = "server"; view = "cars"; target = "e"; fallback_source = "copy"; },
         { name = "plain"; source = "copy"; table = "cars"; target = "e"; target_table = "plain"; },
         { name = "down"; source = "server"; view = "cars"; target = "to"; fallback_source = "e"; },
         { name = "view"; source = "server"; view = "cars"; target = "to"; fallback_source = "e";
           fallback_query = "SELECT * FROM cars"; } );
END
    mariadb_query e <<'SQL'
CREATE TABLE _dbferry_sync (target_table VARCHAR(64) NOT NULL PRIMARY KEY, job TEXT,
  run_id VARCHAR(64), source TEXT, fallback TINYINT, started VARCHAR(32), finished VARCHAR(32),
  `rows` BIGINT UNSIGNED, digest VARCHAR(128), schema_hash VARCHAR(64)) ENGINE=InnoDB;
INSERT INTO _dbferry_sync (target_table, job) VALUES ('kept', 'old');
SQL
    touch -d '3 hours ago' copy.db
    run dbferry run up
    assert_status 3
    assert_output_has "3 h 00 min old"
    assert_equal "$(mariadb_query e <<<"SELECT source, fallback, data_from < started,
        TIMESTAMPDIFF(MINUTE, STR_TO_DATE(data_from, '%Y-%m-%dT%H:%i:%s.%fZ'), UTC_TIMESTAMP(6))
        FROM _dbferry_sync WHERE target_table = 'cars'")" $'copy\t1\t1\t180'
    assert_equal "$(mariadb_query e <<<"SELECT job, data_from FROM _dbferry_sync WHERE target_table = 'kept'")" \
        $'old\tNULL'
    run dbferry run plain
    assert_status 0
    assert_equal "$(mariadb_query e <<<"SELECT fallback, data_from = started FROM _dbferry_sync
        WHERE target_table = 'plain'")" $'0\t1'
    # And back again, by the server's record.
    run dbferry run down
    assert_status 3
    assert_output_has "from fallback 'e' instead: its data are 3 h 00 min old" "by the record of the run"
    assert_equal "$(sqlite3 to.db "SELECT fallback, data_from FROM _dbferry_sync")" \
        "1|$(mariadb_query e <<<"SELECT data_from FROM _dbferry_sync WHERE target_table = 'cars'")"
    run dbferry run view # nothing is known of a query's age
    assert_status 69
    assert_output_has "its data are of unknown age"
    mariadb_query e <<<"DROP TABLE _dbferry_sync"
    run dbferry run down
    assert_status 69
    assert_output_has "its data are of unknown age"
}

@test "a server's table, view or query in the very database of the target: nothing is written" {
    mariadb_query e <<<"CREATE OR REPLACE TABLE cars (id INT); INSERT INTO cars VALUES (5);
        CREATE OR REPLACE VIEW v AS SELECT * FROM cars"
    local read
    for read in '' 'fallback_view = "v";' 'fallback_query = "SELECT * FROM v";' 'target_table = "CARS";'; do
        write_config <<END
connections = {
  server = { driver = "mysql"; host = "$HOST"; port = 1; retries = 0; };
  e = { driver = "mysql"; host = "$HOST"; port = $MARIADB_PORT; user = "loader"; database = "e";
        password_file = "password"; ssl_mode = "preferred"; };
};
jobs = ( { name = "cars"; source = "server"; view = "cars"; target = "e"; fallback_source = "e";
           max_fallback_age = "0s"; $read } );
END
        [[ $read != target* ]] || sed -i 's/fallback_source = "e";/& fallback_table = "cars";/' "$DBFERRY_CONFIG"
        run --separate-stderr dbferry run
        assert_status 69
        assert_output_has "it reads from the very table" "the local copy is kept"
        assert_equal "$(mariadb_query e <<<"SELECT id FROM cars")" 5
    done
}
