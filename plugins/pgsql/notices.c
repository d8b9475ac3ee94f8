/* What the server says beside its answers: warnings count against what was read, the rest is for
 * whoever looks closely. */

#include "pgsql_driver.h"

#include <string.h>

static bool notice_is_warning(const PGresult *notice)
{
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    return severity != NULL && strcmp(severity, "WARNING") == 0;
}

/* The library calls it while it takes in what has come. */
static void notice_take(void *argument, const PGresult *notice)
{
    struct pgdrv_conn *conn = argument;
    const char *text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
    if (text == NULL)
        return;
    if (!notice_is_warning(notice)) {
        ferry_log(FERRY_LOG_DEBUG, "%s: the server notes: %s", conn->label, text);
        return;
    }
    conn->warnings++;
    if (conn->first_warning == NULL)
        conn->first_warning = strdup(text);
}

void pgdrv_notices_begin(struct pgdrv_conn *conn)
{
    (void)PQsetNoticeReceiver(conn->pg, notice_take, conn);
}

void pgdrv_warnings_forget(struct pgdrv_conn *conn)
{
    conn->warnings = 0;
    free(conn->first_warning);
    conn->first_warning = NULL;
}
