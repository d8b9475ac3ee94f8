/* What the server warns of in what was read: refused, or told in the log. */

#include "connect/connect.h"
#include "read/read.h"

#include <errmsg.h>
#include <inttypes.h>
#include <string.h>

static const char hint_concat[] = "raise group_concat_max_len by session_variables";
static const char hint_packet[] = "raise max_allowed_packet on the server";
static const char hint_rows[] = "take LIMIT ROWS EXAMINED, or the procedure's limit, away";
static const char hint_letters[] = "convert into a character set that has the letters, utf8mb4";
static const char hint_bytes[] = "mend the bytes, or read them as they are: CAST(... AS BINARY)";
static const char hint_memory[] = "the server lacks memory; run again";
static const char hint_altered[] = "a table was altered just now; run again";

/* What a limit of the session has cut, or the way to us has changed, by the numbers of both
 * servers. The others tell what an expression of the view or query itself came to, of values that
 * are as it finds them: CAST('12abc' AS INT) is 12 for everybody who asks. */
static const struct {
    unsigned code;
    const char *hint;
} warnings_refused[] = {
    {1256, hint_packet},  /* UNCOMPRESS(), which gives NULL instead */
    {1257, hint_memory},  /* the same */
    {1260, hint_concat},  /* GROUP_CONCAT(), JSON_ARRAYAGG() */
    {1300, hint_bytes},   /* bytes that are no text in the character set */
    {1301, hint_packet},  /* a function whose result is longer than a packet, and NULL instead */
    {1684, hint_altered}, /* a table that a question to the catalog has left out */
    {1931, hint_rows},    /* fewer rows than there are */
    {1977, hint_letters}, /* MariaDB: a letter that the other character set lacks became "?" */
    {3641, hint_altered}, /* as 1684 */
    {3854, hint_letters}, /* MySQL: as 1977 */
    {6119, hint_rows},    /* a stored program that was stopped after some rows */
};

static const char hint_any[] = "mend the view or query, set session_variables, or let it be with "
                               "on_warning = \"allow\"";

/* What to do about a warning that is never let be but by `allow`; NULL for the others. */
static const char *warnings_find(unsigned code)
{
    for (size_t i = 0; i < sizeof warnings_refused / sizeof *warnings_refused; i++)
        if (warnings_refused[i].code == code)
            return warnings_refused[i].hint;
    return NULL;
}

/* 65535 is the most.  MySQL asks for a right that few accounts have, and keeps what it would. */
ferry_status mydrv_warnings_make_room(struct mydrv_conn *conn, struct ferry_error *err)
{
    static const char sql[] = "SET SESSION max_error_count = 65535";
    if (mysql_real_query(conn->native, sql, sizeof sql - 1) == 0)
        return FERRY_OK;
    unsigned code = mysql_errno(conn->native);
    if (IS_MYSQL_ERROR(code) || IS_MARIADB_ERROR(code)) /* the connection, not a refusal */
        return mydrv_session_fail(conn, "have warnings kept", err);
    return FERRY_OK;
}

static ferry_status warnings_list(struct mydrv_conn *conn, const char *sql, unsigned columns,
                                  MYSQL_RES **ret_list, struct ferry_error *err)
{
    MYSQL_RES *list = NULL;
    if (mysql_real_query(conn->native, sql, strlen(sql)) == 0)
        list = mysql_store_result(conn->native);
    if (list == NULL || mysql_num_fields(list) < columns) {
        mysql_free_result(list);
        return mydrv_fail_conn(conn, MYDRV_READING, "read the server's warnings", err);
    }
    *ret_list = list;
    return FERRY_OK;
}

static ferry_status warnings_count(struct mydrv_conn *conn, uint64_t *ret_count,
                                   struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *list = NULL;
    ferry_status status = warnings_list(conn, "SHOW COUNT(*) WARNINGS", 1, &list, err);
    if (status != FERRY_OK)
        return status;
    MYSQL_ROW row = mysql_fetch_row(list);
    /* What is no number is asked about. */
    *ret_count = row == NULL || row[0] == NULL ? 1 : strtoumax(row[0], NULL, 10);
    if (*ret_count == 0 && strcmp(row[0], "0") != 0)
        *ret_count = 1;
    return FERRY_OK;
}

/* One row of the server's list. */
struct warnings_row {
    bool note;
    bool error;
    const char *code; /* "" where the row is malformed, like `text` */
    const char *text;
};

