/* The folder of a path; folders that are made where they are not there. */

#ifndef FERRY_FOLDER_H
#define FERRY_FOLDER_H

#include <stddef.h>

#include "base/error.h"

/* The folder that a path lies in: "." where it has no slash.  The caller frees; NULL: out of
 * memory.
 */
char *ferry_folder_of(const char *path);

/* Makes a folder and those above it that are missing, with 0755 less the umask.  `made` (NULL:
 * nobody asks) counts those up, also where it fails: FERRY_ERR_TARGET_OPEN. */
ferry_status ferry_folder_make(const char *path, size_t *made, struct ferry_error *error);
/* Removes so many of the path's last folders, up to one in which something lies. */
void ferry_folder_take_back(const char *path, size_t made);

#endif
