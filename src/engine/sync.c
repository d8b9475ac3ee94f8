/* One run of one job, told from its beginning to its end. */

#include "engine/sync.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "driver/connection.h"
#include "driver/type.h"
#include "engine/fallback.h"
#include "engine/limits.h"
#include "engine/outcome.h"
#include "engine/pump.h"
#include "engine/show.h"
#include "engine/verify.h"
#include "engine/watch.h"

/* All that a run holds, in the order in which it is opened. */
struct run {
    const struct ferry_job *job; /* as given, or `fallback_job` */
    bool may_fall_back;
    bool looks;                    /* nothing is to be written */
    struct ferry_job fallback_job; /* filled in once the run has fallen back */
    struct ferry_error unreached;  /* why it has: what the primary's failure was */
    struct ferry_provenance from;
    bool fell_back;
    struct ferry_retry *retry; /* NULL: this is the only attempt */
    struct ferry_watch_run watch;
    struct ferry_connection *source;
    bool snapshot;
    struct ferry_connection *target;
    struct ferry_plan *plan;
    enum ferry_verify verify;
    struct ferry_digest *digest; /* of what was read; NULL: nobody asks */
    struct ferry_change_spec change_spec;
    struct ferry_change *change;
    struct ferry_load *load; /* of the change */
    bool commit_begun;
    uint32_t outcome;    /* FERRY_OUTCOME_, of the target */
    atomic_bool pumping; /* read by the watch's thread */
    struct ferry_pump pump;
    struct ferry_load_totals totals;
    struct ferry_record record;
    int64_t started_ms;
};

static void draw_progress(void *data)
{
    const struct run *run = data;
    if (!atomic_load(&run->pumping)) /* before that, the rest may change */
        return;
    const struct ferry_progress progress = {
        .job = run->job->name,
        .fallback = run->from.fallback != NULL ? run->from.fallback->name : NULL,
        .pump = &run->pump,
        .started_ms = run->started_ms};
    ferry_show_progress(&progress);
}

/* ---- The steps ---- */

static uint32_t role_of(const struct run *run, uint32_t role)
{
    return run->looks ? role | FERRY_ROLE_LOOK : role;
}

static ferry_status open_source(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("source");
    ferry_log(FERRY_LOG_DEBUG, "connecting to source '%s'", run->job->source->name);
    ferry_status status = ferry_connection_open(run->job->source, role_of(run, FERRY_ROLE_SOURCE),
                                                &run->source, error);
    if (status != FERRY_OK)
        return status;
    status = ferry_source_snapshot_begin(run->source, error);
    if (status != FERRY_OK)
        return status;
    run->snapshot = true;
    ferry_log(FERRY_LOG_INFO, "source '%s' is %s", run->job->source->name,
              ferry_connection_place(run->source));
    return FERRY_OK;
}

/* The source is let go before the target's last steps: it need not wait for them, and a target in
 * the same file needs its lock. */
static void close_source(struct run *run)
{
    if (run->snapshot)
        ferry_source_snapshot_end(run->source);
    run->snapshot = false;
    ferry_connection_close(run->source);
    run->source = NULL;
}

static ferry_status ask_freshness(struct run *run, struct ferry_error *error)
{
    ferry_status status = ferry_fallback_ask(run->job, run->source, &run->from, error);
    if (status == FERRY_OK)
        status = ferry_fallback_judge(run->job, &run->from, error);
    return status;
}

/* From now on the run reads from the fallback, as if the job said so.  `error` is why. */
static ferry_status fall_back(struct run *run, struct ferry_error *error)
{
    close_source(run);
    ferry_retry_explain(run->retry, error, ferry_clock_ms());
    run->unreached = *error;
    *error = (struct ferry_error){0};
    ferry_fallback_make_job(run->job, &run->fallback_job);
    run->job = &run->fallback_job;
    ferry_status status = open_source(run, error);
    if (status == FERRY_OK)
        status = ask_freshness(run, error);
    if (status != FERRY_OK)
        return ferry_fallback_explain(run->job, run->source != NULL, error);
    ferry_fallback_warn(run->job, &run->from, run->unreached.message);
    run->fell_back = true;
    return FERRY_OK;
}

