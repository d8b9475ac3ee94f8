/* The source half: what is described is what is read, in batches of any size, as often as one
 * likes. */

#include "engine/freshness.h"
#include "suite.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "driver/cursor.h"
#include "driver/source.h"

struct ferry_connection *suite_open(const struct suite *suite, const char *group, uint32_t role,
                                    struct ferry_config **ret_config)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *connection = NULL;
    *ret_config = quirks_connection(suite->quirks, group, suite->driver, &error);
    if (*ret_config != NULL)
        (void)ferry_connection_open(*ret_config, role, &connection, &error);
    if (connection == NULL) {
        tap_ok(false, "'%s' of the quirks can be opened", group);
        tap_error(&error);
        ferry_config_free(*ret_config);
        *ret_config = NULL;
    }
    return connection;
}

struct ferry_read suite_read(const struct suite *suite, char **ret_text)
{
    static const struct {
        const char *key;
        uint32_t kind;
    } kinds[] = {
        {"view", FERRY_READ_VIEW}, {"table", FERRY_READ_TABLE}, {"query", FERRY_READ_QUERY}};
    struct ferry_read read = {0};
    *ret_text = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0] && *ret_text == NULL; i++) {
        *ret_text = quirks_text(suite->quirks, kinds[i].key);
        read = (struct ferry_read){.text = *ret_text, .kind = kinds[i].kind};
    }
    if (*ret_text == NULL) {
        *ret_text = strdup("conformance");
        read = (struct ferry_read){.text = *ret_text, .kind = FERRY_READ_VIEW};
    }
    return read;
}

/* Counts what one batch brought; `limit` is how many rows it may hold. */
static void count_batch(struct reading *reading, const struct ferry_batch *batch)
{
    size_t rows = ferry_batch_count(batch);
    reading->rows += rows;
    reading->batches++;
    if (rows > reading->most_rows)
        reading->most_rows = rows;
    values_digest(batch, &reading->digest);
}

bool suite_read_all(struct ferry_connection *source, const struct ferry_read *read,
                    const struct ferry_schema *schema, const struct ferry_batch_limits *limits,
                    struct reading *ret_reading, struct ferry_error *error)
{
    struct ferry_cursor *cursor = NULL;
    struct reading reading = {0};
    ferry_status status = ferry_source_read_begin(source, read, schema, NULL, &cursor, error);
    struct ferry_batch *batch = status == FERRY_OK ? ferry_batch_new(schema, limits) : NULL;
    while (batch != NULL && status == FERRY_OK) {
        ferry_batch_reset(batch, reading.rows + 1);
        status = ferry_cursor_read(cursor, batch, error);
        if (status != FERRY_OK || ferry_batch_count(batch) == 0)
            break;
        count_batch(&reading, batch);
    }
    ferry_batch_free(batch);
    ferry_cursor_close(cursor);
    *ret_reading = reading;
    return status == FERRY_OK;
}

/* A connection with its schema, ready to be read. */
struct opened {
    struct ferry_config *config;
    struct ferry_connection *source;
    struct ferry_schema schema;
    struct ferry_read read;
    char *text;
    bool snapshot;
};

static bool open_and_describe(const struct suite *suite, struct opened *opened)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    *opened = (struct opened){0};
    opened->read = suite_read(suite, &opened->text);
    opened->source = suite_open(suite, "source", FERRY_ROLE_SOURCE, &opened->config);
    if (opened->source == NULL)
        return false;
    opened->snapshot = ferry_source_snapshot_begin(opened->source, &error) == FERRY_OK;
    bool described = opened->snapshot && ferry_source_describe(opened->source, &opened->read,
                                                               &opened->schema, &error) == FERRY_OK;
    if (!described) {
        tap_ok(false, "what is read can be described");
        tap_error(&error);
    }
    return described;
}

static void opened_done(struct opened *opened)
{
    if (opened->snapshot)
        ferry_source_snapshot_end(opened->source);
    ferry_connection_close(opened->source);
    ferry_schema_done(&opened->schema);
    ferry_config_free(opened->config);
    free(opened->text);
}

