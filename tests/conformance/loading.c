/* The target half: the old rows or the new rows, never anything between. */

#include "driver/target.h"
#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *content(const struct suite *suite)
{
    return quirks_run(suite->quirks, "content");
}

static bool count_is(const struct suite *suite, uint64_t expected)
{
    char *text = quirks_run(suite->quirks, "count");
    if (text == NULL)
        return false;
    uint64_t count = strtoull(text, NULL, 10);
    if (count != expected)
        tap_note("the table holds '%s', not %" PRIu64, text, expected);
    free(text);
    return count == expected;
}

/* ---- The tests ---- */

static void test_first_load(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        tap_ok(target.plan.action == FERRY_TABLE_CREATE, "the table is not there yet");
        tap_note("%zu of %zu columns are loaded", target.plan.schema.count, values_column_count);
        bool loaded = target_replace(&target, 0, 23, &totals, NULL);
        tap_ok(loaded && totals.inserted == 23 && totals.after == 23 && totals.before == 0,
               "a new table is loaded, 23 rows counted");
        tap_ok(count_is(suite, 23), "the table holds 23 rows");
    }
    target_close(&target);
}

/* What the change left with the rows, as another connection finds it. */
static void test_record(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_record record = {0};
    if (!suite->driver->keeps_records) {
        tap_skip("the driver has no record_read", "the record of the run is read");
        return;
    }
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        ferry_status status =
            ferry_connection_record_read(target.connection, target.table, &record, &error);
        const char *run_id = ferry_record_value(&record, FERRY_RECORD_RUN_ID);
        tap_ok(status == FERRY_OK && run_id != NULL && strcmp(run_id, target_run_id) == 0,
               "the record of the run is read");
        ferry_record_done(&record);
        if (status == FERRY_OK)
            status = ferry_connection_record_read(target.connection, "conformance_of_nothing",
                                                  &record, &error);
        tap_ok(status == FERRY_OK && !ferry_record_is_there(&record),
               "a table that no run has written has no record");
        tap_error(&error);
        ferry_record_done(&record);
    }
    target_close(&target);
}

/* What inspect finds afterwards is what map_column promised. */
static void test_inspect(const struct suite *suite)
{
    struct target target;
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        if (!tap_ok(target.plan.action == FERRY_TABLE_KEEP,
                    "the same columns are recognised in the table"))
            tap_note("%s", ferry_strbuf_text(&target.plan.difference));
        tap_ok(!target.plan.rows_known || target.plan.rows_before == 23,
               "inspect counts the rows, or does not know them");
    }
    target_close(&target);
}

static void test_second_load(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        bool loaded = target_replace(&target, 100, 11, &totals, NULL);
        tap_ok(loaded && totals.inserted == 11 && totals.after == 11 && totals.before == 23,
               "the rows are replaced, both counts are right");
        tap_ok(count_is(suite, 11), "the table holds the new rows alone");
    }
    target_close(&target);
}

enum stage { STAGE_BEGIN, STAGE_BATCH, STAGE_END, STAGE_CANCEL, STAGES };

/* Goes as far as `stage` and aborts. */
static void abort_at(const struct suite *suite, enum stage stage)
{
    static const char *const names[STAGES] = {"at once", "after some rows", "after load_end",
                                              "after a cancel"};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    char *before = content(suite);
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        ferry_status status = target_begin(&target, target.plan.action, &load, &error);
        if (status == FERRY_OK && stage != STAGE_BEGIN)
            status = target_load_rows(&target, load, 500, 12, NULL, &error);
        if (status == FERRY_OK && stage == STAGE_END)
            status = ferry_target_load_end(load, &totals, &error);
        if (status == FERRY_OK && stage == STAGE_CANCEL) {
            ferry_connection_cancel(target.connection, FERRY_CANCEL_PEER);
            status = target_load_rows(&target, load, 600, 12, NULL, &error);
            tap_ok(status == FERRY_ERR_CANCELLED, "load_batch fails after a cancel");
            ferry_error_clear(&error);
            status = FERRY_OK;
        }
        target_abort(&target);
        char *after = content(suite);
        tap_ok(status == FERRY_OK && before != NULL && after != NULL && strcmp(before, after) == 0,
               "a load that is given up %s leaves the old rows", names[stage]);
        tap_error(&error);
        free(after);
    }
    target_close(&target);
    free(before);
}

/* Where the plan was made on a table that has come or gone since. */
static void test_stale_plan(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    char *before = content(suite);
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        ferry_status status = target_begin(&target, FERRY_TABLE_CREATE, &load, &error);
        if (status == FERRY_OK) {
            status = ferry_target_load_end(load, &totals, &error);
            target_abort(&target);
        }
        char *after = content(suite);
        tap_ok(status == FERRY_ERR_BUSY && before != NULL && after != NULL &&
                   strcmp(before, after) == 0,
               "a plan to create a table that is there is refused as BUSY");
        if (status != FERRY_ERR_BUSY)
            tap_error(&error);
        free(after);
    }
    target_close(&target);
    free(before);
}

