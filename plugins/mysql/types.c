/* A column of a result, as the server describes it, -> the common type descriptor.
 *
 * The only source is the result's own metadata.  What is not in the table is refused by name.
 */

#include "mysql_driver.h"

#include <string.h>

#define CHARSET_BINARY 63
#define TYPE_VECTOR 242 /* MySQL 9; the client library has no name for it */

static const struct types_int {
    unsigned type;
    unsigned bits;
    enum mydrv_codec when_signed;
    enum mydrv_codec when_unsigned;
    const char *name;
} types_ints[] = {
    {MYSQL_TYPE_TINY, 8, MYDRV_CODEC_INT8, MYDRV_CODEC_UINT8, "tinyint"},
    {MYSQL_TYPE_SHORT, 16, MYDRV_CODEC_INT16, MYDRV_CODEC_UINT16, "smallint"},
    {MYSQL_TYPE_INT24, 24, MYDRV_CODEC_INT32, MYDRV_CODEC_UINT32, "mediumint"},
    {MYSQL_TYPE_LONG, 32, MYDRV_CODEC_INT32, MYDRV_CODEC_UINT32, "int"},
    {MYSQL_TYPE_LONGLONG, 64, MYDRV_CODEC_INT64, MYDRV_CODEC_INT64, "bigint"},
};

static const struct {
    unsigned type;
    uint32_t ferry_type;
    uint32_t flags;
    enum mydrv_codec codec;
    const char *name;
} types_moments[] = {
    {MYSQL_TYPE_DATE, FERRY_TYPE_DATE, 0, MYDRV_CODEC_DATE, "date"},
    {MYSQL_TYPE_NEWDATE, FERRY_TYPE_DATE, 0, MYDRV_CODEC_DATE, "date"},
    {MYSQL_TYPE_TIME, FERRY_TYPE_TIME, 0, MYDRV_CODEC_TIME, "time"},
    {MYSQL_TYPE_DATETIME, FERRY_TYPE_DATETIME, 0, MYDRV_CODEC_DATETIME, "datetime"},
    {MYSQL_TYPE_TIMESTAMP, FERRY_TYPE_DATETIME, FERRY_COLUMN_UTC, MYDRV_CODEC_DATETIME,
     "timestamp"},
};

static const struct {
    unsigned type;
    const char *name;
} types_refused[] = {
    {MYSQL_TYPE_NULL, "NULL"}, {MYSQL_TYPE_BIT, "BIT"},   {MYSQL_TYPE_ENUM, "ENUM"},
    {MYSQL_TYPE_SET, "SET"},   {MYSQL_TYPE_JSON, "JSON"}, {MYSQL_TYPE_GEOMETRY, "GEOMETRY"},
    {TYPE_VECTOR, "VECTOR"},
};

/* The type of the field where it is one that this driver does not carry, else NULL.  ENUM and SET
 * come as strings with a flag; MariaDB's own types come as strings or blobs with an attribute. */
static const char *types_refused_name(const MYSQL_FIELD *field, char **ret_owned)
{
    MARIADB_CONST_STRING attribute = {0};
    if ((field->flags & ENUM_FLAG) != 0)
        return "ENUM";
    if ((field->flags & SET_FLAG) != 0)
        return "SET";
    for (int kind = MARIADB_FIELD_ATTR_DATA_TYPE_NAME; kind <= MARIADB_FIELD_ATTR_FORMAT_NAME;
         kind++) {
        if (mariadb_field_attr(&attribute, field, (enum mariadb_field_attr_t)kind) != 0 ||
            attribute.length == 0)
            continue;
        *ret_owned = strndup(attribute.str, attribute.length);
        for (char *c = *ret_owned; c != NULL && *c != '\0'; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 'a' + 'A');
        return *ret_owned == NULL ? "of an unknown kind" : *ret_owned;
    }
    for (size_t i = 0; i < sizeof types_refused / sizeof *types_refused; i++)
        if (types_refused[i].type == (unsigned)field->type)
            return types_refused[i].name;
    return NULL;
}

static bool types_describe_int(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    for (size_t i = 0; i < sizeof types_ints / sizeof *types_ints; i++) {
        const struct types_int *known = &types_ints[i];
        if (known->type != (unsigned)field->type)
            continue;
        bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
        c->column.type = FERRY_TYPE_INT;
        c->column.bits = known->bits;
        c->column.flags |= is_unsigned ? FERRY_COLUMN_UNSIGNED : 0;
        c->codec = is_unsigned ? known->when_unsigned : known->when_signed;
        const char *width = field->type == MYSQL_TYPE_TINY && field->length == 1 ? "(1)" : "";
        if (asprintf(&c->native, "%s%s%s%s", known->name, width, is_unsigned ? " unsigned" : "",
                     (field->flags & ZEROFILL_FLAG) != 0 ? " zerofill" : "") < 0)
            c->native = NULL;
        return true;
    }
    return false;
}

