/* Values that a database would bend, or not take at all. */

#include "parts/given.h"

#include <math.h>
#include <string.h>

static unsigned given_number(const char *digits, size_t count)
{
    unsigned number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (unsigned)(digits[i] - '0');
    return number;
}

bool part_given_is_date(const char *text, size_t size)
{
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (size < 10)
        return false;
    unsigned year = given_number(text, 4), month = given_number(text + 5, 2);
    unsigned day = given_number(text + 8, 2);
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1] &&
           (month != 2 || day <= 28 || leap);
}

bool part_given_is_time_of_day(const char *text, size_t size)
{
    if (size < 8 || text[0] == '-' || text[2] != ':')
        return false;
    unsigned hours = given_number(text, 2);
    return hours < 24 || (hours == 24 && strspn(text + 2, "0:.") >= size - 2);
}

uint64_t part_given_letters(const char *text, size_t size)
{
    uint64_t letters = 0;
    for (size_t i = 0; i < size; i++)
        letters += ((unsigned char)text[i] & 0xc0) != 0x80;
    return letters;
}

bool part_given_fits_bits(uint32_t bits, double value)
{
    return bits != 32 || isnan(value) || (double)(float)value == value;
}
