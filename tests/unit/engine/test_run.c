/* Tests of run.c and sync.c: a job of several tables takes each step with all of them before the
 * next, on one connection per side, in one change. */

#include "fake.h"

#include "driver/record.h"
#include "engine/sync.h"

static const struct ferry_option limits[] = {
    {.name = "run_timeout", .type = FERRY_OPTION_DURATION, .default_value = "0s", .help = "none"},
    {.name = "stall_timeout", .type = FERRY_OPTION_DURATION, .default_value = "0s", .help = "none"},
};

/* What was called, in this order. */
static char trace[2000];

static void note(const char *what, const char *table)
{
    size_t length = strlen(trace);
    (void)snprintf(trace + length, sizeof trace - length, "%s%s %s", length > 0 ? ", " : "", what,
                   table);
}

/* Two tables of so many rows. */
static struct side {
    const char *table;
    uint64_t rows, read, loaded;
} sides[] = {{.table = "a"}, {.table = "b"}};

static struct side *find(const char *table)
{
    for (size_t i = 0; i < COUNT(sides); i++)
        if (strcmp(sides[i].table, table) == 0)
            return &sides[i];
    fail_msg("no table %s", table);
    return NULL;
}

static ferry_status describe(void *conn, const struct ferry_read *read, struct ferry_schema *schema,
                             struct ferry_error *err)
{
    note("describe", read->text);
    return fake_describe(conn, read, schema, err);
}

static ferry_status read_begin(void *conn, const struct ferry_read *read,
                               const struct ferry_schema *schema, const struct ferry_scan *scan,
                               void **ret_cursor, struct ferry_error *err)
{
    note("read", read->text);
    void *cursor = NULL;
    ferry_status status = fake_read_begin(conn, read, schema, scan, &cursor, err);
    *ret_cursor = find(read->text);
    return status;
}

static ferry_status read_batch(void *cursor, struct ferry_batch *batch, struct ferry_error *err)
{
    struct side *side = cursor;
    while (side->read < side->rows && !ferry_batch_full(batch)) {
        struct ferry_cell *cells = ferry_batch_row(batch);
        if (!ferry_batch_text(batch, &cells[1], side->table, 1))
            return ferry_fail(err, FERRY_ERR_SYSTEM, "out of memory");
        cells[0].v.i = (int64_t)++side->read;
    }
    return FERRY_OK;
}

static ferry_status inspect(void *conn, const char *table, struct ferry_inspection *inspection,
                            struct ferry_error *err)
{
    note("inspect", table);
    return fake_inspect(conn, table, inspection, err);
}

static ferry_status load_begin(void *change, const struct ferry_load_spec *spec, void **ret_load,
                               struct ferry_error *err)
{
    assert_ptr_equal(change, &fake);
    note("load", spec->layout->table);
    ferry_status status = fake_act("load_begin", err);
    *ret_load = find(spec->layout->table);
    return status;
}

static ferry_status load_batch(void *load, uint32_t operation, const struct ferry_batch *batch,
                               struct ferry_error *err)
{
    struct side *side = load;
    assert_int_equal(operation, FERRY_OP_INSERT);
    if (side == &sides[1] && fake_act("load_batch b", err) != FERRY_OK)
        return fake.status;
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, row);
        assert_int_equal(cells[0].v.u, ++side->loaded);
        assert_memory_equal(cells[1].v.p, side->table, 1); /* none of the other table's */
    }
    return FERRY_OK;
}

static ferry_status load_end(void *load, struct ferry_load_totals *totals, struct ferry_error *err)
{
    struct side *side = load;
    note("end", side->table);
    if (side == &sides[1] && fake_act("load_end b", err) != FERRY_OK)
        return fake.status;
    totals->before = 100;
    totals->inserted = totals->after = side->loaded;
    return FERRY_OK;
}

static void disconnect(void *conn)
{
    note("disconnect", "");
    fake_disconnect(conn);
}

