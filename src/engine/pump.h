/* The pump: rows are read in one thread, or in several, and handed over in another, with a bounded
 * queue between them. */

#ifndef FERRY_PUMP_H
#define FERRY_PUMP_H

#include <stdatomic.h>

#include "driver/digest.h"
#include "engine/feed.h"
#include "engine/sink.h"
#include "engine/zero_date.h"

/* Several connections that share the ranges of what is read: who is done with one takes the next
 * that nobody has.  All must stay until the pump has ended. */
struct ferry_crew {
    struct ferry_connection *const *connections; /* a thread for each */
    struct ferry_digest *const *digests;         /* the same, of what each has read; NULL: none */
    size_t count;
    const struct ferry_scan *ranges; /* they differ in their bounds alone */
    size_t range_count;
};

struct ferry_pump {
    struct ferry_feed feed;
    const struct ferry_crew *crew; /* reads in the place of the feed's connection; NULL: none */
    const enum ferry_zero_date *zero_dates; /* what is done with them; NULL: nothing */
    struct ferry_digest *digest; /* of the rows as they are handed over; NULL: none, or a crew's */
    struct ferry_sink sink;
    _Atomic uint64_t rows_read;
    _Atomic uint64_t rows_loaded; /* handed to the sink */
    _Atomic uint64_t bytes;       /* of cells and values */
};

/* Moves all rows; returns when all threads have ended.  The sink is called in the calling thread.
 * Of several failures the one that came first is reported, never its echo elsewhere. */
ferry_status ferry_pump_run(struct ferry_pump *pump, struct ferry_error *error);

#endif
