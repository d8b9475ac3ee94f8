/* The limits are those of the job's source, whoever is read and whoever was cancelled. */

#include "engine/limits.h"

#include <inttypes.h>
#include <string.h>

#include "base/signals.h"
#include "base/units.h"

void ferry_job_limits_begin(struct ferry_watch_run *watch, const struct ferry_job *job,
                            int64_t started_ms, void (*tick)(void *data), void *data)
{
    *watch = (struct ferry_watch_run){
        .started_ms = started_ms,
        .run_timeout_ms = ferry_config_int(job->route.source, "run_timeout"),
        .stall_timeout_ms = ferry_config_int(job->route.source, "stall_timeout"),
        .tick = tick,
        .data = data,
    };
    ferry_watch_begin(watch);
}

static ferry_status explain_limit(const struct ferry_job *job, const struct ferry_config *read_from,
                                  enum ferry_cancel_reason reason, uint64_t rows,
                                  struct ferry_error *error)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf limit = {0};
    const char *key = reason == FERRY_CANCEL_STALL ? "stall_timeout" : "run_timeout";
    ferry_units_add_duration(&limit, ferry_config_int(job->route.source, key));
    ferry_error_clear(error);
    return ferry_fail(error, FERRY_ERR_STREAM,
                      reason == FERRY_CANCEL_STALL
                          ? "source '%s' sent nothing for %s, after %" PRIu64
                            " rows; look at the server and the line, or raise %s"
                          : "the run from source '%s' took longer than %s, at row %" PRIu64
                            "; look at the server and the line, or raise %s",
                      read_from->name, ferry_strbuf_text(&limit), rows, key);
}

ferry_status ferry_job_limits_explain(const struct ferry_job *job,
                                      const struct ferry_config *read_from,
                                      const struct ferry_connection *connection, uint64_t rows,
                                      struct ferry_error *error)
{
    int number = ferry_signal_caught();
    if (number != 0) {
        ferry_error_clear(error);
        return ferry_fail(error, FERRY_ERR_CANCELLED, "stopped by signal %d (%s) at row %" PRIu64,
                          number, strsignal(number), rows);
    }
    enum ferry_cancel_reason reason =
        connection == NULL ? FERRY_CANCEL_NONE : ferry_connection_cancelled(connection);
    if (reason != FERRY_CANCEL_STALL && error->status == FERRY_ERR_CANCELLED &&
        ferry_context_is_late(ferry_context_current()))
        reason = FERRY_CANCEL_DEADLINE; /* by ferry_should_stop(), before the watch has come by */
    if (reason == FERRY_CANCEL_STALL || reason == FERRY_CANCEL_DEADLINE)
        return explain_limit(job, read_from, reason, rows, error);
    return error->status;
}
