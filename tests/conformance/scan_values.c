/* Values in ascending order, with what makes databases sort them otherwise. */

#include "scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/target.h"
#include "driver/type.h"

#define V(text)                                                                                    \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
#define VALUES(...)                                                                                \
    .values = {__VA_ARGS__},                                                                       \
    .count = sizeof((const struct scan_value[]){__VA_ARGS__}) / sizeof(struct scan_value)

/* More than servers look at when they sort texts, if they are let. */
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define LONG X100 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100
#define NINES_35 "99999999999999999999999999999999999"
#define NINES_30 "999999999999999999999999999999"

static const struct scan_column numbers[] = {
    {{.name = "n_i8", .native = "int8", .type = FERRY_TYPE_INT, .bits = 8},
     VALUES(V("-128"), V("-127"), V("-10"), V("-9"), V("-1"), V("0"), V("1"), V("9"), V("10"),
            V("127")),
     .between = V("5"),
     .between_after = 7},
    {{.name = "n_i64", .native = "int64", .type = FERRY_TYPE_INT, .bits = 64},
     VALUES(V("-9223372036854775808"), V("-9223372036854775807"), V("-9007199254740993"), V("-300"),
            V("-2"), V("0"), V("9"), V("10"), V("9007199254740992"), V("9007199254740993"),
            V("9223372036854775806"), V("9223372036854775807")),
     .between = V("-9007199254740992"),
     .between_after = 3},
    {{.name = "n_u32",
      .native = "int32 unsigned",
      .type = FERRY_TYPE_INT,
      .bits = 32,
      .flags = FERRY_COLUMN_UNSIGNED},
     VALUES(V("0"), V("1"), V("9"), V("10"), V("2147483647"), V("2147483648"), V("4294967295")),
     .between = V("2147483649"),
     .between_after = 6},
    {{.name = "n_dec",
      .native = "decimal(10,2)",
      .type = FERRY_TYPE_DECIMAL,
      .precision = 10,
      .scale = 2},
     VALUES(V("-99999999.99"), V("-10.00"), V("-9.50"), V("-0.10"), V("-0.01"), V("0.00"),
            V("0.01"), V("0.10"), V("9.00"), V("10.00"), V("99999999.98"), V("99999999.99")),
     .between = V("9.99"),
     .between_after = 9},
    {{.name = "n_dec_large",
      .native = "decimal(65,30)",
      .type = FERRY_TYPE_DECIMAL,
      .precision = 65,
      .scale = 30},
     VALUES(V("-" NINES_35 "." NINES_30), V("-1.000000000000000000000000000000"),
            V("-0.000000000000000000000000000001"), V("0.000000000000000000000000000000"),
            V("0.000000000000000000000000000001"), V("9.000000000000000000000000000000"),
            V("10.000000000000000000000000000000"),
            V("12345678901234567890.000000000000000000000000000001"),
            V("12345678901234567890.000000000000000000000000000002"), V(NINES_35 "." NINES_30)),
     .between = V("12345678901234567890.000000000000000000000000000000"),
     .between_after = 7},
    {{.name = "n_dec_whole", .native = "decimal(20)", .type = FERRY_TYPE_DECIMAL, .precision = 20},
     VALUES(V("-99999999999999999999"), V("-10"), V("-9"), V("0"), V("9"), V("10"),
            V("18446744073709551615"), V("18446744073709551616"), V("99999999999999999999")),
     .between = V("18446744073709551617"),
     .between_after = 8},
    {{.name = "n_bool", .native = "bool", .type = FERRY_TYPE_BOOL}, VALUES(V("0"), V("1"))},
    {{.name = "n_year", .native = "year", .type = FERRY_TYPE_YEAR},
     VALUES(V("0"), V("1901"), V("1999"), V("2000"), V("2155"))},
    {{.name = "n_bit", .native = "bit(12)", .type = FERRY_TYPE_BIT, .bits = 12},
     VALUES(V("0"), V("1"), V("9"), V("10"), V("255"), V("256"), V("4095"))},
    {{.name = "n_f64", .native = "float64", .type = FERRY_TYPE_FLOAT, .bits = 64},
     VALUES(V("-1.5"), V("0"), V("2.5"))},
};