static ferry_status open_source_or_fallback(struct run *run, struct ferry_error *error)
{
    ferry_status status = open_source(run, error);
    if (status != FERRY_OK && run->may_fall_back && ferry_fallback_may_follow(run->job, error) &&
        ferry_retry_may_fall_back(run->retry, error, ferry_clock_ms()))
        status = fall_back(run, error);
    return status;
}

static void log_notes(const struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->note_count; i++)
        ferry_log(schema->notes[i].warns ? FERRY_LOG_WARNING : FERRY_LOG_INFO, "%s",
                  schema->notes[i].text);
}

static ferry_status describe(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("describe");
    ferry_status status =
        ferry_source_describe(run->source, &run->job->read, &run->plan->described, error);
    if (status == FERRY_OK)
        status = ferry_schema_check_names(&run->plan->described, error);
    if (status == FERRY_OK)
        log_notes(&run->plan->described);
    return status;
}

static ferry_status open_target(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("target");
    ferry_status status = ferry_connection_open(run->job->target, role_of(run, FERRY_ROLE_TARGET),
                                                &run->target, error);
    if (status == FERRY_OK)
        ferry_log(FERRY_LOG_INFO, "target '%s' is %s, table '%s'", run->job->target->name,
                  ferry_connection_place(run->target), run->job->table);
    return status;
}

/* How each column is stored, with what is to be known of it. */
static void log_mappings(const struct ferry_plan *plan)
{
    for (size_t i = 0; i < plan->schema.count; i++) {
        const struct ferry_mapping *mapping = &plan->mappings[i];
        ferry_log(
            FERRY_LOG_DEBUG, "column '%s' becomes %s%s%s (%s)%s%s", plan->schema.columns[i].name,
            mapping->native[0] == '\0' ? "untyped" : mapping->native,
            plan->clauses[i][0] == '\0' ? "" : " ", plan->clauses[i], ferry_fit_name(mapping->fit),
            mapping->note == NULL ? "" : ": ", mapping->note == NULL ? "" : mapping->note);
    }
}

/* What becomes of the table that is there. */
static void log_table(const struct ferry_plan *plan, const char *table)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf losses = {0};
    if (plan->action == FERRY_TABLE_REBUILD)
        ferry_log(FERRY_LOG_INFO, "table '%s' is rebuilt: %s", table,
                  ferry_strbuf_text(&plan->difference));
    ferry_plan_add_losses(plan, &losses);
    if (losses.length > 0)
        ferry_log(FERRY_LOG_WARNING, "table '%s' is made anew, as on_rebuild_loss allows: %s",
                  table, ferry_strbuf_text(&losses));
    for (size_t i = 0; i < plan->stale.count; i++)
        ferry_log(FERRY_LOG_WARNING, "%s", plan->stale.list[i]);
}

static ferry_status negotiate(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("negotiate");
    ferry_status status =
        ferry_plan_negotiate(run->plan, run->target, run->job->table, &run->job->policy, error);
    if (status == FERRY_OK)
        status = ferry_zero_date_note(run->plan, error);
    if (status == FERRY_OK)
        log_mappings(run->plan);
    if (status == FERRY_OK)
        log_notes(&run->plan->schema);
    if (status == FERRY_OK)
        status = ferry_plan_check(run->plan, &run->job->policy, run->job->table, error);
    if (status == FERRY_OK)
        log_table(run->plan, run->job->table);
    return status;
}

static ferry_status choose_verify(struct run *run, struct ferry_error *error)
{
    return ferry_verify_choose(run->job->verify, run->job->verify_insisted, run->target,
                               &run->verify, error);
}

static ferry_status begin_change(struct run *run, struct ferry_error *error)
{
    run->change_spec = (struct ferry_change_spec){
        .job = run->job->name,
        .run_id = ferry_record_run_id(&run->record),
        .lock_wait_ms = run->job->lock_wait_ms,
        .staging = run->job->staging,
        .shared_target = run->job->shared_target,
    };
    ferry_log_set_phase("begin");
    struct ferry_change *change = NULL;
    ferry_status status = ferry_target_change_begin(run->target, &run->change_spec, &change, error);
    if (status == FERRY_OK)
        run->change = change;
    return status;
}

