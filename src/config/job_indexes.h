/* The list `indexes` of a job. */

#ifndef FERRY_JOB_INDEXES_H
#define FERRY_JOB_INDEXES_H

#include "engine/job.h"

/* The keys of one index, for the job's own table. */
extern const struct ferry_option_group ferry_job_index_group;

/* Reads the list of `keys`; an absent one leaves both results alone.  The indexes go to
 * ferry_indexes_free(); their strings live as long as `keys`. */
ferry_status ferry_job_indexes_read(const struct ferry_config *keys,
                                    struct ferry_index **ret_indexes, size_t *ret_count,
                                    struct ferry_error *error);

#endif
