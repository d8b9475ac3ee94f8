/* Tests of connection.c: a call is cancelled, or counted as a stall, for its own run alone. */

#include "unit.h"

#include "base/signals.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "fake.h"

/* ---- Cancelling ---- */

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};

/* Returns the error, for the caller to clear and free. */
static void *describe_in_thread(void *data)
{
    struct ferry_schema schema = {0};
    struct ferry_error *error = calloc(1, sizeof *error);
    (void)ferry_source_describe(data, &read_view, &schema, error);
    ferry_schema_done(&schema);
    return error;
}

/* Also where calls are made one at a time: the one that is running must be reached. */
static void cancel_a_stall(uint32_t thread_model)
{
    pthread_t thread;
    void *result = NULL;
    fake_handle.driver._thread_model = thread_model;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, describe_in_thread, source), 0);
    fake_pause(20);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_NONE);
    ferry_connection_cancel(source, FERRY_CANCEL_STALL);
    ferry_connection_cancel(source, FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_STALL); /* the first stays */
    (void)pthread_join(thread, &result);
    assert_error(result, FERRY_ERR_CANCELLED, "cancelled");
    free(result);
    ferry_connection_close(source);
}

static void test_cancel_reaches_a_running_call(void **state)
{
    (void)state;
    cancel_a_stall(FERRY_THREADS_PER_CONNECTION);
    assert_int_equal(fake.cancels, 2);
}

static void test_cancel_does_not_queue_behind_it(void **state)
{
    (void)state;
    cancel_a_stall(FERRY_THREADS_ONE);
}

static void test_cancel_all(void **state)
{
    (void)state;
    struct ferry_connection *a = fake_open(FERRY_ROLE_SOURCE), *b = fake_open(FERRY_ROLE_TARGET),
                            *closed = fake_open(FERRY_ROLE_SOURCE);
    ferry_connection_close(closed);
    ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE);
    assert_int_equal(fake.cancels, 2);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_DEADLINE);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    ferry_connection_close(a);
    ferry_connection_close(b);
    ferry_connection_cancel_all(FERRY_CANCEL_DEADLINE); /* nothing is open */
    assert_int_equal(fake.cancels, 2);
}

/* ---- Runs that share a driver ---- */

/* Opens in a context of its own, which the connection holds. */
static struct ferry_connection *open_in_run(uint32_t role, struct ferry_context **ret_run)
{
    *ret_run = ferry_context_new();
    assert_non_null(*ret_run);
    ferry_context_enter(*ret_run);
    struct ferry_connection *connection = fake_open(role);
    ferry_context_enter(NULL);
    return connection;
}

static void test_a_run_cancels_its_own(void **state)
{
    (void)state;
    struct ferry_context *first, *second;
    struct ferry_connection *a = open_in_run(FERRY_ROLE_SOURCE, &first),
                            *b = open_in_run(FERRY_ROLE_SOURCE, &second),
                            *nobodys = fake_open(FERRY_ROLE_TARGET);
    ferry_context_enter(second);
    struct ferry_connection *c = fake_open(FERRY_ROLE_TARGET);
    ferry_context_enter(NULL);
    ferry_connection_cancel_run(second, FERRY_CANCEL_DEADLINE);
    assert_int_equal(fake.cancels, 2);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_NONE);
    assert_int_equal(ferry_connection_cancelled(nobodys), FERRY_CANCEL_NONE);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    assert_int_equal(ferry_connection_cancelled(c), FERRY_CANCEL_DEADLINE);
    ferry_context_release(first); /* the connections hold them still */
    ferry_context_release(second);
    ferry_connection_cancel_all(FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(a), FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(nobodys), FERRY_CANCEL_SIGNAL);
    assert_int_equal(ferry_connection_cancelled(b), FERRY_CANCEL_DEADLINE);
    ferry_connection_close(a);
    ferry_connection_close(b);
    ferry_connection_close(c);
    ferry_connection_close(nobodys);
}

/* Two sources of two runs, of which one is asked and says nothing. */
static void test_a_stall_is_one_runs(void **state)
{
    (void)state;
    pthread_t thread;
    void *result = NULL;
    struct ferry_context *first, *second;
    struct ferry_connection *silent = open_in_run(FERRY_ROLE_SOURCE, &first),
                            *idle = open_in_run(FERRY_ROLE_SOURCE, &second);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, describe_in_thread, silent), 0);
    while (fake.inside == 0)
        fake_pause(1);
    fake_pause(20);
    ferry_connection_cancel_stalled(first, 600000); /* it may take longer */
    ferry_connection_cancel_stalled(second, 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel_stalled(first, 1);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(ferry_connection_cancelled(silent), FERRY_CANCEL_STALL);
    assert_int_equal(ferry_connection_cancelled(idle), FERRY_CANCEL_NONE);
    (void)pthread_join(thread, &result);
    assert_error(result, FERRY_ERR_CANCELLED, "cancelled");
    free(result);
    fake_pause(20);
    ferry_connection_cancel_stalled(first, 1); /* its call has returned */
    assert_int_equal(fake.cancels, 1);
    ferry_connection_close(silent);
    ferry_connection_close(idle);
    ferry_context_release(first);
    ferry_context_release(second);
}

