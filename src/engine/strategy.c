/* The table of strategies, and which of them a plan gets. */

#include "engine/strategy.h"

#include "engine/replace.h"

const struct ferry_strategy ferry_strategies[] = {
    {.name = "replace", .load_kind = FERRY_LOAD_REPLACE, .move = ferry_replace_move},
};

const size_t ferry_strategy_count = sizeof ferry_strategies / sizeof ferry_strategies[0];

/* A job has no wish yet. */
ferry_status ferry_strategy_decide(const struct ferry_job *job, struct ferry_plan *plan,
                                   struct ferry_error *error)
{
    (void)job;
    (void)error;
    plan->strategy = &ferry_strategies[0];
    return FERRY_OK;
}
