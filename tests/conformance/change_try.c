/* One load of changes: what is stored before its end, after it, and once it was given up or
 * committed.
 */

#include "change.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cursor.h"
#include "driver/target.h"

/* ---- Stored rows ---- */

/* A reading of stored rows that has begun. */
struct reading_on {
    struct ferry_cursor *cursor;
    struct ferry_batch *batch;
    struct change_lines lines;
};

static const struct ferry_batch_limits few = {.rows = 2, .bytes = 1 << 20};

static ferry_status read_begin(struct target *target, struct ferry_load *load, bool touched,
                               struct reading_on *reading, struct ferry_error *error)
{
    const struct ferry_scan scan = {.touched = touched ? 1 : 0};
    *reading = (struct reading_on){.batch = ferry_batch_new(&target->plan.schema, &few)};
    target->layout = ferry_plan_layout(&target->plan, target->table);
    return ferry_target_stored_begin(target->connection, load, &target->layout, &scan,
                                     &reading->cursor, error);
}

/* One batch, or all that are left. */
static ferry_status read_on(struct reading_on *reading, bool to_the_end, struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (bool goes_on = true; goes_on && status == FERRY_OK;) {
        ferry_batch_reset(reading->batch, reading->lines.count + 1);
        status = ferry_cursor_read(reading->cursor, reading->batch, error);
        goes_on = to_the_end && ferry_batch_count(reading->batch) > 0;
        if (status == FERRY_OK)
            change_lines_add_batch(reading->batch, &reading->lines);
    }
    return status;
}

static void read_end(struct reading_on *reading)
{
    ferry_cursor_close(reading->cursor);
    ferry_batch_free(reading->batch);
    change_lines_done(&reading->lines);
}

static bool stored_are(struct target *target, struct ferry_load *load, bool touched,
                       const struct change_rows *rows, const char *what)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct reading_on reading;
    struct change_lines expected = {0};
    ferry_status status = read_begin(target, load, touched, &reading, &error);
    if (status == FERRY_OK)
        status = read_on(&reading, true, &error);
    change_lines_sort(&reading.lines);
    change_lines_expect(rows, target->plan.schema.count, touched, &expected);
    bool right = status == FERRY_OK && change_lines_are_same(&reading.lines, &expected, what);
    tap_error(&error);
    change_lines_done(&expected);
    read_end(&reading);
    return right;
}

/* Of rows without a key it may be that they cannot be told. */
static void try_touched(struct target *target, struct ferry_load *load,
                        const struct change_work *work)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct reading_on reading;
    ferry_status status = read_begin(target, load, true, &reading, &error);
    read_end(&reading);
    if (work->table->key_count == 0 && status == FERRY_ERR_UNSUPPORTED)
        tap_skip("there is no key to tell them by", "%s: those that were touched are told",
                 work->name);
    else
        tap_ok(stored_are(target, load, true, &work->steps, "rows that were touched"),
               "%s: those that were touched are told", work->name);
    ferry_error_clear(&error);
}

/* ---- A load ---- */

/* The row's cells, of which a DELETE has the key alone. */
static void add_row(const struct ferry_schema *schema, const struct change_row *row,
                    struct ferry_batch *batch)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    for (size_t i = 0; i < schema->count; i++)
        change_make_cell(&schema->columns[i], &row->cells[i], &cells[i]);
}

/* Loads as many steps as have one operation and go into one batch, from `*step` on. */
static ferry_status load_steps(struct target *target, struct ferry_load *load,
                               const struct change_work *work, const struct change_rows *rows,
                               size_t *step, struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 3, .bytes = 1 << 20};
    struct ferry_schema keys = {0};
    uint32_t operation = rows->list[*step].operation;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < work->table->key_count && status == FERRY_OK; i++)
        status = ferry_schema_add(&keys, &target->plan.schema.columns[work->table->key[i]],
                                  sizeof(struct ferry_column), error);
    const struct ferry_schema *schema = operation == FERRY_OP_DELETE ? &keys : &target->plan.schema;
    struct ferry_batch *batch = ferry_batch_new(schema, &limits);
    ferry_batch_reset(batch, *step + 1);
    while (*step < rows->count && rows->list[*step].operation == operation &&
           !ferry_batch_full(batch))
        add_row(schema, &rows->list[(*step)++], batch);
    if (status == FERRY_OK)
        status = ferry_target_load_batch(load, operation, batch, error);
    ferry_batch_free(batch);
    ferry_schema_done(&keys);
    return status;
}

