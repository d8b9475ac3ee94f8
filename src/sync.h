/* One run of one job. */

#ifndef FERRY_SYNC_H
#define FERRY_SYNC_H

#include "job.h"
#include "record.h"

struct ferry_sync_result {
    struct ferry_record record;
    uint64_t rows;
    uint64_t rows_before;
    uint64_t bytes; /* of values, as they passed */
    int64_t elapsed_ms;
    bool target_changed; /* the commit succeeded */
};

/* Replaces the job's target table by what its source holds now.  On failure the target is as it
 * was; the one exception, a commit whose outcome is not known, is told by the error's message. */
ferry_status ferry_sync_run(const struct ferry_job *job, struct ferry_sync_result *ret_result,
                            struct ferry_error *error);

/* The same up to the first write: connects, describes, negotiates and checks the policy.  The plan
 * goes to ferry_plan_done() whatever is returned; it is filled as far as it got. */
ferry_status ferry_sync_plan(const struct ferry_job *job, struct ferry_plan *plan,
                             struct ferry_error *error);

#endif
