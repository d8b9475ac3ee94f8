/* About how many rows a reading will bring, for whoever looks on (show.h); where nobody does,
 * nothing is asked.
 *
 * Watching fails no run: only a driver that breaks its contract is told of, as FERRY_ERR_INTERNAL.
 */

#ifndef FERRY_ESTIMATE_H
#define FERRY_ESTIMATE_H

#include "engine/transfer.h"

/* Sets transfer->recorded, where the target has not counted the rows itself.  Once the plan is
 * decided, while nothing is read or loaded. */
ferry_status ferry_estimate_recall(struct ferry_transfer *transfer, struct ferry_error *error);
/* Asks the source, and sets transfer->expected.  Before the reading of this scan (NULL: all rows).
 */
ferry_status ferry_estimate_ask(struct ferry_transfer *transfer, const struct ferry_scan *scan,
                                struct ferry_error *error);

/* Which number counts: what the source has told, or what the table holds of an earlier copy of the
 * same rows.  FERRY_ROWS_UNKNOWN for each that is not known. */
uint64_t ferry_estimate_choose(uint64_t told, uint64_t held);

#endif
