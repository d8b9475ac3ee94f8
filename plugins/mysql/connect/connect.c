/* Opening and closing a connection through libdbi, and the native handle inside it. */

#include "connect/connect.h"
#include "write/rows.h"

#include <dbi/dbi-dev.h>
#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ma_pvio.h>

/* Nobody waits longer for what can be left to the next run. */
#define CONNECT_SPARE_TIMEOUT_MS 5000

/* libdbi keeps its connections in a list and is not safe for threads.  Its instance is never shut
 * down: that would end the client library under connections that other drivers still use. */
static struct {
    pthread_mutex_t lock; /* held for each call that touches the instance or its list */
    dbi_inst instance;
    dbi_driver driver;
} connect_dbi = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool connect_same_library(dbi_driver driver)
{
    int (*ours)(MYSQL *, const char *, unsigned long) = mysql_real_query;
    void *address;
    memcpy(&address, &ours, sizeof address);
    return dbi_driver_specific_function(driver, "mysql_real_query") == address;
}

static ferry_status connect_fail_start(const char *what, struct ferry_error *err)
{
    return errno == ENOMEM ? mydrv_fail_memory(err) : ferry_fail(err, FERRY_ERR_CONFIG, "%s", what);
}

/* Called with the lock held. */
static ferry_status connect_load_dbi(struct ferry_error *err)
{
    if (connect_dbi.driver != NULL)
        return FERRY_OK;
    errno = 0; /* libdbi has no other word for what it lacked */
    if (mysql_library_init(0, NULL, NULL) != 0)
        return connect_fail_start("the MySQL client library does not start", err);
    if (connect_dbi.instance == NULL) {
        if (dbi_initialize_r(NULL, &connect_dbi.instance) < 0) {
            connect_dbi.instance = NULL;
            return connect_fail_start("libdbi finds no driver folder; install libdbd-mysql", err);
        }
        dbi_set_verbosity_r(0, connect_dbi.instance);
    }
    dbi_driver driver = dbi_driver_open_r("mysql", connect_dbi.instance);
    if (driver == NULL) {
        ferry_status status =
            connect_fail_start("libdbi has no driver for MySQL; install libdbd-mysql", err);
        dbi_shutdown_r(connect_dbi.instance); /* it looks for drivers once */
        connect_dbi.instance = NULL;
        return status;
    }
    if (!connect_same_library(driver))
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "libdbi's mysql driver uses another client library than dbferry was "
                          "built with; build dbferry against the library that libdbd-mysql uses");
    if (!mydrv_gate_install())
        return mydrv_fail_memory(err);
    connect_dbi.driver = driver;
    return FERRY_OK;
}

/* libdbi looks through its options without a thought of those that it had no memory for. */
static dbi_option_t *connect_find_option(dbi_conn dbi, const char *key)
{
    const dbi_conn_t *inside = dbi;
    dbi_option_t *option = inside->options;
    while (option != NULL && (option->key == NULL || strcmp(option->key, key) != 0))
        option = option->next;
    return option;
}

