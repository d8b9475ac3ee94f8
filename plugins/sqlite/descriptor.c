/* A column's descriptor as a row of _dbferry_columns has it: names for types and flags, and what a
 * row must be like to be believed.
 *
 * Anybody can write to a file: what comes out of this goes into other databases, so only what a
 * source could have said is let through.
 */

#include "table.h"

#include <stddef.h>
#include <string.h>

#define DESCRIPTOR_DIGITS_MAX 1000 /* of a decimal */
#define DESCRIPTOR_FRACTION_MAX 9  /* of a second */

/* The names are part of the file's format: they stay. */
struct descriptor_name {
    const char *name;
    uint32_t value;
};

static const struct descriptor_name descriptor_types[] = {
    {"bool", FERRY_TYPE_BOOL},         {"int", FERRY_TYPE_INT},
    {"float", FERRY_TYPE_FLOAT},       {"decimal", FERRY_TYPE_DECIMAL},
    {"text", FERRY_TYPE_TEXT},         {"bytes", FERRY_TYPE_BYTES},
    {"date", FERRY_TYPE_DATE},         {"time", FERRY_TYPE_TIME},
    {"datetime", FERRY_TYPE_DATETIME}, {"year", FERRY_TYPE_YEAR},
    {"any", FERRY_TYPE_ANY},           {"bit", FERRY_TYPE_BIT},
    {"json", FERRY_TYPE_JSON},         {"enum", FERRY_TYPE_ENUM},
    {"set", FERRY_TYPE_SET},           {"uuid", FERRY_TYPE_UUID},
    {"inet4", FERRY_TYPE_INET4},       {"inet6", FERRY_TYPE_INET6},
    {"geometry", FERRY_TYPE_GEOMETRY}, {"vector", FERRY_TYPE_VECTOR},
};

static const struct descriptor_name descriptor_flags[] = {
    {"unsigned", FERRY_COLUMN_UNSIGNED},
    {"not-null", FERRY_COLUMN_NOT_NULL},
    {"utc", FERRY_COLUMN_UTC},
    {"fixed", FERRY_COLUMN_FIXED},
    {"long", FERRY_COLUMN_LONG},
    {"zerofill", FERRY_COLUMN_ZEROFILL},
    {"auto-number", FERRY_COLUMN_AUTO_NUMBER},
    {"generated", FERRY_COLUMN_GENERATED},
    {"default-now", FERRY_COLUMN_DEFAULT_NOW},
    {"srid", FERRY_COLUMN_SRID},
    {"ignores-case", FERRY_COLUMN_IGNORES_CASE},
    {"ignores-accents", FERRY_COLUMN_IGNORES_ACCENTS},
    {"ignores-trailing-space", FERRY_COLUMN_IGNORES_TRAILING_SPACE},
    {"compares-unknown", FERRY_COLUMN_COMPARES_UNKNOWN},
    {"loose", FERRY_COLUMN_LOOSE},
    {"only-null", FERRY_COLUMN_ONLY_NULL},
    {"no-nan", FERRY_COLUMN_NO_NAN},
    {"no-infinity", FERRY_COLUMN_NO_INFINITY},
    {"invisible", FERRY_COLUMN_INVISIBLE},
};

#define DESCRIPTOR_TYPES (sizeof descriptor_types / sizeof *descriptor_types)
#define DESCRIPTOR_FLAGS (sizeof descriptor_flags / sizeof *descriptor_flags)

const struct sqldrv_field sqldrv_fields[SQLDRV_FIELDS] = {
    {"native", offsetof(struct ferry_column, native), SQLDRV_FIELD_TEXT},
    {"bits", offsetof(struct ferry_column, bits), SQLDRV_FIELD_NUMBER},
    {"length", offsetof(struct ferry_column, length), SQLDRV_FIELD_LENGTH},
    {"precision", offsetof(struct ferry_column, precision), SQLDRV_FIELD_NUMBER},
    {"scale", offsetof(struct ferry_column, scale), SQLDRV_FIELD_NUMBER},
    {"charset", offsetof(struct ferry_column, charset), SQLDRV_FIELD_TEXT},
    {"collation", offsetof(struct ferry_column, collation), SQLDRV_FIELD_TEXT},
    {"members", offsetof(struct ferry_column, members), SQLDRV_FIELD_TEXT},
    {"subtype", offsetof(struct ferry_column, subtype), SQLDRV_FIELD_TEXT},
    {"srid", offsetof(struct ferry_column, srid), SQLDRV_FIELD_NUMBER},
    {"key_position", offsetof(struct ferry_column, key_position), SQLDRV_FIELD_NUMBER},
    {"default_value", offsetof(struct ferry_column, default_value), SQLDRV_FIELD_TEXT},
};

