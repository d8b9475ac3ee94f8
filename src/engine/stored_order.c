/* A scan of both sides by the same columns. */

#include "engine/stored_order.h"

/* What a column of a source may promise, and a table that others write to does not keep. */
#define PROMISES                                                                                   \
    (FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_ONLY_NULL | FERRY_COLUMN_NO_NAN |                        \
     FERRY_COLUMN_NO_INFINITY)

static ferry_status make_schema(struct ferry_stored_order *stored, const struct ferry_plan *plan,
                                struct ferry_error *error)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < plan->schema.count && status == FERRY_OK; i++) {
        struct ferry_column column = plan->schema.columns[i];
        column.flags &= ~PROMISES;
        if (column.type != FERRY_TYPE_ANY)
            column.flags |= FERRY_COLUMN_LOOSE;
        status = ferry_schema_add(&stored->schema, &column, sizeof column, error);
    }
    return status;
}

struct ferry_scan ferry_source_order(const struct ferry_plan *plan, bool only_key)
{
    return (struct ferry_scan){
        .order = plan->key.columns,
        .order_count = plan->key.count,
        .columns = plan->key.columns,
        .column_count = only_key ? plan->key.count : 0,
    };
}

ferry_status ferry_stored_order_begin(struct ferry_stored_order *stored,
                                      const struct ferry_plan *plan,
                                      struct ferry_connection *target, struct ferry_load *load,
                                      const char *table, bool only_key, struct ferry_error *error)
{
    *stored = (struct ferry_stored_order){.layout = ferry_plan_layout(plan, table),
                                          .scan = ferry_source_order(plan, only_key)};
    ferry_status status = make_schema(stored, plan, error);
    stored->layout.schema = &stored->schema;
    if (status == FERRY_OK)
        status = ferry_target_stored_begin(target, load, &stored->layout, &stored->scan,
                                           &stored->cursor, error);
    if (status == FERRY_OK)
        ferry_cursor_expect_anything(stored->cursor);
    return status;
}

ferry_status ferry_stored_order_read(void *stored, struct ferry_batch *batch,
                                     struct ferry_error *error)
{
    return ferry_cursor_read(((struct ferry_stored_order *)stored)->cursor, batch, error);
}

void ferry_stored_order_end(struct ferry_stored_order *stored)
{
    ferry_cursor_close(stored->cursor);
    ferry_schema_done(&stored->schema);
    *stored = (struct ferry_stored_order){0};
}
