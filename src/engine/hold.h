/* A table of somebody's own: whether its columns, as they are, hold what the source gives. */

#ifndef FERRY_HOLD_H
#define FERRY_HOLD_H

#include "engine/negotiate.h"

/* Matches the columns of plan->schema with those of `existing` by name, also but for the case of
 * ASCII letters, and asks the target how each one holds the source's.  Where all do, and the other
 * columns of the table fill themselves, the mappings become what the target said and
 * plan->difference stays empty; else plan->difference says why not. */
ferry_status ferry_hold_columns(struct ferry_plan *plan, struct ferry_connection *target,
                                const struct ferry_schema *existing, struct ferry_error *error);

#endif
