/* What the server's catalog adds to the columns of a table or view: what may be NULL, defaults,
 * collations, what numbers or computes itself.
 *
 * Every account may read the catalog, so an answer that is not whole is a failure.
 */

#include "read/read.h"

#include <stdio.h>
#include <string.h>

/* The columns of the question. */
enum {
    CATALOG_OID,
    CATALOG_KIND,
    CATALOG_NAME,
    CATALOG_NOT_NULL,
    CATALOG_IDENTITY,
    CATALOG_GENERATED,
    CATALOG_DEFAULT,
    CATALOG_COLLATION, /* NULL: none, or the database's own */
    CATALOG_DETERMINISTIC,
    CATALOG_FIELDS,
};

/* From release 18 on NOT NULL is a constraint, which old rows, or those of tables that inherit,
 * need not keep. */
static const char catalog_question[] =
    "SELECT c.oid, c.relkind, a.attname, a.attnotnull AND NOT EXISTS (SELECT FROM "
    "pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] "
    "= a.attnum AND (NOT k.convalidated OR (k.connoinherit AND c.relhassubclass))), a.attidentity, "
    "a.attgenerated, "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid), co.collname, co.collisdeterministic "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
    "c.relnamespace JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT "
    "a.attisdropped LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = "
    "a.attnum LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation AND co.collname <> "
    "'default' WHERE n.nspname = $1 AND c.relname = $2 ORDER BY a.attnum";

static const char catalog_doing[] = "read the server's catalog";

static ferry_status catalog_fail_changed(const struct pgdrv_conn *conn, const char *name,
                                         struct ferry_error *err)
{
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY,
                   "%s: the catalog tells of other columns of '%s' than it has; it was changed a "
                   "moment ago: run again",
                   conn->label, name);
    ferry_error_may_pass(err);
    return status;
}

static bool catalog_is(const PGresult *answer, int row, int field, char letter)
{
    const char *value = pgdrv_value(answer, row, field);
    return value != NULL && *value == letter;
}

/* ---- One column ---- */

static ferry_status catalog_add_default(const PGresult *answer, int row, struct pgdrv_column *c,
                                        struct ferry_schema *schema, struct ferry_error *err)
{
    char *value = NULL;
    switch (pgdrv_default_read(pgdrv_value(answer, row, CATALOG_DEFAULT), &c->column, &value)) {
    case PGDRV_DEFAULT_NONE:
        break;
    case PGDRV_DEFAULT_CONSTANT:
        c->default_value = value;
        c->column.default_value = value;
        break;
    case PGDRV_DEFAULT_NOW:
        c->column.flags |= FERRY_COLUMN_DEFAULT_NOW;
        break;
    case PGDRV_DEFAULT_SEQUENCE:
        c->column.flags |= FERRY_COLUMN_AUTO_NUMBER;
        break;
    case PGDRV_DEFAULT_NO_MEMORY:
        return pgdrv_fail_memory(err);
    case PGDRV_DEFAULT_UNKNOWN:
        return ferry_schema_note(
            schema, err, "the default of column '%s' is not carried: it is an expression", c->name);
    }
    return FERRY_OK;
}

/* A collation by which different texts are the same; all others compare byte by byte in the end. */
static ferry_status catalog_add_collation(const PGresult *answer, int row, struct pgdrv_column *c,
                                          struct ferry_error *err)
{
    const char *collation = pgdrv_value(answer, row, CATALOG_COLLATION);
    if (collation == NULL || c->column.type != FERRY_TYPE_TEXT)
        return FERRY_OK;
    c->collation = strdup(collation);
    if (c->collation == NULL)
        return pgdrv_fail_memory(err);
    if (!pgdrv_collation_is_bytes(collation)) /* then there is nothing to tell */
        c->column.collation = c->collation;
    if (catalog_is(answer, row, CATALOG_DETERMINISTIC, 'f'))
        c->column.flags |= FERRY_COLUMN_COMPARES_UNKNOWN;
    return FERRY_OK;
}

static ferry_status catalog_add_row(const PGresult *answer, int row,
                                    const struct pgdrv_nature *nature, struct pgdrv_column *c,
                                    struct ferry_schema *schema, struct ferry_error *err)
{
    ferry_status status = catalog_add_collation(answer, row, c, err);
    if (status != FERRY_OK || !nature->is_table)
        return status;
    if (catalog_is(answer, row, CATALOG_NOT_NULL, 't'))
        c->column.flags |= FERRY_COLUMN_NOT_NULL;
    if (catalog_is(answer, row, CATALOG_IDENTITY, 'a') ||
        catalog_is(answer, row, CATALOG_IDENTITY, 'd'))
        c->column.flags |= FERRY_COLUMN_AUTO_NUMBER;
    if (catalog_is(answer, row, CATALOG_GENERATED, 's') ||
        catalog_is(answer, row, CATALOG_GENERATED, 'v')) {
        c->column.flags |= FERRY_COLUMN_GENERATED;
        return FERRY_OK;
    }
    return catalog_add_default(answer, row, c, schema, err);
}

/* ---- All columns ---- */

/* Nobody sees to it that rows of a foreign table keep what its definition says. */
static void catalog_take_nature(const PGresult *answer, struct pgdrv_nature *nature)
{
    const char *kind = pgdrv_value(answer, 0, CATALOG_KIND);
    const char *oid = pgdrv_value(answer, 0, CATALOG_OID);
    nature->kind = *(kind == NULL ? "" : kind);
    nature->is_table = nature->kind == 'r' || nature->kind == 'p';
    snprintf(nature->oid, sizeof nature->oid, "%s", oid == NULL ? "0" : oid);
}

ferry_status pgdrv_catalog_apply(struct pgdrv_conn *conn, const char *name,
                                 struct pgdrv_result *result, struct ferry_schema *schema,
                                 struct pgdrv_nature *ret_nature, struct ferry_error *err)
{
    const char *const values[] = {conn->schema, name};
    struct pgdrv_nature nature = {0};
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status =
        pgdrv_ask(conn, PGDRV_ASKING, catalog_question, values, 2, catalog_doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    if (PQnfields(answer) != CATALOG_FIELDS)
        return pgdrv_fail_shape(conn, PGDRV_ASKING, catalog_doing, err);
    if ((size_t)PQntuples(answer) != result->count)
        return catalog_fail_changed(conn, name, err);
    catalog_take_nature(answer, &nature);
    for (size_t i = 0; i < result->count && status == FERRY_OK; i++) {
        const char *column = pgdrv_value(answer, (int)i, CATALOG_NAME);
        if (column == NULL || strcmp(column, result->columns[i].name) != 0)
            return catalog_fail_changed(conn, name, err);
        status = catalog_add_row(answer, (int)i, &nature, &result->columns[i], schema, err);
    }
    if (status == FERRY_OK)
        *ret_nature = nature;
    return status;
}
