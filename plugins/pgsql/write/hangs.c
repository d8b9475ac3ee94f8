/* What hangs on a table: a table made anew in its place would lack it, or break it.
 *
 * The catalog knows of everything that needs a table.  What is named here comes along, since it is
 * a part of the table's own definition; all else, also of a kind that is not known yet, does not.
 */

#include "write/target.h"

#include <string.h>

/* A word for the kind of thing, and its name, in the server's words.  Foreign keys from other
 * tables of the same change ($2, names in this schema) go with them. */
static const char hangs_sql[] =
    "WITH own AS (SELECT c.oid, c.reltype, c.relnamespace, t.typarray FROM pg_catalog.pg_class c "
    "LEFT JOIN pg_catalog.pg_type t ON t.oid = c.reltype WHERE c.oid = $1::oid) "
    "SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) "
    "FROM pg_catalog.pg_depend d, own WHERE "
    "((d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = own.oid) OR "
    "(d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (own.reltype, "
    "own.typarray))) AND NOT ("
    "(d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid IN (own.reltype, "
    "own.typarray)) OR d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass OR "
    "(d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND (d.objid = own.oid OR EXISTS "
    "(SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = d.objid AND i.indrelid = own.oid) OR "
    "EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = d.objid AND t.relkind = 't'))) OR "
    "(d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND EXISTS (SELECT FROM "
    "pg_catalog.pg_constraint k JOIN pg_catalog.pg_class f ON f.oid = k.conrelid WHERE k.oid = "
    "d.objid AND (k.conrelid = own.oid OR (f.relnamespace = own.relnamespace AND f.relname = ANY "
    "($2::text[])))))) "
    "UNION ALL SELECT 'its parent ' || i.inhparent::pg_catalog.regclass FROM "
    "pg_catalog.pg_inherits i, own WHERE i.inhrelid = own.oid "
    "UNION ALL SELECT 'a right on its column ' || pg_catalog.quote_ident(a.attname) FROM "
    "pg_catalog.pg_attribute a, own WHERE a.attrelid = own.oid AND a.attacl IS NOT NULL "
    "UNION ALL SELECT 'the comment on ' || pg_catalog.pg_describe_object(s.classoid, s.objoid, 0) "
    "FROM pg_catalog.pg_description s, own WHERE (s.classoid = "
    "'pg_catalog.pg_class'::pg_catalog.regclass AND EXISTS (SELECT FROM pg_catalog.pg_index i "
    "WHERE "
    "i.indexrelid = s.objoid AND i.indrelid = own.oid)) OR (s.classoid = "
    "'pg_catalog.pg_constraint'::pg_catalog.regclass AND EXISTS (SELECT FROM "
    "pg_catalog.pg_constraint k WHERE k.oid = s.objoid AND k.conrelid = own.oid)) "
    "UNION ALL SELECT pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0) FROM "
    "pg_catalog.pg_depend d, own WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND "
    "d.objid = own.oid AND d.deptype IN ('e', 'x') "
    "UNION ALL SELECT 'a security label' FROM pg_catalog.pg_seclabel s, own WHERE s.objoid = "
    "own.oid AND s.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass "
    "UNION ALL SELECT 'a subscription' FROM pg_catalog.pg_subscription_rel r, own WHERE "
    "r.srrelid = own.oid "
    "UNION ALL SELECT 'the publication ' || pg_catalog.quote_ident(p.pubname) FROM "
    "pg_catalog.pg_publication_tables p JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname "
    "JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename JOIN own ON "
    "own.oid = c.oid "
    "ORDER BY 1 LIMIT 1";

/* An array of names as the server reads one. */
static void hangs_add_names(const char *const *names, size_t count, struct part_text *array)
{
    part_text_add(array, "{");
    for (size_t i = 0; i < count; i++) {
        part_text_add(array, i > 0 ? ",\"" : "\"");
        for (const char *at = names[i]; *at != '\0'; at++) {
            if (*at == '"' || *at == '\\')
                part_text_add(array, "\\");
            part_text_append(array, at, 1);
        }
        part_text_add(array, "\"");
    }
    part_text_add(array, "}");
}

