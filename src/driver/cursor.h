/* Reading rows: of a source, or those that a target has stored. */

#ifndef FERRY_CURSOR_H
#define FERRY_CURSOR_H

#include "driver/connection.h"

/* `scan` NULL: every row, in any order; else it lives as long as the cursor, and is UNSUPPORTED
 * where the driver cannot do what it asks for. */
ferry_status ferry_source_read_begin(struct ferry_connection *source, const struct ferry_read *read,
                                     const struct ferry_schema *schema,
                                     const struct ferry_scan *scan,
                                     struct ferry_cursor **ret_cursor, struct ferry_error *error);
/* Before that, for the same scan: about how many rows it will bring, or FERRY_ROWS_UNKNOWN. */
ferry_status ferry_source_estimate(struct ferry_connection *source, const struct ferry_read *read,
                                   const struct ferry_schema *schema, const struct ferry_scan *scan,
                                   uint64_t *ret_rows, struct ferry_error *error);
/* UNSUPPORTED where the driver has none.  `load` NULL: the table as it stands. */
ferry_status ferry_target_stored_begin(struct ferry_connection *target, struct ferry_load *load,
                                       const struct ferry_layout *layout,
                                       const struct ferry_scan *scan,
                                       struct ferry_cursor **ret_cursor, struct ferry_error *error);
/* The next rows of a source, or of what a target has stored. */
ferry_status ferry_cursor_read(struct ferry_cursor *cursor, struct ferry_batch *batch,
                               struct ferry_error *error);
/* Of stored rows that are only compared: values that the columns' types do not allow are passed on,
 * too.  What cannot be looked at safely is refused all the same. */
void ferry_cursor_expect_anything(struct ferry_cursor *cursor);
void ferry_cursor_close(struct ferry_cursor *cursor); /* NULL allowed */

#endif
