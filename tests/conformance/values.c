/* Rows that try the limits of every common type, and digests to compare them. */

#include "suite.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "type.h"

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
};
const size_t values_column_count = sizeof values_columns / sizeof values_columns[0];

#define DIGITS_35 "99999999999999999999999999999999999"
#define DIGITS_30 "999999999999999999999999999999"

/* The least, the greatest, the zero or empty, and an ordinary value of what travels as text. */
static const struct text_values {
    const char *column;
    const char *values[4];
} texts[] = {
    {"c_dec", {"-99999999.99", "99999999.99", "0.00", "0.10"}},
    {"c_dec_large",
     {"-" DIGITS_35 "." DIGITS_30, DIGITS_35 "." DIGITS_30, "0.000000000000000000000000000000",
      "5.100000000000000000000000000000"}},
    {"c_dec_whole", {"-99999999999999999999", "99999999999999999999", "0", "18446744073709551616"}},
    {"c_text", {"'\"\\%_;--\n\r\t", "\xF0\x9F\x98\x80\xE6\xBC\xA2\xC3\x9F", "", " 0.10 "}},
    {"c_text_40", {"5e3", "0x10", "", "Infinity"}},
    {"c_bytes", {"\x01\x02\xFF\xFE", "\xC3\x28", "", "looks like text"}},
    {"c_bytes_16", {"\x80", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "", "0.10"}},
    {"c_date", {"1000-01-01", "9999-12-31", "1970-01-01", "2024-02-29"}},
    {"c_time", {"-838:59:59.000000", "838:59:59.000000", "00:00:00.000000", "12:34:56.789012"}},
    {"c_datetime",
     {"1000-01-01 00:00:00", "9999-12-31 23:59:59", "1970-01-01 00:00:00", "2024-02-29 12:00:00"}},
    {"c_datetime_3",
     {"1000-01-01 00:00:00.000", "9999-12-31 23:59:59.999", "1970-01-01 00:00:00.000",
      "2024-02-29 12:00:00.100"}},
    {"c_instant",
     {"1970-01-01 00:00:01.000000", "2038-01-19 03:14:07.999999", "2000-01-01 00:00:00.000000",
      "2024-03-31 01:30:00.000000"}},
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

static double float_value(const struct ferry_column *column, uint64_t row)
{
    double most = column->bits == 32 ? (double)FLT_MAX : DBL_MAX;
    double tenth = column->bits == 32 ? (double)0.1f : 0.1;
    const double values[] = {-most, most, 0, tenth * (double)row};
    double value = values[row < 3 ? row : 3];
    return column->bits == 32 ? (double)(float)value : value;
}

static const char *text_value(const struct ferry_column *column, uint64_t row)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].column, column->name) == 0)
            return texts[i].values[row % 4];
    return "";
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
    case FERRY_TYPE_INT:
        cell->v.i = column->key_position > 0 ? (int64_t)row : int_value(column, row);
        break;
    case FERRY_TYPE_FLOAT:
        cell->v.f = float_value(column, row);
        break;
    default: {
        const char *text = text_value(column, row);
        (void)ferry_batch_text(batch, cell, text, strlen(text));
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
    if (value == FERRY_VALUE_KIND)
        value = cell->kind == FERRY_KIND_INT     ? FERRY_VALUE_INT
                : cell->kind == FERRY_KIND_FLOAT ? FERRY_VALUE_FLOAT
                                                 : FERRY_VALUE_POINTER;
    if (value == FERRY_VALUE_INT && (column->flags & FERRY_COLUMN_UNSIGNED) != 0)
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
