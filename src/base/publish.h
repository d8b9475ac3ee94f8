/* A file that others read: it appears under its name whole, in the place of the one before, or not
 * at all. */

#ifndef FERRY_PUBLISH_H
#define FERRY_PUBLISH_H

#include <stdio.h>
#include <sys/types.h>

#include "base/error.h"

/* Writes all of it; that the file has an error need not be told. */
typedef ferry_status ferry_publish_write(void *data, FILE *file, struct ferry_error *error);

/* Has `write` fill a new file in the same folder, gives it the mode, whatever the umask, and puts
 * it in the place of `path`.  What is there and is no plain file stays: a link, a folder, a device.
 * FERRY_ERR_TARGET_OPEN where that cannot begin, FERRY_ERR_TARGET_IO where it cannot be written. */
ferry_status ferry_publish(const char *path, mode_t mode, ferry_publish_write *write, void *data,
                           struct ferry_error *error);

#endif
