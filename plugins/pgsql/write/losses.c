/* What is told before a load: what a table's definition says that one made anew would not, and
 * copies of its rows that do not follow them.
 */

#include "write/target.h"

#include <string.h>

#define LOSSES_SHOWN 80 /* bytes of a definition */

/* Whatever a definition says of a column beside its type, and each key and index, of which the
 * columns stand behind: "u" or "-" and their names, with the letter 1F between them. */
static const char losses_sql[] =
    "SELECT 'n', 'NOT NULL', a.attname, NULL FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
    "$1::oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_index i WHERE i.indrelid = $1::oid AND i.indisprimary AND a.attnum = ANY "
    "(i.indkey)) "
    "UNION ALL SELECT 'd', 'DEFAULT ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attname, "
    "NULL FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid "
    "AND "
    "a.attnum = d.adnum WHERE d.adrelid = $1::oid AND a.attgenerated = '' "
    "UNION ALL SELECT 'd', 'GENERATED AS ' || CASE WHEN a.attidentity <> '' THEN 'IDENTITY' ELSE "
    "'a value of others' END, a.attname, NULL FROM pg_catalog.pg_attribute a WHERE a.attrelid = "
    "$1::oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attidentity <> '' OR a.attgenerated <> "
    "'') "
    "UNION ALL SELECT 'd', 'COLLATE ' || pg_catalog.quote_ident(c.collname), a.attname, NULL FROM "
    "pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid JOIN "
    "pg_catalog.pg_collation c ON c.oid = a.attcollation WHERE a.attrelid = $1::oid AND a.attnum > "
    "0 AND NOT a.attisdropped AND a.attcollation <> t.typcollation "
    "UNION ALL SELECT 't', pg_catalog.pg_get_constraintdef(k.oid), NULL, NULL FROM "
    "pg_catalog.pg_constraint k WHERE k.conrelid = $1::oid AND k.contype IN ('c', 'f', 'x') "
    "UNION ALL SELECT 'i', pg_catalog.pg_get_indexdef(i.indexrelid), NULL, (CASE WHEN "
    "i.indisunique THEN 'u' ELSE '-' END || CASE WHEN i.indisprimary THEN 'p' ELSE '-' END || "
    "(SELECT pg_catalog.string_agg(a.attname, E'\\x1f' ORDER BY u.place) FROM "
    "pg_catalog.unnest(i.indkey) WITH ORDINALITY AS u (number, place) JOIN pg_catalog.pg_attribute "
    "a ON a.attrelid = i.indrelid AND a.attnum = u.number)) || CASE WHEN i.indexprs IS NULL AND "
    "i.indpred IS NULL AND m.amname = 'btree' AND i.indnkeyatts = i.indnatts AND NOT EXISTS "
    "(SELECT "
    "FROM pg_catalog.unnest(i.indoption) AS o WHERE o <> 0) AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_opclass o WHERE o.oid = ANY (i.indclass) AND NOT o.opcdefault) AND "
    "COALESCE(pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct', 'false') = 'false' THEN '' ELSE "
    "E'\\x1f' END FROM "
    "pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN "
    "pg_catalog.pg_am "
    "m ON m.oid = c.relam WHERE i.indrelid = $1::oid AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype = 'x') "
    "UNION ALL SELECT 't', 'the storage parameters ' || pg_catalog.array_to_string(c.reloptions, "
    "', "
    "'), NULL, NULL FROM pg_catalog.pg_class c WHERE c.oid = $1::oid AND c.reloptions IS NOT NULL "
    "UNION ALL SELECT 't', 'the storage parameters of its TOAST table ' || "
    "pg_catalog.array_to_string(w.reloptions, ', '), NULL, NULL FROM pg_catalog.pg_class c JOIN "
    "pg_catalog.pg_class w ON w.oid = c.reltoastrelid WHERE c.oid = $1::oid AND w.reloptions IS "
    "NOT "
    "NULL "
    "UNION ALL SELECT 't', 'UNLOGGED', NULL, NULL FROM pg_catalog.pg_class c WHERE c.oid = $1::oid "
    "AND c.relpersistence = 'u' "
    "UNION ALL SELECT 't', 'the tablespace ' || s.spcname, NULL, NULL FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace WHERE c.oid = $1::oid "
    "UNION ALL SELECT 't', 'REPLICA IDENTITY', NULL, NULL FROM pg_catalog.pg_class c WHERE c.oid = "
    "$1::oid AND c.relreplident <> 'd' "
    "UNION ALL SELECT 't', 'the access method ' || m.amname, NULL, NULL FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_am m ON m.oid = c.relam WHERE c.oid = $1::oid AND m.amname <> "
    "pg_catalog.current_setting('default_table_access_method') "
    "UNION ALL SELECT 'd', 'its own STORAGE or COMPRESSION', a.attname, NULL FROM "
    "pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = "
    "$1::oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attstorage <> t.typstorage OR "
    "COALESCE(pg_catalog.to_jsonb(a) ->> 'attcompression', '') <> '') "
    "ORDER BY 1, 2, 3";

