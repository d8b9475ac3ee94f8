/* The threads of a pump, and who of them is to blame. */

#include "engine/pump.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/cursor.h"
#include "engine/queue.h"

/* Who failed first; what others say afterwards is an echo.  Readers are counted from the last. */
enum blame { BLAME_NOBODY, BLAME_SINK, BLAME_READER };

/* What all threads of a pump share. */
struct crowd {
    struct ferry_pump *pump;
    struct ferry_queue *queue;
    struct reader *readers;
    size_t count;
    atomic_int blame;
    atomic_size_t next;    /* the range that nobody has */
    atomic_size_t reading; /* who has not ended */
};

struct reader {
    struct crowd *crowd;
    struct ferry_connection *connection;
    struct ferry_digest *digest;
    pthread_t thread;
    bool is_started;
    size_t range;  /* that is read, from 1; 0: there is but one */
    uint64_t rows; /* of it, so far */
    bool is_done;  /* it failed, or the queue was stopped */
    struct ferry_error error;
};

/* Ends all: the first to call it is to blame, and the others' connections are cancelled, so that
 * nobody waits for them.  `failed` NULL: the sink. */
static void give_up(struct crowd *crowd, const struct reader *failed)
{
    int nobody = BLAME_NOBODY;
    int side = failed == NULL ? BLAME_SINK : BLAME_READER + (int)(failed - crowd->readers);
    (void)atomic_compare_exchange_strong(&crowd->blame, &nobody, side);
    ferry_queue_stop(crowd->queue);
    if (failed != NULL && crowd->pump->sink.connection != NULL)
        ferry_connection_cancel(crowd->pump->sink.connection, FERRY_CANCEL_PEER);
    for (size_t i = 0; i < crowd->count; i++)
        if (&crowd->readers[i] != failed)
            ferry_connection_cancel(crowd->readers[i].connection, FERRY_CANCEL_PEER);
}

/* Fills one batch; false at the end of the range, or where the reader is done. */
static bool read_one_batch(struct reader *reader, struct ferry_cursor *cursor)
{
    struct ferry_pump *pump = reader->crowd->pump;
    bool no_memory = false;
    struct ferry_batch *batch = ferry_queue_take_empty(reader->crowd->queue, &no_memory);
    if (no_memory)
        (void)ferry_fail(&reader->error, FERRY_ERR_SYSTEM, "out of memory for a batch of rows");
    reader->is_done = batch == NULL;
    if (reader->is_done)
        return false;
    ferry_batch_reset(batch, reader->rows + 1);
    ferry_batch_set_part(batch, reader->range);
    ferry_status status = ferry_cursor_read(cursor, batch, &reader->error);
    if (status == FERRY_OK)
        status = ferry_zero_date_apply(pump->zero_dates, batch, &reader->error);
    size_t rows = ferry_batch_count(batch);
    reader->is_done = status != FERRY_OK;
    if (reader->is_done || rows == 0) {
        ferry_queue_return(reader->crowd->queue, batch);
        return false;
    }
    if (reader->digest != NULL)
        ferry_digest_add_batch(reader->digest, batch);
    reader->rows += rows;
    atomic_fetch_add(&pump->rows_read, rows);
    atomic_fetch_add(&pump->bytes, ferry_batch_used(batch));
    ferry_queue_put(reader->crowd->queue, batch);
    return true;
}

static void read_range(struct reader *reader, const struct ferry_scan *scan)
{
    struct ferry_feed feed = reader->crowd->pump->feed;
    struct ferry_cursor *cursor = NULL;
    feed.connection = reader->connection;
    feed.scan = scan;
    reader->rows = 0;
    reader->is_done = ferry_feed_begin(&feed, &cursor, &reader->error) != FERRY_OK;
    if (reader->is_done)
        return;
    while (read_one_batch(reader, cursor))
        ;
    ferry_cursor_close(cursor);
}

