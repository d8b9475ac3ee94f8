/* The pump: reads the source in one thread and loads the target in another, with a bounded queue
 * between them. */

#ifndef FERRY_PUMP_H
#define FERRY_PUMP_H

#include <stdatomic.h>

#include "driver/connection.h"
#include "driver/digest.h"
#include "engine/zero_date.h"

struct ferry_pump {
    struct ferry_connection *source;
    const struct ferry_read *read;
    const struct ferry_schema *schema;      /* as the source described it */
    const enum ferry_zero_date *zero_dates; /* what is done with them; NULL: nothing */
    struct ferry_digest *digest;            /* of the rows as they are handed over; NULL: none */
    struct ferry_connection *target;        /* of `load`: cancelled if the source fails */
    struct ferry_load *load;                /* NULL: the rows are read, and that is all */
    _Atomic uint64_t rows_read;
    _Atomic uint64_t rows_loaded; /* handed to the target */
    _Atomic uint64_t bytes;       /* of cells and values */
};

/* Moves all rows; returns when both threads have ended.  The target's calls are made in the calling
 * thread.  Of two failures the one that came first is reported, never its echo on the other side.
 */
ferry_status ferry_pump_run(struct ferry_pump *pump, struct ferry_error *error);

#endif
