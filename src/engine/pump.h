/* The pump: rows are read in one thread and handed over in another, with a bounded queue between
 * them. */

#ifndef FERRY_PUMP_H
#define FERRY_PUMP_H

#include <stdatomic.h>

#include "driver/digest.h"
#include "engine/feed.h"
#include "engine/sink.h"
#include "engine/zero_date.h"

struct ferry_pump {
    struct ferry_feed feed;
    const enum ferry_zero_date *zero_dates; /* what is done with them; NULL: nothing */
    struct ferry_digest *digest;            /* of the rows as they are handed over; NULL: none */
    struct ferry_sink sink;
    _Atomic uint64_t rows_read;
    _Atomic uint64_t rows_loaded; /* handed to the sink */
    _Atomic uint64_t bytes;       /* of cells and values */
};

/* Moves all rows; returns when both threads have ended.  The sink is called in the calling thread.
 * Of two failures the one that came first is reported, never its echo on the other side. */
ferry_status ferry_pump_run(struct ferry_pump *pump, struct ferry_error *error);

#endif
