/* Tests of what the odbc driver makes of values and of errors: each form that a database or an ODBC
 * driver may give, and those that must not become a cell. */

#include "unit.h"

#include <math.h>

#include "driver/batch.h"
#include "driver/schema.h"
#include "read/decode.h"
#include "write/target.h"

struct one {
    struct ferry_schema schema;
    struct ferry_batch *batch;
    struct odrv_column column;
    struct odrv_type type;
    struct ferry_cell cell;
};

static void one_begin(struct one *one, enum odrv_codec codec, struct ferry_column column)
{
    struct ferry_error error = {0};
    *one = (struct one){.type = {.codec = codec}};
    column.name = "c";
    one->column.column = column;
    one->column.type = &one->type;
    assert_int_equal(ferry_schema_add(&one->schema, &column, sizeof column, &error), FERRY_OK);
    one->batch = ferry_batch_new(&one->schema, &ferry_batch_default_limits);
    assert_non_null(one->batch);
    ferry_batch_reset(one->batch, 1);
}

static void one_end(struct one *one)
{
    ferry_batch_free(one->batch);
    ferry_schema_done(&one->schema);
}

/* NULL, or what is wrong with the value. */
static const char *one_take(struct one *one, SQLSMALLINT text_type, const char *data, size_t size)
{
    const struct odrv_value value = {.data = data, .size = size};
    one->cell = (struct ferry_cell){0};
    return odrv_decode(&one->column, text_type, &value, one->batch, &one->cell);
}

/* `expected` NULL: it is refused. */
static void expect_text(struct one *one, const char *data, const char *expected)
{
    const char *flaw = one_take(one, SQL_C_CHAR, data, strlen(data));
    if ((flaw == NULL) != (expected != NULL))
        fail_msg("'%s': %s", data, flaw == NULL ? "it was taken" : flaw);
    if (expected != NULL &&
        (one->cell.len != strlen(expected) || memcmp(one->cell.v.p, expected, one->cell.len) != 0))
        fail_msg("'%s' became '%.*s'", data, (int)one->cell.len, one->cell.v.p);
}

static void test_decimals(void **state)
{
    static const struct {
        const char *given, *expected;
    } cases[] = {
        {"0", "0.00"},       {"12.3", "12.30"},  {"-0.50", "-0.50"},
        {".5", "0.50"},      {"-.5", "-0.50"},   {"+7", "7.00"},
        {"007.10", "7.10"},  {"-0.00", "0.00"},  {"123.4500", "123.45"},
        {"5.", "5.00"},      {"123.456", NULL},  {"1234", NULL},
        {"NaN", NULL},       {"Infinity", NULL}, {"", NULL},
        {"-", NULL},         {".", NULL},        {"1e2", NULL},
        {"1 2", NULL},       {"--1", NULL},      {"0.001", NULL},
        {"-0.010", "-0.01"}, {"1.2.3", NULL},    {"1,5", NULL},
    };
    struct one one;
    (void)state;
    one_begin(&one, ODRV_CODEC_DECIMAL,
              (struct ferry_column){.type = FERRY_TYPE_DECIMAL, .precision = 5, .scale = 2});
    for (size_t i = 0; i < COUNT(cases); i++)
        expect_text(&one, cases[i].given, cases[i].expected);
    one_end(&one);
}

