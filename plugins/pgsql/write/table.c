/* What stands under a table's name on the server: its columns, and whether this driver has made it.
 */

#include "write/target.h"

#include <inttypes.h>
#include <string.h>

/* Counting means reading every page of the table: below this size that is quick. */
#define TABLE_COUNT_BYTES_MAX (UINT64_C(16) << 20)
#define TABLE_NAME_BYTES 63 /* the server cuts off what is longer */
#define TABLE_LOCKED "55P03"

static const char table_doing[] = "look at the table";

void pgdrv_table_clear(struct pgdrv_table *table)
{
    for (size_t i = 0; i < table->column_count; i++) {
        free(table->columns[i].name);
        free(table->columns[i].native);
        free(table->columns[i].type);
    }
    free(table->columns);
    free(table->oid);
    free(table->definition);
    *table = (struct pgdrv_table){0};
}

/* ---- Columns ---- */

static ferry_status table_add_column(struct pgdrv_conn *conn, struct pgdrv_table *table,
                                     const PGresult *rows, int row, struct ferry_error *err)
{
    const char *name = pgdrv_value(rows, row, 0), *native = pgdrv_value(rows, row, 1);
    const char *not_null = pgdrv_value(rows, row, 2), *fills = pgdrv_value(rows, row, 3);
    const char *type = pgdrv_value(rows, row, 4);
    struct pgdrv_live_column *column = &table->columns[table->column_count];
    if (name == NULL || native == NULL || not_null == NULL || fills == NULL || type == NULL)
        return pgdrv_fail_shape(conn, PGDRV_LOADING, table_doing, err);
    column->name = strdup(name);
    column->native = strdup(native);
    column->type = strdup(type);
    column->not_null = *not_null == 't';
    column->has_default = *fills == 't';
    table->column_count++; /* what was copied is freed with the table */
    return column->name == NULL || column->native == NULL || column->type == NULL
               ? pgdrv_fail_memory(err)
               : FERRY_OK;
}

/* Those that take values: a column that is computed from others does not. */
static ferry_status table_load_columns(struct pgdrv_conn *conn, struct pgdrv_table *table,
                                       struct ferry_error *err)
{
    static const char sql[] =
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, "
        "a.atthasdef OR a.attidentity <> '', pg_catalog.concat(pg_catalog.format_type(a.atttypid, "
        "a.atttypmod), CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || "
        "a.attcollation::pg_catalog.regcollation END) FROM pg_catalog.pg_attribute a JOIN "
        "pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::oid AND a.attnum > 0 "
        "AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum";
    const char *const values[] = {table->oid};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        pgdrv_ask_list(conn, PGDRV_LOADING, sql, values, 1, 5, table_doing, &rows, err);
    if (status != FERRY_OK)
        return status;
    table->columns = calloc((size_t)PQntuples(rows) + 1, sizeof *table->columns);
    if (table->columns == NULL)
        return pgdrv_fail_memory(err);
    for (int i = 0; i < PQntuples(rows) && status == FERRY_OK; i++)
        status = table_add_column(conn, table, rows, i, err);
    return status;
}

void pgdrv_table_write_columns(const struct pgdrv_table *table, const struct ferry_layout *layout,
                               struct part_text *sql)
{
    for (size_t i = 0; i < ferry_schema_count(layout->schema); i++) {
        const char *name = ferry_schema_column(layout->schema, i)->name;
        part_text_add(sql, i > 0 ? ", " : "");
        pgdrv_text_add_name(sql, name);
        for (size_t k = 0; k < table->column_count; k++)
            if (strcmp(table->columns[k].name, name) == 0)
                part_text_addf(sql, " %s", table->columns[k].type);
    }
}

/* ---- The table ---- */

static ferry_status table_find(struct pgdrv_conn *conn, const char *name, struct pgdrv_table *table,
                               struct ferry_error *err)
{
    static const char sql[] = "SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN "
                              "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname "
                              "= $1 AND c.relname = $2";
    const char *const values[] = {conn->schema, name};
    PGDRV_AUTO_RESULT PGresult *rows = NULL;
    ferry_status status =
        pgdrv_ask_list(conn, PGDRV_LOADING, sql, values, 2, 2, table_doing, &rows, err);
    if (status != FERRY_OK || PQntuples(rows) == 0)
        return status;
    const char *oid = pgdrv_value(rows, 0, 0), *kind = pgdrv_value(rows, 0, 1);
    if (oid == NULL || kind == NULL)
        return pgdrv_fail_shape(conn, PGDRV_LOADING, table_doing, err);
    table->exists = true;
    table->kind = *kind;
    table->oid = strdup(oid);
    return table->oid == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* It is our own as long as it says what it said when we had made it. */
static ferry_status table_load_definition(struct pgdrv_conn *conn, const char *name,
                                          struct pgdrv_table *table, struct ferry_error *err)
{
    uint64_t made = 0;
    ferry_status status = pgdrv_definition_read(conn, table->oid, &table->definition, err);
    if (status == FERRY_OK)
        status = pgdrv_record_definition(conn, name, &made, err);
    if (status != FERRY_OK)
        return status;
    table->hash = pgdrv_definition_hash(table->definition);
    table->own = made != 0 && made == table->hash;
    return FERRY_OK;
}

ferry_status pgdrv_table_load(struct pgdrv_conn *conn, const char *name,
                              struct pgdrv_table *ret_table, struct ferry_error *err)
{
    struct pgdrv_table table = {0};
    ferry_status status = table_find(conn, name, &table, err);
    if (status == FERRY_OK && table.exists && table.kind == 'r') {
        status = table_load_columns(conn, &table, err);
        if (status == FERRY_OK)
            status = table_load_definition(conn, name, &table, err);
    }
    if (status != FERRY_OK) {
        pgdrv_table_clear(&table);
        return status;
    }
    *ret_table = table;
    return FERRY_OK;
}

/* ---- Whether it will do ---- */

static const char *table_kind(char kind)
{
    static const struct {
        char kind;
        const char *name;
    } kinds[] = {
        {'v', "a view"},
        {'m', "a materialized view"},
        {'p', "a partitioned table"},
        {'f', "a foreign table"},
        {'S', "a sequence"},
        {'i', "an index"},
        {'I', "an index"},
        {'c', "a type"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "something else";
}

ferry_status pgdrv_table_check(const struct pgdrv_conn *conn, const char *name,
                               const struct pgdrv_table *table, struct ferry_error *err)
{
    if (strncmp(name, "_dbferry_", 9) == 0 &&
        strncmp(name, FERRY_TABLES_OF_PIECES, sizeof FERRY_TABLES_OF_PIECES - 1) != 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the table name '%s' is reserved; choose another target_table",
                          conn->label, name);
    if (strlen(name) > TABLE_NAME_BYTES)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: the table name '%s' is too long: names have %d bytes at most here; "
                          "choose another target_table",
                          conn->label, name, TABLE_NAME_BYTES);
    if (table->exists && table->kind != 'r')
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: '%s' is no plain table but %s; choose another target_table, or drop "
                          "it",
                          conn->label, name, table_kind(table->kind));
    if (table->exists && table->column_count == 0)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "%s: table '%s' has no column that takes values; choose another "
                          "target_table, or drop it",
                          conn->label, name);
    return FERRY_OK;
}

