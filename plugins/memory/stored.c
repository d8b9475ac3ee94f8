/* What is stored: the rows are cells of the source's schema already. */

#include "load.h"

#include <stdlib.h>

struct stored {
    struct memory_conn *conn;
    struct memory_table *found; /* of the store, or NULL */
    const struct memory_table *table;
    struct memory_scan scan;
    size_t next;
};

void memory_stored_end(void *cursor)
{
    struct stored *stored = cursor;
    memory_scan_done(&stored->scan);
    memory_table_unref(stored->found);
    free(stored);
}

static ferry_status stored_find(struct stored *stored, const struct memory_load *load,
                                const struct ferry_layout *layout, struct ferry_error *err)
{
    size_t columns = ferry_schema_count(layout->schema);
    if (load == NULL)
        stored->found = memory_table_find(stored->conn->store, layout->table);
    stored->table = load == NULL                            ? stored->found
                    : load->changes != NULL && !load->ended ? load->old
                                                            : load->table;
    if (stored->table == NULL)
        return ferry_fail(err, FERRY_ERR_NOT_FOUND, "there is no table '%s'", layout->table);
    return stored->table->columns.count == columns
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SCHEMA, "table '%s' has %zu columns, not %zu",
                            layout->table, stored->table->columns.count, columns);
}

ferry_status memory_stored_begin(void *conn, void *load, const struct ferry_layout *layout,
                                 const struct ferry_scan *scan, void **ret_cursor,
                                 struct ferry_error *err)
{
    struct memory_conn *c = conn;
    ferry_status status = memory_fault_hit(c, "stored_begin", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(c, err);
    if (status == FERRY_OK && memory_fault_lie(c, "stored_begin", &status, err))
        return status;
    if (status != FERRY_OK || memory_fault_skips(c, "stored_begin"))
        return status;
    struct stored *stored = calloc(1, sizeof *stored);
    if (stored == NULL)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    stored->conn = c;
    status = stored_find(stored, load, layout, err);
    const bool *among =
        scan->touched != 0 && load != NULL ? ((struct memory_load *)load)->touched : NULL;
    if (status == FERRY_OK)
        status = memory_scan_begin(c, stored->table, scan, among, &stored->scan, err);
    if (status == FERRY_OK)
        *ret_cursor = stored;
    else
        memory_stored_end(stored);
    return status;
}

static ferry_status stored_row(struct stored *stored, struct ferry_batch *batch,
                               struct ferry_error *err)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    return cells != NULL && memory_scan_copy(&stored->scan, stored->next++, batch, cells)
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
}

ferry_status memory_stored_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct stored *stored = cursor;
    ferry_status status = memory_fault_hit(stored->conn, "stored_batch", MEMORY_NO_ROW, err);
    if (status == FERRY_OK)
        status = memory_cancelled(stored->conn, err);
    if (status == FERRY_OK && memory_fault_lie(stored->conn, "stored_batch", &status, err))
        return status;
    while (status == FERRY_OK && stored->next < stored->scan.count && !ferry_batch_full(batch)) {
        status = memory_fault_hit(stored->conn, "stored_batch", stored->next, err);
        if (status == FERRY_OK)
            status = stored_row(stored, batch, err);
    }
    return status;
}