static ferry_status begin_load(struct run *run, const struct ferry_load_spec *spec,
                               struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    ferry_status status = ferry_target_load_begin(run->change, spec, &load, error);
    if (status == FERRY_OK)
        run->load = load;
    return status;
}

/* A digest of what will be read, where it is to be compared. */
static ferry_status begin_digest(struct run *run, struct ferry_error *error)
{
    run->digest = ferry_digest_new(&run->plan->schema);
    return run->digest != NULL ? FERRY_OK
                               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
}

static ferry_status pump_rows(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("load");
    run->pump.source = run->source;
    run->pump.read = &run->job->read;
    run->pump.schema = &run->plan->described;
    run->pump.zero_dates = run->plan->zero_dates;
    run->pump.digest = run->digest;
    run->pump.target = run->target;
    run->pump.load = run->load;
    atomic_store(&run->pumping, true);
    ferry_status status = ferry_pump_run(&run->pump, error);
    atomic_store(&run->pumping, false);
    ferry_log(FERRY_LOG_DEBUG, "%" PRIu64 " rows read, %" PRIu64 " handed to the target",
              run->pump.rows_read, run->pump.rows_loaded);
    return status;
}

static ferry_status end_load(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("finish");
    return ferry_target_load_end(run->load, &run->totals, error);
}

static ferry_status check_guards(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("guard");
    return ferry_guard_check(&run->job->guards, run->pump.rows_read, &run->totals, error);
}

static ferry_status verify_content(struct run *run, const struct ferry_layout *layout,
                                   struct ferry_error *error)
{
    if (run->digest == NULL)
        return FERRY_OK;
    ferry_log_set_phase("verify");
    return ferry_verify_content(run->digest, run->target, run->load, layout, error);
}

/* When the rows were read from a primary; NULL: nobody knows. */
static const char *data_from(const struct run *run)
{
    if (run->from.fallback == NULL)
        return ferry_record_value(&run->record, FERRY_RECORD_STARTED);
    return run->from.basis == FERRY_FRESHNESS_UNKNOWN ? NULL : run->from.data_from;
}

static ferry_status fill_record(struct run *run, struct ferry_error *error)
{
    char digest[FERRY_DIGEST_TEXT];
    if (run->digest != NULL)
        ferry_digest_print(run->digest, digest);
    const char *const texts[][2] = {
        {FERRY_RECORD_JOB, run->job->name},
        {FERRY_RECORD_SOURCE, run->job->source->name},
        {FERRY_RECORD_FALLBACK, run->from.fallback != NULL ? "1" : "0"},
        {FERRY_RECORD_DIGEST, run->digest != NULL ? digest : NULL},
        {FERRY_RECORD_DATA_FROM, data_from(run)},
    };
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == FERRY_OK; i++)
        status = ferry_record_set(&run->record, texts[i][0], texts[i][1], error);
    if (status == FERRY_OK)
        status = ferry_record_set_number(&run->record, FERRY_RECORD_ROWS, run->totals.after, error);
    return status == FERRY_OK ? ferry_record_finish(&run->record, &run->plan->described, error)
                              : status;
}

/* Whether the record there is this run's; false too where nobody answers. */
static bool finds_own_record(const struct run *run)
{
    FERRY_AUTO_ERROR struct ferry_error unheard = {0};
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    const char *run_id = ferry_record_run_id(&run->record);
    struct ferry_connection *target = NULL;
    struct ferry_record found = {0};
    ferry_status status = ferry_connection_open(run->job->target, role, &target, &unheard);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(target, run->job->table, &found, &unheard);
    bool own = status == FERRY_OK && ferry_record_is_of(&found, run_id);
    ferry_record_done(&found);
    ferry_connection_close(target);
    return own;
}

/* A commit whose outcome its driver does not know.  The run's own record proves that the new rows
 * are there; none proves nothing, since the server may still be at work. */
static ferry_status ask_outcome(struct run *run, struct ferry_error *error)
{
    if (error->status == FERRY_ERR_INTERNAL || ferry_should_stop() || !finds_own_record(run))
        return error->status;
    ferry_log(FERRY_LOG_WARNING,
              "target '%s' did not answer to the commit; the record of the run says that the new "
              "rows are in table '%s'",
              run->job->target->name, run->job->table);
    ferry_error_clear(error);
    run->outcome = FERRY_OUTCOME_NEW;
    return FERRY_OK;
}

