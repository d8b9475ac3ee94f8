/* Tests of record.c and clock.c: ids that differ, moments that parse and do not go back. */

#include "unit.h"

#include <time.h>

#include "record.h"

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
        cmocka_unit_test(test_clock_never_goes_back),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
