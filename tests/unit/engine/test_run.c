/* Tests of run.c and sync.c: a job of several tables takes each step with all of them before the
 * next, on one connection per side, in one change. */

#include "fake.h"

#include "base/clock.h"
#include "base/log.h"
#include "driver/record.h"
#include "engine/run.h"
#include "engine/show.h"
#include "engine/strategy.h"

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
    assert_int_equal(spec->load_count, COUNT(sides));
    for (size_t i = 0; i < COUNT(sides); i++)
        assert_string_equal(spec->tables[i], sides[i].table);
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

static struct ferry_task tasks[COUNT(sides)];
static struct ferry_job job;

static void make_job(void)
{
    static const struct ferry_origin origin = {.status = FERRY_ERR_CONFIG};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    memset(tasks, 0, sizeof tasks);
    for (size_t i = 0; i < COUNT(sides); i++) {
        tasks[i].read = (struct ferry_read){.text = sides[i].table, .kind = FERRY_READ_TABLE};
        tasks[i].table = sides[i].table;
        tasks[i].guards.max_shrink_percent = -1;
        tasks[i].verify = FERRY_VERIFY_COUNT;
        tasks[i].together = true;
    }
    job = (struct ferry_job){
        .name = "both",
        .route = {.source = fake_config, .target = fake_config},
        .tasks = tasks,
        .task_count = COUNT(tasks),
    };
    assert_true(ferry_config_add_options(fake_config, limits, COUNT(limits)));
    assert_int_equal(ferry_config_finish(fake_config, &origin, &error), FERRY_OK);
}

static bool makes_changes_of_one; /* the target */

static ferry_status run_both(struct ferry_sync_result *result, struct ferry_error *error)
{
    make_job();
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
    fake_handle.target.abilities = makes_changes_of_one ? 0 : FERRY_TOGETHER;
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
                               "read a, end a, load b, read b, disconnect , end b, commit , "
                               "disconnect ");
    assert_int_equal(fake.connects, 2);
    assert_int_equal(result.rows, 5003);
    assert_int_equal(result.rows_before, 200);
    assert_int_equal(result.outcome, FERRY_OUTCOME_NEW);
}

