/* Rows come in the same way from both: begun, read batch by batch, ended. */

#include "driver/cursor.h"

#include <stdlib.h>

#include "driver/call.h"
#include "driver/change.h"
#include "driver/contract.h"

struct ferry_cursor {
    struct ferry_connection *connection;
    void *cursor;  /* the driver's own */
    bool stored;   /* of a target's stored rows; else of a source's */
    bool anything; /* they are not held against their columns' types */
};

/* Every row, in any order. */
static const struct ferry_scan whole_scan;

static bool asks_for_more(const struct ferry_scan *scan)
{
    return scan->order_count > 0 || scan->bound_count > 0 || scan->column_count > 0 ||
           scan->touched != 0;
}

static ferry_status check_scan(const struct ferry_connection *connection, uint32_t abilities,
                               const struct ferry_scan *scan, struct ferry_error *error)
{
    if (!asks_for_more(scan) || (abilities & FERRY_SCANS) != 0)
        return FERRY_OK;
    return ferry_fail(error, FERRY_ERR_UNSUPPORTED,
                      "the driver '%s' reads whole tables in any order alone; choose strategy = "
                      "\"replace\"",
                      connection->driver->driver.name);
}

ferry_status ferry_source_read_begin(struct ferry_connection *source, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     const struct ferry_scan *scan,
                                     struct ferry_cursor **ret_cursor, struct ferry_error *error)
{
    if (scan == NULL)
        scan = &whole_scan;
    ferry_status status = check_scan(source, source->driver->source.abilities, scan, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a cursor");
    cursor->connection = source;
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    status =
        source->driver->source.read_begin(source->conn, read, schema, scan, &cursor->cursor, error);
    status = ferry_call_end(source, "read_begin", status, cursor->cursor != NULL, error);
    if (status != FERRY_OK) {
        free(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

/* Here, beside the reading whose scan it is given. */
ferry_status ferry_source_estimate(struct ferry_connection *source, const struct ferry_read *read,
                                   const struct ferry_schema *schema, const struct ferry_scan *scan,
                                   uint64_t *ret_rows, struct ferry_error *error)
{
    uint64_t rows = FERRY_ROWS_UNKNOWN;
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.estimate(
        source->conn, read, schema, scan == NULL ? &whole_scan : scan, &rows, error);
    status = ferry_call_end(source, "estimate", status, true, error);
    if (status == FERRY_OK)
        *ret_rows = rows;
    return status;
}

ferry_status ferry_target_stored_begin(struct ferry_connection *target, struct ferry_load *load,
                                       const struct ferry_layout *layout,
                                       const struct ferry_scan *scan,
                                       struct ferry_cursor **ret_cursor, struct ferry_error *error)
{
    if (scan == NULL)
        scan = &whole_scan;
    ferry_status status = check_scan(target, target->driver->target.abilities, scan, error);
    if (status != FERRY_OK)
        return status;
    struct ferry_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a cursor");
    cursor->connection = target;
    cursor->stored = true;
    DRIVER_SCOPE(target->driver);
    status = target->driver->target.stored_begin(target->conn, load == NULL ? NULL : load->load,
                                                 layout, scan, &cursor->cursor, error);
    status = ferry_call_end(target, "stored_begin", status, cursor->cursor != NULL, error);
    if (status != FERRY_OK) {
        free(cursor);
        return status;
    }
    *ret_cursor = cursor;
    return FERRY_OK;
}

static ferry_status read_source(struct ferry_cursor *cursor, struct ferry_batch *batch,
                                struct ferry_error *error)
{
    struct ferry_connection *source = cursor->connection;
    DRIVER_SCOPE(source->driver);
    WAITING_SCOPE(source);
    ferry_status status = source->driver->source.read_batch(cursor->cursor, batch, error);
    status = ferry_call_end(source, "read_batch", status, true, error);
    return status == FERRY_OK ? ferry_contract_check_batch(source->driver, batch, error) : status;
}

static ferry_status read_stored(struct ferry_cursor *cursor, struct ferry_batch *batch,
                                struct ferry_error *error)
{
    struct ferry_connection *target = cursor->connection;
    DRIVER_SCOPE(target->driver);
    ferry_status status = target->driver->target.stored_batch(cursor->cursor, batch, error);
    status = ferry_call_end(target, "stored_batch", status, true, error);
    return status == FERRY_OK ? ferry_contract_check_stored(batch, cursor->anything, error)
                              : status;
}

ferry_status ferry_cursor_read(struct ferry_cursor *cursor, struct ferry_batch *batch,
                               struct ferry_error *error)
{
    return cursor->stored ? read_stored(cursor, batch, error) : read_source(cursor, batch, error);
}

void ferry_cursor_expect_anything(struct ferry_cursor *cursor)
{
    cursor->anything = true;
}

void ferry_cursor_close(struct ferry_cursor *cursor)
{
    if (cursor == NULL)
        return;
    {
        DRIVER_SCOPE(cursor->connection->driver);
        struct ferry_driver_handle *driver = cursor->connection->driver;
        if (cursor->stored)
            driver->target.stored_end(cursor->cursor);
        else
            driver->source.read_end(cursor->cursor);
    }
    free(cursor);
}
