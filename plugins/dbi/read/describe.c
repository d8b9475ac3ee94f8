/* What the columns are: as the result or the catalog describes them, judged by the dialect's table
 * of types. */

#include "read/read.h"

#include <string.h>

#define DECIMAL_MOST_DIGITS 1000

void dbidrv_columns_clear(struct dbidrv_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        free(columns->list[i].name);
        free(columns->list[i].native);
    }
    free(columns->list);
    *columns = (struct dbidrv_columns){0};
}

/* Lengths and digits; false where they contradict the type. */
static bool describe_measure(const struct dbidrv_type *type, const unsigned long numbers[2],
                             unsigned count, struct dbidrv_column *column)
{
    struct ferry_column *c = &column->column;
    bool loose = (type->flags & FERRY_COLUMN_LOOSE) != 0; /* a length there limits nothing */
    switch (type->type) {
    case FERRY_TYPE_DECIMAL:
        c->precision = (uint32_t)numbers[0];
        c->scale = count > 1 ? (uint32_t)numbers[1] : 0;
        if (count == 0 || numbers[0] == 0 || numbers[0] > DECIMAL_MOST_DIGITS ||
            c->scale > c->precision)
            return false;
        break;
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        c->scale = count > 0 ? (uint32_t)numbers[0] : type->scale;
        if (c->scale > 9)
            return false;
        break;
    case FERRY_TYPE_TEXT:
    case FERRY_TYPE_BYTES:
        if (count > 0 && !type->sized && !loose && type->order == NULL &&
            (type->flags & FERRY_COLUMN_FIXED) == 0)
            count = 0; /* digits of a second, or of a number that is told as a text */
        if (count > 0 && !loose)
            c->length = numbers[0];
        else
            c->flags |= FERRY_COLUMN_LONG;
        break;
    default:
        break;
    }
    column->scale = c->scale;
    return true;
}

static ferry_status describe_refuse(const struct dbidrv_conn *conn,
                                    const struct dbidrv_described *described,
                                    struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: column '%s' has the type '%s', which dbferry does not carry through "
                      "libdbi; leave it out, or cast it to a text in the view or query",
                      conn->label, described->name, described->type);
}

static ferry_status describe_judge(const struct dbidrv_conn *conn,
                                   const struct dbidrv_described *described, size_t position,
                                   struct dbidrv_column *ret, struct ferry_error *err)
{
    struct dbidrv_column column = {0};
    unsigned long numbers[2] = {0};
    unsigned count = 0;
    if (*described->name == '\0')
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: column %zu has no name; give it one with AS in the query or view",
                          conn->label, position);
    column.type = dbidrv_dialect_type(conn->dialect, described->type, numbers, &count);
    if (column.type == NULL)
        return describe_refuse(conn, described, err);
    column.column.type = column.type->type;
    column.column.bits = column.type->bits;
    column.column.flags = column.type->flags;
    if (!describe_measure(column.type, numbers, count, &column))
        return describe_refuse(conn, described, err);
    column.name = strdup(described->name);
    column.native = strdup(*described->type == '\0' ? "(no type)" : described->type);
    if (column.name == NULL || column.native == NULL) {
        free(column.name);
        free(column.native);
        return dbidrv_fail_memory(err);
    }
    column.column.name = column.name;
    column.column.native = column.native;
    column.column.flags |= dbidrv_scan_flags(conn, &column);
    *ret = column;
    return FERRY_OK;
}

static ferry_status describe_all(struct dbidrv_conn *conn, const struct ferry_read *read,
                                 const char *what, struct dbidrv_columns *columns,
                                 struct ferry_error *err)
{
    struct dbidrv_described *list = NULL;
    size_t count = 0;
    PART_AUTO_TEXT struct part_text sql = {0};
    dbidrv_query_plain(conn, read, &sql);
    ferry_status status =
        sql.failed ? dbidrv_fail_memory(err)
                   : conn->dialect->describe(conn, read, sql.data, what, &list, &count, err);
    if (status == FERRY_OK && count == 0)
        status = ferry_fail(err, FERRY_ERR_SCHEMA, "%s: %s has no columns", conn->label, what);
    if (status == FERRY_OK) {
        columns->list = calloc(count, sizeof *columns->list);
        status = columns->list == NULL ? dbidrv_fail_memory(err) : FERRY_OK;
    }
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        status = describe_judge(conn, &list[i], i + 1, &columns->list[i], err);
        columns->count += status == FERRY_OK;
    }
    dbidrv_described_free(list, count);
    return status;
}

ferry_status dbidrv_columns_describe(struct dbidrv_conn *conn, const struct ferry_read *read,
                                     struct dbidrv_columns *ret_columns, struct ferry_error *err)
{
    PART_AUTO_STRING char *what = dbidrv_query_what(read);
    DBIDRV_AUTO_COLUMNS struct dbidrv_columns columns = {0};
    uint32_t kind = FERRY_READ_QUERY;
    ferry_status status = what == NULL ? dbidrv_fail_memory(err) : FERRY_OK;
    if (status == FERRY_OK && read->kind != FERRY_READ_QUERY)
        status = dbidrv_tables_find(conn, read->text, &kind, err);
    /* A statement that fails would spoil the snapshot. */
    if (status == FERRY_OK && kind == 0)
        status = ferry_fail(err, FERRY_ERR_NOT_FOUND, "%s: there is no %s", conn->label, what);
    if (status == FERRY_OK)
        status = describe_all(conn, read, what, &columns, err);
    if (status == FERRY_OK && kind == FERRY_READ_TABLE)
        status = dbidrv_tables_mark(conn, read->text, &columns, err);
    if (status != FERRY_OK)
        return status;
    *ret_columns = columns;
    columns = (struct dbidrv_columns){0};
    return FERRY_OK;
}

ferry_status dbidrv_describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                             struct ferry_error *err)
{
    DBIDRV_AUTO_COLUMNS struct dbidrv_columns columns = {0};
    ferry_status status = dbidrv_columns_describe(conn, read, &columns, err);
    for (size_t i = 0; status == FERRY_OK && i < columns.count; i++)
        status =
            ferry_schema_add(schema, &columns.list[i].column, sizeof columns.list[i].column, err);
    return status;
}
