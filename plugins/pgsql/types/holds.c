/* What a column of a type does to the values of a source column: all are held as they are, or each
 * is looked at on its way (encode.c), or the column does not hold them.
 */

#include "types/native.h"

#include <string.h>

#define HOLDS_BYTES_MAX (UINT64_C(256) << 20) /* of a value that a field of a COPY has room for */

static bool holds_is_unsigned(const struct ferry_column *column)
{
    return (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
}

/* ---- Integers: BOOL, INT, YEAR, BIT ---- */

/* How many bits its values need, with a sign. */
static uint32_t holds_bits(const struct ferry_column *column)
{
    switch (column->type) {
    case FERRY_TYPE_BOOL:
        return 2;
    case FERRY_TYPE_YEAR:
        return 16;
    case FERRY_TYPE_BIT:
        return column->bits + 1;
    default:
        return column->bits + (holds_is_unsigned(column) ? 1 : 0);
    }
}

static uint32_t holds_in_int(uint32_t has, const struct ferry_column *column)
{
    uint32_t bits = holds_bits(column);
    return bits == has && column->type == FERRY_TYPE_INT ? FERRY_FIT_EXACT
           : bits <= has                                 ? FERRY_FIT_WIDER
                                                         : FERRY_FIT_CHECKED;
}

/* Decimal digits of the largest number of so many bits. */
static uint32_t holds_digits(uint32_t bits)
{
    return bits * 30103 / 100000 + 1;
}

static uint32_t holds_int(const struct pgdrv_type *type, const struct ferry_column *column)
{
    switch (type->kind) {
    case PGDRV_KIND_BOOL:
        return column->type == FERRY_TYPE_BOOL ? FERRY_FIT_EXACT : FERRY_FIT_CHECKED;
    case PGDRV_KIND_INT2:
        return holds_in_int(16, column);
    case PGDRV_KIND_INT4:
        return holds_in_int(32, column);
    case PGDRV_KIND_INT8:
        return holds_in_int(64, column);
    case PGDRV_KIND_NUMERIC:
        return type->count == 0 ||
                       type->numbers[0] - type->numbers[1] >= holds_digits(holds_bits(column) - 1)
                   ? FERRY_FIT_WIDER
                   : FERRY_FIT_CHECKED;
    case PGDRV_KIND_FLOAT4:
        return holds_bits(column) <= 25 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    case PGDRV_KIND_FLOAT8:
        return holds_bits(column) <= 54 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    case PGDRV_KIND_BIT:
        return column->type != FERRY_TYPE_BIT     ? FERRY_FIT_NONE
               : type->numbers[0] == column->bits ? FERRY_FIT_EXACT
               : type->numbers[0] > column->bits  ? FERRY_FIT_WIDER
                                                  : FERRY_FIT_CHECKED;
    case PGDRV_KIND_VARBIT:
        return column->type != FERRY_TYPE_BIT                         ? FERRY_FIT_NONE
               : type->count == 0 || type->numbers[0] >= column->bits ? FERRY_FIT_WIDER
                                                                      : FERRY_FIT_CHECKED;
    case PGDRV_KIND_TEXT:
        return FERRY_FIT_WIDER;
    case PGDRV_KIND_VARCHAR:
        return type->count == 0 || type->numbers[0] >= 20 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    default:
        return FERRY_FIT_NONE;
    }
}

/* ---- Other numbers ---- */

static uint32_t holds_float(const struct pgdrv_type *type, const struct ferry_column *column)
{
    switch (type->kind) {
    case PGDRV_KIND_FLOAT4:
        return column->bits == 32 ? FERRY_FIT_EXACT : FERRY_FIT_CHECKED;
    case PGDRV_KIND_FLOAT8:
        return column->bits == 32 ? FERRY_FIT_WIDER : FERRY_FIT_EXACT;
    case PGDRV_KIND_TEXT:
        return FERRY_FIT_WIDER;
    case PGDRV_KIND_VARCHAR:
        return type->count == 0 || type->numbers[0] >= 32 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    default:
        return FERRY_FIT_NONE;
    }
}

/* MySQL's family computes decimals of more digits than its types declare, and says 65 of them. */
#define HOLDS_DECIMAL_SURE 65

static uint32_t holds_numeric(const struct pgdrv_type *type, const struct ferry_column *column)
{
    if (type->count == 0)
        return column->precision > 0 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    if (column->precision == 0 || type->numbers[1] < column->scale ||
        type->numbers[0] - type->numbers[1] < column->precision - column->scale ||
        column->precision >= HOLDS_DECIMAL_SURE)
        return FERRY_FIT_CHECKED;
    return type->numbers[0] == column->precision && type->numbers[1] == column->scale
               ? FERRY_FIT_EXACT
               : FERRY_FIT_WIDER;
}

static uint32_t holds_decimal(const struct pgdrv_type *type, const struct ferry_column *column)
{
    switch (type->kind) {
    case PGDRV_KIND_NUMERIC:
        return holds_numeric(type, column);
    case PGDRV_KIND_FLOAT4:
    case PGDRV_KIND_FLOAT8:
    case PGDRV_KIND_INT2:
    case PGDRV_KIND_INT4:
    case PGDRV_KIND_INT8:
        return FERRY_FIT_CHECKED;
    case PGDRV_KIND_TEXT:
        return FERRY_FIT_WIDER;
    case PGDRV_KIND_VARCHAR:
        return type->count == 0 ||
                       (column->precision > 0 && column->precision < HOLDS_DECIMAL_SURE &&
                        type->numbers[0] >= column->precision + 3)
                   ? FERRY_FIT_WIDER
                   : FERRY_FIT_CHECKED;
    default:
        return FERRY_FIT_NONE;
    }
}

/* ---- Texts and bytes ---- */

/* So many characters of it, at most, and no zero byte among them. */
static uint32_t holds_short(const struct pgdrv_type *type, uint32_t length, uint32_t fit)
{
    return type->kind == PGDRV_KIND_TEXT ? fit
           : type->kind == PGDRV_KIND_VARCHAR && (type->count == 0 || type->numbers[0] >= length)
               ? fit
           : type->kind == PGDRV_KIND_VARCHAR ? FERRY_FIT_CHECKED
                                              : FERRY_FIT_NONE;
}

/* There may be a zero byte in any text that no list of members limits. */
static uint32_t holds_text(const struct pgdrv_type *type, const struct ferry_column *column)
{
    bool has_members = column->type == FERRY_TYPE_SET && column->members != NULL;
    switch (type->kind) {
    case PGDRV_KIND_TEXT:
        return has_members ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    case PGDRV_KIND_VARCHAR:
        return has_members && (type->count == 0 || type->numbers[0] >= strlen(column->members))
                   ? FERRY_FIT_WIDER
                   : FERRY_FIT_CHECKED;
    case PGDRV_KIND_CHAR:
        return FERRY_FIT_CHECKED;
    case PGDRV_KIND_JSON:
        return column->type == FERRY_TYPE_TEXT ? FERRY_FIT_CHECKED : FERRY_FIT_NONE;
    default:
        return FERRY_FIT_NONE;
    }
}

static uint32_t holds_json(const struct pgdrv_type *type, const struct ferry_column *column)
{
    (void)column;
    switch (type->kind) {
    case PGDRV_KIND_JSON:
    case PGDRV_KIND_TEXT:
    case PGDRV_KIND_VARCHAR:
        return FERRY_FIT_CHECKED;
    case PGDRV_KIND_JSONB:
        return FERRY_FIT_LOSSY;
    default:
        return FERRY_FIT_NONE;
    }
}

static uint32_t holds_uuid(const struct pgdrv_type *type, const struct ferry_column *column)
{
    (void)column;
    return type->kind == PGDRV_KIND_UUID ? FERRY_FIT_EXACT : holds_short(type, 36, FERRY_FIT_WIDER);
}

static uint32_t holds_address(const struct pgdrv_type *type, const struct ferry_column *column)
{
    if (type->kind != PGDRV_KIND_INET)
        return holds_short(type, 45, FERRY_FIT_WIDER);
    /* There is more than one way to print an address of IPv6. */
    return column->type == FERRY_TYPE_INET4 ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
}

static uint32_t holds_bytes(const struct pgdrv_type *type, const struct ferry_column *column)
{
    uint64_t length = column->type == FERRY_TYPE_VECTOR ? column->length * 4 : column->length;
    if (type->kind != PGDRV_KIND_BYTEA)
        return FERRY_FIT_NONE;
    return length == 0 || length > HOLDS_BYTES_MAX ? FERRY_FIT_CHECKED : FERRY_FIT_WIDER;
}

/* ---- Dates and times ---- */

static uint32_t holds_date(const struct pgdrv_type *type, const struct ferry_column *column)
{
    (void)column;
    return type->kind == PGDRV_KIND_DATE ? FERRY_FIT_CHECKED
                                         : holds_short(type, 32, FERRY_FIT_WIDER);
}

static uint32_t holds_datetime(const struct pgdrv_type *type, const struct ferry_column *column)
{
    bool is_instant = (column->flags & FERRY_COLUMN_UTC) != 0;
    return type->kind == (is_instant ? PGDRV_KIND_TIMESTAMPTZ : PGDRV_KIND_TIMESTAMP)
               ? FERRY_FIT_CHECKED
               : holds_short(type, 32, FERRY_FIT_WIDER);
}

static uint32_t holds_time(const struct pgdrv_type *type, const struct ferry_column *column)
{
    if (type->kind == PGDRV_KIND_INTERVAL)
        return column->scale <= pgdrv_type_fraction(type) ? FERRY_FIT_WIDER : FERRY_FIT_CHECKED;
    return type->kind == PGDRV_KIND_TIME ? FERRY_FIT_CHECKED
                                         : holds_short(type, 32, FERRY_FIT_WIDER);
}

/* ---- What has no type ---- */

static uint32_t holds_any(const struct pgdrv_type *type, const struct ferry_column *column)
{
    (void)type;
    return (column->flags & FERRY_COLUMN_ONLY_NULL) != 0 ? FERRY_FIT_WIDER : FERRY_FIT_NONE;
}

/* ---- The table ---- */

static const struct holds {
    uint32_t type;
    uint32_t (*judge)(const struct pgdrv_type *type, const struct ferry_column *column);
    const char *checked; /* what ends the load, where the fit is CHECKED */
} holds[] = {
    {FERRY_TYPE_BOOL, holds_int, "a number that the type does not have ends the load"},
    {FERRY_TYPE_INT, holds_int, "a number that the type does not have ends the load"},
    {FERRY_TYPE_YEAR, holds_int, "a number that the type does not have ends the load"},
    {FERRY_TYPE_BIT, holds_int, "a number that the type does not have ends the load"},
    {FERRY_TYPE_FLOAT, holds_float, "a number that the type would round ends the load"},
    {FERRY_TYPE_DECIMAL, holds_decimal,
     "a number that the type would round, or that has more "
     "digits, ends the load"},
    {FERRY_TYPE_TEXT, holds_text,
     "a text with a zero byte, or that the type would change, ends "
     "the load"},
    {FERRY_TYPE_ENUM, holds_text,
     "a text with a zero byte, or that the type would change, ends "
     "the load"},
    {FERRY_TYPE_SET, holds_text, "a text that the type would change ends the load"},
    {FERRY_TYPE_JSON, holds_json,
     "a document that the server does not take ends the load; type = "
     "\"text\" keeps the text"},
    {FERRY_TYPE_UUID, holds_uuid, "a text that is too long ends the load"},
    {FERRY_TYPE_INET4, holds_address, "a text that is too long ends the load"},
    {FERRY_TYPE_INET6, holds_address,
     "an address that the server would print in another way ends "
     "the load; type = \"text\" keeps the text"},
    {FERRY_TYPE_BYTES, holds_bytes, "a value of more than 256 MiB ends the load"},
    {FERRY_TYPE_GEOMETRY, holds_bytes, "a value of more than 256 MiB ends the load"},
    {FERRY_TYPE_VECTOR, holds_bytes, "a value of more than 256 MiB ends the load"},
    {FERRY_TYPE_DATE, holds_date, "a date that no calendar has, such as 0000-00-00, ends the load"},
    {FERRY_TYPE_DATETIME, holds_datetime,
     "a date that no calendar has, such as 0000-00-00, or a moment that the type would round, ends "
     "the load"},
    {FERRY_TYPE_TIME, holds_time,
     "a time that is negative or beyond a day, or that the type would round, ends the load; type = "
     "\"interval\" keeps it"},
    {FERRY_TYPE_ANY, holds_any, NULL},
};

uint32_t pgdrv_type_holds(const struct pgdrv_type *type, const struct ferry_column *column,
                          const char **ret_note)
{
    *ret_note = NULL;
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++) {
        if (holds[i].type != column->type)
            continue;
        uint32_t fit = holds[i].judge(type, column);
        if (fit == FERRY_FIT_LOSSY)
            *ret_note = "the server keeps what a document means, not how it is written";
        if (fit == FERRY_FIT_CHECKED)
            *ret_note = holds[i].checked;
        return fit < FERRY_FIT_CHECKED && (column->flags & FERRY_COLUMN_LOOSE) != 0
                   ? FERRY_FIT_CHECKED
                   : fit;
    }
    return FERRY_FIT_NONE;
}

