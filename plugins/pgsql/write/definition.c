/* All that a table's definition says, as one text: two tables of one text are the same but for
 * their rows, their owner, their rights and what others think of them.
 */

#include "write/target.h"

#include <string.h>

static const char definition_doing[] = "look at the table's definition";

/* A line for each column, key, index, trigger, rule and policy, and for what is said of the table
 * as a whole.  Numbers of columns are left out: a column that was dropped leaves a gap. */
static const char definition_sql[] =
    "SELECT l FROM ("
    "SELECT 1 AS k, pg_catalog.row_number() OVER (ORDER BY a.attnum) AS n, "
    "pg_catalog.concat_ws(' ', 'column', pg_catalog.quote_ident(a.attname), "
    "pg_catalog.format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END, "
    "a.attidentity, a.attgenerated, a.attstorage, pg_catalog.to_jsonb(a) ->> 'attcompression', "
    "a.attstattarget, "
    "(SELECT pg_catalog.string_agg(o, ',' ORDER BY o) FROM pg_catalog.unnest(a.attoptions) AS u(o) "
    "WHERE pg_catalog.starts_with(o, 'n_distinct')), a.attcollation::pg_catalog.regcollation, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid)) AS l "
    "FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid "
    "AND "
    "d.adnum = a.attnum WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped "
    "UNION ALL SELECT 2, 0, pg_catalog.concat_ws(' ', 'constraint', "
    "pg_catalog.quote_ident(conname), pg_catalog.pg_get_constraintdef(oid), convalidated) "
    "FROM pg_catalog.pg_constraint WHERE conrelid = $1::oid "
    "UNION ALL SELECT 3, 0, pg_catalog.concat_ws(' ', 'index', "
    "pg_catalog.pg_get_indexdef(indexrelid), indisclustered, indisreplident, indisvalid) "
    "FROM pg_catalog.pg_index WHERE indrelid = $1::oid "
    "UNION ALL SELECT 4, 0, pg_catalog.concat_ws(' ', 'trigger', "
    "pg_catalog.pg_get_triggerdef(oid), tgenabled) "
    "FROM pg_catalog.pg_trigger WHERE tgrelid = $1::oid AND NOT tgisinternal "
    "UNION ALL SELECT 5, 0, pg_catalog.concat_ws(' ', 'rule', pg_catalog.pg_get_ruledef(oid), "
    "ev_enabled) FROM pg_catalog.pg_rewrite WHERE ev_class = $1::oid "
    "UNION ALL SELECT 6, 0, pg_catalog.concat_ws(' ', 'policy', polname, polcmd, polpermissive, "
    "polroles, pg_catalog.pg_get_expr(polqual, polrelid), "
    "pg_catalog.pg_get_expr(polwithcheck, polrelid)) "
    "FROM pg_catalog.pg_policy WHERE polrelid = $1::oid "
    "UNION ALL SELECT 7, 0, pg_catalog.concat_ws(' ', 'inherits', inhparent::pg_catalog.regclass) "
    "FROM pg_catalog.pg_inherits WHERE inhrelid = $1::oid "
    "UNION ALL SELECT 8, 0, pg_catalog.concat_ws(' ', 'table', c.relkind, c.relpersistence, "
    "c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.reloftype, "
    "pg_catalog.array_to_string(c.reloptions, ','), t.spcname, m.amname, (SELECT "
    "pg_catalog.array_to_string(w.reloptions, ',') FROM pg_catalog.pg_class w WHERE w.oid = "
    "c.reltoastrelid)) "
    "FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace "
    "LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE c.oid = $1::oid "
    ") lines ORDER BY k, n, l COLLATE \"C\"";

ferry_status pgdrv_definition_read(struct pgdrv_conn *conn, const char *oid, char **ret_definition,
                                   struct ferry_error *err)
{
    const char *const values[] = {oid};
    PGDRV_AUTO_RESULT PGresult *lines = NULL;
    struct part_text text = {0};
    /* A default is printed by the session's style of intervals, which stored.c sets, too. */
    ferry_status status =
        pgdrv_run(conn, PGDRV_LOADING, "SET IntervalStyle = 'postgres'", definition_doing, err);
    if (status == FERRY_OK)
        status = pgdrv_ask(conn, PGDRV_LOADING, definition_sql, values, 1, definition_doing, &lines,
                           err);
    if (status != FERRY_OK)
        return status;
    for (int i = 0; i < PQntuples(lines); i++) {
        const char *line = pgdrv_value(lines, i, 0);
        part_text_add(&text, line == NULL ? "" : line);
        part_text_add(&text, "\n");
    }
    if (text.failed || text.data == NULL) {
        bool failed = text.failed;
        part_text_clear(&text);
        return failed ? pgdrv_fail_memory(err)
                      : pgdrv_fail_shape(conn, PGDRV_LOADING, definition_doing, err);
    }
    *ret_definition = text.data;
    return FERRY_OK;
}

uint64_t pgdrv_definition_hash(const char *definition)
{
    return ferry_hash_name(FERRY_HASH_SEED, definition);
}
