/* Tests of connection.c, contract.c and stub.c: what a driver may not do ends the run with
 * its name; what it leaves out is filled in; one thread at a time where it wants that. */

#include "unit.h"

#include "base/signals.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"
#include "fake.h"

static const struct ferry_read read_view = {.text = "v", .kind = FERRY_READ_VIEW};

static void test_roles(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *connection = NULL;
    fake_handle.is_target = false;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_TARGET, &connection, &error),
                     FERRY_ERR_CONFIG);
    assert_null(connection);
    assert_error(&error, FERRY_ERR_CONFIG, "cannot be a target");
    fake_handle.is_source = false;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_SOURCE, &connection, &error),
                     FERRY_ERR_CONFIG);
    assert_error(&error, FERRY_ERR_CONFIG, "cannot be a source");
    assert_int_equal(fake.connects, 0);
    ferry_connection_close(NULL);
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_string_equal(ferry_connection_place(source), "connection 'main'"); /* the stub's */
    struct ferry_facts facts = {0};
    ferry_connection_facts(source, &facts);
    assert_int_equal(facts.count, 0);
    ferry_facts_add(&facts, "server", "x");
    assert_int_equal(facts.count, 1);
    assert_string_equal(facts.items[0].value, "x");
    ferry_facts_done(&facts);
    ferry_connection_close(source);
}

/* Each way to break a promise about the result, in a callback that has one. */
static void test_broken_promises(void **state)
{
    (void)state;
    static const struct {
        ferry_status status;
        ferry_status report;
        bool no_result;
        const char *message;
    } cases[] = {
        {FERRY_ERR_STREAM, FERRY_OK, false, "describe failed without a message"},
        {FERRY_OK, FERRY_ERR_STREAM, false, "describe reported an error and then success"},
        {FERRY_ERR_BUSY, FERRY_ERR_STREAM, false, "describe returned another status"},
        {99, FERRY_OK, false, "describe returned a number that is no status"},
        {-1, FERRY_OK, false, "no status"},
        {FERRY_OK, FERRY_OK, true, "describe succeeded without a result"},
    };
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct ferry_schema schema = {0};
        fake.at = "describe";
        fake.status = cases[i].status;
        fake.report = cases[i].report;
        fake.no_result = cases[i].no_result;
        assert_int_equal(ferry_source_describe(source, &read_view, &schema, &error),
                         FERRY_ERR_INTERNAL);
        assert_int_equal(schema.count, 0);
        assert_non_null(strstr(error.message, "'fake'"));
        assert_error(&error, FERRY_ERR_INTERNAL, cases[i].message);
    }
    ferry_connection_close(source);
}

static void test_honest_failures_pass(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "describe";
    for (ferry_status status = FERRY_ERR_INTERNAL; status <= FERRY_ERR_UNSUPPORTED; status++) {
        fake.status = fake.report = status;
        assert_int_equal(ferry_source_describe(source, &read_view, &schema, &error), status);
        assert_error(&error, status, "describe failed");
    }
    ferry_connection_close(source);
}

