/* Tests of the mysql driver's encode.c: numbers, at each limit of each column, and what is of
 * another kind. */

#include "unit.h"

#include "../../../plugins/mysql/text.c"
#include "../../../plugins/mysql/types/spelling.c"
#include "../../../plugins/mysql/types/translate.c"
#include "../../../plugins/mysql/write/check.c"
#include "../../../plugins/mysql/write/encode.c"
#include "../../../plugins/mysql/write/form.c"
#include "../../../plugins/parts/text.c"

#include "encode.h"

#define OF(t)                                                                                      \
    {                                                                                              \
        .type = FERRY_TYPE_##t                                                                     \
    }
#define INT64                                                                                      \
    {                                                                                              \
        .type = FERRY_TYPE_INT, .bits = 64                                                         \
    }
#define UINT64                                                                                     \
    {                                                                                              \
        .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED                         \
    }
#define FLOAT64                                                                                    \
    {                                                                                              \
        .type = FERRY_TYPE_FLOAT, .bits = 64                                                       \
    }
#define KIND(k, ...)                                                                               \
    {                                                                                              \
        .kind = FERRY_KIND_##k, __VA_ARGS__                                                        \
    }

#define RANGE REFUSED("is out of the column's range")

/* Every integer of two columns is taken that the manual's table of integer types has, and no other.
 */
static void test_ranges_of_integers(void **state)
{
    (void)state;
    static const struct {
        const char *native;
        int64_t least;
        uint64_t most;
    } types[] = {
        {"tinyint", -128, 127},           {"tinyint unsigned", 0, 255},
        {"smallint", -32768, 32767},      {"smallint unsigned", 0, 65535},
        {"mediumint", -8388608, 8388607}, {"mediumint unsigned", 0, 16777215},
        {"int", -2147483648, 2147483647}, {"int unsigned", 0, 4294967295},
        {"bigint", INT64_MIN, INT64_MAX}, {"bigint unsigned", 0, UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(types); i++) {
        char least[32], most[32];
        int least_size = snprintf(least, sizeof least, "%lld", (long long)types[i].least);
        int most_size = snprintf(most, sizeof most, "%llu", (unsigned long long)types[i].most);
        /* of the least of all it is not asked for */
        const int64_t below = types[i].least == INT64_MIN ? 0 : types[i].least - 1;
        const struct encode_case cases[] = {
            {INT64, types[i].native, INTEGER(types[i].least), least, (size_t)least_size},
            {UINT64, types[i].native, COUNTED(types[i].most), most, (size_t)most_size},
            {UINT64, types[i].native, COUNTED(types[i].most + 1), RANGE},
            {INT64, types[i].native, INTEGER(below), RANGE},
        };
        run_encode_cases(cases, types[i].most == UINT64_MAX   ? 2
                                : types[i].least == INT64_MIN ? 3
                                                              : 4);
        if (types[i].most == UINT64_MAX)
            run_encode_case(&cases[3]);
    }
}

static void test_integers(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {INT64, "bigint", INTEGER(0), SENT("0")},
        {INT64, "bigint", INTEGER(-1), SENT("-1")},
        {INT64, "bigint", INTEGER(10), SENT("10")},
        {OF(BOOL), "tinyint(1)", INTEGER(1), SENT("1")},
        {OF(YEAR), "smallint", INTEGER(1999), SENT("1999")},
        {{.type = FERRY_TYPE_BIT, .bits = 64},
         "bigint unsigned",
         COUNTED(UINT64_MAX),
         SENT("18446744073709551615")},
        {FLOAT64, "bigint", REAL(1), REFUSED("is no integer")},
        {OF(TEXT), "bigint", TEXT("1"), REFUSED("is no integer")},
        {OF(ANY), "bigint", KIND(INT, .v.i = -7), SENT("-7")},
        {OF(ANY), "bigint", KIND(BYTES, .v.p = "x", .len = 1), REFUSED("is no integer")},
        /* bits, the highest byte first */
        {{.type = FERRY_TYPE_BIT, .bits = 1}, "bit", COUNTED(1), SENT("\1")},
        {{.type = FERRY_TYPE_BIT, .bits = 1},
         "bit",
         COUNTED(2),
         REFUSED("has more bits than the column")},
        {INT64, "bit(8)", INTEGER(200), SENT("\310")},
        {INT64, "bit(9)", INTEGER(200), SENT("\0\310")},
        {INT64, "bit(8)", INTEGER(-1), REFUSED("is no positive integer")},
        {INT64, "bit(8)", INTEGER(0), SENT("\0")},
        {FLOAT64, "bit(8)", REAL(1), REFUSED("is no positive integer")},
        {UINT64, "bit(63)", COUNTED(UINT64_C(1) << 63), REFUSED("has more bits than the column")},
        {UINT64, "bit(63)", COUNTED(INT64_MAX), SENT("\177\377\377\377\377\377\377\377")},
        {UINT64, "bit(64)", COUNTED(UINT64_C(0x0102030405060708)), SENT("\1\2\3\4\5\6\7\10")},
        {UINT64, "bit(64)", COUNTED(UINT64_MAX), SENT("\377\377\377\377\377\377\377\377")},
        /* years */
        {INT64, "year", INTEGER(1901), SENT("1901")},
        {INT64, "year", INTEGER(2155), SENT("2155")},
        {INT64, "year", INTEGER(1900), REFUSED("is no year that the server can hold")},
        {INT64, "year", INTEGER(2156), REFUSED("is no year that the server can hold")},
        {INT64, "year", INTEGER(-1), REFUSED("is no year that the server can hold")},
        {UINT64, "year", COUNTED(2000), SENT("2000")},
        {FLOAT64, "year", REAL(0), REFUSED("is no year that the server can hold")},
    };
    run_encode_cases(cases, COUNT(cases));
}