static struct warnings_row warnings_read(MYSQL_ROW row)
{
    const char *level = row[0] == NULL ? "" : row[0];
    return (struct warnings_row){.note = strcmp(level, "Note") == 0,
                                 .error = strcmp(level, "Error") == 0,
                                 .code = row[1] == NULL ? "" : row[1],
                                 .text = row[2] == NULL ? "" : row[2]};
}

/* What the list holds besides notes, which are logged. */
struct warnings_sum {
    uint64_t kept;                    /* rows, notes too */
    struct warnings_row first, worst; /* `text` NULL: there is none; they point into the list */
    const char *hint;                 /* of the worst */
};

static void warnings_sum_up(const struct mydrv_conn *conn, const char *what, MYSQL_RES *list,
                            struct warnings_sum *sum)
{
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(list)) != NULL) {
        struct warnings_row warning = warnings_read(row);
        sum->kept++;
        if (warning.note) {
            ferry_log(FERRY_LOG_INFO, "%s: %s: the server notes: %s (%s)", conn->label, what,
                      warning.text, warning.code);
            continue;
        }
        if (sum->first.text == NULL)
            sum->first = warning;
        const char *hint = warnings_find((unsigned)strtoumax(warning.code, NULL, 10));
        if (sum->worst.text == NULL && (hint != NULL || warning.error)) {
            sum->worst = warning;
            sum->hint = hint == NULL ? hint_any : hint;
        }
    }
}

static ferry_status warnings_fail(const struct mydrv_conn *conn, const char *what,
                                  const struct warnings_row *warning, const char *hint,
                                  struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: %s: the server warns: %s (%s); a warning means that values may have "
                      "been changed or cut; %s",
                      conn->label, what, warning->text, warning->code, hint);
}

/* A server counts more warnings than it keeps: what has been cut may be among the others. */
static ferry_status warnings_fail_unseen(const struct mydrv_conn *conn, const char *what,
                                         uint64_t count, uint64_t kept, struct ferry_error *err)
{
    return ferry_fail(err, FERRY_ERR_DATA,
                      "%s: %s: the server warns %" PRIu64 " times and keeps the text of %" PRIu64
                      "; values may have been changed or cut by the others; raise max_error_count "
                      "there to see what they are, or let them be with on_warning = \"allow\"",
                      conn->label, what, count, kept);
}

static ferry_status warnings_decide(const struct mydrv_conn *conn, const char *what,
                                    uint32_t on_warning, uint64_t count,
                                    const struct warnings_sum *sum, struct ferry_error *err)
{
    if (on_warning != FERRY_WARNINGS_ALLOW) {
        if (sum->worst.text != NULL)
            return warnings_fail(conn, what, &sum->worst, sum->hint, err);
        if (on_warning == FERRY_WARNINGS_REFUSE && sum->first.text != NULL)
            return warnings_fail(conn, what, &sum->first, hint_any, err);
        if (count > sum->kept)
            return warnings_fail_unseen(conn, what, count, sum->kept, err);
    }
    if (sum->first.text == NULL && count <= sum->kept)
        return FERRY_OK; /* notes */
    const struct warnings_row *told = sum->worst.text != NULL ? &sum->worst : &sum->first;
    ferry_log(FERRY_LOG_WARNING,
              "%s: %s: the server warned %" PRIu64 " time%s while it was read; %s: %s (%s)",
              conn->label, what, count, count == 1 ? "" : "s",
              told == &sum->first ? "the first" : "values were cut or changed",
              told->text == NULL ? "its text is not kept" : told->text,
              told->text == NULL ? "?" : told->code);
    return FERRY_OK;
}

ferry_status mydrv_warnings_judge(struct mydrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err)
{
    MYDRV_AUTO_RESULT MYSQL_RES *list = NULL;
    struct warnings_sum sum = {0};
    uint64_t count = 0;
    ferry_status status = warnings_count(conn, &count, err);
    if (status != FERRY_OK || count == 0)
        return status;
    status = warnings_list(conn, "SHOW WARNINGS", 3, &list, err);
    if (status != FERRY_OK)
        return status;
    warnings_sum_up(conn, what, list, &sum);
    if (mysql_errno(conn->native) != 0)
        return mydrv_fail_conn(conn, MYDRV_READING, "read the server's warnings", err);
    return warnings_decide(conn, what, on_warning, count, &sum, err);
}
