/* A piece is a table that is loaded by a run of its own: so all that holds of runs holds of it, and
 * the record that such a run leaves with its rows says that the piece is whole. */

#include "engine/pieces.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "driver/option_hash.h"
#include "driver/target.h"
#include "engine/bookmark.h"
#include "engine/record.h"

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a prepared run");
}

static void hash_job(const struct ferry_job *job, char ret_hash[FERRY_PREPARED_HASH])
{
    uint64_t hash = ferry_config_hash(FERRY_HASH_SEED, job->keys);
    hash = ferry_config_hash(hash, job->route.source);
    hash = ferry_config_hash(hash, job->route.target);
    (void)snprintf(ret_hash, FERRY_PREPARED_HASH, "%016" PRIx64, hash);
}

/* ---- Jobs of pieces ---- */

/* A piece of rows from another place, or of a later moment than its record says, is none. */
static void begin_job(const struct ferry_job *job, struct ferry_piece_job *piece)
{
    piece->job = *job;
    piece->task = job->tasks[0];
    piece->job.tasks = &piece->task;
    piece->job.task_count = 1;
    piece->job.shared = NULL;
    piece->job.route.fallback = (struct ferry_fallback){0};
    piece->task.changes.skip_unchanged = false;
}

void ferry_piece_task(struct ferry_task *task)
{
    task->indexes = NULL;
    task->index_count = 0;
    task->copy_indexes = false;
    task->foreign_keys = false;
    task->guards = (struct ferry_guard_rules){.allow_empty = true, .max_shrink_percent = -1};
    task->verify = FERRY_VERIFY_COUNT;
    task->verify_insisted = false;
}

void ferry_piece_job_done(struct ferry_piece_job *piece)
{
    ferry_piece_place_done(&piece->place);
    ferry_record_done(&piece->pieces.before);
    *piece = (struct ferry_piece_job){0};
}

bool ferry_pieces_are_here(const struct ferry_job *job)
{
    return job->pieces != NULL && job->pieces->number == 0 &&
           !ferry_piece_places_are_apart(job->route.target);
}

/* ---- Prepare ---- */

static ferry_status check_rules(const struct ferry_job *job, struct ferry_error *error)
{
    const struct ferry_task *task = &job->tasks[0];
    if (task->partitions.count <= 1)
        return ferry_fail(
            error, FERRY_ERR_CONFIG,
            "job '%s' is not to be parted: set partitions = N in the job, for a table "
            "of its own and strategy = \"replace\"",
            job->name);
    if (task->partitions.sharing == FERRY_SHARING_NONE)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                      "snapshot = \"%s\": pieces are read by processes of their own, at moments of "
                      "their own, which cannot share one state of the source; that has to be asked "
                      "for, by snapshot = \"none\"",
                      ferry_sharing_name(task->partitions.sharing));
}

static ferry_status copy_cuts(const struct ferry_partitions *partitions,
                              struct ferry_prepared *prepared, struct ferry_error *error)
{
    const struct ferry_cuts *cuts = &partitions->cuts;
    const struct ferry_bookmark form = {.column = cuts->column};
    prepared->cuts = calloc(cuts->count + 1, sizeof *prepared->cuts);
    if (prepared->cuts == NULL)
        return fail_memory(error);
    for (size_t i = 0; i < cuts->count; i++) {
        struct ferry_bookmark_value value = {.cell = cuts->list[i].cell, .known = true};
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        ferry_bookmark_add_value(&form, &value, &text);
        prepared->cuts[i] = ferry_strbuf_steal(&text);
        if (prepared->cuts[i] == NULL)
            return fail_memory(error);
        prepared->cut_count++;
    }
    prepared->column = strdup(cuts->column->name);
    return prepared->column != NULL ? FERRY_OK : fail_memory(error);
}

/* What the plan says of the source. */
static ferry_status take_plan(const struct ferry_plan *plan, struct ferry_prepared *prepared,
                              struct ferry_error *error)
{
    char hash[FERRY_PREPARED_HASH];
    ferry_status status = ferry_schema_hash(&plan->described, hash, error);
    if (status != FERRY_OK)
        return status;
    prepared->schema = strdup(hash);
    if (prepared->schema == NULL)
        return fail_memory(error);
    return copy_cuts(&plan->partitions, prepared, error);
}

static ferry_status plan_job(const struct ferry_job *job, struct ferry_prepared *prepared,
                             struct ferry_error *error)
{
    struct ferry_piece_job whole = {0};
    struct ferry_provenance from = {0};
    struct ferry_plan *plans = NULL;
    begin_job(job, &whole);
    whole.job.readers = 1;
    ferry_status status = ferry_sync_plan(&whole.job, &plans, &from, error);
    if (status == FERRY_OK)
        status = take_plan(&plans[0], prepared, error);
    ferry_plans_free(plans, 1);
    return status;
}

