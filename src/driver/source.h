/* The callbacks of a source but for the reading (cursor.h). */

#ifndef FERRY_SOURCE_H
#define FERRY_SOURCE_H

#include "driver/connection.h"
#include "driver/fingerprint.h"
#include "driver/listing.h"

ferry_status ferry_source_snapshot_begin(struct ferry_connection *source,
                                         struct ferry_error *error);
void ferry_source_snapshot_end(struct ferry_connection *source);
ferry_status ferry_source_describe(struct ferry_connection *source, const struct ferry_read *read,
                                   struct ferry_schema *ret_schema, struct ferry_error *error);
/* Between snapshot_begin and describe.  `table` may be NULL.  The caller frees the answer. */
ferry_status ferry_source_origins(struct ferry_connection *source, const struct ferry_read *read,
                                  const char *table, struct ferry_origins *ret_origins,
                                  struct ferry_error *error);
/* Between describe and the reading.  The caller frees the answer. */
ferry_status ferry_source_fingerprint(struct ferry_connection *source,
                                      const struct ferry_read *read,
                                      struct ferry_fingerprint *ret_fingerprint,
                                      struct ferry_error *error);
/* Between snapshot_begin and describe: what there is to read, in order of the names.
 * FERRY_ERR_UNSUPPORTED where the driver cannot tell.  The caller frees the answer. */
ferry_status ferry_source_list(struct ferry_connection *source, struct ferry_listing *ret_listing,
                               struct ferry_error *error);
/* Whether the driver can read less than everything, and in an order. */
bool ferry_source_scans(const struct ferry_connection *source);

#endif