static void test_describe(const struct suite *suite, struct opened *opened)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema again = {0};
    char first[17], second[17] = "";
    int64_t columns = quirks_int(suite->quirks, "columns", 0);
    if (columns > 0)
        tap_ok((int64_t)opened->schema.count == columns, "describe finds %" PRId64 " columns",
               columns);
    bool spelled = true;
    for (size_t i = 0; i < opened->schema.count; i++)
        spelled = spelled && opened->schema.columns[i].native != NULL;
    tap_ok(spelled, "each column has its native spelling");
    bool same = ferry_schema_hash(&opened->schema, first, &error) == FERRY_OK &&
                ferry_source_describe(opened->source, &opened->read, &again, &error) == FERRY_OK &&
                ferry_schema_hash(&again, second, &error) == FERRY_OK && strcmp(first, second) == 0;
    tap_ok(same, "describe answers the same twice");
    tap_error(&error);
    ferry_schema_done(&again);
}

/* The content does not depend on how it is cut into batches. */
static void test_batches(const struct suite *suite, struct opened *opened,
                         struct reading *ret_whole)
{
    static const struct {
        const char *what;
        struct ferry_batch_limits limits;
        size_t most_rows;
    } cuts[] = {
        {"of one row", {.rows = 1, .bytes = 1 << 20}, 1},
        {"of seven rows", {.rows = 7, .bytes = 1 << 20}, 7},
        {"of one byte", {.rows = 1000, .bytes = 1}, 1},
        {"of one kilobyte", {.rows = 1000, .bytes = 1024}, 1000},
    };
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct reading whole = {0};
    bool read = suite_read_all(opened->source, &opened->read, &opened->schema,
                               &ferry_batch_default_limits, &whole, &error);
    tap_ok(read, "all rows are read to a confirmed end");
    tap_error(&error);
    *ret_whole = whole;
    int64_t rows = quirks_int(suite->quirks, "rows", -1);
    if (rows >= 0 && !tap_ok(whole.rows == (uint64_t)rows, "there are %" PRId64 " rows", rows))
        tap_note("%" PRIu64 " were read", whole.rows);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct reading reading = {0};
        read = suite_read_all(opened->source, &opened->read, &opened->schema, &cuts[i].limits,
                              &reading, &error);
        tap_ok(read && reading.rows == whole.rows && reading.digest == whole.digest &&
                   reading.most_rows <= cuts[i].most_rows,
               "batches %s bring the same rows", cuts[i].what);
        tap_error(&error);
    }
}

/* A connection may be of no use after that (a server's stream cannot be taken back), but it must
 * say so: what it may not do is to bring some of the rows, or those that were left over. */
static void test_broken_off(struct opened *opened, const struct reading *whole)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_cursor *cursor = NULL;
    const struct ferry_batch_limits one = {.rows = 1, .bytes = 1};
    struct ferry_batch *batch = ferry_batch_new(&opened->schema, &one);
    ferry_batch_reset(batch, 1);
    bool begun = ferry_source_read_begin(opened->source, &opened->read, &opened->schema, NULL,
                                         &cursor, &error) == FERRY_OK;
    if (begun)
        (void)ferry_cursor_read(cursor, batch, &error);
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    struct reading after = {0};
    bool read = suite_read_all(opened->source, &opened->read, &opened->schema,
                               &ferry_batch_default_limits, &after, &error);
    bool refused = !read && error.status != FERRY_OK && after.rows == 0;
    tap_ok(begun && (refused || (read && after.digest == whole->digest)),
           "after a reading that was broken off, the next one is whole or is refused");
    if (!refused)
        tap_error(&error);
    ferry_error_clear(&error);
}

/* "read_begin fails with FERRY_ERR_BUSY, which may pass, if the result no longer has the columns of
 * `schema`" */
static void test_other_schema(struct opened *opened)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema other = {0};
    for (size_t i = 0; i < opened->schema.count; i++) {
        struct ferry_column column = opened->schema.columns[i];
        if (i == 0)
            column.name = "no_longer_there";
        (void)ferry_schema_add(&other, &column, sizeof column, &error);
    }
    struct ferry_cursor *cursor = NULL;
    ferry_status status =
        ferry_source_read_begin(opened->source, &opened->read, &other, NULL, &cursor, &error);
    if (status == FERRY_OK)
        ferry_cursor_close(cursor);
    if (!tap_ok(status == FERRY_ERR_BUSY && error.may_pass,
                "read_begin refuses columns that are not the result's"))
        tap_note("it returned %d", status);
    ferry_error_clear(&error);
    ferry_schema_done(&other);
}

static void test_missing(const struct suite *suite, struct opened *opened)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_read read = {.text = "no_such_view_here", .kind = FERRY_READ_VIEW};
    if (quirks_int(suite->quirks, "any_name", 0) != 0) {
        tap_skip("the source answers every name", "a view that is not there is NOT_FOUND");
        return;
    }
    ferry_status status = ferry_source_describe(opened->source, &read, &schema, &error);
    bool named = error.message != NULL && strstr(error.message, read.text) != NULL;
    if (!tap_ok(status == FERRY_ERR_NOT_FOUND && named, "a view that is not there is NOT_FOUND"))
        tap_error(&error);
    ferry_schema_done(&schema);
}

