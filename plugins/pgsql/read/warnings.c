/* What the server has warned of while it was read.  No warning of PostgreSQL's own means that a
 * value was changed: one comes of a function that somebody has written, and is told. */

#include "read/read.h"

#include <inttypes.h>

ferry_status pgdrv_warnings_judge(struct pgdrv_conn *conn, const char *what, uint32_t on_warning,
                                  struct ferry_error *err)
{
    const char *first = conn->first_warning == NULL ? "its text is not kept" : conn->first_warning;
    if (conn->warnings == 0)
        return FERRY_OK;
    if (on_warning == FERRY_WARNINGS_REFUSE)
        return ferry_fail(err, FERRY_ERR_DATA,
                          "%s: %s: the server warns: %s; mend what it warns of, or let it be with "
                          "on_warning = \"allow\"",
                          conn->label, what, first);
    ferry_log(FERRY_LOG_WARNING,
              "%s: %s: the server warned %" PRIu64 " time%s while it was read; the first: %s",
              conn->label, what, conn->warnings, conn->warnings == 1 ? "" : "s", first);
    pgdrv_warnings_forget(conn);
    return FERRY_OK;
}