/* libdbi clears its options without wiping them. */
static void connect_forget_password(dbi_conn dbi, MYSQL *native)
{
    dbi_option_t *option = connect_find_option(dbi, "password");
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

static ferry_status connect_open_dbi(struct mydrv_conn *conn, struct ferry_error *err)
{
    pthread_mutex_lock(&connect_dbi.lock);
    ferry_status status = connect_load_dbi(err);
    if (status == FERRY_OK) {
        conn->dbi = dbi_conn_open(connect_dbi.driver);
        if (conn->dbi == NULL)
            status = mydrv_fail_memory(err);
    }
    pthread_mutex_unlock(&connect_dbi.lock);
    return status;
}

/* Out of memory, libdbi says that all is well, and forgets the host or the password. */
static bool connect_set_option(dbi_conn dbi, const char *key, const char *value)
{
    if (dbi_conn_set_option(dbi, key, value) != 0)
        return false;
    const dbi_option_t *option = connect_find_option(dbi, key);
    return option != NULL && option->string_value != NULL;
}

static bool connect_set_options(dbi_conn dbi, const struct mydrv_settings *settings,
                                const char *database, const char *connstring, const char *password)
{
    /* An unset password would be looked for in the environment. */
    if (!connect_set_option(dbi, "host", connstring) ||
        !connect_set_option(dbi, "username", settings->user) ||
        !connect_set_option(dbi, "password", password == NULL ? "" : password) ||
        (database != NULL && !connect_set_option(dbi, "dbname", database)))
        return false;
    return dbi_conn_set_option_numeric(dbi, "port", (int)settings->port) == 0 &&
           connect_find_option(dbi, "port") != NULL;
}

static void connect_close_dbi(dbi_conn dbi)
{
    pthread_mutex_lock(&connect_dbi.lock);
    dbi_conn_close(dbi);
    pthread_mutex_unlock(&connect_dbi.lock);
}

/* Of a login that nobody waits for any more. */
static void connect_discard_dbi(dbi_conn dbi)
{
    const dbi_conn_t *inside = dbi;
    connect_forget_password(dbi, inside->connection);
    connect_close_dbi(dbi);
}

/* What to do, in the words of this driver, where the library would have given this number. */
static const char *connect_hint(const struct mydrv_conn *conn, unsigned code)
{
    const char *hint;
    mydrv_fault_class(conn->flavour, code, MYDRV_CONNECTING, &hint);
    return hint;
}

static ferry_status connect_fail_resolver(const struct mydrv_conn *conn, const char *host,
                                          const struct mydrv_dial_result *result,
                                          struct ferry_error *err)
{
    bool unknown = result->resolver_error == EAI_NONAME || result->resolver_error == EAI_NODATA;
    return ferry_fail(err, conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE,
                      "%s: cannot resolve '%s': %s; %s", conn->label, host,
                      unknown                                ? "no such host"
                      : result->resolver_error == EAI_SYSTEM ? strerror(result->system_error)
                                                             : gai_strerror(result->resolver_error),
                      connect_hint(conn, CR_UNKNOWN_HOST));
}

/* The library reports a single wait that takes all of the time, and knows where it was; the rest of
 * a second lets it come first. */
#define CONNECT_SLACK_MS 500

static ferry_status connect_fail_slow(const struct mydrv_conn *conn,
                                      const struct mydrv_settings *settings, bool resolved,
                                      struct ferry_error *err)
{
    ferry_status status = conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE;
    if (!resolved)
        return ferry_fail(err, status,
                          "%s: cannot resolve '%s' within %u s (connect_timeout); check this "
                          "machine's resolver",
                          conn->label, settings->host, settings->connect_timeout);
    return ferry_fail(
        err, status, "%s: cannot connect: timed out, no login within %u s (connect_timeout); %s",
        conn->label, settings->connect_timeout, connect_hint(conn, CR_CONN_HOST_ERROR));
}

/* Whatever it fails with but STOPPED may pass: the address, or the server, was not there. */
static ferry_status connect_dial(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                                 struct mydrv_dial_result *ret_result, struct ferry_error *err)
{
    struct mydrv_dial_result result = {0};
    ferry_status status;
    enum mydrv_dial_end end = mydrv_dial(
        conn->dbi, settings, (int64_t)settings->connect_timeout * 1000 + CONNECT_SLACK_MS,
        connect_discard_dbi, &result);
    if (end == MYDRV_DIAL_SLOW_NAME || end == MYDRV_DIAL_SLOW || end == MYDRV_DIAL_STOPPED)
        conn->dbi = NULL; /* its thread's */
    switch (end) {
    case MYDRV_DIAL_DONE:
        *ret_result = result;
        return FERRY_OK;
    case MYDRV_DIAL_NO_THREAD:
        return mydrv_fail_memory(err);
    case MYDRV_DIAL_STOPPED:
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    case MYDRV_DIAL_NO_HOST:
        status = connect_fail_resolver(conn, settings->host, &result, err);
        break;
    default:
        status = connect_fail_slow(conn, settings, end == MYDRV_DIAL_SLOW, err);
        break;
    }
    ferry_error_may_pass(err);
    return status;
}

static bool connect_was_lost(unsigned code, const char *text)
{
    return code == CR_SERVER_LOST || code == CR_SERVER_LOST_EXTENDED ||
           code == CR_SERVER_GONE_ERROR ||
           (code == CR_SSL_CONNECTION_ERROR && mydrv_tls_was_lost(text));
}

#define CONNECT_NO_DATABASE 1049

/* Connect and wipe the password.  Any later call on `dbi` would clear its error, so the error is
 * taken out first.  With `ret_no_database` it is a success that the database is not there: there is
 * no connection then. */
static ferry_status connect_try(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                                bool *ret_no_database, struct ferry_error *err)
{
    struct mydrv_dial_result result = {0};
    ferry_status status = connect_dial(conn, settings, &result, err);
    if (status != FERRY_OK) {
        if (conn->dbi != NULL)
            connect_forget_password(conn->dbi, NULL);
        return status;
    }
    const dbi_conn_t *inside = conn->dbi;
    conn->encrypted = conn->encrypted || result.found.encrypted;
    conn->native = result.failed ? NULL : inside->connection;
    unsigned code = inside->error_number > 0 ? (unsigned)inside->error_number : 0;
    bool enough = inside->error_number != DBI_ERROR_NOMEM;
    MYDRV_AUTO_TEXT char *reason =
        strdup(inside->error_message != NULL ? inside->error_message : "no reason given");
    connect_forget_password(conn->dbi, conn->native);
    bool barred = result.found.injected || code == CR_PLUGIN_NOT_ALLOWED ||
                  code == CR_AUTH_PLUGIN_CANNOT_LOAD;
    if (conn->native != NULL && !result.found.injected && result.found.fault == NULL)
        return FERRY_OK;
    if (barred)
        return mydrv_gate_fail(conn, settings, &result.found, err);
    if (reason == NULL || !enough)
        return mydrv_fail_memory(err);
    if (settings->insist && code == CR_SSL_CONNECTION_ERROR && mydrv_tls_was_not_offered(reason))
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: cannot connect: TLS is offered no more, though it was to another "
                          "connection a moment ago: somebody on the way may have taken the offer "
                          "out; nothing was sent",
                          conn->label);
    if (ret_no_database != NULL && code == CONNECT_NO_DATABASE) {
        *ret_no_database = true;
        return FERRY_OK;
    }
    if (result.found.fault != NULL) /* the library knows only that the connection is gone */
        return mydrv_fail(conn, conn->target ? MYDRV_OPENING : MYDRV_CONNECTING,
                          CR_SSL_CONNECTION_ERROR, result.found.fault, "connect", err);
    bool shaking = result.found.requested && !result.found.encrypted;
    return mydrv_fail(
        conn, conn->target ? MYDRV_OPENING : MYDRV_CONNECTING, code, reason,
        shaking && connect_was_lost(code, reason) ? "finish the TLS handshake" : "connect", err);
}

