/* A target that is opened, planned for and loaded with the rows of values.c. */

#include "suite.h"

#include "driver/target.h"
#include "engine/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct ferry_wish target_no_wish;
const char target_run_id[] = "0123456789abcdef0123456789abcdef";

/* Whether `name` is one of the words of `list`. */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    while (list != NULL && *list != '\0') {
        size_t word = strcspn(list, " ");
        if (word == length && memcmp(list, name, length) == 0)
            return true;
        list += word + (list[word] == ' ');
    }
    return false;
}

static bool target_holds(const struct target *target, const struct ferry_column *column,
                         const struct ferry_wish *wish)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_mapping mapping = {0};
    ferry_status status =
        ferry_target_map_column(target->connection, column, wish, &mapping, &error);
    bool fits = status == FERRY_OK && mapping.fit <= FERRY_FIT_CHECKED;
    ferry_mapping_done(&mapping);
    return fits;
}

/* Columns of the plan: those whose values the target can hold, without those that are left out. */
static void add_columns(struct target *target, size_t columns, const struct ferry_wish *wish,
                        struct ferry_error *error)
{
    char *left_out = quirks_text(target->suite->quirks, "leave_out");
    for (size_t i = 0; i < values_column_count && target->plan.schema.count < columns; i++) {
        const struct ferry_column *column = &values_columns[i];
        if (target_holds(target, column, wish) && !is_listed(left_out, column->name))
            (void)ferry_schema_add(&target->plan.schema, column, sizeof *column, error);
    }
    free(left_out);
}

/* The same wish for each column; false if out of memory. */
static bool add_wishes(struct ferry_plan *plan, const struct ferry_wish *wish)
{
    plan->wishes = calloc(plan->schema.count + 1, sizeof *plan->wishes);
    for (size_t i = 0; plan->wishes != NULL && i < plan->schema.count; i++)
        plan->wishes[i] = *wish;
    return plan->wishes != NULL;
}

bool target_use_table(struct target *target, const char *prefix, const char *name)
{
    char *table = NULL;
    if (asprintf(&table, "%s_%s", prefix, name) < 0 || setenv("TABLE", table, 1) != 0)
        return false;
    free(target->table);
    target->table = table;
    return true;
}

ferry_status target_plan(struct target *target, const struct ferry_column *columns, size_t count,
                         const struct ferry_index *indexes, size_t index_count,
                         struct ferry_error *error)
{
    struct ferry_plan *plan = &target->plan;
    ferry_status status = FERRY_OK;
    ferry_plan_done(plan);
    for (size_t i = 0; i < count && status == FERRY_OK; i++)
        if (target_holds(target, &columns[i], &target_no_wish))
            status = ferry_schema_add(&plan->schema, &columns[i], sizeof columns[i], error);
    if (status == FERRY_OK && !add_wishes(plan, &target_no_wish))
        status = ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    if (status == FERRY_OK)
        status = ferry_plan_negotiate(plan, target->connection, target->table, NULL, error);
    if (status != FERRY_OK || index_count == 0)
        return status;
    free((void *)plan->index_list);
    plan->indexes = calloc(index_count, sizeof *plan->indexes);
    plan->index_list = calloc(index_count, sizeof *plan->index_list);
    if (plan->indexes == NULL || plan->index_list == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory");
    for (size_t i = 0; i < index_count; i++) {
        plan->indexes[i] = indexes[i];
        plan->index_list[i] = &plan->indexes[i];
    }
    plan->index_count = index_count;
    return FERRY_OK;
}

bool target_open(const struct suite *suite, size_t columns, const struct ferry_wish *wish,
                 struct target *target)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *target = (struct target){.suite = suite};
    target->table = quirks_text(suite->quirks, "target_table");
    if (target->table == NULL)
        target->table = strdup("conformance");
    (void)setenv("TABLE", target->table, 1);
    target->connection = suite_open(suite, "target", FERRY_ROLE_TARGET, &target->config);
    if (target->connection == NULL)
        return false;
    add_columns(target, columns, wish, &error);
    ferry_status status = FERRY_ERR_SYSTEM;
    if (add_wishes(&target->plan, wish))
        status =
            ferry_plan_negotiate(&target->plan, target->connection, target->table, NULL, &error);
    if (status != FERRY_OK) {
        tap_ok(false, "a load can be planned");
        tap_error(&error);
    }
    return status == FERRY_OK;
}

void target_close(struct target *target)
{
    target_abort(target);
    ferry_connection_close(target->connection);
    ferry_plan_done(&target->plan);
    ferry_config_free(target->config);
    ferry_digest_free(target->digest);
    free(target->table);
}

static const char *run_id_of(const struct target *target)
{
    return target->run_id != NULL ? target->run_id : target_run_id;
}

