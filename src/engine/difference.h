/* A row that is not the same on both sides: its key, its columns, and what stands in them. */

#ifndef FERRY_DIFFERENCE_H
#define FERRY_DIFFERENCE_H

#include "engine/negotiate.h"

/* All of it lives as long as somebody is told of it. */
struct ferry_difference {
    const struct ferry_plan *plan;
    const struct ferry_cell_form *forms; /* one per column */
    const struct ferry_cell *source;     /* a cell per column; NULL: the row is extra ... */
    const struct ferry_cell *stored;     /* ... or missing: it is on one side alone */
    bool values;                         /* what stands in the columns is to be told too */
};

/* "missing", "extra" or "changed". */
const char *ferry_difference_kind(const struct ferry_difference *difference);
/* The side that has the row, of which the key is told. */
const struct ferry_cell *ferry_difference_row(const struct ferry_difference *difference);
/* Whether a changed row differs in that column. */
bool ferry_difference_is_in(const struct ferry_difference *difference, size_t column);

/* A value as a person reads it, escaped, and cut where it is long: 7, 1.50, 'text', x'00ff' or
 * NULL. */
void ferry_difference_add_value(struct ferry_strbuf *text, const struct ferry_column *column,
                                const struct ferry_cell *cell);
/* One line without its end, escaped: "changed: id = 7: name, price". */
void ferry_difference_add_line(struct ferry_strbuf *text,
                               const struct ferry_difference *difference);

#endif
