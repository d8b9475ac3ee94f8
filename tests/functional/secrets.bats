#!/usr/bin/env bats
# Passwords: each way to give one, what is refused, and that it is never seen anywhere.

load helper
load ../servers/mariadb

password='s3cret;wo"rd\x=1'
target_password='t4rget of "all" th\ings;'

setup_file() {
    mariadb_is_installed || return 0
    "$DBFERRY" drivers mysql >/dev/null 2>&1 || return 0
    mariadb_start "$BATS_FILE_TMPDIR/server" --port || return
    export MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID MARIADB_SOCKET_FOLDER
    mariadb_query <<'SQL'
CREATE DATABASE d;
CREATE TABLE d.t (id INT PRIMARY KEY, name VARCHAR(20));
INSERT INTO d.t VALUES (1, 'a'), (2, 'b'), (3, 'c');
CREATE DATABASE e;
SQL
    mariadb_account reader "${password//\\/\\\\}" "SELECT ON d.*"
    mariadb_account writer "${target_password//\\/\\\\}" "ALL ON e.*"
    start_hanging_command
}

# A command that prints no password and never ends; it takes long, so its test looks at it last.
start_hanging_command() {
    local T=$BATS_FILE_TMPDIR/hang
    mkdir "$T"
    (umask 077; cat >"$T/dbferry.conf") <<END
connections = { server = { driver = "mysql"; user = "reader"; password_command = "sleep 777.$$ & sleep 777.$$"; };
                local = { driver = "sqlite"; path = "t.db"; }; };
jobs = ( { name = "j"; source = "server"; table = "t"; target = "local"; } );
END
    (
        start=$(date +%s)
        code=0
        timeout 60 "$DBFERRY" run --config "$T/dbferry.conf" >"$T/output" 2>&1 || code=$?
        echo "$code $(($(date +%s) - start))" >"$T/result"
    ) 3>&- &
    echo "sleep 777.$$" >"$T/command"
}

teardown_file() {
    [ -z "${MARIADB_PID:-}" ] || mariadb_stop
}

setup() {
    ferry_setup
    requires_driver mysql
    requires_driver sqlite
    mariadb_is_installed || skip "MariaDB's server is not installed"
    cd "$T"
    umask 077
}

# server_config KEYS [GENERAL [WHAT]]: the server as a source with these keys for its password.
server_config() {
    write_config <<END
general = { ${2:-} };
connections = {
  server = { driver = "mysql"; retries = 0; host = "127.0.0.1"; port = $MARIADB_PORT; user = "reader";
             database = "d"; $1 };
  local = { driver = "sqlite"; path = "t.db"; };
};
jobs = ( { name = "j"; source = "server"; target_table = "t"; target = "local";
           ${3:-table = \"t\"}; } );
END
}

# works: the run logs in and reads the three rows; the password is in nothing that it wrote.
works() {
    run --separate-stderr dbferry run -vv
    assert_status 0
    assert_equal "$(rows t.db t)" 3
    unseen
    rm -f t.db*
}

# refused CODE WORD...
refused() {
    local code=$1
    shift
    run --separate-stderr dbferry run -vv
    assert_status "$code"
    assert_output_has "$@"
    unseen
    [ ! -e t.db ]
}

# unseen [FILE...]: neither password nor its first word stands in the output or these files.
unseen() {
    refute_output_has s3cret t4rget
    refute grep -raF -e s3cret -e t4rget "$@" t.db* log 2>/dev/null
}

# quoted TEXT: as a string of the configuration
quoted() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

# both_config SOURCE-KEYS TARGET-KEYS [WHAT]: the server as source and as target
both_config() {
    write_config <<END
general = { log_file = "log"; log_level = "debug"; ${general:-} };
connections = {
  source = { driver = "mysql"; host = "127.0.0.1"; port = $MARIADB_PORT; user = "reader";
             database = "d"; $1 };
  target = { driver = "mysql"; socket = "$MARIADB_SOCKET"; user = "writer"; database = "e"; $2 };
  ${connections:-}
};
jobs = ( { name = "j"; source = "source"; target_table = "t"; target = "target";
           ${3:-table = \"t\"}; } );
END
}

# both_ways COMMAND: runs it for each way of giving both passwords; $way is the word for it, and
# $source and $target are the keys.
both_ways() {
    local way source target
    printf '%s\n' "$password" >source.pw
    printf '%s\n' "$target_password" >target.pw
    mkdir -p cred
    cp source.pw cred/source.password
    cp target.pw cred/target.password
    for way in file command credential configuration environment expansion; do
        source='' target=''
        unset CREDENTIALS_DIRECTORY FERRY_SOURCE_PW FERRY_TARGET_PW
        case $way in
        file) source='password_file = "source.pw";' target='password_file = "target.pw";' ;;
        command) source="password_command = \"cat '$T/source.pw'\";"
            target="password_command = \"cat '$T/target.pw'\";" ;;
        credential) export CREDENTIALS_DIRECTORY=$T/cred ;;
        configuration) source="password = $(quoted "$password");"
            target="password = $(quoted "$target_password");" ;;
        environment) export FERRY_SOURCE_PW=$password FERRY_TARGET_PW=$target_password
            source='password_env = "FERRY_SOURCE_PW";' target='password_env = "FERRY_TARGET_PW";' ;;
        expansion) export FERRY_SOURCE_PW=$password FERRY_TARGET_PW=$target_password
            source='password = "${FERRY_SOURCE_PW}";' target='password = "${FERRY_TARGET_PW}";' ;;
        esac
        "$@"
    done
}