static bool types_describe_number(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    const char *sign = (field->flags & UNSIGNED_FLAG) != 0 ? " unsigned" : "";
    if (field->type == MYSQL_TYPE_YEAR) {
        c->column.type = FERRY_TYPE_YEAR;
        c->codec = MYDRV_CODEC_UINT16;
        c->native = strdup("year");
        return true;
    }
    if (field->type == MYSQL_TYPE_FLOAT || field->type == MYSQL_TYPE_DOUBLE) {
        bool is_float = field->type == MYSQL_TYPE_FLOAT;
        c->column.type = FERRY_TYPE_FLOAT;
        c->column.bits = is_float ? 32 : 64;
        c->codec = is_float ? MYDRV_CODEC_FLOAT : MYDRV_CODEC_DOUBLE;
        if (asprintf(&c->native, "%s%s", is_float ? "float" : "double", sign) < 0)
            c->native = NULL;
        return true;
    }
    if (field->type != MYSQL_TYPE_NEWDECIMAL && field->type != MYSQL_TYPE_DECIMAL)
        return false;
    /* The length counts the point and, where there may be one, the sign. */
    unsigned long extra = (field->decimals > 0 ? 1UL : 0UL) + (*sign == '\0' ? 1UL : 0UL);
    unsigned long digits = field->length > extra ? field->length - extra : 1;
    if (digits < field->decimals)
        digits = field->decimals;
    c->column.type = FERRY_TYPE_DECIMAL;
    c->column.precision = digits > 65 ? 65 : (uint32_t)digits;
    c->column.scale = field->decimals;
    c->codec = MYDRV_CODEC_STRING;
    if (asprintf(&c->native, "decimal(%u,%u)%s", c->column.precision, c->column.scale, sign) < 0)
        c->native = NULL;
    return true;
}

static bool types_describe_moment(const MYSQL_FIELD *field, bool utc, struct mydrv_column *c)
{
    for (size_t i = 0; i < sizeof types_moments / sizeof *types_moments; i++) {
        if (types_moments[i].type != (unsigned)field->type)
            continue;
        c->column.type = types_moments[i].ferry_type;
        c->codec = types_moments[i].codec;
        if (utc)
            c->column.flags |= types_moments[i].flags;
        if (c->codec != MYDRV_CODEC_DATE)
            c->column.scale = field->decimals > 6 ? 6 : field->decimals;
        int made = c->column.scale == 0
                       ? asprintf(&c->native, "%s", types_moments[i].name)
                       : asprintf(&c->native, "%s(%u)", types_moments[i].name, c->column.scale);
        if (made < 0)
            c->native = NULL;
        return true;
    }
    return false;
}

static const char *types_blob_size(uint64_t length)
{
    return length <= 255 ? "tiny" : length <= 65535 ? "" : length <= 16777215 ? "medium" : "long";
}

static bool types_describe_string(const MYSQL_FIELD *field, unsigned bytes_per_char,
                                  struct mydrv_column *c)
{
    bool is_blob = field->type >= MYSQL_TYPE_TINY_BLOB && field->type <= MYSQL_TYPE_BLOB;
    bool is_fixed = field->type == MYSQL_TYPE_STRING;
    if (!is_blob && !is_fixed && field->type != MYSQL_TYPE_VAR_STRING &&
        field->type != MYSQL_TYPE_VARCHAR)
        return false;
    bool is_text = field->charsetnr != CHARSET_BINARY;
    uint64_t length = field->length;
    bool unlimited = length >= UINT32_MAX - 3; /* LONGTEXT and LONGBLOB */
    if (is_text && bytes_per_char > 1)
        length /= bytes_per_char;
    c->column.type = is_text ? FERRY_TYPE_TEXT : FERRY_TYPE_BYTES;
    c->column.length = unlimited ? 0 : length;
    c->codec = MYDRV_CODEC_STRING;
    int made;
    if (is_blob)
        made = asprintf(&c->native, "%s%s", types_blob_size(unlimited ? UINT32_MAX : length),
                        is_text ? "text" : "blob");
    else
        made = asprintf(&c->native, "%s%s(%llu)", is_fixed ? "" : "var",
                        is_text ? "char" : "binary", (unsigned long long)length);
    if (made < 0)
        c->native = NULL;
    return true;
}

static bool types_describe(const MYSQL_FIELD *field, unsigned bytes_per_char, bool utc,
                           struct mydrv_column *c)
{
    return types_describe_int(field, c) || types_describe_number(field, c) ||
           types_describe_moment(field, utc, c) || types_describe_string(field, bytes_per_char, c);
}

ferry_status mydrv_column_describe(const MYSQL_FIELD *field, size_t position,
                                   unsigned bytes_per_char, bool utc, struct mydrv_column *column,
                                   struct ferry_error *err)
{
    *column = (struct mydrv_column){.column = {.name = field->name}};
    MYDRV_AUTO_TEXT char *owned = NULL;
    if (field->name == NULL || *field->name == '\0')
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column %zu has no name; give it one with AS in the query or view",
                          position);
    if ((field->flags & NOT_NULL_FLAG) != 0)
        column->column.flags |= FERRY_COLUMN_NOT_NULL;
    const char *refused = types_refused_name(field, &owned);
    if (refused == NULL && !types_describe(field, bytes_per_char, utc, column))
        refused = "of an unknown kind";
    if (refused != NULL)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' has type %s (%u), which dbferry does not carry yet; leave "
                          "it out, or give CAST(... AS CHAR) or HEX(...) in the view or query",
                          field->name, refused, (unsigned)field->type);
    if (column->native == NULL)
        return mydrv_fail_memory(err);
    column->column.native = column->native;
    return FERRY_OK;
}

void mydrv_column_clear(struct mydrv_column *column)
{
    free(column->native);
    column->native = NULL;
}
