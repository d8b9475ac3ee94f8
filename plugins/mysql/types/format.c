/* Dates and times of the binary protocol as the text that the server itself would print. */

#include "types/types.h"

#include <string.h>

static unsigned format_u16(const unsigned char *at)
{
    return (unsigned)at[0] | (unsigned)at[1] << 8;
}

static uint32_t format_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static char *format_two(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10 % 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

/* Year, month and day, 4 bytes; zero and partial dates are values too. */
static char *format_day(const unsigned char *wire, char *out)
{
    unsigned year = format_u16(wire);
    if (year > 9999 || wire[2] > 12 || wire[3] > 31)
        return NULL;
    out = format_two(format_two(out, year / 100), year % 100);
    *out++ = '-';
    out = format_two(out, wire[2]);
    *out++ = '-';
    return format_two(out, wire[3]);
}

/* `:MM:SS`, 2 bytes. */
static char *format_minutes(const unsigned char *wire, char *out)
{
    if (wire[0] > 59 || wire[1] > 59)
        return NULL;
    *out++ = ':';
    out = format_two(out, wire[0]);
    *out++ = ':';
    return format_two(out, wire[1]);
}

/* `.ffffff`, cut to `scale`; digits that would be cut off must be zero. */
static char *format_fraction(uint32_t micros, unsigned scale, char *out)
{
    static const uint32_t unit[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    if (micros > 999999 || scale > 6 || micros % unit[scale] != 0)
        return NULL;
    if (scale == 0)
        return out;
    *out++ = '.';
    uint32_t digits = micros / unit[scale];
    for (unsigned i = scale; i > 0; i--) {
        out[i - 1] = (char)('0' + digits % 10);
        digits /= 10;
    }
    return out + scale;
}

size_t mydrv_format_date(const unsigned char *wire, size_t size, char *room)
{
    static const unsigned char zero[4];
    if (size != 0 && size != 4)
        return 0;
    return format_day(size == 0 ? zero : wire, room) == NULL ? 0 : MYDRV_DATE_ROOM;
}

/* 0, 4, 7 or 11 bytes: trailing parts that are zero are not sent. */
size_t mydrv_format_datetime(const unsigned char *wire, size_t size, unsigned scale, char *room)
{
    unsigned char full[11] = {0};
    if (size != 0 && size != 4 && size != 7 && size != 11)
        return 0;
    if (size > 0)
        memcpy(full, wire, size);
    char *out = format_day(full, room);
    if (out == NULL || full[4] > 23)
        return 0;
    *out++ = ' ';
    out = format_minutes(full + 5, format_two(out, full[4]));
    if (out == NULL)
        return 0;
    out = format_fraction(format_u32(full + 7), scale, out);
    return out == NULL ? 0 : (size_t)(out - room);
}

/* 0, 8 or 12 bytes: sign, days, hours, minutes, seconds, microseconds.  The server's range ends at
 * 838:59:59. */
size_t mydrv_format_time(const unsigned char *wire, size_t size, unsigned scale, char *room)
{
    unsigned char full[12] = {0};
    if (size != 0 && size != 8 && size != 12)
        return 0;
    if (size > 0)
        memcpy(full, wire, size);
    uint32_t days = format_u32(full + 1);
    if (full[0] > 1 || days > 34)
        return 0;
    unsigned hours = (unsigned)days * 24 + full[5];
    if (hours > 838)
        return 0;
    char *out = room;
    if (full[0] == 1)
        *out++ = '-';
    if (hours > 99)
        *out++ = (char)('0' + hours / 100);
    out = format_minutes(full + 6, format_two(out, hours % 100));
    if (out == NULL)
        return 0;
    out = format_fraction(format_u32(full + 8), scale, out);
    return out == NULL ? 0 : (size_t)(out - room);
}
