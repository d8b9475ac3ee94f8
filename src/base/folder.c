/* One folder after another, from the root on. */

#include "base/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FOLDER_MODE 0755

char *ferry_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* One level; counts it where it is new. */
static ferry_status make_one(const char *path, size_t *made, struct ferry_error *error)
{
    if (mkdir(path, FOLDER_MODE) == 0) {
        if (made != NULL)
            ++*made;
        return FERRY_OK;
    }
    if (errno == EEXIST)
        return FERRY_OK;
    return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                      "cannot make the folder %s: %s", path, strerror(errno));
}

ferry_status ferry_folder_make(const char *path, size_t *made, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *copy = strdup(path);
    if (copy == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
    for (char *slash = strchr(copy + 1, '/');; slash = strchr(slash + 1, '/')) {
        if (slash != NULL)
            *slash = '\0';
        ferry_status status = make_one(copy, made, error);
        if (status != FERRY_OK || slash == NULL)
            return status;
        *slash = '/';
    }
}

/* "a/b/" becomes "a/". */
static void cut_last(char *path)
{
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    path[length] = '\0';
}

void ferry_folder_take_back(const char *path, size_t made)
{
    FERRY_AUTO_FREE char *copy = strdup(path);
    for (; copy != NULL && made > 0 && rmdir(copy) == 0; made--)
        cut_last(copy);
}
