/* dbferry plan: negotiates and tells, per column, what becomes of it. */

#include "command/plan.h"
#include "command/command.h"
#include "command/events.h"
#include "engine/sync.h"

ferry_status ferry_plan_tell(struct ferry_told_plan *told, struct ferry_error *error)
{
    ferry_plan_add_remarks(told->task, told->plan, &told->remarks);
    bool failed = told->remarks.failed;
    if (!failed && ferry_events_are_enabled())
        ferry_plan_write(told);
    else if (!failed)
        ferry_plan_print(told);
    ferry_remarks_done(&told->remarks);
    return failed ? ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for what a plan says")
                  : FERRY_OK;
}

/* Of those that were negotiated to the end, even if the policy then refused one. */
static void tell_all(const struct ferry_job *job, const struct ferry_plan *plans,
                     const struct ferry_provenance *from, struct ferry_error *error)
{
    for (size_t i = 0; i < job->task_count; i++) {
        struct ferry_told_plan told = {
            .job = job, .task = &job->tasks[i], .plan = &plans[i], .from = from};
        if (plans[i].action != 0)
            (void)ferry_plan_tell(&told, error);
    }
}

ferry_status ferry_command_plan_job(const struct ferry_job *job,
                                    const struct ferry_arguments *arguments)
{
    (void)arguments;
    struct ferry_error error = {0};
    struct ferry_plan *plans = NULL;
    struct ferry_provenance from = {0};
    bool planned = ferry_sync_plan(job, &plans, &from, &error) == FERRY_OK || job->task_count == 1;
    if (planned && plans != NULL)
        tell_all(job, plans, &from, &error);
    ferry_plans_free(plans, job->task_count);
    ferry_status status = ferry_command_report(&error, NULL);
    return status == FERRY_OK && from.fallback != NULL ? FERRY_DONE_FROM_FALLBACK : status;
}

ferry_status ferry_command_plan(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = ferry_command_each_job(arguments, settings, ferry_command_plan_job);
    ferry_settings_free(settings);
    return status;
}
