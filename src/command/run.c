/* dbferry run: runs jobs and says what became of them. */

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "base/units.h"
#include "command/command.h"
#include "command/events.h"
#include "command/plan.h"
#include "command/skip.h"
#include "driver/connection.h"
#include "engine/attempt.h"
#include "engine/outcome.h"
#include "engine/strategy.h"
#include "engine/sync.h"

#define UNCHANGED "the target is unchanged"

/* "; 30 inserted, 5 updated, 7 deleted, 60,088 unchanged" */
static void add_changes(struct ferry_strbuf *text, const struct ferry_sync_changes *changes)
{
    ferry_strbuf_add(text, "; ");
    ferry_units_add_changes(text, changes->inserted, changes->updated, changes->deleted);
    ferry_strbuf_add(text, ", ");
    ferry_units_add_count(text, changes->unchanged);
    ferry_strbuf_add(text, " unchanged");
}

/* "the source is unchanged, so that nothing was read: 60,123 rows, in 12 ms" */
static void add_skipped(struct ferry_strbuf *text, const struct ferry_sync_result *result)
{
    ferry_strbuf_add(text, "the source is unchanged, so that nothing was read: ");
    ferry_units_add_count(text, result->rows);
    ferry_strbuf_add(text, " rows, in ");
    ferry_units_add_duration(text, result->elapsed_ms);
}

/* "60,123 rows (before: 60,100), 12.3 MiB in 1.2 s, 50.1 k rows/s" */
static void add_summary(struct ferry_strbuf *text, const struct ferry_sync_result *result)
{
    if (result->skipped) {
        add_skipped(text, result);
        return;
    }
    ferry_units_add_count(text, result->rows);
    ferry_strbuf_add(text, " rows (before: ");
    ferry_units_add_count(text, result->rows_before);
    if (result->has_changes)
        add_changes(text, &result->changes);
    ferry_strbuf_add(text, "), ");
    ferry_units_add_bytes(text, result->bytes);
    ferry_strbuf_add(text, " in ");
    ferry_units_add_duration(text, result->elapsed_ms);
    ferry_strbuf_add(text, ", ");
    ferry_units_add_rate(text, result->rows, result->elapsed_ms);
    if (result->from.fallback != NULL) {
        ferry_strbuf_addf(text, ", from fallback '%s', ", result->from.fallback->name);
        ferry_fallback_add_age(text, &result->from);
    }
}

/* The status of a job that is done. */
static ferry_status done_from(const struct ferry_provenance *from)
{
    return from->fallback != NULL ? FERRY_DONE_FROM_FALLBACK : FERRY_OK;
}

/* What became of the target of a run that failed; NULL where the error's message tells it. */
static const char *outcome_of(ferry_status status, const struct ferry_sync_result *result)
{
    if (result->outcome != FERRY_OUTCOME_OLD)
        return status == FERRY_ERR_INTERNAL ? "look whether the target has changed" : NULL;
    if (result->commit_doubtful)
        return "an earlier attempt may have replaced the rows; running again is safe";
    return UNCHANGED;
}

/* Nothing of it was done, and another run is at work on it. */
static ferry_status leave(const struct ferry_job *job)
{
    const struct ferry_sync_result left = {.left = true};
    for (size_t i = 0; job->ret_tables != NULL && i < job->task_count; i++)
        job->ret_tables[i] = left;
    if (job->ret_result != NULL)
        *job->ret_result = left;
    ferry_outcome_end();
    return FERRY_OK;
}

static ferry_status run_for_real(const struct ferry_job *job,
                                 const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    ferry_status status = ferry_attempt_job(job, ferry_sync_run, &result, &error);
    if (job->ret_result != NULL)
        *job->ret_result = result;
    bool is_old = result.outcome == FERRY_OUTCOME_OLD && !result.commit_doubtful;
    if (is_old && ferry_command_leaves(job, arguments, &error))
        return leave(job);
    if (status != FERRY_OK) {
        status = ferry_command_report(&error, outcome_of(status, &result));
        ferry_outcome_end();
        return status;
    }
    FERRY_AUTO_STRBUF struct ferry_strbuf summary = {0};
    add_summary(&summary, &result);
    ferry_attempt_add_summary(&summary, &result);
    ferry_command_summarize(job, ferry_strbuf_text(&summary));
    return done_from(&result.from);
}

static void print_intention(const struct ferry_job *job, const struct ferry_task *task,
                            const struct ferry_plan *plan, const struct ferry_provenance *from)
{
    static const char *const actions[] = {
        [FERRY_TABLE_CREATE] = "create table",
        [FERRY_TABLE_KEEP] = "replace the rows of table",
        [FERRY_TABLE_REBUILD] = "rebuild table",
    };
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_strbuf_addf(
        &text, "%s: would %s '%s' in '%s' from %s'%s', ", ferry_task_name(job, task),
        plan->strategy->load_kind == FERRY_LOAD_CHANGES ? "change single rows of table"
                                                        : actions[plan->action],
        task->table, job->route.target->name, from->fallback != NULL ? "fallback " : "",
        from->fallback != NULL ? from->fallback->name : job->route.source->name);
    if (from->fallback != NULL) {
        ferry_fallback_add_age(&text, from);
        ferry_strbuf_add(&text, ", ");
    }
    ferry_strbuf_addf(&text, "%zu columns", plan->schema.count);
    if (plan->rows_known) {
        ferry_strbuf_add(&text, "; it has ");
        ferry_units_add_count(&text, plan->rows_before);
        ferry_strbuf_add(&text, " rows now");
    }
    if (plan->difference.length > 0)
        ferry_strbuf_addf(&text, "; %s", ferry_strbuf_text(&plan->difference));
    FERRY_AUTO_STRBUF struct ferry_strbuf safe = {0};
    ferry_escape_text(&safe, ferry_strbuf_text(&text), text.length, text.length);
    (void)printf("%s\n", ferry_strbuf_text(&safe));
}

/* For programs it is the plan, as `dbferry plan` tells it. */
static ferry_status tell_intention(const struct ferry_job *job, const struct ferry_task *task,
                                   const struct ferry_plan *plan,
                                   const struct ferry_provenance *from, struct ferry_error *error)
{
    struct ferry_told_plan told = {.job = job, .task = task, .plan = plan, .from = from};
    if (ferry_events_are_enabled())
        return ferry_plan_tell(&told, error);
    print_intention(job, task, plan, from);
    return FERRY_OK;
}

static ferry_status run_dry(const struct ferry_job *job)
{
    struct ferry_error error = {0};
    struct ferry_plan *plans = NULL;
    struct ferry_provenance from = {0};
    ferry_status status = ferry_sync_plan(job, &plans, &from, &error);
    for (size_t i = 0; status == FERRY_OK && i < job->task_count; i++)
        status = tell_intention(job, &job->tasks[i], &plans[i], &from, &error);
    ferry_plans_free(plans, job->task_count);
    status = ferry_command_report(&error, UNCHANGED);
    return status == FERRY_OK ? done_from(&from) : status;
}

ferry_status ferry_command_run_job(const struct ferry_job *job,
                                   const struct ferry_arguments *arguments)
{
    return arguments->dry_run ? run_dry(job) : run_for_real(job, arguments);
}

ferry_status ferry_command_run(const struct ferry_arguments *arguments)
{
    struct ferry_error error = {0};
    struct ferry_settings *settings = NULL;
    if (ferry_command_load(arguments, &settings, &error) != FERRY_OK)
        return ferry_command_report(&error, NULL);
    ferry_status status = ferry_command_each_job(arguments, settings, ferry_command_run_job);
    ferry_settings_free(settings);
    return status;
}
