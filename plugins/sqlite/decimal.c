/* The text of a decimal as a double, exactly rounded: an integer divided by a power of ten. */

#include "sqlite_driver.h"

/* Both are exact in a double: every integer below 10^15, and every power of ten up to 10^22.  One
 * division of two exact numbers rounds once, so the result is the double nearest to the decimal. */
#define DECIMAL_DIGITS_MAX 15
#define DECIMAL_FRACTION_MAX 22

static const double decimal_powers[DECIMAL_FRACTION_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

int sqlite_decimal_to_double(const char *text, size_t length, double *ret_value)
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
