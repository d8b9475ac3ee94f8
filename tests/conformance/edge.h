/* The values at the edges of each type, for edges.c. */

#ifndef FERRY_CONFORMANCE_EDGE_H
#define FERRY_CONFORMANCE_EDGE_H

#include "suite.h"

struct edge_text {
    const char *bytes;
    size_t size;
};

/* A column and values that it may hold by its description; which of the lists it has follows from
 * its type. */
struct edge_column {
    struct ferry_column column;
    const int64_t *ints; /* of an unsigned column: the same bits */
    const double *floats;
    const struct edge_text *texts;
    size_t count;
};

extern const struct edge_column edge_columns[];
extern const size_t edge_column_count;

#endif
