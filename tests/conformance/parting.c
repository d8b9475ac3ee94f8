/* Parts of the source that the quirks name, and connections that read them in one state. */

#include <stdlib.h>

#include "driver/cell.h"
#include "driver/cursor.h"
#include "driver/digest.h"
#include "driver/source.h"
#include "engine/partition.h"
#include "suite.h"

#define PARTS 4
#define JOINERS 2

struct parting {
    const struct suite *suite;
    struct ferry_connection *source;
    struct ferry_config *config;
    struct ferry_read read;
    char *text;
    struct ferry_schema schema;
    bool snapshot;
};

static bool can_be_cut(const struct ferry_column *column)
{
    return (column->flags & FERRY_COLUMN_ORDERED) != 0 &&
           (column->flags & FERRY_COLUMN_LOOSE) == 0 &&
           (column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DECIMAL ||
            column->type == FERRY_TYPE_DATE || column->type == FERRY_TYPE_DATETIME);
}

static ferry_status read_range(const struct parting *parting, struct ferry_connection *connection,
                               const struct ferry_scan *scan, struct ferry_digest *digest,
                               struct ferry_error *error)
{
    struct ferry_cursor *cursor = NULL;
    struct ferry_batch *batch = ferry_batch_new(&parting->schema, &ferry_batch_default_limits);
    ferry_status status =
        ferry_source_read_begin(connection, &parting->read, &parting->schema, scan, &cursor, error);
    for (bool ended = false; status == FERRY_OK && !ended;) {
        ferry_batch_reset(batch, 1);
        status = ferry_cursor_read(cursor, batch, error);
        ended = ferry_batch_count(batch) == 0;
        if (status == FERRY_OK)
            ferry_digest_add_batch(digest, batch);
    }
    ferry_cursor_close(cursor);
    ferry_batch_free(batch);
    return status;
}

/* Whether the ranges, read by these connections in turn, are all rows. */
static bool are_all_rows(const struct parting *parting, const struct ferry_ranges *ranges,
                         struct ferry_connection *const *connections, size_t count,
                         const struct ferry_digest *whole, struct ferry_error *error)
{
    struct ferry_digest *sum = ferry_digest_new(&parting->schema);
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < ranges->count && status == FERRY_OK; i++)
        status = read_range(parting, connections[i % count], &ranges->list[i], sum, error);
    bool are = status == FERRY_OK && ferry_digest_equal(sum, whole);
    ferry_digest_free(sum);
    return are;
}

static void test_column(const struct parting *parting, size_t column,
                        const struct ferry_digest *whole)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_partitions partitions = {.column = column};
    struct ferry_ranges ranges = {0};
    ferry_status status = ferry_source_part(parting->source, &parting->read, &parting->schema,
                                            column, PARTS, &partitions.cuts, &error);
    partitions.count = partitions.cuts.count + 1;
    if (status == FERRY_OK)
        status = ferry_ranges_make(&partitions, &ranges, &error);
    tap_ok(status == FERRY_OK && are_all_rows(parting, &ranges, &parting->source, 1, whole, &error),
           "parts of the source by %s, %zu of them, are all its rows",
           parting->schema.columns[column].name, partitions.count);
    tap_error(&error);
    ferry_ranges_done(&ranges);
    ferry_partitions_done(&partitions);
}

/* ---- One state ---- */

struct joiner {
    struct ferry_connection *connection;
    struct ferry_config *config;
    bool joined;
};

static ferry_status join_all(const struct parting *parting, uint32_t how, struct joiner *joiners,
                             struct ferry_error *error)
{
    FERRY_AUTO_ERROR struct ferry_error at_end = {0};
    struct ferry_share share = {0};
    const struct ferry_share_spec spec = {.how = how, .joiners = JOINERS, .lock_wait_ms = 5000};
    ferry_status status =
        ferry_source_share_begin(parting->source, &parting->read, &spec, &share, error);
    if (status != FERRY_OK)
        return status;
    for (size_t i = 0; i < JOINERS && status == FERRY_OK; i++) {
        status = ferry_source_share_join(joiners[i].connection, &share, error);
        joiners[i].joined = status == FERRY_OK;
    }
    ferry_share_done(&share);
    tap_ok(ferry_source_share_end(parting->source, &at_end) == FERRY_OK,
           "the state was one until all have joined it");
    tap_error(&at_end);
    return status;
}

static void test_sharing(const struct parting *parting, uint32_t how,
                         const struct ferry_digest *whole)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_scan all = {0};
    const struct ferry_ranges once = {.list = (struct ferry_scan *)&all, .count = 1};
    struct joiner joiners[JOINERS] = {0};
    bool open = true;
    for (size_t i = 0; i < JOINERS; i++) {
        joiners[i].connection =
            suite_open(parting->suite, "source", FERRY_ROLE_SOURCE, &joiners[i].config);
        open = open && joiners[i].connection != NULL;
    }
    bool joined = open && join_all(parting, how, joiners, &error) == FERRY_OK;
    tap_ok(joined, "other connections see the state of one, %s",
           how == FERRY_SHARE_OWN ? "which hands it on" : "which keeps writers out");
    for (size_t i = 0; i < JOINERS; i++) {
        tap_ok(joined && are_all_rows(parting, &once, &joiners[i].connection, 1, whole, &error),
               "connection %zu reads all rows in it", i + 1);
        tap_error(&error);
        if (joiners[i].joined)
            ferry_source_snapshot_end(joiners[i].connection);
        ferry_connection_close(joiners[i].connection);
        ferry_config_free(joiners[i].config);
    }
}

static void test_all(const struct parting *parting)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_scan all = {0};
    struct ferry_digest *whole = ferry_digest_new(&parting->schema);
    tap_ok(read_range(parting, parting->source, &all, whole, &error) == FERRY_OK,
           "the source is read, to be parted");
    tap_error(&error);
    for (size_t i = 0; i < parting->schema.count; i++)
        if (can_be_cut(&parting->schema.columns[i]))
            test_column(parting, i, whole);
    if (ferry_source_shares(parting->source, FERRY_SHARE_OWN))
        test_sharing(parting, FERRY_SHARE_OWN, whole);
    if (ferry_source_shares(parting->source, FERRY_SHARE_LOCK)) /* the last: its snapshot is gone */
        test_sharing(parting, FERRY_SHARE_LOCK, whole);
    ferry_digest_free(whole);
}

void test_parting(const struct suite *suite)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct parting parting = {.suite = suite};
    if (!suite->driver->parts) {
        tap_skip("the driver parts no tables", "parts of the source");
        return;
    }
    parting.read = suite_read(suite, &parting.text);
    parting.source = suite_open(suite, "source", FERRY_ROLE_SOURCE, &parting.config);
    parting.snapshot =
        parting.source != NULL && ferry_source_snapshot_begin(parting.source, &error) == FERRY_OK;
    if (tap_ok(parting.snapshot && ferry_source_describe(parting.source, &parting.read,
                                                         &parting.schema, &error) == FERRY_OK,
               "the source is described, to be parted"))
        test_all(&parting);
    tap_error(&error);
    if (parting.snapshot)
        ferry_source_snapshot_end(parting.source);
    ferry_connection_close(parting.source);
    ferry_schema_done(&parting.schema);
    ferry_config_free(parting.config);
    free(parting.text);
}
