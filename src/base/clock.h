/* Time: durations on the monotonic clock, moments in UTC. */

#ifndef FERRY_CLOCK_H
#define FERRY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds since some fixed moment; never jumps. */
int64_t ferry_clock_ms(void);

/* The same clock, some milliseconds behind but cheap enough to be asked for each row. */
int64_t ferry_clock_coarse_ms(void);

#define FERRY_CLOCK_TEXT 25 /* "2026-01-31T23:59:59.999Z" and the NUL */
/* The moment now, RFC 3339 in UTC with milliseconds. */
void ferry_clock_text(char ret_text[FERRY_CLOCK_TEXT]);

/* Milliseconds since 1970-01-01 UTC, now; may jump. */
int64_t ferry_clock_wall_ms(void);
/* Such a moment, as ferry_clock_text() spells it; "" if its year has not four digits.
 * ferry_clock_read() reads it again. */
void ferry_clock_print(int64_t ms, char ret_text[FERRY_CLOCK_TEXT]);
/* The moment of a text that is spelled just so; false of any other, and of NULL. */
bool ferry_clock_read(const char *text, int64_t *ret_ms);

#endif
