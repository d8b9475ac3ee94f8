/* Tests of notice.c: of which runs somebody is told. */

#include "unit.h"

#include "report/notice.h"

static void test_events(void **state)
{
    (void)state;
    static const int64_t well[] = {FERRY_REPORT_NONE, FERRY_RUN_DONE, FERRY_RUN_UNCHANGED};
    static const int64_t ill[] = {FERRY_RUN_FAILED, FERRY_RUN_FALLBACK, FERRY_RUN_KILLED};
    for (size_t i = 0; i < COUNT(well); i++) {
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_DONE, well[i]), FERRY_NOTICE_NONE);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_UNCHANGED, well[i]), FERRY_NOTICE_NONE);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_FAILED, well[i]), FERRY_NOTICE_FAILED);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_FALLBACK, well[i]),
                         FERRY_NOTICE_FELL_BACK);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_STOPPED, well[i]), FERRY_NOTICE_NONE);
    }
    for (size_t i = 0; i < COUNT(ill); i++) {
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_DONE, ill[i]), FERRY_NOTICE_RECOVERED);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_UNCHANGED, ill[i]),
                         FERRY_NOTICE_RECOVERED);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_FAILED, ill[i]), FERRY_NOTICE_FAILED);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_FALLBACK, ill[i]), FERRY_NOTICE_FELL_BACK);
        assert_int_equal(ferry_notice_event_of(FERRY_RUN_STOPPED, ill[i]), FERRY_NOTICE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
