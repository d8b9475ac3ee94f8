/* Tests of escape.c: nothing from outside reaches a terminal or a log line as it is. */

#include "unit.h"

#include "base/escape.h"

static void assert_text(const char *data, size_t size, size_t limit, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_escape_text(&buffer, data, size, limit);
    assert_string_equal(ferry_strbuf_text(&buffer), expected);
}

static void assert_json(const char *data, size_t size, const char *expected)
{
    FERRY_AUTO_STRBUF struct ferry_strbuf buffer = {0};
    ferry_escape_json(&buffer, data, size);
    assert_string_equal(ferry_strbuf_text(&buffer), expected);
}

#define TEXT(literal, expected) assert_text(literal, sizeof(literal) - 1, 1000, expected)
#define JSON(literal, expected) assert_json(literal, sizeof(literal) - 1, expected)

static void test_plain_text_stays(void **state)
{
    (void)state;
    TEXT("", "");
    TEXT("vehicle_view 'x' \\ \"y\"", "vehicle_view 'x' \\ \"y\"");
    TEXT("\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80", "\xC3\xA9 \xE6\xBC\xA2 \xF0\x9F\x98\x80");
}

static void test_controls_are_shown(void **state)
{
    (void)state;
    TEXT("a\nb\rc\td", "a\\nb\\rc\\td");
    TEXT("\0", "\\x00");
    TEXT("\x1B]0;title\x07", "\\x1B]0;title\\x07");
    TEXT("\x7F", "\\x7F");
    TEXT("\xC2\x9B"
         "31m",
         "\\xC2\\x9B31m"); /* CSI as one C1 character */
}

static void test_misleading_characters_are_shown(void **state)
{
    (void)state;
    TEXT("\xE2\x80\xA8", "\\xE2\\x80\\xA8"); /* LINE SEPARATOR */
    TEXT("\xE2\x80\xAE", "\\xE2\\x80\\xAE"); /* RIGHT-TO-LEFT OVERRIDE */
    TEXT("\xE2\x81\xA6", "\\xE2\\x81\\xA6"); /* LEFT-TO-RIGHT ISOLATE */
    TEXT("\xE2\x80\x93", "\xE2\x80\x93");    /* EN DASH is harmless */
}

static void test_malformed_utf8_is_shown(void **state)
{
    (void)state;
    TEXT("\x80", "\\x80");
    TEXT("\xC3", "\\xC3");
    TEXT("\xC0\xAF", "\\xC0\\xAF");                   /* overlong */
    TEXT("\xE0\x9F\xBF", "\\xE0\\x9F\\xBF");          /* overlong */
    TEXT("\xED\xA0\x80", "\\xED\\xA0\\x80");          /* surrogate */
    TEXT("\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); /* beyond U+10FFFF */
    TEXT("\xF0\x8F\xBF\xBF", "\\xF0\\x8F\\xBF\\xBF"); /* overlong */
    TEXT("\xF5\x80\x80\x80", "\\xF5\\x80\\x80\\x80");
    TEXT("\xE6\xBC", "\\xE6\\xBC"); /* cut off */
}

static void test_limit_cuts_at_a_character(void **state)
{
    (void)state;
    assert_text("abcdef", 6, 6, "abcdef");
    assert_text("abcdef", 6, 3, "abc...");
    assert_text("a\xC3\xA9z", 4, 2, "a...");
    assert_text("a\xC3\xA9z", 4, 3, "a\xC3\xA9...");
    assert_text("abc", 3, 0, "...");
    assert_text("", 0, 0, "");
}

static void test_json(void **state)
{
    (void)state;
    JSON("plain \xC3\xA9", "plain \xC3\xA9");
    JSON("\"\\/", "\\\"\\\\/");
    JSON("\n\t\x01\x7F", "\\u000a\\u0009\\u0001\\u007f");
    JSON("a\0b", "a\\u0000b");
    JSON("\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void test_lengths_of_every_first_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[4] = {(char)byte, '\x80', '\x80', '\x80'};
        size_t length = ferry_escape_utf8_length(text, 1);
        assert_int_equal(length, byte < 0x80 ? 1 : 0);
        length = ferry_escape_utf8_length(text, 4);
        size_t expected = byte < 0x80                    ? 1
                          : byte >= 0xC2 && byte <= 0xDF ? 2
                          : byte >= 0xE1 && byte <= 0xEF ? 3
                          : byte >= 0xF1 && byte <= 0xF4 ? 4
                                                         : 0;
        assert_int_equal(length, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text_stays),
        cmocka_unit_test(test_controls_are_shown),
        cmocka_unit_test(test_misleading_characters_are_shown),
        cmocka_unit_test(test_malformed_utf8_is_shown),
        cmocka_unit_test(test_limit_cuts_at_a_character),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_lengths_of_every_first_byte),
    };
    return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