/* Apart, since a target may refuse such values. */
static const struct scan_column large_numbers[] = {
    {{.name = "n_u64",
      .native = "int64 unsigned",
      .type = FERRY_TYPE_INT,
      .bits = 64,
      .flags = FERRY_COLUMN_UNSIGNED},
     VALUES(V("0"), V("9"), V("10"), V("9223372036854775807"), V("9223372036854775808"),
            V("10000000000000000000"), V("18446744073709551614"), V("18446744073709551615")),
     .between = V("9223372036854775809"),
     .between_after = 5},
    {{.name = "n_bit_64", .native = "bit(64)", .type = FERRY_TYPE_BIT, .bits = 64},
     VALUES(V("0"), V("1"), V("9223372036854775807"), V("9223372036854775808"),
            V("18446744073709551615"))},
};

#define E_ACUTE "\xC3\x89"
#define e_ACUTE "\xC3\xA9"
#define SHARP_S "\xC3\x9F"
#define KANJI "\xE6\xBC\xA2"
#define WIDE_A "\xEF\xBC\xA1"
#define EMOJI "\xF0\x9F\x98\x80"
#define COMPOSED "e\xCC\x81" /* the same letter in two characters */

static const struct scan_column texts[] = {
    {{.name = "t_text", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40},
     VALUES(V(""), V(" "), V("10"), V("9"), V("A"), V("A\t"), V("A "), V("A  "), V("A0"), V("AB"),
            V("B"), V("a"), V("a "), V(COMPOSED), V("z"), V(e_ACUTE))},
    {{.name = "t_wide", .native = "text(40)", .type = FERRY_TYPE_TEXT, .length = 40},
     VALUES(V("s"), V("ss"), V("st"), V(SHARP_S), V(KANJI), V("\xEE\x80\x80"), V(WIDE_A),
            V("\xEF\xBF\xBD"), V(EMOJI), V(EMOJI "a"), V(EMOJI KANJI))},
    {{.name = "t_ignoring",
      .native = "varchar(40)",
      .type = FERRY_TYPE_TEXT,
      .length = 40,
      .flags = FERRY_COLUMN_IGNORES_CASE | FERRY_COLUMN_IGNORES_ACCENTS |
               FERRY_COLUMN_IGNORES_TRAILING_SPACE,
      .charset = "utf8mb4",
      .collation = "utf8mb4_unicode_ci"},
     VALUES(V(""), V("A"), V("A "), V("B"), V("E"), V("a"), V("a "), V("b"), V("e"), V(E_ACUTE),
            V(e_ACUTE))},
    {{.name = "t_long", .native = "text", .type = FERRY_TYPE_TEXT},
     VALUES(V(""), V("x"), V(LONG), V(LONG "A"), V(LONG "a"), V(LONG "aa"), V(LONG "b"), V("y"))},
    {{.name = "t_limited", .native = "text(1300)", .type = FERRY_TYPE_TEXT, .length = 1300},
     VALUES(V("x"), V(LONG), V(LONG " "), V(LONG "A"), V(LONG "a"), V(LONG "b"), V("y"))},
    {{.name = "t_enum",
      .native = "enum",
      .type = FERRY_TYPE_ENUM,
      .members = "'small','it''s','" SHARP_S "','x y'"},
     VALUES(V("it's"), V("small"), V("x y"), V(SHARP_S))},
    {{.name = "t_set", .native = "set", .type = FERRY_TYPE_SET, .members = "'b','a','it''s'"},
     VALUES(V(""), V("a"), V("a,it's"), V("b"), V("b,a"), V("b,a,it's"), V("b,it's"), V("it's"))},
    {{.name = "t_json", .native = "json", .type = FERRY_TYPE_JSON}, VALUES(V("1"), V("2"))},
};

