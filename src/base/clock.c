/* The clocks of the system, and one spelling of moments, which is checked digit by digit when it is
 * read. */

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dbferry/driver.h"

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

int64_t ferry_clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

void ferry_clock_print(int64_t ms, char ret_text[FERRY_CLOCK_TEXT])
{
    int64_t rest = (ms % 1000 + 1000) % 1000;
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
    struct tm parts = {0};
    size_t length = 0;
    if (gmtime_r(&seconds, &parts) != NULL && parts.tm_year >= -900 && parts.tm_year <= 8099)
        length = strftime(ret_text, FERRY_CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    if (length == 0)
        ret_text[0] = '\0'; /* the clock is not a clock */
    else
        (void)snprintf(ret_text + length, FERRY_CLOCK_TEXT - length, ".%03uZ",
                       (unsigned)rest % 1000);
}

void ferry_clock_text(char ret_text[FERRY_CLOCK_TEXT])
{
    ferry_clock_print(ferry_clock_wall_ms(), ret_text);
}

/* Digits only, where the pattern has 0: the text comes from a database that anybody may write. */
static int matches(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; text++, pattern++)
        if (*pattern == '0' ? *text < '0' || *text > '9' : *text != *pattern)
            return 0;
    return *text == '\0';
}

static int number_at(const char *text, int digits)
{
    int value = 0;
    while (digits-- > 0)
        value = value * 10 + (*text++ - '0');
    return value;
}

bool ferry_clock_read(const char *text, int64_t *ret_ms)
{
    char again[FERRY_CLOCK_TEXT];
    if (text == NULL || !matches(text, "0000-00-00T00:00:00.000Z"))
        return false;
    struct tm parts = {.tm_year = number_at(text, 4) - 1900,
                       .tm_mon = number_at(text + 5, 2) - 1,
                       .tm_mday = number_at(text + 8, 2),
                       .tm_hour = number_at(text + 11, 2),
                       .tm_min = number_at(text + 14, 2),
                       .tm_sec = number_at(text + 17, 2)};
    int64_t ms = (int64_t)timegm(&parts) * 1000 + number_at(text + 20, 3);
    ferry_clock_print(ms, again);
    if (strcmp(text, again) != 0) /* timegm() takes a 31st of February for a 3rd of March */
        return false;
    *ret_ms = ms;
    return true;
}
