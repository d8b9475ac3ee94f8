/* What may stand in the way of a run: the server's clock here, time limits, a standby that ends
 * long reads, policies that hide rows; certificates are in connect/certificate.c.
 */

#include "connect/connect.h"
#include "read/read.h"
#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define EXAMINE_SKEW_US 1000000 /* of two clocks that are set by NTP it is far less */
#define EXAMINE_STANDBY_MS 600000

/* One row of numbers or truths, one to a column; NULL is 0. */
static ferry_status examine_ask(struct pgdrv_conn *conn, const char *sql, const char *value,
                                int64_t *ret_numbers, int count, const char *doing,
                                struct ferry_error *err)
{
    enum pgdrv_phase phase = conn->target ? PGDRV_LOADING : PGDRV_ASKING;
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    ferry_status status =
        pgdrv_ask(conn, phase, sql, &value, value == NULL ? 0 : 1, doing, &answer, err);
    if (status != FERRY_OK)
        return status;
    if (PQntuples(answer) != 1 || PQnfields(answer) != count)
        return pgdrv_fail_shape(conn, phase, doing, err);
    for (int i = 0; i < count; i++) {
        const char *text = pgdrv_value(answer, 0, i);
        ret_numbers[i] = text == NULL ? 0 : *text == 't' ? 1 : strtoimax(text, NULL, 10);
    }
    return FERRY_OK;
}

/* ---- The clock ---- */

static int64_t examine_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The answer was given between `before` and `after`: what is left is at least the difference. */
static ferry_status examine_clock(struct pgdrv_conn *conn, struct ferry_findings *findings,
                                  struct ferry_error *err)
{
    int64_t server = 0;
    int64_t before = examine_now_us();
    ferry_status status = examine_ask(
        conn,
        "SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::pg_catalog.int8",
        NULL, &server, 1, "ask for the server's clock", err);
    if (status != FERRY_OK)
        return status;
    int64_t after = examine_now_us();
    int64_t skew = server > after ? server - after : server < before ? server - before : 0;
    int64_t most = skew < 0 ? -skew : skew;
    if (most <= EXAMINE_SKEW_US)
        return ferry_finding_ok(findings, err, "clock", "within a second of this machine's");
    return ferry_finding_warn(
        findings, err, "clock",
        "have both machines set their clocks by NTP (timedatectl shows whether one does)",
        "the server's is %.1f s %s this machine's", (double)most / 1000000,
        skew > 0 ? "ahead of" : "behind");
}

/* ---- Time limits ---- */

/* The driver sets them to 0: whoever finds another one has set it for the session. */
static ferry_status examine_limits(struct pgdrv_conn *conn, struct ferry_findings *findings,
                                   struct ferry_error *err)
{
    static const char *const names[] = {"statement_timeout", "idle_in_transaction_session_timeout",
                                        "idle_session_timeout", "transaction_timeout"};
    bool none = true;
    ferry_status status = FERRY_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && status == FERRY_OK; i++) {
        int64_t ms = 0;
        status =
            examine_ask(conn, "SELECT (SELECT setting FROM pg_catalog.pg_settings WHERE name = $1)",
                        names[i], &ms, 1, "ask for the session's time limits", err);
        if (status != FERRY_OK || ms == 0)
            continue;
        none = false;
        status = ferry_finding_warn(findings, err, names[i],
                                    "take it out of session_variables, since dbferry sets it to 0",
                                    "%.1f s: the server ends what takes longer, however well its "
                                    "rows come",
                                    (double)ms / 1000);
    }
    return status == FERRY_OK && none
               ? ferry_finding_ok(findings, err, "time limits", "none for the session")
               : status;
}

/* A standby replays what was deleted on its primary, and ends the reads that still need it. */
static ferry_status examine_standby(struct pgdrv_conn *conn, struct ferry_findings *findings,
                                    struct ferry_error *err)
{
    int64_t numbers[3] = {0};
    ferry_status status = examine_ask(
        conn,
        "SELECT pg_catalog.pg_is_in_recovery(), (SELECT setting FROM pg_catalog.pg_settings WHERE "
        "name = 'max_standby_streaming_delay'), pg_catalog.current_setting("
        "'hot_standby_feedback') = 'on'",
        NULL, numbers, 3, "ask whether the server is a standby", err);
    if (status != FERRY_OK || numbers[0] == 0)
        return status;
    if (conn->target)
        return ferry_finding_fail(findings, err, FERRY_ERR_BUSY, "standby",
                                  "connect to the primary",
                                  "the server is a standby, which takes no writes");
    if (numbers[2] != 0 || numbers[1] < 0 || numbers[1] >= EXAMINE_STANDBY_MS)
        return ferry_finding_ok(findings, err, "standby", "it waits for long reads");
    return ferry_finding_warn(findings, err, "standby",
                              "set hot_standby_feedback = on there, or raise "
                              "max_standby_streaming_delay",
                              "it ends reads that hold up its replay for %.0f s",
                              (double)numbers[1] / 1000);
}

/* ---- What is read ---- */

static ferry_status examine_read(struct pgdrv_conn *conn, const struct ferry_read *read,
                                 struct ferry_findings *findings, struct ferry_error *err)
{
    PGDRV_AUTO_RESULT PGresult *answer = NULL;
    const char *const values[] = {conn->schema, read->text};
    if (read->kind == FERRY_READ_QUERY)
        return FERRY_OK;
    ferry_status status = pgdrv_ask_list(
        conn, PGDRV_ASKING,
        "SELECT pg_catalog.row_security_active(c.oid), "
        "pg_catalog.current_setting('row_security') = 'on' FROM pg_catalog.pg_class c JOIN "
        "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = "
        "$2 AND c.relrowsecurity",
        values, 2, 2, "ask for the policies of the table", &answer, err);
    if (status != FERRY_OK || PQntuples(answer) != 1)
        return status;
    const char *active = pgdrv_value(answer, 0, 0);
    const char *allowed = pgdrv_value(answer, 0, 1);
    if (allowed == NULL || *allowed == 't')
        return ferry_finding_warn(findings, err, "row_security",
                                  "remove row_security = true if the copy is to be whole",
                                  "policies of '%s' may hide rows from this account", read->text);
    return active == NULL || *active != 't'
               ? FERRY_OK
               : ferry_finding_fail(findings, err, FERRY_ERR_REFUSED, "row_security",
                                    "give the account BYPASSRLS, or set row_security = true to "
                                    "carry only what it sees",
                                    "policies of '%s' hide rows from this account", read->text);
}

ferry_status pgdrv_examine(void *argument, const struct ferry_examination *examination,
                           struct ferry_findings *findings, struct ferry_error *err)
{
    static ferry_status (*const looks[])(struct pgdrv_conn *, struct ferry_findings *,
                                         struct ferry_error *) = {examine_clock, examine_limits,
                                                                  examine_standby};
    struct pgdrv_conn *conn = argument;
    bool all = examination->tables_only == 0;
    ferry_status status = pgdrv_conn_check(conn, err);
    if (status == FERRY_OK && all)
        status = pgdrv_certificate_examine(conn, findings, err);
    for (size_t i = 0; i < sizeof looks / sizeof *looks && status == FERRY_OK && all; i++)
        status = looks[i](conn, findings, err);
    for (size_t i = 0; i < examination->read_count && status == FERRY_OK; i++)
        status = examine_read(conn, examination->reads[i], findings, err);
    return status == FERRY_OK ? pgdrv_rights_examine(conn, examination, findings, err) : status;
}
