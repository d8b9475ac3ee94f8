/* The two threads of a pump, and who of them is to blame. */

#include "engine/pump.h"

#include <pthread.h>
#include <string.h>

#include "driver/cursor.h"
#include "engine/queue.h"

/* Who failed first; what the other side says afterwards is an echo. */
enum blame { BLAME_NOBODY, BLAME_READER, BLAME_SINK };

struct reader {
    struct ferry_pump *pump;
    struct ferry_queue *queue;
    struct ferry_error error;
    atomic_int blame;
};

/* Ends both sides: the first to call it is to blame, and the other one's connection is cancelled,
 * so that nobody waits for it. */
static void give_up(struct reader *reader, enum blame side)
{
    int nobody = BLAME_NOBODY;
    (void)atomic_compare_exchange_strong(&reader->blame, &nobody, side);
    ferry_queue_stop(reader->queue);
    struct ferry_connection *other =
        side == BLAME_READER ? reader->pump->sink.connection : reader->pump->feed.connection;
    if (other != NULL)
        ferry_connection_cancel(other, FERRY_CANCEL_PEER);
}

/* Fills one batch; false at the end of the rows, after a failure, or once the queue was stopped. */
static bool read_one_batch(struct reader *reader, struct ferry_cursor *cursor)
{
    struct ferry_pump *pump = reader->pump;
    bool no_memory = false;
    struct ferry_batch *batch = ferry_queue_take_empty(reader->queue, &no_memory);
    if (no_memory)
        (void)ferry_fail(&reader->error, FERRY_ERR_SYSTEM, "out of memory for a batch of rows");
    if (batch == NULL)
        return false;
    ferry_batch_reset(batch, atomic_load(&pump->rows_read) + 1);
    ferry_status status = ferry_cursor_read(cursor, batch, &reader->error);
    if (status == FERRY_OK)
        status = ferry_zero_date_apply(pump->zero_dates, batch, &reader->error);
    size_t rows = ferry_batch_count(batch);
    if (status != FERRY_OK || rows == 0) {
        ferry_batch_free(batch);
        return false;
    }
    if (pump->digest != NULL)
        ferry_digest_add_batch(pump->digest, batch);
    atomic_fetch_add(&pump->rows_read, rows);
    atomic_fetch_add(&pump->bytes, ferry_batch_used(batch));
    ferry_queue_put(reader->queue, batch);
    return true;
}

static void read_all(struct reader *reader)
{
    struct ferry_pump *pump = reader->pump;
    struct ferry_cursor *cursor = NULL;
    ferry_status status = ferry_feed_begin(&pump->feed, &cursor, &reader->error);
    if (status != FERRY_OK)
        return;
    while (read_one_batch(reader, cursor))
        ;
    ferry_cursor_close(cursor);
}

static void *reader_thread(void *data)
{
    struct reader *reader = data;
    if (ferry_connection_thread_begin(reader->pump->feed.connection, &reader->error) == FERRY_OK) {
        read_all(reader);
        ferry_connection_thread_end(reader->pump->feed.connection);
    }
    if (reader->error.status == FERRY_OK)
        ferry_queue_finish(reader->queue);
    else
        give_up(reader, BLAME_READER);
    return NULL;
}

static void hand_over_all(struct reader *reader, struct ferry_error *error)
{
    struct ferry_pump *pump = reader->pump;
    struct ferry_batch *batch;
    while ((batch = ferry_queue_take_full(reader->queue)) != NULL) {
        size_t rows = ferry_batch_count(batch);
        ferry_status status = pump->sink.take(pump->sink.to, batch, error);
        ferry_queue_recycle(reader->queue, batch);
        if (status != FERRY_OK) {
            give_up(reader, BLAME_SINK);
            return;
        }
        atomic_fetch_add(&pump->rows_loaded, rows);
    }
}

/* The error of the side that failed first is the one that is reported. */
static void take_blamed_error(struct reader *reader, struct ferry_error *error)
{
    if (atomic_load(&reader->blame) != BLAME_READER)
        return;
    ferry_error_move(error, &reader->error);
}

ferry_status ferry_pump_run(struct ferry_pump *pump, struct ferry_error *error)
{
    struct reader reader = {.pump = pump};
    pthread_t thread;
    reader.queue = ferry_queue_new(pump->feed.rows, &ferry_batch_default_limits);
    if (reader.queue == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the queue of batches");
    int failure = ferry_thread_create(&thread, reader_thread, &reader);
    if (failure != 0) {
        (void)ferry_fail(error, FERRY_ERR_SYSTEM, "cannot start a thread: %s", strerror(failure));
    } else {
        hand_over_all(&reader, error);
        (void)pthread_join(thread, NULL);
        take_blamed_error(&reader, error);
    }
    ferry_queue_free(reader.queue);
    ferry_error_clear(&reader.error);
    return error->status;
}