/* What the connections of one mydrv_connect() share. */
struct connect_plan {
    const struct mydrv_flavour *flavour;
    const struct ferry_config *config;
    struct mydrv_settings settings;
    uint32_t role;
    char *password; /* asked for once, and late: only where all else is in order */
    bool asked;
};

static ferry_status connect_ask_password(struct connect_plan *plan, struct ferry_error *err)
{
    ferry_status status = plan->asked
                              ? FERRY_OK
                              : ferry_config_secret(plan->config, "password", &plan->password, err);
    plan->asked = true;
    if (status == FERRY_OK && plan->settings.token && plan->password == NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "connection '%s': the login needs a token, and none was given; set "
                            "password_command to the command that prints one",
                            ferry_config_name(plan->config));
    return status;
}

static ferry_status connect_login_to(struct mydrv_conn *conn, struct connect_plan *plan,
                                     const char *database, bool *ret_no_database,
                                     struct ferry_error *err)
{
    const struct mydrv_settings *settings = &plan->settings;
    MYDRV_AUTO_TEXT char *connstring = NULL;
    ferry_status status = mydrv_connstring_make(conn->label, settings, &connstring, err);
    if (status == FERRY_OK)
        status = connect_open_dbi(conn, err);
    if (status == FERRY_OK)
        status = mydrv_logins_load(mydrv_logins_allowed(settings), err);
    if (status == FERRY_OK)
        status = connect_ask_password(plan, err);
    if (status != FERRY_OK)
        return status;
    if (!connect_set_options(conn->dbi, settings, database, connstring, plan->password)) {
        connect_forget_password(conn->dbi, NULL);
        return mydrv_fail_memory(err);
    }
    status = connect_try(conn, settings, ret_no_database, err);
    plan->settings.insist = plan->settings.insist || conn->encrypted;
    return status;
}

