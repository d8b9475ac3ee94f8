/* Tests of pump.c: every row arrives in order, whoever fails first is to blame, and nobody waits
 * for a side that has ended. */

#include "unit.h"

#include "driver/source.h"
#include "driver/target.h"
#include "engine/pump.h"
#include "fake.h"

struct run {
    struct ferry_connection *source, *target;
    struct ferry_schema schema;
    struct ferry_change_spec change_spec;
    struct ferry_layout layout;
    struct ferry_load_spec spec;
    struct ferry_change *change;
    struct ferry_pump pump;
    struct ferry_error error;
    ferry_status status;
};

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};

static struct ferry_digest *pump_digest;
static const enum ferry_zero_date *pump_zero_dates;
static bool pump_nowhere;

/* Pumps what the fake is set to give; the load is left open. */
static void run_pump(struct run *run)
{
    const char *at = fake.at;
    struct ferry_load *load = NULL;
    *run = (struct run){0};
    fake.at = NULL;
    run->source = fake_open(FERRY_ROLE_SOURCE);
    run->target = fake_open(FERRY_ROLE_TARGET);
    (void)ferry_source_describe(run->source, &read_view, &run->schema, &run->error);
    run->change_spec = (struct ferry_change_spec){.job = "j"};
    run->layout = (struct ferry_layout){.table = "t", .schema = &run->schema};
    run->spec = (struct ferry_load_spec){.layout = &run->layout};
    if (!pump_nowhere) {
        (void)ferry_target_change_begin(run->target, &run->change_spec, &run->change, &run->error);
        (void)ferry_target_load_begin(run->change, &run->spec, &load, &run->error);
    }
    run->pump.digest = pump_nowhere ? NULL : pump_digest;
    run->pump.zero_dates = pump_zero_dates;
    assert_no_error(&run->error);
    fake.at = at;
    run->pump.feed = ferry_feed_source(run->source, &read_view, &run->schema);
    run->pump.sink =
        pump_nowhere ? ferry_sink_digest(pump_digest) : ferry_sink_load(load, run->target);
    run->status = ferry_pump_run(&run->pump, &run->error);
    assert_int_equal(run->status, run->error.status);
}

static void end_run(struct run *run)
{
    ferry_target_change_abort(run->change);
    ferry_connection_close(run->source);
    ferry_connection_close(run->target);
    ferry_schema_done(&run->schema);
    ferry_error_clear(&run->error);
}

static void passes(uint64_t rows)
{
    struct run run;
    fake.rows = rows;
    run_pump(&run);
    assert_no_error(&run.error);
    assert_int_equal(fake.loaded, rows);
    assert_true(fake.in_order);
    assert_int_equal(run.pump.rows_read, rows);
    assert_int_equal(run.pump.rows_loaded, rows);
    if (rows > 0)
        assert_in_range(run.pump.bytes, rows * 5, rows * 100);
    end_run(&run);
}

/* The digest is of the rows that the target gets, however they are cut into batches. */
static void test_digest_of_what_is_handed_over(void **state)
{
    (void)state;
    struct ferry_schema schema = {0};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    assert_int_equal(fake_describe(NULL, &read_view, &schema, &error), FERRY_OK);
    struct ferry_digest *read = ferry_digest_new(&schema), *expected = ferry_digest_new(&schema);
    assert_true(read != NULL && expected != NULL);
    struct run run;
    fake.rows = 5000;
    pump_digest = read;
    run_pump(&run);
    pump_digest = NULL;
    assert_no_error(&run.error);
    for (int64_t row = 1; row <= 5000; row++) {
        const struct ferry_cell cells[] = {{.v.i = row}, {.v.p = "value", .len = 5}};
        assert_false(ferry_digest_equal(read, expected));
        ferry_digest_add(expected, cells);
    }
    assert_true(ferry_digest_equal(read, expected));
    end_run(&run);
    ferry_digest_free(read);
    ferry_digest_free(expected);
    ferry_schema_done(&schema);
}

/* Into a digest the rows go without a target. */
static void test_reading_alone(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct run run;
    assert_int_equal(fake_describe(NULL, &read_view, &schema, &error), FERRY_OK);
    pump_digest = ferry_digest_new(&schema);
    fake.rows = 100000;
    pump_nowhere = true;
    run_pump(&run);
    pump_nowhere = false;
    assert_int_equal(ferry_digest_rows(pump_digest), 100000);
    ferry_digest_free(pump_digest);
    pump_digest = NULL;
    ferry_schema_done(&schema);
    assert_no_error(&run.error);
    assert_int_equal(run.pump.rows_read, 100000);
    assert_int_equal(run.pump.rows_loaded, 100000);
    assert_int_equal(fake.loaded, 0);
    end_run(&run);
}

