/* Written beside, then renamed: who reads meanwhile has the one before. */

#include "base/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/strbuf.h"

static ferry_status check_place(const char *path, struct ferry_error *error)
{
    struct stat found;
    if (lstat(path, &found) != 0 || S_ISREG(found.st_mode))
        return FERRY_OK;
    const char *kind = S_ISLNK(found.st_mode)   ? "a symbolic link"
                       : S_ISDIR(found.st_mode) ? "a folder"
                                                : "no plain file";
    return ferry_fail(error, FERRY_ERR_TARGET_OPEN, "%s is %s and stays as it is; name a file",
                      path, kind);
}

static ferry_status fail(const char *path, int reason, ferry_status otherwise,
                         struct ferry_error *error)
{
    return ferry_fail(error, ferry_error_class_of_errno(reason, otherwise), "cannot write %s: %s",
                      path, strerror(reason));
}

/* Errors of the file itself come to light when it is closed, at the latest. */
static ferry_status fill(int fd, const char *path, ferry_publish_write *write, void *data,
                         struct ferry_error *error)
{
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        int reason = errno;
        (void)close(fd);
        return fail(path, reason, FERRY_ERR_TARGET_IO, error);
    }
    errno = 0;
    ferry_status status = write(data, file, error);
    bool had_error = ferror(file) != 0;
    int reason = errno != 0 ? errno : EIO;
    if (fclose(file) != 0 && !had_error) {
        had_error = true;
        reason = errno;
    }
    return status == FERRY_OK && had_error ? fail(path, reason, FERRY_ERR_TARGET_IO, error)
                                           : status;
}

static ferry_status replace(const char *path, const char *made, mode_t mode,
                            struct ferry_error *error)
{
    if (chmod(made, mode) == 0 && rename(made, path) == 0)
        return FERRY_OK;
    return fail(path, errno, FERRY_ERR_TARGET_OPEN, error);
}

ferry_status ferry_publish(const char *path, mode_t mode, ferry_publish_write *write, void *data,
                           struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf made = {0};
    ferry_status status = check_place(path, error);
    if (status != FERRY_OK)
        return status;
    ferry_strbuf_addf(&made, "%s.XXXXXX", path);
    if (made.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a path");
    int fd = mkostemp(made.data, O_CLOEXEC);
    if (fd < 0)
        return fail(path, errno, FERRY_ERR_TARGET_OPEN, error);
    status = fill(fd, path, write, data, error);
    if (status == FERRY_OK)
        status = replace(path, made.data, mode, error);
    if (status != FERRY_OK)
        (void)unlink(made.data);
    return status;
}
