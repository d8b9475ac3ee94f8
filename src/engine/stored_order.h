/* What a table holds, in the order of the plan's key, to be compared with what a source gives. */

#ifndef FERRY_STORED_ORDER_H
#define FERRY_STORED_ORDER_H

#include <stdbool.h>

#include "driver/cursor.h"
#include "engine/negotiate.h"

/* Values that no source of such columns can have given come too, each with its kind: somebody else
 * has put them there, and they are to be found different. */
struct ferry_stored_order {
    struct ferry_schema schema; /* the plan's, in which anything may stand */
    struct ferry_layout layout;
    struct ferry_scan scan;
    struct ferry_cursor *cursor;
};

/* `load` is one of changes whose rows are not applied yet, or NULL: then it is the table as it
 * stands.  With `only_key`, the batches have the key's columns alone.  It stays where it is until
 * ferry_stored_order_end(), which follows also where this fails. */
ferry_status ferry_stored_order_begin(struct ferry_stored_order *stored,
                                      const struct ferry_plan *plan,
                                      struct ferry_connection *target, struct ferry_load *load,
                                      const char *table, bool only_key, struct ferry_error *error);
/* The next rows, as a merge asks for them; `stored` is the struct above. */
ferry_status ferry_stored_order_read(void *stored, struct ferry_batch *batch,
                                     struct ferry_error *error);
void ferry_stored_order_end(struct ferry_stored_order *stored);

/* How the source is read for that. */
struct ferry_scan ferry_source_order(const struct ferry_plan *plan, bool only_key);

#endif
