/* How a cell is given to SQLite as the result of a function: what is not a plain number.
 *
 * Texts and bytes are given as pointers into the batch (SQLITE_STATIC).  Functions here return
 * NULL, or why the value cannot be stored as it is.
 */

#include "values.h"

#include <math.h>

const char *sqldrv_give_float(sqlite3_context *context, double value)
{
    if (isnan(value)) { /* SQLite would store NULL */
        return "NaN cannot be stored in SQLite";
    }
    sqlite3_result_double(context, value);
    return NULL;
}

/* The length of the character at `at`, or 0 if it is not UTF-8. */
static size_t give_char(const unsigned char *at, size_t room, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = *at < 0x80 ? 1 : *at < 0xc0 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    *ret_code = *at;
    if (size < 2) {
        return size;
    }
    uint32_t code = *at & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if (i >= room || (at[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (at[i] & 0x3fU);
    }
    *ret_code = code;
    return *at < 0xf8 && code >= least[size] && code <= 0x10ffff && (code & 0xfffff800) != 0xd800
               ? size
               : 0;
}

/* SQLite puts another character in the place of some that are UTF-8 while it turns a text into
 * UTF-16: see READ_UTF8 in its utf.c. */
static bool give_is_utf8(const struct ferry_cell *cell, bool utf16)
{
    const unsigned char *text = (const unsigned char *)cell->v.p;
    size_t size = 0;
    uint32_t code = 0;
    for (size_t at = 0; at < cell->len; at += size) {
        size = give_char(text + at, cell->len - at, &code);
        if (size == 0 || (utf16 && (code & 0xfffffffe) == 0xfffe)) {
            return false;
        }
    }
    return true;
}

const char *sqldrv_give_text(sqlite3_context *context, const struct sqldrv_give *rule,
                             const struct ferry_cell *cell)
{
    if (rule->utf16 && !give_is_utf8(cell, true)) {
        return "the text is not UTF-8, or holds a character that SQLite replaces in a file "
               "that stores text as UTF-16";
    }
    sqlite3_result_text64(context, cell->v.p, cell->len, SQLITE_STATIC, SQLITE_UTF8);
    return NULL;
}

static const char *give_blob(sqlite3_context *context, const struct ferry_cell *cell)
{
    sqlite3_result_blob64(context, cell->v.p, cell->len, SQLITE_STATIC);
    return NULL;
}

/* A cell that says its own kind is stored as it is, or not at all. */
const char *sqldrv_give_kind(sqlite3_context *context, const struct sqldrv_give *rule,
                             const struct ferry_cell *cell)
{
    if (!rule->kinds) {
        return "the value is of another kind than the column's type";
    }
    if (!sqldrv_affinity_keeps(rule->affinity, cell)) {
        return "the value is of another kind than the column's type, and SQLite would convert it";
    }
    switch (cell->kind) {
    case FERRY_KIND_INT:
        sqlite3_result_int64(context, cell->v.i);
        return NULL;
    case FERRY_KIND_FLOAT:
        return sqldrv_give_float(context, cell->v.f);
    case FERRY_KIND_TEXT:
        return sqldrv_give_text(context, rule, cell);
    case FERRY_KIND_BYTES:
        return give_blob(context, cell);
    default:
        return "the source does not say what kind of value this is";
    }
}

/* What is stored on a wish only. */

static const char *give_number_text(sqlite3_context *context, const char *format, uint64_t number)
{
    char text[32];
    sqlite3_snprintf((int)sizeof text, text, format, number);
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
    return NULL;
}

static const char *give_whole(sqlite3_context *context, bool negative, uint64_t number)
{
    uint64_t size = negative ? ~number + 1 : number;
    double value = (double)size;
    if (value >= 18446744073709551616.0 || (uint64_t)value != size) {
        return "no double holds this number exactly";
    }
    sqlite3_result_double(context, negative ? -value : value);
    return NULL;
}

static const char *give_digits(sqlite3_context *context, const struct ferry_cell *cell,
                               uint32_t scale)
{
    double value;
    if (!sqldrv_decimal_to_double_checked(cell->v.p, cell->len, scale, &value)) {
        return "not all digits of this number survive in a double";
    }
    sqlite3_result_double(context, value);
    return NULL;
}

/* What SQLite would make of the number, done here, so that it need not. */
static const char *give_number(sqlite3_context *context, const struct ferry_cell *cell,
                               uint32_t scale)
{
    int64_t whole;
    if (!sqldrv_decimal_to_whole(cell->v.p, cell->len, &whole)) {
        return give_digits(context, cell, scale);
    }
    sqlite3_result_int64(context, whole);
    return NULL;
}

const char *sqldrv_give_wished(sqlite3_context *context, const struct sqldrv_give *rule,
                               const struct ferry_cell *cell)
{
    switch (rule->convert) {
    case SQLDRV_CONVERT_INT_TEXT:
        return give_number_text(context, "%lld", cell->v.u);
    case SQLDRV_CONVERT_UNSIGNED_TEXT:
        return give_number_text(context, "%llu", cell->v.u);
    case SQLDRV_CONVERT_INT_REAL:
        return give_whole(context, cell->v.i < 0, cell->v.u);
    case SQLDRV_CONVERT_UNSIGNED_REAL:
        return give_whole(context, false, cell->v.u);
    case SQLDRV_CONVERT_DECIMAL_CHECKED:
        return give_digits(context, cell, rule->scale);
    case SQLDRV_CONVERT_DECIMAL_NUMBER:
        return give_number(context, cell, rule->scale);
    case SQLDRV_CONVERT_TEXT_NO_NUMBER:
        return sqldrv_affinity_is_number(cell->v.p, cell->len)
                   ? "the column is NUMERIC, and SQLite would turn this text into a number"
                   : sqldrv_give_text(context, rule, cell);
    case SQLDRV_CONVERT_TEXT_BLOB:
        return give_blob(context, cell);
    case SQLDRV_CONVERT_BYTES_TEXT:
        return give_is_utf8(cell, rule->utf16) ? sqldrv_give_text(context, rule, cell)
                                               : "the bytes are not UTF-8";
    default:
        return "the source does not say what kind of value this is";
    }
}
