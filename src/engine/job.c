/* What a job makes of a described source before a target is asked. */

#include "engine/job.h"

#include <stdlib.h>

#include "engine/keys.h"
#include "engine/text_bytes.h"

ferry_status ferry_job_begin_plan(const struct ferry_job *job, bool of_fallback,
                                  struct ferry_plan *plan, struct ferry_error *error)
{
    const struct ferry_key_rules keys = {.leave_out = !job->task.copy_indexes,
                                         .wanted = job->task.indexes,
                                         .wanted_count = job->task.index_count};
    ferry_status status = ferry_plan_take_columns(plan, error);
    plan->keeps = of_fallback               ? FERRY_KEEPS_PRIMARY
                  : plan->described.unknown ? FERRY_KEEPS_UNKNOWN
                                            : FERRY_KEEPS_NOTHING;
    if (status == FERRY_OK)
        status = ferry_keys_plan(plan, &keys, error);
    if (status == FERRY_OK)
        status = ferry_wish_fill(plan, &job->task.columns, error);
    if (status == FERRY_OK)
        status = ferry_text_bytes_prepare(plan, error);
    if (status == FERRY_OK)
        ferry_zero_date_prepare(plan);
    return status;
}

void ferry_indexes_free(struct ferry_index *indexes, size_t count)
{
    for (size_t i = 0; indexes != NULL && i < count; i++)
        free((void *)indexes[i].columns);
    free(indexes);
}

void ferry_job_done(struct ferry_job *job)
{
    ferry_indexes_free(job->task.indexes, job->task.index_count);
    ferry_column_rules_done(&job->task.columns);
    *job = (struct ferry_job){0};
}
