/* Opening and closing a connection through libdbi. */

#include "connect/connect.h"

#include <dbi/dbi-dev.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dialect/dialect.h"
#include "read/read.h"
#include "write/target.h"

#define PLACE_ROOM 512

ferry_status dbidrv_conn_check(const struct dbidrv_conn *conn, struct ferry_error *err)
{
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    return conn->broken ? ferry_fail(err, conn->target ? FERRY_ERR_TARGET_IO : FERRY_ERR_STREAM,
                                     "%s: the connection was lost", conn->label)
                        : FERRY_OK;
}

int dbidrv_is_usable(void *conn)
{
    const struct dbidrv_conn *c = conn;
    return !c->broken && !atomic_load(&c->cancelled);
}

void dbidrv_cancel(void *conn)
{
    struct dbidrv_conn *c = conn;
    atomic_store(&c->cancelled, true);
    if (c->wake_fd >= 0)
        (void)shutdown(c->wake_fd, SHUT_RDWR);
}

ferry_status dbidrv_conn_keep_socket(struct dbidrv_conn *conn, struct ferry_error *err)
{
    conn->wake_fd = fcntl(dbi_conn_get_socket(conn->dbi), F_DUPFD_CLOEXEC, 3);
    return conn->wake_fd >= 0
               ? FERRY_OK
               : ferry_fail(err, FERRY_ERR_SYSTEM, "%s: cannot duplicate the socket", conn->label);
}

ferry_status dbidrv_conn_fail_native(struct dbidrv_conn *conn, enum dbidrv_phase phase,
                                     const char *doing, struct ferry_error *err)
{
    const char *(*message)(void *native) = NULL;
    if (atomic_load(&conn->cancelled))
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    ferry_status status = dbidrv_dialect_function(conn, "sqlite3_errmsg", &message, err);
    if (status != FERRY_OK)
        return status;
    const char *text = message(((const dbi_conn_t *)conn->dbi)->connection);
    const struct dbidrv_diagnosis diagnosis = {.text = (char *)(uintptr_t)text};
    return dbidrv_fail_as(conn, &diagnosis, phase, doing, err);
}

/* ---- Transactions ---- */

ferry_status dbidrv_conn_begin(struct dbidrv_conn *conn, const char *const *statements,
                               const char *doing, struct ferry_error *err)
{
    ferry_status status = FERRY_OK;
    for (size_t i = 0; status == FERRY_OK && statements[i] != NULL; i++) {
        status = dbidrv_run(conn, statements[i], conn->target ? DBIDRV_LOADING : DBIDRV_ASKING,
                            doing, NULL, err);
        conn->transaction = conn->transaction || status == FERRY_OK;
    }
    if (status != FERRY_OK)
        dbidrv_conn_rollback(conn);
    return status;
}

/* Also after a cancel, where the socket allows it. */
void dbidrv_conn_rollback(struct dbidrv_conn *conn)
{
    if (!conn->transaction)
        return;
    DBIDRV_AUTO_DIAGNOSIS struct dbidrv_diagnosis diagnosis = {0};
    conn->transaction = false;
    if (!dbidrv_send(conn, conn->dialect->rollback, NULL, &diagnosis))
        conn->broken = true;
}

/* ---- Closing ---- */

void dbidrv_disconnect(void *conn)
{
    struct dbidrv_conn *c = conn;
    if (c == NULL)
        return;
    if (c->dialect->detach != NULL)
        c->dialect->detach(c);
    if (c->dbi != NULL)
        dbidrv_libdbi_close(c->dbi);
    if (c->wake_fd >= 0)
        close(c->wake_fd);
    free(c->label);
    free(c->version);
    free(c->schema);
    free(c->own_schema);
    free(c);
}

/* ---- Opening ---- */

static enum dbidrv_phase connect_phase(const struct dbidrv_conn *conn)
{
    return conn->target ? DBIDRV_OPENING : DBIDRV_CONNECTING;
}

/* SQLite would make a file that is not there.  It is not opened: whoever closes a file drops all
 * locks that the process has on it, those of SQLite too. */
