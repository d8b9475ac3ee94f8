/* Keys and indexes: which ones the target's table is to have. */

#ifndef FERRY_KEYS_H
#define FERRY_KEYS_H

#include <stdbool.h>

#include "engine/negotiate.h"

/* What a job says of them. */
struct ferry_key_rules {
    bool leave_out; /* the source's keys and indexes are not copied */
    const struct ferry_index *wanted;
    size_t wanted_count;
};

/* Before the columns are mapped: fills plan->indexes with those of the job and, behind them, of
 * plan->described.  Of two on the same columns in the same order one stays: the job's, or of the
 * source's the primary key before a unique one before a plain one; the primary key is never less
 * than that, and is among them also where only the columns tell of it.  Marks in plan->schema the
 * column that alone is the primary key; without copying, no column is part of it.  FERRY_ERR_SCHEMA
 * for an index of the job on a column that is not there. */
ferry_status ferry_keys_plan(struct ferry_plan *plan, const struct ferry_key_rules *rules,
                             struct ferry_error *error);

#endif