const char *sqldrv_descriptor_type_name(uint32_t type)
{
    for (size_t i = 0; i < DESCRIPTOR_TYPES; i++) {
        if (descriptor_types[i].value == type) {
            return descriptor_types[i].name;
        }
    }
    return NULL;
}

uint32_t sqldrv_descriptor_type(const char *name)
{
    for (size_t i = 0; i < DESCRIPTOR_TYPES; i++) {
        if (strcmp(descriptor_types[i].name, name) == 0) {
            return descriptor_types[i].value;
        }
    }
    return 0;
}

void sqldrv_descriptor_add_flags(sqlite3_str *out, uint32_t flags)
{
    const char *space = "";
    for (size_t i = 0; i < DESCRIPTOR_FLAGS; i++) {
        if ((flags & descriptor_flags[i].value) != 0) {
            sqlite3_str_appendf(out, "%s%s", space, descriptor_flags[i].name);
            space = " ";
        }
    }
}

bool sqldrv_descriptor_flags(const char *text, uint32_t *ret_flags)
{
    uint32_t flags = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        size_t i = 0;
        while (i < DESCRIPTOR_FLAGS && (strlen(descriptor_flags[i].name) != length ||
                                        strncmp(descriptor_flags[i].name, text, length) != 0)) {
            i++;
        }
        if (i == DESCRIPTOR_FLAGS) {
            return false;
        }
        flags |= descriptor_flags[i].value;
        text += length;
        text += *text == ' ' ? 1 : 0;
    }
    *ret_flags = flags;
    return true;
}

/* ---- What is believed ---- */

static bool descriptor_is_word(const char *text)
{
    return text == NULL ||
           (text[0] != '\0' && text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                 "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0');
}

/* 'a','it''s': quoted texts with commas between them. */
static bool descriptor_is_list(const char *text)
{
    for (;;) {
        if (*text++ != '\'') {
            return false;
        }
        while (*text != '\0' && (*text != '\'' || text[1] == '\'')) {
            text += *text == '\'' ? 2 : 1;
        }
        if (*text++ != '\'') {
            return false;
        }
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ',') {
            return false;
        }
    }
}

static bool descriptor_fits_type(const struct ferry_column *column)
{
    uint32_t bits = column->bits;
    switch (column->type) {
    case FERRY_TYPE_INT:
        return bits == 8 || bits == 16 || bits == 24 || bits == 32 || bits == 64;
    case FERRY_TYPE_FLOAT:
        return bits == 32 || bits == 64;
    case FERRY_TYPE_BIT:
        return bits >= 1 && bits <= 64;
    case FERRY_TYPE_DECIMAL:
        return column->precision >= 1 && column->precision <= DESCRIPTOR_DIGITS_MAX &&
               column->scale <= column->precision;
    case FERRY_TYPE_TIME:
    case FERRY_TYPE_DATETIME:
        return column->scale <= DESCRIPTOR_FRACTION_MAX;
    case FERRY_TYPE_ENUM:
    case FERRY_TYPE_SET:
        return column->members != NULL && descriptor_is_list(column->members);
    default:
        return true;
    }
}

bool sqldrv_descriptor_is_sound(const struct ferry_column *column)
{
    bool number = column->type == FERRY_TYPE_INT || column->type == FERRY_TYPE_FLOAT ||
                  column->type == FERRY_TYPE_DECIMAL;
    bool enumerated = column->type == FERRY_TYPE_ENUM || column->type == FERRY_TYPE_SET;
    return descriptor_fits_type(column) && descriptor_is_word(column->charset) &&
           descriptor_is_word(column->collation) && descriptor_is_word(column->subtype) &&
           (column->members == NULL || enumerated) &&
           ((column->flags & FERRY_COLUMN_UNSIGNED) == 0 || number) &&
           ((column->flags & (FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY)) == 0 ||
            column->type == FERRY_TYPE_FLOAT) &&
           ((column->flags & FERRY_COLUMN_UTC) == 0 || column->type == FERRY_TYPE_DATETIME) &&
           ((column->flags & FERRY_COLUMN_LOOSE) == 0 || column->type != FERRY_TYPE_ANY) &&
           ((column->flags & FERRY_COLUMN_ONLY_NULL) == 0 ||
            (column->type == FERRY_TYPE_ANY && (column->flags & FERRY_COLUMN_NOT_NULL) == 0));
}
