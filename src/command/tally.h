/* What came of jobs, in numbers, and what is told of that in the end. */

#ifndef FERRY_TALLY_H
#define FERRY_TALLY_H

#include "engine/sync.h"

/* Of one job; all zero: it was not begun.  A process hands it to another as it is. */
struct ferry_tally {
    bool begun;
    bool has_changes; /* at least one of its tables was changed by single rows */
    bool skipped;     /* nothing was read: the source says that it is unchanged */
    bool left;        /* to another run */
    ferry_status status;
    uint64_t rows, inserted, updated, deleted;
    int64_t elapsed_ms;
};

void ferry_tally_take(struct ferry_tally *tally, const struct ferry_sync_result *result);

/* A row for each of the jobs, which names[] has, on the terminal of a person who watches; totals
 * there and in the log.  `elapsed_ms` is for all of them. */
void ferry_tallies_tell(const char *const *names, const struct ferry_tally *tallies, size_t count,
                        int64_t elapsed_ms);

#endif
