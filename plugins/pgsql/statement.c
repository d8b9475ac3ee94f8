/* One statement and its answer, without ever waiting inside of the library. */

#include "pgsql_driver.h"

#include <poll.h>

bool pgdrv_result_is_good(const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
        return true;
    default:
        return false;
    }
}

const char *pgdrv_value(const PGresult *result, int row, int column)
{
    if (row < 0 || row >= PQntuples(result) || column < 0 || column >= PQnfields(result) ||
        PQgetisnull(result, row, column) != 0)
        return NULL;
    return PQgetvalue(result, row, column);
}

/* What is still to come of the answer would be taken for the answer to the next question. */
static ferry_status statement_wait(struct pgdrv_conn *conn, enum pgdrv_phase phase, short events,
                                   const char *doing, struct ferry_error *err)
{
    switch (pgdrv_wait(conn, events)) {
    case PGDRV_READY:
        return FERRY_OK;
    case PGDRV_STOPPED:
        conn->broken = true;
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    default:
        conn->broken = true;
        return pgdrv_fail(conn, phase, PGDRV_STATE_LOST,
                          conn->until_ms > 0 ? "no answer in time (connect_timeout)"
                                             : "no answer in time (read_timeout)",
                          doing, err);
    }
}

ferry_status pgdrv_take_in(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                           struct ferry_error *err)
{
    ferry_status status = statement_wait(conn, phase, POLLIN, doing, err);
    if (status == FERRY_OK && PQconsumeInput(conn->pg) == 0)
        return pgdrv_fail_result(conn, phase, NULL, doing, err);
    return status;
}

/* A server that has much to say meanwhile would not listen until that is taken. */
ferry_status pgdrv_flush(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                         struct ferry_error *err)
{
    int left;
    while ((left = PQflush(conn->pg)) > 0) {
        ferry_status status = statement_wait(conn, phase, POLLIN | POLLOUT, doing, err);
        if (status != FERRY_OK)
            return status;
        if (PQconsumeInput(conn->pg) == 0)
            return pgdrv_fail_result(conn, phase, NULL, doing, err);
    }
    return left == 0 ? FERRY_OK : pgdrv_fail_result(conn, phase, NULL, doing, err);
}

/* ---- The transaction of a snapshot ---- */

static ferry_status statement_go_back(struct pgdrv_conn *conn, struct ferry_error *err)
{
    if (pgdrv_give_back(conn, "ROLLBACK TO SAVEPOINT dbferry_snapshot"))
        return FERRY_OK;
    conn->broken = true;
    return atomic_load(&conn->cancelled)
               ? ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled")
               : pgdrv_fail(conn, PGDRV_ASKING, PGDRV_STATE_LOST, "the connection was lost",
                            "go back to the beginning of the snapshot", err);
}

/* After an error the server takes no statement of a transaction until it has gone back. */
static ferry_status statement_recover(struct pgdrv_conn *conn, struct ferry_error *err)
{
    ferry_status status = pgdrv_conn_check(conn, err);
    if (status != FERRY_OK || !conn->in_snapshot ||
        PQtransactionStatus(conn->pg) != PQTRANS_INERROR)
        return status;
    return statement_go_back(conn, err);
}

/* A transaction holds a lock on each table that it has read, so that whoever alters one waits for
 * its end, and all others for him. */
ferry_status pgdrv_snapshot_let_go(struct pgdrv_conn *conn, struct ferry_error *err)
{
    if (!conn->in_snapshot || !conn->read_since)
        return FERRY_OK;
    conn->read_since = false;
    return statement_go_back(conn, err);
}

/* ---- Statements ---- */

ferry_status pgdrv_send(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                        const char *const *values, int count, bool binary, const char *doing,
                        struct ferry_error *err)
{
    ferry_status status = statement_recover(conn, err);
    if (status != FERRY_OK)
        return status;
    if (PQsendQueryParams(conn->pg, sql, count, NULL, values, NULL, NULL, binary ? 1 : 0) == 0)
        return pgdrv_fail_result(conn, phase, NULL, doing, err);
    conn->under_way = true;
    return pgdrv_flush(conn, phase, doing, err);
}

