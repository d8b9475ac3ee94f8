/* The state of the session on the server: character set, modes, time zone, limits, snapshot. */

#include "connect/connect.h"
#include "read/read.h"

#include <errmsg.h>
#include <string.h>

/* A server that is lost here was not reached yet: nothing has been asked of it. */
ferry_status mydrv_session_fail(struct mydrv_conn *conn, const char *doing, struct ferry_error *err)
{
    static const unsigned lost[] = {CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_SERVER_LOST_EXTENDED,
                                    1053};
    enum mydrv_phase phase = MYDRV_SETTING_UP;
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
        if (mysql_errno(conn->native) == lost[i])
            phase = conn->target ? MYDRV_OPENING : MYDRV_CONNECTING;
    return mydrv_fail_conn(conn, phase, doing, err);
}

static ferry_status session_run(struct mydrv_conn *conn, const char *sql, const char *doing,
                                struct ferry_error *err)
{
    if (mysql_real_query(conn->native, sql, strlen(sql)) != 0)
        return mydrv_session_fail(conn, doing, err);
    return FERRY_OK;
}

/* Whole numbers must stand bare: the server takes '10' for an integer variable as an error. */
static bool session_is_number(const char *value)
{
    size_t digits = strspn(value + (*value == '-'), "0123456789");
    return digits > 0 && digits <= 20 && value[digits + (*value == '-')] == '\0';
}

static ferry_status session_set(struct mydrv_conn *conn, const char *name, const char *value,
                                struct ferry_error *err)
{
    PART_AUTO_STRING char *sql = NULL;
    PART_AUTO_STRING char *doing = NULL;
    size_t length = strlen(value);
    if (length > 65536)
        return ferry_fail(err, FERRY_ERR_CONFIG, "%s: the value of '%s' is too long", conn->label,
                          name);
    PART_AUTO_STRING char *escaped = malloc(2 * length + 1);
    if (escaped == NULL)
        return mydrv_fail_memory(err);
    mysql_real_escape_string(conn->native, escaped, value, length);
    const char *quote = session_is_number(value) ? "" : "'";
    if (asprintf(&sql, "SET SESSION %s = %s%s%s", name, quote, escaped, quote) < 0) {
        sql = NULL;
        return mydrv_fail_memory(err);
    }
    if (asprintf(&doing, "set '%s' to '%s'", name, value) < 0) {
        doing = NULL;
        return mydrv_fail_memory(err);
    }
    return session_run(conn, sql, doing, err);
}

/* Variables that the driver's own reading rests on. */
static const struct {
    const char *name;
    const char *instead;
    bool target; /* of a target only */
} session_reserved[] = {
    {"time_zone", "use the key `time_zone`", false},
    {"character_set_client", "texts always travel as utf8mb4", false},
    {"character_set_connection", "texts always travel as utf8mb4", false},
    {"character_set_results", "texts are read as they are stored, and become utf8mb4 here", false},
    {"autocommit", "the driver opens the transaction itself", false},
    {"completion_type", "the driver opens the transaction itself", false},
    {"max_error_count", "the driver reads the server's warnings", false},
    {"sql_notes", "notes would take the room of warnings", false},
    {"sql_mode", "a target's values are checked by the driver's own", true},
    {"foreign_key_checks", "the driver sets it where it must be off", true},
    {"unique_checks", "a target's rows are checked", true},
    {"check_constraint_checks", "a target's rows are checked", true},
};

static ferry_status session_check_name(const struct mydrv_conn *conn, const char *name,
                                       struct ferry_error *err)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (length == 0 || length > 64 || name[length] != '\0')
        return ferry_fail(err, FERRY_ERR_CONFIG,
                          "%s: session_variables: '%s' is not the name of a variable (a-z, 0-9 and "
                          "_ only)",
                          conn->label, name);
    for (size_t i = 0; i < sizeof session_reserved / sizeof *session_reserved; i++)
        if ((conn->target || !session_reserved[i].target) &&
            strcmp(name, session_reserved[i].name) == 0)
            return ferry_fail(err, FERRY_ERR_CONFIG,
                              "%s: session_variables: '%s' cannot be set here: %s", conn->label,
                              name, session_reserved[i].instead);
    return FERRY_OK;
}

