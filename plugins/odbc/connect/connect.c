/* A connection: opened by the manager, made known to its dialect, and closed. */

#include "connect/connect.h"

#include <string.h>
#include <strings.h>

#include "dialect/dialect.h"
#include "write/target.h"

#define HANG_UP_MS 10000
#define ROLL_BACK_MS 30000

/* One for the process, never freed: where a driver allows one call at a time, the manager has the
 * lock for that in here. */
static SQLHENV connect_environment;
static SQLRETURN connect_environment_result = SQL_ERROR;
static pthread_once_t connect_made = PTHREAD_ONCE_INIT;

static void connect_make_environment(void)
{
    SQLRETURN result = SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &connect_environment);
    if (odrv_succeeded(result))
        result = SQLSetEnvAttr(connect_environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3,
                               SQL_IS_UINTEGER);
    connect_environment_result = result;
}

ferry_status odrv_conn_check(const struct odrv_conn *conn, struct ferry_error *err)
{
    if (atomic_load(&conn->watch.cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (!atomic_load(&conn->watch.timed_out))
        return FERRY_OK;
    return ferry_fail(err, conn->target ? FERRY_ERR_TARGET_IO : FERRY_ERR_STREAM,
                      "%s: no answer within `read_timeout`; look what the database waits for, or "
                      "raise it",
                      conn->label);
}

ferry_status odrv_conn_confirm(struct odrv_conn *conn, const char *doing, struct ferry_error *err)
{
    PART_AUTO_STRING char *answer = NULL;
    const char *question = conn->dialect->ask_alive;
    ferry_status status = odrv_conn_check(conn, err);
    return status == FERRY_OK && question != NULL ? odrv_ask(conn, question, doing, &answer, err)
                                                  : status;
}

int odrv_is_usable(void *conn)
{
    const struct odrv_conn *c = conn;
    return c->connected && !atomic_load(&c->watch.cancelled) && !atomic_load(&c->watch.spoiled);
}

ferry_status odrv_conn_set_transaction(struct odrv_conn *conn, bool on, struct ferry_error *err)
{
    uintptr_t mode = on ? SQL_AUTOCOMMIT_OFF : SQL_AUTOCOMMIT_ON;
    if (conn->transaction == on)
        return FERRY_OK;
    if (conn->dialect->snapshot_end != NULL) { /* statements begin and end it */
        conn->transaction = on;
        return FERRY_OK;
    }
    SQLRETURN result =
        SQLSetConnectAttr(conn->dbc, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)mode, SQL_IS_UINTEGER);
    if (!odrv_succeeded(result))
        return odrv_fail(conn, SQL_HANDLE_DBC, conn->dbc, ODRV_ASKING, "begin a transaction", err);
    conn->transaction = on;
    return FERRY_OK;
}

static void connect_hang_up(struct odrv_conn *conn)
{
    bool taken = conn->connected && /* then the thread has freed it, or will */
                 odrv_dial_hang_up(conn->dbc, HANG_UP_MS) != ODRV_DIAL_NO_THREAD;
    if (conn->connected && !taken)
        (void)SQLDisconnect(conn->dbc);
    if (conn->dbc != SQL_NULL_HDBC && !taken)
        (void)SQLFreeHandle(SQL_HANDLE_DBC, conn->dbc);
    conn->connected = false;
    conn->dbc = SQL_NULL_HDBC;
}

void odrv_conn_roll_back(struct odrv_conn *conn)
{
    SQLRETURN result = SQL_ERROR;
    if (!conn->transaction || !conn->connected)
        return;
    if (atomic_load(&conn->watch.spoiled)) {
        connect_hang_up(conn);
        return;
    }
    if (conn->dialect->snapshot_end != NULL) { /* one that was not begun has no end */
        (void)odrv_try(conn, conn->dialect->snapshot_end);
        conn->transaction = false;
        return;
    }
    enum odrv_dial_end end =
        odrv_dial_end_transaction(conn->dbc, SQL_ROLLBACK, ROLL_BACK_MS, &result);
    if (end == ODRV_DIAL_SLOW || end == ODRV_DIAL_STOPPED) {
        conn->dbc = SQL_NULL_HDBC;
        conn->connected = false;
        return;
    }
    if (end == ODRV_DIAL_DONE && odrv_succeeded(result) &&
        odrv_succeeded(SQLSetConnectAttr(conn->dbc, SQL_ATTR_AUTOCOMMIT,
                                         (SQLPOINTER)(uintptr_t)SQL_AUTOCOMMIT_ON,
                                         SQL_IS_UINTEGER))) {
        conn->transaction = false;
        return;
    }
    atomic_store(&conn->watch.spoiled, true);
    connect_hang_up(conn);
}

/* ---- The login ---- */

static ferry_status connect_label(struct odrv_conn *conn, const struct ferry_config *config,
                                  struct ferry_error *err)
{
    char place[512];
    odrv_place(config, place, sizeof place);
    if (asprintf(&conn->label, "connection '%s' (%s)", ferry_config_name(config), place) >= 0)
        return FERRY_OK;
    conn->label = NULL;
    return odrv_fail_memory(err);
}

static ferry_status connect_dial(struct odrv_conn *conn, const struct ferry_config *config,
                                 const char *string, struct ferry_error *err)
{
    int64_t timeout_ms = ferry_config_int(config, "connect_timeout");
    uintptr_t seconds = (uintptr_t)((timeout_ms + 999) / 1000);
    enum odrv_phase phase = conn->target ? ODRV_OPENING : ODRV_CONNECTING;
    SQLRETURN result = SQL_ERROR;
    if (!odrv_succeeded(SQLAllocHandle(SQL_HANDLE_DBC, connect_environment, &conn->dbc)))
        return odrv_fail_memory(err);
    (void)SQLSetConnectAttr(conn->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)seconds,
                            SQL_IS_UINTEGER);
    if (!conn->target) /* a wish as well */
        (void)SQLSetConnectAttr(conn->dbc, SQL_ATTR_ACCESS_MODE,
                                (SQLPOINTER)(uintptr_t)SQL_MODE_READ_ONLY, SQL_IS_UINTEGER);
    switch (odrv_dial(conn->dbc, string, timeout_ms, &result)) {
    case ODRV_DIAL_DONE:
        conn->connected = odrv_succeeded(result);
        return conn->connected ? FERRY_OK
                               : odrv_fail(conn, SQL_HANDLE_DBC, conn->dbc, phase, "connect", err);
    case ODRV_DIAL_NO_THREAD:
        return odrv_fail_memory(err);
    case ODRV_DIAL_STOPPED:
        conn->dbc = SQL_NULL_HDBC;
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    case ODRV_DIAL_SLOW:
        break;
    }
    conn->dbc = SQL_NULL_HDBC;
    ferry_status status = ferry_fail(
        err, conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE,
        "%s: no connection within %lld ms; check that the server is up and reachable from this "
        "machine, or raise `connect_timeout`",
        conn->label, (long long)timeout_ms);
    if (conn->target)
        ferry_error_may_pass(err);
    return status;
}