static void read_all(struct reader *reader)
{
    struct crowd *crowd = reader->crowd;
    const struct ferry_crew *crew = crowd->pump->crew;
    if (crew == NULL) {
        read_range(reader, crowd->pump->feed.scan);
        return;
    }
    while (!reader->is_done) {
        size_t i = atomic_fetch_add(&crowd->next, 1);
        if (i >= crew->range_count)
            return;
        reader->range = i + 1;
        read_range(reader, &crew->ranges[i]);
    }
}

static void *reader_thread(void *data)
{
    struct reader *reader = data;
    struct crowd *crowd = reader->crowd;
    if (ferry_connection_thread_begin(reader->connection, &reader->error) == FERRY_OK) {
        read_all(reader);
        ferry_connection_thread_end(reader->connection);
    }
    if (reader->error.status != FERRY_OK)
        give_up(crowd, reader);
    else if (atomic_fetch_sub(&crowd->reading, 1) == 1)
        ferry_queue_finish(crowd->queue);
    return NULL;
}

static void hand_over_all(struct crowd *crowd, struct ferry_error *error)
{
    struct ferry_pump *pump = crowd->pump;
    struct ferry_batch *batch;
    while ((batch = ferry_queue_take_full(crowd->queue)) != NULL) {
        size_t rows = ferry_batch_count(batch);
        ferry_status status = pump->sink.take(pump->sink.to, batch, error);
        ferry_queue_recycle(crowd->queue, batch);
        if (status != FERRY_OK) {
            give_up(crowd, NULL);
            return;
        }
        atomic_fetch_add(&pump->rows_loaded, rows);
    }
}

/* The error of who failed first is the one that is reported. */
static void take_blamed_error(struct crowd *crowd, struct ferry_error *error)
{
    int blame = atomic_load(&crowd->blame);
    if (blame >= BLAME_READER)
        ferry_error_move(error, &crowd->readers[blame - BLAME_READER].error);
}

/* One that cannot be started ends those that were. */
static void start_readers(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->count; i++) {
        struct reader *reader = &crowd->readers[i];
        int failure = ferry_thread_create(&reader->thread, reader_thread, reader);
        reader->is_started = failure == 0;
        if (reader->is_started)
            continue;
        (void)ferry_fail(&reader->error, FERRY_ERR_SYSTEM, "cannot start a thread: %s",
                         strerror(failure));
        give_up(crowd, reader);
        return;
    }
}

static void end_readers(struct crowd *crowd, struct ferry_error *error)
{
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->readers[i].is_started)
            (void)pthread_join(crowd->readers[i].thread, NULL);
    take_blamed_error(crowd, error);
    for (size_t i = 0; i < crowd->count; i++)
        ferry_error_clear(&crowd->readers[i].error);
}

static bool make_readers(struct crowd *crowd)
{
    struct ferry_pump *pump = crowd->pump;
    const struct ferry_crew *crew = pump->crew;
    crowd->count = crew == NULL ? 1 : crew->count;
    crowd->reading = crowd->count;
    crowd->readers = calloc(crowd->count, sizeof *crowd->readers);
    crowd->queue = ferry_queue_new(pump->feed.rows, &ferry_batch_default_limits, crowd->count);
    if (crowd->readers == NULL || crowd->queue == NULL)
        return false;
    for (size_t i = 0; i < crowd->count; i++) {
        struct reader *reader = &crowd->readers[i];
        reader->crowd = crowd;
        reader->connection = crew == NULL ? pump->feed.connection : crew->connections[i];
        reader->digest = crew == NULL            ? pump->digest
                         : crew->digests != NULL ? crew->digests[i]
                                                 : NULL;
    }
    return true;
}

ferry_status ferry_pump_run(struct ferry_pump *pump, struct ferry_error *error)
{
    struct crowd crowd = {.pump = pump};
    if (make_readers(&crowd)) {
        start_readers(&crowd);
        hand_over_all(&crowd, error);
        end_readers(&crowd, error);
    } else {
        (void)ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the queue of batches");
    }
    ferry_queue_free(crowd.queue);
    free(crowd.readers);
    return error->status;
}
