/* Questions about the catalog whose answer is a list: one without rows is told from one that has
 * lost them.
 *
 * What such a list does not name is taken for what is not there: an index, a right, a view on the
 * table; and a definition would be lost by it.  So a row comes in any case, and all are numbered.
 */

#include "pgsql_driver.h"

#include "text.h"

#include <inttypes.h>

/* One row stands on the left of the join, whatever stands on the right.  No column may be named on
 * the way: two may have the same name. */
#define WHOLE_BEGIN                                                                                \
    "SELECT a.* FROM (SELECT) AS one LEFT JOIN (SELECT q.*, pg_catalog.row_number() OVER () AS "   \
    "dbferry_row FROM ("
#define WHOLE_END ") AS q) AS a ON TRUE ORDER BY a.dbferry_row"

/* How many rows the list has; false: the answer is not whole. */
static bool whole_count(const PGresult *answer, int columns, int *ret_count)
{
    int rows = PQntuples(answer);
    if (PQresultStatus(answer) != PGRES_TUPLES_OK || PQnfields(answer) != columns + 1 || rows < 1)
        return false;
    const char *last = pgdrv_value(answer, rows - 1, columns);
    *ret_count = last == NULL ? 0 : rows;
    return last == NULL ? rows == 1 : strtoimax(last, NULL, 10) == rows;
}

ferry_status pgdrv_ask_list(struct pgdrv_conn *conn, enum pgdrv_phase phase, const char *question,
                            const char *const *values, int count, int columns, const char *doing,
                            PGresult **ret_list, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    int rows = 0;
    part_text_addf(&sql, "%s%s%s", WHOLE_BEGIN, question, WHOLE_END);
    if (sql.failed)
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_ask(conn, phase, sql.data, values, count, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    if (!whole_count(answer, columns, &rows))
        return pgdrv_fail_shape(conn, phase, doing, err);
    if (rows == 0) {
        PGresult *nothing = PQcopyResult(answer, PG_COPYRES_ATTRS);
        if (nothing == NULL)
            return pgdrv_fail_memory(err);
        *ret_list = nothing;
        return FERRY_OK;
    }
    *ret_list = answer;
    answer = NULL;
    return FERRY_OK;
}
