/* Tests of what SQL Server's values and types become, and values there: the forms are those of
 * T-SQL's reference. */

#include "unit.h"

#include <math.h>

#include "cells.h"
#include "dbi/decoded.h"
#include "write/target.h"

/* ---- Literals and names ---- */

static void expect_literal(enum dbidrv_put put, uint64_t most, struct ferry_cell cell,
                           const char *expected)
{
    struct part_text sql = {0};
    const char *flaw = dbidrv_put(DBIDRV_STYLE_TSQL, put, most, &cell, &sql);
    if ((flaw == NULL) != (expected != NULL))
        fail_msg("expected %s: %s", expected == NULL ? "a flaw" : expected,
                 flaw == NULL ? sql.data : flaw);
    if (expected != NULL)
        assert_string_equal(sql.data, expected);
    part_text_clear(&sql);
}

#define UTF16(digits) "CAST(0x" digits " AS nvarchar(max))"
#define WHOLE(number) "CAST(CAST(" number " AS bigint) AS float)"
#define REAL(value) CELL(.v.f = (value))

static void test_literals(void **state)
{
    (void)state;
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("it's [a] \\ \"b\" %"), "N'it''s [a] \\ \"b\" %'");
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT(""), "N''");
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\xc3\xa9"), UTF16("E900"));
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("a\xe2\x82\xac"), UTF16("6100AC20"));
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\xf0\x9f\x98\x80"), UTF16("3DD800DE"));
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("a\0b"), UTF16("610000006200"));
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\\\n"), UTF16("5C000A00")); /* would go on */
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\xc3"), NULL);
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\xed\xa0\x80"), NULL);
    expect_literal(DBIDRV_PUT_TEXT, 0, TEXT("\xc0\xa7"), NULL); /* a quotation mark, too long */
    expect_literal(DBIDRV_PUT_TEXT, 2, TEXT("\xf0\x9f\x98\x80"), UTF16("3DD800DE"));
    expect_literal(DBIDRV_PUT_TEXT, 1, TEXT("\xf0\x9f\x98\x80"), NULL);
    expect_literal(DBIDRV_PUT_BYTES, 0, TEXT("\0'\xff"), "0x0027ff");
    expect_literal(DBIDRV_PUT_BYTES, 0, TEXT(""), "0x");
    expect_literal(DBIDRV_PUT_INT, 0, INT(INT64_MIN), "'-9223372036854775808'");
    expect_literal(DBIDRV_PUT_UINT, 0, UINT(UINT64_MAX), "'18446744073709551615'");
    expect_literal(DBIDRV_PUT_DATE, 0, TEXT("2024-02-29"), "'2024-02-29'");
    expect_literal(DBIDRV_PUT_DATE, 0, TEXT("0000-00-00"), NULL);
    expect_literal(DBIDRV_PUT_TIME, 0, TEXT("23:59:59.1234567"), "'23:59:59.1234567'");
    expect_literal(DBIDRV_PUT_TIME, 0, TEXT("24:00:00"), NULL);
    expect_literal(DBIDRV_PUT_INSTANT, 0, TEXT("2024-02-29 00:00:00"),
                   "'2024-02-29 00:00:00 +00:00'");
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL(0.0), "(" WHOLE("0") ")");
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL(0.1),
                   "(" WHOLE("7205759403792794") "/" WHOLE("4503599627370496") "/" WHOLE("16") ")");
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL(-1e17),
                   "(" WHOLE("-6250000000000000") "*" WHOLE("16") ")");
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL((double)NAN), NULL);
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL((double)INFINITY), NULL);
    expect_literal(DBIDRV_PUT_FLOAT, 0, REAL(5e-324), NULL);
    expect_literal(DBIDRV_PUT_REAL, 0, REAL(1e-40), NULL);
}

