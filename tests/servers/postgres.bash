# A private PostgreSQL server in a folder of its own: sourced by tests and the bench.
#
#   postgres_start FOLDER [OPTION...]  make the data if need be, start, and wait until it answers
#     --tls NAME     offer TLS with the certificate NAME of FOLDER/tls, as
#                    mariadb_make_certificates of mariadb.bash makes them
#     --socket       listen on the unix socket alone, whose port is 5432
#     --port PORT    this one, and no free one
#     --hba LINE     a line of pg_hba.conf, before those that are there
#     --durable      the server's own crash-safe settings; without it, nothing is forced to disk
#     --server=SET   any other setting, such as --server=max_connections=5
#   postgres_stop                      end it by a fast shutdown and wait; the data stay
#   postgres_kill                      end it at once, as a crash would
#   postgres_restart [OPTION...]       stop (if it runs) and start again in the same folder, at the
#                                      same port
#   postgres_remove                    stop it, and remove its data
#   postgres_query [DATABASE]          run the SQL on standard input as the superuser; bare rows
#   postgres_shell [DATABASE]          POSTGRES_SHELL becomes the command that does so
#   postgres_account NAME PASSWORD [GRANT...]
#                                      an account, with grants such as "SELECT ON v"
#
# After postgres_start these are set: POSTGRES_FOLDER POSTGRES_SOCKET (the folder of the socket)
# POSTGRES_PORT POSTGRES_PID.  By the socket everybody is let in without a password; by 127.0.0.1,
# which the port is of, with one.  The superuser is called postgres.
#
# The server refuses to run as root: where root starts it, it runs as the account postgres (or
# nobody) in a folder below TMPDIR that this account may enter, to which POSTGRES_FOLDER/home leads.
# FERRY_POSTGRES_ROOT is where its packages were unpacked, if they are not installed.

postgres_find() {
    local name=$1 folder
    for folder in ${FERRY_POSTGRES_ROOT:+"$FERRY_POSTGRES_ROOT"/usr/lib/postgresql/*/bin} /usr/lib/postgresql/*/bin \
        /usr/pgsql-*/bin /usr/libexec/postgresql*; do
        [ ! -x "$folder/$name" ] || { echo "$folder/$name"; return; }
    done
    type -P "$name" && return
    echo "postgres: $name is not installed" >&2
    return 1
}

# The account that is to run it must be able to.
postgres_is_installed() {
    local program
    postgres_choose_account
    for program in postgres initdb pg_isready psql; do
        program=$(postgres_find "$program" 2>/dev/null) &&
            "${POSTGRES_AS[@]}" "$program" --version >/dev/null 2>&1 || return
    done
}

# Sets POSTGRES_AS, which comes before each command of the server, and POSTGRES_OWNER.
postgres_choose_account() {
    POSTGRES_AS=() POSTGRES_OWNER=$(id -un)
    [ "$(id -u)" -eq 0 ] || return 0
    POSTGRES_OWNER=nobody
    ! id postgres >/dev/null 2>&1 || POSTGRES_OWNER=postgres
    POSTGRES_AS=(setpriv --reuid="$POSTGRES_OWNER" --regid="$(id -gn "$POSTGRES_OWNER")"
        --clear-groups --)
}

postgres_choose_home() {
    POSTGRES_HOME=$(readlink "$POSTGRES_FOLDER/home" 2>/dev/null) && [ -d "$POSTGRES_HOME" ] && return
    POSTGRES_HOME=$(mktemp -d "${TMPDIR:-/tmp}/dbferry-pg.XXXXXX") &&
        chown "$POSTGRES_OWNER" "$POSTGRES_HOME" && chmod 711 "$POSTGRES_HOME" &&
        ln -sfn "$POSTGRES_HOME" "$POSTGRES_FOLDER/home"
}

# In a build tree, or where FERRY_FRESH names a folder, the first one makes fresh data and all copy
# them: of this release of the server, and for this account.
postgres_make_data() {
    local ready=${FERRY_FRESH:-${FERRY_BUILD:+$FERRY_BUILD/tests/fresh}}
    [ -n "$ready" ] && mkdir -p "$ready" 2>/dev/null && [ -w "$ready" ] ||
        { postgres_install_data; return; }
    ready+=/postgres-$POSTGRES_OWNER-$("$(postgres_find postgres)" --version | cksum | cut -d' ' -f1)
    (
        flock 9 || exit
        [ ! -d "$ready" ] || exec cp -a "$ready" "$POSTGRES_HOME/data"
        postgres_install_data 9>&- && cp -a "$POSTGRES_HOME/data" "$ready.new" &&
            mv "$ready.new" "$ready"
    ) 9>"$ready.lock"
}

postgres_install_data() {
    local log=$POSTGRES_FOLDER/install.log
    (cd "$POSTGRES_HOME" && "${POSTGRES_AS[@]}" "$(postgres_find initdb)" -D "$POSTGRES_HOME/data.new" \
        --username=postgres --encoding=UTF8 --locale=C.UTF-8 --auth=trust --no-sync --no-clean \
        --no-instructions) >"$log" 2>&1 </dev/null 3>&- || {
        echo "postgres: the data folder could not be made; see $log" >&2
        tail -n 5 "$log" >&2
        return 1
    }
    mv "$POSTGRES_HOME/data.new" "$POSTGRES_HOME/data"
}

postgres_free_port() {
    local port try
    for try in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
        (: </dev/tcp/127.0.0.1/"$port") 2>/dev/null || { echo "$port"; return; }
    done
    echo "postgres: no free port found" >&2
    return 1
}

postgres_start() {
    POSTGRES_FOLDER=$(mkdir -p "$1" && cd "$1" && pwd) || return
    shift
    POSTGRES_PORT='' POSTGRES_PID='' POSTGRES_OPTIONS=("$@")
    postgres_choose_account
    postgres_choose_home || return
    POSTGRES_SOCKET=$POSTGRES_HOME
    [ -d "$POSTGRES_HOME/data" ] || postgres_make_data || return
    postgres_launch "$@"
}

# postgres_use_certificate NAME: the server takes only a key that nobody else may read.
postgres_use_certificate() {
    install -o "$POSTGRES_OWNER" -m 600 "$POSTGRES_FOLDER/tls/$1.pem" "$POSTGRES_HOME/data/server.crt" &&
        install -o "$POSTGRES_OWNER" -m 600 "$POSTGRES_FOLDER/tls/$1.key" "$POSTGRES_HOME/data/server.key" &&
        install -o "$POSTGRES_OWNER" -m 600 "$POSTGRES_FOLDER/tls/ca.pem" "$POSTGRES_HOME/data/ca.crt"
}

postgres_launch() {
    local more=() lines=() network=(-c listen_addresses=127.0.0.1) speed=(-c fsync=off -c synchronous_commit=off -c full_page_writes=off)
    while [ $# -gt 0 ]; do
        case $1 in
        --tls)
            postgres_use_certificate "$2" || return
            more+=(-c ssl=on -c ssl_ca_file=ca.crt)
            shift
            ;;
        --port)
            POSTGRES_PORT=$2
            shift
            ;;
        --hba)
            lines+=("$2")
            shift
            ;;
        --socket) network=(-c listen_addresses=) POSTGRES_PORT=5432 ;;
        --durable) speed=() ;;
        --server=*) more+=(-c "${1#--server=}") ;;
        *)
            echo "postgres: unknown option $1" >&2
            return 1
            ;;
        esac
        shift
    done
    lines+=('local all all trust' 'host all all 127.0.0.1/32 scram-sha-256')
    printf '%s\n' "${lines[@]}" >"$POSTGRES_HOME/data/pg_hba.conf" || return
    [ -n "$POSTGRES_PORT" ] || POSTGRES_PORT=$(postgres_free_port) || return
    # Descriptor 3 is the test harness's, which would wait for the server to close it.
    (cd "$POSTGRES_HOME" && exec "${POSTGRES_AS[@]}" "$(postgres_find postgres)" -D "$POSTGRES_HOME/data" \
        "${network[@]}" -c port="$POSTGRES_PORT" \
        -c unix_socket_directories="$POSTGRES_SOCKET" -c max_connections=30 -c shared_buffers=32MB \
        -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off -c log_min_messages=fatal \
        "${speed[@]}" "${more[@]}") >>"$POSTGRES_FOLDER/log" 2>&1 </dev/null 3>&- &
    POSTGRES_PID=$!
    postgres_wait_until_ready
}

