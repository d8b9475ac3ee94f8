/* Tests of record.c and clock.c: ids that differ, moments that parse and do not go back. */

#include "unit.h"

#include <time.h>

#include "engine/record.h"

static void assert_is_moment(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    assert_int_equal(strlen(text), sizeof shape - 1);
    for (size_t i = 0; i < sizeof shape - 1; i++) {
        bool fits = shape[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == shape[i];
        if (!fits)
            fail_msg("'%s' is no moment", text);
    }
}

static void test_ids_differ(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_record records[50];
    for (size_t i = 0; i < COUNT(records); i++) {
        memset(&records[i], 'x', sizeof records[i]);
        assert_int_equal(ferry_record_begin(&records[i], &error), FERRY_OK);
        assert_int_equal(strlen(records[i].run_id), FERRY_RUN_ID_SIZE - 1);
        assert_int_equal(strspn(records[i].run_id, "0123456789abcdef"), FERRY_RUN_ID_SIZE - 1);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(records[i].run_id, records[k].run_id);
    }
}

static void test_moments(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_schema schema = {0};
    const struct ferry_column column = {.name = "v", .type = FERRY_TYPE_TEXT};
    struct ferry_record record;
    assert_int_equal(ferry_schema_add(&schema, &column, sizeof column, &error), FERRY_OK);
    assert_int_equal(ferry_record_begin(&record, &error), FERRY_OK);
    assert_int_equal(ferry_record_finish(&record, &schema, &error), FERRY_OK);
    assert_is_moment(record.started);
    assert_is_moment(record.finished);
    assert_true(strcmp(record.started, record.finished) <= 0);
    assert_int_equal(strlen(record.schema_hash), 16);
    ferry_schema_done(&schema);
}

/* Each moment is read as it was printed; a text that is none is not read at all. */
static void test_moments_are_read(void **state)
{
    (void)state;
    static const int64_t moments[] = {
        0, 1, -1, 999, 951782399999, 1767225600000, 253402300799999, -999, -1000, -1001};
    static const char *const wrong[] = {"",
                                        "yesterday",
                                        "2026-01-01",
                                        "2026-01-01T00:00:00Z",
                                        "2026-01-01 00:00:00.000Z",
                                        "2026-01-01T00:00:00.000",
                                        "2026-01-01T00:00:00.0000Z",
                                        "2026-02-29T00:00:00.000Z",
                                        "2026-13-01T00:00:00.000Z",
                                        "2026-00-01T00:00:00.000Z",
                                        "2026-01-00T00:00:00.000Z",
                                        "2026-01-01T24:00:00.000Z",
                                        "2026-01-01T00:60:00.000Z",
                                        "2026-01-01T00:00:60.000Z",
                                        "-026-01-01T00:00:00.000Z",
                                        "2026-01-01T00:00:00.000Z ",
                                        "2026-01-01T00:00:00.+00Z",
                                        "2O26-01-01T00:00:00.000Z",
                                        "0000-01-01T00:00:00.000Z"};
    char text[FERRY_CLOCK_TEXT];
    int64_t read = 17;
    for (size_t i = 0; i < COUNT(moments); i++) {
        ferry_clock_print(moments[i], text);
        assert_is_moment(text);
        assert_int_equal(ferry_time_read(text, &read), 1);
        assert_int_equal(read, moments[i]);
    }
    assert_int_equal(ferry_time_read("2026-11-21T16:05:06.789Z", &read), 1);
    assert_int_equal(read, INT64_C(1795277106789));
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (ferry_time_read(wrong[i], &read) != 0)
            fail_msg("'%s' was read", wrong[i]);
    assert_int_equal(ferry_time_read(NULL, &read), 0);
    assert_int_equal(read, INT64_C(1795277106789));
    ferry_clock_print(INT64_C(253402300800000), text); /* the year 10000 */
    assert_string_equal(text, "");
    ferry_clock_print(INT64_MAX, text);
    assert_string_equal(text, "");
    ferry_clock_print(INT64_MIN, text);
    assert_string_equal(text, "");
}

/* UTC whatever the machine's zone is. */
static void test_zone(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "Pacific/Kiritimati", 1), 0); /* UTC+14 */
    tzset();
    char text[FERRY_CLOCK_TEXT], expected[FERRY_CLOCK_TEXT];
    time_t now = time(NULL);
    ferry_clock_text(text);
    struct tm parts;
    assert_non_null(gmtime_r(&now, &parts));
    assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H", &parts) > 0);
    if (strncmp(text, expected, 13) != 0) { /* the hour may have turned in between */
        now = time(NULL);
        assert_non_null(gmtime_r(&now, &parts));
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H", &parts) > 0);
        assert_int_equal(strncmp(text, expected, 13), 0);
    }
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
}

static void test_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t last = ferry_clock_ms();
    const struct timespec pause = {.tv_nsec = 20000000};
    for (int i = 0; i < 10000; i++) {
        int64_t now = ferry_clock_ms();
        assert_true(now >= last);
        last = now;
    }
    int64_t before = ferry_clock_ms();
    (void)nanosleep(&pause, NULL);
    assert_true(ferry_clock_ms() - before >= 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids_differ),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_zone),
        cmocka_unit_test(test_moments_are_read),
        cmocka_unit_test(test_clock_never_goes_back),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
