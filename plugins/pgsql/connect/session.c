/* The state of the session on the server: how values are spelled, which names are meant, limits,
 * the snapshot. */

#include "connect/connect.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static enum pgdrv_phase session_phase(const struct pgdrv_conn *conn)
{
    return conn->target ? PGDRV_OPENING : PGDRV_CONNECTING;
}

/* A server that is lost here was not reached yet: nothing has been asked of it. */
static ferry_status session_ask(struct pgdrv_conn *conn, const char *sql, const char *const *values,
                                int count, const char *doing, PGresult **ret_result,
                                struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status =
        pgdrv_try(conn, session_phase(conn), sql, values, count, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    if (!pgdrv_result_is_good(result)) {
        bool gone = PQstatus(conn->pg) == CONNECTION_BAD;
        enum pgdrv_phase phase = conn->target ? PGDRV_EQUIPPING : PGDRV_SETTING_UP;
        return pgdrv_fail_result(conn, gone ? session_phase(conn) : phase, result, doing, err);
    }
    *ret_result = result;
    result = NULL;
    return FERRY_OK;
}

/* ---- Our own settings ---- */

/* How values are spelled is fixed, and that rows are as they are for everybody; no time limit of
 * the account ends a long run.  row_security off: a table of which policies would hide rows is an
 * error.  client_connection_check_interval: a server that computes for long finds out that nobody
 * waits any more.  A server of an older release lacks some of them. */
static const struct {
    const char *name, *value;
} session_fixed[] = {
    {"DateStyle", "ISO, YMD"},
    {"IntervalStyle", "iso_8601"},
    {"extra_float_digits", "1"},
    {"bytea_output", "hex"},
    {"xmloption", "content"},
    {"standard_conforming_strings", "on"},
    {"escape_string_warning", "off"},
    {"array_nulls", "on"},
    {"quote_all_identifiers", "off"},
    {"client_min_messages", "warning"},
    {"statement_timeout", "0"},
    {"lock_timeout", "0"},
    {"idle_in_transaction_session_timeout", "0"},
    {"idle_session_timeout", "0"},
    {"transaction_timeout", "0"},
    {"client_connection_check_interval", "5s"},
    {"default_transaction_isolation", "read committed"},
    {"default_transaction_read_only", "off"},
    {"default_transaction_deferrable", "off"},
    {"synchronize_seqscans", "off"},
};

/* Those of the list that the user may not set, with what to do instead. */
static const struct {
    const char *name, *instead;
} session_reserved[] = {
    {"search_path", "use the key `schema`"},
    {"timezone", "use the key `time_zone`"},
    {"row_security", "use the key `row_security`"},
    {"client_encoding", "texts always travel as UTF8"},
    {"datestyle", "the driver reads dates in its own form"},
    {"intervalstyle", "the driver reads intervals in its own form"},
    {"extra_float_digits", "numbers travel exactly"},
    {"bytea_output", "the driver reads bytes in its own form"},
    {"standard_conforming_strings", "the driver quotes by it"},
    {"client_min_messages", "the driver reads the server's warnings"},
    {"role", "use the key `user`"},
    {"session_authorization", "use the key `user`"},
    {"transaction_isolation", "the driver opens the transaction itself"},
    {"transaction_read_only", "the driver opens the transaction itself"},
    {"default_transaction_isolation", "the driver opens the transaction itself"},
    {"default_transaction_read_only", "the driver opens the transaction itself"},
};

/* A setting that this server does not have, or may not set to that (a platform without the check of
 * connections), is passed over: pg_settings knows which there are. */
static void session_write_fixed(struct part_text *sql)
{
    part_text_add(sql, "SELECT pg_catalog.count(pg_catalog.set_config(s.name, v.v, false)) FROM "
                       "(VALUES ");
    for (size_t i = 0; i < sizeof session_fixed / sizeof *session_fixed; i++)
        part_text_addf(sql, "%s('%s', '%s')", i > 0 ? ", " : "", session_fixed[i].name,
                       session_fixed[i].value);
    part_text_add(sql, ") v (n, v) JOIN pg_catalog.pg_settings s ON s.name = v.n AND "
                       "s.context = 'user'");
}

/* Where not a single one was set, the server did not look for them. */
static ferry_status session_set_fixed(struct pgdrv_conn *conn, struct ferry_error *err)
{
    static const char doing[] = "set up the session";
    PART_AUTO_TEXT struct part_text sql = {0};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    session_write_fixed(&sql);
    if (sql.failed)
        return pgdrv_fail_memory(err);
    ferry_status status = session_ask(conn, sql.data, NULL, 0, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    const char *set = pgdrv_value(result, 0, 0);
    return set == NULL || strcmp(set, "0") == 0
               ? pgdrv_fail_shape(conn, session_phase(conn), doing, err)
               : FERRY_OK;
}

/* The user's schema first, then the system's; what a stranger puts into a temporary schema is found
 * last.  (The system's is looked at first of all where it is not named.) */
static ferry_status session_set_names(struct pgdrv_conn *conn,
                                      const struct pgdrv_settings *settings,
                                      struct ferry_error *err)
{
    static const char sql[] = "SELECT pg_catalog.set_config('search_path', "
                              "pg_catalog.quote_ident($1) || ', pg_temp', false), "
                              "pg_catalog.set_config('TimeZone', $2, false), "
                              "pg_catalog.set_config('row_security', $3, false)";
    const char *const values[] = {settings->schema, conn->target ? "UTC" : settings->time_zone,
                                  settings->row_security ? "on" : "off"};
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    return session_ask(conn, sql, values, 3, "set the time zone and the schema", &result, err);
}

/* ---- The user's settings ---- */

static ferry_status session_check_name(const struct pgdrv_conn *conn, const char *name,
                                       struct ferry_error *err)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
                                 ".");
    if (length == 0 || length > 63 || name[length] != '\0')
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: session_variables: '%s' is not the name of a setting (letters, "
                          "digits, _ and . only)",
                          conn->label, name);
    for (size_t i = 0; i < sizeof session_reserved / sizeof *session_reserved; i++)
        if (strcasecmp(name, session_reserved[i].name) == 0)
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "%s: session_variables: '%s' cannot be set here: %s", conn->label,
                              name, session_reserved[i].instead);
    return FERRY_OK;
}

