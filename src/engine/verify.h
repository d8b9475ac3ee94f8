/* Verification: whether the target holds what the source gave. */

#ifndef FERRY_VERIFY_H
#define FERRY_VERIFY_H

#include "driver/connection.h"
#include "driver/digest.h"

/* How thoroughly; in the order of the choices of the key `verify`. */
#define FERRY_VERIFY_CHOICES "none|count|content"
enum ferry_verify {
    FERRY_VERIFY_NONE,
    FERRY_VERIFY_COUNT,   /* as many rows as were read, by the target's own count */
    FERRY_VERIFY_CONTENT, /* the rows are read back, and their digest is compared */
};

/* What of `wanted` this target can do: a driver that cannot read back counts, unless `insisted`;
 * then it is FERRY_ERR_UNSUPPORTED. */
ferry_status ferry_verify_choose(enum ferry_verify wanted, bool insisted,
                                 const struct ferry_connection *target,
                                 enum ferry_verify *ret_level, struct ferry_error *error);

/* Compares how many rows were read with how many the target says it has inserted.  FERRY_ERR_DATA
 * with both counts. */
ferry_status ferry_verify_count(uint64_t rows_read, const struct ferry_load_totals *totals,
                                struct ferry_error *error);
/* The same of a load of changes, whose counts must add up.  `is_whole`: every row of the source was
 * read, and the table is to hold no others. */
ferry_status ferry_verify_changes(uint64_t rows_read, bool is_whole,
                                  const struct ferry_load_totals *totals,
                                  struct ferry_error *error);

/* Reads back what `load` holds, before its commit, or the table as it stands (NULL), all of it or
 * what `scan` says, and compares it with what was read from the source.  FERRY_ERR_DATA with both
 * counts and digests if it is not the same. */
ferry_status ferry_verify_content(const struct ferry_digest *read, struct ferry_connection *target,
                                  struct ferry_load *load, const struct ferry_layout *layout,
                                  const struct ferry_scan *scan, struct ferry_error *error);

#endif
