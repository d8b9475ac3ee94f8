#!/usr/bin/env bats
# init on a terminal: what it asks, what it tries, what it writes, and what it leaves where it is ended.

load helper
load ../servers/mariadb

setup() {
    ferry_setup
    requires python3
    requires_driver sqlite
    cd "$T"
    sqlite3 shop.db 'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT);
        INSERT INTO item (name) VALUES ("cup"), ("jug"); CREATE VIEW v_item AS SELECT name FROM item;'
}

teardown() { [ -z "${MARIADB_PID:-}" ] || mariadb_stop; }

# answers [OPTION...] <SCRIPT: init is asked for the folder "conf", and somebody answers; each line is
# "QUESTION|KEYS", and Enter is added.
answers() {
    sed 's/$/\\r/' | python3 "$FERRY_SOURCE/tests/functional/terminal.py" screen "$DBFERRY" init "$@" conf
}

# Escapes of the terminal and its line ends taken off.
screen() { tr -d '\r' <screen; }

@test "from one SQLite file to another: the answers are tried and written, and run" {
    answers <<'END'
driver:|sqlite
path:|shop.db
by number or name:|2
driver [|sqlite
path [conf/v_item.db]:|
table to write [v_item]:|goods
name of the job [goods]:|
END
    [ "$(stat -c %a conf/dbferry.conf)" = 600 ]
    screen | grep -q '^ *2  v_item  (view)$'
    screen | grep -q '^ok    source .source.: sqlite:'
    screen | grep -q '^do it: dbferry run --config conf/dbferry.conf$'
    run dbferry check --config conf/dbferry.conf
    assert_status 0
    run dbferry run --config conf/dbferry.conf goods
    assert_status 0
    assert_equal "$(sqlite3 conf/v_item.db 'SELECT group_concat(name) FROM goods')" cup,jug
    [ ! -e conf/source.password ]
}

@test "what cannot be is told and asked again, and what is there stays there" {
    sqlite3 shop.db 'CREATE TABLE "it""s \ ${HOME} $(touch owned)" (a); CREATE TABLE "${HOME}" (a)'
    answers <<'END'
driver:|nosuch
Type a number or a name|sqlite
path:|
It is needed|none.db
goes on all the same:|
driver [|sqlite
none.db]:|shop.db
by number or name:|1
variable of the environment there|3
driver [|sqlite
path [conf/item.db]:|
table to write|
name of the job|plain
END
}

@test "names with quotes and what a shell would run go into the file as they are" {
    local name='it"s \ ${HOME} $(touch owned)'
    sqlite3 shop.db 'CREATE TABLE "it""s \ ${HOME} $(touch owned)" (a); INSERT INTO "it""s \ ${HOME} $(touch owned)" VALUES (7)'
    answers <<'END'
driver:|sqlite
path:|shop.db
by number or name:|1
driver [|sqlite
path [conf/copy.db]:|
table to write|
name of the job|
END
    run dbferry run --config conf/dbferry.conf "$name"
    assert_status 0
    assert_equal "$(sqlite3 conf/copy.db 'SELECT a FROM "it""s \ ${HOME} $(touch owned)"')" 7
    [ ! -e owned ]
}

@test "of a long list the first are shown, and any is taken by its name or number" {
    for i in {01..50}; do echo "CREATE TABLE many_$i (a);"; done | sqlite3 shop.db
    local code=0
    answers <<'END' || code=$?
driver:|sqlite
path:|shop.db
and 12 more, by their names|52
driver [|sqlite
path [conf/v_item.db]:|\x03
END
    assert_equal "$code" 130
    screen | grep -q '^  40  many_39$'
    refute grep -q many_40 screen
}

@test "what the check refuses can be corrected, or kept" {
    answers <<'END'
driver:|sqlite
path:|shop.db
by number or name:|nosuch
driver [|sqlite
path [conf/nosuch.db]:|
table to write|
name of the job|
"keep" keeps|
driver [|sqlite
shop.db]:|
by number or name:|item
driver [|sqlite
nosuch.db]:|
table to write [nosuch]:|item
name of the job [nosuch]:|item
END
    run dbferry run --config conf/dbferry.conf
    assert_status 0
    assert_equal "$(rows conf/nosuch.db item)" 2
    rm -r conf
    answers <<'END'
driver:|sqlite
path:|shop.db
by number or name:|nosuch
driver [|sqlite
path [conf/nosuch.db]:|
table to write|
name of the job|
"keep" keeps|keep
END
    grep -q 'view = "nosuch"' conf/dbferry.conf
}

@test "Ctrl-C and the end of the input leave nothing behind, wherever they come" {
    local script=('driver:|sqlite' 'path:|shop.db' 'by number or name:|nosuch' 'driver [|sqlite' 'path [a/b/conf/nosuch.db]:|'
        'table to write|' 'name of the job|' '"keep" keeps|') i code
    for ((i = 0; i < ${#script[@]}; i++)); do
        for key in '\x03 130' '\x04 64'; do
            code=0
            { [ "$i" -eq 0 ] || printf '%s\\r\n' "${script[@]:0:i}"; printf '%s|%s\n' "${script[i]%|*}" "${key% *}"; } |
                python3 "$FERRY_SOURCE/tests/functional/terminal.py" screen "$DBFERRY" init a/b/conf || code=$?
            assert_equal "$code" "${key#* }"
            [ ! -e a ]
        done
    done
}

@test "a configuration that is there stays, and nobody is asked" {
    mkdir conf
    echo mine >conf/dbferry.conf
    local code=0
    answers </dev/null || code=$?
    assert_equal "$code" 73
    refute grep -q driver screen
    assert_equal "$(cat conf/dbferry.conf)" mine
}

@test "on a pipe, or with --quiet, nobody is asked" {
    dbferry init piped </dev/null
    answers --quiet </dev/null
    cmp piped/dbferry.conf conf/dbferry.conf
    grep -q db.example.net conf/dbferry.conf
}

@test "from MariaDB: the password is asked for, tried, and kept in a file of its own" {
    requires_driver mysql
    mariadb_is_installed || skip "MariaDB's server is not installed"
    mariadb_start "$T/server"
    mariadb_query <<<'CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1), (2);
        CREATE VIEW d.v AS SELECT id FROM d.t;'
    mariadb_account reader 'ty"p ed' 'SELECT ON d.*'
    mkdir conf
    echo other >conf/source.password
    answers <<END
driver:|mysql
host [localhost]:|
port [3306]:|
user:|reader
database:|d
password for source:|wrong
goes on all the same:|nosuch=1
goes on all the same:|socket=$MARIADB_SOCKET
goes on all the same:|
driver [mysql]:|
host [localhost]:|
port [3306]:|
user [reader]:|
database [d]:|
password for source:|ty"p ed
by number or name:|v
driver [|sqlite
path [conf/v.db]:|
table to write [v]:|
name of the job [v]:|
END
    assert_equal "$(cat conf/source-2.password)" 'ty"p ed'
    assert_equal "$(stat -c %a conf/source-2.password)" 600
    assert_equal "$(cat conf/source.password)" other
    refute grep -q 'p.ed' conf/dbferry.conf screen
    run dbferry run --config conf/dbferry.conf
    assert_status 0
    assert_equal "$(rows conf/v.db v)" 2
}
