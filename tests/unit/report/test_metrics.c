/* Tests of metrics_merge.c and metric.c: what stays of a file, letter by letter, and what does not.
 */

#include "unit.h"

#include "report/metric.h"

static const char *const jobs[] = {"a", "b", "many"};

/* A run of job a that came to `state` and ended at 1000.5. */
static struct ferry_report report_of(enum ferry_run_state state)
{
    struct ferry_report report;
    assert_true(ferry_report_begin(&report, "a"));
    report.state = state;
    report.ended_ms = 1000500;
    report.rows = ferry_run_state_is_success(state) ? 7 : FERRY_REPORT_NONE;
    report.exit_code = ferry_run_state_is_success(state) ? 0 : 69;
    return report;
}

/* What becomes of `old` with a run that came to `state`; the caller frees it. */
static char *merge_with(const char *old, enum ferry_run_state state, const char *config)
{
    struct ferry_report report = report_of(state);
    struct ferry_strbuf text = {0};
    char phase[] = "load";
    const struct ferry_phases phases = {.count = 1, .list = {{.name = phase, .ms = 1250}}};
    const struct ferry_metrics_run run = {
        .report = &report,
        .success = ferry_run_state_is_success(state) ? &report : NULL,
        .phases = &phases,
        .expected_ms = FERRY_REPORT_NONE,
        .config = config,
        .jobs = jobs,
        .job_count = COUNT(jobs),
    };
    char *copy = strdup(old);
    assert_non_null(copy);
    assert_true(ferry_metrics_merge(&text, copy, &run));
    free(copy);
    ferry_report_done(&report);
    return ferry_strbuf_steal(&text);
}

