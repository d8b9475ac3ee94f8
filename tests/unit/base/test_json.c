/* Tests of json.c: pieces, the commas between them, and what escapes make of texts. */

#include "unit.h"

#include "base/json.h"

static struct ferry_json json;

static void is(const char *expected)
{
    assert_false(json.text.failed);
    assert_string_equal(ferry_strbuf_text(&json.text), expected);
    ferry_json_done(&json);
}

static void test_empty(void **state)
{
    (void)state;
    ferry_json_begin_object(&json, NULL);
    ferry_json_end_object(&json);
    is("{}");
    ferry_json_begin_list(&json, NULL);
    ferry_json_end_list(&json);
    is("[]");
}

static void test_commas(void **state)
{
    (void)state;
    ferry_json_begin_object(&json, NULL);
    ferry_json_begin_list(&json, "a");
    ferry_json_add_int(&json, NULL, 1);
    ferry_json_begin_object(&json, NULL);
    ferry_json_add_null(&json, "b");
    ferry_json_add_bool(&json, "c", true);
    ferry_json_end_object(&json);
    ferry_json_begin_list(&json, NULL);
    ferry_json_end_list(&json);
    ferry_json_end_list(&json);
    ferry_json_begin_object(&json, "d");
    ferry_json_end_object(&json);
    ferry_json_add_bool(&json, "e", false);
    ferry_json_end_object(&json);
    is("{\"a\":[1,{\"b\":null,\"c\":true},[]],\"d\":{},\"e\":false}");
}

static void test_numbers(void **state)
{
    (void)state;
    ferry_json_begin_list(&json, NULL);
    ferry_json_add_int(&json, NULL, INT64_MIN);
    ferry_json_add_count(&json, NULL, UINT64_MAX);
    ferry_json_add_seconds(&json, NULL, 0);
    ferry_json_add_seconds(&json, NULL, 61005);
    ferry_json_end_list(&json);
    is("[-9223372036854775808,18446744073709551615,0.000,61.005]");
}

static void test_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\"\\", "a\n\x1b\x7f", "\xc3\xa4", "\xff", NULL};
    ferry_json_add_texts(&json, NULL, texts, COUNT(texts));
    is("[\"\",\"\\\"\\\\\",\"a\\u000a\\u001b\\u007f\",\"\xc3\xa4\",\"\xef\xbf\xbd\",null]");
}

/* Texts that are too long are none. */
static void test_the_limit(void **state)
{
    (void)state;
    size_t length = FERRY_STRBUF_MAX;
    char *text = malloc(length + 1);
    assert_non_null(text);
    memset(text, 'a', length);
    text[length] = '\0';
    ferry_json_add_text(&json, NULL, text);
    assert_true(json.text.failed);
    ferry_json_done(&json);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),     cmocka_unit_test(test_commas),
        cmocka_unit_test(test_numbers),   cmocka_unit_test(test_texts),
        cmocka_unit_test(test_the_limit),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
