/* A file is looked at before it is opened, and what it answers is held against versions and sizes
 * before anything is called. */

#include "driver/load.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "driver/registered.h"
#include "driver/stub.h"

#define SUFFIX ".so"
#define INIT_SYMBOL "ferry_driver_init"

static struct ferry_driver_handle *loaded;

static bool folder_is_overridden(void)
{
    return secure_getenv("DBFERRY_DRIVER_DIR") != NULL;
}

const char *ferry_driver_folder(void)
{
    const char *override = secure_getenv("DBFERRY_DRIVER_DIR");
    return override != NULL ? override : FERRY_DRIVER_DIR;
}

/* ---- The file ---- */

/* A build tree often has group-writable files of the user's own group; an installed one never. */
static bool is_closed_to_others(const struct stat *stat)
{
    mode_t writable = stat->st_mode & 022;
    if (writable == 020 && folder_is_overridden() && stat->st_gid == getegid())
        return true;
    return writable == 0;
}

static ferry_status check_owner(const char *path, const struct stat *stat,
                                struct ferry_error *error)
{
    if (stat->st_uid != 0 && stat->st_uid != geteuid())
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "%s belongs to another user (uid %ju); a driver is code that runs with "
                          "your rights, so dbferry does not load it",
                          path, (uintmax_t)stat->st_uid);
    if (!is_closed_to_others(stat))
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "%s is writable by others (mode %04o); chmod go-w it, after a look at "
                          "who changed it",
                          path, (unsigned)(stat->st_mode & 07777));
    return FERRY_OK;
}

static ferry_status check_folder(const char *path, struct ferry_error *error)
{
    FERRY_AUTO_FREE char *folder = strdup(path);
    struct stat stat_buffer;
    if (folder == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a driver");
    char *slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return FERRY_OK;
    *slash = '\0';
    if (stat(folder, &stat_buffer) != 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot look at %s: %s", folder, strerror(errno));
    return check_owner(folder, &stat_buffer, error);
}

static ferry_status check_is_elf(const char *path, struct ferry_error *error)
{
    char magic[4] = {0};
    FERRY_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot open driver %s: %s", path, strerror(errno));
    struct stat stat;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))
        return ferry_fail(error, FERRY_ERR_CONFIG, "driver %s is not a plain file", path);
    if (read(fd, magic, sizeof magic) != (ssize_t)sizeof magic ||
        memcmp(magic, "\177ELF", sizeof magic) != 0)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "driver %s is not a shared object (no ELF file); install it again", path);
    return check_owner(path, &stat, error);
}

/* Which package has it, by the rule that configure was told; of a folder that somebody has chosen
 * there are no packages. */
static void hint_at_package(const char *name, struct ferry_strbuf *hint)
{
    static const char rule[] = FERRY_DRIVER_PACKAGES;
    const char *place = strstr(rule, "NAME");
    if (place == NULL || folder_is_overridden())
        return;
    ferry_strbuf_addf(hint, "; its package is %.*s%s%s, where there is one", (int)(place - rule),
                      rule, name, place + strlen("NAME"));
}

static ferry_status fail_missing(const char *name, struct ferry_error *error)
{
    struct ferry_nearest nearest = {.wanted = name};
    char **names = NULL;
    size_t count = 0;
    FERRY_AUTO_ERROR struct ferry_error ignored = {0};
    FERRY_AUTO_STRBUF struct ferry_strbuf hint = {0};
    if (ferry_driver_list(&names, &count, &ignored) == FERRY_OK)
        for (size_t i = 0; i < count; i++)
            ferry_nearest_offer(&nearest, names[i]);
    if (nearest.best != NULL)
        ferry_strbuf_addf(&hint, "; did you mean '%s'?", nearest.best);
    hint_at_package(name, &hint);
    ferry_status status =
        ferry_fail(error, FERRY_ERR_CONFIG,
                   "driver '%s' is not installed (no %s/%s" SUFFIX ")%s; \"dbferry drivers\" lists "
                   "those that are",
                   name, ferry_driver_folder(), name, ferry_strbuf_text(&hint));
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return status;
}

/* The real path of a driver's file, checked; the caller frees it. */
static ferry_status find_file(const char *name, char **ret_path, struct ferry_error *error)
{
    if (name[0] == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0')
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "'%s' cannot be a driver's name: only a-z, 0-9 and - may stand in it, "
                          "and drivers come from %s alone",
                          name, ferry_driver_folder());
    FERRY_AUTO_STRBUF struct ferry_strbuf path = {0};
    ferry_strbuf_addf(&path, "%s/%s" SUFFIX, ferry_driver_folder(), name);
    if (path.failed)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a driver");
    if (ferry_strbuf_text(&path)[0] != '/')
        return ferry_fail(error, FERRY_ERR_CONFIG, "the folder of the drivers, %s, is not absolute",
                          ferry_driver_folder());
    FERRY_AUTO_FREE char *real = realpath(ferry_strbuf_text(&path), NULL);
    if (real == NULL && errno == ENOENT)
        return fail_missing(name, error);
    if (real == NULL)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot find driver %s: %s", ferry_strbuf_text(&path), strerror(errno));
    ferry_status status = check_folder(ferry_strbuf_text(&path), error);
    if (status == FERRY_OK)
        status = check_folder(real, error);
    if (status == FERRY_OK)
        status = check_is_elf(real, error);
    if (status != FERRY_OK)
        return status;
    *ret_path = real;
    real = NULL;
    return FERRY_OK;
}

/* ---- The contract ---- */

