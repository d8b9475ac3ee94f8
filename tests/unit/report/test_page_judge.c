/* Tests of page_judge.c: the one word for a job; and of how many runs a page takes. */

#include "unit.h"

#include "report/page_parts.h"

static char name[] = "orders";

/* A job whose runs came to this, the last one last; ends with FERRY_RUN_STATES. */
static struct ferry_page_job make_job(const enum ferry_run_state *states, bool is_late)
{
    static struct ferry_report runs[16];
    struct ferry_page_job job = {.name = name, .runs = runs, .standing.is_late = is_late};
    for (; states[job.run_count] != FERRY_RUN_STATES; job.run_count++)
        runs[job.run_count] = (struct ferry_report){.job = name, .state = states[job.run_count]};
    return job;
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        enum ferry_run_state states[4];
        bool is_late;
        enum ferry_verdict verdict;
    } cases[] = {
        {{FERRY_RUN_STATES}, false, FERRY_VERDICT_NONE},
        {{FERRY_RUN_STATES}, true, FERRY_VERDICT_LATE},
        {{FERRY_RUN_RUNNING, FERRY_RUN_STATES}, false, FERRY_VERDICT_NONE},
        {{FERRY_RUN_FAILED, FERRY_RUN_DONE, FERRY_RUN_STATES}, false, FERRY_VERDICT_WELL},
        {{FERRY_RUN_FAILED, FERRY_RUN_UNCHANGED, FERRY_RUN_STATES}, true, FERRY_VERDICT_LATE},
        {{FERRY_RUN_FALLBACK, FERRY_RUN_STATES}, false, FERRY_VERDICT_FALLBACK},
        {{FERRY_RUN_FALLBACK, FERRY_RUN_STATES}, true, FERRY_VERDICT_LATE},
        {{FERRY_RUN_DONE, FERRY_RUN_FAILED, FERRY_RUN_STATES}, true, FERRY_VERDICT_FAILED},
        {{FERRY_RUN_STOPPED, FERRY_RUN_STATES}, false, FERRY_VERDICT_FAILED},
        {{FERRY_RUN_KILLED, FERRY_RUN_RUNNING, FERRY_RUN_STATES}, false, FERRY_VERDICT_FAILED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ferry_page_job job = make_job(cases[i].states, cases[i].is_late);
        assert_int_equal(ferry_page_judge(&job), cases[i].verdict);
    }
}

/* Of a job that failed and is late, both are told. */
static void test_counts(void **state)
{
    (void)state;
    struct ferry_report failed = {.job = name, .state = FERRY_RUN_FAILED};
    struct ferry_report done = {.job = name, .state = FERRY_RUN_DONE};
    struct ferry_page_job jobs[] = {
        {.name = name, .runs = &failed, .run_count = 1, .standing.is_late = true},
        {.name = name, .runs = &failed, .run_count = 1},
        {.name = name, .runs = &done, .run_count = 1},
        {.name = name, .runs = &done, .run_count = 1, .standing.is_late = true},
        {.name = name},
    };
    const struct ferry_page page = {.jobs = jobs, .job_count = COUNT(jobs)};
    size_t counts[FERRY_VERDICTS];
    ferry_page_count_verdicts(&page, counts);
    assert_int_equal(counts[FERRY_VERDICT_FAILED], 2);
    assert_int_equal(counts[FERRY_VERDICT_LATE], 2);
    assert_int_equal(counts[FERRY_VERDICT_WELL], 1);
    assert_int_equal(counts[FERRY_VERDICT_NONE], 1);
    assert_int_equal(counts[FERRY_VERDICT_FALLBACK], 0);
}

static void test_most_runs(void **state)
{
    (void)state;
    static const size_t expected[][2] = {{0, 120},  {1, 120},  {100, 120},  {101, 118},
                                         {300, 40}, {600, 20}, {100000, 20}};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(ferry_page_most_runs(expected[i][0]), expected[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_most_runs),
    };
    return cmocka_run_group_tests_name("page_judge", tests, NULL, NULL);
}
