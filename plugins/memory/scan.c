/* Which rows of a table a scan gives, in which order, and what of them. */

#include "memory.h"

#include <stdlib.h>
#include <string.h>

static bool is_within(const struct memory_table *table, const struct ferry_bound *bound,
                      const struct ferry_cell *row)
{
    const struct ferry_cell *cell = &row[bound->column];
    if (cell->null)
        return bound->or_null != 0;
    int order = memory_cells_compare(&table->columns.list[bound->column], cell, bound->cell);
    switch (bound->kind) {
    case FERRY_BOUND_AT_LEAST:
        return order >= 0;
    case FERRY_BOUND_ABOVE:
        return order > 0;
    case FERRY_BOUND_AT_MOST:
        return order <= 0;
    case FERRY_BOUND_BELOW:
        return order < 0;
    default:
        return false;
    }
}

static bool is_wanted(const struct memory_table *table, const struct ferry_scan *scan,
                      const struct ferry_cell *row)
{
    for (size_t i = 0; i < scan->bound_count; i++)
        if (!is_within(table, scan->bounds[i], row))
            return false;
    return true;
}

static bool choose_columns(struct memory_scan *scan, const size_t *columns, size_t count)
{
    size_t all = scan->table->columns.count;
    scan->column_count = count > 0 ? count : all;
    scan->columns = calloc(scan->column_count, sizeof *scan->columns);
    for (size_t i = 0; scan->columns != NULL && i < scan->column_count; i++)
        scan->columns[i] = count > 0 ? columns[i] : i;
    return scan->columns != NULL;
}

static bool choose_rows(struct memory_scan *scan, const struct ferry_scan *wanted,
                        const bool *among)
{
    const struct memory_table *table = scan->table;
    scan->rows = memory_rows_list(table);
    for (size_t i = 0; scan->rows != NULL && i < table->count; i++)
        if ((among == NULL || among[i]) && is_wanted(table, wanted, scan->rows[i].cells))
            scan->rows[scan->count++] = scan->rows[i];
    return scan->rows != NULL;
}

ferry_status memory_scan_begin(const struct memory_conn *conn, const struct memory_table *table,
                               const struct ferry_scan *wanted, const bool *among,
                               struct memory_scan *ret_scan, struct ferry_error *err)
{
    struct memory_scan scan = {.table = table};
    const struct memory_key key = {.list = table->columns.list,
                                   .columns = wanted->order,
                                   .count = wanted->order_count,
                                   .compare = memory_order_find(conn->order)};
    if (!choose_columns(&scan, wanted->columns, wanted->column_count) ||
        !choose_rows(&scan, wanted, among)) {
        memory_scan_done(&scan);
        return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
    }
    if (key.count > 0)
        memory_rows_sort(&key, scan.rows, scan.count);
    *ret_scan = scan;
    return FERRY_OK;
}

void memory_scan_done(struct memory_scan *scan)
{
    free(scan->rows);
    free(scan->columns);
    *scan = (struct memory_scan){0};
}

bool memory_scan_copy(const struct memory_scan *scan, size_t row, struct ferry_batch *batch,
                      struct ferry_cell *cells)
{
    const struct ferry_cell *from = scan->rows[row].cells;
    for (size_t i = 0; i < scan->column_count; i++) {
        size_t column = scan->columns[i];
        cells[i] = from[column];
        if (memory_cell_points(&scan->table->columns.list[column], &from[column]) &&
            !ferry_batch_text(batch, &cells[i], from[column].v.p, from[column].len))
            return false;
    }
    return true;
}
