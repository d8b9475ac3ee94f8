/* What is asked of the drivers for `check`: the reads and loads of a job, as a run would have them.
 */

#include <stdlib.h>

#include "base/cleanup.h"
#include "command/check_sides.h"
#include "driver/connection.h"
#include "engine/limits.h"
#include "engine/strategy.h"

static void examine(struct ferry_check *check, const struct ferry_job *job, const char *about,
                    struct ferry_connection *connection,
                    const struct ferry_examination *examination)
{
    struct ferry_error error = {0};
    if (ferry_connection_cancelled(connection) != FERRY_CANCEL_NONE ||
        !ferry_connection_is_usable(connection))
        return; /* what ended it is told already */
    check->findings.about = about;
    ferry_status status =
        ferry_connection_examine(connection, examination, &check->findings, &error);
    check->findings.about = NULL;
    if (status == FERRY_OK)
        return;
    (void)ferry_job_limits_explain(job, job->route.source, connection, 0, &error);
    (void)ferry_check_fail(check, about, &error);
}

void ferry_check_examine_source(struct ferry_check *check, const struct ferry_job *job,
                                struct ferry_connection *source, bool of_fallback, bool again)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf about = {0};
    FERRY_AUTO_FREE const struct ferry_read **reads = calloc(job->task_count + 1, sizeof *reads);
    size_t count = reads == NULL ? 0 : job->task_count;
    for (size_t i = 0; i < count; i++)
        reads[i] = ferry_task_read(&job->tasks[i], of_fallback);
    const struct ferry_examination examination = {
        .tables_only = again, .reads = reads, .read_count = count};
    ferry_strbuf_addf(&about, "%s '%s'", of_fallback ? "fallback" : "source",
                      of_fallback ? job->route.fallback.source->name : job->route.source->name);
    examine(check, job, ferry_strbuf_text(&about), source, &examination);
}

/* The loads of the plans that were made, at most two for each. */
struct loads {
    struct ferry_layout *layouts;
    struct ferry_load_spec *specs;
    const struct ferry_load_spec **list;
    size_t count;
};

static void add_load(struct loads *loads, const struct ferry_load_spec *spec)
{
    loads->specs[loads->count] = *spec;
    loads->list[loads->count] = &loads->specs[loads->count];
    loads->count++;
}

/* A job that changes single rows replaces all of them at first, and may have to again. */
static void add_loads(struct loads *loads, const struct ferry_task *task,
                      const struct ferry_plan *plan, struct ferry_layout *layout)
{
    *layout = ferry_plan_layout(plan, task->table);
    struct ferry_load_spec spec = ferry_plan_load(plan, layout, &task->policy);
    add_load(loads, &spec);
    if (plan->strategy == NULL || task->changes.strategy == FERRY_STRATEGY_REPLACE)
        return;
    spec.kind = FERRY_LOAD_CHANGES;
    spec.action = FERRY_TABLE_KEEP;
    spec.key = plan->key.columns;
    spec.key_count = plan->key.count;
    add_load(loads, &spec);
}

void ferry_check_examine_target(struct ferry_check *check, const struct ferry_job *job,
                                struct ferry_connection *target, const struct ferry_plan *plans,
                                bool again)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf about = {0};
    struct loads loads = {.layouts = calloc(job->task_count + 1, sizeof *loads.layouts),
                          .specs = calloc(2 * job->task_count + 1, sizeof *loads.specs),
                          .list = calloc(2 * job->task_count + 1, sizeof *loads.list)};
    bool complete = loads.layouts != NULL && loads.specs != NULL && loads.list != NULL;
    for (size_t i = 0; complete && i < job->task_count; i++)
        if (plans[i].action != 0)
            add_loads(&loads, &job->tasks[i], &plans[i], &loads.layouts[i]);
    const struct ferry_examination examination = {
        .tables_only = again, .loads = loads.list, .load_count = loads.count};
    ferry_strbuf_addf(&about, "target '%s'", job->route.target->name);
    examine(check, job, ferry_strbuf_text(&about), target, &examination);
    free(loads.layouts);
    free(loads.specs);
    free((void *)loads.list);
}
