/* Statements of the target half and their answers, small enough to be kept whole. */

#include "target.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/socket.h>

static bool ask_is_answered(const struct mydrv_conn *conn)
{
    struct pollfd socket = {.fd = conn->wake_fd, .events = POLLIN};
    int timeout = conn->patience_ms > 0 ? (int)conn->patience_ms : -1;
    int found;
    do
        found = poll(&socket, 1, timeout);
    while (found < 0 && errno == EINTR);
    return found != 0;
}

/* A server that is silent may be busy, for hours where a table is large, or gone.  Whoever answers
 * on the second connection is busy on the first. */
static void ask_wait(struct mydrv_conn *conn)
{
    static const char ping[] = "DO 1";
    while (!ask_is_answered(conn)) {
        if (mysql_real_query(conn->spare->native, ping, sizeof ping - 1) != 0) {
            shutdown(conn->wake_fd, SHUT_RDWR); /* the library then reports the loss */
            return;
        }
        ferry_log(FERRY_LOG_INFO, "%s: the server is still at work", conn->label);
    }
}

bool mydrv_query(struct mydrv_conn *conn, const struct mydrv_text *sql)
{
    if (conn->spare == NULL)
        return mysql_real_query(conn->native, sql->data, sql->length) == 0;
    if (mysql_send_query(conn->native, sql->data, sql->length) != 0)
        return false;
    ask_wait(conn);
    return mysql_read_query_result(conn->native) == 0;
}

static ferry_status ask_send(struct mydrv_conn *conn, struct mydrv_text *sql, const char *doing,
                             struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK && (sql->failed || sql->data == NULL))
        status = mydrv_fail_memory(err);
    if (status == FERRY_OK && !mydrv_query(conn, sql))
        status = mydrv_fail_conn(conn, MYDRV_LOADING, doing, err);
    mydrv_text_clear(sql);
    return status;
}

ferry_status mydrv_run(struct mydrv_conn *conn, struct mydrv_text *sql, const char *doing,
                       struct ferry_error *err)
{
    ferry_status status = ask_send(conn, sql, doing, err);
    if (status == FERRY_OK && mysql_field_count(conn->native) != 0) { /* rows where none are due */
        mysql_free_result(mysql_store_result(conn->native));
        status = mydrv_fail(conn, MYDRV_LOADING, 0, "", doing, err);
    }
    return status;
}

ferry_status mydrv_ask(struct mydrv_conn *conn, struct mydrv_text *sql, unsigned columns,
                       const char *doing, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    ferry_status status = ask_send(conn, sql, doing, err);
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

ferry_status mydrv_ask_number(struct mydrv_conn *conn, struct mydrv_text *sql, const char *doing,
                              uint64_t *ret_number, struct ferry_error *err)
{
    MYDRV_AUTO_ROWS MYSQL_RES *rows = NULL;
    ferry_status status = mydrv_ask(conn, sql, 1, doing, &rows, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(rows);
    *ret_number = row == NULL || row[0] == NULL ? 0 : strtoumax(row[0], NULL, 10);
    return FERRY_OK;
}