/* ---- Two threads ---- */

struct parallel {
    const struct suite *suite;
    struct opened opened;
    struct reading reading;
    struct ferry_error error;
    bool read;
};

static void *read_in_thread(void *data)
{
    struct parallel *side = data;
    if (ferry_connection_thread_begin(side->opened.source, &side->error) != FERRY_OK)
        return NULL;
    side->read = suite_read_all(side->opened.source, &side->opened.read, &side->opened.schema,
                                &ferry_batch_default_limits, &side->reading, &side->error);
    ferry_connection_thread_end(side->opened.source);
    return NULL;
}

/* Both connections are opened here and read elsewhere, as the engine does. */
static void test_two_threads(const struct suite *suite, const struct reading *whole)
{
    struct parallel sides[2] = {0};
    pthread_t threads[2];
    bool same = true;
    for (size_t i = 0; i < 2; i++)
        same = open_and_describe(suite, &sides[i].opened) && same;
    for (size_t i = 0; same && i < 2; i++)
        same = pthread_create(&threads[i], NULL, read_in_thread, &sides[i]) == 0;
    for (size_t i = 0; same && i < 2; i++)
        (void)pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 2; i++)
        same = same && sides[i].read && sides[i].reading.digest == whole->digest;
    tap_ok(same, "two connections read the same rows in two threads at once");
    for (size_t i = 0; i < 2; i++) {
        tap_error(&sides[i].error);
        opened_done(&sides[i].opened);
    }
}

/* ---- A source that is not there ---- */

static void test_bad_source(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_connection *connection = NULL;
    if (!quirks_has(suite->quirks, "bad_source"))
        return;
    struct ferry_config *config =
        quirks_connection(suite->quirks, "bad_source", suite->driver, &error);
    char *class = quirks_text(suite->quirks, "bad_source_class");
    ferry_status status =
        config == NULL ? error.status
                       : ferry_connection_open(config, FERRY_ROLE_SOURCE, &connection, &error);
    bool right = config != NULL && status != FERRY_OK &&
                 (class == NULL || strcmp(ferry_error_class_of(status)->name, class) == 0);
    tap_ok(right, "a source that is not there is refused as '%s'", class == NULL ? "?" : class);
    if (!right)
        tap_error(&error);
    else if (strlen(error.message) < 20)
        tap_note("the message is short: %s", error.message);
    ferry_connection_close(connection);
    ferry_config_free(config);
    free(class);
}

/* How old the rows are: no answer that the core could not use, and a table is itself. */
static void test_freshness(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = NULL;
    struct ferry_freshness answer = {0};
    char *text = NULL;
    const struct ferry_read read = suite_read(suite, &text);
    struct ferry_connection *source = suite_open(suite, "source", FERRY_ROLE_SOURCE, &config);
    bool snapshot = source != NULL && ferry_source_snapshot_begin(source, &error) == FERRY_OK;
    bool asked =
        snapshot && ferry_freshness_ask(source, &read, read.text, &answer, &error) == FERRY_OK;
    tap_ok(asked, "origins and records are told between snapshot_begin and describe");
    tap_error(&error);
    tap_ok(asked && (read.kind == FERRY_READ_QUERY || answer.reads_table),
           "what reads a table or a view by its name comes from it");
    tap_ok(asked && (answer.basis == FERRY_FRESHNESS_UNKNOWN ||
                     (answer.taken_ms > 0 && answer.taken_ms <= ferry_clock_wall_ms())),
           "the rows were read from a primary before now, or nobody knows when");
    if (snapshot)
        ferry_source_snapshot_end(source);
    ferry_connection_close(source);
    ferry_config_free(config);
    free(text);
}

void test_reading(const struct suite *suite)
{
    struct opened opened;
    struct reading whole = {0};
    if (open_and_describe(suite, &opened)) {
        test_describe(suite, &opened);
        test_batches(suite, &opened, &whole);
        test_missing(suite, &opened);
        test_two_threads(suite, &whole);
        test_broken_off(&opened, &whole);
    }
    opened_done(&opened);
    if (open_and_describe(suite, &opened)) /* the connection may be of no use afterwards */
        test_other_schema(&opened);
    opened_done(&opened);
    test_freshness(suite);
    test_bad_source(suite);
}
