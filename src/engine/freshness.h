/* How old the rows of a copy are: when they were last read from a primary source. */

#ifndef FERRY_FRESHNESS_H
#define FERRY_FRESHNESS_H

#include <stdbool.h>

#include "driver/connection.h"

enum ferry_freshness_basis {
    FERRY_FRESHNESS_UNKNOWN,
    FERRY_FRESHNESS_RECORD,  /* by the records of the runs that wrote them */
    FERRY_FRESHNESS_CHANGED, /* by the last change of the place: no older than that */
};

struct ferry_freshness {
    enum ferry_freshness_basis basis; /* how the rest is known */
    int64_t taken_ms;                 /* since 1970-01-01 UTC */
    bool reads_table;                 /* the rows come from the table that was asked about */
};

/* Asks an open source, whose snapshot is taken, about what `read` gives; with `table` (or NULL)
 * whether it comes from this table of the same place.  Of several tables the oldest counts. */
ferry_status ferry_freshness_ask(struct ferry_connection *source, const struct ferry_read *read,
                                 const char *table, struct ferry_freshness *ret_freshness,
                                 struct ferry_error *error);

#endif
