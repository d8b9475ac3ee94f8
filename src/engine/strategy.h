/* Strategies: how the rows of one table get into the target. */

#ifndef FERRY_STRATEGY_H
#define FERRY_STRATEGY_H

#include "engine/negotiate.h"

struct ferry_transfer;

struct ferry_strategy {
    const char *name;
    uint32_t load_kind; /* FERRY_LOAD_ */
    /* Moves the rows of a transfer whose load has begun, while the source is open. */
    ferry_status (*move)(struct ferry_transfer *transfer, struct ferry_error *error);
};

/* The strategy of a plan that is negotiated; it stays in plan->strategy, so that plan, dry run and
 * run cannot disagree.  At present there is one, and nothing to be wished for. */
const struct ferry_strategy *ferry_strategy_decide(const struct ferry_plan *plan);

#endif