static void *call_source(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_cursor *cursor = NULL;
    struct ferry_batch *batch = NULL;
    (void)fake_describe(NULL, &read_view, &schema, &error);
    if (ferry_source_snapshot_begin(data, &error) == FERRY_OK &&
        ferry_source_read_begin(data, &read_view, &schema, NULL, &cursor, &error) == FERRY_OK &&
        (batch = ferry_batch_new(&schema, &ferry_batch_default_limits)) != NULL)
        (void)ferry_cursor_read(cursor, batch, &error);
    ferry_batch_free(batch);
    ferry_cursor_close(cursor);
    ferry_schema_done(&schema);
    return NULL;
}

static ferry_status stall_in_snapshot(void *conn, struct ferry_error *err)
{
    (void)conn;
    return fake_act("snapshot_begin", err);
}

static ferry_status stall_in_origins(void *conn, const struct ferry_read *read, const char *table,
                                     struct ferry_origins *origins, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)table;
    (void)origins;
    return fake_act("origins", err);
}

static void *ask_origins(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_origins origins = {0};
    (void)ferry_source_origins(data, &read_view, NULL, &origins, &error);
    return NULL;
}

static ferry_status stall_in_record(void *conn, const char *table, struct ferry_record *record,
                                    struct ferry_error *err)
{
    (void)conn;
    (void)table;
    (void)record;
    return fake_act("record_read", err);
}

static void *read_record(void *data)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_record record = {0};
    if (ferry_connection_record_read(data, "t", &record, &error) == FERRY_OK)
        ferry_record_done(&record);
    return NULL;
}

/* The calls of a source that wait for its answer. */
static void test_measured_calls(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void *(*make)(void *connection);
    } calls[] = {
        {"snapshot_begin", call_source}, {"read_begin", call_source},  {"read_batch", call_source},
        {"origins", ask_origins},        {"record_read", read_record},
    };
    fake_handle.source.snapshot_begin = stall_in_snapshot;
    fake_handle.source.origins = stall_in_origins;
    fake_handle.driver.record_read = stall_in_record;
    for (size_t i = 0; i < COUNT(calls); i++) {
        pthread_t thread;
        struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
        fake.at = calls[i].name;
        fake.stall = true;
        fake.cancelled = false;
        assert_int_equal(pthread_create(&thread, NULL, calls[i].make, source), 0);
        for (int round = 0; round < 400 && !fake.cancelled; round++) {
            fake_pause(5);
            ferry_connection_cancel_stalled(ferry_context_current(), 1);
        }
        ferry_connection_cancel(source, FERRY_CANCEL_PEER); /* where it was not; the first stays */
        (void)pthread_join(thread, NULL);
        assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_STALL);
        ferry_connection_close(source);
    }
}

/* The limit is the source's: a target may take its time with the same call. */
static void test_a_target_does_not_stall(void **state)
{
    (void)state;
    pthread_t thread;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    fake_handle.driver.record_read = stall_in_record;
    fake.at = "record_read";
    fake.stall = true;
    assert_int_equal(pthread_create(&thread, NULL, read_record, target), 0);
    while (fake.inside == 0)
        fake_pause(1);
    fake_pause(20);
    ferry_connection_cancel_stalled(ferry_context_current(), 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel(target, FERRY_CANCEL_PEER);
    (void)pthread_join(thread, NULL);
    ferry_connection_close(target);
}

/* Where a driver allows one call at a time, a source that waits for its turn does not stall. */
static void test_waiting_for_a_turn_is_no_stall(void **state)
{
    (void)state;
    pthread_t threads[2];
    struct ferry_context *runs[2];
    struct ferry_connection *sources[2];
    void *error = NULL;
    fake_handle.driver._thread_model = FERRY_THREADS_ONE;
    for (size_t i = 0; i < 2; i++)
        sources[i] = open_in_run(FERRY_ROLE_SOURCE, &runs[i]);
    fake.at = "describe";
    fake.stall = true;
    assert_int_equal(pthread_create(&threads[0], NULL, describe_in_thread, sources[0]), 0);
    while (fake.inside == 0)
        fake_pause(1);
    assert_int_equal(pthread_create(&threads[1], NULL, describe_in_thread, sources[1]), 0);
    fake_pause(50);
    ferry_connection_cancel_stalled(runs[1], 1);
    assert_int_equal(fake.cancels, 0);
    ferry_connection_cancel_stalled(runs[0], 1);
    for (size_t i = 0; i < 2; i++) {
        (void)pthread_join(threads[i], &error);
        ferry_error_clear(error);
        free(error);
        ferry_connection_close(sources[i]);
        ferry_context_release(runs[i]);
    }
    assert_int_equal(fake.cancels, 1);
}

/* The last one: a signal stays caught. */
static void test_after_a_signal(void **state)
{
    (void)state;
    struct ferry_context *run;
    ferry_signal_note(15);
    struct ferry_connection *source = open_in_run(FERRY_ROLE_SOURCE, &run);
    assert_int_equal(fake.cancels, 1);
    assert_int_equal(ferry_connection_cancelled(source), FERRY_CANCEL_SIGNAL);
    ferry_connection_close(source);
    ferry_context_release(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_cancel_reaches_a_running_call),
        WITH_FAKE(test_cancel_does_not_queue_behind_it),
        WITH_FAKE(test_cancel_all),
        WITH_FAKE(test_a_run_cancels_its_own),
        WITH_FAKE(test_a_stall_is_one_runs),
        WITH_FAKE(test_measured_calls),
        WITH_FAKE(test_a_target_does_not_stall),
        WITH_FAKE(test_waiting_for_a_turn_is_no_stall),
        WITH_FAKE(test_after_a_signal),
    };
    return cmocka_run_group_tests_name("connection, cancelling", tests, NULL, NULL);
}