static ferry_status session_set_variables(struct mydrv_conn *conn,
                                          const struct ferry_config *config,
                                          struct ferry_error *err)
{
    const char *name;
    const char *value;
    for (size_t i = 0; ferry_config_pair(config, "session_variables", i, &name, &value); i++) {
        ferry_status status = session_check_name(conn, name, err);
        if (status == FERRY_OK)
            status = session_set(conn, name, value, err);
        if (status != FERRY_OK)
            return status;
    }
    return FERRY_OK;
}

/* What the greeting says of the server comes before TLS, and anybody could have said it: so the
 * session is asked.  Only MariaDB reads what stands in the comment. */
enum {
    SESSION_ZONE,
    SESSION_SERVER_ZONE,
    SESSION_VERSION,
    SESSION_ID,
    SESSION_FAMILY,
    SESSION_COUNT
};
static const char session_question[] =
    "SELECT @@SESSION.time_zone, IF(@@GLOBAL.time_zone = 'SYSTEM', @@system_time_zone, "
    "@@GLOBAL.time_zone), VERSION(), CONNECTION_ID(), 0 /*M! + 1 */";

/* The server's zone differs from ours more often than not, and that changes what DATE(timestamp) in
 * a view means: the log says so. */
static bool session_take_zone(struct mydrv_conn *conn, const char *zone, const char *servers)
{
    conn->time_zone = strdup(zone);
    conn->utc = strcmp(zone, "+00:00") == 0 || strcasecmp(zone, "UTC") == 0;
    bool differs = strcmp(zone, servers) != 0 && !(conn->utc && strcasecmp(servers, "UTC") == 0);
    if (differs && !conn->target)
        ferry_log(FERRY_LOG_INFO,
                  "%s: this session's time zone is %s, the server's own is %s: TIMESTAMP columns, "
                  "and dates that a view derives from them, follow the session",
                  conn->label, zone, servers);
    return conn->time_zone != NULL;
}

/* "10.11.19-MariaDB-..." is 101119; 0 where it is no version. */
static unsigned long session_read_version(const char *text)
{
    unsigned long version = 0;
    for (int part = 0; part < 3; part++) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 3)
            return 0;
        version = version * 100 + strtoul(text, NULL, 10);
        text += digits;
        if (part < 2 && *text++ != '.')
            return 0;
    }
    return version;
}

static bool session_take_server(struct mydrv_conn *conn, const char *version, bool is_mariadb)
{
    conn->mariadb = is_mariadb || strstr(version, "MariaDB") != NULL;
    conn->version = session_read_version(version);
    /* MariaDB puts its name and the distribution's words behind the number. */
    const char *end = conn->mariadb ? strchr(version, '-') : NULL;
    int length = end == NULL ? (int)strlen(version) : (int)(end - version);
    if (asprintf(&conn->server, "%s %.*s", conn->mariadb ? "MariaDB" : "MySQL", length, version) <
        0) {
        conn->server = NULL;
        return false;
    }
    ferry_log(conn->is_second ? FERRY_LOG_DEBUG : FERRY_LOG_INFO, "%s: server: %s", conn->label,
              conn->server);
    return true;
}

/* The parts of MariaDB's protocol in which an answer has another shape.  They come with the
 * greeting; who adds one that the server lacks would have its answers misread. */
static ferry_status session_check_extras(const struct mydrv_conn *conn, struct ferry_error *err)
{
    static const struct {
        unsigned long flag, since;
    } extras[] = {
        {(unsigned long)(MARIADB_CLIENT_EXTENDED_METADATA >> 32), 100502},
        {(unsigned long)(MARIADB_CLIENT_CACHE_METADATA >> 32), 100600},
    };
    unsigned long flags = 0;
    mariadb_get_infov(conn->native, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &flags);
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++)
        if ((flags & extras[i].flag) != 0 && (!conn->mariadb || conn->version < extras[i].since))
            return ferry_fail(err, FERRY_ERR_REFUSED,
                              "%s: the greeting has offered what %s does not know: somebody on the "
                              "way has changed it, or a proxy speaks for another server; connect "
                              "to the server itself",
                              conn->label, conn->server);
    return FERRY_OK;
}

