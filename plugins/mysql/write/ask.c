/* Statements of the target half and their answers, small enough to be kept whole. */

#include "write/ask.h"

#include <errmsg.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define ASK_IN_FLIGHT_MS 2000 /* an answer that the server has given arrives within that */

static bool ask_is_answered(const struct mydrv_conn *conn, int64_t ms)
{
    struct pollfd socket = {.fd = conn->wake_fd, .events = POLLIN};
    int timeout = ms > 0 ? (int)ms : -1;
    int found;
    do
        found = poll(&socket, 1, timeout);
    while (found < 0 && errno == EINTR);
    return found != 0;
}

/* Whether the server still works on what the first connection has asked, as the second one sees it.
 * An account sees its own connections, but not while a trigger of somebody else's runs in them;
 * then it is enough that the connection is there, which its lock tells. */
static bool ask_is_at_work(const struct mydrv_conn *conn)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    MYSQL *second = conn->second->native;
    part_text_addf(&sql,
                   "SELECT COALESCE((SELECT COMMAND <> 'Sleep' FROM "
                   "information_schema.PROCESSLIST WHERE ID = %" PRIu64 "), IS_USED_LOCK(",
                   conn->id);
    if (conn->held_lock == NULL)
        part_text_add(&sql, "NULL");
    else
        mydrv_text_add_quoted(&sql, conn->held_lock, strlen(conn->held_lock));
    part_text_addf(&sql, ") = %" PRIu64 ", 0)", conn->id);
    if (sql.failed || mysql_real_query(second, sql.data, sql.length) != 0)
        return false;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = mysql_store_result(second);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    return row != NULL && row[0] != NULL && strcmp(row[0], "0") != 0;
}

/* A server that is silent may be busy, for hours where a table is large, or gone; or only this
 * connection is, and the question or its answer is lost. */
static void ask_wait(struct mydrv_conn *conn)
{
    while (!ask_is_answered(conn, conn->patience_ms)) {
        if (!ask_is_at_work(conn) && !ask_is_answered(conn, ASK_IN_FLIGHT_MS)) {
            shutdown(conn->wake_fd, SHUT_RDWR); /* the library then reports the loss */
            return;
        }
        ferry_log(FERRY_LOG_INFO, "%s: the server is still at work", conn->label);
    }
}

bool mydrv_query(struct mydrv_conn *conn, const struct part_text *sql)
{
    if (conn->second == NULL)
        return mysql_real_query(conn->native, sql->data, sql->length) == 0;
    if (mysql_send_query(conn->native, sql->data, sql->length) != 0)
        return false;
    ask_wait(conn);
    return mysql_read_query_result(conn->native) == 0;
}

/* `fine` is an error that is none, or 0. */
static ferry_status ask_send(struct mydrv_conn *conn, struct part_text *sql, unsigned fine,
                             const char *doing, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK && (sql->failed || sql->data == NULL))
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK && !mydrv_query(conn, sql) &&
        (fine == 0 || mysql_errno(conn->native) != fine))
        status = mydrv_fail_conn(conn, MYDRV_LOADING, doing, err);
    part_text_clear(sql);
    return status;
}

ferry_status mydrv_run_despite(struct mydrv_conn *conn, struct part_text *sql, unsigned fine,
                               const char *doing, struct ferry_error *err)
{
    ferry_status status = ask_send(conn, sql, fine, doing, err);
    if (status == FERRY_OK && mysql_errno(conn->native) == 0 &&
        mysql_field_count(conn->native) != 0) { /* rows where none are due */
        mysql_free_result(mysql_store_result(conn->native));
        status = mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err);
    }
    return status;
}

ferry_status mydrv_run(struct mydrv_conn *conn, struct part_text *sql, const char *doing,
                       struct ferry_error *err)
{
    return mydrv_run_despite(conn, sql, 0, doing, err);
}

ferry_status mydrv_run_text(struct mydrv_conn *conn, const char *statement, const char *doing,
                            struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    part_text_add(&sql, statement);
    return mydrv_run(conn, &sql, doing, err);
}

ferry_status mydrv_ask(struct mydrv_conn *conn, struct part_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    ferry_status status = ask_send(conn, sql, 0, doing, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_RES *rows = mysql_store_result(conn->native);
    if (rows == NULL || mysql_num_fields(rows) < columns) {
        mysql_free_result(rows);
        return mydrv_fail_conn(conn, MYDRV_LOADING, doing, err);
    }
    *ret_rows = rows;
    return FERRY_OK;
}

ferry_status mydrv_ask_number(struct mydrv_conn *conn, struct part_text *sql, const char *doing,
                              uint64_t *ret_number, struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    ferry_status status = mydrv_ask(conn, sql, 1, doing, &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(rows);
    if (row == NULL)
        return mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err);
    *ret_number = row[0] == NULL ? 0 : strtoumax(row[0], NULL, 10);
    return FERRY_OK;
}

/* ---- Where nothing can be done about a failure ---- */

bool mydrv_conn_is_lost(const struct mydrv_conn *conn)
{
    unsigned code = mysql_errno(conn->native);
    return conn->broken || atomic_load(&conn->cancelled) || code == CR_SERVER_GONE_ERROR ||
           code == CR_SERVER_LOST || code == CR_SERVER_LOST_EXTENDED ||
           code == CR_SSL_CONNECTION_ERROR || code == CR_ERR_NET_READ || code == CR_ERR_NET_WRITE ||
           code == 1053 || code == 1927 || code == 3169 || code == 4031;
}

int mydrv_is_usable(void *conn)
{
    return mydrv_conn_is_lost(conn) ? 0 : 1;
}

bool mydrv_try(struct mydrv_conn *conn, struct part_text *sql)
{
    bool done = !mydrv_conn_is_lost(conn) && !sql->failed && sql->data != NULL &&
                mysql_real_query(conn->native, sql->data, sql->length) == 0;
    if (done && mysql_field_count(conn->native) != 0)
        mysql_free_result(mysql_store_result(conn->native));
    if (mysql_errno(conn->native) != 0)
        mydrv_conn_give_up(conn, mysql_errno(conn->native));
    part_text_clear(sql);
    return done;
}

int mydrv_try_number(struct mydrv_conn *conn, struct part_text *sql)
{
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    int answer = -1;
    if (!sql->failed && mysql_real_query(conn->native, sql->data, sql->length) == 0 &&
        (rows = mysql_store_result(conn->native)) != NULL) {
        MYSQL_ROW row = mysql_fetch_row(rows);
        if (row != NULL && row[0] != NULL && (strcmp(row[0], "0") == 0 || strcmp(row[0], "1") == 0))
            answer = row[0][0] - '0';
    } else {
        mydrv_conn_give_up(conn, mysql_errno(conn->native));
    }
    part_text_clear(sql);
    return answer;
}