static void make_spec(struct target *target, uint32_t action)
{
    target->change_spec =
        (struct ferry_change_spec){.job = "conformance", .run_id = run_id_of(target)};
    target->layout = ferry_plan_layout(&target->plan, target->table);
    target->load_spec = ferry_plan_load(&target->plan, &target->layout, NULL);
    target->load_spec.action = action;
}

static ferry_status begin(struct target *target, struct ferry_load **ret_load,
                          struct ferry_error *error)
{
    ferry_status status =
        ferry_target_change_begin(target->connection, &target->change_spec, &target->change, error);
    if (status == FERRY_OK)
        status = ferry_target_load_begin(target->change, &target->load_spec, ret_load, error);
    if (status != FERRY_OK)
        target_abort(target);
    return status;
}

ferry_status target_begin(struct target *target, uint32_t action, struct ferry_load **ret_load,
                          struct ferry_error *error)
{
    make_spec(target, action);
    return begin(target, ret_load, error);
}

ferry_status target_begin_changes(struct target *target, const size_t *key, size_t key_count,
                                  struct ferry_load **ret_load, struct ferry_error *error)
{
    make_spec(target, FERRY_TABLE_KEEP);
    target->load_spec.kind = FERRY_LOAD_CHANGES;
    target->load_spec.keep_definition = 1;
    target->load_spec.key = key;
    target->load_spec.key_count = key_count;
    return begin(target, ret_load, error);
}

ferry_status target_commit(struct target *target, uint64_t rows, struct ferry_error *error)
{
    const char *const values[][2] = {
        {FERRY_RECORD_JOB, "conformance"},
        {FERRY_RECORD_RUN_ID, run_id_of(target)},
        {FERRY_RECORD_SOURCE, "suite"},
        {FERRY_RECORD_FALLBACK, "0"},
        {FERRY_RECORD_STARTED, "2026-01-01T00:00:00.000Z"},
        {FERRY_RECORD_FINISHED, "2026-01-01T00:00:01.000Z"},
        {FERRY_RECORD_SCHEMA_HASH, "0123456789abcdef"},
    };
    struct ferry_record record;
    const struct ferry_record *const records[] = {&record};
    struct ferry_change *change = target->change;
    target->outcome = FERRY_OUTCOME_UNKNOWN;
    ferry_status status = ferry_record_open(&record, target->table, error);
    for (size_t i = 0; i < sizeof values / sizeof values[0] && status == FERRY_OK; i++)
        status = ferry_record_set(&record, values[i][0], values[i][1], error);
    if (status == FERRY_OK)
        status = ferry_record_set_number(&record, FERRY_RECORD_ROWS, rows, error);
    if (status == FERRY_OK) {
        target->change = NULL;
        status = ferry_target_change_commit(change, records, 1, &target->outcome, error);
    }
    ferry_record_done(&record);
    return status;
}

void target_abort(struct target *target)
{
    ferry_target_change_abort(target->change);
    target->change = NULL;
}

ferry_status target_load_rows(struct target *target, struct ferry_load *load, uint64_t first,
                              uint64_t count, uint64_t *digest, struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 5, .bytes = 1 << 20};
    struct ferry_batch *batch = ferry_batch_new(&target->plan.schema, &limits);
    ferry_status status = FERRY_OK;
    for (uint64_t row = 0; status == FERRY_OK && row < count;) {
        ferry_batch_reset(batch, row + 1);
        while (row < count && !ferry_batch_full(batch))
            values_add_row(batch, &target->plan.schema, first + row++);
        if (digest != NULL)
            values_digest(batch, digest);
        if (target->digest != NULL)
            ferry_digest_add_batch(target->digest, batch);
        status = ferry_target_load_batch(load, FERRY_OP_INSERT, batch, error);
    }
    ferry_batch_free(batch);
    return status;
}

static ferry_status replace(struct target *target, uint64_t first, uint64_t count,
                            struct ferry_load_totals *ret_totals, uint64_t *digest,
                            struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    ferry_status status = target_begin(target, target->plan.action, &load, error);
    if (status != FERRY_OK)
        return status;
    status = target_load_rows(target, load, first, count, digest, error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, ret_totals, error);
    if (status == FERRY_OK)
        return target_commit(target, count, error);
    target_abort(target);
    return status;
}

bool target_replace(struct target *target, uint64_t first, uint64_t count,
                    struct ferry_load_totals *ret_totals, uint64_t *digest)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    ferry_status status = replace(target, first, count, ret_totals, digest, &error);
    tap_error(&error);
    return status == FERRY_OK;
}

bool target_refuses(struct target *target, ferry_status expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_load_totals totals;
    ferry_status status = replace(target, 0, 1, &totals, NULL, &error);
    if (status != expected)
        tap_error(&error);
    return status == expected;
}
