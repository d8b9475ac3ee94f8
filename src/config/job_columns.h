/* What a job says of its columns: the keys `decimal`, `big_unsigned`, `zero_date` and the list
 * `columns`. */

#ifndef FERRY_JOB_COLUMNS_H
#define FERRY_JOB_COLUMNS_H

#include "engine/wish.h"

/* The keys of one column, and the choices of those three, for the job's own table. */
extern const struct ferry_option_group ferry_job_column_group;
#define FERRY_DECIMAL_CHOICES "auto|real|text"
#define FERRY_BIG_UNSIGNED_CHOICES "refuse|text"
#define FERRY_ZERO_DATE_CHOICES "keep|null|refuse"

/* Reads the keys of a job, in which the strings of the rules live.  `rules` is {0} before, and goes
 * to ferry_column_rules_done() also where it fails. */
ferry_status ferry_job_columns_read(const struct ferry_config *keys,
                                    struct ferry_column_rules *rules, struct ferry_error *error);

#endif
