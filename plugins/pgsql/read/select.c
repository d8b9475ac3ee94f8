/* The SELECT by which rows are read.
 *
 * What is read has an alias, and its columns have aliases by their numbers: so two columns of one
 * name are told apart, and no name of the user's means anything else than a column.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

#define SELECT_ALIAS "dbferry_rows"
#define SELECT_LITERAL_MOST 4096

void pgdrv_select_write_from(const struct pgdrv_conn *conn, const struct ferry_read *read,
                             struct part_text *sql)
{
    part_text_add(sql, " FROM ");
    if (read->kind == FERRY_READ_QUERY) {
        part_text_add(sql, "(");
        part_text_append(sql, read->text, pgdrv_query_length(read->text));
        part_text_add(sql, "\n)");
    } else {
        pgdrv_text_add_path(sql, conn->schema, read->text);
    }
    part_text_add(sql, " AS " SELECT_ALIAS);
}

static void select_write_column(size_t i, struct part_text *sql)
{
    part_text_addf(sql, SELECT_ALIAS ".c%zu", i + 1);
}

/* ---- The columns ---- */

/* Called by name, since a cast to text may be a user's own, or leave something out. */
static void select_write_output(const struct pgdrv_column *column, size_t i, struct part_text *sql)
{
    part_text_addf(sql, "pg_catalog.textin(%s(", column->output);
    select_write_column(i, sql);
    if (column->is_cast)
        part_text_addf(sql, "::%s", column->native);
    part_text_add(sql, "))");
}

static void select_write_value(const struct ferry_column *expected,
                               const struct pgdrv_column *column, size_t i, struct part_text *sql)
{
    if ((expected->flags & FERRY_COLUMN_RAW) != 0) {
        part_text_add(sql, "pg_catalog.convert_to(");
        select_write_output(column, i, sql);
        part_text_add(sql, ", pg_catalog.getdatabaseencoding())");
    } else if (column->via == PGDRV_VIA_OUTPUT) {
        select_write_output(column, i, sql);
    } else {
        select_write_column(i, sql);
        part_text_add(sql, column->via == PGDRV_VIA_NUMERIC ? "::pg_catalog.numeric" : "");
    }
}

/* ---- Bounds ---- */

/* Letters that no literal needs do not get into a statement. */
static bool select_is_made_of(const struct ferry_cell *cell, const char *letters)
{
    for (uint32_t i = 0; i < cell->len; i++)
        if (cell->v.p[i] == '\0' || strchr(letters, cell->v.p[i]) == NULL)
            return false;
    return cell->len > 0 && cell->len <= SELECT_LITERAL_MOST;
}

static bool select_write_moment(const char *type, const char *zone, const struct ferry_cell *cell,
                                struct part_text *sql)
{
    if (!select_is_made_of(cell, "0123456789-: ."))
        return false;
    part_text_addf(sql, "'%.*s%s'::pg_catalog.%s", (int)cell->len, cell->v.p, zone, type);
    return true;
}

static bool select_write_literal(const struct ferry_column *column, const struct ferry_cell *cell,
                                 struct part_text *sql)
{
    bool utc = (column->flags & FERRY_COLUMN_UTC) != 0;
    switch (column->type) {
    case FERRY_TYPE_BOOL:
        part_text_add(sql, cell->v.i != 0 ? "true" : "false");
        return true;
    case FERRY_TYPE_INT:
        if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
            part_text_addf(sql, "'%" PRIu64 "'::pg_catalog.oid", cell->v.u);
        else
            part_text_addf(sql, "'%" PRId64 "'::pg_catalog.int8", cell->v.i);
        return true;
    case FERRY_TYPE_DECIMAL:
        if (!select_is_made_of(cell, "0123456789-."))
            return false;
        part_text_addf(sql, "'%.*s'::pg_catalog.numeric", (int)cell->len, cell->v.p);
        return true;
    case FERRY_TYPE_DATE:
        return select_write_moment("date", "", cell, sql);
    case FERRY_TYPE_DATETIME:
        return select_write_moment(utc ? "timestamptz" : "timestamp", utc ? "+00" : "", cell, sql);
    default:
        return false;
    }
}

