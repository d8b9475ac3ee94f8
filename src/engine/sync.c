/* One run of one job, told from its beginning to its end. */

#include "engine/sync.h"

#include "base/clock.h"
#include "base/log.h"
#include "engine/limits.h"
#include "engine/outcome.h"
#include "engine/show.h"
#include "engine/strategy.h"
#include "engine/transfer.h"

/* All that a run holds.  At present it has one table. */
struct run {
    const struct ferry_job *job;
    struct ferry_watch_run watch;
    struct ferry_session session;
    struct ferry_transfer transfer;
    struct ferry_change_spec change_spec;
    struct ferry_change *change;
    bool commit_begun;
    uint32_t outcome; /* FERRY_OUTCOME_, of the target */
    int64_t started_ms;
};

/* ---- Around the steps ---- */

static void draw_progress(void *data)
{
    const struct run *run = data;
    const struct ferry_provenance *from = &run->session.from;
    if (!atomic_load(&run->transfer.pumping)) /* before that, the rest may change */
        return;
    const struct ferry_progress progress = {
        .job = run->job->name,
        .fallback = from->fallback != NULL ? from->fallback->name : NULL,
        .pump = &run->transfer.pump,
        .started_ms = run->started_ms};
    ferry_show_progress(&progress);
}

/* `run` stays where it is until end_run(). */
static void begin_run(struct run *run, const struct ferry_job *job, struct ferry_retry *retry,
                      struct ferry_plan *plan)
{
    run->job = job;
    run->session.job = job;
    run->session.retry = retry;
    run->transfer.session = &run->session;
    run->transfer.plan = plan;
    run->transfer.verify = job->task.verify;
    run->transfer.insists = job->task.verify_insisted;
    run->outcome = FERRY_OUTCOME_OLD;
    run->started_ms = ferry_clock_ms();
    ferry_job_limits_begin(&run->watch, job, retry == NULL ? run->started_ms : retry->started_ms,
                           draw_progress, run);
}

static ferry_status explain(const struct run *run, struct ferry_error *error)
{
    return ferry_session_explain(&run->session, run->commit_begun, run->transfer.pump.rows_read,
                                 error);
}

/* An error is reported by the caller, and belongs to the phase in which it came up. */
static void end_run(struct run *run, ferry_status status)
{
    ferry_watch_end(&run->watch);
    ferry_show_clear(); /* nobody draws it from now on */
    ferry_session_close(&run->session);
    ferry_transfer_done(&run->transfer);
    if (status == FERRY_OK)
        ferry_log_set_phase(NULL);
}

static void report(const struct run *run, ferry_status status, struct ferry_sync_result *ret_result)
{
    ret_result->outcome = run->outcome;
    if (status != FERRY_OK)
        return;
    ret_result->rows = run->transfer.totals.after;
    ret_result->rows_before = run->transfer.totals.before;
    ret_result->bytes = run->transfer.pump.bytes;
    ret_result->elapsed_ms = ferry_clock_ms() - run->started_ms;
    ret_result->from = run->session.from;
}

/* ---- The steps ---- */

/* Both sides are open, and it is known what becomes of the table. */
static ferry_status prepare(struct run *run, struct ferry_error *error)
{
    ferry_status status = ferry_session_open_source(&run->session, error);
    if (status == FERRY_OK)
        status = ferry_transfer_describe(&run->transfer, error);
    if (status == FERRY_OK)
        status = ferry_session_open_target(&run->session, error);
    if (status == FERRY_OK)
        status = ferry_transfer_negotiate(&run->transfer, error);
    return status;
}

static ferry_status begin_change(struct run *run, struct ferry_error *error)
{
    struct ferry_change *change = NULL;
    run->change_spec = (struct ferry_change_spec){
        .job = run->job->name,
        .run_id = ferry_record_run_id(&run->transfer.record),
        .lock_wait_ms = run->job->route.lock_wait_ms,
        .staging = run->job->route.staging,
        .shared_target = run->job->route.shared_target,
    };
    ferry_log_set_phase("begin");
    ferry_status status =
        ferry_target_change_begin(run->session.target, &run->change_spec, &change, error);
    if (status == FERRY_OK)
        run->change = change;
    return status;
}

/* Whether the record there is this run's; false too where nobody answers. */
static bool finds_own_record(const struct run *run)
{
    FERRY_AUTO_ERROR struct ferry_error unheard = {0};
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    const char *run_id = ferry_record_run_id(&run->transfer.record);
    struct ferry_connection *target = NULL;
    struct ferry_record found = {0};
    ferry_status status = ferry_connection_open(run->job->route.target, role, &target, &unheard);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(target, run->job->task.table, &found, &unheard);
    bool own = status == FERRY_OK && ferry_record_is_of(&found, run_id);
    ferry_record_done(&found);
    ferry_connection_close(target);
    return own;
}

