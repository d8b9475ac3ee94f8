/* How old a table's rows are: by the record of the run that wrote it. */

#include "mysql_driver.h"

#include <string.h>
#include <strings.h>

/* What says no more than that there is no record to be read here. */
static bool freshness_has_none(unsigned code)
{
    static const unsigned codes[] = {1044, 1046, 1142, 1143, 1146}; /* no right, database, table */
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i] == code)
            return true;
    return false;
}

static ferry_status freshness_ask(struct mydrv_conn *conn, const char *table, MYSQL_RES **ret_rows,
                                  struct ferry_error *err)
{
    MYDRV_AUTO_TEXT char *sql = NULL;
    size_t length = strlen(table);
    MYDRV_AUTO_TEXT char *escaped = malloc(2 * length + 1);
    if (escaped == NULL)
        return mydrv_fail_memory(err);
    mysql_real_escape_string(conn->native, escaped, table, length);
    /* All columns, as a table of an older release has fewer. */
    if (asprintf(&sql, "SELECT * FROM _dbferry_sync WHERE target_table = '%s'", escaped) < 0) {
        sql = NULL;
        return mydrv_fail_memory(err);
    }
    if (mysql_real_query(conn->native, sql, strlen(sql)) == 0)
        *ret_rows = mysql_store_result(conn->native);
    if (*ret_rows == NULL && !freshness_has_none(mysql_errno(conn->native)))
        return mydrv_fail_conn(conn, MYDRV_DESCRIBING, "ask _dbferry_sync how old the data are",
                               err);
    return FERRY_OK;
}

/* The text of the row's column of that name; NULL where there is none. */
static const char *freshness_text(MYSQL_RES *rows, MYSQL_ROW row, const char *name)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);
    for (unsigned i = 0; i < mysql_num_fields(rows); i++)
        if (strcmp(fields[i].name, name) == 0)
            return row[i];
    return NULL;
}

static void freshness_read(MYSQL_RES *rows, struct ferry_freshness *ret_freshness)
{
    MYSQL_ROW row = mysql_fetch_row(rows);
    int64_t taken = 0;
    if (row == NULL)
        return;
    const char *text = freshness_text(rows, row, "data_from");
    const char *fallback = freshness_text(rows, row, "fallback");
    if (text == NULL && (fallback == NULL || strcmp(fallback, "0") == 0))
        text = freshness_text(rows, row, "started");
    if (text == NULL || !ferry_time_read(text, &taken))
        return;
    ret_freshness->basis = FERRY_FRESHNESS_RECORD;
    ret_freshness->taken_ms = taken;
}

/* A server does not say which tables a query reads, so that nothing is known of a view or query but
 * what might do harm. */
ferry_status mydrv_freshness(void *conn, const struct ferry_read *read, const char *table,
                             struct ferry_freshness *ret_freshness, struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    bool one = read->kind == FERRY_READ_TABLE;
    ferry_status status = mydrv_conn_check(c, err);
    if (status == FERRY_OK && one)
        status = freshness_ask(c, read->text, &rows, err);
    if (status != FERRY_OK)
        return status;
    if (rows != NULL)
        freshness_read(rows, ret_freshness);
    if (table != NULL)
        ret_freshness->reads_table = !one || strcasecmp(read->text, table) == 0;
    return FERRY_OK;
}
