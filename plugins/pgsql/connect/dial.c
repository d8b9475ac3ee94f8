/* From settings to a connection that is logged in.
 *
 * Each key of the client library that the environment, a service file or a file below the user's
 * home could set has a value here, so that nothing but the configuration decides.
 */

#include "connect/connect.h"
#include "text.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* A path that no file can have, for files that are not to be looked for: without a key the library
 * would take its own below the home, and an empty one counts as none. */
#define DIAL_NOWHERE "/dev/null/none"

#define DIAL_KEYS 40

struct dial {
    const char *keys[DIAL_KEYS + 1];
    const char *values[DIAL_KEYS + 1];
    size_t count;
    struct part_text hosts; /* the name, once for each address */
    char *addresses;
    char port[sizeof "65535"];
};

static void dial_set(struct dial *dial, const char *key, const char *value)
{
    if (value == NULL || dial->count == DIAL_KEYS)
        return;
    dial->keys[dial->count] = key;
    dial->values[dial->count++] = value;
}

/* What is the same for each connection.  The server may be told nothing by the environment, no
 * other encryption than TLS is tried, and nobody but `host` is asked. */
static void dial_set_constants(struct dial *dial)
{
    static const char *const constants[][2] = {
        {"passfile", DIAL_NOWHERE},
        {"client_encoding", "UTF8"},
        {"application_name", "dbferry"},
        {"fallback_application_name", "dbferry"},
        {"gssencmode", "disable"},
        {"krbsrvname", "postgres"},
        {"sslcompression", "0"},
        {"sslsni", "1"},
        {"keepalives", "1"},
        {"keepalives_idle", "60"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "6"},
    };
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        dial_set(dial, constants[i][0], constants[i][1]);
}

/* What the library of an older release does not know it would refuse. */
static bool dial_is_known(const char *key)
{
    PQconninfoOption *all = PQconndefaults();
    bool known = false;
    for (const PQconninfoOption *one = all; one != NULL && one->keyword != NULL; one++)
        known = known || strcmp(one->keyword, key) == 0;
    PQconninfoFree(all); /* takes NULL */
    return known;
}

/* Who is not verified may get no password that it could use: with channel binding the server proves
 * that it knows it, and that nobody stands between. */
static void dial_set_tls(struct dial *dial, const struct pgdrv_settings *settings,
                         const char *password)
{
    bool blind = settings->tls < PGDRV_TLS_VERIFY_CA;
    const char *ca = settings->ca != NULL ? settings->ca : pgdrv_tls_system_authorities();
    dial_set(dial, "sslmode", pgdrv_tls_library_mode(settings->tls));
    dial_set(dial, "sslrootcert", blind || ca == NULL ? DIAL_NOWHERE : ca);
    dial_set(dial, "sslcert", settings->cert != NULL ? settings->cert : DIAL_NOWHERE);
    dial_set(dial, "sslkey", settings->key != NULL ? settings->key : DIAL_NOWHERE);
    dial_set(dial, "sslcrl", settings->crl != NULL ? settings->crl : DIAL_NOWHERE);
    dial_set(dial, "ssl_min_protocol_version", settings->tls_version);
    /* By TCP without TLS anybody may answer, and would ask for the password as it is. */
    if (settings->tls == PGDRV_TLS_DISABLED && !settings->use_socket &&
        dial_is_known("require_auth"))
        dial_set(dial, "require_auth", "!password");
    dial_set(dial, "channel_binding",
             settings->tls == PGDRV_TLS_REQUIRED && password != NULL ? "require" : "prefer");
}

/* The addresses of the host: those of its name, or the one that was taken before. */
static ferry_status dial_find(struct dial *dial, const struct pgdrv_conn *conn,
                              const struct pgdrv_settings *settings,
                              const struct pgdrv_conn *beside, size_t *ret_count,
                              struct ferry_error *err)
{
    const char *taken = beside == NULL ? NULL : PQhostaddr(beside->pg);
    if (taken == NULL || *taken == '\0')
        return pgdrv_resolve(conn, settings->host, &dial->addresses, ret_count, err);
    dial->addresses = strdup(taken);
    *ret_count = 1;
    return dial->addresses == NULL ? pgdrv_fail_memory(err) : FERRY_OK;
}

/* With its addresses a name is not looked up again, and still is what a certificate must bear.
 * Where there are many, a standby may be among them, which takes no rows. */
