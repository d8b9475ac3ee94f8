/* Bounds are parameters, so that no setting and no number of digits comes between; each comparison
 * names the collation BINARY, which an index of that collation serves too.
 */

#include "scan.h"

bool sqldrv_scan_is_special(const struct ferry_scan *scan)
{
    return scan != NULL && (scan->order_count > 0 || scan->bound_count > 0 ||
                            scan->column_count > 0 || scan->touched != 0);
}

size_t sqldrv_scan_width(const struct ferry_scan *scan, size_t all)
{
    return scan != NULL && scan->column_count > 0 ? scan->column_count : all;
}

size_t sqldrv_scan_column_at(const struct ferry_scan *scan, size_t i)
{
    return scan != NULL && scan->column_count > 0 ? scan->columns[i] : i;
}

void sqldrv_scan_add_columns(sqlite3_str *out, const struct ferry_scan *scan, size_t all)
{
    for (size_t i = 0; i < sqldrv_scan_width(scan, all); i++) {
        sqlite3_str_appendf(out, "%sc%llu", i > 0 ? ", " : "",
                            (unsigned long long)sqldrv_scan_column_at(scan, i));
    }
}

void sqldrv_scan_add_names(sqlite3_str *out, size_t all)
{
    sqlite3_str_appendall(out, "(");
    sqldrv_scan_add_columns(out, NULL, all);
    sqlite3_str_appendall(out, ")");
}

static void scan_add_bound(sqlite3_str *out, const struct ferry_bound *bound, size_t i)
{
    static const char *const signs[] = {
        [FERRY_BOUND_AT_LEAST] = ">=",
        [FERRY_BOUND_ABOVE] = ">",
        [FERRY_BOUND_AT_MOST] = "<=",
        [FERRY_BOUND_BELOW] = "<",
    };
    unsigned long long column = bound->column;
    sqlite3_str_appendf(out, "(c%llu COLLATE BINARY %s ?%llu", column, signs[bound->kind],
                        (unsigned long long)i + 1);
    if (bound->or_null != 0) {
        sqlite3_str_appendf(out, " OR c%llu IS NULL", column);
    }
    sqlite3_str_appendall(out, ")");
}

void sqldrv_scan_add_bounds(sqlite3_str *out, const struct ferry_scan *scan, const char *before)
{
    for (size_t i = 0; i < scan->bound_count; i++) {
        sqlite3_str_appendall(out, i > 0 ? " AND " : before);
        scan_add_bound(out, scan->bounds[i], i);
    }
}

static void scan_add_order(sqlite3_str *out, const struct sqldrv_scan_column *of, size_t column)
{
    unsigned long long number = column;
    if (of->raw) {
        sqlite3_str_appendf(out,
                            "CASE typeof(c%llu) WHEN 'text' THEN CAST(c%llu AS BLOB) ELSE "
                            "c%llu END",
                            number, number, number);
    } else {
        sqlite3_str_appendf(out, "c%llu COLLATE BINARY", number);
    }
    if (of->ties) {
        sqlite3_str_appendf(out, ", typeof(c%llu)", number); /* 'integer', 'real' */
    }
}

void sqldrv_scan_add_order(sqlite3_str *out, const struct ferry_scan *scan,
                           const struct sqldrv_scan_column *columns)
{
    for (size_t i = 0; i < scan->order_count; i++) {
        sqlite3_str_appendall(out, i > 0 ? ", " : " ORDER BY ");
        scan_add_order(out, &columns[scan->order[i]], scan->order[i]);
    }
}

/* ---- Bounds ---- */

/* What no column holds and yet may be a bound: above each integer. */
static int scan_bind_unsigned(sqlite3_stmt *stmt, int at, uint64_t value)
{
    return value <= INT64_MAX ? sqlite3_bind_int64(stmt, at, (sqlite3_int64)value)
                              : sqlite3_bind_double(stmt, at, (double)value);
}

static int scan_bind_decimal(sqlite3_stmt *stmt, int at, const struct sqldrv_scan_column *of,
                             const struct ferry_cell *cell)
{
    int64_t whole;
    double value;
    if (sqldrv_decimal_to_whole(cell->v.p, cell->len, &whole)) {
        return sqlite3_bind_int64(stmt, at, whole);
    }
    return sqldrv_decimal_to_double(cell->v.p, cell->len, &value) ||
                   sqldrv_decimal_to_double_checked(cell->v.p, cell->len, of->scale, &value)
               ? sqlite3_bind_double(stmt, at, value)
               : SQLITE_MISMATCH;
}

/* A cell as the column would store it; SQLITE_MISMATCH where it would not. */
static int scan_bind_cell(sqlite3_stmt *stmt, int at, const struct sqldrv_scan_column *of,
                          const struct ferry_cell *cell)
{
    switch (of->convert) {
    case SQLDRV_CONVERT_INT:
    case SQLDRV_CONVERT_INT_REAL:
        return sqlite3_bind_int64(stmt, at, cell->v.i);
    case SQLDRV_CONVERT_UNSIGNED:
        return scan_bind_unsigned(stmt, at, cell->v.u);
    case SQLDRV_CONVERT_DECIMAL:
    case SQLDRV_CONVERT_DECIMAL_CHECKED:
    case SQLDRV_CONVERT_DECIMAL_NUMBER:
        return scan_bind_decimal(stmt, at, of, cell);
    case SQLDRV_CONVERT_TEXT:
    case SQLDRV_CONVERT_TEXT_NO_NUMBER:
        return sqlite3_bind_text64(stmt, at, cell->v.p, cell->len, SQLITE_TRANSIENT, SQLITE_UTF8);
    default:
        return SQLITE_MISMATCH;
    }
}

ferry_status sqldrv_scan_bind(struct sqldrv_conn *conn, sqlite3_stmt *stmt,
                              const struct ferry_scan *scan, const struct ferry_schema *schema,
                              const struct sqldrv_scan_column *columns, struct ferry_error *err)
{
    for (size_t i = 0; i < scan->bound_count; i++) {
        const struct ferry_bound *bound = scan->bounds[i];
        int rc = scan_bind_cell(stmt, (int)i + 1, &columns[bound->column], bound->cell);
        if (rc == SQLITE_MISMATCH) {
            return ferry_fail(
                err, FERRY_ERR_DATA,
                "'%s': column '%s' cannot be held against a limit with so many digits; "
                "choose another cursor",
                conn->path, ferry_schema_column(schema, bound->column)->name);
        }
        if (rc != SQLITE_OK) {
            return sqldrv_fail(conn, conn->db, rc, err, "reading from a limit on");
        }
    }
    return FERRY_OK;
}
