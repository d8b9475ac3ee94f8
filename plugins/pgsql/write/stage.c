/* The table in which new rows wait: beside the one whose place it will take, with its owner and
 * rights then; or, for rows that go on into a table that stays, a temporary one.
 */

#include "write/target.h"

#include <string.h>

static void stage_write_columns(const struct pgdrv_load *load, struct part_text *sql)
{
    const struct ferry_layout *layout = load->layout;
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        part_text_add(sql, i > 0 ? ", " : "");
        pgdrv_text_add_name(sql, ferry_schema_column(layout->schema, i)->name);
        part_text_addf(sql, " %s", layout->natives[i]);
        if (*layout->clauses[i] != '\0')
            part_text_addf(sql, " %s", layout->clauses[i]);
    }
}

/* A table that is new has its own name at once: nobody sees it before the commit. */
static ferry_status stage_make_table(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct part_text path = {0};
    pgdrv_text_add_path(&path, load->unit->conn->schema,
                        load->table.exists ? load->names.stage : load->layout->table);
    load->path = path.data; /* freed with the load */
    if (path.failed)
        return pgdrv_fail_memory(err);
    part_text_addf(&sql, "CREATE TABLE %s (", load->path);
    stage_write_columns(load, &sql);
    part_text_add(&sql, ")");
    return pgdrv_sql_run(load->unit->conn, &sql, "make the table for the new rows", err);
}

/* Columns have the types of those that they go to, and nothing else of them. */
static ferry_status stage_make_temporary(struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    struct part_text path = {0};
    pgdrv_text_add_path(&path, "pg_temp", load->names.stage);
    load->path = path.data;
    if (path.failed)
        return pgdrv_fail_memory(err);
    part_text_addf(&sql, "CREATE TEMPORARY TABLE %s (", load->path);
    pgdrv_table_write_columns(&load->table, load->layout, &sql);
    part_text_add(&sql, ") ON COMMIT DROP");
    return pgdrv_sql_run(load->unit->conn, &sql,
                         "make a temporary table for the new rows, which needs the right TEMPORARY "
                         "on the database",
                         err);
}

ferry_status pgdrv_stage_make(struct pgdrv_load *load, struct ferry_error *err)
{
    return load->makes ? stage_make_table(load, err) : stage_make_temporary(load, err);
}

/* ---- What it takes over ---- */

/* Each answers statements for the table $2 ("schema"."name") that make it what the table $1 (an
 * oid) is.  Nothing else is done with it, so that nothing has to be told apart here. */
static const struct {
    const char *sql;
    const char *doing;
} stage_inherited[] = {
    {"SELECT pg_catalog.format('ALTER TABLE %s OWNER TO %I', $2::text, "
     "pg_catalog.pg_get_userbyid(o.relowner)) FROM pg_catalog.pg_class o, pg_catalog.pg_class n "
     "WHERE o.oid = $1::oid AND n.oid = $2::pg_catalog.regclass AND o.relowner <> n.relowner",
     "give the new table the owner of the old one"},
    {"WITH r AS (SELECT c.oid, a.grantee, a.privilege_type AS p, a.is_grantable AS g FROM "
     "pg_catalog.pg_class c, LATERAL pg_catalog.aclexplode(COALESCE(c.relacl, "
     "pg_catalog.acldefault('r', c.relowner))) a WHERE c.oid IN ($1::oid, "
     "$2::pg_catalog.regclass)), o AS (SELECT grantee, p, g FROM r WHERE oid = $1::oid), n AS "
     "(SELECT grantee, p, g FROM r WHERE oid = $2::pg_catalog.regclass), w AS (SELECT 1 AS k, * "
     "FROM (SELECT * FROM n EXCEPT SELECT * FROM o) x UNION ALL SELECT 2, * FROM (SELECT * FROM o "
     "EXCEPT SELECT * FROM n) y) SELECT pg_catalog.format(CASE k WHEN 1 THEN 'REVOKE %s ON TABLE "
     "%s "
     "FROM %s' ELSE 'GRANT %s ON TABLE %s TO %s%s' END, p, $2::text, CASE grantee WHEN 0 THEN "
     "'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(grantee)) END, CASE WHEN g "
     "THEN ' WITH GRANT OPTION' ELSE '' END) FROM w ORDER BY k, grantee, p",
     "give the new table the rights of the old one"},
    {"SELECT CASE WHEN d.objsubid = 0 THEN pg_catalog.format('COMMENT ON TABLE %s IS %L', "
     "$2::text, "
     "d.description) ELSE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', $2::text, a.attname, "
     "d.description) END FROM pg_catalog.pg_description d LEFT JOIN pg_catalog.pg_attribute a ON "
     "a.attrelid = d.objoid AND a.attnum = d.objsubid WHERE d.objoid = $1::oid AND d.classoid = "
     "'pg_catalog.pg_class'::pg_catalog.regclass AND (d.objsubid = 0 OR EXISTS (SELECT FROM "
     "pg_catalog.pg_attribute b WHERE b.attrelid = $2::pg_catalog.regclass AND b.attname = "
     "a.attname AND NOT b.attisdropped)) ORDER BY d.objsubid",
     "give the new table the comments of the old one"},
    {"SELECT pg_catalog.format('ALTER TABLE %s %s ROW LEVEL SECURITY', $2::text, w.word) FROM "
     "pg_catalog.pg_class o, LATERAL (VALUES (o.relrowsecurity, 'ENABLE'), (o.relforcerowsecurity, "
     "'FORCE')) AS w (has, word) WHERE o.oid = $1::oid AND w.has",
     "give the new table the row level security of the old one"},
};

