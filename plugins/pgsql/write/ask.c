/* Statements of a target. */

#include "write/target.h"

#include <errno.h>
#include <inttypes.h>

ferry_status pgdrv_sql_run(struct pgdrv_conn *conn, const struct part_text *sql, const char *doing,
                           struct ferry_error *err)
{
    return sql->failed ? pgdrv_fail_memory(err)
                       : pgdrv_run(conn, PGDRV_LOADING, sql->data, doing, err);
}

ferry_status pgdrv_sql_ask(struct pgdrv_conn *conn, const struct part_text *sql, int columns,
                           const char *doing, PGresult **ret_result, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    if (sql->failed)
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_ask(conn, PGDRV_LOADING, sql->data, NULL, 0, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (PQnfields(result) != columns)
        return pgdrv_fail_shape(conn, PGDRV_LOADING, doing, err);
    *ret_result = result;
    result = NULL;
    return FERRY_OK;
}

ferry_status pgdrv_sql_try(struct pgdrv_conn *conn, const struct part_text *sql, const char *doing,
                           PGresult **ret_result, struct ferry_error *err)
{
    return sql->failed ? pgdrv_fail_memory(err)
                       : pgdrv_try(conn, PGDRV_LOADING, sql->data, NULL, 0, doing, ret_result, err);
}

bool pgdrv_digits(const char *text, uint64_t *ret_number)
{
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    errno = 0;
    uintmax_t number = strtoumax(text, &end, 10);
    if (errno != 0 || *end != '\0' || number > UINT64_MAX)
        return false;
    *ret_number = number;
    return true;
}

ferry_status pgdrv_sql_number(struct pgdrv_conn *conn, const struct part_text *sql,
                              const char *doing, uint64_t *ret_number, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status = pgdrv_sql_ask(conn, sql, 1, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    return PQntuples(result) == 1 && pgdrv_digits(pgdrv_value(result, 0, 0), ret_number)
               ? FERRY_OK
               : pgdrv_fail_shape(conn, PGDRV_LOADING, doing, err);
}

uint64_t pgdrv_sql_rows(const PGresult *result)
{
    uint64_t rows = 0;
    /* The library does not change what it is given here. */
    (void)pgdrv_digits(PQcmdTuples((PGresult *)(uintptr_t)result), &rows);
    return rows;
}