/* Who has written the table last; of a table without a record, nobody. */
static ferry_status look_at_target(const struct ferry_job *job, struct ferry_prepared *prepared,
                                   struct ferry_error *error)
{
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    struct ferry_connection *target = NULL;
    struct ferry_record record = {0};
    ferry_status status = ferry_connection_open(job->route.target, role, &target, error);
    if (status == FERRY_OK)
        status = ferry_piece_places_check(target, error);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(target, job->tasks[0].table, &record, error);
    if (status == FERRY_OK) {
        const char *run_id = ferry_record_value(&record, FERRY_RECORD_RUN_ID);
        prepared->before = strdup(run_id == NULL ? "" : run_id);
        status = prepared->before != NULL ? FERRY_OK : fail_memory(error);
    }
    ferry_record_done(&record);
    ferry_connection_close(target);
    return status;
}

static ferry_status name_run(const struct ferry_job *job, struct ferry_prepared *prepared,
                             struct ferry_error *error)
{
    char hash[FERRY_PREPARED_HASH];
    hash_job(job, hash);
    prepared->pieces = job->tasks[0].partitions.count;
    prepared->job = strdup(job->name);
    prepared->config = strdup(hash);
    return prepared->job != NULL && prepared->config != NULL
               ? ferry_run_id_draw(prepared->id, error)
               : fail_memory(error);
}

/* The file first: what it leads to can be cleared by it. */
static ferry_status make_places(const struct ferry_job *job, const char *state,
                                struct ferry_prepared *prepared, struct ferry_error *error)
{
    struct ferry_error unheard = {0};
    ferry_status status = ferry_prepared_write(state, prepared, error);
    if (status != FERRY_OK)
        return status;
    status = ferry_piece_places_make(job->route.target, prepared->id, error);
    if (status != FERRY_OK)
        (void)ferry_prepared_remove(prepared, &unheard);
    ferry_error_clear(&unheard);
    return status;
}

ferry_status ferry_pieces_prepare(const struct ferry_job *job, const char *state,
                                  struct ferry_prepared *prepared, struct ferry_error *error)
{
    ferry_status status = check_rules(job, error);
    if (status == FERRY_OK)
        status = name_run(job, prepared, error);
    if (status == FERRY_OK)
        status = plan_job(job, prepared, error);
    if (status == FERRY_OK)
        status = look_at_target(job, prepared, error);
    return status == FERRY_OK ? make_places(job, state, prepared, error) : status;
}

ferry_status ferry_pieces_check_job(const struct ferry_job *job,
                                    const struct ferry_prepared *prepared,
                                    struct ferry_error *error)
{
    char hash[FERRY_PREPARED_HASH];
    hash_job(job, hash);
    if (strcmp(hash, prepared->config) == 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_CONFIG,
                      "the configuration of job '%s', or of its connections, is not the one by "
                      "which run %s was prepared; change it back, or abandon the run and prepare "
                      "the job again",
                      job->name, prepared->id);
}

/* ---- Load ---- */

/* Whether a load has committed a piece: its record came with its rows.  What a load that was killed
 * has left undone there is undone first, so this is no mere look. */
static ferry_status look_at_piece(const struct ferry_piece_place *place, bool *ret_there,
                                  uint64_t *rows, struct ferry_error *error)
{
    struct ferry_connection *target = NULL;
    struct ferry_record record = {0};
    ferry_status status = ferry_connection_open(place->target, FERRY_ROLE_TARGET, &target, error);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(target, place->table, &record, error);
    if (status == FERRY_OK) {
        const char *count = ferry_record_value(&record, FERRY_RECORD_ROWS);
        *ret_there = ferry_record_is_there(&record) && ferry_record_fits_table(&record);
        *rows += count != NULL ? strtoumax(count, NULL, 10) : 0;
    }
    ferry_record_done(&record);
    ferry_connection_close(target);
    return status;
}

static ferry_status look_again(const struct ferry_piece_job *piece, bool *ret_done,
                               struct ferry_error *error)
{
    uint64_t rows = 0;
    bool there = false;
    ferry_status status = look_at_piece(&piece->place, &there, &rows, error);
    if (status != FERRY_OK || !there)
        return status;
    ferry_log(FERRY_LOG_INFO, "piece %" PRIu32 " of run %s is there already, with %" PRIu64 " rows",
              piece->pieces.number, piece->pieces.prepared->id, rows);
    *ret_done = true;
    return FERRY_OK;
}

