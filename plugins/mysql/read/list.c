/* The tables and views of a database, as far as the account may know of them. */

#include "read/read.h"

#include <inttypes.h>
#include <string.h>

#define LIST_SAVEPOINT "dbferry_tables"

/* The columns of the question. */
enum { LIST_NAME, LIST_KIND, LIST_ROWS, LIST_FIELDS };

/* Databases of the server's own have nothing that its users made; MariaDB's sequences are no
 * tables.  A last row without a name shows that the answer is whole. */
static const char list_question[] =
    "SELECT TABLE_NAME, TABLE_TYPE, TABLE_ROWS FROM information_schema.TABLES "
    "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_SCHEMA NOT IN "
    "('information_schema', 'mysql', 'performance_schema', 'sys') "
    "AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW') "
    "UNION ALL SELECT NULL, NULL, NULL";

static const char list_doing[] = "ask which tables there are";

static ferry_status list_ask(struct mydrv_conn *conn, MYSQL_RES **ret_rows, struct ferry_error *err)
{
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (mysql_real_query(conn->native, list_question, sizeof list_question - 1) != 0)
        return mydrv_fail_conn(conn, MYDRV_ASKING, list_doing, err);
    MYSQL_RES *rows = mysql_store_result(conn->native);
    if (rows == NULL || mysql_num_fields(rows) != LIST_FIELDS) {
        mysql_free_result(rows);
        return mydrv_fail_conn(conn, MYDRV_ASKING, list_doing, err);
    }
    *ret_rows = rows;
    return FERRY_OK;
}

/* Tables in which the target half keeps records and rows on their way are not the user's. */
static bool list_is_ours(const char *name)
{
    return strncasecmp(name, "_dbferry_", 9) == 0;
}

static ferry_status list_take(MYSQL_ROW row, struct ferry_listing *listing, struct ferry_error *err)
{
    struct ferry_listed listed = {
        .name = row[LIST_NAME],
        .kind = strcmp(row[LIST_KIND], "VIEW") == 0 ? FERRY_READ_VIEW : FERRY_READ_TABLE,
    };
    if (row[LIST_ROWS] != NULL) {
        listed.rows = strtoumax(row[LIST_ROWS], NULL, 10);
        listed.rows_known = 1;
    }
    return ferry_listing_add(listing, &listed, sizeof listed, err);
}

static ferry_status list_run(struct mydrv_conn *conn, const char *sql, const char *doing,
                             struct ferry_error *err)
{
    return mysql_real_query(conn->native, sql, strlen(sql)) == 0
               ? FERRY_OK
               : mydrv_fail_conn(conn, MYDRV_ASKING, doing, err);
}

/* A transaction holds on to the definition of each table that it has read, so that whoever alters
 * one waits for its end, and all others for him.  It lets go of those that came after a savepoint
 * when it goes back there, and keeps its view of the data. */
static ferry_status list_begin_tables(struct mydrv_conn *conn, struct ferry_error *err)
{
    if (conn->snapshot_ms == 0)
        return FERRY_OK;
    ferry_status status =
        list_run(conn, "SAVEPOINT " LIST_SAVEPOINT, "set a savepoint before the tables", err);
    conn->savepoint = status == FERRY_OK;
    return status;
}

ferry_status mydrv_list_let_go(struct mydrv_conn *conn, struct ferry_error *err)
{
    if (!conn->savepoint || !conn->read_since)
        return FERRY_OK;
    conn->read_since = false;
    return list_run(conn, "ROLLBACK TO SAVEPOINT " LIST_SAVEPOINT, "let go of the table before",
                    err);
}

ferry_status mydrv_list(void *argument, struct ferry_listing *listing, struct ferry_error *err)
{
    struct mydrv_conn *conn = argument;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    MYSQL_ROW row = NULL;
    bool whole = false;
    ferry_status status = list_ask(conn, &rows, err);
    while (status == FERRY_OK && (row = mysql_fetch_row(rows)) != NULL) {
        whole = row[LIST_NAME] == NULL;
        if (!whole && row[LIST_KIND] == NULL)
            return mydrv_fail(conn, MYDRV_ASKING, 0, "", list_doing, err);
        if (!whole && !list_is_ours(row[LIST_NAME]))
            status = list_take(row, listing, err);
    }
    if (status == FERRY_OK && !whole)
        return mydrv_fail(conn, MYDRV_ASKING, 0, "", list_doing, err);
    return status == FERRY_OK ? list_begin_tables(conn, err) : status;
}
