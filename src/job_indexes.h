/* The list `indexes` of a job. */

#ifndef FERRY_JOB_INDEXES_H
#define FERRY_JOB_INDEXES_H

#include "config_file.h"

/* Reads the list of `keys` in `file`; an absent one leaves both results alone.  The indexes go to
 * ferry_job_indexes_done(); their strings live as long as the file and the environment. */
ferry_status ferry_job_indexes_read(const struct ferry_config *keys,
                                    const struct ferry_config_file *file,
                                    struct ferry_index **ret_indexes, size_t *ret_count,
                                    struct ferry_error *error);
void ferry_job_indexes_done(struct ferry_index *indexes, size_t count);

#endif