/* A database that a load may make need not be there yet. */
static ferry_status connect_login(struct mydrv_conn *conn, struct connect_plan *plan,
                                  struct ferry_error *err)
{
    const struct mydrv_settings *settings = &plan->settings;
    bool may_make = conn->target && settings->create_database;
    bool missing = false;
    ferry_status status =
        connect_login_to(conn, plan, settings->database, may_make ? &missing : NULL, err);
    if (status != FERRY_OK || !missing)
        return status;
    connect_close_dbi(conn->dbi);
    conn->dbi = NULL;
    conn->missing_database = strdup(settings->database);
    return conn->missing_database == NULL ? mydrv_fail_memory(err)
                                          : connect_login_to(conn, plan, NULL, NULL, err);
}

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

/* The server may have no compression to offer; then nothing is compressed. */
static void connect_note_compression(struct mydrv_conn *conn, const struct mydrv_settings *settings)
{
    if (!settings->compression)
        return;
    bool on = conn->native->net.compress != 0;
    conn->compression = on ? "on" : "none: the server offers none";
    ferry_log(conn->second ? FERRY_LOG_DEBUG
              : on         ? FERRY_LOG_INFO
                           : FERRY_LOG_WARNING,
              "%s: compression: %s", conn->label, conn->compression);
}

static void connect_warn_of_files(const struct mydrv_conn *conn,
                                  const struct mydrv_settings *settings)
{
    if (conn->second || !mydrv_tls_ignores_files(settings))
        return;
    bool pinned = settings->fingerprint != NULL;
    ferry_log(FERRY_LOG_WARNING,
              "%s: ssl_ca, ssl_capath and ssl_crl are not looked at %s; remove them, or %s",
              conn->label, pinned ? "beside `ssl_fingerprint`" : "in this ssl_mode",
              pinned ? "remove `ssl_fingerprint`"
                     : "set ssl_mode to \"verify-identity\" or \"verify-ca\"");
}

/* What must hold before the first statement goes out. */
static ferry_status connect_secure(struct mydrv_conn *conn, const struct mydrv_settings *settings,
                                   struct ferry_error *err)
{
    unsigned off = 0;
    mysql_optionsv(conn->native, MYSQL_OPT_LOCAL_INFILE, &off);
    mydrv_infile_guard(conn);
    const char *cipher = mysql_get_ssl_cipher(conn->native);
    if (cipher == NULL && settings->tls >= MYDRV_TLS_REQUIRED)
        return ferry_fail(err, FERRY_ERR_REFUSED,
                          "%s: the connection is not encrypted although ssl_mode is \"%s\"; switch "
                          "TLS on at the server; somebody on the way may have taken its offer out",
                          conn->label, mydrv_tls_mode_name(settings->tls));
    const char *version = NULL;
    mariadb_get_infov(conn->native, MARIADB_CONNECTION_TLS_VERSION, &version);
    int made;
    if (cipher != NULL)
        made = asprintf(&conn->tls, "%s, %s, %s", version == NULL ? "TLS" : version, cipher,
                        settings->fingerprint != NULL                ? "fingerprint matched"
                        : settings->tls == MYDRV_TLS_VERIFY_IDENTITY ? "identity verified"
                        : settings->tls == MYDRV_TLS_VERIFY_CA       ? "CA verified, host not"
                                                                     : "server not verified");
    else
        made = asprintf(&conn->tls, "none (%s)",
                        settings->use_socket                  ? "unix socket"
                        : settings->tls == MYDRV_TLS_DISABLED ? "ssl_mode \"disabled\""
                                                              : "the server offers none");
    if (made < 0) {
        conn->tls = NULL;
        return mydrv_fail_memory(err);
    }
    ferry_log(conn->second ? FERRY_LOG_DEBUG : FERRY_LOG_INFO, "%s: TLS: %s", conn->label,
              conn->tls);
    connect_note_compression(conn, settings);
    connect_warn_of_files(conn, settings);
    conn->wake_fd = fcntl((int)mysql_get_socket(conn->native), F_DUPFD_CLOEXEC, 3);
    if (conn->wake_fd < 0)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "%s: cannot duplicate the socket", conn->label);
    connect_set_timeouts(conn->native, (int64_t)settings->connect_timeout * 1000);
    return FERRY_OK;
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

