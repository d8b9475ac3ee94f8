/* Tests of the pgsql driver's write/binary.c and write/encode.c: values as fields of COPY.  The
 * bytes are those that PostgreSQL 15 prints of the same value: SELECT encode(numeric_send(-1.50),
 * 'hex'). */

#include "unit.h"

#include "types/types.h"
#include "write/target.h"

#include <float.h>
#include <math.h>

#include "hex.h"

#define NUMBER_ROUNDED "is a number that the column's type would round"
#define NUMBER_RANGE "is out of the range of the column's type"
#define NONE "is none of the column's type"
#define NO_DATE "is no date or time that the server can hold"
#define MOMENT_ROUNDED "is a moment that the column's type would round"

static struct pgdrv_form make_form(const struct ferry_column *column, const char *native)
{
    struct pgdrv_form form = {.column = column};
    assert_true(pgdrv_type_parse(native, &form.type));
    form.binary = pgdrv_binary_choose(column, &form.type);
    return form;
}

/* The field is `hex` without its length, or the value is refused in these words. */
static void expect(const struct ferry_column *column, const char *native,
                   const struct ferry_cell *cell, const char *hex, const char *words)
{
    struct pgdrv_form form = make_form(column, native);
    struct part_text out = {0};
    size_t size;
    assert_non_null(form.binary);
    part_text_add(&out, "before");
    const char *flaw = pgdrv_binary_encode(&form, cell, &out);
    if (words != NULL) {
        if (flaw == NULL || strcmp(flaw, words) != 0)
            fail_msg("type %u in %s: %s, not: %s", column->type, native, flaw, words);
        part_text_clear(&out);
        return;
    }
    unsigned char *bytes = hex_read(hex, &size);
    const unsigned char head[] = {0, 0, (unsigned char)(size >> 8), (unsigned char)size};
    if (flaw != NULL)
        fail_msg("type %u in %s: %s", column->type, native, flaw);
    if (out.length != 10 + size || memcmp(out.data, "before", 6) != 0 ||
        memcmp(out.data + 6, head, sizeof head) != 0 || memcmp(out.data + 10, bytes, size) != 0) {
        for (size_t i = 6; i < out.length; i++)
            print_error("%02x", (unsigned char)out.data[i]);
        fail_msg(" is what type %u in %s became, not %s", column->type, native, hex);
    }
    assert_int_equal(out.data[out.length], 0);
    free(bytes);
    part_text_clear(&out);
}

/* ---- Numbers ---- */

