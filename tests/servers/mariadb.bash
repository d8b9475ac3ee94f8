# A private MariaDB server in a folder of its own: sourced by tests, the bench and the demonstration.
#
#   mariadb_start FOLDER [OPTION...]   make the data if need be, start, and wait until it answers
#     --port         listen on a free port of 127.0.0.1 too (MARIADB_PORT)
#     --durable      the server's own crash-safe settings; without it, commits are not forced to disk
#     --tls NAME     offer TLS with the certificate NAME of mariadb_make_certificates
#     --server=OPT   any other option for the server, such as --server=--max-connections=1
#   mariadb_stop                       end it by SIGTERM and wait; the data stay
#   mariadb_kill                       end it by SIGKILL, as a crash would
#   mariadb_restart [OPTION...]        stop (if it runs) and start again in the same folder
#   mariadb_query [DATABASE]           run the SQL on standard input as the server's root; bare rows
#   mariadb_shell                      MARIADB_SHELL becomes the command that does so
#   mariadb_account NAME PASSWORD [GRANT...]
#                                      an account for every host, with grants such as "SELECT ON d.v"
#   mariadb_make_certificates FOLDER   in FOLDER/tls, before the start: ca, server, client,
#                                      wrong-host, expired, not-yet, revoked, self-signed, other-ca
#                                      and other-server, each NAME.pem with NAME.key; crl.pem
#
# After mariadb_start these are set: MARIADB_FOLDER MARIADB_SOCKET MARIADB_PORT MARIADB_PID; and, for
# all that is started then, MARIADB_USER and MARIADB_CLIENT, so that they are not asked for each query.
# Root of the server is the user who started it, by the unix socket only.  It needs bash, the
# packages mariadb-server-core and mariadb-client-core, and openssl for certificates.  It runs as an
# ordinary user and as root.

# The server lies where an ordinary user's PATH does not lead.
mariadb_find() {
    local name
    for name; do
        PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$name" && return
    done
    echo "mariadb: $1 is not installed" >&2
    return 1
}

mariadb_is_installed() {
    mariadb_find mariadbd >/dev/null 2>&1 && mariadb_find mariadb-install-db >/dev/null 2>&1 &&
        mariadb_find mariadb >/dev/null 2>&1
}

# In a build tree, or where FERRY_FRESH names a folder, the first one makes fresh data and all copy
# them: of this release of the server, and for this user.
mariadb_make_data() {
    local ready=${FERRY_FRESH:-${FERRY_BUILD:+$FERRY_BUILD/tests/fresh}}
    [ -n "$ready" ] && mkdir -p "$ready" 2>/dev/null && [ -w "$ready" ] ||
        { mariadb_install_data; return; }
    mkdir -p "$MARIADB_FOLDER/tmp"
    ready+=/mariadb-$MARIADB_USER-$("$(mariadb_find mariadbd)" --version | cksum | cut -d' ' -f1)
    (
        flock 9 || exit
        [ ! -d "$ready" ] || exec cp -a "$ready" "$MARIADB_FOLDER/data"
        mariadb_install_data 9>&- && cp -a "$MARIADB_FOLDER/data" "$ready.new" &&
            mv "$ready.new" "$ready"
    ) 9>"$ready.lock"
}

mariadb_install_data() {
    local log=$MARIADB_FOLDER/install.log
    mkdir -p "$MARIADB_FOLDER/tmp"
    "$(mariadb_find mariadb-install-db)" --no-defaults --datadir="$MARIADB_FOLDER/data.new" \
        --user="$MARIADB_USER" --auth-root-authentication-method=socket \
        --auth-root-socket-user="$MARIADB_USER" --skip-test-db --skip-name-resolve --force \
        --tmpdir="$MARIADB_FOLDER/tmp" --innodb-log-file-size=16M >"$log" 2>&1 </dev/null 3>&- || {
        echo "mariadb: the data folder could not be made; see $log" >&2
        tail -n 5 "$log" >&2
        return 1
    }
    mv "$MARIADB_FOLDER/data.new" "$MARIADB_FOLDER/data"
}

mariadb_port_is_free() {
    ! (: </dev/tcp/127.0.0.1/"$1") 2>/dev/null
}

mariadb_free_port() {
    local port try
    for try in {1..50}; do
        port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 12000))
        mariadb_port_is_free "$port" && echo "$port" && return
    done
    echo "mariadb: no free port found" >&2
    return 1
}

