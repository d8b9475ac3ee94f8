/* Time: durations on the monotonic clock, moments in UTC. */

#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t clock)
{
    struct timespec now = {0};
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t ferry_clock_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

int64_t ferry_clock_coarse_ms(void)
{
    return read_ms(CLOCK_MONOTONIC_COARSE);
}

void ferry_clock_text(char ret_text[FERRY_CLOCK_TEXT])
{
    struct timespec now = {0};
    struct tm parts = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &parts);
    size_t length = strftime(ret_text, FERRY_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    if (length == 0)
        ret_text[0] = '\0'; /* a year of five digits: the clock is not a clock */
    else
        (void)snprintf(ret_text + length, FERRY_CLOCK_TEXT - length, ".%03uZ",
                       (unsigned)(now.tv_nsec / 1000000) % 1000);
}