#define NO_FLOAT REFUSED("is no floating-point number")
#define TOO_MANY REFUSED("has more digits than a FLOAT keeps")

static void test_floats(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {INT64, "double", INTEGER(INT64_C(1) << 53), SENT("9007199254740992")},
        {INT64, "double", INTEGER(-(INT64_C(1) << 53)), SENT("-9007199254740992")},
        {INT64, "double", INTEGER((INT64_C(1) << 53) + 1), NO_FLOAT},
        {INT64, "double", INTEGER(-(INT64_C(1) << 53) - 1), NO_FLOAT},
        {UINT64, "double", COUNTED(1), NO_FLOAT},
        {OF(TEXT), "double", TEXT("1"), NO_FLOAT},
        {OF(BYTES), "double", TEXT("1"), NO_FLOAT},
        {OF(ANY), "double", KIND(FLOAT, .v.f = 2.5), SENT("2.5")},
        {OF(ANY), "double", KIND(TEXT, .v.p = "x", .len = 1), NO_FLOAT},
        {FLOAT64, "double", REAL((double)-INFINITY),
         REFUSED("is infinite or no number, which the server cannot hold")},
        {FLOAT64, "double unsigned", REAL(-0.0), RANGE},
        {FLOAT64, "double unsigned", REAL(0.0), SENT("0")},
        {FLOAT64, "float", REAL((double)FLT_MAX), SENT("3.4028234663852886e+38")},
        {FLOAT64, "float", REAL(-(double)FLT_MAX), SENT("-3.4028234663852886e+38")},
        {FLOAT64, "float", REAL(3.4028234663852890e38), TOO_MANY},
        {FLOAT64, "float", REAL(-3.4028234663852890e38), TOO_MANY},
        {FLOAT64, "float", REAL(16777217), TOO_MANY},
        {FLOAT64, "float", REAL((double)0.1f), SENT("0.10000000149011612")},
        {FLOAT64, "float", REAL(16777216), SENT("16777216")},
        {INT64, "float", INTEGER(16777217), TOO_MANY},
        {FLOAT64, "double", REAL(999999999999999), SENT("999999999999999")},
        {FLOAT64, "double", REAL(-999999999999999), SENT("-999999999999999")},
        {FLOAT64, "double", REAL(999999999999999.9), SENT("999999999999999.88")},
        {FLOAT64, "double", REAL(123456789012345680.0), SENT("1.2345678901234568e+17")},
        {FLOAT64, "double", REAL(0.5), SENT("0.5")},
        {FLOAT64, "double", REAL(100), SENT("100")},
        {FLOAT64, "double", REAL(1.05), SENT("1.05")},
        /* nearest to a number of 16 digits */
        {FLOAT64, "double", REAL(100000000000000.1), SENT("100000000000000.09")},
        {FLOAT64, "double", REAL(10000.00000000001), SENT("10000.000000000009")},
        {FLOAT64, "float", REAL(0x1p-20), SENT("9.5367431640625e-07")},
        {FLOAT64, "double", REAL(0x1p-20), SENT("0.00000095367431640625")},
        {FLOAT64, "double", REAL(1e-22), SENT("0.0000000000000000000001")},
        {FLOAT64, "double", REAL(1e-23), SENT("9.9999999999999996e-24")},
        {FLOAT64, "double", REAL(5e-324), SENT("4.9406564584124654e-324")},
    };
    run_encode_cases(cases, COUNT(cases));
}

