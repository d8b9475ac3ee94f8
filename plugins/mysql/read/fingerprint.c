/* Whether a table is as it was: by the moment of its last change, which InnoDB keeps in memory.
 *
 * The moment has whole seconds, and is gone after a restart or once the server has closed the
 * table.  So it counts only where it lies safely before the snapshot: whatever is committed after
 * that gives the table another one.  MySQL takes the moment of the commit, and MariaDB that at
 * which the transaction began: there, nothing is missed of transactions that last no longer than
 * the margin, and of a longer one only if another has begun in the same second.  Of views and
 * queries nothing is told: a NOW() in them changes their rows though nobody writes.
 */

#include "read/read.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define FINGERPRINT_MARGIN_MS 5000
#define FINGERPRINT_MARGIN_MARIADB_MS 60000
#define FINGERPRINT_MYSQL_CACHES                                                                   \
    80000 /* the version since which it shows what it knew a day ago                               \
           */

int64_t mydrv_fingerprint_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The columns of the question. */
enum {
    FINGERPRINT_NAME,
    FINGERPRINT_MADE,
    FINGERPRINT_WRITTEN,
    FINGERPRINT_AGE, /* in seconds, since it was written to */
    FINGERPRINT_FIELDS
};

/* The server's own clock: NOW() may have been set for the session. */
static const char fingerprint_question[] =
    "SELECT TABLE_NAME, CREATE_TIME, UPDATE_TIME, TIMESTAMPDIFF(SECOND, UPDATE_TIME, SYSDATE()) "
    "FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' "
    "AND ENGINE = 'InnoDB' AND CREATE_OPTIONS NOT LIKE '%partitioned%' AND TABLE_NAME = ";

/* Servers that take each other's place write at the same second, and not the same. */
static const char fingerprint_server[] =
    "SHOW VARIABLES WHERE Variable_name IN ('server_uuid', 'server_uid', 'server_id', 'hostname', "
    "'port')";

static ferry_status fingerprint_ask(struct mydrv_conn *conn, const char *sql, unsigned columns,
                                    MYSQL_RES **ret_rows, struct ferry_error *err)
{
    static const char doing[] = "ask which server and which state it is";
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (mysql_real_query(conn->native, sql, strlen(sql)) != 0)
        return mydrv_fail_conn(conn, MYDRV_ASKING, doing, err);
    MYSQL_RES *rows = mysql_store_result(conn->native);
    if (rows == NULL || mysql_num_fields(rows) != columns) {
        mysql_free_result(rows);
        return mydrv_fail_conn(conn, MYDRV_ASKING, doing, err);
    }
    *ret_rows = rows;
    return FERRY_OK;
}

static ferry_status fingerprint_ask_table(struct mydrv_conn *conn, const char *name,
                                          MYSQL_RES **ret_rows, struct ferry_error *err)
{
    static const char fresh[] = "SET SESSION information_schema_stats_expiry = 0";
    PART_AUTO_TEXT struct part_text sql = {0};
    if (!conn->mariadb && conn->version >= FINGERPRINT_MYSQL_CACHES &&
        mysql_real_query(conn->native, fresh, sizeof fresh - 1) != 0)
        return mydrv_fail_conn(conn, MYDRV_ASKING, "have the server look afresh", err);
    part_text_add(&sql, fingerprint_question);
    mydrv_text_add_quoted(&sql, name, strlen(name));
    return sql.failed ? mydrv_fail_memory(err)
                      : fingerprint_ask(conn, sql.data, FINGERPRINT_FIELDS, ret_rows, err);
}

/* Whether the moment lies so far before the snapshot that no commit after it can have the same. */
static bool fingerprint_is_safe(const struct mydrv_conn *conn, const char *age)
{
    char *end = NULL;
    int64_t seconds = age == NULL ? 0 : strtoimax(age, &end, 10);
    int64_t since_snapshot = mydrv_fingerprint_clock() - conn->snapshot_ms;
    int64_t margin = conn->mariadb ? FINGERPRINT_MARGIN_MARIADB_MS : FINGERPRINT_MARGIN_MS;
    return age != NULL && end != age && *end == '\0' && seconds >= 0 &&
           seconds < INT64_MAX / 1000 && seconds * 1000 >= since_snapshot + margin;
}

ferry_status mydrv_server_identity(struct mydrv_conn *conn, struct part_text *text,
                                   struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *server = NULL;
    MYSQL_ROW row;
    ferry_status status = fingerprint_ask(conn, fingerprint_server, 2, &server, err);
    while (status == FERRY_OK && (row = mysql_fetch_row(server)) != NULL)
        if (row[0] != NULL && row[1] != NULL)
            part_text_addf(text, ", %s %s", row[0], row[1]);
    return status;
}

static ferry_status fingerprint_tell(struct mydrv_conn *conn, MYSQL_ROW table,
                                     struct ferry_fingerprint *fingerprint, struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text text = {0};
    part_text_addf(&text, "written %s, made %s", table[FINGERPRINT_WRITTEN],
                   table[FINGERPRINT_MADE]);
    ferry_status status = mydrv_server_identity(conn, &text, err);
    if (status != FERRY_OK)
        return status;
    return text.failed ? mydrv_fail_memory(err)
                       : ferry_fingerprint_set(fingerprint, text.data, err);
}

ferry_status mydrv_fingerprint(void *argument, const struct ferry_read *read,
                               struct ferry_fingerprint *fingerprint, struct ferry_error *err)
{
    struct mydrv_conn *conn = argument;
    MYDRV_AUTO_RESULT MYSQL_RES *rows = NULL;
    /* Local times that are set back come twice. */
    if (read->kind == FERRY_READ_QUERY || conn->snapshot_ms == 0 ||
        !mydrv_order_has_fixed_zone(conn))
        return FERRY_OK;
    ferry_status status = fingerprint_ask_table(conn, read->text, &rows, err);
    MYSQL_ROW row = status == FERRY_OK && mysql_num_rows(rows) == 1 ? mysql_fetch_row(rows) : NULL;
    if (row == NULL || row[FINGERPRINT_NAME] == NULL || row[FINGERPRINT_MADE] == NULL ||
        row[FINGERPRINT_WRITTEN] == NULL || strcmp(row[FINGERPRINT_NAME], read->text) != 0 ||
        !fingerprint_is_safe(conn, row[FINGERPRINT_AGE]))
        return status;
    return fingerprint_tell(conn, row, fingerprint, err);
}
