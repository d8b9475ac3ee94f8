/* Tests of the sqlite driver's decimal.c: a decimal's text as the double nearest to it. */

#include "unit.h"

#include "../../plugins/sqlite/decimal.c"

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
        if (!sqlite_decimal_to_double(text, length, &value))
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
        assert_true(sqlite_decimal_to_double(texts[i], strlen(texts[i]), &value));
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
    assert_true(sqlite_decimal_to_double("-0.00", 5, &value));
    assert_memory_equal(&value, &zero, sizeof zero);
}

static void test_leading_zeros_do_not_count(void **state)
{
    (void)state;
    double value = 0;
    assert_true(sqlite_decimal_to_double("00000000000000000001.5", 22, &value));
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
        if (sqlite_decimal_to_double(texts[i], strlen(texts[i]), &value))
            fail_msg("'%s' was taken as %.17g", texts[i], value);
        assert_true(value == 42);
    }
    double value = 42;
    assert_false(sqlite_decimal_to_double("1\0002", 3, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_strtod),
        cmocka_unit_test(test_fifteen_digits_survive),
        cmocka_unit_test(test_zero_has_no_sign),
        cmocka_unit_test(test_leading_zeros_do_not_count),
        cmocka_unit_test(test_other_shapes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
