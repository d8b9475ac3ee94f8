/* The lists of a job that copy has options of its own for: --column, --index and --unique. */

#ifndef FERRY_COPY_LISTS_H
#define FERRY_COPY_LISTS_H

#include "command/cli.h"
#include "driver/option.h"

/* Refuses a key of -o job.KEY=VALUE that stands for a whole such list, and says how to give it. */
ferry_status ferry_copy_lists_check(const char *key, struct ferry_error *error);

/* Adds what the options say to the keys of the job. */
ferry_status ferry_copy_lists_add(const struct ferry_arguments *arguments,
                                  struct ferry_config *keys, struct ferry_error *error);

#endif