static void test_moments(void **state)
{
    static const struct {
        enum odrv_codec codec;
        uint32_t type, scale;
        const char *given, *expected;
    } cases[] = {
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "2024-02-29", "2024-02-29"},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "0000-00-00", "0000-00-00"},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "infinity", NULL},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "0044-03-15 BC", NULL},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "10000-01-01", NULL},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "2024-02-2", NULL},
        {ODRV_CODEC_DATE, FERRY_TYPE_DATE, 0, "2024-02-29.5", NULL},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 3, "2024-01-02 03:04:05",
         "2024-01-02 03:04:05.000"},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 3, "2024-01-02T03:04:05.1200",
         "2024-01-02 03:04:05.120"},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 3, "2024-01-02 03:04:05.1234", NULL},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 0, "2024-01-02 03:04:05.000",
         "2024-01-02 03:04:05"},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 6, "2024-01-02 03:04:05+02", NULL},
        {ODRV_CODEC_DATETIME, FERRY_TYPE_DATETIME, 6, "2024-01-02 03:04:05.5 BC", NULL},
        {ODRV_CODEC_TIME, FERRY_TYPE_TIME, 0, "-838:59:59", "-838:59:59"},
        {ODRV_CODEC_TIME, FERRY_TYPE_TIME, 1, "24:00:00", "24:00:00.0"},
        {ODRV_CODEC_TIME, FERRY_TYPE_TIME, 0, "839:00:00", NULL},
        {ODRV_CODEC_TIME, FERRY_TYPE_TIME, 0, "1:00:00", NULL},
        {ODRV_CODEC_TIME, FERRY_TYPE_TIME, 0, "", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct one one;
        one_begin(&one, cases[i].codec,
                  (struct ferry_column){.type = cases[i].type, .scale = cases[i].scale});
        expect_text(&one, cases[i].given, cases[i].expected);
        one_end(&one);
    }
}

