/* Whether a source says that its rows are those of the last run, so that nothing needs to be read.
 */

#ifndef FERRY_UNCHANGED_H
#define FERRY_UNCHANGED_H

#include "engine/transfer.h"

/* Where the job wishes it: asks the source, in the snapshot from which the rows would come, and
 * compares the answer with what the record of the last run says; the target must be as that run has
 * left it, as far as it can tell.  Sets transfer->fingerprint and transfer->is_unchanged.  A source
 * that cannot tell, and a change_query that fails, are no failure: all is read then. */
ferry_status ferry_unchanged_ask(struct ferry_transfer *transfer, struct ferry_error *error);

/* The record of a run that has read nothing: that of the last one, seen again. */
ferry_status ferry_unchanged_fill_record(struct ferry_transfer *transfer,
                                         struct ferry_error *error);

#endif
