/* What a job says of its columns: the keys `decimal`, `big_unsigned`, `zero_date` and the list
 * `columns`. */

#ifndef FERRY_JOB_COLUMNS_H
#define FERRY_JOB_COLUMNS_H

#include "config/file.h"
#include "engine/wish.h"

/* The keys of one group of the list. */
extern const struct ferry_option ferry_job_column_options[];
extern const size_t ferry_job_column_option_count;

/* The choices of the three keys, for the job's own table. */
#define FERRY_DECIMAL_CHOICES "auto|real|text"
#define FERRY_TEXT_CHOICES "utf8|bytes"
#define FERRY_BIG_UNSIGNED_CHOICES "refuse|text"
#define FERRY_ZERO_DATE_CHOICES "keep|null|refuse"

/* Reads the keys of a job; `file` is where the list comes from (NULL: there is none).  `rules` is
 * {0} before, and goes to ferry_column_rules_done() also where it fails. */
ferry_status ferry_job_columns_read(const struct ferry_config *keys,
                                    const struct ferry_config_file *file,
                                    struct ferry_column_rules *rules, struct ferry_error *error);

#endif
