/* One state for several sessions: while this one keeps writers out, each of the others takes a
 * snapshot of its own, and all of these are alike.
 *
 * A lock of the table is enough, and harms least; where the account has no right to it, or where it
 * is not known which tables are read, the whole server is locked for that moment.
 */

#include "connect/connect.h"
#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static const char share_doing[] = "keep writers out while the connections take their snapshots";

static ferry_status share_run(struct mydrv_conn *conn, const struct part_text *sql,
                              struct ferry_error *err)
{
    if (sql->failed)
        return mydrv_fail_memory(err);
    return mysql_real_query(conn->native, sql->data, sql->length) == 0
               ? FERRY_OK
               : mydrv_fail_conn(conn, MYDRV_ASKING, share_doing, err);
}

/* ---- Tables without snapshots ---- */

/* The table itself; of a view or a query, those that it may read here. */
static void share_write_engines(const struct ferry_read *read, struct part_text *sql)
{
    const char *name = read->kind == FERRY_READ_QUERY ? "" : read->text;
    part_text_add(sql, "SELECT t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES AS t WHERE "
                       "t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM "
                       "VERSIONED') AND COALESCE(t.ENGINE, '') NOT IN ('InnoDB', 'ROCKSDB') AND "
                       "(t.TABLE_NAME = ");
    mydrv_text_add_quoted(sql, name, strlen(name));
    part_text_add(sql, " OR NOT EXISTS (SELECT 1 FROM information_schema.TABLES AS s WHERE "
                       "s.TABLE_SCHEMA = DATABASE() AND s.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM "
                       "VERSIONED') AND s.TABLE_NAME = ");
    mydrv_text_add_quoted(sql, name, strlen(name));
    part_text_add(sql, ")) LIMIT 1");
}

static ferry_status share_check_engines(struct mydrv_conn *conn, const struct ferry_read *read,
                                        struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    share_write_engines(read, &sql);
    ferry_status status = share_run(conn, &sql, err);
    if (status != FERRY_OK)
        return status;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = mysql_store_result(conn->native);
    if (rows == NULL)
        return mydrv_fail_conn(conn, MYDRV_ASKING, share_doing, err);
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row == NULL)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "%s: table '%s' (%s) has no snapshots, so that the connections would read "
                      "it at different moments; leave out partitions, or ask for that with "
                      "snapshot = \"none\"",
                      conn->label, row[0] == NULL ? "?" : row[0], row[1] == NULL ? "?" : row[1]);
}

/* ---- The lock ---- */

static ferry_status share_set_patience(struct mydrv_conn *conn, int64_t lock_wait_ms,
                                       struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    int64_t seconds = lock_wait_ms < 1000 ? 1 : lock_wait_ms / 1000;
    part_text_addf(&sql, "SET SESSION lock_wait_timeout = %" PRId64, seconds);
    return share_run(conn, &sql, err);
}

static ferry_status share_fail_rights(const struct mydrv_conn *conn, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_REFUSED,
                      "%s: cannot %s: %s (error %u); grant LOCK TABLES on the database (RELOAD, of "
                      "a query), or ask for snapshot = \"none\"",
                      conn->label, share_doing, mysql_error(conn->native),
                      mysql_errno(conn->native));
}

static ferry_status share_lock_server(struct mydrv_conn *conn, struct ferry_error *err)
{
    static const char sql[] = "FLUSH TABLES WITH READ LOCK";
    ferry_log(FERRY_LOG_INFO, "%s: the whole server is locked for a moment", conn->label);
    if (mysql_real_query(conn->native, sql, sizeof sql - 1) == 0)
        return FERRY_OK;
    return mydrv_is_refusal(mysql_errno(conn->native))
               ? share_fail_rights(conn, err)
               : mydrv_fail_conn(conn, MYDRV_ASKING, share_doing, err);
}

static ferry_status share_lock(struct mydrv_conn *conn, const struct ferry_read *read,
                               struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    if (read->kind == FERRY_READ_QUERY)
        return share_lock_server(conn, err);
    part_text_add(&sql, "LOCK TABLES ");
    mydrv_text_add_name(&sql, read->text);
    part_text_add(&sql, " READ");
    if (sql.failed)
        return mydrv_fail_memory(err);
    if (mysql_real_query(conn->native, sql.data, sql.length) == 0)
        return FERRY_OK;
    return mydrv_is_refusal(mysql_errno(conn->native))
               ? share_lock_server(conn, err)
               : mydrv_fail_conn(conn, MYDRV_ASKING, share_doing, err);
}

/* ---- The three calls ---- */

/* The statement that locks ends the transaction.  Which server it is, the others compare: one that
 * a proxy has led elsewhere would see what this lock keeps from nobody. */
ferry_status mydrv_share_begin(void *argument, const struct ferry_read *read,
                               const struct ferry_share_spec *spec, struct ferry_share *share,
                               struct ferry_error *err)
{
    struct mydrv_conn *conn = argument;
    PART_AUTO_TEXT struct part_text server = {0};
    if (spec->how != FERRY_SHARE_LOCK)
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED, "%s: the server hands no snapshot on",
                          conn->label);
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = share_check_engines(conn, read, err);
    if (status == FERRY_OK)
        status = share_set_patience(conn, spec->lock_wait_ms, err);
    if (status == FERRY_OK)
        status = mydrv_server_identity(conn, &server, err);
    if (status == FERRY_OK)
        status = ferry_share_set(share, server.data == NULL ? "" : server.data, err);
    if (status != FERRY_OK)
        return status;
    conn->snapshot_ms = 0;
    conn->savepoint = conn->read_since = false;
    return share_lock(conn, read, err);
}

ferry_status mydrv_share_join(void *argument, const char *text, struct ferry_error *err)
{
    struct mydrv_conn *conn = argument;
    PART_AUTO_TEXT struct part_text server = {0};
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = mydrv_server_identity(conn, &server, err);
    if (status != FERRY_OK)
        return status;
    if (strcmp(server.data == NULL ? "" : server.data, text) != 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: another server has answered than before, so that no state can be "
                          "shared; connect to one server itself, and not to several by one name",
                          conn->label);
    return mydrv_snapshot_begin(conn, err);
}

/* Where it succeeds, the session has held the lock until now. */
ferry_status mydrv_share_end(void *argument, struct ferry_error *err)
{
    static const char sql[] = "UNLOCK TABLES";
    struct mydrv_conn *conn = argument;
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    return mysql_real_query(conn->native, sql, sizeof sql - 1) == 0
               ? FERRY_OK
               : mydrv_fail_conn(conn, MYDRV_READING, "let writers in again", err);
}
