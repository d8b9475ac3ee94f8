/* One run of one job, told from its beginning to its end: all its tables go the same way together.
 */

#include "engine/sync.h"

#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/alike.h"
#include "engine/commit.h"
#include "engine/differences.h"
#include "engine/foreign_keys.h"
#include "engine/outcome.h"
#include "engine/partition.h"
#include "engine/piece_rows.h"
#include "engine/pieces.h"
#include "engine/run.h"
#include "engine/strategy.h"
#include "engine/unchanged.h"

/* ---- The steps ---- */

static ferry_status check_target(const struct ferry_run *run, struct ferry_error *error)
{
    const struct ferry_connection *target = run->session.target;
    if (run->job->tasks[0].foreign_keys && !ferry_target_carries_keys(target))
        return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                          "the driver of %s carries no foreign keys; leave out foreign_keys",
                          ferry_connection_place(target));
    return !run->job->tasks[0].together || ferry_target_joins(target)
               ? FERRY_OK
               : ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                            "commit = \"together\" changes many tables in one step, which the "
                            "driver of %s cannot; choose commit = \"each\"",
                            ferry_connection_place(target));
}

/* Which of the source's foreign keys each table is to have shows once all are described. */
static ferry_status settle_foreign_keys(struct ferry_run *run, struct ferry_error *error)
{
    if (run->job->tasks[0].read.foreign_keys == 0)
        return FERRY_OK;
    ferry_status status = ferry_run_each_table(run, ferry_transfer_map, error);
    return status == FERRY_OK ? ferry_run_each_table(run, ferry_foreign_keys_settle, error)
                              : status;
}

/* Both sides are open, and it is known what becomes of each table. */
static ferry_status prepare(struct ferry_run *run, struct ferry_error *error)
{
    ferry_status status = ferry_session_open_source(&run->session, error);
    if (status == FERRY_OK)
        status = ferry_run_each_table(run, ferry_transfer_describe, error);
    if (status == FERRY_OK)
        status = ferry_session_open_target(&run->session, error);
    if (status == FERRY_OK)
        status = check_target(run, error);
    if (status == FERRY_OK)
        status = settle_foreign_keys(run, error);
    if (status == FERRY_OK)
        status = ferry_run_each_table(run, ferry_transfer_negotiate, error);
    if (status == FERRY_OK)
        status = ferry_alike_settle(run, error);
    return status == FERRY_OK ? ferry_run_each_table(run, ferry_transfer_tell, error) : status;
}

/* Where it is cut: asked only where it is to be read, since that may cost a look at all rows. */
static ferry_status part_tables(struct ferry_run *run, struct ferry_error *error)
{
    return ferry_run_each_table(run, ferry_partition_settle, error);
}

/* A source that says so is not read. */
static ferry_status ask_if_unchanged(struct ferry_run *run, struct ferry_error *error)
{
    ferry_status status = ferry_run_each_table(run, ferry_unchanged_ask, error);
    ferry_run_judge_unchanged(run);
    return status;
}

static ferry_status begin_change(struct ferry_run *run, struct ferry_error *error)
{
    struct ferry_change *change = NULL;
    run->change_spec = (struct ferry_change_spec){
        .job = run->job->name,
        .run_id = run->id,
        .lock_wait_ms = run->job->route.lock_wait_ms,
        .staging = run->job->route.staging,
        .shared_target = run->job->route.shared_target,
        .load_count = run->is_unchanged ? 0 : (uint32_t)run->job->task_count,
        .foreign_keys = run->job->tasks[0].foreign_keys,
        .tables = run->tables,
        .reads_here = ferry_session_is_one_place(&run->session) || ferry_pieces_are_here(run->job),
    };
    run->began = true;
    ferry_log_set_phase("begin");
    ferry_status status =
        ferry_target_change_begin(run->session.target, &run->change_spec, &change, error);
    if (status == FERRY_OK)
        run->change = change;
    return status;
}

/* A table without data is made, and nothing is read. */
static ferry_status move_rows(struct ferry_transfer *transfer, struct ferry_error *error)
{
    if (transfer->task->no_data)
        return FERRY_OK;
    return transfer->run->job->pieces != NULL ? ferry_piece_rows_move(transfer, error)
                                              : transfer->plan->strategy->move(transfer, error);
}

/* The source is let go with the last rows that are read of it. */
static ferry_status load_table(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_run *run = transfer->run;
    ferry_status status = ferry_transfer_begin_load(transfer, run->change, error);
    if (status == FERRY_OK)
        status = move_rows(transfer, error);
    if (status != FERRY_OK)
        return status;
    if (ferry_run_is_last(run, transfer))
        ferry_session_close_source(&run->session);
    return ferry_transfer_finish(transfer, error);
}

