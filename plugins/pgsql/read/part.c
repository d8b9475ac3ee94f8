/* Where a table is cut into parts of about equal weight: at quantiles of a sample of its pages.
 *
 * A sample of pages costs as little as reading these, however large the table is.  Of a view, a
 * query or a foreign table the server takes none: then all rows are looked at, and sorted.
 */

#include "read/read.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Pages of a sample.  Rows of one page mostly lie close to each other, so that a page counts for
 * one: of so many, parts differ from each other by some percent. */
#define PART_PAGES 1000
#define PART_PAGES_EACH 50

static const char part_doing[] = "ask where to cut the table into parts";

/* What is read by that name, with all that inherit from it: whether each can be sampled, and their
 * pages. */
static const char part_size_question[] =
    "WITH RECURSIVE family AS (SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN "
    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 "
    "UNION SELECT k.oid, k.relkind FROM family f JOIN pg_catalog.pg_inherits i ON i.inhparent = "
    "f.oid JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid) SELECT pg_catalog.bool_and(relkind "
    "IN ('r', 'p', 'm')), pg_catalog.sum(COALESCE(pg_catalog.pg_relation_size(oid), 0)) / "
    "pg_catalog.current_setting('block_size')::pg_catalog.int8 FROM family";

/* ---- The question ---- */

/* " TABLESAMPLE ..."; nothing of a table that is small enough to be looked at whole. */
static void part_write_sample(const char *pages, uint32_t count, struct part_text *sql)
{
    double all = pages == NULL ? 0 : strtod(pages, NULL);
    double wanted = PART_PAGES + (double)count * PART_PAGES_EACH;
    if (all > 2 * wanted)
        part_text_addf(sql, " TABLESAMPLE SYSTEM (%.6f) REPEATABLE (0)", 100 * wanted / all);
}

/* The value of a row of `cut`, in the letters of a cell.  Before the year 1 there is none, though
 * to_char() writes those years as the others. */
static void part_write_letters(const struct ferry_column *column, struct part_text *sql)
{
    bool utc = (column->flags & FERRY_COLUMN_UTC) != 0;
    const char *moment = utc ? "pg_catalog.timezone('UTC', cut.v)" : "cut.v";
    if (column->type == FERRY_TYPE_DATETIME)
        part_text_addf(sql,
                       "CASE WHEN %s >= '0001-01-01'::pg_catalog.timestamp THEN "
                       "pg_catalog.to_char(%s, 'YYYY-MM-DD HH24:MI:SS.US') END",
                       moment, moment);
    else
        part_text_add(sql, "cut.v::pg_catalog.text");
}

static void part_write_shares(uint32_t count, struct part_text *sql)
{
    part_text_add(sql, "pg_catalog.percentile_disc('{");
    for (uint32_t i = 1; i < count; i++)
        part_text_addf(sql, "%s%.9f", i > 1 ? "," : "", (double)i / count);
    part_text_add(sql, "}'::pg_catalog.float8[])");
}

