/* Each stored row is looked at once, between two rows of the source: before the second it goes, at
 * the second it is compared cell by cell, and behind it the row is new. */

#include "engine/merge.h"

#include <stdlib.h>

#include "engine/ascent.h"

/* Rows of one kind of change that are not yet handed on. */
struct waiting {
    uint32_t operation;
    struct ferry_batch *batch;
    uint64_t count; /* of all, also those that were handed on */
};

struct ferry_merge {
    struct ferry_merge_spec spec;
    struct ferry_key key;
    struct ferry_ascent source, target;
    struct ferry_batch *stored;
    size_t stored_row; /* of `stored`: the one to be looked at next */
    bool stored_ended;
    struct waiting inserts, updates, deletes;
    uint64_t unchanged;
};

static ferry_status fail_memory(struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the merge");
}

/* ---- Rows ---- */

static bool is_same_row(const struct ferry_merge *merge, const struct ferry_cell *a,
                        const struct ferry_cell *b)
{
    for (size_t i = 0; i < merge->spec.schema->count; i++)
        if (!ferry_cell_equal(&merge->key.forms[i], &a[i], &b[i]))
            return false;
    return true;
}

/* ---- Changes ---- */

static ferry_status hand_on(struct ferry_merge *merge, struct waiting *waiting,
                            struct ferry_error *error)
{
    if (ferry_batch_count(waiting->batch) == 0)
        return FERRY_OK;
    ferry_status status =
        merge->spec.change(merge->spec.to, waiting->operation, waiting->batch, error);
    ferry_batch_reset(waiting->batch, waiting->count + 1);
    return status;
}

/* `source` and `stored` are the row on either side, or NULL. */
static ferry_status change(struct ferry_merge *merge, struct waiting *waiting,
                           const struct ferry_cell *source, const struct ferry_cell *stored,
                           struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    if (merge->spec.differ != NULL)
        return merge->spec.differ(merge->spec.to, source, stored, error);
    if (ferry_batch_full(waiting->batch) != 0)
        status = hand_on(merge, waiting, error);
    if (status != FERRY_OK)
        return status;
    waiting->count++;
    bool only_key = waiting->operation == FERRY_OP_DELETE;
    return ferry_key_copy_row(&merge->key, only_key ? stored : source, only_key, waiting->batch)
               ? FERRY_OK
               : fail_memory(error);
}

/* ---- The stored rows ---- */

/* The cells of the stored row to be looked at; NULL at the end. */
static ferry_status look_at_stored(struct ferry_merge *merge, const struct ferry_cell **ret_cells,
                                   struct ferry_error *error)
{
    if (merge->stored_row == ferry_batch_count(merge->stored) && !merge->stored_ended) {
        ferry_status status = ferry_ascent_keep(&merge->target, error);
        ferry_batch_reset(merge->stored, merge->target.row + 1);
        merge->stored_row = 0;
        if (status == FERRY_OK)
            status = merge->spec.read_stored(merge->spec.from, merge->stored, error);
        if (status != FERRY_OK)
            return status;
        merge->stored_ended = ferry_batch_count(merge->stored) == 0;
    }
    *ret_cells = merge->stored_ended ? NULL : ferry_batch_cells(merge->stored, merge->stored_row);
    return FERRY_OK;
}

static ferry_status pass_stored(struct ferry_merge *merge, const struct ferry_cell *cells,
                                struct ferry_error *error)
{
    merge->stored_row++;
    return ferry_ascent_step(&merge->target, cells, error);
}

/* Stored rows before `key` (NULL: all that are left) go; returns the next one. */
static ferry_status delete_before(struct ferry_merge *merge, const struct ferry_cell *key,
                                  const struct ferry_cell **ret_stored, struct ferry_error *error)
{
    for (;;) {
        ferry_status status = look_at_stored(merge, ret_stored, error);
        if (status != FERRY_OK || *ret_stored == NULL ||
            (key != NULL && ferry_key_order(&merge->key, *ret_stored, key) >= 0))
            return status;
        status = pass_stored(merge, *ret_stored, error);
        if (status == FERRY_OK)
            status = change(merge, &merge->deletes, NULL, *ret_stored, error);
        if (status != FERRY_OK)
            return status;
    }
}

/* ---- The source's rows ---- */

