/* Full batches in a list that one thread waits for, empty ones in another that is used again. */

#include "engine/queue.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct ferry_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct ferry_schema *schema;
    struct ferry_batch_limits limits;
    size_t most; /* batches */
    size_t full_first;
    size_t full_count;
    size_t empty_count;
    size_t made;  /* batches that exist, wherever they are */
    size_t bytes; /* in batches that were put and not yet recycled */
    bool finished;
    bool stopped;
    struct ferry_batch **empty; /* a stack, behind the ring */
    struct ferry_batch *full[]; /* a ring */
};

struct ferry_queue *ferry_queue_new(const struct ferry_schema *schema,
                                    const struct ferry_batch_limits *limits, size_t readers)
{
    size_t most = FERRY_QUEUE_BATCHES + (readers - 1) * FERRY_QUEUE_MORE_BATCHES;
    struct ferry_queue *queue = calloc(1, sizeof *queue + 2 * most * sizeof(struct ferry_batch *));
    if (queue == NULL)
        return NULL;
    queue->most = most;
    queue->empty = queue->full + most;
    (void)pthread_mutex_init(&queue->lock, NULL);
    (void)pthread_cond_init(&queue->changed, NULL);
    queue->schema = schema;
    queue->limits = *limits;
    return queue;
}

void ferry_queue_free(struct ferry_queue *queue)
{
    if (queue == NULL)
        return;
    for (size_t i = 0; i < queue->full_count; i++)
        ferry_batch_free(queue->full[(queue->full_first + i) % queue->most]);
    for (size_t i = 0; i < queue->empty_count; i++)
        ferry_batch_free(queue->empty[i]);
    (void)pthread_cond_destroy(&queue->changed);
    (void)pthread_mutex_destroy(&queue->lock);
    free(queue);
}

static bool queue_may_fill(const struct ferry_queue *queue)
{
    return queue->bytes < FERRY_QUEUE_BYTES &&
           (queue->empty_count > 0 || queue->made < queue->most);
}

struct ferry_batch *ferry_queue_take_empty(struct ferry_queue *queue, bool *ret_no_memory)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    *ret_no_memory = false;
    while (!queue->stopped && !queue_may_fill(queue))
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    if (queue->stopped)
        return NULL;
    if (queue->empty_count > 0)
        return queue->empty[--queue->empty_count];
    struct ferry_batch *batch = ferry_batch_new(queue->schema, &queue->limits);
    if (batch == NULL)
        *ret_no_memory = true;
    else
        queue->made++;
    return batch;
}

void ferry_queue_return(struct ferry_queue *queue, struct ferry_batch *batch)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    queue->empty[queue->empty_count++] = batch;
    (void)pthread_cond_broadcast(&queue->changed);
}

void ferry_queue_put(struct ferry_queue *queue, struct ferry_batch *batch)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    queue->full[(queue->full_first + queue->full_count) % queue->most] = batch;
    queue->full_count++;
    queue->bytes += ferry_batch_used(batch);
    (void)pthread_cond_broadcast(&queue->changed);
}

void ferry_queue_finish(struct ferry_queue *queue)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    queue->finished = true;
    (void)pthread_cond_broadcast(&queue->changed);
}

struct ferry_batch *ferry_queue_take_full(struct ferry_queue *queue)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    while (!queue->stopped && !queue->finished && queue->full_count == 0)
        (void)pthread_cond_wait(&queue->changed, &queue->lock);
    if (queue->stopped || queue->full_count == 0)
        return NULL;
    struct ferry_batch *batch = queue->full[queue->full_first];
    queue->full_first = (queue->full_first + 1) % queue->most;
    queue->full_count--;
    return batch;
}

void ferry_queue_recycle(struct ferry_queue *queue, struct ferry_batch *batch)
{
    size_t used = ferry_batch_used(batch);
    ferry_batch_reset(batch, 0);
    FERRY_LOCK_SCOPE(&queue->lock);
    queue->bytes -= used;
    queue->empty[queue->empty_count++] = batch;
    (void)pthread_cond_broadcast(&queue->changed);
}

void ferry_queue_stop(struct ferry_queue *queue)
{
    FERRY_LOCK_SCOPE(&queue->lock);
    queue->stopped = true;
    (void)pthread_cond_broadcast(&queue->changed);
}