/* Nobody is there to be told of a failure then. */
static void test_reading_alone_fails(void **state)
{
    (void)state;
    struct run run;
    fake.rows = 10;
    fake.at = "read_batch";
    fake.status = fake.report = FERRY_ERR_STREAM;
    pump_nowhere = true;
    run_pump(&run);
    pump_nowhere = false;
    assert_error(&run.error, FERRY_ERR_STREAM, "read_batch");
    assert_int_equal(fake.cancels, 0);
    end_run(&run);
}

static void test_all_rows_arrive(void **state)
{
    (void)state;
    static const uint64_t counts[] = {0, 1, 2, 2047, 2048, 2049, 100000};
    for (size_t i = 0; i < COUNT(counts); i++)
        passes(counts[i]);
}

static void fails(const char *at, uint64_t row, ferry_status status)
{
    struct run run;
    fake.rows = 50000;
    fake.at = at;
    fake.fail_row = row;
    fake.status = fake.report = status;
    fake.cancelled = false;
    run_pump(&run);
    assert_int_equal(run.status, status);
    assert_error(&run.error, status, at);
    assert_true(fake.loaded < fake.rows);
    end_run(&run);
}

/* The other side is told, so that it does not go on for nobody. */
static void test_source_fails(void **state)
{
    (void)state;
    fails("read_begin", 0, FERRY_ERR_SCHEMA);
    fails("read_batch", 0, FERRY_ERR_UNREACHABLE);
    fails("read_batch", 20000, FERRY_ERR_STREAM);
    assert_int_equal(fake.cancels, 3);
}

static void test_target_fails(void **state)
{
    (void)state;
    fails("load_batch", 0, FERRY_ERR_TARGET_IO);
    assert_int_equal(fake.cancels, 1);
    fails("load_batch", 20000, FERRY_ERR_DATA);
    assert_int_equal(fake.cancels, 2);
}

/* Only who does not know yet is told. */
static void test_the_other_side_is_told(void **state)
{
    (void)state;
    static const char *const callbacks[] = {"read_batch", "load_batch"};
    for (size_t i = 0; i < COUNT(callbacks); i++) {
        struct run run;
        fake.rows = 10;
        fake.at = callbacks[i];
        fake.status = fake.report = FERRY_ERR_BUSY;
        run_pump(&run);
        struct ferry_connection *failed = i == 0 ? run.source : run.target;
        struct ferry_connection *other = i == 0 ? run.target : run.source;
        assert_int_equal(ferry_connection_cancelled(failed), FERRY_CANCEL_NONE);
        assert_int_equal(ferry_connection_cancelled(other), FERRY_CANCEL_PEER);
        end_run(&run);
    }
}

static void *cancel_soon(void *data)
{
    fake_pause(30);
    ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE);
    return data;
}

static void stalls(const char *at)
{
    struct run run;
    pthread_t thread;
    fake.rows = 50000;
    fake.at = at;
    fake.stall = true;
    fake.cancelled = false;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    run_pump(&run);
    (void)pthread_join(thread, NULL);
    assert_int_equal(run.status, FERRY_ERR_CANCELLED);
    end_run(&run);
}

static void test_stalls_end_by_cancel(void **state)
{
    (void)state;
    stalls("read_begin");
    stalls("read_batch");
    stalls("load_batch");
}

/* The source stalls and is cancelled because the target has failed: the target is to blame. */

static ferry_status stall_after_first(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    (void)cursor;
    if (fake_next > 1) {
        while (!fake.cancelled)
            fake_pause(1);
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    }
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = (int64_t)fake_next++;
    (void)ferry_batch_text(batch, &cells[1], "x", 1);
    return FERRY_OK;
}

static void test_an_echo_hides_nothing(void **state)
{
    (void)state;
    fake_handle.source.read_batch = stall_after_first;
    fake.status = fake.report = FERRY_ERR_TARGET_IO;
    for (int i = 0; i < 3; i++) { /* an echo that is kept cannot be found on the stack each time */
        struct run run;
        fake.at = "load_batch";
        fake.cancelled = false;
        run_pump(&run);
        assert_error(&run.error, FERRY_ERR_TARGET_IO, "load_batch");
        end_run(&run);
    }
}

/* The target stalls when the source fails: it is cancelled, and the source is to blame. */

static ferry_status fail_after_first(void *cursor, struct ferry_batch *batch,
                                     struct ferry_error *err)
{
    (void)cursor;
    if (fake_next > 1) {
        fake_pause(30); /* until the target is at it */
        return ferry_fail(err, FERRY_ERR_STREAM, "the line broke");
    }
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = (int64_t)fake_next++;
    (void)ferry_batch_text(batch, &cells[1], "x", 1);
    return FERRY_OK;
}

