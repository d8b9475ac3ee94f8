/* The structs of a driver lie in its own file, as long as its own header has them, which may be an
 * earlier or a later one than ours. */

#include "driver/registered.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "driver/option.h"
#include "driver/sized.h"

/* More than any header will have; a size beyond it is none. */
#define SIZE_LIMIT UINT64_C(65536)

struct size_check {
    const char *what;
    uint64_t theirs;
    uint64_t first; /* in the first header of this version */
};

static ferry_status check_sizes(const char *path, const struct ferry_driver *driver,
                                struct ferry_error *error)
{
    const struct size_check checks[] = {
        {"ferry_driver", driver->_driver_size, FERRY_FIRST_SIZE(ferry_driver, libraries)},
        {"ferry_source", driver->_source_size, FERRY_FIRST_SIZE(ferry_source, estimate)},
        {"ferry_target", driver->_target_size, FERRY_FIRST_SIZE(ferry_target, prune)},
        {"ferry_option", driver->_option_size, FERRY_FIRST_SIZE(ferry_option, group)},
        {"ferry_option_group", driver->_group_size,
         FERRY_FIRST_SIZE(ferry_option_group, option_count)},
    };
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++)
        if (checks[i].theirs < checks[i].first || checks[i].theirs > SIZE_LIMIT)
            return ferry_fail(error, FERRY_ERR_CONFIG,
                              "driver %s was built with another driver.h (struct %s has %ju bytes "
                              "there, not %ju or more); build it again",
                              path, checks[i].what, (uintmax_t)checks[i].theirs,
                              (uintmax_t)checks[i].first);
    if (driver->_cell_size != sizeof(struct ferry_cell))
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "driver %s was built with another driver.h (a cell has %ju bytes there, "
                          "not %zu); build it again",
                          path, (uintmax_t)driver->_cell_size, sizeof(struct ferry_cell));
    return FERRY_OK;
}

static ferry_status check_version(const char *path, const struct ferry_driver *driver,
                                  struct ferry_error *error)
{
    if (driver->_abi_version != FERRY_ABI_VERSION)
        return ferry_fail(error, FERRY_ERR_CONFIG,
                          "driver %s was built for version %" PRIu32
                          " of the driver interface, this dbferry "
                          "has version %d; install the driver that belongs to it",
                          path, driver->_abi_version, FERRY_ABI_VERSION);
    ferry_status status = check_sizes(path, driver, error);
    if (status == FERRY_OK && driver->_thread_model != FERRY_THREADS_ONE &&
        driver->_thread_model != FERRY_THREADS_PER_CONNECTION)
        status = ferry_fail(error, FERRY_ERR_CONFIG,
                            "driver %s has an unknown thread model (%" PRIu32 ")", path,
                            driver->_thread_model);
    return status;
}

/* ---- Options: an array, each of whose members may have a group with an array of its own ---- */

static struct ferry_option *copy_options(const struct ferry_driver *driver,
                                         const struct ferry_option *theirs, size_t count);

static struct ferry_option_group *copy_group(const struct ferry_driver *driver,
                                             const struct ferry_option_group *theirs)
{
    struct ferry_option_group *group = calloc(1, sizeof *group);
    if (group == NULL)
        return NULL;
    (void)ferry_sized_copy(group, sizeof *group, 0, theirs, driver->_group_size);
    if (group->options == NULL || group->option_count == 0)
        return group; /* ferry_option_flaw() finds that */
    group->options = copy_options(driver, group->options, group->option_count);
    if (group->options != NULL)
        return group;
    free(group);
    return NULL;
}

static void free_options(struct ferry_option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ferry_option_group *group = options[i].group;
        if (group != NULL && group->options != NULL && group->option_count > 0)
            free_options((struct ferry_option *)group->options, group->option_count);
        free((void *)group);
    }
    free(options);
}

static struct ferry_option *copy_options(const struct ferry_driver *driver,
                                         const struct ferry_option *theirs, size_t count)
{
    struct ferry_option *options = calloc(count + 1, sizeof *options);
    for (size_t i = 0; options != NULL && i < count; i++) {
        (void)ferry_sized_copy(&options[i], sizeof options[i], 0,
                               (const char *)theirs + i * driver->_option_size,
                               driver->_option_size);
        const struct ferry_option_group *group = options[i].group;
        options[i].group = group == NULL ? NULL : copy_group(driver, group);
        if (group != NULL && options[i].group == NULL) {
            free_options(options, i);
            return NULL;
        }
    }
    return options;
}

static ferry_status take_options(struct ferry_driver_handle *handle, struct ferry_error *error)
{
    struct ferry_driver *driver = &handle->driver;
    const char *path = handle->path;
    if (driver->option_count > 0 && driver->options == NULL)
        return ferry_fail(error, FERRY_ERR_CONFIG, "driver %s has no table of options", path);
    struct ferry_option *options = copy_options(driver, driver->options, driver->option_count);
    if (options == NULL)
        return ferry_fail(error, FERRY_ERR_SYSTEM, "out of memory for a driver");
    for (size_t i = 0; i < driver->option_count; i++) {
        const char *flaw = ferry_option_flaw(&options[i]);
        if (flaw != NULL) {
            free_options(options, driver->option_count);
            return ferry_fail(error, FERRY_ERR_CONFIG, "option %zu of driver %s has %s", i + 1,
                              path, flaw);
        }
    }
    driver->options = handle->options = options;
    return FERRY_OK;
}

ferry_status ferry_registered_copy(struct ferry_driver_handle *handle,
                                   const struct ferry_driver *driver, struct ferry_error *error)
{
    ferry_status status = check_version(handle->path, driver, error);
    if (status != FERRY_OK)
        return status;
    (void)ferry_sized_copy(&handle->driver, sizeof handle->driver, 0, driver, driver->_driver_size);
    handle->is_source = driver->source != NULL;
    handle->is_target = driver->target != NULL;
    if (handle->is_source)
        (void)ferry_sized_copy(&handle->source, sizeof handle->source, 0, driver->source,
                               driver->_source_size);
    if (handle->is_target)
        (void)ferry_sized_copy(&handle->target, sizeof handle->target, 0, driver->target,
                               driver->_target_size);
    return take_options(handle, error);
}

void ferry_registered_release(struct ferry_driver_handle *handle)
{
    if (handle->options != NULL)
        free_options(handle->options, handle->driver.option_count);
    handle->options = NULL;
}
