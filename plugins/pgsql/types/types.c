/* Types of the server -> the common ones, in one table; what is not in it has a text.
 */

#include "types/types.h"

#include <string.h>

#define TYPES_NUMERIC 1700
#define TYPES_BPCHAR 1042
#define TYPES_VARCHAR 1043
#define TYPES_CHAR 18 /* of one byte, in quotes */
#define TYPES_NAME 19
#define TYPES_NAME_BYTES 63
#define TYPES_MODIFIER 4 /* is in the typmods of texts and numbers */
#define TYPES_MONEY 19   /* digits of the largest amount */
#define TYPES_BITS_MOST 64

struct types_row {
    Oid oid;
    uint32_t type, bits, flags;
    enum pgdrv_codec codec;
    enum pgdrv_via via;
    enum pgdrv_order order;
};

/* The numbers are those of pg_type.dat, and are never used twice. */
static const struct types_row types[] = {
    {16, FERRY_TYPE_BOOL, 0, 0, PGDRV_CODEC_BOOL, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {21, FERRY_TYPE_INT, 16, 0, PGDRV_CODEC_INT2, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {23, FERRY_TYPE_INT, 32, 0, PGDRV_CODEC_INT4, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {20, FERRY_TYPE_INT, 64, 0, PGDRV_CODEC_INT8, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    /* oid, xid, cid, xid8; the last three have no order of their own, or none in old releases. */
    {26, FERRY_TYPE_INT, 32, FERRY_COLUMN_UNSIGNED, PGDRV_CODEC_UINT4, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_ITSELF},
    {28, FERRY_TYPE_INT, 32, FERRY_COLUMN_UNSIGNED, PGDRV_CODEC_UINT4, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_NONE},
    {29, FERRY_TYPE_INT, 32, FERRY_COLUMN_UNSIGNED, PGDRV_CODEC_UINT4, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_NONE},
    {5069, FERRY_TYPE_INT, 64, FERRY_COLUMN_UNSIGNED, PGDRV_CODEC_UINT8, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_NONE},
    {700, FERRY_TYPE_FLOAT, 32, 0, PGDRV_CODEC_FLOAT4, PGDRV_VIA_ITSELF, PGDRV_ORDER_NONE},
    {701, FERRY_TYPE_FLOAT, 64, 0, PGDRV_CODEC_FLOAT8, PGDRV_VIA_ITSELF, PGDRV_ORDER_NONE},
    {TYPES_NUMERIC, FERRY_TYPE_DECIMAL, 0, 0, PGDRV_CODEC_NUMERIC, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_ITSELF},
    {790, FERRY_TYPE_DECIMAL, 0, 0, PGDRV_CODEC_NUMERIC, PGDRV_VIA_NUMERIC, PGDRV_ORDER_ITSELF},
    {25, FERRY_TYPE_TEXT, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_ITSELF, PGDRV_ORDER_TEXT},
    {TYPES_VARCHAR, FERRY_TYPE_TEXT, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_ITSELF, PGDRV_ORDER_TEXT},
    {TYPES_BPCHAR, FERRY_TYPE_TEXT, 0, FERRY_COLUMN_IGNORES_TRAILING_SPACE, PGDRV_CODEC_PADDED,
     PGDRV_VIA_ITSELF, PGDRV_ORDER_TEXT},
    {TYPES_NAME, FERRY_TYPE_TEXT, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_OUTPUT, PGDRV_ORDER_TEXT},
    {TYPES_CHAR, FERRY_TYPE_TEXT, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_OUTPUT, PGDRV_ORDER_TEXT},
    {17, FERRY_TYPE_BYTES, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {1082, FERRY_TYPE_DATE, 0, 0, PGDRV_CODEC_DATE, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {1083, FERRY_TYPE_TIME, 0, 0, PGDRV_CODEC_TIME, PGDRV_VIA_ITSELF, PGDRV_ORDER_NONE},
    {1114, FERRY_TYPE_DATETIME, 0, 0, PGDRV_CODEC_TIMESTAMP, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {1184, FERRY_TYPE_DATETIME, 0, FERRY_COLUMN_UTC, PGDRV_CODEC_TIMESTAMP, PGDRV_VIA_ITSELF,
     PGDRV_ORDER_ITSELF},
    {1560, FERRY_TYPE_BIT, 0, 0, PGDRV_CODEC_BIT, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
    {114, FERRY_TYPE_JSON, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_ITSELF, PGDRV_ORDER_NONE},
    {3802, FERRY_TYPE_JSON, 0, 0, PGDRV_CODEC_JSONB, PGDRV_VIA_ITSELF, PGDRV_ORDER_NONE},
    {2950, FERRY_TYPE_UUID, 0, 0, PGDRV_CODEC_UUID, PGDRV_VIA_ITSELF, PGDRV_ORDER_ITSELF},
};

/* Enums, arrays, ranges, rows and all that an extension brings: what their output functions print
 * is read back by the server as the same value. */
static const struct types_row types_other = {
    0, FERRY_TYPE_TEXT, 0, 0, PGDRV_CODEC_TEXT, PGDRV_VIA_OUTPUT, PGDRV_ORDER_TEXT};

static const struct types_row *types_find(const struct pgdrv_type_facts *facts)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].oid == facts->base)
            return &types[i];
    return &types_other;
}

/* ---- Modifiers ---- */

static void types_make_other(struct pgdrv_column *c)
{
    c->column.type = FERRY_TYPE_TEXT;
    c->column.flags = 0;
    c->codec = types_other.codec;
    c->via = types_other.via;
    c->order = types_other.order;
}

/* A scale may be negative, or larger than the precision (since 15). */
static void types_set_decimal(struct pgdrv_column *c, int mod)
{
    int precision = (mod - TYPES_MODIFIER) >> 16 & 0xffff;
    int scale = (((mod - TYPES_MODIFIER) & 0x7ff) ^ 1024) - 1024;
    if (mod < TYPES_MODIFIER || precision == 0) {
        types_make_other(c);
        return;
    }
    if (scale < 0)
        precision -= scale;
    c->column.scale = scale < 0 ? 0 : (uint32_t)scale;
    c->column.precision =
        (uint32_t)precision < c->column.scale ? c->column.scale : (uint32_t)precision;
}

static void types_set_length(struct pgdrv_column *c, int mod)
{
    if (mod < TYPES_MODIFIER)
        return;
    c->column.length = (uint64_t)(mod - TYPES_MODIFIER);
    if (c->codec == PGDRV_CODEC_PADDED)
        c->column.flags |= FERRY_COLUMN_FIXED;
}

static void types_set_bits(struct pgdrv_column *c, int mod)
{
    if (mod < 1 || mod > TYPES_BITS_MOST) {
        types_make_other(c);
        c->column.length = mod < 1 ? 0 : (uint64_t)mod;
    } else {
        c->column.bits = (uint32_t)mod;
    }
}

static void types_set_modifiers(struct pgdrv_column *c, const struct pgdrv_type_facts *facts,
                                unsigned money_scale)
{
    switch (c->codec) {
    case PGDRV_CODEC_NUMERIC:
        if (c->via == PGDRV_VIA_ITSELF) {
            types_set_decimal(c, facts->mod);
            break;
        }
        c->column.scale = money_scale;
        c->column.precision = TYPES_MONEY < money_scale ? money_scale : TYPES_MONEY;
        break;
    case PGDRV_CODEC_TIME:
    case PGDRV_CODEC_TIMESTAMP:
        c->column.scale = facts->mod < 0 || facts->mod > 6 ? 6 : (uint32_t)facts->mod;
        break;
    case PGDRV_CODEC_BIT:
        types_set_bits(c, facts->mod);
        break;
    case PGDRV_CODEC_TEXT:
    case PGDRV_CODEC_PADDED:
        if (facts->base == TYPES_BPCHAR || facts->base == TYPES_VARCHAR)
            types_set_length(c, facts->mod);
        else if (facts->base == TYPES_CHAR || facts->base == TYPES_NAME)
            c->column.length = facts->base == TYPES_CHAR ? 1 : TYPES_NAME_BYTES;
        break;
    default:
        break;
    }
}

/* ---- A column ---- */

static bool types_copy(const char *text, char **ret_owned, const char **ret_field)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return false;
    free(*ret_owned);
    *ret_owned = copy;
    *ret_field = copy;
    return true;
}

static bool types_set_enum(struct pgdrv_column *c, const struct pgdrv_type_facts *facts)
{
    if (facts->kind != 'e' || facts->members == NULL)
        return true;
    c->column.type = FERRY_TYPE_ENUM;
    return types_copy(facts->members, &c->members, &c->column.members);
}

/* In a database without an encoding a text may be anything: the server refuses what is not UTF-8.
 */
static bool types_set_charset(const struct pgdrv_conn *conn, struct pgdrv_column *c)
{
    if (c->column.type != FERRY_TYPE_TEXT)
        return true;
    if (strcmp(conn->encoding, "SQL_ASCII") == 0)
        c->column.flags |= FERRY_COLUMN_PARTIAL_TEXT;
    return types_copy(conn->encoding, &c->charset, &c->column.charset);
}

/* No value of these kinds can stand in a column. */
static ferry_status types_check(const struct pgdrv_conn *conn, const char *name,
                                const struct pgdrv_type_facts *facts, struct ferry_error *err)
{
    if (facts->kind != 'p')
        return FERRY_OK;
    return ferry_fail(err, FERRY_ERR_SCHEMA,
                      "%s: column '%s' has type %s, which is none that a table's column can have; "
                      "name its fields, or cast it to a type that is (AS text)",
                      conn->label, name, facts->declared);
}

ferry_status pgdrv_column_describe(const struct pgdrv_conn *conn, const char *name,
                                   const struct pgdrv_type_facts *facts, unsigned money_scale,
                                   struct pgdrv_column *column, struct ferry_error *err)
{
    const struct types_row *row = types_find(facts);
    ferry_status status = types_check(conn, name, facts, err);
    if (status != FERRY_OK)
        return status;
    column->type = facts->base;
    column->mod = facts->mod;
    column->codec = row->codec;
    column->via = row->via;
    column->order = row->order;
    column->is_cast = facts->kind == 'e';
    column->column.type = row->type;
    column->column.bits = row->bits;
    column->column.flags = row->flags;
    types_set_modifiers(column, facts, money_scale);
    if (strcmp(facts->name, "citext") == 0)
        column->column.flags |= FERRY_COLUMN_IGNORES_CASE;
    const char *unused;
    if (!types_copy(name, &column->name, &column->column.name) ||
        !types_copy(facts->spelled, &column->native, &column->column.native) ||
        !types_copy(facts->output, &column->output, &unused) || !types_set_enum(column, facts) ||
        !types_set_charset(conn, column))
        return pgdrv_fail_memory(err);
    return FERRY_OK;
}

bool pgdrv_column_is_unlimited(const struct pgdrv_column *column)
{
    return column->type == TYPES_NUMERIC && column->column.type == FERRY_TYPE_TEXT;
}

bool pgdrv_column_is_printed(const struct pgdrv_column *column)
{
    return column->column.type == FERRY_TYPE_TEXT && column->via == PGDRV_VIA_OUTPUT &&
           column->type != TYPES_CHAR && column->type != TYPES_NAME &&
           !pgdrv_column_is_unlimited(column);
}

bool pgdrv_collation_is_bytes(const char *name)
{
    return strcmp(name, "C") == 0 || strcmp(name, "POSIX") == 0;
}

bool pgdrv_column_is_text(const struct pgdrv_column *column)
{
    return column->column.type == FERRY_TYPE_TEXT || column->column.type == FERRY_TYPE_JSON ||
           column->column.type == FERRY_TYPE_ENUM;
}

void pgdrv_column_clear(struct pgdrv_column *column)
{
    free(column->name);
    free(column->native);
    free(column->members);
    free(column->default_value);
    free(column->collation);
    free(column->charset);
    free(column->output);
    *column = (struct pgdrv_column){0};
}
