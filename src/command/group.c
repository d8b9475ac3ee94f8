/* The tables of a group are found first; then each is a job of its own, or all are one job.  What
 * they read is one snapshot, through one connection. */

#include "command/group.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "command/skip.h"
#include "command/strays.h"
#include "command/summary.h"
#include "engine/attempt.h"
#include "engine/group.h"
#include "engine/outcome.h"
#include "engine/session.h"
#include "engine/sync.h"

/* A group on its way.  Start with the first four. */
struct walk {
    struct ferry_job *job;
    const char *only; /* one table of it; NULL: all */
    const struct ferry_arguments *arguments;
    ferry_job_action *action;
    struct ferry_tables tables;
    struct ferry_summary_row *rows; /* one for each of them; NULL: not yet */
    struct ferry_strays strays;     /* copies that the job carries no longer */
    struct ferry_shared shared;
    struct ferry_error error; /* of the group; its tables report theirs themselves */
};

static bool walk_is_run(const struct walk *walk)
{
    return walk->action == ferry_command_run_job && !walk->arguments->dry_run;
}

static bool walk_prunes(const struct walk *walk)
{
    return walk->job->group->prune && walk->only == NULL && walk_is_run(walk);
}

/* ---- Which tables ---- */

static uint32_t role_of_all(const struct ferry_job *job)
{
    uint32_t role = ferry_session_target_role(job);
    for (size_t i = 0; i < job->group->override_count; i++) {
        const struct ferry_job one = {.tasks = &job->group->overrides[i].task, .task_count = 1};
        role |= ferry_session_target_role(&one);
    }
    return role;
}

static ferry_status find_tables(struct walk *walk)
{
    const struct ferry_job *job = walk->job;
    struct ferry_sync_result unused;
    ferry_status status = ferry_attempt_job(job, ferry_sync_list, &unused, &walk->error);
    if (status == FERRY_OK)
        status =
            ferry_group_choose(job, &walk->shared.listing, walk->only, &walk->tables, &walk->error);
    if (status == FERRY_OK)
        ferry_log(FERRY_LOG_INFO, "%zu tables, in one snapshot of source '%s'", walk->tables.count,
                  job->route.source->name);
    return status;
}

/* Which tables there are is not known where the source is not reached, but the rest can be tried.
 */
static ferry_status check_without_tables(struct walk *walk)
{
    struct ferry_job none = *walk->job;
    none.task_count = 0;
    ferry_error_clear(&walk->error);
    return ferry_command_check_job(&none, walk->arguments);
}

static ferry_status prepare(struct walk *walk)
{
    ferry_status status = find_tables(walk);
    if (status != FERRY_OK && walk->shared.source == NULL &&
        walk->action == ferry_command_check_job)
        return check_without_tables(walk);
    if (status == FERRY_OK && walk_prunes(walk))
        status = ferry_command_foresee_strays(walk->job, &walk->strays, &walk->error);
    if (status == FERRY_OK && walk_prunes(walk) && walk->job->group->foreign_keys)
        status = ferry_command_drop_strays(walk->job, &walk->strays, &walk->error);
    if (status != FERRY_OK)
        return status;
    walk->rows = calloc(walk->tables.count + 1, sizeof *walk->rows);
    return walk->rows != NULL
               ? FERRY_OK
               : ferry_fail(&walk->error, FERRY_ERR_SYSTEM, "out of memory for the summary");
}

/* ---- One after another ---- */

/* To programs, as soon as it is done; to people, with the others in the end. */
static void tell_table(const struct walk *walk, size_t i)
{
    if (walk_is_run(walk))
        ferry_summary_tell_table(walk->job, &walk->tables.tasks[i], &walk->rows[i]);
}

/* Each with a line of its own in the log, as another job has. */
static ferry_status do_table(struct walk *walk, size_t i)
{
    struct ferry_summary_row *row = &walk->rows[i];
    struct ferry_job job = walk->tables.jobs[i];
    job.shared = &walk->shared;
    job.ret_result = &row->result;
    ferry_log_set_job(job.name);
    ferry_log_set_phase(NULL);
    ferry_log_set_attempt(0);
    row->begun = true;
    row->status = walk->action(&job, walk->arguments);
    tell_table(walk, i);
    return row->status;
}

static ferry_status do_tables(struct walk *walk)
{
    ferry_status outcome = FERRY_OK;
    for (size_t i = 0; i < walk->tables.count; i++)
        if (ferry_signal_caught() == 0)
            outcome = ferry_error_graver(outcome, do_table(walk, i));
        else
            ferry_outcome_leave(walk->tables.jobs[i].name);
    return outcome;
}