ferry_status ferry_pieces_begin_load(const struct ferry_job *job, struct ferry_prepared *prepared,
                                     uint32_t number, struct ferry_piece_job *piece, bool *ret_done,
                                     struct ferry_error *error)
{
    ferry_status status = ferry_prepared_check(prepared, error);
    if (status == FERRY_OK)
        status = ferry_pieces_check_job(job, prepared, error);
    if (status != FERRY_OK)
        return status;
    *ret_done = number > prepared->cut_count + 1;
    if (*ret_done) {
        ferry_log(FERRY_LOG_INFO,
                  "piece %" PRIu32 " of run %s has no rows: its table has %zu parts", number,
                  prepared->id, prepared->cut_count + 1);
        return FERRY_OK;
    }
    begin_job(job, piece);
    ferry_piece_task(&piece->task);
    piece->pieces = (struct ferry_pieces){.prepared = prepared, .number = number};
    piece->job.pieces = &piece->pieces;
    piece->task.partitions.prepared = prepared;
    piece->task.partitions.piece = number;
    status = ferry_piece_place_find(job->route.target, prepared->id, number, &piece->place, error);
    if (status != FERRY_OK)
        return status;
    piece->job.route.target = piece->place.target;
    piece->job.route.shared_target = piece->place.moved == NULL;
    piece->task.table = piece->place.table;
    status = ferry_prepared_lock_piece(prepared, number, error);
    return status == FERRY_OK ? look_again(piece, ret_done, error) : status;
}

/* ---- Finish ---- */

/* Whether it may still be finished, or was already, by what the table's record says. */
static ferry_status look_at_record(const struct ferry_job *job,
                                   const struct ferry_prepared *prepared,
                                   struct ferry_record *record, bool *ret_done,
                                   struct ferry_error *error)
{
    const uint32_t role = FERRY_ROLE_TARGET | FERRY_ROLE_LOOK;
    struct ferry_connection *target = NULL;
    ferry_status status = ferry_connection_open(job->route.target, role, &target, error);
    if (status == FERRY_OK)
        status = ferry_connection_record_read(target, job->tasks[0].table, record, error);
    ferry_connection_close(target);
    if (status != FERRY_OK)
        return status;
    const char *last = ferry_record_value(record, FERRY_RECORD_RUN_ID);
    last = last == NULL ? "" : last;
    *ret_done = prepared->finish != NULL && ferry_record_is_of(record, prepared->finish);
    if (*ret_done || (strcmp(last, prepared->before) == 0 && ferry_record_fits_table(record)))
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_DATA,
                      "another run has written table '%s' since run %s was prepared, and its rows "
                      "may be newer; abandon this one",
                      job->tasks[0].table, prepared->id);
}

/* Each of them is there once: its name says which it is. */
static ferry_status find_pieces(const struct ferry_job *job, const struct ferry_prepared *prepared,
                                uint64_t *ret_rows, struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf missing = {0};
    ferry_status status = FERRY_OK;
    for (uint32_t i = 1; i <= prepared->cut_count + 1 && status == FERRY_OK; i++) {
        struct ferry_piece_place place = {0};
        bool there = false;
        status = ferry_piece_place_find(job->route.target, prepared->id, i, &place, error);
        if (status == FERRY_OK)
            status = look_at_piece(&place, &there, ret_rows, error);
        ferry_piece_place_done(&place);
        if (!there)
            ferry_strbuf_addf(&missing, "%s%" PRIu32, missing.length > 0 ? ", " : "", i);
    }
    if (status != FERRY_OK || missing.length == 0)
        return status;
    return ferry_fail(error, FERRY_ERR_NOT_FOUND,
                      "run %s has no piece %s of %" PRIu32 " yet; load it, and finish then",
                      prepared->id, ferry_strbuf_text(&missing), prepared->pieces);
}

ferry_status ferry_pieces_begin_finish(const struct ferry_job *job, struct ferry_prepared *prepared,
                                       struct ferry_piece_job *piece, bool *ret_done,
                                       struct ferry_error *error)
{
    begin_job(job, piece);
    piece->pieces.prepared = prepared;
    piece->job.pieces = &piece->pieces;
    piece->task.partitions = (struct ferry_partition_rules){0};
    ferry_status status = ferry_prepared_check(prepared, error);
    if (status == FERRY_OK)
        status = ferry_pieces_check_job(job, prepared, error);
    if (status == FERRY_OK)
        status = look_at_record(job, prepared, &piece->pieces.before, ret_done, error);
    return status == FERRY_OK && !*ret_done ? find_pieces(job, prepared, &piece->pieces.rows, error)
                                            : status;
}

ferry_status ferry_pieces_clear(const struct ferry_job *job, struct ferry_prepared *prepared,
                                struct ferry_error *error)
{
    ferry_status status = ferry_piece_places_clear(job, prepared, error);
    return status == FERRY_OK ? ferry_prepared_remove(prepared, error) : status;
}
