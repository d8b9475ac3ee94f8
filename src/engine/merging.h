/* The strategy merge: all rows are read, and only what differs is written. */

#ifndef FERRY_MERGING_H
#define FERRY_MERGING_H

#include "engine/transfer.h"

ferry_status ferry_merge_move(struct ferry_transfer *transfer, struct ferry_error *error);

#endif
