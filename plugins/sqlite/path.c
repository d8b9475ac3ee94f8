/* Where the file is, and whether it can be used: found out before SQLite opens anything. */

#include "file.h"
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *sqldrv_path_folder(const char *real)
{
    const char *slash = strrchr(real, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return slash == real ? strdup("/") : strndup(real, (size_t)(slash - real));
}

const char *sqldrv_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

char *sqldrv_path_resolve(const char *path)
{
    char *real = realpath(path, NULL);
    struct stat link;
    if (real != NULL || errno != ENOENT) {
        return real;
    }
    if (lstat(path, &link) == 0) { /* a link to nothing (never create through it), or no folder */
        errno = S_ISLNK(link.st_mode) ? ELOOP : ENOENT;
        return NULL;
    }
    const char *name = sqldrv_path_base(path);
    if (*name == '\0') {
        errno = EISDIR;
        return NULL;
    }
    char *folder = sqldrv_path_folder(path);
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
           : S_ISLNK(mode)  ? "a symbolic link now"
                            : "a device";
}

/* SQLite takes paths of 512 bytes, and of its journals, less eight. */
static ferry_status path_check_length(const struct sqldrv_conn *conn, ferry_status class,
                                      struct ferry_error *err)
{
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    int most = (vfs != NULL ? vfs->mxPathname : 512) - (int)strlen("-journal");
    size_t length = strlen(conn->real);
    return length < (size_t)most
               ? FERRY_OK
               : ferry_fail(err, class,
                            "'%s' has a path of %zu bytes, and SQLite takes fewer than %d; choose "
                            "a shorter one",
                            conn->path, length, most);
}

static ferry_status path_open_folder(struct sqldrv_conn *conn, ferry_status class,
                                     struct ferry_error *err)
{
    char *folder = sqldrv_path_folder(conn->real);
    if (folder == NULL) {
        return sqldrv_fail_memory(err);
    }
    conn->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ferry_status status = conn->folder >= 0 ? FERRY_OK
                                            : ferry_fail(err, sqldrv_class_of_errno(errno, class),
                                                         "'%s': cannot open the folder '%s': %s",
                                                         conn->path, folder, strerror(errno));
    free(folder);
    return status;
}

/* From now on all files are found in this folder, whatever comes to its name. */
static ferry_status path_take(struct sqldrv_conn *conn, char *real, ferry_status class,
                              struct ferry_error *err)
{
    bool loads = conn->role == FERRY_ROLE_TARGET && !conn->looks;
    conn->real = real;
    ferry_status status = path_check_length(conn, class, err);
    if (status == FERRY_OK) {
        status = path_open_folder(conn, class, err);
    }
    return status == FERRY_OK ? sqldrv_guard_take(real, conn->folder, loads, &conn->guard, err)
                              : status;
}

static ferry_status path_fail_resolve(const struct sqldrv_conn *conn, struct ferry_error *err)
{
    int cause = errno;
    char *here = getcwd(NULL, 0);
    bool lost = here == NULL && errno == ENOENT && conn->path[0] != '/';
    free(here);
    if (lost) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                          "'%s' cannot be found: the working folder was removed; go to another one",
                          conn->path);
    }
    if (cause == ELOOP) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                          "'%s' is a symbolic link that leads nowhere; mend or remove it",
                          conn->path);
    }
    return ferry_fail(err, sqldrv_class_of_errno(cause, FERRY_ERR_TARGET_OPEN),
                      "'%s' cannot be opened or created: %s; make the folder, or mend the path",
                      conn->path, strerror(cause));
}

/* SQLite keeps its journals beside the file and must be able to make them. */
static ferry_status path_check_folder(const struct sqldrv_conn *conn, struct ferry_error *err)
{
    if (faccessat(conn->folder, ".", W_OK | X_OK, AT_EACCESS) == 0) {
        return FERRY_OK;
    }
    int cause = errno;
    char *folder = sqldrv_path_folder(conn->real);
    ferry_status status = ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                                     "'%s': cannot write to the folder '%s': %s; give this user "
                                     "write permission there, or choose another path",
                                     conn->path, folder != NULL ? folder : "", strerror(cause));
    free(folder);
    return status;
}