static ferry_status session_set_variables(struct pgdrv_conn *conn,
                                          const struct ferry_config *config,
                                          struct ferry_error *err)
{
    const char *pair[2];
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK &&
                       ferry_config_pair(config, "session_variables", i, &pair[0], &pair[1]) != 0;
         i++) {
        PART_AUTO_STRING char *doing = NULL;
        PGDRV_AUTO_RESULT PGresult *result = NULL;
        status = session_check_name(conn, pair[0], err);
        if (status != FERRY_OK)
            return status;
        if (asprintf(&doing, "set '%s' as session_variables says", pair[0]) < 0) {
            doing = NULL;
            return pgdrv_fail_memory(err);
        }
        status = session_ask(conn, "SELECT pg_catalog.set_config($1, $2, false)", pair, 2, doing,
                             &result, err);
    }
    return status;
}

/* ---- Who answers ---- */

/* A pooler gives each transaction to another session of the server, and a key of its own to us:
 * what is set here would then hold for others, and not for what is read. */
static ferry_status session_check_alone(struct pgdrv_conn *conn, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    char own[sizeof "-2147483648"];
    ferry_status status = session_ask(conn, "SELECT pg_catalog.pg_backend_pid()", NULL, 0,
                                      "ask which session of the server it is", &result, err);
    if (status != FERRY_OK)
        return status;
    const char *said = pgdrv_value(result, 0, 0);
    snprintf(own, sizeof own, "%d", PQbackendPID(conn->pg));
    if (said != NULL && strcmp(said, own) == 0)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_CONFIG,
                      "%s: a pooler (pgbouncer or the like) stands before the server, and the "
                      "session's settings may not hold behind it; connect to the server itself",
                      conn->label);
}

/* ---- What the server is ---- */