/* A commit whose outcome its driver does not know.  The run's own record proves that the new rows
 * are there; none proves nothing, since the server may still be at work.  A driver that broke its
 * contract is asked nothing more, and who has been told to stop does not begin a connection. */
static ferry_status ask_outcome(struct run *run, struct ferry_error *error)
{
    if (error->status == FERRY_ERR_INTERNAL || ferry_should_stop() || !finds_own_record(run))
        return error->status;
    ferry_log(FERRY_LOG_WARNING,
              "target '%s' did not answer to the commit; the record of the run says that the new "
              "rows are in table '%s'; the next run clears up what this one could not",
              run->job->route.target->name, run->job->task.table);
    ferry_error_clear(error);
    run->outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

static ferry_status commit(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("commit");
    ferry_status status = ferry_transfer_fill_record(&run->transfer, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_record *const records[] = {&run->transfer.record};
    struct ferry_change *change = run->change;
    run->change = NULL; /* whatever comes of it, the commit ends the change */
    run->commit_begun = true;
    ferry_outcome_commit();
    status = ferry_target_change_commit(change, records, 1, &run->outcome, error);
    if (status != FERRY_OK && run->outcome == FERRY_OUTCOME_UNKNOWN)
        status = ask_outcome(run, error);
    if (status == FERRY_OK)
        ferry_outcome_done(run->transfer.totals.after);
    return status;
}

static ferry_status change_table(struct run *run, struct ferry_error *error)
{
    struct ferry_transfer *transfer = &run->transfer;
    ferry_status status = begin_change(run, error);
    if (status == FERRY_OK)
        status = ferry_transfer_begin_load(transfer, run->change, error);
    if (status == FERRY_OK)
        status = transfer->plan->strategy->move(transfer, error);
    if (status == FERRY_OK)
        status = commit(run, error);
    ferry_target_change_abort(run->change); /* unless the commit has ended it */
    run->change = NULL;
    return status;
}

/* ---- The three stories ---- */

/* Each attempt has a run id of its own.  By it a target finds out what became of a commit whose
 * answer was lost; under one id, the rows of an earlier attempt that had got through after all
 * would pass for those of a later one whose commit has failed.  Two attempts cannot overtake each
 * other: the target's lock is free only when the server is done with the earlier one. */
ferry_status ferry_sync_run(const struct ferry_job *job, struct ferry_retry *retry,
                            struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_plan plan = {0};
    struct run run = {.session.may_fall_back = true};
    ferry_status status = ferry_record_begin(&run.transfer.record, job->task.table, error);
    if (status != FERRY_OK)
        return status;
    ferry_log(FERRY_LOG_INFO, "run %s begins", ferry_record_run_id(&run.transfer.record));
    ferry_outcome_begin(job->name);
    begin_run(&run, job, retry, &plan);
    status = prepare(&run, error);
    if (status == FERRY_OK)
        status = change_table(&run, error);
    if (status != FERRY_OK)
        status = explain(&run, error);
    end_run(&run, status);
    report(&run, status, ret_result);
    ferry_plan_done(&plan);
    return status;
}

ferry_status ferry_sync_plan(const struct ferry_job *job, struct ferry_plan *plan,
                             struct ferry_provenance *ret_from, struct ferry_error *error)
{
    struct run run = {.session = {.may_fall_back = true, .looks = true}};
    begin_run(&run, job, NULL, plan);
    ferry_status status = prepare(&run, error);
    if (status != FERRY_OK)
        status = explain(&run, error);
    end_run(&run, status);
    *ret_from = run.session.from;
    return status;
}

ferry_status ferry_sync_verify(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_plan plan = {0};
    struct run run = {.session.looks = true};
    begin_run(&run, job, retry, &plan);
    run.transfer.verify = FERRY_VERIFY_CONTENT; /* whatever its runs do */
    run.transfer.insists = true;
    ferry_status status = prepare(&run, error);
    if (status == FERRY_OK)
        status = ferry_transfer_compare(&run.transfer, error);
    if (status != FERRY_OK)
        status = explain(&run, error);
    run.transfer.totals.after = run.transfer.pump.rows_read; /* what verify counts */
    end_run(&run, status);
    report(&run, status, ret_result);
    ferry_plan_done(&plan);
    return status;
}
