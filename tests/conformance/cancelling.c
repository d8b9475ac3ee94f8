/* cancel(): from another thread, at any time, more than once; what runs ends soon, what comes
 * fails. */

#include "suite.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "driver/cursor.h"
#include "driver/source.h"

/* A call that was cancelled has to end within this. */
#define SOON_MS 5000

static void pause_ms(long ms)
{
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* "any later one fails at once" */
static void test_before_use(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config;
    struct ferry_schema schema = {0};
    char *text;
    const struct ferry_read read = suite_read(suite, &text);
    struct ferry_connection *source = suite_open(suite, "source", FERRY_ROLE_SOURCE, &config);
    if (source != NULL) {
        ferry_connection_cancel(source, FERRY_CANCEL_PEER);
        ferry_connection_cancel(source, FERRY_CANCEL_PEER);
        int64_t started = ferry_clock_ms();
        struct ferry_cursor *cursor = NULL;
        struct ferry_batch *batch = NULL;
        ferry_status status = ferry_source_describe(source, &read, &schema, &error);
        if (status == FERRY_OK)
            status = ferry_source_read_begin(source, &read, &schema, NULL, &cursor, &error);
        if (status == FERRY_OK) {
            batch = ferry_batch_new(&schema, &ferry_batch_default_limits);
            ferry_batch_reset(batch, 1);
            status = ferry_cursor_read(cursor, batch, &error);
        }
        if (!tap_ok(status == FERRY_ERR_CANCELLED && ferry_clock_ms() - started < SOON_MS,
                    "nothing can be read after a cancel"))
            tap_note("the status was %d", status);
        ferry_batch_free(batch);
        ferry_cursor_close(cursor);
    }
    ferry_connection_close(source);
    ferry_schema_done(&schema);
    ferry_config_free(config);
    free(text);
}

struct reader {
    const struct suite *suite;
    struct ferry_connection *source;
    struct ferry_read read;
    struct ferry_error error;
    struct reading reading;
    int64_t ended;
};

static void *read_slowly(void *data)
{
    struct reader *reader = data;
    struct ferry_schema schema = {0};
    if (ferry_connection_thread_begin(reader->source, &reader->error) == FERRY_OK) {
        if (ferry_source_describe(reader->source, &reader->read, &schema, &reader->error) ==
            FERRY_OK)
            (void)suite_read_all(reader->source, &reader->read, &schema,
                                 &ferry_batch_default_limits, &reader->reading, &reader->error);
        ferry_connection_thread_end(reader->source);
    }
    reader->ended = ferry_clock_ms();
    ferry_schema_done(&schema);
    return NULL;
}

/* Rows are left, and none of them comes; what was begun ends at once. */
static void test_mid_stream(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config;
    struct ferry_schema schema = {0};
    struct ferry_cursor *cursor = NULL;
    char *text;
    const struct ferry_batch_limits one = {.rows = 1, .bytes = 1};
    const struct ferry_read read = suite_read(suite, &text);
    struct ferry_connection *source = suite_open(suite, "source", FERRY_ROLE_SOURCE, &config);
    ferry_status status =
        source == NULL ? FERRY_ERR_INTERNAL : ferry_source_describe(source, &read, &schema, &error);
    if (status == FERRY_OK)
        status = ferry_source_read_begin(source, &read, &schema, NULL, &cursor, &error);
    struct ferry_batch *batch = status == FERRY_OK ? ferry_batch_new(&schema, &one) : NULL;
    for (uint64_t row = 1; row <= 2 && status == FERRY_OK; row++) { /* the second is too late */
        ferry_batch_reset(batch, row);
        status = ferry_cursor_read(cursor, batch, &error);
        if (row == 1 && status == FERRY_OK)
            ferry_connection_cancel(source, FERRY_CANCEL_PEER);
    }
    if (!tap_ok(status == FERRY_ERR_CANCELLED, "a cancel between two batches ends the reading"))
        tap_error(&error);
    int64_t started = ferry_clock_ms();
    ferry_cursor_close(cursor);
    ferry_connection_close(source);
    tap_ok(ferry_clock_ms() - started < SOON_MS, "and nobody waits for the rows that are left");
    ferry_batch_free(batch);
    ferry_schema_done(&schema);
    ferry_config_free(config);
    free(text);
}

static void test_in_the_middle(const struct suite *suite)
{
    static const long moments[] = {1, 300};
    if (!quirks_has(suite->quirks, "slow_source")) {
        tap_skip("the quirks name no slow_source", "a reading ends soon after a cancel");
        return;
    }
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        struct ferry_config *config;
        char *text = quirks_text(suite->quirks, "slow_query");
        struct reader reader = {.suite = suite};
        pthread_t thread;
        reader.read = (struct ferry_read){.text = text, .kind = FERRY_READ_QUERY};
        if (text == NULL)
            reader.read = suite_read(suite, &text);
        reader.source = suite_open(suite, "slow_source", FERRY_ROLE_SOURCE, &config);
        if (reader.source != NULL && pthread_create(&thread, NULL, read_slowly, &reader) == 0) {
            pause_ms(moments[i]);
            int64_t cancelled = ferry_clock_ms();
            ferry_connection_cancel(reader.source, FERRY_CANCEL_PEER);
            int64_t returned = ferry_clock_ms();
            (void)pthread_join(thread, NULL);
            tap_ok(returned - cancelled < 1000, "cancel itself does not wait (%ld ms)", moments[i]);
            bool soon =
                reader.error.status == FERRY_ERR_CANCELLED && reader.ended - cancelled < SOON_MS;
            if (!tap_ok(soon, "a reading ends soon after a cancel (%ld ms)", moments[i])) {
                if (reader.error.status == FERRY_OK)
                    tap_note("it was at its end by then: slow_source must take longer");
                tap_note("%" PRId64 " ms later, %" PRIu64 " rows", reader.ended - cancelled,
                         reader.reading.rows);
                tap_error(&reader.error);
            }
        }
        ferry_error_clear(&reader.error);
        ferry_connection_close(reader.source);
        ferry_config_free(config);
        free(text);
    }
}

void test_cancelling(const struct suite *suite)
{
    if (quirks_int(suite->quirks, "no_cancel", 0) != 0) {
        tap_skip("the driver has no cancel", "cancelling");
        return;
    }
    test_before_use(suite);
    test_mid_stream(suite);
    test_in_the_middle(suite);
}