static ferry_status merge_row(struct ferry_merge *merge, const struct ferry_cell *cells,
                              struct ferry_error *error)
{
    const struct ferry_cell *stored = NULL;
    ferry_status status = ferry_ascent_step(&merge->source, cells, error);
    if (status == FERRY_OK)
        status = delete_before(merge, cells, &stored, error);
    if (status != FERRY_OK)
        return status;
    if (stored == NULL || ferry_key_order(&merge->key, stored, cells) > 0)
        return change(merge, &merge->inserts, cells, NULL, error);
    status = pass_stored(merge, stored, error);
    if (status == FERRY_OK && !is_same_row(merge, stored, cells))
        return change(merge, &merge->updates, cells, stored, error);
    merge->unchanged += status == FERRY_OK ? 1 : 0;
    return status;
}

ferry_status ferry_merge_take(struct ferry_merge *merge, const struct ferry_batch *batch,
                              struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t row = 0; row < ferry_batch_count(batch) && status == FERRY_OK; row++)
        status = merge_row(merge, ferry_batch_cells(batch, row), error);
    return status == FERRY_OK ? ferry_ascent_keep(&merge->source, error) : status;
}

ferry_status ferry_merge_end(struct ferry_merge *merge, struct ferry_merge_counts *ret_counts,
                             struct ferry_error *error)
{
    const struct ferry_cell *stored = NULL;
    ferry_status status = delete_before(merge, NULL, &stored, error);
    if (status == FERRY_OK)
        status = hand_on(merge, &merge->deletes, error);
    if (status == FERRY_OK)
        status = hand_on(merge, &merge->updates, error);
    if (status == FERRY_OK)
        status = hand_on(merge, &merge->inserts, error);
    if (status != FERRY_OK)
        return status;
    *ret_counts = (struct ferry_merge_counts){
        .inserted = merge->inserts.count,
        .updated = merge->updates.count,
        .deleted = merge->deletes.count,
        .unchanged = merge->unchanged,
    };
    return FERRY_OK;
}

/* ---- Begin and end ---- */

static bool make_batches(struct ferry_merge *merge)
{
    const struct ferry_schema *schema = merge->spec.schema;
    struct {
        struct ferry_batch **batch;
        const struct ferry_schema *schema;
    } wanted[] = {
        {&merge->stored, schema},
        {&merge->inserts.batch, schema},
        {&merge->updates.batch, schema},
        {&merge->deletes.batch, &merge->key.alone},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].batch = ferry_batch_new(wanted[i].schema, &ferry_batch_default_limits);
        if (*wanted[i].batch == NULL)
            return false;
        ferry_batch_reset(*wanted[i].batch, 1);
    }
    return true;
}

/* What both streams are held against. */
static ferry_status begin_sides(struct ferry_merge *merge, struct ferry_error *error)
{
    const struct ferry_merge_spec *spec = &merge->spec;
    ferry_status status =
        ferry_key_begin(&merge->key, spec->schema, spec->key, spec->key_count, error);
    if (status == FERRY_OK)
        status = ferry_ascent_begin(&merge->source, "source", &merge->key, error);
    if (status == FERRY_OK)
        status = ferry_ascent_begin(&merge->target, "target", &merge->key, error);
    return status;
}

ferry_status ferry_merge_begin(const struct ferry_merge_spec *spec, struct ferry_merge **ret_merge,
                               struct ferry_error *error)
{
    struct ferry_merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL)
        return fail_memory(error);
    merge->spec = *spec;
    merge->inserts.operation = FERRY_OP_INSERT;
    merge->updates.operation = FERRY_OP_UPDATE;
    merge->deletes.operation = FERRY_OP_DELETE;
    ferry_status status = begin_sides(merge, error);
    if (status == FERRY_OK && !make_batches(merge))
        status = fail_memory(error);
    if (status != FERRY_OK) {
        ferry_merge_free(merge);
        return status;
    }
    *ret_merge = merge;
    return FERRY_OK;
}

void ferry_merge_free(struct ferry_merge *merge)
{
    if (merge == NULL)
        return;
    ferry_batch_free(merge->stored);
    ferry_batch_free(merge->inserts.batch);
    ferry_batch_free(merge->updates.batch);
    ferry_batch_free(merge->deletes.batch);
    ferry_ascent_done(&merge->source);
    ferry_ascent_done(&merge->target);
    ferry_key_done(&merge->key);
    free(merge);
}