/* What the ODBC driver says of itself and of the database; NULL if out of memory. */
static char *connect_info(const struct odrv_conn *conn, SQLUSMALLINT what)
{
    char text[1024] = "";
    SQLSMALLINT length = 0;
    if (!odrv_succeeded(SQLGetInfo(conn->dbc, what, text, (SQLSMALLINT)sizeof text, &length)))
        text[0] = '\0';
    text[sizeof text - 1] = '\0';
    return strdup(text);
}

/* The dialect is known only now, and it may need attributes that were not given: then once more,
 * with those. */
static ferry_status connect_log_in(struct odrv_conn *conn, const struct ferry_config *config,
                                   struct ferry_error *err)
{
    PART_AUTO_STRING char *library = odrv_string_library(config);
    const struct odrv_dialect *expected = odrv_dialect_of_library(library);
    for (int turn = 0;; turn++) {
        ODRV_AUTO_SECRET struct part_text string = {0};
        ferry_status status = odrv_string_make(config, expected, conn->target, &string, err);
        if (status == FERRY_OK)
            status = connect_dial(conn, config, string.data, err);
        if (status != FERRY_OK)
            return status;
        PART_AUTO_STRING char *product = connect_info(conn, SQL_DBMS_NAME);
        PART_AUTO_STRING char *driver = connect_info(conn, SQL_DRIVER_NAME);
        if (product == NULL || driver == NULL)
            return odrv_fail_memory(err);
        const struct odrv_dialect *by_library = odrv_dialect_of_library(driver);
        conn->dialect = odrv_dialect_of_product(product);
        conn->untried =
            conn->dialect->untried || strcmp(by_library->name, conn->dialect->name) != 0;
        bool given = by_library->attributes == NULL || by_library == expected;
        if (given || turn > 0)
            return FERRY_OK;
        connect_hang_up(conn);
        expected = by_library;
    }
}

