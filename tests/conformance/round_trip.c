/* What goes into a target comes out of it. */

#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Names the first row that differs, both sides in the order of their keys. */
static void note_difference(struct target *target, struct ferry_connection *source,
                            const struct ferry_read *read, const struct ferry_schema *schema,
                            uint64_t rows)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_cursor *cursor = NULL;
    const struct ferry_batch_limits one = {.rows = 1, .bytes = 1};
    struct ferry_batch *found = ferry_batch_new(schema, &one);
    struct ferry_batch *wanted = ferry_batch_new(&target->plan.schema, &one);
    bool same = ferry_source_read_begin(source, read, schema, NULL, &cursor, &error) == FERRY_OK;
    for (uint64_t row = 0; same && row < rows; row++) {
        ferry_batch_reset(found, row + 1);
        ferry_batch_reset(wanted, row + 1);
        values_add_row(wanted, &target->plan.schema, row);
        same =
            ferry_cursor_read(cursor, found, &error) == FERRY_OK && ferry_batch_count(found) == 1;
        char *left = values_show(wanted, 0), *right = same ? values_show(found, 0) : NULL;
        if (same && strcmp(left, right) != 0) {
            tap_note("row %" PRIu64 " went in as  %s", row, left);
            tap_note("and came out as %s", right);
            same = false;
        }
        free(left);
        free(right);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(found);
    ferry_batch_free(wanted);
    tap_error(&error);
}

static void compare(struct target *target, uint64_t digest, uint64_t rows, const char *name)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_config *config = NULL;
    struct reading reading = {0};
    struct ferry_connection *source =
        suite_open(target->suite, "read_back", FERRY_ROLE_SOURCE, &config);
    const struct ferry_read read = {.text = target->table, .kind = FERRY_READ_TABLE};
    if (source != NULL && ferry_source_describe(source, &read, &schema, &error) == FERRY_OK) {
        bool same =
            suite_read_all(source, &read, &schema, &ferry_batch_default_limits, &reading, &error);
        if (!tap_ok(same && reading.rows == rows && reading.digest == digest, "%s", name))
            note_difference(target, source, &read, &schema, rows);
    } else {
        tap_ok(false, "what was loaded can be read back");
    }
    tap_error(&error);
    ferry_connection_close(source);
    ferry_schema_done(&schema);
    ferry_config_free(config);
}

void test_round_trip(const struct suite *suite)
{
    static const struct {
        struct ferry_wish wish;
        const char *name;
    } rounds[] = {
        {{0}, "what goes in comes out, value by value"},
        {{.decimal = FERRY_DECIMAL_TEXT, .big_unsigned = FERRY_BIG_UNSIGNED_TEXT},
         "and so it does with decimals and large integers as text"},
    };
    if (!quirks_has(suite->quirks, "read_back")) {
        tap_skip("the quirks name no read_back", "what goes in comes out");
        return;
    }
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        struct target target;
        struct ferry_load_totals totals;
        uint64_t digest = 0;
        bool loaded = target_open(suite, SIZE_MAX, &rounds[i].wish, &target) &&
                      target_replace(&target, 0, 23, &totals, &digest);
        if (loaded)
            compare(&target, digest, 23, rounds[i].name);
        else
            tap_ok(false, "%s: the rows are loaded", rounds[i].name);
        target_close(&target);
    }
}

/* ---- Cells of another kind than their column's ---- */

static const struct ferry_column loose_columns[] = {
    {.name = "id", .native = "int64", .type = FERRY_TYPE_INT, .bits = 64},
    {.name = "number",
     .native = "int64",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_LOOSE},
    {.name = "word", .native = "text", .type = FERRY_TYPE_TEXT, .flags = FERRY_COLUMN_LOOSE},
};

static void add_loose_rows(struct ferry_batch *batch)
{
    for (int row = 0; row < 4; row++) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        cells[0].v.i = row;
        cells[1].v.i = row;
        (void)ferry_batch_text(batch, &cells[2], "typed", 5);
        if (row == 1) {
            cells[1].kind = FERRY_KIND_TEXT;
            (void)ferry_batch_text(batch, &cells[1], "five", 4);
        } else if (row == 2) {
            cells[2] = (struct ferry_cell){.v.f = 0.5, .kind = FERRY_KIND_FLOAT};
        } else if (row == 3) {
            cells[2].kind = FERRY_KIND_BYTES;
            (void)ferry_batch_text(batch, &cells[2], "\xFF\0\xFE", 3);
        }
    }
}

static ferry_status load_loose(struct target *target, uint64_t *digest, struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    struct ferry_batch *batch = ferry_batch_new(&target->plan.schema, &ferry_batch_default_limits);
    ferry_batch_reset(batch, 1);
    add_loose_rows(batch);
    values_digest(batch, digest);
    ferry_status status = target_begin(target, target->plan.action, &load, error);
    if (status == FERRY_OK) {
        status = ferry_target_load_batch(load, FERRY_OP_INSERT, batch, error);
        if (status == FERRY_OK)
            status = ferry_target_load_end(load, &totals, error);
        if (status == FERRY_OK)
            status = target_commit(target, 4, error);
        else
            target_abort(target);
    }
    ferry_batch_free(batch);
    return status;
}

/* A plan for the columns above; false if the target does not take all of them. */
static bool plan_loose(struct target *target, struct ferry_error *error)
{
    ferry_plan_done(&target->plan);
    for (size_t i = 0; i < sizeof loose_columns / sizeof loose_columns[0]; i++)
        (void)ferry_schema_add(&target->plan.schema, &loose_columns[i], sizeof loose_columns[i],
                               error);
    bool fits = ferry_plan_negotiate(&target->plan, target->connection, target->table, NULL,
                                     error) == FERRY_OK;
    for (size_t i = 0; fits && i < target->plan.schema.count; i++)
        fits = target->plan.mappings[i].fit <= FERRY_FIT_CHECKED;
    return fits;
}

/* Each is kept as it is, or refused by row and column. */
void test_loose_cells(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    uint64_t digest = 0;
    bool opened = target_open(suite, 0, &target_no_wish, &target);
    if (opened && !plan_loose(&target, &error)) {
        tap_skip("the target does not take them", "cells of another kind are kept or refused");
    } else if (opened) {
        ferry_status status = load_loose(&target, &digest, &error);
        bool named = error.message != NULL && strstr(error.message, "row ") != NULL &&
                     strstr(error.message, "column '") != NULL;
        tap_ok(status == FERRY_OK || (status == FERRY_ERR_DATA && named),
               "cells of another kind are kept, or refused by row and column");
        if (status == FERRY_OK && quirks_has(suite->quirks, "read_back"))
            compare(&target, digest, 4, "and kept they come back");
        if (status == FERRY_ERR_DATA)
            ferry_error_clear(&error);
    }
    tap_error(&error);
    target_close(&target);
}
