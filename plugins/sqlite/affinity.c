/* Would SQLite convert this value on its way into a column of that declared type? */

#include "values.h"

#include <string.h>

#define AFFINITY_INT64_END 9223372036854775808.0 /* the first double that no int64_t can hold */

/* The rules in SQLite's own order: the first that is found decides (datatype3.html, 3.1). */
static const struct {
    const char *substring;
    enum sqldrv_affinity affinity;
} affinity_substrings[] = {
    {"INT", SQLDRV_AFFINITY_INTEGER}, {"CHAR", SQLDRV_AFFINITY_TEXT},
    {"CLOB", SQLDRV_AFFINITY_TEXT},   {"TEXT", SQLDRV_AFFINITY_TEXT},
    {"BLOB", SQLDRV_AFFINITY_NONE},   {"REAL", SQLDRV_AFFINITY_REAL},
    {"FLOA", SQLDRV_AFFINITY_REAL},   {"DOUB", SQLDRV_AFFINITY_REAL},
};

enum sqldrv_affinity sqldrv_affinity_of(const char *native)
{
    if (native[0] == '\0') {
        return SQLDRV_AFFINITY_NONE;
    }
    for (size_t i = 0; i < sizeof affinity_substrings / sizeof *affinity_substrings; i++) {
        if (strcasestr(native, affinity_substrings[i].substring) != NULL) {
            return affinity_substrings[i].affinity;
        }
    }
    return SQLDRV_AFFINITY_NUMERIC;
}

static bool affinity_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t affinity_digits(const char *text, size_t length, size_t at)
{
    size_t from = at;
    while (at < length && text[at] >= '0' && text[at] <= '9') {
        at++;
    }
    return at - from;
}

static bool affinity_sign(char c)
{
    return c == '+' || c == '-';
}

/* As sqlite3AtoF has it: spaces, a sign, digits with a point, an exponent, spaces. */
bool sqldrv_affinity_is_number(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && affinity_space(text[at])) {
        at++;
    }
    at += at < length && affinity_sign(text[at]) ? 1 : 0;
    size_t digits = affinity_digits(text, length, at);
    at += digits;
    if (at < length && text[at] == '.') {
        size_t fraction = affinity_digits(text, length, at + 1);
        digits += fraction;
        at += 1 + fraction;
    }
    if (digits == 0) {
        return false;
    }
    if (at < length && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        at += at < length && affinity_sign(text[at]) ? 1 : 0;
        size_t exponent = affinity_digits(text, length, at);
        if (exponent == 0) {
            return false;
        }
        at += exponent;
    }
    while (at < length && affinity_space(text[at])) {
        at++;
    }
    return at == length;
}

/* 2.0 would become the integer 2; from 2^63 on, there is none. */
static bool affinity_is_whole(double value)
{
    return value > -AFFINITY_INT64_END && value < AFFINITY_INT64_END &&
           (double)(int64_t)value == value;
}

bool sqldrv_affinity_keeps(enum sqldrv_affinity affinity, const struct ferry_cell *cell)
{
    bool whole = affinity == SQLDRV_AFFINITY_INTEGER || affinity == SQLDRV_AFFINITY_NUMERIC;
    bool number = whole || affinity == SQLDRV_AFFINITY_REAL;
    switch (cell->kind) {
    case FERRY_KIND_INT:
        return whole || affinity == SQLDRV_AFFINITY_NONE;
    case FERRY_KIND_FLOAT:
        return whole ? !affinity_is_whole(cell->v.f) : affinity != SQLDRV_AFFINITY_TEXT;
    case FERRY_KIND_TEXT:
        return !number || !sqldrv_affinity_is_number(cell->v.p, cell->len);
    default:
        return true; /* a BLOB is never converted */
    }
}
