/* Changes of rows with a column of every type: a row that is the same is left as it is, and one
 * that is another in one column alone is not. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cell.h"
#include "driver/cursor.h"
#include "driver/target.h"
#include "suite.h"

#define ROWS 23
#define ROW 4   /* the one that changes ... */
#define OTHER 5 /* ... and whose values it gets: others in each column but one that is NULL */

static const size_t key[] = {0};

static struct ferry_batch *make_batch(const struct target *target, uint64_t first, uint64_t count)
{
    const struct ferry_batch_limits limits = {.rows = ROWS, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(&target->plan.schema, &limits);
    ferry_batch_reset(batch, 1);
    for (uint64_t row = 0; row < count; row++)
        values_add_row(batch, &target->plan.schema, first + row);
    return batch;
}

/* As far as load_end; the load stays until target_abort(). */
static ferry_status load(struct target *target, uint32_t operation, const struct ferry_batch *batch,
                         struct ferry_load **ret_load, struct ferry_load_totals *ret_totals,
                         struct ferry_error *error)
{
    ferry_status status = target_begin_changes(target, key, 1, ret_load, error);
    if (status == FERRY_OK)
        status = ferry_target_load_batch(*ret_load, operation, batch, error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(*ret_load, ret_totals, error);
    return status;
}

static void test_same(struct target *target, uint32_t operation, const char *name)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load *loaded = NULL;
    struct ferry_load_totals totals = {0};
    struct ferry_batch *batch = make_batch(target, 0, ROWS);
    ferry_status status = load(target, operation, batch, &loaded, &totals, &error);
    bool nothing = totals.inserted == 0 && totals.updated == 0 && totals.deleted == 0;
    if (status == FERRY_OK && !nothing)
        tap_note("%" PRIu64 " inserted, %" PRIu64 " updated", totals.inserted, totals.updated);
    tap_ok(status == FERRY_OK && nothing && totals.before == ROWS && totals.after == ROWS,
           "%s of rows with values of every type that are there counts nothing", name);
    tap_error(&error);
    target_abort(target);
    ferry_batch_free(batch);
}

/* Whether what was touched is this one row. */
static bool touched_is(struct target *target, struct ferry_load *loaded,
                       const struct ferry_cell *cells, struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 2, .bytes = 1 << 20};
    const struct ferry_scan scan = {.touched = 1};
    const struct ferry_schema *schema = &target->plan.schema;
    struct ferry_batch *batch = ferry_batch_new(schema, &limits);
    struct ferry_cursor *cursor = NULL;
    ferry_batch_reset(batch, 1);
    bool right = ferry_target_stored_begin(target->connection, loaded, &target->layout, &scan,
                                           &cursor, error) == FERRY_OK &&
                 ferry_cursor_read(cursor, batch, error) == FERRY_OK &&
                 ferry_batch_count(batch) == 1;
    for (size_t i = 0; right && i < schema->count; i++) {
        const struct ferry_cell_form form = ferry_cell_form(&schema->columns[i]);
        right = ferry_cell_equal(&form, &ferry_batch_cells(batch, 0)[i], &cells[i]);
        if (!right)
            tap_note("column '%s' came back as another value", schema->columns[i].name);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return right;
}

static void test_other(struct target *target, size_t column)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const char *name = target->plan.schema.columns[column].name;
    struct ferry_load *loaded = NULL;
    struct ferry_load_totals totals = {0};
    struct ferry_batch *batch = make_batch(target, ROW, 1);
    struct ferry_batch *other = make_batch(target, OTHER, 1);
    struct ferry_cell *cells = ferry_batch_cells_to_change(batch);
    cells[column] = ferry_batch_cells(other, 0)[column];
    ferry_status status = load(target, FERRY_OP_UPSERT, batch, &loaded, &totals, &error);
    tap_ok(status == FERRY_OK && totals.inserted == 0 && totals.updated == 1 &&
               touched_is(target, loaded, cells, &error),
           "UPSERT of a row that is another in %s alone", name);
    tap_error(&error);
    target_abort(target);
    status = load(target, FERRY_OP_ADD, batch, &loaded, &totals, &error);
    if (!tap_ok(status == FERRY_ERR_DATA, "ADD of a row that is another in %s alone", name))
        tap_error(&error);
    target_abort(target);
    ferry_batch_free(batch);
    ferry_batch_free(other);
}

/* Some values stand for two rows of values.c, as those of a set. */
static bool differs(const struct target *target, size_t column)
{
    const struct ferry_cell_form form = ferry_cell_form(&target->plan.schema.columns[column]);
    struct ferry_batch *batch = make_batch(target, ROW, 2);
    bool other = !ferry_cell_equal(&form, &ferry_batch_cells(batch, 0)[column],
                                   &ferry_batch_cells(batch, OTHER - ROW)[column]);
    ferry_batch_free(batch);
    return other;
}

void test_changes_of_types(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load_totals totals;
    ferry_status status = FERRY_ERR_SYSTEM;
    if ((suite->driver->target.abilities & FERRY_CHANGES) == 0) {
        tap_skip("the driver has not the ability FERRY_CHANGES", "changes of every type");
        return;
    }
    if (target_open(suite, 0, &target_no_wish, &target) &&
        target_use_table(&target, "changed", "types"))
        status = target_plan(&target, values_columns, values_column_count, NULL, 0, &error);
    bool ready =
        status == FERRY_OK && target_replace(&target, 0, ROWS, &totals, NULL) &&
        target_plan(&target, values_columns, values_column_count, NULL, 0, &error) == FERRY_OK;
    if (tap_ok(ready, "rows with values of every type are loaded to be changed")) {
        test_same(&target, FERRY_OP_UPSERT, "UPSERT");
        test_same(&target, FERRY_OP_ADD, "ADD");
        for (size_t i = 1; i < target.plan.schema.count; i++)
            if (differs(&target, i))
                test_other(&target, i);
    }
    tap_error(&error);
    target_close(&target);
}
