/* Tests of lag.c: moments and decimals that lie so much earlier, as sqlite3's date functions, GNU
 * date and Python's decimal count them. */

#include "unit.h"

#include "engine/lag.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void goes_back(const char *text, int64_t ms, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf out = {0};
    ferry_lag_add_moment(&out, text, ms);
    if (strcmp(ferry_strbuf_text(&out), expected) != 0 || out.length != strlen(expected))
        fail_msg("%s less %lld ms is %s, not %s", text, (long long)ms, ferry_strbuf_text(&out),
                 expected);
}

static void test_moments(void **state)
{
    (void)state;
    goes_back("2026-11-29 19:13:07", 0, "2026-11-29 19:13:07");
    goes_back("2026-11-29 19:13:07", 7 * SECOND, "2026-11-29 19:13:00");
    goes_back("2026-11-29 19:13:07", 10 * MINUTE, "2026-11-29 19:03:07");
    goes_back("2026-11-29 00:05:00", 5 * MINUTE, "2026-11-29 00:00:00");
    goes_back("2026-11-29 00:05:00", 10 * MINUTE, "2026-11-28 23:55:00");
    goes_back("2026-06-30 12:00:00", 36 * HOUR, "2026-06-29 00:00:00");
    goes_back("2026-12-31 23:59:59", 365 * DAY, "2025-12-31 23:59:59");
    goes_back("2026-01-01 00:00:00", SECOND, "2025-12-31 23:59:59");
    goes_back("2026-01-01 00:00:00", 1, "2025-12-31 23:59:59"); /* it has no thousandths */
}

static void test_leap_years(void **state)
{
    (void)state;
    goes_back("2026-03-01 00:00:00", SECOND, "2026-02-28 23:59:59");
    goes_back("2024-03-01 00:00:00", SECOND, "2024-02-29 23:59:59");
    goes_back("2024-02-29 00:00:00", SECOND, "2024-02-28 23:59:59");
    goes_back("1900-03-01 00:00:00", DAY, "1900-02-28 00:00:00");
    goes_back("2000-03-01 00:00:00", DAY, "2000-02-29 00:00:00");
    goes_back("2100-03-01 10:11:12", DAY, "2100-02-28 10:11:12");
    goes_back("9999-12-31 23:59:59", 3652000 * DAY, "0001-02-28 23:59:59");
    goes_back("0100-03-01", DAY, "0100-02-28");
    goes_back("0400-03-01", DAY, "0400-02-29");
}

/* sqlite3 has a year 0 too: it is a leap year. */
static void test_the_first_years(void **state)
{
    (void)state;
    goes_back("0001-03-01 01:00:00", DAY + 2 * HOUR, "0001-02-27 23:00:00");
    goes_back("0001-01-01", DAY, "0000-12-31");
    goes_back("0000-12-31", 365 * DAY, "0000-01-01");
    goes_back("0005-01-01", 1827 * DAY, "0000-01-01");
    goes_back("0000-03-01", DAY, "0000-02-29");
    goes_back("0000-02-29", 59 * DAY, "0000-01-01");
    goes_back("0000-01-01 00:00:10", 10 * SECOND, "0000-01-01 00:00:00");
    goes_back("0000-01-02", DAY, "0000-01-01");
}