/* ---- All in one step ---- */

/* Whether they are all of one run, or planned as if they were.  Which foreign keys tables have
 * shows only where all are looked at, and for many a target how their rows are moved. */
static bool go_together(struct walk *walk)
{
    const struct ferry_group *group = walk->job->group;
    bool is_run_or_plan =
        walk->action == ferry_command_run_job || walk->action == ferry_command_plan_job;
    bool joins = group->foreign_keys && walk->only == NULL && is_run_or_plan;
    ferry_tables_join(&walk->tables, joins);
    return joins || (walk->tables.count > 1 && group->together && is_run_or_plan);
}

static ferry_status do_together(struct walk *walk)
{
    size_t count = walk->tables.count;
    struct ferry_sync_result *results = calloc(count + 1, sizeof *results);
    if (results == NULL)
        return ferry_fail(&walk->error, FERRY_ERR_SYSTEM, "out of memory for the summary");
    struct ferry_job all = *walk->job;
    all.tasks = walk->tables.tasks;
    all.task_count = count;
    all.ret_tables = results;
    ferry_status status = walk->action(&all, walk->arguments);
    for (size_t i = 0; i < count; i++)
        walk->rows[i] =
            (struct ferry_summary_row){.begun = true, .status = status, .result = results[i]};
    for (size_t i = 0; i < count; i++)
        tell_table(walk, i);
    free(results);
    return status;
}

/* Why the plan of all together has failed shows of each. */
static ferry_status plan_each(struct walk *walk, ferry_status status)
{
    ferry_tables_join(&walk->tables, false);
    return ferry_error_graver(status, do_tables(walk));
}

static ferry_status carry(struct walk *walk)
{
    if (!go_together(walk))
        return do_tables(walk);
    ferry_status status = do_together(walk);
    bool asks_each = status != FERRY_OK && walk->action == ferry_command_plan_job;
    return asks_each ? plan_each(walk, status) : status;
}

/* ---- What came of it ---- */

/* Where none of them could be carried, nothing more is asked of the two sides; nor where another
 * run is at work on some, which may have the rest still before it. */
static bool asks_for_strays(const struct walk *walk)
{
    bool is_any_done = false, is_any_left = false;
    for (size_t i = 0; i < walk->tables.count && walk->rows != NULL; i++) {
        is_any_done = is_any_done || ferry_summary_is_done(&walk->rows[i]);
        is_any_left = is_any_left || walk->rows[i].result.left;
    }
    return is_any_done && !is_any_left && walk->only == NULL;
}

static void tell(const struct walk *walk, int64_t elapsed_ms)
{
    ferry_log_set_job(walk->job->name);
    ferry_log_set_phase(NULL);
    if (walk->rows == NULL)
        return;
    if (walk->tables.count > 0 && walk_is_run(walk))
        ferry_summary_tell(walk->job, &walk->tables, walk->rows, &walk->strays, elapsed_ms);
    if (walk->job->ret_result != NULL)
        *walk->job->ret_result = ferry_summary_add_up(walk->rows, walk->tables.count);
}

/* What keeps the group from beginning. */
static ferry_status report(struct walk *walk)
{
    if (!ferry_command_leaves(walk->job, walk->arguments, &walk->error))
        return ferry_command_report(&walk->error, NULL);
    if (walk->job->ret_result != NULL)
        *walk->job->ret_result = (struct ferry_sync_result){.left = true};
    return FERRY_OK;
}

static void end(struct walk *walk)
{
    ferry_strays_done(&walk->strays);
    free(walk->rows);
    ferry_listing_done(&walk->shared.listing);
    ferry_tables_done(&walk->tables);
}

ferry_status ferry_command_each_table(struct ferry_job *job, const char *only,
                                      const struct ferry_arguments *arguments,
                                      ferry_job_action *action)
{
    struct walk walk = {.job = job, .only = only, .arguments = arguments, .action = action};
    int64_t started_ms = ferry_clock_ms();
    walk.strays.tables = &walk.tables;
    walk.shared.target_role = role_of_all(job);
    walk.shared.looks = !walk_is_run(&walk);
    job->shared = &walk.shared;
    ferry_status status = prepare(&walk);
    if (status == FERRY_OK)
        status = carry(&walk);
    if (walk.error.status != FERRY_OK)
        status = report(&walk);
    else if (asks_for_strays(&walk))
        status = ferry_command_find_strays(job, arguments, &walk.strays, status);
    ferry_shared_close(&walk.shared);
    tell(&walk, ferry_clock_ms() - started_ms);
    end(&walk);
    job->shared = NULL;
    return status;
}
