/* Two sides, each with its own number of retries, and a wait that doubles up to its limit, less by
 * chance. */

#include "engine/retry.h"

#include <sys/random.h>

#include "base/units.h"

/* Without chance all machines that lost one server would come back to it at the same moments. */
static uint32_t draw(void)
{
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        chance = 0; /* then nothing is left out */
    return chance;
}

static struct ferry_retry_side read_side(const struct ferry_config *config)
{
    return (struct ferry_retry_side){
        .most = ferry_config_int(config, "retries"),
        .wait_ms = ferry_config_int(config, "retry_wait"),
        .max_wait_ms = ferry_config_int(config, "retry_max_wait"),
    };
}

void ferry_retry_begin(struct ferry_retry *retry, const struct ferry_config *source,
                       const struct ferry_config *target, int64_t now_ms)
{
    *retry = (struct ferry_retry){
        .source = read_side(source),
        .target = read_side(target),
        .run_timeout_ms = ferry_config_int(source, "run_timeout"),
        .started_ms = now_ms,
        .attempt = 1,
        .chance = draw(),
    };
}

void ferry_retry_next(struct ferry_retry *retry)
{
    retry->attempt++;
    retry->planned = false;
    retry->explained = false;
    retry->chance = draw();
}

/* By the connection that reported it.  An error that the core has put in the place of a driver's
 * has none: what is left then is a source that stalled. */
static bool is_sources(const struct ferry_error *error)
{
    if (error->role != 0)
        return error->role == FERRY_ROLE_SOURCE;
    return error->status == FERRY_ERR_STREAM || error->status == FERRY_ERR_UNREACHABLE;
}

const struct ferry_retry_side *ferry_retry_side_of(const struct ferry_retry *retry,
                                                   const struct ferry_error *error)
{
    return is_sources(error) ? &retry->source : &retry->target;
}

int64_t ferry_retry_backoff(int64_t wait_ms, int64_t max_wait_ms, int64_t number, uint32_t chance)
{
    int64_t wait = wait_ms < max_wait_ms ? wait_ms : max_wait_ms;
    while (number-- > 1 && wait > 0 && wait < max_wait_ms)
        wait = wait > max_wait_ms / 2 ? max_wait_ms : wait * 2;
    int64_t most = wait / 4; /* that may be left out */
    return wait - most / UINT16_MAX * (chance % UINT16_MAX) -
           most % UINT16_MAX * (chance % UINT16_MAX) / UINT16_MAX;
}

bool ferry_retry_plan(struct ferry_retry *retry, const struct ferry_error *error, int64_t now_ms)
{
    struct ferry_retry_side *side = is_sources(error) ? &retry->source : &retry->target;
    if (error->status == FERRY_ERR_STREAM && side == &retry->source)
        retry->broke_off = true;
    if (retry->planned || !ferry_error_is_passing(error) || side->used >= side->most)
        return retry->planned;
    int64_t wait =
        ferry_retry_backoff(side->wait_ms, side->max_wait_ms, side->used + 1, retry->chance);
    int64_t left = retry->run_timeout_ms - (now_ms - retry->started_ms);
    if (retry->run_timeout_ms > 0 && wait >= left) {
        retry->no_time = left > 0; /* else run_timeout is the failure */
        return false;
    }
    retry->no_time = false;
    side->used++;
    retry->wait_ms = wait;
    retry->planned = true;
    return true;
}

bool ferry_retry_may_fall_back(struct ferry_retry *retry, const struct ferry_error *error,
                               int64_t now_ms)
{
    if (error->status != FERRY_ERR_UNREACHABLE)
        return false;
    return retry == NULL || (!retry->broke_off && !ferry_retry_plan(retry, error, now_ms));
}

void ferry_retry_explain(struct ferry_retry *retry, struct ferry_error *error, int64_t now_ms)
{
    if (retry == NULL || retry->explained || (retry->attempt == 1 && !retry->no_time))
        return;
    FERRY_AUTO_STRBUF struct ferry_strbuf time = {0};
    ferry_units_add_duration(&time, now_ms - retry->started_ms);
    ferry_error_prefix(error, "after %u attempt%s in %s%s: ", retry->attempt,
                       retry->attempt == 1 ? "" : "s", ferry_strbuf_text(&time),
                       retry->no_time ? " (run_timeout leaves no time for another)" : "");
    retry->explained = true;
}