static char *merge(const char *old, enum ferry_run_state state)
{
    return merge_with(old, state, "/c");
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static void assert_count(const char *text, const char *part, size_t count)
{
    if (count_of(text, part) != count)
        fail_msg("expected %zu times '%s' in:\n%s", count, part, text);
}

#define OF(job) "{config=\"/c\",dbferry_job=\"" job "\"}"

static void test_run(void **state)
{
    (void)state;
    char *text = merge("", FERRY_RUN_DONE);
    assert_int_equal(strncmp(text, FERRY_METRICS_BEGINNING, strlen(FERRY_METRICS_BEGINNING)), 0);
    assert_count(text, "\ndbferry_job_last_run_timestamp_seconds" OF("a") " 1000.500\n", 1);
    assert_count(text, "\ndbferry_job_last_success_timestamp_seconds" OF("a") " 1000.500\n", 1);
    assert_count(text, "\n# TYPE dbferry_job_rows gauge\ndbferry_job_rows" OF("a") " 7\n", 1);
    assert_count(text,
                 "\ndbferry_job_last_phase_duration_seconds{config=\"/c\",dbferry_job=\"a\","
                 "phase=\"load\"} 1.250\n",
                 1);
    assert_count(text, "rows_before", 0); /* not known */
    free(text);
}

static void test_failure_keeps_success(void **state)
{
    (void)state;
    static const char old[] =
        "dbferry_job_rows" OF("a") " 5\n"
                                   "dbferry_job_last_success_timestamp_seconds" OF(
                                       "a") " 999.999\n"
                                            "dbferry_job_last_attempts" OF(
                                                "a") " 3\n"
                                                     "dbferry_job_last_exit_code" OF("a") " 0\n";
    char *text = merge(old, FERRY_RUN_FAILED);
    assert_count(text, "dbferry_job_rows" OF("a") " 5\n", 1);
    assert_count(text, "success_timestamp_seconds" OF("a") " 999.999\n", 1);
    assert_count(text, "exit_code" OF("a") " 69\n", 1);
    assert_count(text, "attempts" OF("a"), 0);
    free(text);
    text = merge(old, FERRY_RUN_DONE);
    assert_count(text, "dbferry_job_rows" OF("a"), 1);
    assert_count(text, "success_timestamp_seconds" OF("a") " 1000.500\n", 1);
    free(text);
}

static void test_clock_set_back(void **state)
{
    (void)state;
    static const char *const ahead[] = {"1000.501", "1001", "1000.5001", "99999999999.000"};
    static const char *const past[] = {"1000.500", "1000", "999.999", "0"};
    for (size_t i = 0; i < COUNT(ahead); i++) {
        char line[200];
        (void)snprintf(line, sizeof line,
                       "dbferry_job_last_success_timestamp_seconds" OF("a") " %s", ahead[i]);
        char *text = merge(line, FERRY_RUN_FAILED);
        assert_count(text, "success_timestamp_seconds" OF("a") " 1000.500\n", 1);
        free(text);
        (void)snprintf(line, sizeof line,
                       "dbferry_job_last_success_timestamp_seconds" OF("a") " %s", past[i]);
        text = merge(line, FERRY_RUN_FAILED);
        assert_count(text, line, 1);
        free(text);
    }
}

static void test_others(void **state)
{
    (void)state;
    char *text = merge(
        "dbferry_job_rows" OF(
            "b") " 1\n"
                 "dbferry_job_rows" OF(
                     "gone") " 2\n"
                             "dbferry_job_rows" OF(
                                 "many/t") " 3\n"
                                           "dbferry_job_rows" OF(
                                               "manyfold") " 4\n"
                                                           "dbferry_job_rows{config=\"/"
                                                           "d\",dbferry_job=\"gone\"} 5\n"
                                                           "dbferry_build_info{version=\"0\"} 1\n",
        FERRY_RUN_DONE);
    assert_count(text, OF("b") " 1\n", 1);
    assert_count(text, OF("many/t") " 3\n", 1);
    assert_count(text, "{config=\"/d\",dbferry_job=\"gone\"} 5\n", 1);
    assert_count(text, OF("gone"), 0);
    assert_count(text, OF("manyfold"), 0);
    assert_count(text, "dbferry_build_info{", 1);
    assert_count(text, "version=\"0\"", 0);
    free(text);
}

static void test_rubbish(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{",
        "dbferry_job_rows",
        "dbferry_job_rows 1",
        "dbferry_job_row" OF("b") " 1",
        "dbferry_job_rowss" OF("b") " 1",
        " dbferry_job_rows" OF("b") " 1",
        "dbferry_job_rows" OF("b") "1",
        "dbferry_job_rows" OF("b") "  1",
        "dbferry_job_rows" OF("b") " ",
        "dbferry_job_rows" OF("b") " 1 ",
        "dbferry_job_rows" OF("b") " 1 1700000000000",
        "dbferry_job_rows" OF("b") " 1.",
        "dbferry_job_rows" OF("b") " .1",
        "dbferry_job_rows" OF("b") " -1",
        "dbferry_job_rows" OF("b") " NaN",
        "dbferry_job_rows" OF("b") " 1e9",
        "dbferry_job_rows" OF("b") " 12345678901234567890",
        "dbferry_job_rows" OF("b") " 1.12345678901234567890",
        "dbferry_job_rows{config=\"/c\"} 1",
        "dbferry_job_rows{dbferry_job=\"b\",config=\"/c\"} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b\",phase=\"x\"} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b\",} 1",
        "dbferry_job_rows{config=\"/c\" dbferry_job=\"b\"} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b\\\"} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b\\x\"} 1",
        "dbferry_job_rows{config=\"/c\",dbferry_job=\"b\xFF\"} 1",
        "dbferry_job_changed_rows" OF("b") " 1",
    };
    char *bare = merge("", FERRY_RUN_DONE);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char *text = merge(wrong[i], FERRY_RUN_DONE);
        if (strcmp(text, bare) != 0)
            fail_msg("'%s' was taken:\n%s", wrong[i], text);
        free(text);
    }
    free(bare);
}

static void test_twice(void **state)
{
    (void)state;
    char *text = merge("dbferry_job_rows" OF("b") " 1\ndbferry_job_bytes" OF(
                           "b") " 9\n"
                                "dbferry_job_rows" OF("b") " 1\ndbferry_job_rows" OF("b") " 2\n",
                       FERRY_RUN_DONE);
    assert_count(text, "dbferry_job_rows" OF("b"), 1);
    assert_count(text, "# TYPE dbferry_job_rows gauge", 1);
    free(text);
}

static void test_escapes(void **state)
{
    (void)state;
    static const char config[] = "/q\"b\\n\nu\xC3\xBC\xFF";
    static const char written[] =
        "{config=\"/q\\\"b\\\\n\\nu\xC3\xBC\xEF\xBF\xBD\",dbferry_job=\"a\"";
    char *text = merge_with("", FERRY_RUN_DONE, config);
    char *again = merge_with(text, FERRY_RUN_FAILED, "/q\"b\\n\nu\xC3\xBC\xEF\xBF\xBD");
    assert_count(text, written, count_of(text, "config="));
    assert_count(again, written, count_of(again, "config=")); /* what was written is read back */
    assert_count(again, "dbferry_job_rows{", 1);
    free(text);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run),     cmocka_unit_test(test_failure_keeps_success),
        cmocka_unit_test(test_others),  cmocka_unit_test(test_clock_set_back),
        cmocka_unit_test(test_twice),   cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