/* Nothing is read for a target that cannot do so. */
static void test_a_target_that_changes_one_table_at_a_time(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_sync_result result = {0};
    makes_changes_of_one = true;
    (void)run_both(&result, &error);
    makes_changes_of_one = false;
    assert_error(&error, FERRY_ERR_UNSUPPORTED, "choose commit = \"each\"");
    assert_string_equal(trace, "describe a, describe b, disconnect , disconnect ");
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

/* ---- What stands around the steps ---- */

static struct ferry_progress shown;
static int draws, clears;

static void draw(const struct ferry_progress *progress)
{
    shown = *progress;
    draws++;
}

static void draw_state(const char *name, const char *words)
{
    (void)name;
    (void)words;
}

static void clear(void)
{
    clears++;
}

/* The table that passes is drawn, and none where none does. */
static void test_what_is_drawn(void **state)
{
    (void)state;
    static const struct ferry_show show = {.draw = draw, .draw_state = draw_state, .clear = clear};
    static char name[] = "spare";
    const struct ferry_config spare = {.name = name};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_run run = {0};
    make_job();
    ferry_show_by(&show);
    assert_int_equal(ferry_run_begin(&run, &job, NULL, &error), FERRY_OK);
    run.watch.tick(run.watch.data);
    assert_int_equal(draws, 0);
    run.transfers[1].expected = 17;
    atomic_store(&run.transfers[1].pumping, true);
    run.watch.tick(run.watch.data);
    assert_int_equal(draws, 1);
    assert_string_equal(shown.job, "both");
    assert_null(shown.fallback);
    assert_ptr_equal(shown.pump, &run.transfers[1].pump);
    assert_int_equal(shown.started_ms, run.started_ms);
    assert_int_equal(shown.expected, 17);
    assert_null(shown.doing);
    run.session.from.fallback = &spare;
    atomic_store(&run.transfers[0].pumping, true);
    run.watch.tick(run.watch.data);
    assert_int_equal(draws, 2); /* one of the two */
    assert_ptr_equal(shown.pump, &run.transfers[0].pump);
    assert_string_equal(shown.fallback, "spare");
    assert_int_equal(clears, 0);
    ferry_run_end(&run, FERRY_OK, NULL);
    assert_int_equal(clears, 1);
    ferry_show_by(NULL);
}

/* Once the rows were read, it is told what is done with them, by the phase of the log. */
static void test_what_is_drawn_after_the_rows(void **state)
{
    (void)state;
    static const struct ferry_show show = {.draw = draw, .draw_state = draw_state, .clear = clear};
    static const struct ferry_strategy replaces = {.load_kind = FERRY_LOAD_REPLACE},
                                       changes = {.load_kind = FERRY_LOAD_CHANGES};
    static const struct {
        const char *phase;
        const struct ferry_strategy *strategy;
        size_t indexes;
        const char *doing;
    } cases[] = {
        {"finish", &replaces, 1, "building indexes"},
        {"finish", &replaces, 0, "finishing"},
        {"finish", &changes, 1, "making the changes"},
        {"keys", &changes, 0, "comparing keys"},
        {"verify", &replaces, 0, "comparing"},
        {"commit", &replaces, 0, "committing"},
        {"guard", &replaces, 0, NULL},
        {"load", &replaces, 0, NULL},
        {NULL, &replaces, 0, NULL},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_run run = {0};
    make_job();
    ferry_show_by(&show);
    ferry_log_set_phase("finish"); /* of a run before, which has failed */
    assert_int_equal(ferry_run_begin(&run, &job, NULL, &error), FERRY_OK);
    draws = 0;
    run.watch.tick(run.watch.data);
    assert_int_equal(draws, 0);
    atomic_store(&run.at, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        draws = 0;
        run.plans[1].strategy = cases[i].strategy;
        run.plans[1].index_count = cases[i].indexes;
        ferry_log_set_phase(cases[i].phase);
        run.watch.tick(run.watch.data);
        assert_int_equal(draws, cases[i].doing != NULL);
        if (cases[i].doing == NULL)
            continue;
        assert_string_equal(shown.doing, cases[i].doing);
        assert_int_equal(shown.expected, FERRY_ROWS_UNKNOWN);
        assert_ptr_equal(shown.pump, &run.transfers[1].pump);
    }
    run.plans[1].index_count = 0; /* there are none to be freed */
    ferry_run_end(&run, FERRY_OK, NULL);
    ferry_show_by(NULL);
}

static void test_how_a_run_begins(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_retry retry = {.started_ms = 17};
    struct ferry_run run = {.session.may_fall_back = true, .outcome = FERRY_OUTCOME_UNKNOWN};
    make_job();
    tasks[1].verify = FERRY_VERIFY_CONTENT;
    tasks[1].verify_insisted = true;
    int64_t before = ferry_clock_ms();
    assert_int_equal(ferry_run_rows_read(&run), 0);
    assert_int_equal(ferry_run_begin(&run, &job, &retry, &error), FERRY_OK);
    assert_in_range(run.started_ms, before, ferry_clock_ms());
    assert_int_equal(run.watch.started_ms, 17); /* the limit is of all attempts */
    assert_int_equal(run.outcome, FERRY_OUTCOME_OLD);
    assert_ptr_equal(run.job, &job);
    assert_ptr_equal(run.session.job, &job);
    assert_ptr_equal(run.session.retry, &retry);
    assert_true(run.session.may_fall_back);
    for (size_t i = 0; i < COUNT(tasks); i++) {
        assert_ptr_equal(run.transfers[i].session, &run.session);
        assert_ptr_equal(run.transfers[i].task, &tasks[i]);
        assert_ptr_equal(run.transfers[i].plan, &run.plans[i]);
        assert_int_equal(run.transfers[i].verify,
                         i == 0 ? FERRY_VERIFY_COUNT : FERRY_VERIFY_CONTENT);
        assert_int_equal(run.transfers[i].insists, i == 1);
    }
    assert_int_equal(ferry_run_begin_records(&run, &error), FERRY_OK);
    assert_int_equal(strlen(run.id), 32);
    for (size_t i = 0; i < COUNT(tasks); i++) {
        const struct ferry_record *record = &run.transfers[i].record;
        assert_string_equal(ferry_record_table(record), tasks[i].table);
        assert_string_equal(ferry_record_value(record, FERRY_RECORD_RUN_ID), run.id);
    }
    assert_no_error(&error);
    ferry_run_end(&run, FERRY_OK, NULL);
    struct ferry_run single = {0};
    assert_int_equal(ferry_run_begin(&single, &job, NULL, &error), FERRY_OK);
    assert_int_equal(single.watch.started_ms, single.started_ms);
    ferry_run_end(&single, FERRY_OK, NULL);
}

static int steps;

static ferry_status stumble(struct ferry_transfer *transfer, struct ferry_error *error)
{
    (void)transfer;
    steps++;
    return ferry_fail(error, FERRY_ERR_DATA, "step %d", steps);
}

/* What is told of a run that fails, and of one that does not; the phase stays for the error. */
static void test_how_a_run_ends(void **state)
{
    (void)state;
    char *folder = make_folder(), *path = write_file(folder, "log", "", 0, 0600);
    const struct ferry_log_settings settings = {.file_level = FERRY_LOG_INFO, .file = path};
    static char name[] = "spare";
    const struct ferry_config spare = {.name = name};
    make_job();
    for (int fails = 1; fails >= 0; fails--) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_run run = {0};
        struct ferry_sync_result result = {.rows = 1, .rows_before = 2, .bytes = 3};
        assert_int_equal(ferry_log_open(&settings, &error), FERRY_OK);
        assert_int_equal(ferry_run_begin(&run, &job, NULL, &error), FERRY_OK);
        assert_int_equal(ferry_session_open_target(&run.session, &error), FERRY_OK);
        run.session.from.fallback = run.session.reads_from = &spare;
        run.commit_begun = true;
        run.outcome = FERRY_OUTCOME_UNKNOWN;
        run.started_ms -= 60000;
        for (unsigned i = 0; i < COUNT(tasks); i++) {
            run.transfers[i].totals =
                (struct ferry_load_totals){.before = 10 + i, .after = 100 + i};
            atomic_store(&run.transfers[i].pump.bytes, 1000 + i);
            atomic_store(&run.transfers[i].pump.rows_read, 10000 + i);
        }
        assert_int_equal(ferry_run_rows_read(&run), 20001);
        steps = 0;
        assert_int_equal(ferry_run_each_table(&run, stumble, &error), FERRY_ERR_DATA);
        assert_int_equal(steps, 1);
        /* What is known of a commit stays; what was only stopped is told with its rows. */
        ferry_connection_cancel(run.session.target, FERRY_CANCEL_DEADLINE);
        assert_int_equal(ferry_run_explain(&run, &error), FERRY_ERR_DATA);
        assert_error(&error, FERRY_ERR_DATA, "step 1");
        (void)ferry_fail(&error, FERRY_ERR_CANCELLED, "stopped");
        assert_int_equal(ferry_run_explain(&run, &error), FERRY_ERR_STREAM);
        assert_error(&error, FERRY_ERR_STREAM, "at row 20001;");
        ferry_run_end(&run, fails ? FERRY_ERR_DATA : FERRY_OK, &result);
        assert_int_equal(fake.connects, fake.disconnects);
        assert_int_equal(result.outcome, FERRY_OUTCOME_UNKNOWN);
        assert_int_equal(result.rows, fails ? 1 : 201);
        assert_int_equal(result.rows_before, fails ? 2 : 21);
        assert_int_equal(result.bytes, fails ? 3 : 2001);
        assert_ptr_equal(result.from.fallback, fails ? NULL : &spare);
        assert_in_range(result.elapsed_ms, fails ? 0 : 60000, fails ? 0 : 120000);
        ferry_log(FERRY_LOG_INFO, fails ? "failed" : "done");
        ferry_log_close();
        char *text = read_file(path);
        assert_non_null(strstr(text, fails ? " target: failed\n" : " main: done\n"));
        free(text);
    }
    free(path);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_each_step_of_all_tables),
        WITH_FAKE(test_a_target_that_changes_one_table_at_a_time),
        WITH_FAKE(test_one_that_fails_stops_all),
        WITH_FAKE(test_what_is_drawn),
        WITH_FAKE(test_what_is_drawn_after_the_rows),
        WITH_FAKE(test_how_a_run_begins),
        WITH_FAKE(test_how_a_run_ends),
    };
    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
