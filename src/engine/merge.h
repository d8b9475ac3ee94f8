/* The merge: two streams of rows, both in the order of a key, and what has to be done with the
 * second so that it holds what the first does. */

#ifndef FERRY_MERGE_H
#define FERRY_MERGE_H

#include <stdbool.h>

#include "driver/batch.h"

/* Alive as long as the merge. */
struct ferry_merge_spec {
    const struct ferry_schema *schema; /* of both streams */
    const size_t *key;                 /* its columns, as the streams are ordered by them */
    size_t key_count;
    /* The next rows that are stored, an empty batch at their end. */
    ferry_status (*read_stored)(void *from, struct ferry_batch *batch, struct ferry_error *error);
    void *from;
    /* Takes rows to be inserted or updated, of `schema`, or the keys of rows to be deleted, whose
     * schema has the key's columns alone; `operation` is FERRY_OP_. */
    ferry_status (*change)(void *to, uint32_t operation, const struct ferry_batch *batch,
                           struct ferry_error *error);
    /* Or is told of each row that is on one side alone (the other is NULL), or not the same on
     * both, and then `change` is not called; NULL: it is. */
    ferry_status (*differ)(void *to, const struct ferry_cell *source,
                           const struct ferry_cell *stored, struct ferry_error *error);
    void *to;
};

struct ferry_merge_counts {
    uint64_t inserted;
    uint64_t updated;
    uint64_t deleted;
    uint64_t unchanged;
};

struct ferry_merge;

ferry_status ferry_merge_begin(const struct ferry_merge_spec *spec, struct ferry_merge **ret_merge,
                               struct ferry_error *error);
/* The next rows of the first stream.  Both streams must ascend strictly in the order of
 * ferry_cell_order(), without a NULL in the key: a key that comes twice, and an order that is
 * another, is FERRY_ERR_DATA and never guessed at.  Memory does not grow with the rows. */
ferry_status ferry_merge_take(struct ferry_merge *merge, const struct ferry_batch *batch,
                              struct ferry_error *error);
/* The first stream has ended: what else is stored goes. */
ferry_status ferry_merge_end(struct ferry_merge *merge, struct ferry_merge_counts *ret_counts,
                             struct ferry_error *error);
void ferry_merge_free(struct ferry_merge *merge); /* NULL allowed */

#endif