static ferry_status session_learn(struct pgdrv_conn *conn, struct ferry_error *err)
{
    enum { LEARN_VERSION, LEARN_ENCODING, LEARN_ZONE, LEARN_CLIENT, LEARN_FIELDS };
    static const char sql[] = "SELECT pg_catalog.current_setting('server_version'), "
                              "pg_catalog.current_setting('server_encoding'), "
                              "pg_catalog.current_setting('TimeZone'), "
                              "pg_catalog.current_setting('client_encoding')";
    static const char doing[] = "learn the version and the encoding";
    PGDRV_AUTO_RESULT PGresult *result = NULL;
    ferry_status status = session_ask(conn, sql, NULL, 0, doing, &result, err);
    if (status != FERRY_OK)
        return status;
    for (int i = 0; i < LEARN_FIELDS; i++)
        if (pgdrv_value(result, 0, i) == NULL)
            return pgdrv_fail_shape(conn, session_phase(conn), doing, err);
    if (strcmp(pgdrv_value(result, 0, LEARN_CLIENT), "UTF8") != 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: the session's client_encoding is %s although UTF8 was asked for; a "
                          "proxy in between may have changed it: connect to the server itself",
                          conn->label, pgdrv_value(result, 0, LEARN_CLIENT));
    const char *version = pgdrv_value(result, 0, LEARN_VERSION);
    conn->version = PQserverVersion(conn->pg);
    conn->encoding = strdup(pgdrv_value(result, 0, LEARN_ENCODING));
    conn->time_zone = strdup(pgdrv_value(result, 0, LEARN_ZONE));
    /* Distributions put their own words behind the number. */
    if (asprintf(&conn->server, "PostgreSQL %.*s", (int)strcspn(version, " "), version) < 0)
        conn->server = NULL;
    if (conn->encoding == NULL || conn->time_zone == NULL || conn->server == NULL)
        return pgdrv_fail_memory(err);
    ferry_log(FERRY_LOG_INFO, "%s: server: %s, database in %s", conn->label, conn->server,
              conn->encoding);
    return FERRY_OK;
}

/* The catalog is asked in ways that the releases before lack. */
static ferry_status session_check_version(const struct pgdrv_conn *conn, struct ferry_error *err)
{
    if (conn->version >= 120000)
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                      "%s: the server is %s; this driver needs PostgreSQL 12 or later", conn->label,
                      conn->server);
}

ferry_status pgdrv_session_set_up(struct pgdrv_conn *conn, const struct ferry_config *config,
                                  const struct pgdrv_settings *settings, struct ferry_error *err)
{
    ferry_status status = session_check_alone(conn, err);
    if (status == FERRY_OK)
        status = session_set_fixed(conn, err);
    if (status == FERRY_OK)
        status = session_set_names(conn, settings, err);
    if (status == FERRY_OK)
        status = session_set_variables(conn, config, err);
    if (status == FERRY_OK)
        status = session_learn(conn, err);
    if (status == FERRY_OK)
        status = session_check_version(conn, err);
    return status;
}

/* ---- The snapshot ---- */

/* The view is taken by the first statement that reads, so one follows at once; then a savepoint, to
 * which the session goes back after a failure, and after each table (pgdrv_snapshot_let_go()). */
ferry_status pgdrv_snapshot_begin(void *argument, struct ferry_error *err)
{
    static const char *const steps[] = {"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
                                        "SELECT FROM pg_catalog.pg_class LIMIT 1",
                                        "SAVEPOINT dbferry_snapshot"};
    struct pgdrv_conn *conn = argument;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == FERRY_OK; i++)
        status = pgdrv_run(conn, PGDRV_SETTING_UP, steps[i], "open a consistent snapshot", err);
    conn->in_snapshot = status == FERRY_OK;
    conn->read_since = false;
    return status;
}

void pgdrv_snapshot_end(void *argument)
{
    struct pgdrv_conn *conn = argument;
    conn->in_snapshot = false;
    (void)pgdrv_give_back(conn, "ROLLBACK"); /* a connection that is lost shows afterwards */
}
