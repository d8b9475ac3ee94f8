/* The list `indexes` of a job. */

#ifndef FERRY_JOB_INDEXES_H
#define FERRY_JOB_INDEXES_H

#include "config/file.h"
#include "engine/job.h"

/* Reads the list of `keys` in `file`; an absent one leaves both results alone.  The indexes go to
 * ferry_indexes_free(); their strings live as long as the file and the environment. */
ferry_status ferry_job_indexes_read(const struct ferry_config *keys,
                                    const struct ferry_config_file *file,
                                    struct ferry_index **ret_indexes, size_t *ret_count,
                                    struct ferry_error *error);

#endif
