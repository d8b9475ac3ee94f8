/* Days and microseconds since 2000-01-01 <-> letters.  A cell has years of four digits; what lies
 * outside of them, and what is infinite, has a word here by which it is refused.
 */

#include "types/types.h"

#include <string.h>

#define CALENDAR_DAY INT64_C(86400000000) /* microseconds */
#define CALENDAR_FIRST (-730119)          /* 0001-01-01 */
#define CALENDAR_LAST 2921939             /* 9999-12-31 */

static const char *calendar_flaw(int64_t days)
{
    if (days < CALENDAR_FIRST)
        return "a date before the year 1";
    return days > CALENDAR_LAST ? "a date beyond the year 9999" : NULL;
}

/* The end of the division, also of moments before 2000. */
static int64_t calendar_day_of(int64_t microseconds)
{
    int64_t day = microseconds / CALENDAR_DAY;
    return microseconds % CALENDAR_DAY < 0 ? day - 1 : day;
}

const char *pgdrv_date_flaw(int32_t days)
{
    if (days == INT32_MAX || days == INT32_MIN)
        return days == INT32_MAX ? "infinity" : "-infinity";
    return calendar_flaw(days);
}

const char *pgdrv_datetime_flaw(int64_t microseconds)
{
    if (microseconds == INT64_MAX || microseconds == INT64_MIN)
        return microseconds == INT64_MAX ? "infinity" : "-infinity";
    return calendar_flaw(calendar_day_of(microseconds));
}

/* ---- -> letters ---- */

static char *calendar_digits(char *out, unsigned value, unsigned count)
{
    for (unsigned i = count; i > 0; i--) {
        out[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + count;
}

/* Years that begin in March, so that the odd day is the last of them: days -> year, month, day. */
void pgdrv_date_format(int32_t days, char *room)
{
    uint32_t day = (uint32_t)(days - CALENDAR_FIRST) + 306; /* since 0000-03-01 */
    uint32_t era = day / 146097;
    uint32_t of_era = day % 146097;
    uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    uint32_t of_month = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (month <= 2 ? 1 : 0);
    char *out = calendar_digits(room, year, 4);
    *out++ = '-';
    out = calendar_digits(out, month, 2);
    *out++ = '-';
    (void)calendar_digits(out, of_month, 2);
}

size_t pgdrv_time_format(int64_t microseconds, unsigned scale, char *room)
{
    if (microseconds < 0 || microseconds > CALENDAR_DAY || scale > 6)
        return 0;
    unsigned fraction = (unsigned)(microseconds % 1000000);
    unsigned seconds = (unsigned)(microseconds / 1000000);
    for (unsigned i = scale; i < 6; i++) {
        if (fraction % 10 != 0)
            return 0;
        fraction /= 10;
    }
    char *out = calendar_digits(room, seconds / 3600, 2);
    *out++ = ':';
    out = calendar_digits(out, seconds / 60 % 60, 2);
    *out++ = ':';
    out = calendar_digits(out, seconds % 60, 2);
    if (scale > 0) {
        *out++ = '.';
        out = calendar_digits(out, fraction, scale);
    }
    return (size_t)(out - room);
}

size_t pgdrv_datetime_format(int64_t microseconds, unsigned scale, char *room)
{
    int64_t day = calendar_day_of(microseconds);
    pgdrv_date_format((int32_t)day, room);
    room[PGDRV_DATE_ROOM] = ' ';
    size_t length =
        pgdrv_time_format(microseconds - day * CALENDAR_DAY, scale, room + PGDRV_DATE_ROOM + 1);
    return length == 0 ? 0 : length + PGDRV_DATE_ROOM + 1;
}

/* ---- Letters -> ---- */

/* A number of so many digits.  False: it is none. */
static bool calendar_take(const char *data, unsigned count, unsigned *ret_value)
{
    *ret_value = 0;
    for (unsigned i = 0; i < count; i++) {
        if (data[i] < '0' || data[i] > '9')
            return false;
        *ret_value = *ret_value * 10 + (unsigned)(data[i] - '0');
    }
    return true;
}

static unsigned calendar_month_days(unsigned year, unsigned month)
{
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 ? (leap ? 29 : 28) : 30 + (month + month / 8) % 2;
}

/* The other way round, with years that begin in March, too. */
bool pgdrv_date_read(const char *data, size_t size, int32_t *ret_days)
{
    unsigned year, month, day;
    if (size != PGDRV_DATE_ROOM || !calendar_take(data, 4, &year) || data[4] != '-' ||
        !calendar_take(data + 5, 2, &month) || data[7] != '-' ||
        !calendar_take(data + 8, 2, &day) || year == 0 || month == 0 || month > 12 || day == 0 ||
        day > calendar_month_days(year, month))
        return false;
    year -= month <= 2 ? 1 : 0;
    unsigned of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    unsigned of_calendar = year * 365 + year / 4 - year / 100 + year / 400 + of_year;
    *ret_days = (int32_t)of_calendar - 306 + CALENDAR_FIRST;
    return true;
}

/* Digits behind the first six are zeros: whoever calls has seen to it. */
static bool calendar_take_fraction(const char *data, size_t size, unsigned *ret_microseconds)
{
    unsigned value = 0;
    for (size_t i = 0; i < size || i < 6; i++) {
        unsigned digit = 0;
        if (i < size && !calendar_take(data + i, 1, &digit))
            return false;
        value = i < 6 ? value * 10 + digit : value;
    }
    *ret_microseconds = value;
    return true;
}

bool pgdrv_time_read(const char *data, size_t size, int64_t *ret_microseconds)
{
    unsigned hours, minutes, seconds, fraction = 0;
    if (size < 8 || size == 9 || !calendar_take(data, 2, &hours) || data[2] != ':' ||
        !calendar_take(data + 3, 2, &minutes) || data[5] != ':' ||
        !calendar_take(data + 6, 2, &seconds) || minutes > 59 || seconds > 59)
        return false;
    if (size > 8 && (data[8] != '.' || !calendar_take_fraction(data + 9, size - 9, &fraction)))
        return false;
    unsigned of_day = hours * 3600 + minutes * 60 + seconds;
    int64_t value = (int64_t)of_day * 1000000 + fraction;
    if (value > CALENDAR_DAY)
        return false;
    *ret_microseconds = value;
    return true;
}

/* 24:00:00 is the beginning of the next day, as it is to the server. */
bool pgdrv_datetime_read(const char *data, size_t size, int64_t *ret_microseconds)
{
    int32_t days;
    int64_t of_day;
    if (size <= PGDRV_DATE_ROOM || data[PGDRV_DATE_ROOM] != ' ' ||
        !pgdrv_date_read(data, PGDRV_DATE_ROOM, &days) ||
        !pgdrv_time_read(data + PGDRV_DATE_ROOM + 1, size - PGDRV_DATE_ROOM - 1, &of_day))
        return false;
    *ret_microseconds = days * CALENDAR_DAY + of_day;
    return true;
}