/* The part of a text that is good in a message. */
static int losses_shown(const char *text)
{
    size_t length = strlen(text);
    size_t shown = length > LOSSES_SHOWN ? LOSSES_SHOWN : length;
    while (shown < length && shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--; /* not within a character */
    return (int)shown;
}

static bool losses_keeps_not_null(const struct ferry_load_spec *spec, const char *column)
{
    for (size_t i = 0; i < ferry_schema_count(spec->layout->schema); i++)
        if (strcmp(ferry_schema_column(spec->layout->schema, i)->name, column) == 0)
            return strstr(spec->layout->clauses[i], "NOT NULL") != NULL;
    return false;
}

/* Whether the columns of an index that will be made are these. */
static bool losses_is_index(const struct ferry_index *index, const char *columns)
{
    const char *at = columns + 2;
    if ((columns[0] == 'u' && index->unique == 0) || (columns[1] == 'p' && index->primary == 0))
        return false;
    for (size_t i = 0; i < index->column_count; i++) {
        size_t length = strlen(index->columns[i]);
        if (i > 0 && *at++ != '\x1f')
            return false;
        if (strncmp(at, index->columns[i], length) != 0)
            return false;
        at += length;
    }
    return *at == '\0';
}

static bool losses_keeps_index(const struct ferry_load_spec *spec, const char *columns)
{
    for (size_t i = 0; columns != NULL && i < spec->index_count; i++)
        if (losses_is_index(spec->indexes[i], columns))
            return true;
    return false;
}

static ferry_status losses_add(const struct ferry_load_spec *spec, const PGresult *rows, int row,
                               struct ferry_notes *losses, struct ferry_error *err)
{
    const char *kind = pgdrv_value(rows, row, 0), *text = pgdrv_value(rows, row, 1);
    const char *column = pgdrv_value(rows, row, 2);
    if (kind == NULL || text == NULL || (*kind == 'n' && column == NULL))
        return FERRY_OK;
    if ((*kind == 'n' && losses_keeps_not_null(spec, column)) ||
        (*kind == 'i' && losses_keeps_index(spec, pgdrv_value(rows, row, 3))))
        return FERRY_OK;
    return column == NULL
               ? ferry_note(losses, err, "%.*s", losses_shown(text), text)
               : ferry_note(losses, err, "%.*s of '%s'", losses_shown(text), text, column);
}

static ferry_status losses_find(struct pgdrv_conn *conn, const struct ferry_load_spec *spec,
                                const struct pgdrv_table *table, struct ferry_notes *losses,
                                struct ferry_error *err)
{
    const char *const values[] = {table->oid};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, losses_sql, values, 1, 4,
                                         "look at the table's definition", &rows, err);
    for (int i = 0; status == FERRY_OK && i < PQntuples(rows); i++)
        status = losses_add(spec, rows, i, losses, err);
    return status;
}

/* ---- Copies of the rows ---- */

/* Materialized views that read the table, by way of other views too. */
static const char losses_copies_sql[] =
    "WITH RECURSIVE r AS (SELECT $1::oid AS oid UNION SELECT w.ev_class FROM r JOIN "
    "pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND "
    "d.refobjid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass JOIN "
    "pg_catalog.pg_rewrite w ON w.oid = d.objid) SELECT c.oid::pg_catalog.regclass FROM r JOIN "
    "pg_catalog.pg_class c ON c.oid = r.oid WHERE c.relkind = 'm' ORDER BY 1::text";

static ferry_status losses_find_copies(struct pgdrv_conn *conn, const struct pgdrv_table *table,
                                       struct ferry_notes *stale, struct ferry_error *err)
{
    const char *const values[] = {table->oid};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, losses_copies_sql, values, 1, 1,
                                         "look for copies of the rows", &rows, err);
    for (int i = 0; status == FERRY_OK && i < PQntuples(rows); i++) {
        const char *name = pgdrv_value(rows, i, 0);
        status =
            ferry_note(stale, err,
                       "the materialized view %s holds the old rows until REFRESH MATERIALIZED "
                       "VIEW",
                       name == NULL ? "?" : name);
    }
    return status;
}

ferry_status pgdrv_foresee(void *conn, const struct ferry_load_spec *spec,
                           struct ferry_notes *losses, struct ferry_notes *stale,
                           struct ferry_error *err)
{
    struct pgdrv_table table = {0};
    ferry_status status = pgdrv_table_load(conn, spec->layout->table, &table, err);
    if (status == FERRY_OK && table.exists && table.kind == 'r' &&
        spec->action == FERRY_TABLE_REBUILD)
        status = losses_find(conn, spec, &table, losses, err);
    if (status == FERRY_OK && table.exists && table.kind == 'r')
        status = losses_find_copies(conn, &table, stale, err);
    pgdrv_table_clear(&table);
    return status;
}