static ferry_status session_ask(struct mydrv_conn *conn, struct ferry_error *err)
{
    ferry_status status =
        session_run(conn, session_question, "ask for the time zone and the version", err);
    if (status != FERRY_OK)
        return status;
    MYDRV_AUTO_RESULT MYSQL_RES *result = mysql_store_result(conn->native);
    MYSQL_ROW row = result == NULL ? NULL : mysql_fetch_row(result);
    bool complete = row != NULL && mysql_num_fields(result) == SESSION_COUNT;
    for (size_t i = 0; complete && i < SESSION_COUNT; i++)
        complete = row[i] != NULL;
    if (!complete || session_read_version(row[SESSION_VERSION]) == 0)
        return mydrv_session_fail(conn, "learn the time zone and the version", err);
    conn->id = strtoull(row[SESSION_ID], NULL, 10);
    if (!session_take_zone(conn, row[SESSION_ZONE], row[SESSION_SERVER_ZONE]) ||
        !session_take_server(conn, row[SESSION_VERSION], strcmp(row[SESSION_FAMILY], "1") == 0))
        return mydrv_fail_memory(err);
    return session_check_extras(conn, err);
}

/* sql_mode: strict, and without PAD_CHAR_TO_FULL_LENGTH, which would change every CHAR.  Division
 * by zero stays what it is in a plain SELECT, NULL without a warning.
 * net_write_timeout: while the target is slow the server waits for us; its default of a minute
 * would end the stream.  wait_timeout is the server's own default, in case somebody lowered it.
 * sql_select_limit: a server that has one would hand out a part of the rows as if it were all.
 * sql_notes: behind many notes the server has no room for a warning.
 * idle_transaction_timeout, of MariaDB: as wait_timeout, in a transaction; while rows of one side
 * come, the other waits in one. */
#define SESSION_IDLE                                                                               \
    "/*M!100300 , idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0, "           \
    "idle_write_transaction_timeout = 0 */"
static const char session_of_source[] =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
    "net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 28800, "
    "sql_select_limit = 18446744073709551615, sql_notes = 0, completion_type = 0" SESSION_IDLE;

/* What a target's server must not do: number a row by itself where it is given 0, refuse dates that
 * another server's modes let in, take a note for nothing, refuse a DELETE of all rows or a join of
 * the catalog, wait for a lock for a year. */
static const char session_of_target[] =
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,"
    "ALLOW_INVALID_DATES', net_write_timeout = 3600, net_read_timeout = 3600, "
    "wait_timeout = 28800, sql_notes = 1, foreign_key_checks = 1, unique_checks = 1, "
    "autocommit = 1, sql_select_limit = 18446744073709551615, sql_safe_updates = 0, "
    "sql_big_selects = 1, completion_type = 0, lock_wait_timeout = 10, "
    "innodb_lock_wait_timeout = 10" SESSION_IDLE;

static ferry_status session_set_modes(struct mydrv_conn *conn, struct ferry_error *err)
{
    if (mysql_set_character_set(conn->native, "utf8mb4") != 0)
        return mydrv_session_fail(conn, "set the character set utf8mb4", err);
    ferry_status status = session_run(conn, conn->target ? session_of_target : session_of_source,
                                      "set up the session", err);
    if (status != FERRY_OK)
        return status;
    const char *isolation = conn->target
                                ? "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, "
                                  "READ WRITE"
                                : "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    return session_run(conn, isolation, "set the isolation level", err);
}

ferry_status mydrv_session_set_up(struct mydrv_conn *conn, const struct ferry_config *config,
                                  const struct mydrv_settings *settings, struct ferry_error *err)
{
    ferry_status status = session_set_modes(conn, err);
    if (status == FERRY_OK)
        status = session_set(conn, "time_zone", conn->target ? "+00:00" : settings->time_zone, err);
    if (status == FERRY_OK)
        status = session_set_variables(conn, config, err);
    if (status == FERRY_OK)
        status = session_ask(conn, err);
    if (status == FERRY_OK && !conn->target)
        status = mydrv_warnings_make_room(conn, err);
    if (status == FERRY_OK && !conn->target)
        status = session_run(conn, MYDRV_SESSION_RAW, "choose how texts are read", err);
    return status;
}

ferry_status mydrv_snapshot_begin(void *conn, struct ferry_error *err)
{
    struct mydrv_conn *c = conn;
    int64_t now = mydrv_fingerprint_clock();
    ferry_status status = mydrv_conn_check(c, err);
    if (status == FERRY_OK)
        status = session_run(c, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
                             "open a consistent snapshot", err);
    c->snapshot_ms = status == FERRY_OK ? now : 0;
    c->savepoint = c->read_since = false;
    return status;
}

void mydrv_snapshot_end(void *conn)
{
    struct mydrv_conn *c = conn;
    static const char sql[] = "ROLLBACK";
    c->snapshot_ms = 0;
    if (!c->broken && !atomic_load(&c->cancelled))
        mysql_real_query(c->native, sql, sizeof sql - 1);
}
