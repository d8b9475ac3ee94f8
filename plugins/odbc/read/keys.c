/* The primary key of a table.  Other indexes are not told of: SQLStatistics hides that one covers a
 * part of the rows, or only the beginning of a column. */

#include "read/read.h"

#include <string.h>

/* The columns of SQLPrimaryKeys. */
enum { KEYS_COLUMN = 4, KEYS_SEQUENCE = 5 };

static const char keys_doing[] = "ask for the primary key";

static struct odrv_column *keys_find(struct odrv_columns *columns, const char *name)
{
    for (size_t i = 0; name != NULL && i < columns->count; i++)
        if (strcmp(columns->list[i].name, name) == 0)
            return &columns->list[i];
    return NULL;
}

/* Which of the key's columns the row tells of, from 1; 0 where it does not say. */
static ferry_status keys_read_position(struct odrv_conn *conn, SQLHSTMT stmt,
                                       uint32_t *ret_position, struct ferry_error *err)
{
    PART_AUTO_STRING char *text = NULL;
    char *end = NULL;
    ferry_status status = odrv_statement_text(conn, stmt, KEYS_SEQUENCE, keys_doing, &text, err);
    unsigned long position = text == NULL ? 0 : strtoul(text, &end, 10);
    if (status == FERRY_OK)
        *ret_position =
            position <= UINT16_MAX && end != NULL && *end == '\0' ? (uint32_t)position : 0;
    return status;
}

/* One row of the answer. */
static ferry_status keys_take(struct odrv_conn *conn, SQLHSTMT stmt, struct odrv_columns *columns,
                              bool *ret_known, struct ferry_error *err)
{
    PART_AUTO_STRING char *name = NULL;
    uint32_t position = 0;
    ferry_status status = odrv_statement_text(conn, stmt, KEYS_COLUMN, keys_doing, &name, err);
    if (status == FERRY_OK)
        status = keys_read_position(conn, stmt, &position, err);
    struct odrv_column *column = keys_find(columns, name);
    if (status != FERRY_OK)
        return status;
    /* Half a key is none. */
    *ret_known = *ret_known && column != NULL && position > 0;
    if (column != NULL)
        column->column.key_position = position;
    return FERRY_OK;
}

/* `*ret_known`: all of the key's columns are among these. */
static ferry_status keys_take_all(struct odrv_conn *conn, SQLHSTMT stmt,
                                  struct odrv_columns *columns, bool *ret_known,
                                  struct ferry_error *err)
{
    bool row = true;
    ferry_status status = FERRY_OK;
    while (status == FERRY_OK && row) {
        status = odrv_statement_next(conn, stmt, keys_doing, &row, err);
        if (status == FERRY_OK && row)
            status = keys_take(conn, stmt, columns, ret_known, err);
    }
    return status;
}

/* The positions are 1 to their number, and none of the columns takes NULL: else it is no key that
 * another database could have. */
static bool keys_are_whole(const struct odrv_columns *columns)
{
    uint64_t sum = 0, expected = 0, count = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const struct ferry_column *column = &columns->list[i].column;
        if (column->key_position == 0)
            continue;
        if ((column->flags & FERRY_COLUMN_NOT_NULL) == 0)
            return false;
        sum += column->key_position;
        expected += ++count;
    }
    return sum == expected;
}

ferry_status odrv_keys_mark(struct odrv_conn *conn, const struct odrv_found *table,
                            struct odrv_columns *columns, struct ferry_error *err)
{
    ODRV_AUTO_STATEMENT SQLHSTMT stmt = SQL_NULL_HSTMT;
    SQLCHAR *schema = (SQLCHAR *)(uintptr_t)odrv_found_schema(conn, table);
    if (!conn->dialect->keys)
        return FERRY_OK;
    ferry_status status = odrv_statement_new(conn, &stmt, err);
    if (status != FERRY_OK)
        return status;
    odrv_watch_begin(&conn->watch, stmt, false);
    SQLRETURN result = SQLPrimaryKeys(stmt, NULL, 0, schema, schema == NULL ? 0 : SQL_NTS,
                                      (SQLCHAR *)(uintptr_t)table->name, SQL_NTS);
    odrv_watch_end(&conn->watch);
    if (!odrv_succeeded(result))
        return odrv_fail(conn, SQL_HANDLE_STMT, stmt, ODRV_ASKING, keys_doing, err);
    bool known = true;
    status = keys_take_all(conn, stmt, columns, &known, err);
    odrv_statement_free(&stmt);
    if (status == FERRY_OK)
        status = odrv_conn_confirm(conn, keys_doing, err);
    known = known && keys_are_whole(columns);
    for (size_t i = 0; !known && i < columns->count; i++)
        columns->list[i].column.key_position = 0;
    return status;
}