static void test_integers(void **state)
{
    static const struct {
        uint32_t bits, flags;
        const char *given;
        bool good;
        int64_t expected;
    } cases[] = {
        {8, 0, "-128", true, -128},
        {8, 0, "128", false, 0},
        {8, FERRY_COLUMN_UNSIGNED, "255", true, 255},
        {8, FERRY_COLUMN_UNSIGNED, "256", false, 0},
        {24, 0, "-8388608", true, -8388608},
        {24, 0, "8388608", false, 0},
        {64, 0, "-9223372036854775808", true, INT64_MIN},
        {64, 0, "9223372036854775808", false, 0},
        {64, FERRY_COLUMN_UNSIGNED, "18446744073709551615", true, -1},
        {64, FERRY_COLUMN_UNSIGNED, "18446744073709551616", false, 0},
        {64, FERRY_COLUMN_UNSIGNED, "-1", false, 0},
        {32, 0, "1.0", false, 0},
        {32, 0, " 1", false, 0},
        {32, 0, "+1", false, 0},
        {32, 0, "", false, 0},
        {32, 0, "-", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct one one;
        one_begin(&one, ODRV_CODEC_INT,
                  (struct ferry_column){
                      .type = FERRY_TYPE_INT, .bits = cases[i].bits, .flags = cases[i].flags});
        const char *flaw = one_take(&one, SQL_C_CHAR, cases[i].given, strlen(cases[i].given));
        if ((flaw == NULL) != cases[i].good || (flaw == NULL && one.cell.v.i != cases[i].expected))
            fail_msg("case %zu, '%s'", i, cases[i].given);
        one_end(&one);
    }
}

/* Bytes are those of UTF-8 by its definition. */
static void test_wide_texts(void **state)
{
    static const struct {
        uint16_t units[4];
        size_t count;
        const char *expected; /* NULL: refused */
    } cases[] = {
        {{'a', 0, 'b'}, 3, "a\0b"},
        {{0x7f, 0x80, 0x7ff, 0x800}, 4, "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80"},
        {{0xd83d, 0xde00}, 2, "\xf0\x9f\x98\x80"},
        {{0xdbff, 0xdfff, 0xffff}, 3, "\xf4\x8f\xbf\xbf\xef\xbf\xbf"},
        {{0xd83d}, 1, NULL},
        {{0xde00, 0xd83d}, 2, NULL},
        {{0xd83d, 'x'}, 2, NULL},
        {{0}, 0, ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct one one;
        size_t length = cases[i].expected == NULL ? 0 : i == 0 ? 3 : strlen(cases[i].expected);
        one_begin(&one, ODRV_CODEC_TEXT, (struct ferry_column){.type = FERRY_TYPE_TEXT});
        const char *flaw =
            one_take(&one, SQL_C_WCHAR, (const char *)cases[i].units, cases[i].count * 2);
        if ((flaw == NULL) != (cases[i].expected != NULL))
            fail_msg("case %zu", i);
        if (flaw == NULL) {
            assert_int_equal(one.cell.len, length);
            assert_memory_equal(one.cell.v.p, cases[i].expected, length);
        }
        one_end(&one);
    }
}

static void test_kinds(void **state)
{
    struct one one;
    (void)state;
    one_begin(
        &one, ODRV_CODEC_TAGGED,
        (struct ferry_column){.type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE});
    assert_null(one_take(&one, SQL_C_CHAR, "i-5", 3));
    assert_int_equal(one.cell.kind, FERRY_KIND_TYPED);
    assert_int_equal(one.cell.v.i, -5);
    assert_null(one_take(&one, SQL_C_CHAR, "r-Inf", 5));
    assert_int_equal(one.cell.kind, FERRY_KIND_FLOAT);
    assert_true(one.cell.v.f < 0);
    assert_null(one_take(&one, SQL_C_CHAR, "t", 1));
    assert_int_equal(one.cell.kind, FERRY_KIND_TEXT);
    assert_int_equal(one.cell.len, 0);
    assert_null(one_take(&one, SQL_C_CHAR, "x610062", 7));
    assert_int_equal(one.cell.kind, FERRY_KIND_TEXT);
    assert_memory_equal(one.cell.v.p, "a\0b", 3);
    assert_null(one_take(&one, SQL_C_CHAR, "b00FF", 5));
    assert_int_equal(one.cell.kind, FERRY_KIND_BYTES);
    assert_memory_equal(one.cell.v.p, "\0\xff", 2);
    assert_non_null(one_take(&one, SQL_C_CHAR, "", 0));
    assert_non_null(one_take(&one, SQL_C_CHAR, "q1", 2));
    assert_non_null(one_take(&one, SQL_C_CHAR, "b0", 2));
    assert_non_null(one_take(&one, SQL_C_CHAR, "b0G", 3));
    one_end(&one);
}

/* What is written: the text of the parameter, or nothing where the server would bend it. */
static void test_parameters(void **state)
{
    static const struct {
        enum odrv_put put;
        const char *given;
        size_t size;
        const char *expected; /* NULL: refused */
        struct ferry_column column;
    } cases[] = {
        {ODRV_PUT_TEXT, "a'\\?{", 5, "a'\\?{", {0}},
        {ODRV_PUT_TEXT, "", 0, "", {0}},
        {ODRV_PUT_TEXT, "a\0b", 3, NULL, {0}},
        {ODRV_PUT_WHOLE, "a\0b", 3, "a\0b", {0}},
        {ODRV_PUT_WHOLE, "aé😀", 7, NULL, {.type = FERRY_TYPE_TEXT, .length = 2}},
        {ODRV_PUT_MOMENT, "0000-00-00 00:00:00.5", 21, "0000-00-00 00:00:00.5", {.scale = 1}},
        {ODRV_PUT_MOMENT, "-838:59:59.55", 13, NULL, {.scale = 1}},
        {ODRV_PUT_HEX, "\0\xff\x10", 3, "00ff10", {0}},
        {ODRV_PUT_DATE, "2024-02-29", 10, "2024-02-29", {0}},
        {ODRV_PUT_DATE, "2023-02-29", 10, NULL, {0}},
        {ODRV_PUT_DATE, "2000-02-29", 10, "2000-02-29", {0}},
        {ODRV_PUT_DATE, "1900-02-29", 10, NULL, {0}},
        {ODRV_PUT_DATE, "2024-04-31", 10, NULL, {0}},
        {ODRV_PUT_DATE, "2024-00-01", 10, NULL, {0}},
        {ODRV_PUT_DATE, "0000-01-01", 10, NULL, {0}},
        {ODRV_PUT_DATE, "2024-13-01", 10, NULL, {0}},
        {ODRV_PUT_DATETIME, "0001-01-01 00:00:00.5", 21, "0001-01-01 00:00:00.5", {.scale = 1}},
        {ODRV_PUT_DATETIME, "0001-01-01 00:00:00.55", 22, NULL, {.scale = 1}},
        {ODRV_PUT_TEXT, "aé😀", 7, "aé😀", {.type = FERRY_TYPE_TEXT, .length = 3}},
        {ODRV_PUT_TEXT, "aé😀 ", 8, NULL, {.type = FERRY_TYPE_TEXT, .length = 3}},
        {ODRV_PUT_TEXT, "-1.25", 5, "-1.25", {.type = FERRY_TYPE_DECIMAL, .scale = 2}},
        {ODRV_PUT_TEXT, "-1.255", 6, NULL, {.type = FERRY_TYPE_DECIMAL, .scale = 2}},
        {ODRV_PUT_DATETIME, "2024-01-00 00:00:00", 19, NULL, {0}},
        {ODRV_PUT_TIME, "23:59:59.9", 10, "23:59:59.9", {.scale = 1}},
        {ODRV_PUT_TIME, "24:00:00.0", 10, "24:00:00.0", {.scale = 1}},
        {ODRV_PUT_TIME, "24:00:00.1", 10, NULL, {0}},
        {ODRV_PUT_TIME, "25:00:00", 8, NULL, {0}},
        {ODRV_PUT_TIME, "-01:00:00", 9, NULL, {0}},
        {ODRV_PUT_TIME, "100:00:00", 9, NULL, {0}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_cell cell = {.v.p = cases[i].given, .len = (uint32_t)cases[i].size};
        struct part_text text = {0};
        const char *flaw = odrv_put(cases[i].put, &cases[i].column, &cell, &text);
        if ((flaw == NULL) != (cases[i].expected != NULL))
            fail_msg("case %zu", i);
        if (flaw == NULL)
            assert_string_equal(text.data, cases[i].expected);
        part_text_clear(&text);
    }
}

/* Each double comes back from its text. */
static void test_floats(void **state)
{
    static const struct ferry_column column = {.bits = 64}, single = {.bits = 32};
    static const double values[] = {0.1, -0.0, 5e-324, 1.7976931348623157e308, 1.0 / 3, 1e22};
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        const struct ferry_cell cell = {.v.f = values[i]};
        struct part_text text = {0};
        assert_null(odrv_put(ODRV_PUT_FLOAT, &column, &cell, &text));
        double back = strtod(text.data, NULL);
        assert_memory_equal(&back, &values[i], sizeof back);
        part_text_clear(&text);
    }
    const struct ferry_cell fine = {.v.f = (double)0.1F}, more = {.v.f = 0.1};
    struct part_text text = {0};
    assert_null(odrv_put(ODRV_PUT_FLOAT, &single, &fine, &text));
    assert_non_null(odrv_put(ODRV_PUT_FLOAT, &single, &more, &text));
    part_text_clear(&text);
}

/* Doubles go as they are, but those that the database has none of; numbers up to the greatest. */
static void test_limits(void **state)
{
    static const struct ferry_column column = {.bits = 64};
    const struct ferry_cell nan = {.v.f = (double)NAN}, endless = {.v.f = -(double)INFINITY},
                            zero = {.v.f = -0.0};
    const struct ferry_cell most = {.v.u = INT64_MAX}, more = {.v.u = (uint64_t)INT64_MAX + 1};
    struct part_text text = {0};
    (void)state;
    assert_non_null(odrv_put(ODRV_PUT_DOUBLE, &column, &nan, &text));
    assert_non_null(odrv_put(ODRV_PUT_FINITE, &column, &nan, &text));
    assert_non_null(odrv_put(ODRV_PUT_FINITE, &column, &endless, &text));
    assert_int_equal(text.length, 0);
    assert_null(odrv_put(ODRV_PUT_DOUBLE, &column, &endless, &text));
    assert_null(odrv_put(ODRV_PUT_FINITE, &column, &zero, &text));
    assert_int_equal(text.length, 2 * sizeof(double));
    assert_memory_equal(text.data, &endless.v.f, sizeof(double));
    assert_memory_equal(text.data + sizeof(double), &zero.v.f, sizeof(double));
    part_text_reset(&text);
    assert_null(odrv_put(ODRV_PUT_UINT_63, &column, &most, &text));
    assert_string_equal(text.data, "9223372036854775807");
    assert_non_null(odrv_put(ODRV_PUT_UINT_63, &column, &more, &text));
    part_text_clear(&text);
}

/* What was never tried is no target. */
static void test_targets(void **state)
{
    static const struct {
        const char *product;
        bool target;
    } products[] = {{"PostgreSQL", true},
                    {"SQLite", true},
                    {"MariaDB", true},
                    {"MySQL", false},
                    {"Microsoft SQL Server", false},
                    {"Oracle", false},
                    {"Whatever", false}};
    (void)state;
    for (size_t i = 0; i < COUNT(products); i++)
        if ((odrv_dialect_of_product(products[i].product)->writing != NULL) != products[i].target)
            fail_msg("%s", products[i].product);
}

static void test_templates(void **state)
{
    struct part_text text = {0};
    (void)state;
    part_text_add_template(&text, "f(%, '%%d', %)", "q.\"a%b\"");
    assert_string_equal(text.data, "f(q.\"a%b\", '%d', q.\"a%b\")");
    part_text_reset(&text);
    part_text_add_quoted(&text, '"', "a\"b");
    assert_string_equal(text.data, "\"a\"\"b\"");
    part_text_clear(&text);
}

static void test_errors(void **state)
{
    static const struct {
        const char *state, *text;
        enum odrv_phase phase;
        ferry_status expected;
        bool passes;
    } cases[] = {
        {"IM002", "Data source name not found", ODRV_CONNECTING, FERRY_ERR_CONFIG, false},
        {"08001", "could not connect to server", ODRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
        {"08001", "could not connect to server", ODRV_OPENING, FERRY_ERR_TARGET_OPEN, true},
        {"08001", "FATAL: password authentication failed", ODRV_CONNECTING, FERRY_ERR_REFUSED,
         false},
        {"08001", "FATAL: database \"x\" does not exist", ODRV_CONNECTING, FERRY_ERR_CONFIG, false},
        {"08S01", "Adaptive Server is unavailable or does not exist", ODRV_CONNECTING,
         FERRY_ERR_UNREACHABLE, false},
        {"28000", "Access denied for user", ODRV_CONNECTING, FERRY_ERR_REFUSED, false},
        {"08S01", "gone", ODRV_READING, FERRY_ERR_STREAM, false},
        {"57P01", "terminating connection", ODRV_READING, FERRY_ERR_STREAM, false},
        {"23505", "duplicate key (out of memory)", ODRV_LOADING, FERRY_ERR_DATA, false},
        {"55P03", "canceling statement due to lock timeout", ODRV_LOADING, FERRY_ERR_BUSY, true},
        {"2BP01", "cannot drop table", ODRV_LOADING, FERRY_ERR_SCHEMA, false},
        {"40001", "could not serialize", ODRV_READING, FERRY_ERR_BUSY, true},
        {"HY000", "[SQLite]database is locked (5)", ODRV_READING, FERRY_ERR_BUSY, true},
        {"HY000", "Table definition has changed, please retry transaction", ODRV_READING,
         FERRY_ERR_BUSY, true},
        {"HY000", "[SQLite]no such column: dbferry_q.b (1)", ODRV_READING, FERRY_ERR_CONFIG, false},
        {"42P01", "relation does not exist", ODRV_DESCRIBING, FERRY_ERR_NOT_FOUND, false},
        {"42501", "permission denied", ODRV_READING, FERRY_ERR_REFUSED, false},
        {"42601", "syntax error", ODRV_DESCRIBING, FERRY_ERR_CONFIG, false},
        {"22012", "division by zero", ODRV_READING, FERRY_ERR_DATA, false},
        {"", "", ODRV_READING, FERRY_ERR_DATA, false},
        {"HY000", "", ODRV_CONNECTING, FERRY_ERR_UNREACHABLE, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct odrv_diagnosis diagnosis = {.text = (char *)(uintptr_t)cases[i].text};
        const char *hint = NULL;
        bool passes = false;
        memcpy(diagnosis.state, cases[i].state, strlen(cases[i].state));
        ferry_status status = odrv_fault_class(&diagnosis, cases[i].phase, &hint, &passes);
        if (status != cases[i].expected || passes != cases[i].passes || hint == NULL)
            fail_msg("case %zu: class %d", i, status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimals),   cmocka_unit_test(test_moments),
        cmocka_unit_test(test_integers),   cmocka_unit_test(test_wide_texts),
        cmocka_unit_test(test_kinds),      cmocka_unit_test(test_errors),
        cmocka_unit_test(test_parameters), cmocka_unit_test(test_floats),
        cmocka_unit_test(test_templates),  cmocka_unit_test(test_limits),
        cmocka_unit_test(test_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
