/* Partitions: a table as ranges of one column, which several connections read at one time. */

#ifndef FERRY_PARTITION_H
#define FERRY_PARTITION_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "driver/cuts.h"

struct ferry_connection;
struct ferry_prepared;
struct ferry_transfer;

/* How the connections get to see one state; in the order of FERRY_SHARING_CHOICES. */
enum ferry_sharing {
    FERRY_SHARING_SHARED, /* the source hands its snapshot on */
    FERRY_SHARING_LOCK,   /* writers are kept out until all have taken one */
    FERRY_SHARING_NONE,   /* they do not: each has one of its own */
};
#define FERRY_SHARING_CHOICES "shared|lock|none"
#define FERRY_PARTITIONS_MOST 256

/* What a job says.  Start as {0}: the table is read as one. */
struct ferry_partition_rules {
    uint32_t count; /* up to so many; 0 or 1: none */
    const char *by; /* a column's name; NULL: the first one of the key */
    enum ferry_sharing sharing;
    const struct ferry_prepared *prepared; /* parted already; NULL: the source is asked */
    uint32_t piece;                        /* of that the one that is read, from 1 */
};

/* What a plan makes of it. */
struct ferry_partitions {
    size_t count; /* 0: the table is read as one */
    size_t column;
    enum ferry_sharing sharing;
    size_t only;            /* the one that is read, from 1; 0: all are */
    size_t readers;         /* connections; 1: that of the session, in its own snapshot */
    struct ferry_cuts cuts; /* one less than there are partitions */
};
void ferry_partitions_done(struct ferry_partitions *partitions);

/* The word of a configuration for it. */
const char *ferry_sharing_name(enum ferry_sharing sharing);

/* Decides transfer->plan->partitions and asks the open source where to cut.  FERRY_ERR_SCHEMA where
 * there is no such column, or none that has an order; FERRY_ERR_UNSUPPORTED where the source cannot
 * be parted or shared so. */
ferry_status ferry_partition_settle(struct ferry_transfer *transfer, struct ferry_error *error);
/* Whether ranges of the column can be read: else FERRY_ERR_SCHEMA. */
ferry_status ferry_partition_check_column(const struct ferry_column *column,
                                          struct ferry_error *error);
/* "8 by 'id', read by 2 connections in one snapshot"; nothing of a table that is read as one. */
void ferry_partition_add(const struct ferry_partitions *partitions, struct ferry_strbuf *text);

/* The scans of all partitions, in order of the column; each row of the table is in one of them. */
struct ferry_ranges {
    struct ferry_scan *list;
    size_t count;
    struct ferry_bound *bounds;
    const struct ferry_bound **bound_list;
};
/* They live as long as `partitions`; to ferry_ranges_done() whatever is returned. */
ferry_status ferry_ranges_make(const struct ferry_partitions *partitions,
                               struct ferry_ranges *ranges, struct ferry_error *error);
void ferry_ranges_done(struct ferry_ranges *ranges);

#endif
