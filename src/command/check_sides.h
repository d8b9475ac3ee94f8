/* What `check` tries of one job: source, fallback and target. */

#ifndef FERRY_CHECK_SIDES_H
#define FERRY_CHECK_SIDES_H

#include "command/check_report.h"
#include "engine/job.h"

/* check_sides.c: each is tried, whatever becomes of the others.  `plans` has one per task, empty at
 * first. */
void ferry_check_sides(struct ferry_check *check, const struct ferry_job *job,
                       struct ferry_plan *plans);

/* check_fallback.c: nothing where the job has none. */
void ferry_check_fallback(struct ferry_check *check, const struct ferry_job *job);

/* The line of a connection that was opened, with what its driver tells of it. */
void ferry_check_connection(struct ferry_check *check, const char *subject,
                            struct ferry_connection *connection);

/* check_examine.c: what the drivers find.  Of a source: without tables, where it is not known which
 * there are; `again` where it was asked for an earlier table. */
void ferry_check_examine_source(struct ferry_check *check, const struct ferry_job *job,
                                struct ferry_connection *source, bool of_fallback, bool again);
/* Of the tables whose plans are made. */
void ferry_check_examine_target(struct ferry_check *check, const struct ferry_job *job,
                                struct ferry_connection *target, const struct ferry_plan *plans,
                                bool again);

#endif
