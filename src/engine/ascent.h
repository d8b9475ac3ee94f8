/* Whether rows come strictly in the order of a key, as ferry_cell_order() compares its cells. */

#ifndef FERRY_ASCENT_H
#define FERRY_ASCENT_H

#include "engine/key.h"

/* One stream of rows, as far as it came. */
struct ferry_ascent {
    const char *name; /* "source", for messages */
    const struct ferry_key *key;
    const struct ferry_cell
        *before;              /* the row before the next, where it is of the same batch ... */
    struct ferry_batch *kept; /* ... else its key alone; empty at the beginning */
    uint64_t row;             /* the last one's number, from 1 */
};

/* `name` and `key` live as long as the ascent, which goes to ferry_ascent_done() whatever is
 * returned. */
ferry_status ferry_ascent_begin(struct ferry_ascent *ascent, const char *name,
                                const struct ferry_key *key, struct ferry_error *error);
void ferry_ascent_done(struct ferry_ascent *ascent);
/* The next row comes strictly behind the one before, and has no NULL in its key; else it is
 * FERRY_ERR_DATA and never guessed at. */
ferry_status ferry_ascent_step(struct ferry_ascent *ascent, const struct ferry_cell *cells,
                               struct ferry_error *error);
/* The batch that holds the last row is about to be reused. */
ferry_status ferry_ascent_keep(struct ferry_ascent *ascent, struct ferry_error *error);

#endif