static const struct scan_column others[] = {
    {{.name = "o_bytes", .native = "bytes(16)", .type = FERRY_TYPE_BYTES, .length = 16},
     VALUES(V(""), V("\0"), V("\0\0"), V("\0\1"), V("\x01"), V("A"), V("A\0"), V("A "), V("a"),
            V("\x7F"), V("\x80"), V("\xC3\xA9"), V("\xFE"), V("\xFF"), V("\xFF\0"), V("\xFF\xFF"))},
    {{.name = "o_bytes_long", .native = "bytes", .type = FERRY_TYPE_BYTES},
     VALUES(V("\0"), V(LONG "\0"), V(LONG "\0\0"), V(LONG "\1"), V(LONG "\xFF"), V("\xFF"))},
    {{.name = "o_bytes_limited", .native = "bytes(1300)", .type = FERRY_TYPE_BYTES, .length = 1300},
     VALUES(V("x"), V(LONG "\0"), V(LONG "\0\0"), V(LONG "\1"), V(LONG "\xFF"), V("y"))},
    {{.name = "o_date", .native = "date", .type = FERRY_TYPE_DATE},
     VALUES(V("1000-01-01"), V("1969-12-31"), V("1970-01-01"), V("2024-02-28"), V("2024-02-29"),
            V("2024-03-01"), V("2038-01-20"), V("9999-12-30"), V("9999-12-31")),
     .between = V("2000-01-01"),
     .between_after = 3},
    {{.name = "o_datetime", .native = "datetime", .type = FERRY_TYPE_DATETIME},
     VALUES(V("1000-01-01 00:00:00"), V("1970-01-01 00:00:00"), V("2024-10-27 02:30:00"),
            V("2024-10-27 02:30:01"), V("9999-12-31 23:59:58"), V("9999-12-31 23:59:59")),
     .between = V("2024-10-27 02:29:59"),
     .between_after = 2},
    {{.name = "o_datetime_6", .native = "datetime(6)", .type = FERRY_TYPE_DATETIME, .scale = 6},
     VALUES(V("1000-01-01 00:00:00.000000"), V("2024-03-31 02:30:00.000000"),
            V("2024-03-31 02:30:00.000001"), V("2024-03-31 02:30:00.100000"),
            V("9999-12-31 23:59:59.999998"), V("9999-12-31 23:59:59.999999")),
     .between = V("2024-03-31 02:30:00.000002"),
     .between_after = 3},
    {{.name = "o_instant",
      .native = "timestamp(3)",
      .type = FERRY_TYPE_DATETIME,
      .scale = 3,
      .flags = FERRY_COLUMN_UTC},
     /* Around both moments at which clocks are changed in the middle of Europe. */
     VALUES(
         V("1970-01-01 00:00:01.000"), V("2024-03-31 00:59:59.999"), V("2024-03-31 01:00:00.000"),
         V("2024-03-31 01:30:00.000"), V("2024-10-27 00:30:00.000"), V("2024-10-27 01:00:00.000"),
         V("2024-10-27 01:30:00.000"), V("2038-01-19 03:14:06.999"), V("2038-01-19 03:14:07.999")),
     .between = V("2024-10-27 00:30:00.001"),
     .between_after = 5},
    {{.name = "o_uuid", .native = "uuid", .type = FERRY_TYPE_UUID},
     VALUES(V("00000000-0000-0000-0000-000000000000"), V("09999999-0000-1fff-8000-000000000001"),
            V("10000000-0000-1000-8000-000000000000"), V("10000000-0001-1000-8000-000000000000"),
            V("a0000000-0000-4000-8000-000000000000"), V("ffffffff-ffff-ffff-ffff-ffffffffffff"))},
    {{.name = "o_inet4", .native = "inet4", .type = FERRY_TYPE_INET4},
     VALUES(V("0.0.0.0"), V("10.0.0.1"), V("192.0.2.1"), V("2.0.0.1"), V("255.255.255.255"),
            V("9.0.0.1"))},
    {{.name = "o_inet6", .native = "inet6", .type = FERRY_TYPE_INET6},
     VALUES(V("1::"), V("2001:db8::1"), V("2001:db8::10"), V("2001:db8::9"), V("2001:db8::a"),
            V("::"), V("::1"), V("a::1"), V("fe80::1"))},
    {{.name = "o_time", .native = "time", .type = FERRY_TYPE_TIME},
     VALUES(V("00:00:00"), V("09:00:00"), V("10:00:00"))},
};

#define SHAPE(list)                                                                                \
    {                                                                                              \
#list, (list), sizeof(list) / sizeof(list)[0]                                              \
    }

const struct scan_shape scan_shapes[] = {
    SHAPE(numbers),
    SHAPE(texts),
    SHAPE(others),
    SHAPE(large_numbers),
};
const size_t scan_shape_count = sizeof scan_shapes / sizeof scan_shapes[0];