/* ---- Order ---- */

static const struct {
    uint32_t type;
    enum pgdrv_kind kind;
} holds_ordered[] = {
    {FERRY_TYPE_BOOL, PGDRV_KIND_BOOL},
    {FERRY_TYPE_BOOL, PGDRV_KIND_INT2},
    {FERRY_TYPE_BOOL, PGDRV_KIND_INT4},
    {FERRY_TYPE_BOOL, PGDRV_KIND_INT8},
    {FERRY_TYPE_INT, PGDRV_KIND_INT2},
    {FERRY_TYPE_INT, PGDRV_KIND_INT4},
    {FERRY_TYPE_INT, PGDRV_KIND_INT8},
    {FERRY_TYPE_INT, PGDRV_KIND_NUMERIC},
    {FERRY_TYPE_YEAR, PGDRV_KIND_INT2},
    {FERRY_TYPE_YEAR, PGDRV_KIND_INT4},
    {FERRY_TYPE_YEAR, PGDRV_KIND_INT8},
    {FERRY_TYPE_BIT, PGDRV_KIND_BIT},
    {FERRY_TYPE_BIT, PGDRV_KIND_INT8},
    {FERRY_TYPE_DECIMAL, PGDRV_KIND_NUMERIC},
    {FERRY_TYPE_TEXT, PGDRV_KIND_TEXT},
    {FERRY_TYPE_TEXT, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_TEXT, PGDRV_KIND_CHAR},
    {FERRY_TYPE_ENUM, PGDRV_KIND_TEXT},
    {FERRY_TYPE_ENUM, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_SET, PGDRV_KIND_TEXT},
    {FERRY_TYPE_SET, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_UUID, PGDRV_KIND_UUID},
    {FERRY_TYPE_UUID, PGDRV_KIND_TEXT},
    {FERRY_TYPE_UUID, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_INET4, PGDRV_KIND_INET},
    {FERRY_TYPE_INET4, PGDRV_KIND_TEXT},
    {FERRY_TYPE_INET4, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_INET6, PGDRV_KIND_INET},
    {FERRY_TYPE_INET6, PGDRV_KIND_TEXT},
    {FERRY_TYPE_INET6, PGDRV_KIND_VARCHAR},
    {FERRY_TYPE_BYTES, PGDRV_KIND_BYTEA},
    {FERRY_TYPE_DATE, PGDRV_KIND_DATE},
    {FERRY_TYPE_DATE, PGDRV_KIND_TEXT},
    {FERRY_TYPE_DATETIME, PGDRV_KIND_TIMESTAMP},
    {FERRY_TYPE_DATETIME, PGDRV_KIND_TIMESTAMPTZ},
};

/* Of a column that is LOOSE, too: a value of another kind is never stored. */
bool pgdrv_type_is_ordered(const struct pgdrv_type *type, const struct ferry_column *column)
{
    for (size_t i = 0; i < sizeof holds_ordered / sizeof *holds_ordered; i++)
        if (holds_ordered[i].type == column->type && holds_ordered[i].kind == type->kind)
            return true;
    return false;
}
