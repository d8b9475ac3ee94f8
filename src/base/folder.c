/* One folder after another, from the root on. */

#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define FOLDER_MODE 0755

ferry_status ferry_folder_make(const char *path, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *copy = strdup(path);
    if (copy == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
    for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        if (mkdir(copy, FOLDER_MODE) != 0 && errno != EEXIST)
            return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                              "cannot make the folder %s: %s", copy, strerror(errno));
        if (slash == NULL)
            return FERRY_OK;
        *slash = '/';
    }
}
