/* One row per type says which members of a descriptor count, and how they are printed. */

#include "driver/type.h"

#include <inttypes.h>

/* How a descriptor is printed behind the type's name. */
enum shape {
    SHAPE_PLAIN,
    SHAPE_BITS,      /* int64 */
    SHAPE_BIT_COUNT, /* bit(12) */
    SHAPE_DECIMAL,   /* (10,2) */
    SHAPE_LENGTH,    /* (40), nothing if not limited */
    SHAPE_SCALE,     /* (3), nothing if 0 */
};

struct type_row {
    const char *name;
    enum ferry_value value;
    enum shape shape;
};

static const struct type_row types[] = {
    [FERRY_TYPE_BOOL] = {"bool", FERRY_VALUE_INT, SHAPE_PLAIN},
    [FERRY_TYPE_INT] = {"int", FERRY_VALUE_INT, SHAPE_BITS},
    [FERRY_TYPE_FLOAT] = {"float", FERRY_VALUE_FLOAT, SHAPE_BITS},
    [FERRY_TYPE_DECIMAL] = {"decimal", FERRY_VALUE_DECIMAL, SHAPE_DECIMAL},
    [FERRY_TYPE_TEXT] = {"text", FERRY_VALUE_TEXT, SHAPE_LENGTH},
    [FERRY_TYPE_BYTES] = {"bytes", FERRY_VALUE_BYTES, SHAPE_LENGTH},
    [FERRY_TYPE_DATE] = {"date", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_TIME] = {"time", FERRY_VALUE_TEXT, SHAPE_SCALE},
    [FERRY_TYPE_DATETIME] = {"datetime", FERRY_VALUE_TEXT, SHAPE_SCALE},
    [FERRY_TYPE_YEAR] = {"year", FERRY_VALUE_INT, SHAPE_PLAIN},
    [FERRY_TYPE_ANY] = {"any", FERRY_VALUE_KIND, SHAPE_PLAIN},
    [FERRY_TYPE_BIT] = {"bit", FERRY_VALUE_INT, SHAPE_BIT_COUNT},
    [FERRY_TYPE_JSON] = {"json", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_ENUM] = {"enum", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_SET] = {"set", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_UUID] = {"uuid", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_INET4] = {"inet4", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_INET6] = {"inet6", FERRY_VALUE_TEXT, SHAPE_PLAIN},
    [FERRY_TYPE_GEOMETRY] = {"geometry", FERRY_VALUE_BYTES, SHAPE_PLAIN},
    [FERRY_TYPE_VECTOR] = {"vector", FERRY_VALUE_BYTES, SHAPE_LENGTH},
};

#define TYPE_COUNT (sizeof types / sizeof types[0])

#define KNOWN_FLAGS (FERRY_COLUMN_INDEX_ORDERED * 2 - 1) /* up to the last of driver.h */

static const struct type_row *type_row(uint32_t type)
{
    static const struct type_row none = {"?", FERRY_VALUE_NONE, SHAPE_PLAIN};
    return type < TYPE_COUNT && types[type].name != NULL ? &types[type] : &none;
}

enum ferry_value ferry_type_value(uint32_t type)
{
    return type_row(type)->value;
}

bool ferry_type_is_unsigned(const struct ferry_column *column)
{
    return column->type == FERRY_TYPE_BIT || (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
}

static bool bits_fit(const struct ferry_column *column)
{
    uint32_t bits = column->bits;
    if (column->type == FERRY_TYPE_FLOAT)
        return bits == 32 || bits == 64;
    return bits == 8 || bits == 16 || bits == 24 || bits == 32 || bits == 64;
}

const char *ferry_type_contradiction(const struct ferry_column *column)
{
    const struct type_row *row = type_row(column->type);
    if (row->value == FERRY_VALUE_NONE)
        return "no such type";
    if ((column->flags & ~KNOWN_FLAGS) != 0)
        return "unknown flags";
    if (row->shape == SHAPE_BITS && !bits_fit(column))
        return "no such width";
    if (row->shape == SHAPE_BIT_COUNT && (column->bits == 0 || column->bits > 64))
        return "no such number of bits";
    if (row->shape == SHAPE_DECIMAL &&
        (column->precision == 0 || column->scale > column->precision))
        return "precision and scale do not fit each other";
    if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0 && column->type != FERRY_TYPE_INT &&
        column->type != FERRY_TYPE_FLOAT && column->type != FERRY_TYPE_DECIMAL)
        return "only numbers are unsigned";
    if ((column->flags & (FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY)) != 0 &&
        column->type != FERRY_TYPE_FLOAT)
        return "only a float could be NaN or infinite";
    if ((column->flags & FERRY_COLUMN_UTC) != 0 && column->type != FERRY_TYPE_DATETIME)
        return "only a datetime is an instant";
    if ((column->flags & FERRY_COLUMN_LOOSE) != 0 && column->type == FERRY_TYPE_ANY)
        return "type any promises nothing that could be loose";
    if ((column->flags & FERRY_COLUMN_ONLY_NULL) != 0 &&
        (column->type != FERRY_TYPE_ANY || (column->flags & FERRY_COLUMN_NOT_NULL) != 0))
        return "only a column of type any that takes NULL can be NULL by nature";
    return NULL;
}

void ferry_type_add_descriptor(struct ferry_strbuf *buffer, const struct ferry_column *column)
{
    const struct type_row *row = type_row(column->type);
    ferry_strbuf_add(buffer, (column->flags & FERRY_COLUMN_ONLY_NULL) != 0 ? "null" : row->name);
    switch (row->shape) {
    case SHAPE_PLAIN:
        break;
    case SHAPE_BITS:
        ferry_strbuf_addf(buffer, "%" PRIu32, column->bits);
        break;
    case SHAPE_BIT_COUNT:
        ferry_strbuf_addf(buffer, "(%" PRIu32 ")", column->bits);
        break;
    case SHAPE_DECIMAL:
        ferry_strbuf_addf(buffer, "(%" PRIu32 ",%" PRIu32 ")", column->precision, column->scale);
        break;
    case SHAPE_LENGTH:
        if (column->length > 0)
            ferry_strbuf_addf(buffer, "(%" PRIu64 ")", column->length);
        break;
    case SHAPE_SCALE:
        if (column->scale > 0)
            ferry_strbuf_addf(buffer, "(%" PRIu32 ")", column->scale);
        break;
    }
    if ((column->flags & FERRY_COLUMN_UNSIGNED) != 0)
        ferry_strbuf_add(buffer, " unsigned");
    if ((column->flags & FERRY_COLUMN_UTC) != 0)
        ferry_strbuf_add(buffer, " UTC");
}

const char *ferry_fit_name(uint32_t fit)
{
    static const char *const names[] = {
        [FERRY_FIT_EXACT] = "exact", [FERRY_FIT_WIDER] = "wider", [FERRY_FIT_CHECKED] = "checked",
        [FERRY_FIT_LOSSY] = "lossy", [FERRY_FIT_NONE] = "none",
    };
    return fit < sizeof names / sizeof names[0] ? names[fit] : "?";
}
