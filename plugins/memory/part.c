/* Where rows are cut into parts, and how several connections read one state: that of a table is its
 * serial number, and what is generated is always the same. */

#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Cuts ---- */

static ferry_status add_cuts(const struct memory_key *key, const struct memory_row *rows,
                             size_t row_count, uint32_t count, struct ferry_cuts *cuts,
                             struct ferry_error *err)
{
    const size_t column = key->columns[0];
    const struct ferry_column *of = &key->list[column];
    const struct ferry_cell *last = NULL;
    ferry_status status = FERRY_OK;
    for (uint32_t i = 1; i < count && row_count > 0 && status == FERRY_OK; i++) {
        const struct ferry_cell *cell = &rows[row_count * i / count].cells[column];
        if (cell->null || cell->kind != FERRY_KIND_TYPED ||
            (last != NULL && key->compare(of, last, cell) >= 0))
            continue;
        status = ferry_cuts_add(cuts, cell, err);
        last = cell;
    }
    return status;
}

ferry_status memory_part(void *conn, const struct ferry_read *read,
                         const struct ferry_schema *schema, size_t column, uint32_t count,
                         struct ferry_cuts *cuts, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    struct memory_table *table = NULL;
    (void)schema;
    ferry_status status = memory_fault_hit(c, "part", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "part", &status, err))
        return status;
    if (status == FERRY_OK)
        status = memory_source_find(c, read, &table, err);
    if (status == FERRY_OK && table == NULL)
        status = memory_generate_table(c, &table, err);
    if (status != FERRY_OK)
        return status;
    const struct memory_key key = {.list = table->columns.list,
                                   .columns = &column,
                                   .count = 1,
                                   .compare = memory_cells_compare};
    struct memory_row *rows = memory_rows_list(table);
    if (rows == NULL) {
        status = ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    } else {
        memory_rows_sort(&key, rows, table->count);
        status = add_cuts(&key, rows, table->count, count, cuts, err);
    }
    free(rows);
    memory_table_unref(table);
    return status;
}

/* ---- One state ---- */

ferry_status memory_share_begin(void *conn, const struct ferry_read *read,
                                const struct ferry_share_spec *spec, struct ferry_share *share,
                                struct ferry_error *err)
{
    struct memory_conn *c = conn;
    struct memory_table *table = NULL;
    char text[sizeof "18446744073709551615"];
    (void)spec;
    ferry_status status = memory_fault_hit(c, "share_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK && memory_fault_lie(c, "share_begin", &status, err))
        return status;
    if (status == FERRY_OK)
        status = memory_source_find(c, read, &table, err);
    if (status != FERRY_OK)
        return status;
    (void)snprintf(text, sizeof text, "%" PRIu64, table == NULL ? 0 : table->serial);
    memory_table_unref(table);
    return ferry_share_set(share, text, err);
}

ferry_status memory_share_join(void *conn, const char *text, struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "share_join", MEMORY_NO_ROW, err);
    if (status == FERRY_OK && memory_fault_lie(c, "share_join", &status, err))
        return status;
    c->joined = strtoull(text, NULL, 10);
    return status;
}

ferry_status memory_share_end(void *conn, struct ferry_error *err)
{
    ferry_status status = memory_fault_hit(conn, "share_end", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        (void)memory_fault_lie(conn, "share_end", &status, err);
    return status;
}
