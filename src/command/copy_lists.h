/* The lists of a job on the command line: --column, --index, --unique and job.columns.NAME.KEY. */

#ifndef FERRY_COPY_LISTS_H
#define FERRY_COPY_LISTS_H

#include "command/cli.h"
#include "config/file.h"

/* Whether `key` of -o job.KEY=VALUE belongs to a list. */
bool ferry_copy_lists_has(const char *key);

/* Sets the lists of `keys` as the arguments say.  `*ret_lists` holds them, in the place of a
 * file's; it must outlive `keys` and goes to ferry_config_file_free(). */
ferry_status ferry_copy_lists_set(const struct ferry_arguments *arguments,
                                  struct ferry_config *keys, struct ferry_config_file **ret_lists,
                                  struct ferry_error *error);

#endif
