/* What a column cannot have as it is, in whichever form its values go: what the server would round,
 * cut off or fill up is refused here, before it is asked.
 */

#include "write/target.h"

#include <arpa/inet.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "parts/given.h"

#define REFUSE_ROOM 64 /* a number, or a text that is looked at as a whole */
#define REFUSE_BYTES_MAX (UINT32_C(256) << 20)

static const char refuse_is_rounded[] = "is a number that the column's type would round";
static const char refuse_is_range[] = "is out of the range of the column's type";
static const char refuse_is_kind[] = "is of another kind than its column";

/* ---- Integers ---- */

struct pgdrv_int pgdrv_int_take(const struct ferry_column *column, const struct ferry_cell *cell)
{
    bool is_unsigned =
        column->type == FERRY_TYPE_BIT ||
        (column->type == FERRY_TYPE_INT && (column->flags & FERRY_COLUMN_UNSIGNED) != 0);
    bool negative = !is_unsigned && cell->v.i < 0;
    return (struct pgdrv_int){negative, negative ? -(uint64_t)cell->v.i : cell->v.u};
}

static const char *refuse_bits(uint64_t value, uint32_t count)
{
    return count < 64 && value >> count != 0 ? refuse_is_range : NULL;
}

static const char *refuse_int(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    struct pgdrv_int value = pgdrv_int_take(form->column, cell);
    uint64_t limit = UINT64_MAX;
    switch (form->type.kind) {
    case PGDRV_KIND_BOOL:
        return value.negative || value.size > 1 ? refuse_is_range : NULL;
    case PGDRV_KIND_BIT:
        return refuse_bits(value.size, form->type.numbers[0]);
    case PGDRV_KIND_VARBIT:
        return refuse_bits(value.size, form->column->bits);
    case PGDRV_KIND_INT2:
        limit = INT16_MAX;
        break;
    case PGDRV_KIND_INT4:
        limit = INT32_MAX;
        break;
    case PGDRV_KIND_INT8:
        limit = INT64_MAX;
        break;
    case PGDRV_KIND_FLOAT4:
        return value.size > UINT32_C(1) << FLT_MANT_DIG ? refuse_is_rounded : NULL;
    case PGDRV_KIND_FLOAT8:
        return value.size > UINT64_C(1) << DBL_MANT_DIG ? refuse_is_rounded : NULL;
    default:
        break;
    }
    return value.size > limit + (value.negative && limit != UINT64_MAX ? 1 : 0) ? refuse_is_range
                                                                                : NULL;
}

/* ---- Other numbers ---- */

static const char *refuse_float(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    double value = cell->v.f;
    return form->type.kind == PGDRV_KIND_FLOAT4 && isfinite(value) != 0 &&
                   (fabs(value) > (double)FLT_MAX || (double)(float)value != value)
               ? refuse_is_rounded
               : NULL;
}

/* Digits behind the point, without zeros at their end. */
static uint32_t refuse_fraction(const char *data, size_t size)
{
    const char *point = memchr(data, '.', size);
    if (point == NULL)
        return 0;
    while (size > 0 && data[size - 1] == '0')
        size--;
    return (uint32_t)(data + size - point - 1);
}

/* Whether a double gives the very digits back. */
static bool refuse_is_double(const struct ferry_column *column, const struct ferry_cell *cell,
                             bool is_single)
{
    char text[REFUSE_ROOM], again[REFUSE_ROOM * 6];
    const char *at = text;
    if (cell->len >= sizeof text || column->scale >= sizeof text)
        return false;
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    double value = is_single ? (double)strtof(text, NULL) : strtod(text, NULL);
    int made = snprintf(again, sizeof again, "%.*f", (int)refuse_fraction(text, cell->len), value);
    size_t whole = strcspn(text, ".");
    uint32_t fraction = refuse_fraction(text, cell->len);
    size_t length = fraction > 0 ? whole + 1 + fraction : whole;
    if (*at == '-' && strspn(at + 1, "0.") == strlen(at + 1)) /* no -0 */
        return made > 0 && strspn(again, "-0.") == strlen(again);
    return made > 0 && (size_t)made == length && memcmp(again, text, length) == 0;
}

static const char *refuse_decimal(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    uint32_t fraction = refuse_fraction(cell->v.p, cell->len);
    switch (form->type.kind) {
    case PGDRV_KIND_NUMERIC:
        return form->type.count > 0 && fraction > form->type.numbers[1] ? refuse_is_rounded : NULL;
    case PGDRV_KIND_FLOAT4:
    case PGDRV_KIND_FLOAT8:
        return refuse_is_double(form->column, cell, form->type.kind == PGDRV_KIND_FLOAT4)
                   ? NULL
                   : refuse_is_rounded;
    case PGDRV_KIND_INT2:
    case PGDRV_KIND_INT4:
    case PGDRV_KIND_INT8:
        return fraction > 0 ? refuse_is_rounded : NULL;
    default:
        return NULL;
    }
}

/* ---- Texts and bytes ---- */

