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
static bool flip_bit(struct memory_table *table, size_t row)
{
    struct ferry_cell *cells = table->rows[row];
    for (size_t i = table->columns.count; i-- > 0;) {
        bool bytes = has_bytes(&table->columns.list[i], &cells[i]);
        if (cells[i].null || (bytes && cells[i].len == 0))
            continue;
        if (bytes) /* they stand behind the cells in the same block */
            ((char *)(uintptr_t)cells[i].v.p)[cells[i].len - 1] ^= 1;
        else
            cells[i].v.u ^= 1;
        break;
    }
    return true;
}

/* The first two columns of one type change places. */
static bool swap_columns(struct memory_table *table, size_t row)
{
    const struct memory_columns *columns = &table->columns;
    struct ferry_cell *cells = table->rows[row];
    for (size_t i = 0; i < columns->count; i++)
        for (size_t k = i + 1; k < columns->count; k++)
            if (columns->list[i].type == columns->list[k].type) {
                struct ferry_cell cell = cells[i];
                cells[i] = cells[k];
                cells[k] = cell;
                return true;
            }
    return true;
}

/* The first NULL; of a number, 0. */
static bool null_to_empty(struct memory_table *table, size_t row)
{
    struct ferry_cell *cells = table->rows[row];
    for (size_t i = 0; i < table->columns.count; i++)
        if (cells[i].null) {
            cells[i] = (struct ferry_cell){0};
            if (has_bytes(&table->columns.list[i], &cells[i]))
                cells[i].v.p = "";
            break;
        }
    return true;
}

static bool lose_row(struct memory_table *table, size_t row)
{
    free(table->rows[row]);
    table->count--;
    memmove(&table->rows[row], &table->rows[row + 1],
            (table->count - row) * sizeof(struct ferry_cell *));
    return true;
}

static bool double_row(struct memory_table *table, size_t row)
{
    return memory_table_add(table, table->rows[row]);
}

/* The next one is doubled, so that there are as many as before. */
static bool lose_and_double(struct memory_table *table, size_t row)
{
    return double_row(table, (row + 1) % table->count) && lose_row(table, row);
}

bool memory_corrupt(const struct memory_conn *conn, struct memory_table *table)
{
    static const struct {
        const char *name;
        bool (*damage)(struct memory_table *table, size_t row); /* false if out of memory */
    } ways[] = {{"flip-bit", flip_bit},         {"lose-row", lose_row},
                {"double-row", double_row},     {"lose-and-double", lose_and_double},
                {"swap-columns", swap_columns}, {"null-to-empty", null_to_empty}};
    if (conn->fault.row >= table->count)
        return true;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(conn->corrupt, ways[i].name) == 0)
            return ways[i].damage(table, (size_t)conn->fault.row);
    return true;
}