static ferry_status take_environment(const char *path, const char *const *patterns,
                                     struct ferry_error *error)
{
    for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++) {
        if (!ferry_environment_pattern_is_valid(patterns[i]))
            return ferry_fail(error, FERRY_ERR_CONFIG,
                              "driver %s declares '%s', which cannot be a variable of the "
                              "environment; it is a name, or two letters of it at least and a '*'",
                              path, patterns[i]);
        if (!ferry_environment_take(patterns[i]))
            return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a driver");
    }
    return FERRY_OK;
}

static ferry_status adopt(struct ferry_driver_handle *handle, const char *name,
                          const struct ferry_driver *registered, struct ferry_error *error)
{
    const char *path = handle->path;
    ferry_status status = ferry_registered_copy(handle, registered, error);
    if (status != FERRY_OK)
        return status;
    const struct ferry_driver *driver = &handle->driver;
    if (driver->name == NULL || strcmp(driver->name, name) != 0)
        return ferry_fail(error, FERRY_ERR_CONFIG, "driver %s calls itself '%s', not '%s'", path,
                          driver->name == NULL ? "" : driver->name, name);
    if (driver->version == NULL || driver->description == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "driver %s has no version or no description",
                          path);
    if (driver->retries > FERRY_RETRIES_MOST)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "driver %s wants %" PRIu32 " retries; %d is the most", path,
                          driver->retries, FERRY_RETRIES_MOST);
    (void)snprintf(handle->retries_text, sizeof handle->retries_text, "%" PRIu32, driver->retries);
    const char *missing = ferry_driver_stub_fill(handle);
    if (missing != NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "driver %s lacks '%s', which every driver of its kind must have", path,
                          missing);
    return take_environment(path, driver->environment, error);
}

static ferry_status fail_dlopen(const char *path, int system_error, const char *reason,
                                struct ferry_error *error)
{
    if (ferry_error_class_of_errno(system_error, FERRY_OK) != FERRY_OK)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "cannot load driver %s: %s", path, reason);
    const char *hint = strstr(reason, "undefined symbol: ferry_") != NULL
                           ? "it was built for a later dbferry than this one; install that"
                           : "a missing library is the usual cause, ldd shows it";
    return ferry_fail(error, FERRY_ERR_CONFIG, "cannot load driver %s: %s; %s", path, reason, hint);
}

static ferry_status load(const char *name, struct ferry_driver_handle *handle,
                         struct ferry_error *error)
{
    errno = 0; /* dlopen() has no other word for what it lacked */
    void *object = dlopen(handle->path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        return fail_dlopen(handle->path, errno, dlerror(), error);
    struct ferry_driver *(*init)(void) = NULL;
    void *symbol = dlsym(object, INIT_SYMBOL);
    memcpy(&init, &symbol, sizeof init); /* ISO C has no cast from object to function */
    const struct ferry_driver *driver = init == NULL ? NULL : init();
    ferry_status status;
    if (init == NULL)
        status = ferry_fail(error, FERRY_ERR_CONFIG,
                            "%s is not a dbferry driver (it does not export " INIT_SYMBOL ")",
                            handle->path);
    else if (driver == NULL)
        status = ferry_fail(error, FERRY_ERR_CONFIG, "driver %s refused to start", handle->path);
    else
        status = adopt(handle, name, driver, error);
    if (status != FERRY_OK)
        (void)dlclose(object);
    return status; /* a driver that was taken stays loaded until the program ends */
}

ferry_status ferry_driver_get(const char *name, struct ferry_driver_handle **ret_driver,
                              struct ferry_error *error)
{
    for (struct ferry_driver_handle *handle = loaded; handle != NULL; handle = handle->next)
        if (strcmp(handle->driver.name, name) == 0) {
            *ret_driver = handle;
            return FERRY_OK;
        }
    struct ferry_driver_handle *handle = calloc(1, sizeof *handle);
    if (handle == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a driver");
    (void)pthread_mutex_init(&handle->lock, NULL);
    ferry_status status = find_file(name, &handle->path, error);
    if (status == FERRY_OK)
        status = load(name, handle, error);
    if (status != FERRY_OK) {
        ferry_registered_release(handle);
        free(handle->path);
        free(handle);
        return status;
    }
    handle->next = loaded;
    loaded = handle;
    *ret_driver = handle;
    return FERRY_OK;
}

/* ---- Listing ---- */

static int is_driver_file(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    size_t suffix = strlen(SUFFIX);
    return length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

ferry_status ferry_driver_list(char ***ret_names, size_t *ret_count, struct ferry_error *error)
{
    struct dirent **entries = NULL;
    int found = scandir(ferry_driver_folder(), &entries, is_driver_file, alphasort);
    if (found < 0)
        return ferry_fail(error, ferry_error_class_of_errno(errno, FERRY_ERR_CONFIG),
                          "cannot read the folder of the drivers, %s: %s", ferry_driver_folder(),
                          strerror(errno));
    size_t count = (size_t)found;
    char **names = calloc(count + 1, sizeof *names);
    bool complete = names != NULL;
    for (size_t i = 0; i < count; i++) {
        if (names != NULL) {
            names[i] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - strlen(SUFFIX));
            complete = complete && names[i] != NULL;
        }
        free(entries[i]);
    }
    free(entries);
    if (!complete) {
        for (size_t i = 0; names != NULL && i < count; i++)
            free(names[i]);
        free(names);
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for the list of drivers");
    }
    *ret_names = names;
    *ret_count = count;
    return FERRY_OK;
}