/* ---- The session ---- */

static ferry_status connect_name(struct odrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_STRING char *product = connect_info(conn, SQL_DBMS_NAME);
    PART_AUTO_STRING char *version = connect_info(conn, SQL_DBMS_VER);
    PART_AUTO_STRING char *driver = connect_info(conn, SQL_DRIVER_NAME);
    PART_AUTO_STRING char *driver_version = connect_info(conn, SQL_DRIVER_VER);
    PART_AUTO_STRING char *quote = connect_info(conn, SQL_IDENTIFIER_QUOTE_CHAR);
    if (product == NULL || version == NULL || driver == NULL || driver_version == NULL ||
        quote == NULL)
        return odrv_fail_memory(err);
    if (asprintf(&conn->product, "%s %s", product, version) < 0)
        conn->product = NULL;
    if (asprintf(&conn->library, "%s %s", driver, driver_version) < 0)
        conn->library = NULL;
    if (conn->dialect->catalogs &&
        (conn->own_catalog = connect_info(conn, SQL_DATABASE_NAME)) == NULL)
        return odrv_fail_memory(err);
    if (conn->dialect->quote != '\0')
        conn->quote = conn->dialect->quote;
    else if (quote[0] != ' ' && quote[1] == '\0')
        conn->quote = quote[0];
    return conn->product == NULL || conn->library == NULL ? odrv_fail_memory(err) : FERRY_OK;
}

static ferry_status connect_run_all(struct odrv_conn *conn, const char *const *statements,
                                    struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && statements != NULL && statements[i] != NULL; i++)
        status = odrv_run(conn, statements[i], ODRV_ASKING, "set up the session", err);
    return status;
}

static ferry_status connect_choose_schema(struct odrv_conn *conn, const struct ferry_config *config,
                                          struct ferry_error *err)
{
    const char *schema = ferry_config_string(config, "schema");
    if (schema == NULL)
        return conn->dialect->ask_schema == NULL
                   ? FERRY_OK
                   : odrv_ask(conn, conn->dialect->ask_schema, "ask for the schema",
                              &conn->own_schema, err);
    if (conn->dialect->catalogs && conn->dialect->ask_schema == NULL)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: %s has no schemas within a database; write the name as the "
                          "attribute Database, and take `schema` out",
                          conn->label, conn->dialect->name);
    conn->schema = strdup(schema);
    conn->own_schema = strdup(schema);
    return conn->schema == NULL || conn->own_schema == NULL ? odrv_fail_memory(err) : FERRY_OK;
}

/* What a target cuts names to, which would make two tables one. */
static ferry_status connect_measure_names(struct odrv_conn *conn, struct ferry_error *err)
{
    PART_AUTO_STRING char *longest = NULL;
    ferry_status status = odrv_ask(conn, conn->dialect->writing->ask_longest,
                                   "ask how long names may be", &longest, err);
    if (status == FERRY_OK && longest != NULL)
        conn->longest = strtoul(longest, NULL, 10);
    return status;
}

/* Set by the configuration or the account, it is another one than the ODBC driver translates from.
 */
static ferry_status connect_check_client(struct odrv_conn *conn, struct ferry_error *err)
{
    const struct odrv_dialect *dialect = conn->dialect;
    PART_AUTO_STRING char *answer = NULL;
    if (dialect->ask_client == NULL)
        return FERRY_OK;
    ferry_status status = odrv_ask(conn, dialect->ask_client, "ask how texts come", &answer, err);
    if (status != FERRY_OK || (answer != NULL && strcasecmp(answer, dialect->client_answer) == 0))
        return status;
    return ferry_fail(
        err, FERRY_ERR_CONFIG,
        "%s: client_encoding is %s where the ODBC driver counts on %s, so texts would "
        "come as others; take it out of ConnSettings, here or in odbc.ini",
        conn->label, answer == NULL ? "unknown" : answer, dialect->client_answer);
}

