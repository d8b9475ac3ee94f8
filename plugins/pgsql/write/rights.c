/* The rights that loads need: asked of the server, which knows best, before rows are loaded and for
 * `dbferry check`.
 */

#include "write/target.h"

#include <string.h>

/* What is missing, in words; no row where nothing is.  $1: the schema, $2: the table; $3: it is
 * made, or made anew, and then given to its owner ($5: the right that this takes); $4: single rows
 * change. */
static const char rights_sql[] =
    "SELECT m FROM (SELECT "
    "(SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = $1) AS n, "
    "(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = "
    "c.relnamespace WHERE s.nspname = $1 AND c.relname = $2) AS t) p LEFT JOIN LATERAL (SELECT "
    "c.relowner FROM pg_catalog.pg_class c, "
    "pg_catalog.pg_roles r WHERE c.oid = p.t AND r.rolname = current_user AND NOT r.rolsuper AND "
    "c.relowner <> r.oid) AS o (own) ON TRUE, LATERAL (VALUES "
    "(p.n IS NULL, 'there is no schema ' || pg_catalog.quote_ident($1)), "
    "(NOT pg_catalog.has_schema_privilege(p.n, 'USAGE'), 'USAGE on schema ' || "
    "pg_catalog.quote_ident($1)), "
    "($3::bool AND NOT pg_catalog.has_schema_privilege(p.n, 'CREATE'), 'CREATE on schema ' || "
    "pg_catalog.quote_ident($1)), "
    "($3::bool AND p.t IS NOT NULL AND NOT pg_catalog.pg_has_role((SELECT relowner FROM "
    "pg_catalog.pg_class WHERE oid = p.t), 'USAGE'), 'to be the owner of the table'), "
    "(NOT $3::bool AND NOT pg_catalog.has_table_privilege(p.t, 'INSERT'), 'INSERT on the table'), "
    "(NOT $3::bool AND NOT pg_catalog.has_table_privilege(p.t, 'DELETE'), 'DELETE on the table'), "
    "($4::bool AND NOT pg_catalog.has_table_privilege(p.t, 'UPDATE'), 'UPDATE on the table'), "
    "($3::bool AND o.own IS NOT NULL AND NOT pg_catalog.has_schema_privilege(o.own, p.n, "
    "'CREATE'), 'CREATE on schema ' || pg_catalog.quote_ident($1) || ' for the owner of the "
    "table'), "
    "($3::bool AND o.own IS NOT NULL AND NOT pg_catalog.pg_has_role(o.own, $5::text), 'SET for the "
    "role of the owner of the table'), "
    "(NOT pg_catalog.has_table_privilege(p.t, 'SELECT'), 'SELECT on the table'), "
    "(NOT $3::bool AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), "
    "'TEMPORARY'), 'TEMPORARY on database ' || pg_catalog.quote_ident("
    "pg_catalog.current_database()))) AS w (missing, m) WHERE w.missing";

static ferry_status rights_ask(struct pgdrv_conn *conn, const char *table, bool makes, bool changes,
                               struct part_text *ret_missing, struct ferry_error *err)
{
    const char *const values[] = {conn->schema, table, makes ? "t" : "f",
                                  changes && !makes ? "t" : "f",
                                  conn->version >= 160000 ? "SET" : "MEMBER"};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status = pgdrv_ask_list(conn, PGDRV_LOADING, rights_sql, values, 5, 1,
                                         "ask for the rights of the account", &rows, err);
    for (int i = 0; status == FERRY_OK && i < PQntuples(rows); i++) {
        const char *missing = pgdrv_value(rows, i, 0);
        part_text_addf(ret_missing, "%s%s", i > 0 ? ", " : "", missing == NULL ? "?" : missing);
    }
    return status == FERRY_OK && ret_missing->failed ? pgdrv_fail_memory(err) : status;
}

ferry_status pgdrv_rights_check(const struct pgdrv_load *load, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text missing = {0};
    struct pgdrv_conn *conn = load->unit->conn;
    bool changes = load->changes != NULL;
    bool makes = load->makes || (changes && load->changes->copies);
    ferry_status status = rights_ask(conn, load->layout->table, makes, changes, &missing, err);
    if (status != FERRY_OK || missing.length == 0)
        return status;
    return ferry_fail(err, FERRY_ERR_REFUSED,
                      "%s: the account may not load table '%s': it needs %s; grant that",
                      conn->label, load->layout->table, missing.data);
}

/* ---- For `dbferry check` ---- */

static ferry_status rights_examine_one(struct pgdrv_conn *conn, const struct ferry_load_spec *spec,
                                       struct ferry_findings *findings, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text missing = {0};
    struct pgdrv_table table = {0};
    const char *name = spec->layout->table;
    ferry_status status = pgdrv_table_load(conn, name, &table, err);
    bool stays = spec->kind == FERRY_LOAD_CHANGES ||
                 (spec->action == FERRY_TABLE_KEEP && (!table.own || spec->keep_definition != 0));
    pgdrv_table_clear(&table);
    if (status == FERRY_OK)
        status = rights_ask(conn, name, !stays, spec->kind == FERRY_LOAD_CHANGES, &missing, err);
    if (status != FERRY_OK)
        return status;
    if (missing.length == 0)
        return ferry_finding_ok(findings, err, "rights", "table '%s' may be loaded", name);
    return ferry_finding_fail(findings, err, FERRY_ERR_REFUSED, "rights",
                              "grant that to the account of the connection",
                              "table '%s': the account lacks: %s", name, missing.data);
}

ferry_status pgdrv_rights_examine(struct pgdrv_conn *conn,
                                  const struct ferry_examination *examination,
                                  struct ferry_findings *findings, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < examination->load_count && status == FERRY_OK; i++)
        status = rights_examine_one(conn, examination->loads[i], findings, err);
    return status;
}