ferry_status pgdrv_next(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *doing,
                        PGresult **ret_result, struct ferry_error *err)
{
    while (PQisBusy(conn->pg) != 0) {
        ferry_status status = pgdrv_take_in(conn, phase, doing, err);
        if (status != FERRY_OK)
            return status;
    }
    *ret_result = PQgetResult(conn->pg);
    if (*ret_result == NULL)
        conn->under_way = false;
    return FERRY_OK;
}

/* The last result counts, and an error always is the last but for one of a lost connection, which
 * follows on the reason that the server gave. */
static ferry_status statement_collect(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                                      const char *doing, PGresult **ret_result,
                                      struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *last = NULL;
    for (;;) {
        PGresult *result = NULL;
        ferry_status status = pgdrv_next(conn, phase, doing, &result, err);
        if (status != FERRY_OK)
            return status;
        if (result == NULL)
            break;
        if (last == NULL || pgdrv_result_is_good(last)) {
            PQclear(last);
            last = result;
        } else {
            PQclear(result);
        }
        if (PQstatus(conn->pg) == CONNECTION_BAD)
            break;
    }
    if (last == NULL ||
        (!pgdrv_result_is_good(last) && PQresultErrorField(last, PG_DIAG_SQLSTATE) == NULL))
        return pgdrv_fail_result(conn, phase, last, doing, err);
    *ret_result = last;
    last = NULL;
    return FERRY_OK;
}

ferry_status pgdrv_try(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *const *values, int count, const char *doing,
                       PGresult **ret_result, struct ferry_error *err)
{
    ferry_status status = pgdrv_send(conn, phase, sql, values, count, false, doing, err);
    return status == FERRY_OK ? statement_collect(conn, phase, doing, ret_result, err) : status;
}

ferry_status pgdrv_ask(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *const *values, int count, const char *doing,
                       PGresult **ret_result, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status = pgdrv_try(conn, phase, sql, values, count, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result))
        return pgdrv_fail_result(conn, phase, result, doing, err);
    *ret_result = result;
    result = NULL;
    return FERRY_OK;
}

ferry_status pgdrv_describe_statement(struct pgdrv_conn *conn, enum pgdrv_phase phase,
                                      const char *sql, const char *doing, PGresult **ret_result,
                                      struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *prepared = NULL;
    ferry_status status = statement_recover(conn, err);
    for (int step = 0; step < 2 && status == FERRY_OK; step++) {
        PQclear(prepared);
        prepared = NULL;
        if ((step == 0 ? PQsendPrepare(conn->pg, "", sql, 0, NULL)
                       : PQsendDescribePrepared(conn->pg, "")) == 0)
            return pgdrv_fail_result(conn, phase, NULL, doing, err);
        conn->under_way = true;
        status = pgdrv_flush(conn, phase, doing, err);
        if (status == FERRY_OK)
            status = statement_collect(conn, phase, doing, &prepared, err);
        if (status == FERRY_OK && !pgdrv_result_is_good(prepared))
            status = pgdrv_fail_result(conn, phase, prepared, doing, err);
    }
    if (status != FERRY_OK)
        return status;
    *ret_result = prepared;
    prepared = NULL;
    return FERRY_OK;
}

ferry_status pgdrv_run(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *sql,
                       const char *doing, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    return pgdrv_ask(conn, phase, sql, NULL, 0, doing, &result, err);
}

bool pgdrv_give_back(struct pgdrv_conn *conn, const char *sql)
{
    PGresult *result = NULL;
    bool good = true;
    if (conn->broken || conn->under_way || atomic_load(&conn->cancelled) ||
        PQsendQuery(conn->pg, sql) == 0)
        return false;
    conn->under_way = true;
    while (conn->under_way) {
        for (int left; (left = PQflush(conn->pg)) > 0 || PQisBusy(conn->pg) != 0;)
            if (pgdrv_wait(conn, left > 0 ? POLLIN | POLLOUT : POLLIN) != PGDRV_READY ||
                PQconsumeInput(conn->pg) == 0) {
                conn->broken = true;
                return false;
            }
        result = PQgetResult(conn->pg);
        conn->under_way = result != NULL;
        good = good && (result == NULL || pgdrv_result_is_good(result));
        PQclear(result);
    }
    return good && PQstatus(conn->pg) == CONNECTION_OK;
}
