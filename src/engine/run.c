/* The beginning and the end of a run: its tables, its limits, what it shows and what it reports. */

#include "engine/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/context.h"
#include "base/log.h"
#include "engine/limits.h"
#include "engine/show.h"
#include "engine/strategy.h"

/* ---- What is shown ---- */

static const char *words_of_finish(const struct ferry_plan *plan)
{
    if (plan->strategy->load_kind == FERRY_LOAD_CHANGES)
        return "making the changes";
    return plan->index_count > 0 ? "building indexes" : "finishing";
}

/* What is done with the rows of a plan, once they were read, in each phase that may take long;
 * NULL: another phase. */
static const char *words_of_phase(const char *phase, const struct ferry_plan *plan)
{
    static const char *const words[][2] = {
        {"keys", "comparing keys"}, {"verify", "comparing"}, {"commit", "committing"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(phase, words[i][0]) == 0)
            return words[i][1];
    return strcmp(phase, "finish") == 0 ? words_of_finish(plan) : NULL;
}

/* By the phase that the log has: the thread of the run may be in any step. */
static const char *doing_now(const struct ferry_plan *plan)
{
    struct ferry_context *context = ferry_context_current();
    FERRY_LOCK_SCOPE(&context->lock);
    return context->phase == NULL ? NULL : words_of_phase(context->phase, plan);
}

static void show(const struct ferry_run *run, const struct ferry_transfer *transfer,
                 const char *doing)
{
    const struct ferry_provenance *from = &run->session.from;
    const struct ferry_progress progress = {
        .job = ferry_task_name(run->job, transfer->task),
        .place = transfer->task->place,
        .place_count = transfer->task->place_count,
        .fallback = from->fallback != NULL ? from->fallback->name : NULL,
        .pump = &transfer->pump,
        .expected = doing == NULL ? transfer->expected : FERRY_ROWS_UNKNOWN,
        .doing = doing,
        .started_ms = run->started_ms};
    ferry_show_progress(&progress);
}

static void draw_progress(void *data)
{
    const struct ferry_run *run = data;
    const struct ferry_transfer *current = &run->transfers[atomic_load(&run->at)];
    for (size_t i = 0; i < run->job->task_count; i++)
        if (atomic_load(&run->transfers[i].pumping)) { /* else the rest may change */
            show(run, &run->transfers[i], NULL);
            return;
        }
    const char *doing = doing_now(current->plan);
    if (doing != NULL)
        show(run, current, doing);
    else
        ferry_show_phase(run->job->name);
}

/* ---- The beginning and the tables ---- */

static ferry_status make_transfers(struct ferry_run *run, struct ferry_error *error)
{
    const struct ferry_job *job = run->job;
    run->plans = calloc(job->task_count, sizeof *run->plans);
    run->transfers = calloc(job->task_count, sizeof *run->transfers);
    run->tables = calloc(job->task_count, sizeof *run->tables);
    if (run->plans == NULL || run->transfers == NULL || run->tables == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the job's tables");
    for (size_t i = 0; i < job->task_count; i++) {
        struct ferry_transfer *transfer = &run->transfers[i];
        transfer->run = run;
        transfer->session = &run->session;
        transfer->task = &job->tasks[i];
        transfer->plan = &run->plans[i];
        run->tables[i] = job->tasks[i].table;
        transfer->verify = job->tasks[i].verify;
        transfer->insists = job->tasks[i].verify_insisted;
    }
    return FERRY_OK;
}

/* Of many tables, the log names each while something is done for it; NULL: none any more. */
static void name_in_log(const struct ferry_run *run, const struct ferry_transfer *transfer)
{
    if (run->job->task_count > 1)
        ferry_log_set_job(transfer != NULL ? ferry_task_name(run->job, transfer->task)
                                           : run->job->name);
}

ferry_status ferry_run_begin(struct ferry_run *run, const struct ferry_job *job,
                             struct ferry_retry *retry, struct ferry_error *error)
{
    run->job = job;
    run->session.job = job;
    run->session.retry = retry;
    run->outcome = FERRY_OUTCOME_OLD;
    run->started_ms = ferry_clock_ms();
    name_in_log(run, NULL);    /* after an attempt that failed with one of them ... */
    ferry_log_set_phase(NULL); /* ... and in the midst of its work */
    ferry_status status = make_transfers(run, error);
    ferry_job_limits_begin(&run->watch, job, retry == NULL ? run->started_ms : retry->started_ms,
                           status == FERRY_OK ? draw_progress : NULL, run);
    return status;
}

ferry_status ferry_run_begin_records(struct ferry_run *run, struct ferry_error *error)
{
    ferry_status status = ferry_run_id_draw(run->id, error);
    for (size_t i = 0; i < run->job->task_count && status == FERRY_OK; i++)
        status =
            ferry_record_begin(&run->transfers[i].record, run->job->tasks[i].table, run->id, error);
    return status;
}

ferry_status ferry_run_each_table(struct ferry_run *run, ferry_run_step *step,
                                  struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < run->job->task_count && status == FERRY_OK; i++) {
        struct ferry_transfer *transfer = &run->transfers[i];
        const int64_t began_ms = ferry_clock_ms();
        atomic_store(&run->at, i);
        name_in_log(run, transfer);
        status = step(transfer, error);
        transfer->elapsed_ms += ferry_clock_ms() - began_ms;
    }
    if (status == FERRY_OK)
        name_in_log(run, NULL);
    return status;
}

bool ferry_run_is_last(const struct ferry_run *run, const struct ferry_transfer *transfer)
{
    return transfer == &run->transfers[run->job->task_count - 1];
}

void ferry_run_judge_unchanged(struct ferry_run *run)
{
    run->is_unchanged = true;
    for (size_t i = 0; i < run->job->task_count; i++)
        run->is_unchanged = run->is_unchanged && run->transfers[i].is_unchanged;
}

uint64_t ferry_run_rows_read(const struct ferry_run *run)
{
    uint64_t rows = 0;
    for (size_t i = 0; run->transfers != NULL && i < run->job->task_count; i++)
        rows += run->transfers[i].pump.rows_read;
    return rows;
}

uint64_t ferry_run_rows_after(const struct ferry_run *run)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < run->job->task_count; i++)
        rows += run->transfers[i].totals.after;
    return rows;
}