static ferry_status load_all(struct target *target, struct ferry_load *load,
                             const struct change_work *work, const struct change_rows *rows,
                             struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t step = 0; step < rows->count && status == FERRY_OK;)
        status = load_steps(target, load, work, rows, &step, error);
    return status;
}

ferry_status change_plan(struct target *target, const struct change_work *work,
                         struct ferry_error *error)
{
    const struct change_table *table = work->table;
    if (!target_use_table(target, "changed", table->name))
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    return target_plan(target, table->columns, table->column_count, table->indexes,
                       table->index_count, error);
}

/* What the table holds beforehand, by a load that replaces. */
ferry_status change_load_before(struct target *target, const struct change_work *work,
                                struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals;
    ferry_status status = change_plan(target, work, error);
    if (status == FERRY_OK)
        status = target_begin(target, target->plan.action, &load, error);
    if (status == FERRY_OK)
        status = load_all(target, load, work, &work->before, error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, &totals, error);
    if (status == FERRY_OK)
        status = target_commit(target, work->before.count, error);
    else
        target_abort(target);
    return status == FERRY_OK ? change_plan(target, work, error) : status;
}

ferry_status change_begin(struct target *target, const struct change_work *work,
                          struct ferry_load **ret_load, struct ferry_error *error)
{
    return target_begin_changes(target, work->table->key, work->table->key_count, ret_load, error);
}

/* The steps come while the rows are being read: those are the rows as they were. */
static bool load_while_reading(struct target *target, struct ferry_load *load,
                               const struct change_work *work, struct ferry_error *error)
{
    struct reading_on reading;
    struct change_lines expected = {0};
    ferry_status status = read_begin(target, load, false, &reading, error);
    for (size_t step = 0; step < work->steps.count && status == FERRY_OK;) {
        status = read_on(&reading, false, error);
        if (status == FERRY_OK)
            status = load_steps(target, load, work, &work->steps, &step, error);
    }
    if (status == FERRY_OK)
        status = read_on(&reading, true, error);
    change_lines_sort(&reading.lines);
    change_lines_expect(&work->before, target->plan.schema.count, false, &expected);
    bool right = status == FERRY_OK &&
                 change_lines_are_same(&reading.lines, &expected, "stored rows before load_end");
    change_lines_done(&expected);
    read_end(&reading);
    return right;
}

static bool totals_are_right(const struct change_work *work, const struct ferry_load_totals *totals)
{
    bool right = totals->before == work->before.count && totals->inserted == work->inserted &&
                 totals->updated == work->updated && totals->deleted == work->deleted &&
                 totals->after == work->after.count;
    if (!right)
        tap_note("before %" PRIu64 ", inserted %" PRIu64 ", updated %" PRIu64 ", deleted %" PRIu64
                 ", after %" PRIu64 "; not %zu, %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %zu",
                 totals->before, totals->inserted, totals->updated, totals->deleted, totals->after,
                 work->before.count, work->inserted, work->updated, work->deleted,
                 work->after.count);
    return right;
}

static bool content_is(const struct target *target, const char *before)
{
    char *after = quirks_run(target->suite->quirks, "content");
    bool same = before != NULL && after != NULL && strcmp(before, after) == 0;
    free(after);
    return same;
}

/* A load_end that has to fail: by its class, a message that says what a person needs, and for good.
 */
static bool fails_right(const struct change_work *work, ferry_status status,
                        const struct ferry_error *error)
{
    if (status != work->status && (status != work->or_status || status == FERRY_OK)) {
        tap_note("load_end said %d, not %d", status, work->status);
        return false;
    }
    if (status == FERRY_ERR_BUSY && !error->may_pass)
        tap_note("the failure does not say that it may pass");
    if (status != FERRY_ERR_DATA)
        return error->may_pass;
    for (size_t i = 0; i < work->table->key_count; i++)
        if (strstr(error->message, work->table->columns[work->table->key[i]].name) == NULL) {
            tap_note("the message does not name the key's columns: %s", error->message);
            return false;
        }
    return true;
}