static ferry_status stage_run_answers(struct pgdrv_conn *conn, const PGresult *statements,
                                      const char *doing, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (int i = 0; i < PQntuples(statements) && status == FERRY_OK; i++) {
        const char *sql = pgdrv_value(statements, i, 0);
        status = sql == NULL ? pgdrv_fail_shape(conn, PGDRV_LOADING, doing, err)
                             : pgdrv_run(conn, PGDRV_LOADING, sql, doing, err);
    }
    return status;
}

/* Owner and rights of the old table, as one text to be freed. */
static ferry_status stage_read_rights(const struct pgdrv_load *load, struct pgdrv_conn *conn,
                                      char **ret_rights, struct ferry_error *err)
{
    static const char doing[] = "look at the rights on the old table";
    static const char sql[] = "SELECT pg_catalog.concat_ws(' ', relowner, relrowsecurity, "
                              "relforcerowsecurity, relacl::text) FROM pg_catalog.pg_class WHERE "
                              "oid = $1::oid";
    const char *const values[] = {load->table.oid};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status = pgdrv_ask(conn, PGDRV_LOADING, sql, values, 1, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    const char *rights = pgdrv_value(result, 0, 0);
    if (rights == NULL)
        return ferry_load_fail_changed(load->spec, conn->label, err);
    *ret_rights = strdup(rights);
    return *ret_rights == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

ferry_status pgdrv_stage_confirm(struct pgdrv_load *load, struct ferry_error *err)
{
    struct pgdrv_unit *unit = load->unit;
    PART_AUTO_STRING char *now = NULL;
    if (unit->conn->second == NULL || load->rights == NULL)
        return FERRY_OK;
    /* The second connection sees the old table until the commit, with rights that were changed
     * meanwhile: GRANT and REVOKE take no lock of the table. */
    ferry_status status = stage_read_rights(load, unit->conn->second, &now, err);
    return status == FERRY_OK && (now == NULL || strcmp(now, load->rights) != 0)
               ? ferry_load_fail_changed(load->spec, unit->conn->label, err)
               : status;
}

ferry_status pgdrv_stage_inherit(struct pgdrv_load *load, struct ferry_error *err)
{
    const char *const values[] = {load->table.oid, load->path};
    struct pgdrv_conn *conn = load->unit->conn;
    ferry_status status = stage_read_rights(load, conn, &load->rights, err);
    for (size_t i = 0; i < sizeof stage_inherited / sizeof *stage_inherited && status == FERRY_OK;
         i++) {
        PGDRV_AUTO_RESULT PGresult *statements = NULL;
        status = pgdrv_ask_list(conn, PGDRV_LOADING, stage_inherited[i].sql, values, 2, 1,
                                stage_inherited[i].doing, &statements, err);
        if (status == FERRY_OK)
            status = stage_run_answers(conn, statements, stage_inherited[i].doing, err);
    }
    return status;
}
