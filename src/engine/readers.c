/* All are connected before the state is shared, so that writers are kept out for a moment at most.
 *
 * The session's own connection only hands its snapshot on, or keeps the writers out: what it sees
 * itself may be older by then. */

#include "engine/readers.h"

#include <stdlib.h>

#include "base/log.h"
#include "driver/source.h"

struct readers {
    struct ferry_transfer *transfer;
    struct ferry_connection **connections;
    struct ferry_digest **digests; /* NULL: nobody asks */
    size_t count;
    bool is_session; /* the only one is the session's own */
    size_t seeing;   /* so many have a snapshot */
};

/* ---- One state ---- */

static ferry_status fail_reader(size_t i, size_t count, struct ferry_error *error)
{
    ferry_error_prefix(error, "connection %zu of %zu for the partitions: ", i + 1, count);
    return error->status;
}

/* Every one has a state of its own, as was asked for. */
static ferry_status see_each(struct readers *readers, struct ferry_error *error)
{
    for (; readers->seeing < readers->count; readers->seeing++)
        if (ferry_source_snapshot_begin(readers->connections[readers->seeing], error) != FERRY_OK)
            return fail_reader(readers->seeing, readers->count, error);
    return FERRY_OK;
}

static ferry_status join_all(struct readers *readers, const struct ferry_share *share,
                             struct ferry_error *error)
{
    for (; readers->seeing < readers->count; readers->seeing++)
        if (ferry_source_share_join(readers->connections[readers->seeing], share, error) !=
            FERRY_OK)
            return fail_reader(readers->seeing, readers->count, error);
    return FERRY_OK;
}

/* What is locked is let go whatever came in between; the first failure is the one that counts. */
static ferry_status see_one(struct readers *readers, struct ferry_error *error)
{
    const struct ferry_session *session = readers->transfer->session;
    struct ferry_share share = {0};
    struct ferry_error at_end = {0};
    const struct ferry_share_spec spec = {
        .how = readers->transfer->plan->partitions.sharing == FERRY_SHARING_SHARED
                   ? FERRY_SHARE_OWN
                   : FERRY_SHARE_LOCK,
        .joiners = (uint32_t)readers->count,
        .lock_wait_ms = session->job->route.lock_wait_ms,
    };
    ferry_status status = ferry_source_share_begin(
        session->source, ferry_transfer_read(readers->transfer), &spec, &share, error);
    if (status != FERRY_OK)
        return status;
    status = join_all(readers, &share, error);
    ferry_share_done(&share);
    if (ferry_source_share_end(session->source, &at_end) != FERRY_OK && status == FERRY_OK)
        ferry_error_move(error, &at_end);
    ferry_error_clear(&at_end);
    return error->status;
}

/* ---- The connections ---- */

static ferry_status connect_all(struct readers *readers, struct ferry_error *error)
{
    struct ferry_session *session = readers->transfer->session;
    if (readers->count == 1) {
        readers->is_session = true;
        readers->connections[0] = session->source;
        return FERRY_OK;
    }
    for (size_t i = 0; i < readers->count; i++)
        if (ferry_session_open_reader(session, &readers->connections[i], error) != FERRY_OK)
            return fail_reader(i, readers->count, error);
    return FERRY_OK;
}

static ferry_status make_digests(struct readers *readers, const struct ferry_schema *schema,
                                 struct ferry_error *error)
{
    readers->digests = calloc(readers->count, sizeof *readers->digests);
    bool made = readers->digests != NULL;
    for (size_t i = 0; i < readers->count && made; i++) {
        readers->digests[i] = ferry_digest_new(schema);
        made = readers->digests[i] != NULL;
    }
    return made ? FERRY_OK : ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a digest");
}

static ferry_status open_all(struct readers *readers, const struct ferry_schema *schema,
                             struct ferry_error *error)
{
    const struct ferry_partitions *partitions = &readers->transfer->plan->partitions;
    readers->connections = calloc(partitions->readers, sizeof *readers->connections);
    if (readers->connections == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for connections");
    readers->count = partitions->readers;
    ferry_status status = FERRY_OK;
    if (readers->transfer->pump.digest != NULL)
        status = make_digests(readers, schema, error);
    if (status == FERRY_OK)
        status = connect_all(readers, error);
    if (status != FERRY_OK || readers->is_session)
        return status;
    return partitions->sharing == FERRY_SHARING_NONE ? see_each(readers, error)
                                                     : see_one(readers, error);
}

/* Why one was cancelled is told of the session's, which is asked for it. */
static void close_connection(const struct readers *readers, size_t i)
{
    struct ferry_connection *connection = readers->connections[i];
    if (connection == NULL)
        return;
    enum ferry_cancel_reason reason = ferry_connection_cancelled(connection);
    if (reason == FERRY_CANCEL_STALL || reason == FERRY_CANCEL_DEADLINE)
        ferry_connection_cancel(readers->transfer->session->source, reason);
    if (i < readers->seeing)
        ferry_source_snapshot_end(connection);
    ferry_connection_close(connection);
}

static void close_all(struct readers *readers)
{
    for (size_t i = 0; i < readers->count; i++) {
        if (!readers->is_session)
            close_connection(readers, i);
        if (readers->digests != NULL)
            ferry_digest_free(readers->digests[i]);
    }
    free(readers->connections);
    free(readers->digests);
}

/* ---- The reading ---- */

static ferry_status pump_ranges(struct readers *readers, const struct ferry_ranges *ranges,
                                struct ferry_error *error)
{
    struct ferry_pump *pump = &readers->transfer->pump;
    size_t only = readers->transfer->plan->partitions.only;
    const struct ferry_crew crew = {
        .connections = readers->connections,
        .digests = readers->digests,
        .count = readers->count,
        .ranges = only > 0 ? &ranges->list[only - 1] : ranges->list,
        .range_count = only > 0 ? 1 : ranges->count,
    };
    if (readers->transfer->plan->partitions.sharing == FERRY_SHARING_NONE)
        readers->transfer->states = readers->count;
    pump->crew = &crew;
    ferry_status status = ferry_pump_run(pump, error);
    pump->crew = NULL;
    for (size_t i = 0; status == FERRY_OK && readers->digests != NULL && i < readers->count; i++)
        ferry_digest_merge(pump->digest, readers->digests[i]);
    return status;
}

static void log_partitions(const struct ferry_partitions *partitions)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    ferry_partition_add(partitions, &text);
    ferry_log(FERRY_LOG_INFO, "partitions: %s", ferry_strbuf_text(&text));
}

ferry_status ferry_readers_pump(struct ferry_transfer *transfer, const struct ferry_schema *schema,
                                struct ferry_error *error)
{
    const struct ferry_partitions *partitions = &transfer->plan->partitions;
    struct readers readers = {.transfer = transfer};
    struct ferry_ranges ranges = {0};
    if (partitions->count <= 1 || transfer->pump.feed.scan != NULL)
        return ferry_pump_run(&transfer->pump, error);
    log_partitions(partitions);
    ferry_status status = ferry_ranges_make(partitions, &ranges, error);
    if (status == FERRY_OK)
        status = open_all(&readers, schema, error);
    if (status == FERRY_OK)
        status = pump_ranges(&readers, &ranges, error);
    close_all(&readers);
    ferry_ranges_done(&ranges);
    return status;
}