ferry_status pgdrv_table_confirm(struct pgdrv_conn *conn, const struct ferry_load_spec *spec,
                                 struct ferry_error *err)
{
    struct pgdrv_table now = {0};
    ferry_status status = pgdrv_table_load(conn, spec->layout->table, &now, err);
    if (status == FERRY_OK)
        status = ferry_load_confirm(spec, conn->label, now.exists, now.hash, err);
    pgdrv_table_clear(&now);
    return status;
}

/* ---- inspect ---- */

/* Where somebody keeps readers out of the table, their number is not cheap to learn. */
static ferry_status table_count(struct pgdrv_conn *conn, const char *name,
                                struct ferry_inspection *inspection, struct ferry_error *err)
{
    static const char doing[] = "count the table's rows";
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    part_text_add(&sql, "SELECT pg_catalog.count(*) FROM ");
    pgdrv_text_add_path(&sql, conn->schema, name);
    ferry_status status = pgdrv_run(conn, PGDRV_LOADING, "SET lock_timeout = 1000", doing, err);
    if (status == FERRY_OK)
        status = pgdrv_sql_try(conn, &sql, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    bool good = pgdrv_result_is_good(result);
    if (!good && strcmp(pgdrv_state(result), TABLE_LOCKED) != 0)
        return pgdrv_fail_result(conn, PGDRV_LOADING, result, doing, err);
    inspection->rows_known = good && pgdrv_digits(pgdrv_value(result, 0, 0), &inspection->rows);
    return pgdrv_run(conn, PGDRV_LOADING, "SET lock_timeout = 0", doing, err);
}

static ferry_status table_count_small(struct pgdrv_conn *conn, const char *name,
                                      const struct pgdrv_table *table,
                                      struct ferry_inspection *inspection, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    uint64_t bytes = 0;
    part_text_addf(
        &sql,
        "SELECT pg_catalog.pg_relation_size(c.oid) FROM pg_catalog.pg_class c WHERE c.oid = %s "
        "AND pg_catalog.has_table_privilege(c.oid, 'SELECT') UNION ALL SELECT %" PRIu64
        " ORDER BY 1 LIMIT 1",
        table->oid, TABLE_COUNT_BYTES_MAX + 1);
    ferry_status status = pgdrv_sql_number(conn, &sql, table_doing, &bytes, err);
    return status == FERRY_OK && bytes <= TABLE_COUNT_BYTES_MAX
               ? table_count(conn, name, inspection, err)
               : status;
}

static ferry_status table_report_column(const struct pgdrv_table *table,
                                        const struct pgdrv_live_column *live,
                                        struct ferry_schema *schema, struct ferry_error *err)
{
    const struct ferry_column column = {
        .name = live->name,
        .native = live->native,
        .type = FERRY_TYPE_ANY,
        .default_value = live->has_default ? "its own" : NULL,
        /* What this driver made a column for was the source's. */
        .flags =
            (live->has_default || !live->not_null) && !table->own ? FERRY_COLUMN_FILLS_ITSELF : 0,
        .clauses = live->not_null ? "NOT NULL" : "",
    };
    return ferry_schema_add(schema, &column, sizeof column, err);
}

static ferry_status table_report(struct pgdrv_conn *conn, const char *name,
                                 const struct pgdrv_table *table,
                                 struct ferry_inspection *inspection, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    inspection->exists = 1;
    inspection->own = table->own;
    inspection->definition = table->hash;
    for (size_t i = 0; i < table->column_count && status == FERRY_OK; i++)
        status = table_report_column(table, &table->columns[i], inspection->schema, err);
    if (status == FERRY_OK)
        status = pgdrv_references_tell(conn, table, inspection->schema, err);
    return status == FERRY_OK ? table_count_small(conn, name, table, inspection, err) : status;
}

ferry_status pgdrv_inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                           struct ferry_error *err)
{
    struct pgdrv_table found = {0};
    ferry_status status = pgdrv_table_load(conn, table, &found, err);
    if (status == FERRY_OK)
        status = pgdrv_table_check(conn, table, &found, err);
    if (status == FERRY_OK && found.exists)
        status = table_report(conn, table, &found, inspection, err);
    pgdrv_table_clear(&found);
    return status;
}