ferry_status pgdrv_hangs_look(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                              const char *const *others, size_t other_count, char **ret_hangs,
                              struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text array = {0};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    hangs_add_names(others, other_count, &array);
    const char *const values[] = {table->oid, array.data};
    if (array.failed)
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, hangs_sql, values, 2, 1,
                                         "look what hangs on the table", &rows, err);
    if (status != FERRY_OK || PQntuples(rows) == 0)
        return status;
    const char *first = pgdrv_value(rows, 0, 0);
    *ret_hangs = strdup(first == NULL ? "something" : first);
    return *ret_hangs == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* ---- What is in the way of rows that go and come ---- */

/* Where single rows change ($2 is "single"): foreign keys that do something to the rows that refer
 * to them, those of the table itself among them, since such a row may be in no change.  Where all
 * rows go ("all"): foreign keys of other tables.  A copy has none ("copy").  Rules that turn a
 * statement into another.  Policies that hide rows from this account. */
static const char hangs_obstacle_sql[] =
    "SELECT pg_catalog.concat('the foreign key ', pg_catalog.quote_ident(k.conname), ' of table ', "
    "k.conrelid::pg_catalog.regclass, ' refers to it') FROM pg_catalog.pg_constraint k WHERE "
    "k.contype = 'f' AND k.confrelid = $1::oid AND CASE $2::text WHEN 'all' THEN k.conrelid <> "
    "k.confrelid WHEN 'single' THEN k.confdeltype NOT IN ('a', 'r') OR k.confupdtype NOT IN ('a', "
    "'r') ELSE FALSE END "
    "UNION ALL SELECT pg_catalog.concat('its rule ', pg_catalog.quote_ident(r.rulename), ' changes "
    "what is written') FROM pg_catalog.pg_rewrite r WHERE r.ev_class = $1::oid AND r.ev_enabled <> "
    "'D' "
    "UNION ALL SELECT 'its policies (row level security) hide rows from this account' WHERE "
    "pg_catalog.row_security_active($1::oid) "
    "UNION ALL SELECT pg_catalog.concat('table ', i.inhrelid::pg_catalog.regclass, ' inherits from "
    "it') FROM pg_catalog.pg_inherits i WHERE i.inhparent = $1::oid "
    "ORDER BY 1 LIMIT 1";

ferry_status pgdrv_hangs_check_rows(struct pgdrv_conn *conn, const char *name,
                                    const struct pgdrv_table *table, enum pgdrv_hangs_way way,
                                    struct ferry_error *err)
{
    static const char *const words[] = {
        [PGDRV_HANGS_ALL_ROWS] = "all",
        [PGDRV_HANGS_SINGLE] = "single",
        [PGDRV_HANGS_COPY] = "copy",
    };
    const char *const values[] = {table->oid, words[way]};
    bool all_rows = way == PGDRV_HANGS_ALL_ROWS;
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, hangs_obstacle_sql, values, 2, 1,
                                         "look what hangs on the table", &rows, err);
    if (status != FERRY_OK || PQntuples(rows) == 0)
        return status;
    const char *first = pgdrv_value(rows, 0, 0);
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: the rows of table '%s' cannot be %s, since %s; drop that%s, or choose "
                      "another target_table",
                      conn->label, name, all_rows ? "replaced" : "changed",
                      first == NULL ? "something hangs on it" : first,
                      all_rows ? ", choose strategy = \"merge\"" : "");
}

ferry_status pgdrv_hangs_has_keys(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                                  bool *ret_has, struct ferry_error *err)
{
    static const char sql[] = "SELECT FROM pg_catalog.pg_constraint WHERE contype = 'f' AND "
                              "$1::oid IN (conrelid, confrelid) LIMIT 1";
    const char *const values[] = {table->oid};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, sql, values, 1, 0,
                                         "look for foreign keys of the table", &rows, err);
    if (status == FERRY_OK)
        *ret_has = PQntuples(rows) > 0;
    return status;
}