static ferry_status commit(struct run *run, struct ferry_error *error)
{
    ferry_log_set_phase("commit");
    ferry_status status = fill_record(run, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_record *const records[] = {&run->record};
    struct ferry_change *change = run->change;
    run->change = NULL; /* whatever comes of it, the commit ends the change */
    run->load = NULL;
    run->commit_begun = true;
    ferry_outcome_commit();
    status = ferry_target_change_commit(change, records, 1, &run->outcome, error);
    if (status != FERRY_OK && run->outcome == FERRY_OUTCOME_UNKNOWN)
        status = ask_outcome(run, error);
    if (status == FERRY_OK)
        ferry_outcome_done(run->totals.after);
    return status;
}

/* ---- Around them ---- */

/* What became of the target matters more than who stopped the commit. */
static ferry_status explain_cancel(const struct run *run, struct ferry_error *error)
{
    if (run->commit_begun && error->status != FERRY_ERR_CANCELLED)
        return error->status;
    return ferry_job_limits_explain(run->job, run->source != NULL ? run->source : run->target,
                                    run->pump.rows_read, error);
}

/* Where both fail, the reader has to know first that the primary did. */
static ferry_status explain(const struct run *run, struct ferry_error *error)
{
    ferry_status status = explain_cancel(run, error);
    if (run->unreached.status != FERRY_OK)
        ferry_error_prefix(error, "%s; %sfallback '%s': ", run->unreached.message,
                           run->fell_back ? "with " : "", run->job->source->name);
    return status;
}

static void close_run(struct run *run)
{
    if (run->source != NULL)
        close_source(run);
    ferry_connection_close(run->target);
    run->target = NULL;
    ferry_digest_free(run->digest);
    run->digest = NULL;
    ferry_record_done(&run->record);
    ferry_error_clear(&run->unreached);
}

static void watch_run(struct run *run)
{
    ferry_job_limits_begin(&run->watch, run->job,
                           run->retry == NULL ? run->started_ms : run->retry->started_ms,
                           draw_progress, run);
}

static ferry_status prepare(struct run *run, struct ferry_error *error)
{
    ferry_status status = open_source_or_fallback(run, error);
    if (status == FERRY_OK)
        status = describe(run, error);
    if (status == FERRY_OK)
        status = ferry_job_begin_plan(run->job, run->plan, error);
    if (status == FERRY_OK)
        status = open_target(run, error);
    if (status == FERRY_OK)
        status = choose_verify(run, error);
    if (status == FERRY_OK)
        status = negotiate(run, error);
    return status;
}

static ferry_status replace_rows(struct run *run, struct ferry_error *error)
{
    const struct ferry_layout layout = ferry_plan_layout(run->plan, run->job->table);
    const struct ferry_load_spec spec = ferry_plan_load(run->plan, &layout, &run->job->policy);
    ferry_status status = begin_change(run, error);
    if (status == FERRY_OK)
        status = begin_load(run, &spec, error);
    if (status == FERRY_OK && run->verify == FERRY_VERIFY_CONTENT)
        status = begin_digest(run, error);
    if (status == FERRY_OK)
        status = pump_rows(run, error);
    if (status == FERRY_OK) {
        close_source(run);
        status = end_load(run, error);
    }
    if (status == FERRY_OK)
        status = check_guards(run, error);
    if (status == FERRY_OK)
        status = verify_content(run, &layout, error);
    if (status == FERRY_OK)
        status = commit(run, error);
    if (status != FERRY_OK)
        status = explain(run, error);
    ferry_target_change_abort(run->change); /* while `spec` is still there */
    run->change = NULL;
    run->load = NULL;
    return status;
}

/* An error is reported by the caller, and belongs to the phase in which it came up. */
static void leave_phase(ferry_status status)
{
    if (status == FERRY_OK)
        ferry_log_set_phase(NULL);
}

static void report(const struct run *run, struct ferry_sync_result *ret_result)
{
    ret_result->rows = run->totals.after;
    ret_result->rows_before = run->totals.before;
    ret_result->bytes = run->pump.bytes;
    ret_result->elapsed_ms = ferry_clock_ms() - run->started_ms;
    ret_result->from = run->from;
}

static void end_run(struct run *run, ferry_status status, struct ferry_sync_result *ret_result)
{
    ferry_watch_end(&run->watch);
    ferry_show_clear(); /* nobody draws it from now on */
    close_run(run);
    ret_result->outcome = run->outcome;
    if (status == FERRY_OK)
        report(run, ret_result);
    ferry_plan_done(run->plan);
    leave_phase(status);
}

/* Each attempt has a run id of its own.  By it a target finds out what became of a commit whose
 * answer was lost; under one id, the rows of an earlier attempt that had got through after all
 * would pass for those of a later one whose commit has failed.  Two attempts cannot overtake each
 * other: the target's lock is free only when the server is done with the earlier one. */
ferry_status ferry_sync_run(const struct ferry_job *job, struct ferry_retry *retry,
                            struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_plan plan = {0};
    struct run run = {.job = job,
                      .retry = retry,
                      .may_fall_back = true,
                      .plan = &plan,
                      .outcome = FERRY_OUTCOME_OLD,
                      .started_ms = ferry_clock_ms()};
    ferry_status status = ferry_record_begin(&run.record, job->table, error);
    if (status != FERRY_OK)
        return status;
    ferry_log(FERRY_LOG_INFO, "run %s begins", ferry_record_run_id(&run.record));
    ferry_outcome_begin(job->name);
    watch_run(&run);
    status = prepare(&run, error);
    if (status == FERRY_OK)
        status = replace_rows(&run, error);
    else
        status = explain(&run, error);
    end_run(&run, status, ret_result);
    return status;
}

ferry_status ferry_sync_plan(const struct ferry_job *job, struct ferry_plan *plan,
                             struct ferry_provenance *ret_from, struct ferry_error *error)
{
    struct run run = {.job = job,
                      .may_fall_back = true,
                      .looks = true,
                      .plan = plan,
                      .started_ms = ferry_clock_ms()};
    watch_run(&run);
    ferry_status status = prepare(&run, error);
    if (status != FERRY_OK)
        status = explain(&run, error);
    ferry_watch_end(&run.watch);
    close_run(&run);
    *ret_from = run.from;
    leave_phase(status);
    return status;
}

/* ---- Comparing, without a load ---- */

/* A table that a run would make, or make anew, cannot hold what the source gives. */
static ferry_status check_table(const struct run *run, struct ferry_error *error)
{
    const struct ferry_plan *plan = run->plan;
    if (plan->action == FERRY_TABLE_CREATE)
        return ferry_fail(error, FERRY_ERR_NOT_FOUND,
                          "target '%s' has no table '%s'; run the job to make it",
                          run->job->target->name, run->job->table);
    if (plan->action == FERRY_TABLE_REBUILD)
        return ferry_fail(error, FERRY_ERR_SCHEMA,
                          "table '%s' is not as the source's columns want it: %s; run the job to "
                          "rebuild it",
                          run->job->table, ferry_strbuf_text(&plan->difference));
    return FERRY_OK;
}

static ferry_status compare_rows(struct run *run, struct ferry_error *error)
{
    const struct ferry_layout layout = ferry_plan_layout(run->plan, run->job->table);
    ferry_status status = check_table(run, error);
    if (status == FERRY_OK)
        status = begin_digest(run, error);
    if (status == FERRY_OK)
        status = pump_rows(run, error);
    if (status == FERRY_OK) {
        close_source(run);
        status = verify_content(run, &layout, error);
    }
    return status;
}

ferry_status ferry_sync_verify(const struct ferry_job *job, struct ferry_retry *retry,
                               struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_job comparing = *job; /* whatever its runs do */
    struct ferry_plan plan = {0};
    comparing.verify = FERRY_VERIFY_CONTENT;
    comparing.verify_insisted = true;
    struct run run = {.job = &comparing,
                      .retry = retry,
                      .looks = true,
                      .plan = &plan,
                      .outcome = FERRY_OUTCOME_OLD,
                      .started_ms = ferry_clock_ms()};
    watch_run(&run);
    ferry_status status = prepare(&run, error);
    if (status == FERRY_OK)
        status = compare_rows(&run, error);
    if (status != FERRY_OK)
        status = explain(&run, error);
    run.totals.after = run.pump.rows_read;
    end_run(&run, status, ret_result);
    return status;
}
