/* Opening and closing a connection, and cutting it off. */

#include "connect/connect.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "parts/openssl.h"

static char *connect_make_label(const struct ferry_config *config,
                                const struct pgdrv_settings *settings)
{
    char *label = NULL;
    int made;
    if (settings->use_socket)
        made =
            asprintf(&label, "connection '%s' (%s at socket %s/.s.PGSQL.%u)",
                     ferry_config_name(config), settings->user, settings->socket, settings->port);
    else
        made = asprintf(&label, "connection '%s' (%s at %s:%u)", ferry_config_name(config),
                        settings->user, settings->host, settings->port);
    return made < 0 ? NULL : label;
}

static ferry_status connect_new(const struct ferry_config *config,
                                const struct pgdrv_settings *settings, uint32_t role,
                                struct pgdrv_conn **ret_conn, struct ferry_error *err)
{
    struct pgdrv_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return pgdrv_fail_memory(err);
    conn->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    conn->target = (role & FERRY_ROLE_TARGET) != 0;
    conn->wait_ms = settings->read_timeout_ms;
    conn->label = connect_make_label(config, settings);
    conn->schema = strdup(settings->schema);
    if (conn->wake_fd < 0 || conn->label == NULL || conn->schema == NULL) {
        pgdrv_disconnect(conn);
        return pgdrv_fail_memory(err);
    }
    *ret_conn = conn;
    return FERRY_OK;
}

static ferry_status connect_open(struct pgdrv_conn *conn, const struct ferry_config *config,
                                 const struct pgdrv_settings *settings, const char *password,
                                 const struct pgdrv_conn *beside, struct ferry_error *err)
{
    conn->until_ms = pgdrv_clock() + settings->connect_timeout_ms;
    ferry_status status = pgdrv_dial(conn, settings, password, beside, err);
    if (status == FERRY_OK)
        status = pgdrv_tls_confirm(conn, settings, err);
    if (status == FERRY_OK)
        status = pgdrv_session_set_up(conn, config, settings, err);
    conn->until_ms = 0;
    return status;
}

static ferry_status connect_make(const struct ferry_config *config,
                                 const struct pgdrv_settings *settings, const char *password,
                                 uint32_t role, const struct pgdrv_conn *beside,
                                 struct pgdrv_conn **ret_conn, struct ferry_error *err)
{
    struct pgdrv_conn *conn = NULL;
    ferry_status status = connect_new(config, settings, role, &conn, err);
    if (status == FERRY_OK)
        status = pgdrv_tls_check(conn->label, settings, err);
    if (status == FERRY_OK)
        status = connect_open(conn, config, settings, password, beside, err);
    if (status != FERRY_OK) {
        pgdrv_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}

static ferry_status connect_all(const struct ferry_config *config,
                                const struct pgdrv_settings *settings, uint32_t role,
                                struct pgdrv_conn **ret_conn, struct ferry_error *err)
{
    bool two = (role & FERRY_ROLE_TARGET) != 0 && (role & FERRY_ROLE_LOOK) == 0;
    struct pgdrv_conn *conn = NULL;
    char *password = NULL;
    ferry_status status = ferry_config_secret(config, "password", &password, err);
    if (status == FERRY_OK)
        status = connect_make(config, settings, password, role, NULL, &conn, err);
    if (status == FERRY_OK && two)
        status = connect_make(config, settings, password, role, conn, &conn->second, err);
    if (password != NULL)
        ferry_secret_free(password);
    if (status != FERRY_OK) {
        pgdrv_disconnect(conn);
        return status;
    }
    *ret_conn = conn;
    return FERRY_OK;
}

ferry_status pgdrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                           struct ferry_error *err)
{
    struct pgdrv_settings settings;
    struct pgdrv_conn *conn = NULL;
    if (!part_openssl_start())
        return pgdrv_fail_memory(err);
    ferry_status status = pgdrv_settings_read(config, &settings, err);
    if (status != FERRY_OK)
        return status;
    status = connect_all(config, &settings, role, &conn, err);
    pgdrv_settings_clear(&settings);
    if (status == FERRY_OK)
        *ret_conn = conn;
    return status;
}

void pgdrv_disconnect(void *argument)
{
    struct pgdrv_conn *conn = argument;
    if (conn == NULL)
        return;
    pgdrv_disconnect(conn->second);
    if (conn->pg != NULL && conn->under_way)
        pgdrv_stop(conn);
    PQfinish(conn->pg); /* takes NULL */
    if (conn->wake_fd >= 0)
        close(conn->wake_fd);
    free(conn->label);
    free(conn->server);
    free(conn->tls);
    free(conn->schema);
    free(conn->encoding);
    free(conn->time_zone);
    free(conn->first_warning);
    free(conn);
}

/* Whoever waits for the server waits for this, too; the server itself is told by pgdrv_stop(). */
void pgdrv_cancel(void *argument)
{
    struct pgdrv_conn *conn = argument;
    const uint64_t one = 1;
    atomic_store(&conn->cancelled, true);
    ssize_t written = write(conn->wake_fd, &one, sizeof one);
    (void)written; /* it cannot fail but where it was written to before */
    if (conn->second != NULL)
        pgdrv_cancel(conn->second);
}

int pgdrv_is_usable(void *argument)
{
    const struct pgdrv_conn *conn = argument;
    return !conn->broken && !conn->under_way && PQstatus(conn->pg) == CONNECTION_OK &&
           (conn->second == NULL || pgdrv_is_usable(conn->second) != 0);
}

ferry_status pgdrv_conn_check(const struct pgdrv_conn *conn, struct ferry_error *err)
{
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (conn->broken)
        return ferry_fail(err, FERRY_ERR_INTERNAL,
                          "%s: an answer was given up before its end; connect again", conn->label);
    return FERRY_OK;
}

#define CONNECT_VERSION sizeof "2147483647.2147483647"

static void connect_write_version(char number[CONNECT_VERSION])
{
    int library = PQlibVersion();
    snprintf(number, CONNECT_VERSION, "%d.%d", library / 10000, library % 10000);
}

void pgdrv_libraries(struct ferry_facts *facts)
{
    char number[CONNECT_VERSION];
    connect_write_version(number);
    ferry_facts_add(facts, "libpq", number);
}

void pgdrv_facts(void *argument, struct ferry_facts *facts)
{
    const struct pgdrv_conn *conn = argument;
    char version[sizeof "libpq " + CONNECT_VERSION];
    char number[CONNECT_VERSION];
    connect_write_version(number);
    snprintf(version, sizeof version, "libpq %s", number);
    ferry_facts_add(facts, "server", conn->server);
    ferry_facts_add(facts, "TLS", conn->tls);
    pgdrv_certificate_tell(conn, facts);
    ferry_facts_add(facts, "encoding", conn->encoding);
    ferry_facts_add(facts, "schema", conn->schema);
    ferry_facts_add(facts, "time zone", conn->time_zone);
    ferry_facts_add(facts, "client library", version);
}
