/* Which rows of a table are not those of its source, told one by one. */

#ifndef FERRY_DIFFERENCES_H
#define FERRY_DIFFERENCES_H

#include "engine/difference.h"
#include "engine/transfer.h"

/* Where they are told. */
struct ferry_differences {
    uint64_t most; /* rows of each table; the others are counted */
    bool values;   /* with what stands in the columns that differ */
    ferry_status (*tell)(const char *job, const struct ferry_difference *difference,
                         struct ferry_error *error);
};

/* Reads both sides in the order of the key and tells of what is missing in the table, extra in it,
 * and changed.  FERRY_ERR_DATA with the counts where there is anything; FERRY_ERR_SCHEMA or
 * FERRY_ERR_UNSUPPORTED where there is no key, or no order, by which rows can be compared. */
ferry_status ferry_differences_find(struct ferry_transfer *transfer, struct ferry_error *error);

#endif
