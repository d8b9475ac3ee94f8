/* Handles of libdbi, for connections that do not know of each other and may live in several
 * threads. */

#include "connect/connect.h"

#include <dbi/dbi-dev.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "dialect/dialect.h"

/* libdbi keeps its connections in a list and is not safe for threads.  Its instance is never shut
 * down: that would end client libraries under connections that other drivers still use. */
static struct {
    pthread_mutex_t lock; /* held for each call that touches the instance or its list */
    dbi_inst instance;
    dbi_conn only; /* of a driver that has room for one; NULL: it is free */
} libdbi = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Called with the lock held. */
static ferry_status libdbi_start(const char *label, struct ferry_error *err)
{
    if (libdbi.instance != NULL)
        return FERRY_OK;
    errno = 0; /* libdbi has no other word for what it lacked */
    if (dbi_initialize_r(NULL, &libdbi.instance) > 0) {
        dbi_set_verbosity_r(0, libdbi.instance);
        return FERRY_OK;
    }
    libdbi.instance = NULL;
    return errno == ENOMEM
               ? dbidrv_fail_memory(err)
               : ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: libdbi finds no drivers; install one, such as libdbd-pgsql",
                            label);
}

static ferry_status libdbi_fail_second(const char *label, const struct dbidrv_dialect *dialect,
                                       struct ferry_error *err)
{
    if (!dbidrv_dial_has_strays())
        return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                          "%s: libdbi's driver '%s' mixes up the connections of a process, so that "
                          "there can be one at a time; use the driver odbc for the other side",
                          label, dialect->name);
    ferry_status status =
        ferry_fail(err, FERRY_ERR_BUSY,
                   "%s: libdbi's driver '%s' has not given up an earlier attempt to connect", label,
                   dialect->name);
    ferry_error_may_pass(err);
    return status;
}

ferry_status dbidrv_libdbi_open(const char *label, const struct dbidrv_dialect *dialect,
                                dbi_conn *ret_dbi, struct ferry_error *err)
{
    pthread_mutex_lock(&libdbi.lock);
    ferry_status status = libdbi_start(label, err);
    dbi_driver driver =
        status == FERRY_OK ? dbi_driver_open_r(dialect->name, libdbi.instance) : NULL;
    if (status == FERRY_OK && driver != NULL && dialect->single && libdbi.only != NULL)
        status = libdbi_fail_second(label, dialect, err);
    if (status == FERRY_OK && driver == NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG, "%s: libdbi has no driver '%s'; install %s",
                            label, dialect->name, dialect->package);
    dbi_conn dbi = status == FERRY_OK ? dbi_conn_open(driver) : NULL;
    if (status == FERRY_OK && dbi == NULL)
        status = dbidrv_fail_memory(err);
    if (status == FERRY_OK && dialect->single)
        libdbi.only = dbi;
    pthread_mutex_unlock(&libdbi.lock);
    if (status == FERRY_OK)
        *ret_dbi = dbi;
    return status;
}

/* libdbi looks through its options without a thought of those that it had no memory for. */
static dbi_option_t *libdbi_find_option(dbi_conn dbi, const char *key)
{
    const dbi_conn_t *inside = dbi;
    dbi_option_t *option = inside->options;
    while (option != NULL && (option->key == NULL || strcmp(option->key, key) != 0))
        option = option->next;
    return option;
}

/* Out of memory, libdbi says that all is well, and forgets the host or the password. */
bool dbidrv_libdbi_set(dbi_conn dbi, const char *key, const char *value)
{
    if (dbi_conn_set_option(dbi, key, value) != 0)
        return false;
    const dbi_option_t *option = libdbi_find_option(dbi, key);
    return option != NULL && option->string_value != NULL;
}

/* libdbi clears its options without wiping them. */
void dbidrv_libdbi_forget_options(dbi_conn dbi)
{
    dbi_option_t *option = libdbi_find_option(dbi, "password");
    if (option != NULL && option->string_value != NULL)
        explicit_bzero(option->string_value, strlen(option->string_value));
    dbi_conn_clear_options(dbi);
}

void dbidrv_libdbi_close(dbi_conn dbi)
{
    dbidrv_libdbi_forget_options(dbi);
    pthread_mutex_lock(&libdbi.lock);
    /* Of a connection that has never been one, such a driver follows a NULL. */
    bool closes = libdbi.only != dbi || ((const dbi_conn_t *)dbi)->connection != NULL;
    if (libdbi.only == dbi)
        libdbi.only = NULL;
    if (closes)
        dbi_conn_close(dbi);
    pthread_mutex_unlock(&libdbi.lock);
}