# A unix socket's path may have 107 bytes at most; a test's folder is often deeper.
mariadb_choose_socket() {
    local folder=$MARIADB_FOLDER
    if [ ${#folder} -gt 90 ]; then
        folder=$(mktemp -d "${TMPDIR:-/tmp}/dbferry-db.XXXXXX") || return
        MARIADB_SOCKET_FOLDER=$folder
    fi
    MARIADB_SOCKET=$folder/socket
}

# Another server in this folder would answer in place of ours.
mariadb_refuse_second() {
    local pid
    pid=$(cat "$MARIADB_FOLDER/pid" 2>/dev/null) || return 0
    grep -qsaF -- "--datadir=$MARIADB_FOLDER/data" "/proc/$pid/cmdline" || return 0
    echo "mariadb: process $pid already serves $MARIADB_FOLDER; end it first" >&2
    return 1
}

mariadb_start() {
    MARIADB_FOLDER=$(mkdir -p "$1" && cd "$1" && pwd) || return
    shift
    MARIADB_PORT='' MARIADB_PID='' MARIADB_OPTIONS=("$@")
    mariadb_ask_once || return
    mariadb_refuse_second || return
    mariadb_choose_socket || return
    [ -d "$MARIADB_FOLDER/data" ] || mariadb_make_data || return
    mariadb_launch "$@"
}

mariadb_launch() {
    # Without the machine's crash in a test, nobody need wait for the disk.
    local network=(--skip-networking) more=()
    local speed=(--innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync)
    # A server of 11.4 or later makes itself a certificate otherwise.
    local tls=(--skip-ssl)
    while [ $# -gt 0 ]; do
        case $1 in
        --port)
            MARIADB_PORT=$(mariadb_free_port) || return
            network=(--bind-address=127.0.0.1 --port="$MARIADB_PORT")
            ;;
        --durable) speed=() ;;
        --tls)
            tls=(--ssl-ca="$MARIADB_FOLDER/tls/ca.pem" --ssl-cert="$MARIADB_FOLDER/tls/$2.pem"
                --ssl-key="$MARIADB_FOLDER/tls/$2.key")
            shift
            ;;
        --server=*) more+=("${1#--server=}") ;;
        *)
            echo "mariadb: unknown option $1" >&2
            return 1
            ;;
        esac
        shift
    done
    # Descriptor 3 is the test harness's, which would wait for the server to close it.
    "$(mariadb_find mariadbd)" --no-defaults --user="$MARIADB_USER" --datadir="$MARIADB_FOLDER/data" \
        --socket="$MARIADB_SOCKET" --pid-file="$MARIADB_FOLDER/pid" --tmpdir="$MARIADB_FOLDER/tmp" \
        --innodb-buffer-pool-size=128M --innodb-log-file-size=16M --skip-name-resolve \
        --character-set-server=utf8mb4 --max-connections=30 "${network[@]}" "${speed[@]}" \
        "${tls[@]}" "${more[@]}" >>"$MARIADB_FOLDER/log" 2>&1 </dev/null 3>&- &
    MARIADB_PID=$!
    mariadb_wait_until_ready
}

mariadb_wait_until_ready() {
    local admin try
    admin=$(mariadb_find mariadb-admin) || return
    for try in {1..600}; do
        if [ -S "$MARIADB_SOCKET" ] &&
            "$admin" --no-defaults --skip-ssl --socket="$MARIADB_SOCKET" \
                --user="$MARIADB_USER" ping >/dev/null 2>&1 </dev/null; then
            return
        fi
        kill -0 "$MARIADB_PID" 2>/dev/null || break
        sleep 0.05
    done
    echo "mariadb: the server does not start (waited $((try / 20)) s); see $MARIADB_FOLDER/log" >&2
    tail -n 5 "$MARIADB_FOLDER/log" >&2
    mariadb_kill
    return 1
}

# A process that is ours is reaped with wait; one that an earlier shell started is only watched.
mariadb_await_end() {
    local pid=$1 try
    wait "$pid" 2>/dev/null || true
    for try in {1..600}; do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.05
    done
    echo "mariadb: server $pid still runs after $((try / 20)) s" >&2
    return 1
}

