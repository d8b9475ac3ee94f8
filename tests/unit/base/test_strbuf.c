/* Tests of strbuf.c: growth, the hard limit, and what a failed append leaves. */

#include "unit.h"

#include "base/strbuf.h"

static void test_empty(void **state)
{
    (void)state;
    struct ferry_strbuf buffer = {0};
    assert_string_equal(ferry_strbuf_text(&buffer), "");
    ferry_strbuf_reset(&buffer);
    ferry_strbuf_append(&buffer, NULL, 0);
    assert_string_equal(ferry_strbuf_text(&buffer), "");
    char *text = ferry_strbuf_steal(&buffer);
    assert_non_null(text);
    assert_string_equal(text, "");
    free(text);
    ferry_strbuf_done(&buffer);
}

static void test_grows(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    for (int i = 0; i < 10000; i++)
        ferry_strbuf_addf(&buffer, "%d,", i);
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, strlen(buffer.data));
    assert_string_equal(buffer.data + buffer.length - 10, "9998,9999,");
}

static void test_keeps_nul_bytes(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_strbuf_append(&buffer, "a\0b", 3);
    assert_int_equal(buffer.length, 3);
    assert_memory_equal(buffer.data, "a\0b\0", 4);
}

static void test_limit(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_strbuf_add(&buffer, "kept");
    char *large = calloc(1, FERRY_STRBUF_MAX);
    assert_non_null(large);
    memset(large, 'x', FERRY_STRBUF_MAX - 1);
    ferry_strbuf_append(&buffer, large, FERRY_STRBUF_MAX - 1);
    assert_true(buffer.failed);
    assert_string_equal(ferry_strbuf_text(&buffer), "kept");
    ferry_strbuf_add(&buffer, "more");
    assert_string_equal(ferry_strbuf_text(&buffer), "kept");
    ferry_strbuf_append(&buffer, large, SIZE_MAX); /* no wrap-around */
    assert_true(buffer.failed);
    assert_null(ferry_strbuf_steal(&buffer));
    assert_null(buffer.data);
    ferry_strbuf_append(&buffer, large, FERRY_STRBUF_MAX - 1);
    assert_false(buffer.failed);
    assert_int_equal(buffer.length, FERRY_STRBUF_MAX - 1);
    free(large);
}

static void test_reset_keeps_memory_and_forgets_failure(void **state)
{
    (void)state;
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_strbuf_add(&buffer, "abc");
    const char *before = buffer.data;
    ferry_strbuf_append(&buffer, before, SIZE_MAX);
    ferry_strbuf_reset(&buffer);
    assert_false(buffer.failed);
    ferry_strbuf_add(&buffer, "de");
    assert_ptr_equal(buffer.data, before);
    assert_string_equal(buffer.data, "de");
}

static void test_steal_hands_over(void **state)
{
    (void)state;
    struct ferry_strbuf buffer = {0};
    ferry_strbuf_addf(&buffer, "%s-%05.1f", "x", 2.5);
    char *text = ferry_strbuf_steal(&buffer);
    assert_string_equal(text, "x-002.5");
    assert_null(buffer.data);
    assert_int_equal(buffer.length, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_grows),
        cmocka_unit_test(test_keeps_nul_bytes),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_reset_keeps_memory_and_forgets_failure),
        cmocka_unit_test(test_steal_hands_over),
    };
    return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
