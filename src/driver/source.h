/* The callbacks of a source but for the reading (cursor.h). */

#ifndef FERRY_SOURCE_H
#define FERRY_SOURCE_H

#include "driver/connection.h"
#include "driver/cuts.h"
#include "driver/fingerprint.h"
#include "driver/listing.h"
#include "driver/share.h"

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

/* Whether the driver can part a table, and share a state in this way (FERRY_SHARE_). */
bool ferry_source_parts(const struct ferry_connection *source);
bool ferry_source_shares(const struct ferry_connection *source, uint32_t how);
/* Up to `count` - 1 values of the column, ascending.  Between describe and the reading.  The caller
 * frees the answer, which is of a column of `schema`. */
ferry_status ferry_source_part(struct ferry_connection *source, const struct ferry_read *read,
                               const struct ferry_schema *schema, size_t column, uint32_t count,
                               struct ferry_cuts *ret_cuts, struct ferry_error *error);
/* See driver.h; ferry_source_share_end follows on a begin that has succeeded.  The caller frees the
 * answer. */
ferry_status ferry_source_share_begin(struct ferry_connection *source,
                                      const struct ferry_read *read,
                                      const struct ferry_share_spec *spec,
                                      struct ferry_share *ret_share, struct ferry_error *error);
ferry_status ferry_source_share_join(struct ferry_connection *joiner,
                                     const struct ferry_share *share, struct ferry_error *error);
ferry_status ferry_source_share_end(struct ferry_connection *source, struct ferry_error *error);

#endif