static void test_names(void **state)
{
    static const struct {
        const char *name, *quoted;
    } cases[] = {{"plain", "[plain]"},
                 {"a]b", "[a]]b]"},
                 {"]]", "[]]]]]"},
                 {"[x", "[[x]"},
                 {"'\"", "['\"]"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct part_text sql = {0};
        dbidrv_query_add_name(&dbidrv_dialect_freetds, cases[i].name, &sql);
        assert_string_equal(sql.data, cases[i].quoted);
        part_text_clear(&sql);
    }
}

/* ---- Values ---- */

static void expect_decoded(const char *type_name, const char *given, const char *expected)
{
    unsigned long numbers[2] = {0};
    unsigned count = 0;
    const struct dbidrv_type *type =
        dbidrv_dialect_type(&dbidrv_dialect_freetds, type_name, numbers, &count);
    assert_non_null(type);
    assert_true(type->marked && type->room > 0);
    const struct dbidrv_column column = {
        .type = type,
        .scale = count > 0 ? (uint32_t)numbers[0] : 0,
        .column = {.name = "c", .type = type->type, .bits = type->bits, .flags = type->flags}};
    struct decoded decoded;
    decoded_take(&decoded, &column, given);
    if (expected == NULL)
        assert_non_null(decoded.flaw);
    else if (strcmp(expected, "NULL") == 0)
        assert_true(decoded.flaw == NULL && decoded.cell.null == 1);
    else {
        assert_null(decoded.flaw);
        assert_int_equal(decoded.cell.null, 0);
        assert_int_equal(decoded.cell.len, strlen(expected));
        assert_memory_equal(decoded.cell.v.p, expected, decoded.cell.len);
    }
    decoded_done(&decoded);
}

static void test_values(void **state)
{
    (void)state;
    expect_decoded("nvarchar(10)", "n", "NULL");
    expect_decoded("nvarchar(10)", "v", "");
    expect_decoded("nvarchar(10)", "v6100AC20", "a\xe2\x82\xac");
    expect_decoded("nvarchar(max)", "v3DD800DE", "\xf0\x9f\x98\x80");
    expect_decoded("varchar(10)", "vE900", "\xc3\xa9");
    expect_decoded("nvarchar(10)", "v3DD8", NULL); /* half a letter */
    expect_decoded("nvarchar(10)", "v00DE3DD8", NULL);
    expect_decoded("nvarchar(10)", "v610", NULL);
    expect_decoded("nvarchar(max)", "l", NULL); /* there is no room for it */
    expect_decoded("nvarchar(10)", "", NULL);
    expect_decoded("nvarchar(10)", "6100", NULL);
    expect_decoded("nvarchar(10)", "nn", NULL);
    expect_decoded("varbinary(10)", "v41FF", "A\xff");
    expect_decoded("varbinary(10)", "v4", NULL);
    expect_decoded("varbinary(max)", "v", "");
    expect_decoded("varbinary(max)", "n", "NULL");
    expect_decoded("date", "v2024-02-29", "2024-02-29");
    expect_decoded("datetime2(3)", "v2024-02-29 01:02:03.450", "2024-02-29 01:02:03.450");
    expect_decoded("datetimeoffset(3)", "v2024-02-29 01:02:03.4500000", "2024-02-29 01:02:03.450");
    expect_decoded("int", "n", "NULL");
    expect_decoded("int", "", NULL);
}

/* Types that do not come whole are refused by name. */
static void test_types(void **state)
{
    static const char *const refused[] = {
        "money",  "datetime",    "text",      "image",
        "xml",    "sql_variant", "char(3)",   "nchar(3)",
        "masked", "encrypted",   "binary(3)", "any, under a name that is not of ASCII"};
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        unsigned long numbers[2] = {0};
        unsigned count = 0;
        if (dbidrv_dialect_type(&dbidrv_dialect_freetds, refused[i], numbers, &count) != NULL)
            fail_msg("'%s' is carried", refused[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests_name("dbi T-SQL", tests, NULL, NULL);
}