static ferry_status connect_look_at_file(const struct dbidrv_conn *conn, const char *path,
                                         struct ferry_error *err)
{
    ferry_status absent = conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE;
    struct stat file;
    bool found = stat(path, &file) == 0;
    if (found && !S_ISREG(file.st_mode))
        return ferry_fail(err, absent, "%s: that is no plain file", conn->label);
    if (found && access(path, conn->target ? R_OK | W_OK : R_OK) == 0)
        return FERRY_OK;
    int error = errno;
    return ferry_fail(err, absent, "%s: cannot open the file: %s%s", conn->label, strerror(error),
                      conn->target && error == ENOENT
                          ? "; make it (sqlite3 FILE VACUUM), or use the driver sqlite"
                          : "");
}

static ferry_status connect_fail_dial(const struct dbidrv_conn *conn, enum dbidrv_dial_end end,
                                      struct ferry_error *err)
{
    if (end == DBIDRV_DIAL_STOPPED)
        return ferry_fail(err, FERRY_ERR_CANCELLED, "cancelled");
    if (end == DBIDRV_DIAL_NO_THREAD)
        return ferry_fail(err, FERRY_ERR_SYSTEM, "%s: no thread to connect in", conn->label);
    ferry_status status =
        ferry_fail(err, conn->target ? FERRY_ERR_TARGET_OPEN : FERRY_ERR_UNREACHABLE,
                   "%s: cannot connect within connect_timeout; check that the server is up and "
                   "reachable from this machine",
                   conn->label);
    if (conn->target)
        ferry_error_may_pass(err);
    return status;
}

static ferry_status connect_dial(struct dbidrv_conn *conn, const struct ferry_config *config,
                                 struct ferry_error *err)
{
    char *password = NULL;
    bool connected = false;
    ferry_status status = dbidrv_libdbi_open(conn->label, conn->dialect, &conn->dbi, err);
    if (status == FERRY_OK && !conn->dialect->is_file)
        status = ferry_config_secret(config, "password", &password, err);
    if (status == FERRY_OK && !dbidrv_settings_apply(conn->dialect, config, password, conn->dbi))
        status = dbidrv_fail_memory(err);
    ferry_secret_free(password);
    if (status != FERRY_OK)
        return status;
    enum dbidrv_dial_end end =
        dbidrv_dial(conn->dbi, ferry_config_int(config, "connect_timeout"), &connected);
    if (end != DBIDRV_DIAL_DONE) {
        if (end != DBIDRV_DIAL_NO_THREAD)
            conn->dbi = NULL; /* the thread's */
        return connect_fail_dial(conn, end, err);
    }
    if (!connected)
        return dbidrv_fail(conn, connect_phase(conn), "connect", err);
    dbidrv_libdbi_forget_options(conn->dbi);
    return conn->dialect->attach(conn, err);
}

static ferry_status connect_ask(struct dbidrv_conn *conn, const char *question, char **ret_text,
                                struct ferry_error *err)
{
    return question == NULL ? FERRY_OK
                            : dbidrv_ask(conn, question, connect_phase(conn),
                                         "ask the database what it is", ret_text, err);
}

static ferry_status connect_use(struct dbidrv_conn *conn, const char *database,
                                struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text name = {0};
    PART_AUTO_TEXT struct part_text sql = {0};
    if (conn->dialect->use == NULL)
        return FERRY_OK;
    dbidrv_query_add_name(conn->dialect, database, &name);
    if (!name.failed)
        part_text_add_template(&sql, conn->dialect->use, name.data);
    return name.failed || sql.failed
               ? dbidrv_fail_memory(err)
               : dbidrv_run(conn, sql.data, connect_phase(conn), "use the database", NULL, err);
}

static ferry_status connect_set_up(struct dbidrv_conn *conn, const char *database,
                                   struct ferry_error *err)
{
    const struct dbidrv_dialect *dialect = conn->dialect;
    PART_AUTO_STRING char *encoding = NULL;
    ferry_status status = connect_use(conn, database, err);
    for (size_t i = 0; status == FERRY_OK && dialect->session[i] != NULL; i++)
        status = dbidrv_run(conn, dialect->session[i], connect_phase(conn), "set up the session",
                            NULL, err);
    if (status == FERRY_OK)
        status = connect_ask(conn, dialect->ask_version, &conn->version, err);
    if (status == FERRY_OK)
        status = connect_ask(conn, dialect->ask_schema, &conn->own_schema, err);
    if (status == FERRY_OK)
        status = connect_ask(conn, dialect->ask_encoding, &encoding, err);
    if (status != FERRY_OK)
        return status;
    conn->utf8 = encoding != NULL && strcmp(encoding, dialect->encoding) == 0;
    if (conn->target && encoding != NULL && dialect->no_letters != NULL &&
        strcmp(encoding, dialect->no_letters) == 0)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: its encoding is %s, which counts bytes where others count letters; "
                          "write to a database in UTF8",
                          conn->label, encoding);
    if (dialect->only_encoding && !conn->utf8)
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: its texts are stored as %s, which does not come through libdbi; use "
                          "the driver sqlite",
                          conn->label, encoding == NULL ? "something unknown" : encoding);
    return FERRY_OK;
}

