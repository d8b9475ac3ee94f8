/* Stored rows, read back as cells of the schema that they came by. */

#include "write/target.h"

#include <string.h>

static ferry_status stored_column(const struct dbidrv_conn *conn, const struct ferry_layout *layout,
                                  size_t i, struct dbidrv_column *ret, struct ferry_error *err)
{
    const struct ferry_column *column = ferry_schema_column(layout->schema, i);
    const struct dbidrv_rule *rule =
        dbidrv_rule_find(conn->dialect->writing, column, layout->wishes[i]);
    if (rule == NULL)
        return ferry_fail(err, FERRY_ERR_SCHEMA, "%s: column '%s' cannot be stored", conn->label,
                          column->name);
    struct dbidrv_column found = {
        .type = &rule->read, .name = strdup(column->name), .scale = column->scale};
    if (found.name == NULL)
        return dbidrv_fail_memory(err);
    FERRY_COPY(ferry_column, &found.column, column);
    found.column.name = found.name;
    *ret = found;
    return FERRY_OK;
}

static ferry_status stored_columns(const struct dbidrv_conn *conn,
                                   const struct ferry_layout *layout,
                                   struct dbidrv_columns *columns, struct ferry_error *err)
{
    size_t count = ferry_schema_count(layout->schema);
    ferry_status status = FERRY_OK;
    columns->list = calloc(count, sizeof *columns->list);
    if (columns->list == NULL)
        return dbidrv_fail_memory(err);
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        status = stored_column(conn, layout, i, &columns->list[i], err);
        columns->count += status == FERRY_OK;
    }
    return status;
}

ferry_status dbidrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    struct dbidrv_conn *c = conn;
    DBIDRV_AUTO_COLUMNS struct dbidrv_columns columns = {0};
    PART_AUTO_TEXT struct part_text from = {0};
    const struct dbidrv_load *l = load; /* of this transaction; NULL: there is none */
    const char *table = l == NULL ? layout->table : l->into;
    bool exists = false;
    (void)scan; /* everything: the driver has no FERRY_SCANS as a target */
    ferry_status status = dbidrv_table_look(c, table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && !exists)
        status = ferry_fail(err, FERRY_ERR_NOT_FOUND, "%s: there is no table '%s'", c->label,
                            layout->table);
    if (status == FERRY_OK)
        status = stored_columns(c, layout, &columns, err);
    part_text_add(&from, c->dialect->writing->only);
    dbidrv_query_add_path(c, table, &from);
    part_text_add(&from, " AS " DBIDRV_ALIAS);
    return status == FERRY_OK
               ? dbidrv_cursor_begin(c, layout->table, &columns, &from, ret_cursor, err)
               : status;
}
