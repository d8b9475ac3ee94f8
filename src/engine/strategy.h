/* Strategies: how the rows of one table get into the target. */

#ifndef FERRY_STRATEGY_H
#define FERRY_STRATEGY_H

#include "engine/change_rules.h"
#include "engine/negotiate.h"

struct ferry_driver_handle;
struct ferry_task;
struct ferry_transfer;

struct ferry_strategy {
    const char *name;
    uint32_t load_kind; /* FERRY_LOAD_ */
    /* The table holds afterwards what the source does; else rows that were not read stay. */
    bool is_whole;
    /* Moves the rows of a transfer whose load has begun, while the source is open. */
    ferry_status (*move)(struct ferry_transfer *transfer, struct ferry_error *error);
};

/* What is known when a plan is negotiated. */
struct ferry_strategy_facts {
    const struct ferry_change_rules *rules;
    const struct ferry_connection *source;
    const struct ferry_connection *target;
    const char *job;       /* its name */
    const char *read_hash; /* of a copy, which has no name of its own; else NULL */
    bool fell_back;        /* the source is the job's fallback */
    bool together;         /* the table changes in one step with others */
};

/* Reads plan->before, the record of the last run into the table, where the rules ask for it.  One
 * that is not of what the table holds now is as good as none, and is told in the log. */
ferry_status ferry_strategy_recall(struct ferry_plan *plan, const struct ferry_change_rules *rules,
                                   struct ferry_connection *target, const char *table,
                                   struct ferry_error *error);
/* Decides plan->strategy, with plan->why where that is another than the job's, plan->key and
 * plan->cursor; plan->before is what was recalled.  It stays in the plan, so that plan, dry run and
 * run cannot disagree.  FERRY_ERR_SCHEMA where the job's strategy does not suit the columns,
 * FERRY_ERR_UNSUPPORTED where it does not suit the drivers, FERRY_ERR_DATA where rows were added by
 * another job.  plan->strategy is set on success alone. */
ferry_status ferry_strategy_decide(struct ferry_plan *plan,
                                   const struct ferry_strategy_facts *facts,
                                   struct ferry_error *error);

/* After that: the rows of a table that is there and empty, which it was to replace, could be added
 * one by one as well. */
bool ferry_strategy_can_fill(const struct ferry_plan *plan, const struct ferry_task *task);
/* They are, where it could. */
void ferry_strategy_fill(struct ferry_plan *plan, const struct ferry_task *task);

/* After that: all rows are replaced after all, since those of the table `other` are.  The plan is
 * as it was on failure, but for its reason. */
ferry_status ferry_strategy_replace_with(struct ferry_plan *plan, const char *other,
                                         struct ferry_error *error);

/* The word of a configuration for it. */
const char *ferry_strategy_name(enum ferry_strategy_id strategy);
/* The strategies in which a driver can take part on the side of `role`, by its abilities: the name
 * of number `i`, from 0 on; NULL past the end. */
const char *ferry_strategy_of_driver(const struct ferry_driver_handle *driver, uint32_t role,
                                     size_t i);
/* Whether earlier rows are kept, so that rows of an older copy must never be read instead. */
bool ferry_strategy_keeps_rows(const struct ferry_change_rules *rules);
/* Whether a run by the strategy of this name (or NULL) left what the source held, and nothing else.
 */
bool ferry_strategy_was_whole(const char *name);

#endif
