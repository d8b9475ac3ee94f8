/* Reports: what is told of a run, in JSON; whether a process is the one that it was; how much is
 * kept. */

#include <sys/wait.h>
#include <unistd.h>

#include "report/history.h"
#include "report/process.h"
#include "report/report.h"
#include "unit.h"

static void test_a_run_that_has_begun(void **state)
{
    (void)state;
    struct ferry_report report;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    assert_true(ferry_report_begin(&report, "a \"b\"\n\xff"));
    ferry_report_add_json(&text, &report);
    assert_non_null(
        strstr(ferry_strbuf_text(&text), "\"job\":\"a \\\"b\\\"\\u000a\xef\xbf\xbd\","));
    assert_non_null(strstr(ferry_strbuf_text(&text), "\"state\":\"running\","));
    assert_non_null(strstr(ferry_strbuf_text(&text), "\"ended\":null,\"seconds\":null,"));
    assert_non_null(strstr(ferry_strbuf_text(&text), "\"exit_code\":null,"));
    assert_null(strstr(ferry_strbuf_text(&text), "pid")); /* the history's alone */
    ferry_report_done(&report);
}

static void test_a_run_that_has_ended(void **state)
{
    (void)state;
    struct ferry_report report;
    FERRY_AUTO_STRBUF struct ferry_strbuf text = {0};
    assert_true(ferry_report_begin(&report, "j"));
    report.state = FERRY_RUN_UNCHANGED;
    report.started_ms = 0;
    report.ended_ms = 86399999;
    report.elapsed_ms = 1005;
    report.rows = 0;
    report.bytes = INT64_MAX;
    ferry_report_set(&report.phases, "{\"load\":1.005}");
    ferry_report_set(&report.source, "a");
    ferry_report_set(&report.source, "b");
    ferry_report_add_json(&text, &report);
    assert_non_null(strstr(ferry_strbuf_text(&text),
                           "\"state\":\"unchanged\",\"started\":\"1970-01-01T00:00:00.000Z\","
                           "\"ended\":\"1970-01-01T23:59:59.999Z\",\"seconds\":1.005,"
                           "\"phases\":{\"load\":1.005},\"rows\":0,\"rows_before\":null,"));
    assert_non_null(strstr(ferry_strbuf_text(&text), "\"bytes\":9223372036854775807,"));
    assert_non_null(strstr(ferry_strbuf_text(&text), "\"source\":\"b\",\"fallback\":null,"));
    ferry_report_done(&report);
    ferry_report_done(&report); /* again: nothing is left */
}

static void test_states(void **state)
{
    (void)state;
    int64_t found = -1;
    for (int64_t i = 0; i < FERRY_RUN_STATES; i++) {
        assert_true(ferry_run_state_read(ferry_run_state_name(i), &found));
        assert_int_equal(found, i);
    }
    assert_false(ferry_run_state_read("", &found));
    assert_false(ferry_run_state_read("DONE", &found));
    assert_string_equal(ferry_run_state_name(-1), "unknown");
    assert_string_equal(ferry_run_state_name(FERRY_RUN_STATES), "unknown");
    assert_true(ferry_run_state_is_success(FERRY_RUN_FALLBACK));
    assert_false(ferry_run_state_is_success(FERRY_RUN_RUNNING));
}

static void test_how_much_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct ferry_history_keep keep;
    } rules[] = {
        {"400d, 10000", {.age_ms = INT64_C(400) * 86400000, .runs = 10000}},
        {"10000,400d", {.age_ms = INT64_C(400) * 86400000, .runs = 10000}},
        {"12h", {.age_ms = INT64_C(12) * 3600000}},
        {"1", {.runs = 1}},
        {"none", {.nothing = true}},
    };
    static const char *const refused[] = {
        "",         ",",      "0",       "-1",  "0s",
        "d",        "1d, 2d", "1, 2",    "1, ", "12345678901234567890123456",
        "1, 1d, 1", "1 day",  "none, 1", "1x"};
    struct ferry_history_keep keep;
    for (size_t i = 0; i < COUNT(rules); i++) {
        assert_true(ferry_history_keep_parse(rules[i].text, &keep));
        assert_int_equal(keep.age_ms, rules[i].keep.age_ms);
        assert_int_equal(keep.runs, rules[i].keep.runs);
        assert_int_equal(keep.nothing, rules[i].keep.nothing);
    }
    for (size_t i = 0; i < COUNT(refused); i++)
        if (ferry_history_keep_parse(refused[i], &keep))
            fail_msg("'%s' was taken", refused[i]);
}

static void test_processes(void **state)
{
    (void)state;
    int64_t own = ferry_process_started(getpid());
    assert_true(own > 0);
    assert_true(ferry_process_is_there(getpid(), own));
    assert_true(ferry_process_is_there(getpid(), -1)); /* nothing else is known of it */
    assert_false(ferry_process_is_there(getpid(), own - 1));
    assert_false(ferry_process_is_there(0, -1));
    assert_false(ferry_process_is_there(-1, -1)); /* kill() would take it for all processes */
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_false(ferry_process_is_there(child, -1));
    assert_int_equal(ferry_process_started(child), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_run_that_has_begun),
        cmocka_unit_test(test_a_run_that_has_ended),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_how_much_is_kept),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
