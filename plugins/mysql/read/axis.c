/* Values of a column as whole numbers in their order, so that a range can be halved: integers as
 * they are, decimals in their smallest unit, dates in days, moments in the smallest part of a
 * second that the column has.
 */

#include "read/read.h"

#include <string.h>

#define AXIS_DIGITS 36 /* so many have room in 127 bits */

bool mydrv_axis_has(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_DATE ||
           column->type == FERRY_TYPE_DATETIME ||
           (column->type == FERRY_TYPE_DECIMAL && column->precision <= AXIS_DIGITS);
}

/* ---- Days ---- */

/* Days since a first of March, of years that begin with that month: so the odd day is their last.
 */
static int64_t axis_day(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1;
}

static void axis_date(int64_t at, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t year = (at * 10000 + 14780) / 3652425;
    int64_t rest = at - (year * 365 + year / 4 - year / 100 + year / 400);
    if (rest < 0) {
        year--;
        rest = at - (year * 365 + year / 4 - year / 100 + year / 400);
    }
    int64_t m = (rest * 100 + 52) / 3060;
    *ret_month = (int)((m + 2) % 12 + 1);
    *ret_year = (int)(year + (m + 2) / 12);
    *ret_day = (int)(rest - (m * 306 + 5) / 10 + 1);
}

/* ---- Reading ---- */

/* Digits as they are printed, a point among them left out, with zeros up to `scale`. */
static bool axis_read_number(const char *text, uint32_t scale, mydrv_axis *ret_at)
{
    bool negative = *text == '-';
    bool fraction = false;
    size_t digits = 0;
    uint32_t behind = 0;
    mydrv_axis at = 0;
    for (const char *c = text + (negative ? 1 : 0); *c != '\0'; c++) {
        if (*c == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (*c < '0' || *c > '9' || ++digits > AXIS_DIGITS + 1)
            return false;
        at = at * 10 + (*c - '0');
        behind += fraction ? 1 : 0;
    }
    for (; behind < scale; behind++) {
        if (++digits > AXIS_DIGITS + 1)
            return false;
        at *= 10;
    }
    *ret_at = negative ? -at : at;
    return digits > 0 && behind == scale;
}

/* So many digits, and behind them `letter` ('\0': nothing is asked). */
static bool axis_take(const char **at, size_t digits, char letter, int *ret_number)
{
    int number = 0;
    for (size_t i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        number = number * 10 + (**at - '0');
    }
    *ret_number = number;
    if (letter == '\0')
        return true;
    return *(*at)++ == letter;
}

/* A day that the calendar has; a zero date is none. */
static bool axis_read_day(const char **at, int64_t *ret_day)
{
    int year = 0, month = 0, day = 0;
    int y = 0, m = 0, d = 0;
    if (!axis_take(at, 4, '-', &year) || !axis_take(at, 2, '-', &month) ||
        !axis_take(at, 2, '\0', &day) || year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    *ret_day = axis_day(year, month, day);
    axis_date(*ret_day, &y, &m, &d);
    return y == year && m == month && d == day;
}

static bool axis_read_moment(const char *text, uint32_t scale, mydrv_axis *ret_at)
{
    int64_t day = 0;
    int hour = 0, minute = 0, second = 0;
    mydrv_axis fraction = 0;
    if (!axis_read_day(&text, &day) || *text++ != ' ' || !axis_take(&text, 2, ':', &hour) ||
        !axis_take(&text, 2, ':', &minute) || !axis_take(&text, 2, '\0', &second))
        return false;
    if (scale > 0
            ? *text != '.' || strlen(text + 1) != scale || !axis_read_number(text + 1, 0, &fraction)
            : *text != '\0')
        return false;
    mydrv_axis at = ((mydrv_axis)day * 24 + hour) * 60 + minute;
    at = at * 60 + second;
    for (uint32_t i = 0; i < scale; i++)
        at *= 10;
    *ret_at = at + fraction;
    return true;
}

bool mydrv_axis_read(const struct ferry_column *column, const char *text, mydrv_axis *ret_at)
{
    int64_t day = 0;
    switch (column->type) {
    case FERRY_TYPE_INT:
        return axis_read_number(text, 0, ret_at);
    case FERRY_TYPE_DECIMAL:
        return axis_read_number(text, column->scale, ret_at);
    case FERRY_TYPE_DATE:
        if (!axis_read_day(&text, &day) || *text != '\0')
            return false;
        *ret_at = day;
        return true;
    default:
        return axis_read_moment(text, column->scale, ret_at);
    }
}

/* ---- Writing ---- */

/* With at least `least` digits; gives the end. */
static char *axis_put(char *to, mydrv_axis number, uint32_t least)
{
    char digits[MYDRV_AXIS_ROOM];
    uint32_t count = 0;
    for (; number > 0 || count < least; number /= 10)
        digits[count++] = (char)('0' + (int)(number % 10));
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

static char *axis_put_decimal(char *to, mydrv_axis at, uint32_t scale)
{
    mydrv_axis unit = 1;
    for (uint32_t i = 0; i < scale; i++)
        unit *= 10;
    if (at < 0)
        *to++ = '-';
    at = at < 0 ? -at : at;
    to = axis_put(to, at / unit, 1);
    if (scale == 0)
        return to;
    *to++ = '.';
    return axis_put(to, at % unit, scale);
}

static char *axis_put_day(char *to, int64_t at)
{
    int year = 0, month = 0, day = 0;
    axis_date(at, &year, &month, &day);
    to = axis_put(to, year, 4);
    *to++ = '-';
    to = axis_put(to, month, 2);
    *to++ = '-';
    return axis_put(to, day, 2);
}

static char *axis_put_moment(char *to, mydrv_axis at, uint32_t scale)
{
    mydrv_axis unit = 1;
    for (uint32_t i = 0; i < scale; i++)
        unit *= 10;
    mydrv_axis second = at / unit;
    to = axis_put_day(to, (int64_t)(second / 86400));
    *to++ = ' ';
    to = axis_put(to, second / 3600 % 24, 2);
    *to++ = ':';
    to = axis_put(to, second / 60 % 60, 2);
    *to++ = ':';
    to = axis_put(to, second % 60, 2);
    if (scale == 0)
        return to;
    *to++ = '.';
    return axis_put(to, at % unit, scale);
}

void mydrv_axis_write(const struct ferry_column *column, mydrv_axis at, char room[MYDRV_AXIS_ROOM],
                      struct ferry_cell *ret_cell)
{
    char *end = room;
    *ret_cell = (struct ferry_cell){0};
    if (column->type == FERRY_TYPE_INT) {
        if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
            ret_cell->v.u = (uint64_t)at;
        else
            ret_cell->v.i = (int64_t)at;
        return;
    }
    if (column->type == FERRY_TYPE_DECIMAL)
        end = axis_put_decimal(room, at, column->scale);
    else if (column->type == FERRY_TYPE_DATE)
        end = axis_put_day(room, (int64_t)at);
    else
        end = axis_put_moment(room, at, column->scale);
    ret_cell->v.p = room;
    ret_cell->len = (uint32_t)(end - room);
}
