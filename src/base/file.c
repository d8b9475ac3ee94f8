/* Removing a file by its name, and never another one that has come to that name. */

#include <dbferry/driver.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".gone" /* what is being removed bears it for a moment */

static bool is_same(int folder, const char *name, const struct stat *file)
{
    struct stat found;
    if (fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (found.st_dev == file->st_dev && found.st_ino == file->st_ino)
        return true;
    errno = ENOENT; /* the one that is meant is not there any more */
    return false;
}

/* No call removes "this name, if it is still this file".  So the name is first taken to where
 * nobody puts anything: what was taken by mistake can be put back, which what was removed could
 * not. */
int ferry_file_remove(int folder, const char *name, const struct stat *file)
{
    char aside[PATH_MAX]; /* no memory is asked for: a journal's removal is a commit */
    if (!is_same(folder, name, file))
        return -1;
    int length = snprintf(aside, sizeof aside, "%s" SUFFIX, name);
    bool fits = length > 0 && length < (int)sizeof aside;
    if (!fits || renameat2(folder, name, folder, aside, RENAME_NOREPLACE) != 0) {
        if (fits && errno == ENOENT)
            return -1;
        /* a file system that cannot do that, or a name that is too long */
        return is_same(folder, name, file) ? unlinkat(folder, name, 0) : -1;
    }
    if (is_same(folder, aside, file))
        return unlinkat(folder, aside, 0);
    if (renameat2(folder, aside, folder, name, RENAME_NOREPLACE) != 0)
        ferry_log(FERRY_LOG_WARNING,
                  "'%s' was exchanged while it was being removed; the file that "
                  "came to its place is now '%s'",
                  name, aside);
    errno = ENOENT;
    return -1;
}