/* Where nothing was read, the records alone are new. */
static ferry_status change_tables(struct ferry_run *run, struct ferry_error *error)
{
    ferry_status status = begin_change(run, error);
    if (status == FERRY_OK && !run->is_unchanged)
        status = ferry_run_each_table(run, load_table, error);
    if (status == FERRY_OK)
        status = ferry_run_commit(run, error);
    ferry_target_change_abort(run->change); /* NULL where a commit has ended it */
    run->change = NULL;
    return status;
}

/* Rows that are not carried are nobody's to compare. */
static ferry_status compare_table(struct ferry_transfer *transfer, struct ferry_error *error)
{
    if (transfer->task->no_data)
        return ferry_transfer_check_table(transfer, error);
    if (transfer->session->job->differences != NULL)
        return ferry_differences_find(transfer, error);
    return ferry_transfer_compare(transfer, error);
}

static ferry_status compare_tables(struct ferry_run *run, struct ferry_error *error)
{
    run->began = true;
    ferry_status status = ferry_run_each_table(run, compare_table, error);
    if (status != FERRY_OK)
        return status;
    ferry_session_close_source(&run->session);
    return ferry_run_each_table(run, ferry_transfer_verify, error);
}

/* ---- The stories ---- */

/* Each attempt has a run id of its own.  By it a target finds out what became of a commit whose
 * answer was lost; under one id, the rows of an earlier attempt that had got through after all
 * would pass for those of a later one whose commit has failed.  Two attempts cannot overtake each
 * other: the target's lock is free only when the server is done with the earlier one. */
ferry_status ferry_sync_run(const struct ferry_job *job, struct ferry_retry *retry,
                            struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_run run = {.session.may_fall_back = true};
    ferry_outcome_begin(job->name);
    ferry_status status = ferry_run_begin(&run, job, retry, error);
    if (status == FERRY_OK)
        status = ferry_run_begin_records(&run, error);
    if (status == FERRY_OK) {
        ferry_log(FERRY_LOG_INFO, "run %s begins", run.id);
        status = prepare(&run, error);
    }
    if (status == FERRY_OK)
        status = ask_if_unchanged(&run, error);
    if (status == FERRY_OK && !run.is_unchanged)
        status = part_tables(&run, error);
    if (status == FERRY_OK)
        status = change_tables(&run, error);
    if (status != FERRY_OK)
        status = ferry_run_explain(&run, error);
    ferry_run_end(&run, status, ret_result);
    return status;
}

ferry_status ferry_sync_list(const struct ferry_job *job, struct ferry_retry *retry,
                             struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    (void)ret_result;
    struct ferry_run run = {.session.looks = job->shared->looks};
    ferry_status status = ferry_run_begin(&run, job, retry, error);
    if (status == FERRY_OK)
        status = ferry_session_open_source(&run.session, error);
    ferry_log_set_phase("list");
    if (status == FERRY_OK)
        status = ferry_source_list(run.session.source, &job->shared->listing, error);
    if (status != FERRY_OK)
        status = ferry_run_explain(&run, error);
    ferry_run_end(&run, status, NULL);
    return status;
}

ferry_status ferry_sync_plan(const struct ferry_job *job, struct ferry_plan **plans,
                             struct ferry_provenance *from, struct ferry_error *error)
{
    struct ferry_run run = {.session = {.may_fall_back = true, .looks = true}};
    ferry_status status = ferry_run_begin(&run, job, NULL, error);
    if (status == FERRY_OK)
        status = prepare(&run, error);
    if (status == FERRY_OK)
        status = part_tables(&run, error);
    if (status != FERRY_OK)
        status = ferry_run_explain(&run, error);
    *plans = run.plans;
    run.plans = NULL;
    ferry_run_end(&run, status, NULL);
    *from = run.session.from;
    return status;
}

/* Whatever runs do, content is what is compared here. */
static ferry_status insist_on_content(struct ferry_transfer *transfer, struct ferry_error *error)
{
    (void)error;
    if (transfer->task->no_data)
        return FERRY_OK;
    transfer->verify = FERRY_VERIFY_CONTENT;
    transfer->insists = true; /* a target that cannot is refused */
    return FERRY_OK;
}

ferry_status ferry_sync_verify(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_run run = {.session.looks = true};
    ferry_status status = ferry_run_begin(&run, job, retry, error);
    if (status == FERRY_OK)
        status = ferry_run_each_table(&run, insist_on_content, error);
    if (status == FERRY_OK)
        status = prepare(&run, error);
    if (status == FERRY_OK)
        status = part_tables(&run, error);
    if (status == FERRY_OK)
        status = compare_tables(&run, error);
    if (status != FERRY_OK)
        status = ferry_run_explain(&run, error);
    ferry_run_end(&run, status, ret_result);
    return status;
}