static void test_two_writers(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target first, second;
    struct ferry_load *load = NULL, *other = NULL;
    bool opened = target_open(suite, SIZE_MAX, &target_no_wish, &first);
    opened = target_open(suite, SIZE_MAX, &target_no_wish, &second) && opened;
    if (opened && target_begin(&first, first.plan.action, &load, &error) == FERRY_OK) {
        ferry_status status = target_begin(&second, second.plan.action, &other, &error);
        if (!tap_ok(status == FERRY_ERR_BUSY, "a second writer of the table is refused as BUSY"))
            tap_error(&error);
        /* a driver that knows the other one to be of this process may say that it passes */
        tap_ok(ferry_error_is_of_other_run(&error) || error.may_pass,
               "as what another run is at work on");
        ferry_error_clear(&error);
        target_abort(&second);
        target_abort(&first);
        status = target_begin(&second, second.plan.action, &other, &error);
        tap_ok(status == FERRY_OK, "and may write once the first has given up");
    }
    tap_error(&error);
    target_close(&first);
    target_close(&second);
}

/* No rows, and then other columns. */
static void test_other_shapes(const struct suite *suite)
{
    struct target target, early;
    struct ferry_load_totals totals = {0};
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target))
        tap_ok(target_replace(&target, 0, 0, &totals, NULL) && totals.inserted == 0 &&
                   totals.before == 11 && count_is(suite, 0),
               "a table can become empty");
    target_close(&target);
    bool planned = target_open(suite, SIZE_MAX, &target_no_wish, &early);
    if (target_open(suite, 4, &target_no_wish, &target)) {
        tap_ok(target.plan.action == FERRY_TABLE_REBUILD, "other columns are noticed");
        tap_ok(target_replace(&target, 0, 3, &totals, NULL) && totals.inserted == 3 &&
                   count_is(suite, 3),
               "a table is rebuilt with other columns");
    }
    target_close(&target);
    if (early.plan.definition == 0)
        tap_skip("inspect tells no definition",
                 "a table that was altered since it was planned for is refused as BUSY");
    else
        tap_ok(planned && target_refuses(&early, FERRY_ERR_BUSY) && count_is(suite, 3),
               "a table that was altered since it was planned for is refused as BUSY");
    target_close(&early);
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target))
        tap_ok(target_replace(&target, 0, 23, &totals, NULL) && count_is(suite, 23),
               "and back again");
    target_close(&target);
}

void test_loading(const struct suite *suite)
{
    if (!quirks_has(suite->quirks, "count") || !quirks_has(suite->quirks, "content")) {
        tap_ok(false, "the quirks have the commands `count` and `content`");
        return;
    }
    test_first_load(suite);
    test_record(suite);
    test_inspect(suite);
    test_second_load(suite);
    for (enum stage stage = STAGE_BEGIN; stage < STAGES; stage++)
        abort_at(suite, stage);
    test_stale_plan(suite);
    test_two_writers(suite);
    test_other_shapes(suite);
}

/* ---- Indexes ---- */

#define ON(...)                                                                                    \
    .columns = (const char *const[]){__VA_ARGS__},                                                 \
    .column_count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)

static const struct ferry_index wanted_indexes[] = {
    {ON("id"), .unique = 1, .primary = 1},
    {ON("c_i32", "id"), .unique = 1, .name = "conformance unique"},
    {ON("c_i32")},
};
#define WANTED (sizeof wanted_indexes / sizeof wanted_indexes[0])

/* What the core would plan of a source's table with these; false if out of memory. */
static bool plan_indexes(struct ferry_plan *plan)
{
    free((void *)plan->index_list);
    plan->indexes = calloc(WANTED, sizeof *plan->indexes);
    plan->index_list = calloc(WANTED, sizeof *plan->index_list);
    if (plan->indexes == NULL || plan->index_list == NULL)
        return false;
    memcpy(plan->indexes, wanted_indexes, sizeof wanted_indexes);
    for (size_t i = 0; i < WANTED; i++)
        plan->index_list[i] = &plan->indexes[i];
    plan->index_count = WANTED;
    return true;
}

/* They are made, and made again, or the load is refused before it begins. */
void test_indexes(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target target;
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    if (!target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
        target_close(&target);
        return;
    }
    ferry_status status = FERRY_ERR_SYSTEM;
    if (plan_indexes(&target.plan))
        status = target_begin(&target, target.plan.action, &load, &error);
    target_abort(&target);
    bool refused = status == FERRY_ERR_UNSUPPORTED || status == FERRY_ERR_SCHEMA;
    tap_ok(status == FERRY_OK || refused, "indexes are taken, or refused before the load begins");
    if (refused)
        tap_note("%s", error.message);
    else
        tap_error(&error);
    ferry_error_clear(&error);
    target_close(&target);
    for (int round = 0; round < 2 && status == FERRY_OK; round++) {
        if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
            tap_ok(plan_indexes(&target.plan) && target_replace(&target, 0, 23, &totals, NULL) &&
                       count_is(suite, 23),
                   round == 0 ? "a table with indexes is loaded" : "and loaded again");
        }
        target_close(&target);
    }
}
