/* A table for a person: columns as wide as what stands in them. */

#ifndef FERRY_GRID_H
#define FERRY_GRID_H

#include <stddef.h>
#include <stdio.h>

#include "base/strbuf.h"

#define FERRY_GRID_COLUMNS 8 /* at most */

struct ferry_grid {
    FILE *to;
    const char *indent;
    size_t column_count;
    const char *const *headings; /* one for each column */
    unsigned numbers;            /* a bit for each column that stands to the right; not the last */
    size_t row_count;
    /* Adds to each cell of the row what stands in it, escaped; the cells are empty. */
    void (*fill)(const void *data, size_t row, struct ferry_strbuf *cells);
    const void *data;
};

/* How many characters the widest line has. */
int ferry_grid_width(const struct ferry_grid *grid);
/* The headings, then the rows.  Each is filled in twice: to be measured, and to be printed. */
void ferry_grid_print(const struct ferry_grid *grid);

#endif
