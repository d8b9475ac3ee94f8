/* What a job says of its fallback: the keys `fallback_...` and `max_fallback_age`. */

#ifndef FERRY_JOB_FALLBACK_H
#define FERRY_JOB_FALLBACK_H

#include "engine/job.h"

/* Reads the keys of a job that writes to `table`; fills in everything but `source`, and
 * what is read from there.  Strings live
 * as long as `keys` and `table`. */
ferry_status ferry_job_fallback_read(const struct ferry_config *keys, const char *table,
                                     struct ferry_fallback *ret_fallback,
                                     struct ferry_read *ret_read, struct ferry_error *error);

#endif
