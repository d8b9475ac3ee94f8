/* Tests of fallback.c: a job of several tables, of which the oldest counts. */

#include "ages.h"

/* Of several tables the oldest counts; one that may not be read refuses the whole. */
static void test_a_job_of_several_tables(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_task tasks[] = {
        {.fallback_read = {.text = "young", .kind = FERRY_READ_TABLE}, .table = "young"},
        {.fallback_read = {.text = "old", .kind = FERRY_READ_TABLE}, .table = "old"},
        {.fallback_read = {.text = "middle", .kind = FERRY_READ_TABLE}, .table = "middle"},
    };
    struct ferry_job job = make_job(HOUR);
    struct ferry_provenance from = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    job.tasks = tasks;
    job.task_count = COUNT(tasks);
    answer.basis = FERRY_FRESHNESS_RECORD;
    answer.taken_ms = NOON;
    ages = (struct ages){.old_ms = HOUR, .middle_ms = 1};
    assert_int_equal(ferry_fallback_ask_all(&job, source, &from, &error), FERRY_OK);
    assert_int_equal(from.age_ms, HOUR);
    assert_ptr_equal(from.fallback, fake_config);
    ages.old_ms = HOUR + 1;
    from.age_ms = 17;
    assert_int_equal(ferry_fallback_ask_all(&job, source, &from, &error), FERRY_ERR_UNREACHABLE);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "its data are 1 h 00 min old");
    assert_int_equal(from.age_ms, 17);
    ages = (struct ages){0};
    ferry_connection_close(source);
}

/* Of these two tables, which one counts. */
static void counts(const char *first, const char *second, enum ferry_freshness_basis basis,
                   int64_t age_ms)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_task both[] = {
        {.fallback_read = {.text = first, .kind = FERRY_READ_TABLE}, .table = "a"},
        {.fallback_read = {.text = second, .kind = FERRY_READ_TABLE}, .table = "b"},
    };
    struct ferry_job job = make_job(0);
    struct ferry_provenance from = {0};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    job.tasks = both;
    job.task_count = COUNT(both);
    answer = (struct ferry_freshness){.taken_ms = NOON, .basis = FERRY_FRESHNESS_RECORD};
    ages = (struct ages){.old_ms = HOUR};
    assert_int_equal(ferry_fallback_ask_all(&job, source, &from, &error), FERRY_OK);
    assert_int_equal(from.basis, basis);
    assert_int_equal(from.age_ms, age_ms);
    ages = (struct ages){0};
    ferry_connection_close(source);
}

static void test_which_table_is_the_oldest(void **state)
{
    (void)state;
    counts("old", "young", FERRY_FRESHNESS_RECORD, HOUR);
    counts("young", "old", FERRY_FRESHNESS_RECORD, HOUR);
    counts("unknown", "old", FERRY_FRESHNESS_UNKNOWN, 0);
    counts("old", "unknown", FERRY_FRESHNESS_UNKNOWN, 0);
    counts("young", "changed", FERRY_FRESHNESS_RECORD, 0); /* the first of two that are as old */
    counts("changed", "young", FERRY_FRESHNESS_CHANGED, 0);
}

/* A question that fails is no answer that any age would do for. */
static void test_a_table_that_cannot_be_asked(void **state)
{
    (void)state;
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    const struct ferry_job job = make_job(0);
    struct ferry_provenance from = {.age_ms = 17};
    struct ferry_connection *source = fake_open(FERRY_ROLE_SOURCE);
    fake.at = "origins";
    fake.status = fake.report = FERRY_ERR_REFUSED;
    assert_int_equal(ferry_fallback_ask_all(&job, source, &from, &error), FERRY_ERR_REFUSED);
    assert_error(&error, FERRY_ERR_REFUSED, "origins failed");
    assert_int_equal(from.age_ms, 17);
    ferry_connection_close(source);
}

/* The last of two tables is the one that is not there yet; the warning counts them. */
static void test_what_is_told_of_several_tables(void **state)
{
    (void)state;
    struct ferry_error error = {0};
    struct ferry_task both[] = {
        {.fallback_read = {.text = "elsewhere", .kind = FERRY_READ_TABLE}, .table = "a"},
        {.fallback_read = {.text = "b", .kind = FERRY_READ_TABLE}, .table = "b"},
    };
    struct ferry_job job = make_job(0);
    job.tasks = both;
    job.task_count = COUNT(both);
    job.route.target = fake_config;
    (void)ferry_fail(&error, FERRY_ERR_NOT_FOUND, "as it was");
    assert_int_equal(ferry_fallback_explain(&job, true, &error), FERRY_ERR_UNREACHABLE);
    assert_error(&error, FERRY_ERR_UNREACHABLE, "it is the very table 'b' that");
    job.task_count = 1; /* the other one is of no account then */
    (void)ferry_fail(&error, FERRY_ERR_NOT_FOUND, "as it was");
    assert_int_equal(ferry_fallback_explain(&job, true, &error), FERRY_ERR_NOT_FOUND);
    assert_error(&error, FERRY_ERR_NOT_FOUND, "as it was");
    job.task_count = COUNT(both);
    warns_of(&job, "(no route); reading 2 tables from fallback 'main' instead: its data are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FAKE(test_a_job_of_several_tables),
        WITH_FAKE(test_which_table_is_the_oldest),
        WITH_FAKE(test_a_table_that_cannot_be_asked),
        WITH_FAKE(test_what_is_told_of_several_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
