/* What may stand in the way of a run: the server's limits and its clock here; certificates are in
 * connect/certificate.c, rights in write/rights.c.
 */

#include "connect/connect.h"
#include "write/target.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define EXAMINE_SKEW_US 1000000 /* of two clocks that are set by NTP it is far less */
#define EXAMINE_SECONDS 600     /* one side may be busy for so long while the other waits */
#define EXAMINE_PACKET (UINT64_C(1) << 20) /* what a lane sends at once: see write/lane.c */

/* ---- Questions ---- */

/* One row of numbers, one to a column; NULL is 0.  Of a source, too, whose snapshot goes on. */
static ferry_status examine_ask(struct mydrv_conn *conn, const char *sql, uint64_t *ret_numbers,
                                unsigned count, const char *doing, struct ferry_error *err)
{
    enum mydrv_phase phase = conn->target ? MYDRV_LOADING : MYDRV_ASKING;
    ferry_status status = mydrv_conn_check(conn, err);
    if (status != FERRY_OK)
        return status;
    if (mysql_real_query(conn->native, sql, strlen(sql)) != 0)
        return mydrv_fail_conn(conn, phase, doing, err);
    MYDRV_AUTO_RESULT MYSQL_RES *rows = mysql_store_result(conn->native);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    if (row == NULL || mysql_num_fields(rows) != count)
        return mydrv_fail_conn(conn, phase, doing, err);
    for (unsigned i = 0; i < count; i++)
        ret_numbers[i] = row[i] == NULL ? 0 : strtoumax(row[i], NULL, 10);
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
static int64_t examine_skew(int64_t server, int64_t before, int64_t after)
{
    return server > after ? server - after : server < before ? server - before : 0;
}

static ferry_status examine_clock(struct mydrv_conn *conn, struct ferry_findings *findings,
                                  struct ferry_error *err)
{
    uint64_t server = 0;
    int64_t before = examine_now_us();
    ferry_status status =
        examine_ask(conn, "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))",
                    &server, 1, "ask for the server's clock", err);
    if (status != FERRY_OK)
        return status;
    int64_t skew = examine_skew((int64_t)server, before, examine_now_us());
    int64_t most = skew < 0 ? -skew : skew;
    if (most <= EXAMINE_SKEW_US)
        return ferry_finding_ok(findings, err, "clock", "within a second of this machine's");
    return ferry_finding_warn(
        findings, err, "clock",
        "have both machines set their clocks by NTP (timedatectl shows whether one does)",
        "the server's is %.1f s %s this machine's", (double)most / 1000000,
        skew > 0 ? "ahead of" : "behind");
}

/* ---- Time limits of the session ---- */

/* How long the server waits for us.  The driver sets these itself: see session.c. */
static const struct {
    const char *name;
    bool of_source, of_target;
    const char *what; /* happens where it is short */
} examine_waits[] = {
    {"net_write_timeout", true, false, "a stream whose target is at work for longer ends"},
    {"net_read_timeout", false, true, "a load whose source is silent for longer may end"},
    {"wait_timeout", true, true, "it is cut off where the other side is at work for longer"},
};
#define EXAMINE_WAITS (sizeof examine_waits / sizeof *examine_waits)

static ferry_status examine_ask_waits(struct mydrv_conn *conn, uint64_t seconds[EXAMINE_WAITS],
                                      struct ferry_error *err)
{
    PART_AUTO_TEXT struct part_text sql = {0};
    for (size_t i = 0; i < EXAMINE_WAITS; i++)
        part_text_addf(&sql, "%s @@SESSION.%s", i > 0 ? "," : "SELECT", examine_waits[i].name);
    return sql.failed ? mydrv_fail_memory(err)
                      : examine_ask(conn, sql.data, seconds, EXAMINE_WAITS,
                                    "ask for the session's time limits", err);
}

static ferry_status examine_waiting(struct mydrv_conn *conn, struct ferry_findings *findings,
                                    struct ferry_error *err)
{
    uint64_t seconds[EXAMINE_WAITS] = {0};
    PART_AUTO_TEXT struct part_text enough = {0};
    bool all_enough = true;
    ferry_status status = examine_ask_waits(conn, seconds, err);
    for (size_t i = 0; i < EXAMINE_WAITS && status == FERRY_OK; i++) {
        if (conn->target ? !examine_waits[i].of_target : !examine_waits[i].of_source)
            continue;
        if (seconds[i] >= EXAMINE_SECONDS) {
            part_text_addf(&enough, "%s%s %" PRIu64 " s", enough.length > 0 ? ", " : "",
                           examine_waits[i].name, seconds[i]);
            continue;
        }
        all_enough = false;
        status = ferry_finding_warn(
            findings, err, examine_waits[i].name,
            "take it out of session_variables, since dbferry sets it high enough",
            "%" PRIu64 " s: %s", seconds[i], examine_waits[i].what);
    }
    if (status != FERRY_OK || !all_enough)
        return status;
    return enough.failed ? mydrv_fail_memory(err)
                         : ferry_finding_ok(findings, err, "time limits", "%s", enough.data);
}

/* A SELECT runs for as long as its rows are taken. */
static ferry_status examine_statements(struct mydrv_conn *conn, struct ferry_findings *findings,
                                       struct ferry_error *err)
{
    const char *name = conn->mariadb ? "max_statement_time" : "max_execution_time";
    uint64_t ms = 0;
    ferry_status status =
        examine_ask(conn,
                    conn->mariadb ? "SELECT CAST(@@SESSION.max_statement_time * 1000 AS "
                                    "UNSIGNED)"
                                  : "SELECT @@SESSION.max_execution_time",
                    &ms, 1, "ask for the time limit of statements", err);
    if (status != FERRY_OK || ms == 0)
        return status;
    return ferry_finding_warn(findings, err, name,
                              conn->mariadb ? "set it for this session: session_variables = { "
                                              "max_statement_time = \"0\"; }"
                                            : "set it for this session: session_variables = { "
                                              "max_execution_time = \"0\"; }",
                              "%.1f s: the server ends a statement that takes longer, however well "
                              "its rows come",
                              (double)ms / 1000);
}

/* ---- What the lanes need ---- */

static ferry_status examine_packet(const char *name, uint64_t bytes, bool infile,
                                   struct ferry_findings *findings, struct ferry_error *err)
{
    if (bytes >= EXAMINE_PACKET)
        return ferry_finding_ok(findings, err, name, "%" PRIu64 " bytes", bytes);
    return ferry_finding_warn(
        findings, err, name, "set it to 16M or more in the server's configuration",
        "%" PRIu64 " bytes: %s", bytes,
        infile ? "a value of more is refused"
               : "a row of more is refused, and others go in small statements, which is slow");
}

static ferry_status examine_lanes(struct mydrv_conn *conn, struct ferry_findings *findings,
                                  struct ferry_error *err)
{
    uint64_t limits[2] = {0};
    ferry_status status =
        examine_ask(conn, "SELECT @@SESSION.max_allowed_packet, @@GLOBAL.local_infile", limits, 2,
                    "ask for the server's limits", err);
    bool infile = !conn->target || limits[1] != 0;
    if (status == FERRY_OK)
        status = examine_packet("max_allowed_packet", limits[0], infile, findings, err);
    if (status != FERRY_OK || !conn->target)
        return status;
    return infile ? ferry_finding_ok(findings, err, "local_infile",
                                     "on: rows go by LOAD DATA LOCAL, served from memory")
                  : ferry_finding_warn(findings, err, "local_infile",
                                       "set local_infile = 1 at the server, if it may; no file of "
                                       "this machine is ever read",
                                       "off: rows go by INSERT statements, which takes longer");
}

ferry_status mydrv_examine(void *argument, const struct ferry_examination *examination,
                           struct ferry_findings *findings, struct ferry_error *err)
{
    static ferry_status (*const looks[])(struct mydrv_conn *, struct ferry_findings *,
                                         struct ferry_error *) = {
        examine_clock, examine_waiting, examine_statements, examine_lanes};
    struct mydrv_conn *conn = argument;
    ferry_status status = mydrv_conn_check(conn, err);
    bool all = examination->tables_only == 0;
    if (status == FERRY_OK && all)
        status = mydrv_certificate_examine(conn, findings, err);
    for (size_t i = 0; i < sizeof looks / sizeof *looks && status == FERRY_OK && all; i++)
        status = looks[i](conn, findings, err);
    return status == FERRY_OK && conn->target
               ? mydrv_rights_examine(conn, examination, findings, err)
               : status;
}
