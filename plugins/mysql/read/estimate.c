/* About how many rows a statement will bring, by the plan that the server makes of it.
 *
 * A plan is made of statistics, and no row is read for it.  It tells the number of rows only where
 * that is the number of one table's, or of our own bounds on an index of it: a join, a condition
 * and a GROUP BY are guessed by servers, often by orders of magnitude, so that nothing is told of
 * them.  A view or query that is merged into the statement shows as the table behind it; one that
 * groups or limits its rows cannot be merged, and shows as a table of its own.
 *
 * MariaDB calls a function while it plans where that is deterministic and has no columns as its
 * arguments, so the plan has a limit.  MySQL does not.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

/* What counts of a row of the plan.  The two servers have these columns at different places, and
 * MariaDB has not the last but one. */
enum estimate_field {
    ESTIMATE_SELECT,
    ESTIMATE_ACCESS,
    ESTIMATE_ROWS,
    ESTIMATE_FILTERED,
    ESTIMATE_EXTRA,
    ESTIMATE_FIELDS
};

static const char *const estimate_names[] = {"select_type", "type", "rows", "filtered", "Extra"};

/* The fields of its only row; of those that are not there, NULL. */
static bool estimate_take_row(MYSQL_RES *plan, const char *fields[ESTIMATE_FIELDS])
{
    unsigned count = mysql_num_fields(plan);
    const MYSQL_FIELD *columns = mysql_fetch_fields(plan);
    MYSQL_ROW row = mysql_num_rows(plan) == 1 ? mysql_fetch_row(plan) : NULL;
    for (unsigned i = 0; row != NULL && i < count; i++)
        for (size_t k = 0; k < ESTIMATE_FIELDS; k++)
            if (strcasecmp(columns[i].name, estimate_names[k]) == 0)
                fields[k] = row[i];
    return row != NULL;
}

static bool estimate_is(const char *field, const char *text)
{
    return field != NULL && strcmp(field, text) == 0;
}

/* Whether all rows that are looked at are brought. */
static bool estimate_is_all(const char *const fields[ESTIMATE_FIELDS],
                            const struct ferry_scan *scan)
{
    const char *extra = fields[ESTIMATE_EXTRA] == NULL ? "" : fields[ESTIMATE_EXTRA];
    const char *filtered = fields[ESTIMATE_FILTERED];
    if (!estimate_is(fields[ESTIMATE_SELECT], "SIMPLE") ||
        (filtered != NULL && strcmp(filtered, "100.00") != 0))
        return false;
    if (scan->bound_count > 0)
        return estimate_is(fields[ESTIMATE_ACCESS], "range");
    return (estimate_is(fields[ESTIMATE_ACCESS], "ALL") ||
            estimate_is(fields[ESTIMATE_ACCESS], "index")) &&
           strstr(extra, "Using where") == NULL;
}

static void estimate_read(MYSQL_RES *plan, const struct ferry_scan *scan, uint64_t *ret_rows)
{
    const char *fields[ESTIMATE_FIELDS] = {0};
    char *end = NULL;
    if (!estimate_take_row(plan, fields) || !estimate_is_all(fields, scan) ||
        fields[ESTIMATE_ROWS] == NULL)
        return;
    uintmax_t rows = strtoumax(fields[ESTIMATE_ROWS], &end, 10);
    if (end != fields[ESTIMATE_ROWS] && *end == '\0' && rows < FERRY_ROWS_UNKNOWN)
        *ret_rows = rows;
}

/* As it will be read, but for the order and the columns. */
static ferry_status estimate_write(const struct mydrv_conn *conn, const struct ferry_read *read,
                                   const struct ferry_schema *schema, const struct ferry_scan *scan,
                                   struct part_text *sql, struct ferry_error *err)
{
    struct ferry_scan bounds;
    FERRY_COPY(ferry_scan, &bounds, scan);
    bounds.order_count = 0;
    part_text_add(sql, conn->mariadb ? "SET STATEMENT max_statement_time = 1 FOR " : "");
    part_text_add(sql, "EXPLAIN FORMAT=TRADITIONAL SELECT *");
    mydrv_scan_write_from(conn, read, sql);
    return mydrv_scan_write(conn, &bounds, schema, NULL, sql, err);
}

ferry_status mydrv_estimate(void *argument, const struct ferry_read *read,
                            const struct ferry_schema *schema, const struct ferry_scan *scan,
                            uint64_t *ret_rows, struct ferry_error *err)
{
    static const char doing[] = "ask about how many rows there are";
    struct mydrv_conn *conn = argument;
    PART_AUTO_TEXT struct part_text sql = {0};
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        status = mydrv_list_let_go(conn, err);
    if (status == FERRY_OK)
        status = estimate_write(conn, read, schema, scan, &sql, err);
    if (status != FERRY_OK)
        return status;
    if (mysql_real_query(conn->native, sql.data, sql.length) != 0)
        return mydrv_is_refusal(mysql_errno(conn->native)) /* the plan of a view takes SHOW VIEW */
                   ? FERRY_OK
                   : mydrv_fail_conn(conn, MYDRV_ASKING, doing, err);
    MYDRV_AUTO_RESULT MYSQL_RES *plan = mysql_store_result(conn->native);
    if (plan == NULL)
        return mydrv_fail_conn(conn, MYDRV_ASKING, doing, err);
    estimate_read(plan, scan, ret_rows);
    return FERRY_OK;
}