# ---- In the configuration ----

@test "password in a configuration that only its owner reads" {
    server_config "password = \"${password//[\\\"]/x}\";"
    refused 77 reader
    quoted=${password//\\/\\\\}
    server_config "password = \"${quoted//\"/\\\"}\";"
    works
    chmod 400 dbferry.conf
    works
}

@test "password in a configuration that others read is refused, 78; all else in it is not" {
    server_config 'password = "s3cret";'
    for mode in 640 604 644; do
        chmod $mode dbferry.conf
        refused 78 "password stands in a file that others may read" "chmod 600" password_file
    done
    printf '%s' "$password" >pw
    server_config 'password_file = "pw";'
    chmod 644 dbferry.conf
    works
}

@test "password from the environment by \${NAME}, in a private configuration" {
    export PW=$password
    server_config 'password = "${PW}";'
    works
}

# ---- password_file ----

@test "password_file: one line end is taken off, all else is the password" {
    server_config 'password_file = "pw";'
    printf '%s' "$password" >pw
    works
    printf '%s\n' "$password" >pw
    works
    printf '%s\r\n' "$password" >pw
    works
    printf '%s\n\n' "$password" >pw
    refused 77 "reader"
    printf ' %s' "$password" >pw
    refused 77 "reader"
}

@test "password_file is found beside the configuration, not beside the user" {
    mkdir conf
    server_config 'password_file = "pw";'
    mv dbferry.conf conf
    echo "$password" >conf/pw
    DBFERRY_CONFIG=conf/dbferry.conf run dbferry run
    assert_status 0
    assert_equal "$(rows conf/t.db t)" 3
}

@test "password_file that others may read or write is refused with its mode" {
    server_config 'password_file = "pw";'
    echo "$password" >pw
    for mode in 640 604 620 602 610; do
        chmod $mode pw
        refused 78 "connection 'server'" "password file $T/pw is open to others (mode 0$mode)" "chmod 600"
    done
    chmod 400 pw
    works
}

@test "password_file of another user is refused" {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    server_config 'password_file = "pw";'
    echo "$password" >pw
    chown 65534 pw
    refused 78 "belongs to another user (uid 65534)"
}

@test "password_file that is no plain file is refused, and nothing hangs" {
    mkdir folder
    mkfifo fifo
    for file in folder fifo /dev/null; do
        server_config "password_file = \"$file\";"
        run timeout 5 "$DBFERRY" run
        assert_status 78
        assert_output_has "is not a plain file"
    done
    server_config 'password_file = "gone";'
    refused 78 "cannot open the password file $T/gone: No such file or directory"
}

@test "password_file that is empty, too large or holds a NUL is refused" {
    server_config 'password_file = "pw";'
    : >pw
    refused 78 "$T/pw is empty"
    echo >pw
    refused 78 "$T/pw is empty"
    printf 's3cret\0word' >pw
    refused 78 "$T/pw holds a NUL byte"
    head -c 65537 /dev/zero | tr '\0' x >pw
    refused 78 "$T/pw holds more than 65536 bytes"
    truncate -s 1T pw
    refused 78 "$T/pw holds more than"
}

# ---- password_env, password_command, credentials ----

@test "password_env: taken, not set, empty" {
    server_config 'password_env = "FERRY_PW";'
    FERRY_PW=$password works
    refused 78 "the environment variable FERRY_PW, named by password_env, is not set"
    FERRY_PW= refused 78 "is empty"
}

@test "password_command: what it prints is the password, with one line end taken off" {
    echo "$password" >pw
    server_config "password_command = \"cat '$T/pw'\";"
    works
    server_config "password_command = \"printf %s \\\"\$(cat '$T/pw')\\\"\";"
    works
}

@test "password_command: its own words of complaint reach the user, and its failure is told" {
    server_config 'password_command = "echo the vault is sealed >&2; exit 7";'
    refused 78 "the vault is sealed" "is empty"
    server_config 'password_command = "echo s3cret; exit 7";'
    refused 78 "password_command failed (exit code 7)" "run it by hand"
    server_config 'password_command = "echo s3cret; kill -9 $$";'
    refused 78 "password_command failed (signal 9)"
    server_config 'password_command = "no-such-command-here";'
    refused 78 "no-such-command-here"
    server_config 'password_command = "yes s3cret";'
    refused 78 "holds more than 65536 bytes"
    server_config 'password_command = "true";'
    refused 78 "the output of password_command is empty"
}

@test "password_command gets no input that it could swallow" {
    server_config 'password_command = "cat; echo x";'
    run --separate-stderr dbferry run <<<"$password"
    assert_status 77
}

@test "\$CREDENTIALS_DIRECTORY/CONNECTION.password, as systemd gives it" {
    mkdir cred
    echo "$password" >cred/server.password
    export CREDENTIALS_DIRECTORY=$T/cred
    server_config ''
    works
    chmod 440 cred/server.password # systemd's access list looks like this
    works
    chmod 444 cred/server.password
    refused 78 "open to others"
    chmod 400 cred/server.password # and so it is where there are none
    chmod 500 cred
    works
    chmod 700 cred
    rm cred/server.password
    ln -s server.password cred/server.password # what cannot be reached is no reason to go without one
    refused 78 "cannot open the password file $T/cred/server.password"
    rm cred/server.password
    refused 77 "reader"
}

@test "without any password the login is tried without one, and the answer is told" {
    server_config ''
    run dbferry run </dev/null
    assert_status 77
    assert_output_has reader 127.0.0.1
}

# ---- Never on the command line ----

@test "a password in a URL is refused, 64, and not repeated" {
    for url in mysql://reader:s3cret@127.0.0.1:$MARIADB_PORT/d mysql://:s3cret@127.0.0.1/d \
        mysql://reader:s3c%72et@127.0.0.1/d; do
        run dbferry copy "$url" sqlite:t.db --table t
        assert_status 64
        assert_output_has "password must not stand in a URL" password_file
        refute_output_has s3cret 's3c%72et'
    done
    run dbferry copy sqlite:t.db mysql://reader:s3cret@127.0.0.1/d --table t
    assert_status 64
    refute_output_has s3cret
    [ ! -e t.db ]
}

@test "a password in what is no URL and no option is not repeated either" {
    server_config ""
    for word in MySQL://u:s3cret@h/d mysql//u:s3cret@h; do
        run --separate-stderr dbferry copy "$word" sqlite:t.db --table t
        assert_status 64
        unseen
        run --separate-stderr dbferry run --source "$word"
        assert_status 64
        unseen
    done
    run --separate-stderr dbferry copy --password=s3cret sqlite:a.db sqlite:t.db --table t
    assert_status 64
    assert_output_has "copy has no option --password;"
    unseen
}

@test "-o source.password is refused, 64, and not repeated" {
    run dbferry copy mysql://reader@127.0.0.1:$MARIADB_PORT/d sqlite:t.db --table t \
        -o source.password=s3cret
    assert_status 64
    assert_output_has "password must not stand on the command line" password_file password_env
    refute_output_has s3cret
    run dbferry copy mysql://reader@127.0.0.1/d sqlite:t.db --table t -o password=s3cret
    assert_status 64
    refute_output_has s3cret
    run dbferry copy mysql://reader@127.0.0.1/d sqlite:t.db --table t -o source.pasword=s3cret
    assert_status 64
    assert_output_has "did you mean 'password'?"
    refute_output_has s3cret
    [ ! -e t.db ]
}

@test "copy takes the password from a file, the environment, or a person at a terminal" {
    url=mysql://reader@127.0.0.1:$MARIADB_PORT/d
    echo "$password" >pw
    run dbferry copy "$url" sqlite:t.db --table t -o source.password_file=pw
    assert_status 0
    FERRY_PW=$password run dbferry copy "$url" sqlite:t.db --table t -o source.password_env=FERRY_PW
    assert_status 0
    rm t.db*
    requires script
    : >screen
    {
        until_there grep -q "password for source" screen
        echo "$password"
        until_there test -e ended
    } | script -qefc "'$DBFERRY' copy '$url' sqlite:t.db --table t; touch ended" screen >/dev/null
    assert_equal "$(rows t.db t)" 3
    grep -q "password for source" screen
    refute grep -q s3cret screen
}

# ---- Never seen ----

@test "a wrong password is refused, 77, and stands in no message, log or file" {
    echo s3cret-but-wrong >pw
    server_config 'password_file = "pw";' 'log_file = "log"; log_level = "debug";'
    refused 77 reader 127.0.0.1
    [ -s log ]
    for command in check plan; do
        run --separate-stderr dbferry $command -vv
        assert_status 77
        unseen
    done
}

# what_it_leaves: a run that works, and one that fails at each side; in text and in JSON.
what_it_leaves() {
    local command general
    for general in '' 'log_format = "json";'; do
        general="$general" both_config "$source" "$target"
        rm -f log
        for command in check plan "run -vv" "verify -vv" "drivers mysql"; do
            run --separate-stderr dbferry $command
            [ "$status" -eq 0 ] || { echo "$way: $command" >&2; show_run; return 1; }
            unseen
        done
        assert_equal "$(mariadb_query e <<<'SELECT COUNT(*) FROM t')" 3
        [ -s log ]
        mariadb_query e <<<"SELECT * FROM _dbferry_sync; SHOW CREATE TABLE t; SELECT * FROM t" >record
        grep -q "^t" record
        unseen record
    done
}

@test "each way for both sides: no message, log, plan, list or record of runs has a password" {
    both_ways what_it_leaves
}

# wrong_logins: each side's password is another one's; the server's words (1045) are told.
wrong_logins() {
    local command general
    printf '%s\n' "$target_password" >source.pw
    for general in '' 'log_format = "json";'; do
        for keys in 'password_file = "source.pw"|password_file = "target.pw"' \
            "password = $(quoted "$password")|password = $(quoted "$password")"; do
            general="$general" both_config "${keys%|*};" "${keys#*|};"
            rm -f log
            for command in check plan "run -vv"; do
                run --separate-stderr dbferry $command
                assert_status 77
                assert_output_has 1045
                unseen
            done
            [ -s log ]
        done
    done
}

@test "a wrong password of either side, 77, stands in no message, log or file" {
    printf '%s\n' "$target_password" >target.pw
    wrong_logins
}

# sleeping_run: a run whose rows never come; it has logged in at both sides, and $pid is its process.
# The server may not have noticed the end of an earlier test's yet, so each has a mark of its own.
sleeping_run() {
    local mark="$way $BATS_TEST_NUMBER"
    both_config "$source" "$target" "query = \"SELECT id, SLEEP(600) AS nap, '$mark' AS mark FROM t\""
    "$DBFERRY" run -vv >out 2>&1 3>&- &
    pid=$!
    asleep() {
        [ "$(mariadb_query <<<"SELECT COUNT(*) FROM information_schema.processlist
            WHERE state = 'User sleep' AND info LIKE '%''$mark'' AS mark%'")" = 1 ]
    }
    until_there asleep
}

end_run() {
    local code=0
    kill -TERM "$pid" || { cat out >&2; return 1; } # it was to wait for rows
    wait "$pid" || code=$?
    assert_equal "$code" 143
    unseen out
    until_there is_noticed
}

# The server has seen the end of the run: the next one is not held off by its lock.
is_noticed() {
    [ "$(mariadb_query <<<"SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'writer'")" = 0 ]
}

# whose_process: what others see of it
whose_process() {
    sleeping_run
    tr '\0' '\n' </proc/$pid/cmdline >seen
    ps -ww -o args= -p $pid >>seen
    grep -q dbferry seen
    grep -q "Max core file size *0 *0" /proc/$pid/limits
    case $way in
    environment | expansion) ;; # whoever gave it put it there
    *) tr '\0' '\n' </proc/$pid/environ >>seen 2>/dev/null || true ;;
    esac
    end_run
    unseen seen
}