int64_t scan_id(size_t row)
{
    return (int64_t)(row * 37 % SCAN_ROWS) - SCAN_ROWS / 2;
}

int scan_place(const struct scan_shape *shape, size_t column, size_t row)
{
    size_t count = shape->columns[column].count;
    size_t place = (row + row / (count + 1) * column) % (count + 1);
    return place == count ? -1 : (int)place;
}

/* ---- Cells ---- */

static bool make_integer(const struct ferry_column *column, const struct scan_value *value,
                         struct ferry_cell *cell)
{
    char digits[24], *end = NULL;
    (void)snprintf(digits, sizeof digits, "%.*s", (int)value->size, value->bytes);
    errno = 0;
    if (ferry_type_is_unsigned(column))
        cell->v.u = strtoull(digits, &end, 10);
    else
        cell->v.i = strtoll(digits, &end, 10);
    return errno == 0 && *end == '\0' && !(ferry_type_is_unsigned(column) && digits[0] == '-');
}

bool scan_make_cell(const struct ferry_column *column, const struct scan_value *value,
                    struct ferry_cell *ret_cell)
{
    struct ferry_cell cell = {0};
    bool made = true;
    switch (ferry_type_value(column->type)) {
    case FERRY_VALUE_INT:
        made = make_integer(column, value, &cell);
        break;
    case FERRY_VALUE_FLOAT:
        cell.v.f = strtod(value->bytes, NULL);
        break;
    case FERRY_VALUE_KIND:
    case FERRY_VALUE_NONE:
        return false;
    case FERRY_VALUE_DECIMAL:
    case FERRY_VALUE_TEXT:
    case FERRY_VALUE_BYTES:
        cell.v.p = value->bytes;
        cell.len = (uint32_t)value->size;
        break;
    }
    if (made)
        *ret_cell = cell;
    return made;
}

/* ---- The table ---- */

static const struct ferry_column id_column = {.name = "id",
                                              .native = "int64",
                                              .type = FERRY_TYPE_INT,
                                              .bits = 64,
                                              .flags = FERRY_COLUMN_NOT_NULL};

struct ferry_column *scan_table_columns(const struct scan_shape *shape)
{
    struct ferry_column *columns = calloc(shape->count + 1, sizeof *columns);
    if (columns != NULL)
        columns[0] = id_column;
    for (size_t i = 0; columns != NULL && i < shape->count; i++)
        columns[i + 1] = shape->columns[i].column;
    return columns;
}

static size_t column_of(const struct scan_shape *shape, const char *name)
{
    size_t i = 0;
    while (i < shape->count && strcmp(shape->columns[i].column.name, name) != 0)
        i++;
    return i;
}

static void add_row(const struct scan_shape *shape, const struct ferry_schema *schema, size_t row,
                    struct ferry_batch *batch)
{
    struct ferry_cell *cells = ferry_batch_row(batch);
    cells[0].v.i = scan_id(row);
    for (size_t i = 1; i < schema->count; i++) {
        size_t column = column_of(shape, schema->columns[i].name);
        int place = scan_place(shape, column, row);
        if (place < 0)
            cells[i].null = 1;
        else
            (void)scan_make_cell(&schema->columns[i], &shape->columns[column].values[place],
                                 &cells[i]);
    }
}

ferry_status scan_load(struct target *target, const struct scan_shape *shape,
                       struct ferry_error *error)
{
    const struct ferry_batch_limits limits = {.rows = 7, .bytes = 1 << 20};
    const struct ferry_schema *schema = &target->plan.schema;
    struct ferry_batch *batch = ferry_batch_new(schema, &limits);
    struct ferry_load *load = NULL;
    struct ferry_load_totals totals;
    ferry_status status = target_begin(target, target->plan.action, &load, error);
    for (size_t row = 0; status == FERRY_OK && row < SCAN_ROWS;) {
        ferry_batch_reset(batch, row + 1);
        while (row < SCAN_ROWS && !ferry_batch_full(batch))
            add_row(shape, schema, row++, batch);
        status = ferry_target_load_batch(load, FERRY_OP_INSERT, batch, error);
    }
    if (status == FERRY_OK)
        status = ferry_target_load_end(load, &totals, error);
    if (status == FERRY_OK)
        status = target_commit(target, SCAN_ROWS, error);
    else
        target_abort(target);
    ferry_batch_free(batch);
    return status;
}