/* The server prints addresses in one way. */
static bool refuse_is_address(const struct ferry_cell *cell, int family)
{
    char text[REFUSE_ROOM], again[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (cell->len >= sizeof text)
        return false;
    memcpy(text, cell->v.p, cell->len);
    text[cell->len] = '\0';
    return inet_pton(family, text, address) == 1 &&
           inet_ntop(family, address, again, sizeof again) != NULL && strcmp(text, again) == 0;
}

static const char *refuse_characters(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    const struct pgdrv_type *type = &form->type;
    if (memchr(cell->v.p, '\0', cell->len) != NULL)
        return "has a zero byte, which texts of this server do not; a column of type bytea takes "
               "it where the job has text = \"bytes\"";
    if (type->kind == PGDRV_KIND_CHAR && cell->len > 0 && cell->v.p[cell->len - 1] == ' ')
        return "ends in a space, which a column of the type character would lose";
    if ((type->kind == PGDRV_KIND_VARCHAR || type->kind == PGDRV_KIND_CHAR) && type->count > 0 &&
        cell->len > type->numbers[0] &&
        (form->counts_bytes || part_given_letters(cell->v.p, cell->len) > type->numbers[0]))
        return "is too long for the column";
    if (type->kind == PGDRV_KIND_INET &&
        !refuse_is_address(cell, form->column->type == FERRY_TYPE_INET4 ? AF_INET : AF_INET6))
        return "is an address that the server would print in another way; the type text (columns "
               "of a job, --column of copy) keeps it";
    return NULL;
}

static const char *refuse_bytes(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    (void)form;
    return cell->len > REFUSE_BYTES_MAX
               ? "has more than 256 MiB, which is more than a row of COPY takes"
               : NULL;
}

/* ---- Dates and times ---- */

/* "YYYY-MM-DD", and nothing that the server would understand in its own way. */
static bool refuse_is_date(const char *data, size_t size)
{
    static const char form[] = "0000-00-00";
    if (size != sizeof form - 1)
        return false;
    for (size_t i = 0; i < size; i++)
        if (form[i] == '-' ? data[i] != '-' : data[i] < '0' || data[i] > '9')
            return false;
    return memcmp(data, "0000", 4) != 0;
}

/* "[H]HH:MM:SS[.f]" without a sign. */
static bool refuse_is_clock(const char *data, size_t size, size_t *ret_hours)
{
    size_t hours = 0;
    while (hours < size && data[hours] >= '0' && data[hours] <= '9')
        hours++;
    if (hours < 2 || size < hours + 6 || data[hours] != ':' || data[hours + 3] != ':' ||
        data[hours + 1] > '5' || data[hours + 4] > '5')
        return false;
    for (size_t i = hours; i < size; i++)
        if (strchr(i == hours + 6 ? "." : ":0123456789", data[i]) == NULL || data[i] == '\0')
            return false;
    *ret_hours = hours;
    return size == hours + 6 || size > hours + 7;
}

static const char refuse_is_none[] = "is no date or time that the server can hold";

/* More digits of a fraction than the type keeps. */
static const char *refuse_more(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    return refuse_fraction(cell->v.p, cell->len) > pgdrv_type_fraction(&form->type)
               ? "is a moment that the column's type would round"
               : NULL;
}

static const char *refuse_date(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    if (form->type.kind != PGDRV_KIND_DATE)
        return refuse_characters(form, cell);
    return refuse_is_date(cell->v.p, cell->len) ? NULL : refuse_is_none;
}

static const char *refuse_datetime(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    size_t hours = 0;
    if (form->type.kind != PGDRV_KIND_TIMESTAMP && form->type.kind != PGDRV_KIND_TIMESTAMPTZ)
        return refuse_characters(form, cell);
    if (cell->len < 11 || !refuse_is_date(cell->v.p, 10) || cell->v.p[10] != ' ' ||
        !refuse_is_clock(cell->v.p + 11, cell->len - 11, &hours) || hours != 2)
        return refuse_is_none;
    return refuse_more(form, cell);
}

static const char *refuse_time(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    bool negative = cell->len > 0 && *cell->v.p == '-';
    size_t hours = 0;
    if (form->type.kind != PGDRV_KIND_TIME && form->type.kind != PGDRV_KIND_INTERVAL)
        return refuse_characters(form, cell);
    if (!refuse_is_clock(cell->v.p + negative, cell->len - negative, &hours) || hours > 9)
        return refuse_is_none;
    if (form->type.kind == PGDRV_KIND_TIME && (negative || hours > 2))
        return "is no time of a day, which the column's type is; the type interval (columns of a "
               "job, --column of copy) takes it";
    return refuse_more(form, cell);
}

/* ---- The table ---- */

static const char *refuse_all(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    (void)form;
    (void)cell;
    return refuse_is_kind;
}

typedef const char *refuse_function(const struct pgdrv_form *form, const struct ferry_cell *cell);

static refuse_function *const refuse_functions[] = {
    [FERRY_TYPE_BOOL] = refuse_int,          [FERRY_TYPE_INT] = refuse_int,
    [FERRY_TYPE_FLOAT] = refuse_float,       [FERRY_TYPE_DECIMAL] = refuse_decimal,
    [FERRY_TYPE_TEXT] = refuse_characters,   [FERRY_TYPE_BYTES] = refuse_bytes,
    [FERRY_TYPE_DATE] = refuse_date,         [FERRY_TYPE_TIME] = refuse_time,
    [FERRY_TYPE_DATETIME] = refuse_datetime, [FERRY_TYPE_YEAR] = refuse_int,
    [FERRY_TYPE_ANY] = refuse_all,           [FERRY_TYPE_BIT] = refuse_int,
    [FERRY_TYPE_JSON] = refuse_characters,   [FERRY_TYPE_ENUM] = refuse_characters,
    [FERRY_TYPE_SET] = refuse_characters,    [FERRY_TYPE_UUID] = refuse_characters,
    [FERRY_TYPE_INET4] = refuse_characters,  [FERRY_TYPE_INET6] = refuse_characters,
    [FERRY_TYPE_GEOMETRY] = refuse_bytes,    [FERRY_TYPE_VECTOR] = refuse_bytes,
};

const char *pgdrv_refuse(const struct pgdrv_form *form, const struct ferry_cell *cell)
{
    return cell->kind != FERRY_KIND_TYPED ? refuse_is_kind
                                          : refuse_functions[form->column->type](form, cell);
}