mariadb_end() {
    local pid=${MARIADB_PID:-}
    [ -n "$pid" ] || return 0
    MARIADB_PID=''
    kill -"$1" "$pid" 2>/dev/null || true
    mariadb_await_end "$pid"
    rm -f "$MARIADB_SOCKET" "$MARIADB_FOLDER/pid"
    if [ -n "${MARIADB_SOCKET_FOLDER:-}" ]; then
        rmdir "$MARIADB_SOCKET_FOLDER" 2>/dev/null || true
        MARIADB_SOCKET_FOLDER=''
    fi
    return 0
}

mariadb_stop() { mariadb_end TERM; }
mariadb_kill() { mariadb_end KILL; }

mariadb_restart() {
    mariadb_stop
    [ $# -gt 0 ] || set -- "${MARIADB_OPTIONS[@]}"
    mariadb_start "$MARIADB_FOLDER" "$@"
}

mariadb_ask_once() {
    export MARIADB_USER MARIADB_CLIENT
    MARIADB_USER=${MARIADB_USER:-$(command id -un)} &&
        MARIADB_CLIENT=${MARIADB_CLIENT:-$(mariadb_find mariadb)}
}

mariadb_shell() {
    mariadb_ask_once || return
    MARIADB_SHELL=("$MARIADB_CLIENT" --no-defaults --skip-ssl --socket="$MARIADB_SOCKET"
        --user="$MARIADB_USER" --default-character-set=utf8mb4 --local-infile=1
        --batch --raw --skip-column-names)
}

mariadb_query() {
    local MARIADB_SHELL
    mariadb_shell && "${MARIADB_SHELL[@]}" "$@"
}

mariadb_account() {
    local name=$1 password=$2 grant
    shift 2
    {
        printf "CREATE OR REPLACE USER '%s'@'%%' IDENTIFIED BY '%s';\n" "$name" "$password"
        for grant; do
            printf "GRANT %s TO '%s'@'%%';\n" "$grant" "$name"
        done
    } | mariadb_query mysql
}

# mariadb_make_ca NAME: a certificate authority that signs the others.
mariadb_make_ca() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
        -subj "/CN=dbferry test $1" -addext basicConstraints=critical,CA:TRUE \
        -addext keyUsage=critical,keyCertSign,cRLSign -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# mariadb_sign NAME CA SUBJECT-ALT-NAME [FROM UNTIL]: a key and a certificate for it.
mariadb_sign() {
    local name=$1 ca=$2 alt=$3 span=(-days 30)
    [ $# -lt 5 ] || span=(-startdate "$4" -enddate "$5")
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" \
        -keyout "$name.key" -out "$name.csr" 2>/dev/null &&
        printf 'subjectAltName=%s\n' "$alt" >"$name.ext" &&
        openssl ca -batch -config ca.conf -cert "$ca.pem" -keyfile "$ca.key" -in "$name.csr" \
            -out "$name.pem" -extfile "$name.ext" -notext "${span[@]}" 2>/dev/null
}

# mariadb_revoke NAME CA: CA's list of revoked certificates, crl.pem, has NAME on it.
mariadb_revoke() {
    openssl ca -batch -config ca.conf -cert "$2.pem" -keyfile "$2.key" -revoke "$1.pem" 2>/dev/null &&
        openssl ca -batch -config ca.conf -cert "$2.pem" -keyfile "$2.key" -gencrl -crldays 30 \
            -out crl.pem 2>/dev/null
}

mariadb_make_certificates() {
    mariadb_write_certificates "$1/tls" && return
    echo "mariadb: the certificates could not be made; is openssl installed?" >&2
    return 1
}

mariadb_write_certificates() (
    umask 077
    mkdir -p "$1" && cd "$1" || exit
    : >index.txt
    cat >ca.conf <<'END'
[ca]
default_ca = one
[one]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
END
    here=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2,IP:::1
    mariadb_make_ca ca && mariadb_make_ca other-ca &&
        mariadb_sign server ca "$here" &&
        mariadb_sign client ca DNS:client &&
        mariadb_sign wrong-host ca DNS:elsewhere.example &&
        mariadb_sign expired ca "$here" 20200101000000Z 20210101000000Z &&
        mariadb_sign not-yet ca "$here" 20490101000000Z 20490601000000Z &&
        mariadb_sign revoked ca "$here" && mariadb_revoke revoked ca &&
        mariadb_sign other-server other-ca "$here" &&
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
            -subj "/CN=self-signed" -addext "subjectAltName=$here" -keyout self-signed.key \
            -out self-signed.pem 2>/dev/null
)
