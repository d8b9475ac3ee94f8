/* Texts of moments and decimals, some time or some units earlier. */

#ifndef FERRY_LAG_H
#define FERRY_LAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

/* "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS[.f]", `ms` earlier, in the same form.  A date goes back by
 * whole days, those that `ms` begins.  What would lie before the year 0, or is no day of the
 * calendar (such as 0000-00-00), gives the earliest text there is. */
void ferry_lag_add_moment(struct ferry_strbuf *out, const char *text, int64_t ms);

/* Whether the text is [-]digits[.digits] with `scale` digits behind the point. */
bool ferry_lag_is_decimal(const char *text, uint32_t scale);
/* Such a text, less `units`, with as many digits behind the point. */
void ferry_lag_add_decimal(struct ferry_strbuf *out, const char *text, uint64_t units);

#endif
