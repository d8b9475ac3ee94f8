# A name, a server or a login that takes too long: connect_timeout bounds all of it together, and a
# signal ends it at once.

load helper

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    requires python3
    cd "$T"
}

teardown() { [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true; }

# slow_server STEP HOW: a server of tests/servers/slow.py; its port is in PORT.
slow_server() {
    [ -z "${SERVER:-}" ] || kill "$SERVER" 2>/dev/null || true
    : >port
    python3 "$FERRY_SOURCE/tests/servers/slow.py" "$@" >port 3>&- &
    SERVER=$!
    for _ in $(seq 200); do
        [ ! -s port ] || break
        sleep 0.05
    done
    PORT=$(head -1 port)
}

# copy_from HOST:PORT OPTION...: within half a minute; `took` is in milliseconds.
copy_from() {
    local started=${EPOCHREALTIME/./} option options=()
    for option in "${@:2}"; do options+=(-o "source.$option"); done
    run timeout -k 1 30 "$DBFERRY" copy "mysql://me@$1/d" sqlite:to.db --table t "${options[@]}"
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
}

# black_hole COMMAND...: where the only name server takes questions and answers none.
black_hole() {
    echo "nameserver 127.0.0.53" >resolv.conf
    echo "hosts: dns" >nsswitch.conf
    cat >hole.py <<'END'
import os, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hole:
    hole.bind(("127.0.0.53", 53))
    child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
END
    unshare -rmn sh -c 'ip link set lo up && mount --bind resolv.conf /etc/resolv.conf &&
        mount --bind nsswitch.conf /etc/nsswitch.conf && exec python3 hole.py "$@"' sh "$@"
}

requires_black_hole() {
    requires unshare
    requires ip
    unshare -rmn true 2>/dev/null || skip "no namespaces for this user"
    [ -e /etc/resolv.conf ] && [ -e /etc/nsswitch.conf ] || skip "no resolver to replace"
}

@test "a name that does not exist is told at once" {
    copy_from no-such-host.invalid retries=0
    assert_status 69
    assert_output_has "cannot resolve 'no-such-host.invalid'"
    [ ! -e to.db ]
}

@test "a name server that is silent: no longer than connect_timeout, for each attempt" {
    requires_black_hole
    local started=${EPOCHREALTIME/./}
    run black_hole timeout -k 1 30 "$DBFERRY" copy mysql://me@db.example.net/d sqlite:to.db \
        --table t -o source.connect_timeout=1s -o source.retries=1 -o source.retry_wait=100ms
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
    assert_status 69
    assert_output_has "after 2 attempts in" "cannot resolve 'db.example.net' within 1 s"
    refute_output_has Sanitizer
    between 2500 "$took" 7000
    # the same for a target
    sqlite3 from.db "CREATE TABLE t (id INT)"
    run black_hole timeout -k 1 30 "$DBFERRY" copy sqlite:from.db mysql://me@db.example.net/d \
        --table t -o target.connect_timeout=1s -o target.retries=1 -o target.retry_wait=100ms
    assert_status 73
    assert_output_has "after 2 attempts in" "cannot resolve 'db.example.net' within 1 s"
}

@test "a signal does not wait for a name server" {
    requires_black_hole
    local started=${EPOCHREALTIME/./}
    # the time limit's own status is 124 if the program ended by its signal
    run black_hole timeout -k 20 2 "$DBFERRY" copy mysql://me@db.example.net/d sqlite:to.db \
        --table t -o source.connect_timeout=30s
    took=$(((${EPOCHREALTIME/./} - started) / 1000))
    assert_status 124
    assert_output_has "stopped by signal 15"
    between 1900 "$took" 5500
}

@test "a server that stalls, or sends a byte a second, is given up after connect_timeout" {
    local step how mode
    for step in greeting tls login setup; do
        for how in stall trickle; do
            mode=preferred
            [ $step != tls ] || mode=required
            slow_server $step $how
            copy_from "127.0.0.1:$PORT" retries=0 connect_timeout=1s read_timeout=20s \
                ssl_mode=$mode
            echo "$step $how: $status after $took ms"
            assert_status 69
            refute_output_has Sanitizer
            between 900 "$took" 4000
            [ ! -e to.db ]
        done
    done
}

@test "a signal ends a login at whatever step it hangs, and a run's time limit does" {
    local step program started
    for step in greeting tls login setup; do
        slow_server $step stall
        copy_from "127.0.0.1:$PORT" retries=0 connect_timeout=20s run_timeout=700ms \
            ssl_mode="$([ $step = tls ] && echo required || echo preferred)"
        assert_status 76
        assert_output_has "took longer than" run_timeout
        between 600 "$took" 3500
        "$DBFERRY" copy "mysql://me@127.0.0.1:$PORT/d" sqlite:to.db --table t \
            -o source.connect_timeout=20s >message 2>&1 &
        program=$!
        for _ in $(seq 100); do
            [ "$(grep -c connection port)" -lt 2 ] || break
            sleep 0.05
        done
        started=${EPOCHREALTIME/./}
        kill -TERM $program
        status=0
        wait $program || status=$?
        took=$(((${EPOCHREALTIME/./} - started) / 1000))
        output=$(cat message)
        assert_status 143
        assert_output_has "stopped by signal 15"
        between 0 "$took" 1500
    done
}

@test "each attempt is one connection" {
    slow_server greeting stall
    copy_from "127.0.0.1:$PORT" retries=2 retry_wait=50ms connect_timeout=1s
    assert_status 69
    assert_output_has "after 3 attempts"
    assert_equal "$(grep -c connection port)" 3
}