/* `pages` NULL: it cannot be sampled. */
static ferry_status part_write(const struct pgdrv_conn *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct pgdrv_result *result,
                               size_t column, uint32_t count, const char *pages,
                               struct part_text *sql, struct ferry_error *err)
{
    const char *cast =
        result->columns[column].via == PGDRV_VIA_NUMERIC ? "::pg_catalog.numeric" : "";
    part_text_add(sql, "SELECT ");
    part_write_letters(ferry_schema_column(schema, column), sql);
    part_text_add(sql, " FROM (SELECT DISTINCT q.v FROM pg_catalog.unnest((SELECT ");
    part_write_shares(count, sql);
    part_text_addf(sql, " WITHIN GROUP (ORDER BY dbferry_rows.c%zu%s)", column + 1, cast);
    pgdrv_select_write_from(conn, read, sql);
    pgdrv_select_write_aliases(result->count, sql);
    if (pages != NULL)
        part_write_sample(pages, count, sql);
    part_text_add(sql, ")) AS q (v) WHERE q.v IS NOT NULL) AS cut ORDER BY cut.v");
    return sql->failed ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* ---- The answer ---- */

/* Years beyond the calendar of cells, infinity and NaN are no cells: no cut is made there. */
static bool part_has_form(const struct ferry_column *column, const char *text, size_t length)
{
    const char *letters = column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL
                              ? "0123456789-."
                              : "0123456789-: .";
    size_t wanted = column->type == FERRY_TYPE_DATE       ? PGDRV_DATE_ROOM
                    : column->type == FERRY_TYPE_DATETIME ? PGDRV_DATETIME_ROOM
                                                          : length;
    return length > 0 && length == wanted && text[strspn(text, letters)] == '\0' &&
           (length < 2 || column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL ||
            text[4] == '-');
}

/* How many letters of a moment its column has. */
static size_t part_length(const struct ferry_column *column, const char *text)
{
    size_t length = strlen(text);
    if (column->type != FERRY_TYPE_DATETIME || column->scale >= 6)
        return length;
    return length - 6 + column->scale - (column->scale == 0 ? 1 : 0);
}

static bool part_read_integer(const struct ferry_column *column, const char *text,
                              struct ferry_cell *cell)
{
    char *end = NULL;
    errno = 0;
    if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
        cell->v.u = strtoumax(text, &end, 10);
    else
        cell->v.i = strtoimax(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static ferry_status part_add(const struct ferry_column *column, const char *text,
                             struct ferry_cuts *cuts, struct ferry_error *err)
{
    struct ferry_cell cell = {0};
    if (text == NULL || !part_has_form(column, text, strlen(text)))
        return FERRY_OK;
    if (column->type != FERRY_TYPE_INT) {
        cell.v.p = text;
        cell.len = (uint32_t)part_length(column, text);
    } else if (!part_read_integer(column, text, &cell)) {
        return FERRY_OK;
    }
    return ferry_cuts_add(cuts, &cell, err);
}

/* ---- The whole ---- */

static ferry_status part_measure(struct pgdrv_conn *conn, const struct ferry_read *read,
                                 PGresult **ret_size, const char **ret_pages,
                                 struct ferry_error *err)
{
    const char *const names[] = {conn->schema, read->text};
    *ret_pages = NULL;
    if (read->kind == FERRY_READ_QUERY)
        return FERRY_OK;
    ferry_status status =
        pgdrv_ask(conn, PGDRV_ASKING, part_size_question, names, 2, part_doing, ret_size, err);
    const char *sampled = status == FERRY_OK ? pgdrv_value(*ret_size, 0, 0) : NULL;
    if (sampled != NULL && *sampled == 't')
        *ret_pages = pgdrv_value(*ret_size, 0, 1);
    return status;
}

static ferry_status part_ask(struct pgdrv_conn *conn, const struct ferry_read *read,
                             const struct ferry_schema *schema, const struct pgdrv_result *result,
                             size_t column, uint32_t count, PGresult **ret_cuts,
                             struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *size = NULL;
    const char *pages = NULL;
    ferry_status status = part_measure(conn, read, &size, &pages, err);
    if (status == FERRY_OK && pages == NULL)
        ferry_log(FERRY_LOG_WARNING,
                  "%s: %s is no table of which the server takes a sample: all its rows are looked "
                  "at and sorted once more, to find where to cut it",
                  conn->label, result->what);
    if (status == FERRY_OK)
        status = part_write(conn, read, schema, result, column, count, pages, &sql, err);
    return status == FERRY_OK
               ? pgdrv_ask(conn, PGDRV_ASKING, sql.data, NULL, 0, part_doing, ret_cuts, err)
               : status;
}

ferry_status pgdrv_part(void *argument, const struct ferry_read *read,
                        const struct ferry_schema *schema, size_t column, uint32_t count,
                        struct ferry_cuts *cuts, struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    struct pgdrv_result result = {0};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status = pgdrv_snapshot_let_go(conn, err);
    if (status == FERRY_OK)
        status = pgdrv_result_open(conn, read, &result, err);
    if (status == FERRY_OK && result.count == ferry_schema_count(schema))
        status = part_ask(conn, read, schema, &result, column, count, &answer, err);
    for (int i = 0; status == FERRY_OK && i < PQntuples(answer); i++)
        status =
            part_add(ferry_schema_column(schema, column), pgdrv_value(answer, i, 0), cuts, err);
    conn->read_since = true;
    pgdrv_result_clear(&result);
    return status;
}
