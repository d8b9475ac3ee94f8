/* A load reads its range of the source; a finish reads the pieces as their target has stored them,
 * which is how runs verify what they have written. */

#include "engine/piece_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "driver/source.h"
#include "driver/target.h"
#include "engine/named_column.h"
#include "engine/pieces.h"
#include "engine/run.h"
#include "engine/strategy.h"

/* ---- The range of a load ---- */

static ferry_status check_schema(const struct ferry_schema *described,
                                 const struct ferry_prepared *prepared, struct ferry_error *error)
{
    char hash[FERRY_PREPARED_HASH];
    ferry_status status = ferry_schema_hash(described, hash, error);
    if (status != FERRY_OK || strcmp(hash, prepared->schema) == 0)
        return status;
    return ferry_fail(error, FERRY_ERR_SCHEMA,
                      "the source has other columns than when run %s was prepared; abandon it, and "
                      "prepare the job again",
                      prepared->id);
}

static ferry_status add_cuts(struct ferry_cuts *cuts, const struct ferry_prepared *prepared,
                             struct ferry_error *error)
{
    const struct ferry_bookmark form = {.column = cuts->column};
    struct ferry_bookmark_value value = {0};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < prepared->cut_count && status == FERRY_OK; i++)
        status = ferry_bookmark_read_value(&form, prepared->cuts[i], &value)
                     ? ferry_cuts_add(cuts, &value.cell, error)
                     : ferry_fail(error, FERRY_ERR_CONFIG,
                                  "%s is damaged: '%s' is no value of column '%s'; abandon the run",
                                  prepared->path, prepared->cuts[i], cuts->column->name);
    ferry_strbuf_done(&value.text);
    return status;
}

ferry_status ferry_piece_settle(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_partition_rules *rules = &transfer->task->partitions;
    const struct ferry_schema *described = &transfer->plan->described;
    struct ferry_partitions *partitions = &transfer->plan->partitions;
    ferry_status status = check_schema(described, rules->prepared, error);
    if (status == FERRY_OK)
        status = ferry_named_column_find(described, rules->prepared->column,
                                         "the run was parted by", &partitions->column, error);
    if (status == FERRY_OK)
        status = ferry_partition_check_column(&described->columns[partitions->column], error);
    if (status != FERRY_OK)
        return status;
    partitions->cuts.column = &described->columns[partitions->column];
    partitions->cuts.most = rules->prepared->cut_count;
    partitions->count = rules->prepared->cut_count + 1;
    partitions->sharing = FERRY_SHARING_NONE;
    partitions->only = rules->piece;
    partitions->readers = 1;
    return add_cuts(&partitions->cuts, rules->prepared, error);
}

/* Whoever has come too late leaves nothing. */
static ferry_status load_piece(struct ferry_transfer *transfer, struct ferry_error *error)
{
    transfer->sums = true;
    ferry_status status = transfer->plan->strategy->move(transfer, error);
    return status == FERRY_OK ? ferry_prepared_check(transfer->run->job->pieces->prepared, error)
                              : status;
}

/* ---- The pieces of a finish ---- */

/* What it takes to read one. */
struct reading {
    struct ferry_transfer *transfer; /* that takes its rows in */
    uint32_t number;
    struct ferry_piece_place place;
    struct ferry_connection *target; /* where it is stored */
    struct ferry_record record;      /* that its load has left there */
    struct ferry_digest *digest;     /* of what is read of it */
};

static ferry_status fail_piece(const struct reading *reading, const char *what,
                               struct ferry_error *error)
{
    const struct ferry_prepared *prepared = reading->transfer->run->job->pieces->prepared;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "piece %" PRIu32 " of %" PRIu32 " of run %s %s; abandon the run, and prepare "
                      "the job again",
                      reading->number, prepared->pieces, prepared->id, what);
}

static ferry_status fail_sums(const struct reading *reading, struct ferry_error *error)
{
    return fail_piece(reading, "is not what was loaded: somebody has written there", error);
}

