/* The steps of one table, each of them a phase in the log. */

#include "engine/transfer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "driver/type.h"
#include "engine/appending.h"
#include "engine/choose_key.h"
#include "engine/estimate.h"
#include "engine/policy.h"
#include "engine/readers.h"
#include "engine/strategy.h"

const struct ferry_read *ferry_transfer_read(const struct ferry_transfer *transfer)
{
    return ferry_task_read(transfer->task, transfer->session->fell_back);
}

/* ---- The plan ---- */

static void log_notes(const struct ferry_schema *schema)
{
    for (size_t i = 0; i < schema->note_count; i++)
        ferry_log(schema->notes[i].warns ? FERRY_LOG_WARNING : FERRY_LOG_INFO, "%s",
                  schema->notes[i].text);
}

ferry_status ferry_transfer_describe(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_session *session = transfer->session;
    struct ferry_plan *plan = transfer->plan;
    ferry_log_set_phase("describe");
    ferry_status status = ferry_source_describe(session->source, ferry_transfer_read(transfer),
                                                &plan->described, error);
    if (status == FERRY_OK)
        status = ferry_schema_check_names(&plan->described, error);
    if (status != FERRY_OK)
        return status;
    log_notes(&plan->described);
    return ferry_task_begin_plan(transfer->task, session->fell_back, plan, error);
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

/* How the rows get there, where the job has wished for something. */
static void log_strategy(const struct ferry_plan *plan, const struct ferry_change_rules *rules)
{
    bool loses =
        ferry_strategy_keeps_rows(rules) && plan->strategy->load_kind == FERRY_LOAD_REPLACE &&
        plan->action != FERRY_TABLE_CREATE && !(plan->rows_known && plan->rows_before == 0);
    if (loses)
        ferry_log(FERRY_LOG_WARNING,
                  "all rows of the table are replaced, also those that the source has no longer: "
                  "%s",
                  ferry_strbuf_text(&plan->why));
    else if (plan->why.length > 0)
        ferry_log(FERRY_LOG_INFO, "all rows are read, by strategy %s: %s", plan->strategy->name,
                  ferry_strbuf_text(&plan->why));
    else if (rules->strategy != FERRY_STRATEGY_REPLACE)
        ferry_log(FERRY_LOG_INFO, "strategy %s", plan->strategy->name);
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

/* Nothing else decides whether two runs have read the same: the rest of a job may change, or shows
 * in the table's definition. */
static void hash_read(struct ferry_transfer *transfer)
{
    const struct ferry_read *read = ferry_transfer_read(transfer);
    const struct ferry_plan *plan = transfer->plan;
    const char *place = ferry_connection_place(transfer->session->source);
    uint64_t hash = ferry_hash_name(FERRY_HASH_SEED, place);
    ferry_record_hash_place(place, transfer->task->place > 0 ? read->text : NULL,
                            transfer->place_hash);
    hash = ferry_hash_bytes(hash, &read->kind, sizeof read->kind);
    if (plan->zero_dates != NULL)
        hash =
            ferry_hash_bytes(hash, plan->zero_dates, plan->schema.count * sizeof *plan->zero_dates);
    (void)snprintf(transfer->read_hash, sizeof transfer->read_hash, "%016" PRIx64,
                   ferry_hash_name(hash, read->text));
}

/* By what the last run has left there. */
static ferry_status decide(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_session *session = transfer->session;
    const struct ferry_task *task = transfer->task;
    const struct ferry_strategy_facts facts = {
        .rules = &task->changes,
        .source = session->source,
        .target = session->target,
        .job = ferry_task_name(session->job, task),
        .read_hash = task->policy.is_typed ? transfer->read_hash : NULL,
        .fell_back = session->fell_back,
        .together = task->together};
    hash_read(transfer);
    ferry_status status =
        ferry_strategy_recall(transfer->plan, &task->changes, session->target, task->table, error);
    return status == FERRY_OK ? ferry_strategy_decide(transfer->plan, &facts, error) : status;
}

ferry_status ferry_transfer_map(struct ferry_transfer *transfer, struct ferry_error *error)
{
    ferry_log_set_phase("negotiate");
    return ferry_plan_map(transfer->plan, transfer->session->target, error);
}

ferry_status ferry_transfer_negotiate(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_task *task = transfer->task;
    struct ferry_connection *target = transfer->session->target;
    struct ferry_plan *plan = transfer->plan;
    ferry_status status =
        ferry_verify_choose(transfer->verify, transfer->insists, target, &transfer->verify, error);
    if (status != FERRY_OK)
        return status;
    ferry_log_set_phase("negotiate");
    status = ferry_plan_negotiate(plan, target, task->table, &task->policy, error);
    if (status == FERRY_OK)
        status = ferry_zero_date_note(plan, error);
    if (status != FERRY_OK)
        return status;
    log_mappings(plan);
    log_notes(&plan->schema);
    status = ferry_plan_check(plan, &task->policy, task->table, error);
    if (status == FERRY_OK)
        status = decide(transfer, error);
    if (status == FERRY_OK)
        status = ferry_estimate_recall(transfer, error);
    if (status != FERRY_OK)
        return status;
    log_table(plan, task->table);
    return FERRY_OK;
}

ferry_status ferry_transfer_tell(struct ferry_transfer *transfer, struct ferry_error *error)
{
    (void)error;
    log_strategy(transfer->plan, &transfer->task->changes);
    return FERRY_OK;
}

/* ---- The load ---- */

ferry_status ferry_transfer_begin_load(struct ferry_transfer *transfer, struct ferry_change *change,
                                       struct ferry_error *error)
{
    const struct ferry_task *task = transfer->task;
    struct ferry_load *load = NULL;
    transfer->layout = ferry_plan_layout(transfer->plan, task->table);
    transfer->load_spec = ferry_plan_load(transfer->plan, &transfer->layout, &task->policy);
    transfer->load_spec.kind = transfer->plan->strategy->load_kind;
    if (transfer->load_spec.kind == FERRY_LOAD_CHANGES) {
        transfer->load_spec.key = transfer->plan->key.columns;
        transfer->load_spec.key_count = transfer->plan->key.count;
    }
    ferry_status status = ferry_target_load_begin(change, &transfer->load_spec, &load, error);
    if (status == FERRY_OK)
        transfer->load = load;
    return status;
}

static ferry_status begin_digest(struct ferry_transfer *transfer, struct ferry_error *error)
{
    transfer->digest = ferry_digest_new(&transfer->plan->schema);
    return transfer->digest != NULL
               ? FERRY_OK
               : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
}

static ferry_status pump_rows(struct ferry_transfer *transfer, const struct ferry_scan *scan,
                              const struct ferry_sink *sink, struct ferry_digest *tap,
                              struct ferry_error *error)
{
    const struct ferry_session *session = transfer->session;
    struct ferry_pump *pump = &transfer->pump;
    ferry_log_set_phase("load");
    ferry_status status = ferry_estimate_ask(transfer, scan, error);
    if (status != FERRY_OK)
        return status;
    pump->feed = ferry_feed_source(session->source, ferry_transfer_read(transfer),
                                   &transfer->plan->described);
    pump->feed.scan = scan;
    pump->zero_dates = transfer->plan->zero_dates;
    pump->digest = tap;
    pump->sink = *sink;
    transfer->is_reading = true;
    atomic_store(&transfer->pumping, true);
    status = ferry_readers_pump(transfer, &transfer->plan->schema, error);
    transfer->is_reading = status != FERRY_OK;
    atomic_store(&transfer->pumping, false);
    ferry_log(FERRY_LOG_DEBUG, "%" PRIu64 " rows read, %" PRIu64 " handed to the target",
              pump->rows_read, pump->rows_loaded);
    return status;
}

/* A sink behind the cursor. */
struct marked {
    struct ferry_bookmark *cursor;
    const struct ferry_sink *sink;
};

static ferry_status take_marked(void *to, const struct ferry_batch *batch,
                                struct ferry_error *error)
{
    struct marked *marked = to;
    ferry_status status = ferry_bookmark_take(marked->cursor, batch, error);
    return status == FERRY_OK ? marked->sink->take(marked->sink->to, batch, error) : status;
}

ferry_status ferry_transfer_pump(struct ferry_transfer *transfer, const struct ferry_scan *scan,
                                 const struct ferry_sink *sink, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    struct marked marked = {.cursor = &transfer->plan->cursor, .sink = sink};
    struct ferry_sink behind = *sink;
    if (marked.cursor->column != NULL) {
        behind.take = take_marked;
        behind.to = &marked;
    }
    if (transfer->verify == FERRY_VERIFY_CONTENT || transfer->sums)
        status = begin_digest(transfer, error);
    return status == FERRY_OK ? pump_rows(transfer, scan, &behind, transfer->digest, error)
                              : status;
}

static ferry_status end_load(struct ferry_transfer *transfer, struct ferry_error *error)
{
    ferry_log_set_phase("finish");
    return ferry_target_load_end(transfer->load, &transfer->totals, error);
}

static ferry_status check_counts(const struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_strategy *strategy = transfer->plan->strategy;
    return strategy->load_kind == FERRY_LOAD_REPLACE
               ? ferry_verify_count(transfer->pump.rows_read, &transfer->totals, error)
               : ferry_verify_changes(transfer->pump.rows_read, strategy->is_whole,
                                      &transfer->totals, error);
}

static ferry_status check_guards(const struct ferry_transfer *transfer, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    ferry_log_set_phase("guard");
    if (transfer->verify != FERRY_VERIFY_NONE)
        status = check_counts(transfer, error);
    return status == FERRY_OK ? ferry_guard_check(&transfer->task->guards, &transfer->totals,
                                                  transfer->plan->strategy->is_whole, error)
                              : status;
}

/* Of a table that holds more than what was read, only that is looked at. */
static void choose_verified(const struct ferry_transfer *transfer, struct ferry_scan *scan,
                            struct ferry_bound *bound, const struct ferry_bound *const *bounds)
{
    const struct ferry_plan *plan = transfer->plan;
    *scan = (struct ferry_scan){0};
    if (transfer->load == NULL || plan->strategy->is_whole)
        return;
    if (plan->key.count > 0) {
        scan->touched = 1;
    } else if (ferry_append_bound(plan, bound)) {
        scan->bounds = bounds;
        scan->bound_count = 1;
    }
}

ferry_status ferry_transfer_verify(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_bound bound;
    const struct ferry_bound *const bounds[] = {&bound};
    struct ferry_scan scan;
    if (transfer->digest == NULL || transfer->verify != FERRY_VERIFY_CONTENT)
        return FERRY_OK;
    ferry_log_set_phase("verify");
    choose_verified(transfer, &scan, &bound, bounds);
    return ferry_verify_content(transfer->digest, transfer->session->target, transfer->load,
                                &transfer->layout, &scan, error);
}

/* Of rows that were read again, the target has found out that they are the same. */
static void count_unchanged(struct ferry_transfer *transfer)
{
    const struct ferry_load_totals *totals = &transfer->totals;
    if (!transfer->plan->strategy->is_whole)
        transfer->unchanged = transfer->pump.rows_read - totals->inserted - totals->updated;
}

/* Those that came in with this run are among them. */
static void warn_of_absent(const struct ferry_transfer *transfer)
{
    if (transfer->absent > transfer->totals.inserted)
        ferry_log(FERRY_LOG_WARNING,
                  "%" PRIu64 " rows of the source are not in table '%s' and lie below the cursor: "
                  "they came with an older one; cursor_lag steps back for such rows, and --full "
                  "takes all into account",
                  transfer->absent - transfer->totals.inserted, transfer->task->table);
}

ferry_status ferry_transfer_finish(struct ferry_transfer *transfer, struct ferry_error *error)
{
    ferry_status status = end_load(transfer, error);
    if (status == FERRY_OK)
        status = check_guards(transfer, error);
    if (status == FERRY_OK)
        status = ferry_transfer_verify(transfer, error);
    if (status != FERRY_OK)
        return status;
    count_unchanged(transfer);
    warn_of_absent(transfer);
    return FERRY_OK;
}

/* ---- Comparing, without a load ---- */

ferry_status ferry_transfer_check_table(const struct ferry_transfer *transfer,
                                        struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    const char *table = transfer->task->table;
    if (plan->action == FERRY_TABLE_CREATE)
        return ferry_fail(error, FERRY_ERR_NOT_FOUND,
                          "target '%s' has no table '%s'; run the job to make it",
                          transfer->session->job->route.target->name, table);
    if (plan->action == FERRY_TABLE_REBUILD)
        return ferry_fail(error, FERRY_ERR_SCHEMA,
                          "table '%s' is not as the source's columns want it: %s; run the job to "
                          "rebuild it",
                          table, ferry_strbuf_text(&plan->difference));
    return FERRY_OK;
}

ferry_status ferry_transfer_compare(struct ferry_transfer *transfer, struct ferry_error *error)
{
    transfer->layout = ferry_plan_layout(transfer->plan, transfer->task->table);
    ferry_status status = ferry_transfer_check_table(transfer, error);
    if (status == FERRY_OK)
        status = begin_digest(transfer, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_sink sink = ferry_sink_digest(transfer->digest);
    status = pump_rows(transfer, NULL, &sink, NULL, error);
    transfer->totals.after = transfer->pump.rows_read; /* no load counts here */
    return status;
}

/* ---- The record ---- */

/* When the rows were read from a primary; NULL: nobody knows. */
static const char *data_from(const struct ferry_transfer *transfer)
{
    const struct ferry_provenance *from = &transfer->session->from;
    if (transfer->read_since[0] != '\0')
        return transfer->read_since;
    if (from->fallback == NULL)
        return ferry_record_value(&transfer->record, FERRY_RECORD_STARTED);
    return from->basis == FERRY_FRESHNESS_UNKNOWN ? NULL : from->data_from;
}

/* A copy of an older state must not move it. */
static void add_cursor(const struct ferry_transfer *transfer, struct ferry_strbuf *text)
{
    if (transfer->plan->cursor.column != NULL && !transfer->session->fell_back)
        ferry_bookmark_add_next(&transfer->plan->cursor, transfer->plan->strategy->is_whole, text);
}

static const char *full_at(const struct ferry_transfer *transfer)
{
    return transfer->plan->strategy->is_whole
               ? ferry_record_value(&transfer->record, FERRY_RECORD_STARTED)
               : ferry_record_value(&transfer->plan->before, FERRY_RECORD_FULL);
}

static ferry_status fill_counts(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_load_totals *totals = &transfer->totals;
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {FERRY_RECORD_ROWS, totals->after},
        {FERRY_RECORD_INSERTED, totals->inserted},
        {FERRY_RECORD_UPDATED, totals->updated},
        {FERRY_RECORD_DELETED, totals->deleted},
        {FERRY_RECORD_UNCHANGED, transfer->unchanged},
    };
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && status == FERRY_OK; i++)
        status = ferry_record_set_number(&transfer->record, counts[i].name, counts[i].count, error);
    if (status == FERRY_OK && transfer->states > 1)
        status = ferry_record_set_number(&transfer->record, FERRY_RECORD_STATES, transfer->states,
                                         error);
    return status;
}

ferry_status ferry_transfer_fill_record(struct ferry_transfer *transfer, struct ferry_error *error)
{
    struct ferry_record *record = &transfer->record;
    char digest[FERRY_DIGEST_TEXT];
    if (transfer->digest != NULL)
        ferry_digest_print(transfer->digest, digest);
    FERRY_AUTO_STRBUF struct ferry_strbuf key = {0}, cursor = {0};
    const struct ferry_plan *plan = transfer->plan;
    ferry_chosen_key_add_record(plan, &key);
    add_cursor(transfer, &cursor);
    const char *const texts[][2] = {
        {FERRY_RECORD_STRATEGY, plan->strategy->name},
        {FERRY_RECORD_KEY, key.length > 0 ? ferry_strbuf_text(&key) : NULL},
        {FERRY_RECORD_CURSOR_COLUMN, cursor.length > 0 ? plan->cursor.column->name : NULL},
        {FERRY_RECORD_CURSOR, cursor.length > 0 ? ferry_strbuf_text(&cursor) : NULL},
        {FERRY_RECORD_FULL, full_at(transfer)},
        {FERRY_RECORD_SKIPPED, "0"},
        {FERRY_RECORD_READ, transfer->read_hash},
        {FERRY_RECORD_FINGERPRINT,
         transfer->fingerprint.length > 0 ? ferry_strbuf_text(&transfer->fingerprint) : NULL},
        {FERRY_RECORD_JOB, ferry_task_name(transfer->session->job, transfer->task)},
        {FERRY_RECORD_SOURCE, transfer->session->reads_from->name},
        {FERRY_RECORD_FALLBACK, transfer->session->from.fallback != NULL ? "1" : "0"},
        {FERRY_RECORD_DIGEST, transfer->digest != NULL ? digest : NULL},
        {FERRY_RECORD_DATA_FROM, data_from(transfer)},
    };
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == FERRY_OK; i++)
        status = ferry_record_set(record, texts[i][0], texts[i][1], error);
    if (status == FERRY_OK)
        status = ferry_record_set(record, FERRY_RECORD_PLACE, transfer->place_hash, error);
    if (status == FERRY_OK)
        status = fill_counts(transfer, error);
    if (status == FERRY_OK && !plan->strategy->is_whole)
        status = ferry_record_follow(record, &plan->before, error);
    if (status == FERRY_OK && (key.failed || cursor.failed))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the record of the run");
    return status == FERRY_OK ? ferry_record_finish(record, &plan->described, error) : status;
}

void ferry_transfer_done(struct ferry_transfer *transfer)
{
    ferry_digest_free(transfer->digest);
    transfer->digest = NULL;
    ferry_record_done(&transfer->record);
    ferry_strbuf_done(&transfer->fingerprint);
}
