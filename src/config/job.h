/* The keys of a job, read. */

#ifndef FERRY_JOB_READ_H
#define FERRY_JOB_READ_H

#include "engine/job.h"

/* The keys of a job and of the group `general`; declared once, for checks, help and manual. */
extern const struct ferry_option ferry_job_options[];
extern const size_t ferry_job_option_count;
extern const struct ferry_option ferry_general_options[];
extern const size_t ferry_general_option_count;

/* Fills in everything but source, fallback.source, target and shared_target from finished keys, in
 * which the job's strings live.  Fails with what their origin says. */
ferry_status ferry_job_read(struct ferry_job *job, const struct ferry_config *keys,
                            struct ferry_error *error);

#endif
