/* What a column of a definition cannot have held: a value that its source would never have given.
 *
 * The definitions that a file keeps promise other databases that each value fits.  Anybody may have
 * changed a value since, so what is read under such a promise is held to it here; stored.c has seen
 * to it that the value has the form of its type.
 */

#include "values.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#define POSSIBLE_HOURS_MOST 838
/* What MariaDB computes has up to 81 digits where it declares 65; PostgreSQL has, and declares,
 * more. */
#define POSSIBLE_DECIMAL_DECLARED 65
#define POSSIBLE_DECIMAL_MOST 81

/* ---- Texts and bytes ---- */

static size_t possible_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

/* A TINYTEXT and its like count bytes, which are ours where the source has UTF-8 too. */
static bool possible_counts_bytes(const struct ferry_column *column)
{
    return (column->flags & FERRY_COLUMN_LONG) != 0 && column->charset != NULL &&
           strncmp(column->charset, "utf8", 4) == 0;
}

static const char *possible_text(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if ((column->flags & FERRY_COLUMN_FIXED) != 0 && cell->len > 0 &&
        cell->v.p[cell->len - 1] == ' ') {
        return "the text ends in a space, which the column's CHAR does not keep";
    }
    if (column->length == 0 || cell->len <= column->length) {
        return NULL;
    }
    return possible_counts_bytes(column) ||
                   possible_characters(cell->v.p, cell->len) > column->length
               ? "the text is longer than the column's type"
               : NULL;
}

static const char *possible_bytes(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if (column->length == 0) {
        return NULL;
    }
    if ((column->flags & FERRY_COLUMN_FIXED) != 0 && cell->len != column->length) {
        return "the bytes are not as many as the column's BINARY has";
    }
    return cell->len > column->length ? "the bytes are more than the column's type has" : NULL;
}

/* ---- Moments ---- */

/* The two digits at `at`. */
static unsigned possible_two(const char *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static bool possible_day(const char *text)
{
    return possible_two(text + 5) <= 12 && possible_two(text + 8) <= 31;
}

static const char *possible_date(const struct ferry_column *column, const struct ferry_cell *cell)
{
    (void)column;
    return possible_day(cell->v.p) ? NULL : "the text is no date";
}

static const char *possible_datetime(const struct ferry_column *column,
                                     const struct ferry_cell *cell)
{
    const char *text = cell->v.p;
    (void)column;
    return possible_day(text) && possible_two(text + 11) <= 23 && possible_two(text + 14) <= 59 &&
                   possible_two(text + 17) <= 59
               ? NULL
               : "the text is no date and time";
}

/* Zero has no sign. */
static const char *possible_time(const struct ferry_column *column, const struct ferry_cell *cell)
{
    bool negative = cell->v.p[0] == '-';
    const char *text = cell->v.p + (negative ? 1 : 0);
    size_t size = cell->len - (negative ? 1 : 0);
    (void)column;
    bool hundreds = text[2] != ':';
    unsigned hours =
        hundreds ? (unsigned)(text[0] - '0') * 100 + possible_two(text + 1) : possible_two(text);
    const char *minutes = text + (hundreds ? 4 : 3);
    bool zero = true;
    for (size_t i = 0; i < size; i++) {
        zero = zero && (text[i] < '1' || text[i] > '9');
    }
    return hours <= POSSIBLE_HOURS_MOST && possible_two(minutes) <= 59 &&
                   possible_two(minutes + 3) <= 59 && !(negative && zero)
               ? NULL
               : "the text is no time up to 838:59:59";
}

/* ---- Numbers ---- */

static const char *possible_decimal(const struct ferry_column *column,
                                    const struct ferry_cell *cell)
{
    const char *text = cell->v.p;
    size_t size = cell->len;
    size_t behind = column->scale > 0 ? (size_t)column->scale + 1 : 0;
    if (*text == '-') {
        if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0) {
            return "the number is negative";
        }
        text++;
        size--;
    }
    while (size > behind && *text == '0') {
        text++;
        size--;
    }
    size_t most =
        column->precision == POSSIBLE_DECIMAL_DECLARED ? POSSIBLE_DECIMAL_MOST : column->precision;
    return size - behind > most - column->scale
               ? "the number has more digits than the column's decimal type"
               : NULL;
}

static const char *possible_float(const struct ferry_column *column, const struct ferry_cell *cell)
{
    if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0 && signbit(cell->v.f) != 0) {
        return "the number is negative";
    }
    return (column->flags & FERRY_COLUMN_NO_INFINITY) != 0 && isinf(cell->v.f) != 0
               ? "the number is infinite"
               : NULL;
}