static ferry_status connect_set_up(struct odrv_conn *conn, const struct ferry_config *config,
                                   struct ferry_error *err)
{
    const struct odrv_dialect *dialect = conn->dialect;
    PART_AUTO_STRING char *encoding = NULL;
    ferry_status status = connect_check_client(conn, err);
    if (status == FERRY_OK)
        status = connect_run_all(conn, dialect->session, err);
    if (status == FERRY_OK && conn->target)
        status = connect_run_all(conn, dialect->writing->session, err);
    if (status == FERRY_OK && conn->target)
        status = connect_measure_names(conn, err);
    if (status == FERRY_OK && dialect->ask_encoding != NULL)
        status = odrv_ask(conn, dialect->ask_encoding, "ask for the encoding", &encoding, err);
    conn->utf8 = dialect->encoding != NULL &&
                 (dialect->ask_encoding == NULL ||
                  (encoding != NULL && strcasecmp(encoding, dialect->encoding) == 0));
    if (status == FERRY_OK && dialect->ask_tls != NULL)
        status = odrv_ask(conn, dialect->ask_tls, "ask for TLS", &conn->tls, err);
    return status == FERRY_OK ? connect_choose_schema(conn, config, err) : status;
}

ferry_status odrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                          struct ferry_error *err)
{
    (void)pthread_once(&connect_made, connect_make_environment);
    if (!odrv_succeeded(connect_environment_result))
        return ferry_fail(err, FERRY_ERR_SYSTEM, "the ODBC driver manager cannot be started");
    struct odrv_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return odrv_fail_memory(err);
    conn->dbc = SQL_NULL_HDBC;
    conn->target = (role & FERRY_ROLE_TARGET) != 0;
    ferry_status status = connect_label(conn, config, err);
    if (status == FERRY_OK)
        status = connect_log_in(conn, config, err);
    if (status == FERRY_OK)
        status = connect_name(conn, err);
    if (status == FERRY_OK && conn->dialect->refused_library != NULL &&
        strcasestr(conn->library, conn->dialect->refused_library) != NULL)
        status = ferry_fail(err, FERRY_ERR_CONFIG,
                            "%s: the ODBC driver %s changes letters that its character set does "
                            "not have; use the one for Unicode",
                            conn->label, conn->library);
    if (status == FERRY_OK && conn->target && (conn->dialect->writing == NULL || conn->untried))
        status = ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                            "%s: dbferry does not write to %s through %s; dbferry-odbc(7) names "
                            "the databases and ODBC drivers by which it does",
                            conn->label, conn->product, conn->library);
    if (status == FERRY_OK)
        status = odrv_watch_start(&conn->watch, ferry_config_int(config, "connect_timeout"), err);
    if (status == FERRY_OK)
        status = connect_set_up(conn, config, err);
    odrv_watch_open(&conn->watch, ferry_config_int(config, "read_timeout"));
    if (status != FERRY_OK) {
        odrv_disconnect(conn);
        return status;
    }
    if (conn->untried)
        ferry_log(FERRY_LOG_WARNING,
                  "%s: dbferry was never tried with %s through %s; see CONFORMANCE in "
                  "dbferry-odbc(7)",
                  conn->label, conn->product, conn->library);
    *ret_conn = conn;
    return FERRY_OK;
}

void odrv_disconnect(void *conn)
{
    struct odrv_conn *c = conn;
    if (c == NULL)
        return;
    odrv_watch_stop(&c->watch);
    connect_hang_up(c);
    free(c->label);
    free(c->product);
    free(c->library);
    free(c->schema);
    free(c->own_schema);
    free(c->tls);
    free(c->own_catalog);
    free(c);
}

void odrv_cancel(void *conn)
{
    odrv_watch_cancel(&((struct odrv_conn *)conn)->watch);
}

void odrv_facts(void *conn, struct ferry_facts *facts)
{
    struct odrv_conn *c = conn;
    ferry_facts_add(facts, "server", c->product);
    ferry_facts_add(facts, "ODBC driver", c->library);
    ferry_facts_add(facts, "dialect", c->dialect->name);
    if (c->own_schema != NULL)
        ferry_facts_add(facts, "schema", c->own_schema);
    if (c->tls != NULL)
        ferry_facts_add(facts, "TLS", c->tls);
}

void odrv_libraries(struct ferry_facts *facts)
{
    char version[64] = "";
    SQLSMALLINT length = 0;
    SQLHDBC dbc = SQL_NULL_HDBC;
    (void)pthread_once(&connect_made, connect_make_environment);
    if (odrv_succeeded(connect_environment_result) &&
        odrv_succeeded(SQLAllocHandle(SQL_HANDLE_DBC, connect_environment, &dbc)))
        (void)SQLGetInfo(dbc, SQL_DM_VER, version, (SQLSMALLINT)sizeof version, &length);
    if (dbc != SQL_NULL_HDBC)
        (void)SQLFreeHandle(SQL_HANDLE_DBC, dbc);
    version[sizeof version - 1] = '\0';
    ferry_facts_add(facts, "unixODBC", *version == '\0' ? "unknown" : version);
}
