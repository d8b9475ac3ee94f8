/* The columns by which rows are told apart, and rows compared and copied by them. */

#ifndef FERRY_KEY_H
#define FERRY_KEY_H

#include <stdbool.h>

#include "driver/batch.h"
#include "driver/cell.h"

/* Start as {0}. */
struct ferry_key {
    const struct ferry_schema *schema; /* of the rows; outlives the key, as `columns` does */
    const size_t *columns;
    size_t count;
    struct ferry_cell_form *forms; /* one per column of the schema */
    struct ferry_schema alone;     /* of batches that have the key's columns and no other */
};

/* It goes to ferry_key_done() whatever is returned. */
ferry_status ferry_key_begin(struct ferry_key *key, const struct ferry_schema *schema,
                             const size_t *columns, size_t count, struct ferry_error *error);
void ferry_key_done(struct ferry_key *key);

/* How the keys of two rows stand to each other, as ferry_cell_order() does. */
int ferry_key_order(const struct ferry_key *key, const struct ferry_cell *a,
                    const struct ferry_cell *b);
/* The same where `a` is a row of a batch of keys alone. */
int ferry_key_order_alone(const struct ferry_key *key, const struct ferry_cell *a,
                          const struct ferry_cell *b);
/* Adds a row to `to`: this row, or its key alone.  False if out of memory. */
bool ferry_key_copy_row(const struct ferry_key *key, const struct ferry_cell *cells, bool only_key,
                        struct ferry_batch *to);

#endif
