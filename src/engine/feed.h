/* Where the rows of a pump come from: a source, or what a target has stored. */

#ifndef FERRY_FEED_H
#define FERRY_FEED_H

#include "driver/connection.h"

/* Made by one of the two below; what it points to must stay until the pump has ended. */
struct ferry_feed {
    struct ferry_connection *connection;
    const struct ferry_schema *schema; /* of what is read */
    const struct ferry_schema *rows;   /* of the batches: `schema`, but where a scan takes less */
    const struct ferry_scan *scan;     /* NULL: everything, in any order */
    const struct ferry_read *read;     /* of a source; NULL: stored rows */
    struct ferry_load *load;           /* of stored rows: before the commit; NULL: the table */
    const struct ferry_layout *layout; /* of stored rows */
};

struct ferry_feed ferry_feed_source(struct ferry_connection *source, const struct ferry_read *read,
                                    const struct ferry_schema *schema);
struct ferry_feed ferry_feed_stored(struct ferry_connection *target, struct ferry_load *load,
                                    const struct ferry_layout *layout);

ferry_status ferry_feed_begin(const struct ferry_feed *feed, struct ferry_cursor **ret_cursor,
                              struct ferry_error *error);

#endif
