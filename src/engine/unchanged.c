/* The source's word counts for what it was asked about: a job may read something else from one run
 * to the next. */

#include "engine/unchanged.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/units.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/strategy.h"

/* ---- The job's own question ---- */

/* One row without NULL, or why that is not what came. */
static const char *row_flaw(const struct ferry_batch *first, size_t rows)
{
    if (rows != 1)
        return rows == 0 ? "it gives no row" : "it gives more than one row";
    for (size_t i = 0; i < ferry_batch_schema(first)->count; i++)
        if (ferry_batch_cells(first, 0)[i].null != 0)
            return "it gives NULL";
    return NULL;
}

/* To their end, so that the connection goes on; each row may be a batch of its own. */
static ferry_status read_rows(struct ferry_cursor *cursor, const struct ferry_schema *schema,
                              struct ferry_batch *first, size_t *ret_rows,
                              struct ferry_error *error)
{
    struct ferry_batch *more = ferry_batch_new(schema, &ferry_batch_default_limits);
    if (more == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a batch of rows");
    ferry_batch_reset(first, 1);
    ferry_status status = ferry_cursor_read(cursor, first, error);
    size_t rows = ferry_batch_count(first);
    for (size_t last = rows; status == FERRY_OK && last > 0; rows += last) {
        ferry_batch_reset(more, 1);
        status = ferry_cursor_read(cursor, more, error);
        last = ferry_batch_count(more);
    }
    ferry_batch_free(more);
    if (status == FERRY_OK)
        *ret_rows = rows;
    return status;
}

static ferry_status hash_answer(const struct ferry_schema *schema, const struct ferry_batch *batch,
                                size_t rows, struct ferry_strbuf *text, struct ferry_error *error)
{
    struct ferry_cell_hasher *hasher = ferry_cell_hasher_new(schema);
    const char *flaw = row_flaw(batch, rows);
    if (hasher == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a hash");
    if (flaw == NULL) {
        unsigned __int128 hash = ferry_cell_hash(hasher, ferry_batch_cells(batch, 0));
        ferry_strbuf_addf(text, "query %016" PRIx64 "%016" PRIx64, (uint64_t)(hash >> 64),
                          (uint64_t)hash);
    } else {
        ferry_log(FERRY_LOG_WARNING, "change_query: %s, so that all is read; it must give one row",
                  flaw);
    }
    ferry_cell_hasher_free(hasher);
    return FERRY_OK;
}

static ferry_status read_answer(struct ferry_connection *source, const struct ferry_read *read,
                                const struct ferry_schema *schema, struct ferry_strbuf *text,
                                struct ferry_error *error)
{
    struct ferry_cursor *cursor = NULL;
    size_t rows = 0;
    struct ferry_batch *batch = ferry_batch_new(schema, &ferry_batch_default_limits);
    if (batch == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a batch of rows");
    ferry_status status = ferry_source_read_begin(source, read, schema, NULL, &cursor, error);
    if (status == FERRY_OK)
        status = read_rows(cursor, schema, batch, &rows, error);
    ferry_cursor_close(cursor);
    if (status == FERRY_OK)
        status = hash_answer(schema, batch, rows, text, error);
    ferry_batch_free(batch);
    return status;
}

/* What passes by itself, or would hit the rows too, stays a failure. */
static bool is_the_querys(ferry_status status)
{
    return status == FERRY_ERR_CONFIG || status == FERRY_ERR_SCHEMA || status == FERRY_ERR_DATA ||
           status == FERRY_ERR_NOT_FOUND || status == FERRY_ERR_UNSUPPORTED ||
           status == FERRY_ERR_REFUSED;
}

static ferry_status ask_query(struct ferry_connection *source, const char *query,
                              struct ferry_strbuf *text, struct ferry_error *error)
{
    const struct ferry_read read = {.text = query, .kind = FERRY_READ_QUERY};
    struct ferry_schema schema = {0};
    ferry_status status = ferry_source_describe(source, &read, &schema, error);
    if (status == FERRY_OK)
        status = read_answer(source, &read, &schema, text, error);
    ferry_schema_done(&schema);
    if (!is_the_querys(status))
        return status;
    ferry_log(FERRY_LOG_WARNING, "change_query failed, so that all is read: %s", error->message);
    ferry_error_clear(error);
    return FERRY_OK;
}

/* ---- What the source's driver can tell ---- */

static ferry_status ask_driver(struct ferry_connection *source, const struct ferry_read *read,
                               struct ferry_strbuf *text, struct ferry_error *error)
{
    struct ferry_fingerprint fingerprint = {0};
    ferry_status status = ferry_source_fingerprint(source, read, &fingerprint, error);
    if (status == FERRY_OK && fingerprint.text != NULL)
        ferry_strbuf_add(text, fingerprint.text);
    if (status == FERRY_OK && fingerprint.text == NULL)
        ferry_log(FERRY_LOG_INFO, "the source cannot tell whether it is unchanged: all is read");
    ferry_fingerprint_done(&fingerprint);
    return status;
}

/* ---- Compared ---- */

static bool says(const struct ferry_record *record, const char *name, const char *value)
{
    const char *recorded = ferry_record_value(record, name);
    return recorded != NULL && strcmp(recorded, value) == 0;
}

/* As far as the target can tell. */
static bool is_target_untouched(const struct ferry_plan *plan)
{
    char rows[FERRY_RECORD_NUMBER_SIZE];
    ferry_record_print_number(plan->rows_before, rows);
    return plan->action == FERRY_TABLE_KEEP &&
           (!plan->rows_known || says(&plan->before, FERRY_RECORD_ROWS, rows));
}

/* Earlier rows that only this run would take away are no state to be left as it is. */
static bool is_state_wanted(const struct ferry_plan *plan)
{
    return !plan->strategy->is_whole ||
           ferry_strategy_was_whole(ferry_record_value(&plan->before, FERRY_RECORD_STRATEGY));
}

/* Without data, the definition is all there is, and a table that had rows once is to lose them. */
static bool is_source_as_it_was(const struct ferry_transfer *transfer)
{
    const struct ferry_record *before = &transfer->plan->before;
    return transfer->task->no_data
               ? says(before, FERRY_RECORD_ROWS, "0")
               : says(before, FERRY_RECORD_FINGERPRINT, ferry_strbuf_text(&transfer->fingerprint));
}

static ferry_status compare(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_plan *plan = transfer->plan;
    char hash[17];
    ferry_status status = ferry_schema_hash(&plan->described, hash, error);
    if (status != FERRY_OK)
        return status;
    transfer->is_unchanged = is_source_as_it_was(transfer) &&
                             says(&plan->before, FERRY_RECORD_READ, transfer->read_hash) &&
                             says(&plan->before, FERRY_RECORD_SCHEMA_HASH, hash) &&
                             plan->why.length == 0 && !transfer->task->changes.full &&
                             is_target_untouched(plan) && is_state_wanted(plan) &&
                             ferry_target_changes(transfer->session->target);
    return FERRY_OK;
}

/* A table without data keeps no others of its step from being left as they are.  Alone it is made
 * at each run: no row of the source will ever ask for that. */
ferry_status ferry_unchanged_ask(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_change_rules *rules = &transfer->task->changes;
    struct ferry_session *session = transfer->session;
    FERRY_AUTO_STRBUF struct ferry_strbuf said = {0};
    if (!rules->skip_unchanged || session->fell_back)
        return FERRY_OK;
    ferry_log_set_phase("unchanged");
    if (transfer->task->no_data)
        return transfer->task->together ? compare(transfer, error) : FERRY_OK;
    ferry_status status =
        rules->change_query != NULL
            ? ask_query(session->source, rules->change_query, &said, error)
            : ask_driver(session->source, ferry_transfer_read(transfer), &said, error);
    if (status != FERRY_OK || (said.length == 0 && !said.failed))
        return status;
    ferry_strbuf_add(&transfer->fingerprint, ferry_strbuf_text(&said));
    if (said.failed || transfer->fingerprint.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a fingerprint");
    return compare(transfer, error);
}

/* ---- The record ---- */

/* The table holds what the last run has counted. */
static void recall_rows(struct ferry_transfer *transfer)
{
    const char *text = ferry_record_value(&transfer->plan->before, FERRY_RECORD_ROWS);
    int64_t rows = 0;
    if (text != NULL && ferry_units_parse_int(text, &rows) && rows >= 0)
        transfer->totals.before = transfer->totals.after = (uint64_t)rows;
}

ferry_status ferry_unchanged_fill_record(struct ferry_transfer *transfer, struct ferry_error *error)
{
    static const char *const kept[] = {
        FERRY_RECORD_ROWS, FERRY_RECORD_DIGEST,      FERRY_RECORD_SCHEMA_HASH,
        FERRY_RECORD_KEY,  FERRY_RECORD_CURSOR,      FERRY_RECORD_CURSOR_COLUMN,
        FERRY_RECORD_FULL, FERRY_RECORD_FINGERPRINT, FERRY_RECORD_STRATEGY,
        FERRY_RECORD_READ,
    };
    struct ferry_record *record = &transfer->record;
    const char *const texts[][2] = {
        {FERRY_RECORD_JOB, ferry_task_name(transfer->session->job, transfer->task)},
        {FERRY_RECORD_SOURCE, transfer->session->reads_from->name},
        {FERRY_RECORD_FALLBACK, "0"},
        {FERRY_RECORD_DATA_FROM, ferry_record_value(record, FERRY_RECORD_STARTED)},
        {FERRY_RECORD_SKIPPED, "1"},
        {FERRY_RECORD_PLACE, transfer->place_hash},
    };
    ferry_status status = FERRY_OK;
    recall_rows(transfer);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0] && status == FERRY_OK; i++)
        status = ferry_record_set(record, kept[i],
                                  ferry_record_value(&transfer->plan->before, kept[i]), error);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0] && status == FERRY_OK; i++)
        status = ferry_record_set(record, texts[i][0], texts[i][1], error);
    if (status == FERRY_OK)
        status = ferry_record_follow(record, &transfer->plan->before, error);
    return status == FERRY_OK ? ferry_record_finish(record, &transfer->plan->described, error)
                              : status;
}
