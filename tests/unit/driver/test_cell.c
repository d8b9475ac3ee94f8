/* Tests of cell.c: what is the same and which comes first, by hand, and of many numbers by other
 * means than cell.c has.
 */

#include "unit.h"

#include <float.h>
#include <math.h>

#include "cells.h"
#include "driver/cell.h"

#define NINES "99999999999999999999999999999999999999999999999999999999999999999" /* 65 */

static const struct ferry_column any = {.name = "c", .native = "", .type = FERRY_TYPE_ANY};
static const struct ferry_column big = {
    .name = "c", .native = "", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_LOOSE};
static const struct ferry_column count = {
    .name = "c", .native = "", .type = FERRY_TYPE_INT, .bits = 64, .flags = FERRY_COLUMN_UNSIGNED};
static const struct ferry_column text = {.name = "c", .native = "", .type = FERRY_TYPE_TEXT};
static const struct ferry_column price = {
    .name = "c", .native = "", .type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = 2};

/* Each cell is before all that stand behind it. */
static void assert_ascending(const struct ferry_column *column, const struct ferry_cell *cells,
                             size_t size)
{
    struct ferry_cell_form form = ferry_cell_form(column);
    for (size_t i = 0; i < size; i++)
        for (size_t k = 0; k < size; k++) {
            if (ferry_cell_order(&form, &cells[i], &cells[k]) != (i > k) - (i < k))
                fail_msg("type %u: order of cells %zu and %zu", column->type, i, k);
            assert_int_equal(ferry_cell_equal(&form, &cells[i], &cells[k]), i == k);
        }
}

/* All of them are one value. */
static void assert_same(const struct ferry_column *column, const struct ferry_cell *cells,
                        size_t size)
{
    struct ferry_cell_form form = ferry_cell_form(column);
    for (size_t i = 1; i < size; i++) {
        assert_true(ferry_cell_equal(&form, &cells[0], &cells[i]));
        assert_int_equal(ferry_cell_order(&form, &cells[0], &cells[i]), 0);
    }
}

static void test_integers(void **state)
{
    (void)state;
    assert_ascending(&big,
                     CELLS(NONE, INT(INT64_MIN), INT(-2), INT(-1), INT(0), INT(1), INT(INT64_MAX)));
    assert_ascending(&count, CELLS(NONE, UINT(0), UINT(1), UINT(INT64_MAX), UINT(UINT64_C(1) << 63),
                                   UINT(UINT64_MAX)));
    assert_ascending(
        &COLUMN(.type = FERRY_TYPE_BIT, .bits = 64),
        CELLS(UINT(0), UINT(1), UINT(INT64_MAX), UINT(UINT64_C(1) << 63), UINT(UINT64_MAX)));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_BOOL), CELLS(NONE, INT(0), INT(1)));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_YEAR), CELLS(NONE, INT(0), INT(1901), INT(2155)));
    /* An integer is one value in each column that has it. */
    assert_same(&big, CELLS(INT(-1), KIND_INT(-1)));
    assert_ascending(&count, CELLS(KIND_INT(-1), UINT(UINT64_MAX)));
}

static void test_texts(void **state)
{
    (void)state;
    assert_ascending(&text, CELLS(NONE, TEXT(""), TEXT("\0"), TEXT("007"), TEXT("10"), TEXT("7"),
                                  TEXT("A"), TEXT("B"), TEXT("a"), TEXT("a\0"), TEXT("a "),
                                  TEXT("aa"), TEXT("b"), TEXT("\303\204"), TEXT("\xef\xbf\xbf"),
                                  TEXT("\xf0\x90\x80\x80")));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_BYTES),
                     CELLS(NONE, TEXT(""), TEXT("\0"), TEXT("\x7f\xff"), TEXT("\x80"), TEXT("\xff"),
                           TEXT("\xff\0")));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_ENUM), CELLS(TEXT("large"), TEXT("small")));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_UUID),
                     CELLS(TEXT("123E4567-E89B-12D3-A456-426614174000"),
                           TEXT("123e4567-e89b-12d3-a456-426614174000"),
                           TEXT("223e4567-e89b-12d3-a456-426614174000")));
}

static void test_moments(void **state)
{
    (void)state;
    assert_ascending(&COLUMN(.type = FERRY_TYPE_DATE),
                     CELLS(NONE, TEXT("0000-00-00"), TEXT("0000-01-00"), TEXT("0999-12-31"),
                           TEXT("2024-00-00"), TEXT("2024-00-31"), TEXT("2024-01-00"),
                           TEXT("2024-01-01"), TEXT("2024-10-01"), TEXT("9999-12-31")));
    assert_ascending(&COLUMN(.type = FERRY_TYPE_DATETIME, .scale = 3),
                     CELLS(TEXT("0000-00-00 00:00:00.000"), TEXT("2024-02-29 09:59:59.999"),
                           TEXT("2024-02-29 23:59:59.099"), TEXT("2024-02-29 23:59:59.100"),
                           TEXT("2024-02-29 23:59:59.120"), TEXT("2024-03-01 00:00:00.000")));
    /* A driver that leaves the column's digits away gives another value. */
    assert_ascending(&COLUMN(.type = FERRY_TYPE_DATETIME, .scale = 3),
                     CELLS(TEXT("2024-02-29 23:59:59"), TEXT("2024-02-29 23:59:59.000")));
}

