/* Tests of the sqlite driver's decimal.c: a decimal's text as the double nearest to it. */

#include "unit.h"

#include "../../../plugins/sqlite/decimal.c"

#include <math.h>

/* Numbers that repeat at each run (xorshift). */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_agrees_with_strtod(void **state)
{
    (void)state;
    uint64_t seed = 20240229;
    char text[64];
    for (int i = 0; i < 200000; i++) {
        uint64_t digits = next_random(&seed) % 15 + 1;
        uint64_t scale = next_random(&seed) % (digits + 1);
        uint64_t power = 1;
        for (uint64_t d = 0; d < digits; d++)
            power *= 10;
        uint64_t number = next_random(&seed) % power;
        const char *sign = next_random(&seed) % 2 == 0 ? "-" : "";
        (void)snprintf(text, sizeof text, "%s%0*llu", sign, (int)digits + 1,
                       (unsigned long long)number);
        size_t length = strlen(text);
        if (scale > 0) { /* put the point before the last `scale` digits */
            memmove(text + length - scale + 1, text + length - scale, scale + 1);
            text[length - scale] = '.';
            length++;
        }
        double value = 0;
        if (!sqldrv_decimal_to_double(text, length, &value))
            fail_msg("'%s' was refused", text);
        if (value != strtod(text, NULL))
            fail_msg("'%s' became %.17g, strtod says %.17g", text, value, strtod(text, NULL));
    }
}

static void test_fifteen_digits_survive(void **state)
{
    (void)state;
    const char *const texts[] = {"0.1",
                                 "123456789012345",
                                 "999999999999999",
                                 "0.999999999999999",
                                 "12345678901.2345",
                                 "-0.000000000000001"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        double value = 0;
        char back[64];
        assert_true(sqldrv_decimal_to_double(texts[i], strlen(texts[i]), &value));
        const char *point = strchr(texts[i], '.');
        (void)snprintf(back, sizeof back, "%.*f", point == NULL ? 0 : (int)strlen(point + 1),
                       value);
        assert_string_equal(back, texts[i]);
    }
}

static void test_zero_has_no_sign(void **state)
{
    (void)state;
    double value = 1;
    const double zero = 0;
    assert_true(sqldrv_decimal_to_double("-0.00", 5, &value));
    assert_memory_equal(&value, &zero, sizeof zero);
}

static void test_leading_zeros_do_not_count(void **state)
{
    (void)state;
    double value = 0;
    assert_true(sqldrv_decimal_to_double("00000000000000000001.5", 22, &value));
    assert_true(value == 1.5);
}

static void test_other_shapes_are_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"",
                                 "-",
                                 ".",
                                 "1.",
                                 ".5",
                                 "+1",
                                 "1e5",
                                 " 1",
                                 "1 ",
                                 "--1",
                                 "1.2.3",
                                 "0x10",
                                 "nan",
                                 "inf",
                                 "1,5",
                                 "-.5",
                                 "1234567890123456",
                                 "0.1234567890123456"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        double value = 42;
        if (sqldrv_decimal_to_double(texts[i], strlen(texts[i]), &value))
            fail_msg("'%s' was taken as %.17g", texts[i], value);
        assert_true(value == 42);
    }
    double value = 42;
    assert_false(sqldrv_decimal_to_double("1\0002", 3, &value));
}

/* Whatever goes into a double comes out again, digit by digit, or is refused. */
static void test_checked_round_trip(void **state)
{
    (void)state;
    uint64_t seed = 20261121;
    size_t kept = 0;
    size_t refused = 0;
    for (int i = 0; i < 200000; i++) {
        char text[SQLDRV_DECIMAL_ROOM];
        char back[SQLDRV_DECIMAL_ROOM];
        uint32_t digits = (uint32_t)(next_random(&seed) % 65 + 1);
        uint32_t scale = (uint32_t)(next_random(&seed) % (digits < 31 ? digits + 1 : 31));
        uint32_t significant = (uint32_t)(next_random(&seed) % digits + 1);
        size_t length = 0;
        if (next_random(&seed) % 2 == 0)
            text[length++] = '-';
        if (scale == digits)
            text[length++] = '0';
        for (uint32_t d = 0; d < digits; d++) {
            if (d == digits - scale)
                text[length++] = '.';
            text[length++] =
                (char)(d < significant ? '0' + next_random(&seed) % (d == 0 ? 9 : 10) + (d == 0)
                                       : '0');
        }
        text[length] = '\0';
        double value = 0;
        if (!sqldrv_decimal_to_double_checked(text, length, scale, &value)) {
            refused++;
            if (significant <= 15)
                fail_msg("'%s' was refused", text);
            continue;
        }
        kept++;
        if (value != strtod(text, NULL))
            fail_msg("'%s' became %.17g", text, value);
        size_t size = sqldrv_decimal_print(value, scale, back);
        if (size != length || memcmp(back, text, size) != 0)
            fail_msg("'%s' came back as '%.*s'", text, (int)size, back);
    }
    assert_true(kept > 50000);
    assert_true(refused > 50000);
}

