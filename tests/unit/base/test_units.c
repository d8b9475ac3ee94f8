/* Tests of units.c: limits, overflow, and text that only looks like a number. */

#include "unit.h"

#include "base/units.h"

typedef bool (*parser)(const char *text, int64_t *ret_value);

static void assert_parses(parser parse, const char *text, int64_t expected)
{
    int64_t value = -77;
    if (!parse(text, &value) || value != expected)
        fail_msg("'%s' gave %jd, not %jd", text, (intmax_t)value, (intmax_t)expected);
}

static void assert_refuses(parser parse, const char *text)
{
    int64_t value = -77;
    if (parse(text, &value))
        fail_msg("'%s' was taken as %jd", text, (intmax_t)value);
    assert_int_equal(value, -77); /* written on success only */
}

static void test_int(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_int, "0", 0);
    assert_parses(ferry_units_parse_int, "-0", 0);
    assert_parses(ferry_units_parse_int, "007", 7);
    assert_parses(ferry_units_parse_int, "9223372036854775807", INT64_MAX);
    assert_parses(ferry_units_parse_int, "-9223372036854775807", -INT64_MAX);
    static const char *const wrong[] = {"",
                                        "-",
                                        "--1",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1x",
                                        "0x10",
                                        "1.0",
                                        "1e3",
                                        "9223372036854775808",
                                        "99999999999999999999999",
                                        "\xD9\xA1"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refuses(ferry_units_parse_int, wrong[i]);
}

static void test_int_least(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_int, "-9223372036854775808", INT64_MIN);
    assert_refuses(ferry_units_parse_int, "-9223372036854775809");
}

static void test_size(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_size, "0", 0);
    assert_parses(ferry_units_parse_size, "512", 512);
    assert_parses(ferry_units_parse_size, "64K", 65536);
    assert_parses(ferry_units_parse_size, "16M", 16777216);
    assert_parses(ferry_units_parse_size, "3G", INT64_C(3221225472));
    assert_parses(ferry_units_parse_size, "8388607T", INT64_C(8388607) << 40);
    static const char *const wrong[] = {
        "", "K", "-1", "1k", "1KB", "1 K", "1.5G", "8388608T", "9223372036854775807K", "1KK"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refuses(ferry_units_parse_size, wrong[i]);
}

static void test_duration(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_duration, "0s", 0);
    assert_parses(ferry_units_parse_duration, "500ms", 500);
    assert_parses(ferry_units_parse_duration, "30s", 30000);
    assert_parses(ferry_units_parse_duration, "5m", 300000);
    assert_parses(ferry_units_parse_duration, "2h", 7200000);
    assert_parses(ferry_units_parse_duration, "7d", 604800000);
    static const char *const wrong[] = {
        "", "s", "30", "30S", "30 s", "-1s", "1m30s", "1us", "9223372036854775807s"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refuses(ferry_units_parse_duration, wrong[i]);
}

static void test_mode(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_mode, "0640", 0640);
    assert_parses(ferry_units_parse_mode, "640", 0640);
    assert_parses(ferry_units_parse_mode, "0", 0);
    assert_parses(ferry_units_parse_mode, "777", 0777);
    static const char *const wrong[] = {"", "0648", "1777", "4755", "-1", "u=rw", "0x1ff"};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refuses(ferry_units_parse_mode, wrong[i]);
}

static void test_bool(void **state)
{
    (void)state;
    assert_parses(ferry_units_parse_bool, "true", 1);
    assert_parses(ferry_units_parse_bool, "yes", 1);
    assert_parses(ferry_units_parse_bool, "on", 1);
    assert_parses(ferry_units_parse_bool, "false", 0);
    assert_parses(ferry_units_parse_bool, "no", 0);
    assert_parses(ferry_units_parse_bool, "off", 0);
    static const char *const wrong[] = {"", "1", "0", "True", "t", "true "};
    for (size_t i = 0; i < COUNT(wrong); i++)
        assert_refuses(ferry_units_parse_bool, wrong[i]);
}

typedef void (*adder)(struct ferry_strbuf *buffer, uint64_t value);

static void assert_shows(adder add, uint64_t value, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    add(&buffer, value);
    assert_string_equal(ferry_strbuf_text(&buffer), expected);
}

static void test_counts(void **state)
{
    (void)state;
    assert_shows(ferry_units_add_count, 0, "0");
    assert_shows(ferry_units_add_count, 999, "999");
    assert_shows(ferry_units_add_count, 1000, "1,000");
    assert_shows(ferry_units_add_count, 1000007, "1,000,007");
    assert_shows(ferry_units_add_count, UINT64_MAX, "18,446,744,073,709,551,615");
}

static void test_bytes(void **state)
{
    (void)state;
    assert_shows(ferry_units_add_bytes, 0, "0 B");
    assert_shows(ferry_units_add_bytes, 1023, "1023 B");
    assert_shows(ferry_units_add_bytes, 1024, "1.0 KiB");
    assert_shows(ferry_units_add_bytes, 1024 * 1024 - 1, "1.0 MiB"); /* never "1024.0 KiB" */
    assert_shows(ferry_units_add_bytes, UINT64_MAX, "16.0 EiB");
}

static void test_rates_and_durations(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } durations[] = {{0, "0 ms"},
                     {999, "999 ms"},
                     {1000, "1.0 s"},
                     {59999, "59.9 s"},
                     {60000, "1 min 00 s"},
                     {245000, "4 min 05 s"},
                     {3599999, "59 min 59 s"},
                     {3600000, "1 h 00 min"},
                     {7380000, "2 h 03 min"},
                     {172799999, "47 h 59 min"},
                     {172800000, "2 d 00 h"},
                     {349200000, "4 d 01 h"}};
    for (size_t i = 0; i < COUNT(durations); i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
        ferry_units_add_duration(&buffer, durations[i].ms);
        assert_string_equal(ferry_strbuf_text(&buffer), durations[i].text);
    }
    static const struct {
        uint64_t rows;
        int64_t ms;
        const char *text;
    } rates[] = {{0, 0, "0 rows/s"}, {940, 1000, "940 rows/s"}, {1120000, 1000, "1.12 M rows/s"}};
    for (size_t i = 0; i < COUNT(rates); i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
        ferry_units_add_rate(&buffer, rates[i].rows, rates[i].ms);
        assert_string_equal(ferry_strbuf_text(&buffer), rates[i].text);
    }
}

static void test_ages(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } ages[] = {{-1, "0 s"},         {0, "0 s"},           {119999, "119 s"},
                {120000, "2 min"},   {7199999, "119 min"}, {7200000, "2 h"},
                {172799999, "47 h"}, {172800000, "2 d"},   {INT64_MAX, "106751991167 d"}};
    for (size_t i = 0; i < COUNT(ages); i++) {
        FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
        ferry_units_add_age(&buffer, ages[i].ms);
        assert_string_equal(ferry_strbuf_text(&buffer), ages[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_int_least),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_duration),
        cmocka_unit_test(test_mode),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_rates_and_durations),
        cmocka_unit_test(test_ages),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
