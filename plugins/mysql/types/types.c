/* A column of a result, as the server describes it, -> the common type descriptor.
 *
 * The only source is the result's own metadata.  What is not in the table is refused by name.
 */

#include "types/types.h"

#include <string.h>

#define CHARSET_BINARY 63
#define TYPE_VECTOR 242 /* MySQL 9; the client library has no name for it */
#define VECTOR_MOST_BYTES (16383 * sizeof(float))
#define DECIMAL_MOST_DIGITS 65

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

/* MariaDB's own types come as strings with the type's name beside them. */
static const struct {
    const char *name;
    uint32_t ferry_type;
} types_named[] = {
    {"uuid", FERRY_TYPE_UUID},
    {"inet4", FERRY_TYPE_INET4},
    {"inet6", FERRY_TYPE_INET6},
};

/* An attribute of the field that only MariaDB sends, to be freed; NULL where there is none. */
static char *types_attribute(const MYSQL_FIELD *field, enum mariadb_field_attr_t kind)
{
    MARIADB_CONST_STRING attribute = {0};
    if (mariadb_field_attr(&attribute, field, kind) != 0 || attribute.length == 0)
        return NULL;
    return strndup(attribute.str, attribute.length);
}

/* How many digits are shown matters where zeros fill them up, and tells TINYINT(1) from others. */
static void types_describe_width(const MYSQL_FIELD *field, const char *name, struct mydrv_column *c)
{
    bool fills = (field->flags & ZEROFILL_FLAG) != 0;
    char width[16] = "";
    if ((fills && field->length <= 255) || (field->type == MYSQL_TYPE_TINY && field->length == 1)) {
        c->column.length = field->length;
        (void)snprintf(width, sizeof width, "(%lu)", field->length);
    }
    c->column.flags |= fills ? FERRY_COLUMN_ZEROFILL : 0;
    if (asprintf(&c->native, "%s%s%s%s", name, width,
                 (field->flags & UNSIGNED_FLAG) != 0 ? " unsigned" : "",
                 fills ? " zerofill" : "") < 0)
        c->native = NULL;
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
        types_describe_width(field, known->name, c);
        return true;
    }
    return false;
}

static bool types_describe_float(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_FLOAT && field->type != MYSQL_TYPE_DOUBLE)
        return false;
    bool is_float = field->type == MYSQL_TYPE_FLOAT;
    bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    char digits[32] = "";
    if (field->decimals <= 30 && field->length <= 255) /* DOUBLE(10,3); 31: not fixed */
        (void)snprintf(digits, sizeof digits, "(%lu,%u)", field->length, field->decimals);
    c->column.type = FERRY_TYPE_FLOAT;
    c->column.bits = is_float ? 32 : 64;
    c->column.flags |= is_unsigned ? FERRY_COLUMN_UNSIGNED : 0;
    c->column.flags |= FERRY_COLUMN_NO_NAN | FERRY_COLUMN_NO_INFINITY;
    c->codec = is_float ? MYDRV_CODEC_FLOAT : MYDRV_CODEC_DOUBLE;
    if (asprintf(&c->native, "%s%s%s", is_float ? "float" : "double", digits,
                 is_unsigned ? " unsigned" : "") < 0)
        c->native = NULL;
    return true;
}

static bool types_describe_decimal(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_NEWDECIMAL && field->type != MYSQL_TYPE_DECIMAL)
        return false;
    bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    /* The length counts the point and, where there may be one, the sign. */
    unsigned long extra = (field->decimals > 0 ? 1UL : 0UL) + (is_unsigned ? 0UL : 1UL);
    unsigned long digits = field->length > extra ? field->length - extra : 1;
    if (digits < field->decimals)
        digits = field->decimals;
    c->impossible = field->decimals > DECIMAL_MOST_DIGITS;
    c->column.type = FERRY_TYPE_DECIMAL;
    c->column.precision = digits > DECIMAL_MOST_DIGITS ? DECIMAL_MOST_DIGITS : (uint32_t)digits;
    c->column.scale = field->decimals;
    c->column.flags |= is_unsigned ? FERRY_COLUMN_UNSIGNED : 0;
    c->codec = MYDRV_CODEC_STRING;
    if (asprintf(&c->native, "decimal(%u,%u)%s", c->column.precision, c->column.scale,
                 is_unsigned ? " unsigned" : "") < 0)
        c->native = NULL;
    return true;
}

/* Of some expressions (IFNULL, a subquery) both servers say BIT and send the digits of the number:
 * 57 comes as the bytes of '57', which is 13623 as bits. */
