/* Tests of retry.c: which failures are tried again, how often, and after how long. */

#include "engine/retry.h"
#include "unit.h"

/* Two retries of the source, one of the target; waits of 1 s, 2 s, 3 s, 3 s at most. */
static struct ferry_retry make(void)
{
    return (struct ferry_retry){
        .source = {.most = 2, .wait_ms = 1000, .max_wait_ms = 3000},
        .target = {.most = 1, .wait_ms = 100, .max_wait_ms = 3000},
        .started_ms = 5000,
        .attempt = 1,
    };
}

/* Whether a failure leads to another attempt, which then begins. */
static bool fails(struct ferry_retry *retry, uint32_t role, ferry_status status, bool may_pass,
                  int64_t now_ms)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_fail(&error, status, "x");
    if (may_pass)
        ferry_error_may_pass(&error);
    error.role = role;
    bool planned = ferry_retry_plan(retry, &error, now_ms);
    assert_int_equal(ferry_retry_plan(retry, &error, now_ms), planned); /* it stays so */
    if (planned)
        ferry_retry_next(retry);
    retry->chance = 0;
    return planned;
}

static void test_backoff_doubles_up_to_its_cap(void **state)
{
    (void)state;
    static const int64_t expected[] = {5000, 10000, 20000, 40000, 60000, 60000, 60000};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(ferry_retry_backoff(5000, 60000, (int64_t)i + 1, 0), expected[i]);
    assert_int_equal(ferry_retry_backoff(5000, 1000, 1, 0), 1000); /* the cap counts at once */
    assert_int_equal(ferry_retry_backoff(0, 60000, 9, UINT32_MAX), 0);
    assert_int_equal(ferry_retry_backoff(7, 0, 1, 0), 0);
}

static void test_backoff_never_overflows(void **state)
{
    (void)state;
    static const int64_t waits[] = {0, 1, 3, 86400000, INT64_MAX / 2, INT64_MAX};
    static const uint32_t chances[] = {0, 1, 65534, 65535, 65536, UINT32_MAX - 1, UINT32_MAX};
    for (size_t i = 0; i < COUNT(waits); i++)
        for (size_t k = 0; k < COUNT(waits); k++)
            for (size_t c = 0; c < COUNT(chances); c++)
                for (int64_t number = 1; number < 80; number++) {
                    int64_t most = ferry_retry_backoff(waits[i], waits[k], number, 0);
                    int64_t wait = ferry_retry_backoff(waits[i], waits[k], number, chances[c]);
                    assert_true(wait >= most - most / 4 && wait <= most && most <= waits[k]);
                }
    assert_int_equal(ferry_retry_backoff(1, INT64_MAX, INT64_MAX, 0), INT64_MAX);
}

/* Whatever is drawn, three quarters of the wait are kept, and all that lies between is possible. */
static void test_chance_takes_up_to_a_quarter(void **state)
{
    (void)state;
    bool seen[26] = {false};
    for (uint32_t chance = 0; chance < 200000; chance += 7) {
        int64_t wait = ferry_retry_backoff(100, 1000, 1, chance);
        assert_true(wait >= 75 && wait <= 100);
        seen[wait - 75] = true;
    }
    for (size_t i = 1; i < COUNT(seen); i++)
        assert_true(seen[i]);
}

static void test_each_side_has_its_own_retries(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    assert_int_equal(retry.wait_ms, 1000);
    assert_true(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_TARGET_IO, true, 5000));
    assert_int_equal(retry.wait_ms, 100);
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_STREAM, false, 5000));
    assert_int_equal(retry.wait_ms, 2000);
    assert_int_equal(retry.attempt, 4);
    assert_false(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_TARGET_OPEN, true, 5000));
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    assert_int_equal(retry.attempt, 4);
}

/* An error without a side is the core's own: a source that stalled. */
static void test_a_failure_without_a_side(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.target.most = 0;
    assert_true(fails(&retry, 0, FERRY_ERR_STREAM, false, 5000));
    assert_false(fails(&retry, 0, FERRY_ERR_BUSY, true, 5000));
    /* the connection that failed counts, not the class: a table of the source that is locked */
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_BUSY, true, 5000));
}

static void test_what_never_passes(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_REFUSED, true, 5000));
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_NOT_FOUND, true, 5000));
    assert_false(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_DATA, true, 5000));
    assert_false(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_CANCELLED, true, 5000));
    assert_false(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_BUSY, false, 5000));
    assert_false(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_TARGET_IO, false, 5000));
    assert_int_equal(retry.attempt, 1);
}

/* A wait that would not end in time is not begun. */
static void test_run_timeout_bounds_the_waits(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.run_timeout_ms = 10000;
    retry.source.most = 9;
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 13999));
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 13999));
    assert_true(retry.no_time);
    assert_false(fails(&retry, 0, FERRY_ERR_STREAM, false, 15000)); /* run_timeout itself */
    assert_false(retry.no_time);
    assert_int_equal(retry.source.used, 1);
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 12999));
    assert_false(retry.no_time);
}

/* Nor one that would end at that very moment. */
static void test_a_wait_as_long_as_the_time_left(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.run_timeout_ms = 10000;
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 14000));
    assert_true(retry.no_time);
}

static bool may_fall_back(struct ferry_retry *retry, ferry_status status)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_fail(&error, status, "x");
    error.role = FERRY_ROLE_SOURCE;
    return ferry_retry_may_fall_back(retry, &error, 5000);
}

static void test_fallback_only_after_the_last_retry(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    for (int i = 0; i < 2; i++) {
        assert_false(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
        assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    }
    assert_true(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
    assert_true(may_fall_back(NULL, FERRY_ERR_UNREACHABLE));
    for (ferry_status status = FERRY_ERR_INTERNAL; status <= FERRY_ERR_UNSUPPORTED; status++) {
        retry = make();
        retry.source.most = 0;
        assert_int_equal(may_fall_back(&retry, status), status == FERRY_ERR_UNREACHABLE);
        assert_int_equal(may_fall_back(NULL, status), status == FERRY_ERR_UNREACHABLE);
    }
}

/* What was planned for the unreachable source stays planned. */
static void test_a_refused_fallback_is_followed_by_a_retry(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.run_timeout_ms = 1001;
    assert_false(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5500));
}

static void test_no_fallback_after_a_loss_in_mid_stream(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_STREAM, false, 5000));
    assert_true(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    assert_false(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
    retry = make();
    assert_true(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_TARGET_IO, true, 5000));
    retry.source.most = 0;
    assert_true(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_doubles_up_to_its_cap),
        cmocka_unit_test(test_backoff_never_overflows),
        cmocka_unit_test(test_chance_takes_up_to_a_quarter),
        cmocka_unit_test(test_each_side_has_its_own_retries),
        cmocka_unit_test(test_a_failure_without_a_side),
        cmocka_unit_test(test_what_never_passes),
        cmocka_unit_test(test_run_timeout_bounds_the_waits),
        cmocka_unit_test(test_a_wait_as_long_as_the_time_left),
        cmocka_unit_test(test_fallback_only_after_the_last_retry),
        cmocka_unit_test(test_a_refused_fallback_is_followed_by_a_retry),
        cmocka_unit_test(test_no_fallback_after_a_loss_in_mid_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