static ferry_status busy_origins(void *conn, const struct ferry_read *read, const char *table,
                                 struct ferry_origins *origins, struct ferry_error *err)
{
    (void)conn, (void)read, (void)table, (void)origins;
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

static ferry_status busy_thread(struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

static ferry_status busy_indexes(void *conn, struct ferry_schema *schema,
                                 const char *const *natives,
                                 const struct ferry_index *const *indexes, size_t count,
                                 struct ferry_error *err)
{
    (void)conn, (void)schema, (void)natives, (void)indexes, (void)count;
    return ferry_fail(err, FERRY_ERR_BUSY, "busy");
}

/* Whose settings decide about another attempt; a class alone does not tell. */
static void test_a_failure_has_the_role_of_its_connection(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_origins origins;
    struct ferry_schema schema = {0};
    fake_handle.source.origins = busy_origins;
    fake_handle.target.note_indexes = busy_indexes;
    fake_handle.driver.thread_begin = busy_thread;
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE | FERRY_ROLE_LOOK);
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    (void)ferry_source_origins(source, &read_view, NULL, &origins, &error);
    assert_int_equal(error.role, FERRY_ROLE_SOURCE);
    ferry_error_clear(&error);
    (void)ferry_connection_thread_begin(source, &error);
    assert_int_equal(error.role, FERRY_ROLE_SOURCE);
    ferry_error_clear(&error);
    (void)ferry_connection_thread_begin(target, &error);
    assert_int_equal(error.role, FERRY_ROLE_TARGET);
    ferry_error_clear(&error);
    (void)ferry_target_note_indexes(target, &schema, NULL, NULL, 0, &error);
    assert_int_equal(error.role, FERRY_ROLE_TARGET);
    ferry_connection_close(source);
    ferry_connection_close(target);
}

static void test_results_that_are_missing(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    struct ferry_connection *connection = NULL;
    struct ferry_cursor *cursor = NULL;
    struct ferry_load *load = NULL;
    struct ferry_mapping mapping = {0};
    const struct ferry_wish wish = {0};
    const struct ferry_column column = {.name = "c", .type = FERRY_TYPE_TEXT};
    const struct ferry_change_spec change_spec = {.job = "j"};
    const struct ferry_layout layout = {.table = "t", .schema = &schema};
    const struct ferry_load_spec spec = {.layout = &layout};
    struct ferry_change *change = NULL;
    struct ferry_connection *both = fake_open(FERRY_ROLE_SOURCE);
    fake.no_result = true;
    assert_int_equal(ferry_connection_open(fake_config, FERRY_ROLE_SOURCE, &connection, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "connect succeeded without a result");
    assert_int_equal(ferry_source_read_begin(both, &read_view, &schema, NULL, &cursor, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "read_begin");
    assert_int_equal(ferry_target_change_begin(both, &change_spec, &change, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "change_begin");
    assert_null(change);
    fake.no_result = false;
    assert_int_equal(ferry_target_change_begin(both, &change_spec, &change, &error), FERRY_OK);
    fake.no_result = true;
    assert_int_equal(ferry_target_load_begin(change, &spec, &load, &error), FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "load_begin");
    assert_int_equal(ferry_target_map_column(both, &column, &wish, &mapping, &error),
                     FERRY_ERR_INTERNAL);
    assert_error(&error, FERRY_ERR_INTERNAL, "map_column");
    assert_null(connection);
    assert_null(cursor);
    assert_null(load);
    struct ferry_inspection inspection = {.schema = &schema};
    fake.exists = 1; /* a table without columns is none */
    assert_int_equal(ferry_target_inspect(both, "t", &inspection, &error), FERRY_ERR_INTERNAL);
    ferry_error_clear(&error);
    ferry_target_change_abort(change);
    ferry_connection_close(both);
}

/* What commit says of the table must be one of three things, and NEW where it succeeds. */
static ferry_status said_status;
static uint32_t said_outcome;

static ferry_status say(void *change, const struct ferry_record *const *records,
                        size_t record_count, uint32_t *outcome, struct ferry_error *err)
{
    (void)change;
    (void)records;
    (void)record_count;
    fake.commits++;
    *outcome = said_outcome;
    return said_status == FERRY_OK ? FERRY_OK : ferry_fail(err, said_status, "as was said");
}

static void commit_says(ferry_status status, uint32_t outcome, ferry_status then,
                        uint32_t outcome_then)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_change_spec spec = {.job = "j"};
    struct ferry_change *change = NULL;
    struct ferry_connection *target = fake_open(FERRY_ROLE_TARGET);
    uint32_t told = 99;
    fake_handle.target.change_commit = say;
    said_status = status;
    said_outcome = outcome;
    assert_int_equal(ferry_target_change_begin(target, &spec, &change, &error), FERRY_OK);
    assert_int_equal(ferry_target_change_commit(change, NULL, 0, &told, &error), then);
    assert_int_equal(told, outcome_then);
    ferry_connection_close(target);
}

static void test_outcome_of_a_commit(void **state)
{
    (void)state;
    commit_says(FERRY_OK, FERRY_OUTCOME_NEW, FERRY_OK, FERRY_OUTCOME_NEW);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_NEW, FERRY_ERR_BUSY, FERRY_OUTCOME_NEW);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_OLD, FERRY_ERR_BUSY, FERRY_OUTCOME_OLD);
    commit_says(FERRY_ERR_TARGET_IO, FERRY_OUTCOME_UNKNOWN, FERRY_ERR_TARGET_IO,
                FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_OLD, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_UNKNOWN, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_OK, FERRY_OUTCOME_NEW + 1, FERRY_ERR_INTERNAL, FERRY_OUTCOME_UNKNOWN);
    commit_says(FERRY_ERR_BUSY, FERRY_OUTCOME_NEW + 1, FERRY_ERR_BUSY, FERRY_OUTCOME_UNKNOWN);
}

/* ---- One call at a time ---- */

/* Returns the error, for the caller to clear and free. */
static void *describe_in_thread(void *data)
{
    struct ferry_schema schema = {0};
    struct ferry_error *error = calloc(1, sizeof *error);
    (void)ferry_source_describe(data, &read_view, &schema, error);
    ferry_schema_done(&schema);
    return error;
}

static int most_calls_at_once(uint32_t thread_model)
{
    pthread_t threads[4];
    struct ferry_connection *sources[4];
    fake_handle.driver._thread_model = thread_model;
    fake.pause_ms = 20;
    for (size_t i = 0; i < COUNT(threads); i++)
        sources[i] = fake_open(FERRY_ROLE_SOURCE);
    fake.most_inside = 0;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, describe_in_thread, sources[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *error = NULL;
        (void)pthread_join(threads[i], &error);
        assert_no_error(error);
        free(error);
    }
    for (size_t i = 0; i < COUNT(threads); i++)
        ferry_connection_close(sources[i]);
    return fake.most_inside;
}

static void test_threads_one(void **state)
{
    (void)state;
    assert_int_equal(most_calls_at_once(FERRY_THREADS_ONE), 1);
}

static void test_threads_per_connection(void **state)
{
    (void)state;
    assert_in_range(most_calls_at_once(FERRY_THREADS_PER_CONNECTION), 2, 4);
}

/* ---- Stubs ---- */

static void test_stubs(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    assert_int_equal(ferry_source_snapshot_begin(source, &error), FERRY_OK);
    ferry_source_snapshot_end(source);
    assert_int_equal(ferry_connection_thread_begin(source, &error), FERRY_OK);
    ferry_connection_thread_end(source);
    ferry_connection_close(source);
    fake_handle.driver.cancel = NULL;
    assert_null(ferry_driver_stub_fill(&fake_handle));
    source = fake_open(FERRY_ROLE_SOURCE);
    ferry_connection_cancel(source, FERRY_CANCEL_PEER);
    ferry_connection_close(source);
}

static ferry_status snapshot_begin(void *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

static ferry_status part(void *conn, const struct ferry_read *read,
                         const struct ferry_schema *schema, size_t column, uint32_t count,
                         struct ferry_cuts *cuts, struct ferry_error *err)
{
    (void)conn;
    (void)read;
    (void)schema;
    (void)column;
    (void)count;
    (void)cuts;
    (void)err;
    return FERRY_OK;
}

static ferry_status share_end(void *conn, struct ferry_error *err)
{
    (void)conn;
    (void)err;
    return FERRY_OK;
}

/* What several connections read by has to be there as a whole. */
static void test_parts_and_shares(void **state)
{
    (void)state;
    struct ferry_driver_handle handle = fake_handle;
    assert_null(ferry_driver_stub_fill(&handle));
    assert_false(handle.parts);
    handle.source.part = part;
    assert_non_null(strstr(ferry_driver_stub_fill(&handle), "FERRY_SCANS beside source.part"));
    handle.source.abilities = FERRY_SCANS;
    assert_null(ferry_driver_stub_fill(&handle));
    assert_true(handle.parts);
    handle.source.abilities |= FERRY_SHARES_OWN;
    assert_non_null(strstr(ferry_driver_stub_fill(&handle), "ability of FERRY_SHARES"));
    handle.source.abilities = FERRY_SCANS;
    handle.source.share_begin = NULL;
    handle.source.share_join = NULL;
    handle.source.share_end = share_end;
    assert_non_null(strstr(ferry_driver_stub_fill(&handle), "together with source.share_join"));
}

static void test_missing_callbacks_are_named(void **state)
{
    (void)state;
    struct ferry_driver_handle handle = fake_handle;
#define MISSING(place, name)                                                                       \
    do {                                                                                           \
        handle = fake_handle;                                                                      \
        handle.place = NULL;                                                                       \
        const char *missing = ferry_driver_stub_fill(&handle);                                     \
        assert_non_null(missing);                                                                  \
        assert_string_equal(missing, name);                                                        \
    } while (0)
    MISSING(driver.connect, "connect");
    MISSING(driver.disconnect, "disconnect");
    MISSING(source.describe, "source.describe");
    MISSING(source.read_begin, "source.read_begin");
    MISSING(source.read_batch, "source.read_batch");
    MISSING(source.read_end, "source.read_end");
    MISSING(target.map_column, "target.map_column");
    MISSING(target.inspect, "target.inspect");
    MISSING(target.change_begin, "target.change_begin");
    MISSING(target.load_begin, "target.load_begin");
    MISSING(target.load_batch, "target.load_batch");
    MISSING(target.load_end, "target.load_end");
    MISSING(target.change_commit, "target.change_commit");
    MISSING(target.change_abort, "target.change_abort");
    handle = fake_handle;
    handle.source.snapshot_begin = snapshot_begin;
    handle.source.snapshot_end = NULL;
    assert_non_null(strstr(ferry_driver_stub_fill(&handle), "snapshot_end"));
    handle = fake_handle;
    handle.is_source = handle.is_target = false;
    assert_string_equal(ferry_driver_stub_fill(&handle), "source or target");
    handle.is_target = true; /* what a source needs is not asked of it */
    handle.source = (struct ferry_source){0};
    assert_null(ferry_driver_stub_fill(&handle));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_roles),
        WITH_FAKE(test_what_is_told),
        WITH_FAKE(test_broken_promises),
        WITH_FAKE(test_honest_failures_pass),
        WITH_FAKE(test_a_failure_has_the_role_of_its_connection),
        WITH_FAKE(test_results_that_are_missing),
        WITH_FAKE(test_outcome_of_a_commit),
        WITH_FAKE(test_threads_one),
        WITH_FAKE(test_threads_per_connection),
        WITH_FAKE(test_stubs),
        WITH_FAKE(test_parts_and_shares),
        WITH_FAKE(test_missing_callbacks_are_named),
    };
    return cmocka_run_group_tests_name("connection", tests, NULL, NULL);
}
