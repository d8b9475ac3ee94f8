/* The tables and views of a schema that the account may read. */

#include "read/read.h"

#include <inttypes.h>
#include <string.h>

enum { LIST_NAME, LIST_KIND, LIST_ROWS, LIST_FIELDS };

/* Not the partitions of a table, whose rows are the table's; nor what belongs to an extension, or
 * to us. */
static const char list_question[] =
    "SELECT c.relname, c.relkind, CASE WHEN c.reltuples < 0 OR c.relkind NOT IN ('r', 'm') THEN "
    "NULL ELSE c.reltuples::pg_catalog.int8 END FROM pg_catalog.pg_class c JOIN "
    "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND n.nspname NOT IN "
    "('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'f', 'v', 'm') "
    "AND NOT c.relispartition AND c.relname NOT LIKE '\\_dbferry\\_%' AND "
    "(pg_catalog.has_table_privilege(c.oid, 'SELECT') OR "
    "pg_catalog.has_any_column_privilege(c.oid, 'SELECT')) AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND "
    "d.objid = c.oid AND d.deptype = 'e')";

static const char list_doing[] = "ask which tables there are";

static ferry_status list_take(const PGresult *answer, int row, struct ferry_listing *listing,
                              struct ferry_error *err)
{
    const char *kind = PQgetvalue(answer, row, LIST_KIND);
    const char *rows = pgdrv_value(answer, row, LIST_ROWS);
    struct ferry_listed listed = {
        .name = PQgetvalue(answer, row, LIST_NAME),
        .kind = *kind == 'v' || *kind == 'm' ? FERRY_READ_VIEW : FERRY_READ_TABLE,
    };
    if (rows != NULL) {
        listed.rows = strtoumax(rows, NULL, 10);
        listed.rows_known = 1;
    }
    return ferry_listing_add(listing, &listed, sizeof listed, err);
}

ferry_status pgdrv_list(void *argument, struct ferry_listing *listing, struct ferry_error *err)
{
    struct pgdrv_conn *conn = argument;
    const char *const values[] = {conn->schema};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_ASKING, list_question, values, 1, LIST_FIELDS,
                                         list_doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    for (int row = 0; row < PQntuples(answer) && status == FERRY_OK; row++) {
        if (pgdrv_value(answer, row, LIST_NAME) == NULL)
            return pgdrv_fail_shape(conn, PGDRV_ASKING, list_doing, err);
        status = list_take(answer, row, listing, err);
    }
    return status;
}
