# A private MySQL 9 server: sourced by tests.  Debian's stable releases carry MariaDB only, so MySQL
# comes from the unstable suite, in a root folder of its own that nothing else touches.
#
#   mysql_make_root FOLDER       make that root folder, once (about half a minute; needs root, the
#                                package mmdebstrap and the network)
#   mysql_is_available           whether a root folder is there and may be used: $FERRY_MYSQL_ROOT
#   mysql_start NAME [OPTION...] make fresh data, start on a free port of 127.0.0.1, wait until it
#                                answers; any OPTION goes to the server
#   mysql_stop                   end it by SIGTERM, wait, remove its data
#   mysql_kill                   end it by SIGKILL, remove its data
#   mysql_crash                  end it by SIGKILL and keep its data
#   mysql_again                  start it once more with the same data and options
#   mysql_query [DATABASE]       run the SQL on standard input as the server's root; bare rows
#
# After mysql_start these are set: MYSQL_PORT MYSQL_PID MYSQL_DATA (inside the root folder).

mysql_make_root() {
    local root=$1
    [ -x "$root/usr/sbin/mysqld" ] && return
    rm -rf "$root.new"
    mmdebstrap --mode=root --variant=essential --include=mysql-server-core,mysql-client-core \
        --aptopt='Acquire::Check-Valid-Until "false"' sid "$root.new" || return
    echo "mysql:x:27:27:MySQL:/var/lib/mysql:/usr/sbin/nologin" >>"$root.new/etc/passwd"
    echo "mysql:x:27:" >>"$root.new/etc/group"
    mv "$root.new" "$root"
}

mysql_is_available() {
    [ "$(id -u)" -eq 0 ] && [ -x "${FERRY_MYSQL_ROOT:-/nonexistent}/usr/sbin/mysqld" ]
}

mysql_in_root() {
    chroot "$FERRY_MYSQL_ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 "$@"
}

mysql_free_port() {
    local port try
    for try in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
        (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || { echo "$port" && return; }
    done
    echo "mysql: no free port found" >&2
    return 1
}

mysql_start() {
    MYSQL_DATA=/srv/$1-$$
    shift
    MYSQL_OPTIONS=("$@")
    MYSQL_PORT=$(mysql_free_port) || return
    rm -rf "${FERRY_MYSQL_ROOT:?}$MYSQL_DATA"
    install -d -o 27 -g 27 "$FERRY_MYSQL_ROOT$MYSQL_DATA"
    # The one option that data are made for.
    if [[ " $* " == *" --lower-case-table-names=1 "* ]]; then
        mysql_copy_data folded --lower-case-table-names=1
    else
        mysql_copy_data plain
    fi && mysql_launch
}

# mysql_copy_data NAME [OPTION...]: fresh data are made once for a root folder, which takes seconds,
# and copied for each server.
mysql_copy_data() {
    local name=$1 ready=$FERRY_MYSQL_ROOT/srv/fresh-$1
    shift
    (
        flock 9 || exit
        [ -d "$ready" ] || mysql_make_data "$name" "$@" || exit
        cp -a "$ready" "$FERRY_MYSQL_ROOT$MYSQL_DATA/data" || exit
        # Servers that know of each other must not bear the same name.
        rm -f "$FERRY_MYSQL_ROOT$MYSQL_DATA/data/auto.cnf"
    ) 9>"$FERRY_MYSQL_ROOT/srv/lock"
}

mysql_make_data() {
    local name=$1 folder=$FERRY_MYSQL_ROOT/srv/making
    shift
    rm -rf "$folder" && install -d -o 27 -g 27 "$folder" &&
        mysql_in_root mysqld --no-defaults --user=mysql --initialize-insecure \
            --datadir=/srv/making/data "${mysql_files[@]}" "$@" \
            >"$FERRY_MYSQL_ROOT/srv/making.log" 2>&1 </dev/null 3>&- 9>&- || {
        echo "mysql: the data folder could not be made" >&2
        tail -n 5 "$FERRY_MYSQL_ROOT/srv/making.log" >&2
        return 1
    }
    mv "$folder/data" "$FERRY_MYSQL_ROOT/srv/fresh-$name"
}

# No test survives a crash of the whole machine, so nobody waits for the disk; and small logs are
# copied sooner.
mysql_files=(--innodb-flush-method=nosync --innodb-redo-log-capacity=16M)

mysql_launch() {
    local log=$FERRY_MYSQL_ROOT$MYSQL_DATA.log
    # exec: the server takes the place of the shell, so that its process is the one we know.
    (exec chroot "$FERRY_MYSQL_ROOT" /usr/sbin/mysqld --no-defaults --user=mysql \
        --datadir="$MYSQL_DATA/data" --socket="$MYSQL_DATA/socket" --pid-file="$MYSQL_DATA/pid" \
        --bind-address=127.0.0.1 --port="$MYSQL_PORT" --mysqlx=OFF --skip-log-bin \
        "${mysql_files[@]}" --innodb-flush-log-at-trx-commit=0 --secure-file-priv= \
        --innodb-ddl-threads=1 --innodb-parallel-read-threads=1 \
        --tmpdir="$MYSQL_DATA" \
        "${MYSQL_OPTIONS[@]}" >>"$log" 2>&1 </dev/null 3>&-) &
    MYSQL_PID=$!
    mysql_wait_until_ready "$log"
}

mysql_wait_until_ready() {
    local try
    for try in {1..600}; do
        echo 'SELECT 1' | mysql_query >/dev/null 2>&1 && return
        kill -0 "$MYSQL_PID" 2>/dev/null || break
        sleep 0.1
    done
    echo "mysql: the server does not start (waited $((try / 10)) s)" >&2
    tail -n 5 "$1" >&2
    mysql_kill
    return 1
}

# shellcheck disable=SC2120 # the tests name a database, this file does not
mysql_query() {
    mysql_in_root mysql --no-defaults --socket="$MYSQL_DATA/socket" --user=root \
        --default-character-set=utf8mb4 --batch --raw --skip-column-names "$@"
}

mysql_end() {
    local pid=${MYSQL_PID:-}
    [ -n "$pid" ] || return 0
    MYSQL_PID=''
    kill -"$1" "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    rm -rf "${FERRY_MYSQL_ROOT:?}$MYSQL_DATA" "$FERRY_MYSQL_ROOT$MYSQL_DATA.log"
    return 0
}

mysql_crash() {
    kill -KILL "$MYSQL_PID"
    wait "$MYSQL_PID" 2>/dev/null || true
}

mysql_again() { mysql_launch; }

mysql_stop() { mysql_end TERM; }
mysql_kill() { mysql_end KILL; }
