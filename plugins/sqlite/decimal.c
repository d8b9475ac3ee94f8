/* The text of a decimal as a double, exactly rounded: an integer divided by a power of ten.  And
 * back: the one decimal of so many digits whose double it is.
 *
 * More than 15 digits go through strtod() and printf(), which are exact in the C library and write
 * a point, since the program never calls setlocale().
 */

#include "values.h"

#include <stdlib.h>
#include <string.h>

/* Both are exact in a double: every integer below 10^15, and every power of ten up to 10^22.  One
 * division of two exact numbers rounds once, so the result is the double nearest to the decimal. */
#define DECIMAL_DIGITS_MAX 15
#define DECIMAL_FRACTION_MAX 22
#define DECIMAL_EXACT_END 1e15
#define DECIMAL_PRINT_MAX 100 /* digits on either side of the point that the room is enough for */
#define DECIMAL_PRINT_END 1e100

static const double decimal_powers[DECIMAL_FRACTION_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

int sqldrv_decimal_to_double(const char *text, size_t length, double *ret_value)
{
    size_t at = 0;
    bool negative = length > 0 && text[0] == '-';
    if (negative) {
        at = 1;
    }
    int64_t mantissa = 0;
    unsigned significant = 0;
    size_t digits = 0;
    size_t fraction = 0;
    bool point = false;
    for (; at < length; at++) {
        char c = text[at];
        if (c == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') {
            return 0;
        }
        digits++;
        fraction += point ? 1 : 0;
        significant += significant > 0 || c != '0' ? 1 : 0;
        if (significant > DECIMAL_DIGITS_MAX || fraction > DECIMAL_FRACTION_MAX) {
            return 0;
        }
        mantissa = mantissa * 10 + (c - '0');
    }
    if (digits == 0 || (point && fraction == 0)) {
        return 0;
    }
    double value = (double)mantissa / decimal_powers[fraction];
    *ret_value = negative && mantissa != 0 ? -value : value;
    return 1;
}

bool sqldrv_decimal_is_text(const char *text, size_t length, uint32_t scale)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0;
    const char *point = memchr(text, '.', length);
    size_t whole = (point == NULL ? length : (size_t)(point - text)) - at;
    size_t fraction = point == NULL ? 0 : length - at - whole - 1;
    for (size_t i = at; i < length; i++) {
        if (text + i != point && (text[i] < '0' || text[i] > '9')) {
            return false;
        }
    }
    return whole > 0 && fraction == scale && (point == NULL) == (scale == 0);
}

int sqldrv_decimal_to_double_checked(const char *text, size_t length, uint32_t scale,
                                     double *ret_value)
{
    char room[SQLDRV_DECIMAL_ROOM];
    char back[SQLDRV_DECIMAL_ROOM];
    if (sqldrv_decimal_to_double(text, length, ret_value)) {
        return 1;
    }
    if (length >= sizeof room || !sqldrv_decimal_is_text(text, length, scale)) {
        return 0;
    }
    size_t sign = text[0] == '-' ? 1 : 0;
    size_t zeros = 0; /* before the digits that count; one stays before the point */
    while (sign + zeros + 1 < length && text[sign + zeros] == '0' &&
           text[sign + zeros + 1] != '.') {
        zeros++;
    }
    length -= zeros;
    memcpy(room, text, sign);
    memcpy(room + sign, text + sign + zeros, length - sign);
    room[length] = '\0';
    double value = strtod(room, NULL);
    if (value == 0.0) {
        *ret_value = 0.0;
        return 1;
    }
    if (sqldrv_decimal_print(value, scale, back) != length || memcmp(back, room, length) != 0) {
        return 0;
    }
    *ret_value = value;
    return 1;
}

/* The digits of `number`, at least scale + 1 of them, with the point.  It is done for each value
 * that is read back, and printf() takes ten times as long. */
