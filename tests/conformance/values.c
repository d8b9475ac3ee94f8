/* Rows that try the limits of every common type, and digests to compare them. */

#include "suite.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "driver/type.h"

#define INT(column, width, more)                                                                   \
    {                                                                                              \
        .name = (column), .native = "int" #width, .type = FERRY_TYPE_INT, .bits = (width), more    \
    }
#define UNSIGNED .flags = FERRY_COLUMN_UNSIGNED

const struct ferry_column values_columns[] = {
    {.name = "id",
     .native = "int64",
     .type = FERRY_TYPE_INT,
     .bits = 64,
     .flags = FERRY_COLUMN_NOT_NULL,
     .key_position = 1},
    {.name = "c_bool", .native = "bool", .type = FERRY_TYPE_BOOL},
    INT("c_i8", 8, ),
    INT("c_i16", 16, ),
    INT("c_i24", 24, ),
    INT("c_i32", 32, ),
    INT("c_i64", 64, ),
    INT("c_u8", 8, UNSIGNED),
    INT("c_u16", 16, UNSIGNED),
    INT("c_u24", 24, UNSIGNED),
    INT("c_u32", 32, UNSIGNED),
    INT("c_u64", 64, UNSIGNED),
    {.name = "c_f32", .native = "float32", .type = FERRY_TYPE_FLOAT, .bits = 32},
    {.name = "c_f64", .native = "float64", .type = FERRY_TYPE_FLOAT, .bits = 64},
    {.name = "c_dec", .native = "decimal", .type = FERRY_TYPE_DECIMAL, .precision = 10, .scale = 2},
    {.name = "c_dec_large",
     .native = "decimal",
     .type = FERRY_TYPE_DECIMAL,
     .precision = 65,
     .scale = 30},
    {.name = "c_dec_whole", .native = "decimal", .type = FERRY_TYPE_DECIMAL, .precision = 20},
    {.name = "c_text", .native = "text", .type = FERRY_TYPE_TEXT, .charset = "utf8mb4"},
    {.name = "c_text_40", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40},
    {.name = "c_bytes", .native = "bytes", .type = FERRY_TYPE_BYTES},
    {.name = "c_bytes_16", .native = "bytes(16)", .type = FERRY_TYPE_BYTES, .length = 16},
    {.name = "c_date", .native = "date", .type = FERRY_TYPE_DATE},
    {.name = "c_time", .native = "time(6)", .type = FERRY_TYPE_TIME, .scale = 6},
    {.name = "c_datetime", .native = "datetime", .type = FERRY_TYPE_DATETIME},
    {.name = "c_datetime_3", .native = "datetime(3)", .type = FERRY_TYPE_DATETIME, .scale = 3},
    {.name = "c_instant",
     .native = "timestamp(6)",
     .type = FERRY_TYPE_DATETIME,
     .scale = 6,
     .flags = FERRY_COLUMN_UTC},
    {.name = "c_year", .native = "year", .type = FERRY_TYPE_YEAR},
    {.name = "c_bit", .native = "bit(1)", .type = FERRY_TYPE_BIT, .bits = 1},
    {.name = "c_bit_12", .native = "bit(12)", .type = FERRY_TYPE_BIT, .bits = 12},
    {.name = "c_bit_64", .native = "bit(64)", .type = FERRY_TYPE_BIT, .bits = 64},
    {.name = "c_json", .native = "json", .type = FERRY_TYPE_JSON},
    {.name = "c_enum",
     .native = "enum",
     .type = FERRY_TYPE_ENUM,
     .flags = FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_TRAILING_SPACE,
     .charset = "utf8mb4",
     .collation = "utf8mb4_general_ci",
     .members = "'small','it''s','\xC3\x9F','x y'"},
    {.name = "c_set",
     .native = "set",
     .type = FERRY_TYPE_SET,
     .members = "'a','b','it''s'",
     .default_value = "a"},
    {.name = "c_uuid", .native = "uuid", .type = FERRY_TYPE_UUID},
    {.name = "c_inet4", .native = "inet4", .type = FERRY_TYPE_INET4},
    {.name = "c_inet6", .native = "inet6", .type = FERRY_TYPE_INET6},
    {.name = "c_geometry", .native = "geometry", .type = FERRY_TYPE_GEOMETRY},
    {.name = "c_point",
     .native = "point",
     .type = FERRY_TYPE_GEOMETRY,
     .flags = FERRY_COLUMN_SRID,
     .srid = 4326,
     .subtype = "point"},
    {.name = "c_vector", .native = "vector(2)", .type = FERRY_TYPE_VECTOR, .length = 2},
    {.name = "c_ignoring",
     .native = "varchar(40)",
     .type = FERRY_TYPE_TEXT,
     .length = 40,
     .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS,
     .charset = "utf8mb4",
     .collation = "utf8mb4_unicode_ci",
     .default_value = "it's \xC3\xA9"},
    {.name = "c_known_not", /* how it compares, that is */
     .native = "varchar(40)",
     .type = FERRY_TYPE_TEXT,
     .length = 40,
     .flags = FERRY_COLUMN_COMPARES_UNKNOWN},
    {.name = "c_stamp",
     .native = "datetime",
     .type = FERRY_TYPE_DATETIME,
     .flags = FERRY_COLUMN_NOT_NULL | FERRY_COLUMN_DEFAULT_NOW},
};
const size_t values_column_count = sizeof values_columns / sizeof values_columns[0];

