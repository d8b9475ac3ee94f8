/* Where the file is, and whether it can be used: found out before SQLite opens anything. */

#include "sqlite_driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *sqlite_path_folder(const char *real)
{
    const char *slash = strrchr(real, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return slash == real ? strdup("/") : strndup(real, (size_t)(slash - real));
}

char *sqlite_path_resolve(const char *path)
{
    char *real = realpath(path, NULL);
    struct stat link;
    if (real != NULL || errno != ENOENT) {
        return real;
    }
    if (lstat(path, &link) == 0) { /* a symbolic link to nothing: never create through it */
        errno = ELOOP;
        return NULL;
    }
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (*name == '\0') {
        errno = EISDIR;
        return NULL;
    }
    char *folder = sqlite_path_folder(path);
    char *real_folder = folder == NULL ? NULL : realpath(folder, NULL);
    free(folder);
    if (real_folder == NULL) {
        return NULL;
    }
    if (asprintf(&real, "%s/%s", strcmp(real_folder, "/") == 0 ? "" : real_folder, name) < 0) {
        real = NULL;
        errno = ENOMEM;
    }
    free(real_folder);
    return real;
}

/* What a path that is not a regular file is. */
static const char *path_kind(mode_t mode)
{
    return S_ISDIR(mode)    ? "a folder"
           : S_ISFIFO(mode) ? "a FIFO"
           : S_ISSOCK(mode) ? "a socket"
                            : "a device";
}

/* SQLite keeps its journals beside the file and must be able to make them. */
static ferry_status path_check_folder(const struct sqlite_conn *conn, struct ferry_error *err)
{
    char *folder = sqlite_path_folder(conn->real);
    if (folder == NULL) {
        return sqlite_fail_memory(err);
    }
    ferry_status status = FERRY_OK;
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0) {
        status = ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                            "'%s': cannot write to the folder '%s': %s; give this user write "
                            "permission there, or choose another path",
                            conn->path, folder, strerror(errno));
    }
    free(folder);
    return status;
}

ferry_status sqlite_path_check_target(struct sqlite_conn *conn, bool *ret_exists,
                                      struct ferry_error *err)
{
    struct stat file;
    char *real = sqlite_path_resolve(conn->path);
    if (real == NULL) {
        if (errno == ELOOP) {
            return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                              "'%s' is a symbolic link that leads nowhere; mend or remove it",
                              conn->path);
        }
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                          "'%s' cannot be opened or created: %s; make the folder, or mend the path",
                          conn->path, strerror(errno));
    }
    free(conn->real);
    conn->real = real;
    if (stat(real, &file) != 0) {
        if (errno != ENOENT) {
            return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "'%s' cannot be opened: %s", conn->path,
                              strerror(errno));
        }
        *ret_exists = false;
        return path_check_folder(conn, err);
    }
    if (!S_ISREG(file.st_mode)) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "'%s' is %s, not a file; choose another path",
                          conn->path, path_kind(file.st_mode));
    }
    if (file.st_nlink > 1) {
        ferry_log(FERRY_LOG_WARNING,
                  "'%s' has other names (hard links): whoever opens it by another name does not "
                  "see its journal, and may damage it; use a symbolic link instead",
                  conn->path);
    }
    if (faccessat(AT_FDCWD, real, R_OK | W_OK, AT_EACCESS) != 0) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                          "'%s' cannot be opened for writing: %s; give this user read and write "
                          "permission",
                          conn->path, strerror(errno));
    }
    *ret_exists = true;
    return path_check_folder(conn, err);
}

ferry_status sqlite_path_check_source(struct sqlite_conn *conn, struct ferry_error *err)
{
    struct stat file;
    char *real = realpath(conn->path, NULL);
    if (real == NULL || stat(real, &file) != 0) {
        int cause = errno;
        free(real);
        return ferry_fail(err, cause == EACCES ? FERRY_ERR_REFUSED : FERRY_ERR_UNREACHABLE,
                          "'%s' cannot be opened: %s; mend the path, or the rights on its folders",
                          conn->path, strerror(cause));
    }
    free(conn->real);
    conn->real = real;
    if (!S_ISREG(file.st_mode)) {
        return ferry_fail(err, FERRY_ERR_REFUSED, "'%s' is %s, not a file; mend the path",
                          conn->path, path_kind(file.st_mode));
    }
    if (faccessat(AT_FDCWD, real, R_OK, AT_EACCESS) != 0) {
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "'%s' cannot be read: %s; give this user read permission", conn->path,
                          strerror(errno));
    }
    return FERRY_OK;
}
