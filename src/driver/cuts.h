/* Values of one column that part the rows of a table into ranges, as a source's driver tells them.
 */

#ifndef FERRY_CUTS_H
#define FERRY_CUTS_H

#include "driver/cell.h"

struct ferry_cut {
    struct ferry_cell cell; /* its text lies in `text` */
    char *text;             /* NULL: it has none */
};

/* Start with `column`, whose schema outlives them, and `most`. */
struct ferry_cuts {
    const struct ferry_column *column;
    size_t most; /* more are refused */
    struct ferry_cut *list;
    size_t count;
};

/* Frees all and makes it empty. */
void ferry_cuts_done(struct ferry_cuts *cuts);

#endif
