/* The queue between the threads of a run that read and the one that writes: batches that wait,
 * bounded in bytes. */

#ifndef FERRY_QUEUE_H
#define FERRY_QUEUE_H

#include <stdbool.h>

#include "driver/batch.h"

/* Batches of up to so many bytes wait or are worked on before the source has to wait.  A row larger
 * than that still passes, alone. */
#define FERRY_QUEUE_BYTES ((size_t)4 << 20)
#define FERRY_QUEUE_BATCHES ((size_t)6)
/* For each reader beyond the first: one that it fills, and one that waits. */
#define FERRY_QUEUE_MORE_BATCHES ((size_t)2)

struct ferry_queue;

/* NULL if out of memory.  `schema` must outlive the queue, which so many threads fill. */
struct ferry_queue *ferry_queue_new(const struct ferry_schema *schema,
                                    const struct ferry_batch_limits *limits, size_t readers);
void ferry_queue_free(struct ferry_queue *queue);

/* A source thread.  An empty batch to fill, as soon as the bytes allow it; NULL once the queue was
 * stopped, or with *ret_no_memory set. */
struct ferry_batch *ferry_queue_take_empty(struct ferry_queue *queue, bool *ret_no_memory);
/* Gives back one that nothing was put into, or nothing of use. */
void ferry_queue_return(struct ferry_queue *queue, struct ferry_batch *batch);
/* Hands a filled batch over. */
void ferry_queue_put(struct ferry_queue *queue, struct ferry_batch *batch);
/* No batch will follow, of any of them. */
void ferry_queue_finish(struct ferry_queue *queue);

/* Target thread.  The next batch, in order; NULL at the end or once the queue was stopped. */
struct ferry_batch *ferry_queue_take_full(struct ferry_queue *queue);
/* Gives a batch back after use. */
void ferry_queue_recycle(struct ferry_queue *queue, struct ferry_batch *batch);

/* Any thread: both sides return NULL from now on, also those that wait. */
void ferry_queue_stop(struct ferry_queue *queue);

#endif