static size_t decimal_print_exact(bool negative, uint64_t number, uint32_t scale, char *room)
{
    char digits[DECIMAL_FRACTION_MAX + DECIMAL_DIGITS_MAX + 4]; /* filled from its end */
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    for (uint32_t i = 0; i < scale; i++, number /= 10) {
        *--at = (char)('0' + number % 10);
    }
    if (scale > 0) {
        *--at = '.';
    }
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    if (negative) {
        *--at = '-';
    }
    size_t size = (size_t)(digits + sizeof digits - at);
    memcpy(room, at, size);
    return size - 1;
}

/* Fifteen digits of a value, if it is the double nearest to them: with `scale` digits after the
 * point, where the rest is zeros. */
static size_t decimal_print_rounded(double value, uint32_t scale, char *room)
{
    char text[32]; /* -d.dddddddddddddde+dd */
    size_t sign = value < 0.0 ? 1 : 0;
    (void)snprintf(text, sizeof text, "%.*e", DECIMAL_DIGITS_MAX - 1, value);
    if (strtod(text, NULL) != value) {
        return 0;
    }
    char *digits = text + sign;
    long exponent = strtol(digits + DECIMAL_DIGITS_MAX + 2, NULL, 10);
    digits[1] = digits[0]; /* over the point, so that they stand side by side */
    digits++;
    size_t length = 0;
    if (sign == 1) {
        room[length++] = '-';
    }
    for (long at = exponent < 0 ? exponent : 0; at <= exponent + (long)scale; at++) {
        if (at == exponent + 1) {
            room[length++] = '.';
        }
        room[length] = '0';
        if (at >= 0 && at < DECIMAL_DIGITS_MAX) {
            room[length] = digits[at];
        }
        length++;
    }
    for (long at = exponent + (long)scale + 1; at < DECIMAL_DIGITS_MAX; at++) {
        if (at >= 0 && digits[at] != '0') {
            return 0;
        }
    }
    room[length] = '\0';
    return length;
}

size_t sqldrv_decimal_print(double value, uint32_t scale, char *room)
{
    double size = value < 0.0 ? -value : value;
    size_t length;
    if (!(size < DECIMAL_PRINT_END) || scale > DECIMAL_PRINT_MAX) {
        return 0;
    }
    /* Both steps are off by less than a quarter in all, so that no other number comes into
     * question. */
    if (scale <= DECIMAL_FRACTION_MAX && size * decimal_powers[scale] < DECIMAL_EXACT_END) {
        uint64_t number = (uint64_t)(size * decimal_powers[scale] + 0.5);
        if ((double)number / decimal_powers[scale] != size) {
            return 0;
        }
        length = decimal_print_exact(value < 0.0, number, scale, room);
    } else if ((length = decimal_print_rounded(value, scale, room)) == 0) {
        length = (size_t)snprintf(room, SQLDRV_DECIMAL_ROOM, "%.*f", (int)scale, value);
        if (strtod(room, NULL) != value) {
            return 0;
        }
    }
    return length;
}

size_t sqldrv_decimal_print_whole(int64_t value, uint32_t scale, char *room)
{
    if (scale > DECIMAL_PRINT_MAX) {
        return 0;
    }
    size_t length = (size_t)snprintf(room, SQLDRV_DECIMAL_ROOM, "%lld", (long long)value);
    if (scale > 0) {
        room[length++] = '.';
        memset(room + length, '0', scale);
        length += scale;
    }
    return length;
}

bool sqldrv_decimal_to_whole(const char *text, size_t length, int64_t *ret_value)
{
    bool negative = length > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    size_t first = at;
    int64_t value = 0; /* negative all the way: there is one more of these */
    for (; at < length && text[at] >= '0' && text[at] <= '9'; at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, text[at] - '0', &value)) {
            return false;
        }
    }
    bool digits = at > first;
    if (at < length && text[at] == '.') {
        size_t fraction = ++at;
        while (at < length && text[at] == '0') {
            at++;
        }
        digits = digits && at > fraction;
    }
    if (!digits || at != length || (!negative && value == INT64_MIN)) {
        return false;
    }
    *ret_value = negative ? value : -value;
    return true;
}
