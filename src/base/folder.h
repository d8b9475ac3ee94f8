/* Folders that are made where they are not there. */

#ifndef FERRY_FOLDER_H
#define FERRY_FOLDER_H

#include "base/error.h"

/* Makes a folder and those above it that are missing, with 0755 less the umask.
 * FERRY_ERR_TARGET_OPEN where that cannot be done. */
ferry_status ferry_folder_make(const char *path, struct ferry_error *error);

#endif