@test "each way for both sides: no process list has a password while a run works" {
    both_ways whose_process
}

sanitized() { grep -aq __asan_init "$FERRY_BUILD/src/dbferry"; }

# whose_memory: after the logins
whose_memory() {
    sleeping_run
    found=$({ printf '%s' "$password" | python3 "$FERRY_SOURCE/tests/functional/in_memory.py" $pid
        printf '%s' "$target_password" | python3 "$FERRY_SOURCE/tests/functional/in_memory.py" $pid; } | sort -u)
    end_run
    case $way in
    environment) assert_equal "$found" environment ;;
    configuration | expansion) [ -n "$found" ] ;; # dbferry.conf(5) says so
    *) assert_equal "$way: $found" "$way: " ;;
    esac
}

@test "after the login a password is in memory only where the user has put it to stay" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to look into the memory of another process"
    requires python3
    sanitized && skip "a sanitizer keeps copies of its own"
    both_ways whose_memory
}

@test "the memory of a run is closed to other processes of its user" {
    [ "$(id -u)" -eq 0 ] || skip "needs root to become another user"
    requires setpriv
    requires_driver memory
    sanitized && skip "a sanitizer's leak check needs to look in"
    chmod 755 "$T" "${T%/*}" "${T%/*/*}" "${T%/*/*/*}" 2>/dev/null || true
    mkdir -m 777 open
    nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
    nobody test -x "$DBFERRY" -a -w open || skip "the program is closed to other users"
    nobody "$DBFERRY" copy memory:x memory:y --table t -o source.fail_at=read_batch \
        -o source.fail_how=stall -o source.fail_mark="$T/open/reached" 3>&- &
    until_there test -e open/reached
    pid=$(pgrep -u 65534 -f "$T/open/reached")
    for file in environ maps mem; do
        refute nobody head -c 1 "/proc/$pid/$file" >/dev/null 2>&1
    done
    nobody head -c 1 "/proc/$pid/cmdline" >/dev/null
    kill -TERM "$pid"
    wait
}