/* Fifteen digits stay as they are, wherever the point stands. */
static void test_each_place_of_a_point(void **state)
{
    (void)state;
    static const char digits[] = "123456789012345";
    for (int places = 0; places <= 22; places++) {
        char text[40];
        if (places < 15)
            (void)snprintf(text, sizeof text, "%.*s%s%s", 15 - places, digits,
                           places > 0 ? "." : "", digits + 15 - places);
        else
            (void)snprintf(text, sizeof text, "0.%.*s%s", places - 15, "0000000", digits);
        const struct encode_case test = {FLOAT64, "double", REAL(strtod(text, NULL)), text,
                                         strlen(text)};
        run_encode_case(&test);
    }
}

#define OTHER_KIND REFUSED("is of another kind than the column")
#define NUMBER REFUSED("is a number where the column holds another kind")

static void test_numbers_as_texts(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {INT64, "varchar(30)", INTEGER(-5), SENT("-5")},
        {INT64, "varchar(30)", INTEGER(0), SENT("0")},
        {INT64, "char(30)", INTEGER(5), SENT("5")},
        {UINT64, "text", COUNTED(UINT64_MAX), SENT("18446744073709551615")},
        {FLOAT64, "varchar(30)", REAL(0.1), SENT("0.10000000000000001")},
        {OF(BYTES), "varchar(30)", TEXT("x"), OTHER_KIND},
        {OF(ANY), "varchar(30)", KIND(INT, .v.i = 5), OTHER_KIND},
        {INT64, "decimal(10,2)", INTEGER(-12), SENT("-12")},
        {INT64, "decimal(10,2)", INTEGER(0), SENT("0")},
        {UINT64, "decimal(30,0)", COUNTED(UINT64_MAX), SENT("18446744073709551615")},
        {FLOAT64, "decimal(10,2)", REAL(0.5), NUMBER},
        {INT64, "date", INTEGER(5), NUMBER},
        {UINT64, "varbinary(9)", COUNTED(5), NUMBER},
        {FLOAT64, "json", REAL(5), NUMBER},
    };
    run_encode_cases(cases, COUNT(cases));
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct encode_case cases[] = {
        {OF(BYTES), "varbinary(3)", TEXT("a\0b"), SENT("a\0b")},
        {OF(BYTES), "blob", TEXT(""), SENT("")},
        {OF(GEOMETRY), "geometry", TEXT("\1\2"), SENT("\1\2")},
        {OF(VECTOR), "vector(1)", TEXT("abcd"), SENT("abcd")},
        {OF(ANY), "blob", KIND(BYTES, .v.p = "ab", .len = 2), SENT("ab")},
        {OF(BYTES), "binary(2)", TEXT("abc"),
         REFUSED("is not as long as the column, which would be filled up with zeros")},
        {OF(BYTES), "binary", TEXT("a"), SENT("a")},
        {OF(BYTES), "binary", TEXT("ab"),
         REFUSED("is not as long as the column, which would be filled up with zeros")},
        {OF(BYTES), "binary", TEXT(""),
         REFUSED("is not as long as the column, which would be filled up with zeros")},
        {OF(BYTES), "date", TEXT("ab"),
         REFUSED("is made of bytes where the column holds another kind")},
        {OF(BYTES), "decimal(5,0)", TEXT("1"),
         REFUSED("is made of bytes where the column holds another kind")},
        {OF(TEXT), "blob", TEXT("a"), REFUSED("is a text where the column holds another kind")},
    };
    run_encode_cases(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges_of_integers),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_each_place_of_a_point),
        cmocka_unit_test(test_numbers_as_texts),
        cmocka_unit_test(test_bytes),
    };
    return cmocka_run_group_tests_name("mysql encode numbers", tests, NULL, NULL);
}