ferry_status ferry_run_explain(const struct ferry_run *run, struct ferry_error *error)
{
    return ferry_session_explain(&run->session, run->commit_begun, ferry_run_rows_read(run), error);
}

static void add_changes(const struct ferry_transfer *transfer, struct ferry_sync_result *result)
{
    const struct ferry_load_totals *totals = &transfer->totals;
    if (transfer->load_spec.kind != FERRY_LOAD_CHANGES)
        return;
    result->has_changes = true;
    result->changes.inserted += totals->inserted;
    result->changes.updated += totals->updated;
    result->changes.deleted += totals->deleted;
    result->changes.unchanged += transfer->unchanged;
}

static void add_table(const struct ferry_transfer *transfer, struct ferry_sync_result *result)
{
    result->rows += transfer->totals.after;
    result->rows_before += transfer->totals.before;
    result->bytes += transfer->pump.bytes;
    result->action = transfer->plan->action;
    add_changes(transfer, result);
}

static void report(const struct ferry_run *run, ferry_status status,
                   struct ferry_sync_result *ret_result)
{
    ret_result->outcome = run->outcome;
    memcpy(ret_result->run_id, run->id, sizeof ret_result->run_id);
    if (status != FERRY_OK)
        return;
    ret_result->skipped = run->is_unchanged;
    ret_result->rows = ret_result->rows_before = ret_result->bytes = 0;
    for (size_t i = 0; i < run->job->task_count; i++) {
        add_table(&run->transfers[i], ret_result);
        if (run->job->ret_tables == NULL)
            continue;
        struct ferry_sync_result of_table = {.skipped = run->is_unchanged,
                                             .elapsed_ms = run->transfers[i].elapsed_ms};
        add_table(&run->transfers[i], &of_table);
        run->job->ret_tables[i] = of_table;
    }
    ret_result->elapsed_ms = ferry_clock_ms() - run->started_ms;
    ret_result->from = run->session.from;
}

/* Whether a failure of this class is of one table alone, so that connections go on. */
static bool is_of_table(ferry_status status)
{
    return status == FERRY_ERR_CONFIG || status == FERRY_ERR_REFUSED ||
           status == FERRY_ERR_SCHEMA || status == FERRY_ERR_DATA ||
           status == FERRY_ERR_NOT_FOUND || status == FERRY_ERR_BUSY ||
           status == FERRY_ERR_UNSUPPORTED;
}

static bool is_of_target(ferry_status status)
{
    return status == FERRY_ERR_TARGET_IO || status == FERRY_ERR_TARGET_OPEN;
}

static bool is_reading(const struct ferry_run *run)
{
    bool reading = false;
    for (size_t i = 0; run->transfers != NULL && i < run->job->task_count; i++)
        reading = reading || run->transfers[i].is_reading;
    return reading;
}

/* What a failure leaves for the tables that follow.  A reading that ended in the midst of its rows
 * may have cost the connection, and a change that was undone leaves nothing to rely on. */
static void leave_connections(struct ferry_run *run, ferry_status status)
{
    if (status == FERRY_OK || (!run->began && is_of_table(status)))
        return;
    ferry_session_lose(&run->session,
                       is_reading(run) || !(is_of_table(status) || is_of_target(status)));
}

void ferry_run_end(struct ferry_run *run, ferry_status status, struct ferry_sync_result *ret_result)
{
    ferry_watch_end(&run->watch);
    ferry_show_clear(); /* nobody draws it from now on */
    leave_connections(run, status);
    ferry_session_close(&run->session);
    if (ret_result != NULL)
        report(run, status, ret_result);
    for (size_t i = 0; run->transfers != NULL && i < run->job->task_count; i++)
        ferry_transfer_done(&run->transfers[i]);
    free(run->transfers);
    free((void *)run->tables);
    ferry_plans_free(run->plans, run->job->task_count);
    if (status == FERRY_OK)
        ferry_log_set_phase(NULL);
}
