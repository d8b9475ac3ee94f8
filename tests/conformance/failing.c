/* What a connection is after a callback that failed: what it was before, or it says that it is of
 * no use any more.  And after a cancel in the middle of a load. */

#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "driver/cursor.h"
#include "driver/source.h"
#include "driver/target.h"

/* What was cancelled has to end within this. */
#define SOON_MS 5000

/* ---- A source ---- */

struct source {
    const struct suite *suite;
    struct ferry_config *config;
    struct ferry_connection *connection;
    struct ferry_read read;
    char *text;
    struct ferry_schema schema;
    struct reading whole;
};

/* False if it cannot be read; what the matter is, the tests of reading tell. */
static bool source_open(const struct suite *suite, struct source *source)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *source = (struct source){.suite = suite};
    source->read = suite_read(suite, &source->text);
    source->connection = suite_open(suite, "source", FERRY_ROLE_SOURCE, &source->config);
    return source->connection != NULL &&
           ferry_source_describe(source->connection, &source->read, &source->schema, &error) ==
               FERRY_OK &&
           suite_read_all(source->connection, &source->read, &source->schema,
                          &ferry_batch_default_limits, &source->whole, &error);
}

static void source_close(struct source *source)
{
    ferry_connection_close(source->connection);
    ferry_schema_done(&source->schema);
    ferry_config_free(source->config);
    free(source->text);
}

/* Fails in one way or another; false if it did not. */
static bool describe_nothing(struct source *source, struct ferry_error *error)
{
    struct ferry_schema schema = {0};
    const struct ferry_read read = {.text = "no_such_view_here", .kind = FERRY_READ_VIEW};
    bool failed = ferry_source_describe(source->connection, &read, &schema, error) != FERRY_OK;
    ferry_schema_done(&schema);
    return failed;
}

static bool query_nonsense(struct source *source, struct ferry_error *error)
{
    struct ferry_schema schema = {0};
    const struct ferry_read read = {.text = "this is '\"no query", .kind = FERRY_READ_QUERY};
    bool failed = ferry_source_describe(source->connection, &read, &schema, error) != FERRY_OK;
    ferry_schema_done(&schema);
    return failed;
}

static bool read_other_columns(struct source *source, struct ferry_error *error)
{
    struct ferry_schema other = {0};
    struct ferry_cursor *cursor = NULL;
    struct ferry_column column = source->schema.columns[0];
    column.name = "no_longer_there";
    (void)ferry_schema_add(&other, &column, sizeof column, error);
    bool failed = ferry_source_read_begin(source->connection, &source->read, &other, NULL, &cursor,
                                          error) != FERRY_OK;
    ferry_cursor_close(cursor);
    ferry_schema_done(&other);
    return failed;
}

/* No failure: the core may lose its interest in the rest, as where the target fails. */
static bool break_off(struct source *source, struct ferry_error *error)
{
    struct ferry_cursor *cursor = NULL;
    const struct ferry_batch_limits one = {.rows = 1, .bytes = 1};
    struct ferry_batch *batch = ferry_batch_new(&source->schema, &one);
    ferry_batch_reset(batch, 1);
    bool begun = ferry_source_read_begin(source->connection, &source->read, &source->schema, NULL,
                                         &cursor, error) == FERRY_OK &&
                 ferry_cursor_read(cursor, batch, error) == FERRY_OK;
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return begun;
}

static bool reads_the_same(struct source *source)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct reading again = {0};
    bool same = suite_read_all(source->connection, &source->read, &source->schema,
                               &ferry_batch_default_limits, &again, &error) &&
                again.rows == source->whole.rows && again.digest == source->whole.digest;
    tap_error(&error);
    return same;
}

void test_failed_reads(const struct suite *suite)
{
    static const struct {
        const char *name;
        bool (*fail)(struct source *source, struct ferry_error *error);
    } ways[] = {
        {"a view that is not there", describe_nothing},
        {"a query that is none", query_nonsense},
        {"columns that are others by now", read_other_columns},
        {"a reading that is broken off", break_off},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct source source;
        if (source_open(suite, &source)) {
            bool failed = ways[i].fail(&source, &error);
            ferry_error_clear(&error);
            if (!failed)
                tap_skip("the source does not fail so", "after %s", ways[i].name);
            else if (!ferry_connection_is_usable(source.connection))
                tap_ok(true, "after %s the connection says that it is of no use", ways[i].name);
            else
                tap_ok(reads_the_same(&source), "after %s the connection reads all rows",
                       ways[i].name);
        }
        source_close(&source);
    }
}

/* ---- A target ---- */

static bool plan_is_stale(struct target *target, struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals = {0};
    ferry_status status = target_begin(target, FERRY_TABLE_CREATE, &load, error);
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, &totals, error);
    target_abort(target);
    return status != FERRY_OK;
}

