#!/bin/bash
# What dbi-*.conf need: is libdbi's driver here, and a private PostgreSQL (into $T/server; its facts go
# to $T/env).
set -eu
here=$(cd "$(dirname "$0")" && pwd)

# installed NAME: libdbi's driver of that name, and what else its conf needs.
installed() {
    local folder
    for folder in /usr/lib/*/dbd /usr/lib/dbd /usr/lib64/dbd /usr/local/lib/dbd; do
        [ ! -e "$folder/libdbd$1.so" ] || break
        false
    done || return
    case $1 in
    pgsql) . "$here/../servers/postgres.bash" && postgres_is_installed ;;
    *) command -v sqlite3 >/dev/null ;;
    esac
}

start_postgres() {
    . "$here/../servers/postgres.bash"
    postgres_start "$T/server" --socket
    declare -p POSTGRES_FOLDER POSTGRES_HOME POSTGRES_SOCKET POSTGRES_PORT POSTGRES_PID 2>/dev/null |
        sed 's/^declare -[^ ]* //; s/"//g' >"$T/env"
    # The server must not outlive the suite, however that ends.
    (
        while kill -0 "$CONFORMANCE_PID" 2>/dev/null; do sleep 1; done
        kill -INT "$POSTGRES_PID" 2>/dev/null
    ) >/dev/null 2>&1 </dev/null 3>&- &
    postgres_query <<'SQL'
CREATE ROLE reader LOGIN;
CREATE TABLE t (id bigint PRIMARY KEY, small smallint, price numeric(10,2), big numeric(65,30), f real,
    d double precision, yes boolean, name varchar(40), body text, data bytea, day date, at timestamp(3),
    stamp timestamptz, t time(6), u uuid, j jsonb);
INSERT INTO t SELECT i, i % 128, i / 100.0, i / 7.0, i / 3.0, i / 7.0, i % 2 = 0,
    'name ' || i || U&'\+01F600', CASE WHEN i % 9 > 0 THEN repeat('xé', i % 500) END,
    CASE WHEN i % 5 > 0 THEN decode(repeat('00ff', i % 30), 'hex') ELSE '' END, date '2000-01-01' + i,
    timestamp '2000-01-01' + i * interval '1.001 second', timestamptz '2001-01-01 00:00+00' + i * interval '1 hour',
    time '00:00' + i * interval '1.000001 second', md5(i::text)::uuid, jsonb_build_object('i', i) FROM generate_series(1, 3000) i;
CREATE VIEW v AS SELECT * FROM t;
GRANT SELECT ON t, v TO reader;
CREATE ROLE loader LOGIN;
CREATE DATABASE loaded OWNER loader;
SQL
}

# What the target holds, as psql sees it; an absent table is an answer too.
content() {
    . "$here/../servers/postgres.bash"
    postgres_query loaded <<<"SELECT * FROM \"$TABLE\" ORDER BY 1, 2" 2>&1 | grep -v '^ *\^' || true
}

count() {
    . "$here/../servers/postgres.bash"
    postgres_query loaded <<<"SELECT count(*) FROM \"$TABLE\""
}

stop() {
    . "$here/../servers/postgres.bash"
    postgres_remove
}

case ${1-} in
installed) installed "$2" ;;
postgres) start_postgres ;;
stop) stop ;;
content) content ;;
count) count ;;
*) echo "usage: dbi-server.bash installed NAME|postgres|stop|content|count" >&2; exit 64 ;;
esac
