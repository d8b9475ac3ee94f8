/* Tests of retry.c: which failures are tried again, how often, and after how long. */

#include "engine/retry.h"
#include "unit.h"

#include <sys/random.h>
#include <sys/syscall.h>

static bool no_chance;

/* Stands before the C library's. */
ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    if (!no_chance)
        return syscall(SYS_getrandom, buffer, length, flags);
    memset(buffer, 0xff, 1); /* not enough */
    return 1;
}

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
    assert_int_equal(ferry_retry_backoff(0, 60000, INT64_MAX, 0), 0); /* at once */
    assert_int_equal(ferry_retry_backoff(4, 10, 2, 0), 8);
    assert_int_equal(ferry_retry_backoff(5, 11, 2, 0), 10);
    assert_int_equal(ferry_retry_backoff(6, 11, 2, 0), 11);
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

static struct ferry_config *make_config(int64_t retries, int64_t wait_ms, int64_t max_wait_ms)
{
    static const struct ferry_option keys[] = {
        {.name = "retries", .type = FERRY_OPTION_INT, .max = 99},
        {.name = "retry_wait", .type = FERRY_OPTION_DURATION},
        {.name = "retry_max_wait", .type = FERRY_OPTION_DURATION},
        {.name = "run_timeout", .type = FERRY_OPTION_DURATION},
    };
    static const struct ferry_origin line = {.status = FERRY_ERR_USAGE};
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    struct ferry_config *config = ferry_config_new("connection", "c");
    const int64_t values[] = {retries, wait_ms, max_wait_ms, retries * 100000};
    assert_true(ferry_config_add_options(config, keys, COUNT(keys)));
    for (size_t i = 0; i < COUNT(keys); i++) {
        char word[32];
        (void)snprintf(word, sizeof word, "%lld%s", (long long)values[i], i == 0 ? "" : "ms");
        (void)ferry_config_set_word(config, keys[i].name, word, &line, &error);
        assert_no_error(&error);
    }
    return config;
}

static void test_the_keys_of_both_sides(void **state)
{
    (void)state;
    struct ferry_config *source = make_config(6, 1500, 20000);
    struct ferry_config *target = make_config(4, 700, 9000);
    struct ferry_retry retry;
    memset(&retry, 0xff, sizeof retry);
    ferry_retry_begin(&retry, source, target, 12345);
    assert_int_equal(retry.source.most, 6);
    assert_int_equal(retry.source.wait_ms, 1500);
    assert_int_equal(retry.source.max_wait_ms, 20000);
    assert_int_equal(retry.source.used, 0);
    assert_int_equal(retry.target.most, 4);
    assert_int_equal(retry.target.wait_ms, 700);
    assert_int_equal(retry.target.max_wait_ms, 9000);
    assert_int_equal(retry.target.used, 0);
    assert_int_equal(retry.run_timeout_ms, 600000); /* the source's */
    assert_int_equal(retry.started_ms, 12345);
    assert_int_equal(retry.attempt, 1);
    assert_false(retry.planned || retry.no_time || retry.explained || retry.broke_off);
    ferry_config_free(source);
    ferry_config_free(target);
}