/* Where there is no day so early, and of what is none. */
static void test_the_earliest(void **state)
{
    (void)state;
    goes_back("0000-01-01", 1, "0000-00-00");
    goes_back("0000-01-01 00:00:10", 11 * SECOND, "0000-00-00 00:00:00");
    goes_back("0000-01-01 00:00:00.5", 501, "0000-00-00 00:00:00.0");
    goes_back("2026-11-29 19:13:07.123456", INT64_MAX, "0000-00-00 00:00:00.000000");
    goes_back("2026-11-29", INT64_MAX, "0000-00-00");
    goes_back("0000-00-00", 0, "0000-00-00");
    goes_back("0000-00-00 00:00:00", 10 * MINUTE, "0000-00-00 00:00:00");
    goes_back("2026-00-01", DAY, "0000-00-00");
    goes_back("2026-01-00", DAY, "0000-00-00");
    goes_back("2026-13-01", DAY, "0000-00-00");
    goes_back("2026-12-32", DAY, "0000-00-00");
    goes_back("2026-04-31", DAY, "0000-00-00");
    goes_back("2026-02-29 10:00:00", HOUR, "0000-00-00 00:00:00");
    goes_back("1900-02-29", DAY, "0000-00-00");
    goes_back("2000-02-29", DAY, "2000-02-28");
    goes_back("2024-02-30", DAY, "0000-00-00");
    static const char *const none[] = {"01-32", "03-32", "05-32", "06-31", "07-32",
                                       "08-32", "09-31", "10-32", "11-31"};
    char text[40];
    for (size_t i = 0; i < COUNT(none); i++) {
        (void)snprintf(text, sizeof text, "2026-%s", none[i]);
        goes_back(text, DAY, "0000-00-00");
    }
}

/* A date goes back by whole days, those that the time begins. */
static void test_dates(void **state)
{
    (void)state;
    goes_back("2026-03-01", 0, "2026-03-01");
    goes_back("2026-03-01", 1, "2026-02-28");
    goes_back("2026-03-01", DAY, "2026-02-28");
    goes_back("2026-03-01", DAY + 1, "2026-02-27");
    goes_back("2026-03-01", 10 * MINUTE, "2026-02-28");
    goes_back("2026-01-01", HOUR, "2025-12-31");
    goes_back("2026-07-31", 31 * DAY, "2026-06-30");
    goes_back("2400-03-01", 366 * DAY, "2399-03-01");
    goes_back("9999-12-31", 3652058 * DAY, "0001-01-01");
}

/* Digits behind the thousandths stay; of those before, the column has what it has. */
static void test_fractions(void **state)
{
    (void)state;
    goes_back("2026-11-29 19:13:07.5", 0, "2026-11-29 19:13:07.5");
    goes_back("2026-11-29 19:13:07.5", 200, "2026-11-29 19:13:07.3");
    goes_back("2026-11-29 19:13:07.5", 501, "2026-11-29 19:13:06.9");
    goes_back("2026-11-29 19:13:07.50", 10, "2026-11-29 19:13:07.49");
    goes_back("2026-11-29 19:13:07.50", 1, "2026-11-29 19:13:07.49");
    goes_back("2026-11-29 19:13:07.123", 124, "2026-11-29 19:13:06.999");
    goes_back("2026-11-29 19:13:07.1234", 23, "2026-11-29 19:13:07.1004");
    goes_back("2026-11-29 19:13:07.12345", 5 * SECOND, "2026-11-29 19:13:02.12345");
    goes_back("2026-11-29 19:13:07.123456", DAY + 123, "2026-11-28 19:13:07.000456");
    goes_back("2026-11-29 19:13:07.000000", 1, "2026-11-29 19:13:06.999000");
    goes_back("2026-11-29 00:00:00.000999", 1, "2026-11-28 23:59:59.999999");
    goes_back("2026-01-01 00:00:00.000001", 365 * DAY, "2025-01-01 00:00:00.000001");
    goes_back("2026-11-29 19:13:07.123456", 10 * MINUTE, "2026-11-29 19:03:07.123456");
}

/* Day by day through all that a calendar has: four centuries, of which one begins with a leap
 * year. */
static void test_every_day(void **state)
{
    (void)state;
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int days = 0;
    char today[40], before[40] = "1999-12-31";
    for (int year = 2000; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            bool leap = year % 4 == 0 && year != 2100 && year != 2200 && year != 2300;
            for (int day = 1; day <= lengths[month - 1] + (month == 2 && leap); day++, days++) {
                (void)snprintf(today, sizeof today, "%04d-%02d-%02d", year, month, day);
                goes_back(today, DAY, before);
                memcpy(before, today, sizeof before);
            }
        }
    assert_int_equal(days, 146097);
    goes_back("2399-12-31", 146096 * DAY, "2000-01-01");
}