static void test_checked_limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t scale;
        int fine;
    } cases[] = {
        {"9007199254740992", 0, 1},
        {"9007199254740993", 0, 0},
        {"12345678901234567890", 0, 0},
        {"12345678901234567168", 0, 1},
        {"1234567890123456.75", 2, 1},
        {"1234567890123456.76", 2, 0},
        {"0.100000000000000000", 18, 1},
        {"0.100000000000000006", 18, 0},
        {"-00012345678901234567168", 0, 1},
        {"1234567890123456789e1", 0, 0},
        {"", 0, 0},
        {"-", 0, 0},
        {"1.", 0, 0},
        {".5", 1, 0},
        {"-0.0000000000000000000000000000", 28, 1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 7;
        int fine = sqldrv_decimal_to_double_checked(cases[i].text, strlen(cases[i].text),
                                                    cases[i].scale, &value);
        if (fine != cases[i].fine)
            fail_msg("'%s' is %s", cases[i].text, fine ? "taken" : "refused");
        if (!fine)
            assert_true(value == 7);
        else
            assert_true(value == strtod(cases[i].text, NULL) && (value != 0 || !signbit(value)));
    }
}

static void test_print(void **state)
{
    (void)state;
    static const struct {
        double value;
        uint32_t scale;
        const char *text; /* NULL: it is no such decimal */
    } cases[] = {
        {1.5, 2, "1.50"},
        {-0.0, 2, "0.00"},
        {0.1 + 0.2, 2, NULL},
        {0.3, 2, "0.30"},
        {0.005, 2, NULL},
        {0.99, 2, "0.99"},
        {-123456789012345.0, 0, "-123456789012345"},
        {1e15, 0, "1000000000000000"},
        {1e23, 1, "100000000000000000000000.0"},
        {2251799813685248.5, 1, "2251799813685248.5"},
        {2251799813685248.5, 0, NULL},
        {1e100, 0, NULL},
        {HUGE_VAL, 0, NULL},
        {-HUGE_VAL, 0, NULL},
        {1.0, 101, NULL},
    };
    char room[SQLDRV_DECIMAL_ROOM];
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = sqldrv_decimal_print(cases[i].value, cases[i].scale, room);
        if ((length == 0) != (cases[i].text == NULL))
            fail_msg("%.17g became '%.*s'", cases[i].value, (int)length, room);
        if (length > 0)
            assert_string_equal(room, cases[i].text);
    }
    assert_int_equal(sqldrv_decimal_print(strtod("nan", NULL), 0, room), 0);
    /* The longest there is fits the room. */
    assert_int_equal(sqldrv_decimal_print(-1e99, 100, room), 1 + 100 + 1 + 100);
}

static void test_is_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t scale;
        bool fine;
    } cases[] = {
        {"1.50", 2, true}, {"-1.50", 2, true}, {"1.5", 2, false},   {"1", 0, true},
        {"1.", 0, false},  {"", 0, false},     {"-", 0, false},     {".50", 2, false},
        {"0.50", 2, true}, {"1,50", 2, false}, {"1.5.0", 3, false}, {"+1.50", 2, false},
        {"1e2", 0, false}, {"--1", 0, false},  {"-.5", 1, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (sqldrv_decimal_is_text(cases[i].text, strlen(cases[i].text), cases[i].scale) !=
            cases[i].fine)
            fail_msg("'%s' is %s", cases[i].text, cases[i].fine ? "refused" : "taken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_strtod),
        cmocka_unit_test(test_fifteen_digits_survive),
        cmocka_unit_test(test_zero_has_no_sign),
        cmocka_unit_test(test_leading_zeros_do_not_count),
        cmocka_unit_test(test_other_shapes_are_refused),
        cmocka_unit_test(test_checked_round_trip),
        cmocka_unit_test(test_checked_limits),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_is_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
