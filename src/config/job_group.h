/* The keys of a job of many tables: patterns, and what is another for single ones. */

#ifndef FERRY_JOB_GROUP_H
#define FERRY_JOB_GROUP_H

#include "driver/option.h"
#include "engine/group.h"

extern const struct ferry_option_group ferry_job_override_group;

/* Whether the job names its tables by patterns. */
bool ferry_job_group_is(const struct ferry_config *keys);
/* Whether a table or view of this name would be one of its tables. */
bool ferry_job_group_may_have(const struct ferry_config *keys, const char *name);
/* The same, and whether its other keys go with that; fails where it then has a key of one table
 * alone, or where it does not and has a key of many. */
ferry_status ferry_job_group_look(const struct ferry_config *keys, bool *ret_is_group,
                                  struct ferry_error *error);

/* Reads how one table is carried, from the keys of the job or of one of its overrides. */
typedef ferry_status ferry_job_read_task(const struct ferry_config *keys, struct ferry_task *task,
                                         struct ferry_error *error);
/* Reads the patterns, and the tasks of the overrides by `read_task`. */
ferry_status ferry_job_group_read(const struct ferry_config *keys, ferry_job_read_task *read_task,
                                  struct ferry_group *group, struct ferry_error *error);

#endif
