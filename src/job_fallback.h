/* What a job says of its fallback: the keys `fallback_...` and `max_fallback_age`. */

#ifndef FERRY_JOB_FALLBACK_H
#define FERRY_JOB_FALLBACK_H

#include "option.h"

/* Start as {0}: no fallback. */
struct ferry_fallback {
    const char *name;                  /* of the connection, as the job has it; NULL: none */
    const struct ferry_config *source; /* the connection; NULL: none, or switched off */
    struct ferry_read read;
    int64_t max_age_ms; /* 0: of any age */
};

/* Reads the keys of a job that writes to `table`; fills in everything but `source`.  Strings live
 * as long as `keys` and `table`. */
ferry_status ferry_job_fallback_read(const struct ferry_config *keys, const char *table,
                                     const struct ferry_origin *origin,
                                     struct ferry_fallback *ret_fallback,
                                     struct ferry_error *error);

#endif