static void test_decimals(void **state)
{
    (void)state;
    assert_same(&price, CELLS(TEXT("1.50"), TEXT("1.5"), TEXT("01.5"), TEXT("001.5000")));
    assert_same(&price, CELLS(TEXT("7.00"), TEXT("007"), TEXT("7"), TEXT("7."), TEXT("7.0000")));
    assert_same(&price, CELLS(TEXT("0.00"), TEXT("-0"), TEXT("-0.00"), TEXT(".0"), TEXT("000")));
    assert_same(&price, CELLS(TEXT("-0.50"), TEXT("-.5"), TEXT("-00.500")));
    assert_same(&price, CELLS(TEXT("0" NINES), TEXT(NINES ".00")));
    assert_ascending(&price,
                     CELLS(NONE, TEXT("-" NINES), TEXT("-10"), TEXT("-9.99"), TEXT("-9.9"),
                           TEXT("-1"), TEXT("-.01"), TEXT("-.001"), TEXT("0"), TEXT("0.001"),
                           TEXT("0.01"), TEXT("0.1"), TEXT("0.11"), TEXT("1"), TEXT("9"),
                           TEXT("10"), TEXT("10.009"), TEXT("10.01"), TEXT("011"), TEXT("99"),
                           TEXT("0100"), TEXT(NINES), TEXT("1" NINES), /* and what is no number: */
                           TEXT(""), TEXT("+1"), TEXT("-"), TEXT("1,5"), TEXT("1e1"), TEXT("nan")));
    /* Without a point there is none to stand before zeros. */
    assert_same(&COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 9),
                CELLS(TEXT("12"), TEXT("0012"), TEXT("12.0"), TEXT("12.")));
}

/* In columns where each cell says its kind, numbers come first, as in SQLite. */
static void test_kinds(void **state)
{
    (void)state;
    const struct ferry_cell cells[] = {
        NONE,
        KIND_REAL(-(double)INFINITY),
        KIND_REAL(-0x1p65),
        KIND_INT(INT64_MIN),
        KIND_REAL(-0x1p63),
        KIND_INT(INT64_MIN + 1),
        KIND_INT(-2),
        KIND_REAL(-1.5),
        KIND_INT(-1),
        KIND_REAL(-1.0),
        KIND_REAL(-5e-324),
        KIND_INT(0),
        KIND_REAL(0.0),
        KIND_REAL(5e-324),
        KIND_INT(1),
        KIND_REAL(1.0),
        KIND_REAL(1.5),
        KIND_INT(2),
        KIND_INT(9007199254740992),
        KIND_REAL(9007199254740992.0),
        KIND_INT(9007199254740993), /* no double is this one */
        KIND_REAL(9007199254740994.0),
        KIND_INT(INT64_MAX),
        KIND_REAL(0x1p63),
        KIND_REAL((double)INFINITY),
        KIND_REAL((double)NAN),
        KIND_TEXT(""),
        KIND_TEXT("1"),
        KIND_TEXT("b"),
        KIND_BYTES(""),
        KIND_BYTES("1"),
        KIND_BYTES("a"),
    };
    assert_ascending(&any, cells, COUNT(cells));
    assert_ascending(&big, cells, COUNT(cells));
    assert_same(&any, CELLS(KIND_REAL(0.0), KIND_REAL(-0.0)));
    assert_same(&any, CELLS(KIND_REAL((double)NAN), KIND_REAL(-(double)NAN)));
    assert_same(&any, CELLS(NONE, CELL(.null = 1, .kind = FERRY_KIND_TEXT, .v.u = 1, .len = 9)));
    assert_ascending(&price, CELLS(NONE, KIND_INT(9), KIND_REAL(9.0), TEXT("-1.00"), TEXT("1.00"),
                                   TEXT("no number"), KIND_TEXT("1.00"), KIND_BYTES("1.00")));
    assert_ascending(
        &count, CELLS(KIND_REAL(-1.0), UINT(UINT64_MAX - 1), UINT(UINT64_MAX), KIND_REAL(0x1p64)));
    assert_ascending(&count, CELLS(KIND_REAL(0x1.fffffffffffffp63), UINT(UINT64_MAX - 2046)));
}

