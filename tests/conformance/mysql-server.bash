#!/bin/bash
# A private MariaDB for mysql.conf: start (into $T/server; its facts go to $T/env), stop, and what its
# target table holds.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../servers/mariadb.bash"

start() {
    mariadb_start "$T/server"
    printf 'MARIADB_SOCKET=%s\nMARIADB_PID=%s\n' "$MARIADB_SOCKET" "$MARIADB_PID" >"$T/env"
    # The server must not outlive the suite, however that ends.
    (
        while kill -0 "$CONFORMANCE_PID" 2>/dev/null; do sleep 1; done
        kill "$MARIADB_PID" 2>/dev/null
    ) >/dev/null 2>&1 </dev/null 3>&- &
    mariadb_account reader secret "ALL ON conformance.*"
    # Just what the manual says that a target needs.
    mariadb_account loader secret \
        "SELECT, INSERT, UPDATE, DELETE, CREATE, CREATE TEMPORARY TABLES, DROP, ALTER, TRIGGER ON loaded.*"
    mariadb_query <<'SQL'
CREATE DATABASE IF NOT EXISTS loaded CHARACTER SET latin1;
CREATE DATABASE IF NOT EXISTS conformance CHARACTER SET utf8mb4;
USE conformance;
CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, u BIGINT UNSIGNED, small TINYINT, price DECIMAL(10,2),
    f FLOAT, d DOUBLE, name VARCHAR(40), body MEDIUMTEXT, data VARBINARY(50), day DATE, at DATETIME(3),
    stamp TIMESTAMP(6) NULL, t TIME(6), y YEAR);
SET time_zone = '+00:00';
INSERT INTO t SELECT seq, 18446744073709551615 - seq, seq % 128, seq / 100, seq / 3, seq / 7,
    CONCAT('name ', seq, CHAR(0xF09F9880 USING utf8mb4)), IF(seq % 9, REPEAT('x', seq % 500), NULL),
    IF(seq % 5, UNHEX(HEX(seq * 7919)), ''), '2000-01-01' + INTERVAL seq DAY,
    '2000-01-01' + INTERVAL seq * 1001 MICROSECOND, '2001-01-01' + INTERVAL seq HOUR,
    SEC_TO_TIME(CAST(seq AS SIGNED) - 1000), 1901 + seq % 200 FROM seq_1_to_3000;
CREATE VIEW v AS SELECT * FROM t;
SQL
}

stop() {
    kill "$MARIADB_PID"
    for _ in {1..100}; do
        kill -0 "$MARIADB_PID" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -9 "$MARIADB_PID"
}

# What the target holds, as the shell sees it; an absent table is an answer too.
content() {
    mariadb_query loaded <<<"SHOW TABLES LIKE '$TABLE'; SELECT * FROM $TABLE ORDER BY 1, 2" 2>&1 || true
}

case ${1-} in
installed) mariadb_is_installed ;;
start) start ;;
stop) stop ;;
count) mariadb_query loaded <<<"SELECT COUNT(*) FROM $TABLE" ;;
content) content ;;
*) echo "usage: mysql-server.bash installed|start|stop|count|content" >&2; exit 64 ;;
esac
