#!/bin/bash
# A private PostgreSQL for pgsql.conf: start (into $T/server; its facts go to $T/env), stop, and what
# its target table holds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../servers/postgres.bash"

start() {
    postgres_start "$T/server" --socket
    printf '%s=%s\n' POSTGRES_SOCKET "$POSTGRES_SOCKET" POSTGRES_PORT 5432 \
        POSTGRES_PID "$POSTGRES_PID" POSTGRES_HOME "$POSTGRES_HOME" >"$T/env"
    # The server must not outlive the suite, however that ends.
    (
        while kill -0 "$CONFORMANCE_PID" 2>/dev/null; do sleep 1; done
        postgres_remove
    ) >/dev/null 2>&1 </dev/null 3>&- &
    postgres_account reader secret
    postgres_account loader secret
    # Just what the manual says that a target needs: a schema in which the account may make tables.
    postgres_query <<'SQL'
CREATE SCHEMA conformance;
CREATE SCHEMA loaded AUTHORIZATION loader;
GRANT USAGE ON SCHEMA conformance TO reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA conformance GRANT SELECT ON TABLES TO reader;
SET search_path = conformance;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE TABLE t (id int8 PRIMARY KEY, small int2, flag bool, price numeric(10,2), f float4, d float8,
    name varchar(40), fixed char(8), body text, data bytea, day date, at timestamp(3),
    stamp timestamptz, t time(6), u uuid, j json, e mood, bits bit(12), list int[]);
SET TimeZone = 'UTC';
INSERT INTO t SELECT n, n % 128, n % 2 = 0, n / 100.0, n / 3.0, n / 7.0,
    'name ' || n || chr(128512), 'f' || n % 7, CASE WHEN n % 9 > 0 THEN repeat('x', n % 500) END,
    CASE WHEN n % 5 > 0 THEN int4send(n * 7919) ELSE '' END, date '2000-01-01' + n,
    timestamp '2000-01-01' + n * interval '1001 microseconds',
    timestamptz '2001-01-01' + n * interval '1 hour', time '00:00' + n * interval '17.000001 seconds',
    md5(n::text)::uuid, json_build_object('n', n), (ARRAY['sad', 'ok', 'it''s'])[n % 3 + 1]::mood,
    n::bit(12), ARRAY[n, NULL, -n] FROM generate_series(1, 3000) n;
CREATE VIEW v AS SELECT * FROM t;
SQL
}

# What the target holds, as the shell sees it; an absent table is an answer too.
content() {
    postgres_query <<<"SET search_path = loaded; \\d \"$TABLE\"
SELECT * FROM \"$TABLE\" ORDER BY 1, 2" 2>&1 || true
}

case ${1-} in
installed) postgres_is_installed ;;
start) start ;;
stop) postgres_remove ;;
count) postgres_query <<<"SELECT COUNT(*) FROM loaded.\"$TABLE\"" ;;
content) content ;;
*) echo "usage: pgsql-server.bash installed|start|stop|count|content" >&2; exit 64 ;;
esac