#define DIGITS_35 "99999999999999999999999999999999999"
#define DIGITS_30 "999999999999999999999999999999"

struct value {
    const char *bytes;
    size_t size;
};

#define V(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }

#define WGS84 "\xE6\x10\0\0"
#define POINT_ZERO "\1\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define POINT_ONE "\1\1\0\0\0\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\xF0\xBF"

/* The least, the greatest, the zero or empty, and an ordinary value of what travels as bytes. */
static const struct text_values {
    const char *column;
    struct value values[4];
} texts[] = {
    {"c_dec", {V("-99999999.99"), V("99999999.99"), V("0.00"), V("0.10")}},
    {"c_dec_large",
     {V("-" DIGITS_35 "." DIGITS_30), V(DIGITS_35 "." DIGITS_30),
      V("0.000000000000000000000000000000"), V("5.100000000000000000000000000000")}},
    {"c_dec_whole",
     {V("-99999999999999999999"), V("99999999999999999999"), V("0"), V("18446744073709551616")}},
    {"c_text",
     {V("'\"\\%_;--\n\r\t"), V("\xF0\x9F\x98\x80\xE6\xBC\xA2\xC3\x9F"), V(""), V(" 0.10 ")}},
    {"c_text_40", {V("5e3"), V("0x10"), V(""), V("Infinity")}},
    {"c_bytes", {V("\x01\x02\xFF\xFE\0"), V("\xC3\x28"), V(""), V("looks like text")}},
    {"c_bytes_16", {V("\x80"), V("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), V(""), V("0.10")}},
    {"c_date", {V("1000-01-01"), V("9999-12-31"), V("1970-01-01"), V("2024-02-29")}},
    {"c_time",
     /* A time of day; what lies beyond is for edges.c, since not each target has it. */
     {V("00:00:00.000001"), V("23:59:59.999999"), V("00:00:00.000000"), V("12:34:56.789012")}},
    {"c_datetime",
     {V("1000-01-01 00:00:00"), V("9999-12-31 23:59:59"), V("1970-01-01 00:00:00"),
      V("2024-02-29 12:00:00")}},
    {"c_datetime_3",
     {V("1000-01-01 00:00:00.000"), V("9999-12-31 23:59:59.999"), V("1970-01-01 00:00:00.000"),
      V("2024-02-29 12:00:00.100")}},
    {"c_instant",
     {V("1970-01-01 00:00:01.000000"), V("2038-01-19 03:14:07.999999"),
      V("2000-01-01 00:00:00.000000"), V("2024-03-31 01:30:00.000000")}},
    {"c_json",
     {V("null"), V("{\"k\": [1, -2.5, \"\xC3\xA9\", null, true]}"), V("\"\""), V("\"5\"")}},
    {"c_enum", {V("small"), V("x y"), V("\xC3\x9F"), V("it's")}},
    {"c_set", {V(""), V("a,b,it's"), V(""), V("b,it's")}},
    {"c_uuid",
     {V("00000000-0000-0000-0000-000000000000"), V("ffffffff-ffff-ffff-ffff-ffffffffffff"),
      V("00000000-0000-0000-0000-000000000000"), V("123e4567-e89b-12d3-a456-426655440000")}},
    {"c_inet4", {V("0.0.0.0"), V("255.255.255.255"), V("0.0.0.0"), V("192.0.2.1")}},
    {"c_inet6", {V("::"), V("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), V("::"), V("2001:db8::1")}},
    {"c_geometry",
     {V("\0\0\0\0" POINT_ZERO), V("\0\0\0\0" POINT_ONE), V("\0\0\0\0" POINT_ZERO),
      V(WGS84 POINT_ONE)}},
    {"c_point", {V(WGS84 POINT_ZERO), V(WGS84 POINT_ONE), V(WGS84 POINT_ZERO), V(WGS84 POINT_ONE)}},
    {"c_vector",
     /* Not the largest single: MariaDB wants the squares to have a sum. */
     {V("\0\0\0\xDF\0\0\0\xDF"), V("\0\0\0\x5F\0\0\0\x5F"), V("\0\0\0\0\0\0\0\0"),
      V("\0\0\x80\x3F\0\0\x80\xBF")}},
    {"c_ignoring", {V("A"), V("\xC3\x89"), V(""), V("a")}},
    {"c_known_not", {V("Volvo"), V("VOLVO"), V(""), V("volvo ")}},
    {"c_stamp",
     {V("1000-01-01 00:00:00"), V("9999-12-31 23:59:59"), V("1970-01-01 00:00:00"),
      V("2024-02-29 12:00:00")}},
};

static int64_t int_value(const struct ferry_column *column, uint64_t row)
{
    bool is_unsigned = (column->flags & FERRY_COLUMN_UNSIGNED) != 0;
    uint64_t mask = column->bits == 64 ? UINT64_MAX : (UINT64_C(1) << column->bits) - 1;
    uint64_t limits[] = {is_unsigned ? 0 : ~(mask >> 1), is_unsigned ? mask : mask >> 1, 0,
                         (row * 37) & (mask >> 1)};
    int64_t value;
    if (is_unsigned && column->bits == 64)
        limits[1] >>= 1; /* what SQLite cannot hold is tried apart, in the mapping tests */
    memcpy(&value, &limits[row < 3 ? row : 3], sizeof value);
    return value;
}

static uint64_t bit_value(const struct ferry_column *column, uint64_t row)
{
    uint64_t mask = column->bits == 64 ? UINT64_MAX >> 1 : (UINT64_C(1) << column->bits) - 1;
    return row == 1 ? mask : row * 37 & mask; /* 64 bits: what was said of 64 unsigned ones */
}

static double float_value(const struct ferry_column *column, uint64_t row)
{
    double most = column->bits == 32 ? (double)FLT_MAX : DBL_MAX;
    double tenth = column->bits == 32 ? (double)0.1f : 0.1;
    const double values[] = {-most, most, 0, tenth * (double)row};
    double value = values[row < 3 ? row : 3];
    return column->bits == 32 ? (double)(float)value : value;
}

static const struct value *text_value(const struct ferry_column *column, uint64_t row)
{
    static const struct value empty = V("");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].column, column->name) == 0)
            return &texts[i].values[row % 4];
    return &empty;
}

static void set_cell(struct ferry_batch *batch, const struct ferry_column *column, uint64_t row,
                     struct ferry_cell *cell)
{
    static const int64_t years[] = {1901, 2155, 0, 2024};
    if (row % 7 == 3 && (column->flags & FERRY_COLUMN_NOT_NULL) == 0) {
        cell->null = 1;
        return;
    }
    switch (column->type) {
    case FERRY_TYPE_BOOL:
        cell->v.i = (int64_t)(row & 1);
        break;
    case FERRY_TYPE_YEAR:
        cell->v.i = years[row % 4];
        break;
    case FERRY_TYPE_BIT:
        cell->v.u = bit_value(column, row);
        break;
    case FERRY_TYPE_INT:
        cell->v.i = column->key_position > 0 ? (int64_t)row : int_value(column, row);
        break;
    case FERRY_TYPE_FLOAT:
        cell->v.f = float_value(column, row);
        break;
    default: {
        const struct value *value = text_value(column, row);
        (void)ferry_batch_text(batch, cell, value->bytes, value->size);
    }
    }
}

void values_add_row(struct ferry_batch *batch, const struct ferry_schema *schema, uint64_t row)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    for (size_t i = 0; i < schema->count; i++)
        set_cell(batch, &schema->columns[i], row, &cells[i]);
}

/* One value as text that means the same whatever the column's type: what went in as a datetime and
 * comes back as a text is still the same value. */
static void add_value(struct ferry_strbuf *out, const struct ferry_column *column,
                      const struct ferry_cell *cell)
{
    enum ferry_value value = ferry_type_value(column->type);
    if (cell->null != 0) {
        ferry_strbuf_add(out, "\\N");
        return;
    }
    if (value == FERRY_VALUE_KIND || cell->kind != FERRY_KIND_TYPED)
        value = cell->kind == FERRY_KIND_INT     ? FERRY_VALUE_INT
                : cell->kind == FERRY_KIND_FLOAT ? FERRY_VALUE_FLOAT
                                                 : FERRY_VALUE_BYTES;
    if (value == FERRY_VALUE_INT && cell->kind == FERRY_KIND_TYPED &&
        ferry_type_is_unsigned(column))
        ferry_strbuf_addf(out, "%" PRIu64, cell->v.u);
    else if (value == FERRY_VALUE_INT)
        ferry_strbuf_addf(out, "%" PRId64, cell->v.i);
    else if (value == FERRY_VALUE_FLOAT)
        ferry_strbuf_addf(out, "%.17g", cell->v.f);
    else
        ferry_strbuf_append(out, cell->v.p, cell->len);
}

static void add_row(struct ferry_strbuf *out, const struct ferry_batch *batch, size_t row)
{
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    const struct ferry_cell *cells = ferry_batch_cells(batch, row);
    for (size_t i = 0; i < schema->count; i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf value = {0};
        add_value(&value, &schema->columns[i], &cells[i]);
        ferry_strbuf_addf(out, "%zu:", value.length);
        ferry_strbuf_append(out, ferry_strbuf_text(&value), value.length);
    }
}

void values_digest(const struct ferry_batch *batch, uint64_t *digest)
{
    for (size_t row = 0; row < ferry_batch_count(batch); row++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
        add_row(&text, batch, row);
        *digest += XXH3_64bits(ferry_strbuf_text(&text), text.length);
    }
}

char *values_show(const struct ferry_batch *batch, size_t row)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    const struct ferry_schema *schema = ferry_batch_schema(batch);
    for (size_t i = 0; i < schema->count; i++) {
        ferry_strbuf_addf(&text, "%s%s=", i > 0 ? " " : "", schema->columns[i].name);
        add_value(&text, &schema->columns[i], &ferry_batch_cells(batch, row)[i]);
    }
    return ferry_strbuf_steal(&text);
}
