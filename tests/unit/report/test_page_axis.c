/* Tests of page_axis.c: round steps, pauses that leave a gap, and marks of the calendar. */

#include "unit.h"

#include "report/page_axis.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define NOVEMBER_28 INT64_C(1795824000000) /* date -u -d 2026-11-28 +%s000 */

/* The labels of all steps, with a space between them. */
static void assert_axis(double most, bool is_duration, const char *expected)
{
    struct ferry_axis axis;
    FERRY_AUTO_STRBUF struct ferry_strbuf labels = {0};
    ferry_axis_choose(most, is_duration, &axis);
    assert_true(ferry_axis_top(&axis) >= most);
    for (int step = 0; step <= axis.steps; step++) {
        ferry_strbuf_add(&labels, step == 0 ? "" : ", ");
        ferry_axis_add_label(&labels, &axis, step);
    }
    assert_string_equal(ferry_strbuf_text(&labels), expected);
}

static void test_counts(void **state)
{
    (void)state;
    assert_axis(0, false, "0, 1");
    assert_axis(1, false, "0, 1");
    assert_axis(3, false, "0, 1, 2, 3");
    assert_axis(4, false, "0, 1, 2, 3, 4");
    assert_axis(5, false, "0, 2, 4, 6");
    assert_axis(17, false, "0, 5, 10, 15, 20");
    assert_axis(8000, false, "0, 2000, 4000, 6000, 8000");
    assert_axis(60123, false, "0, 20 k, 40 k, 60 k, 80 k");
    assert_axis(999999, false, "0, 0.5 M, 1 M");
    assert_axis(1400000, false, "0, 0.5 M, 1 M, 1.5 M");
    assert_axis(9.3e18, false, "0, 5000 P, 10000 P");
}

static void test_durations(void **state)
{
    (void)state;
    assert_axis(0, true, "0, 1 ms");
    assert_axis(35, true, "0, 10 ms, 20 ms, 30 ms, 40 ms");
    assert_axis(900, true, "0, 0.5 s, 1 s");
    assert_axis(1700, true, "0, 0.5 s, 1 s, 1.5 s, 2 s");
    assert_axis(42 * (double)SECOND, true, "0, 15 s, 30 s, 45 s");
    assert_axis(118 * (double)SECOND, true, "0, 0.5 min, 1 min, 1.5 min, 2 min");
    assert_axis(50 * (double)MINUTE, true, "0, 15 min, 30 min, 45 min, 60 min");
    assert_axis(11 * (double)HOUR, true, "0, 3 h, 6 h, 9 h, 12 h");
    assert_axis(30 * (double)DAY, true, "0, 10 d, 20 d, 30 d");
}

static void assert_places(const int64_t *moments, size_t count, int64_t expect_every_ms,
                          const size_t *expected)
{
    size_t places[16];
    assert_true(ferry_axis_place(moments, count, expect_every_ms, places));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(places[i], expected[i]);
}

static void test_places(void **state)
{
    (void)state;
    const int64_t hourly[] = {0, HOUR, 2 * HOUR, 3 * HOUR, 9 * HOUR, 10 * HOUR};
    assert_places(hourly, 6, 0, (size_t[]){0, 1, 2, 3, 5, 6});
    assert_places(hourly, 6, HOUR, (size_t[]){0, 1, 2, 3, 5, 6});
    assert_places(hourly, 6, 3 * HOUR, (size_t[]){0, 1, 2, 3, 4, 5});
    assert_places(hourly, 6, INT64_MAX, (size_t[]){0, 1, 2, 3, 4, 5});
}

/* What is usual is not known of two pauses. */
static void test_few_places(void **state)
{
    (void)state;
    assert_places((int64_t[]){7}, 1, 0, (size_t[]){0});
    assert_places((int64_t[]){0, SECOND, DAY}, 3, 0, (size_t[]){0, 1, 2});
    assert_places((int64_t[]){0, SECOND, DAY}, 3, HOUR, (size_t[]){0, 1, 3});
    size_t places[1];
    assert_true(ferry_axis_place(NULL, 0, 0, places));
}

static void test_clock_that_was_set(void **state)
{
    (void)state;
    const int64_t moments[] = {5 * HOUR, 6 * HOUR, HOUR, 2 * HOUR, 3 * HOUR};
    assert_places(moments, 5, 0, (size_t[]){0, 1, 2, 3, 4});
    const int64_t same[] = {HOUR, HOUR, HOUR, HOUR, DAY};
    assert_places(same, 5, 0, (size_t[]){0, 1, 2, 3, 4});
}

/* So many runs, `step_ms` apart, and the marks that they get: "place label, ..." */
static void assert_marks(size_t count, int64_t step_ms, const char *expected)
{
    int64_t moments[200];
    size_t places[200];
    struct ferry_axis_mark marks[FERRY_AXIS_MARKS];
    FERRY_AUTO_STRBUF struct ferry_strbuf found = {0};
    assert_true(count <= COUNT(moments));
    for (size_t i = 0; i < count; i++) {
        moments[i] = NOVEMBER_28 + 9 * HOUR + (int64_t)i * step_ms;
        places[i] = i;
    }
    size_t mark_count = ferry_axis_mark_moments(moments, places, count, count, marks);
    for (size_t i = 0; i < mark_count; i++)
        ferry_strbuf_addf(&found, "%s%zu %s", i == 0 ? "" : ", ", marks[i].place, marks[i].label);
    assert_string_equal(ferry_strbuf_text(&found), expected);
}

static void test_marks(void **state)
{
    (void)state;
    assert_marks(0, HOUR, "");
    assert_marks(1, HOUR, "0 28 Nov 09:00");
    assert_marks(3, 2, "0 28 Nov 09:00");
    assert_marks(24, HOUR, "3 12:00, 9 18:00, 15 29 Nov, 21 06:00");
    assert_marks(96, HOUR, "15 29 Nov, 39 30 Nov, 63 1 Dec");
    assert_marks(120, MINUTE, "30 09:30, 60 10:00, 90 10:30");
    assert_marks(120, DAY, "34 Jan 2027, 65 Feb 2027, 93 Mar 2027");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_few_places),
        cmocka_unit_test(test_clock_that_was_set),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests_name("page_axis", tests, NULL, NULL);
}
