/* Handles of libdbi, for connections that do not know of each other and may live in several
 * threads.
 */

#include "connect/connect.h"

#include <dbi/dbi-dev.h>
#include <errno.h>
#include <string.h>

/* libdbi keeps its connections in a list and is not safe for threads.  Its instance is never shut
 * down: that would end the client library under connections that other drivers still use. */
static struct {
    pthread_mutex_t lock; /* held for each call that touches the instance or its list */
    dbi_inst instance;
    dbi_driver driver;
} libdbi = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool libdbi_has_our_library(dbi_driver driver)
{
    int (*ours)(MYSQL *, const char *, unsigned long) = mysql_real_query;
    void *address;
    memcpy(&address, &ours, sizeof address);
    return dbi_driver_specific_function(driver, "mysql_real_query") == address;
}

static ferry_status libdbi_fail_start(const char *what, struct ferry_error *err)
{
    return errno == ENOMEM ? mydrv_fail_memory(err) : ferry_fail(err, FERRY_ERR_CONFIG, "%s", what);
}

/* Called with the lock held. */
static ferry_status libdbi_load(struct ferry_error *err)
{
    if (libdbi.driver != NULL)
        return FERRY_OK;
    errno = 0; /* libdbi has no other word for what it lacked */
    if (!mydrv_library_start())
        return libdbi_fail_start("the MySQL client library does not start", err);
    if (libdbi.instance == NULL) {
        if (dbi_initialize_r(NULL, &libdbi.instance) < 0) {
            libdbi.instance = NULL;
            return libdbi_fail_start("libdbi finds no driver folder; install libdbd-mysql", err);
        }
        dbi_set_verbosity_r(0, libdbi.instance);
    }
    dbi_driver driver = dbi_driver_open_r("mysql", libdbi.instance);
    if (driver == NULL) {
        ferry_status status =
            libdbi_fail_start("libdbi has no driver for MySQL; install libdbd-mysql", err);
        dbi_shutdown_r(libdbi.instance); /* it looks for drivers once */
        libdbi.instance = NULL;
        return status;
    }
    if (!libdbi_has_our_library(driver))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "libdbi's mysql driver uses another client library than dbferry was "
                          "built with; build dbferry against the library that libdbd-mysql uses");
    if (!mydrv_gate_install())
        return mydrv_fail_memory(err);
    libdbi.driver = driver;
    return FERRY_OK;
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

/* libdbi clears its options without wiping them. */
void mydrv_libdbi_forget_password(dbi_conn dbi, MYSQL *native)
{
    dbi_option_t *option = libdbi_find_option(dbi, "password");
    if (option != NULL && option->string_value != NULL)
        explicit_bzero(option->string_value, strlen(option->string_value));
    dbi_conn_clear_options(dbi);
    if (native == NULL)
        return;
    if (native->passwd != NULL) /* kept for reconnecting, which is off */
        explicit_bzero(native->passwd, strlen(native->passwd));
    if (native->net.buff != NULL) /* inside of TLS, some logins send the password itself */
        explicit_bzero(native->net.buff, (size_t)(native->net.buff_end - native->net.buff));
}

ferry_status mydrv_libdbi_open(struct mydrv_conn *conn, struct ferry_error *err)
{
    pthread_mutex_lock(&libdbi.lock);
    ferry_status status = libdbi_load(err);
    if (status == FERRY_OK) {
        conn->dbi = dbi_conn_open(libdbi.driver);
        if (conn->dbi == NULL)
            status = mydrv_fail_memory(err);
    }
    pthread_mutex_unlock(&libdbi.lock);
    return status;
}

/* Out of memory, libdbi says that all is well, and forgets the host or the password. */
static bool libdbi_set_option(dbi_conn dbi, const char *key, const char *value)
{
    if (dbi_conn_set_option(dbi, key, value) != 0)
        return false;
    const dbi_option_t *option = libdbi_find_option(dbi, key);
    return option != NULL && option->string_value != NULL;
}

bool mydrv_libdbi_set_options(dbi_conn dbi, const struct mydrv_settings *settings,
                              const char *database, const char *connstring, const char *password)
{
    /* An unset password would be looked for in the environment. */
    if (!libdbi_set_option(dbi, "host", connstring) ||
        !libdbi_set_option(dbi, "username", settings->user) ||
        !libdbi_set_option(dbi, "password", password == NULL ? "" : password) ||
        (database != NULL && !libdbi_set_option(dbi, "dbname", database)))
        return false;
    return dbi_conn_set_option_numeric(dbi, "port", (int)settings->port) == 0 &&
           libdbi_find_option(dbi, "port") != NULL;
}

void mydrv_libdbi_close(dbi_conn dbi)
{
    pthread_mutex_lock(&libdbi.lock);
    dbi_conn_close(dbi);
    pthread_mutex_unlock(&libdbi.lock);
}

void mydrv_libdbi_discard(dbi_conn dbi)
{
    const dbi_conn_t *inside = dbi;
    mydrv_libdbi_forget_password(dbi, inside->connection);
    mydrv_libdbi_close(dbi);
}
