/* Two reports of the history, and a clock. */

#include "report/standing.h"

#include <string.h>

#include "base/cleanup.h"
#include "report/process.h"

bool ferry_report_is_abandoned(const struct ferry_report *report)
{
    if (report->state != FERRY_RUN_RUNNING || report->host == NULL)
        return false;
    FERRY_AUTO_FREE char *host = ferry_process_host();
    return host != NULL && strcmp(report->host, host) == 0 &&
           !ferry_process_is_there(report->pid, report->process_started);
}

static bool is_late(const struct ferry_standing *standing, int64_t now_ms)
{
    if (standing->expect_every_ms <= 0)
        return false;
    return standing->success.job == NULL ||
           now_ms - standing->success.ended_ms > standing->expect_every_ms;
}

ferry_status ferry_standing_find(struct ferry_history *history, const char *job,
                                 int64_t expect_every_ms, int64_t now_ms,
                                 struct ferry_standing *ret_standing, struct ferry_error *error)
{
    struct ferry_standing standing = {.expect_every_ms = expect_every_ms};
    if (history != NULL) {
        ferry_status status =
            ferry_history_find(history, job, &standing.last, &standing.success, error);
        if (status != FERRY_OK)
            return status;
    }
    if (ferry_report_is_abandoned(&standing.last))
        standing.last.state = FERRY_RUN_KILLED;
    standing.is_late = is_late(&standing, now_ms);
    *ret_standing = standing;
    return FERRY_OK;
}

void ferry_standing_done(struct ferry_standing *standing)
{
    ferry_report_done(&standing->last);
    ferry_report_done(&standing->success);
}