static ferry_status change_begin(void *conn, const struct ferry_change_spec *spec,
                                 void **ret_change, struct ferry_error *err)
{
    note("change", "");
    return fake_change_begin(conn, spec, ret_change, err);
}

static ferry_status change_commit(void *change, const struct ferry_record *const *records,
                                  size_t count, uint32_t *outcome, struct ferry_error *err)
{
    note("commit", "");
    assert_int_equal(count, COUNT(sides));
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(ferry_record_table(records[i]), sides[i].table);
        assert_string_equal(ferry_record_value(records[i], FERRY_RECORD_ROWS),
                            i == 0 ? "3" : "5000");
        assert_string_equal(ferry_record_value(records[i], FERRY_RECORD_RUN_ID),
                            ferry_record_value(records[0], FERRY_RECORD_RUN_ID));
    }
    return fake_change_commit(change, records, count, outcome, err);
}

static ferry_status run_both(struct ferry_sync_result *result, struct ferry_error *error)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    struct ferry_task tasks[COUNT(sides)] = {0};
    for (size_t i = 0; i < COUNT(sides); i++) {
        tasks[i].read = (struct ferry_read){.text = sides[i].table, .kind = FERRY_READ_TABLE};
        tasks[i].table = sides[i].table;
        tasks[i].guards.max_shrink_percent = -1;
        tasks[i].verify = FERRY_VERIFY_COUNT;
    }
    const struct ferry_job job = {
        .name = "both",
        .route = {.source = fake_config, .target = fake_config},
        .tasks = tasks,
        .task_count = COUNT(tasks),
    };
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, error), FERRY_OK);
    trace[0] = '\0';
    sides[0] = (struct side){.table = "a", .rows = 3};
    sides[1] = (struct side){.table = "b", .rows = 5000};
    fake_handle.driver.disconnect = disconnect;
    fake_handle.source.describe = describe;
    fake_handle.source.read_begin = read_begin;
    fake_handle.source.read_batch = read_batch;
    fake_handle.target.inspect = inspect;
    fake_handle.target.change_begin = change_begin;
    fake_handle.target.load_begin = load_begin;
    fake_handle.target.load_batch = load_batch;
    fake_handle.target.load_end = load_end;
    fake_handle.target.change_commit = change_commit;
    return ferry_sync_run(&job, NULL, result, error);
}

static void test_each_step_of_all_tables(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    (void)run_both(&result, &error);
    assert_no_error(&error);
    assert_string_equal(trace, "describe a, describe b, inspect a, inspect b, change , load a, "
                               "load b, read a, read b, disconnect , end a, end b, commit , "
                               "disconnect ");
    assert_int_equal(fake.connects, 2);
    assert_int_equal(result.rows, 5003);
    assert_int_equal(result.rows_before, 200);
    assert_int_equal(result.outcome, FERRY_OUTCOME_NEW);
}

/* Whatever fails of one table, no other is changed. */
static void test_one_that_fails_stops_all(void **state)
{
    (void)state;
    const char *const places[] = {"load_batch b", "load_end b"};
    for (size_t i = 0; i < COUNT(places); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_sync_result result = {.outcome = FERRY_OUTCOME_UNKNOWN};
        if (i > 0)
            (void)fake_setup(NULL);
        fake.at = places[i];
        fake.status = fake.report = FERRY_ERR_TARGET_IO;
        assert_int_equal(run_both(&result, &error), FERRY_ERR_TARGET_IO);
        assert_error(&error, FERRY_ERR_TARGET_IO, "failed");
        assert_int_equal(fake.commits, 0);
        assert_int_equal(fake.aborts, 1);
        assert_int_equal(result.outcome, FERRY_OUTCOME_OLD);
        if (i + 1 < COUNT(places))
            (void)fake_teardown(NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_each_step_of_all_tables),
        WITH_FAKE(test_one_that_fails_stops_all),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
