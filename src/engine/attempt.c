/* A loop around one attempt: a failure is judged, told, waited for, and the next one begins from
 * nothing. */

#include "engine/attempt.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/units.h"
#include "engine/show.h"

static void draw_wait(const struct ferry_job *job, const struct ferry_retry *retry, int64_t left_ms)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf state = {0};
    ferry_strbuf_addf(&state, "attempt %u failed, the next one in ", retry->attempt);
    ferry_units_add_duration(&state, left_ms);
    ferry_show_state(job->name, ferry_strbuf_text(&state));
}

/* False where a signal ended the wait. */
static bool wait_for_next(const struct ferry_job *job, const struct ferry_retry *retry)
{
    struct ferry_wait wait;
    ferry_wait_begin(&wait, retry->wait_ms);
    ferry_log_set_phase("wait");
    do
        draw_wait(job, retry, ferry_wait_left(&wait));
    while (ferry_wait_pause(&wait, 1000, NULL, NULL) != 0);
    ferry_show_clear();
    return ferry_signal_caught() == 0;
}

static void log_failure(const struct ferry_retry *retry, const struct ferry_error *error)
{
    const struct ferry_retry_side *side = ferry_retry_side_of(retry, error);
    FERRY_AUTO_STRBUF struct ferry_strbuf wait = {0};
    ferry_units_add_duration(&wait, retry->wait_ms);
    ferry_log(FERRY_LOG_INFO,
              "attempt %u failed: %s; retry %" PRId64 " of %" PRId64 " begins in %s",
              retry->attempt, error->message, side->used, side->most, ferry_strbuf_text(&wait));
}

static ferry_status fail_stopped(const struct ferry_retry *retry, struct ferry_error *error)
{
    FERRY_AUTO_ERROR struct ferry_error last = {0};
    ferry_error_move(&last, error);
    int number = ferry_signal_caught();
    return ferry_fail(error, FERRY_ERR_CANCELLED,
                      "stopped by signal %d (%s) while waiting after attempt %u, which failed: %s",
                      number, strsignal(number), retry->attempt, last.message);
}

static const struct ferry_sync_result nothing_done = {.outcome = FERRY_OUTCOME_OLD};

ferry_status ferry_attempt_job(const struct ferry_job *job, ferry_attempt_action *action,
                               struct ferry_sync_result *ret_result, struct ferry_error *error)
{
    struct ferry_retry retry;
    struct ferry_sync_result result = nothing_done;
    bool doubtful = false;
    ferry_retry_begin(&retry, job->route.source, job->route.target, ferry_clock_ms());
    ferry_status status;
    while ((status = action(job, &retry, &result, error)) != FERRY_OK &&
           ferry_signal_caught() == 0 && ferry_retry_plan(&retry, error, ferry_clock_ms())) {
        log_failure(&retry, error);
        doubtful = doubtful || result.outcome == FERRY_OUTCOME_UNKNOWN;
        if (!wait_for_next(job, &retry)) {
            status = fail_stopped(&retry, error);
            break;
        }
        ferry_error_clear(error);
        ferry_retry_next(&retry);
        ferry_log_set_attempt(retry.attempt);
        result = nothing_done;
    }
    if (status != FERRY_OK && status != FERRY_ERR_CANCELLED)
        ferry_retry_explain(&retry, error, ferry_clock_ms());
    result.attempts = retry.attempt;
    result.total_ms = ferry_clock_ms() - retry.started_ms;
    result.commit_doubtful = doubtful;
    *ret_result = result;
    return status;
}

void ferry_attempt_add_summary(struct ferry_strbuf *text, const struct ferry_sync_result *result)
{
    if (result->attempts < 2)
        return;
    ferry_strbuf_addf(text, ", at attempt %u, ", result->attempts);
    ferry_units_add_duration(text, result->total_ms);
    ferry_strbuf_add(text, " in all");
}
