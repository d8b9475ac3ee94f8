/* The keys of a job that say how a table follows its source. */

#ifndef FERRY_JOB_CHANGES_H
#define FERRY_JOB_CHANGES_H

#include "driver/option.h"
#include "engine/change_rules.h"

/* Strings of the rules live as long as `keys`; the list of the key's columns is freed with the
 * task. */
ferry_status ferry_job_changes_read(const struct ferry_config *keys,
                                    struct ferry_change_rules *rules, struct ferry_error *error);

#endif
