/* Sleeping in short steps, after each of which it is asked whether there is still something to wait
 * for. */

#include "base/clock.h"
#include "base/pulse.h"
#include "base/signals.h"
#include "dbferry/driver.h"

#define STEP_MS INT64_C(50) /* how soon a cancel is noticed; a signal is at once */

void ferry_wait_begin(struct ferry_wait *wait, int64_t limit_ms)
{
    *wait = (struct ferry_wait){.limit_ms = limit_ms, .started_ms = ferry_clock_ms()};
}

void ferry_wait_count_all(struct ferry_wait *wait)
{
    wait->waited_ms = ferry_clock_ms() - wait->started_ms;
}

int64_t ferry_wait_left(const struct ferry_wait *wait)
{
    return wait->waited_ms < wait->limit_ms ? wait->limit_ms - wait->waited_ms : 0;
}

int ferry_wait_pause(struct ferry_wait *wait, int64_t ms, int (*is_cancelled)(void *data),
                     void *data)
{
    int64_t left = ferry_wait_left(wait);
    int64_t pause = ms < left ? ms : left;
    do {
        if (left == 0 || ferry_should_stop() != 0 ||
            (is_cancelled != NULL && is_cancelled(data) != 0))
            return 0;
        int64_t step = pause < STEP_MS ? pause : STEP_MS;
        (void)ferry_signal_wait(step);
        ferry_pulse_beat();
        wait->waited_ms += step;
        pause -= step;
    } while (pause > 0);
    return 1;
}
