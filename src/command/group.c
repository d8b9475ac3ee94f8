/* The tables of a group are found first; then each is a job of its own, or all are one job.  What
 * they read is one snapshot, through one connection. */

#include "command/group.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/strays.h"
#include "command/summary.h"
#include "engine/attempt.h"
#include "engine/group.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "engine/sync.h"

static uint32_t role_of_all(const struct ferry_job *job)
{
    uint32_t role = ferry_session_target_role(job);
    for (size_t i = 0; i < job->group->override_count; i++) {
        const struct ferry_job one = {.tasks = &job->group->overrides[i].task, .task_count = 1};
        role |= ferry_session_target_role(&one);
    }
    return role;
}

static ferry_status find_tables(const struct ferry_job *job, const char *only,
                                struct ferry_tables *tables, struct ferry_error *error)
{
    struct ferry_sync_result unused;
    ferry_status status = ferry_attempt_job(job, ferry_sync_list, &unused, error);
    if (status == FERRY_OK)
        status = ferry_group_choose(job, &job->shared->listing, only, tables, error);
    if (status == FERRY_OK)
        ferry_log(FERRY_LOG_INFO, "%zu tables, in one snapshot of source '%s'", tables->count,
                  job->route.source->name);
    return status;
}

/* Each with a line of its own in the log, as another job has. */
static ferry_status do_table(const struct ferry_tables *tables, size_t i,
                             const struct ferry_arguments *arguments, ferry_job_action *action,
                             struct ferry_shared *shared, struct ferry_summary_row *row)
{
    struct ferry_job job = tables->jobs[i];
    job.shared = shared;
    job.ret_result = &row->result;
    ferry_log_set_job(job.name);
    ferry_log_set_phase(NULL);
    ferry_log_set_attempt(0);
    row->begun = true;
    row->status = action(&job, arguments);
    return row->status;
}

static ferry_status do_tables(const struct ferry_tables *tables,
                              const struct ferry_arguments *arguments, ferry_job_action *action,
                              struct ferry_shared *shared, struct ferry_summary_row *rows)
{
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < tables->count; i++)
        if (ferry_signal_caught() == 0)
            outcome = ferry_error_graver(outcome,
                                         do_table(tables, i, arguments, action, shared, &rows[i]));
        else
            ferry_outcome_leave(tables->jobs[i].name);
    return outcome;
}

/* Whether they are all of one run.  So are those that have foreign keys, which only shows where all
 * are looked at. */
static bool go_together(const struct ferry_job *job, struct ferry_tables *tables, const char *only,
                        ferry_job_action *action)
{
    bool joins = job->group->foreign_keys && only == NULL &&
                 (action == ferry_command_run_job || action == ferry_command_plan_job);
    ferry_tables_join(tables, joins);
    return joins || (tables->count > 1 && job->group->together && action == ferry_command_run_job);
}

/* Why the plan of all together has failed shows of each. */
static ferry_status plan_each(struct ferry_tables *tables, const struct ferry_arguments *arguments,
                              struct ferry_shared *shared, struct ferry_summary_row *rows,
                              ferry_status status)
{
    ferry_tables_join(tables, false);
    return ferry_error_graver(status,
                              do_tables(tables, arguments, ferry_command_plan_job, shared, rows));
}

/* All in one step: one run of them all. */
static ferry_status do_together(const struct ferry_job *group, const struct ferry_tables *tables,
                                const struct ferry_arguments *arguments, ferry_job_action *action,
                                struct ferry_summary_row *rows, struct ferry_error *error)
{
    struct ferry_sync_result *results = calloc(tables->count, sizeof *results);
    if (results == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the summary");
    struct ferry_job all = *group;
    all.tasks = tables->tasks;
    all.task_count = tables->count;
    all.ret_tables = results;
    ferry_status status = action(&all, arguments);
    for (size_t i = 0; i < tables->count; i++)
        rows[i] = (struct ferry_summary_row){.begun = true, .status = status, .result = results[i]};
    free(results);
    return status;
}

/* Where none of them could be carried, nothing more is asked of the two sides. */
static bool is_any_done(const struct ferry_tables *tables, const struct ferry_summary_row *rows)
{
    size_t i = 0;
    while (i < tables->count && !ferry_summary_is_done(&rows[i]))
        i++;
    return i < tables->count;
}

/* Which tables there are is not known where the source is not reached, but the rest can be tried.
 */
static ferry_status check_without_tables(const struct ferry_job *group,
                                         const struct ferry_arguments *arguments,
                                         struct ferry_error *error)
{
    struct ferry_job none = *group;
    none.task_count = 0;
    ferry_error_clear(error);
    return ferry_command_check_job(&none, arguments);
}

ferry_status ferry_command_each_table(struct ferry_job *job, const char *only,
                                      const struct ferry_arguments *arguments,
                                      ferry_job_action *action)
{
    struct ferry_error error = {0};
    struct ferry_tables tables = {0};
    struct ferry_summary_row *rows = NULL;
    struct ferry_strays strays = {.tables = &tables};
    struct ferry_shared shared = {.target_role = role_of_all(job),
                                  .looks = arguments->dry_run || action != ferry_command_run_job};
    int64_t started_ms = ferry_clock_ms();
    job->shared = &shared;
    ferry_status status = find_tables(job, only, &tables, &error);
    if (status != FERRY_OK && shared.source == NULL && action == ferry_command_check_job)
        status = check_without_tables(job, arguments, &error);
    bool prunes = job->group->prune && only == NULL && !shared.looks;
    bool prunes_first = prunes && job->group->foreign_keys;
    if (status == FERRY_OK && prunes)
        status = ferry_command_foresee_strays(job, &strays, &error);
    if (status == FERRY_OK && prunes_first) /* a key of a copy holds the table that it refers to */
        status = ferry_command_find_strays(job, arguments, &strays, status);
    if (status == FERRY_OK && (rows = calloc(tables.count, sizeof *rows)) == NULL)
        status = ferry_fail(&error, FERRY_ERR_SYSTEM, "out of memory for the summary");
    if (status == FERRY_OK)
        status = go_together(job, &tables, only, action)
                     ? do_together(job, &tables, arguments, action, rows, &error)
                     : do_tables(&tables, arguments, action, &shared, rows);
    if (status != FERRY_OK && rows != NULL && job->group->foreign_keys &&
        action == ferry_command_plan_job)
        status = plan_each(&tables, arguments, &shared, rows, status);
    if (error.status != FERRY_OK)
        status = ferry_command_report(&error, NULL);
    else if (only == NULL && !prunes_first && is_any_done(&tables, rows))
        status = ferry_command_find_strays(job, arguments, &strays, status);
    ferry_shared_close(&shared);
    ferry_log_set_job(job->name);
    ferry_log_set_phase(NULL);
    if (rows != NULL && tables.count > 0 && action == ferry_command_run_job && !arguments->dry_run)
        ferry_summary_tell(job, &tables, rows, &strays, ferry_clock_ms() - started_ms);
    ferry_strays_done(&strays);
    if (rows != NULL && job->ret_result != NULL)
        *job->ret_result = ferry_summary_add_up(rows, tables.count);
    free(rows);
    ferry_listing_done(&shared.listing);
    ferry_tables_done(&tables);
    job->shared = NULL;
    return status;
}