/* Its rows are just those that its load has read. */
static ferry_status check_sums(const struct reading *reading, struct ferry_error *error)
{
    const char *digest = ferry_record_value(&reading->record, FERRY_RECORD_DIGEST);
    const char *rows = ferry_record_value(&reading->record, FERRY_RECORD_ROWS);
    char sum[FERRY_DIGEST_TEXT];
    char count[FERRY_RECORD_NUMBER_SIZE];
    ferry_digest_print(reading->digest, sum);
    ferry_record_print_number(ferry_digest_rows(reading->digest), count);
    if (rows == NULL || digest == NULL || strcmp(rows, count) != 0 || strcmp(digest, sum) != 0)
        return fail_sums(reading, error);
    ferry_digest_merge(reading->transfer->digest, reading->digest);
    return FERRY_OK;
}

/* A target that knows a shorter way is told by the record of the load what has come: its digest
 * counts where the table is read back (verify). */
static ferry_status take_whole(const struct reading *reading, const struct ferry_plan *plan,
                               struct ferry_error *error)
{
    struct ferry_transfer *transfer = reading->transfer;
    const struct ferry_layout layout = ferry_plan_layout(plan, reading->place.table);
    const char *digest = ferry_record_value(&reading->record, FERRY_RECORD_DIGEST);
    const char *recorded = ferry_record_value(&reading->record, FERRY_RECORD_ROWS);
    char count[FERRY_RECORD_NUMBER_SIZE];
    uint64_t rows = 0;
    ferry_status status =
        ferry_target_load_take(transfer->load, reading->place.target, &layout, &rows, error);
    if (status != FERRY_OK)
        return status;
    ferry_record_print_number(rows, count);
    if (recorded == NULL || digest == NULL || strcmp(recorded, count) != 0 ||
        !ferry_digest_merge_text(transfer->digest, digest, rows))
        return fail_sums(reading, error);
    atomic_fetch_add(&transfer->pump.rows_read, rows);
    atomic_fetch_add(&transfer->pump.rows_loaded, rows);
    return FERRY_OK;
}

/* The copy is as old as its oldest piece. */
static void note_moment(const struct reading *reading)
{
    char *since = reading->transfer->read_since;
    const char *started = ferry_record_value(&reading->record, FERRY_RECORD_STARTED);
    reading->transfer->states++;
    if (started != NULL && (since[0] == '\0' || strcmp(started, since) < 0))
        (void)snprintf(since, sizeof reading->transfer->read_since, "%s", started);
}

static ferry_status pump_piece(struct reading *reading, struct ferry_plan *plan,
                               struct ferry_error *error)
{
    struct ferry_transfer *transfer = reading->transfer;
    struct ferry_pump *pump = &transfer->pump;
    const struct ferry_layout layout = ferry_plan_layout(plan, reading->place.table);
    const struct ferry_scan all = {0};
    reading->digest = ferry_digest_new(&plan->schema);
    if (reading->digest == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
    pump->feed = ferry_feed_stored(reading->target, NULL, &layout);
    pump->feed.scan = &all;
    pump->digest = reading->digest;
    pump->sink = ferry_sink_load(transfer->load, transfer->session->target);
    ferry_status status = ferry_pump_run(pump, error);
    pump->feed = (struct ferry_feed){0};
    return status == FERRY_OK ? check_sums(reading, error) : status;
}

/* Rows of one form cannot be handed to a load of the other. */
static bool are_alike(const struct ferry_schema *one, const struct ferry_schema *other)
{
    bool alike = one->count == other->count;
    for (size_t i = 0; alike && i < one->count; i++)
        alike = one->columns[i].type == other->columns[i].type &&
                ((one->columns[i].flags ^ other->columns[i].flags) & FERRY_COLUMN_RAW) == 0;
    return alike;
}

/* The first piece tells how all of them are stored. */
static ferry_status learn_layout(const struct reading *reading, struct ferry_plan *plan,
                                 struct ferry_error *error)
{
    const struct ferry_schema *wanted = &reading->transfer->plan->schema;
    ferry_status status =
        ferry_plan_negotiate(plan, reading->target, reading->place.table, NULL, error);
    if (status == FERRY_OK && plan->action != FERRY_TABLE_KEEP)
        return fail_piece(reading, "is not as its load has made it: somebody has changed it",
                          error);
    if (status == FERRY_OK && !are_alike(&plan->schema, wanted))
        status = ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                            "table '%s' stores texts in another character set than its pieces do; "
                            "use dbferry run",
                            reading->transfer->task->table);
    return status;
}