postgres_wait_until_ready() {
    local ready try
    ready=$(postgres_find pg_isready) || return
    for try in {1..600}; do
        [ ! -S "$POSTGRES_SOCKET/.s.PGSQL.$POSTGRES_PORT" ] ||
            ! "$ready" -q -h "$POSTGRES_SOCKET" -p "$POSTGRES_PORT" || return 0
        kill -0 "$POSTGRES_PID" 2>/dev/null || break
        sleep 0.05
    done
    echo "postgres: the server does not start (waited $((try / 20)) s); see $POSTGRES_FOLDER/log" >&2
    tail -n 5 "$POSTGRES_FOLDER/log" >&2
    postgres_kill
    return 1
}

# A process that is ours is reaped with wait; one that an earlier shell started is only watched.
postgres_end() {
    local pid=${POSTGRES_PID:-} try
    [ -n "$pid" ] || return 0
    POSTGRES_PID=''
    kill -"$1" "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    for try in {1..600}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.05
    done
    echo "postgres: server $pid still runs after $((try / 20)) s" >&2
    return 1
}

postgres_stop() { postgres_end INT; }
postgres_kill() { postgres_end QUIT; }

postgres_restart() {
    postgres_stop
    [ $# -gt 0 ] || set -- "${POSTGRES_OPTIONS[@]}"
    postgres_start "$POSTGRES_FOLDER" --port "$POSTGRES_PORT" "$@"
}

# A server that another shell has started again since is this one too.
postgres_remove() {
    postgres_kill
    POSTGRES_PID=$(head -n 1 "${POSTGRES_HOME:-/dev/null}/data/postmaster.pid" 2>/dev/null) || true
    postgres_kill
    case ${POSTGRES_HOME:-} in
    */dbferry-pg.*) rm -rf "$POSTGRES_HOME" ;;
    esac
}

postgres_shell() {
    local program
    program=$(postgres_find psql) || return
    POSTGRES_SHELL=("$program" -X -q -A -t -v ON_ERROR_STOP=1 -h "$POSTGRES_SOCKET" -p "$POSTGRES_PORT"
        -U postgres -d "${1:-postgres}")
}

postgres_query() {
    local POSTGRES_SHELL
    postgres_shell "$@" && "${POSTGRES_SHELL[@]}"
}

postgres_account() {
    local name=$1 password=$2 grant
    shift 2
    {
        printf "CREATE ROLE \"%s\" LOGIN PASSWORD '%s';\n" "$name" "$password"
        for grant; do
            printf 'GRANT %s TO "%s";\n' "$grant" "$name"
        done
    } | postgres_query
}
