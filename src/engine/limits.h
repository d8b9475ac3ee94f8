/* The time limits of a job: handed to the watch, and named where one of them has ended a call. */

#ifndef FERRY_JOB_LIMITS_H
#define FERRY_JOB_LIMITS_H

#include "driver/connection.h"
#include "engine/job.h"
#include "engine/watch.h"

/* From now on the limits that the job's source sets hold for the calling thread's run, until
 * ferry_watch_end(watch).  Its time counts from `started_ms`, when its first attempt began.  `tick`
 * (or NULL) and `data` as in struct ferry_watch_run. */
void ferry_job_limits_begin(struct ferry_watch_run *watch, const struct ferry_job *job,
                            int64_t started_ms, void (*tick)(void *data), void *data);

/* A callback that was stopped only knows that: where a signal or a limit has cancelled `connection`
 * (or NULL) of the calling thread's run, puts that in the place of what `error` says.  `rows` is
 * how many were read, from the job's source or its fallback, `read_from`; the limits are the
 * source's in either case.  Returns the error's class. */
ferry_status ferry_job_limits_explain(const struct ferry_job *job,
                                      const struct ferry_config *read_from,
                                      const struct ferry_connection *connection, uint64_t rows,
                                      struct ferry_error *error);

#endif