/* Little-endian singles, all of them finite. */
static const char *possible_vector(const struct ferry_column *column, const struct ferry_cell *cell)
{
    (void)column;
    if (cell->len == 0) {
        return "the vector has no element";
    }
    for (size_t i = 0; i + 4 <= cell->len; i += 4) {
        const unsigned char *at = (const unsigned char *)cell->v.p + i;
        if ((at[3] & 0x7f) == 0x7f && (at[2] & 0x80) != 0) {
            return "an element of the vector is infinite or no number";
        }
    }
    return NULL;
}

/* ---- Members and addresses ---- */

/* Where the text goes on behind the member in quotes at `*list`, or NULL if it begins otherwise;
 * `*list` is moved to the next member. */
static const char *possible_take_member(const char **list, const char *text, const char *end)
{
    const char *at = *list + 1;
    for (;; at++) {
        if (*at == '\'' && *++at != '\'') {
            break;
        }
        text = text != NULL && text < end && *text == *at ? text + 1 : NULL;
    }
    *list = at + (*at == ',' ? 1 : 0);
    return text;
}

/* Members in the order of the definition, each at most once. */
static const char *possible_set(const struct ferry_column *column, const struct ferry_cell *cell)
{
    const char *list = column->members == NULL ? "" : column->members;
    const char *text = cell->v.p;
    const char *end = text + cell->len;
    while (*list == '\'' && text < end) {
        const char *behind = possible_take_member(&list, text, end);
        if (behind == end) {
            return NULL;
        }
        text = behind != NULL && *behind == ',' ? behind + 1 : text;
    }
    return cell->len == 0 ? NULL : "the text is not made of the column's members, in their order";
}

/* An IPv6 address as MariaDB prints it: "::" stands for the longest run of zero groups, and for a
 * single one too where there is no longer run. */
static void possible_print_inet6(const unsigned char address[16], char *room)
{
    (void)inet_ntop(AF_INET6, address, room, INET6_ADDRSTRLEN);
    if (strstr(room, "::") != NULL || strchr(room, '.') != NULL) {
        return;
    }
    size_t length = strlen(room);
    char *zero = strstr(room, ":0:");
    if (strncmp(room, "0:", 2) == 0) {
        room[0] = ':';
    } else if (zero != NULL) {
        memmove(zero + 1, zero + 2, strlen(zero + 2) + 1);
    } else if (length > 2 && strcmp(room + length - 2, ":0") == 0) {
        room[length - 1] = ':';
    }
}

static const char *possible_inet(const struct ferry_column *column, const struct ferry_cell *cell)
{
    char text[INET6_ADDRSTRLEN];
    char again[INET6_ADDRSTRLEN];
    unsigned char address[sizeof(struct in6_addr)];
    int family = column->type == FERRY_TYPE_INET4 ? AF_INET : AF_INET6;
    if (cell->len >= sizeof text || memchr(cell->v.p, '\0', cell->len) != NULL) {
        return "the text is no address";
    }
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    if (inet_pton(family, text, address) != 1) {
        return "the text is no address";
    }
    if (family == AF_INET6) {
        possible_print_inet6(address, again);
    } else {
        (void)inet_ntop(AF_INET, address, again, sizeof again);
    }
    return strcmp(text, again) == 0 ? NULL : "the address is not written as the source writes it";
}

static const struct {
    uint32_t type;
    sqldrv_possible possible;
} possible_types[] = {
    {FERRY_TYPE_TEXT, possible_text},     {FERRY_TYPE_BYTES, possible_bytes},
    {FERRY_TYPE_DATE, possible_date},     {FERRY_TYPE_DATETIME, possible_datetime},
    {FERRY_TYPE_TIME, possible_time},     {FERRY_TYPE_DECIMAL, possible_decimal},
    {FERRY_TYPE_FLOAT, possible_float},   {FERRY_TYPE_SET, possible_set},
    {FERRY_TYPE_VECTOR, possible_vector}, {FERRY_TYPE_INET4, possible_inet},
    {FERRY_TYPE_INET6, possible_inet},
};

sqldrv_possible sqldrv_possible_choose(const struct ferry_column *column)
{
    uint32_t bounds = FERRY_COLUMN_FIXED | FERRY_COLUMN_UNSIGNED | FERRY_COLUMN_NO_INFINITY;
    bool bounded = column->length > 0 || (column->flags & bounds) != 0;
    bool may_be_any = column->type == FERRY_TYPE_TEXT || column->type == FERRY_TYPE_BYTES ||
                      column->type == FERRY_TYPE_FLOAT;
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0 || (may_be_any && !bounded)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof possible_types / sizeof *possible_types; i++) {
        if (possible_types[i].type == column->type) {
            return possible_types[i].possible;
        }
    }
    return NULL;
}
