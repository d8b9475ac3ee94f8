/* A decimal's text as SQLite's REAL: refused, or the double nearest to it, from which all digits
 * come back. */

#include "fuzz.h"

#include "../../plugins/sqlite/values.h"

#include <math.h>

/* [-]digits[.digits] with at most 15 digits that count and 22 behind the point. */
static bool is_decimal(const char *text, size_t length, size_t *ret_fraction)
{
    size_t at = length > 0 && text[0] == '-' ? 1 : 0;
    size_t whole = 0;
    size_t significant = 0;
    size_t fraction = 0;
    bool point = false;
    for (; at < length; at++) {
        if (text[at] == '.' && !point && whole > 0) {
            point = true;
            continue;
        }
        if (text[at] < '0' || text[at] > '9')
            return false;
        whole += !point;
        fraction += point;
        significant += significant > 0 || text[at] != '0';
    }
    *ret_fraction = fraction;
    return whole > 0 && point == (fraction > 0) && significant <= 15 && fraction <= 22;
}

/* Zeros before the number, and the sign of a zero, are nothing that a number keeps. */
static const char *without_zeros(const char *text)
{
    while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
        text++;
    return text;
}

/* Any number of digits: what is taken comes back out of the double to the last of them. */
static void check_back(const char *text, size_t size, size_t fraction)
{
    char room[SQLDRV_DECIMAL_ROOM];
    double value = 0;
    if (size > 60 || fraction > 30 ||
        sqldrv_decimal_to_double_checked(text, size, (uint32_t)fraction, &value) == 0)
        return;
    size_t length = sqldrv_decimal_print(value, (uint32_t)fraction, room);
    MUST(length > 0 && length < sizeof room);
    const char *expected = without_zeros(text + (text[0] == '-'));
    MUST(length == strlen(expected) + (room[0] == '-'));
    MUST(memcmp(room + (room[0] == '-'), expected, strlen(expected)) == 0);
    MUST(value == 0 || (room[0] == '-') == (text[0] == '-'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    size_t fraction = 0;
    double value = -1;
    int taken = sqldrv_decimal_to_double(text, size, &value);
    MUST((taken != 0) == is_decimal(text, size, &fraction));
    if (taken != 0) {
        char printed[64];
        double expected = strtod(text, NULL);
        MUST(value == expected);
        MUST(value != 0 || !signbit(value));
        (void)snprintf(printed, sizeof printed, "%.*f", (int)fraction, fabs(value));
        /* 17 and more digits behind the point are more than printf can tell from its neighbours. */
        if (fraction <= 15)
            MUST(strcmp(printed, without_zeros(text + (text[0] == '-'))) == 0);
        MUST(value == 0 || (value < 0) == (text[0] == '-'));
    }
    check_back(text, size, fraction);
    free(text);
    return 0;
}
