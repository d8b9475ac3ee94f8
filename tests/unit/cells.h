/* Columns and cells as expressions, and numbers that repeat at each run. */

#ifndef FERRY_UNIT_CELLS_H
#define FERRY_UNIT_CELLS_H

#include "dbferry/driver.h"

#define COLUMN(...)                                                                                \
    (const struct ferry_column)                                                                    \
    {                                                                                              \
        .name = "c", .native = "", __VA_ARGS__                                                     \
    }
#define CELL(...)                                                                                  \
    (struct ferry_cell)                                                                            \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define INT(value) CELL(.v.i = (value))
#define UINT(value) CELL(.v.u = (value))
#define TEXT(value) CELL(.v.p = (value), .len = sizeof(value) - 1)
#define NONE CELL(.null = 1)
/* Cells that say their own kind. */
#define KIND_INT(value) CELL(.v.i = (value), .kind = FERRY_KIND_INT)
#define KIND_REAL(value) CELL(.v.f = (value), .kind = FERRY_KIND_FLOAT)
#define KIND_TEXT(value) CELL(.v.p = (value), .len = sizeof(value) - 1, .kind = FERRY_KIND_TEXT)
#define KIND_BYTES(value) CELL(.v.p = (value), .len = sizeof(value) - 1, .kind = FERRY_KIND_BYTES)
#define CELLS(...)                                                                                 \
    (const struct ferry_cell[]){__VA_ARGS__},                                                      \
        sizeof((const struct ferry_cell[]){__VA_ARGS__}) / sizeof(struct ferry_cell)

/* Below `end` (xorshift). */
static inline size_t pick(size_t end)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state >> 11) % end;
}

#endif
