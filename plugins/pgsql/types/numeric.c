/* The binary form of numeric <-> digits.
 *
 * Four numbers of 16 bits: how many digits to the base of 10000 follow, the power of the first of
 * them, the sign, and how many decimal digits stand behind the point.
 */

#include "types/types.h"

#include <string.h>

#define NUMERIC_HEAD 8
#define NUMERIC_GROUP 4 /* decimal digits of one to the base of 10000 */
#define NUMERIC_NEGATIVE 0x4000
#define NUMERIC_NAN 0xc000
#define NUMERIC_INFINITY 0xd000
#define NUMERIC_MINUS_INFINITY 0xf000

static unsigned numeric_u16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/* What is no number, by its sign. */
static const struct {
    unsigned sign;
    const char *word;
} numeric_words[] = {
    {NUMERIC_NAN, "NaN"},
    {NUMERIC_INFINITY, "Infinity"},
    {NUMERIC_MINUS_INFINITY, "-Infinity"},
};

const char *pgdrv_numeric_flaw(const unsigned char *wire)
{
    for (size_t i = 0; i < sizeof numeric_words / sizeof *numeric_words; i++)
        if (numeric_words[i].sign == numeric_u16(wire + 4))
            return numeric_words[i].word;
    return NULL;
}

struct numeric {
    const unsigned char *digits;
    int count, weight;
    bool negative;
};

static bool numeric_open(const unsigned char *wire, size_t size, struct numeric *ret)
{
    if (size < NUMERIC_HEAD)
        return false;
    unsigned sign = numeric_u16(wire + 4);
    ret->count = (int)numeric_u16(wire);
    ret->weight = (int16_t)numeric_u16(wire + 2);
    ret->negative = sign == NUMERIC_NEGATIVE;
    ret->digits = wire + NUMERIC_HEAD;
    return (sign == 0 || sign == NUMERIC_NEGATIVE) && size - NUMERIC_HEAD == 2 * (size_t)ret->count;
}

/* Those that are not there are zeros. */
static unsigned numeric_group(const struct numeric *number, int power)
{
    int place = number->weight - power;
    return place < 0 || place >= number->count ? 0
                                               : numeric_u16(number->digits + 2 * (size_t)place);
}

size_t pgdrv_numeric_room(const unsigned char *wire, size_t size, unsigned scale)
{
    struct numeric number;
    if (!numeric_open(wire, size, &number))
        return 0;
    size_t groups = number.weight < 0 ? 1 : (size_t)number.weight + 1;
    return groups * NUMERIC_GROUP + scale + NUMERIC_GROUP + 2;
}

static void numeric_write_group(unsigned group, char *out)
{
    for (int i = NUMERIC_GROUP; i > 0; i--) {
        out[i - 1] = (char)('0' + group % 10);
        group /= 10;
    }
}

/* The digits before the point, at least one. */
static char *numeric_write_whole(const struct numeric *number, char *out)
{
    char *first = out;
    for (int power = number->weight; power >= 0; power--) {
        numeric_write_group(numeric_group(number, power), out);
        out += NUMERIC_GROUP;
    }
    char *digit = first;
    while (digit < out && *digit == '0')
        digit++;
    if (digit == out) {
        *first = '0';
        return first + 1;
    }
    memmove(first, digit, (size_t)(out - digit));
    return first + (out - digit);
}

/* Whether a digit that is not zero stands behind the last that is shown. */
static bool numeric_has_more(const struct numeric *number, unsigned scale)
{
    for (int place = 0; place < number->count; place++) {
        int power = number->weight - place;
        unsigned group = numeric_u16(number->digits + 2 * (size_t)place);
        if (power >= 0)
            continue;
        int64_t first = (int64_t)(-power - 1) * NUMERIC_GROUP; /* digit behind the point */
        for (int i = NUMERIC_GROUP - 1; i >= 0; i--) {
            if (group % 10 != 0 && first + i >= (int64_t)scale)
                return true;
            group /= 10;
        }
    }
    return false;
}

static bool numeric_is_sound(const struct numeric *number)
{
    for (int i = 0; i < number->count; i++)
        if (numeric_u16(number->digits + 2 * (size_t)i) > 9999)
            return false;
    return true;
}