static void test_integers(void **state)
{
    static const struct {
        uint32_t type, flags;
        const char *native;
        int64_t value;
        const char *hex, *words;
    } cases[] = {
        {FERRY_TYPE_BOOL, 0, "boolean", 1, "01", NULL},
        {FERRY_TYPE_BOOL, 0, "boolean", 0, "00", NULL},
        {FERRY_TYPE_INT, 0, "boolean", 2, NULL, NUMBER_RANGE},
        {FERRY_TYPE_INT, 0, "boolean", -1, NULL, NUMBER_RANGE},
        {FERRY_TYPE_INT, 0, "smallint", -2, "fffe", NULL},
        {FERRY_TYPE_INT, 0, "smallint", INT16_MIN, "8000", NULL},
        {FERRY_TYPE_INT, 0, "smallint", INT16_MAX + 1, NULL, NUMBER_RANGE},
        {FERRY_TYPE_YEAR, 0, "smallint", 2155, "086b", NULL},
        {FERRY_TYPE_INT, 0, "integer", INT32_MIN, "80000000", NULL},
        {FERRY_TYPE_INT, 0, "integer", INT64_C(1) << 31, NULL, NUMBER_RANGE},
        {FERRY_TYPE_INT, 0, "bigint", INT64_MIN, "8000000000000000", NULL},
        {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, "bigint", INT64_MAX, "7fffffffffffffff", NULL},
        {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, "bigint", -1, NULL, NUMBER_RANGE},
        {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, "numeric(20,0)", -1,
         "0005 0004 0000 0000 0734 1a58 02e1 03bb 064f", NULL},
        {FERRY_TYPE_INT, 0, "numeric(20,0)", -20000, "0001 0001 4000 0000 0002", NULL},
        {FERRY_TYPE_INT, 0, "numeric(20,2)", 0, "0000 0000 0000 0000", NULL},
        {FERRY_TYPE_BIT, 0, "bigint", 5, "0000000000000005", NULL},
        {FERRY_TYPE_INT, 0, "real", -16777216, "cb800000", NULL},
        {FERRY_TYPE_INT, 0, "real", 16777217, NULL, NUMBER_ROUNDED},
        {FERRY_TYPE_INT, 0, "double precision", -3, "c008000000000000", NULL},
        {FERRY_TYPE_INT, 0, "double precision", (INT64_C(1) << 53) + 1, NULL, NUMBER_ROUNDED},
        {FERRY_TYPE_INT, 0, "text", -120, "2d313230", NULL},
        {FERRY_TYPE_INT, FERRY_COLUMN_UNSIGNED, "character varying(20)", -1,
         "3138343436373434303733373039353531363135", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {
            .type = cases[i].type, .flags = cases[i].flags, .bits = 64};
        const struct ferry_cell cell = {.v.i = cases[i].value};
        expect(&column, cases[i].native, &cell, cases[i].hex, cases[i].words);
    }
}

static void test_floats(void **state)
{
    static const struct {
        uint32_t bits;
        const char *native;
        double value;
        const char *hex, *words;
    } cases[] = {
        {64, "double precision", 0.1, "3fb999999999999a", NULL},
        {64, "double precision", -0.0, "8000000000000000", NULL},
        {64, "double precision", DBL_MAX, "7fefffffffffffff", NULL},
        {64, "double precision", 4.9406564584124654e-324, "0000000000000001", NULL},
        {64, "double precision", (double)INFINITY, "7ff0000000000000", NULL},
        {64, "double precision", (double)-INFINITY, "fff0000000000000", NULL},
        {64, "double precision", (double)NAN, "7ff8000000000000", NULL},
        {64, "double precision", -(double)NAN, "7ff8000000000000", NULL},
        {32, "double precision", (double)0.1F, "3fb99999a0000000", NULL},
        {32, "real", (double)0.1F, "3dcccccd", NULL},
        {32, "real", 1.4012984643248171e-45, "00000001", NULL},
        {32, "real", (double)-INFINITY, "ff800000", NULL},
        {32, "real", -(double)NAN, "7fc00000", NULL},
        {64, "real", 0.5, "3f000000", NULL},
        {64, "real", 0.1, NULL, NUMBER_ROUNDED},
        {64, "real", 1e39, NULL, NUMBER_ROUNDED},
        {64, "text", 0.1, "302e3130303030303030303030303030303031", NULL},
        {32, "text", (double)0.1F, "302e313030303030303031", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {.type = FERRY_TYPE_FLOAT, .bits = cases[i].bits};
        const struct ferry_cell cell = {.v.f = cases[i].value};
        expect(&column, cases[i].native, &cell, cases[i].hex, cases[i].words);
    }
}

/* ---- What travels as letters ---- */

struct letters {
    uint32_t type;
    const char *native, *value;
    const char *hex, *words;
};

/* A block of just its size, so that a sanitizer sees one byte more. */
static void expect_letters(const struct letters *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct ferry_column column = {.type = cases[i].type, .precision = 20, .scale = 6};
        size_t size = strlen(cases[i].value);
        char *exact = malloc(size + (size == 0));
        memcpy(exact, cases[i].value, size);
        const struct ferry_cell cell = {.v.p = exact, .len = (uint32_t)size};
        expect(&column, cases[i].native, &cell, cases[i].hex, cases[i].words);
        free(exact);
    }
}

static void test_decimals(void **state)
{
    static const struct letters cases[] = {
        {FERRY_TYPE_DECIMAL, "numeric(10,2)", "0", "0000 0000 0000 0000", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(10,2)", "-0.00", "0000 0000 0000 0002", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(10,2)", "-1.50", "0002 0000 4000 0002 0001 1388", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(10,2)", "-1.500000", "0002 0000 4000 0002 0001 1388", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(10,2)", "1.505", NULL, NUMBER_ROUNDED},
        {FERRY_TYPE_DECIMAL, "numeric(20,10)", "123456789.0123456789",
         "0006 0002 0000 000a 0001 0929 1a85 007b 11d7 22c4", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(8,8)", "-0.00000001", "0001 fffe 4000 0008 0001", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(8,8)", "0.00010000", "0001 ffff 0000 0008 0001", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(8,8)", "0.0001000", "0001 ffff 0000 0007 0001", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "00010000.5000", "0003 0001 0000 0004 0001 0000 1388",
         NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "9999.9999", "0002 0000 0000 0004 270f 270f", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "100000000000000000000", "0001 0005 0000 0000 0001",
         NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "5.", "0001 0000 0000 0000 0005", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", ".5", "0001 ffff 0000 0001 1388", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "NaN", "0000 0000 c000 0000", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "-Infinity", "0000 0000 f000 0000", NULL},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", ".", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "-", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "1e5", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "numeric(30,4)", "--1", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "bigint", "-9223372036854775808.00", "8000000000000000", NULL},
        {FERRY_TYPE_DECIMAL, "bigint", "9223372036854775808", NULL, NUMBER_RANGE},
        {FERRY_TYPE_DECIMAL, "integer", "-2147483649", NULL, NUMBER_RANGE},
        {FERRY_TYPE_DECIMAL, "integer", "2147483647.0", "7fffffff", NULL},
        {FERRY_TYPE_DECIMAL, "smallint", "32768", NULL, NUMBER_RANGE},
        {FERRY_TYPE_DECIMAL, "smallint", "-1", "ffff", NULL},
        {FERRY_TYPE_DECIMAL, "smallint", "1.5", NULL, NUMBER_ROUNDED},
        {FERRY_TYPE_DECIMAL, "smallint", "", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "smallint", "1x", NULL, NONE},
        {FERRY_TYPE_DECIMAL, "double precision", "-0.5", "bfe0000000000000", NULL},
        {FERRY_TYPE_DECIMAL, "double precision", "12345678901234567.9", NULL, NUMBER_ROUNDED},
        {FERRY_TYPE_DECIMAL, "real", "0.25", "3e800000", NULL},
        {FERRY_TYPE_DECIMAL, "text", "-1.50", "2d312e3530", NULL},
    };
    (void)state;
    expect_letters(cases, COUNT(cases));
}

static void test_texts(void **state)
{
    static const struct letters cases[] = {
        {FERRY_TYPE_TEXT, "text", "", "", NULL},
        {FERRY_TYPE_TEXT, "text", "a\\N\t\n\r\x01\xc3\xa4", "615c4e090a0d01c3a4", NULL},
        {FERRY_TYPE_TEXT, "character varying(2)", "\xc3\xa4z", "c3a47a", NULL},
        {FERRY_TYPE_TEXT, "character varying(2)", "abc", NULL, "is too long for the column"},
        {FERRY_TYPE_TEXT, "character(4)", "ab", "6162", NULL},
        {FERRY_TYPE_TEXT, "character(4)", "ab ", NULL,
         "ends in a space, which a column of the type character would lose"},
        {FERRY_TYPE_ENUM, "text", "b'c", "622763", NULL},
        {FERRY_TYPE_JSON, "json", "[1]", "5b315d", NULL},
        {FERRY_TYPE_JSON, "jsonb", "[1]", "015b315d", NULL},
        {FERRY_TYPE_BYTES, "bytea", "\xff\\x", "ff5c78", NULL},
        {FERRY_TYPE_UUID, "uuid", "123e4567-e89b-12d3-A456-42665544000f",
         "123e4567e89b12d3a45642665544000f", NULL},
        {FERRY_TYPE_UUID, "uuid", "123e4567-e89b-12d3-a456-42665544000", NULL, NONE},
        {FERRY_TYPE_UUID, "uuid", "123e4567-e89b-12d3-a456-42665544000g", NULL, NONE},
        {FERRY_TYPE_UUID, "uuid", "123e4567-e89b-12d3-a456042665544000f", NULL, NONE},
        {FERRY_TYPE_DATE, "text", "0000-00-00", "303030302d30302d3030", NULL},
    };
    (void)state;
    expect_letters(cases, COUNT(cases));
}

static void test_moments(void **state)
{
    static const struct letters cases[] = {
        {FERRY_TYPE_DATE, "date", "2000-01-01", "00000000", NULL},
        {FERRY_TYPE_DATE, "date", "0001-01-01", "fff4dbf9", NULL},
        {FERRY_TYPE_DATE, "date", "9999-12-31", "002c95d3", NULL},
        {FERRY_TYPE_DATE, "date", "2000-02-29", "0000003b", NULL},
        {FERRY_TYPE_DATE, "date", "1999-12-31", "ffffffff", NULL},
        {FERRY_TYPE_DATE, "date", "1900-02-28", "ffff718e", NULL},
        {FERRY_TYPE_DATE, "date", "1900-02-29", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "2021-04-31", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "2021-13-01", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "2021-00-01", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "2021-01-00", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "0000-00-00", NULL, NO_DATE},
        {FERRY_TYPE_DATE, "date", "infinity", NULL, NO_DATE},
        {FERRY_TYPE_TIME, "time(6) without time zone", "00:00:00", "0000000000000000", NULL},
        {FERRY_TYPE_TIME, "time(6) without time zone", "01:02:03.5", "00000000ddf019e0", NULL},
        {FERRY_TYPE_TIME, "time(6) without time zone", "23:59:59.9999990", "000000141dd75fff",
         NULL},
        {FERRY_TYPE_TIME, "time(6) without time zone", "24:00:00", "000000141dd76000", NULL},
        {FERRY_TYPE_TIME, "time(6) without time zone", "24:00:00.000001", NULL, NO_DATE},
        {FERRY_TYPE_TIME, "time(6) without time zone", "12:00:00.1:2", NULL, NO_DATE},
        {FERRY_TYPE_TIME, "time(6) without time zone", "12:00:60", NULL, NO_DATE},
        {FERRY_TYPE_TIME, "time(3) without time zone", "12:00:00.0001", NULL, MOMENT_ROUNDED},
        {FERRY_TYPE_TIME, "time(6) without time zone", "-01:00:00", NULL,
         "is no time of a day, which the column's type is; the type interval (columns of a job, "
         "--column of copy) takes it"},
        {FERRY_TYPE_DATETIME, "timestamp(6) without time zone", "2000-01-01 00:00:01.5",
         "000000000016e360", NULL},
        {FERRY_TYPE_DATETIME, "timestamp(6) without time zone", "1999-12-31 23:59:59.999999",
         "ffffffffffffffff", NULL},
        {FERRY_TYPE_DATETIME, "timestamp(6) without time zone", "1999-12-31 24:00:00",
         "0000000000000000", NULL},
        {FERRY_TYPE_DATETIME, "timestamp(6) with time zone", "2000-01-01 00:00:00",
         "0000000000000000", NULL},
        {FERRY_TYPE_DATETIME, "timestamp(6) with time zone", "2021-02-30 00:00:00", NULL, NO_DATE},
        {FERRY_TYPE_DATETIME, "timestamp(6) with time zone", "2021-02-03", NULL, NO_DATE},
        {FERRY_TYPE_DATETIME, "timestamp(0) without time zone", "2000-01-01 00:00:00.1", NULL,
         MOMENT_ROUNDED},
    };
    (void)state;
    expect_letters(cases, COUNT(cases));
}

/* As the source half prints them, whose bytes a server has sent. */
static void test_every_day_comes_back(void **state)
{
    char letters[PGDRV_DATE_ROOM];
    int32_t days, again;
    (void)state;
    assert_true(pgdrv_date_read("0001-01-01", PGDRV_DATE_ROOM, &days));
    for (; pgdrv_date_flaw(days) == NULL; days++) {
        pgdrv_date_format(days, letters);
        if (!pgdrv_date_read(letters, sizeof letters, &again) || again != days)
            fail_msg("%.10s is day %d", letters, days);
    }
    assert_memory_equal(letters, "9999-12-31", sizeof letters);
}

/* ---- Other cells, other columns ---- */

static void test_null_and_other_kinds(void **state)
{
    const struct ferry_column column = {.type = FERRY_TYPE_INT, .bits = 64};
    const struct ferry_cell null = {.null = 1},
                            odd = {.v.p = "x", .len = 1, .kind = FERRY_KIND_TEXT};
    struct pgdrv_form form = make_form(&column, "bigint");
    struct part_text out = {0};
    (void)state;
    assert_null(pgdrv_binary_encode(&form, &null, &out));
    assert_int_equal(out.length, 4);
    assert_memory_equal(out.data, "\xff\xff\xff\xff", 4);
    assert_string_equal(pgdrv_binary_encode(&form, &odd, &out),
                        "is of another kind than its column");
    part_text_clear(&out);
}

/* Those go in the text form, with all that stands beside them. */
static void test_columns_without_a_binary_form(void **state)
{
    static const struct {
        uint32_t type;
        const char *native;
    } cases[] = {
        {FERRY_TYPE_BIT, "bit(9)"},       {FERRY_TYPE_BIT, "bit varying"},
        {FERRY_TYPE_TIME, "interval(6)"}, {FERRY_TYPE_INET4, "inet"},
        {FERRY_TYPE_DECIMAL, "numeric"},  {FERRY_TYPE_INT, "numeric"},
        {FERRY_TYPE_FLOAT, "bigint"},     {FERRY_TYPE_TEXT, "date"},
        {FERRY_TYPE_BYTES, "text"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {.type = cases[i].type};
        assert_null(make_form(&column, cases[i].native).binary);
    }
}

static void test_around_rows(void **state)
{
    static const char expected[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
                                   "\0\2"
                                   "\0\0\0\2\0\3"
                                   "\377\377";
    struct part_text out = {0};
    (void)state;
    pgdrv_binary_begin(&out);
    pgdrv_binary_begin_row(2, &out);
    pgdrv_binary_add_small(3, &out);
    pgdrv_binary_end(&out);
    assert_int_equal(out.length, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.length);
    part_text_clear(&out);
}

/* ---- The text form ---- */

static void test_text_form(void **state)
{
    static const struct {
        uint32_t type;
        const char *native, *value, *field, *plain;
    } cases[] = {
        {FERRY_TYPE_TEXT, "text", "a\\\t\n\rb\\", "a\\\\\\t\\n\\rb\\\\", "a\\\t\n\rb\\"},
        {FERRY_TYPE_TEXT, "text", "", "", ""},
        {FERRY_TYPE_BYTES, "bytea", "\xff\\", "\\\\xff5c", "\\xff5c"},
        {FERRY_TYPE_DECIMAL, "integer", "5.00", "5", "5"},
        {FERRY_TYPE_DATETIME, "timestamp with time zone", "2000-01-01 00:00:00",
         "2000-01-01 00:00:00+00", "2000-01-01 00:00:00+00"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct ferry_column column = {.type = cases[i].type, .precision = 9};
        const struct ferry_cell cell = {.v.p = cases[i].value,
                                        .len = (uint32_t)strlen(cases[i].value)};
        struct pgdrv_form form = make_form(&column, cases[i].native);
        struct part_text out = {0};
        part_text_add(&out, "\\\n");
        assert_null(pgdrv_encode_text(&form, &cell, &out));
        assert_int_equal(out.length, 2 + strlen(cases[i].field));
        assert_string_equal(out.data + 2, cases[i].field);
        part_text_reset(&out);
        pgdrv_encode_plain(&form, &cell, &out);
        assert_string_equal(out.data, cases[i].plain);
        part_text_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_every_day_comes_back),
        cmocka_unit_test(test_null_and_other_kinds),
        cmocka_unit_test(test_columns_without_a_binary_form),
        cmocka_unit_test(test_around_rows),
        cmocka_unit_test(test_text_form),
    };
    return cmocka_run_group_tests_name("pgsql binary", tests, NULL, NULL);
}
