/* The strategies append and upsert: rows from the cursor on are added to those that are there. */

#ifndef FERRY_APPENDING_H
#define FERRY_APPENDING_H

#include "engine/transfer.h"

ferry_status ferry_append_move(struct ferry_transfer *transfer, struct ferry_error *error);
ferry_status ferry_upsert_move(struct ferry_transfer *transfer, struct ferry_error *error);

/* From where on the next read of a plan goes.  False: from the
 * beginning. */
bool ferry_append_bound(const struct ferry_plan *plan, struct ferry_bound *ret_bound);

#endif