static ferry_status dial_set_place(struct dial *dial, const struct pgdrv_conn *conn,
                                   const struct pgdrv_settings *settings,
                                   const struct pgdrv_conn *beside, struct ferry_error *err)
{
    size_t count = 0;
    snprintf(dial->port, sizeof dial->port, "%u", settings->port);
    dial_set(dial, "port", dial->port);
    if (settings->use_socket || pgdrv_host_is_address(settings->host)) {
        dial_set(dial, "host", settings->use_socket ? settings->socket : settings->host);
        dial_set(dial, "hostaddr", settings->use_socket ? NULL : settings->host);
        dial_set(dial, "target_session_attrs", "any");
        return FERRY_OK;
    }
    ferry_status status = dial_find(dial, conn, settings, beside, &count, err);
    if (status != FERRY_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        part_text_addf(&dial->hosts, "%s%s", i > 0 ? "," : "", settings->host);
    if (dial->hosts.failed)
        return pgdrv_fail_memory(err);
    dial_set(dial, "host", dial->hosts.data);
    dial_set(dial, "hostaddr", dial->addresses);
    dial_set(dial, "target_session_attrs", conn->target && count > 1 ? "read-write" : "any");
    return FERRY_OK;
}

/* ---- Connecting ---- */

static ferry_status dial_fail(struct pgdrv_conn *conn, struct ferry_error *err)
{
    enum pgdrv_phase phase = conn->target ? PGDRV_OPENING : PGDRV_CONNECTING;
    const char *text = PQerrorMessage(conn->pg);
    const char *said = text;
    char state[6] = PGDRV_STATE_LOST;
    bool told = pgdrv_login_state(text, state, &said);
    if (!told && pgdrv_is_memory(text))
        return pgdrv_fail_memory(err);
    const char *meaning = told ? NULL : pgdrv_login_explain(text);
    if (meaning != NULL)
        return ferry_fail(err, FERRY_ERR_REFUSED, "%s: cannot connect: %.*s; %s", conn->label,
                          (int)strcspn(text, "\n"), text, meaning);
    return pgdrv_fail(conn, phase, state, said, "connect", err);
}

static ferry_status dial_wait(struct pgdrv_conn *conn, short events, struct ferry_error *err)
{
    ferry_status status = conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE;
    switch (pgdrv_wait(conn, events)) {
    case PGDRV_READY:
        return FERRY_OK;
    case PGDRV_STOPPED:
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    default:
        ferry_fail(err, status,
                   "%s: cannot connect: timed out, no login in time (connect_timeout); check that "
                   "the server runs and that host, port and network are right",
                   conn->label);
        ferry_error_may_pass(err);
        return status;
    }
}

static ferry_status dial_poll(struct pgdrv_conn *conn, struct ferry_error *err)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    if (PQstatus(conn->pg) == CONNECTION_BAD)
        return dial_fail(conn, err);
    while (next != PGRES_POLLING_OK) {
        ferry_status status =
            dial_wait(conn, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, err);
        if (status != FERRY_OK)
            return status;
        next = PQconnectPoll(conn->pg);
        if (next == PGRES_POLLING_FAILED)
            return dial_fail(conn, err);
    }
    return FERRY_OK;
}

static ferry_status dial_start(struct pgdrv_conn *conn, const struct dial *dial,
                               struct ferry_error *err)
{
    conn->pg = PQconnectStartParams(dial->keys, dial->values, 0);
    if (conn->pg == NULL)
        return pgdrv_fail_memory(err);
    pgdrv_notices_begin(conn);
    (void)PQsetErrorVerbosity(conn->pg, PQERRORS_VERBOSE); /* see pgdrv_login_state() */
    ferry_status status = dial_poll(conn, err);
    (void)PQsetErrorVerbosity(conn->pg, PQERRORS_DEFAULT);
    if (status == FERRY_OK && PQsetnonblocking(conn->pg, 1) != 0)
        status = pgdrv_fail_memory(err);
    return status;
}

ferry_status pgdrv_dial(struct pgdrv_conn *conn, const struct pgdrv_settings *settings,
                        const char *password, const struct pgdrv_conn *beside,
                        struct ferry_error *err)
{
    struct dial dial = {0};
    ferry_status status = dial_set_place(&dial, conn, settings, beside, err);
    dial_set_constants(&dial);
    dial_set_tls(&dial, settings, password);
    dial_set(&dial, "user", settings->user);
    dial_set(&dial, "dbname", settings->database);
    dial_set(&dial, "password", password);
    if (status == FERRY_OK)
        status = dial_start(conn, &dial, err);
    part_text_clear(&dial.hosts);
    free(dial.addresses);
    return status;
}