static void try_failure(struct target *target, const struct change_work *work)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    char *before = quirks_run(target->suite->quirks, "content");
    ferry_status status = change_begin(target, work, &load, &error);
    bool loaded = status == FERRY_OK && load_while_reading(target, load, work, &error);
    status = loaded ? ferry_target_load_end(load, &totals, &error) : status;
    bool right = loaded && fails_right(work, status, &error);
    if (!right)
        tap_error(&error);
    target_abort(target);
    tap_ok(right, "%s: load_end fails with %s", work->name,
           ferry_error_class_of(work->status)->name);
    ferry_error_clear(&error);
    tap_ok(content_is(target, before) &&
               stored_are(target, NULL, false, &work->before, "after a failure"),
           "%s: then all rows are the old ones", work->name);
    free(before);
}

/* As far as load_end; false after a failed test. */
static bool try_load(struct target *target, const struct change_work *work)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    ferry_status status = change_begin(target, work, &load, &error);
    bool loaded = status == FERRY_OK && load_while_reading(target, load, work, &error);
    tap_ok(loaded, "%s: until load_end the stored rows are the old ones", work->name);
    if (loaded)
        status = ferry_target_load_end(load, &totals, &error);
    bool ended = loaded && status == FERRY_OK;
    tap_ok(ended && totals_are_right(work, &totals), "%s: the rows are counted", work->name);
    tap_error(&error);
    if (!ended)
        return false;
    tap_ok(stored_are(target, load, false, &work->after, "stored rows after load_end"),
           "%s: after load_end the stored rows are the new ones", work->name);
    try_touched(target, load, work);
    return true;
}

static void try_success(struct target *target, const struct change_work *work)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char *before = quirks_run(target->suite->quirks, "content");
    bool loaded = try_load(target, work);
    target_abort(target);
    tap_ok(content_is(target, before) &&
               stored_are(target, NULL, false, &work->before, "after it was given up"),
           "%s: given up it leaves the old rows", work->name);
    free(before);
    if (!loaded || !try_load(target, work)) {
        target_abort(target);
        return;
    }
    ferry_status status = target_commit(target, work->after.count, &error);
    tap_ok(status == FERRY_OK && target->outcome == FERRY_OUTCOME_NEW &&
               stored_are(target, NULL, false, &work->after, "after the commit"),
           "%s: committed the rows are the new ones", work->name);
    tap_error(&error);
    char *count = quirks_run(target->suite->quirks, "count");
    tap_ok(count != NULL && strtoull(count, NULL, 10) == work->after.count,
           "%s: others count %zu rows then", work->name, work->after.count);
    free(count);
}

/* NULL, or why the target does not find rows by this key. */
static const char *key_flaw(const struct target *target, const struct change_work *work)
{
    if (target->plan.schema.count != work->table->column_count)
        return "the target does not hold the columns";
    for (size_t i = 0; i < work->table->key_count; i++)
        if (!target->plan.mappings[work->table->key[i]].ordered)
            return "the target does not find rows by this key";
    return NULL;
}

void change_try(const struct suite *suite, const struct change_work *work)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    bool opened = target_open(suite, 0, &target_no_wish, &target);
    ferry_status status = opened ? change_plan(&target, work, &error) : FERRY_ERR_SYSTEM;
    const char *flaw = status == FERRY_OK ? key_flaw(&target, work) : NULL;
    if (status == FERRY_OK && flaw == NULL)
        status = change_load_before(&target, work, &error);
    if (status == FERRY_ERR_DATA)
        flaw = "the target does not take the rows";
    if (flaw != NULL) {
        tap_skip(flaw, "changes: %s", work->name);
        ferry_error_clear(&error);
    } else if (status != FERRY_OK) {
        tap_ok(false, "changes: %s: the rows before are loaded", work->name);
    } else if (work->status != FERRY_OK) {
        try_failure(&target, work);
    } else {
        try_success(&target, work);
    }
    tap_error(&error);
    target_close(&target);
}
