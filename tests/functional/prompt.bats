#!/usr/bin/env bats
# A password that a person types: asked for on a terminal where no other way is set, and only there.

load helper
load ../servers/mariadb

setup() {
    ferry_setup
    requires script
    requires_driver mysql
    requires_driver sqlite
    mariadb_is_installed || skip "MariaDB's server is not installed"
    cd "$T"
    mariadb_start "$T/server"
    mariadb_query <<<'CREATE DATABASE d; CREATE TABLE d.t (id INT); INSERT INTO d.t VALUES (1), (2);'
    mariadb_account reader typed 'SELECT ON d.*'
}

teardown() { mariadb_stop; }

# on_terminal USER KEYS: copies with a terminal on which somebody types at the question.
on_terminal() {
    local command="${before:-}'$DBFERRY' copy mysql://$1@localhost/d sqlite:copy.db --table t"
    command+=" -o source.socket='$MARIADB_SOCKET'"
    command+=${after:-}
    rm -f copy.db*
    # The question throws away what was typed before it, so the answer waits for it.
    : >screen
    {
        for _ in {1..100}; do
            grep -q 'password for source: ' screen && break
            sleep 0.05
        done
        printf '%s' "$2"
        sleep "${patience:-0.5}"
    } | script -qefc "$command" screen >/dev/null
}

@test "a password is asked for on a terminal, not shown, and used" {
    on_terminal reader $'typed\r'
    grep -q 'password for source: ' screen
    run grep typed screen
    assert_equal "$output" ""
    assert_equal "$(rows copy.db t)" 2
}

# Whoever answers at once, as a script does: each change to the terminal is made to take a while.
@test "an answer that comes with the last letter of the question is not thrown away" {
    requires strace
    strace -qq -o /dev/null -e trace=none true 2>/dev/null || skip "no process may be traced here"
    before='ASAN_OPTIONS=detect_leaks=0 strace -qq -f -o /dev/null -e trace=ioctl -e inject=ioctl:delay_enter=300000 ' \
        patience=5 on_terminal reader $'typed\r'
    assert_equal "$(rows copy.db t)" 2
}

@test "a wrong password is refused, 77" {
    local code=0
    on_terminal reader $'wrong\r' || code=$?
    assert_equal "$code" 77
}

@test "a line that is longer than a terminal can hand over is refused, 78" {
    local code=0
    on_terminal reader "$(printf 'x%.0s' {1..5000})"$'\r' || code=$?
    assert_equal "$code" 78
    grep -q "longer than a terminal's line can be" screen
    refute grep -q xxx screen
}

@test "an empty answer is no password: an account without one can log in" {
    on_terminal "$(id -un)" $'\r'
    assert_equal "$(rows copy.db t)" 2
}

@test "Ctrl-C at the question ends the run at once and leaves the terminal as it was" {
    # The shell between would end by the signal too, were it not for the trap.
    before='trap : INT; start=$(date +%s); ' patience=3 \
        after='; echo "took $(($(date +%s) - start)) s"; stty -a | grep -ow -e "-*echo"' \
        on_terminal reader $'\003' || true
    grep -q '^took [012] s' screen
    grep -q '^echo' screen
    [ ! -e copy.db ]
}

@test "nobody is asked where there is no terminal" {
    run dbferry copy "mysql://$(id -un)@localhost/d" sqlite:copy.db --table t \
        -o source.socket="$MARIADB_SOCKET"
    assert_status 0
    assert_equal "$output" ""
    assert_equal "$(rows copy.db t)" 2
}

@test "nobody is asked by jobs that run at one time" {
    write_config <<END
connections = {
  server = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "reader"; database = "d"; };
  own = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "$(id -un)"; database = "d"; };
  one = { driver = "sqlite"; path = "one.db"; };
  two = { driver = "sqlite"; path = "two.db"; };
};
jobs = ( { name = "one"; source = "server"; table = "t"; target = "one"; }, { name = "two"; source = "own"; table = "t"; target = "two"; } );
END
    local code=0
    script -qefc "timeout 60 '$DBFERRY' run --jobs 2" screen </dev/null >/dev/null || code=$?
    assert_equal "$code" 77
    refute grep -q 'password for' screen
    assert_equal "$(rows two.db t)" 2
}
