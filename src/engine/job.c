/* The tasks of a job, and what one makes of a described source before a target is asked. */

#include "engine/job.h"

#include <stdlib.h>

#include "engine/group.h"
#include "engine/keys.h"
#include "engine/text_bytes.h"

struct ferry_task *ferry_job_add_task(struct ferry_job *job)
{
    struct ferry_task *tasks = reallocarray(job->tasks, job->task_count + 1, sizeof *tasks);
    if (tasks == NULL)
        return NULL;
    job->tasks = tasks;
    tasks[job->task_count] = (struct ferry_task){0};
    return &tasks[job->task_count++];
}

void ferry_job_take_all(struct ferry_job *job)
{
    for (size_t i = 0; i < job->task_count; i++)
        job->tasks[i].changes.full = true;
    for (size_t i = 0; job->group != NULL && i < job->group->override_count; i++)
        job->group->overrides[i].task.changes.full = true;
}

const char *ferry_task_name(const struct ferry_job *job, const struct ferry_task *task)
{
    return task->name != NULL ? task->name : job->name;
}

const struct ferry_read *ferry_task_read(const struct ferry_task *task, bool of_fallback)
{
    return of_fallback ? &task->fallback_read : &task->read;
}

ferry_status ferry_task_begin_plan(const struct ferry_task *task, bool of_fallback,
                                   struct ferry_plan *plan, struct ferry_error *error)
{
    const struct ferry_key_rules keys = {.leave_out = !task->copy_indexes,
                                         .wanted = task->indexes,
                                         .wanted_count = task->index_count};
    ferry_status status = ferry_plan_take_columns(plan, error);
    plan->keeps = of_fallback               ? FERRY_KEEPS_PRIMARY
                  : plan->described.unknown ? FERRY_KEEPS_UNKNOWN
                                            : FERRY_KEEPS_NOTHING;
    if (status == FERRY_OK)
        status = ferry_keys_plan(plan, &keys, error);
    if (status == FERRY_OK)
        status = ferry_wish_fill(plan, &task->columns, error);
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

void ferry_task_done(struct ferry_task *task)
{
    ferry_indexes_free(task->indexes, task->index_count);
    free(task->changes.key);
    ferry_column_rules_done(&task->columns);
}

void ferry_job_done(struct ferry_job *job)
{
    for (size_t i = 0; i < job->task_count; i++)
        ferry_task_done(&job->tasks[i]);
    free(job->tasks);
    ferry_group_free(job->group);
    *job = (struct ferry_job){0};
}