static ferry_status open_piece(struct reading *reading, struct ferry_plan *plan,
                               struct ferry_error *error)
{
    const struct ferry_job *job = reading->transfer->run->job;
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    ferry_status status = ferry_piece_place_find(job->route.target, job->pieces->prepared->id,
                                                 reading->number, &reading->place, error);
    if (status == FERRY_OK)
        status = ferry_connection_open(reading->place.target, role, &reading->target, error);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(reading->target, reading->place.table,
                                              &reading->record, error);
    return status == FERRY_OK && plan->mappings == NULL ? learn_layout(reading, plan, error)
                                                        : status;
}

static ferry_status take_piece(struct ferry_transfer *transfer, struct ferry_plan *plan,
                               uint32_t number, struct ferry_error *error)
{
    struct reading reading = {.transfer = transfer, .number = number};
    ferry_status status = open_piece(&reading, plan, error);
    if (status == FERRY_OK)
        status = take_whole(&reading, plan, error);
    if (status == FERRY_ERR_UNSUPPORTED) {
        ferry_log(FERRY_LOG_DEBUG, "piece %" PRIu32 " is read: %s", number, error->message);
        ferry_error_clear(error);
        status = pump_piece(&reading, plan, error);
    }
    if (status == FERRY_OK)
        note_moment(&reading);
    ferry_connection_close(reading.target);
    ferry_record_done(&reading.record);
    ferry_digest_free(reading.digest);
    ferry_piece_place_done(&reading.place);
    return status;
}

/* How pieces are stored: as their loads were told, without the job's keys and indexes. */
static ferry_status plan_pieces(const struct ferry_transfer *transfer, struct ferry_plan *plan,
                                struct ferry_error *error)
{
    const struct ferry_pieces *pieces = transfer->run->job->pieces;
    struct ferry_task task = *transfer->task;
    ferry_piece_task(&task);
    ferry_status status =
        ferry_source_describe(transfer->session->source, &task.read, &plan->described, error);
    if (status == FERRY_OK)
        status = check_schema(&plan->described, pieces->prepared, error);
    return status == FERRY_OK ? ferry_task_begin_plan(&task, false, plan, error) : status;
}

static ferry_status take_all(struct ferry_transfer *transfer, struct ferry_plan *plan,
                             struct ferry_error *error)
{
    const struct ferry_prepared *prepared = transfer->run->job->pieces->prepared;
    ferry_status status = FERRY_OK;
    transfer->digest = ferry_digest_new(&transfer->plan->schema);
    if (transfer->digest == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
    ferry_log_set_phase("load");
    transfer->expected = transfer->run->job->pieces->rows;
    atomic_store(&transfer->pumping, true);
    for (uint32_t i = 1; i <= prepared->cut_count + 1 && status == FERRY_OK; i++)
        status = take_piece(transfer, plan, i, error);
    atomic_store(&transfer->pumping, false);
    return status;
}

/* By that id a later finish knows that this one has got through. */
static ferry_status finish_pieces(struct ferry_transfer *transfer, struct ferry_error *error)
{
    const struct ferry_pieces *pieces = transfer->run->job->pieces;
    struct ferry_plan plan = {0};
    ferry_status status = plan_pieces(transfer, &plan, error);
    if (status == FERRY_OK) {
        ferry_session_close_source(transfer->session);
        status = take_all(transfer, &plan, error);
    }
    ferry_plan_done(&plan);
    if (status == FERRY_OK)
        status = ferry_record_follow(&transfer->record, &pieces->before, error);
    return status == FERRY_OK
               ? ferry_prepared_note_finish(pieces->prepared, transfer->run->id, error)
               : status;
}

ferry_status ferry_piece_rows_move(struct ferry_transfer *transfer, struct ferry_error *error)
{
    return transfer->run->job->pieces->number > 0 ? load_piece(transfer, error)
                                                  : finish_pieces(transfer, error);
}
