/* Stored rows, read back as cells of the schema that they came by. */

#include "write/target.h"

#include <string.h>

static ferry_status stored_column(const struct odrv_conn *conn, const struct ferry_layout *layout,
                                  size_t i, struct odrv_column *ret, struct ferry_error *err)
{
    const struct ferry_column *column = ferry_schema_column(layout->schema, i);
    const struct odrv_rule *rule =
        odrv_rule_find(conn->dialect->writing, column, layout->wishes[i]);
    if (rule == NULL)
        return ferry_fail(err, FERRY_ERR_SCHEMA, "%s: column '%s' cannot be stored", conn->label,
                          column->name);
    *ret = (struct odrv_column){.type = &rule->read, .name = strdup(column->name)};
    FERRY_COPY(ferry_column, &ret->column, column);
    ret->column.name = ret->name;
    return ret->name == NULL ? odrv_fail_memory(err) : FERRY_OK;
}

static ferry_status stored_add_list(const struct odrv_conn *conn,
                                    const struct odrv_columns *columns, struct part_text *sql,
                                    struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && i < columns->count; i++) {
        PART_AUTO_TEXT struct part_text name = {0};
        const char *ask = columns->list[i].type->ask;
        status = odrv_query_add_name(conn, columns->list[i].name, &name, err);
        if (status == FERRY_OK && name.failed)
            status = odrv_fail_memory(err);
        part_text_add(sql, i > 0 ? ", " : "");
        if (status == FERRY_OK)
            part_text_add_template(sql, ask == NULL ? "%" : ask, name.data);
    }
    return status;
}

ferry_status odrv_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                               const struct ferry_scan *scan, void **ret_cursor,
                               struct ferry_error *err)
{
    struct odrv_conn *c = conn;
    ODRV_AUTO_COLUMNS struct odrv_columns columns = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    size_t count = ferry_schema_count(layout->schema);
    bool exists = false;
    const char *table = load == NULL ? layout->table : ((const struct odrv_load *)load)->into;
    (void)scan; /* everything: the driver has no FERRY_SCANS as a target */
    ferry_status status = odrv_table_look(c, table, NULL, &exists, NULL, err);
    if (status == FERRY_OK && !exists)
        status = ferry_fail(err, FERRY_ERR_NOT_FOUND, "%s: there is no table '%s'", c->label,
                            layout->table);
    if (status != FERRY_OK)
        return status;
    columns.list = calloc(count, sizeof *columns.list);
    if (columns.list == NULL)
        return odrv_fail_memory(err);
    for (size_t i = 0; status == FERRY_OK && i < count; i++) {
        status = stored_column(c, layout, i, &columns.list[i], err);
        columns.count += status == FERRY_OK;
    }
    part_text_add(&sql, "SELECT ");
    if (status == FERRY_OK)
        status = stored_add_list(c, &columns, &sql, err);
    part_text_addf(&sql, " FROM %s", c->dialect->writing->only);
    if (status == FERRY_OK)
        status = odrv_table_add_path(c, table, &sql, err);
    if (status == FERRY_OK && sql.failed)
        status = odrv_fail_memory(err);
    return status == FERRY_OK
               ? odrv_cursor_begin(c, layout->table, &columns, sql.data, ret_cursor, err)
               : status;
}