size_t pgdrv_numeric_format(const unsigned char *wire, size_t size, unsigned scale, char *room)
{
    struct numeric number;
    char *out = room;
    if (!numeric_open(wire, size, &number) || !numeric_is_sound(&number) ||
        numeric_has_more(&number, scale))
        return 0;
    if (number.negative)
        *out++ = '-';
    out = numeric_write_whole(&number, out);
    if (scale == 0)
        return (size_t)(out - room);
    *out++ = '.';
    char *end = out + scale;
    for (int power = -1; out < end; power--) {
        numeric_write_group(numeric_group(&number, power), out);
        out += NUMERIC_GROUP;
    }
    return (size_t)(end - room);
}

/* ---- Digits -> the binary form ---- */

struct numeric_text {
    bool negative;
    const char *whole, *fraction; /* digits */
    size_t whole_count, fraction_count;
};

static size_t numeric_count_digits(const char *data, size_t size)
{
    size_t count = 0;
    while (count < size && data[count] >= '0' && data[count] <= '9')
        count++;
    return count;
}

static bool numeric_take_text(const char *data, size_t size, struct numeric_text *ret)
{
    ret->negative = size > 0 && *data == '-';
    if (ret->negative) {
        data++;
        size--;
    }
    ret->whole = data;
    ret->whole_count = numeric_count_digits(data, size);
    ret->fraction = data + ret->whole_count;
    size -= ret->whole_count;
    if (size > 0 && *ret->fraction == '.') {
        ret->fraction++;
        size--;
    }
    ret->fraction_count = numeric_count_digits(ret->fraction, size);
    if (ret->fraction_count < size || ret->whole_count + size == 0)
        return false;
    while (ret->whole_count > 0 && *ret->whole == '0') {
        ret->whole++;
        ret->whole_count--;
    }
    return true;
}

static void numeric_put_u16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void numeric_put_head(unsigned char *room, size_t count, int weight, unsigned sign,
                             unsigned scale)
{
    numeric_put_u16(room, (unsigned)count);
    numeric_put_u16(room + 2, (unsigned)weight);
    numeric_put_u16(room + 4, sign);
    numeric_put_u16(room + 6, scale);
}

/* Up to four digits, and zeros in the place of those behind them. */
static unsigned numeric_read_group(const char *digits, size_t count, size_t zeros)
{
    unsigned group = 0;
    for (size_t i = 0; i < count; i++)
        group = group * 10 + (unsigned)(digits[i] - '0');
    for (size_t i = 0; i < zeros; i++)
        group *= 10;
    return group;
}

/* The groups from the left, without zeros before them; how many. */
static size_t numeric_put_groups(const struct numeric_text *text, unsigned char *out, int *weight)
{
    size_t count = 0;
    for (size_t at = 0; at < text->whole_count;) {
        size_t size = (text->whole_count - at) % NUMERIC_GROUP;
        size = size == 0 ? NUMERIC_GROUP : size;
        numeric_put_u16(out + 2 * count++, numeric_read_group(text->whole + at, size, 0));
        at += size;
    }
    *weight = (int)count - 1;
    for (size_t at = 0; at < text->fraction_count; at += NUMERIC_GROUP) {
        size_t left = text->fraction_count - at;
        size_t size = left < NUMERIC_GROUP ? left : NUMERIC_GROUP;
        unsigned group = numeric_read_group(text->fraction + at, size, NUMERIC_GROUP - size);
        if (count == 0 && group == 0)
            --*weight;
        else
            numeric_put_u16(out + 2 * count++, group);
    }
    return count;
}

size_t pgdrv_numeric_wire_room(size_t size)
{
    return NUMERIC_HEAD + 2 * (size / NUMERIC_GROUP + 2);
}

size_t pgdrv_numeric_write(const char *data, size_t size, unsigned scale, unsigned char *room)
{
    struct numeric_text text;
    int weight = 0;
    for (size_t i = 0; i < sizeof numeric_words / sizeof *numeric_words; i++)
        if (strlen(numeric_words[i].word) == size &&
            memcmp(numeric_words[i].word, data, size) == 0) {
            numeric_put_head(room, 0, 0, numeric_words[i].sign, 0);
            return NUMERIC_HEAD;
        }
    if (size > PGDRV_NUMERIC_LETTERS_MAX || !numeric_take_text(data, size, &text))
        return 0;
    if (text.fraction_count > scale)
        text.fraction_count = scale;
    size_t count = numeric_put_groups(&text, room + NUMERIC_HEAD, &weight);
    while (count > 0 && numeric_u16(room + NUMERIC_HEAD + 2 * (count - 1)) == 0)
        count--;
    numeric_put_head(room, count, count > 0 ? weight : 0,
                     count > 0 && text.negative ? NUMERIC_NEGATIVE : 0,
                     (unsigned)text.fraction_count);
    return NUMERIC_HEAD + 2 * count;
}