static void test_a_stalled_target_is_not_waited_for(void **state)
{
    (void)state;
    struct run run;
    fake_handle.source.read_batch = fail_after_first;
    fake.at = "load_batch";
    fake.stall = true;
    run_pump(&run);
    assert_error(&run.error, FERRY_ERR_STREAM, "the line broke");
    end_run(&run);
}

/* Rows that a source has given before it failed in the same call. */

static ferry_status fail_behind_a_row(void *cursor, struct ferry_batch *batch,
                                      struct ferry_error *err)
{
    (void)cursor;
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = (int64_t)fake_next++;
    (void)ferry_batch_text(batch, &cells[1], "x", 1);
    return ferry_fail(err, FERRY_ERR_STREAM, "the line broke");
}

static void test_a_batch_that_broke_off_is_not_loaded(void **state)
{
    (void)state;
    struct run run;
    fake_handle.source.read_batch = fail_behind_a_row;
    run_pump(&run);
    assert_error(&run.error, FERRY_ERR_STREAM, "the line broke");
    assert_int_equal(fake.loaded, 0);
    assert_int_equal(run.pump.rows_read, 0);
    end_run(&run);
}

/* ---- Zero dates ---- */

#define ZERO_ROW 4321

static void give_zero_date(struct ferry_cell *cells)
{
    cells[1].v.p = cells[0].v.i == ZERO_ROW ? "0000-00-00" : "2026-01-31";
    cells[1].len = 10;
}

static uint64_t null_row;

static ferry_status look_for_null(void *load, uint32_t op, const struct ferry_batch *batch,
                                  struct ferry_error *err)
{
    (void)load;
    (void)op;
    (void)err;
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        const struct ferry_cell *cells = ferry_batch_cells(batch, row);
        if (cells[1].null != 0)
            null_row = null_row == 0 ? cells[0].v.u : UINT64_MAX;
        fake.loaded++;
    }
    return FERRY_OK;
}

/* The row that has one is named by its number in the stream, wherever the batches begin. */
static void test_zero_dates(void **state)
{
    (void)state;
    static const enum ferry_zero_date becomes_null[] = {FERRY_ZERO_DATE_KEEP, FERRY_ZERO_DATE_NULL};
    static const enum ferry_zero_date refused[] = {FERRY_ZERO_DATE_KEEP, FERRY_ZERO_DATE_REFUSE};
    struct run run;
    fake.rows = 10000;
    fake.spoil = give_zero_date;
    fake_handle.target.load_batch = look_for_null;
    pump_zero_dates = becomes_null;
    run_pump(&run);
    assert_no_error(&run.error);
    assert_int_equal(null_row, ZERO_ROW);
    assert_int_equal(fake.loaded, 10000);
    end_run(&run);
    pump_zero_dates = refused;
    run_pump(&run);
    pump_zero_dates = NULL;
    assert_error(&run.error, FERRY_ERR_DATA, "row 4321, column 'text'");
    assert_true(fake.loaded < ZERO_ROW);
    end_run(&run);
}

static void test_slow_sides(void **state)
{
    (void)state;
    fake.pause_ms = 5;
    passes(30000);
}

static ferry_status no_thread(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_SYSTEM, "thread_begin failed");
}

static int threads;

static ferry_status one_thread_more(struct ferry_error *err)
{
    (void)err;
    threads++;
    return FERRY_OK;
}

static void one_thread_less(void)
{
    threads--;
}

static void test_thread_ends(void **state)
{
    (void)state;
    fake_handle.driver.thread_begin = one_thread_more;
    fake_handle.driver.thread_end = one_thread_less;
    passes(10);
    fails("read_begin", 0, FERRY_ERR_SCHEMA);
    assert_int_equal(threads, 0);
}

static void test_thread_cannot_begin(void **state)
{
    (void)state;
    struct run run;
    fake.rows = 10;
    fake_handle.driver.thread_begin = no_thread;
    run_pump(&run);
    assert_error(&run.error, FERRY_ERR_SYSTEM, "thread_begin");
    assert_int_equal(fake.loaded, 0);
    end_run(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_all_rows_arrive),
        WITH_FAKE(test_digest_of_what_is_handed_over),
        WITH_FAKE(test_reading_alone),
        WITH_FAKE(test_reading_alone_fails),
        WITH_FAKE(test_source_fails),
        WITH_FAKE(test_target_fails),
        WITH_FAKE(test_the_other_side_is_told),
        WITH_FAKE(test_stalls_end_by_cancel),
        WITH_FAKE(test_an_echo_hides_nothing),
        WITH_FAKE(test_a_batch_that_broke_off_is_not_loaded),
        WITH_FAKE(test_zero_dates),
        WITH_FAKE(test_slow_sides),
        WITH_FAKE(test_a_stalled_target_is_not_waited_for),
        WITH_FAKE(test_thread_cannot_begin),
        WITH_FAKE(test_thread_ends),
    };
    return cmocka_run_group_tests_name("pump", tests, NULL, NULL);
}