static bool select_write_bound(const struct ferry_column *expected,
                               const struct pgdrv_column *column, const struct ferry_bound *bound,
                               struct part_text *sql)
{
    static const char *const signs[] = {
        [FERRY_BOUND_AT_LEAST] = " >= ",
        [FERRY_BOUND_ABOVE] = " > ",
        [FERRY_BOUND_AT_MOST] = " <= ",
        [FERRY_BOUND_BELOW] = " < ",
    };
    if (bound->kind >= sizeof signs / sizeof *signs || signs[bound->kind] == NULL)
        return false;
    part_text_add(sql, "(");
    select_write_value(expected, column, bound->column, sql);
    part_text_add(sql, signs[bound->kind]);
    if (!select_write_literal(expected, bound->cell, sql))
        return false;
    if (bound->or_null != 0) {
        part_text_add(sql, " OR ");
        select_write_column(bound->column, sql);
        part_text_add(sql, " IS NULL");
    }
    part_text_add(sql, ")");
    return true;
}

/* ---- Order ---- */

/* The server puts NULL last, and an index has it there: so NULLS FIRST is said only where there may
 * be one. */
static bool select_write_order(const struct pgdrv_conn *conn, const struct ferry_column *expected,
                               const struct pgdrv_column *column, size_t i, struct part_text *sql)
{
    bool text = column->order == PGDRV_ORDER_TEXT && (expected->flags & FERRY_COLUMN_RAW) == 0;
    bool utf8 = strcmp(conn->encoding, "UTF8") == 0 || strcmp(conn->encoding, "SQL_ASCII") == 0;
    if (column->order == PGDRV_ORDER_NONE)
        return false;
    part_text_add(sql, text && !utf8 ? "pg_catalog.convert_to(" : "");
    select_write_value(expected, column, i, sql);
    if (text && column->codec == PGDRV_CODEC_PADDED)
        part_text_add(sql, "::pg_catalog.text"); /* without the spaces at its end */
    part_text_add(sql, !text ? "" : utf8 ? " COLLATE pg_catalog.\"C\"" : ", 'UTF8')");
    part_text_add(sql, (expected->flags & FERRY_COLUMN_NOT_NULL) != 0 ? "" : " NULLS FIRST");
    return true;
}

/* ---- The whole ---- */

static ferry_status select_fail(const struct pgdrv_conn *conn, const struct ferry_column *column,
                                const char *what, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: column '%s' cannot be %s", conn->label,
                      column->name, what);
}

static void select_write_list(const struct ferry_schema *schema, const struct pgdrv_result *result,
                              const struct ferry_scan *scan, struct part_text *sql)
{
    size_t width = pgdrv_scan_width(scan, result->count);
    part_text_add(sql, "SELECT ");
    for (size_t i = 0; i < width; i++) {
        size_t c = pgdrv_scan_column(scan, i);
        part_text_add(sql, i > 0 ? ", " : "");
        select_write_value(ferry_schema_column(schema, c), &result->columns[c], c, sql);
    }
}

void pgdrv_select_write_aliases(size_t count, struct part_text *sql)
{
    for (size_t i = 0; i < count; i++)
        part_text_addf(sql, "%sc%zu", i > 0 ? ", " : "(", i + 1);
    part_text_add(sql, count > 0 ? ")" : "");
}

ferry_status pgdrv_select_write(const struct pgdrv_conn *conn, const struct ferry_read *read,
                                const struct ferry_schema *schema,
                                const struct pgdrv_result *result, const struct ferry_scan *scan,
                                bool only_bounds, struct part_text *sql, struct ferry_error *err)
{
    if (only_bounds)
        part_text_add(sql, "SELECT *");
    else
        select_write_list(schema, result, scan, sql);
    pgdrv_select_write_from(conn, read, sql);
    pgdrv_select_write_aliases(result->count, sql);
    for (size_t i = 0; scan != NULL && i < scan->bound_count; i++) {
        size_t c = scan->bounds[i]->column;
        const struct ferry_column *column = ferry_schema_column(schema, c);
        part_text_add(sql, i == 0 ? " WHERE " : " AND ");
        if (!select_write_bound(column, &result->columns[c], scan->bounds[i], sql))
            return select_fail(conn, column, "held against such a bound", err);
    }
    for (size_t i = 0; scan != NULL && !only_bounds && i < scan->order_count; i++) {
        size_t c = scan->order[i];
        const struct ferry_column *column = ferry_schema_column(schema, c);
        part_text_add(sql, i == 0 ? " ORDER BY " : ", ");
        if (!select_write_order(conn, column, &result->columns[c], c, sql))
            return select_fail(conn, column, "put in order", err);
    }
    return sql->failed ? pgdrv_fail_memory(err) : FERRY_OK;
}