@test "a password_command has the environment, but no password that another connection takes from it" {
    printf '%s\n' "$target_password" >target.pw
    export FERRY_SOURCE_PW=$password FERRY_OTHER_PW=s3cret-too FERRY_KEPT=kept MYSQL_PWD=s3cret-as-well
    connections='other = { driver = "mysql"; user = "u"; password = "${FERRY_OTHER_PW}"; };' both_config \
        'password_env = "FERRY_SOURCE_PW";' \
        "password_command = \"env >'$T/helper'; tr '\\\\0' '\\\\n' </proc/\$PPID/cmdline >>'$T/helper'; ps -ww -eo args >>'$T/helper'; cat '$T/target.pw'\";"
    run --separate-stderr dbferry run -vv
    assert_status 0
    grep -qx FERRY_KEPT=kept helper
    grep -q ^PATH= helper
    refute grep -qE '^(FERRY_SOURCE_PW|FERRY_OTHER_PW|MYSQL_PWD)=' helper
    unseen helper
    assert_equal "$(mariadb_query e <<<'SELECT COUNT(*) FROM t')" 3
}

# The source has logged in when the target's password is asked for.
@test "a password_command has standard input, output and errors, and no other descriptor" {
    printf '%s\n' "$password" >source.pw
    printf '%s\n' "$target_password" >target.pw
    cat >command <<END # dash would keep a descriptor of a file that it reads or writes
for n in \$(seq 0 255); do [ ! -e /proc/\$\$/fd/\$n ] || list="\$list \$n"; done
echo \$list >'$T/descriptors'
cat '$T/target.pw'
END
    both_config 'password_file = "source.pw";' "password_command = \"eval \\\"\$(cat '$T/command')\\\"\";"
    run --separate-stderr dbferry run 7<target.pw
    assert_status 0
    assert_equal "$(cat descriptors)" "0 1 2"
    assert_equal "$(mariadb_query e <<<'SELECT COUNT(*) FROM t')" 3
}

