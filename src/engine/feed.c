/* The two kinds of rows that are read by a cursor. */

#include "engine/feed.h"
#include "driver/cursor.h"

struct ferry_feed ferry_feed_source(struct ferry_connection *source, const struct ferry_read *read,
                                    const struct ferry_schema *schema)
{
    return (struct ferry_feed){
        .connection = source, .schema = schema, .rows = schema, .read = read};
}

struct ferry_feed ferry_feed_stored(struct ferry_connection *target, struct ferry_load *load,
                                    const struct ferry_layout *layout)
{
    return (struct ferry_feed){
        .connection = target,
        .schema = layout->schema,
        .rows = layout->schema,
        .load = load,
        .layout = layout,
    };
}

ferry_status ferry_feed_begin(const struct ferry_feed *feed, struct ferry_cursor **ret_cursor,
                              struct ferry_error *error)
{
    if (feed->read != NULL)
        return ferry_source_read_begin(feed->connection, feed->read, feed->schema, feed->scan,
                                       ret_cursor, error);
    return ferry_target_stored_begin(feed->connection, feed->load, feed->layout, feed->scan,
                                     ret_cursor, error);
}
