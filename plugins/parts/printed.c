/* Values as databases print them become cells; each is held to the form that its type has, since
 * nobody else has looked at it. */

#include "parts/printed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char part_no_memory[] = "out of memory";

#define FLAW_INT "the value is no integer, or one that its type does not hold"
#define FLAW_FLOAT "the value is no number"
#define FLAW_UUID "the value is no UUID"
#define FLAW_DIGITS "the value has more digits than its column tells of, or is none (NaN, infinity)"
#define FLAW_LONG "the value has 4 GiB or more"

/* ---- Numbers ---- */

static bool printed_digits(const char *at, const char *end)
{
    if (at == end)
        return false;
    for (; at < end; at++)
        if (*at < '0' || *at > '9')
            return false;
    return true;
}

/* An integer of up to 64 bits, as digits alone. */
const char *part_printed_int(const char *data, size_t size, bool is_unsigned,
                             struct ferry_cell *cell)
{
    bool negative = size > 0 && data[0] == '-';
    const char *end = data + size;
    char *stop = NULL;
    if (!printed_digits(data + negative, end) || (negative && is_unsigned))
        return FLAW_INT;
    errno = 0;
    if (is_unsigned)
        cell->v.u = strtoull(data, &stop, 10);
    else
        cell->v.i = strtoll(data, &stop, 10);
    return errno != 0 || stop != end ? FLAW_INT : NULL;
}

/* What a column of so many bits does not hold is refused here: the driver has described it. */
const char *part_printed_int_of(const struct ferry_column *column, const char *data, size_t size,
                                struct ferry_cell *cell)
{
    bool is_unsigned =
        column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    const char *flaw = part_printed_int(data, size, is_unsigned, cell);
    if (flaw != NULL)
        return flaw;
    if (column->type == FERRY_TYPE_YEAR)
        return cell->v.i == 0 || (cell->v.i >= 1901 && cell->v.i <= 2155) ? NULL : FLAW_INT;
    if (column->bits == 0 || column->bits >= 64)
        return NULL;
    if (is_unsigned)
        return cell->v.u >> column->bits == 0 ? NULL : FLAW_INT;
    int64_t most = (INT64_C(1) << (column->bits - 1)) - 1;
    return cell->v.i <= most && cell->v.i >= -most - 1 ? NULL : FLAW_INT;
}

/* The program never sets a locale, so a point is a point. */
const char *part_printed_floating(const char *data, size_t size, uint32_t bits,
                                  struct ferry_cell *cell)
{
    char *stop = NULL;
    /* strtod() knows numbers with an x as well, which no database prints. */
    if (size == 0 || data[0] == ' ' || memchr(data, 'x', size) != NULL ||
        memchr(data, 'X', size) != NULL)
        return FLAW_FLOAT;
    cell->v.f = bits == 32 ? (double)strtof(data, &stop) : strtod(data, &stop);
    return stop == data + size ? NULL : FLAW_FLOAT;
}

char *part_printed_put_fraction(char *at, const char *fraction, size_t digits, size_t scale)
{
    if (scale == 0)
        return at;
    *at++ = '.';
    at = mempcpy(at, fraction, digits);
    memset(at, '0', scale - digits);
    return at + (scale - digits);
}

/* [-]digits[.digits] with `scale` digits behind the point, whatever the driver has left out or put
 * before; a zero has no sign. */
const char *part_printed_decimal(const struct ferry_column *column, const char *data, size_t size,
                                 struct ferry_batch *batch, struct ferry_cell *cell)
{
    const char *end = data + size;
    bool negative = size > 0 && *data == '-';
    const char *whole = data + (size > 0 && (*data == '-' || *data == '+'));
    const char *point = memchr(whole, '.', (size_t)(end - whole));
    const char *whole_end = point == NULL ? end : point;
    const char *fraction = point == NULL ? end : point + 1;
    size_t scale = column->scale;
    while (whole < whole_end && *whole == '0')
        whole++;
    while (end > fraction && (size_t)(end - fraction) > scale && end[-1] == '0')
        end--;
    size_t digits = (size_t)(whole_end - whole), behind = (size_t)(end - fraction);
    bool some = whole_end > data + (data[0] == '-' || data[0] == '+') || behind > 0;
    if (!some || (digits > 0 && !printed_digits(whole, whole_end)) ||
        (behind > 0 && !printed_digits(fraction, end)) || behind > scale ||
        digits > column->precision - scale)
        return FLAW_DIGITS;
    char *text = ferry_batch_bytes(batch, digits + scale + 3);
    if (text == NULL)
        return part_no_memory;
    size_t zeros = digits == 0 ? strspn(fraction, "0") : 0;
    bool zero = digits == 0 && zeros >= behind;
    char *at = text;
    if (negative && !zero)
        *at++ = '-';
    if (digits == 0)
        *at++ = '0';
    at = mempcpy(at, whole, digits);
    at = part_printed_put_fraction(at, fraction, behind, scale);
    cell->v.p = text;
    cell->len = (uint32_t)(at - text);
    return NULL;
}

/* ---- Texts ---- */

const char *part_printed_copy(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell)
{
    if (size > UINT32_MAX)
        return FLAW_LONG;
    return ferry_batch_text(batch, cell, data, size) ? NULL : part_no_memory;
}

const char *part_printed_uuid(const char *data, size_t size, struct ferry_batch *batch,
                              struct ferry_cell *cell)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (size != sizeof form - 1 || !ferry_batch_text(batch, cell, data, size))
        return size != sizeof form - 1 ? FLAW_UUID : part_no_memory;
    char *text = (char *)(uintptr_t)cell->v.p; /* its own copy */
    for (size_t i = 0; i < size; i++) {
        bool upper = text[i] >= 'A' && text[i] <= 'F';
        text[i] = (char)(upper ? text[i] - 'A' + 'a' : text[i]);
        bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (form[i] == '-' ? text[i] != '-' : !digit)
            return FLAW_UUID;
    }
    return NULL;
}