static void test_which_types_have_an_order(void **state)
{
    (void)state;
    static const uint32_t without[] = {FERRY_TYPE_FLOAT, FERRY_TYPE_TIME, FERRY_TYPE_JSON,
                                       FERRY_TYPE_GEOMETRY, FERRY_TYPE_VECTOR};
    for (uint32_t type = FERRY_TYPE_BOOL; type <= FERRY_TYPE_VECTOR; type++) {
        bool has = true;
        for (size_t i = 0; i < COUNT(without); i++)
            has = has && type != without[i];
        assert_int_equal(ferry_cell_no_order(&COLUMN(.type = type)) == NULL, has);
    }
    assert_non_null(ferry_cell_no_order(&COLUMN(.type = FERRY_TYPE_VECTOR + 1)));
    assert_non_null(strstr(ferry_cell_no_order(&COLUMN(.type = FERRY_TYPE_TIME)), "time"));
}

/* ---- Numbers, by other means ---- */

#define DIGITS 80 /* on either side of the point */

/* Sets all digits that the number could have; less, and so more, is negative. */
static void spread(const char *number, char ret[2 * DIGITS + 1])
{
    bool negative = number[0] == '-';
    const char *start = number + negative;
    const char *point = strchrnul(start, '.');
    memset(ret, '0', 2 * DIGITS + 1);
    memcpy(ret + 1 + DIGITS - (point - start), start, (size_t)(point - start));
    if (*point == '.')
        memcpy(ret + 1 + DIGITS, point + 1, strlen(point + 1));
    ret[0] = 'p';
    for (size_t i = 1; negative && i <= 2 * DIGITS; i++)
        ret[i] = (char)('0' + '9' - ret[i]);
    for (size_t i = 1; negative && i <= 2 * DIGITS; i++)
        ret[0] = ret[i] != '9' ? 'n' : ret[0];
    if (negative && ret[0] == 'p')
        memset(ret + 1, '0', 2 * DIGITS); /* -0 */
}

/* Digits of few kinds, so that numbers have beginnings in common. */
static void make_decimal(char *at)
{
    static const char digits[] = "00199";
    if (pick(2) == 0)
        *at++ = '-';
    size_t whole = pick(pick(4) == 0 ? 66 : 4), fraction = pick(pick(4) == 0 ? 31 : 4);
    for (size_t i = 0; i < whole + (fraction == 0); i++)
        *at++ = digits[pick(sizeof digits - 1)];
    if (fraction > 0 || pick(4) == 0)
        *at++ = '.';
    for (size_t i = 0; i < fraction; i++)
        *at++ = digits[pick(sizeof digits - 1)];
    *at = '\0';
}

static void test_decimals_against_their_digits(void **state)
{
    (void)state;
    size_t equal = 0;
    for (size_t i = 0; i < 200000; i++) {
        const struct ferry_column column =
            COLUMN(.type = FERRY_TYPE_DECIMAL, .precision = 65, .scale = (uint32_t)pick(5));
        struct ferry_cell_form form = ferry_cell_form(&column);
        char a[128], b[128], a_spread[2 * DIGITS + 1], b_spread[2 * DIGITS + 1];
        make_decimal(a);
        make_decimal(b);
        spread(a, a_spread);
        spread(b, b_spread);
        int found = memcmp(a_spread, b_spread, sizeof a_spread);
        int expected = (found > 0) - (found < 0);
        const struct ferry_cell x = CELL(.v.p = a, .len = (uint32_t)strlen(a));
        const struct ferry_cell y = CELL(.v.p = b, .len = (uint32_t)strlen(b));
        if (ferry_cell_order(&form, &x, &y) != expected ||
            ferry_cell_equal(&form, &x, &y) != (expected == 0))
            fail_msg("%s and %s in a column of scale %u", a, b, column.scale);
        equal += expected == 0;
    }
    assert_in_range(equal, 100, 100000);
}

/* A long double holds every integer and every double. */
static void test_integers_against_floats(void **state)
{
    (void)state;
#if LDBL_MANT_DIG < 64
    skip();
#endif
    struct ferry_cell_form is_signed = ferry_cell_form(&big);
    struct ferry_cell_form is_unsigned = ferry_cell_form(&count);
    for (size_t i = 0; i < 200000; i++) {
        uint64_t bits = (pick(SIZE_MAX) << 32 ^ pick(SIZE_MAX)) >> pick(64);
        bits = pick(2) == 0 ? bits : ~bits;
        double real = (double)(int64_t)bits + (double)pick(5) - 2.0;
        real = pick(2) == 0 ? real : (double)bits;
        real += pick(4) == 0 ? 0.5 : 0.0;
        const struct ferry_cell integer = UINT(bits), number = KIND_REAL(real);
        long double as_signed = (long double)(int64_t)bits, as_unsigned = (long double)bits;
        assert_int_equal(ferry_cell_order(&is_signed, &integer, &number),
                         as_signed <= (long double)real ? -1 : 1);
        assert_int_equal(ferry_cell_order(&is_unsigned, &number, &integer),
                         as_unsigned <= (long double)real ? 1 : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_which_types_have_an_order),
        cmocka_unit_test(test_decimals_against_their_digits),
        cmocka_unit_test(test_integers_against_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