/* Chance is drawn for each attempt; without random numbers nothing of the wait is left out. */
static void test_what_is_drawn(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    uint32_t last = retry.chance, others = 0;
    for (int i = 0; i < 20; i++, last = retry.chance) {
        ferry_retry_next(&retry);
        others += retry.chance != last;
    }
    assert_in_range(others, 19, 20);
    no_chance = true;
    ferry_retry_next(&retry);
    no_chance = false;
    assert_int_equal(retry.chance, 0);
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

static void test_the_side_that_failed(void **state)
{
    (void)state;
    const struct ferry_retry retry = make();
    static const struct {
        struct ferry_error error;
        bool source;
    } cases[] = {
        {{.role = FERRY_ROLE_SOURCE, .status = FERRY_ERR_BUSY}, true},
        {{.role = FERRY_ROLE_TARGET, .status = FERRY_ERR_STREAM}, false},
        {{.status = FERRY_ERR_STREAM}, true},
        {{.status = FERRY_ERR_UNREACHABLE}, true},
        {{.status = FERRY_ERR_TARGET_IO}, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_ptr_equal(ferry_retry_side_of(&retry, &cases[i].error),
                         cases[i].source ? &retry.source : &retry.target);
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
    retry = make();
    retry.run_timeout_ms = 1;
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    assert_true(retry.no_time); /* there is a moment left */
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5001));
    assert_false(retry.no_time);
}

/* The source's wait is too long; the fallback steps in, and then the target's wait is not. */
static void test_time_enough_for_the_other_side(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.run_timeout_ms = 1000;
    assert_false(fails(&retry, FERRY_ROLE_SOURCE, FERRY_ERR_UNREACHABLE, false, 5000));
    assert_true(retry.no_time);
    assert_true(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_BUSY, true, 5800));
    assert_false(retry.no_time);
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
    retry = make(); /* a target's stream is not the source's */
    assert_true(fails(&retry, FERRY_ROLE_TARGET, FERRY_ERR_STREAM, true, 5000));
    retry.source.most = 0;
    assert_true(may_fall_back(&retry, FERRY_ERR_UNREACHABLE));
}

/* ---- What is said of it ---- */

/* What becomes of the error "x" at this moment. */
static void explains(struct ferry_retry *retry, int64_t now_ms, const char *expected)
{
    FERRY_AUTO_ERROR struct ferry_error error = {0};
    (void)ferry_fail(&error, FERRY_ERR_STREAM, "x");
    ferry_retry_explain(retry, &error, now_ms);
    assert_int_equal(error.status, FERRY_ERR_STREAM);
    assert_string_equal(error.message, expected);
}

static void test_one_attempt_needs_no_words(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    explains(NULL, 6000, "x");
    explains(&retry, 6000, "x");
    explains(&retry, 6000, "x");
}

static void test_several_attempts_are_told_once(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    ferry_retry_next(&retry);
    explains(&retry, 8500, "after 2 attempts in 3.5 s: x");
    explains(&retry, 8500, "x");
    ferry_retry_next(&retry); /* and once more in the next */
    explains(&retry, 70000, "after 3 attempts in 1 min 05 s: x");
    explains(&retry, 70000, "x");
}

static void test_want_of_time_is_told(void **state)
{
    (void)state;
    struct ferry_retry retry = make();
    retry.no_time = true;
    explains(&retry, 5400, "after 1 attempt in 400 ms (run_timeout leaves no time for another): x");
    ferry_retry_next(&retry);
    explains(&retry, 5400,
             "after 2 attempts in 400 ms (run_timeout leaves no time for another): x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff_doubles_up_to_its_cap),
        cmocka_unit_test(test_backoff_never_overflows),
        cmocka_unit_test(test_chance_takes_up_to_a_quarter),
        cmocka_unit_test(test_the_keys_of_both_sides),
        cmocka_unit_test(test_what_is_drawn),
        cmocka_unit_test(test_each_side_has_its_own_retries),
        cmocka_unit_test(test_a_failure_without_a_side),
        cmocka_unit_test(test_the_side_that_failed),
        cmocka_unit_test(test_what_never_passes),
        cmocka_unit_test(test_run_timeout_bounds_the_waits),
        cmocka_unit_test(test_a_wait_as_long_as_the_time_left),
        cmocka_unit_test(test_time_enough_for_the_other_side),
        cmocka_unit_test(test_fallback_only_after_the_last_retry),
        cmocka_unit_test(test_a_refused_fallback_is_followed_by_a_retry),
        cmocka_unit_test(test_no_fallback_after_a_loss_in_mid_stream),
        cmocka_unit_test(test_one_attempt_needs_no_words),
        cmocka_unit_test(test_several_attempts_are_told_once),
        cmocka_unit_test(test_want_of_time_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