@test "variables that client libraries would read are gone before any library or program sees them" {
    printf '%s\n' "$target_password" >target.pw
    names=$(sed -n '/foreign_variables\[\] = {/,/^};/s/[^"]*"\([A-Z_]*\)"[^"]*/\1 /gp' "$FERRY_SOURCE/src/base/harden.c" | tr '\n' ' ')
    names+=$(sed -n '/mydrv_environment\[\] = {/,/^};/s/[^"]*"\([A-Z_]*\)"[^"]*/\1 /gp' "$FERRY_SOURCE/plugins/mysql/registration.c" | tr '\n' ' ')
    for name in LIBMYSQL_PLUGINS MARIADB_PLUGIN_DIR MYSQL_PWD MYSQL_TCP_PORT MYSQL_UNIX_PORT MARIADB_UNIX_PORT \
        MARIADB_TLS_DISABLE_PEER_VERIFICATION SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF OPENSSL_MODULES; do
        [[ " $names" == *" $name "* ]] || { echo "$name is not in the list" >&2; return 1; }
    done
    printf '%s\n' "$password" >source.pw
    both_config 'password_file = "source.pw";' \
        "password_command = \"env >'$T/helper'; cat '$T/target.pw'\";"
    foreign=()
    for name in $names; do foreign+=("$name=/nonexistent"); done
    run --separate-stderr env "${foreign[@]}" "$DBFERRY" run -vv
    assert_status 0
    grep -q ^PATH= helper
    refute grep /nonexistent helper
    refute grep ^SSL_CERT_FILE helper
    refute_output_has /nonexistent
}