static ferry_status path_check_file(struct sqldrv_conn *conn, const struct stat *file,
                                    struct ferry_error *err)
{
    if (!S_ISREG(file->st_mode)) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN, "'%s' is %s, not a file; choose another path",
                          conn->path, path_kind(file->st_mode));
    }
    if (file->st_nlink > 1) {
        ferry_log(FERRY_LOG_WARNING,
                  "'%s' has other names (hard links): whoever opens it by another name does not "
                  "see its journal, and may damage it; use a symbolic link instead",
                  conn->path);
    }
    if (faccessat(conn->folder, sqldrv_path_base(conn->real), R_OK | W_OK, AT_EACCESS) != 0) {
        return ferry_fail(err, FERRY_ERR_TARGET_OPEN,
                          "'%s' cannot be opened for writing: %s; give this user read and write "
                          "permission",
                          conn->path, strerror(errno));
    }
    sqldrv_guard_meet(conn->guard, file, false);
    return FERRY_OK;
}

ferry_status sqldrv_path_check_target(struct sqldrv_conn *conn, bool *ret_exists,
                                      struct ferry_error *err)
{
    struct stat file;
    struct stat folder;
    if (conn->guard == NULL) {
        char *real = sqldrv_path_resolve(conn->path);
        ferry_status status = real == NULL ? path_fail_resolve(conn, err)
                                           : path_take(conn, real, FERRY_ERR_TARGET_OPEN, err);
        if (status != FERRY_OK) {
            return status;
        }
    }
    bool exists =
        fstatat(conn->folder, sqldrv_path_base(conn->real), &file, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists && errno != ENOENT) {
        return ferry_fail(err, sqldrv_class_of_errno(errno, FERRY_ERR_TARGET_OPEN),
                          "'%s' cannot be opened: %s", conn->path, strerror(errno));
    }
    ferry_status status = exists ? path_check_file(conn, &file, err) : FERRY_OK;
    if (status == FERRY_OK) {
        status = path_check_folder(conn, err);
    }
    if (status == FERRY_OK && fstat(conn->folder, &folder) == 0) {
        sqldrv_rights_tell(conn, &folder, exists ? &file : NULL);
    }
    if (status == FERRY_OK) {
        *ret_exists = exists;
    }
    return status;
}

static ferry_status path_fail_source(const struct sqldrv_conn *conn, struct ferry_error *err)
{
    ferry_status otherwise = errno == EACCES ? FERRY_ERR_REFUSED : FERRY_ERR_UNREACHABLE;
    return ferry_fail(err, sqldrv_class_of_errno(errno, otherwise),
                      "'%s' cannot be opened: %s; mend the path, or the rights on its folders",
                      conn->path, strerror(errno));
}

ferry_status sqldrv_path_check_source(struct sqldrv_conn *conn, struct ferry_error *err)
{
    struct stat file;
    char *real = realpath(conn->path, NULL);
    if (real == NULL) {
        return path_fail_source(conn, err);
    }
    ferry_status status = path_take(conn, real, FERRY_ERR_REFUSED, err);
    if (status != FERRY_OK) {
        return status;
    }
    const char *name = sqldrv_path_base(real);
    if (fstatat(conn->folder, name, &file, AT_SYMLINK_NOFOLLOW) != 0) {
        return path_fail_source(conn, err);
    }
    if (!S_ISREG(file.st_mode)) {
        return ferry_fail(err, FERRY_ERR_REFUSED, "'%s' is %s, not a file; mend the path",
                          conn->path, path_kind(file.st_mode));
    }
    if (faccessat(conn->folder, name, R_OK, AT_EACCESS) != 0) {
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "'%s' cannot be read: %s; give this user read permission", conn->path,
                          strerror(errno));
    }
    sqldrv_guard_meet(conn->guard, &file, false);
    return FERRY_OK;
}
