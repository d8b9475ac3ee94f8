/* Copies of earlier runs: their records are found, and they go with them. */

#include "suite.h"

#include <string.h>

#include "driver/target.h"
#include "engine/record.h"

#define ROWS 23

/* Whether the records of jobs that begin so have one of this table, by this run. */
static bool is_recorded(const struct target *target, const char *prefix)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_records records = {0};
    bool found = false;
    if (ferry_target_records(target->connection, prefix, &records, &error) != FERRY_OK)
        tap_error(&error);
    for (size_t i = 0; i < records.count; i++)
        found = found || (strcmp(records.list[i].table, target->table) == 0 &&
                          ferry_record_is_of(&records.list[i], target_run_id) &&
                          strcmp(records.list[i].values[0], "conformance") == 0);
    ferry_records_done(&records);
    return found;
}

/* What inspect says of the table; false where it fails or the table is not there. */
static bool is_there(const struct target *target, struct ferry_inspection *found)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    *found = (struct ferry_inspection){.schema = &schema};
    ferry_status status = ferry_target_inspect(target->connection, target->table, found, &error);
    tap_error(&error);
    ferry_schema_done(&schema);
    found->schema = NULL;
    return status == FERRY_OK && found->exists != 0;
}

/* What becomes of it, as `follows` or `definition` has it. */
static ferry_status prune(const struct target *target, const struct ferry_prune_spec *asked,
                          const char *follows, size_t *ret_obstacles)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_record record = {0}, last = {0};
    struct ferry_notes obstacles = {0};
    struct ferry_prune_spec spec = *asked;
    ferry_status status = ferry_record_open(&record, target->table, &error);
    if (status == FERRY_OK)
        status = ferry_record_set(&record, FERRY_RECORD_RUN_ID, follows, &error);
    if (status == FERRY_OK)
        status = ferry_record_set(&last, FERRY_RECORD_RUN_ID, follows, &error);
    if (status == FERRY_OK)
        status = ferry_record_follow(&record, &last, &error);
    spec.job = "conformance";
    spec.run_id = "0123456789abcdef0123456789abcdef";
    spec.lock_wait_ms = 1000;
    spec.table = target->table;
    spec.record = &record;
    if (status == FERRY_OK)
        status = ferry_target_prune(target->connection, &spec, &obstacles, &error);
    *ret_obstacles = obstacles.count;
    tap_error(&error);
    ferry_notes_done(&obstacles);
    ferry_record_done(&record);
    ferry_record_done(&last);
    return status;
}

static void test_records(const struct target *target)
{
    tap_ok(is_recorded(target, "conformance"), "the record of a table is found by its job");
    tap_ok(is_recorded(target, "conf"), "... by the beginning of that");
    tap_ok(!is_recorded(target, "CONF"), "... in which case counts");
    tap_ok(!is_recorded(target, "conf%") && !is_recorded(target, "con_") &&
               !is_recorded(target, "conformance/"),
           "... and nothing stands for anything else");
}

static void test_drop(const struct target *target)
{
    struct ferry_inspection found;
    size_t obstacles = 0;
    bool there = is_there(target, &found);
    struct ferry_prune_spec spec = {.definition = found.definition, .exists = 1, .looks = 1};
    tap_ok(there && found.own != 0, "a table that the driver has made is its own");
    tap_ok(prune(target, &spec, target_run_id, &obstacles) == FERRY_OK && obstacles == 0 &&
               is_there(target, &found) && is_recorded(target, "conf"),
           "a look says that nothing stands against it, and drops nothing");
    spec.looks = 0;
    tap_ok(prune(target, &spec, "another", &obstacles) == FERRY_ERR_BUSY &&
               is_there(target, &found) && is_recorded(target, "conf"),
           "where another run has written it, it stays");
    tap_ok(prune(target, &spec, target_run_id, &obstacles) == FERRY_OK && obstacles == 0 &&
               !is_there(target, &found) && !is_recorded(target, "conf"),
           "it goes with its record");
}

void test_pruning(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals;
    if (!suite->driver->prunes) {
        tap_skip("the driver has no prune", "tables that go");
        return;
    }
    if (target_open(suite, 4, &target_no_wish, &target) &&
        tap_ok(target_use_table(&target, "prune", "d") &&
                   target_plan(&target, values_columns, 4, NULL, 0, &(struct ferry_error){0}) ==
                       FERRY_OK &&
                   target_replace(&target, 0, ROWS, &totals, NULL),
               "a table is there that is to go")) {
        test_records(&target);
        test_drop(&target);
        tap_ok(target_replace(&target, 0, ROWS, &totals, NULL) && totals.before == 0,
               "a table of that name can come again");
    }
    target_close(&target);
}
