/* What a scan asks for, as the end of a SELECT: bounds and order. */

#include "read/read.h"

#include <inttypes.h>
#include <string.h>

/* dbferry_q."name": never a text, whatever columns there are. */
static void scan_add_column(const struct dbidrv_conn *conn, const char *name, struct part_text *sql)
{
    part_text_add(sql, DBIDRV_ALIAS ".");
    dbidrv_query_add_name(conn->dialect, name, sql);
}

static bool scan_has_texts(const struct dbidrv_column *column)
{
    return column->column.type == FERRY_TYPE_TEXT || column->column.type == FERRY_TYPE_UUID ||
           column->column.type == FERRY_TYPE_ANY ||
           (column->column.flags & FERRY_COLUMN_LOOSE) != 0;
}

/* Texts are sorted by their bytes, which are those of UTF-8 only where the database stores it so.
 */
uint32_t dbidrv_scan_flags(const struct dbidrv_conn *conn, const struct dbidrv_column *column)
{
    bool sorted = column->type->order != NULL;
    if (sorted && scan_has_texts(column))
        sorted = conn->utf8;
    return sorted ? FERRY_COLUMN_ORDERED : 0;
}

static ferry_status scan_fail(const struct dbidrv_conn *conn, const struct dbidrv_column *column,
                              const char *what, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: column '%s' cannot be %s", conn->label,
                      column->name, what);
}

/* The limit, as the database reads it.  Only what a value of such a type is made of goes in. */
static bool scan_add_limit(const struct dbidrv_column *column, const struct ferry_cell *cell,
                           struct part_text *sql)
{
    PART_AUTO_TEXT struct part_text value = {0};
    bool is_unsigned = (column->column.flags & FERRY_COLUMN_UNSIGNED) != 0 ||
                       column->column.type == FERRY_TYPE_BIT;
    switch (column->column.type) {
    case FERRY_TYPE_INT:
    case FERRY_TYPE_YEAR:
    case FERRY_TYPE_BIT:
    case FERRY_TYPE_BOOL:
        if (is_unsigned)
            part_text_addf(&value, "%" PRIu64, cell->v.u);
        else
            part_text_addf(&value, "%" PRId64, cell->v.i);
        break;
    case FERRY_TYPE_DECIMAL:
    case FERRY_TYPE_DATE:
    case FERRY_TYPE_DATETIME:
        part_text_append(&value, cell->v.p, cell->len);
        if (value.failed || strspn(value.data, "0123456789-.: ") != value.length)
            return false;
        break;
    default:
        return false;
    }
    part_text_add_template(sql, column->type->bound == NULL ? "%" : column->type->bound,
                           value.failed ? "" : value.data);
    sql->failed = sql->failed || value.failed;
    return true;
}

static ferry_status scan_add_bound(const struct dbidrv_conn *conn, const struct ferry_bound *bound,
                                   const struct dbidrv_column *column, struct part_text *sql,
                                   struct ferry_error *err)
{
    static const char *const signs[] = {
        [FERRY_BOUND_AT_LEAST] = " >= ",
        [FERRY_BOUND_ABOVE] = " > ",
        [FERRY_BOUND_AT_MOST] = " <= ",
        [FERRY_BOUND_BELOW] = " < ",
    };
    if (bound->kind < FERRY_BOUND_AT_LEAST || bound->kind > FERRY_BOUND_BELOW)
        return scan_fail(conn, column, "held against such a bound", err);
    part_text_add(sql, "(");
    scan_add_column(conn, column->name, sql);
    part_text_add(sql, signs[bound->kind]);
    if (!scan_add_limit(column, bound->cell, sql))
        return scan_fail(conn, column, "held against such a value", err);
    if (bound->or_null != 0) {
        part_text_add(sql, " OR ");
        scan_add_column(conn, column->name, sql);
        part_text_add(sql, " IS NULL");
    }
    part_text_add(sql, ")");
    return FERRY_OK;
}

static ferry_status scan_add_order(const struct dbidrv_conn *conn,
                                   const struct dbidrv_column *column, struct part_text *sql,
                                   struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    if (dbidrv_scan_flags(conn, column) == 0)
        return scan_fail(conn, column, "put in order", err);
    scan_add_column(conn, column->name, &name);
    if (name.failed)
        return dbidrv_fail_memory(err);
    part_text_add_template(sql, column->type->order, name.data);
    part_text_add(sql, conn->dialect->nulls_first);
    return FERRY_OK;
}

ferry_status dbidrv_scan_add(const struct dbidrv_conn *conn, const struct ferry_scan *scan,
                             const struct dbidrv_columns *columns, struct part_text *sql,
                             struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < scan->bound_count && status == FERRY_OK; i++) {
        part_text_add(sql, i == 0 ? " WHERE " : " AND ");
        status = scan_add_bound(conn, scan->bounds[i], &columns->list[scan->bounds[i]->column], sql,
                                err);
    }
    for (size_t i = 0; i < scan->order_count && status == FERRY_OK; i++) {
        part_text_add(sql, i == 0 ? " ORDER BY " : ", ");
        status = scan_add_order(conn, &columns->list[scan->order[i]], sql, err);
    }
    return status;
}