@test "a variable of the client library that the configuration names is read all the same" {
    printf '%s\n' "$target_password" >target.pw
    both_config 'password_env = "MYSQL_PWD";' \
        "password_command = \"env >'$T/helper'; cat '$T/target.pw'\";"
    MYSQL_PWD=$password run --separate-stderr dbferry run -vv
    assert_status 0
    refute grep ^MYSQL_PWD helper
}

@test "a variable: one line end is taken off, and more than 64 KiB is refused" {
    server_config 'password_env = "FERRY_PW";'
    FERRY_PW=$password$'\n' works
    FERRY_PW=$password$'\n\n' refused 77 reader
    FERRY_PW=$(printf 's3cret%065536d' 0) refused 78 "FERRY_PW, named by password_env, holds more than 65536 bytes"
}

@test "a password_command that never ends is ended after 30 s with all that it started, 78" {
    hang=$BATS_FILE_TMPDIR/hang
    for try in {1..160}; do
        [ ! -s "$hang/result" ] || break
        sleep 0.5
    done
    read -r code seconds <"$hang/result"
    assert_equal "$code" 78
    between 29 "$seconds" 55
    grep -q "connection 'server': the output of password_command gave no answer in 30 s" "$hang/output"
    refute pgrep -f "$(cat "$hang/command")" >/dev/null
}