/* ---- Decimals ---- */

static void less(const char *text, uint64_t units, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf out = {0};
    ferry_lag_add_decimal(&out, text, units);
    assert_string_equal(ferry_strbuf_text(&out), expected);
    assert_false(out.failed);
}

static void test_decimals(void **state)
{
    (void)state;
    less("5", 0, "5");
    less("5", 3, "2");
    less("5", 5, "0");
    less("10", 1, "9");
    less("1000", 1, "999");
    less("100200", 1201, "98999");
    less("7.25", 3, "4.25");
    less("10.00", 1, "9.00");
    less("12.34", 12, "0.34");
    less("0.00", 0, "0.00");
    less("100.5", 100, "0.5");
}

/* Below zero the digits are counted the other way round. */
static void test_signs(void **state)
{
    (void)state;
    less("5", 6, "-1");
    less("0", 1, "-1");
    less("0", 1000, "-1000");
    less("5", 1000, "-995");
    less("0.50", 1, "-0.50");
    less("0.01", 1, "-0.99");
    less("1.99", 100, "-98.01");
    less("-5", 0, "-5");
    less("-5", 6, "-11");
    less("-5", 5, "-10");
    less("-9.99", 1, "-10.99");
    less("-99.5", 1, "-100.5");
    less("-999", 1, "-1000");
    less("-0.25", 100, "-100.25");
    less("-1.5", 18, "-19.5");
}

static void test_many_digits(void **state)
{
    (void)state;
    less("1234567890123456789012345678901234567890123456789012345678901234.5", 1,
         "1234567890123456789012345678901234567890123456789012345678901233.5");
    less("10000000000000000000000000000000000000000000000000000000000000000", 1,
         "9999999999999999999999999999999999999999999999999999999999999999");
    less("0.000000000000000000000000000000", 1, "-1.000000000000000000000000000000");
    less("123456789012345678901234567890.123456789012345678901234567890", UINT64_MAX,
         "123456788993898934827525016275.123456789012345678901234567890");
    less("5", UINT64_MAX, "-18446744073709551610");
    less("-5", UINT64_MAX, "-18446744073709551620");
    less("-18446744073709551615", UINT64_MAX, "-36893488147419103230");
    less("18446744073709551615", UINT64_MAX, "0");
    less("99999999999999999999999999999999999999999999999999999999999999999", 9,
         "99999999999999999999999999999999999999999999999999999999999999990");
}

static void test_the_form_of_decimals(void **state)
{
    (void)state;
    assert_true(ferry_lag_is_decimal("0", 0));
    assert_true(ferry_lag_is_decimal("-17", 0));
    assert_true(ferry_lag_is_decimal("9", 0));
    assert_true(ferry_lag_is_decimal("1.5", 1));
    assert_true(ferry_lag_is_decimal("-10.09", 2));
    static const struct {
        const char *text;
        uint32_t scale;
    } others[] = {{"", 0},     {"-", 0},    {"--1", 0},  {"+1", 0},  {" 1", 0},   {"1 ", 0},
                  {"1.", 0},   {"1.5", 0},  {"1e5", 0},  {"1", 1},   {".5", 1},   {"-.5", 1},
                  {"1.", 1},   {"1.5", 2},  {"1.50", 1}, {"1,5", 1}, {"1.5x", 1}, {"1.x", 1},
                  {"0x10", 0}, {"1.5 ", 2}, {"1.-5", 2}, {"", 2},    {"1.5.", 2}, {"1a.5", 1}};
    for (size_t i = 0; i < COUNT(others); i++)
        if (ferry_lag_is_decimal(others[i].text, others[i].scale))
            fail_msg("'%s' is no decimal of scale %u", others[i].text, others[i].scale);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_leap_years),
        cmocka_unit_test(test_the_first_years),
        cmocka_unit_test(test_the_earliest),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_signs),
        cmocka_unit_test(test_many_digits),
        cmocka_unit_test(test_the_form_of_decimals),
    };
    return cmocka_run_group_tests_name("lag", tests, NULL, NULL);
}