static bool types_describe_bit(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_BIT || field->length == 0 || field->length > 64)
        return false;
    c->column.type = FERRY_TYPE_BIT;
    c->column.bits = (uint32_t)field->length;
    c->codec = MYDRV_CODEC_BIT;
    if (field->db == NULL || *field->db == '\0') /* only a plain column tells its database */
        c->recast = "UNSIGNED";
    if (asprintf(&c->native, "bit(%lu)", field->length) < 0)
        c->native = NULL;
    return true;
}

static bool types_describe_number(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_YEAR)
        return types_describe_int(field, c) || types_describe_float(field, c) ||
               types_describe_decimal(field, c) || types_describe_bit(field, c);
    c->column.type = FERRY_TYPE_YEAR;
    c->codec = MYDRV_CODEC_UINT16;
    c->native = strdup("year");
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

/* Servers count the bytes of a TEXT, and the characters of a VARCHAR by the bytes that each may
 * have. */
static uint64_t types_characters(const struct mydrv_charset *set, bool is_blob, uint64_t length)
{
    if (set == NULL)
        return length;
    return length / (is_blob ? set->least : set->most);
}

static bool types_describe_string(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    bool is_blob = field->type >= MYSQL_TYPE_TINY_BLOB && field->type <= MYSQL_TYPE_BLOB;
    bool is_members = (field->flags & (ENUM_FLAG | SET_FLAG)) != 0 ||
                      field->type == MYSQL_TYPE_ENUM || field->type == MYSQL_TYPE_SET;
    bool is_fixed = field->type == MYSQL_TYPE_STRING && !is_members;
    if (!is_blob && !is_fixed && !is_members && field->type != MYSQL_TYPE_VAR_STRING &&
        field->type != MYSQL_TYPE_VARCHAR)
        return false;
    bool is_text = field->charsetnr != CHARSET_BINARY;
    uint64_t length = field->length;
    bool unlimited = length >= UINT32_MAX - 3; /* LONGTEXT and LONGBLOB */
    length = types_characters(c->set, is_blob, length);
    c->column.type = is_text ? FERRY_TYPE_TEXT : FERRY_TYPE_BYTES;
    c->column.length = unlimited ? 0 : length;
    c->column.flags |= is_blob ? FERRY_COLUMN_LONG : is_fixed ? FERRY_COLUMN_FIXED : 0;
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

/* ENUM and SET come as strings with a flag or, of IF, CASE and LEAD on MySQL, under types of their
 * own.  Those of the character set `binary` hold any bytes: they are described as bytes. */
static bool types_describe_members(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    bool is_enum = (field->flags & ENUM_FLAG) != 0 || field->type == MYSQL_TYPE_ENUM;
    bool is_set = (field->flags & SET_FLAG) != 0 || field->type == MYSQL_TYPE_SET;
    if ((!is_enum && !is_set) || field->charsetnr == CHARSET_BINARY)
        return false;
    c->column.type = is_enum ? FERRY_TYPE_ENUM : FERRY_TYPE_SET;
    c->codec = MYDRV_CODEC_STRING;
    c->native = strdup(is_enum ? "enum" : "set");
    return true;
}

static bool types_describe_geometry(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_GEOMETRY)
        return false;
    c->column.type = FERRY_TYPE_GEOMETRY;
    c->codec = MYDRV_CODEC_STRING;
    c->subtype = types_attribute(field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
    c->native = strdup(c->subtype == NULL ? "geometry" : c->subtype);
    return true;
}

static bool types_describe_vector(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    bool limited = field->length <= VECTOR_MOST_BYTES;
    c->column.type = FERRY_TYPE_VECTOR;
    c->column.length = limited ? field->length / sizeof(float) : 0;
    c->codec = MYDRV_CODEC_STRING;
    int made = limited ? asprintf(&c->native, "vector(%lu)", field->length / sizeof(float))
                       : asprintf(&c->native, "vector");
    if (made < 0)
        c->native = NULL;
    return true;
}

/* MariaDB's JSON is a LONGTEXT with a mark.  A VARCHAR can have it too, and stays what it is. */
static bool types_describe_json(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    PART_AUTO_STRING char *format = types_attribute(field, MARIADB_FIELD_ATTR_FORMAT_NAME);
    bool marked = format != NULL && strcmp(format, "json") == 0 && field->type == MYSQL_TYPE_BLOB;
    if (field->type != MYSQL_TYPE_JSON && !marked)
        return false;
    c->column.type = FERRY_TYPE_JSON;
    c->codec = MYDRV_CODEC_STRING;
    c->native = strdup("json");
    return true;
}

/* `name` is the attribute that the field has. */
static bool types_describe_named(const char *name, struct mydrv_column *c)
{
    for (size_t i = 0; i < sizeof types_named / sizeof *types_named; i++) {
        if (strcmp(types_named[i].name, name) != 0)
            continue;
        c->column.type = types_named[i].ferry_type;
        c->codec = MYDRV_CODEC_STRING;
        c->native = strdup(name);
        return true;
    }
    return false;
}

/* NULL itself, and what can be nothing else: COALESCE(NULL, NULL). */
static bool types_describe_null(const MYSQL_FIELD *field, struct mydrv_column *c)
{
    if (field->type != MYSQL_TYPE_NULL)
        return false;
    c->column.type = FERRY_TYPE_ANY;
    c->column.flags |= FERRY_COLUMN_ONLY_NULL;
    c->codec = MYDRV_CODEC_NULL;
    c->native = strdup("null");
    return true;
}

static bool types_describe(const MYSQL_FIELD *field, const char *name, bool utc,
                           struct mydrv_column *c)
{
    if (types_describe_geometry(field, c))
        return true;
    if (name != NULL)
        return types_describe_named(name, c);
    if ((unsigned)field->type == TYPE_VECTOR) {
        c->recast = "BINARY";
        return types_describe_vector(field, c);
    }
    return types_describe_number(field, c) || types_describe_moment(field, utc, c) ||
           types_describe_members(field, c) || types_describe_json(field, c) ||
           types_describe_string(field, c) || types_describe_null(field, c);
}

static ferry_status types_refuse(const MYSQL_FIELD *field, char *name, struct ferry_error *err)
{
    const char *type = "of an unknown kind";
    for (char *c = name; c != NULL && *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    if (name != NULL)
        type = name;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "column '%s' has type %s (%u), which dbferry does not carry; leave it out, "
                      "or give CAST(... AS CHAR) or HEX(...) in the view or query",
                      field->name, type, (unsigned)field->type);
}

/* Of the types that hold texts in a character set. */
static ferry_status types_describe_charset(const MYSQL_FIELD *field, struct mydrv_column *c,
                                           struct ferry_error *err)
{
    bool is_text = c->column.type == FERRY_TYPE_TEXT || c->column.type == FERRY_TYPE_ENUM ||
                   c->column.type == FERRY_TYPE_SET;
    if (!is_text && (c->column.type != FERRY_TYPE_JSON || field->charsetnr == CHARSET_BINARY)) {
        c->set = NULL;
        return FERRY_OK;
    }
    if (c->set == NULL)
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column '%s' has a character set that dbferry does not know (collation "
                          "number %u); give CONVERT(... USING utf8mb4) in the view or query",
                          field->name, field->charsetnr);
    if (c->set->partial)
        c->column.flags |= FERRY_COLUMN_PARTIAL_TEXT;
    c->charset = strdup(c->set->name);
    c->column.charset = c->charset;
    return c->charset == NULL ? mydrv_fail_memory(err) : FERRY_OK;
}

ferry_status mydrv_column_describe(const MYSQL_FIELD *field, size_t position, bool utc,
                                   struct mydrv_column *column, struct ferry_error *err)
{
    struct mydrv_column c = {.set = mydrv_charset_of(field->charsetnr)};
    if (field->name == NULL || *field->name == '\0')
        return ferry_fail(err, FERRY_ERR_SCHEMA,
                          "column %zu has no name; give it one with AS in the query or view",
                          position);
    PART_AUTO_STRING char *name = types_attribute(field, MARIADB_FIELD_ATTR_DATA_TYPE_NAME);
    if (!types_describe(field, name, utc, &c))
        return types_refuse(field, name, err);
    if (c.impossible) {
        mydrv_column_clear(&c);
        return ferry_fail(err, FERRY_ERR_STREAM,
                          "the server describes column '%s' as a DECIMAL of %u digits behind the "
                          "point, which no server has; something other than a MySQL server "
                          "answers, or the stream is damaged",
                          field->name, field->decimals);
    }
    ferry_status status = types_describe_charset(field, &c, err);
    if (status != FERRY_OK) {
        mydrv_column_clear(&c);
        return status;
    }
    c.name = strdup(field->name);
    if (c.native == NULL || c.name == NULL) {
        mydrv_column_clear(&c);
        return mydrv_fail_memory(err);
    }
    if ((field->flags & NOT_NULL_FLAG) != 0 && c.codec != MYDRV_CODEC_NULL)
        c.column.flags |= FERRY_COLUMN_NOT_NULL;
    c.column.name = c.name;
    c.column.native = c.native;
    c.column.subtype = c.subtype;
    *column = c;
    return FERRY_OK;
}

void mydrv_column_clear(struct mydrv_column *column)
{
    free(column->name);
    free(column->native);
    free(column->subtype);
    free(column->charset);
    free(column->collation);
    free(column->members);
    free(column->default_value);
    *column = (struct mydrv_column){0};
}
