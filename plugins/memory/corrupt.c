/* Damage on request: rows that are changed once they are stored, as bad memory or a bad disk would,
 * and that no count shows. */

#include "memory.h"

#include <stdlib.h>
#include <string.h>

const char memory_corruptions[] =
    "none|flip-bit|lose-row|double-row|lose-and-double|swap-columns|null-to-empty";

static bool has_bytes(const struct ferry_column *column, const struct ferry_cell *cell)
{
    uint16_t kind = cell->kind != FERRY_KIND_TYPED ? cell->kind : memory_columns_kind(column);
    return kind != FERRY_KIND_INT && kind != FERRY_KIND_FLOAT;
}

/* In the last cell that has one. */
static void flip_bit(const struct memory_table *table, struct ferry_cell *cells)
{
    for (size_t i = table->columns.count; i-- > 0;) {
        bool bytes = has_bytes(&table->columns.list[i], &cells[i]);
        if (cells[i].null || (bytes && cells[i].len == 0))
            continue;
        if (bytes) /* they stand behind the cells in the same block */
            ((char *)(uintptr_t)cells[i].v.p)[cells[i].len - 1] ^= 1;
        else
            cells[i].v.u ^= 1;
        return;
    }
}

/* The first two columns of one type change places. */
static void swap_columns(const struct memory_table *table, struct ferry_cell *cells)
{
    const struct memory_columns *columns = &table->columns;
    for (size_t i = 0; i < columns->count; i++)
        for (size_t k = i + 1; k < columns->count; k++)
            if (columns->list[i].type == columns->list[k].type) {
                struct ferry_cell cell = cells[i];
                cells[i] = cells[k];
                cells[k] = cell;
                return;
            }
}

/* The first NULL; of a number, 0. */
static void null_to_empty(const struct memory_table *table, struct ferry_cell *cells)
{
    for (size_t i = 0; i < table->columns.count; i++)
        if (cells[i].null) {
            cells[i] = (struct ferry_cell){0};
            if (has_bytes(&table->columns.list[i], &cells[i]))
                cells[i].v.p = "";
            return;
        }
}

static void lose_row(struct memory_table *table, size_t row)
{
    free(table->rows[row]);
    table->count--;
    memmove(&table->rows[row], &table->rows[row + 1],
            (table->count - row) * sizeof(struct ferry_cell *));
}

bool memory_corrupt(const struct memory_conn *conn, struct memory_table *table)
{
    const char *how = conn->corrupt;
    size_t row = (size_t)conn->fault.row;
    if (strcmp(how, "none") == 0 || row >= table->count)
        return true;
    if (strcmp(how, "flip-bit") == 0)
        flip_bit(table, table->rows[row]);
    else if (strcmp(how, "swap-columns") == 0)
        swap_columns(table, table->rows[row]);
    else if (strcmp(how, "null-to-empty") == 0)
        null_to_empty(table, table->rows[row]);
    else if (strcmp(how, "lose-row") == 0)
        lose_row(table, row);
    else if (strcmp(how, "double-row") == 0)
        return memory_table_add(table, table->rows[row]);
    else if (memory_table_add(table, table->rows[(row + 1) % table->count]))
        lose_row(table, row);
    else
        return false;
    return true;
}
