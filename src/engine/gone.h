/* Rows that the source has no longer, found by comparing the keys alone. */

#ifndef FERRY_GONE_H
#define FERRY_GONE_H

#include "engine/stored_order.h"
#include "engine/transfer.h"

/* After the rows of an upsert, in the same snapshot: what is stored and not in the source goes.
 * Keys that are not stored yet are counted in transfer->absent. */
ferry_status ferry_delete_gone(struct ferry_transfer *transfer, struct ferry_error *error);

#endif