static struct mydrv_conn *connect_new(const struct connect_plan *plan, bool second)
{
    struct mydrv_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return NULL;
    conn->wake_fd = -1;
    conn->flavour = plan->flavour;
    conn->target = (plan->role & FERRY_ROLE_TARGET) != 0;
    conn->second = second;
    conn->label = connect_make_label(plan->config, &plan->settings);
    if (conn->label == NULL) {
        free(conn);
        return NULL;
    }
    return conn;
}

static ferry_status connect_set_up(struct mydrv_conn *conn, struct connect_plan *plan,
                                   struct ferry_error *err)
{
    struct mydrv_limit limit;
    ferry_status status = mydrv_limit_begin(
        &limit, conn, (int64_t)plan->settings.connect_timeout * 1000 + CONNECT_SLACK_MS, err);
    if (status != FERRY_OK)
        return status;
    status = mydrv_session_set_up(conn, plan->config, &plan->settings, err);
    mydrv_limit_end(&limit);
    if (status == FERRY_OK)
        connect_set_timeouts(conn->native, plan->settings.read_timeout_ms);
    conn->patience_ms = plan->settings.read_timeout_ms;
    return status;
}

static ferry_status connect_open(struct mydrv_conn *conn, struct connect_plan *plan,
                                 struct ferry_error *err)
{
    ferry_status status = mydrv_tls_check_settings(conn->label, &plan->settings, err);
    if (status == FERRY_OK)
        status = connect_login(conn, plan, err);
    if (status == FERRY_OK)
        status = connect_secure(conn, &plan->settings, err);
    if (status == FERRY_OK)
        status = connect_set_up(conn, plan, err);
    return status;
}

static ferry_status connect_make(struct connect_plan *plan, bool second,
                                 struct mydrv_conn **ret_conn, struct ferry_error *err)
{
    struct mydrv_conn *conn = connect_new(plan, second);
    ferry_status status = conn == NULL ? mydrv_fail_memory(err) : connect_open(conn, plan, err);
    if (status != FERRY_OK) {
        mydrv_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}

/* A target has a second connection: for what is left to do where the first was cut off. */
static ferry_status connect_all(struct connect_plan *plan, struct mydrv_conn **ret_conn,
                                struct ferry_error *err)
{
    struct mydrv_conn *conn = NULL;
    ferry_status status = connect_make(plan, false, &conn, err);
    if (status == FERRY_OK && (plan->role & FERRY_ROLE_TARGET) != 0)
        status = connect_make(plan, true, &conn->spare, err);
    if (status != FERRY_OK) {
        mydrv_disconnect(conn);
        return status;
    }
    if (conn->spare != NULL)
        connect_set_timeouts(conn->spare->native, CONNECT_SPARE_TIMEOUT_MS);
    *ret_conn = conn;
    return FERRY_OK;
}

ferry_status mydrv_connect(const struct mydrv_flavour *flavour, const struct ferry_config *config,
                           uint32_t role, void **ret_conn, struct ferry_error *err)
{
    struct connect_plan plan = {.flavour = flavour, .config = config, .role = role};
    struct mydrv_conn *conn = NULL;
    ferry_status status = mydrv_settings_read(flavour, config, &plan.settings, err);
    if (status != FERRY_OK)
        return status;
    status = connect_all(&plan, &conn, err);
    if (plan.password != NULL)
        ferry_secret_free(plan.password);
    mydrv_settings_clear(&plan.settings);
    if (status == FERRY_OK)
        *ret_conn = conn;
    return status;
}

void mydrv_disconnect(void *conn)
{
    struct mydrv_conn *c = conn;
    if (c == NULL)
        return;
    mydrv_disconnect(c->spare);
    if (c->dbi != NULL)
        connect_close_dbi(c->dbi);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    free(c->label);
    free(c->server);
    free(c->time_zone);
    free(c->tls);
    free(c->known_collation);
    mydrv_codes_free(c->codes);
    free(c->missing_database);
    free(c);
}

/* The library closes its own descriptor as soon as it sees an error, and the number may then belong
 * to somebody else; the duplicate stays ours until disconnect. */
void mydrv_cancel(void *conn)
{
    struct mydrv_conn *c = conn;
    atomic_store(&c->cancelled, true);
    shutdown(c->wake_fd, SHUT_RDWR);
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
