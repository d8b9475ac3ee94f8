/* Changes of many tables: all of them as before, or all as loaded. */

#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "driver/target.h"

#define TABLES 3

/* One of them; all go through the connection of the first. */
struct joined {
    struct target targets[TABLES];
    const char *tables[TABLES];
    struct ferry_change_spec spec;
    struct ferry_change *change;
};

static bool joined_open(const struct suite *suite, struct joined *joined)
{
    static const char *const names[TABLES] = {"one", "two", "three"};
    bool opened = true;
    memset(joined, 0, sizeof *joined);
    for (size_t i = 0; i < TABLES; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct target *target = &joined->targets[i];
        opened = opened && target_open(suite, 8, &target_no_wish, target) &&
                 target_use_table(target, "joined", names[i]) &&
                 target_plan(target, values_columns, 8, NULL, 0, &error) == FERRY_OK;
        tap_error(&error);
    }
    return opened;
}

static void joined_close(struct joined *joined)
{
    ferry_target_change_abort(joined->change);
    for (size_t i = 0; i < TABLES; i++)
        target_close(&joined->targets[i]);
}

/* So many rows into each, in turn; 0 of one: its load fails to begin, as the plan is of nothing.
 * `before`: they are added to as many, by loads of changes; NULL: they replace what is there. */
static ferry_status joined_load(struct joined *joined, const uint64_t rows[TABLES],
                                const uint64_t before[TABLES], struct ferry_error *error)
{
    for (size_t i = 0; i < TABLES; i++)
        joined->tables[i] = joined->targets[i].table;
    joined->spec = (struct ferry_change_spec){.job = "conformance",
                                              .run_id = target_run_id,
                                              .load_count = TABLES,
                                              .tables = joined->tables};
    ferry_status status = ferry_target_change_begin(joined->targets[0].connection, &joined->spec,
                                                    &joined->change, error);
    for (size_t i = 0; i < TABLES && status == FERRY_OK; i++) {
        struct target *target = &joined->targets[i];
        struct ferry_load *load = NULL;
        struct ferry_load_totals totals = {0};
        target->layout = ferry_plan_layout(&target->plan, target->table);
        target->load_spec = ferry_plan_load(&target->plan, &target->layout, NULL);
        target->load_spec.definition += rows[i] == 0;
        target->load_spec.kind = before != NULL ? FERRY_LOAD_CHANGES : FERRY_LOAD_REPLACE;
        const uint64_t after = rows[i] + (before != NULL ? before[i] : 0);
        status = ferry_target_load_begin(joined->change, &target->load_spec, &load, error);
        if (status == FERRY_OK)
            status = target_load_rows(target, load, 0, rows[i], NULL, error);
        if (status == FERRY_OK)
            status = ferry_target_load_end(load, &totals, error);
        if (status == FERRY_OK && totals.after != after)
            status = ferry_fail(error, FERRY_ERR_DATA, "%llu rows were counted, not %llu",
                                (unsigned long long)totals.after, (unsigned long long)after);
    }
    return status;
}

static ferry_status joined_commit(struct joined *joined, struct ferry_error *error)
{
    struct ferry_record records[TABLES] = {0};
    const struct ferry_record *list[TABLES];
    uint32_t outcome = FERRY_OUTCOME_UNKNOWN;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < TABLES && status == FERRY_OK; i++) {
        status = ferry_record_open(&records[i], joined->targets[i].table, error);
        if (status == FERRY_OK)
            status = ferry_record_set(&records[i], FERRY_RECORD_RUN_ID, target_run_id, error);
        list[i] = &records[i];
    }
    if (status == FERRY_OK) {
        status = ferry_target_change_commit(joined->change, list, TABLES, &outcome, error);
        joined->change = NULL;
    }
    for (size_t i = 0; i < TABLES; i++)
        ferry_record_done(&records[i]);
    return status;
}

/* How many rows each holds, as another connection sees it. */
static bool joined_hold(struct joined *joined, const uint64_t rows[TABLES])
{
    bool right = true;
    for (size_t i = 0; i < TABLES; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_schema schema = {0};
        struct ferry_inspection found = {.schema = &schema};
        struct target *target = &joined->targets[i];
        bool same = ferry_target_inspect(joined->targets[TABLES - 1].connection, target->table,
                                         &found, &error) == FERRY_OK &&
                    found.exists == (rows[i] > 0) && (!found.rows_known || found.rows == rows[i]);
        if (!same)
            tap_note("'%s': exists %u, rows %llu of %llu", target->table, found.exists,
                     (unsigned long long)found.rows, (unsigned long long)rows[i]);
        tap_error(&error);
        ferry_schema_done(&schema);
        right = right && same;
    }
    return right;
}

/* One change, and what the tables hold after it. */
static void test_change(const struct suite *suite, const char *name, const uint64_t rows[TABLES],
                        const uint64_t before[TABLES], ferry_status expected, bool commits,
                        const uint64_t after[TABLES])
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct joined joined;
    bool opened = joined_open(suite, &joined);
    ferry_status status = opened ? joined_load(&joined, rows, before, &error) : FERRY_ERR_SYSTEM;
    bool right =
        tap_ok(status == expected, "%s: the tables are loaded as far as they should be", name);
    if (right && status == FERRY_OK && commits)
        right = joined_commit(&joined, &error) == FERRY_OK;
    ferry_target_change_abort(joined.change);
    joined.change = NULL;
    if (!right)
        tap_error(&error);
    tap_ok(right && opened && joined_hold(&joined, after), "%s: all are as they should be", name);
    joined_close(&joined);
}

/* Of tables whose rows are neither replaced nor left alone. */
static void test_joined_changes(const struct suite *suite, const uint64_t before[TABLES])
{
    static const uint64_t added[TABLES] = {2, 1, 3}, broken[TABLES] = {2, 1, 0};
    uint64_t after[TABLES];
    for (size_t i = 0; i < TABLES; i++)
        after[i] = before[i] + added[i];
    if ((suite->driver->target.abilities & (FERRY_TOGETHER_CHANGES | FERRY_TOGETHER_ALIKE)) == 0) {
        tap_skip("the driver has neither FERRY_TOGETHER_CHANGES nor FERRY_TOGETHER_ALIKE",
                 "changes of single rows of many tables");
        return;
    }
    test_change(suite, "rows added to many tables, given up", added, before, FERRY_OK, false,
                before);
    test_change(suite, "rows added to many tables of which the last fails", broken, before,
                FERRY_ERR_BUSY, false, before);
    test_change(suite, "rows added to many tables", added, before, FERRY_OK, true, after);
}

void test_joined(const struct suite *suite)
{
    static const uint64_t none[TABLES] = {0, 0, 0}, few[TABLES] = {3, 5, 4},
                          more[TABLES] = {7, 6, 9}, broken[TABLES] = {8, 0, 8};
    if ((suite->driver->target.abilities & FERRY_TOGETHER) == 0) {
        tap_skip("the driver has not the ability FERRY_TOGETHER", "changes of many tables");
        return;
    }
    test_change(suite, "many new tables, given up", few, NULL, FERRY_OK, false, none);
    test_change(suite, "many new tables", few, NULL, FERRY_OK, true, few);
    test_change(suite, "many tables, given up", more, NULL, FERRY_OK, false, few);
    test_change(suite, "many tables of which one fails", broken, NULL, FERRY_ERR_BUSY, false, few);
    test_change(suite, "many tables", more, NULL, FERRY_OK, true, more);
    test_joined_changes(suite, more);
}