static bool stored_rows_of_nothing(struct target *target, struct ferry_error *error)
{
    const struct ferry_layout layout = ferry_plan_layout(&target->plan, "conformance_of_nothing");
    target->digest = ferry_digest_new(&target->plan.schema);
    ferry_status status = target_digest_stored(target, NULL, &layout, target->digest, error);
    ferry_digest_free(target->digest);
    target->digest = NULL;
    return status != FERRY_OK;
}

static bool given_up(struct target *target, struct ferry_error *error)
{
    struct ferry_load *load = NULL;
    ferry_status status = target_begin(target, target->plan.action, &load, error);
    if (status == FERRY_OK)
        status = target_load_rows(target, load, 0, 12, NULL, error);
    target_abort(target);
    return status == FERRY_OK;
}

void test_failed_loads(const struct suite *suite)
{
    static const struct {
        const char *name;
        bool (*fail)(struct target *target, struct ferry_error *error);
    } ways[] = {
        {"a plan that is stale", plan_is_stale},
        {"stored rows of no table", stored_rows_of_nothing},
        {"a load that was given up", given_up},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        struct target target;
        struct ferry_load_totals totals = {0};
        if (target_open(suite, SIZE_MAX, &target_no_wish, &target)) {
            bool failed = ways[i].fail(&target, &error);
            ferry_error_clear(&error);
            if (!failed)
                tap_skip("the target does not fail so", "after %s", ways[i].name);
            else if (!ferry_connection_is_usable(target.connection))
                tap_ok(true, "after %s the connection says that it is of no use", ways[i].name);
            else
                tap_ok(target_replace(&target, 0, 23, &totals, NULL) && totals.inserted == 23,
                       "after %s the connection loads", ways[i].name);
        }
        target_close(&target);
    }
}

/* ---- A cancel, while rows come in ---- */

struct loader {
    struct target *target;
    struct ferry_error error;
    atomic_int batches;    /* that were taken */
    _Atomic int64_t ended; /* 0: not yet */
};

/* Loads without an end. */
static void *load_for_ever(void *data)
{
    struct loader *loader = data;
    struct ferry_load *load = NULL;
    struct target *target = loader->target;
    if (ferry_connection_thread_begin(target->connection, &loader->error) != FERRY_OK)
        return NULL;
    ferry_status status = target_begin(target, target->plan.action, &load, &loader->error);
    for (uint64_t row = 0; status == FERRY_OK; row += 500) {
        status = target_load_rows(target, load, row, 500, NULL, &loader->error);
        atomic_fetch_add(&loader->batches, 1);
    }
    loader->ended = ferry_clock_ms();
    ferry_connection_thread_end(target->connection);
    return NULL;
}

static void cancel_in_the_middle(struct loader *loader, int64_t *ret_cancelled)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    while (atomic_load(&loader->batches) < 3 && loader->ended == 0)
        (void)nanosleep(&moment, NULL);
    *ret_cancelled = ferry_clock_ms();
    ferry_connection_cancel(loader->target->connection, FERRY_CANCEL_PEER);
}

static void try_cancelled_load(struct target *target)
{
    struct loader loader = {.target = target};
    pthread_t thread;
    int64_t cancelled = 0;
    char *before = quirks_run(target->suite->quirks, "content");
    if (pthread_create(&thread, NULL, load_for_ever, &loader) != 0)
        return;
    cancel_in_the_middle(&loader, &cancelled);
    (void)pthread_join(thread, NULL);
    if (!tap_ok(loader.error.status == FERRY_ERR_CANCELLED && loader.ended - cancelled < SOON_MS,
                "a load ends soon after a cancel"))
        tap_error(&loader.error);
    ferry_error_clear(&loader.error);
    target_abort(target);
    tap_ok(ferry_clock_ms() - cancelled < 2 * SOON_MS, "and is given up soon");
    char *after = quirks_run(target->suite->quirks, "content");
    tap_ok(before != NULL && after != NULL && strcmp(before, after) == 0,
           "which leaves the old rows");
    free(before);
    free(after);
}

void test_cancelled_load(const struct suite *suite)
{
    struct target target;
    struct ferry_load_totals totals = {0};
    if (quirks_int(suite->quirks, "no_cancel", 0) != 0) {
        tap_skip("the driver has no cancel", "a load ends soon after a cancel");
        return;
    }
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target))
        try_cancelled_load(&target);
    target_close(&target);
    if (target_open(suite, SIZE_MAX, &target_no_wish, &target))
        tap_ok(target_replace(&target, 0, 23, &totals, NULL),
               "after that, another connection loads the table");
    target_close(&target);
}
