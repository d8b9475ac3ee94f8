/* About how many rows a statement will bring, by the plan that the server makes of it.
 *
 * A plan is made of statistics, and no row is read for it.  Its number is told only where it is
 * that of whole tables, or of our own bounds on an index: what a condition, a join or a GROUP BY
 * leaves is guessed by the server, often by orders of magnitude.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static bool estimate_begins(const char *line, const char *word)
{
    return strncmp(line, word, strlen(word)) == 0;
}

/* Whether a line of the plan leaves the number of rows as it was. */
static bool estimate_is_plain(const char *line, bool bounds)
{
    static const char *const scans[] = {"Seq Scan on ",    "Parallel Seq Scan on ",
                                        "Append",          "Gather",
                                        "Workers Planned", "Foreign Scan on "};
    static const char *const index_scans[] = {"Index Scan using ", "Index Only Scan using ",
                                              "Index Cond: "};
    line += strspn(line, " ");
    line += estimate_begins(line, "->  ") ? 4 : 0;
    for (size_t i = 0; i < sizeof scans / sizeof *scans && !bounds; i++)
        if (estimate_begins(line, scans[i]))
            return true;
    for (size_t i = 0; i < sizeof index_scans / sizeof *index_scans && bounds; i++)
        if (estimate_begins(line, index_scans[i]))
            return true;
    return false;
}

static void estimate_read(const PGresult *plan, bool bounds, uint64_t *ret_rows)
{
    const char *first = pgdrv_value(plan, 0, 0);
    const char *rows = first == NULL ? NULL : strstr(first, " rows=");
    char *end = NULL;
    for (int i = 0; i < PQntuples(plan); i++) {
        const char *line = pgdrv_value(plan, i, 0);
        if (line == NULL || !estimate_is_plain(line, bounds))
            return;
    }
    if (rows == NULL)
        return;
    uintmax_t count = strtoumax(rows + strlen(" rows="), &end, 10);
    if (*end == ' ' && count < FERRY_ROWS_UNKNOWN)
        *ret_rows = count;
}

ferry_status pgdrv_estimate(void *argument, const struct ferry_read *read,
                            const struct ferry_schema *schema, const struct ferry_scan *scan,
                            uint64_t *ret_rows, struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    struct pgdrv_result result = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *plan = NULL;
    ferry_status status = pgdrv_snapshot_let_go(conn, err);
    part_text_add(&sql, "EXPLAIN (FORMAT TEXT) ");
    if (status == FERRY_OK)
        status = pgdrv_result_open(conn, read, &result, err);
    if (status == FERRY_OK && result.count == ferry_schema_count(schema))
        status = pgdrv_select_write(conn, read, schema, &result, scan, true, &sql, err);
    if (status == FERRY_OK && result.count == ferry_schema_count(schema))
        status = pgdrv_try(conn, PGDRV_ASKING, sql.data, NULL, 0,
                           "ask about how many rows there are", &plan, err);
    if (status == FERRY_OK && plan != NULL && pgdrv_result_is_good(plan))
        estimate_read(plan, scan->bound_count > 0, ret_rows);
    pgdrv_result_clear(&result);
    return status;
}