static struct dbidrv_conn *connect_new(const struct ferry_config *config, uint32_t role)
{
    struct dbidrv_conn *conn = calloc(1, sizeof *conn);
    const char *schema = ferry_config_string(config, "schema");
    char place[PLACE_ROOM];
    if (conn == NULL)
        return NULL;
    conn->wake_fd = -1;
    conn->dialect = dbidrv_dialect_find(ferry_config_string(config, "dialect"));
    conn->target = (role & FERRY_ROLE_TARGET) != 0;
    conn->most = (uint64_t)ferry_config_int(config, "max_result_bytes");
    conn->lock_wait_ms = 5000;
    dbidrv_settings_place(config, place, sizeof place);
    if (schema == NULL)
        schema = conn->dialect->schema;
    conn->schema = schema == NULL ? NULL : strdup(schema);
    if (asprintf(&conn->label, "connection '%s' (%s)", ferry_config_name(config), place) < 0)
        conn->label = NULL;
    if (conn->label != NULL && (schema == NULL || conn->schema != NULL))
        return conn;
    dbidrv_disconnect(conn);
    return NULL;
}

ferry_status dbidrv_connect(const struct ferry_config *config, uint32_t role, void **ret_conn,
                            struct ferry_error *err)
{
    struct dbidrv_conn *conn = connect_new(config, role);
    if (conn == NULL)
        return dbidrv_fail_memory(err);
    const char *database = ferry_config_string(config, "database");
    ferry_status status = dbidrv_settings_check(conn->label, conn->dialect, config, err);
    if (status == FERRY_OK)
        status = dbidrv_query_check_name(conn, "database", database, err);
    if (status == FERRY_OK && conn->schema != NULL)
        status = dbidrv_query_check_name(conn, "schema", conn->schema, err);
    if (status == FERRY_OK && conn->target && conn->dialect->writing == NULL)
        status = ferry_fail(err, FERRY_ERR_UNSUPPORTED,
                            "%s: dbferry does not write to %s through libdbi", conn->label,
                            conn->dialect->product);
    if (status == FERRY_OK && conn->dialect->is_file)
        status = connect_look_at_file(conn, database, err);
    if (status == FERRY_OK)
        status = connect_dial(conn, config, err);
    if (status == FERRY_OK)
        status = connect_set_up(conn, database, err);
    if (status != FERRY_OK) {
        dbidrv_disconnect(conn);
        return status;
    }
    if (conn->dialect->untried)
        ferry_log(
            FERRY_LOG_WARNING,
            "%s: nobody has tried what dbferry does with %s through libdbi; see dbferry-dbi(7), "
            "CONFORMANCE",
            conn->label, conn->dialect->product);
    *ret_conn = conn;
    return FERRY_OK;
}

/* ---- What is told of it ---- */

void dbidrv_place(const struct ferry_config *config, char *buffer, size_t size)
{
    dbidrv_settings_place(config, buffer, size);
}

void dbidrv_facts(void *conn, struct ferry_facts *facts)
{
    const struct dbidrv_conn *c = conn;
    PART_AUTO_STRING char *server = NULL;
    if (asprintf(&server, "%s %s", c->dialect->product, c->version == NULL ? "" : c->version) < 0)
        server = NULL;
    ferry_facts_add(facts, "server", server == NULL ? c->dialect->product : server);
    dbi_driver driver = dbi_conn_get_driver(c->dbi);
    const char *version = dbi_driver_get_version(driver);
    ferry_facts_add(facts, "libdbi driver", version == NULL ? c->dialect->name : version);
    ferry_facts_add(facts, "tried", c->dialect->untried ? "no" : "yes");
}

void dbidrv_libraries(struct ferry_facts *facts)
{
    const char *version = dbi_version();
    ferry_facts_add(facts, "libdbi", version == NULL ? "" : version);
}
