/* Tests of record.c and clock.c: ids that differ, moments that parse and do not go back. */

#include "unit.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/clock.h"
#include "engine/record.h"

/* What the system gives where it is set: so many bytes of the text, -1: none. */
static const char *random_text;
static ssize_t random_size;

/* Stands before the C library's. */
ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    if (random_text == NULL)
        return syscall(SYS_getrandom, buffer, length, flags);
    assert_int_equal(flags, 0); /* it waits until there are some */
    assert_int_equal(length, 16);
    errno = ENOSYS;
    if (random_size > 0)
        memcpy(buffer, random_text, (size_t)random_size);
    return random_size;
}

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

#define RUN_ID_LENGTH 32

static void test_ids_differ(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char ids[50][FERRY_RUN_ID_SIZE];
    for (size_t i = 0; i < COUNT(ids); i++) {
        memset(ids[i], 'x', sizeof ids[i]);
        assert_int_equal(ferry_run_id_draw(ids[i], &error), FERRY_OK);
        assert_int_equal(strlen(ids[i]), RUN_ID_LENGTH);
        assert_int_equal(strspn(ids[i], "0123456789abcdef"), RUN_ID_LENGTH);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
}

/* 32 digits for 16 bytes, the first byte first. */
static void test_digits_of_an_id(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    char id[FERRY_RUN_ID_SIZE];
    random_text = "\001\002\017\020\377\000\200\177ABCDEFGH";
    random_size = 16;
    (void)ferry_run_id_draw(id, &error);
    random_text = NULL;
    assert_no_error(&error);
    assert_string_equal(id, "01020f10ff00807f4142434445464748");
}

static void test_no_random_numbers(void **state)
{
    (void)state;
    for (random_size = -1; random_size < 16; random_size++) {
        FERRY_AUTO_ERROR struct ferry_error error = {0};
        char id[FERRY_RUN_ID_SIZE] = "as it was";
        random_text = "0123456789abcdef";
        assert_int_equal(ferry_run_id_draw(id, &error), FERRY_ERR_SYSTEM);
        random_text = NULL;
        assert_error(&error, FERRY_ERR_SYSTEM, "no random numbers: ");
        assert_string_equal(id, "as it was");
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
    assert_int_equal(ferry_record_begin(&record, "t", "1f", &error), FERRY_OK);
    assert_int_equal(ferry_record_finish(&record, &schema, &error), FERRY_OK);
    const char *started = ferry_record_value(&record, FERRY_RECORD_STARTED);
    const char *finished = ferry_record_value(&record, FERRY_RECORD_FINISHED);
    assert_is_moment(started);
    assert_is_moment(finished);
    assert_true(strcmp(started, finished) <= 0);
    assert_int_equal(strlen(ferry_record_value(&record, FERRY_RECORD_SCHEMA_HASH)), 16);
    assert_string_equal(ferry_record_table(&record), "t");
    assert_string_equal(ferry_record_value(&record, FERRY_RECORD_RUN_ID), "1f");
    ferry_record_done(&record);
    ferry_schema_done(&schema);
}

/* Every field is named once, and holds what was put there last. */
static void test_fields(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_record record;
    assert_int_equal(ferry_record_open(&record, "t", &error), FERRY_OK);
    assert_false(ferry_record_is_there(&record));
    for (size_t i = 0; i < ferry_field_count(); i++) {
        const char *name = ferry_field(i)->name;
        assert_null(ferry_record_value(&record, name));
        assert_int_equal(ferry_record_set(&record, name, "first", &error), FERRY_OK);
        assert_int_equal(ferry_record_set(&record, name, name, &error), FERRY_OK);
        assert_true(ferry_field(i)->type >= FERRY_FIELD_TEXT &&
                    ferry_field(i)->type <= FERRY_FIELD_FLAG);
    }
    for (size_t i = 0; i < ferry_field_count(); i++)
        assert_string_equal(ferry_record_value(&record, ferry_field(i)->name),
                            ferry_field(i)->name);
    assert_int_equal(ferry_record_set(&record, "no_field", "x", &error), FERRY_OK);
    assert_null(ferry_record_value(&record, "no_field"));
    for (size_t i = 0; i < ferry_field_count(); i++)
        assert_int_equal(ferry_record_set(&record, ferry_field(i)->name, NULL, &error), FERRY_OK);
    assert_false(ferry_record_is_there(&record));
    assert_int_equal(ferry_record_set_number(&record, FERRY_RECORD_ROWS, UINT64_MAX, &error),
                     FERRY_OK);
    assert_string_equal(ferry_record_value(&record, FERRY_RECORD_ROWS), "18446744073709551615");
    assert_true(ferry_record_is_there(&record));
    ferry_record_done(&record);
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
        assert_true(ferry_clock_read(text, &read));
        assert_int_equal(read, moments[i]);
    }
    assert_true(ferry_clock_read("2026-11-21T16:05:06.789Z", &read));
    assert_int_equal(read, INT64_C(1795277106789));
    for (size_t i = 0; i < COUNT(wrong); i++)
        if (ferry_clock_read(wrong[i], &read))
            fail_msg("'%s' was read", wrong[i]);
    assert_false(ferry_clock_read(NULL, &read));
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
        cmocka_unit_test(test_digits_of_an_id),
        cmocka_unit_test(test_no_random_numbers),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_zone),
        cmocka_unit_test(test_moments_are_read),
        cmocka_unit_test(test_clock_never_goes_back),
    };
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
