/* Each stored row is looked at once, between two rows of the source: before the second it goes, at
 * the second it is compared cell by cell, and behind it the row is new. */

#include "engine/merge.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "driver/cell.h"

/* One side, as far as it was read. */
struct side {
    const char *name;
    const struct ferry_cell
        *before;              /* the row before this one, where it is of the same batch ... */
    struct ferry_batch *kept; /* ... else its key alone; empty at the beginning */
    uint64_t row;             /* this one's number, from 1 */
};

/* Rows of one kind of change that are not yet handed on. */
struct waiting {
    uint32_t operation;
    struct ferry_batch *batch;
    uint64_t count; /* of all, also those that were handed on */
};

struct ferry_merge {
    struct ferry_merge_spec spec;
    struct ferry_cell_form *forms; /* one per column */
    struct ferry_schema key_schema;
    struct side source, target;
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

static bool copy_cell(const struct ferry_cell_form *form, const struct ferry_cell *cell,
                      struct ferry_batch *batch, struct ferry_cell *copy)
{
    *copy = *cell;
    return !ferry_cell_has_bytes(form, cell) ||
           ferry_batch_text(batch, copy, cell->v.p, cell->len) != 0;
}

/* A row of `batch`, or its key where only that is wanted, as one row more of `to`. */
static bool copy_row(const struct ferry_merge *merge, const struct ferry_cell *cells, bool only_key,
                     struct ferry_batch *to)
{
    const struct ferry_merge_spec *spec = &merge->spec;
    struct ferry_cell *row = ferry_batch_row(to);
    size_t count = only_key ? spec->key_count : spec->schema->count;
    bool copied = true;
    for (size_t i = 0; i < count && copied; i++) {
        size_t column = only_key ? spec->key[i] : i;
        copied = copy_cell(&merge->forms[column], &cells[column], to, &row[i]);
    }
    return copied;
}

/* `a_is_key`: its cells are those of the key alone. */
static int compare_keys(const struct ferry_merge *merge, const struct ferry_cell *a, bool a_is_key,
                        const struct ferry_cell *b)
{
    const struct ferry_merge_spec *spec = &merge->spec;
    int order = 0;
    for (size_t i = 0; i < spec->key_count && order == 0; i++) {
        size_t column = spec->key[i];
        order = ferry_cell_order(&merge->forms[column], &a[a_is_key ? i : column], &b[column]);
    }
    return order;
}

static bool is_same_row(const struct ferry_merge *merge, const struct ferry_cell *a,
                        const struct ferry_cell *b)
{
    for (size_t i = 0; i < merge->spec.schema->count; i++)
        if (!ferry_cell_equal(&merge->forms[i], &a[i], &b[i]))
            return false;
    return true;
}

/* ---- The order of a side ---- */

static void add_key_names(const struct ferry_merge *merge, struct ferry_strbuf *text)
{
    for (size_t i = 0; i < merge->spec.key_count; i++)
        ferry_strbuf_addf(text, "%s%s", i > 0 ? ", " : "",
                          merge->spec.schema->columns[merge->spec.key[i]].name);
}

static ferry_status fail_order(const struct ferry_merge *merge, const struct side *side, int order,
                               struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf key = {0};
    add_key_names(merge, &key);
    if (order == 0)
        return ferry_fail(error, FERRY_ERR_DATA,
                          "rows %" PRIu64 " and %" PRIu64
                          " of the %s, in the order of the key (%s), have the same key; choose "
                          "another with key, or strategy = \"replace\"",
                          side->row - 1, side->row, side->name, ferry_strbuf_text(&key));
    return ferry_fail(error, FERRY_ERR_DATA,
                      "the %s gives row %" PRIu64
                      " before rows that it belongs behind, by the key (%s): it sorts otherwise "
                      "than byte by byte and number by number; choose another key, or strategy = "
                      "\"replace\"",
                      side->name, side->row - 1, ferry_strbuf_text(&key));
}

static ferry_status fail_null(const struct ferry_merge *merge, const struct side *side,
                              size_t column, struct ferry_error *error)
{
    return ferry_fail(error, FERRY_ERR_DATA,
                      "row %" PRIu64 " of the %s, in the order of the key, is NULL in its column "
                      "'%s'; choose another with key, or strategy = \"replace\"",
                      side->row, side->name, merge->spec.schema->columns[column].name);
}

/* How the row before this one stands to it; below 0 at the beginning. */
static int compare_with_before(const struct ferry_merge *merge, const struct side *side,
                               const struct ferry_cell *cells)
{
    if (side->before != NULL)
        return compare_keys(merge, side->before, false, cells);
    if (ferry_batch_count(side->kept) == 0)
        return -1;
    return compare_keys(merge, ferry_batch_cells(side->kept, 0), true, cells);
}

/* Whether the next row of a side comes behind the one before it. */
static ferry_status advance(const struct ferry_merge *merge, struct side *side,
                            const struct ferry_cell *cells, struct ferry_error *error)
{
    const struct ferry_merge_spec *spec = &merge->spec;
    side->row++;
    for (size_t i = 0; i < spec->key_count; i++)
        if (cells[spec->key[i]].null != 0)
            return fail_null(merge, side, spec->key[i], error);
    int order = compare_with_before(merge, side, cells);
    if (order >= 0)
        return fail_order(merge, side, order, error);
    side->before = cells;
    return FERRY_OK;
}

/* The batch that holds the row before goes: its key stays. */
static ferry_status keep_before(const struct ferry_merge *merge, struct side *side,
                                struct ferry_error *error)
{
    const struct ferry_cell *before = side->before;
    if (before == NULL)
        return FERRY_OK;
    side->before = NULL;
    ferry_batch_reset(side->kept, 1);
    return copy_row(merge, before, true, side->kept) ? FERRY_OK : fail_memory(error);
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

static ferry_status change(struct ferry_merge *merge, struct waiting *waiting,
                           const struct ferry_cell *cells, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    if (ferry_batch_full(waiting->batch) != 0)
        status = hand_on(merge, waiting, error);
    if (status != FERRY_OK)
        return status;
    waiting->count++;
    bool only_key = waiting->operation == FERRY_OP_DELETE;
    return copy_row(merge, cells, only_key, waiting->batch) ? FERRY_OK : fail_memory(error);
}

/* ---- The stored rows ---- */

/* The cells of the stored row to be looked at; NULL at the end. */
static ferry_status look_at_stored(struct ferry_merge *merge, const struct ferry_cell **ret_cells,
                                   struct ferry_error *error)
{
    if (merge->stored_row == ferry_batch_count(merge->stored) && !merge->stored_ended) {
        ferry_status status = keep_before(merge, &merge->target, error);
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
    return advance(merge, &merge->target, cells, error);
}

/* Stored rows before `key` (NULL: all that are left) go; returns the next one. */
static ferry_status delete_before(struct ferry_merge *merge, const struct ferry_cell *key,
                                  const struct ferry_cell **ret_stored, struct ferry_error *error)
{
    for (;;) {
        ferry_status status = look_at_stored(merge, ret_stored, error);
        if (status != FERRY_OK || *ret_stored == NULL ||
            (key != NULL && compare_keys(merge, *ret_stored, false, key) >= 0))
            return status;
        status = pass_stored(merge, *ret_stored, error);
        if (status == FERRY_OK)
            status = change(merge, &merge->deletes, *ret_stored, error);
        if (status != FERRY_OK)
            return status;
    }
}

/* ---- The source's rows ---- */

static ferry_status merge_row(struct ferry_merge *merge, const struct ferry_cell *cells,
                              struct ferry_error *error)
{
    const struct ferry_cell *stored = NULL;
    ferry_status status = advance(merge, &merge->source, cells, error);
    if (status == FERRY_OK)
        status = delete_before(merge, cells, &stored, error);
    if (status != FERRY_OK)
        return status;
    if (stored == NULL || compare_keys(merge, stored, false, cells) > 0)
        return change(merge, &merge->inserts, cells, error);
    status = pass_stored(merge, stored, error);
    if (status == FERRY_OK && !is_same_row(merge, stored, cells))
        return change(merge, &merge->updates, cells, error);
    merge->unchanged += status == FERRY_OK ? 1 : 0;
    return status;
}

ferry_status ferry_merge_take(struct ferry_merge *merge, const struct ferry_batch *batch,
                              struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t row = 0; row < ferry_batch_count(batch) && status == FERRY_OK; row++)
        status = merge_row(merge, ferry_batch_cells(batch, row), error);
    return status == FERRY_OK ? keep_before(merge, &merge->source, error) : status;
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

static ferry_status make_key_schema(struct ferry_merge *merge, struct ferry_error *error)
{
    const struct ferry_merge_spec *spec = &merge->spec;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < spec->key_count && status == FERRY_OK; i++) {
        const struct ferry_column *column = &spec->schema->columns[spec->key[i]];
        status = ferry_schema_add(&merge->key_schema, column, sizeof *column, error);
    }
    return status;
}

static bool make_batches(struct ferry_merge *merge)
{
    static const struct ferry_batch_limits one_row = {.rows = 1, .bytes = 1};
    const struct ferry_batch_limits *limits = &ferry_batch_default_limits;
    const struct ferry_schema *schema = merge->spec.schema;
    struct {
        struct ferry_batch **batch;
        const struct ferry_schema *schema;
        const struct ferry_batch_limits *limits;
    } wanted[] = {
        {&merge->stored, schema, limits},
        {&merge->inserts.batch, schema, limits},
        {&merge->updates.batch, schema, limits},
        {&merge->deletes.batch, &merge->key_schema, limits},
        {&merge->source.kept, &merge->key_schema, &one_row},
        {&merge->target.kept, &merge->key_schema, &one_row},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        *wanted[i].batch = ferry_batch_new(wanted[i].schema, wanted[i].limits);
        if (*wanted[i].batch == NULL)
            return false;
        ferry_batch_reset(*wanted[i].batch, 1);
    }
    return true;
}

ferry_status ferry_merge_begin(const struct ferry_merge_spec *spec, struct ferry_merge **ret_merge,
                               struct ferry_error *error)
{
    struct ferry_merge *merge = calloc(1, sizeof *merge);
    if (merge == NULL)
        return fail_memory(error);
    merge->spec = *spec;
    merge->source.name = "source";
    merge->target.name = "target";
    merge->inserts.operation = FERRY_OP_INSERT;
    merge->updates.operation = FERRY_OP_UPDATE;
    merge->deletes.operation = FERRY_OP_DELETE;
    ferry_status status = make_key_schema(merge, error);
    merge->forms = calloc(spec->schema->count, sizeof *merge->forms);
    if (status == FERRY_OK && (merge->forms == NULL || !make_batches(merge)))
        status = fail_memory(error);
    if (status != FERRY_OK) {
        ferry_merge_free(merge);
        return status;
    }
    for (size_t i = 0; i < spec->schema->count; i++)
        merge->forms[i] = ferry_cell_form(&spec->schema->columns[i]);
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
    ferry_batch_free(merge->source.kept);
    ferry_batch_free(merge->target.kept);
    ferry_schema_done(&merge->key_schema);
    free(merge->forms);
    free(merge);
}
