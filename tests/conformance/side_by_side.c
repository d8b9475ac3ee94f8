/* Changes of two tables that are under way at one time: neither waits for the other, and each ends
 * for itself. */

#include "suite.h"

#include "driver/target.h"

#define SIDES 2

/* One table, on a connection of its own. */
static bool side_open(const struct suite *suite, const char *name, const char *run_id,
                      struct target *target)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    bool opened = target_open(suite, 8, &target_no_wish, target) &&
                  target_use_table(target, "side", name) &&
                  target_plan(target, values_columns, 8, NULL, 0, &error) == FERRY_OK;
    target->run_id = run_id;
    tap_error(&error);
    return opened;
}

/* How many rows it has, as the other's connection sees it. */
static bool side_holds(const struct target *target, const struct target *other, uint64_t rows)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_inspection found = {.schema = &schema};
    bool right =
        ferry_target_inspect(other->connection, target->table, &found, &error) == FERRY_OK &&
        found.exists == (rows > 0) && (!found.rows_known || found.rows == rows);
    if (!right)
        tap_note("'%s': exists %u, rows %llu of %llu", target->table, found.exists,
                 (unsigned long long)found.rows, (unsigned long long)rows);
    tap_error(&error);
    ferry_schema_done(&schema);
    return right;
}

/* Step by step in turns; the second ends first. */
static ferry_status load_both(struct target *sides, const uint64_t rows[SIDES], bool gives_up,
                              struct ferry_error *error)
{
    struct ferry_load *loads[SIDES] = {NULL, NULL};
    struct ferry_load_totals totals = {0};
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < SIDES && status == FERRY_OK; i++)
        status = target_begin(&sides[i], sides[i].plan.action, &loads[i], error);
    for (size_t i = 0; i < SIDES && status == FERRY_OK; i++)
        status = target_load_rows(&sides[i], loads[i], 0, rows[i], NULL, error);
    for (size_t i = 0; i < SIDES && status == FERRY_OK; i++)
        status = ferry_target_load_end(loads[i], &totals, error);
    if (status == FERRY_OK)
        status = target_commit(&sides[1], rows[1], error);
    if (status == FERRY_OK && !gives_up)
        status = target_commit(&sides[0], rows[0], error);
    target_abort(&sides[0]);
    target_abort(&sides[1]);
    return status;
}

static void test_both(const struct suite *suite, const char *name, const uint64_t rows[SIDES],
                      bool gives_up, const uint64_t after[SIDES])
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct target sides[SIDES];
    bool opened = side_open(suite, "one", "0123456789abcdef0123456789abcdef", &sides[0]);
    opened = side_open(suite, "two", "fedcba9876543210fedcba9876543210", &sides[1]) && opened;
    tap_ok(opened && load_both(sides, rows, gives_up, &error) == FERRY_OK, "%s: both are loaded",
           name);
    tap_error(&error);
    tap_ok(opened && side_holds(&sides[0], &sides[1], after[0]) &&
               side_holds(&sides[1], &sides[0], after[1]),
           "%s: each is as it should be", name);
    for (size_t i = 0; i < SIDES; i++)
        target_close(&sides[i]);
}

void test_side_by_side(const struct suite *suite)
{
    static const uint64_t few[SIDES] = {3, 5}, more[SIDES] = {7, 6}, second[SIDES] = {0, 5};
    if ((suite->driver->target.abilities & FERRY_SIDE_BY_SIDE) == 0) {
        tap_skip("the driver has not the ability FERRY_SIDE_BY_SIDE", "changes side by side");
        return;
    }
    test_both(suite, "two new tables, of which one is given up", few, true, second);
    test_both(suite, "a new table and one that is there", few, false, few);
    test_both(suite, "two tables", more, false, more);
}
