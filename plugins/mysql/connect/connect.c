/* Opening and closing a connection through libdbi, and the native handle inside it. */

#include "connect/connect.h"
#include "types/types.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ma_pvio.h>

/* Nobody waits longer for what can be left to the next run. */
#define CONNECT_SECOND_TIMEOUT_MS 5000

/* A time limit on each wait, for data and for room to send some.  The connection string has no key
 * for it, so it is set where the library keeps it, in whole seconds. */
static void connect_set_timeouts(MYSQL *native, int64_t ms)
{
    unsigned seconds = ms <= 0 ? 0 : ms > 86400000 ? 86400U : (unsigned)((ms + 999) / 1000);
    mysql_optionsv(native, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_optionsv(native, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    MARIADB_PVIO *io = native->net.pvio;
    if (io == NULL || io->methods->set_timeout == NULL)
        return;
    io->methods->set_timeout(io, PVIO_READ_TIMEOUT, (int)seconds);
    io->methods->set_timeout(io, PVIO_WRITE_TIMEOUT, (int)seconds);
}

static char *connect_make_label(const struct ferry_config *config,
                                const struct mydrv_settings *settings)
{
    char *label = NULL;
    int made;
    if (settings->use_socket)
        made =
            asprintf(&label, "connection '%s' (%s at socket %s)", ferry_config_name(config),
                     settings->user, settings->socket == NULL ? "of localhost" : settings->socket);
    else
        made = asprintf(&label, "connection '%s' (%s at %s:%u)", ferry_config_name(config),
                        settings->user, settings->host, settings->port);
    return made < 0 ? NULL : label;
}

static struct mydrv_conn *connect_new(const struct mydrv_login *login, bool is_second)
{
    struct mydrv_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return NULL;
    conn->wake_fd = -1;
    (void)pthread_mutex_init(&conn->third_lock, NULL);
    conn->flavour = login->flavour;
    conn->target = (login->role & FERRY_ROLE_TARGET) != 0;
    conn->is_second = is_second;
    conn->label = connect_make_label(login->config, &login->settings);
    if (conn->label == NULL) {
        free(conn);
        return NULL;
    }
    return conn;
}

static ferry_status connect_set_up(struct mydrv_conn *conn, struct mydrv_login *login,
                                   struct ferry_error *err)
{
    struct mydrv_limit limit;
    conn->wake_fd = fcntl((int)mysql_get_socket(conn->native), F_DUPFD_CLOEXEC, 3);
    if (conn->wake_fd < 0)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "%s: cannot duplicate the socket", conn->label);
    connect_set_timeouts(conn->native, (int64_t)login->settings.connect_timeout * 1000);
    ferry_status status = mydrv_limit_begin(
        &limit, conn, (int64_t)login->settings.connect_timeout * 1000 + MYDRV_CONNECT_SLACK_MS,
        err);
    if (status != FERRY_OK)
        return status;
    status = mydrv_session_set_up(conn, login->config, &login->settings, err);
    mydrv_limit_end(&limit);
    if (status == FERRY_OK)
        connect_set_timeouts(conn->native, login->settings.read_timeout_ms);
    conn->patience_ms = login->settings.read_timeout_ms;
    return status;
}

static ferry_status connect_open(struct mydrv_conn *conn, struct mydrv_login *login,
                                 struct ferry_error *err)
{
    ferry_status status = mydrv_tls_check_settings(conn->label, &login->settings, err);
    if (status == FERRY_OK)
        status = mydrv_login(conn, login, err);
    if (status == FERRY_OK)
        status = mydrv_conn_secure(conn, &login->settings, err);
    if (status == FERRY_OK)
        status = connect_set_up(conn, login, err);
    return status;
}

static ferry_status connect_make(struct mydrv_login *login, bool is_second,
                                 struct mydrv_conn **ret_conn, struct ferry_error *err)
{
    struct mydrv_conn *conn = connect_new(login, is_second);
    ferry_status status = conn == NULL ? mydrv_fail_memory(err) : connect_open(conn, login, err);
    if (status != FERRY_OK) {
        mydrv_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}

/* A target has a second connection: for what is left to do where the first was cut off; and a third
 * one where stored rows are read while it is loaded. */
static ferry_status connect_all(struct mydrv_login *login, struct mydrv_conn **ret_conn,
                                struct ferry_error *err)
{
    struct mydrv_conn *conn = NULL;
    ferry_status status = connect_make(login, false, &conn, err);
    if (status == FERRY_OK && (login->role & FERRY_ROLE_TARGET) != 0)
        status = connect_make(login, true, &conn->second, err);
    if (status == FERRY_OK && (login->role & FERRY_ROLE_CHANGES) != 0 &&
        (login->role & FERRY_ROLE_LOOK) == 0)
        status = connect_make(login, true, &conn->third, err);
    if (status != FERRY_OK) {
        mydrv_disconnect(conn);
        return status;
    }
    if (conn->second != NULL)
        connect_set_timeouts(conn->second->native, CONNECT_SECOND_TIMEOUT_MS);
    *ret_conn = conn;
    return FERRY_OK;
}

static void connect_forget_password(struct mydrv_login *login)
{
    if (login->password != NULL)
        ferry_secret_free(login->password);
    login->password = NULL;
    login->asked = false;
}

static void connect_forget_login(struct mydrv_login *login)
{
    if (login == NULL)
        return;
    connect_forget_password(login);
    mydrv_settings_clear(&login->settings);
    free(login);
}

ferry_status mydrv_connect(const struct mydrv_flavour *flavour, const struct ferry_config *config,
                           uint32_t role, void **ret_conn, struct ferry_error *err)
{
    struct mydrv_login *login = calloc(1, sizeof *login);
    struct mydrv_conn *conn = NULL;
    if (login == NULL)
        return mydrv_fail_memory(err);
    *login = (struct mydrv_login){.flavour = flavour, .config = config, .role = role};
    ferry_status status = mydrv_settings_read(flavour, config, &login->settings, err);
    if (status == FERRY_OK)
        status = connect_all(login, &conn, err);
    if (status != FERRY_OK || (role & FERRY_ROLE_TARGET) == 0 || (role & FERRY_ROLE_LOOK) != 0)
        connect_forget_login(login);
    else
        conn->login = login;
    if (conn != NULL && conn->login != NULL)
        connect_forget_password(login);
    if (status == FERRY_OK)
        *ret_conn = conn;
    return status;
}

static struct mydrv_conn *connect_set_third(struct mydrv_conn *conn, struct mydrv_conn *third)
{
    pthread_mutex_lock(&conn->third_lock);
    struct mydrv_conn *before = conn->third;
    conn->third = third;
    pthread_mutex_unlock(&conn->third_lock);
    return before;
}

/* Whoever cancels sees the third connection, or is seen here.  It is there from the beginning where
 * changes were to be expected; else, and after one that was cut off, the password is asked for
 * anew.
 */
ferry_status mydrv_conn_open_third(struct mydrv_conn *conn, struct mydrv_conn **ret_third,
                                   struct ferry_error *err)
{
    struct mydrv_conn *third = conn->third; /* only this thread sets it */
    if (third == NULL || third->broken) {
        if (conn->login == NULL)
            return ferry_fail(err, FERRY_ERR_INTERNAL, "%s: opened only to look", conn->label);
        mydrv_disconnect(connect_set_third(conn, NULL));
        ferry_status status = connect_make(conn->login, true, &third, err);
        if (status != FERRY_OK)
            return status;
        (void)connect_set_third(conn, third);
        if (atomic_load(&conn->cancelled))
            mydrv_cancel(third);
    }
    ferry_status status = mydrv_conn_check(conn, err);
    if (status == FERRY_OK)
        *ret_third = third;
    return status;
}

void mydrv_disconnect(void *conn)
{
    struct mydrv_conn *c = conn;
    if (c == NULL)
        return;
    mydrv_disconnect(c->third);
    mydrv_disconnect(c->second);
    connect_forget_login(c->login);
    if (c->dbi != NULL)
        mydrv_libdbi_close(c->dbi);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    free(c->label);
    free(c->server);
    free(c->time_zone);
    free(c->tls);
    free(c->known_collation);
    mydrv_codes_free(c->codes);
    mydrv_judge_forget(c, NULL);
    free(c->missing_database);
    (void)pthread_mutex_destroy(&c->third_lock);
    free(c);
}

/* The library closes its own descriptor as soon as it sees an error, and the number may then belong
 * to somebody else; the duplicate stays ours until disconnect. */
void mydrv_cancel(void *conn)
{
    struct mydrv_conn *c = conn;
    atomic_store(&c->cancelled, true);
    shutdown(c->wake_fd, SHUT_RDWR);
    pthread_mutex_lock(&c->third_lock);
    if (c->third != NULL)
        mydrv_cancel(c->third);
    pthread_mutex_unlock(&c->third_lock);
}

ferry_status mydrv_conn_check(const struct mydrv_conn *conn, struct ferry_error *err)
{
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (conn->broken)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "%s: a read was given up before its end; connect again", conn->label);
    return FERRY_OK;
}
